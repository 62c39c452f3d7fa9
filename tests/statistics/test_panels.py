"""Many rows in few moments: hand-worked factors, what is believed, and how often limits miss."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import (
    Dependence,
    alike_factor,
    is_panel,
    standard_error,
    unknown_error,
    variance_of_panel,
)
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.inference import student_quantile
from readiness.statistics.means import mean_of
from readiness.statistics.stability import NOT_WIDER, rows_for_windows, widening, widening_apart


def test_the_factor_of_two_and_three_alike_moments():
    """T = 2: v = 1 + 2 · 1/2 · 0.9 = 1.9 over (1 - 0.95) · 2; T = 3: v = 1 + 2 (2/3 · 0.9 + 1/3 · 0.81) = 2.74."""
    assert 19 == pytest.approx(alike_factor(2))
    assert 2.74 / ((1 - 2.74 / 3) * 1.5) == pytest.approx(alike_factor(3))


def test_moments_that_differ_no_more_than_chance_add_nothing():
    """B (1 + root(2/3)) = 4/3 · 4 · 1.816 = 9.69 of four moments, against 12 of the rows and against 2."""
    sums = np.array([1.0, -1.0, 1.0, -1.0])
    assert (12.0, 3.0) == variance_of_panel(sums, 12.0)
    raised = 4 / 3 * 4 * (1 + np.sqrt(2 / 3))
    assert (2 + alike_factor(4) * (raised - 2), 3.0) == pytest.approx(variance_of_panel(sums, 2.0))


@pytest.mark.parametrize(
    ("rows", "moments", "is_one"), [(40, 4, True), (39, 4, False), (300, 3, False), (290, 29, True), (9000, 30, False)]
)
def test_what_a_panel_is(rows, moments, is_one):
    assert is_one is is_panel(rows, moments)


def panel(rng, moments, units, *, shock=0.0, alike=0.0, level=0.1):
    """Cases of a binary task, half of them positive, whose errors vary from moment to moment."""
    time = np.repeat(np.arange(moments), units)
    wave = np.empty(moments)
    wave[0] = rng.normal()
    for t in range(1, moments):
        wave[t] = alike * wave[t - 1] + np.sqrt(1 - alike**2) * rng.normal()
    y = np.arange(len(time)) % 2
    wrong = rng.random(len(time)) < np.clip(level + shock * wave, 0, 1)[time]
    return Cases(Task.BINARY, y, np.where(wrong, 1 - y, y), time=time)


def test_a_claim_of_many_rows_in_few_moments_is_not_withheld():
    """Twelve months of 500 rows are; twelve rows of twelve moments, and three moments, stay withheld."""
    rng = np.random.default_rng(1)
    for metric in ("accuracy", "recall", "f1"):
        assert "" == reason_to_withhold(metric, panel(rng, 12, 500))
    assert "12 moments in time" in reason_to_withhold("accuracy", panel(rng, 12, 1))
    assert "3 moments in time" in reason_to_withhold("accuracy", panel(rng, 3, 500))
    cases = panel(rng, 12, 500)
    found, plain = measure("accuracy", cases), measure("accuracy", rows_for_windows(cases))
    assert 0.8 < found.lower(0.05) < plain.lower(0.05) < 0.9


def test_rows_that_count_must_be_many_in_each_moment():
    """Of 1,200 rows only 24 are positive, two in each of twelve moments: recall rests on a series of 24 rows."""
    time, y = np.repeat(np.arange(12), 100), np.zeros(1200, dtype=int)
    y[::50] = 1
    said = y.copy()
    said[0] = 0
    cases = Cases(Task.BINARY, y, said, time=time)
    assert "12 moments" in reason_to_withhold("recall", cases)
    assert "" == reason_to_withhold("accuracy", cases)


def test_without_influences_nobody_knows():
    assert "12 moments" in unknown_error(Dependence(time=np.repeat(np.arange(12), 500)))


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("shock", [0.0, 0.02, 0.1])
def test_limits_seldom_miss(alike, shock):
    """One-sided 5 % limits of a mean of 300 rows in each of eight moments; at most 9 of 100 by chance at 5 %."""
    rng = np.random.default_rng([3, int(10 * alike), int(100 * shock)])
    misses = 0
    for _ in range(200):
        wave = np.empty(8)
        wave[0] = rng.normal()
        for t in range(1, 8):
            wave[t] = alike * wave[t - 1] + np.sqrt(1 - alike**2) * rng.normal()
        sums = 300 * shock * wave + np.sqrt(300) * rng.normal(size=8)
        rows = np.repeat(sums / 300, 300) + rng.choice([-1.0, 1.0], 2400) * np.sqrt(1 - 1 / 300)
        influence = rows - rows.mean()
        se, df = standard_error(influence, Dependence(time=np.repeat(np.arange(8), 300)))
        misses += rows.mean() > student_quantile(0.05, df) * se
    assert misses <= 18


def test_what_moments_do_to_all_rows_alike_cancels_between_segments():
    """A bad year widens the accuracy of all rows, and not how far one half of them is from the other."""
    cases = panel(np.random.default_rng(5), 12, 500, shock=0.05, alike=0.8)
    inside = np.arange(cases.n) % 4 < 2
    assert widening("accuracy", cases).ratio > 5
    assert widening_apart("accuracy", cases, inside).ratio < 2
    assert NOT_WIDER is widening("accuracy", rows_for_windows(cases))


def test_what_a_segment_has_in_a_moment_of_its_own_does_not():
    """A group that is wrong in two months of twelve, and else never."""
    time, group = np.repeat(np.arange(12), 400), np.arange(4800) % 2 == 0
    y = np.zeros(4800, dtype=int)
    said = (group & (time < 2) & (np.arange(4800) % 4 == 0)).astype(int)
    assert widening_apart("accuracy", Cases(Task.BINARY, y, said, time=time), group).ratio > 5


def test_rare_amounts_of_a_panel_are_those_of_rows():
    """Two of 100 rows cost 50, without any waves: the limits are nearly those of independent rows."""
    amounts = np.where(np.arange(6000) % 50 == 7, 50.0, 0.0)
    time = np.repeat(np.arange(12), 500)
    alone, apart = mean_of(amounts, least=0, most=50), mean_of(amounts, Dependence(time=time), least=0, most=50)
    assert alone.value == apart.value == pytest.approx(1.0)
    assert alone.upper(0.05) <= apart.upper(0.05) < 1 + 1.5 * (alone.upper(0.05) - 1)
