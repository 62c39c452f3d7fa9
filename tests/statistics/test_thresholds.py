"""The cheapest threshold, and what the one in use gives away."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.thresholds import cheapest_threshold, cross_fit, split_in_halves


def scored(n: int, seed: int, threshold: float = 0.5, **more) -> Cases:
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(-1.5, 2, n)))
    y = (rng.random(n) < p).astype(np.int64)
    return Cases(Task.BINARY, y, (p >= threshold).astype(np.int64), p, 2, True, **more)


def fitted(cases: Cases, fp: float, fn: float):
    return cross_fit(cases, np.full(cases.n, fp), np.full(cases.n, fn), seed=1)


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.7]), st.floats(-5, 5)), min_size=1, max_size=12),
)
def test_no_other_threshold_gains_more(rows):
    """Against every score as a threshold, and no alarm at all."""
    score, gain = (np.array(column) for column in zip(*rows, strict=True))
    best = cheapest_threshold(score, gain)

    gains = [float(gain[score >= threshold].sum()) for threshold in (*score, math.inf)]
    assert max(gains) == pytest.approx(float(gain[score >= best].sum()), abs=1e-9)


def test_the_threshold_lies_midway():
    """Between the last score that is worth an alarm and the next one."""
    assert 0.5 == pytest.approx(cheapest_threshold(np.array([0.9, 0.6, 0.4, 0.1]), np.array([1.0, 1.0, -1.0, -1.0])))
    assert 0.1 == cheapest_threshold(np.array([0.9, 0.1]), np.array([1.0, 1.0]))
    assert math.inf == cheapest_threshold(np.array([0.9, 0.1]), np.array([-1.0, -1.0]))


def test_halves_hold_each_class_and_keep_groups_whole():
    """Half of the positives in each; no group in both."""
    cases = scored(1001, 0)
    half = split_in_halves(cases, 3)
    groups = np.arange(1001) // 7
    whole = split_in_halves(scored(1001, 0, groups=groups), 3)

    assert abs(int(half.sum()) - 500) <= 1
    assert abs(int(cases.y_true[half].sum()) - int(cases.y_true[~half].sum())) <= 1
    assert not set(groups[whole]) & set(groups[~whole])


def test_a_threshold_far_off_is_found():
    """With misses nine times as dear as alarms a threshold of 0.5 gives money away; 0.1 is nearly the best."""
    found = fitted(scored(3000, 0), 1, 9)

    assert found.regret.lower(0.05) > 0
    assert all(0.03 < threshold < 0.25 for threshold in found.thresholds)
    assert found.is_stable


def test_the_right_threshold_is_seldom_blamed():
    """Its regret is proven above zero in no more than 5 of 100 samples, as nothing is tuned on the rows that judge."""
    blamed = sum(fitted(scored(400, seed, threshold=0.1), 1, 9).regret.lower(0.05) > 0 for seed in range(100))

    assert blamed <= 8


def test_regret_by_hand_is_the_difference_of_the_costs():
    """Both ways round, each half is scored with the threshold of the other."""
    cases = scored(200, 4)
    found, first = fitted(cases, 1, 9), split_in_halves(cases, 1)
    alarm = np.where(first, cases.y_score >= found.thresholds[1], cases.y_score >= found.thresholds[0])

    def cost(said):
        return float(np.sum((said == 1) & (cases.y_true == 0)) + 9 * np.sum((said == 0) & (cases.y_true == 1)))

    assert (cost(cases.y_pred) - cost(alarm)) / 200 == pytest.approx(found.regret.value)
    assert cost(alarm) / 200 == pytest.approx(found.cost.value)


@pytest.mark.parametrize(
    "cases",
    [
        Cases(Task.BINARY, np.array([0, 1]), np.array([0, 1])),
        Cases(Task.BINARY, np.zeros(9, dtype=np.int64), np.zeros(9, dtype=np.int64), np.linspace(0, 1, 9)),
        Cases(Task.BINARY, np.array([0, 1, 0]), np.zeros(3, dtype=np.int64), np.array([0.1, np.nan, 0.2])),
    ],
)
def test_what_cannot_be_tuned_says_so(cases):
    """No scores, one class, missing scores."""
    assert isinstance(fitted(cases, 1, 9), Missing)


def test_equal_scores_leave_all_or_nothing():
    """One tie cannot be cut."""
    cases = Cases(Task.BINARY, np.arange(40) % 2, np.zeros(40, dtype=np.int64), np.full(40, 0.3))

    assert (math.inf, math.inf) == fitted(cases, 9, 1).thresholds
    assert (0.3, 0.3) == fitted(cases, 1, 9).thresholds
