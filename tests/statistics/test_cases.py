"""Scored rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from readiness.core.policy import Task
from readiness.statistics.cases import Cases

Y, PREDICTED = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 0])


def test_counts_are_true_by_predicted():
    """As in scikit-learn's confusion matrix."""
    assert confusion_matrix(Y, PREDICTED).tolist() == Cases(Task.BINARY, Y, PREDICTED).counts.tolist()


def test_weighted_cells_sum_to_the_rows():
    """Weights 1, 1, 1, 1, 6 scaled to 5 rows: the last row counts 3."""
    cases = Cases(Task.BINARY, Y, PREDICTED, weight=np.array([1.0, 1, 1, 1, 6]))
    assert [[1.0, 0.5], [3.0, 0.5]] == cases.cells.tolist()
    assert [0.5, 0.5, 0.5, 0.5, 3.0] == cases.relative_weight.tolist()


def test_weights_of_zero_leave_empty_cells():
    """No division by zero."""
    cases = Cases(Task.BINARY, Y, PREDICTED, weight=np.zeros(5))
    assert 0.0 == cases.cells.sum() == cases.relative_weight.sum()


def test_a_subset_takes_every_array_along():
    """By mask or by positions."""
    cases = Cases(Task.BINARY, Y, PREDICTED, np.arange(5.0), 2, True, np.ones(5), np.arange(5))
    part = cases.subset(Y == 1)
    assert ([1, 1], [1, 0], [3.0, 4.0], [3, 4]) == (
        part.y_true.tolist(), part.y_pred.tolist(), part.y_score.tolist(), part.groups.tolist(),
    )  # fmt: skip
    assert part.is_probability
    assert [4.0, 0.0] == cases.subset(np.array([4, 0])).y_score.tolist()


@pytest.mark.parametrize(
    "more",
    [{"y_score": np.zeros(4)}, {"weight": np.array([1.0, 1, 1, 1, -1])}, {"groups": np.zeros(6, dtype=int)}],
)
def test_unusable_arrays_are_refused(more):
    """Other lengths, negative weights."""
    with pytest.raises(ValueError, match=r"rows|weights"):
        Cases(Task.BINARY, Y, PREDICTED, **more)


def test_codes_outside_the_classes_are_refused():
    """Class 2 of two."""
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Cases(Task.BINARY, Y, PREDICTED + 1)
