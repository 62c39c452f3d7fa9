"""Matthews correlation and Cohen's kappa."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Mapped
from readiness.statistics.intervals import Draws, Unvaried
from readiness.statistics.labels import (
    agreement_inference,
    label_metric_values,
    measure_labels,
    measure_table,
    row_influence,
)

BOTH = ("cohen_kappa", "matthews_corrcoef")


def test_by_hand():
    """TN 90, FP 2, FN 3, TP 5: right 0.95, by chance 0.8612, so kappa 0.64; correlation 0.6428."""
    table = np.array([[90.0, 2.0], [3.0, 5.0]])
    chance = 0.92 * 0.93 + 0.08 * 0.07
    assert (0.95 - chance) / (1 - chance) == pytest.approx(
        float(label_metric_values("cohen_kappa", table, binary=False))
    )
    expected = (90 * 5 - 2 * 3) / math.sqrt(92 * 8 * 93 * 7)
    assert expected == pytest.approx(float(label_metric_values("matthews_corrcoef", table, binary=False)))


@pytest.mark.parametrize("metric", BOTH)
def test_two_classes_in_short_are_two_classes_in_full(metric):
    """Four cells give what a table of any size gives, also where rows or columns are empty."""
    tables = np.random.default_rng(0).integers(0, 4, (200, 2, 2)).astype(float)
    tables = tables[tables.sum(axis=(1, 2)) > 0]
    expected = label_metric_values(metric, tables, binary=False)
    assert expected == pytest.approx(label_metric_values(metric, tables, binary=True))


@pytest.mark.parametrize("metric", BOTH)
def test_one_predicted_class_is_no_agreement_beyond_chance(metric):
    """0, as in scikit-learn, with limits around it."""
    measured = measure_table(metric, np.array([[60.0, 0.0], [40.0, 0.0]]), binary=True)
    assert 0.0 == measured.value
    assert -1 <= measured.lower(0.05) < 0 < measured.upper(0.05) <= 1


@pytest.mark.parametrize("metric", BOTH)
def test_perfect_and_contrary_labels_have_a_width(metric):
    """1 with a lower limit below it, two classes and more; the contrary is not certain either."""
    for table, binary in ((np.diag([50.0, 10.0]), True), (np.diag([50.0, 30.0, 10.0]), False)):
        measured = measure_table(metric, table, binary=binary)
        assert (1.0, 1.0) == pytest.approx((measured.value, measured.upper(0.05)))
        assert measured.lower(0.05) < 0.95
    contrary = measure_table(metric, np.array([[0.0, 30.0], [30.0, 0.0]]), binary=True)
    assert -1 == pytest.approx(contrary.value)
    assert contrary.upper(0.05) > -0.99


@pytest.mark.parametrize("metric", BOTH)
def test_the_coding_of_classes_does_not_matter(metric):
    """Positive and negative exchanged, or five classes renamed."""
    table = np.array([[60.0, 9.0], [5.0, 26.0]])
    turned = table[::-1, ::-1].copy()
    expected, found = (measure_table(metric, t, binary=True) for t in (table, turned))
    assert expected.value == pytest.approx(found.value)
    assert expected.interval(0.95) == pytest.approx(found.interval(0.95), abs=0.005)  # draws
    many = np.random.default_rng(0).integers(1, 20, (5, 5)).astype(float)
    order = np.array([3, 1, 4, 0, 2])
    expected, found = (measure_table(metric, t, binary=False) for t in (many, many[np.ix_(order, order)]))
    assert expected.interval(0.95) == pytest.approx(found.interval(0.95))


@pytest.mark.parametrize("metric", BOTH)
def test_weighted_rows_are_measured_on_the_scale_of_fishers_z(metric):
    """The limits are the hyperbolic tangents of z ± t · se / (1 - value²)."""
    rng = np.random.default_rng(0)
    y, weight = rng.integers(0, 3, 150), rng.random(150)
    predicted = np.where(rng.random(150) < 0.7, y, rng.integers(0, 3, 150))
    measured = measure_labels(metric, Cases(Task.MULTICLASS, y, predicted, n_classes=3, weight=weight))
    score = getattr(reference, "cohen_kappa_score" if metric == "cohen_kappa" else metric)
    assert score(y, predicted, sample_weight=weight) == pytest.approx(measured.value)
    assert isinstance(measured, Mapped)
    low, high = measured.interval(0.95)
    assert math.atanh(high) - math.atanh(measured.value) == pytest.approx(math.atanh(measured.value) - math.atanh(low))


def test_no_spread_leaves_both_sides_open():
    """20 rows that were all alike: what was not seen may lie anywhere between -1 and 1."""
    measured = agreement_inference(1.0, 0.0, 19, 20, 20)
    assert isinstance(measured, Unvaried)
    assert 1 - 2 * (1 - 0.05 ** (1 / 20)) == pytest.approx(measured.lower(0.05))


@pytest.mark.parametrize("metric", [*BOTH, "f2", "f05"])
def test_limits_of_few_rows_seldom_miss(metric):
    """30 rows, 3 positives, recall 0.7, specificity 0.95: one-sided 5 % limits miss in at most 9 % of 100 samples."""
    cells = np.array([0.855, 0.045, 0.03, 0.07])
    truth = measure_table(metric, cells.reshape(2, 2) * 1e6, binary=True).value
    misses, samples = np.zeros(2), np.random.default_rng(1).multinomial(30, cells, 100).astype(float)
    for sample in samples[samples[:, 2:].sum(axis=1) > 0]:
        measured = measure_table(metric, sample.reshape(2, 2), binary=True)
        assert isinstance(measured, Draws)
        misses += measured.lower(0.05) > truth, measured.upper(0.05) < truth
    assert misses.max() / 100 <= 0.09


@pytest.mark.parametrize("metric", BOTH)
@pytest.mark.parametrize("counts", [(7, 6, 11), (47, 38, 30), (5, 3)])
def test_a_method_that_always_says_one_class_cannot_vary(metric, counts):
    """Its agreement is 0 whatever the rows, so none has an influence, not even one of roundings, and limits are wide."""
    y = np.repeat(np.arange(len(counts)), counts)
    task = Task.BINARY if len(counts) == 2 else Task.MULTICLASS
    cases = Cases(task, y, np.zeros(len(y), dtype=np.int64), n_classes=len(counts), groups=np.arange(len(y)) % 7)
    assert not row_influence(metric, cases).any()
    measured = measure_labels(metric, cases)
    assert 0.0 == measured.value
    assert measured.lower(0.05) < -0.1 < 0.1 < measured.upper(0.05)
