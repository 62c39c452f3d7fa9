"""Averages over classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from readiness.statistics.labels import AVERAGE_METRICS, label_influence, label_metric_values
from tests.sampling import examples


def rows(table):
    """The rows that a table counts."""
    true, predicted = np.indices(table.shape)
    return (np.repeat(codes.ravel(), table.ravel().astype(int)) for codes in (true, predicted))


def expected(metric, table):
    y, predicted = rows(table)
    if metric == "balanced_accuracy":
        return reference.recall_score(y, predicted, average="macro", labels=np.unique(y), zero_division=0)
    name, how = metric.split("_")
    return getattr(reference, f"{name}_score")(y, predicted, average=how, zero_division=0)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 5), min_size=9, max_size=9))
def test_empty_classes_count_as_in_scikit_learn(cells):
    """Classes without true rows, never predicted, or neither."""
    table = np.array(cells, dtype=float).reshape(3, 3)
    if table.sum() == 0:
        return
    for metric in AVERAGE_METRICS:
        assert expected(metric, table) == pytest.approx(float(label_metric_values(metric, table, binary=False)))


def test_macro_precision_and_jaccard_by_hand():
    """Three classes; the third is never predicted and its precision counts as 0."""
    table = np.array([[8.0, 2.0, 0.0], [1.0, 4.0, 0.0], [1.0, 4.0, 0.0]])
    assert (0.8 + 0.4 + 0) / 3 == pytest.approx(float(label_metric_values("precision_macro", table, binary=False)))
    assert (8 / 12 + 4 / 11 + 0) / 3 == pytest.approx(float(label_metric_values("jaccard_macro", table, binary=False)))
    assert (10 * 0.8 + 5 * 0.4) / 20 == pytest.approx(
        float(label_metric_values("precision_weighted", table, binary=False))
    )


@pytest.mark.parametrize("metric", sorted(AVERAGE_METRICS))
def test_influences_cancel_and_are_the_derivative(metric):
    """Their mean over the rows is 0; a thousandth of a row more moves the average by influence / n · 0.001."""
    table = np.random.default_rng(0).integers(1, 30, (4, 4)).astype(float)
    pull = label_influence(metric, table, binary=False)
    assert 0 == pytest.approx(float((table * pull).sum()), abs=1e-9)
    for cell in ((0, 0), (1, 2), (3, 1)):
        more = table.copy()
        more[cell] += 1e-3
        slope = (
            float(label_metric_values(metric, more, binary=False) - label_metric_values(metric, table, binary=False))
            / 1e-3
        )
        assert pull[cell] / table.sum() == pytest.approx(slope, abs=1e-5)
