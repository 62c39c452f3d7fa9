"""Comparison of two methods on the same rows: the gain, and by how much for certain.

Every comparison is a contrast s · (m - factor · b), with s = +1 where greater is better and -1 for errors, so that a
positive contrast always means "the candidate is better". A relative requirement "better by r" is the contrast
m - (1 + r) · b (Fieller 1954), so no ratio needs an interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import bdtr, ndtr

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.costs import UNSEEN, cell_draws, join_tails
from readiness.statistics.custom import compare_own, measure_own
from readiness.statistics.dependence import standard_error
from readiness.statistics.estimators import estimator_of, influence, measure
from readiness.statistics.inference import Exact, Inference, linear
from readiness.statistics.intervals import Binomial, Draws, Mover, Normal
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MACRO_METRICS,
    MULTICLASS_LABEL_METRICS,
    label_influence,
    label_metric_values,
)
from readiness.statistics.losses import row_losses, unusable
from readiness.statistics.means import mean_of, wider_mean
from readiness.statistics.ranking import compare_queries
from readiness.statistics.scores import CLASS_RANKING_METRICS, chance_in_top, is_top_accuracy, ranking_metric

__all__ = ["Guess", "compare", "human_comparison", "mcnemar", "measure_guess"]

# Guesses with fixed class probabilities: exact expectations, nothing simulated
#
# "Always the majority class" is the guess that gives one class probability 1; "stratified" takes the training shares.

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

    def draw_answers(self, like: Cases) -> Cases:
        """The guess with an answer drawn for every row, always the same one for the same rows."""
        p = np.asarray(self.probabilities)
        codes = np.random.default_rng(SEED).choice(len(p), like.n, p=p / p.sum())
        return replace(self.cases(like), y_pred=codes.astype(np.int64))


def measure_guess(metric: str, cases: Cases, guess: Guess) -> Inference | Missing:
    """A metric of guessing on these rows: the exact expectation, or the measured loss of the constant probabilities.

    The precision of a guess that never says "positive" counts as 0, as in scikit-learn. Of classes that it gives the
    same probability, any may be among the first k.
    """
    if cases.n == 0:
        return Missing("There are no rows.")
    if metric in cases.own:
        key = f"own metric {metric} guessed {guess.probabilities}"
        if key not in cases.remembered:
            cases.remembered[key] = measure_own(metric, guess.draw_answers(cases), note=DRAWN)
        found: Inference | Missing = cases.remembered[key]
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
        return float(shares @ chance_in_top(metric, guess.probabilities))
    if metric == "average_precision":
        return float(cases.cells[1].sum() / cases.n)
    return None


def guess_influence(metric: str, cases: Cases, guess: Guess) -> Floats | Missing:
    """Influence of each row on a guess's metric, shape (n,): only the shares of the true classes matter."""
    if metric in BINARY_LABEL_METRICS | MULTICLASS_LABEL_METRICS:
        table = guess.table(cases.cells.sum(axis=1))
        pull = np.nan_to_num(label_influence(metric, table, binary=cases.task is Task.BINARY))
        by_class = pull @ np.asarray(guess.probabilities)
        return np.asarray(by_class[cases.y_true.astype(np.int64)] * cases.relative_weight)
    if metric in AREAS:
        return np.zeros(cases.n)
    if is_top_accuracy(metric):
        chance = chance_in_top(metric, guess.probabilities)
        by_row = chance[cases.y_true.astype(np.int64)]
        return np.asarray(cases.relative_weight * (by_row - float(cases.relative_weight @ by_row) / cases.n))
    if metric == "average_precision":
        share = float(cases.cells[1].sum() / cases.n)
        return np.asarray(cases.relative_weight * ((cases.y_true == 1) - share))
    return influence(metric, guess.cases(cases))


# Comparison of two methods

PAIRED = "Dirichlet draws on the paired counts"
HALF = 0.5
NO_ROWS_KNOWN = "no interval: the number comes without the rows it rests on"
NO_DIRECTION = "A mean error is best at 0, not where it is lowest, so methods are not compared by it."


def compare(
    metric: str, candidate: Cases, other: Cases | Guess, *, factor: float = 1.0, seed: int = 0
) -> Inference | Missing:
    """The contrast of the candidate with another method, paired on the same rows; positive: the candidate is better.

    Binary label metrics of independent rows: Dirichlet draws on the joint counts of (true, candidate, other). Mean
    losses: mean of the paired differences. Else the difference of row influences with a t-interval, summed by group
    where there are groups. Where one side shows no variation (a perfect candidate), both are compared as if unpaired,
    because pairing would hide the uncertainty of the perfect one; so is the median error, which has no row influences
    (limits of two errors on the same rows taken as unpaired are too wide rather than too narrow).

    Raises:
        ValueError: the two do not have the same rows, `factor` is negative, or the metric is not one of the task's.
    """
    if factor < 0:
        raise ValueError(f"factor is {factor}; expected 0 or more")
    if isinstance(other, Cases) and not np.array_equal(candidate.y_true, other.y_true):
        raise ValueError("candidate and other must be scored on the same rows")
    estimator = estimator_of(metric, candidate)
    if estimator.paired == "resamples":
        rival, note = (other.draw_answers(candidate), DRAWN) if isinstance(other, Guess) else (other, "")
        return compare_own(metric, candidate, rival, factor=factor, note=note)
    mine = measure(metric, candidate)
    if isinstance(mine, Missing):
        return mine
    sign = 1.0 if candidate.metric(metric).greater_is_better else -1.0
    return _COMPARED[estimator.paired](_Pair(metric, candidate, other, sign, factor, mine, seed))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two methods on the same rows, and what is asked of them."""

    metric: str
    candidate: Cases
    other: Cases | Guess
    sign: float
    """-1 where less is better."""
    factor: float
    mine: Inference
    """The candidate's metric."""
    seed: int


def _refuse(pair: _Pair) -> Missing:
    return Missing(NO_DIRECTION, n=pair.candidate.n)


def _compare_order(pair: _Pair) -> Inference | Missing:
    if isinstance(pair.other, Guess):
        return _compare_influences(pair)
    return compare_queries(pair.metric, pair.candidate, pair.other, pair.factor)


def _compare_cells(pair: _Pair) -> Inference | Missing:
    """Draws of the shares of the joint cells; a guess depends on nothing but the share of positives.

    Half a row in each cell keeps empty cells open, which *met* needs, but it pulls a nearly perfect candidate down, so
    that the upper limits alone would miss in up to 16 % of small samples; hence the wider of two sets of draws.
    """
    metric, candidate, other, seed = pair.metric, pair.candidate, pair.other, pair.seed
    if candidate.task is not Task.BINARY or not candidate.is_plain:
        return _compare_influences(pair)
    if isinstance(other, Guess):
        codes, shape = candidate.cell_codes, (-1, 2, 2, 1)
    else:
        codes, shape = 2 * candidate.cell_codes + np.asarray(other.y_pred, dtype=np.int64), (-1, 2, 2, 2)
    counts = np.bincount(codes, minlength=4 * shape[-1]).astype(float)

    def contrast(shares: Floats) -> Floats:
        cells = shares.reshape(shape)
        mine = cells.sum(axis=3)
        theirs = other.table(mine.sum(axis=2)) if isinstance(other, Guess) else cells.sum(axis=2)
        a, b = (label_metric_values(metric, tables, binary=True) for tables in (mine, theirs))
        return np.asarray(pair.sign * (a - pair.factor * np.nan_to_num(b)))

    value = float(contrast(counts[None, :] / candidate.n)[0])
    half, none = (np.sort(contrast(_joint_draws(counts, prior, seed, shape))) for prior in (HALF, UNSEEN))
    wider = join_tails(np.minimum(half, none), np.maximum(half, none))
    return Draws(value, wider, candidate.n, PAIRED)


def _joint_draws(counts: Floats, prior: float, seed: int, shape: tuple[int, ...]) -> Floats:
    """The same draws whichever of two methods comes first, so that swapping them negates the contrast."""
    # draws depend on the order of the cells, so of a table and its mirror always the same one is drawn: the smaller
    mirrored = counts.reshape(shape[1:]).swapaxes(1, 2).ravel() if shape[3] == 2 else counts
    if mirrored.tolist() >= counts.tolist():
        return cell_draws(counts, prior, seed)
    return cell_draws(mirrored, prior, seed).reshape(shape).swapaxes(2, 3)


def _measure_other(pair: _Pair) -> Inference | Missing:
    """The other method's metric; shares of what it never predicts count as 0, as in scikit-learn."""
    metric, other = pair.metric, pair.other
    if isinstance(other, Guess):
        return measure_guess(metric, pair.candidate, other)
    never = {"precision": 1, "negative_predictive_value": 0}.get(metric)
    if never is not None and other.n and not (other.y_pred == never).any():
        return Exact(0.0, other.n)
    return measure(metric, other)


def _compare_losses(pair: _Pair) -> Inference | Missing:
    """The mean of the paired differences of losses."""
    metric, candidate = pair.metric, pair.candidate
    if pair.mine.at_end:
        return _compare_influences(pair)
    rival = pair.other.cases(candidate) if isinstance(pair.other, Guess) else pair.other
    if (problem := unusable(metric, rival)) is not None:
        return problem
    paired = pair.sign * (row_losses(metric, candidate) - pair.factor * row_losses(metric, rival))
    return mean_of(paired, candidate.dependence, weight=candidate.weight)


def _compare_influences(pair: _Pair) -> Inference | Missing:
    metric, candidate, other, mine, sign, factor = (
        pair.metric, pair.candidate, pair.other, pair.mine, pair.sign, pair.factor,
    )  # fmt: skip
    theirs = _measure_other(pair)
    if isinstance(theirs, Missing):
        return theirs
    pull = influence(metric, candidate)
    push = guess_influence(metric, candidate, other) if isinstance(other, Guess) else influence(metric, other)
    value = sign * (mine.value - factor * theirs.value)
    if isinstance(pull, Missing) or isinstance(push, Missing) or mine.at_end or theirs.at_end:
        return _compare_unpaired(mine, theirs, sign, factor)
    if theirs.is_exact and not push.any():
        return linear(mine, scale=sign, shift=-sign * factor * theirs.value)
    se, df = standard_error(sign * (pull - factor * push), candidate.dependence)
    if not 1e-12 < se < math.inf:
        return _compare_unpaired(mine, theirs, sign, factor)
    by_class = metric in MACRO_METRICS | CLASS_RANKING_METRICS and candidate.task is Task.MULTICLASS
    if (candidate.metric(metric).needs == "scores" or by_class) and candidate.is_plain:
        df = max(1.0, float(_count_rarest(candidate.y_true)) - 1)
    gain = Normal(value, se, df, candidate.n, "identity", "t-interval of the paired difference of row influences")
    if candidate.task is not Task.REGRESSION:
        return gain
    return wider_mean(gain, sign * (pull - factor * push), candidate.dependence)


_COMPARED: Mapping[str, Callable[[_Pair], Inference | Missing]] = {
    "cells": _compare_cells,
    "losses": _compare_losses,
    "influences": _compare_influences,
    "queries": _compare_order,
    "never": _refuse,
}
"""By what the estimator of the metric says of pairs; resamples of a metric of the user's own are drawn beforehand."""


def _compare_unpaired(mine: Inference, theirs: Inference, sign: float, factor: float) -> Inference:
    """MOVER of both; an exact rival only shifts."""
    if theirs.is_exact or factor == 0:
        return linear(mine, scale=sign, shift=-sign * factor * theirs.value)
    difference = Mover(mine, theirs, factor)
    return difference if sign > 0 else linear(difference, scale=-1)


def _count_rarest(y_true: Array) -> int:
    counts = np.bincount(y_true.astype(np.int64))
    return int(counts[counts > 0].min())


def human_comparison(
    candidate: Inference, value: float, n: int | None, greater_is_better: bool, factor: float = 1.0
) -> Inference:
    """The contrast of the candidate with a human figure from elsewhere, unpaired; positive: the candidate is better.

    A human share of n cases is a binomial share (MOVER with the candidate). Without n, or for a metric that is not
    between 0 and 1, nothing is known of the human figure's chance error: no limits, hence never proven.
    """
    known = n is not None and n > 0 and 0 <= value <= 1 and candidate.is_share
    unknown = Normal(value, math.inf, math.inf, n or 0, method=NO_ROWS_KNOWN)
    people: Inference = Binomial(value * n, n) if known and n is not None else unknown
    difference = Mover(candidate, people, factor)
    return difference if greater_is_better else linear(difference, scale=-1)


def mcnemar(candidate: Cases, other: Cases) -> float:
    """Exact two-sided p-value that both are right equally often (McNemar 1947), from rows where only one is right."""
    right, theirs = candidate.y_pred == candidate.y_true, other.y_pred == other.y_true
    only_one = int(np.count_nonzero(right != theirs))
    fewer = min(int(np.count_nonzero(right & ~theirs)), int(np.count_nonzero(theirs & ~right)))
    return min(1.0, 2 * float(bdtr(fewer, only_one, 0.5))) if only_one else 1.0


# Tests that people usually report of two methods on the same rows: facts beside the judged gain
#
# Both tests ask for any difference at all, however small; the judged gain asks for a margin.

PAIRED_DELONG = "paired DeLong 1988, from both methods' placements of the same rows"


@dataclass(frozen=True, slots=True)
class Discordant:
    """Rows on which exactly one of two methods is right."""

    only_candidate: int
    only_other: int
    p_value: float
    """Exact and two-sided (McNemar 1947): the chance of so unequal a split if both were right equally often."""


def count_discordant(candidate: Cases, other: Cases) -> Discordant:
    """Where the two differ in being right, for labels on the same independent rows."""
    mine, theirs = candidate.y_pred == candidate.y_true, other.y_pred == other.y_true
    only = int(np.count_nonzero(mine & ~theirs)), int(np.count_nonzero(theirs & ~mine))
    return Discordant(*only, mcnemar(candidate, other))


def compare_delong(candidate: Cases, other: Cases) -> Normal | Missing:
    """ROC AUC of the candidate less that of the other, paired on the same independent rows (DeLong 1988).

    Missing where a class has fewer than two rows, or where the two order all rows alike: there is no variation then.
    """
    mine, theirs = ranking_metric("roc_auc", candidate), ranking_metric("roc_auc", other)
    if isinstance(mine, Missing):
        return mine
    if isinstance(theirs, Missing):
        return theirs
    se = _delong_error(mine.influence - theirs.influence, candidate)
    if not 1e-12 < se < math.inf:
        return Missing("Both put the rows in the same order, or a class has a single row.", n=candidate.n)
    return Normal(mine.value - theirs.value, se, math.inf, candidate.n, "identity", PAIRED_DELONG, -1.0, 1.0)


def delong_p_value(difference: Normal) -> float:
    """Two-sided chance of so large a difference of ROC AUC if there were none."""
    return 2 * float(ndtr(-abs(difference.value) / difference.se))


def _delong_error(influence: Floats, cases: Cases) -> float:
    """The root of the variance of both classes' placements, each with its own degrees of freedom."""
    total = 0.0
    for rows in (cases.y_true == 1, cases.y_true != 1):
        size = int(np.count_nonzero(rows))
        if size < 2:
            return math.inf
        total += size / (size - 1) * float(influence[rows] @ influence[rows])
    return math.sqrt(total) / cases.n
