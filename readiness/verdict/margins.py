"""Margins of gains: how much better than another method is better, or how much worse is still as good."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.core import policy
from readiness.core.findings import Criterion
from readiness.core.format import format_threshold, with_unit
from readiness.core.metrics import Metric
from readiness.spec.questions import Test
from readiness.spec.schema import Baseline


@dataclass(frozen=True, slots=True)
class Margin:
    """How much better is better, or how much worse is still as good: a bar for s · (m - factor · b).

    The sign s is +1 where more is better and -1 for errors, so that more of the contrast is always better.
    """

    test: Test
    factor: float
    criterion: Criterion
    words: str
    """The required or tolerated margin: "0.02", or "5 %" of the baseline's error."""


def gain_name(metric: Metric, margin: Margin, other: str) -> str:
    """What a gain is called: "Gain in F1 over a random guess"."""
    title = metric.title[:1].upper() + metric.title[1:]
    if margin.test == "non_inferiority":
        return f"{title} not worse than that of {other} by more than {margin.words}"
    if margin.factor == 1:
        return f"{'Gain' if metric.greater_is_better else 'Fall'} in {metric.title} over {other}"
    return f"{title} below {margin.factor:.4g} of that of {other}"


def chosen_test(criteria: Baseline, method: str) -> Test:
    """Which test the spec chose for a baseline, "rule-1", "current", "human"; superiority for all others."""
    if method == "current" and criteria.current is not None:
        return criteria.current.test
    if method == "human" and criteria.human is not None:
        return criteria.human.test
    rules = {f"rule-{k}": rule.test for k, rule in enumerate(criteria.rules, 1)}
    return rules.get(method, "superiority")


def required_margin(metric: Metric, criteria: Baseline, method: str = "") -> Margin:
    """The margin over a baseline that the spec or the default policy asks for in this metric.

    Superiority: m - b > margin, errors (1 - margin) · b - m > 0. Non-inferiority: m - b > -margin, errors
    (1 + margin) · b - m > 0. Relative margins are in the contrast (Fieller 1954), so their bar is 0. Metrics of the
    user's own may be below 0, where a share of them means nothing, so their margin is absolute either way.
    """
    test, source = chosen_test(criteria, method), criteria.origin("margin")
    wanted = 1.0 if test == "superiority" else -1.0
    if metric.greater_is_better or metric.needs == "own":
        gain = policy.BASELINE_MARGIN if criteria.margin is None else criteria.margin
        bar = Criterion(">", wanted * gain + 0.0, metric.unit, source)  # + 0.0: never "-0"
        return Margin(test, 1.0, bar, with_unit(format_threshold(gain), metric.unit))
    share = policy.BASELINE_RELATIVE_MARGIN if criteria.margin is None else criteria.margin
    factor = max(0.0, 1 - wanted * share)
    return Margin(test, factor, Criterion(">", 0.0, metric.unit, source), f"{100 * share:.4g} %")
