"""Comparison row by row: whether there are rows for one, how they are matched, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from readiness.core.findings import Estimate, Finding
from readiness.core.format import format_count, format_count_of
from readiness.core.keys import Topic, key_of
from readiness.core.metrics import METRICS, Metric
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.sanitize import visible
from readiness.evidence.cache.scored_rows import ScoredRows, find_rows
from readiness.evidence.cache.store import Store
from readiness.report.compare.pairing import HOW_TO, SAME, UNMEASURED, Paired, Pairing, matched_words, outcome_words
from readiness.report.compare.read import Report
from readiness.spec.schema import Spec, label_text
from readiness.statistics.basis import basis_of
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.comparison import compare
from readiness.statistics.estimators import measure, number, reason_to_withhold
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.judge_claims import Measurement, judge_claims, reservation
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# Gains of one of two candidates over the other on the same rows, metric by metric.


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
    if alike and not any(isinstance(each, Missing) for each in found):
        mine, theirs, difference = (_estimate(metric, each, a.spec.confidence) for each in found)
        return Paired(title, mine, theirs, difference, f"{SAME} {format_count(cases.n)} rows")
    mine, theirs, difference = (_estimate(metric, each, a.spec.confidence) for each in found)
    caution = reason_to_withhold(metric.name, cases) or reason_to_withhold(metric.name, rival) or _reservation(gain)
    reason = next((each.reason for each in found if isinstance(each, Missing)), "") or caution
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


def _reservation(gain: Inference | Missing) -> str:
    """Why neither side may be called better, whichever it is."""
    basis = None if isinstance(gain, Missing) else basis_of(gain)
    return reservation(basis, wants_more=True) or reservation(basis, wants_more=False)


def _estimate(metric: Metric, found: Inference | Missing, level: float) -> Estimate | None:
    claim = Measurement.fact(key_of(metric.name), metric.name, metric.name, found, unit=metric.unit)
    (fact,) = judge_claims([claim], alpha=1 - level, level=level)
    return fact.measured


# ----------------------------------------------------------------------------------------------------
# Two candidates on the very same rows: paired differences, where both reviews have their rows in the cache.
#
# A report holds no rows, so they come from the cache of this machine, matched by hashes of their ids; where there are
# no ids, by their order, if both reviews read the very same file and left out the same rows.

Positions = NDArray[np.int64]

NEARLY = 1e-9
"""Relative difference that the same number may show after it was written and read in another format."""


class Unpaired(Exception):
    """Two reports cannot be compared row by row; the message says why."""


def paired_rows(reports: Sequence[Report], store: Store) -> tuple[Pairing, ...]:
    """Every report against the first one, row by row; `store` is the cache, in which the rows of reviews are kept."""
    reference = reports[0]
    rows = {report.letter: find_rows(report.record.gathered, store) for report in reports}
    return tuple(_pairing(reference, other, rows[reference.letter], rows[other.letter]) for other in reports[1:])


def _pairing(a: Report, b: Report, mine: ScoredRows | None, theirs: ScoredRows | None) -> Pairing:
    letters = (a.letter, b.letter)
    try:
        mine, theirs = _kept(a, mine), _kept(b, theirs)
        _check_alike(a.record, b.record)
        specs = _spec(a), _spec(b)
        here, there, notes = _matched(a, b, mine, theirs)
        if a.record.gathered.data.task == Task.RANKING and not len(here) == mine.cases.n == theirs.cases.n:
            raise Unpaired(f"{' '.join(notes)} A ranking needs every row of its queries")
        cases, rival = _aligned(mine.cases.subset(here), theirs.cases.subset(there))
    except Unpaired as error:
        return Pairing(letters, problem=f"{error}. So there is no comparison row by row.")
    classes = a.record.gathered.data.classes
    metrics, left_out = paired_metrics(
        Side(a.letter, specs[0], classes, cases), Side(b.letter, specs[1], classes, rival)
    )
    return Pairing(letters, cases.n, (*notes, *_dependence(specs, cases), *left_out), metrics)


def _spec(report: Report) -> Spec:
    try:
        return Spec.model_validate(report.record.gathered.spec)
    except ValidationError:
        raise Unpaired(f"The spec of {report.letter} is not one that this version can read") from None


def _kept(report: Report, rows: ScoredRows | None) -> ScoredRows:
    if rows is None:
        raise Unpaired(f"The scored rows of {report.letter} are not kept on this machine; {HOW_TO}")
    if not _fits(rows.cases, report.record):
        raise Unpaired(f"The rows that are kept for {report.letter} do not give the numbers of its report")
    return rows


def _fits(cases: Cases, record: Record) -> bool:
    """Whether the metrics in the record are those of the rows, so that no other rows are ever taken for them."""
    return all(
        np.isclose(number(finding.metric, cases), finding.measured.value, rtol=NEARLY, atol=1e-12)
        for answer in record.answers
        for finding in answer.findings
        if _is_candidates(finding) and finding.measured is not None and finding.metric in METRICS
    )


def _is_candidates(finding: Finding) -> bool:
    return finding.key.kind is Topic.METHOD_VALUE and finding.key.part("method") == "candidate"


def _check_alike(a: Record, b: Record) -> None:
    one, other = a.gathered.data, b.gathered.data
    if one.task != other.task:
        raise Unpaired(f"The tasks differ, {one.task} and {other.task}")
    if one.classes != other.classes:
        raise Unpaired("The classes differ, or stand in another order")


def _matched(a: Report, b: Report, mine: ScoredRows, theirs: ScoredRows) -> tuple[Positions, Positions, list[str]]:
    """Positions of the same rows in both, and how they were found."""
    if mine.ids is None or theirs.ids is None:
        return _by_order(a.record, b.record, mine.cases.n, theirs.cases.n)
    here, there, single = _by_id(mine.ids, theirs.ids)
    said = [matched_words(len(here), ((a.letter, mine.cases.n), (b.letter, theirs.cases.n)))]
    if left := len(mine.ids) + len(theirs.ids) - single:
        said.append(f"{format_count(left)} rows without an id, or with one that their table repeats, are not paired.")
    if not len(here):
        raise Unpaired(" ".join(said).rstrip("."))
    return here, there, said


def _by_order(a: Record, b: Record, mine: int, theirs: int) -> tuple[Positions, Positions, list[str]]:
    """The same file holds the same rows in the same order, provided that the same ones were left out."""
    digest = _test_digest(a)
    same = digest and digest == _test_digest(b) and a.gathered.data.dropped == b.gathered.data.dropped
    if not same or mine != theirs:
        raise Unpaired(f"Not both reviews name data.id, and they did not score the same rows of one file; {HOW_TO}")
    every = np.arange(mine)
    return every, every, [f"Paired by their order: both reviews scored the same {format_count(mine)} rows of one file."]


def _test_digest(record: Record) -> str:
    return next((a.sha256 for a in record.gathered.inputs if a.role == "test"), "")


def _by_id(mine: NDArray[Any], theirs: NDArray[Any]) -> tuple[Positions, Positions, int]:
    """Positions of the ids that both have, in the order of the first; and how many rows have an id of their own."""
    (ours, here), (others, there) = _single(mine), _single(theirs)
    _, first, second = np.intersect1d(ours, others, assume_unique=True, return_indices=True)
    order = np.argsort(here[first])
    return here[first][order], there[second][order], len(ours) + len(others)


def _single(ids: NDArray[Any]) -> tuple[NDArray[Any], Positions]:
    """Ids that occur once, sorted, with their positions; a missing one is zero."""
    values, positions, counts = np.unique(ids, return_index=True, return_counts=True)
    once = (counts == 1) & (values != np.zeros(1, dtype=ids.dtype)[0])
    return values[once], positions[once]


def _aligned(cases: Cases, rival: Cases) -> tuple[Cases, Cases]:
    """Both with the same truth, weights and dependence: those of the first, else those of the other."""
    same = np.isclose(cases.y_true, rival.y_true, rtol=NEARLY, atol=0.0) if cases.n else np.ones(0, dtype=bool)
    if wrong := int(np.count_nonzero(~same)):
        raise Unpaired(f"The true values differ in {format_count_of(wrong, cases.n, 'rows with the same id')}")
    shared = {name: getattr(cases, name) for name in ("weight", "groups", "time", "queries")}
    shared |= {name: getattr(rival, name) for name, array in shared.items() if array is None}
    return replace(cases, **shared), replace(rival, y_true=cases.y_true, **shared)


def _dependence(specs: Sequence[Spec], cases: Cases) -> list[str]:
    """What the intervals take into account."""
    if cases.groups is not None:
        return [f"Rows of one {_role(specs, 'group')} are treated as dependent."]
    if cases.dependence.is_serial:
        return [f"Rows that are close in {_role(specs, 'time')} are treated as dependent."]
    if cases.queries is not None:
        return ["Queries count as independent of each other."]
    return ["The intervals take rows as independent of each other; name data.group or data.time where they are not."]


def _role(specs: Sequence[Spec], role: str) -> str:
    return visible(str(next(filter(None, (getattr(spec.data, role) for spec in specs)), role)))
