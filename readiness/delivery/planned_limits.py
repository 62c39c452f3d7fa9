"""How many refits, timed calls and rows of drift do stability and production need?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import chdtri

from readiness import criteria as policy
from readiness.catalogue import QUANTILES
from readiness.delivery.assumptions import Assumptions
from readiness.delivery.planned_candidate import level_of, row_spread
from readiness.delivery.planned_parts import CALLS, RECENT, TEST, TRAINING, Planned, planned, unplanned
from readiness.delivery.planned_rows import Own
from readiness.numbers import format_threshold
from readiness.statistics.inference import student_quantile
from readiness.statistics.power import drift_rows, proportion_rows


def planned_stability(a: Assumptions, power: float) -> Iterator[Planned]:
    """Churn among the training rows, and the half-width of the cross-validated mean."""
    stability = a.spec.stability
    if a.task.has_classes:
        churn = a.number("churn", stability.churn_met / 2, "half of the limit")
        rows = proportion_rows(1 - churn.value, 1 - stability.churn_met, alpha=a.spec.alpha, power=power)
        needed: Own | str = "cannot be proven: the assumed share is not below the limit" if rows is None else Own(
            rows, "rows that refits predict", 1.0
        )  # fmt: skip
        text = f"at most {100 * stability.churn_met:.4g} % of labels change on refitting"
        yield planned("stability.churn_met", text, needed, (churn.words("churn"),), kind=TRAINING)
    yield _half_width(a, power)


def _half_width(a: Assumptions, power: float) -> Planned:
    """T · S · root(1/J + n_test / n_train) (Nadeau and Bengio 2003) with folds that differ by chance alone."""
    stability, metric = a.spec.stability, a.spec.primary_metric(a.task)
    key, text = "stability.half_width", f"half the interval of the mean {metric.label} at most {stability.half_width:g}"
    level = level_of(a, metric.name)
    spread = None if level is None else row_spread(a, metric, level.value)
    if level is None or spread is None:
        return unplanned(key, text, f"open: state --assume {metric.name}=…", TRAINING)
    limit = stability.half_width * (level.value if a.task is policy.Task.REGRESSION else 1.0)
    scores = stability.folds * stability.repeats
    t = student_quantile((1 - a.spec.confidence) / 2, scores - 1)
    unlucky = float(chdtri(scores - 1, 1 - power)) / (scores - 1)
    per_fold = unlucky * (t * spread / limit) ** 2 * (1 / scores + 1 / (stability.folds - 1))
    needed = Own(math.ceil(stability.folds * per_fold), "rows", 1.0, "folds that differ by chance alone")
    return planned(key, text, needed, (level.words(metric.label, metric.unit),), kind=TRAINING)


def planned_production(a: Assumptions, power: float) -> Iterator[Planned]:
    """Timed calls for each limit of a latency, and rows for drift."""
    limits = a.spec.production
    for name in QUANTILES:
        limit = getattr(limits, name)
        if limit is not None:
            text = f"{a.spec.metric(name).title} <= {format_threshold(limit)} ms"
            yield latency_calls(a, f"production.{name}", text, name, power)
    yield _drift(a, power)


def latency_calls(a: Assumptions, key: str, text: str, name: str, power: float) -> Planned:
    """Calls that prove a quantile of latency; sizes and the like are measured on the spot and need no rows."""
    if name not in QUANTILES:
        return Planned(key, text, 0, "measured on the spot, needs no rows", (), TEST)
    q, alpha, made = QUANTILES[name], a.spec.alpha, a.spec.production.calls
    within = a.number("within", (1 + q) / 2, "half-way between the quantile and 1; --assume within=…")
    calls = proportion_rows(within.value, q, alpha=alpha, power=power)
    if calls is None:
        return unplanned(key, text, "cannot be proven: too few calls within the limit are assumed", CALLS)
    fewest = math.ceil(math.log(alpha) / math.log(q) - 1e-9)
    short = "" if made >= calls else f", so set production.calls to {calls:,}"
    here = f"; the spec times {made:,}{short}" if a.spec.model.path is not None else " in a log under supplied.latency"
    own = Own(calls, f"calls, at least {fewest:,} even if none is slower{here}")
    return planned(key, text, own, (within.words("share of calls within the limit"),), kind=CALLS)


def _drift(a: Assumptions, power: float) -> Planned:
    """Without drift the index is (bins - 1)(1/n + 1/m) on average; that and its chance error must fit the limit."""
    limit, bins = a.spec.production.drift_limit, policy.DRIFT_BINS
    rows = drift_rows(limit, bins, alpha=a.spec.alpha, power=power)
    by_chance = (bins - 1) * 2 / rows
    noun = f"rows on each side; by chance alone the index is then {by_chance:.2g} in {bins} bins"
    return planned("production.drift_limit", f"drift of each feature at most {limit:g}", Own(rows, noun),
                   ("no true drift",), kind=RECENT)  # fmt: skip
