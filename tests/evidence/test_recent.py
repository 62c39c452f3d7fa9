"""What of the recent rows is read, and how is their truth coded?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import DataError
from readiness.core.policy import Task
from readiness.evidence.columns import Needed, keep_shared
from readiness.evidence.recent import recent_rows
from readiness.evidence.target import Target

BINARY = Target(Task.BINARY, ("no", "yes"))
NUMBER = Target(Task.REGRESSION)


def coded(values: Any, target: Target = BINARY) -> list[Any] | None:
    found = recent_rows(pd.DataFrame({"y": values}), target, "y").target
    return None if found is None else found.tolist()


def test_truth_is_coded_like_that_of_the_test_rows() -> None:
    """Codes where the label is known, -1 where there is none or one that nobody knows."""
    assert [1, 0, -1, -1] == coded(["yes", "no", None, "maybe"])
    assert [1, 0, -1] == coded([1.0, 0.0, np.nan], Target(Task.BINARY, (0, 1)))
    assert [2, 0, 1] == coded(pd.Categorical(["c", "a", "b"]), Target(Task.MULTICLASS, ("a", "b", "c")))


def test_numbers_are_numbers_and_gaps_are_gaps() -> None:
    """Infinite is not known either."""
    found = recent_rows(pd.DataFrame({"y": [1.5, np.nan, np.inf]}), NUMBER, "y").target
    assert found is not None
    np.testing.assert_array_equal([1.5, np.nan, np.nan], found)


@pytest.mark.parametrize("values", [[None, None], [np.nan, np.nan], pd.Series([pd.NA, pd.NA], dtype="Int64")])
@pytest.mark.parametrize("target", [BINARY, NUMBER])
def test_a_column_without_any_truth_is_none(values: Any, target: Target) -> None:
    """As is a table without the column."""
    assert coded(values, target) is None
    assert recent_rows(pd.DataFrame({"x": [1]}), target, "y").target is None


def test_words_in_place_of_numbers_are_refused() -> None:
    """With the name of the table."""
    with pytest.raises(DataError, match=r"data\.recent"):
        coded(["much", "little"], NUMBER)


def test_columns_of_the_test_rows_are_read_of_the_recent_rows_where_they_are() -> None:
    """Each once, and none that a recent table lacks."""
    test = Needed(("y", "region", "a"), ("when",), ("note",))
    found = keep_shared(test, Needed(("a",)), ("a", "note", "region", "other", "when"))
    assert Needed(("a",), (), ("region", "when", "note")) == found


def test_columns_that_hold_several_values_stay_as_they_are() -> None:
    """Only the truth is coded."""
    frame = pd.DataFrame({"y": [True], "x": [[1, 2]]})
    found = recent_rows(frame, Target(Task.BINARY, (False, True)), "y")
    assert found.target is not None
    assert [1] == found.target.tolist()
    assert found.frame is frame
