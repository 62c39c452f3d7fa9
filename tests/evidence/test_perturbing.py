"""Small changes to a row: what moves, what stays, and a candidate that stumbles over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.perturb import Perturbed, score_perturbed, shaken
from readiness.evidence.workers.in_process import InProcess

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "amount": RANDOM.normal(100, 20, 2000),
        "count": RANDOM.integers(0, 1000, 2000),
        "flag": RANDOM.random(2000) < 0.5,
        "town": RANDOM.choice(["north", "south"], 2000),
        "kind": pd.Categorical(RANDOM.choice(["a", "b", "c"], 2000)),
        "day": pd.date_range("2026-01-01", periods=2000),
        "same": np.ones(2000),
    }
)
EVERY = tuple(FRAME.columns)


class Cliff(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Says yes where every other whole number of `amount` begins; `how` says what else it does."""

    def __init__(self, width: float = 1.0, how: str = "") -> None:
        self.width = width
        self.how = how

    def fit(self, rows: Any, y: Any) -> Cliff:
        self.classes_ = np.unique(y)
        return self

    def predict(self, rows: Any) -> Any:
        if self.how == "fail":
            raise ValueError("cannot do it")
        return (np.floor(rows["amount"].to_numpy() / self.width) % 2).astype(np.int64)


def asked(model: Cliff, size: float = 0.05) -> Perturbed | Missing:
    """What the candidate says of the first 1,000 rows, before and after."""
    model.fit(FRAME, np.r_[0, 1])
    wrapped = Candidate.of(InProcess(model), list(EVERY), task=Task.BINARY, classes=(0, 1))
    before = Cliff(model.width).predict(FRAME)
    return score_perturbed(wrapped, FRAME, before, np.arange(1000), size=size)


def test_a_cliff_flips_and_a_slope_does_not() -> None:
    """Steps narrower than the change flip about half of the answers; steps far wider flip a few."""
    narrow, wide = asked(Cliff(0.5)), asked(Cliff(500.0))
    assert isinstance(narrow, Perturbed)
    assert isinstance(wide, Perturbed)
    assert 0.4 < np.mean(narrow.before != narrow.after) < 0.6
    assert 0 == np.count_nonzero(wide.before != wide.after)
    assert (1000, 2, 2) == (len(narrow.rows), narrow.numbers, narrow.categories)


def test_the_same_seed_gives_the_same_changes() -> None:
    """Nothing depends on the moment."""
    first, again = asked(Cliff(0.5)), asked(Cliff(0.5))
    assert isinstance(first, Perturbed)
    assert isinstance(again, Perturbed)
    assert np.array_equal(first.after, again.after)


def test_noise_is_a_share_of_the_middle_half() -> None:
    """Standard deviation of the change: 0.1 of the distance between the quartiles, within what the column holds."""
    changed, numbers, categories = shaken(FRAME, ("amount",), size=0.1, seed=1)
    low, high = FRAME["amount"].quantile([0.25, 0.75])
    moved = changed["amount"] - FRAME["amount"]
    assert (1, 0) == (numbers, categories)
    assert 0.1 * (high - low) == pytest.approx(moved.std(), rel=0.05)
    assert changed["amount"].between(FRAME["amount"].min(), FRAME["amount"].max()).all()


def test_what_stays_stays() -> None:
    """Whole numbers stay whole, types stay, truth values, dates, and columns without spread do not change."""
    changed, _, _ = shaken(FRAME, EVERY, size=0.05, seed=1)
    assert FRAME.dtypes.to_dict() == changed.dtypes.to_dict()
    pd.testing.assert_frame_equal(FRAME[["flag", "day", "same"]], changed[["flag", "day", "same"]])
    assert (changed["count"] != FRAME["count"]).mean() > 0.9


def test_one_category_in_a_hundred_is_redrawn() -> None:
    """Half of the redrawn ones happen to be the same again."""
    changed, _, categories = shaken(FRAME, ("town", "kind"), size=0.05, seed=1)
    shares = [(changed[name].astype(str) != FRAME[name].astype(str)).mean() for name in ("town", "kind")]
    assert 2 == categories
    assert all(0.001 < share < 0.012 for share in shares)


@pytest.mark.parametrize("dtype", ["float64", "float32", "Int64", "Float64"])
def test_gaps_stay_gaps(dtype: str) -> None:
    """Missing numbers are missing afterwards, in plain and in nullable columns; whole ones stay whole."""
    column = pd.Series([1, 5, None, 9, 3] * 20, dtype=dtype)
    changed, _, _ = shaken(pd.DataFrame({"x": column}), ("x",), size=0.5, seed=1)
    assert dtype == str(changed["x"].dtype)
    assert column.isna().tolist() == changed["x"].isna().tolist()
    whole = changed["x"].dropna().astype(float)
    assert (whole == whole.round()).all()
    assert (whole != column.dropna().astype(float)).any()


def test_missing_and_endless_values() -> None:
    """A column of gaps only is left alone; an infinite value stays as it is; a missing category stays missing."""
    frame = pd.DataFrame(
        {"gaps": [np.nan] * 50, "far": [np.inf, *range(49)], "town": [None, *["a", "b"] * 24, "a"]},
    )
    changed, numbers, categories = shaken(frame, ("gaps", "far", "town"), size=0.5, seed=1)
    assert (1, 1) == (numbers, categories)
    assert changed["gaps"].isna().all()
    assert np.isinf(changed["far"].iloc[0])
    assert pd.isna(changed["town"].iloc[0])


def test_a_candidate_that_stumbles_leaves_a_note() -> None:
    """The failure is the reason; nothing is raised."""
    why = asked(Cliff(how="fail"))
    assert isinstance(why, Missing)
    assert "cannot do it" in why.reason


def test_nothing_to_change() -> None:
    """Only truth values: no small change can be made."""
    wrapped = Candidate.of(InProcess(Cliff().fit(FRAME, np.r_[0, 1])), ["flag"], task=Task.BINARY, classes=(0, 1))
    why = score_perturbed(wrapped, FRAME, np.zeros(2000), np.arange(10), size=0.05)
    assert isinstance(why, Missing)
    assert "no feature" in why.reason
