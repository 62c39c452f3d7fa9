"""Scores that put positives above negatives: ROC AUC and average precision with their uncertainty."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats, Integers
from readiness.statistics.dependence import is_panel, standard_error
from readiness.statistics.inference import Inference, Wrapped
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.means import share_of

# ROC AUC and average precision from one sort, with row influences


@dataclass(frozen=True, slots=True)
class RankingMetric:
    """A ranking metric and the influence of each row on it, in the order of the rows."""

    value: float
    influence: Floats
    unbiased: float | None = None
    """About what the value is without its bias in small samples, where that is known."""


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Weights of positives and negatives in descending order of score, cumulated, with ties as one step."""

    order: Integers
    positive: Floats
    negative: Floats
    starts: Integers
    """Position of the first row of each row's tie."""
    ends: Integers
    """Position of the last row of each row's tie."""


def _sort(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> _Sorted:
    descending = score[order]
    y = positive[order].astype(float)
    w = None if weight is None else weight[order]
    # the last and the first position of each tie: rows of equal score stand neither above nor below each other
    last = np.flatnonzero(np.append(descending[1:] != descending[:-1], True))
    first = np.append(0, last[:-1] + 1)
    if len(last) == len(descending):
        starts, ends = first, last
    else:
        sizes = last - first + 1
        starts, ends = np.repeat(first, sizes), np.repeat(last, sizes)
    return _Sorted(order, y if w is None else y * w, 1 - y if w is None else (1 - y) * w, starts, ends)


def _restore_order(by_rank: Floats, order: Integers) -> Floats:
    out = np.empty_like(by_rank)
    out[order] = by_rank
    return out


def _weights_above(weights: Floats, s: _Sorted) -> tuple[Floats, float]:
    """For each row the weights that stand above it, those of its tie counted half, twice over; and all weights."""
    sums = np.zeros(len(weights) + 1)
    np.cumsum(weights, out=sums[1:])
    without_ties = s.starts is s.ends or bool((s.starts == s.ends).all())
    # weight above the tie plus weight down to its end: the tie's own counts half, and twice saves a division
    twice = sums[:-1] + sums[1:] if without_ties else sums[s.starts] + sums[s.ends + 1]
    return twice, float(sums[-1])


def roc_auc(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> RankingMetric:
    """Share of (positive, negative) pairs in the right order, ties half; influences are DeLong's placements.

    One sort (Sun and Xu 2014). `order` sorts scores descending; both classes must occur; `weight` has mean 1.
    """
    s = _sort(score, positive, weight, order)
    (above_p, p_total), (above_n, n_total) = (_weights_above(w, s) for w in (s.positive, s.negative))
    # a positive's placement: share of negatives below it; a negative's: share of positives above it (DeLong 1988)
    wins = 1 - above_n / (2 * n_total)
    beaten = above_p / (2 * p_total)
    # sums of weights may miss their total by a rounding, and an area of 1 + 1e-16 has no logit
    value = min(1.0, max(0.0, float(s.positive @ wins) / p_total))
    pull = s.positive / p_total * (wins - value) + s.negative / n_total * (beaten - value)
    return RankingMetric(value, _restore_order(len(score) * pull, order))


def average_precision(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> RankingMetric:
    """Mean precision at each positive's score (ties share one precision), with its infinitesimal jackknife.

    Influence of row j, with precision_i = TP_i / N_i at the tie of row i and P the weight of all positives:
    [y_j (precision_j - AP) + sum over i with s_i <= s_j of y_i (y_j - precision_i) / N_i] / P.

    A positive counts in its own precision, which makes the value too high; without it the value is too low by about as
    much (simulated: 30 of 330 positive, truth 0.274, mean 0.301 with and 0.255 without), so half-way is taken as
    unbiased.
    """
    s = _sort(score, positive, weight, order)
    true, flagged = np.cumsum(s.positive), np.cumsum(s.positive + s.negative)
    precision = np.divide(true, flagged, out=np.zeros_like(true), where=flagged > 0)[s.ends]
    total = float(true[-1])
    value = min(1.0, float(s.positive @ precision) / total)
    # the inner sum of the influence in one pass from the bottom: y_i / N_i over all rows that score no higher,
    # and the same times the precision, each from the first row of the tie on, as ties share one score
    step = np.divide(s.positive, flagged[s.ends], out=np.zeros_like(true), where=flagged[s.ends] > 0)
    from_here = np.cumsum(step[::-1])[::-1][s.starts]
    losing = np.cumsum((step * precision)[::-1])[::-1][s.starts]
    pull = s.positive * (precision - value + from_here) - (s.positive + s.negative) * losing
    # precision at each positive without that positive itself: the estimate that is too low
    before = (flagged[s.ends] - s.positive)[own := s.positive > 0]
    without = np.divide((true[s.ends] - s.positive)[own], before, out=np.zeros(len(before)), where=before > 1e-9)
    left_out = float(s.positive[own] @ without) / total
    return RankingMetric(value, _restore_order(len(score) / total * pull, order), (value + min(value, left_out)) / 2)


# Many classes: ROC AUC of each against the rest, and of each pair

CLASS_RANKING_METRICS = frozenset({"roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted"})
MISSING = "A class has no rows or all rows, so it cannot be ranked against others."


def rank_classes(metric: str, cases: Cases) -> RankingMetric | Missing:
    """The average of many AUCs with its row influences; scores have shape (n, K).

    One against the rest: the mean over classes (Fawcett 2006), or weighted by the true rows of each class. Each pair:
    the mean over ordered pairs (a, b) of the AUC of the score for a among rows of the classes a and b (Hand and Till
    2001), or weighted by the rows of both, as in scikit-learn.
    """
    shares = cases.cells.sum(axis=1) / max(1, cases.n)
    if not ((shares > 0) & (shares < 1)).all():
        return Missing(MISSING, n=cases.n)
    weighted = metric.endswith("_weighted")
    total = weights = 0.0
    influence, aucs, parts = np.zeros(cases.n), np.zeros(cases.n_classes), np.zeros(cases.n_classes)
    for classes, rows, curve in _curves_of_pairs(cases) if "_ovo" in metric else _curves_against_rest(cases):
        weight = float(shares[classes].sum()) if weighted else 1.0
        total, weights = total + weight * curve.value, weights + weight
        influence[rows] += weight * curve.influence
        aucs[classes] += curve.value
        parts[classes] += 1
    value = total / weights
    if weighted:  # a row also adds to the weight of every part that its class belongs to
        influence += cases.relative_weight * (aucs - parts * value)[cases.y_true.astype(np.int64)]
    return RankingMetric(value, influence / weights)


_Part = tuple[list[int], Array, RankingMetric]
"""Classes that a part weighs, its rows as positions or a slice, and its curve, influences scaled to all rows."""


def _curves_against_rest(cases: Cases) -> Iterator[_Part]:
    weight = None if cases.weight is None else cases.relative_weight
    for k, order, score in _columns(cases):
        yield [k], np.arange(cases.n), roc_auc(score, cases.y_true == k, weight, order)


def _curves_of_pairs(cases: Cases) -> Iterator[_Part]:
    """Each column is sorted once; the rows of two classes keep their order."""
    n, y = cases.n, cases.y_true.astype(np.int64)
    for a, order, score in _columns(cases):
        classes = y[order]
        for b in range(cases.n_classes):
            if b == a:
                continue
            rows = order[(classes == a) | (classes == b)]
            weight = None if cases.weight is None else cases.relative_weight[rows]
            curve = roc_auc(score[rows], y[rows] == a, weight, np.arange(len(rows)))
            yield [a, b], rows, RankingMetric(curve.value, curve.influence * (n / len(rows)))


def _columns(cases: Cases) -> Iterator[tuple[int, Array, Floats]]:
    """Each class with its scores and the rows in descending order of them."""
    assert cases.y_score is not None
    for k in range(cases.n_classes):
        score = np.ascontiguousarray(cases.y_score[:, k])
        yield k, np.argsort(-score), score


# The limits of a mean over classes, where the rarest class decides


@dataclass(frozen=True, slots=True)
class ClassMean(Wrapped):
    """A mean over classes whose lower limit claims no more than a perfect score of so few rows in each would prove.

    A class of m rows without an error proves a share of alpha^(1/m) (Clopper and Pearson 1934); classes are combined as
    by MOVER (Zou and Donner 2008). Simulated with three classes and a truth of 0.9955, row influences alone let the
    lower 5 % limit of balanced accuracy miss in 10 % of samples of 1,000 rows. It changes the lower limit of a form,
    and so is none itself.
    """

    rows: Floats = field(repr=False, compare=False)
    """True rows of each class that occurs."""
    share: Floats = field(repr=False, compare=False)
    """What each of them counts, summing to 1."""

    @property
    def is_share(self) -> bool:
        """Always."""
        return True

    @property
    def bound_method(self) -> str:
        """Of the inner number, with its ceiling."""
        return f"{self.inner.bound_method}, at most what so few rows of a class prove"

    def lower(self, alpha: float) -> float:
        """The inner limit, or what the classes prove at best."""
        unseen = self.share * -np.expm1(np.log(alpha) / self.rows)
        return min(self.inner.lower(alpha), 1 - float(np.linalg.norm(unseen)))


def class_mean(inner: Inference, true: Floats, units: int | None, *, weighted: bool) -> Inference:
    """`inner` with its ceiling; classes count alike, or as many as their rows where `weighted`.

    Args:
        inner: the mean over classes.
        true: true rows of each class.
        units: independent groups or moments, None for independent rows.
        weighted: whether the mean is weighted by class.
    """
    present = true[true > 0]
    share = present / present.sum() if weighted else np.full(len(present), 1 / len(present))
    return ClassMean(inner, present if units is None else np.minimum(present, units), share)


# Ranking metrics with their uncertainty

FEW = 30
"""With fewer positives (or negatives) the wider of two variances is taken; near 1 already below `FEW_NEAR_ONE`."""
FEW_NEAR_ONE = 100
NEAR_ONE = 0.9
FEWEST = 10
"""No *met* from fewer positives (average precision) or from fewer of either class (ROC AUC): nine or ten are the fewest
for which intervals were simulated (binormal scores, AUC 0.76 and 0.95), and there the wider of two variances kept the
one-sided 5 % error at 5 % or less."""
DELONG = "DeLong 1988 on the logit scale"
HANLEY = "Hanley-McNeil 1982 on the logit scale"
JACKKNIFE = "infinitesimal jackknife on the logit scale"
PAIRS = "DeLong 1988 for each pair of classes (Hand and Till 2001) on the logit scale"
BOYD = "binomial on the logit scale (Boyd, Eng and Page 2013)"


def ranking_metric(metric: str, cases: Cases) -> RankingMetric | Missing:
    """A ranking metric of the cases with row influences, or why there is none; computed once for each metric."""
    if metric not in cases.remembered:
        cases.remembered[metric] = _compute_ranking(metric, cases)
    result: RankingMetric | Missing = cases.remembered[metric]
    return result


def _compute_ranking(metric: str, cases: Cases) -> RankingMetric | Missing:
    if cases.y_score is None:
        return Missing("There are no scores, only labels.", n=cases.n)
    if not np.isfinite(cases.y_score).all():
        return Missing("Some scores are missing or infinite.", n=cases.n)
    if metric in CLASS_RANKING_METRICS:
        return rank_classes(metric, cases)
    weight = None if cases.weight is None else cases.relative_weight
    positive = cases.y_true == 1
    for present, name in ((positive, "positives"), (~positive, "negatives")):
        if not (present.any() if weight is None else weight[present].sum() > 0):
            return Missing(f"There are no {name} in these rows.", n=cases.n)
    measure = roc_auc if metric == "roc_auc" else average_precision
    return measure(cases.y_score, positive, weight, cases.descending)


def measure_ranking(metric: str, cases: Cases) -> Inference | Missing:
    """A ranking metric with its uncertainty on the logit scale."""
    part = ranking_metric(metric, cases)
    if isinstance(part, Missing):
        return part
    classes = np.bincount(cases.y_true.astype(np.int64), minlength=cases.n_classes)
    scarce = int(classes[classes > 0].min())
    if metric == "average_precision":
        scarce = int(classes[1])
    groups = cases.dependence.units
    if not 1e-12 < part.value < 1 - 1e-12:
        return Unvaried(float(round(part.value)), min(scarce, groups or scarce), cases.n)
    se, df = standard_error(part.influence, cases.dependence)
    if metric == "roc_auc" and cases.is_plain:
        se = _delong(part.influence, cases.y_true == 1)
    if cases.task is Task.MULTICLASS and not 0 < se < math.inf:
        return Unvaried(part.value, min(scarce, groups or scarce), cases.n)
    method = JACKKNIFE if metric == "average_precision" else PAIRS if "_ovo" in metric else DELONG
    if cases.task is Task.BINARY and (scarce < FEW or (scarce < FEW_NEAR_ONE and part.value > NEAR_ONE) or se == 0):
        other, name = _model_error(metric, part.value, int(classes[1]), int(classes[0]))
        se, method = (other, name) if not other <= se < math.inf else (se, method)
    df = df if groups or cases.dependence.is_serial else math.inf
    if cases.task is Task.MULTICLASS:
        mean = Normal(part.value, se, max(1.0, min(df, scarce - 1.0)), cases.n, "logit", method, 0.0, 1.0)
        return class_mean(mean, classes.astype(np.float64), groups, weighted=metric.endswith("_weighted"))
    # simulated (10 to 100 positives, 1 to 25 % of the rows, AUC 0.6 to 0.95), the lower 5 % limit of an average
    # precision misses in up to 10 % of samples without this
    unbiased = part.unbiased if part.unbiased is not None and part.unbiased > 0 else None
    return Normal(part.value, se, df, cases.n, "logit", method, 0.0, 1.0, unbiased)


def why_too_few(metric: str, cases: Cases) -> str:
    """Why no *met* may come from a binary ranking metric of so few positives or negatives; empty when it may."""
    found = {"positive": cases.y_true == 1, "negative": cases.y_true != 1}
    if metric == "average_precision":
        del found["negative"]
    codes = cases.dependence.codes
    for name, rows in found.items():
        few = int(np.count_nonzero(rows)) if codes is None else len(np.unique(codes[rows]))
        if cases.dependence.is_serial and is_panel(int(np.count_nonzero(rows)), few):
            continue
        if few < FEWEST:
            unit = "" if codes is None else "moments with " if cases.dependence.is_serial else "groups with "
            only = f"only {few} {unit}{name}{'' if few == 1 else 's'}" if few else f"no {name}s"
            return f"There are {only}; a ranking needs at least {FEWEST} to know its chance error."
    return ""


def _delong(influence: Floats, positive: Array) -> float:
    """DeLong's standard error with each class's own degrees of freedom; infinite when a class has one row."""
    total = 0.0
    for rows in (positive, ~positive):
        m = int(np.count_nonzero(rows))
        if m < 2:
            return math.inf
        total += m / (m - 1) * float(influence[rows] @ influence[rows])
    return math.sqrt(total) / len(influence)


def _model_error(metric: str, value: float, m: int, k: int) -> tuple[float, str]:
    """The larger, model-based standard error for few rows: m positives, k negatives."""
    if metric == "average_precision":
        return math.sqrt(value * (1 - value) / m), BOYD
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (m - 1) * (q1 - value**2) + (k - 1) * (q2 - value**2)
    return math.sqrt(max(0.0, variance) / (m * k)), HANLEY


# Accuracy within the first k classes, in the order of their probabilities

_NAME = re.compile(r"top_(\d+)_accuracy")


def is_top_accuracy(metric: str) -> bool:
    """Whether this is the accuracy within the first k classes."""
    return _NAME.fullmatch(metric) is not None


def measure_top(metric: str, cases: Cases) -> Inference | Missing:
    """The share of rows whose true class is among the first k."""
    hit = _hits(metric, cases)
    return hit if isinstance(hit, Missing) else share_of(hit, cases)


def top_influence(metric: str, cases: Cases) -> Floats | Missing:
    """Influence of each row on that share, shape (n,)."""
    hit = _hits(metric, cases)
    if isinstance(hit, Missing):
        return hit
    w = cases.relative_weight
    return np.asarray(w * (hit - float(w @ hit) / cases.n))


def chance_in_top(metric: str, probabilities: Sequence[float]) -> Floats:
    """Chance of each class to be among the first k of constant probabilities, ties broken at random, shape (K,)."""
    p, k = np.asarray(probabilities), _k(metric)
    ahead, tied = (p[:, None] < p).sum(axis=1), (p[:, None] == p).sum(axis=1)
    return np.asarray(np.clip((k - ahead) / tied, 0.0, 1.0))


def _k(metric: str) -> int:
    match = _NAME.fullmatch(metric)
    assert match is not None
    return int(match[1])


def _hits(metric: str, cases: Cases) -> Array | Missing:
    """Shape (n,) of true and false. Of equal scores the later class goes first, as in scikit-learn."""
    k = _k(metric)
    if cases.y_score is None:
        return Missing("There are no predicted probabilities.", n=cases.n)
    if not np.isfinite(cases.y_score).all():
        return Missing("Some scores are missing or infinite.", n=cases.n)
    if k >= cases.n_classes:
        return Missing(f"There are only {cases.n_classes} classes, so the true one is always among {k}.", n=cases.n)
    if cases.weight is not None and not cases.weight.sum() > 0:
        return Missing("These rows have no weight.", n=cases.n)
    true = cases.y_true.astype(np.int64)
    own = np.take_along_axis(cases.y_score, true[:, None], axis=1)[:, 0]
    ahead = np.zeros(cases.n, dtype=np.int64)
    for code in range(cases.n_classes):  # class by class keeps the memory to one column
        score = cases.y_score[:, code]
        ahead += (score > own) | ((score == own) & (code > true))
    return np.asarray(ahead < k)
