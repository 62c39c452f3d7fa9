"""Service times: how many calls, when they stop, in which form, and what happens to slow or failing models."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import LATENCY_WARM_UP
from readiness.evidence.probes.latency import (
    MEMORY_EVERY,
    Latency,
    TimeLimit,
    TimingPlan,
    measure_latency,
)
from readiness.statistics.call_times import call_quantile
from tests.evidence.probes.scripted import FRAME, MS, Scripted, watched

OPEN = TimingPlan(10_000, 10.0)
LIMITED = TimingPlan(10_000, 10.0, (TimeLimit(0.99, 100.0),), refuting=0.001)


def latency(worker: Scripted, plan: TimingPlan = OPEN, frame: pd.DataFrame = FRAME) -> Latency:
    measured = measure_latency(*watched(worker), frame, plan)
    assert isinstance(measured, Latency)
    return measured


@pytest.mark.parametrize(
    ("milliseconds", "calls"),
    [(0.5, 1000), (1, 1000), (2, 368), (2.7, 368), (3, 72), (13, 72), (14, 6), (400, 6)],
)
def test_without_a_limit_no_more_is_timed_than_a_moment_allows(milliseconds: float, calls: int) -> None:
    """The fewest calls that give an interval: of p99 (368) where they take a second at most, else of p95 (72), else of
    the median (6); of a fast model a thousand, over which the growth of memory is told.
    """
    measured = latency(Scripted(lambda _call, _rows: round(milliseconds * MS)))
    assert measured.calls == calls
    assert measured.looks == 1
    assert math.isfinite(call_quantile(measured.nanoseconds / 1e6, 0.99).interval(0.95)[1]) == (calls >= 368)


def test_without_a_limit_nobody_waits_for_calls_that_became_slow() -> None:
    """Ten times as slow after the warm-up: two seconds, in place of the 7.4 that 368 calls would take."""
    measured = latency(Scripted(lambda call, _rows: (2 if call < LATENCY_WARM_UP else 20) * MS))
    assert measured.calls == 101


def test_calls_that_somebody_asks_for_are_made() -> None:
    """Without a limit too, where the spec says how many."""
    assert latency(Scripted(), TimingPlan(1_500, 10.0, chosen=True)).calls == 1_500


def test_far_from_its_limit_it_is_decided_at_the_first_look() -> None:
    """2 ms against 100 ms, and 200 ms against 100 ms."""
    measured = latency(Scripted(), LIMITED)
    assert (measured.calls, measured.looks) == (500, 4)  # ten seconds hold 5,000 of them
    slow = latency(Scripted(lambda _call, _rows: 200 * MS), TimingPlan(10_000, 200.0, LIMITED.limits, refuting=0.001))
    assert slow.calls == 500


def test_near_its_limit_it_goes_on_to_further_looks() -> None:
    """One slow call in 150 spoils the first look, and is proven to be rarer than one in a hundred at a later one; one in
    a hundred is never decided.
    """
    worker = Scripted(lambda call, _rows: 150 * MS if call % 150 == 149 else 2 * MS)
    decided = latency(worker, TimingPlan(10_000, 100.0, LIMITED.limits, refuting=0.001))
    assert decided.calls == 5_000
    worker = Scripted(lambda call, _rows: 150 * MS if call % 100 == 99 else 2 * MS)
    assert latency(worker, TimingPlan(10_000, 100.0, LIMITED.limits, refuting=0.001)).calls == 10_000


def test_every_limit_must_be_decided() -> None:
    """A limit that is decided waits for one that is not."""
    limits = (TimeLimit(0.5, 100.0), TimeLimit(0.999, 100.0))
    assert latency(Scripted(), TimingPlan(10_000, 60.0, limits)).calls == 5_000


def test_when_the_seconds_are_over_the_last_look_counts() -> None:
    """Calls become slow, and one in a hundred too slow: of 1,800 that were made, the thousand of the last look count."""
    worker = Scripted(lambda call, _rows: (150 if call % 100 == 99 else 2 if call < 520 else 12) * MS)
    plan = TimingPlan(10_000, 19.0, LIMITED.limits, refuting=1e-9)
    measured = latency(worker, plan)
    assert worker.made - LATENCY_WARM_UP > 1_000
    assert measured.calls == 1_000


def test_a_slow_model_gets_one_look_at_as_few_calls_as_can_prove_anything() -> None:
    """100 ms a call in ten seconds: 299 calls and the whole error, six times the seconds if need be."""
    slow = Scripted(lambda _call, _rows: 100 * MS)
    measured = latency(slow, TimingPlan(10_000, 10.0, (TimeLimit(0.99, 1000.0),)))
    assert (measured.calls, measured.looks) == (299, 1)
    assert call_quantile(measured.nanoseconds / 1e6, 0.99, looks=1).upper(0.05) == 100
    slower = latency(Scripted(lambda _call, _rows: 1000 * MS), TimingPlan(10_000, 1.0, (TimeLimit(0.99, 2000.0),)))
    assert slower.calls == 7  # six seconds; the call that begins at the sixth ends after it


def test_every_call_has_one_row_and_another_one() -> None:
    """Single rows, each of the table once before any comes again."""
    worker = Scripted()
    measured = latency(worker)
    rows = pd.concat([request.inputs for request in worker.requests[1:]])
    assert {request.batch for request in worker.requests} == {1}
    assert sorted(rows["a"][:50]) == FRAME["a"].tolist()
    assert measured.form == "table of one row"
    assert measured.warm_up == LATENCY_WARM_UP


def test_array_models_get_arrays() -> None:
    """A model that was fitted on arrays is timed on arrays."""
    worker = Scripted(arrays=True)
    assert latency(worker).form == "array of one row"
    assert isinstance(worker.requests[-1].inputs, np.ndarray)


def test_times_are_kept_in_their_order_without_the_warm_up() -> None:
    """Slow calls of the warm-up are in no number."""
    measured = latency(Scripted(lambda call, _rows: MS * (20 if call < LATENCY_WARM_UP // 2 else 1 + call % 3)))
    assert measured.nanoseconds[:4].tolist() == [MS * (1 + (LATENCY_WARM_UP + k) % 3) for k in range(4)]


def test_memory_is_watched_while_calls_are_timed() -> None:
    """A kilobyte that each call keeps shows in every step."""
    measured = latency(Scripted(leak=1024), LIMITED)
    assert len(measured.steps) == 500 // MEMORY_EVERY
    assert set(measured.steps[1:]) == {1024 * MEMORY_EVERY}


@pytest.mark.parametrize("failing", [{3}, {250}])
def test_failing_model_has_no_latency(failing: set[int]) -> None:
    """A call that fails, in the warm-up or after, makes the latency unavailable with its words."""
    measured = measure_latency(*watched(Scripted(failing=failing)), FRAME, LIMITED)
    assert measured == Missing("The latency could not be measured: ValueError: no such row")
