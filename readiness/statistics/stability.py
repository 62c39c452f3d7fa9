"""How much would refitting change the model? Fold scores, their corrected mean, and churn of predictions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from readiness import criteria
from readiness.statistics.cases import Array, Floats
from readiness.statistics.dependence import INDEPENDENT, Dependence
from readiness.statistics.inference import Inference, Mapped, Undefined, within_0_and_1
from readiness.statistics.intervals import Mover, Normal, Unvaried
from readiness.statistics.means import mean_of

SPREAD = 1.96
"""Normal quantile of the range that 95 of 100 folds are expected in."""
NADEAU_BENGIO = "corrected t-interval of the mean over folds (Nadeau and Bengio 2003)"


@dataclass(frozen=True, slots=True)
class FoldFacts:
    """How the fold scores lie; all of it depends on the size of the folds and says little of the model's stability."""

    mean: float
    std: float
    """Sample standard deviation (n - 1)."""
    smallest: float
    largest: float
    low: float
    """mean - 1.96 std, or the lowest value there can be: range to expect of one fold; not an interval of the mean."""
    high: float
    grade: str
    """Grade of the standard deviation, or of its share of the mean: excellent, good, warning or unstable."""

    @property
    def range(self) -> float:
        """Largest minus smallest."""
        return self.largest - self.smallest

    @property
    def coefficient_of_variation(self) -> float:
        """Std as a share of the mean; infinite for a mean of 0."""
        return self.std / abs(self.mean) if self.mean else math.inf


def fold_facts(
    scores: Floats, *, ends: tuple[float, float] = (-math.inf, math.inf), relative: bool = False
) -> FoldFacts:
    """Facts of at least two fold scores of any shape.

    Args:
        scores: one score for each fold.
        ends: the lowest and the highest value that a score can have.
        relative: whether the grade is that of the standard deviation as a share of the mean, for errors without a
            fixed scale.
    """
    flat = np.asarray(scores, dtype=float).ravel()
    mean, std = float(flat.mean()), float(flat.std(ddof=1))
    low, high = max(ends[0], mean - SPREAD * std), min(ends[1], mean + SPREAD * std)
    grade = spread_grade(std / abs(mean) if relative and mean else std)
    return FoldFacts(mean, std, float(flat.min()), float(flat.max()), low, high, grade)


def spread_grade(spread: float) -> str:
    """Grade of a standard deviation between 0 and 1: excellent, good, warning or unstable."""
    return next((name for limit, name in criteria.FOLD_STD_GRADES if spread < limit), "unstable")


def corrected_mean(
    scores: Floats, *, n_train: float, n_test: float, ends: tuple[float, float] = (0.0, 1.0)
) -> Inference | Undefined:
    """Mean of repeated cross-validation scores: se = S · sqrt(1/J + n_test/n_train), Student with J - 1 degrees.

    It speaks of the procedure that fits the model, not of the one fitted model (Bates, Hastie and Tibshirani 2023).

    Args:
        scores: one score for each fold of each repeat, any shape, J in total.
        n_train: mean number of training rows of a fold.
        n_test: mean number of test rows of a fold.
        ends: the lowest and the highest value that a score can have; limits are cut off there.
    """
    flat = np.asarray(scores, dtype=float).ravel()
    if len(flat) < 2 or not np.isfinite(flat).all():
        return Undefined("Fewer than two folds could be scored.", len(flat))
    mean, std = float(flat.mean()), float(flat.std(ddof=1))
    least, most = ends
    if std < 1e-12 * max(1.0, abs(mean)):
        return Unvaried(mean, max(1, round(n_test)), len(flat), least, most)
    se = std * math.sqrt(1 / len(flat) + n_test / n_train)
    return Normal(mean, se, len(flat) - 1.0, len(flat), "identity", NADEAU_BENGIO, least, most)


def half_width(inference: Inference, level: float) -> float:
    """The longer arm of the two-sided interval: half its width, unless one end was cut off at 0 or 1."""
    low, high = inference.interval(level)
    return max(high - inference.value, inference.value - low)


def churn(labels: Array, dependence: Dependence = INDEPENDENT) -> Inference | Undefined:
    """Share of rows whose predicted label differs between two refits, averaged over all pairs of refits.

    Chance error of the rows (rare differences, Fay and Feuer 1997) and of the refits (delete-one jackknife) are added
    by MOVER (Milani Fard et al. 2016 for the measure).

    Args:
        labels: predicted labels, shape (refits, rows), each row predicted once by every refit.
        dependence: what makes the rows depend on each other.
    """
    refits, rows = labels.shape
    if refits < 2 or rows == 0:
        return Undefined("There are fewer than two refits to compare.", rows)
    by_row, by_pair = np.zeros(rows), np.zeros((refits, refits))
    for r, s in combinations(range(refits), 2):
        differs = labels[r] != labels[s]
        by_row += differs
        by_pair[r, s] = by_pair[s, r] = float(differs.mean())
    share = mean_of(by_row / math.comb(refits, 2), dependence, least=0.0, most=1.0)
    if isinstance(share, Undefined) or refits < 3:
        return share
    spread = Normal(0.0, _jackknife(by_pair), refits - 1.0, rows)
    return Mapped(Mover(share, spread), within_0_and_1, note=" and jackknife over the refits")


def mean_change(values: Floats, dependence: Dependence = INDEPENDENT) -> Inference | Undefined:
    """Mean absolute difference between the predicted values of two refits, over rows and all pairs of refits.

    Args:
        values: predicted values, shape (refits, rows).
        dependence: what makes the rows depend on each other.
    """
    refits, rows = values.shape
    if refits < 2 or rows == 0:
        return Undefined("There are fewer than two refits to compare.", rows)
    ordered = np.sort(values, axis=0)
    # The sum over pairs of sorted values: the k-th of R is added k times and taken off R - 1 - k times.
    pulls = 2.0 * np.arange(refits) - (refits - 1)
    return mean_of(np.asarray(pulls @ ordered) / math.comb(refits, 2), dependence, least=0.0)


def _jackknife(by_pair: Floats) -> float:
    """Standard error of the mean over pairs when refits are left out one at a time."""
    refits = len(by_pair)
    total = by_pair.sum() / 2
    without = (total - by_pair.sum(axis=1)) / math.comb(refits - 1, 2)
    return math.sqrt((refits - 1) / refits * float(((without - without.mean()) ** 2).sum()))
