"""Shapes of inferences: which formulas, with which constants, may stand on top of the counts or moments of a metric.

Each estimator names those of its metric. A basis of another shape is none that this program computes: a share that is
stretched and moved, the F1 of a recall, a difference of which nobody knows what it is taken from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from readiness.core.findings import Basis
from readiness.core.metrics import Metric
from readiness.core.policy import Task
from readiness.statistics.basis import IN_GROUPS, MOVER, SHARE, SHARES, SKEWED, WIDER
from readiness.statistics.labels import FROM_0, FROM_MINUS_1, MULTICLASS_SHARES, SHARE_METRICS

CLOSE = 1e-9
_ONE, _NONE = (1.0, 1.0), (0.0, 0.0)
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


def between(least: float, most: float) -> Mapping[str, tuple[float, float]]:
    """The ends that a formula cuts its limits off at."""
    return {"least": (least, least), "most": (most, most)}


def linear(scale: float, shift: tuple[float, float], inner: Shapes) -> Shape:
    """A multiple of one inference, moved."""
    return Shape("linear", (inner,), {"scale": (scale, scale), "shift": shift})


def mover(a: Shapes, b: Shapes, factor: tuple[float, float] = _ONE, correlation: tuple[float, float] = _NONE) -> Shape:
    """A difference of two inferences."""
    return Shape(MOVER, (a, b), {"factor": factor, "correlation": correlation})


A_SHARE: Shapes = (Shape(SHARE), Shape(IN_GROUPS))
F1: Shapes = (Shape("f1", (A_SHARE,)),)
UNVARIED_SHARE = Shape("unvaried", numbers=between(0.0, 1.0))
_LOGIT = Shape("t_logit", numbers=between(0.0, 1.0))
_DOWNWARD = Shape("t_logit_downward", numbers={**between(0.0, 1.0), "unbiased": (0.0, 1.0)})
_AGREEMENT: Shapes = (
    Shape("tanh", ((Shape("t", numbers=between(*_ANY)),),)),
    Shape("unvaried", numbers=between(-1.0, 1.0)),
)
RANKED: Shapes = (_LOGIT, _DOWNWARD, UNVARIED_SHARE)
T: Shapes = (Shape("t", numbers=between(*_ANY)),)
_HALL: Shapes = (Shape(SKEWED),)
_RARE: Shapes = (Shape("rare_amounts"),)
_EVENTS = linear(1.0, _ANY, (Shape("mover_same_rows", (_RARE, _RARE), {"factor": _ONE, "correlation": _NONE}),))
MEAN: Shapes = (
    Shape(WIDER, ((*T, _EVENTS), _HALL)),
    _EVENTS,
    Shape("unvaried", numbers=between(*_ANY)),
)
"""As `means.mean_of` makes it."""
QUERIES: Shapes = (Shape("clipped_queries", (MEAN,)),)
LOSS: Shapes = (
    Shape(WIDER, ((Shape("t_log", numbers={"least": _NONE}),), _HALL)),
    Shape("unvaried", numbers={"least": _NONE}),
)
ROOT: Shapes = (Shape("root", (LOSS,)),)
EXPLAINED: Shapes = (
    Shape(WIDER, ((Shape("t", numbers={"most": _ONE}),), _HALL)),
    Shape("unvaried", numbers={"most": _ONE}),
)
OWN: Shapes = (Shape("t_resampled"),)
CALIBRATION: Shapes = (Shape("calibration"),)
CHURN: Shapes = (*MEAN, Shape("clipped", ((mover(MEAN, T),),)))
DECLINE: Shapes = T
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


def shapes_of_labels(metric: Metric, rows: Rows) -> Shapes:
    """What `labels.measure_labels` makes: shares of rows, means of two of them, else what fits the metric's range."""
    binary = rows.task is Task.BINARY
    if binary and metric.name == "balanced_accuracy":
        return (_balanced(_NONE if rows.is_plain else (-1.0, 0.0)),)
    if metric.name in (SHARE_METRICS if binary else MULTICLASS_SHARES):
        return F1 if metric.name == "f1" else A_SHARE
    if binary and rows.is_plain:
        return ()
    if metric.ends == FROM_MINUS_1:
        return _AGREEMENT
    if metric.ends == FROM_0:
        return (_LOGIT, UNVARIED_SHARE) if binary else (UNVARIED_SHARE,)
    return Shape("t", numbers=between(*metric.ends)), Shape("unvaried", numbers=between(*metric.ends))


def are_counted(shapes: Shapes) -> bool:
    """Whether all that they stand on are counts of rows among rows."""
    return bool(shapes) and all(_is_counted(shape) for shape in shapes)


def _is_counted(shape: Shape) -> bool:
    return all(are_counted(part) for part in shape.parts) if shape.parts else shape.form in SHARES


def _balanced(correlation: tuple[float, float]) -> Shape:
    """As `intervals.mover_mean`: what recall and specificity have in common only ever widens their mean."""
    return linear(0.5, _NONE, (mover(A_SHARE, (linear(-1.0, _NONE, A_SHARE),), correlation=correlation),))


def informedness_shapes(rows: Rows) -> Shapes:
    """What the share of a class that is named so, less that of others, may follow from: 2 · balanced accuracy - 1."""
    return (linear(2.0, (-1.0, -1.0), (_balanced(_NONE if rows.is_plain else (-1.0, 0.0)),)),)


def any_of(shapes: Iterable[Shapes]) -> Shapes:
    """All of them."""
    return tuple(shape for some in shapes for shape in some)
