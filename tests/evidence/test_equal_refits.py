"""Copies of the candidate on all training rows: how many, which, and what they are asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence import equal_refits as module
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import Asked, Copy, EqualRefits, fit_equal_clones, sample_positions
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import Holdout
from readiness.evidence.workers.in_process import InProcess
from readiness.statistics.cases import Cases
from readiness.statistics.refit_advantage import RefitLosses, row_losses

RANDOM = np.random.default_rng(0)
ROWS = pd.DataFrame(RANDOM.normal(size=(400, 3)), columns=["a", "b", "c"])
CODES = (ROWS["a"] + RANDOM.normal(size=400) > 0).astype(np.int64).to_numpy()
TRAIN, TEST = ROWS.iloc[:200], ROWS.iloc[200:]
PLAN = Plan(CODES[:200], Task.BINARY, 5, 10, 0)


class Chance(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Has no seed, and says something else after each fit."""

    def fit(self, rows: Any, y: Any) -> Chance:
        self.classes_, self.row_ = np.unique(y), next(NUMBERS)
        return self

    def predict(self, rows: Any) -> Any:
        return self.classes_[(np.arange(len(rows)) + self.row_) % 3 % 2]


NUMBERS = iter(range(10_000))


def losses(y: Any, said: Any) -> Any:
    return row_losses(Cases(Task.BINARY, y, said.predicted, said.scores, 2, said.is_probability), proper=False)


def made(
    model: Any, rows: Any = TRAIN, y: Any = CODES[:200], *, seeds: int = 3, seconds: float = 1e6, plan: Plan = PLAN
) -> tuple[EqualRefits | Missing, tuple[Copy, ...]]:
    """Copies of a model that was fitted on these rows."""
    candidate = Candidate.of(InProcess(model.fit(rows, y)), list(ROWS.columns), task=Task.BINARY, classes=(0, 1))
    train = np.arange(0, 200, 2)
    asked = Asked(
        np.arange(200),
        train,
        Holdout(TEST, lambda said: float(np.mean(said.predicted == CODES[200:]))),
        lambda said: losses(CODES[200:], said),
        lambda said: losses(CODES[:200][train], said),
        losses(CODES[200:], candidate.score(TEST)).astype(np.float32),
        0.5,
    )
    found, copies, each = fit_equal_clones(candidate, TRAIN, plan, asked, seeds=seeds, seconds=seconds)
    assert isinstance(found, Missing) or each is not None
    return found, copies


def known(found: EqualRefits | Missing) -> RefitLosses:
    assert isinstance(found, EqualRefits)
    return found.losses


def test_forests_differ_by_their_seed() -> None:
    """Eight, each that of a fresh fit on all rows, and the same again; asked about both tables."""
    found, copies = made(RandomForestClassifier(5, random_state=1))
    again, _ = made(RandomForestClassifier(5, random_state=1))
    kept = known(found)
    assert ((8, 200), (8, 100), (100,)) == (kept.on_test.shape, kept.on_train.shape, kept.own_on_train.shape)
    assert len({one.on_test.tobytes() for one in copies}) == 8
    assert np.array_equal(kept.on_test, known(again).on_test)
    assert kept.on_train.mean() < kept.on_test.mean()
    assert all(one.said.scores is None and one.said.predicted.dtype == np.int32 for one in copies)
    assert 0 == kept.redrawn.size


@pytest.mark.parametrize(
    ("model", "fits"), [(GaussianNB(), 2), (LogisticRegression(), 3)], ids=["no seed", "idle seed"]
)
def test_copies_that_are_all_alike_are_one(model: Any, fits: int) -> None:
    """Two show it where there is no seed, three where one does nothing; only one of them is compared."""
    found, copies = made(model)
    kept = known(found)
    assert (1, fits) == (len(kept.on_test), len(copies))
    assert np.array_equal(kept.own, kept.on_test[0])
    assert 0 == kept.redrawn.size


def test_a_model_that_is_unlike_all_its_copies() -> None:
    """Neighbours of test rows, too: parts of the training rows show what other rows change."""
    x, y = pd.concat([TRAIN, TEST]), CODES
    found, _ = made(KNeighborsClassifier(3), x, y)
    assert (8, 200) == known(found).redrawn.shape
    assert len({row.tobytes() for row in known(found).redrawn}) > 1


def test_chance_without_a_seed() -> None:
    """Copies that differ although nothing is set are not taken for one."""
    found, copies = made(Chance())
    assert isinstance(found, EqualRefits)
    assert not found.all_alike
    assert 2 == len(copies) == len(found.losses.on_test)


@pytest.mark.parametrize(
    ("each", "seconds", "fits"), [(1.0, 100.0, 8), (1.0, 12.0, 7), (1.0, 2.0, 3), (1.0, 1.0, 2), (1.0, 0.5, 1)]
)
def test_as_many_as_fit(monkeypatch: pytest.MonkeyPatch, each: float, seconds: float, fits: int) -> None:
    """One is made to see what it takes, three where they fit at all, and more in a third of the time again."""
    monkeypatch.setattr(module._Work, "each", property(lambda _: each, lambda *_: None))
    found, copies = made(RandomForestClassifier(5), seconds=seconds)
    assert fits == len(copies)
    assert (fits > 1) == isinstance(found, EqualRefits)
    if isinstance(found, Missing):
        assert "does not hold two more of them" in found.reason
        assert "stability.budget_seconds of at least 3" == found.needs


def test_one_copy_is_enough_where_the_candidate_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to chance then."""
    monkeypatch.setattr(module._Work, "each", property(lambda _: 10.0, lambda *_: None))
    found, copies = made(LogisticRegression(), seconds=1.0)
    assert isinstance(found, EqualRefits)
    assert 1 == len(copies)


def test_what_cannot_be_fitted() -> None:
    """Neither a model without parameters nor rows of one class."""
    one_class = Plan(np.zeros(200, dtype=np.int64), Task.BINARY, 5, 10, 0)
    found, copies = made(LogisticRegression(), plan=one_class)
    assert isinstance(found, Missing)
    assert found.reason.startswith("a refit on all training rows failed: ValueError")
    assert () == copies


def test_parts_of_the_rows_hold_whole_groups() -> None:
    """Four of five groups, or of the rows of each class, each time others."""
    groups = np.arange(200) // 10
    parts = [split.train for split in module._draws(Plan(CODES[:200], Task.BINARY, 5, 10, 0, groups))]
    assert all(160 == len(rows) and 16 == len(set(groups[rows].tolist())) for rows in parts)
    assert len({rows.tobytes() for rows in parts}) > 1
    rare = np.r_[np.ones(4, dtype=np.int64), np.zeros(196, dtype=np.int64)]
    assert all(4 == rare[split.train].sum() for split in module._draws(Plan(rare, Task.BINARY, 5, 10, 0)))


def test_samples_hold_whole_queries() -> None:
    """And the same rows each time, in their order."""
    queries = np.arange(300) // 7
    taken = sample_positions(300, 100, 3, queries)
    assert np.array_equal(taken, sample_positions(300, 100, 3, queries))
    assert 90 <= len(taken) <= 100
    assert np.all(np.diff(taken) > 0)
    assert np.array_equal(np.isin(queries, queries[taken]).nonzero()[0], taken)
    assert np.array_equal(np.arange(50), sample_positions(50, 100, 3))
