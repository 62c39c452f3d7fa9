"""Rows as hashes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readiness.evidence.row_hashes import row_hashes

ROWS = pd.DataFrame({"a": [1, 2, 2], "b": [0.0, np.nan, 1.5], "c": ["x", None, "y"]})


def test_equal_rows_are_equal_however_they_are_stored():
    """Integers as floats, minus zero as zero, text as categories."""
    other = pd.DataFrame(
        {"a": [1.0, 2.0, 2.0], "b": [-0.0, np.nan, 1.5], "c": pd.Series(["x", None, "y"], dtype="category")}
    )
    target = np.array([0, 1, 1])

    ours, theirs = row_hashes(ROWS, list("abc"), target), row_hashes(other, list("abc"), target.astype(float))

    assert ours.tolist() == theirs.tolist()


def test_any_difference_tells_rows_apart():
    """In a value, in the target, and in the place of a value."""
    base = row_hashes(ROWS, ["a", "b"], np.zeros(3))

    assert 3 == len(set(base.tolist()))
    assert not set(base.tolist()) & set(row_hashes(ROWS, ["a", "b"], np.ones(3)).tolist())
    assert not set(base.tolist()) & set(row_hashes(ROWS, ["b", "a"], np.zeros(3)).tolist())
