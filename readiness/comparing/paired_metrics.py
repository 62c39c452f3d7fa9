"""How much better is one of two candidates on the same rows, metric by metric?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from readiness.answers import Estimate
from readiness.catalogue import METRICS, Metric
from readiness.comparing.pairing import SAME, UNMEASURED, Paired, outcome_words
from readiness.criteria import Task
from readiness.numbers import format_count
from readiness.spec import Spec, label_text
from readiness.statistics.basis import basis_of
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.comparison import compare
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.judging import Claim, settle
from readiness.statistics.metrics import measure, withheld
from readiness.statistics.reservations import reservation
from readiness.visible import visible


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A metric, and the class that it is of where there are more than two."""

    metric: str
    of_class: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two candidates on the rows that both have scored."""

    letter: str
    spec: Spec
    classes: tuple[str, ...]
    cases: Cases


def paired_metrics(a: Side, b: Side) -> tuple[tuple[Paired, ...], tuple[str, ...]]:
    """The primary metric of `a` and every metric that both ask for; and what was left out, in words."""
    task, others = a.cases.task, set(_wanted(b))
    primary, *asked = dict.fromkeys(_wanted(a))
    shared = [primary, *(wanted for wanted in asked if wanted in others)]
    own = [visible(wanted.metric) for wanted in shared if wanted.metric in a.spec.metrics]
    left_out = (f"Left out, since comparing runs none of your code: {', '.join(own)}.",) if own else ()
    known = [METRICS[w.metric] for w in shared if w.metric not in a.spec.metrics]
    computed = [metric.name for metric in known if task in metric.tasks and metric.needs != "measurement"]
    return tuple(_paired(wanted, a, b) for wanted in shared if wanted.metric in computed), left_out


def _wanted(side: Side) -> Iterator[_Wanted]:
    """The primary metric, then those of the requirements."""
    yield _Wanted(side.spec.primary_metric(side.cases.task).name)
    for stated in side.spec.business.requirements:
        multi = side.cases.task is Task.MULTICLASS and stated.of_class is not None
        yield _Wanted(stated.metric, label_text(stated.of_class) if multi and stated.of_class is not None else "")


def _paired(wanted: _Wanted, a: Side, b: Side) -> Paired:
    metric, cases, rival = METRICS[wanted.metric], a.cases, b.cases
    title = metric.title
    if wanted.of_class:
        title = f"{title} of {visible(wanted.of_class)}"
        code = _code(a.classes, wanted.of_class)
        if code is None:
            return Paired(title, None, None, None, UNMEASURED, "there is no such class")
        cases, rival = cases.one_against_rest(code), rival.one_against_rest(code)
    alike = _alike(metric, cases, rival)
    # without a row that tells them apart there is no chance in the difference, and nothing to take an interval from
    gain = Exact(0.0, cases.n) if alike else compare(metric.name, rival, cases, seed=a.spec.seed)
    found = (measure(metric.name, cases), measure(metric.name, rival), gain)
    if alike and not any(isinstance(each, Undefined) for each in found):
        mine, theirs, difference = (_estimate(metric, each, a.spec.confidence) for each in found)
        return Paired(title, mine, theirs, difference, f"{SAME} {format_count(cases.n)} rows")
    mine, theirs, difference = (_estimate(metric, each, a.spec.confidence) for each in found)
    caution = withheld(metric.name, cases) or withheld(metric.name, rival) or _reservation(gain)
    reason = next((each.reason for each in found if isinstance(each, Undefined)), "") or caution
    return Paired(title, mine, theirs, difference, outcome_words(difference, (a.letter, b.letter), caution), reason)


def _alike(metric: Metric, cases: Cases, rival: Cases) -> bool:
    """Whether both say the same of every row, as far as the metric looks: ranks of scores, probabilities, answers."""
    if metric.needs not in ("scores", "probabilities"):
        return np.array_equal(cases.y_pred, rival.y_pred)
    if cases.y_score is None or rival.y_score is None:
        return False
    if metric.needs == "scores":
        return np.array_equal(_ranks(cases.y_score), _ranks(rival.y_score))
    return np.array_equal(cases.y_score, rival.y_score)


def _ranks(scores: Floats) -> Integers:
    """Places in the order of the scores; equal ones share a place."""
    _, places = np.unique(scores, return_inverse=True)
    return np.asarray(places, dtype=np.int64)


def _code(classes: tuple[str, ...], wanted: str) -> int | None:
    alike = [code for code, name in enumerate(classes) if name == wanted]
    alike += [code for code, name in enumerate(classes) if name.lower() == wanted]
    return next(iter(alike), None)


def _reservation(gain: Inference | Undefined) -> str:
    """Why neither side may be called better, whichever it is."""
    basis = None if isinstance(gain, Undefined) else basis_of(gain)
    return reservation(basis, wants_more=True) or reservation(basis, wants_more=False)


def _estimate(metric: Metric, found: Inference | Undefined, level: float) -> Estimate | None:
    claim = Claim(metric.name, metric.name, metric.name, found, None, unit=metric.unit, blocking=False)
    (fact,) = settle([claim], alpha=1 - level, level=level)
    return fact.measured
