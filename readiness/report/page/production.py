"""Tables of question 6: latency, drift, probes and attestations."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Finding, Origin, Question, Status, overall
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
    status_cell,
    summary,
    table,
)
from readiness.report.sentences import worst_first
from readiness.report.sentences.decision import checks_tally, findings_of_check
from readiness.report.sentences.language import Language
from readiness.verdict.record import Record

_DRIFT = frozenset({Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS})
GROUPS = tuple(dict.fromkeys(box.group for box in BOXES))


def tables(findings: Sequence[Finding], record: Record, language: Language) -> tuple[Table, ...]:
    """What is not a yes and what has a limit; in the appendix the 25 checks, probes, drift and further readings."""
    probes = [f for f in findings if f.key.kind is Topic.PROBE]
    drift = _worst_drift([f for f in findings if f.key.kind in _DRIFT])
    boxes = [f for f in findings if f.key.kind is Topic.BOX]
    taken = {f.code for f in (*probes, *drift, *boxes)}
    technical = [f for f in findings if f.blocking and f.code not in taken]
    facts = [f for f in findings if not f.blocking and f.code not in taken and f.key.question is Question.PRODUCTION]
    moved = [f for f in drift if f.blocking and f.status is not Status.MET]
    still = [f for f in drift if f not in moved]
    return (
        *([claims_table(technical, "Speed and size", language)] if technical else []),
        *([claims_table(moved, "Columns that moved", language)] if moved else []),
        *_checklist(findings, record, language),
        *([_probes(probes, language)] if probes else []),
        *(
            [claims_table(still, f"Drift of {len(still)} columns: {summary(still, language)}", language, folds=True)]
            if still
            else []
        ),
        *([facts_table(facts, f"{len(facts)} further readings", language)] if facts else []),
    )


def lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """What moved most, where nothing moved beyond its limit."""
    drift = [f for f in _worst_drift([f for f in findings if f.key.kind in _DRIFT]) if f.measured is not None]
    if not drift or any(f.status is not Status.MET for f in drift if f.blocking):
        return []
    return [language.sentence(max(drift, key=lambda f: f.measured.value if f.measured else 0.0))]


def _worst_drift(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(worst_first(findings), key=lambda f: not f.blocking)


def _probes(findings: Sequence[Finding], language: Language) -> Table:
    rows = [
        Row((Cell(language.title(f)), Cell(language.sentence(f)), status_cell(f)), anchor(f.code)) for f in findings
    ]
    columns = (Column("What was tried"), Column("What happened"), Column("Result", "status"))
    caption = f"Unusual input: {len(findings)} tries"
    return table(caption, columns, rows, findings, folds=all(f.status is Status.MET for f in findings if f.blocking))


def _checklist(findings: Sequence[Finding], record: Record, language: Language) -> list[Table]:
    """The checks that are not a yes, open; all 25 in the appendix."""
    columns = (Column("Check"), Column("On what grounds"), Column("Result", "status"))
    rows: list[Row] = []
    still_open: list[Row] = []
    for group in GROUPS:
        rows.append(Row((Cell(group),), group=True))
        for box in BOXES:
            if box.group == group:
                row, is_yes = _box_row(box, findings, record, language)
                rows.append(row)
                still_open += [] if is_yes else [row.without_anchors()]
    own = [f for box in BOXES for f in findings_of_check(box, findings) if f.key.kind is Topic.BOX]
    every = table(f"Checklist: {checks_tally(record)}", columns, rows, own, most=len(rows), folds=True)
    if not still_open:
        return [every]
    return [table(f"Checklist: {checks_tally(record)}", columns, still_open, most=len(still_open)), every]


def _box_row(box: Box, findings: Sequence[Finding], record: Record, language: Language) -> tuple[Row, bool]:
    """The row of a check, and whether it is a yes."""
    if box.question is not None:
        answer = record.answer(box.question)
        row = Row((Cell(box.title), Cell(f"Answer to question {box.question.number}"), _answered(answer.status)))
        return row, answer.status is Status.MET
    own = findings_of_check(box, findings)
    code = next((f.code for f in own if f.key.kind is Topic.BOX), "")
    found = _box_mark(own)
    grounds = Cell(_grounds(box, own, language), warning=next((f.warning for f in own if f.warning), ""))
    return Row((Cell(box.title), grounds, Cell(mark=found)), anchor(code)), found.status is Status.MET


def _answered(status: Status) -> Cell:
    return Cell(mark=answer_mark(status))


def _box_mark(findings: Sequence[Finding]) -> Mark:
    """A single outcome in its own word; else the status of the findings together."""
    if len(findings) == 1 and findings[0].outcome is not None:
        return outcome_mark(findings[0].outcome)
    return mark(overall(tuple(findings)))


def _grounds(box: Box, findings: Sequence[Finding], language: Language) -> str:
    judged = worst_first([f for f in findings if f.blocking]) or worst_first(findings)
    if not judged:
        return "Nobody has looked at it, and nobody has vouched for it"
    how = "Supplied" if any(f.origin is Origin.SUPPLIED for f in judged) else "Measured"
    if len(judged) > 1 and all(f.status is Status.MET for f in judged):
        return f"{how}: {len(judged)} claims, all met"
    worst = judged[0]
    if box.source is Source.MEASURED and worst.measured is not None and worst.criterion is not None:
        return f"{how}: {language.measured(worst)}; required: {language.requirement(worst)}"
    if worst.key.kind is Topic.BOX:  # who, when and on what grounds, or why that does not count, as it was written
        return worst.reason or language.sentence(worst)
    return language.sentence(worst)
