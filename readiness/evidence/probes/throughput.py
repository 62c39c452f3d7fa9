"""Rows that pass in a second: in batches of several sizes, and by several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import ReadinessError
from readiness.core.missing import Missing
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.probes.latency import draw_places, explain_failure, usual_seconds
from readiness.evidence.workers.worker import TimeRequest, Worker

BATCHES = (1, 32, 1024)
WORKERS_BATCH = 32
"""Rows of a call where several processes answer at once."""
RUN_SECONDS = 0.05
"""A run repeats short calls until they fill this time, so that the clock's resolution does not show."""
MOST_CALLS = 500
"""Calls of one run."""
THROUGHPUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Throughput:
    """Rows per second at one batch size."""

    batch: int
    rows_per_second: NDArray[np.float64]
    """(runs,): sorted."""
    workers: int = 1
    """Processes that answered at once."""

    @property
    def median(self) -> float:
        """The middle run."""
        return float(np.median(self.rows_per_second))


def measure_throughput(
    clock: WatchedClock,
    candidate: Candidate,
    frame: pd.DataFrame,
    *,
    runs: int,
    batches: Sequence[int] = BATCHES,
    run_seconds: float = RUN_SECONDS,
    seconds: float = THROUGHPUT_SECONDS,
    seed: int = 0,
) -> tuple[Throughput, ...] | Missing:
    """Rows per second for each batch size, `runs` runs each; unavailable when that takes longer than `seconds`."""
    measured: list[Throughput] = []
    left = seconds
    try:
        for batch in batches:
            found = _of_batch(clock, candidate, frame, batch, runs, run_seconds, left, seed)
            if isinstance(found, Missing):
                return found
            speeds, spent = found
            measured.append(Throughput(batch, np.sort(speeds)))
            left -= spent
    except ReadinessError as error:
        return Missing(f"The throughput could not be measured: {error.message}"[:400])
    return tuple(measured)


def _of_batch(
    clock: WatchedClock,
    candidate: Candidate,
    frame: pd.DataFrame,
    batch: int,
    runs: int,
    run_seconds: float,
    left: float,
    seed: int,
) -> tuple[NDArray[np.float64], float] | Missing:
    """Rows per second of each run, and the seconds that it took."""
    inputs = candidate.inputs(frame.iloc[draw_places(len(frame), batch, seed)])
    first = clock.time(TimeRequest(candidate.method, inputs, batch=batch, calls=2, seconds=left / 2))
    if isinstance(first, Missing):
        return first
    if failed := explain_failure("The throughput", first):
        return failed
    each = max(usual_seconds(first), 1e-9)
    calls = int(min(MOST_CALLS, max(1, np.ceil(run_seconds / each))))
    too_slow = Missing(f"{runs} runs of {batch:,} rows take more than {left:,.3g} seconds")
    if runs * calls * each > left:
        return too_slow
    times = clock.time(TimeRequest(candidate.method, inputs, batch=batch, calls=runs * calls, seconds=left))
    if isinstance(times, Missing):
        return times
    if failed := explain_failure("The throughput", times):
        return failed
    if len(times.ended) < runs * calls:
        return too_slow
    spent = np.maximum(times.service, 1).reshape(runs, calls).sum(axis=1) / 1e9
    return calls * batch / spent, float(spent.sum())


def measure_workers(
    start: Callable[[], Worker],
    candidate: Candidate,
    frame: pd.DataFrame,
    counts: Sequence[int],
    *,
    runs: int,
    batch: int = WORKERS_BATCH,
    run_seconds: float = RUN_SECONDS,
    seed: int = 0,
) -> tuple[Throughput, ...] | Missing:
    """Rows per second of so many processes at once, each with its own model and its own rows, for each of `counts`.

    The rates of processes that answer at the same time are added up, run by run.

    Args:
        start: starts one more worker.
        candidate: of the rows' form; its own worker is left alone.
        frame: rows to ask about.
        counts: numbers of processes, in rising order.
        runs: of each number.
        batch: rows of a call.
        run_seconds: how long a run is to take.
        seed: of the order of the rows.
    """
    workers: list[Worker] = []
    measured = []
    try:
        for count in counts:
            workers += [start() for _ in range(count - len(workers))]
            clocks = [WatchedClock(worker) for worker in workers]
            with ThreadPoolExecutor(count) as pool:
                tasks = [
                    pool.submit(_of_batch, clock, candidate, frame, batch, runs, run_seconds, THROUGHPUT_SECONDS, place)
                    for place, clock in enumerate(clocks, seed)
                ]
            found = [task.result() for task in tasks]
            missing = [each for each in found if isinstance(each, Missing)]
            if missing:
                return missing[0]
            rates = [each[0] for each in found if not isinstance(each, Missing)]
            measured.append(Throughput(batch, np.sort(np.sum(rates, axis=0)), count))
    except ReadinessError as error:
        return Missing(f"The throughput of several processes could not be measured: {error.message}"[:400])
    finally:
        for worker in workers:
            worker.close()
    return tuple(measured)
