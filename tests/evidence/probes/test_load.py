"""Requests that arrive at a rate: what waiting does, where the knee lies, and when it stops."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import LOAD_LEVELS
from readiness.evidence.probes.latency import TimeLimit, TimingPlan
from readiness.evidence.probes.load import (
    MOST_REQUESTS,
    Load,
    knee_of,
    measure_degradation,
    measure_response,
    poisson_arrivals,
)
from readiness.statistics.call_times import call_quantile
from tests.evidence.probes.scripted import FRAME, MS, Scripted, watched

PLAN = TimingPlan(10_000, 10.0, (TimeLimit(0.99, 100.0),), refuting=0.001)


def response(worker: Scripted, rate: float, plan: TimingPlan = PLAN) -> Load:
    found = measure_response(*watched(worker), FRAME, plan, rate)
    assert isinstance(found, Load)
    return found


def levels(worker: Scripted, rate: float, seconds: float = 2.0) -> tuple[Load, ...]:
    found = measure_degradation(*watched(worker), FRAME, rate, seconds)
    assert not isinstance(found, Missing)
    return found


def test_arrivals_are_those_of_a_poisson_process() -> None:
    """Gaps are exponential: as long on average as they spread, and 1 - 1/e of them below their mean."""
    gaps = np.diff(poisson_arrivals(100.0, 20_000, 0)) / 1e9
    assert gaps.mean() == pytest.approx(0.01, rel=0.03)
    assert gaps.std() == pytest.approx(0.01, rel=0.05)
    assert (gaps < 0.01).mean() == pytest.approx(1 - np.exp(-1), abs=0.01)
    assert np.array_equal(poisson_arrivals(5.0, 9, 3), poisson_arrivals(5.0, 9, 3))


def test_far_below_capacity_the_first_look_decides() -> None:
    """2 ms at 50 in a second: hardly anybody waits."""
    found = response(Scripted(), 50.0)
    assert len(found.response) == 500
    assert np.median(found.response) == 2 * MS
    assert found.answered == pytest.approx(50, rel=0.15)
    assert found.errors == 0


def test_a_response_counts_from_the_arrival() -> None:
    """Stalls of 200 ms every 500 calls: one call in 500 is slow, and at 200 requests a second one response in ten.

    A closed loop shows a 99th percentile of 2 ms (coordinated omission).
    """
    worker = Scripted(lambda call, _rows: 200 * MS if call % 500 == 250 else 2 * MS)
    found = response(worker, 200.0, TimingPlan(2_000, 10.0, (TimeLimit(0.99, 100.0),), refuting=1e-9))
    assert call_quantile(found.response / 1e6, 0.99).value > 100
    assert np.mean(found.response > 20 * MS) > 0.05


def test_waiting_is_what_queueing_theory_says() -> None:
    """One server with constant service at half of its capacity: the mean wait is rho s / (2 (1 - rho)), half of the
    service (Pollaczek and Khinchine).
    """
    found = response(Scripted(), 250.0, TimingPlan(20_000, 100.0, (TimeLimit(0.99, 3.0),), refuting=1e-300))
    assert (found.response.mean() / MS - 2) == pytest.approx(0.5 * 2 / (2 * 0.5), rel=0.15)


def test_beyond_capacity_the_queue_grows_and_the_limit_is_refuted() -> None:
    """20 ms at 100 in a second, half of which can be answered."""
    found = response(Scripted(lambda _call, _rows: 20 * MS), 100.0)
    assert found.response.max() > 1e9
    assert found.answered == pytest.approx(50, rel=0.1)
    assert call_quantile(found.response / 1e6, 0.99, looks=found.looks).lower(0.001) > 100


def test_requests_that_are_never_served_count_with_what_they_waited() -> None:
    """A second each at 100 in a second: nobody waits for all of them."""
    found = response(Scripted(lambda _call, _rows: 1000 * MS), 100.0)
    assert found.unserved > 400
    assert len(found.response) == 500
    assert found.response[-1] > 5e9
    assert found.errors == found.unserved


def test_a_rate_too_low_to_prove_anything_in_time_ends() -> None:
    """Two in a second: six times the seconds, and no more; one in a minute: nothing at all is sent."""
    plan = TimingPlan(10_000, 10.0, (TimeLimit(0.99, 100.0),))
    found = response(Scripted(), 2.0, plan)
    assert (len(found.response), found.looks) == (120, 1)
    assert response(Scripted(), 5.0, plan).response.shape == (299,)  # as many as can prove it
    worker = Scripted()
    never = measure_response(*watched(worker), FRAME, plan, 1 / 60)
    assert isinstance(never, Missing)
    assert "call_seconds" in never.needs
    assert not worker.requests


def test_failing_requests_have_no_response_time() -> None:
    """An exception is no answer, however quick."""
    found = measure_response(*watched(Scripted(failing={7, 9})), FRAME, PLAN, 100.0)
    assert found == Missing("2 of 500 requests failed: ValueError: no such row")


def test_degradation_goes_from_far_below_to_twice_the_rate() -> None:
    """5 ms at 100 in a second: half of the capacity, which twice the rate fills."""
    found = levels(Scripted(lambda _call, _rows: 5 * MS), 100.0)
    assert tuple(level.percent for level in found) == LOAD_LEVELS
    assert [level.rate for level in found] == [10, 25, 50, 75, 100, 125, 150, 200]
    assert max(len(level.response) for level in found) == MOST_REQUESTS
    p95 = [float(np.quantile(level.response, 0.95)) for level in found]
    assert p95[0] < 15 * MS < p95[-1]


def test_the_knee_is_where_power_is_highest() -> None:
    """Constant service: answers over mean response peak at 2 - root 2, 59 % of the capacity (Kleinrock 1979), so with
    capacity at 125 % of the rate near 75 %; a model with capacity to spare has none.
    """
    found = levels(Scripted(lambda _call, _rows: 8 * MS), 100.0)
    knee = knee_of(found)
    assert knee is not None
    assert knee.percent in (50, 75, 100)
    assert knee_of(levels(Scripted(lambda _call, _rows: MS // 10), 100.0)) is None
    assert knee_of(found[:1]) is None


def test_errors_are_counted_by_level() -> None:
    """Calls that fail are no answers, and do not end the measurement."""
    found = levels(Scripted(failing=range(5)), 100.0)
    assert [level.failed for level in found][:2] == [5, 0]
    assert found[0].error == "ValueError: no such row"


def test_levels_with_too_few_requests_are_left_out() -> None:
    """At 20 in a second and a second for each level, 10 % of it is 2 requests."""
    assert [level.percent for level in levels(Scripted(), 20.0, seconds=1.0)] == [25, 50, 75, 100, 125, 150, 200]
    found = measure_degradation(*watched(Scripted()), FRAME, 0.5, 1.0)
    assert isinstance(found, Missing)
    assert "call_seconds" in found.needs
