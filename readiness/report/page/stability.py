"""Tables of question 5: the claims, each window of time, and the facts."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding
from readiness.core.format import format_criterion, format_level
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
    said,
    status_cell,
    table,
)
from readiness.report.sentences import metric_title


def tables(findings: Sequence[Finding]) -> tuple[Table, ...]:
    """What was required, then the windows in the order of time, then what is shown and not judged."""
    windows = [finding for finding in findings if finding.key.kind is Topic.WINDOW]
    judged = [finding for finding in findings if finding.blocking and finding not in windows]
    facts = [finding for finding in findings if not finding.blocking and finding not in windows]
    made = [claims_table(judged, "Required and measured")] if judged else []
    made += [_windows(windows)] if windows else []
    return tuple([*made, facts_table(facts, "Facts, shown and not judged")] if facts else made)


def _windows(findings: Sequence[Finding]) -> Table:
    first = findings[0]
    column = next(iter(first.segment), "time")
    level = next((f.measured.level for f in findings if f.measured is not None), 0.95)
    columns = (
        Column(column),
        Column("Result", "status"),
        Column(f"Deficit in {metric_title(first.metric)}, {format_level(level)} interval", "number"),
    )
    required = "" if first.criterion is None else f" Required of each: {format_criterion(first.criterion)}."
    note = f"Deficit: how much worse the window is than all other rows together; below zero it is better.{required}"
    return table(f"Over time: {len(findings)} windows", columns, map(_row, findings), findings, note=note)


def _row(finding: Finding) -> Row:
    window = ", ".join(finding.segment.values()) or finding.name
    return Row((Cell(window, said(finding)), status_cell(finding), measured_cell(finding)), anchor(finding.code))
