"""Question 1: the gain over every alternative, and by how much for certain.

Purpose: a model that does no better than a rule of thumb is a cost without a return.
Method: the gain over every baseline on the same rows, with its interval; every gain must exceed the margin, or, where
the spec asks for no more than "not worse" (non-inferiority), no loss may exceed it.
Signs of risk: accuracy near the share of the largest class; a gain over the current model within chance.
Limits: the gain holds for rows like the test rows, and says nothing about what running the model costs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from readiness.core.claims import Claims
from readiness.core.findings import Answer, Claim, Finding, Question, Status
from readiness.core.format import format_count, format_share, format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Alternative, Evidence
from readiness.questions.wording import cases_of_study, independent_cases, words_of_extent
from readiness.spec.schema import Baseline, Human
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import (
    Guess,
    compare,
    compare_delong,
    count_discordant,
    delong_p_value,
    human_comparison,
    measure_guess,
)
from readiness.statistics.estimators import Metric, measure, reason_to_withhold
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.ranking import is_best_order
from readiness.verdict.claims import claims_of
from readiness.verdict.margins import Margin, gain_name, required_margin

# ----------------------------------------------------------------------------------------------------
# The tests that people usually report: one McNemar and one DeLong at most for each alternative.

MCNEMAR = "exact two-sided McNemar test, 1947"
SMALLEST_P = 1e-4
"""Smaller p-values tell nobody more."""


def reported_tests(evidence: Evidence) -> list[Measurement]:
    """Facts for rules and the current model; they need independent rows of equal weight, and labels or scores."""
    if not evidence.cases.is_plain:
        return []
    return [claim for other in evidence.alternatives for claim in _tests(evidence, other)]


def _tests(evidence: Evidence, other: Alternative) -> Iterator[Measurement]:
    """Guesses have no rows of their own, so there is nothing to pair."""
    theirs = other.predictions
    if not isinstance(theirs, Cases) or not evidence.task.has_classes:
        return
    yield _mcnemar(evidence, other, theirs)
    if evidence.task is Task.BINARY and evidence.cases.y_score is not None and theirs.y_score is not None:
        yield from _delong(evidence, other, theirs)


def _mcnemar(evidence: Evidence, other: Alternative, theirs: Cases) -> Measurement:
    split = count_discordant(evidence.cases, theirs)
    apart = split.only_candidate + split.only_other
    shown = (
        f"right where {other.name} is wrong: {format_count(split.only_candidate)} rows; "
        f"the other way round: {format_count(split.only_other)} rows ({MCNEMAR})"
    )
    return _fact(
        Topic.MCNEMAR.key(other.key),
        f"Right as often as {other.name}: p-value",
        "p_value",
        Exact(split.p_value, evidence.cases.n, MCNEMAR, MCNEMAR),
        shown if apart else f"both are right on the same rows and wrong on the same rows ({MCNEMAR})",
    )


def _delong(evidence: Evidence, other: Alternative, theirs: Cases) -> Iterator[Measurement]:
    difference = compare_delong(evidence.cases, theirs)
    if isinstance(difference, Missing):
        return
    p = delong_p_value(difference)
    said = f"{p:.4f}" if p >= SMALLEST_P else f"below {SMALLEST_P:.4f}"
    yield _fact(
        Topic.DELONG.key(other.key),
        f"ROC AUC less that of {other.name}",
        "roc_auc",
        difference,
        f"p-value {said} (paired two-sided DeLong test, 1988)",
    )


def _fact(key: FindingKey, name: str, metric: str, inference: Inference, reason: str) -> Measurement:
    return Measurement.fact(key, name, metric, inference, reason=reason)


# ----------------------------------------------------------------------------------------------------

TITLE = Question.BASELINE.words

SHOWN = {
    Task.BINARY: ("accuracy", "f1", "recall", "precision", "roc_auc"),
    Task.MULTICLASS: ("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted"),
    Task.REGRESSION: ("mae", "rmse", "r2"),
    Task.RANKING: ("ndcg_at_10", "map", "mrr"),
}
"""Metrics of the table of methods."""

IMBALANCE = 0.80
"""Share of the largest class from which accuracy alone misleads."""


def ask(evidence: Evidence, criteria: Baseline) -> Answer:
    """Judge the gain over every baseline: above the margin, or, where the spec asks no more, not worse by it."""
    spec, metric = evidence.spec, evidence.spec.primary_metric(evidence.task)
    claims = claims_of(spec, evidence.task)
    measured = [_gain(evidence, claims, alternative, metric) for alternative in evidence.alternatives]
    if criteria.human is not None:
        measured.append(_human_gain(evidence, claims, criteria.human))
    findings = judge_claims(measured, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    facts = [*_values(evidence, metric), *_costs(evidence, criteria), *_imbalance(evidence), *_perfect(evidence)]
    facts += reported_tests(evidence)
    return Answer(Question.BASELINE, (*findings, *judge_claims(facts, alpha=spec.alpha, level=spec.confidence)))


def _gain(evidence: Evidence, claims: Claims, other: Alternative, metric: Metric) -> Measurement:
    margin = required_margin(metric, evidence.spec.baseline, other.key)
    claim = claims.claim(Topic.LIFT.key(other.key)).with_name(gain_name(metric, margin, other.name))
    if isinstance(other.predictions, Missing):
        return _no_gain(claim, metric, other.predictions)
    gain = compare(metric.name, evidence.cases, other.predictions, factor=margin.factor, seed=evidence.spec.seed)
    return Measurement(
        claim,
        metric.name,
        gain,
        unit=metric.unit,
        withheld=reason_to_withhold(metric.name, evidence.cases),
        reason=_both_values(evidence, other, metric, margin),
        denominator=independent_cases(metric.name),
    )


def _no_gain(claim: Claim, metric: Metric, why: Missing) -> Measurement:
    return Measurement(claim, metric.name, Missing(why.reason), reason=why.reason, needs=why.needs)


def value_of(metric: str, evidence: Evidence, predictions: Guess | object) -> Inference | Missing:
    """The metric of any method on the test rows; guesses by their exact expectation."""
    if isinstance(predictions, Guess):
        return measure_guess(metric, evidence.cases, predictions)
    if isinstance(predictions, Missing):
        return Missing(predictions.reason)
    return measure(metric, predictions)  # type: ignore[arg-type]


def _both_values(evidence: Evidence, other: Alternative, metric: Metric, margin: Margin) -> str:
    mine = value_of(metric.name, evidence, evidence.cases)
    theirs = value_of(metric.name, evidence, other.predictions)
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        return ""
    shown = f"{metric.title} {format_value(mine.value, metric.unit)} against {format_value(theirs.value, metric.unit)}"
    note = f"; {other.note}" if other.note else ""
    judged = f"{_constant_answer(evidence, other)}{_judged_words(metric, margin)}"
    return f"{shown} on {words_of_extent(metric.name, evidence.cases)}{judged}{note}"


def _constant_answer(evidence: Evidence, other: Alternative) -> str:
    """A constant answer in the data's own words, where its name does not tell it."""
    if other.key != "minority" or not isinstance(other.predictions, Guess):
        return ""
    answer = evidence.classes[int(np.argmax(other.predictions.probabilities))]
    return f"; that is {evidence.gathered.data.target} = {answer} for every row"


def _judged_words(metric: Metric, margin: Margin) -> str:
    """What was tested, where the two values alone do not tell it."""
    relative = f"what is judged is {margin.factor:.4g} of theirs less the candidate's"
    texts = [
        f"tested: not worse by more than {margin.words}" if margin.test == "non_inferiority" else "",
        "" if metric.greater_is_better or metric.needs == "own" else relative,
    ]
    return "".join(f"; {text}" for text in texts if text)


def _human_gain(evidence: Evidence, claims: Claims, human: Human) -> Measurement:
    metric = evidence.spec.metric(human.metric)
    margin = required_margin(metric, evidence.spec.baseline, "human")
    claim = claims.claim(Topic.LIFT.key("human"))
    mine = measure(metric.name, evidence.cases)
    if isinstance(mine, Missing):
        return _no_gain(claim, metric, Missing(mine.reason))
    gain = human_comparison(
        mine, human.value, cases_of_study(metric, human), metric.greater_is_better, factor=margin.factor
    )
    people = f"{human.n:,} cases" if human.n else "an unstated number of cases"
    here, theirs = format_value(mine.value, metric.unit), format_value(human.value, metric.unit)
    source = _judged_words(metric, margin) + (f" (source: {human.source})" if human.source else "")
    return Measurement(
        claim,
        metric.name,
        gain,
        unit=metric.unit,
        withheld=reason_to_withhold(metric.name, evidence.cases)
        or ("" if human.n else "the human figure comes without the number of cases it rests on"),
        reason=f"{metric.title} {here} against {theirs} of people on {people}, compared unpaired{source}",
        needs="" if human.n else "state how many cases the study of people had",
    )


def _values(evidence: Evidence, primary: Metric) -> list[Measurement]:
    shown = dict.fromkeys((primary.name, *SHOWN[evidence.task]))
    methods = [Alternative("candidate", evidence.spec.model.name, evidence.cases), *evidence.alternatives]
    return [
        Measurement.fact(
            Topic.METHOD_VALUE.key(method.key, metric=metric),
            method.name,
            metric,
            value_of(metric, evidence, method.predictions),
            unit=evidence.spec.metric(metric).unit,
        )
        for method in methods
        for metric in shown
    ]


def _costs(evidence: Evidence, criteria: Baseline) -> list[Measurement]:
    names = {"candidate": "candidate", "model": "candidate", evidence.spec.model.name: "candidate"}
    names |= {alternative.name: alternative.key for alternative in evidence.alternatives}
    names |= {alternative.key: alternative.key for alternative in evidence.alternatives}
    return [
        Measurement.fact(
            Topic.METHOD_COST.key(names.get(method, method).lower()),
            f"Cost per prediction of {method}",
            "cost_per_prediction",
            Exact(cost),
            reason="as stated in the spec",
        )
        for method, cost in criteria.cost_per_prediction.items()
    ]


def _perfect(evidence: Evidence) -> list[Measurement]:
    """A candidate without a single error is more often a leak than a wonder."""
    cases, ranking = evidence.cases, evidence.task is Task.RANKING
    if not (is_best_order(cases) if ranking else np.array_equal(cases.y_true, cases.y_pred)):
        return []
    text = (
        f"all {cases.n:,} rows are {'where they belong' if ranking else 'right'}; "
        "look for a column that gives the answer away, or for test rows that the model was fitted on"
    )
    return [
        Measurement.fact(
            Topic.PERFECT.key(),
            "A perfect score",
            "share",
            Exact(1.0, cases.n),
            reason=text,
            warning="too good to be true?",
        )
    ]


def _imbalance(evidence: Evidence) -> list[Measurement]:
    rows = evidence.gathered.data.class_rows
    if not rows or max(rows) < IMBALANCE * sum(rows):
        return []
    largest = evidence.classes[rows.index(max(rows))]
    share = max(rows) / sum(rows)
    text = (
        f"{max(rows):,} of {sum(rows):,} rows ({format_share(share)}) are {evidence.gathered.data.target} = {largest}: "
        f"always answering {largest} is right that often, so accuracy alone misleads here"
    )
    return [
        Measurement.fact(
            Topic.IMBALANCE.key(),
            "Share of the largest class",
            "share",
            Exact(share, sum(rows)),
            reason=text,
            warning="accuracy alone misleads",
        )
    ]


__all__ = ["TITLE", "Finding", "Status", "ask", "required_margin", "value_of"]
