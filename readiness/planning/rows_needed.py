"""The rows that one metric needs to clear its limit, if it truly has the assumed value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from readiness.core import policy
from readiness.core.findings import Claim
from readiness.core.format import format_count, listed
from readiness.core.metrics import Metric
from readiness.core.policy import SEGMENT_ROWS, Task
from readiness.planning.assumptions import (
    NORMAL_SQUARES,
    ROOTS,
    Assumed,
    Assumptions,
    Floats,
    candidate_table,
    is_mean_loss,
    is_share_of_all,
    level_of,
    row_spread,
)
from readiness.spec.schema import SegmentColumn, SegmentEntry, label_text
from readiness.statistics.inference import Exact
from readiness.statistics.labels import BINARY_LABEL_METRICS
from readiness.statistics.rate_limits import scaled_limit
from readiness.statistics.sample_size import (
    TYPICAL_LEVEL,
    auc_rows,
    average_precision_rows,
    contrast_rows,
    curved_rows,
    loss_rows,
    minimum_rows,
    proportion_rows,
)
from readiness.statistics.stability import FEWEST_ROWS

OF_POSITIVES = frozenset({"recall", "false_negative_rate"})
OF_NEGATIVES = frozenset({"specificity", "false_positive_rate"})
CORRELATIONS = frozenset({"matthews_corrcoef", "cohen_kappa"})
"""From -1 to 1."""
FEWEST, FEWEST_OF_A_CLASS = SEGMENT_ROWS, 10
"""Below these a normal formula is no guide."""
NEVER = "no number of rows proves it"


@dataclass(frozen=True, slots=True)
class RowsNeeded:
    """Rows of a metric's own denominator."""

    rows: int
    noun: str
    share: float | None = 1.0
    """Of the test rows that are such rows; None when nobody knows."""
    note: str = ""
    """What else was assumed."""

    @property
    def total(self) -> int | None:
        """Test rows that hold so many; None when nobody knows."""
        return math.ceil(self.rows / self.share - 1e-9) if self.share else None


@dataclass(frozen=True, slots=True)
class ProofTarget:
    """What is to be proven, and how surely."""

    truth: float
    bar: float
    alpha: float
    power: float

    def by(self, rows: Callable[..., int | None], *more: float) -> int | None:
        """The rows by a function of `statistics.power`."""
        return rows(self.truth, self.bar, *more, alpha=self.alpha, power=self.power)


def rows_of(a: Assumptions, metric: Metric, target: ProofTarget, *, wants_more: bool = True) -> RowsNeeded | str:
    """The rows of its own denominator that a metric needs, or in a sentence why nobody can tell."""
    if target.truth == target.bar or (target.truth > target.bar) != wants_more:
        return f"cannot be proven: the assumed {metric.title} does not clear the limit"
    if metric.needs == "own":
        return "cannot be planned: only your own function knows how it spreads from row to row"
    found = _rows_of(a, metric, target, wants_more)
    return NEVER if found is None else found


def _rows_of(a: Assumptions, metric: Metric, target: ProofTarget, wants_more: bool) -> RowsNeeded | str | None:
    name = metric.name
    if name in ("roc_auc", "average_precision"):
        return _ranking(a, name, target)
    if _is_share_of_rows(metric):
        return _share(a, metric, target, wants_more)
    if name in ("f1", "jaccard"):
        return _through_jaccard(a, name, target)
    if is_mean_loss(name):
        spread = a.spread(name, target.truth)
        return _mean(target.by(loss_rows, spread.value), f"spread {spread.value:.4g} ({spread.source})")
    if name in ROOTS:
        squares = ProofTarget(target.truth**2, target.bar**2, target.alpha, target.power)
        return _mean(squares.by(loss_rows, NORMAL_SQUARES * squares.truth), "errors as of a normal law")
    sd = row_spread(a, metric, target.truth)
    if sd is None:
        return _reason_unplanned(a, metric)
    rows = _by_spread(metric, target, sd)
    if metric.needs == "order":
        return _own(rows, "queries", None, f"spread {sd:.3g} per query")
    return by_normal_formula(a, rows)


def _own(rows: int | None, noun: str, share: float | None, note: str = "") -> RowsNeeded | None:
    return None if rows is None else RowsNeeded(rows, noun, share, note)


def _mean(rows: int | None, note: str) -> RowsNeeded | None:
    return None if rows is None else RowsNeeded(max(FEWEST, rows), "rows", 1.0, note)


def _by_spread(metric: Metric, target: ProofTarget, sd: float) -> int | None:
    """The plain normal formula; where the metric cannot exceed 1, on a scale that knows it."""
    if metric.greater_is_better and (metric.is_share or metric.name in CORRELATIONS):
        least = 0.0 if metric.is_share else -1.0
        return curved_rows(target.truth, target.bar, sd, least=least, alpha=target.alpha, power=target.power)
    return contrast_rows(abs(target.truth - target.bar), sd, alpha=target.alpha, power=target.power)


def by_normal_formula(a: Assumptions, rows: int | None) -> RowsNeeded | str:
    """Rows of a normal formula, which speaks of nothing smaller than 30 rows with 10 of the rarer class."""
    if rows is None:
        return NEVER
    rarer = 1.0 if a.prevalence is None else min(a.prevalence.value, 1 - a.prevalence.value)
    fewest = max(FEWEST, math.ceil(FEWEST_OF_A_CLASS / rarer - 1e-9))
    note = f"the formula speaks of no fewer than {fewest:,} rows" if rows < fewest else ""
    return RowsNeeded(max(rows, fewest), "rows", 1.0, note)


def _reason_unplanned(a: Assumptions, metric: Metric) -> str:
    if metric.name in BINARY_LABEL_METRICS and a.prevalence is None:
        return "needs the share of positives: state it with --assume prevalence=…"
    why = "on how the errors spread over the classes" if a.task is Task.MULTICLASS else "on more than its value"
    return f"cannot be planned: its chance error depends {why}"


def _is_share_of_rows(metric: Metric) -> bool:
    parts = {"precision", "negative_predictive_value"} | OF_POSITIVES | OF_NEGATIVES
    return metric.name in parts or is_share_of_all(metric.name)


def _share(a: Assumptions, metric: Metric, target: ProofTarget, wants_more: bool) -> RowsNeeded | None:
    rows = (
        proportion_rows(target.truth, target.bar, alpha=target.alpha, power=target.power)
        if wants_more
        else proportion_rows(1 - target.truth, 1 - target.bar, alpha=target.alpha, power=target.power)
    )
    noun, share = denominator(a, metric.name, target.truth)
    return _own(rows, noun, share)


def denominator(a: Assumptions, metric: str, value: float) -> tuple[str, float | None]:
    """The rows that a metric counts in the data's words, and which share of all rows they are, if that is known."""
    positives = None if a.prevalence is None else a.prevalence.value
    if metric in OF_POSITIVES:
        return _rows_with(a), positives
    if metric in OF_NEGATIVES:
        return f"rows without {_rows_with(a).removeprefix('rows with ')}", None if positives is None else 1 - positives
    if metric in ("precision", "negative_predictive_value", "f1", "jaccard"):
        table = candidate_table(a, metric, value)
        shares = None if table is None else _share_predicted(metric, table)
        return _PREDICTED[metric], shares
    return "rows", 1.0


_PREDICTED = {
    "precision": "rows that are predicted positive",
    "negative_predictive_value": "rows that are predicted negative",
    "f1": "rows that are positive or predicted positive",
    "jaccard": "rows that are positive or predicted positive",
}


def _share_predicted(metric: str, table: Floats) -> float:
    (tn, fp), (fn, tp) = table.tolist()
    share = {"precision": tp + fp, "negative_predictive_value": tn + fn}.get(metric, tp + fp + fn)
    return float(share)


def _rows_with(a: Assumptions) -> str:
    positive = a.spec.data.positive
    return "rows with the class that is looked for" if positive is None else (
        f"rows with {a.spec.data.target} = {label_text(positive)}"
    )  # fmt: skip


def _through_jaccard(a: Assumptions, name: str, target: ProofTarget) -> RowsNeeded | None:
    """F1 = 2J / (1 + J) with the share J = TP / (TP + FP + FN)."""
    truth, bar = (target.truth, target.bar) if name == "jaccard" else (_jaccard(target.truth), _jaccard(target.bar))
    noun, share = denominator(a, name, target.truth)
    return _own(proportion_rows(truth, bar, alpha=target.alpha, power=target.power), noun, share)


def _jaccard(f1: float) -> float:
    return f1 / (2 - f1)


def _ranking(a: Assumptions, name: str, target: ProofTarget) -> RowsNeeded | None:
    share = None if a.prevalence is None else a.prevalence.value
    if name == "average_precision":
        positives = target.by(average_precision_rows)
        return None if positives is None else RowsNeeded(max(FEWEST_OF_A_CLASS, positives), _rows_with(a), share)
    rows = target.by(auc_rows, share or 0.5)
    if rows is None:
        return None
    rows = max(rows, math.ceil(FEWEST_OF_A_CLASS / min(share or 0.5, 1 - (share or 0.5)) - 1e-9))
    if share is None:
        return RowsNeeded(math.ceil(rows / 2), f"{_rows_with(a)} and as many without", None)
    return RowsNeeded(math.ceil(rows * share), f"{_rows_with(a)} and {math.ceil(rows * (1 - share)):,} without", share)


# ----------------------------------------------------------------------------------------------------
# What a plan says of one criterion

NOT_POSSIBLE = "NOT POSSIBLE"
"""The word of plan and check for what no number of rows would do."""
RULED_OUT = "not possible"
"""The reason where the criterion's own text says why."""
HOPELESS = ("cannot be proven", RULED_OUT, NEVER)
"""How the reasons begin why no number of rows would do."""
TEST, TRAINING, RECENT, CALLS = "test rows", "training rows", "rows on each side of the drift", "timed calls"


@dataclass(frozen=True, slots=True)
class Planned:
    """What one criterion needs."""

    key: str
    text: str
    """The criterion in its own words."""
    rows: int | None
    """Of the kind below, in total; None: nobody can tell."""
    own: str
    """The rows of its own denominator, or why nobody can tell."""
    assumed: tuple[str, ...] = ()
    kind: str = TEST

    @property
    def is_hopeless(self) -> bool:
        """Whether no number of rows would do, as the spec and the assumptions are."""
        return self.rows is None and self.own.startswith(HOPELESS)


def planned(
    key: str, text: str, needed: RowsNeeded | str, assumed: tuple[str, ...] = (), *, kind: str = TEST, times: int = 1
) -> Planned:
    """A criterion that needs so many rows of its own, `times` over; a text says why nobody can tell."""
    said = tuple(f"assumed {part}" if k == 0 else part for k, part in enumerate(assumed))
    if isinstance(needed, str):
        return Planned(key, text, None, needed, said, kind)
    total = None if needed.total is None else times * needed.total
    plain = needed.noun == "rows" and needed.share == 1 and times == 1
    own = "" if plain else f"{format_count(needed.rows)} {needed.noun}"
    unknown = "" if total is not None else "; in how many rows is not known"
    return Planned(key, text, total, own + unknown, (*said, *((needed.note,) if needed.note else ())), kind)


def unplanned(key: str, text: str, why: str, kind: str = TEST) -> Planned:
    """A criterion of which nobody can tell what it needs."""
    return Planned(key, text, None, why, (), kind)


def countable(key: str, entries: Iterable[Planned]) -> Iterator[Planned]:
    """The criteria of one part of the spec; where a number leaves what can be counted with, it ends by saying so."""
    try:
        yield from entries
    except (OverflowError, ZeroDivisionError):
        why = "cannot be planned: with a number so large or so small in the spec or under --assume, no count comes out"
        yield unplanned(key, "the rows that it needs", why)


# ----------------------------------------------------------------------------------------------------
# Rows that each segment, and each window of time, needs so that its deficit can be judged

PARTS = {"weekend": 2, "weekday": 7, "month": 12, "quarter": 4, "hour": 24}
"""Segments that a part of a date makes."""


def size_segments(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """For one segmentation and judged metric the rows of every segment, and of all if there are equally many."""
    criteria, entry = a.spec.segments, a.spec.data.segments[claim.key.number("segmentation") - 1]
    metric, groups = a.spec.metric(claim.key.metric), number_of_segments(a, entry)
    needed, level = group_rows(a, metric, criteria.limit, max(power, criteria.power))
    text = f"{metric.title}: every segment less than {_points(metric, criteria.limit)} worse than the others"
    yield _in_groups(f"{claim.source}, {segment_name(entry)}", text, needed, level, groups)


def size_windows(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """The rows of as many windows of time as the spec names, or of the fewest: all of them with the first."""
    if claim.key.number("window") > 1:
        return
    # fewer rows, and the review says that they are too few even for the fewest windows
    stability, metric = a.spec.stability, a.spec.primary_metric(a.task)
    groups = Assumed(float(stability.windows or policy.FEWEST_WINDOWS), "stability.windows")
    if stability.windows is None:
        groups = Assumed(groups.value, "the fewest; more rows make more windows")
    needed, level = window_rows(a, metric, int(groups.value), power)
    text = f"{metric.title}: every window of time less than {_points(metric, stability.window_limit)} worse"
    count = f"{int(groups.value)} equal windows ({groups.source})"
    yield planned(claim.source, text, needed, (level, count))


def window_rows(a: Assumptions, metric: Metric, count: int, power: float) -> tuple[RowsNeeded | str, str]:
    """Rows of its own denominator, of all windows together, from which a review cuts so many: all of them would be
    *met* with chance `power` if none were worse (see `statistics.windows.reach`); and the level that this assumes.
    """
    limit, level = a.spec.stability.window_limit, level_of(a, metric.name)
    by_ratio = not (metric.is_share or metric.greater_is_better)
    if level is None and metric.is_share:
        level = Assumed(TYPICAL_LEVEL if metric.greater_is_better else 1 - TYPICAL_LEVEL, "a typical level")
    level = level or Assumed(1.0, "any mean will do")
    noun, part = denominator(a, metric.name, level.value) if metric.is_share else ("rows", 1.0)
    spread = _own_spread(metric.name, level.value) if noun != "rows" else row_spread(a, metric, level.value)
    if spread is None:
        return "open: only a review can tell how the metric spreads from row to row", level.words(metric.label)
    factor = 1 + limit if by_ratio else 1.0
    error = spread * math.sqrt(count + factor**2 * count / (count - 1))
    limit = limit * level.value if by_ratio else scaled_limit(metric, limit, Exact(level.value), alpha=a.spec.alpha)
    rows = contrast_rows(limit, error, alpha=a.spec.alpha, power=power ** (1 / count))
    said = (
        f"a spread of {spread / level.value:.3g} of the mean" if by_ratio and level.value else level.words(metric.label)
    )
    return (NEVER if rows is None else RowsNeeded(max(count * FEWEST_ROWS, rows), noun, part)), said


def _own_spread(name: str, value: float) -> float:
    """Standard deviation of a row's influence among the rows of the metric's own denominator."""
    if name != "f1":
        return math.sqrt(value * (1 - value))
    jaccard = value / (2 - value)
    return 2 / (1 + jaccard) ** 2 * math.sqrt(jaccard * (1 - jaccard))


def _in_groups(key: str, text: str, needed: RowsNeeded | str, level: str, groups: Assumed | None) -> Planned:
    if isinstance(needed, str):
        return planned(key, text, needed)
    own = RowsNeeded(needed.rows, f"{needed.noun} in each segment", needed.share if groups else None, needed.note)
    if groups is None:
        return planned(key, text, own, (level, "state the number of segments with --assume segments=…"))
    count = int(groups.value)
    return planned(key, text, own, (level, f"{count} equal segments ({groups.source})"), times=count)


def group_rows(a: Assumptions, metric: Metric, limit: float, power: float) -> tuple[RowsNeeded | str, str]:
    """Rows of its own denominator from which a group without deficit is met, and the level that this assumes."""
    alpha, known = a.spec.alpha, level_of(a, metric.name)
    if metric.is_share:
        best = TYPICAL_LEVEL if metric.greater_is_better else 1 - TYPICAL_LEVEL
        level = known or Assumed(best, "a typical level")
        share = level.value if metric.greater_is_better else 1 - level.value
        limit = scaled_limit(metric, limit, Exact(level.value), alpha=alpha)
        rows = minimum_rows(share, limit, alpha=alpha, power=power)
        noun, part = denominator(a, metric.name, level.value)
        found: RowsNeeded | str = NEVER if rows is None else RowsNeeded(rows, noun, part)
        return found, level.words(metric.label)
    level = known or Assumed(1.0, "any mean will do")
    spread = row_spread(a, metric, level.value)
    if metric.greater_is_better or spread is None or not level.value > 0:
        return RowsNeeded(policy.SEGMENT_ROWS, "rows", 1.0, "its power cannot be told beforehand"), "at least so many"
    rows = contrast_rows(limit, spread / level.value, alpha=alpha, power=power)
    said = f"a spread of {spread / level.value:.3g} of the mean"
    return (NEVER if rows is None else RowsNeeded(max(10, rows), "rows", 1.0)), said


def _points(metric: Metric, limit: float) -> str:
    return f"{limit:g}" if metric.is_share or metric.greater_is_better else f"{100 * limit:.4g} %"


def segment_name(entry: SegmentEntry) -> str:
    """The columns of a segmentation."""
    if isinstance(entry, tuple):
        return " × ".join(map(segment_name, entry))
    return entry if isinstance(entry, str) else entry.column


def number_of_segments(a: Assumptions, entry: SegmentEntry) -> Assumed | None:
    """How many segments there will be: by the spec's bins or parts of a date, or as assumed for each column."""
    columns = entry if isinstance(entry, tuple) else (entry,)
    counts = [_groups(a, column) for column in columns]
    if any(count is None for count in counts):
        return None
    found = [count for count in counts if count is not None]
    sources = listed(dict.fromkeys(count.source for count in found))
    return Assumed(float(math.prod(int(count.value) for count in found)), sources)


def _groups(a: Assumptions, column: str | SegmentColumn) -> Assumed | None:
    if isinstance(column, SegmentColumn):
        if isinstance(column.bins, tuple):
            return Assumed(float(len(column.bins) + 1), "bins")
        if column.bins is not None:
            return Assumed(float(column.bins), "bins")
        if column.by in PARTS:
            return Assumed(float(PARTS[column.by]), column.by)
    return Assumed(a.stated["segments"], "as assumed") if "segments" in a.stated else None
