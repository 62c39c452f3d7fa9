"""Classes in a record: each judged, by the counts of the confusion matrix, and against its own floor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Question, Status
from readiness.core.keys import FindingKey, Topic
from readiness.core.policy import Task
from readiness.spec.schema import Spec
from readiness.statistics.basis import SHARES, flatten
from readiness.statistics.cases import Floats
from readiness.statistics.class_rule import ClassRule, class_rule, table_against_rest

if TYPE_CHECKING:
    from readiness.verdict.record import Record

TOLD_APART = frozenset({Topic.CLASS_TOLD_APART, Topic.SMALL_CLASSES_TOLD_APART})
FOUND = frozenset({Topic.CLASS_FOUND, Topic.SMALL_CLASSES_FOUND})
COVERED = frozenset({Topic.CLASS_COVERAGE, Topic.CLASS_COST_COVERAGE})
_CLOSE = 1e-8


def missing_classes(findings: Sequence[Finding], spec: Spec, task: Task) -> list[str]:
    """Codes that question 4 lacks: each class is judged, small ones together, and the large ones cover enough."""
    names, rows = _classes(findings)
    if not task.has_classes or not names or any(n is None for n in rows):
        return []
    known = [0.0 if n is None else n for n in rows]
    rule, found = class_rule(spec, task, names), {finding.key: finding for finding in findings}
    wanted = list(_wanted(rule, known))
    return [key.code for key, may_stand_aside in wanted if not _counts(found.get(key), may_stand_aside=may_stand_aside)]


def _classes(findings: Sequence[Finding]) -> tuple[list[str], list[float | None]]:
    """Names and true rows of the classes, from the cells of the confusion matrix, in the order of the keys."""
    lines = matrix_of(findings)
    names = [line[0].segment.get("true", "") for line in lines]
    return names, [_total(line) for line in lines]


_PLACES = {
    Topic.TRUE_NEGATIVES: (0, 0),
    Topic.FALSE_POSITIVES: (0, 1),
    Topic.FALSE_NEGATIVES: (1, 0),
    Topic.TRUE_POSITIVES: (1, 1),
}


def matrix_of(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of the confusion matrix, a line for each true class; none where they are no whole matrix."""
    found = {_PLACES[f.key.kind]: f for f in findings if f.key.kind in _PLACES}
    if len(found) < len(_PLACES):
        named = [f for f in findings if f.key.kind is Topic.CELL]
        found = {(f.key.number("true") - 1, f.key.number("predicted") - 1): f for f in named}
    size = math.isqrt(len(found))
    if set(found) != {(i, j) for i in range(size) for j in range(size)}:
        return []
    return [[found[i, j] for j in range(size)] for i in range(size)]


def _total(line: Sequence[Finding]) -> float | None:
    values = [finding.measured.value for finding in line if finding.measured is not None]
    return sum(values) if len(values) == len(line) else None


def _wanted(rule: ClassRule, rows: Sequence[float]) -> Iterator[tuple[FindingKey, bool]]:
    """Keys, and whether the class has so few rows that it may stand aside."""
    small = set(rule.small_classes(rows))
    for k in range(len(rule.names)):
        if rule.told_apart:
            yield Topic.CLASS_TOLD_APART.key(k + 1), k in small
        if rule.floor_of((k,)) is not None:
            yield Topic.CLASS_FOUND.key(k + 1), k in small
    if rule.judges_together(rows):
        if rule.told_apart:
            yield Topic.SMALL_CLASSES_TOLD_APART.key(), False
        if rule.floor_of(tuple(sorted(small))) is not None:
            yield Topic.SMALL_CLASSES_FOUND.key(), False
    if rule.told_apart:
        yield Topic.CLASS_COVERAGE.key(), False
        if rule.dearest is not None:
            yield Topic.CLASS_COST_COVERAGE.key(), False


def _counts(finding: Finding | None, *, may_stand_aside: bool) -> bool:
    if finding is None:
        return False
    return finding.blocking or (may_stand_aside and finding.status is not Status.NOT_MET)


def check_classes(record: Record, spec: Spec, table: Floats) -> None:
    """Judged classes count what the confusion matrix counts, and are held against their own floor.

    Raises:
        InvalidReport: naming the first finding that does not.
    """
    task, names = Task(record.gathered.data.task), record.gathered.data.classes
    rule, rows = class_rule(spec, task, names), table.sum(axis=1).tolist()
    if len(names) != len(table):
        return
    covered, covered_cost = rule.covered_share(rows), rule.covered_cost_share(rows)
    expected = {Topic.CLASS_COVERAGE: covered, Topic.CLASS_COST_COVERAGE: covered_cost}
    for finding in record.answer(Question.ERRORS).findings:
        kind, number = finding.key.kind, finding.key.number("class")
        if kind in TOLD_APART | FOUND and finding.bounds is not None:
            is_one = kind in (Topic.CLASS_TOLD_APART, Topic.CLASS_FOUND)
            members = (number - 1,) if is_one else rule.small_classes(rows)
            _check_class(finding, rule, table, members, is_floor=kind in FOUND)
        wanted = expected.get(kind)
        value = finding.measured.value if finding.measured is not None else None
        if wanted is not None and value is not None and not math.isclose(value, wanted, rel_tol=_CLOSE, abs_tol=_CLOSE):
            raise InvalidReport(
                f"Finding {finding.code} does not hold. It says {value:.10g}; the true classes give {wanted:.10g}."
            )


def _check_class(finding: Finding, rule: ClassRule, table: Floats, members: Sequence[int], *, is_floor: bool) -> None:
    """Raises: InvalidReport."""
    if not members or not all(0 <= k < len(table) for k in members):
        raise InvalidReport(f"Finding {finding.code} is about a class that there is not.")
    if len(members) == 1 and finding.segment.get("class") != rule.names[members[0]]:
        raise InvalidReport(f"Finding {finding.code} names another class than the one with its number.")
    floor = rule.floor_of(members)
    if is_floor and finding.criterion is not None and finding.criterion.threshold != floor:
        raise InvalidReport(f"Finding {finding.code} is judged by another floor than the spec in the record sets.")
    (right, wrong), (miss, hit) = table_against_rest(table, members).tolist()
    counts = [(hit, hit + miss)] + ([] if is_floor else [(right, right + wrong)])
    assert finding.bounds is not None
    found = [] if finding.bounds.basis is None else list(_shares(finding.bounds.basis))
    if len(found) != len(counts) or not all(map(_is_same, found, counts)):
        raise InvalidReport(f"Finding {finding.code} counts other rows than the confusion matrix of question 4.")


def _shares(basis: Basis) -> Iterator[tuple[float, float]]:
    for part in flatten(basis):
        if part.form in SHARES:
            yield part.numbers["successes"] or 0.0, part.numbers["n"] or 0.0


def _is_same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(math.isclose(x, y, rel_tol=_CLOSE, abs_tol=1e-6) for x, y in zip(a, b, strict=True))
