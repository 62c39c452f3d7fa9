"""Does it meet the stated requirements?

Purpose: a model is ready for a business, not for a leaderboard; each requirement is a sentence somebody stands by.
Method: every requirement is measured on the test rows and must be met by its less favourable limit.
Signs of risk: a good average with one requirement missed; requirements stated after the results were known.
Limits: only what is stated is checked; an empty list is not a yes.
"""

from __future__ import annotations

from readiness.answers import Answer, Criterion, Question, not_assessed
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_value
from readiness.questions.baseline import value_of
from readiness.questions.wording import counted, denominator
from readiness.spec import Business, Human, Requirement
from readiness.statistics.comparison import compare, human_comparison
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.judging import Claim, settle
from readiness.statistics.metrics import Metric, measure, withheld
from readiness.unavailable import Unavailable

TITLE = Question.BUSINESS.words

NOTHING_STATED = not_assessed(
    "BUSI-NONE",
    "Stated requirements",
    "no requirement is stated, and nothing stated cannot be met",
    needs="state at least one requirement under business.requirements",
)


def ask(evidence: Evidence, criteria: Business) -> Answer:
    """Judge every requirement; all must be met."""
    if not criteria.requirements:
        return Answer(Question.BUSINESS, (NOTHING_STATED,))
    claims = [_claim(evidence, k, requirement) for k, requirement in enumerate(criteria.requirements, 1)]
    spec = evidence.spec
    return Answer(Question.BUSINESS, settle(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence))


def _claim(evidence: Evidence, k: int, requirement: Requirement) -> Claim:
    metric = evidence.spec.metric(requirement.metric)
    if metric.needs == "measurement":
        return _technical(evidence, k, requirement, metric)
    if requirement.lift_over or requirement.gain_over:
        return _relative(evidence, k, requirement, metric)
    measured = measure(metric.name, evidence.cases)
    return Claim(
        f"BUSI-{k}",
        requirement.says,
        metric.name,
        measured,
        Criterion(requirement.op, requirement.limit, metric.unit, _source(k)),
        unit=metric.unit,
        withheld=withheld(metric.name, evidence.cases),
        reason=_sentence(evidence, metric, measured),
        denominator=denominator(metric.name, evidence.positive),
    )


def _source(k: int) -> str:
    return f"set in the spec: business.requirements, number {k}"


def _sentence(evidence: Evidence, metric: Metric, measured: Inference | Undefined) -> str:
    if isinstance(measured, Undefined):
        return measured.reason
    counts = counted(metric.name, evidence.cases, evidence.positive)
    joined = " " if counts.startswith("on ") else ": "
    return f"{metric.title} is {format_value(measured.value, metric.unit)}{joined}{counts}"


def _technical(evidence: Evidence, k: int, requirement: Requirement, metric: Metric) -> Claim:
    measured = evidence.technical.measures.get(metric.name, Unavailable(f"{metric.title} was not measured"))
    missing = isinstance(measured, Unavailable)
    return Claim(
        f"BUSI-{k}",
        requirement.says,
        metric.name,
        Undefined(measured.reason) if isinstance(measured, Unavailable) else measured,
        Criterion(requirement.op, requirement.limit, metric.unit, _source(k)),
        unit=metric.unit,
        reason=measured.reason if isinstance(measured, Unavailable) else evidence.technical.note,
        needs=measured.needs if isinstance(measured, Unavailable) else "",
        measured_time=not missing and metric.name != "size_mb",
        denominator="timed calls",
    )


def _relative(evidence: Evidence, k: int, requirement: Requirement, metric: Metric) -> Claim:
    """A gain over a baseline: absolute, or relative through the contrast m - (1 + r) · b (Fieller 1954)."""
    name = requirement.lift_over or requirement.gain_over or ""
    other = evidence.alternative(name)
    share = requirement.limit if requirement.lift_over else 0.0
    factor = 1 + share if metric.greater_is_better else 1 - share
    threshold = 0.0 if requirement.lift_over else requirement.limit
    criterion = Criterion(requirement.op, threshold, metric.unit, _source(k))
    human = evidence.spec.baseline.human
    if other is None and name == "human" and human is not None:
        return _over_people(evidence, k, requirement, metric, criterion, factor, human)
    if other is None or isinstance(other.predictions, Unavailable):
        why = other.predictions if other is not None and isinstance(other.predictions, Unavailable) else None
        reason = why.reason if why else "the baseline that it names was not measured"
        return Claim(f"BUSI-{k}", requirement.says, metric.name, Undefined(reason), criterion, reason=reason)
    gain = compare(metric.name, evidence.cases, other.predictions, factor=factor, seed=evidence.spec.seed)
    return Claim(
        f"BUSI-{k}",
        requirement.says,
        metric.name,
        gain,
        criterion,
        unit=metric.unit,
        withheld=withheld(metric.name, evidence.cases),
        reason=_lift_sentence(evidence, metric, other.name, other.predictions, requirement),
        denominator="rows",
    )


def _over_people(
    evidence: Evidence,
    k: int,
    requirement: Requirement,
    metric: Metric,
    criterion: Criterion,
    factor: float,
    human: Human,
) -> Claim:
    mine = measure(metric.name, evidence.cases)
    known = isinstance(mine, Undefined)
    people = f"{human.n:,} cases" if human.n else "an unstated number of cases"
    return Claim(
        f"BUSI-{k}",
        requirement.says,
        metric.name,
        mine
        if isinstance(mine, Undefined)
        else human_comparison(mine, human.value, human.n, metric.greater_is_better, factor=factor),
        criterion,
        unit=metric.unit,
        withheld=withheld(metric.name, evidence.cases) or ("" if human.n else "the human figure comes without its n"),
        reason=""
        if known
        else f"compared unpaired with {format_value(human.value, metric.unit)} of people on {people}",
        needs="" if human.n else "state baseline.human.n, the number of cases of the human study",
    )


def _lift_sentence(evidence: Evidence, metric: Metric, name: str, predictions: object, requirement: Requirement) -> str:
    mine, theirs = measure(metric.name, evidence.cases), value_of(metric.name, evidence, predictions)
    if isinstance(mine, Undefined) or isinstance(theirs, Undefined):
        return ""
    shown = (
        f"{metric.title} is {format_value(mine.value, metric.unit)} against "
        f"{format_value(theirs.value, metric.unit)} of {name}"
    )
    if not requirement.lift_over:
        return shown
    sign = "+" if metric.greater_is_better else "−"
    lift = f", a change of {100 * (mine.value / theirs.value - 1):+.1f} %" if theirs.value else ""
    return f"{shown}{lift}; what is judged is the difference to {name} {sign} {requirement.limit:.4g} of itself"
