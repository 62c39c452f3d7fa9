"""A comparison and an overview on a terminal: the content of the pages, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from readiness.core.findings import Question
from readiness.core.format import MINUS
from readiness.core.sanitize import visible
from readiness.report.compare.entries import candidate_words, counted, day_words, standing_words
from readiness.report.compare.read import Entry, Overview, Report
from readiness.report.compare.sections import Section
from readiness.report.compare.tables import answer_given, reservation_words, result_given
from readiness.report.page.tables import Cell, Row, Table
from readiness.verdict.record import supplied_words

WIDTH = 100
"""Characters up to which what reports say of one thing stands in one line."""
_BETWEEN = "   "


def comparison_text(reports: Sequence[Report], sections: Iterable[Section]) -> str:
    """A comparison: what stands on its page, a line for each report and each thing."""
    letters = {report.title: report.letter for report in reports}
    lines = ["Comparison of candidates", *(f"  {title}" for title in letters)]
    for section in sections:
        lines += ["", section.title.upper()]
        lines += [f"  {text}" for text in ([section.lead] if section.lead else [])]
        lines += [f"  - {point}" for point in section.points]
        for table in section.tables:
            lines += ["", *_table(table, letters)]
    return _plain(lines)


def overview_text(found: Overview, folder: str) -> str:
    """An overview: a few lines for each candidate, the newest first."""
    lines = [f"Candidates below {folder}: {counted(found)}"]
    for entry in found.entries:
        lines += ["", *_entry(entry)]
    for each in found.unreadable:
        lines += ["", f"{each.path}", f"  not a readable report: {each.reason}"]
    return _plain(lines)


def _entry(entry: Entry) -> Iterator[str]:
    record = entry.record
    supplied = supplied_words(record)
    yield f"{candidate_words(record)}: {result_given(record).word}{f'; {supplied}' if supplied else ''}"
    yield "  " + ", ".join(f"{question.number} {answer_given(record, question).word}" for question in Question)
    if told := reservation_words(record):
        yield f"  what undermines the result: {told}"
    yield f"  {standing_words(entry)}"
    yield f"  {day_words(entry)}"
    yield f"  {entry.path}"


def _table(table: Table, letters: Mapping[str, str]) -> Iterator[str]:
    yield f"  {table.caption}"
    titles = [letters.get(column.title, column.title) for column in table.columns[1:]]
    for row in (*table.rows, *table.more):
        yield from _row(row, titles)
    if table.note:
        yield f"    {table.note}"


def _row(row: Row, titles: Sequence[str]) -> Iterator[str]:
    head, *cells = row.cells
    yield f"    {head.text}{f' ({head.note})' if head.note else ''}"
    parts = [f"{title}: {_cell(cell)}" for title, cell in zip(titles, cells, strict=True)]
    line = _BETWEEN.join(parts)
    yield from (f"      {part}" for part in ([line] if len(line) <= WIDTH else parts))


def _cell(cell: Cell) -> str:
    said = " ".join(filter(None, (cell.mark.word if cell.mark else "", cell.text)))
    warning = f"warning: {cell.warning}" if cell.warning else ""
    notes = "; ".join(filter(None, (cell.note, warning)))
    return f"{said} ({notes})" if said and notes else said or notes or "–"


def _plain(lines: Iterable[str]) -> str:
    return "\n".join(visible(line) for line in lines).replace(MINUS, "-") + "\n"
