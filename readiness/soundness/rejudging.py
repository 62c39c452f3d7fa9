"""Claims of the questions judged again, on other rows or weights.

The claims of questions 1, 2 and 4 once more, apart from how they are worded: so that the rules of soundness can measure
them with other weights, at another share of positives, or with rows whose truth is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from readiness.core import policy
from readiness.core.findings import Claim, Criterion, Finding, Question, Status
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import Metric
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.questions.costs import Prices, chance_to_be_shown, constants, prices
from readiness.questions.deficits import Ruler, deficit, ruler_of, split_by
from readiness.questions.wording import cases_of_study
from readiness.soundness.tables import Aimed, Examined
from readiness.spec.schema import Human, label_text
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess, compare, human_comparison, measure_guess
from readiness.statistics.costs import mean_cost_from_cells, mean_of
from readiness.statistics.dependence import unknown_error
from readiness.statistics.estimators import measure, number, reason_to_withhold
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.verdict.margins import required_margin

Floats = NDArray[np.float64]
PEOPLE = "human"


@dataclass(frozen=True, slots=True)
class Scored:
    """A claim about a metric of the test rows, or about how far it is ahead of another method."""

    key: FindingKey
    name: str
    metric: Metric
    criterion: Criterion
    of_class: int | None = None
    """Code of the class that is looked for, where there are more than two."""
    rival: str = ""
    """Key of the other method, "human" among them; empty: there is none."""
    factor: float = 1.0
    """How many times the other method counts."""

    @property
    def sign(self) -> float:
        """1 where more of the claimed number is more of the metric, -1 where it is less."""
        return -1.0 if self.rival and not self.metric.greater_is_better else 1.0

    def cases(self, evidence: Evidence) -> Cases:
        """The rows that it is measured on."""
        return evidence.cases if self.of_class is None else evidence.cases.one_against_rest(self.of_class)

    def other(self, evidence: Evidence) -> Cases | Guess | None:
        """The other method on the same rows; None: there is none, or it is people."""
        found = evidence.alternative(self.rival) if self.rival else None
        if found is None or isinstance(found.predictions, Missing):
            return None
        if self.of_class is None:
            return found.predictions
        if isinstance(found.predictions, Cases):
            return found.predictions.one_against_rest(self.of_class)
        chance = found.predictions.probabilities[self.of_class]
        return Guess((1 - chance, chance))

    @property
    def code(self) -> str:
        """The code of the key."""
        return self.key.code

    def claim(self, evidence: Evidence) -> Measurement:
        """The claim as measured on the rows of `evidence`."""
        cases, name = self.cases(evidence), self.metric.name
        measured: Inference | Missing
        human = evidence.spec.baseline.human
        other = self.other(evidence)
        unsure = reason_to_withhold(name, cases)
        if not self.rival:
            measured = measure(name, cases)
        elif other is not None:
            measured = compare(name, cases, other, factor=self.factor, seed=evidence.spec.seed)
        elif human is not None and self.rival == PEOPLE:
            measured, unsure = self._lead_over_people(cases, human), unsure or ("" if human.n else "no number of cases")
        else:
            measured = Missing("the other method was not measured")
        return Measurement(
            Claim(self.key, self.name, self.criterion), name, measured, unit=self.metric.unit, withheld=unsure
        )

    def _lead_over_people(self, cases: Cases, human: Human) -> Inference | Missing:
        mine = measure(self.metric.name, cases)
        if isinstance(mine, Missing):
            return mine
        better = self.metric.greater_is_better
        return human_comparison(mine, human.value, cases_of_study(self.metric, human), better, factor=self.factor)

    def value(self, cases: Cases, evidence: Evidence) -> float:
        """The claimed number on other rows, less a constant: what the other method says of them is not known, so that
        it stays where it is, unless it is a guess, of which the true classes alone decide.
        """
        name, other = self.metric.name, self.other(evidence)
        found = number(name, cases)
        if isinstance(other, Guess) and name not in cases.own:
            theirs = measure_guess(name, cases, other)
            found -= 0.0 if isinstance(theirs, Missing) else self.factor * theirs.value
        return self.sign * found


@dataclass(frozen=True, slots=True)
class Priced:
    """A claim about the mean of an amount of money over the test rows."""

    key: FindingKey
    name: str
    criterion: Criterion
    amounts: Floats = field(compare=False)
    """(n,), before weighting."""
    cells: tuple[float, ...] | None = None
    """Binary with constant costs: the amount in the cells TN, FP, FN, TP."""
    range: tuple[float | None, float | None] = (None, None)

    @property
    def code(self) -> str:
        """The code of the key."""
        return self.key.code

    def claim(self, evidence: Evidence) -> Measurement:
        """The claim as measured on the rows of `evidence`, whose amounts these are."""
        cases = evidence.cases
        measured: Inference | Missing
        if self.cells is not None and evidence.task is Task.BINARY and cases.is_plain:
            measured = mean_cost_from_cells(cases.cells.ravel(), self.cells, seed=evidence.spec.seed)
        else:
            least, most = self.range
            measured = mean_of(self.amounts, cases.dependence, weight=cases.weight, least=least, most=most)
        w = cases.relative_weight
        unsure = unknown_error(cases.dependence, w * (self.amounts - self.mean(cases)))
        unit = self.criterion.unit
        return Measurement(
            Claim(self.key, self.name, self.criterion), "savings_per_row", measured, unit=unit, withheld=unsure
        )

    def mean(self, cases: Cases) -> float:
        """Of the rows as they are weighted."""
        return float(cases.relative_weight @ self.amounts) / max(1, cases.n)


def scored_claims(evidence: Evidence) -> tuple[Scored, ...]:
    """Those of questions 1 and 2, as far as the review asks them."""
    over = _compare_alternatives(evidence) if evidence.asks(Question.BASELINE) else ()
    stated = _requirements(evidence) if evidence.asks(Question.BUSINESS) else ()
    return (*over, *stated)


def _compare_alternatives(evidence: Evidence) -> Iterator[Scored]:
    spec, metric = evidence.spec, evidence.spec.primary_metric(evidence.task)
    for other in evidence.alternatives:
        margin = required_margin(metric, spec.baseline, other.key)
        name = f"{metric.title} compared with that of {other.name}"
        yield Scored(Topic.LIFT.key(other.key), name, metric, margin.criterion, None, other.key, margin.factor)
    if spec.baseline.human is not None:
        metric = spec.metric(spec.baseline.human.metric)
        margin = required_margin(metric, spec.baseline, PEOPLE)
        name = f"{metric.title} compared with that of people"
        yield Scored(Topic.LIFT.key(PEOPLE), name, metric, margin.criterion, None, PEOPLE, margin.factor)


def _requirements(evidence: Evidence) -> Iterator[Scored]:
    for k, stated in enumerate(evidence.spec.business.requirements, 1):
        metric = evidence.spec.metric(stated.metric)
        if metric.needs == "measurement":
            continue
        code = None if stated.of_class is None else _code(evidence, label_text(stated.of_class))
        rival = stated.lift_over or stated.gain_over or ""
        share = stated.limit if stated.lift_over else 0.0
        factor = 1 + share if metric.greater_is_better else 1 - share
        bar = Criterion(stated.op, 0.0 if stated.lift_over else stated.limit, metric.unit)
        yield Scored(Topic.REQUIREMENT.key(k), stated.says, metric, bar, code, rival, factor)


def _code(evidence: Evidence, label: str) -> int | None:
    if evidence.task is not Task.MULTICLASS:
        return None
    exact = [code for code, name in enumerate(evidence.classes) if name == label]
    alike = [code for code, name in enumerate(evidence.classes) if name.lower() == label]
    return next(iter(exact + alike), None)


def priced_claims(evidence: Evidence) -> tuple[Priced, ...]:
    """Those of question 4 about costs and savings; none where no costs are stated, or rows are put in order."""
    is_asked = evidence.asks(Question.ERRORS) and evidence.task is not Task.RANKING
    priced = prices(evidence) if is_asked else None
    return () if priced is None else tuple(_price_claims(evidence, priced))


def _price_claims(evidence: Evidence, priced: Prices) -> Iterator[Priced]:
    errors, unit = evidence.spec.errors, priced.currency
    above = Criterion(">", policy.SAVINGS_PER_ROW, unit)
    saved = priced.nothing - priced.candidate
    name = "Savings for each row against doing nothing"
    yield Priced(Topic.SAVINGS.key(), name, above, saved, priced.savings_cells, priced.savings_range)
    if errors.value_per_prediction is not None:
        below = Criterion("<", errors.value_per_prediction, unit)
        name = "Cost of errors for each prediction"
        yield Priced(Topic.COST.key(), name, below, priced.candidate, priced.cost_cells, (0.0, priced.most_cost))
    for other in constants(evidence, priced, chance_to_be_shown(evidence)):
        name = f"Savings for each row against {other.name}"
        saved = other.cost - priced.candidate + (0.0 if other.pull is None else other.pull)
        yield Priced(other.key, name, above, saved, other.cells, other.range)
    if priced.current is not None:
        contrast = (1 + errors.dearer) * priced.current - priced.candidate
        bar = Criterion(">=", 0.0, unit)
        name = "Costs of errors compared with those of the current model"
        yield Priced(Topic.CURRENT_COST.key(), name, bar, contrast)


def deficit_claims(
    evidence: Evidence, only: Collection[tuple[int, str]] | None = None
) -> Iterator[tuple[int, int, Ruler, Measurement]]:
    """The deficits of question 3, segment by segment: with the number of the segmentation and of the segment, from 1,
    and the ruler that they are held against; none where the review does not ask it.

    `only` names segmentations with metrics, where not all are wanted.
    """
    if not evidence.segmentations or not evidence.asks(Question.SEGMENTS):
        return
    criteria = evidence.spec.segments
    rulers = [ruler_of(evidence, criteria, name) for name in criteria.metrics or policy.SEGMENT_METRICS[evidence.task]]
    for i, cut in enumerate(evidence.segmentations, 1):
        for ruler in rulers:
            if only is not None and (i, ruler.metric.name) not in only:
                continue
            splits = split_by(ruler.metric.name, evidence.cases, cut)
            for j, split in enumerate(splits, 1):
                key = Topic.DEFICIT.key(i, j, metric=ruler.metric.name)
                enough, alone = split.rows >= ruler.minimum, len(splits) == 1
                named, labels = cut.text(j - 1), cut.labels[j - 1]
                yield i, j, ruler, deficit(key, named, labels, split, ruler, enough=enough, alone=alone)


def judge_one(evidence: Evidence, claim: Measurement) -> Finding:
    """What is found of one claim, by the rule of the review."""
    spec = evidence.spec
    return judge_claims([claim], alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)[0]


def unfavourable_limit(finding: Finding) -> float | None:
    """The limit that a claim is met by; None where there is none."""
    if finding.bounds is None or finding.criterion is None:
        return None
    return finding.bounds.lower if finding.criterion.wants_more else finding.bounds.upper


def judge_all(evidence: Evidence, only: Collection[str] | None = None) -> dict[str, Finding]:
    """What is found of every claim of questions 1, 2 and 4 about the rows, by code; `only` of some where not of all."""
    stated: tuple[Scored | Priced, ...] = (*scored_claims(evidence), *priced_claims(evidence))
    claims = [claim.claim(evidence) for claim in stated if only is None or claim.code in only]
    return {claim.code: judge_one(evidence, claim) for claim in claims}


def met_findings(evidence: Evidence) -> dict[str, Finding]:
    """Those that are met."""
    return {code: finding for code, finding in judge_all(evidence).items() if finding.status is Status.MET}


def aim_at(claim: Measurement, codes: tuple[str, ...]) -> Examined:
    """A claim about the rows that withholds claims one by one; with none of them it is about all its questions."""
    return Aimed(claim, codes) if codes else claim


def reweigh(evidence: Evidence, weight: Floats | None) -> Evidence:
    """The same evidence with the rows counted otherwise, of every method alike."""
    others = tuple(
        replace(each, predictions=replace(each.predictions, weight=weight))
        if isinstance(each.predictions, Cases)
        else each
        for each in evidence.alternatives
    )
    return replace(evidence, cases=replace(evidence.cases, weight=weight), alternatives=others)
