"""How well do scores put positives above negatives? ROC AUC and average precision with row influences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Array, Cases, Floats, Integers
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Normal, Unvaried

FEW = 30
"""With fewer positives (or negatives) the wider of two variances is taken; near 1 already below `FEW_NEAR_ONE`."""
FEW_NEAR_ONE = 100
NEAR_ONE = 0.9
DELONG = "DeLong 1988 on the logit scale"
HANLEY = "Hanley-McNeil 1982 on the logit scale"
JACKKNIFE = "infinitesimal jackknife on the logit scale"
BOYD = "binomial on the logit scale (Boyd, Eng and Page 2013)"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking metric and the influence of each row on it, in the order of the rows."""

    value: float
    influence: Floats


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


def _sorted(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> _Sorted:
    ranked = score[order]
    y = positive[order].astype(float)
    w = None if weight is None else weight[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    first = np.append(0, last[:-1] + 1)
    if len(last) == len(ranked):
        starts, ends = first, last
    else:
        sizes = last - first + 1
        starts, ends = np.repeat(first, sizes), np.repeat(last, sizes)
    return _Sorted(order, y if w is None else y * w, 1 - y if w is None else (1 - y) * w, starts, ends)


def _back(by_rank: Floats, order: Integers) -> Floats:
    out = np.empty_like(by_rank)
    out[order] = by_rank
    return out


def roc_auc(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> Ranked:
    """Share of (positive, negative) pairs in the right order, ties half; influences are DeLong's placements.

    One sort (Sun and Xu 2014). `order` sorts scores descending; both classes must occur; `weight` has mean 1.
    """
    s = _sorted(score, positive, weight, order)
    above_p, above_n = (np.append(0.0, np.cumsum(w)) for w in (s.positive, s.negative))
    p_total, n_total = float(above_p[-1]), float(above_n[-1])
    wins = 1 - (above_n[s.starts] + above_n[s.ends + 1]) / (2 * n_total)
    beaten = (above_p[s.starts] + above_p[s.ends + 1]) / (2 * p_total)
    value = min(1.0, max(0.0, float(s.positive @ wins) / p_total))
    pull = s.positive / p_total * (wins - value) + s.negative / n_total * (beaten - value)
    return Ranked(value, _back(len(score) * pull, order))


def average_precision(score: Floats, positive: Array, weight: Floats | None, order: Integers) -> Ranked:
    """Mean precision at each positive's score (ties share one precision), with its infinitesimal jackknife.

    Influence of row j, with precision_i = TP_i / N_i at the tie of row i and P the weight of all positives:
    [y_j (precision_j - AP) + sum over i with s_i <= s_j of y_i (y_j - precision_i) / N_i] / P.
    """
    s = _sorted(score, positive, weight, order)
    true, flagged = np.cumsum(s.positive), np.cumsum(s.positive + s.negative)
    precision = np.divide(true, flagged, out=np.zeros_like(true), where=flagged > 0)[s.ends]
    total = float(true[-1])
    value = min(1.0, float(s.positive @ precision) / total)
    step = np.divide(s.positive, flagged[s.ends], out=np.zeros_like(true), where=flagged[s.ends] > 0)
    from_here = np.cumsum(step[::-1])[::-1][s.starts]
    losing = np.cumsum((step * precision)[::-1])[::-1][s.starts]
    pull = s.positive * (precision - value + from_here) - (s.positive + s.negative) * losing
    return Ranked(value, _back(len(score) / total * pull, order))


def ranked(metric: str, cases: Cases) -> Ranked | Undefined:
    """A ranking metric of the cases with row influences, or why there is none; computed once for each metric."""
    if metric not in cases.remembered:
        cases.remembered[metric] = _ranked(metric, cases)
    result: Ranked | Undefined = cases.remembered[metric]
    return result


def _ranked(metric: str, cases: Cases) -> Ranked | Undefined:
    if cases.y_score is None:
        return Undefined("There are no scores, only labels.", cases.n)
    if not np.isfinite(cases.y_score).all():
        return Undefined("Some scores are missing or infinite.", cases.n)
    if metric == "roc_auc_ovr":
        return _one_against_rest(cases)
    weight = None if cases.weight is None else cases.relative_weight
    positive = cases.y_true == 1
    for present, name in ((positive, "positives"), (~positive, "negatives")):
        if not (present.any() if weight is None else weight[present].sum() > 0):
            return Undefined(f"There are no {name} in these rows.", cases.n)
    measure = roc_auc if metric == "roc_auc" else average_precision
    return measure(cases.y_score, positive, weight, cases.descending)


def _one_against_rest(cases: Cases) -> Ranked | Undefined:
    assert cases.y_score is not None
    parts = []
    weight = None if cases.weight is None else cases.relative_weight
    for k in range(cases.n_classes):
        positive = cases.y_true == k
        share = float((positive * cases.relative_weight).sum()) / max(1, cases.n)
        if not 0 < share < 1:
            return Undefined("A class has no rows or all rows, so it cannot be ranked against the rest.", cases.n)
        score = cases.y_score[:, k]
        parts.append(roc_auc(score, positive, weight, np.argsort(-score)))
    return Ranked(float(np.mean([p.value for p in parts])), np.mean([p.influence for p in parts], axis=0))


def measure_ranking(metric: str, cases: Cases) -> Inference | Undefined:
    """A ranking metric with its uncertainty on the logit scale."""
    part = ranked(metric, cases)
    if isinstance(part, Undefined):
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
    method = DELONG if metric != "average_precision" else JACKKNIFE
    if cases.task is Task.BINARY and (scarce < FEW or (scarce < FEW_NEAR_ONE and part.value > NEAR_ONE) or se == 0):
        other, name = _safeguard(metric, part.value, int(classes[1]), int(classes[0]))
        se, method = (other, name) if not other <= se < math.inf else (se, method)
    return Normal(
        part.value, se, df if groups or cases.dependence.is_serial else math.inf, cases.n, "logit", method, 0.0, 1.0
    )


def _delong(influence: Floats, positive: Array) -> float:
    """DeLong's standard error with each class's own degrees of freedom; infinite when a class has one row."""
    total = 0.0
    for rows in (positive, ~positive):
        m = int(np.count_nonzero(rows))
        if m < 2:
            return math.inf
        total += m / (m - 1) * float(influence[rows] @ influence[rows])
    return math.sqrt(total) / len(influence)


def _safeguard(metric: str, value: float, m: int, k: int) -> tuple[float, str]:
    """The larger, model-based standard error for few rows: m positives, k negatives."""
    if metric == "average_precision":
        return math.sqrt(value * (1 - value) / m), BOYD
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (m - 1) * (q1 - value**2) + (k - 1) * (q2 - value**2)
    return math.sqrt(max(0.0, variance) / (m * k)), HANLEY
