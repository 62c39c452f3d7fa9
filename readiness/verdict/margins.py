"""Margins that the spec requires of a gain, codes of technical limits, and names of parts of a date.

Both the questions and the host ask this: the host, without loading what computes numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from readiness.core import policy
from readiness.core.findings import Criterion
from readiness.core.format import format_threshold, with_unit
from readiness.core.keys import Topic
from readiness.core.metrics import Metric
from readiness.spec.questions import Test
from readiness.spec.schema import Baseline

TOPICS = {
    "latency_p50_ms": Topic.LATENCY_P50,
    "latency_p95_ms": Topic.LATENCY_P95,
    "latency_p99_ms": Topic.LATENCY_P99,
    "throughput_per_second": Topic.THROUGHPUT,
    "size_mb": Topic.SIZE,
    "memory_mb": Topic.MEMORY,
}
"""What findings about the technical metrics are about, in the order of the page."""
CALENDAR = ("hour", "weekday", "month of the year")
"""Parts of `data.time` by which weak spots are searched, and which count as if `data.segments` named them."""


def calendar_names(time: str | None) -> tuple[str, ...]:
    """What the parts of `data.time` are called where they stand beside columns: "opened (hour)"."""
    return () if time is None else tuple(f"{time} ({part})" for part in CALENDAR)


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


def chosen_test(criteria: Baseline, key: str) -> Test:
    """Which test the spec chose for the baseline `key`: "rule-1", "current", "human"; superiority for all others."""
    if key == "current" and criteria.current is not None:
        return criteria.current.test
    if key == "human" and criteria.human is not None:
        return criteria.human.test
    rules = {f"rule-{k}": rule.test for k, rule in enumerate(criteria.rules, 1)}
    return rules.get(key, "superiority")


def required_margin(metric: Metric, criteria: Baseline, key: str = "") -> Margin:
    """The margin over the baseline `key` that the spec or the default policy asks for in this metric.

    Superiority: m - b > margin, errors (1 - margin) · b - m > 0. Non-inferiority: m - b > -margin, errors
    (1 + margin) · b - m > 0. Relative margins are in the contrast (Fieller 1954), so their bar is 0. Metrics of the
    user's own may be below 0, where a share of them means nothing, so their margin is absolute either way.
    """
    test, source = chosen_test(criteria, key), criteria.origin("margin")
    wanted = 1.0 if test == "superiority" else -1.0
    if metric.greater_is_better or metric.needs == "own":
        gain = policy.BASELINE_MARGIN if criteria.margin is None else criteria.margin
        bar = Criterion(">", wanted * gain + 0.0, metric.unit, source)  # + 0.0: never "-0"
        return Margin(test, 1.0, bar, with_unit(format_threshold(gain), metric.unit))
    share = policy.BASELINE_RELATIVE_MARGIN if criteria.margin is None else criteria.margin
    factor = max(0.0, 1 - wanted * share)
    return Margin(test, factor, Criterion(">", 0.0, metric.unit, source), f"{100 * share:.4g} %")
