"""Label shift: a metric at another share of positives, and scores that look as if only the share had changed.

Label shift: within each class rows look as before, and only the shares of the classes differ (Saerens, Latinne and
Decaestecker 2002). Then recall and false positive rate stay, and all that follows from them and from the share of
positives can be carried: their exact limits are combined by MOVER (Zou and Donner 2008), since rows of the two classes
are different rows. The assumption is tested by the scores of unlabelled rows, which must be a mixture of those of the
two classes, and the share is estimated from how many of them are answered positive (Lipton, Wang and Smola 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov

from readiness.core.metrics import METRICS
from readiness.core.missing import Missing
from readiness.statistics.cases import Floats
from readiness.statistics.comparison import Guess
from readiness.statistics.inference import Exact, Inference, linear
from readiness.statistics.intervals import Mover, MoverOf
from readiness.statistics.labels import BINARY_LABEL_METRICS, label_metric_values

SHARE_ROUNDING = 1e-4
"""How near the nearest share of a range is found."""


CARRIED = "recall and false positive rate, carried to another share of positives (MOVER)"
CORRECTED = "share answered positive, corrected for recall and false positive rate (BBSE)"


def table_of(recall: float, false_positive_rate: float, share: float) -> Floats:
    """Shares of all rows by true and predicted class, shape (2, 2)."""
    rates = np.array([[1 - false_positive_rate, false_positive_rate], [1 - recall, recall]])
    return np.asarray(rates * np.array([[1 - share], [share]]))


def _ignores_share(metric: str) -> bool:
    """Whether a binary metric of labels has the same value at every share of positives."""
    rates, shares = ((0.7, 0.2), (0.4, 0.1)), (0.05, 0.3, 0.8)
    tables = np.array([[table_of(*pair, share) for share in shares] for pair in rates])
    return bool(np.ptp(label_metric_values(metric, tables, binary=True), axis=1).max() < SAME)


SAME = 1e-9
UNCHANGED = frozenset(
    metric.name
    for metric in METRICS.values()
    if metric.ignores_shares or (metric.name in BINARY_LABEL_METRICS and _ignores_share(metric.name))
)
"""Metrics that do not depend on the share of positives."""


def carry_metric(
    metric: str, recall: Inference, false_positive_rate: Inference, share: float, *, guess: Guess | None = None,
    factor: float = 1.0,
) -> MoverOf:  # fmt: skip
    """A binary metric of labels at another share of positives; less `factor` times that of a guess, where one is given.

    Where it has no denominator it counts as 0.
    """

    def at(table: Floats) -> float:
        return float(np.nan_to_num(label_metric_values(metric, table, binary=True)))

    theirs = 0.0 if guess is None else factor * at(guess.table(np.array([1 - share, share])))
    rows = recall.n + false_positive_rate.n
    return MoverOf(lambda r, f: at(table_of(r, f, share)) - theirs, (recall, false_positive_rate), rows, CARRIED)


def carry_mean(
    of_positives: Inference | Missing, of_negatives: Inference | Missing, share: float
) -> Inference | Missing:
    """A mean over all rows from those of both classes, at another share of positives."""
    if share in (0.0, 1.0):
        return of_positives if share else of_negatives
    if isinstance(of_positives, Missing) or isinstance(of_negatives, Missing):
        return of_positives if isinstance(of_positives, Missing) else of_negatives
    return Mover(linear(of_positives, scale=share), linear(of_negatives, scale=share - 1))


def mean_of_two_amounts(rate: Inference, where_not: float, where_so: float) -> Inference:
    """The mean of an amount that is one where a share counts and another where it does not."""
    if where_so == where_not:
        return Exact(where_so, rate.n)
    return linear(rate, scale=where_so - where_not, shift=where_not)


def shift_of_log_odds(before: float, after: float) -> float:
    """By how much the log odds of a probability change with the share of positives, which lie between 0 and 1."""
    return math.log(after / (1 - after)) - math.log(before / (1 - before))


@dataclass(frozen=True, slots=True)
class Distance:
    """How far scores are from a mixture of those of two classes."""

    largest: float
    """Largest difference of the two distribution functions (Kolmogorov and Smirnov)."""
    p: float
    share: float
    """The share of positives with which the mixture comes nearest."""


def mixture_distance(
    scores: Floats,
    positives: Floats,
    negatives: Floats,
    shares: tuple[float, float],
    *,
    units: Sequence[float] | None = None,
) -> Distance:
    """How far unlabelled scores are from share · p(s|1) + (1 - share) · p(s|0), at the nearest share of a range.

    The p-value is that of Kolmogorov and Smirnov with Kish's number of rows of the mixture. Drawing a fixed number of
    each class varies less than drawing from the mixture, and the share is picked, so that it is rather too large.

    Args:
        scores: (m,) unlabelled.
        positives: (a,) scores of rows known to be positive.
        negatives: (b,) of rows known to be negative.
        shares: least and largest share of positives.
        units: independent units among m, a and b rows, where rows depend on each other.
    """
    points = np.concatenate((scores, positives, negatives))
    steps = [
        np.searchsorted(np.sort(part), points, side="right") / len(part) for part in (scores, positives, negatives)
    ]
    m, a, b = (len(scores), len(positives), len(negatives)) if units is None else units
    share = _nearest_share(lambda each: _distance_from_mixture(steps, each), shares)
    largest = _distance_from_mixture(steps, share)
    rows = 1 / (share**2 / a + (1 - share) ** 2 / b)
    return Distance(largest, float(kolmogorov(math.sqrt(m * rows / (m + rows)) * largest)), share)


def _distance_from_mixture(steps: Sequence[Floats], share: float) -> float:
    """Largest distance of the first distribution function from the mixture of the other two."""
    return float(np.abs(steps[0] - share * steps[1] - (1 - share) * steps[2]).max())


def _nearest_share(distance: Callable[[float], float], shares: tuple[float, float]) -> float:
    """The share at which a distance is least, which is convex in it: thirds of the range, one of which is left out."""
    low, high = shares
    while high - low > SHARE_ROUNDING:
        one, two = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, two) if distance(one) <= distance(two) else (one, high)
    return min((*shares, (low + high) / 2), key=distance)


def share_positive(answered: Inference, recall: Inference, false_positive_rate: Inference) -> MoverOf:
    """Share of positives among unlabelled rows, from how many are answered positive: (q - f) / (r - f), kept in [0, 1].

    Black box shift estimation of two classes (Lipton, Wang and Smola 2018); the older name is that of Rogan and Gladen
    (1978). Limits by MOVER of the exact limits of all three shares; 0 and 1 where the answers hardly tell the classes
    apart, as the share could then be anything.

    Args:
        answered: share of unlabelled rows that are answered positive.
        recall: of labelled rows.
        false_positive_rate: of labelled rows.
    """
    parts = (answered, recall, false_positive_rate)
    return MoverOf(_share, parts, answered.n, CORRECTED, rising=(True, False, False), least=0.0, most=1.0)


def _share(q: float, r: float, f: float) -> float:
    return (q - f) / (r - f) if r > f else math.nan
