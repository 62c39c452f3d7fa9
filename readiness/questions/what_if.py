"""What if the costs were different, or the threshold? Shown, not judged."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_share, format_value
from readiness.questions.cost_parts import Part, cost_parts
from readiness.questions.pricing import Prices, error_costs, idle_class
from readiness.questions.threshold_advice import is_recommended, threshold_advice
from readiness.spec import CostColumn
from readiness.statistics.concentration import share_of_largest
from readiness.statistics.costs import lower_mean_cost, mean_of
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Exact, Inference, Mapped, Undefined, student_quantile
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.sensitivity import FARTHEST, Flips, flips
from readiness.statistics.thresholds import CrossFitted, cross_fit

MANY = 50_000
"""Rows above which the factors are found from sums alone."""
NEAR = 1.25
"""An answer that a quarter more or less on one cost would change hangs on that cost."""


def what_if(evidence: Evidence, priced: Prices) -> list[Claim]:
    """Break-even, the factors on each cost that change the answer, the threshold, and the dearest rows."""
    return [*_break_even(evidence), *_flips(evidence), *_threshold(evidence, priced), *_concentration(evidence, priced)]


def _fact(code: str, name: str, metric: str, inference: Inference | Undefined, unit: str = "", **more: str) -> Claim:
    return Claim(f"ERRO-{code}", name, metric, inference, None, unit=unit, blocking=False, **more)  # type: ignore[arg-type]


def _break_even(evidence: Evidence) -> list[Claim]:
    """Against always no, alarms save money as long as c_FP / c_FN < TP / FP; against always yes, the mirror image."""
    costs, cases = evidence.spec.errors.costs, evidence.cases
    if error_costs(evidence) is None or costs is None:
        return []
    given = (costs.false_positive, costs.false_negative)
    if any(isinstance(cost, CostColumn) for cost in given):
        return []
    a, b = (float(cost) for cost in given if isinstance(cost, int | float))
    idle = idle_class(evidence)
    acted = cases.subset(cases.y_pred != idle)
    right, answer = (acted.y_true != idle).astype(float), "alarm" if idle == 0 else "all-clear"
    wrong_name, right_name = ("false alarm", "miss") if idle == 0 else ("miss", "false alarm")
    wrong_cost, saved = (a, b) if idle == 0 else (b, a)
    name = f"A {wrong_name} may cost up to … times a {right_name} before doing nothing is cheaper"
    found: Inference | Undefined
    if not right.any():
        found = Undefined(f"no {answer} was right, so nothing is saved whatever the costs")
    elif right.all():
        found = Undefined(f"none of the {acted.n:,} {answer}s was wrong, so no {wrong_name} was paid for")
    elif not acted.relative_weight.any():
        found = Undefined(f"the rows with an {answer} have no weight")
    else:
        deff = (1.0, math.inf) if acted.is_plain else design_effect(right, acted)
        share = Binomial(float(acted.relative_weight @ right), acted.n, *deff)
        found = Mapped(share, lambda p: p / (1 - p) if p < 1 else math.inf, note=", as odds")
    stated = f"as stated it is {_times(wrong_cost / saved)} as dear" if saved else f"a {right_name} costs nothing"
    reason = f"{int(right.sum()):,} of {acted.n:,} {answer}s were right; {stated}"
    return [_fact("BREAK-EVEN", name, "cost_ratio", found, "times", reason=_joined(found, reason))]


def _joined(found: Inference | Undefined, reason: str) -> str:
    return f"{found.reason}; {reason}" if isinstance(found, Undefined) else reason


def _times(factor: float) -> str:
    return format_value(factor, "times")


def _flips(evidence: Evidence) -> list[Claim]:
    parts = cost_parts(evidence)
    if parts is None:
        return []
    first, second = parts
    lower = _lower_limit(evidence, first, second)

    sums = [float(evidence.cases.relative_weight @ part.savings) for part in parts]

    def limit(factor: float) -> float:
        if evidence.spec.evidence == "point":
            return float(factor * sums[0] + sums[1])
        return lower(factor)

    now, where = limit(1.0) > 0, flips(limit)
    gone = -sums[1] / sums[0] if sums[0] * sums[1] < 0 else None
    claims = [_flip(evidence, first, where, gone, proven=now)]
    if second.code and where.nearest is not None:
        claims.append(_flip(evidence, second, where.inverse, None if gone is None else 1 / gone, proven=now))
    return claims


def _lower_limit(evidence: Evidence, first: Part, second: Part) -> Callable[[float], float]:
    """The lower limit of ERRO-SAVINGS with the first cost multiplied by a factor; nan where there is none.

    Of many rows a t-interval is as good, and needs no more than the errors of both parts and of their sum.
    """
    cases, seed, alpha = evidence.cases, evidence.spec.seed, evidence.spec.alpha
    a, b = first.cells, second.cells
    if a is not None and b is not None and cases.is_plain:
        return lambda factor: lower_mean_cost(cases.cells.ravel(), factor * a + b, alpha, seed=seed)
    if cases.n > MANY:
        return _from_sums(evidence, first, second)

    def lower(factor: float) -> float:
        amounts = factor * first.savings + second.savings
        savings = mean_of(amounts, cases.dependence, weight=cases.weight)
        return math.nan if isinstance(savings, Undefined) else savings.lower(alpha)

    return lower


def _from_sums(evidence: Evidence, first: Part, second: Part) -> Callable[[float], float]:
    cases, w = evidence.cases, evidence.cases.relative_weight
    means = [float(w @ part.savings) / cases.n for part in (first, second)]
    pulls = [w * (part.savings - mean) for part, mean in zip((first, second), means, strict=True)]
    (one, df), (other, _), (both, _) = (standard_error(p, cases.dependence) for p in (*pulls, pulls[0] + pulls[1]))
    shared = both**2 - one**2 - other**2
    t = student_quantile(evidence.spec.alpha, df)

    def lower(factor: float) -> float:
        variance = factor**2 * one**2 + factor * shared + other**2
        return factor * means[0] + means[1] - t * math.sqrt(max(0.0, variance))

    return lower


def _flip(evidence: Evidence, part: Part, where: Flips, gone: float | None, *, proven: bool) -> Claim:
    factor = where.nearest
    name = f"Factor on the cost of {part.name} at which the answer on savings changes"
    is_so = "above 0" if evidence.spec.evidence == "point" else "proven"
    if factor is None:
        span = f"from a thousandth to {FARTHEST:,.0f} times what {part.name} was said to cost"
        never = Undefined(f"{span}, savings are {'' if proven else 'not '}{is_so}", evidence.cases.n)
        return _fact(f"FLIP-{part.code}", name, "cost_factor", never)
    sides = [("less", where.above), ("more", where.below)] if proven else [("more", where.above), ("less", where.below)]
    ways = [f"{word} than {_times(x)}" for word, x in sides if x is not None]
    told = (
        f"savings stay {is_so} as long as {part.name} costs {' and '.join(ways)} what was stated"
        if proven
        else f"savings would be {is_so} if {part.name} cost {' or '.join(ways)} what was stated"
    )
    reason = told if gone is None or is_so == "above 0" else f"{told}; the measured savings are 0 at {_times(gone)}"
    near = proven and 1 / NEAR < factor < NEAR
    warning = "hangs on this cost" if near else ""
    return _fact(
        f"FLIP-{part.code}", name, "cost_factor", Exact(factor, evidence.cases.n), "times", reason=reason,
        warning=warning,
    )  # fmt: skip


def _threshold(evidence: Evidence, priced: Prices) -> list[Claim]:
    """Only where there are scores and both costs."""
    given = error_costs(evidence)
    if given is None or evidence.cases.y_score is None:
        return []
    found = cross_fit(evidence.cases, *given, seed=evidence.spec.seed)
    if isinstance(found, Undefined):
        return [_fact("THRESHOLD", "Threshold that would have cost least", "threshold", found)]
    advice = threshold_advice(evidence, found)
    return [_best(evidence, found), _regret(evidence, found, priced, advice), advice]


def _best(evidence: Evidence, found: CrossFitted) -> Claim:
    n, both = evidence.cases.n, found.thresholds
    finite = [threshold for threshold in both if math.isfinite(threshold)]
    value = Exact(float(np.mean(finite)), n) if finite else Undefined("no alarm at all would have cost least", n)
    said = " and ".join(_written(threshold) for threshold in both)
    agree = "cost nearly the same" if found.is_stable else "differ by more in what they cost than chance allows"
    words = f"best for one half of the rows and for the other: {said}; the two {agree}"
    warning = "" if found.is_stable else "unstable"
    name = "Threshold that would have cost least, mean of two halves"
    return _fact("THRESHOLD", name, "threshold", value, reason=words, warning=warning)


def _written(threshold: float) -> str:
    return format_value(threshold) if math.isfinite(threshold) else "none (no alarm at all)"


def _regret(evidence: Evidence, found: CrossFitted, priced: Prices, advice: Claim) -> Claim:
    name = "Cost per row that a better threshold would save"
    if isinstance(found.regret, Undefined) or isinstance(found.cost, Undefined):
        return _fact("REGRET", name, "regret", found.regret)
    low, high = found.regret.interval(evidence.spec.confidence)
    own = format_value(found.cost.value + found.regret.value, priced.currency)
    verdict = "money is left on the table" if low > 0 else "chance alone could explain the difference"
    verdict = "the labels in use are cheaper" if high < 0 else verdict
    reason = f"{own} a row as it is, {format_value(found.cost.value, priced.currency)} with that threshold: {verdict}"
    warning = "a cheaper threshold exists" if is_recommended(advice) else ""
    return _fact("REGRET", name, "regret", found.regret, priced.currency, reason=reason, warning=warning)


def _concentration(evidence: Evidence, priced: Prices) -> list[Claim]:
    amounts = priced.candidate * evidence.cases.relative_weight
    return concentration(amounts, "costs") if evidence.task is not Task.REGRESSION else []


def concentration(amounts: NDArray[np.float64], what: str) -> list[Claim]:
    """Share that the largest amounts carry; nothing where all that are not 0 are of one or two sizes."""
    if np.unique(amounts[amounts > 0]).size <= 2:
        return []
    one, ten = (share_of_largest(amounts, part) for part in (0.01, 0.10))
    reason = f"the dearest 10 % of the rows carry {format_share(ten)}"
    name = f"Share of all {what} that the dearest 1 % of the rows carry"
    return [_fact("CONCENTRATION", name, "concentration", Exact(one, len(amounts)), "share", reason=reason)]
