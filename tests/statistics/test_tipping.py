"""Rows without a truth: worst cases by hand, odds, rows that are alike, and where a result tips."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import number
from readiness.statistics.tipping import (
    ALL,
    LADDER,
    PARTS,
    Errors,
    are_scored_otherwise,
    complete_cases,
    error_shares,
    missed_shares,
    multiply_odds,
    spread_errors,
    tipping_point,
)


def binary(tp: int, fn: int, fp: int, tn: int, score: Any = None) -> Cases:
    true = np.repeat([1, 1, 0, 0], [tp, fn, fp, tn])
    said = np.repeat([1, 0, 1, 0], [tp, fn, fp, tn])
    return Cases(Task.BINARY, true, said, score)


RARE = binary(900, 100, 500, 98_500)
"""One row in a hundred is positive; recall 0.90, precision 900 / 1,400."""


def answered(zeros: int, ones: int) -> Any:
    return np.repeat([0, 1], [zeros, ones])


@pytest.mark.parametrize(
    ("metric", "zeros", "ones", "expected"),
    [
        ("recall", 1_900, 0, 900 / (900 + 100 + 1_900)),
        ("recall", 0, 1_900, 900 / 1_000),
        ("precision", 0, 300, 900 / (900 + 500 + 300)),
        ("precision", 300, 0, 900 / 1_400),
        ("f1", 200, 100, 1_800 / (1_800 + 500 + 100 + 300)),
        ("accuracy", 200, 100, 99_400 / 100_300),
        ("false_positive_rate", 50, 100, 600 / 99_100),
    ],
)
def test_worst_cases_by_hand(metric: str, zeros: int, ones: int, expected: float) -> None:
    assert expected == pytest.approx(
        number(metric, complete_cases(RARE, answered(zeros, ones), None, errors=ALL)), rel=1e-12
    )


def test_a_recall_of_090_may_be_031() -> None:
    """One positive in a hundred rows, and 1.9 % of rows without a truth, all answered negative."""
    worst = number("recall", complete_cases(RARE, answered(1_900, 0), None, errors=ALL))
    assert (0.90, 0.31) == (number("recall", RARE), round(worst, 2))


def test_alike_rows_by_hand() -> None:
    """Of 98,600 rows that are answered negative 100 are positive, half an error added; that share of 1,900 is 2."""
    share = 100.5 / 98_601
    assert np.full(1_900, share) == pytest.approx(error_shares(RARE, answered(1_900, 0), None))
    alike = complete_cases(RARE, answered(1_900, 0), None)
    assert round(1_900 * share) == int(alike.y_true.sum()) - 1_000
    missed = np.full(1_900, 100.5 / 1_001)
    assert missed == pytest.approx(missed_shares(RARE, answered(1_900, 0)))
    as_often = complete_cases(RARE, answered(1_900, 0), None, shares=missed)
    assert 900 / (1_000 + round(1_900 * 100.5 / 1_001)) == pytest.approx(number("recall", as_often))


def test_rows_scored_alike_are_looked_at_and_no_others() -> None:
    """Wrong answers lie in a narrow band of scores; rows without a truth in that band are taken to be wrong there."""
    score = np.linspace(0, 0.5, 10_000, endpoint=False)
    true = ((score > 0.4) & (np.arange(10_000) % 2 == 0)).astype(np.int64)
    cases = Cases(Task.BINARY, true, np.zeros(10_000, dtype=np.int64), score)
    shares = error_shares(cases, np.zeros(3, dtype=np.int64), np.array([0.1, 0.45, 0.2]))
    assert [0.0, 0.5, 0.0] == pytest.approx(shares.tolist(), abs=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_whole_errors_add_up_to_their_shares(shares: list[float]) -> None:
    assert int(spread_errors(np.array(shares)).sum()) == pytest.approx(sum(shares), abs=0.5 + 1e-9)


@pytest.mark.parametrize(
    ("share", "factor", "expected"), [(0.1, 3, 0.25), (0.5, 1, 0.5), (0.2, math.inf, 1), (0, 9, 0)]
)
def test_odds(share: float, factor: float, expected: float) -> None:
    assert expected == pytest.approx(float(multiply_odds(share, factor)))


def test_known_truth_is_put_back_as_it_is() -> None:
    both = complete_cases(RARE, answered(2, 2), None, truth=np.array([1, 0, -1, 1]), errors=ALL)
    assert [1, 0, 0, 1] == both.y_true[-4:].tolist()


def test_errors_of_many_classes_go_where_they_are_known_to_go() -> None:
    """Rows answered a are c when they are wrong, never b."""
    true, said = np.repeat([0, 2, 1, 2], [80, 20, 50, 50]), np.repeat([0, 0, 1, 2], [80, 20, 50, 50])
    cases = Cases(Task.MULTICLASS, true, said, n_classes=3)
    worst = complete_cases(cases, np.zeros(300, dtype=np.int64), None, errors=ALL, seed=3)
    counted = np.bincount(worst.y_true[-300:], minlength=3)
    assert counted[0] == 0
    assert counted[2] > 280


def test_errors_of_numbers_are_as_large_as_they_are_known_to_be() -> None:
    rng = np.random.default_rng(4)
    true = rng.normal(size=5_000)
    cases = Cases(Task.REGRESSION, true, true + rng.normal(size=5_000))
    said = rng.normal(size=1_000)
    for factor in (1.0, 3.0):
        both = complete_cases(cases, said, None, errors=Errors(factor), seed=1)
        here = number("mae", both.subset(np.arange(5_000, 6_000)))
        assert factor * number("mae", cases) == pytest.approx(here, rel=0.01)
    with pytest.raises(ValueError, match="no worst case"):
        complete_cases(cases, said, None, errors=ALL)


def test_tipping_points() -> None:
    """A recall of 900 of 1,000 that must be 0.85 needs 59 more errors; by odds like those of positives that is soon."""
    said = answered(1_900, 0)

    def stands(errors: Errors) -> bool:
        return number("recall", complete_cases(RARE, said, None, errors=errors)) >= 0.85

    assert (
        tipping_point(stands) is None
    )  # 1,900 rows hold 2 errors of rows that were answered alike, and 6 at three times
    assert Errors(share=0.1) == tipping_point(stands, PARTS)
    assert Errors() == tipping_point(lambda errors: errors.factor < 1)
    assert LADDER[-1] == tipping_point(lambda errors: errors.factor < 3)
    assert tipping_point(lambda _: True, ()) is None


@pytest.mark.parametrize("with_scores", [True, False])
def test_rows_that_were_chosen_are_told_from_rows_at_random(with_scores: bool) -> None:
    rng = np.random.default_rng(5)
    score = rng.random(20_000)
    true = (rng.random(20_000) < score).astype(np.int64)
    said = (score > 0.5).astype(np.int64)
    cases = Cases(Task.BINARY, true, said, score if with_scores else None)
    at_random, chosen = rng.random(20_000) < 0.05, (score > 0.45) & (score < 0.5)
    for rows, expected in ((at_random, False), (chosen, True)):
        found = are_scored_otherwise(cases, said[rows], score[rows] if with_scores else None, alpha=0.002)
        assert expected == found


def test_no_rows_are_not_chosen() -> None:
    assert not are_scored_otherwise(RARE, np.array([], dtype=np.int64), None, alpha=0.002)
