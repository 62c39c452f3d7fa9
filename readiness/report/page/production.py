"""Tables of question 6: latency, drift, probes and attestations."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Finding, Origin, Question, Status, overall
from readiness.core.format import format_criterion, format_estimate
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    answer_mark,
    claims_table,
    facts_table,
    mark,
    outcome_mark,
    said,
    status_cell,
    table,
)
from readiness.report.sentences import worst_first
from readiness.verdict.record import Record

_DRIFT = frozenset({Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS})
GROUPS = tuple(dict.fromkeys(box.group for box in BOXES))


def tables(findings: Sequence[Finding], record: Record) -> tuple[Table, ...]:
    """The 25 boxes first, then what was measured behind them."""
    probes = [f for f in findings if f.key.kind is Topic.PROBE]
    drift = [f for f in findings if f.key.kind in _DRIFT]
    boxes = [f for f in findings if f.key.kind is Topic.BOX]
    taken = {f.code for f in (*probes, *drift, *boxes)}
    technical = [f for f in findings if f.blocking and f.code not in taken]
    facts = [f for f in findings if not f.blocking and f.code not in taken and f.key.question is Question.PRODUCTION]
    return (
        _checklist(findings, record),
        *([claims_table(technical, "Speed and size")] if technical else []),
        *([facts_table(facts, "Further readings")] if facts else []),
        *([_probes(probes)] if probes else []),
        *([claims_table(_worst_drift(drift), "Drift of each column", note=_DRIFT_NOTE)] if drift else []),
    )


_DRIFT_NOTE = "Change since training, by the population stability index: 0 is no change; the larger, the more change."


def _worst_drift(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(worst_first(findings), key=lambda f: not f.blocking)


def _probes(findings: Sequence[Finding]) -> Table:
    rows = [Row((Cell(f.name), Cell(f.reason), status_cell(f)), anchor(f.code)) for f in findings]
    columns = (Column("What was tried"), Column("What happened"), Column("Result", "status"))
    return table("How it takes unusual input", columns, rows, findings)


def _checklist(findings: Sequence[Finding], record: Record) -> Table:
    columns = (Column("Box"), Column("On what grounds"), Column("Result", "status"))
    rows: list[Row] = []
    for group in GROUPS:
        rows.append(Row((Cell(group),), group=True))
        rows += [_box_row(box, findings, record) for box in BOXES if box.group == group]
    own = [f for box in BOXES for f in _of(box, findings) if f.key.kind is Topic.BOX]
    return table("The 25 boxes", columns, rows, own, most=len(rows))


def _of(box: Box, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a box; one that is otherwise measured may also be attested under its own name."""
    own = Topic.BOX.key(box.key)
    return [f for f in findings if box.holds(f.key) or f.key == own]


def _box_row(box: Box, findings: Sequence[Finding], record: Record) -> Row:
    if box.question is not None:
        answer = record.answer(box.question)
        return Row((Cell(box.title), Cell(f"Answer to question {box.question.number}"), _answered(answer.status)))
    own = _of(box, findings)
    code = next((f.code for f in own if f.key.kind is Topic.BOX), "")
    return Row((Cell(box.title), Cell(_grounds(box, own)), Cell(mark=_box_mark(own))), anchor(code))


def _answered(status: Status) -> Cell:
    return Cell(mark=answer_mark(status))


def _box_mark(findings: Sequence[Finding]) -> Mark:
    """A single outcome in its own word; else the status of the findings together."""
    if len(findings) == 1 and findings[0].outcome is not None:
        return outcome_mark(findings[0].outcome)
    return mark(overall(tuple(findings)))


def _grounds(box: Box, findings: Sequence[Finding]) -> str:
    judged = worst_first([f for f in findings if f.blocking]) or worst_first(findings)
    if not judged:
        return "Nobody has looked at it, and nobody has vouched for it"
    how = "Supplied" if any(f.origin is Origin.SUPPLIED for f in judged) else "Measured"
    if len(judged) > 1 and all(f.status is Status.MET for f in judged):
        return f"{how}: {len(judged)} claims, all met"
    worst = judged[0]
    if box.source is Source.MEASURED and worst.measured is not None and worst.criterion is not None:
        value = format_estimate(worst.measured, worst.criterion)
        return f"{how}: {value}, required {format_criterion(worst.criterion)}"
    return said(worst) or worst.name
