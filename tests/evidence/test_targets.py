"""Task, classes and codes: never guessed from the test labels alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import DataError
from readiness.core.policy import Task
from readiness.evidence.target import find_target
from readiness.spec.schema import Data


def data(**more):
    return Data(test="t.csv", target="y", **more)


def find(test, train=None, regressor=None, **more):
    return find_target(data(**more), pd.Series(test), None if train is None else pd.Series(train), regressor=regressor)


@pytest.mark.parametrize(
    ("labels", "positive"),
    [([0, 1], 1), ([0, 1], 0), (["no", "yes"], "no"), ([True, False], True), ([0.0, 1.0, np.nan], 1), ([2, 7], 2)],
)
def test_the_positive_class_comes_second_whatever_its_order(labels, positive):
    """A lower-sorted positive label is still the positive one."""
    target = find(labels, positive=positive)

    assert Task.BINARY == target.task
    assert positive == target.classes[1]
    assert 1 == target.coded(pd.Series([positive]), "y")[0]


def test_the_positive_label_may_be_spelt_as_text():
    """positive: "1" means the label 1."""
    assert 1 == find([0, 1], positive="1").classes[1]


def test_classes_come_from_training_when_one_is_missing_in_test():
    """Three classes in training, two in test: three classes."""
    target = find(["a", "b"], ["a", "b", "c"])

    assert (Task.MULTICLASS, ("a", "b", "c")) == (target.task, target.classes)


def test_test_labels_alone_do_not_make_a_class_list():
    """More than two labels and no list: asked for, not guessed."""
    with pytest.raises(DataError, match="no other list"):
        find(["a", "b", "c"])


@pytest.mark.parametrize(
    ("labels", "more", "words"),
    [
        ([0, 1], {}, "not stated"),
        ([0, 1], {"positive": 5}, "data.positive"),
        ([0, 0], {"positive": 0}, "single value"),
        ([0, 1, 2], {"positive": 1}, "3 labels"),
        (["a"] * 300 + [f"c{i}" for i in range(300)], {"classes": None}, "labels"),
    ],
)
def test_what_cannot_be_known_is_an_error_with_a_remedy(labels, more, words):
    """Each message says what to set."""
    with pytest.raises(DataError, match=words) as caught:
        find(labels, labels, **more)

    assert "data." in caught.value.remedy or "training table" in caught.value.remedy


def test_numbers_are_a_regression_for_a_regressor_and_classes_for_a_classifier():
    """The model's own kind decides where the target could be both."""
    assert Task.REGRESSION == find([1, 2, 3], [1, 2, 3], regressor=True).task
    assert Task.MULTICLASS == find([1, 2, 3], [1, 2, 3], regressor=False).task
    assert Task.REGRESSION == find([1.5, 2.5, 3.5], [1.5, 2.5]).task


def test_missing_labels_have_the_code_minus_one_and_unknown_ones_are_refused():
    """A gap is dropped later; a label outside the list is an error."""
    target = find([0, 1], positive=1)

    assert [0, 1, -1] == target.coded(pd.Series([0, 1, None]), "y").tolist()
    with pytest.raises(DataError, match="holds the label 2"):
        target.coded(pd.Series([0, 2]), "y")


def test_a_regression_needs_numbers():
    """Text cannot be a regression target."""
    with pytest.raises(DataError, match="needs numbers"):
        find(["a"], task="regression").coded(pd.Series(["a"]), "y")
