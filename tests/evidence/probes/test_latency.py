"""Latency and throughput: how many calls, in which form, and what happens to slow or failing models."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes import latency as timing
from readiness.evidence.probes.latency import Latency, Throughput, measure_latency, measure_throughput

FRAME = pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50.0)})


class Clock:
    """Stands in for the module `time`: a microsecond goes by with each look, and whatever a model takes."""

    def __init__(self) -> None:
        self.now = 0

    def perf_counter_ns(self) -> int:
        self.now += 1_000
        return self.now

    def perf_counter(self) -> float:
        return self.perf_counter_ns() / 1e9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What is timed here takes what the test says, however busy the machine is."""
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


class Watched:
    """A regression that notes what it is handed; `seconds` long by `clock`."""

    def __init__(self, seconds: float = 0.0, clock: Clock | None = None, *, array: bool = False) -> None:
        self.seconds, self.clock, self.seen = seconds, clock, []  # type: ignore[var-annotated]
        if array:
            self.n_features_in_ = 2

    def predict(self, rows: Any) -> Any:
        self.seen.append(rows)
        if self.clock is not None:
            self.clock.now += round(self.seconds * 1e9)
        return np.zeros(len(rows))


class Busy(Watched):
    """The same by the clock on the wall."""

    def predict(self, rows: Any) -> Any:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return super().predict(rows)


def candidate(model: Any) -> Candidate:
    return Candidate.of(model, ["a", "b"], task=Task.REGRESSION)


def latency(model: Any, **more: Any) -> Latency:
    measured = measure_latency(candidate(model), FRAME, **more)
    assert isinstance(measured, Latency)
    return measured


def test_warm_up_is_dropped_and_every_call_has_one_row(clock: Clock) -> None:
    """After the warm-up exactly the asked calls are timed, each on a single row, different ones in turn."""
    model = Watched(0.0001, clock)
    measured = latency(model, calls=400, warm_up=20)
    assert measured.calls == 400
    assert len(model.seen) == 420
    assert {len(rows) for rows in model.seen} == {1}
    assert sorted(float(rows["a"].iloc[0]) for rows in model.seen[:50]) == FRAME["a"].tolist()
    assert np.all(np.diff(measured.nanoseconds) >= 0)
    assert measured.form == "table of one row"


def test_array_models_get_arrays(clock: Clock) -> None:
    """A model that was fitted on arrays is timed on arrays."""
    model = Watched(0.0001, clock, array=True)
    assert latency(model, calls=300).form == "array of one row"
    assert model.seen[0].shape == (1, 2)


def test_time_is_that_of_the_call() -> None:
    """A model that takes two milliseconds is measured at two milliseconds or more."""
    measured = latency(Busy(0.002), calls=5, warm_up=1)
    assert measured.calls == 5
    assert measured.nanoseconds[0] >= 2_000_000
    assert measured.cold_start >= 2_000_000


def test_nothing_but_the_call_is_timed(clock: Clock) -> None:
    """What the caller does between the calls is no part of their time."""
    measured = latency(Watched(0.002, clock), calls=300)
    assert {2_001_000} == set(measured.nanoseconds.tolist())


def test_when_the_seconds_are_over_the_minimum_is_still_made(clock: Clock) -> None:
    """400 calls of two milliseconds do not fit into 0.4 seconds; 300 are made all the same."""
    assert 300 == latency(Watched(0.002, clock), calls=400, seconds=0.4).calls


def test_slow_model_stops_before_the_minimum(clock: Clock) -> None:
    """A model too slow for 300 calls is stopped at six times the seconds, with the calls it made."""
    measured = latency(Watched(0.02, clock), calls=300, seconds=0.03, warm_up=1)
    assert 9 == measured.calls  # 0.18 seconds; the looks at the clock make the ninth call end after them


def test_slow_calls_in_a_row_are_noticed(clock: Clock) -> None:
    """Slow calls that come together correlate; independent ones hardly do."""

    class Stalling(Watched):
        def predict(self, rows: Any) -> Any:
            self.seconds = 0.002 if len(self.seen) % 100 < 8 else 0.0
            return super().predict(rows)

    together, apart = Stalling(0, clock), Watched(0.001, clock)
    assert latency(together, calls=500).slow_together > 0.3
    assert latency(apart, calls=500).slow_together == 0


@pytest.mark.parametrize("failing", [lambda rows: [][1], lambda rows: sys.exit(2)])
def test_failing_model_has_no_latency(failing: Any) -> None:
    """A model that fails is unavailable with its words, for latency and throughput."""
    model = Watched()
    model.predict = failing  # type: ignore[method-assign]
    for measure in (measure_latency, measure_throughput):
        measured = measure(candidate(model), FRAME)
        assert isinstance(measured, Missing)
        assert "could not be measured" in measured.reason


def test_throughput_has_five_runs_for_each_batch(clock: Clock) -> None:
    """Each batch size is run five times on that many rows, also beyond the rows there are."""
    model = Watched(0.001, clock)
    measured = measure_throughput(candidate(model), FRAME)
    assert not isinstance(measured, Missing)
    assert [each.batch for each in measured] == [1, 32, 1024]
    assert [len(each.rows_per_second) for each in measured] == [5, 5, 5]
    assert {len(rows) for rows in model.seen} == {1, 32, 1024}
    assert [each.median for each in measured] == pytest.approx([each.batch / 0.001 for each in measured], rel=0.01)
    assert all(each.median <= each.batch / 0.001 for each in measured)


def test_median_is_the_middle_run() -> None:
    """Of five runs the third is the median."""
    assert Throughput(1, np.array([1.0, 2.0, 5.0, 8.0, 9.0])).median == 5


def test_throughput_of_a_model_that_is_too_slow_is_unavailable(clock: Clock) -> None:
    """Five runs that do not fit into the time are no measurement."""
    measured = measure_throughput(candidate(Watched(0.05, clock)), FRAME, seconds=0.1)
    assert isinstance(measured, Missing)
    assert measured.reason == "5 runs of 1 rows take more than 0.1 seconds"
