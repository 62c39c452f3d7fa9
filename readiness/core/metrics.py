"""The metrics: names, directions, units and what they need. No numbers, so that the host may ask, too."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from readiness.core.policy import EVEN_GUESS_LOG_LOSS, Task

Needs = Literal["labels", "scores", "probabilities", "values", "order", "own", "measurement"]
"""What a metric is computed from: "order" is the order of the rows of each query, "own" a function of the user."""


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

    short: str = ""
    """As people write it in a tight place, where that is shorter than the title: "MAE"."""

    low: float = 0.0
    """No value lies below this."""
    high: float = math.inf
    """No value lies above this; 1 for shares."""
    guess: float | None = None
    """What an answer without any knowledge reaches, whatever the rows are; None where that depends on them."""
    in_percent: bool = False
    """Whether people say it in per cent: rows among rows, a mean of such shares, or an error as a share."""
    of_class: bool = False
    """Whether it says something of the rows of a class, and not of all rows alike: rows without a truth may then all be
    of that class (`soundness/missing.py`)."""
    ignores_shares: bool = False
    """Of scores: whether it stays as it is when only the shares of the classes change; of labels that is computed."""

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that there can be."""
        return self.low, min(self.high, 1.0) if self.is_share else self.high

    @property
    def label(self) -> str:
        """The short name, else the title."""
        return self.short or self.title


_BINARY, _MULTI, _VALUES, _ORDER = (
    frozenset({task}) for task in (Task.BINARY, Task.MULTICLASS, Task.REGRESSION, Task.RANKING)
)
_BOTH, _EVERY = _BINARY | _MULTI, frozenset(Task)

_LABELS = (
    Metric("accuracy", "accuracy", _BOTH, True, "labels", in_percent=True),
    Metric("recall", "recall", _BINARY, True, "labels", denominator="positives", in_percent=True, of_class=True),
    Metric("precision", "precision", _BINARY, True, "labels", denominator="predicted positives", in_percent=True),
    Metric("specificity", "specificity", _BINARY, True, "labels", denominator="negatives", in_percent=True),
    Metric(
        "negative_predictive_value",
        "negative predictive value",
        _BINARY,
        True,
        "labels",
        denominator="predicted negatives",
        in_percent=True,
    ),
    Metric(
        "false_positive_rate", "false positive rate", _BINARY, False, "labels", denominator="negatives", in_percent=True
    ),
    Metric(
        "false_negative_rate",
        "false negative rate",
        _BINARY,
        False,
        "labels",
        denominator="positives",
        in_percent=True,
        of_class=True,
    ),
    Metric(
        "f1", "F1", _BINARY, True, "labels", denominator="rows that are positive or predicted positive", of_class=True
    ),
    Metric("f2", "F2, recall counting twice", _BINARY, True, "labels", short="F2", of_class=True),
    Metric("f05", "F0.5, recall counting half", _BINARY, True, "labels", short="F0.5", of_class=True),
    Metric(
        "jaccard",
        "Jaccard index",
        _BINARY,
        True,
        "labels",
        denominator="rows that are positive or predicted positive",
        of_class=True,
    ),
    Metric("balanced_accuracy", "balanced accuracy", _BOTH, True, "labels", in_percent=True, of_class=True),
    Metric(
        "matthews_corrcoef",
        "Matthews correlation",
        _BOTH,
        True,
        "labels",
        is_share=False,
        low=-1.0,
        high=1.0,
        guess=0.0,
        of_class=True,
    ),
    Metric(
        "cohen_kappa",
        "Cohen's kappa",
        _BOTH,
        True,
        "labels",
        is_share=False,
        low=-1.0,
        high=1.0,
        guess=0.0,
        of_class=True,
    ),
    *(
        Metric(
            f"{name}_{average}",
            f"{average} {title}",
            _MULTI,
            True,
            "labels",
            in_percent=name != "f1" and average == "macro",
            of_class=average == "macro",
        )
        for name, title in (("f1", "F1"), ("precision", "precision"), ("recall", "recall"))
        for average in ("macro", "weighted", "micro")
    ),
    Metric("jaccard_macro", "macro Jaccard index", _MULTI, True, "labels", of_class=True),
)
_RANKED = (
    Metric("roc_auc", "ROC AUC", _BINARY, True, "scores", guess=0.5, ignores_shares=True),
    Metric("average_precision", "average precision", _BINARY, True, "scores", of_class=True),
    *(
        Metric(f"roc_auc_{way}{suffix}", f"ROC AUC, {words}{more}", _MULTI, True, "probabilities", guess=0.5)
        for way, words in (("ovr", "one class against the rest"), ("ovo", "each pair of classes"))
        for suffix, more in (("", ""), ("_weighted", ", weighted by class"))
    ),
)
_PROBABILITIES = (
    Metric("log_loss", "log loss", _BOTH, False, "probabilities", is_share=False, guess=EVEN_GUESS_LOG_LOSS),
    Metric("brier", "Brier score", _BOTH, False, "probabilities", is_share=False, high=2.0),
    Metric("calibration_error", "calibration error", _BINARY, False, "probabilities"),
)
_NUMBERS = (
    Metric("mae", "mean absolute error", _VALUES, False, "values", is_share=False, short="MAE"),
    Metric("mse", "mean squared error", _VALUES, False, "values", is_share=False, short="MSE"),
    Metric("rmse", "root mean squared error", _VALUES, False, "values", is_share=False, short="RMSE"),
    Metric("msle", "mean squared logarithmic error", _VALUES, False, "values", is_share=False, short="MSLE"),
    Metric("rmsle", "root mean squared logarithmic error", _VALUES, False, "values", is_share=False, short="RMSLE"),
    Metric(
        "mape",
        "mean absolute percentage error",
        _VALUES,
        False,
        "values",
        is_share=False,
        short="MAPE",
        guess=1.0,
        in_percent=True,
    ),
    Metric(
        "wmape",
        "absolute error as a share of the sum",
        _VALUES,
        False,
        "values",
        is_share=False,
        short="wMAPE",
        guess=1.0,
        in_percent=True,
    ),
    Metric("median_absolute_error", "median absolute error", _VALUES, False, "values", is_share=False),
    Metric("mean_poisson_deviance", "mean Poisson deviance", _VALUES, False, "values", is_share=False),
    Metric("mean_gamma_deviance", "mean gamma deviance", _VALUES, False, "values", is_share=False),
    Metric(
        "bias",
        "mean error (predicted minus true)",
        _VALUES,
        False,
        "values",
        is_share=False,
        short="bias",
        low=-math.inf,
    ),
    Metric("r2", "R²", _VALUES, True, "values", is_share=False, low=-math.inf, high=1.0, guess=0.0),
    Metric(
        "explained_variance", "explained variance", _VALUES, True, "values", False, low=-math.inf, high=1.0, guess=0.0
    ),
)
_QUERIES = (
    Metric("ndcg", "NDCG", _ORDER, True, "order", denominator="queries"),
    Metric("map", "mean average precision", _ORDER, True, "order", denominator="queries", short="MAP"),
    Metric("mrr", "mean reciprocal rank", _ORDER, True, "order", denominator="queries", short="MRR"),
)
_TECHNICAL = (
    Metric("latency_p50_ms", "median latency", _EVERY, False, "measurement", False, "ms", "calls", "latency p50"),
    Metric(
        "latency_p95_ms", "latency, 95th percentile", _EVERY, False, "measurement", False, "ms", "calls", "latency p95"
    ),
    Metric(
        "latency_p99_ms", "latency, 99th percentile", _EVERY, False, "measurement", False, "ms", "calls", "latency p99"
    ),
    Metric(
        "latency_p999_ms",
        "latency, 99.9th percentile",
        _EVERY,
        False,
        "measurement",
        False,
        "ms",
        "calls",
        "latency p99.9",
    ),
    Metric(
        "response_p95_ms",
        "response time at the stated rate, 95th percentile",
        _EVERY,
        False,
        "measurement",
        False,
        "ms",
        "requests",
        "response p95",
    ),
    Metric(
        "response_p99_ms",
        "response time at the stated rate, 99th percentile",
        _EVERY,
        False,
        "measurement",
        False,
        "ms",
        "requests",
        "response p99",
    ),
    Metric("throughput_per_second", "throughput", _EVERY, True, "measurement", False, "rows per second", "runs"),
    Metric("size_mb", "model size", _EVERY, False, "measurement", False, "MB", "files", "size"),
    Metric("memory_mb", "memory", _EVERY, False, "measurement", False, "MB", "runs"),
)


def _pinball_loss(percent: int) -> Metric:
    name, title = f"pinball_{percent}", f"pinball loss of the {percent} % quantile"
    return Metric(name, title, _VALUES, False, "values", is_share=False)


def _top_accuracy(k: int) -> Metric:
    return Metric(f"top_{k}_accuracy", f"accuracy within the first {k} classes", _MULTI, True, "probabilities")


def _metric_at(name: str, title: str) -> Callable[[int], Metric]:
    def metric(k: int) -> Metric:
        return Metric(f"{name}_at_{k}", f"{title} at {k}", _ORDER, True, "order", denominator="queries")

    return metric


_FAMILIES: Mapping[str, Callable[[int], Metric]] = {
    r"pinball_([1-9]\d?)": _pinball_loss,
    r"top_([1-9]\d?)_accuracy": _top_accuracy,
    r"ndcg_at_([1-9]\d{0,3})": _metric_at("ndcg", "NDCG"),
    r"precision_at_([1-9]\d{0,3})": _metric_at("precision", "precision"),
    r"recall_at_([1-9]\d{0,3})": _metric_at("recall", "recall"),
}
"""Metrics with a number in their name: a quantile in per cent, or how many rows from the top are looked at."""
_EXAMPLES = ("pinball_50", "pinball_90", "top_2_accuracy", "ndcg_at_10", "precision_at_10", "recall_at_10")


class Catalogue(Mapping[str, Metric]):
    """Every metric by name. Families are listed by examples; any other number in their name is known, too."""

    def __init__(self) -> None:
        """All metrics."""
        named = (*_LABELS, *_RANKED, *_PROBABILITIES, *_NUMBERS, *_QUERIES, *_TECHNICAL)
        self._named = {metric.name: metric for metric in named}

    def __getitem__(self, name: str) -> Metric:
        """The metric of this name.

        Raises:
            KeyError: there is none.
        """
        if name in self._named:
            return self._named[name]
        for pattern, family in _FAMILIES.items():
            if match := re.fullmatch(pattern, name, re.ASCII):
                return family(int(match[1]))
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Names, families by examples."""
        return iter((*self._named, *_EXAMPLES))

    def __len__(self) -> int:
        """How many names are listed."""
        return len(self._named) + len(_EXAMPLES)


METRICS: Mapping[str, Metric] = Catalogue()
"""Every metric by name."""

ALIASES: Mapping[str, str] = {
    **{f"{name}_score": name for name in (
        "accuracy", "balanced_accuracy", "recall", "precision", "f1", "roc_auc", "average_precision", "r2",
        "explained_variance", "cohen_kappa", "jaccard", "ndcg",
    )},
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "mcc": "matthews_corrcoef",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_squared_log_error": "msle",
    "root_mean_squared_log_error": "rmsle",
    "mean_absolute_percentage_error": "mape",
    "mean_pinball_loss": "pinball_50",
}  # fmt: skip
"""Other names that scikit-learn has for the same metrics."""

TECHNICAL = frozenset(metric.name for metric in _TECHNICAL)
"""Names of metrics that are read from clocks and files instead of cases."""
QUANTILES = {"latency_p50_ms": 0.50, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99, "latency_p999_ms": 0.999}
"""Share of calls, one after another, that are no slower, by metric."""
RESPONSE_QUANTILES = {"response_p95_ms": 0.95, "response_p99_ms": 0.99}
"""Share of requests, arriving at a rate, that are answered no later, by metric."""


def canonical(name: str) -> str:
    """The name by which a metric is known here, also for scikit-learn's other names of it.

    Raises:
        ValueError: a scorer whose sign is turned.
    """
    right = name.removeprefix("neg_")
    right = ALIASES.get(right, right)
    if name.startswith("neg_") and right in METRICS:
        raise ValueError(f"{name} is a scorer with its sign turned; name {right}, and give its limit as at_most")
    return ALIASES.get(name, name)


def metric_names(task: Task) -> tuple[str, ...]:
    """Names of the metrics that can be computed from the cases of a task, families by examples."""
    return tuple(name for name, metric in METRICS.items() if task in metric.tasks and metric.needs != "measurement")
