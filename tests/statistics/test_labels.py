"""Metrics of predicted labels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import Dependence, standard_error
from readiness.statistics.intervals import Binomial
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MULTICLASS_LABEL_METRICS,
    label_metric_values,
    measure_labels,
    measure_table,
    row_influence,
    worst_class_recall,
)
from readiness.statistics.scores import ClassMean
from tests.sampling import examples


def averaged(name: str, how: str):
    """scikit-learn's mean over classes; what has no denominator counts as 0 there, too."""
    score = getattr(reference, f"{name}_score")
    return lambda y, p, **w: score(y, p, average=how, zero_division=0, **w)


SKLEARN = {
    **{
        f"{name}_{how}": averaged(name, how)
        for name in ("precision", "recall", "f1")
        for how in ("macro", "weighted", "micro")
    },
    "jaccard_macro": averaged("jaccard", "macro"),
    "jaccard": reference.jaccard_score,
    "negative_predictive_value": lambda y, p, **w: reference.precision_score(y, p, pos_label=0, **w),
    "f2": lambda y, p, **w: reference.fbeta_score(y, p, beta=2, **w),
    "f05": lambda y, p, **w: reference.fbeta_score(y, p, beta=0.5, **w),
    "matthews_corrcoef": reference.matthews_corrcoef,
    "cohen_kappa": reference.cohen_kappa_score,
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "f1": reference.f1_score,
    "recall": reference.recall_score,
    "precision": reference.precision_score,
    "specificity": lambda y, p, **w: reference.recall_score(y, p, pos_label=0, **w),
    "false_positive_rate": lambda y, p, **w: 1 - reference.recall_score(y, p, pos_label=0, **w),
    "false_negative_rate": lambda y, p, **w: 1 - reference.recall_score(y, p, **w),
}


def sample(classes: int, n: int = 200, seed: int = 0, **more) -> Cases:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 0.7, y, rng.integers(0, classes, n))
    task = Task.BINARY if classes == 2 else Task.MULTICLASS
    return Cases(task, y, predicted, n_classes=classes, **more)


DRAWN = frozenset({"matthews_corrcoef", "cohen_kappa", "f2", "f05"})
EVERY = [(2, m) for m in sorted(BINARY_LABEL_METRICS)] + [(4, m) for m in sorted(MULTICLASS_LABEL_METRICS)]


@pytest.mark.parametrize(("classes", "metric"), EVERY)
def test_values_are_those_of_scikit_learn(classes, metric):
    """With and without weights."""
    weight = np.random.default_rng(1).random(200)
    plain, weighted = sample(classes), sample(classes, weight=weight)
    expected = SKLEARN[metric](plain.y_true, plain.y_pred)
    assert expected == pytest.approx(measure_labels(metric, plain).value)
    expected = SKLEARN[metric](plain.y_true, plain.y_pred, sample_weight=weight)
    assert expected == pytest.approx(measure_labels(metric, weighted).value)


@pytest.mark.parametrize(("classes", "metric"), EVERY)
def test_influence_is_the_derivative_for_each_row(classes, metric):
    """Raising the weight of one row by h changes the metric by h · influence / n."""
    cases, h = sample(classes, 60), 1e-6
    pull = row_influence(metric, cases)
    assert 0 == pytest.approx(pull.mean(), abs=1e-12)
    for row in range(0, 60, 7):
        weight = np.ones(60)
        weight[row] += h
        more = sample(classes, 60, weight=weight)
        slope = (measure_labels(metric, more).value - measure_labels(metric, cases).value) / h
        assert slope == pytest.approx(pull[row] / 60, abs=1e-5)


def test_macro_f1_error_agrees_with_the_jackknife():
    """The standard error from influences is that of leaving out one row at a time, within 2 %."""
    cases = sample(4)
    left_out = [measure_labels("f1_macro", cases.subset(np.arange(200) != i)).value for i in range(200)]
    jackknife = math.sqrt(199 / 200 * float(((left_out - np.mean(left_out)) ** 2).sum()))
    measured = measure_labels("f1_macro", cases)
    assert isinstance(measured, ClassMean)
    measured = measured.inner
    assert jackknife == pytest.approx(measured.se, rel=0.02)


def test_counts_by_hand():
    """TN 90, FP 2, FN 3, TP 5."""
    table = np.array([[90.0, 2.0], [3.0, 5.0]])
    expected = {"accuracy": 0.95, "recall": 5 / 8, "precision": 5 / 7, "f1": 10 / 15, "specificity": 90 / 92}
    for metric, value in expected.items():
        assert value == pytest.approx(measure_table(metric, table, binary=True).value)
    assert (8, 7, 10) == tuple(measure_table(m, table, binary=True).n for m in ("recall", "precision", "f1"))


@pytest.mark.parametrize(
    ("metric", "table"),
    [
        ("recall", [[5, 1], [0, 0]]),
        ("precision", [[5, 0], [1, 0]]),
        ("specificity", [[0, 0], [1, 3]]),
        ("f1", [[5, 0], [0, 0]]),
        ("f2", [[5, 0], [0, 0]]),
        ("jaccard", [[5, 0], [0, 0]]),
        ("negative_predictive_value", [[0, 5], [0, 2]]),
        ("matthews_corrcoef", [[5, 3], [0, 0]]),
        ("cohen_kappa", [[0, 0], [3, 5]]),
        ("balanced_accuracy", [[5, 0], [0, 0]]),
        ("accuracy", [[0, 0], [0, 0]]),
    ],
)
def test_a_metric_without_denominator_is_undefined_and_says_why(metric, table):
    """No exception, no nan: a sentence."""
    result = measure_table(metric, np.array(table, dtype=float), binary=True)
    assert isinstance(result, Missing)
    assert result.reason.endswith(".")


@given(st.lists(st.integers(0, 30), min_size=9, max_size=9))
def test_macro_averages_exist_for_every_table_and_stay_in_range(cells):
    """Empty classes, perfect classes, one row: value and limits stay between 0 and 1 and have a width."""
    table = np.array(cells, dtype=float).reshape(3, 3)
    for metric in MULTICLASS_LABEL_METRICS:
        result = measure_table(metric, table, binary=False)
        agreement = metric in ("matthews_corrcoef", "cohen_kappa")
        if isinstance(result, Missing):
            assert np.count_nonzero(table.sum(axis=1)) < (2 if agreement else 1)
            continue
        low, high = result.interval(0.95)
        assert (-1 if agreement else 0) <= low <= result.value + 1e-12
        assert result.value - 1e-12 <= high <= 1
        assert high > low


def test_a_perfect_macro_f1_rests_on_its_smallest_class():
    """100, 50 and 6 rows, all right: the lower limit is 0.05^(1/6)."""
    result = measure_table("f1_macro", np.diag([100.0, 50.0, 6.0]), binary=False)
    assert 0.05 ** (1 / 6) == pytest.approx(result.lower(0.05))


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 10_000))
def test_row_order_does_not_matter(seed):
    """Shuffled rows give the same limits."""
    groups = np.random.default_rng(seed).integers(0, 20, 200)
    cases = sample(4, seed=seed, groups=groups)
    shuffled = cases.subset(np.random.default_rng(seed).permutation(200))
    for metric in ("accuracy", "f1_macro"):
        before, after = measure_labels(metric, cases), measure_labels(metric, shuffled)
        assert before.interval(0.95) == pytest.approx(after.interval(0.95))


@pytest.mark.parametrize(("classes", "metric"), EVERY)
def test_copies_of_rows_count_once_when_grouped(classes, metric):
    """Twice the same rows, told that pairs belong together, leave the limits where they were; untold, they shrink."""
    cases = sample(classes)
    twice = cases.subset(np.repeat(np.arange(200), 2))
    grouped = sample(classes, 200, groups=np.arange(200)).subset(np.repeat(np.arange(200), 2))
    width, told, untold = (
        m.upper(0.025) - m.lower(0.025) for m in (measure_labels(metric, c) for c in (cases, grouped, twice))
    )
    tolerance = 0.10 if classes == 2 and metric in DRAWN else 0.04  # draws when told nothing, else row influences
    assert width == pytest.approx(told, rel=tolerance)
    assert width / math.sqrt(2) == pytest.approx(untold, rel=tolerance)


def test_equal_weights_change_nothing():
    """Weights of 3 for everybody."""
    plain, weighted = sample(2), sample(2, weight=np.full(200, 3.0))
    for metric in BINARY_LABEL_METRICS - DRAWN:
        expected, found = measure_labels(metric, plain).interval(0.95), measure_labels(metric, weighted).interval(0.95)
        assert expected == pytest.approx(found)


def test_perfect_recall_of_dependent_rows_rests_on_the_groups():
    """60 positives of 20 users, all found: as good as 20 of 20, which is what they are if users are all or nothing."""
    y = np.ones(60, dtype=int)
    cases = Cases(Task.BINARY, y, y, groups=np.repeat(np.arange(20), 3))
    measured = measure_labels("recall", cases)
    assert isinstance(measured, Binomial)
    assert 3.0 == pytest.approx(measured.deff)
    assert Binomial(20, 20).lower(0.05) == pytest.approx(measured.lower(0.05))


def test_macro_error_with_groups_is_cluster_robust():
    """The summed influences of each group."""
    groups = np.random.default_rng(3).integers(0, 25, 200)
    cases = sample(4, groups=groups)
    measured = measure_labels("f1_macro", cases)
    assert isinstance(measured, ClassMean)
    measured = measured.inner
    assert standard_error(row_influence("f1_macro", cases), Dependence(groups)) == (measured.se, measured.df)


def test_worst_class():
    """The class with the lowest recall, and that recall as a share."""
    y = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    predicted = np.array([0, 0, 1, 1, 1, 2, 0, 0, 1])
    code, recall = worst_class_recall(Cases(Task.MULTICLASS, y, predicted, n_classes=4))
    assert (2, 0.25, 4) == (code, recall.value, recall.n)


def test_many_tables_at_once():
    """Values of stacked tables equal those of each."""
    tables = np.random.default_rng(0).integers(1, 30, (5, 3, 3)).astype(float)
    for metric in MULTICLASS_LABEL_METRICS:
        one_by_one = [float(label_metric_values(metric, table, binary=False)) for table in tables]
        assert one_by_one == pytest.approx(label_metric_values(metric, tables, binary=False).tolist())
