"""How does a metric stand in each segment, and among all other rows?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.segmentation import Segmentation
from readiness.statistics.cases import Cases
from readiness.statistics.confusion import measure_by_group
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Mover, Normal
from readiness.statistics.losses import T_LOG
from readiness.statistics.means import SkewedMean, WiderMean
from readiness.statistics.metrics import measure, withheld
from readiness.statistics.own import adds_up
from readiness.statistics.row_losses import unusable
from readiness.statistics.windows import (
    ends_of,
    independent,
    is_of_few_moments,
    unknown_dependence,
    widened,
    widening,
    widening_apart,
)

Measured = Inference | Undefined


@dataclass(frozen=True, slots=True)
class Split:
    """A metric inside one segment and among all other rows."""

    inside: Measured
    outside: Measured

    @property
    def rows(self) -> int:
        """Rows of the segment in the metric's own denominator: positives for recall."""
        return self.inside.n


@dataclass(frozen=True, slots=True)
class Deficit:
    """How much worse a segment is than all other rows, counted in rows of the segment; positive is worse."""

    difference: Mover
    n: int
    """Rows of the segment in the metric's own denominator."""

    @property
    def core(self) -> Mover:
        """What the limits are computed from."""
        return self.difference

    @property
    def untolerated(self) -> Mover:
        """The difference itself, where `difference` tolerates a ratio of errors."""
        return replace(self.difference, factor=1.0)

    @property
    def value(self) -> float:
        """The difference."""
        return self.difference.value

    @property
    def method(self) -> str:
        """Of the difference."""
        return self.difference.method

    @property
    def bound_method(self) -> str:
        """Of the difference."""
        return self.difference.bound_method

    def interval(self, level: float) -> tuple[float, float]:
        """Of the difference."""
        return self.difference.interval(level)

    def lower(self, alpha: float) -> float:
        """Of the difference."""
        return self.difference.lower(alpha)

    def upper(self, alpha: float) -> float:
        """Of the difference."""
        return self.difference.upper(alpha)


def difference(split: Split, *, greater_is_better: bool, factor: float = 1.0) -> Deficit | Undefined:
    """How much worse the rows inside are than all others; positive is worse. Errors: inside less factor · outside."""
    inside, outside = split.inside, split.outside
    if isinstance(inside, Undefined):
        return inside
    if isinstance(outside, Undefined):
        return outside
    if greater_is_better:
        return Deficit(Mover(outside, inside), split.rows)
    if factor != 1 and outside.value < 0:
        return Undefined("the error of all other rows is below 0, so nothing can be a share of it", split.rows)
    return Deficit(Mover(inside, outside, factor), split.rows)


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
    return _measured_apart(metric, cases, segmentation)


WHOLE_QUERIES = "name a column that is the same for all rows of a query"
CUT_QUERIES = Undefined(
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
        cases.remembered["independent"] = independent(cases)
    splits = split_by(metric, cases.remembered["independent"], segmentation)
    of_few, codes = is_of_few_moments(cases), range(len(segmentation.labels))
    wide = [widening_apart(metric, cases, segmentation.codes == code) if of_few else wider for code in codes]
    return tuple(
        Split(widened(split.inside, by, ends=ends), widened(split.outside, by, ends=ends))
        for split, by in zip(splits, wide, strict=True)
    )


def withheld_apart(metric: str, cases: Cases, inside: NDArray[np.bool_]) -> str:
    """Why no *met* may come from a metric inside some rows or outside them, as the two are measured by `split_by`."""
    if cases.dependence.is_serial and (reason := unknown_dependence(metric, cases)):
        return reason
    plain = independent(cases)
    return withheld(metric, plain.subset(inside)) or withheld(metric, plain.subset(~inside))


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
        return Undefined("fewer than two rows", int(n))
    first, second, third = (power / n for power in powers)
    value, spread = centre + first, max(0.0, second - first * first)
    if spread <= 1e-18 * value**2:
        return Undefined("all errors are the same, so that no spread could be measured", int(n))
    se = math.sqrt(spread / (n - 1))
    skew = (third - 3 * first * second + 2 * first**3) / spread**1.5
    on_log_scale = Normal(value, se, n - 1, int(n), "log", T_LOG, 0.0)
    return WiderMean(on_log_scale, SkewedMean(value, se, n - 1, skew, int(n), int(n)))


def _measured_apart(metric: str, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
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
    nobody = Undefined("there are no such rows")
    inside = measure(metric, cases.subset(mask)) if mask.any() else nobody
    if metric in cases.own and adds_up(metric, cases):
        title = cases.metric(metric).title
        return Split(inside, Undefined(f"{title} is a sum over rows, which cannot be compared between unequal parts"))
    return Split(inside, measure(metric, cases.subset(~mask)) if not mask.all() else nobody)
