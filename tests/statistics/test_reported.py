"""The tests that people usually report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import compare_delong, count_discordant, delong_p_value


def cases_of(y_true, score):
    truth, scores = np.asarray(y_true, dtype=np.int64), np.asarray(score, dtype=float)
    return Cases(Task.BINARY, truth, (scores > 0.5).astype(np.int64), scores, 2, True)


def textbook_delong(truth, first, second):
    """DeLong et al. 1988, pair by pair, with the sample covariance of the placements."""
    positive, negative = truth == 1, truth == 0

    def placements(score):
        wins = (score[positive][:, None] > score[negative]) + 0.5 * (score[positive][:, None] == score[negative])
        return wins.mean(axis=1), wins.mean(axis=0)

    (a_p, a_n), (b_p, b_n) = placements(first), placements(second)
    variance = np.var(a_p - b_p, ddof=1) / positive.sum() + np.var(a_n - b_n, ddof=1) / negative.sum()
    return a_p.mean() - b_p.mean(), np.sqrt(variance)


def test_delong_agrees_with_the_textbook():
    """Difference, error and p by brute force over all pairs, with ties."""
    rng = np.random.default_rng(0)
    truth = (rng.random(150) < 0.3).astype(int)
    first, second = np.round(truth + rng.normal(size=150), 1), np.round(truth + 2 * rng.normal(size=150), 1)
    value, error = textbook_delong(truth, first, second)

    difference = compare_delong(cases_of(truth, first), cases_of(truth, second))

    assert value == pytest.approx(difference.value)
    assert error == pytest.approx(difference.se)
    assert 2 * stats.norm.sf(abs(value) / error) == pytest.approx(delong_p_value(difference))


def test_delong_of_the_same_order_is_undefined():
    """A monotone change of the scores leaves the order, and so nothing to test."""
    truth, score = np.repeat([1, 0], 20), np.linspace(0, 1, 40)

    assert isinstance(compare_delong(cases_of(truth, score), cases_of(truth, score**3)), Missing)
    assert isinstance(
        compare_delong(cases_of([1, 0, 0], [0.1, 0.4, 0.2]), cases_of([1, 0, 0], [0.9, 0.4, 0.2])), Missing
    )


def test_discordant_rows_turn_around_with_the_methods():
    """Swapping the two swaps the counts and leaves p, that of scipy's binomial test."""
    first = cases_of([1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0, 1])
    second = replace(first, y_pred=np.array([0, 0, 0, 1, 0, 0, 0]))

    split, back = count_discordant(first, second), count_discordant(second, first)

    assert (3, 1) == (split.only_candidate, split.only_other) == (back.only_other, back.only_candidate)
    assert stats.binomtest(1, 4).pvalue == pytest.approx(split.p_value) == pytest.approx(back.p_value)
