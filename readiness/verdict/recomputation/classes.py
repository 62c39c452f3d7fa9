"""Classes in a record: each judged, by the counts of the confusion matrix, and against its own floor."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Question, Status
from readiness.core.policy import Task
from readiness.spec.schema import Spec
from readiness.statistics.basis import SHARES, flat
from readiness.statistics.cases import Floats
from readiness.statistics.class_rule import ClassRule, against_rest, class_rule

if TYPE_CHECKING:
    from readiness.verdict.record import Record

CLASS = re.compile(r"ERRO-(APART|FOUND)-(?:(\d+)|SMALL)")
COVERAGE = re.compile(r"ERRO-CLASSES-COVERAGE(-COST)?")
_CELL = re.compile(r"ERRO-CELL-(\d+)-(\d+)")
_BINARY = ("ERRO-TN", "ERRO-FP", "ERRO-FN", "ERRO-TP")
_CLOSE = 1e-8


def missing_classes(findings: Sequence[Finding], spec: Spec, task: Task) -> list[str]:
    """Codes that question 4 lacks: each class is judged, small ones together, and the large ones cover enough."""
    names, rows = _classes(findings)
    if not task.has_classes or not names or any(n is None for n in rows):
        return []
    known = [0.0 if n is None else n for n in rows]
    rule, found = class_rule(spec, task, names), {finding.code: finding for finding in findings}
    wanted = list(_wanted(rule, known))
    return [code for code, may_stand_aside in wanted if not _counts(found.get(code), may_stand_aside=may_stand_aside)]


def _classes(findings: Sequence[Finding]) -> tuple[list[str], list[float | None]]:
    """Names and true rows of the classes, from the cells of the confusion matrix, in the order of the codes."""
    cells = {f.code: f for f in findings if f.code in _BINARY or _CELL.fullmatch(f.code)}
    if set(_BINARY) <= set(cells):
        lines = [[cells["ERRO-TN"], cells["ERRO-FP"]], [cells["ERRO-FN"], cells["ERRO-TP"]]]
    else:
        size = math.isqrt(len(cells))
        codes = [[f"ERRO-CELL-{i}-{j}" for j in range(1, size + 1)] for i in range(1, size + 1)]
        if not all(code in cells for line in codes for code in line):
            return [], []
        lines = [[cells[code] for code in line] for line in codes]
    names = [line[0].segment.get("true", "") for line in lines]
    return names, [_total(line) for line in lines]


def _total(line: Sequence[Finding]) -> float | None:
    values = [finding.measured.value for finding in line if finding.measured is not None]
    return sum(values) if len(values) == len(line) else None


def _wanted(rule: ClassRule, rows: Sequence[float]) -> Iterator[tuple[str, bool]]:
    """Codes, and whether the class has so few rows that it may stand aside."""
    small = set(rule.small(rows))
    groups: list[tuple[str, tuple[int, ...], bool]] = [(str(k + 1), (k,), k in small) for k in range(len(rule.names))]
    if rule.judges_together(rows):
        groups.append(("SMALL", tuple(sorted(small)), False))
    for number, members, aside in groups:
        if rule.told_apart:
            yield f"ERRO-APART-{number}", aside
        if rule.floor_of(members) is not None:
            yield f"ERRO-FOUND-{number}", aside
    if rule.told_apart:
        yield "ERRO-CLASSES-COVERAGE", False
        if rule.dearest is not None:
            yield "ERRO-CLASSES-COVERAGE-COST", False


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
    expected = {"ERRO-CLASSES-COVERAGE": rule.covered(rows), "ERRO-CLASSES-COVERAGE-COST": rule.covered_cost(rows)}
    for finding in record.answer(Question.ERRORS).findings:
        match = CLASS.fullmatch(finding.code)
        if match is not None and finding.bounds is not None:
            members = (int(match[2]) - 1,) if match[2] else rule.small(rows)
            _check_class(finding, rule, table, members, is_floor=match[1] == "FOUND")
        wanted = expected.get(finding.code)
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
    (right, wrong), (miss, hit) = against_rest(table, members).tolist()
    counts = [(hit, hit + miss)] + ([] if is_floor else [(right, right + wrong)])
    assert finding.bounds is not None
    found = [] if finding.bounds.basis is None else list(_shares(finding.bounds.basis))
    if len(found) != len(counts) or not all(map(_is_same, found, counts)):
        raise InvalidReport(f"Finding {finding.code} counts other rows than the confusion matrix of question 4.")


def _shares(basis: Basis) -> Iterator[tuple[float, float]]:
    for part in flat(basis):
        if part.form in SHARES:
            yield part.numbers["successes"] or 0.0, part.numbers["n"] or 0.0


def _is_same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(math.isclose(x, y, rel_tol=_CLOSE, abs_tol=1e-6) for x, y in zip(a, b, strict=True))


def floor_of(name: str, spec: Spec) -> float:
    """The floor that the spec sets for a class of this name."""
    floors = spec.errors.floors
    return floors.get(name, floors.get(name.lower(), spec.errors.class_floor))
