"""How do reports stand side by side in a table? One column for each, headed by its letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from readiness.answers import Question, Status
from readiness.comparing.differences import Aspect
from readiness.comparing.reading import Report
from readiness.narrative import asked, result_words
from readiness.page.cover import VERDICT_STATUS
from readiness.page.tables import Cell, Column, Mark, Row, Table, answer_mark, table
from readiness.partial import NOT_ASKED
from readiness.verdict.record import Record
from readiness.verdict.reservations import reservations
from readiness.visible import presentable, shorten, visible

LONGEST = 160
"""Characters of a value in a column."""
LONGEST_RESERVATION = 400
"""Characters of one thing that undermines a result."""
MANY = 60
"""Rows beyond which a table of settings is folded."""
DIFFERS = "differs"


def columns(reports: Sequence[Report], first: str) -> list[Column]:
    """The columns of a table whose rows are headed by `first`."""
    return [Column(first), *(Column(report.title) for report in reports)]


def aspects_table(
    reports: Sequence[Report], caption: str, aspects: Iterable[Aspect], *, marks: bool = True, note: str = ""
) -> Table:
    """One row for each aspect; with `marks`, those that differ say so in words."""
    rows = [_row(aspect, marks=marks) for aspect in aspects]
    note = note if rows else f"Nothing differs. {note}".strip()
    return table(caption, columns(reports, "What"), rows, note=note, most=MANY)


def result_given(record: Record) -> Mark:
    """The test result as glyph and word; that of a partial review is none."""
    status = Status.NOT_ASSESSED if record.only else VERDICT_STATUS[record.verdict]
    return Mark(status, result_words(record).partition(" (")[0])


def reservation_words(record: Record) -> str:
    """What undermines the result, as on the first screen of its report; empty when nothing does."""
    told = (f"{each.label}: {each.text}" for each in reservations(presentable(record)))
    return visible("; ".join(shorten(text, LONGEST_RESERVATION) for text in told))


def answer_given(record: Record, question: Question) -> Mark:
    """The answer to a question as glyph and word; "not asked" where it was not."""
    if question not in asked(record):
        return Mark(Status.NOT_ASSESSED, NOT_ASKED)
    recorded = next(answer for answer in record.answers if answer.question is question)
    return answer_mark(recorded.status)


def _row(aspect: Aspect, *, marks: bool) -> Row:
    notes = aspect.notes or ("",) * len(aspect.values)
    cells = (Cell(_shown(value), _shown(note)) for value, note in zip(aspect.values, notes, strict=True))
    return Row((Cell(_shown(aspect.label), DIFFERS if marks and aspect.differs else ""), *cells))


def _shown(text: str) -> str:
    return shorten(visible(text), LONGEST)
