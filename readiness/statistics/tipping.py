"""Tipping points: how wrong rows without a truth would have to be to overturn a result, by pattern mixtures.

Each row without a truth is held against rows with one, where the share of errors is known: those that were answered and
scored alike, and, for what is said of a class, the rows of that class. A factor multiplies the odds of an error: 1 says
that both are alike, and without end that all of them are wrong, which is the worst case of Horowitz and Manski (1995):
recall TP / (TP + FN + M0), precision TP / (TP + FP + M1), F1 2 TP / (2 TP + FP + FN + M), with M_j rows that were
answered j. Of numbers, the factor multiplies the error itself, and there is no worst case. The factor that overturns a
result is its tipping point (Cornfield 1959; Yan, Lee and Li 2009).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats, Integers

ALIKE = 100
"""So many rows with a truth, scored next to a row without, tell how often such rows are answered wrongly."""
SALT = 0x746970
OTHERWISE = 0.05
"""Distribution functions of scores that differ by less are as good as equal."""
MOST_ROWS = 20_000
"""Of more rows with a truth, so many evenly spread ones are compared."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How often rows without a truth are taken to be wrong."""

    factor: float = 1.0
    """How many times the odds of an error, or the error of a number, of rows with a truth; 1 or more."""
    share: float | None = None
    """That share of them, whatever the rows with a truth are like; None: as the factor says."""

    def of(self, shares: Floats) -> Floats:
        """From the shares of errors that rows with a truth speak for."""
        return multiply_odds(shares, self.factor) if self.share is None else np.full(len(shares), self.share)


ALL = Errors(math.inf)
"""Every row without a truth is wrong."""
LADDER = tuple(map(Errors, (1.0, 1.25, 1.5, 2.0, 2.5, 3.0)))
"""What is tried, from the mildest on."""
FURTHER = (*LADDER, Errors(5.0), Errors(10.0))
"""The same where rows without a truth are scored otherwise than rows with one."""
PARTS = tuple(Errors(share=share) for share in (0.1, 0.25, 0.5, 0.75))
"""The same where rows without a truth outnumber the known errors, of which too few are left to learn from: odds of an
error up to 3, that is three wrong rows for each right one."""


def multiply_odds(share: Floats | float, factor: float) -> Floats:
    """The share whose odds are `factor` times those of `share`, 0 to 1; all of them when the factor is without end."""
    given = np.asarray(share, dtype=np.float64)
    if math.isinf(factor):
        return np.where(given > 0, 1.0, 0.0)
    return np.asarray(factor * given / (1 - given + factor * given))


def error_shares(cases: Cases, predicted: Array, scores: Floats | None) -> Floats:
    """How often rows of `cases` that were answered and scored like each of m others are wrong, shape (m,).

    Half an error is added to those of each answer, so that no share is 0 or 1.

    Args:
        cases: rows with a truth, of a task with classes.
        predicted: (m,) class codes.
        scores: (m,) or (m, K) as in `Cases.y_score`; None: rows are alike when they were answered alike.
    """
    wrong = cases.y_true != cases.y_pred
    shares = np.full(len(predicted), (wrong.sum() + 0.5) / (cases.n + 1))
    for answer in np.unique(predicted):
        mine, others = np.flatnonzero(predicted == answer), np.flatnonzero(cases.y_pred == answer)
        if not len(others):
            continue
        overall = (float(wrong[others].sum()) + 0.5) / (len(others) + 1)
        if cases.y_score is None or scores is None:
            shares[mine] = overall
            continue
        known, asked = (_scores_of_answer(table, int(answer)) for table in (cases.y_score, scores))
        # scores say how likely an error is only among rows with the same answer
        shares[mine] = _error_share_nearby(known[others], wrong[others], asked[mine], overall)
    return shares


def _scores_of_answer(scores: Floats, answer: int) -> Floats:
    return scores if scores.ndim == 1 else np.asarray(scores[:, answer])


def _error_share_nearby(known: Floats, wrong: NDArray[np.bool_], asked: Floats, overall: float) -> Floats:
    """The share of errors among the `ALIKE` rows scored nearest, with one row of the overall share added."""
    order = np.argsort(known, kind="stable")
    errors = np.concatenate(([0.0], np.cumsum(wrong[order])))
    place = np.searchsorted(known[order], asked)
    width = min(ALIKE, len(known))
    first = np.clip(place - width // 2, 0, len(known) - width)
    return np.asarray((errors[first + width] - errors[first] + overall) / (width + 1))


def are_scored_otherwise(cases: Cases, predicted: Array, scores: Floats | None, *, alpha: float) -> bool:
    """Whether m rows are scored (or, without scores, answered) otherwise than the rows of `cases`, by more than chance.

    Scores of the answer that was given, and predicted numbers: Kolmogorov and Smirnov. Answers alone: chi-squared, and
    some answer is at least twice as frequent among the ones as among the others.
    """
    from scipy.stats import chi2_contingency, ks_2samp

    if len(predicted) < 2 or cases.n < 2:
        return False
    if cases.task.has_classes and (cases.y_score is None or scores is None):
        counts = np.stack([np.bincount(codes, minlength=cases.n_classes) for codes in (cases.y_pred, predicted)]) + 0.5
        shares = counts / counts.sum(axis=1, keepdims=True)
        ratio = float(np.exp(np.abs(np.log(shares[0] / shares[1])).max()))
        return bool(ratio >= 2 and chi2_contingency(counts, correction=False).pvalue < alpha)
    rows = np.linspace(0, cases.n - 1, min(cases.n, MOST_ROWS)).astype(np.int64)
    known, asked = _score_or_answer(cases.y_score, cases.y_pred), _score_or_answer(scores, predicted)
    test = ks_2samp(known[rows], asked[:MOST_ROWS], method="asymp")
    return bool(test.pvalue < alpha and test.statistic > OTHERWISE)


def _score_or_answer(scores: Floats | None, predicted: Array) -> Floats:
    """One number for each row: its score, that of the predicted class, or the predicted number."""
    if scores is None:
        return np.asarray(predicted, dtype=np.float64)
    return scores if scores.ndim == 1 else np.asarray(scores[np.arange(len(predicted)), predicted])


def spread_errors(shares: Floats) -> NDArray[np.bool_]:
    """Which of m rows are wrong, when each is with its share: as many in all as the shares add up to, spread evenly."""
    # each row takes the next whole number that the running sum passes: no draw, so no chance in the number of errors
    steps = np.floor(np.cumsum(shares) + 0.5)
    return np.asarray(np.diff(steps, prepend=0.0) > 0)


def complete_cases(
    cases: Cases,
    predicted: Array,
    scores: Floats | None,
    *,
    truth: Array | None = None,
    weight: Floats | None = None,
    errors: Errors = Errors(),
    shares: Floats | None = None,
    seed: int = 0,
) -> Cases:
    """The rows of `cases`, and after them m others with a truth that makes as many of them wrong as is supposed.

    Groups, order in time and queries are left out: values are to be taken from these rows, not intervals.

    Args:
        cases: rows with a truth.
        predicted: (m,) what was answered, coded like `cases.y_pred`.
        scores: (m,) or (m, K); None: there are none, and no scores are left in the result.
        truth: (m,) coded like `cases.y_true` where it is known all the same, -1 or nan elsewhere; None: nowhere.
        weight: (m,) in the units of `cases.weight`.
        errors: how often they are wrong.
        shares: (m,) how often rows with a truth that are like each of them are wrong; None: see `error_shares`.
        seed: from which the classes of errors are drawn.

    Raises:
        ValueError: errors of numbers without end.
    """
    guessed = (
        _classes(cases, predicted, error_shares(cases, predicted, scores) if shares is None else shares, errors, seed)
        if cases.task.has_classes
        else _numbers(cases, predicted, errors.factor, seed)
    )
    if truth is not None:
        guessed = np.where(truth >= 0 if cases.task.has_classes else np.isfinite(truth), truth, guessed)
    both_scores = None if cases.y_score is None or scores is None else np.concatenate((cases.y_score, scores))
    weights = None if cases.weight is None or weight is None else np.concatenate((cases.weight, weight))
    return replace(
        cases,
        y_true=np.concatenate((cases.y_true, guessed.astype(cases.y_true.dtype))),
        y_pred=np.concatenate((cases.y_pred, predicted)),
        y_score=both_scores,
        weight=weights,
        groups=None,
        time=None,
        queries=None,
    )


def _classes(cases: Cases, predicted: Array, alike: Floats, errors: Errors, seed: int) -> Integers:
    truth = np.asarray(predicted, dtype=np.int64).copy()
    shares = errors.of(alike)
    rng = np.random.default_rng([seed, SALT])
    for answer in np.unique(truth):
        rows = np.flatnonzero(predicted == answer)
        rows = rows[spread_errors(shares[rows])]
        if cases.task is Task.BINARY or cases.n_classes == 2:
            truth[rows] = 1 - answer
            continue
        # which class it was instead is drawn as rows with a truth were confused, one row being spread over all others
        confused = cases.counts[:, answer] + 1 / (cases.n_classes - 1)
        confused[answer] = 0
        truth[rows] = rng.choice(cases.n_classes, len(rows), p=confused / confused.sum())
    return truth


def _numbers(cases: Cases, predicted: Array, factor: float, seed: int) -> Floats:
    """Errors as large as those of rows with a truth, evenly from the least to the largest, times the factor."""
    if math.isinf(factor):
        raise ValueError("factor is infinite; errors of numbers have no worst case")
    # quantiles of the known errors in random order: the same distribution, whatever m is
    errors = np.sort(np.asarray(cases.y_true - cases.y_pred, dtype=np.float64))
    m = len(predicted)
    evenly = np.quantile(errors, (np.arange(m) + 0.5) / m) if m and len(errors) else np.zeros(m)
    return np.asarray(predicted + factor * np.random.default_rng([seed, SALT]).permutation(evenly))


def missed_shares(cases: Cases, predicted: Array) -> Floats:
    """How often rows of a class that m rows may be of are answered otherwise, shape (m,).

    Of two classes: the share of missed positives for rows that are answered negative, 0 for the others. Of more: one
    less the mean recall. Half a row is added to both sides.
    """
    true = cases.counts.sum(axis=1)
    missed = (true - np.diagonal(cases.counts) + 0.5) / (true + 1)
    if cases.task is Task.BINARY:
        return np.where(predicted == 0, missed[1], 0.0)
    return np.full(len(predicted), float(missed[true > 0].mean()) if true.any() else 0.5)


def tipping_point(stands: Callable[[Errors], bool], ladder: Sequence[Errors] = LADDER) -> Errors | None:
    """The first step of a ladder with which a result no longer stands; None when it stands with each.

    Asks about the last one first, because most results stand with it.
    """
    if not ladder or stands(ladder[-1]):
        return None
    return next((errors for errors in ladder[:-1] if not stands(errors)), ladder[-1])
