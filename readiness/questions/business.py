"""Question 2: the stated requirements, each held against what was measured.

Purpose: a model is ready for a business, not for a leaderboard; each requirement is a sentence somebody stands by.
Method: every requirement is measured on the test rows and must be met by its less favourable limit.
Signs of risk: a good average with one requirement missed; requirements stated after the results were known.
Limits: only what is stated is checked; an empty list is not a yes.
A requirement of one of many classes is measured as if that class were the positive one and all others its opposite.
"""

from __future__ import annotations

from dataclasses import dataclass

from readiness.core.findings import Answer, Claim, Question, not_stated
from readiness.core.format import format_value
from readiness.core.keys import Topic
from readiness.core.metrics import RESPONSE_QUANTILES
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.questions.supplied import mark_supplied
from readiness.questions.technical import how_measured
from readiness.questions.wording import cases_of_study, count_words, denominator, independent_cases
from readiness.spec.schema import Business, Human, Label, Requirement, label_text
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess, compare, human_comparison, measure_guess
from readiness.statistics.estimators import Metric, measure, reason_to_withhold
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.verdict.claims import claims_of

TITLE = Question.BUSINESS.words


def ask(evidence: Evidence, criteria: Business) -> Answer:
    """Judge every requirement; all must be met."""
    spec, claims = evidence.spec, claims_of(evidence.spec, evidence.task)
    if not criteria.requirements:
        return Answer(Question.BUSINESS, tuple(map(not_stated, claims.of_kind(Topic.NO_REQUIREMENTS))))
    stated = claims.of_kind(Topic.REQUIREMENT)
    measured = [_measure(evidence, *each) for each in zip(stated, criteria.requirements, strict=True)]
    return Answer(
        Question.BUSINESS, judge_claims(measured, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    )


@dataclass(frozen=True, slots=True)
class _Stated:
    """One requirement, and the rows on which it is measured."""

    evidence: Evidence
    demanded: Claim
    requirement: Requirement
    metric: Metric
    cases: Cases
    positive: str
    """The rows that are looked for in the data's own words: "colour = gold"."""
    code: int | None = None
    """The class that is looked for, where there are more than two."""

    @property
    def title(self) -> str:
        """What is measured: "recall of colour = gold"."""
        return self.metric.title if self.code is None else f"{self.metric.title} of {self.positive}"

    def measurement(
        self,
        measured: Inference | Missing,
        *,
        reason: str = "",
        needs: str = "",
        withheld: str = "",
        denominator: str = "rows",
        measured_time: bool = False,
    ) -> Measurement:
        """What was measured for the requirement."""
        return Measurement(
            self.demanded,
            self.metric.name,
            measured,
            unit=self.metric.unit,
            withheld=withheld,
            reason=reason,
            needs=needs,
            denominator=denominator,
            measured_time=measured_time,
        )

    def shown(self, value: float) -> str:
        """A value of the metric as text."""
        return format_value(value, self.metric.unit)


def _measure(evidence: Evidence, demanded: Claim, requirement: Requirement) -> Measurement:
    stated = _stated(evidence, demanded, requirement)
    if stated.metric.needs == "measurement":
        return _technical(stated)
    if requirement.of_class is not None and stated.code is None:
        reason = f"no rows are known by the class {label_text(requirement.of_class)}"
        return stated.measurement(Missing(reason), reason=reason, needs="name one of the classes under of_class")
    if requirement.lift_over or requirement.gain_over:
        return _relative(stated)
    name, of_class = stated.metric.name, stated.code is not None
    measured = measure(name, stated.cases)
    return stated.measurement(
        measured,
        withheld=reason_to_withhold(name, stated.cases),
        reason=_sentence(stated, measured),
        denominator=denominator(name, stated.positive, of_class=of_class),
    )


def _stated(evidence: Evidence, demanded: Claim, requirement: Requirement) -> _Stated:
    metric, wanted = evidence.spec.metric(requirement.metric), requirement.of_class
    code = None if wanted is None else _code(evidence, wanted)
    if code is None:
        return _Stated(evidence, demanded, requirement, metric, evidence.cases, evidence.positive)
    positive = f"{evidence.gathered.data.target} = {evidence.classes[code]}"
    return _Stated(evidence, demanded, requirement, metric, evidence.cases.one_against_rest(code), positive, code)


def _code(evidence: Evidence, wanted: Label) -> int | None:
    """The code of a class; a spec spells true and false in small letters."""
    if evidence.task is not Task.MULTICLASS:
        return None
    text = label_text(wanted)
    exact = [code for code, name in enumerate(evidence.classes) if name == text]
    alike = [code for code, name in enumerate(evidence.classes) if name.lower() == text]
    return next(iter(exact + alike), None)


def _sentence(stated: _Stated, measured: Inference | Missing) -> str:
    if isinstance(measured, Missing):
        return measured.reason
    counts = count_words(stated.metric.name, stated.cases, stated.positive, of_class=stated.code is not None)
    joined = " " if counts.startswith("on ") else ": "
    return f"{stated.title} is {stated.shown(measured.value)}{joined}{counts}"


def _technical(stated: _Stated) -> Measurement:
    name, technical = stated.metric.name, stated.evidence.technical
    measured = technical.measures.get(name, Missing(f"{stated.metric.title} was not measured"))
    if isinstance(measured, Missing):
        undefined = Missing(measured.reason)
        return stated.measurement(undefined, reason=measured.reason, needs=measured.needs, denominator="timed calls")
    is_time, source = name != "size_mb", technical.sources.get(name, "")
    how, counted = how_measured(stated.evidence, name), "requests" if name in RESPONSE_QUANTILES else "timed calls"
    return mark_supplied(stated.measurement(measured, reason=how, measured_time=is_time, denominator=counted), source)


def _relative(stated: _Stated) -> Measurement:
    """A gain over a baseline: absolute, or relative through the contrast m - (1 + r) · b (Fieller 1954)."""
    requirement, evidence = stated.requirement, stated.evidence
    name = requirement.lift_over or requirement.gain_over or ""
    other = evidence.alternative(name)
    share = requirement.limit if requirement.lift_over else 0.0
    factor = 1 + share if stated.metric.greater_is_better else 1 - share
    human = evidence.spec.baseline.human
    if other is None and name == "human" and human is not None and stated.code is None:
        return _over_people(stated, factor, human)
    if other is None or isinstance(other.predictions, Missing):
        why = other.predictions if other is not None and isinstance(other.predictions, Missing) else None
        reason = why.reason if why else "the baseline that it names was not measured"
        return stated.measurement(Missing(reason), reason=reason)
    rival = _of_class(other.predictions, stated.code)
    return stated.measurement(
        compare(stated.metric.name, stated.cases, rival, factor=factor, seed=evidence.spec.seed),
        withheld=reason_to_withhold(stated.metric.name, stated.cases),
        reason=_lift_sentence(stated, other.name, rival),
        denominator=independent_cases(stated.metric.name),
    )


def _of_class(predictions: Cases | Guess, code: int | None) -> Cases | Guess:
    """Another method with one class against all others, like the candidate."""
    if code is None:
        return predictions
    if isinstance(predictions, Cases):
        return predictions.one_against_rest(code)
    chance = predictions.probabilities[code]
    return Guess((1 - chance, chance))


def _over_people(stated: _Stated, factor: float, human: Human) -> Measurement:
    mine, metric = measure(stated.metric.name, stated.cases), stated.metric
    if isinstance(mine, Missing):
        return stated.measurement(mine, reason=mine.reason)
    people = f"{human.n:,} cases" if human.n else "an unstated number of cases"
    return stated.measurement(
        human_comparison(mine, human.value, cases_of_study(metric, human), metric.greater_is_better, factor=factor),
        withheld=reason_to_withhold(metric.name, stated.cases)
        or ("" if human.n else "the human figure comes without its n"),
        reason=f"compared unpaired with {stated.shown(human.value)} of people on {people}",
        needs="" if human.n else "state how many cases the study of people had",
    )


def _lift_sentence(stated: _Stated, name: str, rival: Cases | Guess) -> str:
    metric, cases, requirement = stated.metric, stated.cases, stated.requirement
    mine = measure(metric.name, cases)
    theirs = measure_guess(metric.name, cases, rival) if isinstance(rival, Guess) else measure(metric.name, rival)
    if isinstance(mine, Missing) or isinstance(theirs, Missing):
        return ""
    shown = f"{stated.title} is {stated.shown(mine.value)} against {stated.shown(theirs.value)} of {name}"
    if not requirement.lift_over:
        return shown
    sign = "+" if metric.greater_is_better else "−"
    lift = f", a change of {100 * (mine.value / theirs.value - 1):+.1f} %" if theirs.value else ""
    return f"{shown}{lift}; what is judged is the difference to {name} {sign} {requirement.limit:.4g} of itself"
