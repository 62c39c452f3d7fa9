"""Which metrics are there, and what is one of them worth for these cases?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from readiness.cases import Cases, Floats
from readiness.criteria import Task
from readiness.inference import Inference, Undefined
from readiness.influence import MINIMUM_GROUPS, group_count
from readiness.labels import (
    BINARY_LABEL_METRICS,
    MACRO_METRICS,
    MULTICLASS_LABEL_METRICS,
    measure_labels,
    row_influence,
)
from readiness.losses import NEAR_ZERO, loss_influence, measure_losses, row_losses, unusable
from readiness.ranking import measure_ranking, ranked

Needs = Literal["labels", "scores", "probabilities", "values", "measurement"]

MINIMUM_CLASS_ROWS = 5
"""True rows that every class needs before a macro average can be met: below, its intervals are too narrow."""
TAIL_SHARE = 0.30
"""RMSE and R² are withheld when the worst 1 % of rows carry more than this share of the squared error."""
NEAR_ZERO_SHARE = 0.01
"""MAPE is withheld when more than this share of true values is close to 0."""
NEAR_ZERO_OF_MEDIAN = 1e-3
"""A true value is close to 0 below this fraction of the median absolute true value."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is called, where it applies and what it needs."""

    name: str
    """As in scikit-learn where it has one."""
    title: str
    tasks: frozenset[Task]
    greater_is_better: bool
    needs: Needs
    is_share: bool = True
    """Whether it always lies between 0 and 1."""
    unit: str = ""
    denominator: str = "rows"
    """Plain word for the rows that the number rests on."""


def _metrics() -> Mapping[str, Metric]:
    binary, multi, values = (frozenset({task}) for task in (Task.BINARY, Task.MULTICLASS, Task.REGRESSION))
    both, every = binary | multi, frozenset(Task)
    known = (
        Metric("accuracy", "accuracy", both, True, "labels"),
        Metric("recall", "recall", binary, True, "labels", denominator="positives"),
        Metric("precision", "precision", binary, True, "labels", denominator="predicted positives"),
        Metric("specificity", "specificity", binary, True, "labels", denominator="negatives"),
        Metric("false_positive_rate", "false positive rate", binary, False, "labels", denominator="negatives"),
        Metric("false_negative_rate", "false negative rate", binary, False, "labels", denominator="positives"),
        Metric("f1", "F1", binary, True, "labels", denominator="rows that are positive or predicted positive"),
        Metric("balanced_accuracy", "balanced accuracy", both, True, "labels"),
        Metric("f1_macro", "macro F1", multi, True, "labels"),
        Metric("f1_weighted", "weighted F1", multi, True, "labels"),
        Metric("f1_micro", "micro F1", multi, True, "labels"),
        Metric("precision_macro", "macro precision", multi, True, "labels"),
        Metric("recall_macro", "macro recall", multi, True, "labels"),
        Metric("roc_auc", "ROC AUC", binary, True, "scores"),
        Metric("average_precision", "average precision", binary, True, "scores"),
        Metric("roc_auc_ovr", "ROC AUC, one class against the rest", multi, True, "probabilities"),
        Metric("log_loss", "log loss", both, False, "probabilities", is_share=False),
        Metric("brier", "Brier score", both, False, "probabilities", is_share=False),
        Metric("mae", "mean absolute error", values, False, "values", is_share=False),
        Metric("mape", "mean absolute percentage error", values, False, "values", is_share=False),
        Metric("rmse", "root mean squared error", values, False, "values", is_share=False),
        Metric("r2", "R²", values, True, "values", is_share=False),
        Metric("median_absolute_error", "median absolute error", values, False, "values", is_share=False),
        Metric("latency_p50_ms", "median latency", every, False, "measurement", False, "ms", "calls"),
        Metric("latency_p95_ms", "latency, 95th percentile", every, False, "measurement", False, "ms", "calls"),
        Metric("latency_p99_ms", "latency, 99th percentile", every, False, "measurement", False, "ms", "calls"),
        Metric("throughput_per_second", "throughput", every, True, "measurement", False, "rows per second", "runs"),
        Metric("size_mb", "model size", every, False, "measurement", False, "MB", "files"),
        Metric("memory_mb", "memory", every, False, "measurement", False, "MB", "runs"),
    )
    return {metric.name: metric for metric in known}


METRICS: Mapping[str, Metric] = _metrics()
"""Every metric by name."""


TECHNICAL = frozenset(name for name, metric in METRICS.items() if metric.needs == "measurement")
"""Names of metrics that are read from clocks and files instead of cases."""


def metric_names(task: Task) -> tuple[str, ...]:
    """Names of the metrics that can be computed from the cases of a task."""
    return tuple(name for name, metric in METRICS.items() if task in metric.tasks and metric.needs != "measurement")


def measure(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of scored cases with its uncertainty; Undefined where it has no denominator or lacks its inputs.

    Raises:
        ValueError: the metric is not one of the task's.
    """
    _known(metric, cases)
    if cases.n == 0:
        return Undefined("There are no rows.")
    if metric in _labels(cases):
        return measure_labels(metric, cases)
    needs = METRICS[metric].needs
    if needs == "scores" or metric == "roc_auc_ovr":
        return measure_ranking(metric, cases)
    return measure_losses(metric, cases)


def influence(metric: str, cases: Cases) -> Floats | Undefined:
    """Influence of each row on a metric, shape (n,), mean 0 (see readiness.influence); Undefined as in `measure`."""
    _known(metric, cases)
    if metric in _labels(cases):
        result = measure_labels(metric, cases)
        return result if isinstance(result, Undefined) else row_influence(metric, cases)
    if METRICS[metric].needs == "scores" or metric == "roc_auc_ovr":
        part = ranked(metric, cases)
        return part if isinstance(part, Undefined) else part.influence
    problem = unusable(metric, cases)
    if problem is None and metric == "median_absolute_error":
        problem = Undefined("The median error has no row influences.", cases.n)
    return loss_influence(metric, cases) if problem is None else problem


def withheld(metric: str, cases: Cases) -> str:
    """Why no *met* may come from this metric on these cases, whatever its bounds; empty when it may."""
    _known(metric, cases)
    groups = group_count(cases.groups)
    if groups is not None and groups < MINIMUM_GROUPS:
        return f"The rows come from {groups} groups; at least {MINIMUM_GROUPS} are needed to know the chance error."
    if cases.task is Task.MULTICLASS and metric in MACRO_METRICS | {"roc_auc_ovr"} and metric != "f1_weighted":
        return _small_class(cases)
    if metric in ("rmse", "r2"):
        return _heavy_tail(cases)
    return _near_zero(cases) if metric == "mape" else ""


def _known(metric: str, cases: Cases) -> None:
    if metric not in metric_names(cases.task):
        names = ", ".join(metric_names(cases.task))
        raise ValueError(f"metric is {metric!r}; for a {cases.task} task expected one of {names}")


def _labels(cases: Cases) -> frozenset[str]:
    if cases.task is Task.REGRESSION:
        return frozenset()
    return BINARY_LABEL_METRICS if cases.task is Task.BINARY else MULTICLASS_LABEL_METRICS


def _small_class(cases: Cases) -> str:
    true = np.bincount(cases.y_true.astype(np.int64), minlength=cases.n_classes)
    small = int(np.count_nonzero(true < MINIMUM_CLASS_ROWS))
    if not small:
        return ""
    which = "1 class has" if small == 1 else f"{small} classes have"
    return (
        f"{which} fewer than {MINIMUM_CLASS_ROWS} true rows (the smallest has {int(true.min())}); "
        f"a mean over classes needs {MINIMUM_CLASS_ROWS} in each."
    )


def _heavy_tail(cases: Cases) -> str:
    if cases.n == 0 or not np.isfinite(cases.y_pred).all():
        return ""
    losses = np.sort(row_losses("rmse", cases))
    worst = max(1, cases.n // 100)
    share = float(losses[-worst:].sum() / total) if (total := float(losses.sum())) > 0 else 0.0
    if cases.n < 100 or share <= TAIL_SHARE:
        return ""
    return (
        f"The worst 1 % of rows carry {share:.0%} of the squared error, so no interval of it can be trusted; "
        "judge the mean absolute error instead."
    )


def _near_zero(cases: Cases) -> str:
    size = np.abs(cases.y_true.astype(float))
    if not len(size):
        return ""
    bar = max(NEAR_ZERO, NEAR_ZERO_OF_MEDIAN * float(np.median(size)))
    share = float(np.mean(size < bar))
    if share <= NEAR_ZERO_SHARE:
        return ""
    return (
        f"{share:.1%} of the true values are close to 0, where a percentage error says nothing; "
        "judge the mean absolute error instead."
    )
