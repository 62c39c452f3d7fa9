"""The clock beside the model against the one outside: what is believed, and what is no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.evidence.probes.clocks import FLOOR_NS, WatchedClock, contradiction
from readiness.evidence.probes.latency import TimeLimit, TimingPlan, measure_latency
from readiness.evidence.workers.worker import TimeRequest, Times
from tests.evidence.probes.scripted import FRAME, MS, Scripted, watched

REQUEST = TimeRequest("predict", FRAME, calls=500)


def times(inside: int, outside: int, calls: int = 500) -> Times:
    """Calls of equal length, one after another, that take so long by either clock."""
    ends = np.linspace(0, inside, calls + 1).astype(np.int64)
    return Times(ends[:-1], ends[1:], outside)


def said(found: Times, request: TimeRequest = REQUEST, overhead: int = 0) -> str:
    return contradiction(request, found, lambda: overhead)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [(1000, 1000), (1000, 1020), (1000, 1249), (1000, 1600), (10, 200), (0, 250), (10_000, 13_000)],
)
def test_clocks_that_agree_as_well_as_a_busy_machine_lets_them_are_believed(inside: int, outside: int) -> None:
    """A quarter of a second, and a quarter of the time outside, may pass between the two."""
    assert not said(times(inside * MS, outside * MS))


def test_a_clock_that_is_turned_back_is_not_believed() -> None:
    """500 calls that took two seconds and are said to take half of one."""
    assert "0.50 s of the 2.00 s" in said(times(500 * MS, 2000 * MS))


def test_a_clock_that_counts_more_than_passed_is_not_believed() -> None:
    """No call ends after its reply."""
    assert "counted 1.20 s where 1.00 s passed" in said(times(1200 * MS, 1000 * MS))


def test_rows_on_their_way_are_no_contradiction() -> None:
    """What an empty request with the same rows takes is explained."""
    found = times(500 * MS, 3000 * MS)
    assert said(found)
    assert not said(found, overhead=800 * MS)


def test_one_clock_alone_is_held_against_none() -> None:
    """Where the worker is asked over a network, the clock is that of the review itself."""
    assert not said(times(500 * MS, 0))


@pytest.mark.parametrize(
    "broken",
    [
        replace(times(1000 * MS, 1000 * MS), ended=np.zeros(500, dtype=np.int64)),
        replace(times(1000 * MS, 1000 * MS), began=np.zeros(500, dtype=np.int64)),
        replace(times(1000 * MS, 1000 * MS), ended=np.zeros(3, dtype=np.int64)),
        times(1000 * MS, 1000 * MS, calls=501),
        times(1000 * MS, 1000 * MS, calls=499),
        replace(times(1000 * MS, 1000 * MS), prepared=-5),
        replace(times(1000 * MS, 1000 * MS), failed=np.array([500])),
        replace(times(1000 * MS, 1000 * MS), failed=np.array([-1])),
    ],
)
def test_what_no_clock_can_have_said_is_not_believed(broken: Times) -> None:
    """Ends before begins, calls that overlap, more or fewer calls than were asked for."""
    assert said(broken)


def test_a_call_before_its_arrival_is_not_believed() -> None:
    """Nobody answers what was not asked yet."""
    arrivals = np.arange(500, dtype=np.int64) * 3 * MS
    assert "before it was due" in said(times(1000 * MS, 1500 * MS), replace(REQUEST, arrivals=arrivals))


class Cheating(Scripted):
    """Tells a tenth of its times, always or once."""

    def __init__(self, *, once: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.once = once

    def time(self, request: TimeRequest) -> Times | Missing:
        found = super().time(request)
        if isinstance(found, Missing) or len(self.requests) < 2 or (self.once and len(self.requests) > 3):
            return found
        return replace(found, began=found.began // 10, ended=found.ended // 10)


PLAN = TimingPlan(10_000, 60.0, (TimeLimit(0.99, 100.0),))


def test_a_model_that_turns_the_clock_has_no_latency_and_a_contradiction() -> None:
    """20 ms that are told as 2 are no evidence, and it is said why."""
    clock, candidate = watched(Cheating(service=lambda _call, _rows: 20 * MS))
    found = measure_latency(clock, candidate, FRAME, PLAN)
    assert isinstance(found, Missing)
    assert "no evidence" in found.reason
    assert "1.00 s of the 10.00 s" in clock.contradiction


def test_a_delay_that_does_not_come_again_is_none() -> None:
    """The request is made once more before anybody is suspected."""
    worker = Cheating(service=lambda _call, _rows: 20 * MS, once=True)
    clock, candidate = watched(worker)
    found = measure_latency(clock, candidate, FRAME, PLAN)
    assert not isinstance(found, Missing)
    assert not clock.contradiction


def test_the_overhead_is_asked_for_only_where_it_matters() -> None:
    """Clocks that agree cost no further request."""
    worker = Scripted(between=FLOOR_NS // 2)
    assert isinstance(WatchedClock(worker).time(REQUEST), Times)
    assert worker.calls == [500]
