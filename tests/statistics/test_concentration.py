"""Few dear rows, and errors that grow with the prediction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.thresholds import mean_in_tails, rank_correlation, ranks, share_of_largest


def rows(n: int, **more) -> Cases:
    return Cases(Task.REGRESSION, np.zeros(n), np.zeros(n), **more)


def test_the_dearest_row_of_a_hundred():
    """99 rows cost 1 and one costs 101; the dearest tenth carries 110 of 200."""
    amounts = np.array([1.0] * 99 + [101.0])

    assert 101 / 200 == pytest.approx(share_of_largest(amounts, 0.01))
    assert 110 / 200 == pytest.approx(share_of_largest(amounts, 0.10))
    assert 1.0 == share_of_largest(np.array([0.0, 0.1, 0.2, 0.0]), 0.5)


def test_ranks_and_their_correlation_are_those_of_scipy():
    """Ties share their mean rank."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 20, 300).astype(float), rng.normal(size=300)
    b += 0.1 * a

    assert rankdata(a).tolist() == ranks(a).tolist()
    assert float(spearmanr(a, b).statistic) == pytest.approx(rank_correlation(a, b, rows(300)).value)


def test_no_trend_is_seldom_taken_for_one():
    """About 5 of 100 one-sided limits at 5 % lie above 0."""
    rng = np.random.default_rng(1)
    found = [rank_correlation(*rng.normal(size=(2, 60)), rows(60)) for _ in range(400)]

    assert sum(one.lower(0.05) > 0 for one in found) <= 0.05 * 400 + 2 * np.sqrt(0.05 * 0.95 * 400)


def test_groups_widen_the_interval():
    """Five copies of each row say no more than one."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 80))
    copies = np.repeat(np.arange(80), 5)
    low, high = rank_correlation(a, b, rows(80)).interval(0.95)
    told = rank_correlation(a[copies], b[copies], rows(400, groups=copies)).interval(0.95)

    assert high - low == pytest.approx(told[1] - told[0], rel=0.25)


@pytest.mark.parametrize(("a", "b"), [(np.ones(30), np.arange(30.0)), (np.arange(30.0), np.arange(30.0))])
def test_no_variation_and_no_exception_have_no_interval(a, b):
    """All alike, or the same order."""
    assert isinstance(rank_correlation(a, b, rows(30)), Missing)
    assert isinstance(rank_correlation(a[:5], b[:5], rows(5)), Missing)


def test_tails():
    """The tenth with the lowest and the tenth with the highest order."""
    assert (0.5, 18.5) == mean_in_tails(np.arange(20.0), np.arange(20.0))
