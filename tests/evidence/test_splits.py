"""Splits: which rows train and test, with classes, groups and time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.policy import Task
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.workers.in_process import derive_seed

Y = np.arange(60) % 3 // 2  # a third is positive
GROUPS = np.arange(60) // 4
TIMES = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(60)[::-1] // 2, "D"))


def plan(**more: object) -> Plan:
    return Plan(**{"y": Y, "task": Task.BINARY, "folds": 5, "repeats": 3, "seed": 0, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_each_row_is_tested_once_in_each_repeat(task: Task) -> None:
    """Without time every row is tested exactly once, and never by a model that saw it."""
    for number in range(3):
        splits = list(plan(task=task).repeat(number))
        assert sorted(np.concatenate([split.test for split in splits])) == list(range(60))
        assert all(len(np.intersect1d(split.train, split.test)) == 0 for split in splits)
        assert [(split.repeat, split.fold) for split in splits] == [(number, fold) for fold in range(5)]


def test_classes_are_spread_evenly() -> None:
    """Each of five folds of 60 rows with 20 positives has four of them."""
    assert [int(Y[split.test].sum()) for split in plan().repeat(0)] == [4] * 5


def test_repeats_differ_and_the_seed_decides() -> None:
    """Another repeat or another seed splits otherwise; the same seed splits the same."""
    first = [split.test.tolist() for split in plan().repeat(0)]
    assert first == [split.test.tolist() for split in plan().repeat(0)]
    assert first != [split.test.tolist() for split in plan().repeat(1)]
    assert first != [split.test.tolist() for split in plan(seed=1).repeat(0)]


@pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
def test_groups_stay_whole_and_are_shuffled(task: Task) -> None:
    """No group is on both sides, and repeats put groups together otherwise."""
    repeats = [list(plan(task=task, groups=GROUPS).repeat(number)) for number in range(2)]
    for split in repeats[0] + repeats[1]:
        assert set(GROUPS[split.train]) & set(GROUPS[split.test]) == set()
    assert [s.test.tolist() for s in repeats[0]] != [s.test.tolist() for s in repeats[1]]


def test_time_windows_are_predicted_from_the_past() -> None:
    """Each window is predicted from strictly earlier rows, a fifth of which is left out; windows repeat."""
    repeats = [list(plan(time=TIMES).repeat(number)) for number in range(2)]
    for split in repeats[0]:
        assert TIMES[split.train].max() < TIMES[split.test].min()
    assert [len(split.test) for split in repeats[0]] == [10] * 5
    assert [len(split.train) for split in repeats[0]] == [8, 16, 24, 32, 40]
    assert [s.test.tolist() for s in repeats[0]] == [s.test.tolist() for s in repeats[1]]
    assert [s.train.tolist() for s in repeats[0]] != [s.train.tolist() for s in repeats[1]]


def test_time_with_groups_leaves_the_window_s_groups_out_of_its_past() -> None:
    """A customer in the window is not in its past."""
    customers = np.arange(60) // 8
    for split in plan(time=TIMES, groups=customers).repeat(0):
        assert set(customers[split.train]) & set(customers[split.test]) == set()


def test_rows_without_a_time_are_left_out() -> None:
    """A row whose time is missing is neither in a window nor in its past."""
    times = TIMES.copy()
    times[[3, 4]] = pd.NaT
    used = {int(row) for split in plan(time=times).repeat(0) for row in [*split.train, *split.test]}
    assert used & {3, 4} == set()


def test_rows_of_one_moment_stay_together() -> None:
    """Two rows of a day are never on both sides of a window's edge."""
    for split in plan(time=TIMES, folds=7).repeat(0):
        assert set(TIMES[split.train]) & set(TIMES[split.test]) == set()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"repeats": 1}, "one repeat shows no change"),
        ({"y": Y[:8]}, "8 rows are too few for 5 folds"),
        ({"y": np.r_[np.zeros(57), np.ones(3)]}, "the rarer class has 3 rows, fewer than the 5 folds"),
        ({"groups": np.arange(60) % 4}, "4 groups cannot fill 5 folds"),
        ({"time": pd.Series([2020, 2021] * 30)}, "too few different times for 5 windows"),
    ],
)
def test_rows_that_cannot_be_split_are_told(more: dict[str, object], words: str) -> None:
    """What stands in the way is said with its numbers."""
    problem = plan(**more).problem()
    assert problem is not None
    assert words in problem.reason


def test_rare_class_of_many_is_no_obstacle() -> None:
    """With more than two classes a class may be missing from a fold; scikit-learn's warning is kept back."""
    y = np.r_[np.zeros(30), np.ones(28), [2, 2]].astype(int)
    assert len(list(plan(y=y, task=Task.MULTICLASS).repeat(0))) == 5


def test_scheme_says_how_rows_are_split() -> None:
    """The way of splitting in words."""
    assert plan().scheme == "5 shuffled folds, classes spread evenly"
    assert plan(task=Task.REGRESSION, groups=GROUPS).scheme == "5 shuffled folds, groups kept whole"
    assert plan(time=TIMES).scheme == "5 windows in time order, each predicted from rows before it"


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4))
def test_derived_seeds_are_repeatable_and_fit_everywhere(parts: list[int]) -> None:
    """A derived seed is the same each time, and every library takes a number below 2**31."""
    assert derive_seed(*parts) == derive_seed(*parts)
    assert 0 <= derive_seed(*parts) < 2**31
    assert derive_seed(*parts, 1) != derive_seed(*parts, 2)
