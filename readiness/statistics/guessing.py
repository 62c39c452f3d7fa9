"""What would guessing score? Exact expectations of guesses with fixed class probabilities, nothing simulated.

"Always the majority class" is the guess that gives one class probability 1; "stratified" takes the training shares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MULTICLASS_LABEL_METRICS,
    label_influence,
    label_metric_values,
)
from readiness.statistics.metrics import influence, measure


@dataclass(frozen=True, slots=True)
class Guess:
    """A method that guesses each class with a fixed probability, whatever the row."""

    probabilities: tuple[float, ...]
    """One for each class code, summing to 1."""

    def __post_init__(self) -> None:
        if min(self.probabilities) < 0 or abs(sum(self.probabilities) - 1) > 1e-6:
            raise ValueError(f"probabilities of a guess are {self.probabilities}; expected shares that sum to 1")

    def table(self, true: Floats) -> Floats:
        """Expected confusion matrix, shape (..., K, K), from counts of the true classes, shape (..., K)."""
        return np.asarray(true[..., :, None] * np.asarray(self.probabilities))

    def cases(self, like: Cases) -> Cases:
        """The guess as scored rows: the same probabilities for every row of `like`."""
        p = np.asarray(self.probabilities)
        score = np.full(like.n, p[1]) if like.task is Task.BINARY else np.tile(p, (like.n, 1))
        return replace(like, y_pred=np.full(like.n, int(np.argmax(p))), y_score=score, is_probability=True)


def measure_guess(metric: str, cases: Cases, guess: Guess) -> Inference | Undefined:
    """A metric of guessing on these rows: the exact expectation, or the measured loss of the constant probabilities.

    The precision of a guess that never says "positive" counts as 0, as in scikit-learn.
    """
    if cases.n == 0:
        return Undefined("There are no rows.")
    value = guess_value(metric, cases, guess)
    if value is not None:
        return Exact(value, cases.n, "exact expectation of guessing", "exact expectation of guessing")
    return measure(metric, guess.cases(cases))


def guess_value(metric: str, cases: Cases, guess: Guess) -> float | None:
    """Exact expectation of a label or ranking metric under guessing; None for losses of probabilities."""
    if metric in BINARY_LABEL_METRICS | MULTICLASS_LABEL_METRICS:
        table = guess.table(cases.cells.sum(axis=1))
        values = label_metric_values(metric, table, binary=cases.task is Task.BINARY)
        return float(np.nan_to_num(values))
    if metric in ("roc_auc", "roc_auc_ovr"):
        return 0.5
    if metric == "average_precision":
        return float(cases.cells[1].sum() / cases.n)
    return None


def guess_influence(metric: str, cases: Cases, guess: Guess) -> Floats | Undefined:
    """Influence of each row on a guess's metric, shape (n,): only the shares of the true classes matter."""
    if metric in BINARY_LABEL_METRICS | MULTICLASS_LABEL_METRICS:
        table = guess.table(cases.cells.sum(axis=1))
        pull = np.nan_to_num(label_influence(metric, table, binary=cases.task is Task.BINARY))
        by_class = pull @ np.asarray(guess.probabilities)
        return np.asarray(by_class[cases.y_true.astype(np.int64)] * cases.relative_weight)
    if metric in ("roc_auc", "roc_auc_ovr"):
        return np.zeros(cases.n)
    if metric == "average_precision":
        share = float(cases.cells[1].sum() / cases.n)
        return np.asarray(cases.relative_weight * ((cases.y_true == 1) - share))
    return influence(metric, guess.cases(cases))
