"""Can rows of one table be told from rows of another by their columns? A two-sample test by a classifier.

A classifier learns to tell the two samples apart; the area under its ROC curve on rows that it was not fitted on is 0.5
where both come from one distribution (Lopez-Paz and Oquab 2017; Kim, Ramdas, Singh and Wasserman 2021). Areas are taken
within each fold and averaged: scores of different folds are on different scales, and pooled they pull the area down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.dependence import Dependence, standard_error
from readiness.statistics.inference import Inference, Undefined, normal_quantile
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.placements import roc_auc

FOLDS = 3
MOST_FITTED = 10_000
"""Rows that each classifier is fitted on; the others of its folds are told apart by it all the same."""
FEWEST = 10
"""Rows that each sample needs, as any ranking does."""
ROUNDS, LEAVES, RATE = 25, 8, 0.25
"""Boosted trees with eight leaves: three columns may act together."""
SALT = 0x74776F
POWER = 0.80
_METHOD = "mean of the areas of each fold, logit scale"
_STEP = 0.001

Sides = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ToldApart:
    """How well the rows of two samples are told apart."""

    area: Inference
    """Mean area under the ROC curve of the folds, 0 to 1."""
    chance: Floats
    """(n,): of each row the chance to be of the second sample, by a classifier that was not fitted on it; a row whose
    fold could not be used has the share of the second sample."""


def tell_apart(codes: Array, second: Sides, groups: Integers | None = None, *, seed: int) -> ToldApart | Undefined:
    """Fit a classifier for each fold on the others, and see how well it tells the samples apart.

    Args:
        codes: bins of the columns, shape (n, p).
        second: (n,): whether a row is of the second sample.
        groups: (n,) codes of whatever rows belong to; the rows of a group stay in one fold.
        seed: of the folds and of the rows that are fitted.
    """
    many, few = int(np.count_nonzero(second)), int(np.count_nonzero(~second))
    if min(many, few) < FEWEST:
        return Undefined(f"one of the tables has {min(many, few)} rows; it takes {FEWEST} to tell anything", many + few)
    rng = np.random.default_rng([seed, SALT])
    folds = _folds(second, groups, rng)
    chance = np.full(len(second), many / (many + few))
    influence, areas = np.zeros(len(second)), []
    parts = list(_parts(folds, second, rng))
    with threadpool_limits(limits=1):  # sums are then taken in the same order on every machine
        for held_out, fitted in parts:
            chance[held_out] = _chances(codes, second, fitted, held_out, seed)
    for held_out, _ in parts:
        ranked = roc_auc(chance[held_out], second[held_out], None, np.argsort(-chance[held_out], kind="stable"))
        influence[held_out] = ranked.influence / len(held_out)
        areas.append(ranked.value)
    if not areas:
        return Undefined("the rows belong to so few groups that none can be kept apart", many + few)
    pulls = influence * (len(second) / len(areas))
    return ToldApart(_inference(float(np.mean(areas)), pulls, groups, many, few), chance)


def _folds(second: Sides, groups: Integers | None, rng: np.random.Generator) -> Integers:
    """Fold of each row: as many of either sample in each; whole groups where there are any."""
    if groups is not None:
        return np.asarray(rng.permutation(int(groups.max()) + 1)[groups] % FOLDS, dtype=np.int64)
    folds = np.empty(len(second), dtype=np.int64)
    for side in (second, ~second):
        rows = np.flatnonzero(side)
        folds[rng.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return folds


def _parts(folds: Integers, second: Sides, rng: np.random.Generator) -> Iterator[tuple[Integers, Integers]]:
    """Positions that are held out and those that are fitted, where both samples are among either."""
    for fold in range(FOLDS):
        held_out, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(others) > MOST_FITTED:
            others = np.sort(rng.choice(others, MOST_FITTED, replace=False))
        if all(0 < np.count_nonzero(second[rows]) < len(rows) for rows in (held_out, others)):
            yield held_out, others


def _chances(codes: Array, second: Sides, fitted: Integers, asked: Integers, seed: int) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    smallest = int(np.clip(len(fitted) // 50, 5, 20))
    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS, max_leaf_nodes=LEAVES, learning_rate=RATE, min_samples_leaf=smallest, early_stopping=False,
        random_state=seed % 2**32,
    )  # fmt: skip
    model.fit(codes[fitted], second[fitted])
    return np.asarray(model.predict_proba(codes[asked])[:, 1], dtype=np.float64)


def _inference(value: float, influence: Floats, groups: Integers | None, many: int, few: int) -> Inference:
    n = many + few
    dependence = Dependence(groups)
    if not 1e-12 < value < 1 - 1e-12:
        return Unvaried(float(round(value)), min(many, few, dependence.units or n), n)
    se, df = standard_error(influence, dependence)
    return Normal(value, max(se, area_error(value, many, few)), math.inf if groups is None else df, n, "logit", _METHOD,
                  0.0, 1.0)  # fmt: skip


def area_error(area: float, many: int, few: int) -> float:
    """Standard error of an area under the ROC curve with so many rows on either side (Hanley and McNeil 1982)."""
    above, below = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (many - 1) * (above - area**2) + (few - 1) * (below - area**2)
    return math.sqrt(max(0.0, spread) / (many * few))


def detectable_area(many: int, few: int, bar: float, alpha: float) -> float | None:
    """The smallest area whose lower limit lies above `bar` with 80 % chance; None where not even 1 would do."""
    distance = normal_quantile(alpha) + normal_quantile(1 - POWER)
    for area in np.arange(bar + _STEP, 1.0, _STEP):
        error = area_error(float(area), many, few) / (area * (1 - area))
        if math.log(area / (1 - area)) - distance * error > math.log(bar / (1 - bar)):
            return round(float(area), 3)
    return None
