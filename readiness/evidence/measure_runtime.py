"""Times, memory and probes of the candidate, added to the evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from readiness.core.findings import Question
from readiness.core.metrics import METRICS, QUANTILES
from readiness.core.missing import Missing
from readiness.evidence.cache.entries import cached_latency, cached_probes, cached_throughput
from readiness.evidence.evidence import Evidence, Technical
from readiness.evidence.probes.latency import Latency, Throughput, measure_latency, measure_throughput
from readiness.evidence.probes.pairs import measure_pairs
from readiness.evidence.probes.trial import Trial, try_candidate
from readiness.evidence.supplied.instead import with_supplied_measures
from readiness.evidence.workers.worker import Footprint
from readiness.spec.schema import Spec
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import OrderStatistic

RUNS = 9
"""Runs for each batch size: enough for limits of the median that still hold after adjustment for many claims."""
MEGABYTE = 1e6
T = TypeVar("T")
NO_MODEL = Missing("there is no model file, only predictions", "give the model file under model.path")

LEFT_OUT = Missing("this partial review does not ask for it", "a review of all six questions")


def probe(evidence: Evidence) -> Evidence:
    """The same evidence with latency, throughput, size, memory and the robustness probes of the candidate."""
    if not _is_asked(evidence):
        return evidence
    if evidence.candidate is None or evidence.model is None:
        names = (*QUANTILES, "throughput_per_second", "size_mb", "memory_mb")
        unmeasured = replace(evidence, technical=Technical(dict.fromkeys(names, NO_MODEL)), probes=NO_MODEL)
        return with_supplied_measures(unmeasured)
    limits = evidence.spec.production
    candidate, rows, seed = evidence.candidate, evidence.rows, evidence.spec.seed
    start, cache = time.perf_counter(), evidence.begin_cache()

    def calls() -> Latency | Missing:
        return measure_latency(candidate, rows, calls=limits.calls, seconds=limits.call_seconds, seed=seed)

    def batches() -> tuple[Throughput, ...] | Missing:
        return measure_throughput(candidate, rows, runs=RUNS, seed=seed)

    with threadpool_limits(limits=1):  # as one worker of a service; more threads on a busy machine wait for each other
        latency = _measure_or_missing(
            lambda: (
                cached_latency(cache, calls, calls=limits.calls, seconds=limits.call_seconds)
                if _wants(evidence, "latency")
                else LEFT_OUT
            )
        )
        throughput = _measure_or_missing(
            lambda: cached_throughput(cache, batches, runs=RUNS) if _wants(evidence, "throughput") else LEFT_OUT
        )
    no_file = evidence.model.no_file
    unloaded = None if evidence.model.is_served else no_file  # what is served has no file, and can be tried all the same
    why = unloaded if unloaded is not None or _wants(evidence, "memory") else LEFT_OUT
    result = Trial(why, why) if why is not None else cached_probes(cache, lambda: try_candidate(candidate, rows))
    measures: dict[str, Inference | Missing] = {**_latencies(latency), **_speeds(throughput)}
    measures["size_mb"] = Exact(evidence.model.artifact.size / MEGABYTE) if no_file is None else no_file
    measures["memory_mb"] = _memory(result.memory)
    facts = _facts(latency, throughput, result.memory)
    facts["seconds"] = Exact(time.perf_counter() - start + cache.seconds)  # with what the cache saved
    technical = Technical(measures, facts, _milliseconds(latency), _note(latency))
    reused = (*evidence.reused, *cache.summarize_hits())
    pairs = measure_pairs(candidate, rows, limits, alpha=evidence.spec.alpha)
    measured = replace(evidence, technical=technical, probes=result.probes, pairs=pairs, reused=reused)
    return with_supplied_measures(measured)


def _is_asked(evidence: Evidence) -> bool:
    """Whether a question is asked that looks at what is measured here."""
    return evidence.asks(Question.PRODUCTION) or (evidence.asks(Question.BUSINESS) and is_required(evidence.spec))


def _wants(evidence: Evidence, metric: str) -> bool:
    """Whether a question is asked that needs metrics whose names begin so; question 6 needs all."""
    required = any(each.metric.startswith(metric) for each in evidence.spec.business.requirements)
    return evidence.asks(Question.PRODUCTION) or required


def is_required(spec: Spec) -> bool:
    """Whether a requirement of the business is about something that is measured here."""
    named = (requirement.metric for requirement in spec.business.requirements)
    return any(name in METRICS and METRICS[name].needs == "measurement" for name in named)


def _measure_or_missing(measure: Callable[[], T | Missing]) -> T | Missing:
    try:
        return measure()
    except Exception as error:  # a measurement that fails is not assessed; the other ones stand
        return Missing(f"measuring it failed with {type(error).__name__}: {str(error)[:200]}")


def _milliseconds(latency: Latency | Missing) -> np.ndarray | None:
    return None if isinstance(latency, Missing) else latency.nanoseconds / 1e6


def _latencies(latency: Latency | Missing) -> Mapping[str, Inference | Missing]:
    if isinstance(latency, Missing):
        return dict.fromkeys(QUANTILES, latency)
    milliseconds = latency.nanoseconds / 1e6
    return {name: OrderStatistic(milliseconds, q) for name, q in QUANTILES.items()}


def _speeds(throughput: tuple[Throughput, ...] | Missing) -> Mapping[str, Inference | Missing]:
    if isinstance(throughput, Missing):
        return {"throughput_per_second": throughput}
    return {"throughput_per_second": OrderStatistic(throughput[-1].rows_per_second, 0.5)}


def _memory(memory: Footprint | Missing) -> Inference | Missing:
    return memory if isinstance(memory, Missing) else Exact(memory.peak / MEGABYTE)


def _facts(
    latency: Latency | Missing, throughput: tuple[Throughput, ...] | Missing, memory: Footprint | Missing
) -> dict[str, Inference]:
    facts: dict[str, Inference] = {}
    if not isinstance(latency, Missing):
        facts["latency_cold"] = Exact(latency.cold_start / 1e6)
    if not isinstance(throughput, Missing):
        facts |= {f"throughput_{speed.batch}": OrderStatistic(speed.rows_per_second, 0.5) for speed in throughput}
    if not isinstance(memory, Missing):
        facts["memory_model"] = Exact(memory.model / MEGABYTE)
    return facts


def _note(latency: Latency | Missing) -> str:
    if isinstance(latency, Missing):
        return ""
    together = "; slow calls follow one another, so the true range is wider" if latency.slow_together > 0.1 else ""
    return (
        f"{latency.calls:,} calls of {latency.method} with a {latency.form}, one after the other, "
        f"on one thread, after {latency.warm_up} calls of warm-up{together}"
    )


__all__ = ["QUANTILES", "is_required", "probe"]
