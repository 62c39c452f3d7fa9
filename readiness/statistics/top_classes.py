"""Is the true class among the first k, when the classes are put in the order of their probabilities?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.shares import share_of

_NAME = re.compile(r"top_(\d+)_accuracy")


def is_top_accuracy(metric: str) -> bool:
    """Whether this is the accuracy within the first k classes."""
    return _NAME.fullmatch(metric) is not None


def measure_top(metric: str, cases: Cases) -> Inference | Undefined:
    """The share of rows whose true class is among the first k."""
    hit = _hits(metric, cases)
    return hit if isinstance(hit, Undefined) else share_of(hit, cases)


def top_influence(metric: str, cases: Cases) -> Floats | Undefined:
    """Influence of each row on that share, shape (n,)."""
    hit = _hits(metric, cases)
    if isinstance(hit, Undefined):
        return hit
    w = cases.relative_weight
    return np.asarray(w * (hit - float(w @ hit) / cases.n))


def guessed_top(metric: str, probabilities: Sequence[float]) -> Floats:
    """Chance of each class to be among the first k of constant probabilities, ties broken at random, shape (K,)."""
    p, k = np.asarray(probabilities), _k(metric)
    ahead, tied = (p[:, None] < p).sum(axis=1), (p[:, None] == p).sum(axis=1)
    return np.asarray(np.clip((k - ahead) / tied, 0.0, 1.0))


def _k(metric: str) -> int:
    match = _NAME.fullmatch(metric)
    assert match is not None
    return int(match[1])


def _hits(metric: str, cases: Cases) -> Array | Undefined:
    """Shape (n,) of true and false. Of equal scores the later class goes first, as in scikit-learn."""
    k = _k(metric)
    if cases.y_score is None:
        return Undefined("There are no predicted probabilities.", cases.n)
    if not np.isfinite(cases.y_score).all():
        return Undefined("Some scores are missing or infinite.", cases.n)
    if k >= cases.n_classes:
        return Undefined(f"There are only {cases.n_classes} classes, so the true one is always among {k}.", cases.n)
    if cases.weight is not None and not cases.weight.sum() > 0:
        return Undefined("These rows have no weight.", cases.n)
    true = cases.y_true.astype(np.int64)
    own = np.take_along_axis(cases.y_score, true[:, None], axis=1)[:, 0]
    ahead = np.zeros(cases.n, dtype=np.int64)
    for code in range(cases.n_classes):  # class by class keeps the memory to one column
        score = cases.y_score[:, code]
        ahead += (score > own) | ((score == own) & (code > true))
    return np.asarray(ahead < k)
