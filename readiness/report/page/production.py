"""Tables of question 6: latency, drift, probes and attestations."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Finding, Origin, Outcome, Question, Status, overall
from readiness.core.format import listed
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
    own = [f for box in BOXES for f in _of(box, findings) if f.key.kind is Topic.BOX]
    every = table(f"Checklist: {tally(findings, record)}", columns, rows, own, most=len(rows), folds=True)
    if not still_open:
        return [every]
    return [table(f"Checklist: {tally(findings, record)}", columns, still_open, most=len(still_open)), every]


def tally(findings: Sequence[Finding], record: Record) -> str:
    """How many of the checks are ticked, and by whom: "23 of 25 ticked, 12 measured and 11 attested; 1 no, 1 open"."""
    words = [_box_word(box, findings, record) for box in BOXES]
    count = {word: words.count(word) for word in ("measured", "attested", "no", "does not apply", "open")}
    yes = count["measured"] + count["attested"]
    how = listed([f"{count[word]} {word}" for word in ("measured", "attested") if count[word]])
    rest = [f"{count[word]} {word}" for word in ("no", "does not apply", "open") if count[word]]
    return f"{yes} of {len(BOXES)} ticked" + (f", {how}" if how else "") + (f"; {', '.join(rest)}" if rest else "")


def _box_word(box: Box, findings: Sequence[Finding], record: Record) -> str:
    """What came of a check, in one of five words."""
    own = _of(box, findings)
    if box.question is not None:
        status = record.answer(box.question).status
    elif not own:
        return "open"
    elif len(own) == 1 and own[0].outcome is Outcome.NOT_APPLICABLE:
        return "does not apply"
    else:
        status = own[0].status if len(own) == 1 else overall(tuple(own))
    if status is Status.MET:
        is_attested = box.question is None and all(f.measured is None and f.outcome is Outcome.ATTESTED for f in own)
        return "attested" if is_attested else "measured"
    return "no" if status is Status.NOT_MET else "open"


def _of(box: Box, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a box; one that is otherwise measured may also be attested under its own name."""
    own = Topic.BOX.key(box.key)
    return [f for f in findings if box.holds(f.key) or f.key == own]


def _box_row(box: Box, findings: Sequence[Finding], record: Record, language: Language) -> tuple[Row, bool]:
    """The row of a check, and whether it is a yes."""
    if box.question is not None:
        answer = record.answer(box.question)
        row = Row((Cell(box.title), Cell(f"Answer to question {box.question.number}"), _answered(answer.status)))
        return row, answer.status is Status.MET
    own = _of(box, findings)
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
    return language.sentence(worst)
