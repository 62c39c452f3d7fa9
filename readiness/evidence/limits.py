"""Faults of a requirement's limit that cannot tell models apart, told before anything is measured."""

from __future__ import annotations

import math

from readiness.core.errors import DataError
from readiness.core.metrics import Metric
from readiness.core.policy import Task
from readiness.spec.schema import Requirement

_WORDS = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}
MAY_BE_NEGATIVE = frozenset({"r2", "explained_variance", "matthews_corrcoef", "cohen_kappa"})


def check_threshold(threshold: float | None, where: str, *, is_probability: bool) -> None:
    """Refuse a threshold that no probability can reach, or that each one does.

    Raises:
        DataError: `where` names the key, such as "model.threshold".
    """
    if threshold is not None and is_probability and not 0 <= threshold <= 1:
        alike = "no row" if threshold > 1 else "every row"
        raise DataError(
            f"{where} is {threshold:g}, and the model gives probabilities, which lie between 0 and 1: {alike} would be "
            "predicted positive.",
            remedy="Set it to a probability from 0 to 1, or leave it out for 0.5.",
        )


def limit_fault(requirement: Requirement, metric: Metric) -> str:
    """What is wrong with this limit on this metric; empty when nothing is."""
    relative = requirement.lift_over or requirement.gain_over
    if metric.needs == "own" and requirement.of_class is not None:
        return f"{metric.name} is your own, which knows no of_class; let its function look at that class"
    if metric.needs == "measurement":
        if relative:
            return f"{metric.name} is measured on the model alone; state its limit without lift_over and gain_over"
        if (requirement.op in (">", ">=")) is not metric.greater_is_better:
            return f"{metric.name} needs {'at_least' if metric.greater_is_better else 'at_most'}"
    if metric.is_share and not relative and not 0 <= requirement.limit <= 1:
        hint = f"; did you mean {requirement.limit / 100:g}?" if 1 < requirement.limit <= 100 else ""
        return f"{metric.name} lies between 0 and 1, and the limit is {requirement.limit:g}{hint}"
    if relative and metric.name == "bias":
        return "a bias is best at 0, not where it is lowest, so gains in it mean nothing; compare by mae"
    if requirement.lift_over and metric.name in MAY_BE_NEGATIVE:
        return f"{metric.name} may be below 0, where a share of it means nothing; use gain_over"
    if requirement.lift_over and not metric.greater_is_better and requirement.limit >= 1:
        return f"an error cannot fall by {requirement.limit:g} of itself; a lift of an error lies below 1"
    return ""


def value_fault(metric: Metric, value: float) -> str:
    """What is wrong with a figure that somebody states as measured; empty where the metric can have it."""
    low, high = metric.ends
    if low <= value <= high:
        return ""
    hint = f"; did you mean {value / 100:g}?" if metric.is_share and 2 <= value <= 100 else ""
    return f"{metric.name} {_span(low, high)}, and the figure is {value:g}{hint}"


def end_fault(requirement: Requirement, metric: Metric, task: Task | None) -> str:
    """Why this limit is met by every value, or by none; empty when it can tell models apart."""
    if requirement.lift_over or requirement.gain_over or metric.needs == "own":
        return ""
    low, high = metric.ends
    if metric.name == "brier" and (task is Task.BINARY or requirement.of_class is not None):
        high = 1.0  # more classes: the sum over them, up to 2
    op, limit = requirement.op, requirement.limit
    if op in (">", ">="):
        always = limit < low or (op == ">=" and limit == low)
        never = limit > high or (op == ">" and limit == high)
    else:
        always = limit > high or (op == "<=" and limit == high)
        # nothing takes no time or room, but a model without an error is possible
        never = limit < low or (limit == low and (op == "<" or metric.needs == "measurement"))
    if not (always or never):
        return ""
    known = f"{metric.name} {_span(low, high)}, and the limit is {_WORDS[op]} {limit:g}"
    return f"{known}: every model meets it" if always else f"{known}: no model can meet it"


def _span(low: float, high: float) -> str:
    if math.isinf(high):
        return f"is never below {low:g}"
    return f"is never above {high:g}" if math.isinf(low) else f"lies between {low:g} and {high:g}"
