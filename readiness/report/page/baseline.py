"""Tables of question 1: the gain over the alternatives."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    Cell,
    Column,
    Row,
    Table,
    anchor,
    claims_table,
    facts_table,
    measured_cell,
    table,
    title_of,
)

_TESTS = frozenset({Topic.MCNEMAR, Topic.DELONG})
_NOT_JUDGED = (
    "A p-value is the chance of so large a difference if there were none. "
    "These tests ask for any difference at all; what counts is the gain above with its margin."
)


def tables(findings: Sequence[Finding]) -> tuple[Table, ...]:
    """The judged gains, then every method with its metrics and its cost; last, folded, the usual tests."""
    gains = [f for f in findings if f.blocking]
    values = [f for f in findings if f.key.kind is Topic.METHOD_VALUE and not f.blocking]
    costs = [f for f in findings if f.key.kind is Topic.METHOD_COST and not f.blocking]
    note = "All methods are measured on the same rows. Intervals below each number are two-sided."
    shown = [claims_table(gains, "Gain over each alternative")] if gains else []
    if values:
        shown.append(_methods(values, costs, note))
    tests = [f for f in findings if f.key.kind in _TESTS and not f.blocking]
    if tests:
        shown.append(facts_table(tests, "Tests as they are usually reported", note=_NOT_JUDGED, folds=True))
    return tuple(shown)


def _methods(values: Sequence[Finding], costs: Sequence[Finding], note: str) -> Table:
    metrics = list(dict.fromkeys(finding.metric for finding in values))
    keys = dict.fromkeys(finding.key.part("method") for finding in values)
    cells = {(finding.key.part("method"), finding.metric): finding for finding in values}
    names = {finding.key.part("method"): finding.name for finding in values}
    priced = {finding.key.part("method"): finding for finding in costs}
    shown = [*values, *(finding for key, finding in priced.items() if key in keys)]
    columns = [Column("Method"), *(Column(title_of(metric), "number") for metric in metrics)]
    if priced:
        columns.append(Column("Cost per prediction", "number"))
    rows = []
    for key in keys:
        row = [Cell(names[key]), *(_value(cells.get((key, metric))) for metric in metrics)]
        if priced:
            row.append(_value(priced.get(key)))
        rows.append(Row(tuple(row), strong=key == "candidate"))
    return table("Every method on the same rows", columns, rows, shown, note=note)


def _value(finding: Finding | None) -> Cell:
    if finding is None:
        return Cell("–")
    cell = measured_cell(finding)
    return Cell(cell.text, cell.note, anchor=anchor(finding.code))
