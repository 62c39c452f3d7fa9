"""Shapes of what is judged of a metric: its value, a deficit of some rows, and a gain over another method.

Each follows from the estimator of the metric: from the shape of its value, and from how two methods are compared by it.
"""

from __future__ import annotations

import math

from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.statistics.estimators import estimator_named
from readiness.statistics.parity import MEASURES
from readiness.statistics.shapes import (
    A_SHARE,
    F1,
    MEAN,
    OWN,
    Rows,
    Shape,
    Shapes,
    T,
    are_counted,
    between,
    linear,
    mover,
)
from readiness.statistics.stability import ends_of


def value_shapes(metric: Metric, rows: Rows) -> Shapes:
    """What the value of a metric on some rows may follow from; none where limits are simulated or measured values."""
    return estimator_named(metric).shapes(metric, rows)


def is_counted(name: str, task: str) -> bool:
    """Whether a metric, or a measure between groups, of a task is a share of rows, or made of shares, so that its
    bounds follow from counts.
    """
    if name in MEASURES:
        return task == Task.BINARY
    metric = METRICS.get(name)
    if metric is None or metric.needs == "measurement" or task not in metric.tasks:
        return False
    return are_counted(value_shapes(metric, Rows(Task(task), is_plain=True)))


def deficit_shapes(metric: Metric, rows: Rows, factor: tuple[float, float]) -> Shapes:
    """What a difference of two parts of the rows may follow from: both independent, errors at a fixed ratio."""
    parts = value_shapes(metric, rows)
    if rows.in_time:
        least, most = ends_of(metric)
        widened = tuple(shape for shape in parts if shape not in (*A_SHARE, *F1))
        parts += (Shape("widened", (widened, (Shape("widening"),)), between(least, most)),)
    return (mover(parts, parts, factor),)


def contrast_shapes(metric: Metric, rows: Rows, factor: tuple[float, float], *, unpaired: bool = False) -> Shapes:
    """What a gain over another method on the same rows may follow from, or, unpaired, over people elsewhere."""
    if metric.needs == "own" and not unpaired:
        return OWN
    mine = value_shapes(metric, rows)
    theirs = A_SHARE if unpaired else mine
    difference = mover(mine, theirs, factor)
    apart = (difference,) if metric.greater_is_better else (linear(-1.0, (0.0, 0.0), (difference,)),)
    if unpaired:
        return apart
    paired = estimator_named(metric).paired
    if paired == "queries" or (paired == "cells" and rows.task is Task.BINARY and rows.is_plain):
        return ()
    sign = 1.0 if metric.greater_is_better else -1.0
    return (*apart, linear(sign, (-math.inf, math.inf), mine), *T, *MEAN)


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
