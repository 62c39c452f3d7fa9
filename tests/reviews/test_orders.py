"""Rows are taken by their place, and what says of itself that it is in another order is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from readiness import review
from readiness.core.errors import DataError
from readiness.reviews.arrays import check_order

rng = np.random.default_rng(11)
FRAME = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
LABELS = pd.Series((FRAME["a"] + 0.3 * rng.normal(size=300) > 0).astype(int), name="y")
X, Y = FRAME[150:], LABELS[150:]
MODEL = LogisticRegression().fit(FRAME[:150], LABELS[:150])
TRAINING = {"X_train": FRAME[:150], "y_train": LABELS[:150]}
COLUMN = pd.Series(rng.integers(1, 9, 150), index=X.index, name="extra")
EARLIER = COLUMN.set_axis(FRAME.index[:150])

GIVEN: dict[str, tuple[pd.Series[Any], Callable[[pd.Series[Any]], dict[str, Any]]]] = {
    "y_test": (Y, lambda each: {"y_test": each}),
    "sample_weight": (COLUMN, lambda each: {"sample_weight": each}),
    "groups": (COLUMN, lambda each: {"groups": each}),
    "time": (COLUMN, lambda each: {"time": each}),
    "query": (COLUMN, lambda each: {"query": each, "task": "ranking"}),
    "costs.false_negative": (COLUMN, lambda each: {"costs": {"false_positive": 1, "false_negative": each}}),
    "segments": (COLUMN, lambda each: {"segments": each}),
    "segments[0]": (COLUMN, lambda each: {"segments": [each]}),
    "segments['seg']": (COLUMN, lambda each: {"segments": {"seg": each}}),
    "columns": (COLUMN, lambda each: {"columns": each.to_frame()}),
    "columns['z']": (COLUMN, lambda each: {"columns": {"z": each}}),
    "y_train": (LABELS[:150], lambda each: TRAINING | {"y_train": each}),
    "columns_train['z']": (EARLIER, lambda each: TRAINING | {"columns_train": {"z": each}}),
    "X_test['b']": (X["b"], lambda each: {"X_test": {"a": X["a"], "b": each}}),
}


def drawn(**more: Any) -> Any:
    return review(**{"model": MODEL, "X_test": X, "y_test": Y} | more)


@pytest.mark.parametrize("role", GIVEN)
def test_the_same_labels_in_another_order_are_refused(role: str) -> None:
    """Whatever holds one value for each row, and is of pandas, tells by its index that it was sorted or shuffled."""
    values, kwargs = GIVEN[role]
    drawn(**kwargs(values))

    with pytest.raises(DataError) as refused:
        drawn(**kwargs(values.iloc[::-1]))
    assert f"and {role} have the same index labels in another order" in str(refused.value)
    assert ".reset_index(drop=True)" in str(refused.value)


@pytest.mark.parametrize("role", GIVEN)
def test_one_other_label_does_not_hide_another_order(role: str) -> None:
    """Labels that both have must stand in the same place, even where one has a label that the other lacks."""
    values, kwargs = GIVEN[role]
    labels = [*values.index[:0:-1], 10**6]

    with pytest.raises(DataError, match="index labels in common, in different places"):
        drawn(**kwargs(values.set_axis(labels)))


def test_what_was_given_is_compared_with_each_other_where_the_rows_have_no_labels() -> None:
    """An array of rows says nothing of its order; truth and weights do, and so contradict each other."""
    drawn(X_test=X.to_numpy(), sample_weight=COLUMN)

    with pytest.raises(DataError, match="y_test and sample_weight have the same index labels in another order"):
        drawn(X_test=X.to_numpy(), sample_weight=COLUMN.iloc[::-1])


def test_rows_that_were_numbered_anew_are_taken_by_their_place() -> None:
    """What comes out of a scaler is numbered from 0, whatever the labels of the truth; that is no contradiction."""
    shuffled = rng.permutation(300)[:150]
    rows, truth = FRAME.loc[shuffled], LABELS.loc[shuffled]
    expected = drawn(X_test=rows, y_test=truth).baseline.table()

    pd.testing.assert_frame_equal(
        expected, drawn(X_test=pd.DataFrame(rows.to_numpy(), columns=["a", "b"]), y_test=truth).baseline.table()
    )


def test_a_table_of_shuffled_rows_may_bring_its_columns_along() -> None:
    """Rows and columns in one order are right in whatever order that is, also where the labels are 0 to n - 1."""
    order = rng.permutation(150)
    rows, extra = X.set_axis(range(150)).loc[order], COLUMN.set_axis(range(150)).loc[order]
    draft = drawn(X_test=rows, y_test=Y.set_axis(range(150)).loc[order], columns=extra.to_frame())

    assert 150 == draft.baseline.findings[0].measured.n


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (["a", "a", "b"], ["a", "b", "a"], True),
        (["a", "b", "b"], ["a", "b", "b"], False),
        (["a", "b", None], ["c", "d", "e"], False),
        ([None, "b", "c"], ["d", None, "e"], False),
        ([1, 2, 3], ["1", "3", "2"], False),
        ([5, 6], [6, 7], True),
        (pd.MultiIndex.from_tuples([("x", 1), ("x", 2)]), pd.MultiIndex.from_tuples([("x", 2), ("x", 1)]), True),
        (pd.date_range("2026-01-01", periods=3), pd.date_range("2026-01-01", periods=3)[::-1], True),
        (pd.CategoricalIndex(["a", "b"]), pd.Index(["b", "a"]), True),
        ([0, 1, 2], [2, 1, 9], False),
        ([0, 1, 2], [2, 1, 0], True),
    ],
)
def test_labels_of_every_kind_are_compared(first: Any, second: Any, refused: bool) -> None:
    """Repeated, missing, of several levels, dates, categories: a label that both have stands in the same place."""
    try:
        check_order(pd.Index(first), pd.Index(second), ("one", "other"))
        found = False
    except DataError:
        found = True
    assert refused == found


def test_the_first_place_is_named() -> None:
    """The error says which label it is and where it stands in both."""
    with pytest.raises(DataError, match='"c" in row 1 of one and in row 2 of other'):
        check_order(pd.Index(["a", "c", "d"]), pd.Index(["a", "d", "c"]), ("one", "other"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(5, 40), min_size=1, max_size=12, unique=True), st.randoms(use_true_random=False))
def test_every_permutation_but_the_one_is_refused(labels: list[int], random: Any) -> None:
    """The same distinct labels pass in the same order alone."""
    other = random.sample(labels, len(labels))
    if other == labels:
        check_order(pd.Index(labels), pd.Index(other), ("one", "other"))
    else:
        with pytest.raises(DataError):
            check_order(pd.Index(labels), pd.Index(other), ("one", "other"))
