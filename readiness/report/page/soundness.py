"""What the page says of the rows themselves: one table before the first question, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.findings import Finding, Question, Status
from readiness.core.format import listed
from readiness.core.withholding import Soundness, kind_of
from readiness.report.page.sections import Fold
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    mark,
    status_cell,
    table,
)
from readiness.report.sentences import Language, soundness_sentence, worst_first
from readiness.report.sentences.phrases import sentence
from readiness.verdict.record import Record
from readiness.verdict.reservations import is_set_aside

TITLE = "Can these rows carry an answer?"
LEAD = (
    "Before the six questions: a good number from rows that the model had seen, that repeat one another, or that are "
    "unlike those of production proves nothing. What rests on rows in doubt is withheld: it cannot be a yes."
)
LIMITS = (
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
    """What speaks against the rows; none where nothing does."""
    folds: tuple[Fold, ...]


def soundness_section(record: Record) -> SoundnessSection | None:
    """What was found of the rows; None in a record of before it was looked for."""
    soundness = record.soundness
    if soundness is None:
        return None
    language = Language.of(record)
    judged = worst_first([finding for finding in soundness.findings if finding.blocking])
    doubtful = [finding for finding in judged if finding.status is not Status.MET]
    shown = [_asked("What speaks against these rows", doubtful, soundness, record, language)] if doubtful else []
    worst = Status.MET if not judged else judged[0].status
    return SoundnessSection(
        TITLE,
        LEAD,
        _mark(worst, soundness, record),
        soundness_sentence(soundness),
        tuple(shown),
        (_fold(judged, soundness, record, language),),
    )


def _fold(judged: Sequence[Finding], soundness: Soundness, record: Record, language: Language) -> Fold:
    sound = [finding for finding in judged if finding.status is Status.MET]
    aside = [finding for finding in soundness.findings if not finding.blocking]
    tables = [_asked("What was asked of the rows", sound, soundness, record, language)] if sound else []
    if aside:
        rows = [Row((Cell(language.title(f), sentence(f.reason)), status_cell(f)), anchor(f.code)) for f in aside]
        columns = (Column("Of the rows"), Column("Result", "status"))
        many = "One question that does" if len(aside) == 1 else f"{len(aside)} questions that do"
        tables.append(table(f"{many} not arise for these rows", columns, rows, aside))
    title = f"What was asked of the rows: {len(sound)} of {len(judged)} questions with a good answer"
    return Fold(
        "soundness-more", title, tables=tuple(tables), bullets=tuple(f"Not seen here: {each}." for each in LIMITS)
    )


def _asked(
    caption: str, findings: Sequence[Finding], soundness: Soundness, record: Record, language: Language
) -> Table:
    is_clean = all(finding.status is Status.MET for finding in findings)  # nothing is withheld, and no column says so
    withheld = () if is_clean else (Column("Withholds"),)
    columns = (Column("Of the rows"), Column("Bar"), Column("Found"), *withheld, Column("Result", "status"))
    rows = [_row(finding, soundness, record, language, is_clean=is_clean) for finding in findings]
    return table(caption, columns, rows, findings, most=len(rows))


def _mark(worst: Status, soundness: Soundness, record: Record) -> Mark:
    if worst is Status.MET:
        return Mark(worst, "sound")
    left = [finding for finding in soundness.doubts if not is_set_aside(finding, record.decision.vouched)]
    if not left:
        return Mark(Status.NOT_PROVEN, "vouched for")
    return Mark(worst, "unsound" if worst is Status.NOT_MET else "in doubt")


def _row(finding: Finding, soundness: Soundness, record: Record, language: Language, *, is_clean: bool) -> Row:
    is_good = finding.status is Status.MET
    cells = (
        Cell(language.title(finding), _details(finding) if is_good else _found(finding, language)),
        Cell(language.bar(finding) if finding.measured is not None else ""),
        Cell(language.measured(finding)),
        *(() if is_clean else (Cell(_withholds(finding, soundness, record)),)),
        Cell(mark=mark(finding.status), warning=finding.warning),
    )
    return Row(cells, anchor(finding.code))


def _found(finding: Finding, language: Language) -> str:
    """What was found, where, and what to do, as the rule says it: it names columns and counts."""
    told = [text for text in (finding.reason, finding.needs) if text]
    return sentence(*told) if told else language.sentence(finding)


def _details(finding: Finding) -> str:
    """What was looked at, where several findings answer one question: the name of this one."""
    kind = kind_of(finding.key)
    return "" if kind is None or finding.name == kind.words else f"{finding.name.rstrip('.')}."


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
