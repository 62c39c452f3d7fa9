"""What would guessing score? Exact expectations of guesses with fixed class probabilities, nothing simulated.

"Always the majority class" is the guess that gives one class probability 1; "stratified" takes the training shares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.class_ranking import CLASS_RANKING_METRICS
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MULTICLASS_LABEL_METRICS,
    label_influence,
    label_metric_values,
)
from readiness.statistics.metrics import influence, measure
from readiness.statistics.own import measure_own
from readiness.statistics.top_classes import guessed_top, is_top_accuracy

AREAS = CLASS_RANKING_METRICS | {"roc_auc"}
"""One half, whatever is guessed."""
SEED = 0x67756573
"""Unlike any seed that a person would make test rows with, to which the answers would then be tied."""
DRAWN = ", the answers of the guess drawn once by seed"
"""How a metric of the user's own, of which no expectation is known, is taken of a guess."""


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

    def drawn(self, like: Cases) -> Cases:
        """The guess with an answer drawn for every row, always the same one for the same rows."""
        p = np.asarray(self.probabilities)
        codes = np.random.default_rng(SEED).choice(len(p), like.n, p=p / p.sum())
        return replace(self.cases(like), y_pred=codes.astype(np.int64))


def measure_guess(metric: str, cases: Cases, guess: Guess) -> Inference | Undefined:
    """A metric of guessing on these rows: the exact expectation, or the measured loss of the constant probabilities.

    The precision of a guess that never says "positive" counts as 0, as in scikit-learn. Of classes that it gives the
    same probability, any may be among the first k.
    """
    if cases.n == 0:
        return Undefined("There are no rows.")
    if metric in cases.own:
        key = f"own metric {metric} guessed {guess.probabilities}"
        if key not in cases.remembered:
            cases.remembered[key] = measure_own(metric, guess.drawn(cases), note=DRAWN)
        found: Inference | Undefined = cases.remembered[key]
        return found
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
    if metric in AREAS:
        return 0.5
    if is_top_accuracy(metric):
        shares = cases.cells.sum(axis=1) / cases.n
        return float(shares @ guessed_top(metric, guess.probabilities))
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
    if metric in AREAS:
        return np.zeros(cases.n)
    if is_top_accuracy(metric):
        chance = guessed_top(metric, guess.probabilities)
        by_row = chance[cases.y_true.astype(np.int64)]
        return np.asarray(cases.relative_weight * (by_row - float(cases.relative_weight @ by_row) / cases.n))
    if metric == "average_precision":
        share = float(cases.cells[1].sum() / cases.n)
        return np.asarray(cases.relative_weight * ((cases.y_true == 1) - share))
    return influence(metric, guess.cases(cases))
