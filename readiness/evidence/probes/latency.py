"""Latency of single rows, and how many rows pass in a second.

These are service times of one caller who waits for each answer. Under a steady stream of requests a slow
answer also delays the ones behind it, which no closed loop shows (Tene 2013, "coordinated omission").
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.core.policy import LATENCY_CALLS, LATENCY_SECONDS, LATENCY_WARM_UP
from readiness.evidence.candidate import Candidate

MINIMUM_CALLS = 300
"""Below 299 calls there is no upper limit for the 99th percentile at 95 % confidence (binomial ranks)."""
PATIENCE = 6.0
"""A slow model gets this many times the allotted seconds to reach the minimum; then its calls are too few."""
SLOW_TOGETHER = 0.1
"""Correlation above which slow calls come in rows."""
BATCHES = (1, 32, 1024)
RUNS = 5
"""Smallest to largest of five runs hold the median with 93.75 % confidence (order statistics)."""
RUN_SECONDS = 0.05
"""A run repeats short calls until they fill this time, so that the clock's resolution does not show."""
THROUGHPUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """Times of single-row calls on different real rows."""

    nanoseconds: NDArray[np.int64]
    """(calls,): sorted, without the warm-up."""
    cold_start: int
    """Nanoseconds of the very first call."""
    form: str
    """What is passed in a call: "table of one row" or "array of one row"."""
    method: str
    """The method that is timed."""
    warm_up: int
    """Calls made first and not counted; the first of them is the cold start."""
    slow_together: float
    """Correlation of "slower than nine in ten" between one call and the next; above 0.1 slow calls come in rows,
    and the limits of the percentiles are too narrow."""

    @property
    def calls(self) -> int:
        """Number of timed calls."""
        return len(self.nanoseconds)


@dataclass(frozen=True, slots=True, eq=False)
class Throughput:
    """Rows per second at one batch size."""

    batch: int
    rows_per_second: NDArray[np.float64]
    """(runs,): sorted."""

    @property
    def median(self) -> float:
        """The middle run."""
        return float(np.median(self.rows_per_second))


def measure_latency(
    candidate: Candidate,
    frame: pd.DataFrame,
    *,
    calls: int = LATENCY_CALLS,
    seconds: float = LATENCY_SECONDS,
    warm_up: int = LATENCY_WARM_UP,
    seed: int = 0,
) -> Latency | Missing:
    """Time single-row calls until `calls` are made, or `seconds` are over and at least 300 calls made.

    Call it before anything else uses the model, or the first call is no cold start.
    """
    rows = _draw_places(len(frame), calls + warm_up, seed)
    try:
        first = [_time_call(candidate, frame.iloc[[row]]) for row in rows[:warm_up]]
        times = _time_calls(candidate, frame, rows[warm_up:], seconds)
    except (Exception, SystemExit) as error:
        return _explain_failure("The latency", error)
    form = f"{'table' if candidate.named else 'array'} of one row"
    nanoseconds = np.array(times, dtype=np.int64)
    cold = first[0] if first else times[0]
    return Latency(np.sort(nanoseconds), cold, form, candidate.method, warm_up, slow_together(nanoseconds))


def measure_throughput(
    candidate: Candidate,
    frame: pd.DataFrame,
    *,
    batches: Sequence[int] = BATCHES,
    runs: int = RUNS,
    seconds: float = THROUGHPUT_SECONDS,
    seed: int = 0,
) -> tuple[Throughput, ...] | Missing:
    """Rows per second for each batch size, `runs` runs each; unavailable when that takes longer than `seconds`."""
    end = time.perf_counter() + seconds
    measured = []
    for batch in batches:
        rows = frame.iloc[_draw_places(len(frame), batch, seed)]
        try:
            _time_call(candidate, rows)  # warm-up
            speeds = []
            for _ in range(runs):
                speeds.append(_measure_speed(candidate, rows))
                if time.perf_counter() > end and len(speeds) < runs:
                    return Missing(f"{runs} runs of {batch:,} rows take more than {seconds:g} seconds")
        except (Exception, SystemExit) as error:
            return _explain_failure("The throughput", error)
        measured.append(Throughput(batch, np.sort(np.array(speeds))))
    return tuple(measured)


def _draw_places(n: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """`wanted` rows in random order; each of the n rows once before any comes again."""
    order = np.random.default_rng(seed).permutation(n)
    return np.resize(order, wanted)


def _time_calls(candidate: Candidate, frame: pd.DataFrame, rows: NDArray[np.int64], seconds: float) -> list[int]:
    start = time.perf_counter()
    times: list[int] = []
    for row in rows:
        spent = time.perf_counter() - start
        if spent > seconds and (len(times) >= MINIMUM_CALLS or spent > PATIENCE * seconds) and times:
            break
        times.append(_time_call(candidate, frame.iloc[[row]]))
    return times


def _time_call(candidate: Candidate, rows: pd.DataFrame) -> int:
    given = candidate.inputs(rows)  # made by the caller of a service, so not part of its time
    start = time.perf_counter_ns()
    candidate.call(given)
    return time.perf_counter_ns() - start


def _measure_speed(candidate: Candidate, rows: pd.DataFrame) -> float:
    spent, passed = 0, 0
    end = time.perf_counter() + PATIENCE * RUN_SECONDS  # making the rows may take longer than answering them
    while passed == 0 or (spent < RUN_SECONDS * 1e9 and time.perf_counter() < end):
        spent += _time_call(candidate, rows)
        passed += len(rows)
    return passed / (spent * 1e-9)


def slow_together(times: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Correlation of "slower than nine in ten" between one call and the next, of times in their order."""
    slow = (times > np.quantile(times, 0.9)).astype(float)
    if len(slow) < MINIMUM_CALLS or slow.std() == 0:
        return 0.0
    return float(np.corrcoef(slow[:-1], slow[1:])[0, 1])


def _explain_failure(what: str, error: BaseException) -> Missing:
    return Missing(f"{what} could not be measured: {type(error).__name__}: {str(error)[:300]}".rstrip(": "))
