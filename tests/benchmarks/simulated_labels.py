"""Simulated labels and scores: shares, metrics of the confusion matrix, means over classes, rankings."""

from __future__ import annotations

import math
from functools import lru_cache, partial

import numpy as np
from scipy.special import ndtr, ndtri

from readiness.core.policy import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.comparison import compare
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.labels import label_metric_values, measure_table
from tests.benchmarks.simulation import Coverage, Generator, Sample

SIZES = (30, 100, 300, 1_000, 10_000)
MATRICES = {
    "A: prevalence .1, recall .7, specificity .95": np.array([[0.855, 0.045], [0.03, 0.07]]),
    "B: prevalence .5, recall .95, specificity .95": np.array([[0.475, 0.025], [0.025, 0.475]]),
}


def share(rng: Generator, p: float, n: int) -> Sample:
    """Accuracy of rows that are right with chance p."""
    right = rng.binomial(n, p)
    return Sample(measure_table("accuracy", np.array([[right, n - right], [0.0, 0.0]]), binary=True), p)


def of_matrix(rng: Generator, metric: str, matrix: Floats, n: int) -> Sample:
    """A binary metric of four counts."""
    counts = rng.multinomial(n, matrix.ravel()).reshape(2, 2).astype(float)
    return Sample(measure_table(metric, counts, binary=True), float(label_metric_values(metric, matrix, binary=True)))


def many_classes(classes: int, *, geometric: bool) -> Floats:
    """Shares of (true, predicted): 70 % right in each class, errors alike; geometric: each class has 0.6 of the last."""
    prior = 0.6 ** np.arange(classes) if geometric else np.ones(classes)
    right = np.where(np.eye(classes) == 1, 0.7, 0.3 / (classes - 1))
    return np.asarray(right * (prior / prior.sum())[:, None])


def of_classes(rng: Generator, metric: str, matrix: Floats, n: int) -> Sample:
    """A mean over classes."""
    k = len(matrix)
    cells = np.repeat(np.arange(k * k), rng.multinomial(n, matrix.ravel()))
    cases = Cases(Task.MULTICLASS, cells // k, cells % k, n_classes=k)
    truth = float(label_metric_values(metric, matrix, binary=False))
    return Sample(measure(metric, cases), truth, reason_to_withhold(metric, cases))


def distance(auc: float) -> float:
    """Standard deviations between the scores of negatives and positives."""
    return math.sqrt(2) * float(ndtri(auc))


@lru_cache
def true_average_precision(auc: float, prevalence: float) -> float:
    """Integral of precision over recall of two normal scores."""
    cut = np.linspace(-8, 12, 200_001)
    found, false = ndtr(distance(auc) - cut), ndtr(-cut)
    precision = prevalence * found / (prevalence * found + (1 - prevalence) * false)
    return float(np.sum((found[:-1] - found[1:]) * (precision[1:] + precision[:-1]) / 2))


def of_scores(rng: Generator, metric: str, auc: float, prevalence: float, n: int) -> Sample:
    """ROC AUC or average precision of two normal scores."""
    y = (rng.random(n) < prevalence).astype(np.int64)
    score = rng.standard_normal(n) + distance(auc) * y
    cases = Cases(Task.BINARY, y, (score > 1).astype(np.int64), score)
    truth = auc if metric == "roc_auc" else true_average_precision(auc, prevalence)
    return Sample(measure(metric, cases), truth, reason_to_withhold(metric, cases))


PAIRED = np.zeros((2, 2, 2))
"""Shares of (truth, candidate, other), 30 % positive: the candidate is right in 90 %, the other in 80 %."""
for truth_, prior_ in ((0, 0.7), (1, 0.3)):
    for mine_, theirs_, share_ in ((1, 1, 0.76), (1, 0, 0.14), (0, 1, 0.04), (0, 0, 0.06)):
        PAIRED[truth_, truth_ if mine_ else 1 - truth_, truth_ if theirs_ else 1 - truth_] = prior_ * share_


def paired_labels(rng: Generator, n: int) -> Sample:
    """Gain in F1 over another method on the same rows."""
    cells = np.repeat(np.arange(8), rng.multinomial(n, PAIRED.ravel()))
    y, mine, theirs = cells // 4, cells // 2 % 2, cells % 2
    gain = compare("f1", Cases(Task.BINARY, y, mine), Cases(Task.BINARY, y, theirs))
    values = [float(label_metric_values("f1", PAIRED.sum(axis=axis), binary=True)) for axis in (2, 1)]
    return Sample(gain, values[0] - values[1])


def paired_scores(rng: Generator, n: int) -> Sample:
    """Gain in ROC AUC, .85 against .75, scores correlated by one half."""
    y = (rng.random(n) < 0.3).astype(np.int64)
    common, own, other = rng.standard_normal((3, n))
    scores = [math.sqrt(0.5) * (common + noise) + distance(auc) * y for noise, auc in ((own, 0.85), (other, 0.75))]
    mine, theirs = (Cases(Task.BINARY, y, (score > 1).astype(np.int64), score) for score in scores)
    return Sample(compare("roc_auc", mine, theirs), 0.10)


SETTINGS = [
    *(Coverage("share", f"{p:g}", n, partial(share, p=p, n=n)) for p in (0.80, 0.95, 0.99) for n in SIZES),
    *(
        Coverage(
            metric, name, n, partial(of_matrix, metric=metric, matrix=matrix, n=n), cost=1 if metric == "f1" else 3
        )
        for metric in ("f1", "f2", "matthews_corrcoef", "balanced_accuracy")
        for name, matrix in MATRICES.items()
        for n in SIZES
    ),
    *(
        Coverage(
            "f1_macro",
            f"{k} classes, {'geometric' if geometric else 'balanced'}",
            n,
            partial(of_classes, metric="f1_macro", matrix=many_classes(k, geometric=geometric), n=n),
            cost=3 if n > 1000 else 1,
        )
        for k in (3, 5, 10)
        for geometric in (False, True)
        for n in SIZES
    ),
    *(
        Coverage(
            metric,
            f"AUC {auc:g}, prevalence {prevalence:g}",
            n,
            partial(of_scores, metric=metric, auc=auc, prevalence=prevalence, n=n),
            claimed=n * prevalence >= 10,
            cost=3 if n > 1000 else 1,
        )
        for metric in ("roc_auc", "average_precision")
        for auc in (0.76, 0.95)
        for prevalence in (0.3, 0.1)
        for n in SIZES
    ),
    *(Coverage("f1 gain", "paired, 90 % and 80 % right", n, partial(paired_labels, n=n), cost=3) for n in SIZES),
    *(Coverage("roc_auc gain", "paired, .85 and .75", n, partial(paired_scores, n=n), cost=2) for n in SIZES),
]  # fmt: skip
