"""Fold scores and churn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from readiness.core.missing import Missing
from readiness.statistics.dependence import Dependence
from readiness.statistics.stability import churn, corrected_mean, fold_facts, half_width


def test_facts_of_folds():
    """0.88, 0.92, 0.96: mean 0.92, std 0.04, range 0.08, 0.8416 to 0.9984, good."""
    facts = fold_facts(np.array([[0.88, 0.92, 0.96]]))
    expected = (0.92, 0.04, 0.88, 0.96, 0.08, 0.04 / 0.92, 0.8416, 0.9984)
    found = (facts.mean, facts.std, facts.smallest, facts.largest, facts.range,
             facts.coefficient_of_variation, facts.low, facts.high)  # fmt: skip
    assert expected == pytest.approx(found)
    assert "good" == facts.grade


@pytest.mark.parametrize(
    ("half", "grade"), [(0.01, "excellent"), (0.03, "good"), (0.06, "warning"), (0.08, "unstable")]
)
def test_grades_of_the_standard_deviation(half, grade):
    """Two scores 2h apart have the std h · sqrt 2."""
    assert grade == fold_facts(np.array([0.8 - half, 0.8 + half])).grade


def test_a_mean_of_zero_has_no_finite_variation():
    """No division by zero."""
    assert math.inf == fold_facts(np.array([-1.0, 1.0])).coefficient_of_variation


def test_corrected_mean_by_hand():
    """5 folds × 10 repeats: se = S · sqrt(1/50 + 1/4), Student with 49 degrees."""
    scores = np.random.default_rng(0).normal(0.8, 0.02, (10, 5))
    mean = corrected_mean(scores, n_train=800, n_test=200)
    half = stats.t.isf(0.025, 49) * scores.std(ddof=1) * math.sqrt(1 / 50 + 1 / 4)
    assert (scores.mean(), half) == pytest.approx((mean.value, half_width(mean, 0.95)))
    assert ("Nadeau and Bengio" in mean.method, 50) == (True, mean.n)


def test_equal_scores_are_not_certain():
    """All folds at 1.0 with 20 test rows each: the arm down to 0.025^(1/20), not half of it."""
    mean = corrected_mean(np.ones(10), n_train=80, n_test=20)
    assert 1 - 0.025 ** (1 / 20) == pytest.approx(half_width(mean, 0.95))
    assert math.inf == half_width(corrected_mean(np.ones(10), n_train=80, n_test=20, ends=(0.0, math.inf)), 0.95)


@pytest.mark.parametrize("scores", [[0.9], [0.9, math.nan]])
def test_too_few_folds_are_undefined(scores):
    """One score, or a fold that could not be scored."""
    assert isinstance(corrected_mean(np.array(scores), n_train=80, n_test=20), Missing)


def test_churn_by_hand():
    """Three refits over four rows; pairs differ in 1, 2 and 1 rows: 4 of 12."""
    labels = np.array([[0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 1, 1]])
    assert 1 / 3 == pytest.approx(churn(labels).value)


def test_refits_that_always_agree_prove_little_churn_only_with_many_rows():
    """The rule of three: 3 / n."""
    for n, met in ((20, False), (100, True)):
        share = churn(np.zeros((10, n), dtype=int))
        assert 0.0 == share.value
        assert -math.log(0.05) / n == pytest.approx(share.upper(0.05))
        assert met == (share.upper(0.05) <= 0.10)


def test_churn_limits_hold_the_true_churn():
    """Each refit flips each row with chance 0.05: pairs differ in 9.5 % of rows; both limits hold it in 9 of 10 samples."""
    truth, held = 2 * 0.05 * 0.95, 0
    for seed in range(100):
        flips = np.random.default_rng(seed).random((5, 300)) < 0.05
        low, high = churn(flips.astype(int)).interval(0.95)
        held += low <= truth <= high
    assert held >= 90


def test_one_refit_that_differs_widens_the_limits():
    """Nine that agree and one that does not are less certain than ten that differ a little."""
    rows = 1000
    one = np.zeros((10, rows), dtype=int)
    one[0, :250] = 1
    spread = np.zeros((10, rows), dtype=int)
    for r in range(10):
        spread[r, r * 25 : r * 25 + 25] = 1
    assert churn(one).value == pytest.approx(churn(spread).value)
    assert half_width(churn(one), 0.95) > 2 * half_width(churn(spread), 0.95)


def test_one_refit_or_no_rows_are_undefined():
    """Nothing to compare."""
    assert isinstance(churn(np.zeros((1, 5))), Missing)
    assert isinstance(churn(np.zeros((3, 0))), Missing)


def test_groups_widen_churn():
    """Ten copies of every row."""
    labels = (np.random.default_rng(0).random((5, 100)) < 0.1).astype(int)
    copies = np.repeat(labels, 10, axis=1)
    untold, told = churn(copies), churn(copies, Dependence(np.repeat(np.arange(100), 10)))
    assert half_width(told, 0.95) > 1.2 * half_width(untold, 0.95)


def test_the_mean_change_is_that_of_all_pairs() -> None:
    """Three refits and four rows, the mean over rows and pairs worked out one by one."""
    from itertools import combinations

    from readiness.statistics.stability import mean_change

    values = np.array([[1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 1.0, 9.0], [0.0, 2.5, 2.0, 4.0]])
    expected = np.mean([np.abs(values[r] - values[s]).mean() for r, s in combinations(range(3), 2)])
    found = mean_change(values)

    assert not isinstance(found, Missing)
    assert expected == pytest.approx(found.value)
    assert isinstance(mean_change(values[:1]), Missing)
