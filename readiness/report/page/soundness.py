"""What the page says of the rows themselves: one table before the first question, worst first."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.core.findings import Finding, Question, Status
from readiness.core.format import format_criterion, listed
from readiness.core.withholding import Soundness
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    mark,
    measured_cell,
    said,
    status_cell,
    table,
)
from readiness.report.sentences import soundness_sentence, worst_first
from readiness.verdict.record import Record
from readiness.verdict.reservations import is_set_aside

TITLE = "Can these rows carry an answer?"
LEAD = (
    "Before the six questions: a good number from rows that the model had seen, that repeat one another, or that are "
    "unlike those of production proves nothing. What rests on rows in doubt is withheld: it cannot be a yes."
)
UNTOLD = (
    "whether only some rows have a known truth because somebody decided so (selective labels)",
    "whether the test period was picked, or a preprocessing step was fitted on all rows",
    "whether production computes the columns as they stand here",
    "whether the truth was written by the candidate or its predecessor, or is wrong in places",
)
"""What nobody can see in these tables (Kaufman et al. 2012 on leakage, Northcutt et al. 2021 on labels)."""


@dataclass(frozen=True, slots=True)
class SoundnessSection:
    """The part of the page before the first question."""

    title: str
    lead: str
    mark: Mark
    sentence: str
    tables: tuple[Table, ...]
    limits: tuple[str, ...]


def soundness_section(record: Record) -> SoundnessSection | None:
    """What was found of the rows; None in a record of before it was looked for."""
    soundness = record.soundness
    if soundness is None:
        return None
    judged = worst_first([finding for finding in soundness.findings if finding.blocking])
    aside = [finding for finding in soundness.findings if not finding.blocking]
    columns = (
        Column("Of the rows"), Column("Result", "status"), Column("Bar", "number"), Column("Found", "number"),
        Column("Withholds"),
    )  # fmt: skip
    tables = [table("What was asked of the rows", columns, [_row(f, soundness, record) for f in judged], judged)]
    if aside:
        rows = [Row((Cell(f.name, said(f)), status_cell(f)), anchor(f.code)) for f in aside]
        tables.append(
            table("Not asked of these rows", (Column("Of the rows"), Column("Result", "status")), rows, aside)
        )
    worst = Status.MET if not judged else judged[0].status
    return SoundnessSection(
        TITLE, LEAD, _mark(worst, soundness, record), soundness_sentence(soundness), tuple(tables), UNTOLD
    )


def _mark(worst: Status, soundness: Soundness, record: Record) -> Mark:
    if worst is Status.MET:
        return Mark(worst, "sound")
    left = [finding for finding in soundness.doubts if not is_set_aside(finding, record.decision.vouched)]
    if not left:
        return Mark(Status.NOT_PROVEN, "vouched for")
    return Mark(worst, "unsound" if worst is Status.NOT_MET else "in doubt")


def _row(finding: Finding, soundness: Soundness, record: Record) -> Row:
    bar = "" if finding.criterion is None or finding.measured is None else format_criterion(finding.criterion)
    cells = (
        Cell(finding.name, said(finding)),
        Cell(mark=mark(finding.status), warning=finding.warning),
        Cell(bar),
        measured_cell(finding),
        Cell(_withholds(finding, soundness, record)),
    )
    return Row(cells, anchor(finding.code))


def _withholds(finding: Finding, soundness: Soundness, record: Record) -> str:
    if finding.status is Status.MET:
        return "nothing"
    if is_set_aside(finding, record.decision.vouched):
        return "nothing: somebody vouches for it"
    touched = soundness.touches.get(finding.code, ())
    numbers = [str(question.number) for question in Question if question.value in touched]
    names = [f.name for answer in record.answers for f in answer.findings if f.code in touched]
    if numbers:
        return f"claims of question{'s' if len(numbers) > 1 else ''} {listed(numbers, most=6)} that rest on these rows"
    return listed(names, most=6)
