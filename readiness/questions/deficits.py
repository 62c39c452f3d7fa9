"""How much worse is a segment than all other rows, and from how many rows on can that be judged?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from readiness import criteria as policy
from readiness.answers import Criterion, Finding, Status
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_pair
from readiness.questions.by_segment import Deficit, Split, difference
from readiness.questions.wording import as_clause, count_of, denominator
from readiness.spec import Segments
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim, holm_shares
from readiness.statistics.metrics import Metric, measure
from readiness.statistics.power import minimum_rows
from readiness.statistics.rate_limits import scaled_limit, why_scaled
from readiness.statistics.row_losses import unusable

TOO_SMALL = "not assessable"
"""How the reason begins for which a small segment is not judged."""
ALONE = "all rows are in this one segment"
NOT_ROWS = "a better candidate: more rows alone will not help"
MORE_GROUPS = "name a column that tells at least two groups apart"

STILL = "too few rows to be met, enough to show this deficit"
"""What is said of a small segment instead, where its deficit is beyond the limit all the same."""

UNCERTAIN = "a real difference, its size uncertain"
"""What is added to the warning of a deficit that is surely there and not surely beyond the limit."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """One judged metric with its limit, and the rows that a segment needs to be assessable."""

    metric: Metric
    criterion: Criterion
    """As it is stated; see `of_rest`."""
    factor: float
    """1 for points of the metric; 1 + limit where errors are compared by ratio."""
    minimum: int
    warning: float
    """Deficit from which a warning is shown, where others are like all rows together."""
    noun: str
    """What the rows of the metric's denominator are called."""
    never: str = ""
    """Why no number of rows would be enough; `minimum` is then more than there are."""
    remedy: str = NOT_ROWS
    """What would help then."""
    stated_warning: float = policy.SEGMENT_WARNING
    alpha: float = 1 - policy.CONFIDENCE

    def of_rest(self, rest: Inference | Undefined) -> tuple[Criterion, float]:
        """The limit in points scaled to a small rate of all other rows, and the warning with it."""
        stated = self.criterion.threshold
        if stated <= 0:
            return self.criterion, self.stated_warning
        limit = scaled_limit(self.metric, stated, rest, alpha=self.alpha)
        return replace(self.criterion, threshold=limit), self.stated_warning * (limit / stated)

    def too_few(self, rows: int) -> str:
        """Why a segment of so many rows is not judged."""
        return f"{TOO_SMALL}: {self.never or f'{count_of(rows, self.noun)}, {self.minimum:,} are needed'}"


def ruler_of(evidence: Evidence, criteria: Segments, name: str) -> Ruler:
    """How one judged metric is held against the limit."""
    metric, source = evidence.spec.metric(name), criteria.origin("limit")
    overall = measure(name, evidence.cases)
    level = overall.value if not isinstance(overall, Undefined) else 0.5
    noun = denominator(name, evidence.positive)
    mark, alpha = criteria.warning, evidence.spec.alpha
    if metric.is_share:
        share, limit = level if metric.greater_is_better else 1 - level, criteria.limit
        least = scaled_limit(metric, limit, overall, alpha=alpha)
        needed = minimum_rows(share, least, alpha=alpha, power=criteria.power)
        minimum = evidence.cases.n + 1 if needed is None else needed
        never = "" if needed is not None else _never(metric, level, least)
        stated, warning = Criterion("<", limit, "points", source), mark * (least / limit)
        return Ruler(metric, stated, 1.0, minimum, warning, noun, never, NOT_ROWS, mark, alpha)
    by_ratio = not metric.greater_is_better
    criterion = Criterion("<", 0.0 if by_ratio else criteria.limit, metric.unit, source)
    minimum = _rows_for_a_mean(evidence, criteria) if by_ratio else policy.SEGMENT_ROWS
    factor = 1 + criteria.limit if by_ratio else 1.0
    return Ruler(metric, criterion, factor, minimum, mark, noun, stated_warning=mark, alpha=alpha)


def _never(metric: Metric, level: float, limit: float) -> str:
    """Why a segment that is no worse than the others could not be shown to be so."""
    if level == (0 if metric.greater_is_better else 1):
        return f"{metric.title} is {level:g} on all rows, so no part of them can be told to be worse"
    return f"no number of rows excludes a deficit of {limit:g}"


def _rows_for_a_mean(evidence: Evidence, criteria: Segments) -> int:
    """Rows at which a segment without deficit is met with the asked power: (z_a + z_b)² (sd / mean)² / limit²."""
    from scipy.special import ndtri

    losses = np.abs(evidence.cases.y_true - evidence.cases.y_pred)
    if evidence.task is not Task.REGRESSION or unusable("mae", evidence.cases) is not None or not losses.mean() > 0:
        return policy.SEGMENT_ROWS
    spread = float(losses.std(ddof=1) / losses.mean()) if len(losses) > 1 else 1.0
    quantiles = float(ndtri(1 - evidence.spec.alpha) + ndtri(criteria.power))
    return max(10, int(np.ceil((quantiles * spread / criteria.limit) ** 2)))


def deficit(
    code: str, name: str, labels: Mapping[str, str], split: Split, ruler: Ruler, *, enough: bool, alone: bool = False
) -> Claim:
    """The claim that a segment does not do worse than all other rows by more than the limit.

    Args:
        code: of the segment; the metric's name is added.
        name: the segment in words.
        labels: the segment as {column: value}.
        split: the metric in the segment and among all other rows.
        ruler: the metric with its limit.
        enough: whether the segment has enough rows to be judged.
        alone: whether there are no other rows.
    """
    metric, (criterion, mark) = ruler.metric, ruler.of_rest(split.outside)
    gap = difference(split, greater_is_better=ruler.metric.greater_is_better, factor=ruler.factor)
    too_few, both = ruler.too_few(split.rows), _both(split, ruler)
    lacking = ruler.remedy if ruler.never else f"{ruler.minimum - split.rows:,} more {ruler.noun}"
    counted = both if enough else too_few if both in too_few else f"{too_few}; {both}"
    warning = ""
    if enough and not isinstance(gap, Undefined):
        share = _share_of_rest(gap.value, split, ruler)
        warning = f"above the warning mark of {mark:.4g}" if share > mark else ""
        scaled = why_scaled(metric, ruler.criterion.threshold, criterion.threshold)
        counted += f"; {scaled}" if scaled else ""
    return Claim(
        f"{code}-{metric.name.upper()}",
        f"Deficit in {metric.title} of {name}",
        metric.name,
        Undefined(ALONE) if alone else gap,
        criterion,
        unit=criterion.unit,
        segment=labels,
        withheld="" if enough or alone else too_few,
        reason=ALONE if alone else counted,
        needs=MORE_GROUPS if alone else "" if enough else lacking,
        warning=warning,
        denominator=f"{ruler.noun} in {name}",
    )


def _share_of_rest(deficit: float, split: Split, ruler: Ruler) -> float:
    """The deficit in the units of the warning: points, or a share of the error of all other rows."""
    if ruler.factor == 1 or isinstance(split.outside, Undefined) or split.outside.value == 0:
        return deficit
    return deficit / split.outside.value + ruler.factor - 1


def _both(split: Split, ruler: Ruler) -> str:
    inside, outside = split.inside, split.outside
    if isinstance(inside, Undefined):
        return as_clause(inside.reason)
    if isinstance(outside, Undefined):
        return as_clause(outside.reason)
    here, rest = format_pair(inside.value, outside.value, ruler.metric.unit)
    title = ruler.metric.title
    judged = "" if ruler.factor == 1 else f"; what is judged is the error here less {ruler.factor:.4g} of theirs"
    counts = _counts(split, inside, ruler.noun)
    return f"{title} is {here} here ({counts}) and {rest} among all other rows{judged}"


def _counts(split: Split, inside: Inference, noun: str) -> str:
    if isinstance(inside, Binomial):
        return f"{round(inside.successes):,} of {count_of(inside.n, noun)}"
    return count_of(split.rows, noun)


def real_differences(claims: Sequence[Claim], alpha: float) -> frozenset[int]:
    """Positions of the deficits that are surely above 0, whatever the limit; Holm's (1979) adjustment over all."""
    plain = [
        (i, replace(claim, inference=claim.inference.untolerated, criterion=Criterion("<=", 0.0), blocking=True))
        for i, claim in enumerate(claims)
        if isinstance(claim.inference, Deficit)
    ]
    shares = holm_shares([claim for _, claim in plain], alpha)
    return frozenset(
        i
        for k, (i, claim) in enumerate(plain)
        if not isinstance(claim.inference, Undefined) and claim.inference.lower(alpha / shares[k]) > 0
    )


def with_uncertain_size(findings: Sequence[Finding], real: frozenset[int]) -> tuple[Finding, ...]:
    """A deficit large enough to warn that is surely there: the warning says so where it is not proven to exceed the
    limit.
    """
    return tuple(
        replace(finding, warning=f"{finding.warning}; {UNCERTAIN}")
        if i in real and finding.warning and finding.status is Status.NOT_PROVEN
        else finding
        for i, finding in enumerate(findings)
    )


def is_surely_worse(finding: Finding) -> bool:
    """Whether the deficit is beyond the limit, or surely above 0 and large enough to warn."""
    return finding.status is Status.NOT_MET or finding.warning.endswith(UNCERTAIN)
