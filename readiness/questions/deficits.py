"""Deficits: how much worse a segment is than all other rows, and from how many rows on that can be judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readiness.core import policy
from readiness.core.findings import Claim, Criterion, Finding, Flag, Status
from readiness.core.format import format_pair
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import Segmentation
from readiness.questions.wording import as_clause, count_of, denominator
from readiness.spec.schema import Segments
from readiness.statistics.cases import Cases
from readiness.statistics.custom import adds_up
from readiness.statistics.estimators import Metric, measure, reason_to_withhold
from readiness.statistics.inference import Inference
from readiness.statistics.intervals import Binomial, Mover, Normal
from readiness.statistics.judge_claims import Measurement, holm_shares
from readiness.statistics.losses import T_LOG, unusable
from readiness.statistics.means import WiderMean, skewed_mean
from readiness.statistics.parity import measure_by_group
from readiness.statistics.rate_limits import scaled_limit, why_scaled
from readiness.statistics.sample_size import minimum_rows
from readiness.statistics.stability import (
    ends_of,
    is_of_few_moments,
    unknown_dependence,
    widen,
    widening,
    widening_apart,
    without_order,
)
from readiness.verdict.claims import claims_of

# ----------------------------------------------------------------------------------------------------
# A metric in each segment, and among all other rows

Measured = Inference | Missing


@dataclass(frozen=True, slots=True)
class Split:
    """A metric inside one segment and among all other rows."""

    inside: Measured
    outside: Measured

    @property
    def rows(self) -> int:
        """Rows of the segment in the metric's own denominator: positives for recall."""
        return self.inside.n


def difference(split: Split, *, greater_is_better: bool, factor: float = 1.0) -> Mover | Missing:
    """How much worse the rows inside are than all others; positive is worse. Errors: inside less factor · outside."""
    inside, outside = split.inside, split.outside
    if isinstance(inside, Missing):
        return inside
    if isinstance(outside, Missing):
        return replace(outside, reason=_of_rest(outside))
    if greater_is_better:
        return Mover(outside, inside, rows=split.rows)
    if factor != 1 and outside.value < 0:
        return Missing("the error of all other rows is below 0, so nothing can be a share of it", n=split.rows)
    return Mover(inside, outside, factor, rows=split.rows)


def _of_rest(outside: Missing) -> str:
    """Why all other rows have no such number; whose rows "these" are is said."""
    return f"Nothing is known of all other rows: {as_clause(outside.reason).replace('these rows', 'them')}"


def split_by(metric: str, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
    """The metric inside and outside every segment, in the order of the codes.

    Metrics of labels come from one bincount, mean absolute errors from sums; with weights or dependent rows, and for
    all other metrics, each part is measured by itself. Rows in time order are measured as independent ones; how much
    they depend on each other is learnt from all of them, since a segment alone has too few.
    """
    segments = len(segmentation.labels)
    if cases.queries is not None and _cuts_queries(cases.queries, segmentation.codes):
        return (Split(CUT_QUERIES, CUT_QUERIES),) * segments
    if cases.dependence.is_serial:
        return _in_time_order(metric, cases, segmentation)
    if cases.is_plain and cases.metric(metric).needs == "labels":
        return tuple(Split(*pair) for pair in measure_by_group(metric, cases, segmentation.codes, segments))
    if cases.is_plain and metric == "mae" and unusable(metric, cases) is None:
        return _mean_errors(np.abs(cases.y_true - cases.y_pred), segmentation.codes, segments)
    return _measure_apart(metric, cases, segmentation)


WHOLE_QUERIES = "name a column that is the same for all rows of a query"
CUT_QUERIES = Missing(
    f"the rows of a query are in several segments, and shorter lists are easier to put in order; {WHOLE_QUERIES}"
)


def _cuts_queries(queries: NDArray[np.int64], codes: NDArray[np.int64]) -> bool:
    """Whether rows of one query fall into different segments."""
    order = np.argsort(queries, kind="stable")
    same = np.diff(queries[order]) == 0
    return bool((np.diff(codes[order])[same] != 0).any())


def _in_time_order(metric: str, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
    wider, ends = widening(metric, cases), ends_of(cases.metric(metric))
    if "independent" not in cases.remembered:
        cases.remembered["independent"] = without_order(cases)
    splits = split_by(metric, cases.remembered["independent"], segmentation)
    of_few, codes = is_of_few_moments(cases), range(len(segmentation.labels))
    wide = [widening_apart(metric, cases, segmentation.codes == code) if of_few else wider for code in codes]
    return tuple(
        Split(widen(split.inside, by, ends=ends), widen(split.outside, by, ends=ends))
        for split, by in zip(splits, wide, strict=True)
    )


def reason_to_withhold_apart(metric: str, cases: Cases, inside: NDArray[np.bool_]) -> str:
    """Why no *met* may come from a metric inside some rows or outside them, as the two are measured by `split_by`."""
    if cases.dependence.is_serial and (reason := unknown_dependence(metric, cases)):
        return reason
    plain = without_order(cases)
    return reason_to_withhold(metric, plain.subset(inside)) or reason_to_withhold(metric, plain.subset(~inside))


def _mean_errors(errors: NDArray[np.float64], codes: NDArray[np.int64], segments: int) -> tuple[Split, ...]:
    """Means of each side from its number, sum and sum of squares."""
    centre = float(errors.mean()) if len(errors) else 0.0
    apart = errors - centre
    powers = (np.ones_like(apart), apart, apart * apart, apart * apart * apart)
    sums = np.stack([np.bincount(codes, power, segments) for power in powers], axis=1)
    whole = sums.sum(axis=0)
    return tuple(Split(_mean(part, centre), _mean(whole - part, centre)) for part in sums)


def _mean(sums: NDArray[np.float64], centre: float) -> Measured:
    """As the mean of losses is measured elsewhere, from sums of powers of what rows differ from `centre`."""
    n, *powers = (float(part) for part in sums)
    if n < 2:
        return Missing("fewer than two rows", n=int(n))
    first, second, third = (power / n for power in powers)
    value, spread = centre + first, max(0.0, second - first * first)
    if spread <= 1e-18 * value**2:
        return Missing("all errors are the same, so that no spread could be measured", n=int(n))
    se = math.sqrt(spread / (n - 1))
    skew = (third - 3 * first * second + 2 * first**3) / spread**1.5
    on_log_scale = Normal(value, se, n - 1, int(n), "log", T_LOG, 0.0)
    return WiderMean(on_log_scale, skewed_mean(value, se, n - 1, int(n), skew, int(n)))


def _measure_apart(metric: str, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
    """Each part by itself; kept, because facts and claims ask for the same, and dependent rows take time."""
    key = f"{metric} by {id(segmentation.codes)}"
    codes, splits = cases.remembered.get(key, (None, ()))
    if codes is not segmentation.codes:
        kept = _denominator(metric, cases)
        rows, codes = cases.subset(kept), segmentation.codes[kept]
        masks = [codes == code for code in range(len(segmentation.labels))]
        splits = tuple(_parts(metric, rows, mask) for mask in masks)
        cases.remembered[key] = (segmentation.codes, splits)
    return tuple(splits)


def _denominator(metric: str, cases: Cases) -> NDArray[np.bool_]:
    """The rows that the metric is a mean over, where they do not depend on what is predicted; else all rows."""
    if cases.task is Task.BINARY and metric in ("recall", "false_negative_rate"):
        return np.asarray(cases.y_true == 1)
    if cases.task is Task.BINARY and metric in ("specificity", "false_positive_rate"):
        return np.asarray(cases.y_true == 0)
    return np.ones(cases.n, dtype=bool)


def _parts(metric: str, cases: Cases, mask: NDArray[np.bool_]) -> Split:
    nobody = Missing("there are no such rows")
    inside = measure(metric, cases.subset(mask)) if mask.any() else nobody
    if metric in cases.own and adds_up(metric, cases):
        title = cases.metric(metric).title
        return Split(inside, Missing(f"{title} is a sum over rows, which cannot be compared between unequal parts"))
    return Split(inside, measure(metric, cases.subset(~mask)) if not mask.all() else nobody)


# ----------------------------------------------------------------------------------------------------

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
    claim: Claim
    """About any segment, with the bar as it is stated; see `of_rest`."""
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

    @property
    def criterion(self) -> Criterion:
        """The bar as it is stated."""
        assert self.claim.criterion is not None
        return self.claim.criterion

    def of_rest(self, rest: Inference | Missing) -> tuple[Criterion, float]:
        """The limit in points scaled to a small rate of all other rows, and the warning with it."""
        stated = self.criterion.threshold
        if stated <= 0:
            return self.criterion, self.stated_warning
        limit = scaled_limit(self.metric, stated, rest, alpha=self.alpha)
        return replace(self.criterion, threshold=limit), self.stated_warning * (limit / stated)

    def too_few(self, rows: int, others: int) -> str:
        """Why a segment of so many rows, beside so many other rows, is not judged."""
        if rows >= self.minimum:
            beside = f"{count_of(others, self.noun)} in all other segments together"
            return f"{TOO_SMALL}: {beside}, {policy.SEGMENT_ROWS:,} are needed to compare with"
        return f"{TOO_SMALL}: {self.never or f'{count_of(rows, self.noun)}, {self.minimum:,} are needed'}"


def ruler_of(evidence: Evidence, criteria: Segments, name: str) -> Ruler:
    """How one judged metric is held against the limit."""
    metric = evidence.spec.metric(name)
    claim = claims_of(evidence.spec, evidence.task).claim(Topic.DEFICIT.key(1, 1, metric=name))
    overall = measure(name, evidence.cases)
    level = overall.value if not isinstance(overall, Missing) else 0.5
    noun = denominator(name, evidence.positive)
    mark, alpha = criteria.warning, evidence.spec.alpha
    if metric.is_share:
        share, limit = level if metric.greater_is_better else 1 - level, criteria.limit
        least = scaled_limit(metric, limit, overall, alpha=alpha)
        needed = minimum_rows(share, least, alpha=alpha, power=criteria.power)
        minimum = evidence.cases.n + 1 if needed is None else needed
        never = "" if needed is not None else _never(metric, level, least)
        return Ruler(metric, claim, 1.0, minimum, mark * (least / limit), noun, never, NOT_ROWS, mark, alpha)
    by_ratio = not metric.greater_is_better
    minimum = _rows_for_a_mean(evidence, criteria) if by_ratio else policy.SEGMENT_ROWS
    factor = 1 + criteria.limit if by_ratio else 1.0
    return Ruler(metric, claim, factor, minimum, mark, noun, stated_warning=mark, alpha=alpha)


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
    key: FindingKey,
    name: str,
    labels: Mapping[str, str],
    split: Split,
    ruler: Ruler,
    *,
    enough: bool,
    alone: bool = False,
) -> Measurement:
    """The claim that a segment does not do worse than all other rows by more than the limit.

    Args:
        key: of the claim.
        name: the segment in words.
        labels: the segment as {column: value}.
        split: the metric in the segment and among all other rows.
        ruler: the metric with its limit.
        enough: whether the segment has enough rows to be judged, and there are enough others to compare it with.
        alone: whether there are no other rows.
    """
    metric, (criterion, mark) = ruler.metric, ruler.of_rest(split.outside)
    gap = difference(split, greater_is_better=ruler.metric.greater_is_better, factor=ruler.factor)
    too_few, both = ruler.too_few(split.rows, split.outside.n), _both(split, ruler)
    lacking = ruler.remedy if ruler.never else f"{ruler.minimum - split.rows:,} more {ruler.noun}"
    if split.rows >= ruler.minimum:
        lacking = f"{policy.SEGMENT_ROWS - split.outside.n:,} more {ruler.noun} in other segments"
    counted = both if enough else too_few if both in too_few else f"{too_few}; {both}"
    warning = ""
    if enough and not isinstance(gap, Missing):
        share = _share_of_rest(gap.value, split, ruler)
        warning = f"above the warning mark of {_mark_words(mark, ruler)}" if share > mark else ""
        scaled = why_scaled(metric, ruler.criterion.threshold, criterion.threshold)
        counted += f"; {scaled}" if scaled else ""
    return Measurement(
        replace(ruler.claim, key=key, name=f"Deficit in {metric.title} of {name}", criterion=criterion),
        metric.name,
        Missing(ALONE) if alone else gap,
        unit=criterion.unit,
        segment=labels,
        withheld="" if enough or alone else too_few,
        reason=ALONE if alone else counted,
        needs=MORE_GROUPS if alone else "" if enough else lacking,
        warning=warning,
        flags=() if enough or alone else (Flag.TOO_SMALL,),
        denominator=f"{ruler.noun} in {name}",
    )


_SAID_IN_POINTS = frozenset({
    "accuracy", "balanced_accuracy", "recall", "precision", "specificity", "negative_predictive_value",
    "false_positive_rate", "false_negative_rate",
})  # fmt: skip
"""Metrics that are shares of rows, whose differences people say in points; of others, such as F1, as numbers."""


def _mark_words(mark: float, ruler: Ruler) -> str:
    """The warning mark as people say it: "10 points" of shares, "10 %" of errors beside those of all others, or 0.1."""
    if ruler.factor != 1:
        return f"{100 * mark:.4g} %"
    return f"{100 * mark:.4g} points" if ruler.metric.name in _SAID_IN_POINTS else f"{mark:.4g}"


def _share_of_rest(deficit: float, split: Split, ruler: Ruler) -> float:
    """The deficit in the units of the warning: points, or a share of the error of all other rows."""
    if ruler.factor == 1 or isinstance(split.outside, Missing) or split.outside.value == 0:
        return deficit
    return deficit / split.outside.value + ruler.factor - 1


def _both(split: Split, ruler: Ruler) -> str:
    inside, outside = split.inside, split.outside
    if isinstance(inside, Missing):
        return as_clause(inside.reason)
    if isinstance(outside, Missing):
        return as_clause(_of_rest(outside))
    here, rest = format_pair(inside.value, outside.value, ruler.metric.unit)
    title = ruler.metric.title
    judged = "" if ruler.factor == 1 else f"; what is judged is the error here less {ruler.factor:.4g} of theirs"
    counts = _counts(split, inside, ruler.noun)
    return f"{title} is {here} here ({counts}) and {rest} among all other rows{judged}"


def _counts(split: Split, inside: Inference, noun: str) -> str:
    if isinstance(inside, Binomial):
        return f"{round(inside.successes):,} of {count_of(inside.n, noun)}"
    return count_of(split.rows, noun)


def real_differences(claims: Sequence[Measurement], alpha: float) -> frozenset[int]:
    """Positions of the deficits that are surely above 0, whatever the limit; Holm's (1979) adjustment over all."""
    above = Criterion("<=", 0.0)
    plain = [
        (i, replace(claim, inference=replace(claim.inference, factor=1.0)).with_claim(criterion=above, blocking=True))
        for i, claim in enumerate(claims)
        if isinstance(claim.inference, Mover)
    ]
    shares = holm_shares([claim for _, claim in plain], alpha)
    return frozenset(
        i
        for k, (i, claim) in enumerate(plain)
        if not isinstance(claim.inference, Missing) and claim.inference.lower(alpha / shares[k]) > 0
    )


def with_uncertain_size(findings: Sequence[Finding], real: frozenset[int]) -> tuple[Finding, ...]:
    """A deficit large enough to warn that is surely there: the warning says so where it is not proven to exceed the
    limit.
    """
    return tuple(
        replace(finding, warning=f"{finding.warning}; {UNCERTAIN}", flags=(*finding.flags, Flag.UNCERTAIN))
        if i in real and finding.warning and finding.status is Status.NOT_PROVEN
        else finding
        for i, finding in enumerate(findings)
    )


def is_surely_worse(finding: Finding) -> bool:
    """Whether the deficit is beyond the limit, or surely above 0 and large enough to warn."""
    return finding.status is Status.NOT_MET or Flag.UNCERTAIN in finding.flags
