"""Columns that give the answer away, and rows that are known already."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from readiness.criteria import Task
from readiness.statistics.leaks import Telling, giveaways, known_rows, telling_category, telling_number

RNG = np.random.default_rng(0)
Y = (RNG.random(2000) < 0.3).astype(np.int64)


def test_a_number_tells_as_much_as_its_area_under_the_curve():
    """As scikit-learn says, whichever way round."""
    values = np.round(Y + RNG.normal(size=2000), 1)

    assert roc_auc_score(Y, values) == pytest.approx(telling_number(values, Y, Task.BINARY, 2).area)
    assert roc_auc_score(Y, values) == pytest.approx(telling_number(-values, Y, Task.BINARY, 2).area)


def test_what_is_missing_may_tell_all():
    """A column that is filled only where the answer is yes."""
    values = np.where(Y == 1, RNG.normal(size=2000), np.nan)

    assert 1.0 == telling_number(values, Y, Task.BINARY, 2).area


def test_a_number_tells_as_much_as_its_rank_correlation():
    """As scipy says."""
    y = RNG.normal(size=500)
    values = y + RNG.normal(size=500)

    assert spearmanr(values, y).statistic == pytest.approx(telling_number(-values, y, Task.REGRESSION, 2).area)


def test_a_category_is_asked_on_rows_that_it_was_not_learnt_from():
    """A name of its own for each row tells nothing; a status tells all."""
    names = np.arange(2000)

    assert 0.5 == pytest.approx(telling_category(names, Y, Task.BINARY, 2).area, abs=0.01)
    assert 1.0 == telling_category(Y + 3, Y, Task.BINARY, 2).area


@pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
def test_the_target_under_another_name_tells_all(task):
    """Also the middle class of three, which is neither lowest nor highest."""
    y = RNG.integers(0, 3, 1500)

    assert 1.0 == pytest.approx(telling_number(10.0 - y, y, task, 3).area)
    assert 1.0 == pytest.approx(telling_category(y, y, task, 3).area)
    assert 0.6 > telling_number(RNG.normal(size=1500), y, task, 3).area


@pytest.mark.parametrize("task", list(Task)[:3])
def test_a_column_without_values_tells_nothing(task):
    """Missing everywhere."""
    found = telling_number(np.full(2000, np.nan), Y, task, 2)

    assert 0.0 == pytest.approx(found.lift, abs=0.01)


def test_only_what_stands_out_is_suspicious():
    """0.97 beside 0.62 is; 0.97 beside 0.9 is a good table; two beside 0.55 are both."""

    def told(**areas):
        return giveaways({name: Telling(area, Task.BINARY) for name, area in areas.items()})

    assert ("a",) == told(a=0.97, b=0.62)
    assert () == told(a=0.97, b=0.9)
    assert ("b", "a") == told(a=0.97, b=0.99, c=0.55)
    assert () == told(a=0.94, b=0.5)
    assert ("a",) == told(a=0.97)
    assert () == told(a=0.97, b=0.97)
    assert () == told(a=0.97, b=0.97, c=0.98, d=0.99, e=0.5)


def test_known_rows_are_found_and_counted():
    """7 stands there twice, 3 once, 9 never."""
    found, counts = known_rows(np.array([7, 9, 3]), np.array([3, 7, 1, 7]))

    assert [True, False, True] == found.tolist()
    assert [2, 0, 1] == counts.tolist()
    assert [False] == known_rows(np.array([7]), np.array([], dtype=np.int64))[0].tolist()


@pytest.mark.parametrize("task", list(Task)[:3])
def test_a_gap_is_a_category_of_its_own(task):
    """Coded below 0: filled only where the answer is no, it tells all; at random it tells nothing."""
    telling, silent = np.where(Y == 1, -1, 0), np.where(RNG.random(2000) < 0.5, -1, 3)

    assert 1.0 == pytest.approx(telling_category(telling, Y, task, 2).area)
    assert 0.15 > telling_category(silent, Y, task, 2).lift
    assert 0.0 == pytest.approx(telling_category(np.full(2000, -1), Y, task, 2).lift, abs=0.05)
