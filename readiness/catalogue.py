"""Which metrics are there, what are they called, and what do they need? Names only, so that the host may ask, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from readiness.criteria import Task

Needs = Literal["labels", "scores", "probabilities", "values", "measurement"]


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
