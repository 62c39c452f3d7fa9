"""How well do scores put positives above negatives? ROC AUC and average precision with their uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.class_means import class_mean
from readiness.statistics.class_ranking import CLASS_RANKING_METRICS, ranked_classes
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.panels import is_panel
from readiness.statistics.placements import Ranked, average_precision, roc_auc

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


@dataclass(frozen=True, slots=True)
class _Downward(Normal):
    """A number that is too high in small samples: its lower limit is taken from what it is without that bias.

    Simulated (10 to 100 positives, 1 to 25 % of the rows, AUC 0.6 to 0.95), the lower 5 % limit of an average precision
    misses in up to 10 % of samples without this.
    """

    unbiased: float = 0.0

    def lower(self, alpha: float) -> float:
        """Lower limit."""
        scale = self.unbiased * (1 - self.unbiased) / (self.value * (1 - self.value))
        return Normal(self.unbiased, self.se * scale, self.df, self.n, "logit").lower(alpha)


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
    if metric in CLASS_RANKING_METRICS:
        return ranked_classes(metric, cases)
    weight = None if cases.weight is None else cases.relative_weight
    positive = cases.y_true == 1
    for present, name in ((positive, "positives"), (~positive, "negatives")):
        if not (present.any() if weight is None else weight[present].sum() > 0):
            return Undefined(f"There are no {name} in these rows.", cases.n)
    measure = roc_auc if metric == "roc_auc" else average_precision
    return measure(cases.y_score, positive, weight, cases.descending)


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
    if cases.task is Task.MULTICLASS and not 0 < se < math.inf:
        return Unvaried(part.value, min(scarce, groups or scarce), cases.n)
    method = JACKKNIFE if metric == "average_precision" else PAIRS if "_ovo" in metric else DELONG
    if cases.task is Task.BINARY and (scarce < FEW or (scarce < FEW_NEAR_ONE and part.value > NEAR_ONE) or se == 0):
        other, name = _safeguard(metric, part.value, int(classes[1]), int(classes[0]))
        se, method = (other, name) if not other <= se < math.inf else (se, method)
    df = df if groups or cases.dependence.is_serial else math.inf
    if cases.task is Task.MULTICLASS:
        mean = Normal(part.value, se, max(1.0, min(df, scarce - 1.0)), cases.n, "logit", method, 0.0, 1.0)
        return class_mean(mean, classes.astype(np.float64), groups, weighted=metric.endswith("_weighted"))
    if part.unbiased is None or not part.unbiased > 0:
        return Normal(part.value, se, df, cases.n, "logit", method, 0.0, 1.0)
    return _Downward(part.value, se, df, cases.n, "logit", method, 0.0, 1.0, part.unbiased)


def too_few(metric: str, cases: Cases) -> str:
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


def _safeguard(metric: str, value: float, m: int, k: int) -> tuple[float, str]:
    """The larger, model-based standard error for few rows: m positives, k negatives."""
    if metric == "average_precision":
        return math.sqrt(value * (1 - value) / m), BOYD
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (m - 1) * (q1 - value**2) + (k - 1) * (q2 - value**2)
    return math.sqrt(max(0.0, variance) / (m * k)), HANLEY
