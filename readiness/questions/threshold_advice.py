"""Which threshold is in use, and is another one better in all that was asked for? Told, not judged.

A threshold that would have cost less is recommended only when chance does not explain the difference, both halves of
the rows agree on it, and every stated requirement holds with the labels that it gives to the half it was not chosen on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from readiness.answers import Finding, Status
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_share, format_value
from readiness.questions import business
from readiness.questions.class_rules import class_claims
from readiness.questions.pricing import idle_class
from readiness.questions.wording import count_of
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.judging import Claim, settle
from readiness.statistics.thresholds import CrossFitted

USUAL = 0.5
AGAIN = "state it as model.threshold and review again, for groups and stability were measured with the one in use"


def _fact_of_advice(end: str, name: str, value: Inference | Undefined, reason: str, **more: str) -> Claim:
    code = f"ERRO-THRESHOLD-{end}"
    return Claim(code, name, "threshold", value, None, blocking=False, reason=reason, **more)  # type: ignore[arg-type]


def threshold_in_use(evidence: Evidence) -> list[Claim]:
    """The threshold that the spec states, or the one that gives the candidate's labels; none without scores."""
    cases = evidence.cases
    if cases.task is not Task.BINARY or cases.y_score is None or cases.queries is not None or not cases.n:
        return []
    name, stated = "Threshold in use", evidence.spec.model.threshold
    flagged = f"{count_of(int((cases.y_pred == 1).sum()), 'rows')} of {cases.n:,} are called {evidence.positive}"
    if stated is not None:
        return [_fact_of_advice("IN-USE", name, Exact(stated, cases.n), f"set in the spec; {flagged}")]
    value, words = _implied(cases)
    return [_fact_of_advice("IN-USE", name, value, f"the candidate's own rule: {words}; {flagged}")]


def _implied(cases: Cases) -> tuple[Inference | Undefined, str]:
    """The threshold on the scores that gives the labels, as far as these rows tell it."""
    assert cases.y_score is not None
    called = cases.y_pred == 1
    least = float(cases.y_score[called].min()) if called.any() else math.inf
    most = float(cases.y_score[~called].max()) if not called.all() else -math.inf
    if not most < least:
        words = "rows with the same score, or a higher one, get different answers"
        return Undefined("no threshold on the scores gives the labels", cases.n), words
    known = [end for end in (most, least) if math.isfinite(end)]
    is_usual = cases.is_probability and most < USUAL <= least
    value = USUAL if is_usual else float(np.mean(known))
    sides = []
    if math.isfinite(most):
        sides.append(f"the highest score of the others is {format_value(most)}")
    if math.isfinite(least):
        sides.append(f"the lowest score of a row that is called so is {format_value(least)}")
    return Exact(value, cases.n), " and ".join(sides)


def threshold_advice(evidence: Evidence, found: CrossFitted) -> Claim:
    """Another threshold with what it does, or why none is recommended."""
    name = "Threshold that is recommended in its place"
    against = next(_against(evidence, found), "")
    if against:
        return _fact_of_advice("ADVICE", name, Undefined(f"none: {against}", evidence.cases.n), "")
    value = float(np.mean(found.thresholds))
    return _fact_of_advice(
        "ADVICE", name, Exact(value, evidence.cases.n), _does(evidence, _with(evidence.cases, found)), needs=AGAIN
    )


def is_recommended(advice: Claim) -> bool:
    """Whether another threshold is."""
    return not isinstance(advice.inference, Undefined)


def _with(cases: Cases, found: CrossFitted) -> Cases:
    return replace(cases, y_pred=found.labels.astype(np.int64))


def _against(evidence: Evidence, found: CrossFitted) -> Iterator[str]:
    """What speaks against the cheaper threshold, the first first."""
    if isinstance(found.regret, Undefined):
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
    yield from settle(class_claims(evidence, spec.errors), alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)


def _too_many(evidence: Evidence) -> Iterator[str]:
    """More rows than can be acted on."""
    capacity, cases = evidence.spec.errors.capacity, evidence.cases
    if capacity is None:
        return
    acted = int((cases.y_pred != idle_class(evidence)).sum())
    most = capacity * cases.n if capacity <= 1 else capacity
    if acted > most:
        yield f"with the cheapest one {count_of(acted, 'rows')} would be acted on, and only {most:,.0f} can be"


def _does(evidence: Evidence, moved: Cases) -> str:
    """What another threshold does to flagged rows and to precision."""
    before, after = (_flagged(cases) for cases in (evidence.cases, moved))
    return (
        f"with it {count_of(after[0], 'rows')} of {moved.n:,} would be called {evidence.positive} in place of "
        f"{before[0]:,}; {_precision(*after)} of them would be right in place of {_precision(*before)} (each half of "
        "the rows with the threshold of the other)"
    )


def _flagged(cases: Cases) -> tuple[int, int]:
    called = cases.y_pred == 1
    return int(called.sum()), int((called & (cases.y_true == 1)).sum())


def _precision(flagged: int, right: int) -> str:
    return f"{right:,} ({format_share(right / flagged)})" if flagged else "none"
