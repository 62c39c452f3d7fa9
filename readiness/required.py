"""How much does the spec require of a gain, and under which code does a technical limit stand?

Both the questions and the host ask this: the host, without loading what computes numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from readiness import criteria as policy
from readiness.answers import Criterion
from readiness.catalogue import Metric
from readiness.numbers import format_value
from readiness.spec import Baseline

CODES = {
    "latency_p50_ms": "PROD-LATENCY-P50",
    "latency_p95_ms": "PROD-LATENCY-P95",
    "latency_p99_ms": "PROD-LATENCY-P99",
    "throughput_per_second": "PROD-THROUGHPUT",
    "size_mb": "PROD-SIZE",
    "memory_mb": "PROD-MEMORY",
}
"""Finding codes of the technical metrics, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Margin:
    """How much better is better: m - factor · b compared with a threshold, turned so that more is better."""

    factor: float
    criterion: Criterion
    words: str


def required_margin(metric: Metric, criteria: Baseline) -> Margin:
    """The margin that the spec or the default policy asks for in this metric."""
    source = criteria.origin("margin")
    if metric.greater_is_better:
        gain = policy.BASELINE_MARGIN if criteria.margin is None else criteria.margin
        return Margin(1.0, Criterion(">", gain, metric.unit, source), f"a gain above {format_value(gain)}")
    share = policy.BASELINE_RELATIVE_MARGIN if criteria.margin is None else criteria.margin
    words = f"an error below {format_value(1 - share)} of the baseline's"
    return Margin(1 - share, Criterion(">", 0.0, metric.unit, source), words)
