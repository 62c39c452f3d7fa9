"""Are the failure modes acceptable?

Purpose: errors differ in price; what counts is what they cost, and whether that is less than the model saves.
Method: every error is counted and priced; the savings against doing nothing, and against every constant answer, must be
proven to be above zero, and the errors must not be dearer than those of the model now in use.
Signs of risk: savings that hang on a few expensive rows; an error type that nobody has described.
Limits: costs are what the spec says they are; harm that has no price here is not in the sum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness import criteria as policy
from readiness.answers import Answer, Criterion, Question, not_assessed
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_level, format_value
from readiness.questions.class_rules import class_claims, without_small
from readiness.questions.error_facts import error_facts, residuals
from readiness.questions.errors_by_class import by_class
from readiness.questions.errors_of_values import given_interval_claims, values_facts
from readiness.questions.pricing import Prices, prices
from readiness.questions.pricing_constants import Constant, chance_to_be_shown, constants
from readiness.questions.ranked_errors import shown_facts, shown_or_not
from readiness.questions.threshold_advice import threshold_in_use
from readiness.questions.trust import bins_table, trust
from readiness.questions.what_if import what_if
from readiness.questions.worst_errors import worst_errors
from readiness.spec import Errors
from readiness.statistics.costs import mean_cost_from_cells, mean_of
from readiness.statistics.dependence import unknown_error
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.judging import Claim, settle
from readiness.unavailable import Unavailable

TITLE = Question.ERRORS.words

NO_COSTS = not_assessed(
    "ERRO-SAVINGS",
    "Savings against doing nothing",
    "the spec states no costs, so nobody knows whether these errors are acceptable",
    needs="state what each kind of error costs under errors.costs",
)


def ask(evidence: Evidence, criteria: Errors) -> Answer:
    """Price the errors; the savings against every answer that needs no model must be above zero."""
    if evidence.task is Task.RANKING:
        answer = _ask(shown_or_not(evidence), criteria, chance_to_be_shown(evidence))
        return answer.plus(*shown_facts(evidence))
    return _ask(evidence, criteria)


def _ask(evidence: Evidence, criteria: Errors, shown: NDArray[np.float64] | None = None) -> Answer:
    spec = evidence.spec
    priced = prices(evidence)
    facts = settle([*error_facts(evidence), *_further(evidence, priced)], alpha=spec.alpha, level=spec.confidence)
    tables = _tables(evidence)
    worst = worst_errors(evidence, None if priced is None else priced.candidate)
    if priced is None:
        rest = [*given_interval_claims(evidence), *class_claims(evidence, criteria)]
        covered = settle(rest, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
        return Answer(Question.ERRORS, (NO_COSTS, *without_small(covered), *facts, *worst), tables)
    claims = [
        *_judged(evidence, criteria, priced),
        *_against_constants(evidence, priced, shown),
        *_against_current(evidence, priced),
        *given_interval_claims(evidence),
        *class_claims(evidence, criteria),
        *_amounts(evidence, priced),
        *what_if(evidence, priced),
    ]
    findings = settle(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    return Answer(Question.ERRORS, (*without_small(findings), *facts, *worst), tables)


def _further(evidence: Evidence, priced: Prices | None) -> list[Claim]:
    """What else is known of the errors of this kind of task."""
    if evidence.task is Task.REGRESSION:
        return values_facts(evidence, priced)
    return [
        *threshold_in_use(evidence),
        *trust(evidence),
        *(by_class(evidence) if evidence.task is Task.MULTICLASS else ()),
    ]


def _tables(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """What the figures draw besides the findings."""
    if evidence.task is Task.REGRESSION:
        return {"residuals": residuals(evidence)}
    bins = bins_table(evidence)
    return {} if bins is None else {"calibration": bins}


def _judged(evidence: Evidence, criteria: Errors, priced: Prices) -> list[Claim]:
    saved = _total(evidence, priced.nothing - priced.candidate)
    unit = priced.currency
    nothing, own = (format_value(_total(evidence, amounts), unit) for amounts in (priced.nothing, priced.candidate))
    words = (
        f"doing nothing would cost {nothing} on these {evidence.cases.n:,} rows, the candidate's errors cost {own}: "
        f"savings of {format_value(saved, unit)}"
        + ("" if evidence.cases.weight is None else " (rows counted by their weight)")
    )
    savings = Claim(
        "ERRO-SAVINGS",
        "Savings for each row against doing nothing",
        "savings_per_row",
        _mean(evidence, priced.nothing - priced.candidate, priced.savings_cells, *priced.savings_range),
        Criterion(">", policy.SAVINGS_PER_ROW, unit),
        unit=unit,
        withheld=_unknown(evidence, priced.nothing - priced.candidate),
        reason=words,
        denominator="rows",
    )
    value = criteria.value_per_prediction
    cost = Claim(
        "ERRO-COST",
        "Cost of errors for each prediction",
        "cost_per_prediction",
        _mean(evidence, priced.candidate, priced.cost_cells, 0.0, priced.most_cost),
        None if value is None else Criterion("<", value, unit, "set in the spec"),
        unit=unit,
        withheld="" if value is None else _unknown(evidence, priced.candidate),
        blocking=value is not None,
        reason="" if value is None else f"a prediction is worth {format_value(value, unit)}",
        denominator="rows",
    )
    return [savings, cost]


def _against_constants(evidence: Evidence, priced: Prices, shown: NDArray[np.float64] | None) -> list[Claim]:
    """The savings against each constant answer besides doing nothing; every one must be beaten."""
    return [_against(evidence, priced, constant) for constant in constants(evidence, priced, shown)]


def _against(evidence: Evidence, priced: Prices, constant: Constant) -> Claim:
    saved, unit = constant.cost - priced.candidate, priced.currency
    totals = (_total(evidence, amounts) for amounts in (constant.cost, priced.candidate, saved))
    theirs, own, both = (format_value(total, unit) for total in totals)
    words = (
        f"{constant.name} would cost {theirs} on these {evidence.cases.n:,} rows, the candidate's errors cost {own}: "
        f"savings of {both}"
    )
    varied = saved if constant.pull is None else saved + constant.pull
    return Claim(
        f"ERRO-SAVINGS-{constant.code}",
        f"Savings for each row against {constant.name}",
        "savings_per_row",
        _mean(evidence, varied, constant.cells, *constant.range),
        Criterion(">", policy.SAVINGS_PER_ROW, unit),
        unit=unit,
        withheld=_unknown(evidence, varied),
        reason=f"{words} ({constant.note})" if constant.note else words,
        denominator="rows",
        warning=constant.warning,
    )


def _against_current(evidence: Evidence, priced: Prices) -> list[Claim]:
    """Whether the candidate is not dearer than the current model, by more than a share (non-inferiority).

    The share is in the contrast, 1.05 times their cost less the candidate's (Fieller 1954), so that the bar is 0.
    """
    current, errors, unit = evidence.alternative("current"), evidence.spec.errors, priced.currency
    if current is None:
        return []
    share = format_level(errors.dearer)
    name = f"Errors cost no more than those of {current.name}" + (f" and {share}" if errors.dearer else "")
    bar = Criterion(">=", 0.0, unit, errors.origin("dearer"))
    if priced.current is None:
        why = current.predictions
        reason, needs = (why.reason, why.needs) if isinstance(why, Unavailable) else ("it has no predictions", "")
        return [Claim("ERRO-CURRENT", name, "savings_per_row", Undefined(reason), bar, reason=reason, needs=needs)]
    contrast = (1 + errors.dearer) * priced.current - priced.candidate
    theirs, own = (format_value(_total(evidence, amounts), unit) for amounts in (priced.current, priced.candidate))
    words = (
        f"its errors cost {theirs} on these {evidence.cases.n:,} rows, the candidate's {own}; "
        f"judged is {1 + errors.dearer:.6g} of theirs less the candidate's, for each row"
    )
    return [
        Claim(
            "ERRO-CURRENT",
            name,
            "savings_per_row",
            _mean(evidence, contrast, None, *_span(priced, errors.dearer)),
            bar,
            unit=unit,
            withheld=_unknown(evidence, contrast),
            reason=words,
            denominator="rows",
        )
    ]


def _span(priced: Prices, dearer: float) -> tuple[float | None, float | None]:
    """The least and the most that a row could give to the comparison with the current model."""
    most = priced.most_cost
    return (None, None) if most is None else (-most, (1 + dearer) * most)


def _unknown(evidence: Evidence, amounts: NDArray[np.float64]) -> str:
    """Why the chance error of a mean of amounts is not known well enough."""
    w = evidence.cases.relative_weight
    return unknown_error(evidence.cases.dependence, w * (amounts - float(w @ amounts) / evidence.cases.n))


def _total(evidence: Evidence, amounts: NDArray[np.float64]) -> float:
    return float(amounts.sum() if evidence.cases.weight is None else amounts @ evidence.cases.relative_weight)


def _mean(
    evidence: Evidence,
    per_row: NDArray[np.float64],
    per_cell: tuple[float, ...] | None,
    least: float | None,
    most: float | None,
) -> Inference | Undefined:
    """From the four cells where costs are constant, else from the amounts of the rows, which lie in a known range."""
    if per_cell is not None and evidence.task is Task.BINARY and evidence.cases.is_plain:
        return mean_cost_from_cells(evidence.cases.cells.ravel(), per_cell, seed=evidence.spec.seed)
    return mean_of(per_row, evidence.cases.dependence, weight=evidence.cases.weight, least=least, most=most)


def _amounts(evidence: Evidence, priced: Prices) -> list[Claim]:
    total, nothing = _total(evidence, priced.candidate), _total(evidence, priced.nothing)
    n, unit = evidence.cases.n, priced.currency

    def fact(code: str, name: str, amount: Inference | Undefined, unit: str = unit, reason: str = "") -> Claim:
        return Claim(f"ERRO-{code}", name, "cost", amount, None, unit=unit, blocking=False, reason=reason)

    facts = [
        fact("COST-TOTAL", "Cost of all errors", Exact(total, n)),
        fact("COST-NOTHING", f"Cost of doing nothing ({priced.nothing_is})", Exact(nothing, n)),
        fact("SAVINGS-TOTAL", "Savings against doing nothing", Exact(nothing - total, n)),
    ]
    if nothing > 0:
        facts.append(fact("SAVINGS-SHARE", "Savings as a share of that cost", Exact(1 - total / nothing, n), "share"))
    if priced.current is not None:
        saved = mean_of(priced.current - priced.candidate, evidence.cases.dependence, weight=evidence.cases.weight)
        total_now = format_value(_total(evidence, priced.current), unit)
        words = f"the current model's errors cost {total_now} on the same rows"
        facts.append(fact("SAVINGS-CURRENT", "Savings for each row against the current model", saved, reason=words))
    return facts
