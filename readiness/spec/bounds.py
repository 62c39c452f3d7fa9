"""Bars so wide that nothing can miss them, told before anything is read; the widest values stand in `core.policy`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from itertools import chain

from readiness.core import policy
from readiness.core.format import format_threshold, with_unit
from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import BAR, BARS, Bar, Task
from readiness.spec.schema import Costs, Requirement, Spec
from readiness.spec.yaml import KeyPath

Fault = tuple[KeyPath, str]

_WORDS = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}


def too_wide(spec: Spec, task: Task | None) -> Iterator[Fault]:
    """Every bar of a well-formed spec that is wider than the widest that `criteria` accepts."""
    yield from chain(_table(spec), _margin(spec), _requirements(spec), _groups(spec))
    yield from chain(_price(spec, task), _cover(spec), _floors(spec))


def is_of_known_range(spec: Spec, bar: Bar) -> bool:
    """Whether the values of this bar have a range that is known here: not in points of metrics of the user's own."""
    if not bar.of_metric or bar.key in ("stability.half_width", "stability.std"):  # of own metrics a share of the mean
        return True
    if bar.key.startswith("segments."):
        named = spec.segments.metrics
        return named is None or any(not _in_own_points(spec, name) for name in named)
    return spec.baseline.metric is None or not _in_own_points(spec, spec.baseline.metric)


def _in_own_points(spec: Spec, name: str) -> bool:
    """Errors are compared by their ratio, which has no unit, also those of an own metric."""
    return name in spec.metrics and spec.metrics[name].greater_is_better


def _table(spec: Spec) -> Iterator[Fault]:
    for bar in BARS:
        key = tuple(bar.key.split("."))
        value = reduce(getattr, key, spec)
        if isinstance(value, int | float) and is_of_known_range(spec, bar) and bar.is_too_wide(value):
            yield key, _told(bar, float(value))


def _told(bar: Bar, value: float) -> str:
    end = "at most" if bar.looser == "larger" else "at least"
    found, widest = (with_unit(format_threshold(each), bar.unit) for each in (value, bar.widest))
    return f"found {found}, expected {end} {widest}: {bar.why}"


def _margin(spec: Spec) -> Iterator[Fault]:
    """A margin of a comparison that only asks for a candidate that is as good."""
    baseline = spec.baseline
    tests = [part.test for part in (*baseline.rules, baseline.current, baseline.human) if part is not None]
    if baseline.margin is None or "non_inferiority" not in tests or baseline.metric in spec.metrics:
        return
    if baseline.margin > policy.WORSE_AND_STILL_AS_GOOD:
        most = format_threshold(policy.WORSE_AND_STILL_AS_GOOD)
        yield (
            ("baseline", "margin"),
            (
                f"found {format_threshold(baseline.margin)}, expected at most {most} where a candidate need only be as "
                f"good (test: non_inferiority): what is further behind is not as good"
            ),
        )


def _requirements(spec: Spec) -> Iterator[Fault]:
    for index, requirement in enumerate(spec.business.requirements):
        if requirement.metric not in METRICS:
            continue
        metric = METRICS[requirement.metric]
        if fault := _gain(requirement, metric) if _is_gain(requirement) else _requirement(requirement, metric):
            yield ("business", "requirements", index), fault


def _is_gain(requirement: Requirement) -> bool:
    return requirement.lift_over is not None or requirement.gain_over is not None


def _gain(requirement: Requirement, metric: Metric) -> str:
    """A loss that is tolerated: no more than a fifth, and as a share where points have no range."""
    limit = requirement.limit
    if limit >= 0:
        return ""
    least, name = -policy.WORSE_AND_STILL_AS_GOOD, requirement.lift_over or requirement.gain_over
    bounded = metric.ends[1] - metric.ends[0] < math.inf or metric.ends[1] == 1
    if requirement.gain_over and not bounded:
        return (
            f"found {format_threshold(limit)} of {metric.label}, expected 0 or more: in its own unit nobody can tell "
            f"whether a model could miss it; state with lift_over which share worse than {name} is tolerated"
        )
    if limit < least:
        return f"found {format_threshold(limit)}, expected {format_threshold(least)} or more: {_TOO_FAR_BEHIND}"
    return ""


_TOO_FAR_BEHIND = "a model that is further behind is not as good, and hardly one is so far behind that it could miss it"


def _requirement(requirement: Requirement, metric: Metric) -> str:
    """A limit that a guess reaches, or next to the end of what the metric can be; the very end is told elsewhere."""
    limit, wants_more = requirement.limit, requirement.op in (">", ">=")
    known = f"{metric.name} {_WORDS[requirement.op]} {format_threshold(limit)}"
    bar = BAR.get(f"production.{metric.name}")
    if bar is not None and bar.looser == ("smaller" if wants_more else "larger") and bar.is_too_wide(limit):
        return "" if _is_at_end(requirement, metric) else _told(bar, limit)
    if metric.guess is not None and wants_more is metric.greater_is_better and not _is_at_end(requirement, metric):
        if (limit < metric.guess) if wants_more else (limit > metric.guess):
            end = "least" if wants_more else "most"
            guess = format_threshold(round(metric.guess, 2))
            return f"found {known}, expected at {end} {guess}: an answer without any knowledge reaches that"
        return ""
    low, high = metric.ends
    if math.isinf(low) or math.isinf(high) or _is_at_end(requirement, metric):
        return ""
    room = policy.END_OF_RANGE * (high - low)
    edge = round(low + room if wants_more else high - room, 10)
    if (limit < edge) if wants_more else (limit > edge):
        end = "least" if wants_more else "most"
        return f"found {known}, expected at {end} {format_threshold(edge)}: next to every model meets it"
    return ""


def _is_at_end(requirement: Requirement, metric: Metric) -> bool:
    """Whether every value meets it, or none; `preflight` tells that, for it knows the task."""
    low, high = metric.ends
    limit = requirement.limit
    if requirement.op in (">", ">="):
        return limit < low or limit > high or (limit == low and requirement.op == ">=")
    return limit > high or limit < low or (limit == high and requirement.op == "<=")


def _groups(spec: Spec) -> Iterator[Fault]:
    for measure, limit in spec.segments.fairness.items():
        key: KeyPath = ("segments", "fairness", measure)
        found = f"found {format_threshold(limit)}, expected"
        if measure.endswith("_ratio") and limit < policy.FAIR_RATIO:
            least = format_threshold(policy.FAIR_RATIO)
            yield key, f"{found} at least {least}: below it one group gets five times as often what the other gets"
        if measure.endswith("_difference") and limit > policy.FAIR_DIFFERENCE:
            most = format_threshold(policy.FAIR_DIFFERENCE)
            yield key, f"{found} at most {most}: groups that are further apart are treated as opposites"


def _price(spec: Spec, task: Task | None) -> Iterator[Fault]:
    value, costs = spec.errors.value_per_prediction, spec.errors.costs
    dearest = None if costs is None or task in (Task.REGRESSION, Task.RANKING) else _dearest(costs)
    if value is None or dearest is None:
        return
    most = policy.PRICE_SHARE * dearest
    if value > most:
        yield (
            ("errors", "value_per_prediction"),
            (
                f"found {format_threshold(value)}, expected at most {format_threshold(most)}, half of what the dearest "
                "error costs: no model that is right in half of the rows can miss it"
            ),
        )


def _dearest(costs: Costs) -> float | None:
    """What the dearest error costs, where the spec says it in numbers."""
    if costs.matrix is not None:
        return max(cost for row in costs.matrix.values() for cost in row.values())
    prices = [price for price in (costs.false_positive, costs.false_negative) if isinstance(price, int | float)]
    return max(prices) if len(prices) == 2 else None


def _cover(spec: Spec) -> Iterator[Fault]:
    given = spec.errors.interval
    if given is not None and given.at_least is not None and given.at_least < policy.INTERVAL_COVER:
        yield (
            ("errors", "interval", "at_least"),
            (
                f"found {format_threshold(given.at_least)}, expected at least "
                f"{format_threshold(policy.INTERVAL_COVER)}: everything on one side of the middle covers as many rows"
            ),
        )


def _floors(spec: Spec) -> Iterator[Fault]:
    bar = BAR["errors.class_floor"]
    for name, floor in spec.errors.floors.items():
        if bar.is_too_wide(floor):
            yield ("errors", "floors", name), _told(bar, floor)
