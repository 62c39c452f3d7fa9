"""Other costs and other thresholds: what would change. Shown, not judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from readiness.core.findings import Finding, Status
from readiness.core.format import format_share, format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.questions import business
from readiness.questions.classes import measure_classes
from readiness.questions.costs import Part, Prices, cost_parts, do_nothing_class, error_costs
from readiness.questions.wording import count_of
from readiness.spec.schema import CostColumn
from readiness.statistics.cases import Cases
from readiness.statistics.costs import FARTHEST, Flips, flips, lower_mean_cost, mean_of
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Exact, Inference, Mapped, student_quantile
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.means import design_effect
from readiness.statistics.thresholds import CrossFitted, cross_fit, share_of_largest

# ----------------------------------------------------------------------------------------------------
# The threshold in use, and whether another one is better in all that was asked for; told, not judged.
#
# A threshold that would have cost less is recommended only when chance does not explain the difference, both halves of
# the rows agree on it, and every stated requirement holds with the labels that it gives to the half it was not chosen
# on.

USUAL = 0.5
AGAIN = "state it as model.threshold and review again, for groups and stability were measured with the one in use"


def _fact_of_advice(topic: Topic, name: str, value: Inference | Missing, reason: str, **more: str) -> Measurement:
    return Measurement.fact(topic.key(), name, "threshold", value, reason=reason, **more)


def threshold_in_use(evidence: Evidence) -> list[Measurement]:
    """The threshold that the spec states, or the one that gives the candidate's labels; none without scores."""
    cases = evidence.cases
    if cases.task is not Task.BINARY or cases.y_score is None or cases.queries is not None or not cases.n:
        return []
    name, stated = "Threshold in use", evidence.spec.model.threshold
    flagged = f"{count_of(int((cases.y_pred == 1).sum()), 'rows')} of {cases.n:,} are called {evidence.positive}"
    if stated is not None:
        return [_fact_of_advice(Topic.THRESHOLD_IN_USE, name, Exact(stated, cases.n), f"set in the spec; {flagged}")]
    value, words = _implied(cases)
    return [_fact_of_advice(Topic.THRESHOLD_IN_USE, name, value, f"the candidate's own rule: {words}; {flagged}")]


def _implied(cases: Cases) -> tuple[Inference | Missing, str]:
    """The threshold on the scores that gives the labels, as far as these rows tell it."""
    assert cases.y_score is not None
    called = cases.y_pred == 1
    least = float(cases.y_score[called].min()) if called.any() else math.inf
    most = float(cases.y_score[~called].max()) if not called.all() else -math.inf
    if not most < least:
        words = "rows with the same score, or a higher one, get different answers"
        return Missing("no threshold on the scores gives the labels", n=cases.n), words
    known = [end for end in (most, least) if math.isfinite(end)]
    is_usual = cases.is_probability and most < USUAL <= least
    value = USUAL if is_usual else float(np.mean(known))
    sides = []
    if math.isfinite(most):
        sides.append(f"the highest score of the others is {format_value(most)}")
    if math.isfinite(least):
        sides.append(f"the lowest score of a row that is called so is {format_value(least)}")
    return Exact(value, cases.n), " and ".join(sides)


def threshold_advice(evidence: Evidence, found: CrossFitted) -> Measurement:
    """Another threshold with what it does, or why none is recommended."""
    name = "Threshold that is recommended in its place"
    against = next(_against(evidence, found), "")
    if against:
        return _fact_of_advice(Topic.THRESHOLD_ADVICE, name, Missing(f"none: {against}", n=evidence.cases.n), "")
    value = float(np.mean(found.thresholds))
    return _fact_of_advice(
        Topic.THRESHOLD_ADVICE,
        name,
        Exact(value, evidence.cases.n),
        _does(evidence, _with(evidence.cases, found)),
        needs=AGAIN,
    )


def is_recommended(advice: Measurement) -> bool:
    """Whether another threshold is."""
    return not isinstance(advice.inference, Missing)


def _with(cases: Cases, found: CrossFitted) -> Cases:
    return replace(cases, y_pred=found.labels.astype(np.int64))


def _against(evidence: Evidence, found: CrossFitted) -> Iterator[str]:
    """What speaks against the cheaper threshold, the first first."""
    if isinstance(found.regret, Missing):
        yield found.regret.reason
        return
    low, high = found.regret.interval(evidence.spec.confidence)
    if high < 0:
        yield "the one in use is cheaper"
    elif not low > 0:
        yield "chance alone could explain what another one would save"
    if not found.is_stable:
        yield "the two halves of the rows differ by more in what they cost than chance allows"
    if not all(map(math.isfinite, found.thresholds)):
        yield "no alarm at all would have cost least"
    moved = replace(evidence, cases=_with(evidence.cases, found))
    for finding in _requirements(moved):
        if finding.status is not Status.MET:
            words = "is missed" if finding.status is Status.NOT_MET else "is not proven"
            yield f"with the cheapest one “{finding.name}” {words}: {finding.reason}"
    yield from _too_many(moved)


def _requirements(evidence: Evidence) -> Iterator[Finding]:
    """Stated requirements and floors of classes; what is measured on the model does not hang on a threshold."""
    spec = evidence.spec
    stated = spec.business.requirements
    if stated:
        found = business.ask(evidence, spec.business).findings
        yield from (
            f for f, each in zip(found, stated, strict=True) if spec.metric(each.metric).needs in ("labels", "own")
        )
    yield from judge_claims(measure_classes(evidence), alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)


def _too_many(evidence: Evidence) -> Iterator[str]:
    """More rows than can be acted on."""
    capacity, cases = evidence.spec.errors.capacity, evidence.cases
    if capacity is None:
        return
    acted = int((cases.y_pred != do_nothing_class(evidence)).sum())
    most = capacity * cases.n if capacity <= 1 else capacity
    if acted > most:
        yield f"with the cheapest one {count_of(acted, 'rows')} would be acted on, and only {most:,.0f} can be"


def _does(evidence: Evidence, moved: Cases) -> str:
    """What another threshold does to flagged rows and to precision."""
    before, after = (_count_alarms(cases) for cases in (evidence.cases, moved))
    return (
        f"with it {count_of(after[0], 'rows')} of {moved.n:,} would be called {evidence.positive} in place of "
        f"{before[0]:,}; {_precision(*after)} of them would be right in place of {_precision(*before)} (each half of "
        "the rows with the threshold of the other)"
    )


def _count_alarms(cases: Cases) -> tuple[int, int]:
    called = cases.y_pred == 1
    return int(called.sum()), int((called & (cases.y_true == 1)).sum())


def _precision(flagged: int, right: int) -> str:
    return f"{right:,} ({format_share(right / flagged)})" if flagged else "none"


# ----------------------------------------------------------------------------------------------------

MANY = 50_000
"""Rows above which the factors are found from sums alone."""
NEAR = 1.25
"""An answer that a quarter more or less on one cost would change hangs on that cost."""


def what_if(evidence: Evidence, priced: Prices) -> list[Measurement]:
    """Break-even, the factors on each cost that change the answer, the threshold, and the dearest rows."""
    return [*_break_even(evidence), *_flips(evidence), *_threshold(evidence, priced), *_concentration(evidence, priced)]


def _fact(
    key: FindingKey, name: str, metric: str, inference: Inference | Missing, unit: str = "", **more: str
) -> Measurement:
    return Measurement.fact(key, name, metric, inference, unit=unit, **more)


def _break_even(evidence: Evidence) -> list[Measurement]:
    """Against always no, alarms save money as long as c_FP / c_FN < TP / FP; against always yes, the mirror image."""
    costs, cases = evidence.spec.errors.costs, evidence.cases
    if error_costs(evidence) is None or costs is None:
        return []
    given = (costs.false_positive, costs.false_negative)
    if any(isinstance(cost, CostColumn) for cost in given):
        return []
    a, b = (float(cost) for cost in given if isinstance(cost, int | float))
    idle = do_nothing_class(evidence)
    acted = cases.subset(cases.y_pred != idle)
    right, answer = (acted.y_true != idle).astype(float), "alarm" if idle == 0 else "all-clear"
    wrong_name, right_name = ("false alarm", "miss") if idle == 0 else ("miss", "false alarm")
    wrong_cost, saved = (a, b) if idle == 0 else (b, a)
    name = f"A {wrong_name} may cost up to … times a {right_name} before doing nothing is cheaper"
    found: Inference | Missing
    if not right.any():
        found = Missing(f"no {answer} was right, so nothing is saved whatever the costs")
    elif right.all():
        found = Missing(f"none of the {acted.n:,} {answer}s was wrong, so no {wrong_name} was paid for")
    elif not acted.relative_weight.any():
        found = Missing(f"the rows with an {answer} have no weight")
    else:
        deff = (1.0, math.inf) if acted.is_plain else design_effect(right, acted)
        share = Binomial(float(acted.relative_weight @ right), acted.n, *deff)
        found = Mapped(share, lambda p: p / (1 - p) if p < 1 else math.inf, note=", as odds")
    stated = f"as stated it is {_times(wrong_cost / saved)} as dear" if saved else f"a {right_name} costs nothing"
    reason = f"{int(right.sum()):,} of {acted.n:,} {answer}s were right; {stated}"
    return [_fact(Topic.BREAK_EVEN.key(), name, "cost_ratio", found, "times", reason=_reason_with(found, reason))]


def _reason_with(found: Inference | Missing, reason: str) -> str:
    return f"{found.reason}; {reason}" if isinstance(found, Missing) else reason


def _times(factor: float) -> str:
    return format_value(factor, "times")


def _flips(evidence: Evidence) -> list[Measurement]:
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
        return math.nan if isinstance(savings, Missing) else savings.lower(alpha)

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


def _flip(evidence: Evidence, part: Part, where: Flips, gone: float | None, *, proven: bool) -> Measurement:
    factor = where.nearest
    name = f"Factor on the cost of {part.name} at which the answer on savings changes"
    is_so = "above 0" if evidence.spec.evidence == "point" else "proven"
    if factor is None:
        span = f"from a thousandth to {FARTHEST:,.0f} times what {part.name} was said to cost"
        never = Missing(f"{span}, savings are {'' if proven else 'not '}{is_so}", n=evidence.cases.n)
        return _fact(Topic.FLIP.key(part.code.lower()), name, "cost_factor", never)
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
        Topic.FLIP.key(part.code.lower()), name, "cost_factor", Exact(factor, evidence.cases.n), "times", reason=reason,
        warning=warning,
    )  # fmt: skip


def _threshold(evidence: Evidence, priced: Prices) -> list[Measurement]:
    """Only where there are scores and both costs."""
    given = error_costs(evidence)
    if given is None or evidence.cases.y_score is None:
        return []
    found = cross_fit(evidence.cases, *given, seed=evidence.spec.seed)
    if isinstance(found, Missing):
        return [_fact(Topic.CHEAPEST_THRESHOLD.key(), "Threshold that would have cost least", "threshold", found)]
    advice = threshold_advice(evidence, found)
    return [_best(evidence, found), _regret(evidence, found, priced, advice), advice]


def _best(evidence: Evidence, found: CrossFitted) -> Measurement:
    n, both = evidence.cases.n, found.thresholds
    finite = [threshold for threshold in both if math.isfinite(threshold)]
    value = Exact(float(np.mean(finite)), n) if finite else Missing("no alarm at all would have cost least", n=n)
    said = " and ".join(_threshold_words(threshold) for threshold in both)
    agree = "cost nearly the same" if found.is_stable else "differ by more in what they cost than chance allows"
    words = f"best for one half of the rows and for the other: {said}; the two {agree}"
    warning = "" if found.is_stable else "unstable"
    name = "Threshold that would have cost least, mean of two halves"
    return _fact(Topic.CHEAPEST_THRESHOLD.key(), name, "threshold", value, reason=words, warning=warning)


def _threshold_words(threshold: float) -> str:
    return format_value(threshold) if math.isfinite(threshold) else "none (no alarm at all)"


def _regret(evidence: Evidence, found: CrossFitted, priced: Prices, advice: Measurement) -> Measurement:
    name = "Cost per row that a better threshold would save"
    if isinstance(found.regret, Missing) or isinstance(found.cost, Missing):
        return _fact(Topic.REGRET.key(), name, "regret", found.regret)
    low, high = found.regret.interval(evidence.spec.confidence)
    own = format_value(found.cost.value + found.regret.value, priced.currency)
    verdict = "money is left on the table" if low > 0 else "chance alone could explain the difference"
    verdict = "the labels in use are cheaper" if high < 0 else verdict
    reason = f"{own} a row as it is, {format_value(found.cost.value, priced.currency)} with that threshold: {verdict}"
    warning = "a cheaper threshold exists" if is_recommended(advice) else ""
    return _fact(Topic.REGRET.key(), name, "regret", found.regret, priced.currency, reason=reason, warning=warning)


def _concentration(evidence: Evidence, priced: Prices) -> list[Measurement]:
    amounts = priced.candidate * evidence.cases.relative_weight
    return concentration(amounts, "costs") if evidence.task is not Task.REGRESSION else []


def concentration(amounts: NDArray[np.float64], what: str) -> list[Measurement]:
    """Share that the largest amounts carry; nothing where all that are not 0 are of one or two sizes."""
    if np.unique(amounts[amounts > 0]).size <= 2:
        return []
    one, ten = (share_of_largest(amounts, part) for part in (0.01, 0.10))
    reason = f"the dearest 10 % of the rows carry {format_share(ten)}"
    name = f"Share of all {what} that the dearest 1 % of the rows carry"
    return [_fact(Topic.CONCENTRATION.key(), name, "concentration", Exact(one, len(amounts)), "share", reason=reason)]
