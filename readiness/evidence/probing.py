"""How does the candidate behave when it is timed, weighed and provoked? Adds these measurements to the evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from readiness.answers import Question
from readiness.catalogue import METRICS
from readiness.evidence.evidence import Evidence, Technical
from readiness.evidence.probes.apart import Request, measure_apart
from readiness.evidence.probes.latency import Latency, Throughput, measure_latency, measure_throughput
from readiness.evidence.probes.memory import Memory
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import OrderStatistic
from readiness.unavailable import Unavailable

QUANTILES = {"latency_p50_ms": 0.50, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}
RUNS = 9
"""Runs for each batch size: enough for limits of the median that still hold after adjustment for many claims."""
MEGABYTE = 1e6
T = TypeVar("T")
NO_MODEL = Unavailable(
    "there is no model file, only predictions", "give the model file under model.path, so that it can be measured"
)


def probe(evidence: Evidence) -> Evidence:
    """The same evidence with latency, throughput, size, memory and the robustness probes of the candidate."""
    if not _asked(evidence):
        return evidence
    if evidence.candidate is None or evidence.model is None:
        names = (*QUANTILES, "throughput_per_second", "size_mb", "memory_mb")
        return replace(evidence, technical=Technical(dict.fromkeys(names, NO_MODEL)), probes=NO_MODEL)
    limits = evidence.spec.production
    candidate, rows, seed = evidence.candidate, evidence.rows, evidence.spec.seed
    start = time.perf_counter()
    with threadpool_limits(limits=1):  # as one worker of a service; more threads on a busy machine wait for each other
        latency = _guarded(
            lambda: measure_latency(candidate, rows, calls=limits.calls, seconds=limits.call_seconds, seed=seed)
        )
        throughput = _guarded(lambda: measure_throughput(candidate, rows, runs=RUNS, seed=seed))
    request = Request.about(evidence.spec.model, evidence.folder, candidate, rows)
    apart = measure_apart(request)
    measures: dict[str, Inference | Unavailable] = {**_latencies(latency), **_speeds(throughput)}
    measures["size_mb"] = Exact(evidence.model.artifact.size / MEGABYTE)
    measures["memory_mb"] = _memory(apart.memory)
    facts = _facts(latency, throughput, apart.memory)
    facts["seconds"] = Exact(time.perf_counter() - start)
    technical = Technical(measures, facts, _milliseconds(latency), _note(latency))
    return replace(evidence, technical=technical, probes=apart.probes)


def _asked(evidence: Evidence) -> bool:
    """Whether a question is asked that looks at what is measured here."""
    requirements = evidence.spec.business.requirements
    technical = any(r.metric in METRICS and METRICS[r.metric].needs == "measurement" for r in requirements)
    return evidence.asks(Question.PRODUCTION) or (technical and evidence.asks(Question.BUSINESS))


def _guarded(measure: Callable[[], T | Unavailable]) -> T | Unavailable:
    try:
        return measure()
    except Exception as error:  # a measurement that fails is not assessed; the other ones stand
        return Unavailable(f"measuring it failed with {type(error).__name__}: {str(error)[:200]}")


def _milliseconds(latency: Latency | Unavailable) -> np.ndarray | None:
    return None if isinstance(latency, Unavailable) else latency.nanoseconds / 1e6


def _latencies(latency: Latency | Unavailable) -> Mapping[str, Inference | Unavailable]:
    if isinstance(latency, Unavailable):
        return dict.fromkeys(QUANTILES, latency)
    milliseconds = latency.nanoseconds / 1e6
    return {name: OrderStatistic(milliseconds, q) for name, q in QUANTILES.items()}


def _speeds(throughput: tuple[Throughput, ...] | Unavailable) -> Mapping[str, Inference | Unavailable]:
    if isinstance(throughput, Unavailable):
        return {"throughput_per_second": throughput}
    return {"throughput_per_second": OrderStatistic(throughput[-1].rows_per_second, 0.5)}


def _memory(memory: Memory | Unavailable) -> Inference | Unavailable:
    return memory if isinstance(memory, Unavailable) else Exact(memory.peak / MEGABYTE)


def _facts(
    latency: Latency | Unavailable, throughput: tuple[Throughput, ...] | Unavailable, memory: Memory | Unavailable
) -> dict[str, Inference]:
    facts: dict[str, Inference] = {}
    if not isinstance(latency, Unavailable):
        facts["latency_cold"] = Exact(latency.cold_start / 1e6)
    if not isinstance(throughput, Unavailable):
        facts |= {f"throughput_{speed.batch}": OrderStatistic(speed.rows_per_second, 0.5) for speed in throughput}
    if not isinstance(memory, Unavailable):
        facts["memory_model"] = Exact(memory.model / MEGABYTE)
    return facts


def _note(latency: Latency | Unavailable) -> str:
    if isinstance(latency, Unavailable):
        return ""
    together = "; slow calls come in rows, so the limits are too narrow" if latency.slow_together > 0.1 else ""
    return (
        f"{latency.calls:,} calls of {latency.method} with a {latency.form}, one after the other, "
        f"on one thread, after {latency.warm_up} calls of warm-up{together}"
    )


__all__ = ["QUANTILES", "probe"]
