"""Whatever is read off a clock: single calls, requests at a rate, batches, processes; no longer than needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from readiness.core.findings import Question
from readiness.core.missing import Missing
from readiness.core.policy import LOAD_LEVELS
from readiness.evidence.cache.cache import Cache
from readiness.evidence.cache.entries import cached_latency, cached_load, cached_throughput, cached_workers
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.probes.latency import Latency, TimingPlan, measure_latency
from readiness.evidence.probes.load import Load, measure_degradation, measure_response
from readiness.evidence.probes.plans import response_plan, service_plan
from readiness.evidence.probes.throughput import (
    RUN_SECONDS,
    Throughput,
    measure_throughput,
    measure_workers,
)
from readiness.evidence.workers.worker import Worker
from readiness.spec.schema import Spec

RUNS = 9
"""Runs for each batch size: enough for limits of the median that still hold after adjustment for many claims."""
QUICK_RUNS, QUICK_RUN_SECONDS = 6, 0.01
"""The same where nobody stated a limit: smallest to largest of six hold the median with 97 % confidence."""
T = TypeVar("T")
LEFT_OUT = Missing("this partial review does not ask for it", "a review of all six questions")
NO_RATE = Missing("no rate is stated at which requests come", "state production.rate_per_second")
SHARED = Missing("the machine is shared, which says little about production", "measure on a machine of its own")
NOT_ASKED = Missing("no limit of the response time is stated", "state production.response_p99_ms")


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """What the clock said."""

    latency: Latency | Missing
    throughput: tuple[Throughput, ...] | Missing
    response: Load | Missing
    """At the stated rate."""
    loads: tuple[Load, ...] | Missing
    """At shares of it."""
    workers: tuple[Throughput, ...] | Missing
    contradiction: str = ""
    """Why the times of the candidate's own process are no evidence; empty where they are."""


def measure_times(
    spec: Spec,
    asks: Callable[[Question], bool],
    candidate: Candidate,
    rows: pd.DataFrame,
    cache: Cache,
    start: Callable[[], Worker] | None = None,
) -> Timed:
    """Times of the candidate, as far as questions look at them.

    Args:
        spec: says which limits are open, and at which rate requests come.
        asks: whether a question is asked.
        candidate: is asked about single rows of `rows`, and about batches of them.
        rows: real ones.
        cache: of earlier measurements.
        start: starts one more process of the candidate; None where there is no way.
    """
    clock = WatchedClock(candidate.worker)
    production, seed = spec.production, spec.seed
    service, response = service_plan(spec, candidate.task), response_plan(spec, candidate.task)
    rate, shared = production.rate_per_second, production.measured_on == "shared"

    def wants(metric: str) -> bool:
        return wants_measure(spec, asks, metric)

    def made(metric: str, measure: Callable[[], T | Missing]) -> T | Missing:
        return _measure_or_missing(measure) if wants(metric) else LEFT_OUT

    latency = made(
        "latency",
        lambda: cached_latency(cache, lambda: measure_latency(clock, candidate, rows, service, seed=seed), service.key),
    )
    throughput = made("throughput", lambda: _throughput(spec, clock, candidate, rows, cache))
    answered = made("response", lambda: _response(clock, candidate, rows, response, rate, cache, seed, shared=shared))
    loads: tuple[Load, ...] | Missing = NO_RATE
    if rate is not None:
        loads = made("load", lambda: _loads(clock, candidate, rows, rate, production.call_seconds, cache, seed))
    workers = made("throughput", lambda: _workers(spec, candidate, rows, cache, start))
    return Timed(latency, throughput, answered, loads, workers, clock.contradiction)


def wants_measure(spec: Spec, asks: Callable[[Question], bool], metric: str) -> bool:
    """Whether a question is asked that needs metrics whose names begin so; question 6 needs all."""
    required = any(each.metric.startswith(metric) for each in spec.business.requirements)
    return asks(Question.PRODUCTION) or required


def _measure_or_missing(measure: Callable[[], T | Missing]) -> T | Missing:
    try:
        return measure()
    except Exception as error:  # a measurement that fails is not assessed; the other ones stand
        return Missing(f"measuring it failed with {type(error).__name__}: {str(error)[:200]}")


def _throughput(
    spec: Spec, clock: WatchedClock, candidate: Candidate, rows: pd.DataFrame, cache: Cache
) -> tuple[Throughput, ...] | Missing:
    required = any(wanted.metric == "throughput_per_second" for wanted in spec.business.requirements)
    is_open = required or spec.production.throughput_per_second is not None
    runs, run_seconds = (RUNS, RUN_SECONDS) if is_open else (QUICK_RUNS, QUICK_RUN_SECONDS)

    def measure() -> tuple[Throughput, ...] | Missing:
        return measure_throughput(clock, candidate, rows, runs=runs, run_seconds=run_seconds, seed=spec.seed)

    return cached_throughput(cache, measure, runs=runs)


def _response(
    clock: WatchedClock,
    candidate: Candidate,
    rows: pd.DataFrame,
    plan: TimingPlan,
    rate: float | None,
    cache: Cache,
    seed: int,
    *,
    shared: bool,
) -> Load | Missing:
    if rate is None:
        return NO_RATE
    if shared:
        return SHARED
    if not plan.limits:
        return NOT_ASKED

    def measure() -> tuple[Load, ...] | Missing:
        found = measure_response(clock, candidate, rows, plan, rate, seed=seed)
        return found if isinstance(found, Missing) else (found,)

    found = cached_load(cache, measure, {**plan.key, "rate": rate})
    return found if isinstance(found, Missing) else found[0]


def _loads(
    clock: WatchedClock,
    candidate: Candidate,
    rows: pd.DataFrame,
    rate: float,
    seconds: float,
    cache: Cache,
    seed: int,
) -> tuple[Load, ...] | Missing:
    each = seconds / 2 / len(LOAD_LEVELS)
    return cached_load(
        cache,
        lambda: measure_degradation(clock, candidate, rows, rate, each, seed=seed),
        {"rate": rate, "levels": list(LOAD_LEVELS), "seconds": seconds},
    )


def _workers(
    spec: Spec, candidate: Candidate, rows: pd.DataFrame, cache: Cache, start: Callable[[], Worker] | None
) -> tuple[Throughput, ...] | Missing:
    most = spec.production.workers
    if most is None:
        return Missing("nobody said how many processes serve at once", "state production.workers")
    if start is None:
        return Missing("the model runs in the process of the review itself", "a model file under model.path")
    counts, begin = worker_counts(most), start
    return cached_workers(
        cache, lambda: measure_workers(begin, candidate, rows, counts, runs=QUICK_RUNS, seed=spec.seed), counts=counts
    )


def worker_counts(most: int) -> Sequence[int]:
    """1, 2, 4 … and the most."""
    return tuple(sorted({*(2**k for k in range(most.bit_length()) if 2**k <= most), most}))
