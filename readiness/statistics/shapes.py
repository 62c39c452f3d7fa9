"""Shapes of inferences: which formulas, with which constants, may stand on top of the counts or moments of a metric.

One table beside the code that makes inferences. A basis of another shape is none that this program computes: a share
that is stretched and moved, the F1 of a recall, a difference of which nobody knows what it is taken from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from readiness.core.findings import Basis
from readiness.core.metrics import Metric
from readiness.core.policy import Task
from readiness.statistics.basis import IN_GROUPS, MOVER, SHARE, SKEWED, WIDER
from readiness.statistics.labels import AGREEMENT_METRICS, AVERAGE_METRICS, F_SCORES, MICRO_METRICS, SHARE_METRICS
from readiness.statistics.losses import EXPLAINED, ROOTS
from readiness.statistics.scores import CLASS_RANKING_METRICS, is_top_accuracy
from readiness.statistics.stability import ends_of

CLOSE = 1e-9
_HALF, _ONE, _NONE = (0.5, 0.5), (1.0, 1.0), (0.0, 0.0)
_ANY = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Shape:
    """One formula with the numbers that belong to it, over parts of certain shapes."""

    form: str
    parts: tuple[Shapes, ...] = ()
    """What each part may look like."""
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Least and most of a number that is not free; a recorded None is without end."""
    many: bool = False
    """Whether there are any number of parts, each like the one of `parts`."""


Shapes = tuple[Shape, ...]
"""Any of these."""


def fits(basis: Basis, shapes: Shapes) -> bool:
    """Whether a basis has one of the shapes."""
    return any(_fits(basis, shape) for shape in shapes)


def _fits(basis: Basis, shape: Shape) -> bool:
    if basis.form != shape.form or not (shape.many or len(basis.parts) == len(shape.parts)):
        return False
    parts = shape.parts * len(basis.parts) if shape.many else shape.parts
    inside = all(_is_within(basis.numbers.get(name), name, ends) for name, ends in shape.numbers.items())
    return inside and all(fits(part, shapes) for part, shapes in zip(basis.parts, parts, strict=True))


def _is_within(number: float | None, name: str, ends: tuple[float, float]) -> bool:
    value = (-math.inf if name == "least" else math.inf) if number is None else number
    low, high = (end if math.isinf(end) else end + slack for end, slack in zip(ends, (-CLOSE, CLOSE), strict=True))
    return low <= value <= high


def _between(least: float, most: float) -> Mapping[str, tuple[float, float]]:
    """The ends that a formula cuts its limits off at."""
    return {"least": (least, least), "most": (most, most)}


def _linear(scale: float, shift: tuple[float, float], inner: Shapes) -> Shape:
    return Shape("linear", (inner,), {"scale": (scale, scale), "shift": shift})


def _mover(a: Shapes, b: Shapes, factor: tuple[float, float] = _ONE, correlation: tuple[float, float] = _NONE) -> Shape:
    return Shape(MOVER, (a, b), {"factor": factor, "correlation": correlation})


A_SHARE: Shapes = (Shape(SHARE), Shape(IN_GROUPS))
_F1: Shapes = (Shape("f1", (A_SHARE,)),)
_UNVARIED_SHARE = Shape("unvaried", numbers=_between(0.0, 1.0))
_LOGIT = Shape("t_logit", numbers=_between(0.0, 1.0))
_DOWNWARD = Shape("t_logit_downward", numbers={**_between(0.0, 1.0), "unbiased": (0.0, 1.0)})
_AGREEMENT: Shapes = (
    Shape("tanh", ((Shape("t", numbers=_between(*_ANY)),),)),
    Shape("unvaried", numbers=_between(-1.0, 1.0)),
)
_T: Shapes = (Shape("t", numbers=_between(*_ANY)),)
_HALL: Shapes = (Shape(SKEWED),)
_RARE: Shapes = (Shape("rare_amounts"),)
_EVENTS = _linear(1.0, _ANY, (Shape("mover_same_rows", (_RARE, _RARE), {"factor": _ONE, "correlation": _NONE}),))
MEAN: Shapes = (
    Shape(WIDER, ((*_T, _EVENTS), _HALL)),
    _EVENTS,
    Shape("unvaried", numbers=_between(*_ANY)),
)
"""As `means.mean_of` makes it."""
_QUERIES: Shapes = (Shape("clipped_queries", (MEAN,)),)
_LOSS: Shapes = (
    Shape(WIDER, ((Shape("t_log", numbers={"least": _NONE}),), _HALL)),
    Shape("unvaried", numbers={"least": _NONE}),
)
_EXPLAINED: Shapes = (
    Shape(WIDER, ((Shape("t", numbers={"most": _ONE}),), _HALL)),
    Shape("unvaried", numbers={"most": _ONE}),
)
OWN: Shapes = (Shape("t_resampled"),)
CHURN: Shapes = (*MEAN, Shape("clipped", ((_mover(MEAN, _T),),)))
DECLINE: Shapes = _T
_GROUPS: Shapes = (Shape("spread", (((Shape("group", (A_SHARE,)),)),), many=True),)
COMPARED: Mapping[str, Shapes] = {
    "demographic_parity_ratio": (replace(_GROUPS[0], form="least_ratio"),),
    "demographic_parity_difference": _GROUPS,
    "equal_opportunity_difference": _GROUPS,
    "equalized_odds_difference": (Shape("widest", (_GROUPS, _GROUPS)),),
}
"""Groups compared with each other, as in `parity`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What makes the rows that were measured other than independent and alike."""

    task: Task
    is_plain: bool
    """No weights, groups or time."""
    in_time: bool = False
    """In the order of time, and in no groups."""


def value_shapes(metric: Metric, rows: Rows) -> Shapes:
    """What the value of a metric on some rows may follow from; none where limits are simulated or measured values."""
    if metric.needs == "own":
        return OWN
    if metric.needs == "order":
        return _QUERIES
    if metric.needs == "labels":
        return _of_labels(metric.name, rows)
    if metric.name in CLASS_RANKING_METRICS:
        return (_UNVARIED_SHARE,)
    if metric.needs == "scores":
        return (_LOGIT, _DOWNWARD, _UNVARIED_SHARE)
    if is_top_accuracy(metric.name):
        return A_SHARE
    if metric.name == "calibration_error":
        return (Shape("calibration"),)
    return () if metric.name == "median_absolute_error" else _of_losses(metric.name)


def _of_losses(name: str) -> Shapes:
    if name == "bias":
        return MEAN
    if name in EXPLAINED:
        return _EXPLAINED
    return (Shape("root", (_LOSS,)),) if name in ROOTS else _LOSS


def _of_labels(name: str, rows: Rows) -> Shapes:
    if rows.task is Task.MULTICLASS:
        if name in MICRO_METRICS or name == "accuracy":
            return A_SHARE
        return _AGREEMENT if name in AGREEMENT_METRICS else (_UNVARIED_SHARE,) if name in AVERAGE_METRICS else ()
    if name == "balanced_accuracy":
        return (_balanced(_NONE if rows.is_plain else (-1.0, 0.0)),)
    if name in SHARE_METRICS:
        return _F1 if name == "f1" else A_SHARE
    if rows.is_plain:
        return ()
    return _AGREEMENT if name in AGREEMENT_METRICS else (_LOGIT, _UNVARIED_SHARE) if name in F_SCORES else ()


def _balanced(correlation: tuple[float, float]) -> Shape:
    """As `intervals.mover_mean`: what recall and specificity have in common only ever widens their mean."""
    return _linear(0.5, _NONE, (_mover(A_SHARE, (_linear(-1.0, _NONE, A_SHARE),), correlation=correlation),))


def informedness_shapes(rows: Rows) -> Shapes:
    """What the share of a class that is named so, less that of others, may follow from: 2 · balanced accuracy - 1."""
    return (_linear(2.0, (-1.0, -1.0), (_balanced(_NONE if rows.is_plain else (-1.0, 0.0)),)),)


def deficit_shapes(metric: Metric, rows: Rows, factor: tuple[float, float]) -> Shapes:
    """What a difference of two parts of the rows may follow from: both independent, errors at a fixed ratio."""
    parts = value_shapes(metric, rows)
    if rows.in_time:
        least, most = ends_of(metric)
        widened = tuple(shape for shape in parts if shape not in (*A_SHARE, *_F1))
        parts += (Shape("widened", (widened, (Shape("widening"),)), _between(least, most)),)
    return (_mover(parts, parts, factor),)


def contrast_shapes(metric: Metric, rows: Rows, factor: tuple[float, float], *, unpaired: bool = False) -> Shapes:
    """What a gain over another method on the same rows may follow from, or, unpaired, over people elsewhere."""
    if metric.needs == "own" and not unpaired:
        return OWN
    mine = value_shapes(metric, rows)
    theirs = A_SHARE if unpaired else mine
    difference = _mover(mine, theirs, factor)
    apart = (difference,) if metric.greater_is_better else (_linear(-1.0, _NONE, (difference,)),)
    if unpaired:
        return apart
    if metric.needs == "order" or (metric.needs == "labels" and rows.task is Task.BINARY and rows.is_plain):
        return ()
    sign = 1.0 if metric.greater_is_better else -1.0
    return (*apart, _linear(sign, _ANY, mine), *_T, *MEAN)


def deficit_ends(metric: Metric, factor: float) -> tuple[float, float]:
    """The least and the most of how much worse some rows are than others."""
    low, high = ends_of(metric)
    if metric.greater_is_better:
        return low - high, high - low
    return low - _times(factor, high), high - _times(factor, low)


def contrast_ends(metric: Metric, factor: float) -> tuple[float, float]:
    """The least and the most of how much better one method is than another."""
    low, high = ends_of(metric)
    ends = low - _times(factor, high), high - _times(factor, low)
    return ends if metric.greater_is_better else (-ends[1], -ends[0])


def _times(factor: float, end: float) -> float:
    return factor * end if factor else 0.0


def any_of(shapes: Iterable[Shapes]) -> Shapes:
    """All of them."""
    return tuple(shape for some in shapes for shape in some)
