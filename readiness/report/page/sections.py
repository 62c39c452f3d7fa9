"""The six sections, one for each question, always built in the same way, from the record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.findings import Answer, Finding, Question, Status, left_out_code
from readiness.core.format import format_bound, format_count, format_criterion, format_level, is_exact
from readiness.core.selection import NOT_ASKED
from readiness.report.page import baseline, errors, production, segments, stability
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
    measured_cell,
    table,
    without_chance,
)
from readiness.report.sentences import answer_sentence, answer_word, asked, limits, topic
from readiness.verdict.record import Record

POINT = "The spec chose the point rule: measured values were compared and chance was not excluded."


@dataclass(frozen=True, slots=True)
class Section:
    """One question on the page, without its figures, prose and code."""

    question: Question
    topic: str
    mark: Mark
    sentence: str
    tables: tuple[Table, ...]
    limits: tuple[str, ...]
    method: tuple[str, ...]
    audit: Table | None
    """Every judged number with its bounds, and what the point rule would say; folded."""

    @property
    def anchor(self) -> str:
        """The id of the section."""
        return self.question.value


_NOT_ASKED = Mark(Status.NOT_ASSESSED, NOT_ASKED)
_LEFT_OUT = frozenset(map(left_out_code, Question))
_UNASKED = "This review is partial and does not ask it."


def sections(record: Record) -> tuple[Section, ...]:
    """The six sections in the order of the questions."""
    return tuple(_section(record, question) for question in Question)


def _section(record: Record, question: Question) -> Section:
    if question not in asked(record):
        return Section(question, topic(question), _NOT_ASKED, _UNASKED, (), (), (), None)
    answer = record.answer(question)
    shown = _with_rest(_tables(record, answer), answer.findings)
    return Section(
        question,
        topic(question),
        answer_mark(answer.status),
        answer_sentence(answer),
        shown,
        limits(question),
        _method(answer, record),
        _audit(answer),
    )


def _tables(record: Record, answer: Answer) -> tuple[Table, ...]:
    findings = answer.findings
    match answer.question:
        case Question.BASELINE:
            return baseline.tables(findings)
        case Question.SEGMENTS:
            return segments.tables(findings)
        case Question.ERRORS:
            return errors.tables(findings, positive_words(record))
        case Question.STABILITY:
            return stability.tables(findings)
        case Question.PRODUCTION:
            return production.tables(findings, record)
        case _:
            return _claims_and_facts(findings, "Required and measured")


def positive_words(record: Record) -> str:
    """The positive class as a condition: "is_fraud = 1"; empty when there is none."""
    data = record.gathered.data
    return f"{data.target} = {data.positive}" if data.positive and "=" not in data.positive else data.positive


def _claims_and_facts(findings: Sequence[Finding], caption: str) -> tuple[Table, ...]:
    judged = [f for f in findings if f.blocking]
    facts = [f for f in findings if not f.blocking]
    made = [claims_table(judged, caption)] if judged else []
    return tuple([*made, facts_table(facts, "Facts, shown and not judged")] if facts else made)


def _with_rest(tables: tuple[Table, ...], findings: Sequence[Finding]) -> tuple[Table, ...]:
    """No finding is dropped: what no table shows, such as a user's own finding, gets a table of its own."""
    shown = frozenset().union(*(made.codes for made in tables))
    rest = [finding for finding in findings if finding.code not in shown]
    judged, facts = [f for f in rest if f.blocking], [f for f in rest if not f.blocking]
    further = [claims_table(judged, "Further claims")] if judged else []
    further += [facts_table(facts, "Further facts")] if facts else []
    return (*tables, *further)


def _method(answer: Answer, record: Record) -> tuple[str, ...]:
    judged = [f for f in answer.findings if f.blocking and f.bounds is not None]
    shown = dict.fromkeys(f.measured.method for f in answer.findings if f.measured is not None and f.measured.method)
    bounds = dict.fromkeys(f.bounds.method for f in judged if f.bounds is not None and f.bounds.method)
    adjusted = dict.fromkeys(f.bounds.adjustment for f in judged if f.bounds and f.bounds.adjustment != "none")
    lines = [
        f"Intervals: {'; '.join(shown)}." if shown else "",
        f"Limits that were compared, one-sided at {_levels(judged)}: {'; '.join(bounds)}." if bounds else "",
        f"The side that says “not met” is adjusted for the number of claims: {'; '.join(adjusted)}."
        if adjusted
        else "",
        POINT if judged and record.rule == "point" else "",
    ]
    return tuple(line for line in lines if line)


def _levels(judged: Sequence[Finding]) -> str:
    return " and ".join(dict.fromkeys(format_level(1 - f.bounds.alpha) for f in judged if f.bounds is not None))


def _audit(answer: Answer) -> Table | None:
    judged = [f for f in answer.findings if f.bounds is not None and f.criterion is not None]
    if not judged:
        return None
    columns = (
        Column("Finding"),
        Column("Required", "number"),
        Column("Measured", "number"),
        Column("One-sided limits", "number"),
        Column("Result", "status"),
        Column("By the point rule"),
    )
    return table("Every judged number", columns, map(_audit_row, judged), (), most=len(judged))


def _audit_row(finding: Finding) -> Row:
    criterion, bounds = finding.criterion, finding.bounds
    if criterion is None or bounds is None:  # the caller has filtered; this tells the type checker
        return Row(())
    lower_first = (False, True) if criterion.wants_more else (True, False)
    limits_words = [format_bound(bounds, criterion, favourable=favourable) for favourable in lower_first]
    exact = finding.measured is not None and is_exact(finding.measured)
    n = "" if finding.measured is None or exact else f"n = {format_count(finding.measured.n)}"
    cells = (
        Cell(finding.code),
        Cell(format_criterion(criterion)),
        Cell(measured_cell(finding).text, n),
        Cell(without_chance(finding) if exact else ", ".join(limits_words)),
        Cell(mark=mark(finding.status)),
        Cell(finding.point_status.words),
    )
    return Row(cells)


def unmeasured(record: Record) -> tuple[tuple[Question, tuple[Finding, ...]], ...]:
    """Everything that was to be looked at and was not, question by question."""
    found = ((q, tuple(f for f in record.answer(q).findings if _is_unmeasured(f))) for q in Question)
    return tuple((question, findings) for question, findings in found if findings)


def _is_unmeasured(finding: Finding) -> bool:
    """A fact without a bar also has the status *not assessed*; it counts only when something would settle it."""
    if finding.status is not Status.NOT_ASSESSED or finding.code in _LEFT_OUT:
        return False
    return finding.blocking or (finding.measured is None and bool(finding.needs))


def decision_table(record: Record) -> Table:
    """The six checks: answer and grounds."""
    rows = []
    for question in Question:
        answer, is_asked = record.answer(question), question in asked(record)
        grounds = Cell(answer_sentence(answer) if is_asked else _UNASKED)
        said = _answer(answer.status) if is_asked else Cell(mark=_NOT_ASKED)
        rows.append(Row((Cell(f"{question.number}  {question.words}"), grounds, said)))
    return table("The six answers", (Column("Question"), Column("Grounds"), Column("Answer", "status")), rows)


def _answer(status: Status) -> Cell:
    return Cell(mark=Mark(status, answer_word(status)))


__all__ = ["Section", "anchor", "decision_table", "positive_words", "sections", "unmeasured"]
