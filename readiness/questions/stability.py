"""Question 5: refits, seeds, windows of time and small changes of rows.

Purpose: a result that hangs on the luck of one split will not be seen again.
Method: clones are fitted again and again on parts of the training rows. The mean score must be known closely enough
(interval corrected for shared rows, Nadeau and Bengio 2003), and refits must agree on single rows (churn). Where the
rows have a time, no window of it may be much worse than all other rows.
Signs of risk: answers that change from refit to refit behind a steady average; a metric that declines over time.
Limits: random folds do not stand in for time; the spread of fold scores mostly tells how large the folds are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from readiness.core.findings import Answer, Claim, Finding, Question, not_assessed
from readiness.core.format import format_range, format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import CHURN_NOT_MET, Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.perturb import CATEGORY_SHARE, Perturbed
from readiness.evidence.refits import Refits
from readiness.evidence.retraining import Retrained
from readiness.questions.over_time import only_proven_decline, over_time
from readiness.questions.supplied import doubt_of, mark_supplied, unused_refits, with_doubt
from readiness.spec.schema import Stability
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import compare
from readiness.statistics.dependence import Dependence, unknown_error
from readiness.statistics.estimators import Metric, measure
from readiness.statistics.inference import Exact, Inference, linear
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.means import design_effect, mean_of
from readiness.statistics.stability import (
    SPREAD,
    FoldFacts,
    churn,
    corrected_mean,
    ends_of,
    fold_facts,
    half_width,
    mean_change,
    spread_grade,
)
from readiness.verdict.claims import claims_of, spread_is_relative

# ----------------------------------------------------------------------------------------------------
# Other signs of how steady the candidate is: other seeds, small changes, fewer training rows: shown, not judged.

FLIPS = 0.05
"""Share of answers that small changes may flip before it is worth a warning; the cut-off is judgement."""
UNSTEADY = "answers hang on the luck of training"
JUMPY = "small changes flip answers"
PERTURBED = Topic.PERTURBED.key()


def holdout_spread(evidence: Evidence, metric: Metric, refits: Refits) -> list[Measurement]:
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
    return [_fact(Topic.HOLDOUT.key(), name, metric, Exact(spread, len(held)), unit, reason)]


def grade_words(grade: str, *, of_mean: bool = False) -> str:
    """A grade of the spread, by what it was given, and of what it warns."""
    words = f"grade{' of its share of the mean' if of_mean else ''}: {grade}"
    return f"{words}, the scores lie far apart" if grade in ("warning", "unstable") else words


def seed_facts(evidence: Evidence, metric: Metric) -> list[Measurement]:
    """What changes when nothing but the seed of training does."""
    seeds = evidence.retraining.seeds
    values = [one.value for one in seeds]
    if len(seeds) < 2 or not np.isfinite(values).all():
        return []
    cases = evidence.cases.subset(evidence.retraining.rows)
    each = ", ".join(format_value(value, metric.unit) for value in values)
    rows = f"{len(seeds)} refits on all training rows, asked about the same {cases.n:,} test rows"
    name = f"Highest minus lowest {metric.title} of refits that differ in their seed alone"
    spread = _fact(Topic.SEEDS.key(), name, metric, Exact(max(values) - min(values), len(seeds)), metric.unit, each)
    answers = np.stack([one.said.predicted for one in seeds])
    if evidence.task.has_classes:
        share, name = churn(answers, cases.dependence), "Share of rows whose answer changes with the seed alone"
    else:
        share = _of_mean_error(mean_change(answers, cases.dependence), cases)
        name = "Mean difference between two seeds, as a share of the mean error"
    if isinstance(share, Missing):
        return [spread]
    warning = UNSTEADY if share.value > CHURN_NOT_MET else ""
    return [spread, replace(_fact(Topic.SEEDS_CHURN.key(), name, metric, share, "share", rows), warning=warning)]


def perturbed_facts(evidence: Evidence, metric: Metric, found: Perturbed) -> list[Measurement]:
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
        return [] if isinstance(share, Missing) else [_fact(PERTURBED, name, metric, share, "share", how)]
    flips = (found.after != found.before).astype(float)
    deff, df = design_effect(flips, replace(cases, weight=None))
    share = Binomial(float(flips.sum()), len(flips), deff, df)
    warning = JUMPY if share.value > FLIPS else ""
    reason = f"{int(flips.sum()):,} of {len(flips):,} answers flip; {how}"
    name = "Share of answers that flip after small changes to a row"
    return [replace(_fact(PERTURBED, name, metric, share, "share", reason), warning=warning)]


def not_perturbed(evidence: Evidence) -> tuple[Finding, ...]:
    """The note that small changes could not be tried."""
    if not isinstance(evidence.perturbed, Missing):
        return ()
    why = evidence.perturbed
    return (
        not_assessed(PERTURBED, "Answers after small changes to a row", why.reason, needs=why.needs, blocking=False),
    )


def curve_facts(evidence: Evidence, metric: Metric) -> list[Measurement]:
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
        shown.append(
            _fact(Topic.LEARNING_CURVE.key(percent), name, metric, measure(metric.name, cases), metric.unit, reason)
        )
    return shown


def _gain(evidence: Evidence, metric: Metric, told: Sequence[Cases]) -> str:
    if len(told) < 2:
        return ""
    gain = compare(metric.name, told[-1], told[-2], seed=evidence.spec.seed)
    if isinstance(gain, Missing):
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


def _of_mean_error(change: Inference | Missing, cases: Cases) -> Inference | Missing:
    """A mean change in units of the candidate's mean absolute error; a ranking has no such error."""
    if isinstance(change, Missing) or cases.task is not Task.REGRESSION:
        return Missing("there is no mean error to compare it with")
    error = float(np.abs(cases.y_true - cases.y_pred).mean())
    return linear(change, scale=1 / error) if error > 0 else Missing("the mean error is 0")


def _fact(
    key: FindingKey, name: str, metric: Metric, value: Inference | Missing, unit: str, reason: str
) -> Measurement:
    return Measurement.fact(key, name, metric.name, value, unit=unit, reason=reason)


def _columns(count: int) -> str:
    return f"{count} column{'s' * (count != 1)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# ----------------------------------------------------------------------------------------------------

TITLE = Question.STABILITY.words
RANGE = "Range to expect of one fold"

NO_SPREAD = "all folds score the same, so nobody knows how far another one could be off"
NO_SHARE = Missing("the mean over the folds is 0, and nothing is a share of that")
VARY = "check whether the target is known beforehand, or more training rows"


def ask(evidence: Evidence, criteria: Stability) -> Answer:
    """Judge how closely the mean over refits is known, how much single answers change, and each window of time."""
    spec, metric, refits = evidence.spec, evidence.spec.primary_metric(evidence.task), _usable_refits(evidence)
    timed = over_time(evidence, criteria)
    claims, facts = list(timed.claims), _other_facts(evidence, metric)
    missing: tuple[Finding, ...] = ()
    tables = {} if timed.table is None else {"windows": timed.table}
    if isinstance(refits, Missing):
        missing = (_missing(refits),)
    else:
        judged, shown = _of_refits(evidence, criteria, metric, refits)
        claims, facts, tables = [*judged, *claims], [*shown, *facts], {"folds": _table(refits), **tables}
    findings = only_proven_decline(judge_claims(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence))
    settled = judge_claims(facts, alpha=spec.alpha, level=spec.confidence)
    notes = (*not_perturbed(evidence), *unused_refits(evidence))
    return Answer(Question.STABILITY, (*missing, *findings, *settled, *notes), tables)


def _usable_refits(evidence: Evidence) -> Refits | Missing:
    refits = evidence.refits
    if not isinstance(refits, Missing) and not np.isfinite(refits.scores).all():
        return Missing("the metric does not exist on every fold", "more rows of the rarer class, or fewer folds")
    return refits


def _missing(why: Missing) -> Finding:
    return not_assessed(
        Topic.REFITS.key(), "Refits of the candidate", f"the candidate was not refitted: {why.reason}", needs=why.needs
    )


def _of_refits(
    evidence: Evidence, criteria: Stability, metric: Metric, refits: Refits
) -> tuple[list[Measurement], list[Measurement]]:
    """What the repeats are judged by, and the facts about them."""
    ends = _ends(metric, refits)
    facts = fold_facts(refits.scores, ends=ends, relative=spread_is_relative(metric))
    rule = evidence.spec.evidence
    mean = corrected_mean(
        refits.scores,
        n_train=float(np.mean([fold.n_train for fold in refits.folds])),
        n_test=float(np.mean([fold.n_test for fold in refits.folds])),
        ends=ends,
    )
    measures = {
        Topic.HALF_WIDTH: lambda claim: _half_width(evidence, claim, metric, mean, refits),
        Topic.CHURN: lambda claim: _churn(evidence, claim, refits),
        Topic.FOLD_STD: lambda claim: _std(claim, metric, facts, len(refits.folds)),
    }
    claims = [measures[claim.key.kind](claim) for claim in claims_of(evidence.spec, evidence.task).of_kind(*measures)]
    doubt = doubt_of(evidence, criteria, metric, mean, refits)
    shown = _facts(rule, metric, facts, mean, (*refits.notes, *evidence.retraining.notes), refits)
    return (
        [mark_supplied(with_doubt(claim, doubt), refits.source) for claim in claims],
        [*(mark_supplied(claim, refits.source) for claim in shown), *holdout_spread(evidence, metric, refits)],
    )


def _ends(metric: Metric, refits: Refits) -> tuple[float, float]:
    """The lowest and the highest value of the metric, or of supplied scores that lie beyond them."""
    low, high = ends_of(metric)
    return min(low, float(refits.scores.min())), max(high, float(refits.scores.max()))


def _other_facts(evidence: Evidence, metric: Metric) -> list[Measurement]:
    """What does not need repeats."""
    shaken = evidence.perturbed
    changed = [] if shaken is None or isinstance(shaken, Missing) else perturbed_facts(evidence, metric, shaken)
    seeds = [mark_supplied(claim, evidence.retraining.source) for claim in seed_facts(evidence, metric)]
    return [*seeds, *curve_facts(evidence, metric), *changed]


def _done(refits: Refits) -> str:
    cut = "" if refits.repeats == refits.asked else f" (of {refits.asked} asked for; the time was used up)"
    return f"{len(refits.folds)} refits, {refits.repeats} repeats{cut} of {refits.scheme}"


def _half_width(
    evidence: Evidence, claim: Claim, metric: Metric, mean: Inference | Missing, refits: Refits
) -> Measurement:
    unit, relative = _unit(claim), evidence.task is Task.REGRESSION or metric.needs == "own"
    if isinstance(mean, Missing):
        return Measurement(claim, metric.name, mean, unit=unit, reason=mean.reason)
    half = half_width(mean, evidence.spec.confidence)
    if not math.isfinite(half):
        none = Missing(NO_SPREAD)
        return Measurement(claim, metric.name, none, unit=unit, reason=NO_SPREAD, needs=VARY)
    width = half / abs(mean.value) if relative and mean.value else half
    low, high = mean.interval(evidence.spec.confidence)
    shown = format_value(mean.value, metric.unit)
    between = format_range(low, high, metric.unit)
    return Measurement(
        claim,
        metric.name,
        Exact(width, len(refits.folds), mean.method, mean.bound_method),
        unit=unit,
        reason=f"average {metric.title} {shown}, corrected interval {between}, from {_done(refits)}",
        needs="more training rows: the half-width shrinks with the root of their number",
        from_scores=False,
    )


def _unit(claim: Claim) -> str:
    assert claim.criterion is not None
    return claim.criterion.unit


def _churn(evidence: Evidence, claim: Claim, refits: Refits) -> Measurement:
    predicted = refits.predicted
    everywhere = (predicted >= 0).all(axis=0)
    groups = None if evidence.training is None else evidence.training.groups
    dependence = Dependence(None if groups is None else groups[everywhere])
    share = churn(predicted[:, everywhere], dependence)
    rows = f"{int(everywhere.sum()):,} training rows, each predicted once in each of {refits.repeats} repeats"
    return Measurement(
        claim,
        "churn",
        share,
        unit="share",
        withheld=unknown_error(dependence),
        reason=rows,
        denominator="rows",
        from_scores=False,
    )


def _std(claim: Claim, metric: Metric, facts: FoldFacts, folds: int) -> Measurement:
    """In points; of a metric without an upper end as a share of the mean, for its unit says nothing by itself."""
    reason = _grade_words_of(metric, facts)
    value: Exact | Missing = Exact(facts.std, folds)
    if spread_is_relative(metric):
        reason = (
            f"{reason}; it is {format_value(facts.std, metric.unit)} around {format_value(facts.mean, metric.unit)}"
        )
        value = Exact(facts.coefficient_of_variation, folds) if facts.mean else NO_SHARE
        reason = reason if facts.mean else NO_SHARE.reason
    return Measurement(claim, metric.name, value, unit=_unit(claim), reason=reason, from_scores=False)


def _facts(
    rule: str,
    metric: Metric,
    facts: FoldFacts,
    mean: Inference | Missing,
    said: tuple[str, ...],
    refits: Refits,
) -> list[Measurement]:
    folds = len(refits.folds)
    title, notes = metric.title, "; ".join(note.rstrip(".") for note in said)

    def fact(
        topic: Topic, name: str, value: Inference | Missing, reason: str = "", unit: str = metric.unit
    ) -> Measurement:
        return Measurement.fact(topic.key(), name, metric.name, value, unit=unit, reason=reason)

    shown = [
        fact(Topic.FOLD_MEAN, f"Average {title} over the folds", mean, notes),
        fact(Topic.FOLD_STD, f"Standard deviation of the fold {title}", Exact(facts.std, folds), _grade(metric, facts)),
        fact(Topic.FOLD_MIN, f"Lowest {title} of a fold", Exact(facts.smallest, folds)),
        fact(Topic.FOLD_MAX, f"Highest {title} of a fold", Exact(facts.largest, folds)),
        fact(Topic.FOLD_RANGE, "Highest minus lowest", Exact(facts.range, folds)),
        fact(Topic.FOLD_LOW, f"{RANGE}, lower end ({_end(facts, facts.low)})", Exact(facts.low, folds)),
        fact(Topic.FOLD_HIGH, f"{RANGE}, upper end ({_end(facts, facts.high)})", Exact(facts.high, folds)),
    ]
    if facts.mean:
        share = Exact(facts.coefficient_of_variation, folds)
        shown.append(fact(Topic.FOLD_CV, "Standard deviation as a share of the mean", share, unit="share"))
    shown += [] if refits.source else [_seconds(refits)]
    return [claim for claim in shown if not (rule == "point" and claim.key.kind is Topic.FOLD_STD)]


def _seconds(refits: Refits) -> Measurement:
    took = Exact(refits.seconds, len(refits.folds))
    key, name = Topic.REFIT_SECONDS.key(), "Time that all refits took"
    return Measurement.fact(key, name, "seconds", took, unit="s", measured_time=True)


def _end(facts: FoldFacts, end: float) -> str:
    """How an end of the range comes about."""
    whole = f"mean {'+' if end > facts.mean else '−'} {SPREAD} standard deviations"
    is_cut = abs(end - facts.mean) < SPREAD * facts.std * (1 - 1e-9)
    return f"{whole}, cut off where the metric ends" if is_cut else whole


def _grade(metric: Metric, facts: FoldFacts) -> str:
    return f"{_grade_words_of(metric, facts)}; it depends on the size of the folds, so it is shown and not judged"


def _grade_words_of(metric: Metric, facts: FoldFacts) -> str:
    return grade_words(facts.grade, of_mean=spread_is_relative(metric) and facts.mean != 0)


def _table(refits: Refits) -> pd.DataFrame:
    """Columns repeat, fold, score; one row for each refit."""
    return pd.DataFrame(
        {
            "repeat": [fold.repeat + 1 for fold in refits.folds],
            "fold": [fold.fold + 1 for fold in refits.folds],
            "score": [fold.score for fold in refits.folds],
        }
    )
