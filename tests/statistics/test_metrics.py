"""The list of metrics, and measuring any of them."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import PRIMARY_METRIC, SEGMENT_METRICS, Task
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import (
    METRICS,
    TECHNICAL,
    estimator_of,
    influence,
    measure,
    metric_names,
    reason_to_withhold,
)


def sample(task: Task, n: int = 120, **more) -> Cases:
    rng = np.random.default_rng(0)
    if task is Task.REGRESSION:
        y = rng.normal(50, 5, n)
        return Cases(task, y, y + rng.normal(size=n), **more)
    classes = 2 if task is Task.BINARY else 3
    y = np.arange(n) % classes
    p = rng.dirichlet(np.ones(classes), n) * 0.5 + 0.5 * np.eye(classes)[y] * rng.random((n, 1))
    p /= p.sum(axis=1, keepdims=True)
    return Cases(task, y, p.argmax(axis=1), p[:, 1] if classes == 2 else p, classes, True, **more)


TASKS = (Task.BINARY, Task.MULTICLASS, Task.REGRESSION)
EVERY = [(task, name) for task in TASKS for name in metric_names(task)]


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_every_metric_can_be_measured(task, name):
    """Limits on both sides of the value, within its range, and as many influences as rows."""
    cases = sample(task)
    measured = measure(name, cases)
    low, high = measured.interval(0.95)
    assert low < measured.value < high
    assert measured.lower(0.05) < measured.value < measured.upper(0.05)
    if METRICS[name].is_share:
        assert 0 <= low < high <= 1
    assert isinstance(measured.value, float)
    assert isinstance(measured.n, int)
    pull = influence(name, cases)
    assert isinstance(pull, Missing) if name == "median_absolute_error" else len(pull) == cases.n


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_no_rows_is_undefined(task, name):
    """Never an exception."""
    assert isinstance(measure(name, sample(task).subset(np.zeros(120, dtype=bool))), Missing)


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_groups_are_heard(task, name):
    """Four copies of every row make a narrower interval, unless they are said to belong together."""
    copies = np.repeat(np.arange(120), 4)
    told = measure(name, sample(task, groups=np.arange(120)).subset(copies)).interval(0.95)
    untold = measure(name, sample(task).subset(copies)).interval(0.95)
    assert told[1] - told[0] > (1.8 if name != "median_absolute_error" else 1.3) * (untold[1] - untold[0])


def test_a_metric_of_another_task_is_refused():
    """The message names those that exist."""
    with pytest.raises(ValueError, match="mae"):
        measure("recall", sample(Task.REGRESSION))


def test_every_default_metric_exists():
    """The policy names no metric that cannot be measured."""
    for task in Task:
        assert {PRIMARY_METRIC[task], *SEGMENT_METRICS[task]} <= set(metric_names(task))


def test_technical_metrics_belong_to_no_cases():
    """They are read from clocks and files."""
    assert {"latency_p99_ms", "size_mb", "memory_mb", "throughput_per_second"} <= TECHNICAL
    assert not TECHNICAL & {name for task in Task for name in metric_names(task)}


def test_few_positives_withhold_a_ranking():
    """Nine positives are too few for ROC AUC and average precision, ten are not; few negatives only for the former."""
    score = np.linspace(0, 1, 100)
    for positives, expected in ((9, True), (10, False)):
        y = (np.arange(100) < positives).astype(int)
        for metric in ("roc_auc", "average_precision"):
            assert expected == bool(reason_to_withhold(metric, Cases(Task.BINARY, y, y, score)))
        assert expected == bool(reason_to_withhold("roc_auc", Cases(Task.BINARY, 1 - y, y, score)))
        assert not reason_to_withhold("average_precision", Cases(Task.BINARY, 1 - y, y, score))
    assert "only 9 positives" in reason_to_withhold(
        "roc_auc", Cases(Task.BINARY, (np.arange(100) < 9).astype(int), y, score)
    )


def test_positives_of_few_groups_withhold_a_ranking():
    """40 positives of four users are four positives."""
    y = np.repeat([1, 0], [40, 200])
    cases = Cases(Task.BINARY, y, y, np.linspace(0, 1, 240), groups=np.arange(240) // 10)
    assert "only 4 groups with positives" in reason_to_withhold("roc_auc", cases)


@pytest.mark.parametrize("metric", ["precision_macro", "recall_macro", "jaccard_macro", "roc_auc_ovr", "roc_auc_ovo"])
def test_small_classes_withhold_every_average_over_classes(metric):
    """Four true rows in a class."""
    y = np.repeat([0, 1, 2], [50, 50, 4])
    assert reason_to_withhold(metric, Cases(Task.MULTICLASS, y, y, np.eye(3)[y], 3))
    assert not reason_to_withhold("matthews_corrcoef", Cases(Task.MULTICLASS, y, y, np.eye(3)[y], 3))


def test_few_groups_withhold_every_metric():
    """Nine groups are too few, ten are not."""
    for k, expected in ((9, True), (10, False)):
        cases = sample(Task.BINARY, groups=np.arange(120) % k)
        assert expected == bool(reason_to_withhold("recall", cases))


def test_small_classes_withhold_macro_averages():
    """Four true rows in a class are too few for macro F1, not for accuracy."""
    y = np.repeat([0, 1, 2], [50, 50, 4])
    cases = Cases(Task.MULTICLASS, y, y, n_classes=3)
    assert "the smallest has 4" in reason_to_withhold("f1_macro", cases)
    assert not reason_to_withhold("accuracy", cases)
    assert not reason_to_withhold("f1_macro", sample(Task.MULTICLASS))


def test_heavy_tails_withhold_the_rmse_but_not_the_mae():
    """One error of 100 among 1,000 of 1 carries most of the squared error; fewer rows are left to their skewness."""
    y = np.arange(1000) % 2
    cases = Cases(Task.REGRESSION, y, y + np.where(np.arange(1000) == 7, 100.0, 1.0))
    assert "91%" in reason_to_withhold("rmse", cases)
    assert all(reason_to_withhold(metric, cases) for metric in ("r2", "mse"))
    assert not reason_to_withhold("mae", cases)
    assert not reason_to_withhold("rmse", sample(Task.REGRESSION))
    normal = np.random.default_rng(0).normal(size=1000)
    assert not reason_to_withhold("rmse", Cases(Task.REGRESSION, np.zeros(1000), normal))


def test_true_values_near_zero_withhold_the_mape():
    """Two of 100."""
    y = np.where(np.arange(100) < 2, 0.0, 50.0)
    assert "2.0%" in reason_to_withhold("mape", Cases(Task.REGRESSION, y, y + 1))
    assert not reason_to_withhold("mape", sample(Task.REGRESSION))


@pytest.mark.parametrize("task", Task)
def test_every_metric_has_an_estimator(task):
    """Also those with a number in their name; labels are compared by cells, and no other metric is."""
    rows = Cases(task, np.ones(3), np.ones(3))
    for name in metric_names(task):
        by_cells = estimator_of(name, rows).paired == "cells"
        assert by_cells == (METRICS[name].needs == "labels"), name
    with pytest.raises(ValueError, match="expected one of"):
        estimator_of("no_such_metric", rows)
