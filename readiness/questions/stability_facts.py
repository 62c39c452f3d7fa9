"""What else tells how steady the candidate is? Other seeds, small changes, fewer training rows: shown, not judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from readiness.answers import Finding, not_assessed
from readiness.criteria import CHURN_NOT_MET, Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.perturbing import CATEGORY_SHARE, Perturbed
from readiness.evidence.refits import Refits
from readiness.evidence.retraining import Retrained
from readiness.numbers import format_range, format_value
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import compare
from readiness.statistics.inference import Exact, Inference, Undefined, linear
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.means import mean_of
from readiness.statistics.metrics import Metric, measure
from readiness.statistics.stability import churn, mean_change, spread_grade
from readiness.unavailable import Unavailable

FLIPS = 0.05
"""Share of answers that small changes may flip before it is worth a warning; the cut-off is judgement."""
UNSTEADY = "answers hang on the luck of training"
JUMPY = "small changes flip answers"
PERTURBED = "STAB-PERTURBED"


def holdout_spread(evidence: Evidence, metric: Metric, refits: Refits) -> list[Claim]:
    """Standard deviation of what all refits score on the same test rows: there the training alone differs."""
    held = refits.held[np.isfinite(refits.held)]
    if len(held) < 2:
        return []
    mean, std = float(held.mean()), float(held.std(ddof=1))
    relative = spread_is_relative(metric) and mean != 0
    spread = std / abs(mean) if relative else std
    grade = spread_grade(spread)
    growing = evidence.training is not None and evidence.training.time is not None
    reason = (
        f"{grade_words(grade)}; {len(held):,} refits on the same {len(evidence.retraining.rows):,} test rows score "
        f"{format_range(float(held.min()), float(held.max()), metric.unit)}"
        f"{'; earlier ones learnt from fewer rows' if growing else ''}"
    )
    name = f"Spread of {metric.title} over the refits on the same test rows (training standard deviation)"
    unit = "share of the mean" if relative else metric.unit
    return [_fact("STAB-HOLDOUT", name, metric, Exact(spread, len(held)), unit, reason)]


def spread_is_relative(metric: Metric) -> bool:
    """Whether a spread means something only beside the mean: nothing but the target's unit gives it a scale."""
    return not metric.is_share and math.isinf(metric.high)


def grade_words(grade: str, *, of_mean: bool = False) -> str:
    """A grade of the spread, by what it was given, and of what it warns."""
    words = f"grade{' of its share of the mean' if of_mean else ''}: {grade}"
    return f"{words}, the scores lie far apart" if grade in ("warning", "unstable") else words


def seed_facts(evidence: Evidence, metric: Metric) -> list[Claim]:
    """What changes when nothing but the seed of training does."""
    seeds = evidence.retraining.seeds
    values = [one.value for one in seeds]
    if len(seeds) < 2 or not np.isfinite(values).all():
        return []
    cases = evidence.cases.subset(evidence.retraining.rows)
    each = ", ".join(format_value(value, metric.unit) for value in values)
    rows = f"{len(seeds)} refits on all training rows, asked about the same {cases.n:,} test rows"
    name = f"Highest minus lowest {metric.title} of refits that differ in their seed alone"
    spread = _fact("STAB-SEEDS", name, metric, Exact(max(values) - min(values), len(seeds)), metric.unit, each)
    answers = np.stack([one.said.predicted for one in seeds])
    if evidence.task.has_classes:
        share, name = churn(answers, cases.dependence), "Share of rows whose answer changes with the seed alone"
    else:
        share = _of_mean_error(mean_change(answers, cases.dependence), cases)
        name = "Mean difference between two seeds, as a share of the mean error"
    if isinstance(share, Undefined):
        return [spread]
    warning = UNSTEADY if share.value > CHURN_NOT_MET else ""
    return [spread, replace(_fact("STAB-SEEDS-CHURN", name, metric, share, "share", rows), warning=warning)]


def perturbed_facts(evidence: Evidence, metric: Metric, found: Perturbed) -> list[Claim]:
    """How often the candidate's answer flips when a row changes a little."""
    cases, size = evidence.cases.subset(found.rows), evidence.spec.stability.perturbation
    changes = [
        f"{_columns(found.numbers)} of numbers moved by about {size:.3g} of the middle half's width"
        if found.numbers
        else "",
        f"{100 * CATEGORY_SHARE:g} % of the entries of {_columns(found.categories)} redrawn"
        if found.categories
        else "",
    ]
    how = f"{', '.join(filter(None, changes))}, in {len(found.rows):,} test rows"
    if not evidence.task.has_classes:
        moved = mean_of(np.abs(found.after - found.before).astype(float), cases.dependence, least=0.0)
        share = _of_mean_error(moved, cases)
        name = "Mean change of the prediction after small changes to a row, as a share of the mean error"
        return [] if isinstance(share, Undefined) else [_fact(PERTURBED, name, metric, share, "share", how)]
    flips = (found.after != found.before).astype(float)
    deff, df = design_effect(flips, replace(cases, weight=None))
    share = Binomial(float(flips.sum()), len(flips), deff, df)
    warning = JUMPY if share.value > FLIPS else ""
    reason = f"{int(flips.sum()):,} of {len(flips):,} answers flip; {how}"
    name = "Share of answers that flip after small changes to a row"
    return [replace(_fact(PERTURBED, name, metric, share, "share", reason), warning=warning)]


def not_perturbed(evidence: Evidence) -> tuple[Finding, ...]:
    """The note that small changes could not be tried."""
    if not isinstance(evidence.perturbed, Unavailable):
        return ()
    why = evidence.perturbed
    return (
        not_assessed(PERTURBED, "Answers after small changes to a row", why.reason, needs=why.needs, blocking=False),
    )


def curve_facts(evidence: Evidence, metric: Metric) -> list[Claim]:
    """The metric after training on a quarter, half and all rows, and whether the last doubling helped."""
    curve = evidence.retraining.curve
    if not curve:
        return []
    told = [_as_cases(evidence, one) for one in curve]
    largest = max(one.n_train for one in curve)
    notes = [*(f"{note}" for note in evidence.retraining.notes), _gain(evidence, metric, told)]
    shown = []
    for percent, one, cases in zip((25, 50, 100), curve, told, strict=False):
        name = f"{_upper(metric.title)} after training on {percent} % of the rows"
        last = one.n_train == largest
        reason = "; ".join(filter(None, [f"{one.n_train:,} training rows", *(notes if last else [])]))
        shown.append(_fact(f"STAB-CURVE-{percent}", name, metric, measure(metric.name, cases), metric.unit, reason))
    return shown


def _gain(evidence: Evidence, metric: Metric, told: Sequence[Cases]) -> str:
    if len(told) < 2:
        return ""
    gain = compare(metric.name, told[-1], told[-2], seed=evidence.spec.seed)
    if isinstance(gain, Undefined):
        return ""
    low, high = gain.interval(evidence.spec.confidence)
    amount = (
        f"the last doubling gained {format_value(gain.value, metric.unit)} ({format_range(low, high, metric.unit)})"
    )
    if gain.lower(evidence.spec.alpha) > 0:
        return f"more rows would help: {amount}"
    return f"not proven that more rows would help: {amount}"


def _as_cases(evidence: Evidence, one: Retrained) -> Cases:
    cases, said = evidence.cases.subset(evidence.retraining.rows), one.said
    return replace(cases, y_pred=said.predicted, y_score=said.scores, is_probability=said.is_probability)


def _of_mean_error(change: Inference | Undefined, cases: Cases) -> Inference | Undefined:
    """A mean change in units of the candidate's mean absolute error; a ranking has no such error."""
    if isinstance(change, Undefined) or cases.task is not Task.REGRESSION:
        return Undefined("there is no mean error to compare it with")
    error = float(np.abs(cases.y_true - cases.y_pred).mean())
    return linear(change, scale=1 / error) if error > 0 else Undefined("the mean error is 0")


def _fact(code: str, name: str, metric: Metric, value: Inference | Undefined, unit: str, reason: str) -> Claim:
    return Claim(code, name, metric.name, value, None, unit=unit, blocking=False, reason=reason)


def _columns(count: int) -> str:
    return f"{count} column{'s' * (count != 1)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
