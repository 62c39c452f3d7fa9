"""A label is the one that a table holds, however the number is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from readiness import review
from readiness.reviews.from_arrays import classes_and_positive

rng = np.random.default_rng(12)
ROWS = rng.normal(size=(300, 2))
PLACES = (ROWS[:, 0] + 0.3 * rng.normal(size=300) > 0).astype(int)


class Silent:
    """A model that says nothing of itself."""


def drawn(labels: list[Any], pos_label: Any, *, training: bool = True, **more: Any) -> Any:
    y = np.array(labels)[PLACES]
    rows = {"X_train": ROWS[:150], "y_train": y[:150]} if training else {}
    return review(
        LogisticRegression().fit(ROWS[:150], y[:150]), ROWS[150:], y[150:], pos_label=pos_label, **rows, **more
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("labels", "pos_label", "expected"),
    [
        ([0.0, 1.0], 1.0, ("0", "1")),
        ([0.0, 1.0], np.float64(1.0), ("0", "1")),
        ([0.0, 1.0], 0.0, ("1", "0")),
        ([-1.0, 1.0], -1.0, ("1", "-1")),
        ([0, 1], 0.0, ("1", "0")),
        ([0.0, 1.0], 1, ("0", "1")),
        ([1.0, 2.0], np.float32(2), ("1", "2")),
    ],
)
def test_a_whole_number_is_a_label_with_or_without_a_point(
    labels: list[Any], pos_label: Any, expected: tuple[str, str], training: bool
) -> None:
    """What `y.max()` gives of a float column names the class, and the other one is the negative."""
    draft = drawn(labels, pos_label, training=training)

    assert expected == draft._answering.evidence.classes


def test_labels_with_fractions_stay_what_they_are() -> None:
    """1.0 beside 0.5 is no whole number of a column of whole numbers, and text is never a number."""
    halves, texts = pd.Series([0.5, 1.0]), pd.Series(["1.0", "2.0"])
    given = {"task": "binary", "pos_label": 1.0}

    assert "1.0" == str(classes_and_positive(Silent(), halves, None, given)["positive"])
    assert "1.0" == str(classes_and_positive(Silent(), texts, None, given)["positive"])


def test_a_list_of_classes_is_read_like_the_table() -> None:
    """Classes with a point are those of a column of whole numbers."""
    draft = drawn([0.0, 1.0], 1.0, classes=[0.0, 1.0])

    assert (0, 1) == draft.spec.data.classes
    assert all(isinstance(label, int) for label in draft.spec.data.classes)
