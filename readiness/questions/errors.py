"""Question 4: the errors, what they cost, and who bears them.

Purpose: errors differ in price; what counts is what they cost, and whether that is less than the model saves.
Method: every error is counted and priced; the savings against doing nothing, and against every constant answer, must be
proven to be above zero, and the errors must not be dearer than those of the model now in use.
Signs of risk: savings that hang on a few expensive rows; an error type that nobody has described.
Limits: costs are what the spec says they are; harm that has no price here is not in the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.claims import Claims
from readiness.core.findings import Answer, Claim, Question, not_stated
from readiness.core.format import format_level, format_share, format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.questions.calibration import bins_table, trust, worst_errors
from readiness.questions.classes import by_class, measure_classes, shown_facts, shown_or_not, without_small
from readiness.questions.costs import Constant, Prices, chance_to_be_shown, constants, prices
from readiness.questions.thresholds import concentration, threshold_in_use, what_if
from readiness.spec.schema import Errors
from readiness.statistics.calibration import conformal_half_width, coverage
from readiness.statistics.costs import mean_cost_from_cells, mean_of
from readiness.statistics.dependence import unknown_error
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import OrderStatistic
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.means import share_of
from readiness.statistics.thresholds import mean_in_tails, rank_correlation
from readiness.verdict.claims import NO_COSTS, claims_of, no_dearer_name

# ----------------------------------------------------------------------------------------------------
# The errors that the candidate makes, and how many of each; counted, not judged.

DRAWN = 2000
"""Residuals that a figure draws; a seeded sample above."""

_CELLS = (
    (Topic.TRUE_NEGATIVES, "Rows rightly left alone"),
    (Topic.FALSE_POSITIVES, "False positives (type I)"),
    (Topic.FALSE_NEGATIVES, "False negatives (type II)"),
    (Topic.TRUE_POSITIVES, "Rows rightly found"),
)


def error_facts(evidence: Evidence) -> list[Measurement]:
    """Counts and shares of the confusion matrix, or the distribution of the errors."""
    if evidence.task is Task.REGRESSION:
        return _regression(evidence)
    wrong = evidence.cases.y_true != evidence.cases.y_pred
    rate = _fact(Topic.ERROR_RATE.key(), "Share of rows that are wrong", "error_rate", _share(evidence, wrong), "share")
    return [rate, *(_binary(evidence) if evidence.task is Task.BINARY else _multiclass(evidence))]


def _fact(
    key: FindingKey, name: str, metric: str, inference: Inference | Missing, unit: str = "", **more: object
) -> Measurement:
    return Measurement.fact(key, name, metric, inference, unit=unit, **more)


def _share(evidence: Evidence, hit: NDArray[np.bool_]) -> Inference | Missing:
    """A share of rows, each counted once; rows that depend on each other widen it."""
    return share_of(hit, replace(evidence.cases, weight=None))


def _quantile(evidence: Evidence, sizes: NDArray[np.float64], q: float) -> Inference:
    """A quantile of the rows, each counted once; limits only for independent ones."""
    found = OrderStatistic(sizes, q)
    return found if evidence.cases.dependence.codes is None else Exact(found.value, found.n)


def _binary(evidence: Evidence) -> list[Measurement]:
    n = evidence.cases.n
    counts = [int(count) for count in evidence.cases.counts.ravel()]
    words = {str(key): text for key, text in evidence.spec.errors.describe.items()}
    names = evidence.classes
    said = {
        Topic.FALSE_POSITIVES: words.get("false_positive", ""),
        Topic.FALSE_NEGATIVES: words.get("false_negative", ""),
    }
    claims = [
        _fact(
            topic.key(),
            text,
            "rows",
            Exact(float(count), n),
            "rows",
            reason=said.get(topic, ""),
            segment={"true": names[place // 2], "predicted": names[place % 2]},
        )
        for place, ((topic, text), count) in enumerate(zip(_CELLS, counts, strict=True))
    ]
    shares = (
        (Topic.FALSE_POSITIVE_SHARE, 1, "false_positive"),
        (Topic.FALSE_NEGATIVE_SHARE, 2, "false_negative"),
    )
    for topic, index, key in shares:
        text = words.get(key) or key.replace("_", " ") + "s"
        share = _share(evidence, evidence.cases.cell_codes == index)
        claims.append(_fact(topic.key(), f"Share of all rows: {text}", "share", share, "share"))
    return claims


def _multiclass(evidence: Evidence) -> list[Measurement]:
    counts, names = evidence.cases.counts, evidence.classes
    return [
        _fact(
            Topic.CELL.key(i + 1, j + 1),
            "Rows by true and predicted class",
            "rows",
            Exact(float(counts[i, j]), evidence.cases.n),
            "rows",
            segment={"true": names[i], "predicted": names[j]},
        )
        for i in range(len(names))
        for j in range(len(names))
    ]


def _regression(evidence: Evidence) -> list[Measurement]:
    error = evidence.cases.y_pred - evidence.cases.y_true
    size = np.sort(np.abs(error))
    return [
        _fact(
            Topic.BIAS.key(),
            "Mean error (positive: predicted too high)",
            "bias",
            mean_of(error, evidence.cases.dependence, weight=evidence.cases.weight),
        ),
        _fact(
            Topic.MEDIAN_ERROR.key(),
            "Error that half of the rows stay below",
            "absolute_error",
            _quantile(evidence, size, 0.50),
        ),
        _fact(
            Topic.P95_ERROR.key(),
            "Error that 95 of 100 rows stay below",
            "absolute_error",
            _quantile(evidence, size, 0.95),
        ),
        _fact(Topic.LARGEST_ERROR.key(), "Largest error", "absolute_error", Exact(float(size[-1]), len(size))),
    ]


def residuals(evidence: Evidence) -> pd.DataFrame:
    """Columns y_true and error, at most `DRAWN` rows, drawn with the spec's seed."""
    y, error = evidence.cases.y_true, evidence.cases.y_pred - evidence.cases.y_true
    rows = np.arange(len(y))
    if len(rows) > DRAWN:
        rows = np.sort(np.random.default_rng(evidence.spec.seed).choice(len(y), DRAWN, replace=False))
    return pd.DataFrame({"y_true": y[rows], "error": error[rows]})


# ----------------------------------------------------------------------------------------------------
# Predicted numbers: where their errors are large, and how wide an honest band around them would be


def values_facts(evidence: Evidence, priced: Prices | None) -> list[Measurement]:
    """Spread, concentration and a band that would hold."""
    size = np.abs(evidence.cases.y_pred - evidence.cases.y_true)
    amounts, what = (size, "error") if priced is None else (priced.candidate, "costs")
    weighed = amounts * evidence.cases.relative_weight
    return [_spread(evidence, size), *concentration(weighed, what), _band(evidence)]


def _fact_of_values(
    key: FindingKey, name: str, metric: str, inference: Inference | Missing, **more: str
) -> Measurement:
    return Measurement.fact(key, name, metric, inference, **more)


def _spread(evidence: Evidence, size: NDArray[np.float64]) -> Measurement:
    cases = evidence.cases
    found = rank_correlation(size, cases.y_pred.astype(float), cases)
    if isinstance(found, Missing):
        return _fact_of_values(
            Topic.SPREAD.key(), "Do errors grow with the prediction? Rank correlation", "rank_correlation", found
        )
    low, high = found.interval(evidence.spec.confidence)
    words = "larger for larger predictions" if low > 0 else "smaller for larger predictions" if high < 0 else ""
    tails = map(format_value, mean_in_tails(cases.y_pred, size))
    said = "{} in the lowest tenth of the predictions, {} in the highest".format(*tails)
    reason = f"errors are {words}: {said}" if words else f"no trend beyond chance: mean error {said}"
    name = "Do errors grow with the prediction? Rank correlation, 0 is no"
    return _fact_of_values(Topic.SPREAD.key(), name, "rank_correlation", found, reason=reason)


def _band(evidence: Evidence) -> Measurement:
    level = evidence.spec.confidence
    found = conformal_half_width(evidence.cases, level)
    name = f"Half-width of a band around a prediction that holds {format_level(level)} of further rows"
    reason = ""
    if not isinstance(found, Missing):
        reason = (
            f"a band of ± {format_value(found.value)} around a prediction holds {format_share(level)} of further rows "
            "like these"
        )
    return _fact_of_values(Topic.CONFORMAL_BAND.key(), name, "half_width", found, reason=reason)


def measure_coverage(evidence: Evidence, claim: Claim) -> Measurement:
    """Whether the intervals that came with the predictions hold what they claim."""
    given, ends = evidence.spec.errors.interval, evidence.given_interval
    if given is None or ends is None:
        return Measurement(claim, "coverage", Missing("no intervals came with the predictions"), unit="share")
    low, high = ends
    inside = int(np.count_nonzero((low <= evidence.cases.y_true) & (evidence.cases.y_true <= high)))
    claimed = format_share(given.level)
    return Measurement(
        claim,
        "coverage",
        coverage(evidence.cases, low, high),
        unit="share",
        withheld=unknown_error(evidence.cases.dependence, _influence_on_misses(evidence, low, high))
        if claim.blocking
        else "",
        reason=f"{inside:,} of {evidence.cases.n:,} true values lie inside the given intervals, which claim {claimed}",
    )


def _influence_on_misses(
    evidence: Evidence, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Influence of each row on the share that lies outside, shape (n,)."""
    cases, w = evidence.cases, evidence.cases.relative_weight
    outside = ((cases.y_true < low) | (cases.y_true > high)).astype(np.float64)
    return np.asarray(w * (outside - float(w @ outside) / cases.n))


# ----------------------------------------------------------------------------------------------------

TITLE = Question.ERRORS.words

MEASURES: dict[Topic, Callable[[Evidence, Claim], Measurement]] = {Topic.INTERVAL_COVERAGE: measure_coverage}
"""By topic how a claim is measured that rests on nothing but the test rows: neither on prices nor on each class."""


def ask(evidence: Evidence, criteria: Errors) -> Answer:  # noqa: ARG001  # every question is asked with its section
    """Price the errors; the savings against every answer that needs no model must be above zero."""
    demanded = claims_of(evidence.spec, evidence.task)
    if evidence.task is Task.RANKING:
        answer = _ask(shown_or_not(evidence), demanded, chance_to_be_shown(evidence))
        return answer.plus(*shown_facts(evidence))
    return _ask(evidence, demanded)


def _ask(evidence: Evidence, demanded: Claims, shown: NDArray[np.float64] | None = None) -> Answer:
    spec = evidence.spec
    priced = prices(evidence)
    facts = judge_claims([*error_facts(evidence), *_further(evidence, priced)], alpha=spec.alpha, level=spec.confidence)
    tables = _tables(evidence) | ({} if priced is None else _cell_costs(evidence, priced))
    worst = worst_errors(evidence, None if priced is None else priced.candidate)
    if priced is None:
        covered = judge_claims(
            _measure_unpriced(evidence, demanded), alpha=spec.alpha, level=spec.confidence, rule=spec.evidence
        )
        return Answer(Question.ERRORS, (not_stated(NO_COSTS), *without_small(covered), *facts, *worst), tables)
    claims = [
        *_measure_savings(evidence, demanded, priced),
        *_against_constants(evidence, demanded, priced, shown),
        *_against_current(evidence, demanded, priced),
        *_measure_unpriced(evidence, demanded),
        *_amounts(evidence, priced),
        *what_if(evidence, priced),
    ]
    findings = judge_claims(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    return Answer(Question.ERRORS, (*without_small(findings), *facts, *worst), tables)


def _measure_unpriced(evidence: Evidence, demanded: Claims) -> list[Measurement]:
    """What is judged of the errors whatever they cost, and the coverage of given intervals without a bar."""
    stated = [claim for claim in demanded.of(Question.ERRORS) if claim.key.kind in MEASURES]
    found = [MEASURES[claim.key.kind](evidence, claim) for claim in stated]
    if evidence.given_interval is not None and not demanded.of_kind(Topic.INTERVAL_COVERAGE):
        name = "Share of true values inside the given intervals"
        found.append(measure_coverage(evidence, Claim(Topic.INTERVAL_COVERAGE.key(), name, blocking=False)))
    return [*found, *measure_classes(evidence)]


def _further(evidence: Evidence, priced: Prices | None) -> list[Measurement]:
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


def _cell_costs(evidence: Evidence, priced: Prices) -> dict[str, pd.DataFrame]:
    """What the rows of each cell of the confusion matrix cost together: columns true, predicted and cost."""
    if evidence.task is Task.REGRESSION:
        return {}
    cases, names = evidence.cases, evidence.classes
    cells = cases.y_true * len(names) + cases.y_pred
    sums = np.bincount(cells, cases.relative_weight * priced.candidate, len(names) ** 2)
    table = pd.DataFrame([(true, predicted) for true in names for predicted in names], columns=["true", "predicted"])
    return {"cell_costs": table.assign(cost=sums)}


def _measure_savings(evidence: Evidence, demanded: Claims, priced: Prices) -> list[Measurement]:
    saved = _total(evidence, priced.nothing - priced.candidate)
    unit = priced.currency
    nothing, own = (format_value(_total(evidence, amounts), unit) for amounts in (priced.nothing, priced.candidate))
    words = (
        f"doing nothing would cost {nothing} on these {evidence.cases.n:,} rows, the candidate's errors cost {own}: "
        f"savings of {format_value(saved, unit)}"
        + ("" if evidence.cases.weight is None else " (rows counted by their weight)")
    )
    savings = Measurement(
        demanded.claim(Topic.SAVINGS.key()),
        "savings_per_row",
        _mean(evidence, priced.nothing - priced.candidate, priced.savings_cells, *priced.savings_range),
        unit=unit,
        withheld=_unknown(evidence, priced.nothing - priced.candidate),
        reason=words,
        denominator="rows",
    )
    key, value = Topic.COST.key(), evidence.spec.errors.value_per_prediction
    cost = Measurement(
        demanded.find(key) or Claim(key, "Cost of errors for each prediction", blocking=False),
        "cost_per_prediction",
        _mean(evidence, priced.candidate, priced.cost_cells, 0.0, priced.most_cost),
        unit=unit,
        withheld="" if value is None else _unknown(evidence, priced.candidate),
        reason="" if value is None else f"a prediction is worth {format_value(value, unit)}",
        denominator="rows",
    )
    return [savings, cost]


def _against_constants(
    evidence: Evidence, demanded: Claims, priced: Prices, shown: NDArray[np.float64] | None
) -> list[Measurement]:
    """The savings against each constant answer besides doing nothing; every one must be beaten."""
    return [_against(evidence, demanded, priced, constant) for constant in constants(evidence, priced, shown)]


def _against(evidence: Evidence, demanded: Claims, priced: Prices, constant: Constant) -> Measurement:
    saved, unit = constant.cost - priced.candidate, priced.currency
    totals = (_total(evidence, amounts) for amounts in (constant.cost, priced.candidate, saved))
    theirs, own, both = (format_value(total, unit) for total in totals)
    words = (
        f"{constant.name} would cost {theirs} on these {evidence.cases.n:,} rows, the candidate's errors cost {own}: "
        f"savings of {both}"
    )
    varied = saved if constant.pull is None else saved + constant.pull
    return Measurement(
        demanded.claim(constant.key).with_name(f"Savings for each row against {constant.name}"),
        "savings_per_row",
        _mean(evidence, varied, constant.cells, *constant.range),
        unit=unit,
        withheld=_unknown(evidence, varied),
        reason=f"{words} ({constant.note})" if constant.note else words,
        denominator="rows",
        warning=constant.warning,
    )


def _against_current(evidence: Evidence, demanded: Claims, priced: Prices) -> list[Measurement]:
    """Whether the candidate is not dearer than the current model, by more than a share (non-inferiority).

    The share is in the contrast, 1.05 times their cost less the candidate's (Fieller 1954), so that the bar is 0.
    """
    current, errors, unit = evidence.alternative("current"), evidence.spec.errors, priced.currency
    if current is None:
        return []
    claim = demanded.claim(Topic.CURRENT_COST.key()).with_name(no_dearer_name(current.name, errors.dearer))
    if priced.current is None:
        why = current.predictions
        reason, needs = (why.reason, why.needs) if isinstance(why, Missing) else ("it has no predictions", "")
        return [
            Measurement(
                claim,
                "savings_per_row",
                Missing(reason),
                reason=reason,
                needs=needs,
            )
        ]
    contrast = (1 + errors.dearer) * priced.current - priced.candidate
    theirs, own = (format_value(_total(evidence, amounts), unit) for amounts in (priced.current, priced.candidate))
    words = (
        f"its errors cost {theirs} on these {evidence.cases.n:,} rows, the candidate's {own}; "
        f"judged is {1 + errors.dearer:.6g} of theirs less the candidate's, for each row"
    )
    return [
        Measurement(
            claim,
            "savings_per_row",
            _mean(evidence, contrast, None, *_span(priced, errors.dearer)),
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
) -> Inference | Missing:
    """From the four cells where costs are constant, else from the amounts of the rows, which lie in a known range."""
    if per_cell is not None and evidence.task is Task.BINARY and evidence.cases.is_plain:
        return mean_cost_from_cells(evidence.cases.cells.ravel(), per_cell, seed=evidence.spec.seed)
    return mean_of(per_row, evidence.cases.dependence, weight=evidence.cases.weight, least=least, most=most)


def _amounts(evidence: Evidence, priced: Prices) -> list[Measurement]:
    total, nothing = _total(evidence, priced.candidate), _total(evidence, priced.nothing)
    n, unit = evidence.cases.n, priced.currency

    def fact(topic: Topic, name: str, amount: Inference | Missing, unit: str = unit, reason: str = "") -> Measurement:
        return Measurement.fact(topic.key(), name, "cost", amount, unit=unit, reason=reason)

    facts = [
        fact(Topic.TOTAL_COST, "Cost of all errors", Exact(total, n)),
        fact(Topic.NOTHING_COST, f"Cost of doing nothing ({priced.nothing_is})", Exact(nothing, n)),
        fact(Topic.TOTAL_SAVINGS, "Savings against doing nothing", Exact(nothing - total, n)),
    ]
    if nothing > 0:
        facts.append(
            fact(Topic.SAVINGS_SHARE, "Savings as a share of that cost", Exact(1 - total / nothing, n), "share")
        )
    if priced.current is not None:
        saved = mean_of(priced.current - priced.candidate, evidence.cases.dependence, weight=evidence.cases.weight)
        total_now = format_value(_total(evidence, priced.current), unit)
        words = f"the current model's errors cost {total_now} on the same rows"
        facts.append(fact(Topic.CURRENT_SAVINGS, "Savings for each row against the current model", saved, reason=words))
    return facts
