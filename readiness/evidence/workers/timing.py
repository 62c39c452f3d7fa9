"""The clock inside a worker: calls one after another, or as requests arrive, each with its begin and its end.

It knows nothing but plain data, so that the process of a model needs nothing of a review. A model that shares the
process could turn this clock; whoever asked holds the times against a clock of its own (`probes/clocks.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from time import perf_counter_ns, sleep
from typing import Any

import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray

from readiness.evidence.workers.worker import Inputs, ModelRaised, TimeRequest, Times

SPIN = 1_000_000
"""Nanoseconds before an arrival that are waited out awake: a sleeper wakes up late by up to as much."""
AHEAD_BYTES = 64_000_000
"""So much of the rows is cut into calls beforehand; more is cut between the calls, which no call's time holds."""
MOST_NOTED = 20
"""Exceptions that are kept with their words."""
MOST_WORDS = 300


def time_calls(call: Callable[[Any], Any], request: TimeRequest) -> Times:
    """Make the calls of a request, and say when each began and ended.

    Rows are cut, and copied, before the clock starts. In an open loop a call waits for its arrival, and for the calls
    before; in a closed one it begins at once. An exception is noted and ends nothing. Fewer calls than asked for come
    back where the seconds were over first.
    """
    entered = perf_counter_ns()
    calls = _Ahead(request)
    began, ended = np.zeros(request.calls, dtype=np.int64), np.zeros(request.calls, dtype=np.int64)
    raised: list[ModelRaised] = []
    failed: list[int] = []
    process = psutil.Process()
    resident = [process.memory_info().rss] if request.memory_every else []
    latest, made = request.seconds * 1e9, 0
    start = perf_counter_ns()
    for k, rows in enumerate(calls):
        if request.arrivals is not None:
            _wait_until(start + int(request.arrivals[k]))
        began[k] = perf_counter_ns() - start
        if began[k] > latest:
            break
        try:
            call(rows)
        except (Exception, SystemExit) as error:
            failed.append(k)
            if len(raised) < MOST_NOTED:
                raised.append(_noted(error))
        ended[k] = perf_counter_ns() - start
        made = k + 1
        if request.memory_every and made % request.memory_every == 0:
            resident.append(process.memory_info().rss)
    whole = perf_counter_ns() - entered
    memory, failing = np.array(resident, dtype=np.int64), np.array(failed, dtype=np.int64)
    return Times(began[:made], ended[:made], whole, tuple(raised), start - entered, memory, failing)


class _Ahead:
    """The rows of one call after another, cut before they are needed."""

    def __init__(self, request: TimeRequest) -> None:
        cuts = _cut(request.inputs, request.batch, request.calls)
        first = next(cuts, None)
        each = 0 if first is None else _bytes_of(first)
        self._ready = deque([] if first is None else [first, *islice(cuts, max(0, AHEAD_BYTES // max(each, 1)))])
        self._later = cuts

    def __iter__(self) -> Iterator[Inputs]:
        while self._ready:  # given away: a table grows by what it remembers of its use, which were taken for a leak
            yield self._ready.popleft()
        yield from self._later


def _cut(inputs: Inputs, batch: int, calls: int) -> Iterator[Inputs]:
    """Copies of the next rows in their order, round and round: a model may change what it is handed."""
    n, places = len(inputs), np.arange(batch)
    for k in range(calls if n else 0):
        at = (k * batch + places) % n
        yield inputs.iloc[at] if isinstance(inputs, pd.DataFrame) else _copy(inputs, at)


def _copy(inputs: NDArray[Any], at: NDArray[np.int64]) -> NDArray[Any]:
    return np.ascontiguousarray(inputs[at])


def _bytes_of(rows: Inputs) -> int:
    return int(rows.memory_usage(deep=True).sum()) if isinstance(rows, pd.DataFrame) else int(rows.nbytes)


def _wait_until(moment: int) -> None:
    """Sleep through most of it, and stay awake at its end."""
    left = moment - perf_counter_ns()
    if left > SPIN:
        sleep((left - SPIN) / 1e9)
    while perf_counter_ns() < moment:
        pass


def _noted(error: BaseException) -> ModelRaised:
    """The exception without its traceback, which would hold the rows of its call."""
    said = ModelRaised.of(error)
    return ModelRaised(said.kind, said.words[:MOST_WORDS], bases=said.bases, module=said.module)
