"""The clock inside a worker: what it takes the time of, when requests arrive, and what a failing model leaves behind."""

from __future__ import annotations

import mmap
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.evidence.workers import timing
from readiness.evidence.workers.timing import time_calls
from readiness.evidence.workers.worker import TimeRequest

FRAME = pd.DataFrame({"a": np.arange(5.0), "b": list("vwxyz")})
MS = 1_000_000


class Clock:
    """A clock that goes on only when it is told to, by a sleeper, or by a look at it."""

    def __init__(self) -> None:
        self.now, self.look = 0, 0

    def perf_counter_ns(self) -> int:
        self.now += self.look
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What is timed here takes what the test says, however busy the machine is."""
    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter_ns", clock.perf_counter_ns)
    monkeypatch.setattr(timing, "sleep", clock.sleep)
    return clock


def taking(clock: Clock, nanoseconds: Callable[[int], int]) -> Callable[[Any], Any]:
    """A model whose calls take so long by the clock, each by its number."""
    calls = iter(range(10**6))

    def call(rows: Any) -> Any:
        clock.now += nanoseconds(next(calls))
        return rows

    return call


def test_calls_take_the_next_rows_round_and_round_as_copies() -> None:
    """Three calls of two rows of five take rows 0 to 4 and 0 again; what a model changes stays changed nowhere."""
    seen: list[list[float]] = []

    def call(rows: pd.DataFrame) -> None:
        seen.append(rows["a"].tolist())
        rows["a"] = -1.0

    times = time_calls(call, TimeRequest("predict", FRAME, batch=2, calls=5))
    assert seen == [[0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]
    assert FRAME["a"].tolist() == [0, 1, 2, 3, 4]
    assert len(times.began) == len(times.ended) == 5


def test_arrays_are_cut_as_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array model gets arrays of two dimensions, also where rows are cut only between the calls."""
    monkeypatch.setattr(timing, "AHEAD_BYTES", 0)
    seen: list[Any] = []
    time_calls(seen.append, TimeRequest("predict", np.arange(6.0).reshape(3, 2), calls=4))
    assert [each.tolist() for each in seen] == [[[0.0, 1.0]], [[2.0, 3.0]], [[4.0, 5.0]], [[0.0, 1.0]]]


def test_nothing_but_the_calls_is_timed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cutting of rows is told apart, and between calls it is in no call's time."""
    real = timing._cut

    def slowly(*args: Any) -> Any:
        for rows in real(*args):
            clock.now += 7 * MS
            yield rows

    monkeypatch.setattr(timing, "_cut", slowly)
    monkeypatch.setattr(timing, "AHEAD_BYTES", timing._bytes_of(FRAME.iloc[[0]]))
    times = time_calls(taking(clock, lambda k: (k + 1) * MS), TimeRequest("predict", FRAME, calls=4))
    assert times.service.tolist() == [MS, 2 * MS, 3 * MS, 4 * MS]
    assert times.prepared == 14 * MS
    assert times.began.tolist() == [0, MS, 10 * MS, 20 * MS]
    assert times.outside == 14 * MS + 24 * MS


def test_no_call_begins_before_its_arrival_nor_before_the_one_before_has_ended(clock: Clock) -> None:
    """Requests at 0, 10, 11 and 40 ms of 5 ms each: the third waits for the second, the others for their arrival."""
    clock.look = 10_000  # somebody who stays awake sees the time go by
    arrivals = np.array([0, 10, 11, 40], dtype=np.int64) * MS
    times = time_calls(taking(clock, lambda _: 5 * MS), TimeRequest("predict", FRAME, calls=4, arrivals=arrivals))
    assert np.all(times.began >= arrivals)
    assert np.all(times.began[1:] >= times.ended[:-1])
    assert (times.began / MS).round(1).tolist() == [0, 10, 15, 40]
    assert ((times.ended - arrivals) / MS).round(1).tolist() == [5, 5, 9.1, 5]


def test_seconds_end_the_calls(clock: Clock) -> None:
    """After 10 ms no call begins; what began before counts to its end."""
    times = time_calls(taking(clock, lambda _: 4 * MS), TimeRequest("predict", FRAME, calls=9, seconds=0.01))
    assert times.ended.tolist() == [4 * MS, 8 * MS, 12 * MS]


@pytest.mark.parametrize(("failing", "kind"), [(lambda: [][1], "IndexError"), (lambda: sys.exit(2), "SystemExit")])
def test_an_exception_is_noted_and_ends_nothing(failing: Callable[[], Any], kind: str) -> None:
    """Every second call fails; all of them are timed."""
    calls = iter(range(10))

    def call(_: Any) -> None:
        if next(calls) % 2:
            failing()

    times = time_calls(call, TimeRequest("predict", FRAME, calls=6))
    assert len(times.began) == 6
    assert [error.kind for error in times.raised] == [kind] * 3
    assert times.failed.tolist() == [1, 3, 5]


def test_words_of_an_exception_are_bounded() -> None:
    """A model that says a gigabyte is not quoted in full."""

    def call(_: Any) -> None:
        raise ValueError("x" * 10**6)

    times = time_calls(call, TimeRequest("predict", FRAME, calls=50))
    assert len(times.failed) == 50
    assert len(times.raised) == timing.MOST_NOTED
    error = times.raised[0]
    assert len(error.words) == timing.MOST_WORDS
    assert error.__traceback__ is None


def test_memory_is_looked_at_after_each_so_many_calls() -> None:
    """A model that keeps four megabytes in each call is seen to grow; without being asked nobody looks."""
    kept: list[Any] = []

    def call(_: Any) -> None:
        fresh = mmap.mmap(-1, 4_000_000)  # of the system, whatever this process has free
        fresh.write(b"x" * len(fresh))
        kept.append(fresh)

    times = time_calls(call, TimeRequest("predict", FRAME, calls=12, memory_every=4))
    assert len(times.resident) == 4
    assert times.resident[-1] - times.resident[0] > 24_000_000
    assert not len(time_calls(call, TimeRequest("predict", FRAME)).resident)


def test_no_rows_and_no_calls_are_no_error() -> None:
    """An empty request measures what a request costs without any call."""
    assert not len(time_calls(len, TimeRequest("predict", FRAME, calls=0)).began)
    assert not len(time_calls(len, TimeRequest("predict", FRAME.iloc[:0], calls=3)).began)


def test_rows_are_let_go_of_when_their_call_is_over() -> None:
    """A table remembers what it was asked; kept beside a thousand others, that would look like a leak of the model."""
    alive: list[Any] = []
    counts: list[int] = []

    def call(rows: pd.DataFrame) -> None:
        alive.append(weakref.ref(rows))
        counts.append(sum(each() is not None for each in alive))

    time_calls(call, TimeRequest("predict", FRAME, calls=50))
    assert max(counts) <= 2
