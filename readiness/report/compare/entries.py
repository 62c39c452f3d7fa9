"""One candidate among many: the words of an overview, the same on the page and on the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from readiness.core.findings import Question, Status
from readiness.core.format import format_count, format_day
from readiness.core.sanitize import presentable, shorten, visible
from readiness.report.compare.read import FAILS, Entry, Overview, Unreadable
from readiness.report.compare.tables import answer_given, reservation_words, result_given
from readiness.report.page.tables import Cell, Column, Mark, Row, Table, table
from readiness.report.sentences import approval_words, headline, result_words, topic
from readiness.report.sentences.phrases import sentence
from readiness.verdict.imitation import as_name
from readiness.verdict.record import Record, supplied_words

LONGEST = 120
"""Characters that are shown in a table."""
NOT_READABLE = "Called like a report, and not a readable one"


def overview_tables(found: Overview, folder: Path, page: Path) -> tuple[Table, ...]:
    """The candidates, then the files that are none; links lead from `page` to the files below `folder`."""
    heads = [
        Column("Candidate"),
        Column("Test result", "status"),
        *(Column(f"{question.number} {topic(question)}", "status") for question in Question),
        Column("Approval and signature"),
        Column("Rows", "number"),
        Column("Made", "text"),
    ]
    rows = [_row(entry, _link(folder / entry.path, page)) for entry in found.entries]
    answers = ", ".join(f"{question.number} {topic(question)}" for question in Question)
    note = f"The six answers: {answers}."
    made = table("Candidates, the newest first", heads, rows, note=note, most=max(1, len(rows)))
    return (*((made,) if rows else ()), *((_unreadable(found.unreadable, folder, page),) if found.unreadable else ()))


def candidate_words(record: Record) -> str:
    """Name and version."""
    model = presentable(record.gathered.model)
    return f"{model.name} {model.version}"


def result_note(record: Record) -> str:
    """What stands below the test result: the questions of a partial review, and what was supplied."""
    return "; ".join(filter(None, (result_words(record).partition(" (")[2].rstrip(")"), supplied_words(record))))


def standing_words(entry: Entry) -> str:
    """Approval and signature: "approval none yet; UNSIGNED: anybody could have written it"."""
    return f"approval {approval_words(presentable(entry.record))[0]}; {entry.signature}"


def day_words(entry: Entry) -> str:
    """When it was made, until when it holds, and on how many rows it rests."""
    rows = f"{format_count(entry.record.gathered.data.rows_scored)} rows"
    return "; ".join(filter(None, (rows, f"made {_made(entry)}", _validity(entry))))


def counted(found: Overview) -> str:
    """How many there are: "12 reports, 1 file that is not a readable report"."""
    count, bad = len(found.entries), len(found.unreadable)
    words = f"{format_count(count)} report{'' if count == 1 else 's'}"
    return f"{words}, {format_count(bad)} file{'' if bad == 1 else 's'} not readable as a report" if bad else words


def _row(entry: Entry, link: str) -> Row:
    record = entry.record
    result = result_given(record)
    return Row(
        (
            Cell(
                _brief(candidate_words(record)),
                _brief(str(entry.path)),
                link=link,
            ),
            Cell(
                mark=result,
                note=" ".join(filter(None, (_reason(record), result_note(record)))),
                warning=reservation_words(record),
            ),
            *(Cell(mark=answer_given(record, question)) for question in Question),
            _standing(entry),
            Cell(format_count(record.gathered.data.rows_scored)),
            Cell(_made(entry), _upper(_validity(entry)) if not entry.expired else "", warning=_expired(entry)),
        )
    )


def _reason(record: Record) -> str:
    """Why the result is what it is, in one short sentence, and who owns the model."""
    record = presentable(record)
    owner, risk = record.about.get("owner"), record.about.get("risk")
    facts = [f"owner: {as_name(str(owner))}" if owner else "", f"risk: {risk}" if risk else ""]
    told = headline(record).lead
    return visible(" ".join(filter(None, (told, sentence(", ".join(filter(None, facts)))))))


def _standing(entry: Entry) -> Cell:
    """Approval and signature; a signature that does not hold is a warning."""
    approval, failed = approval_words(presentable(entry.record))[0], entry.signature.startswith(FAILS)
    signature = _upper(entry.signature)
    return Cell(f"Approval {approval}", "" if failed else signature, warning=signature if failed else "")


def _unreadable(files: Sequence[Unreadable], folder: Path, page: Path) -> Table:
    rows = [
        Row(
            (
                Cell(_brief(str(file.path)), link=_link(folder / file.path, page)),
                Cell(mark=Mark(Status.NOT_ASSESSED, "not readable")),
                Cell(shorten(visible(file.reason), 400)),
            )
        )
        for file in files
    ]
    return table(NOT_READABLE, [Column("File"), Column("Test result", "status"), Column("Why")], rows)


def _brief(text: str) -> str:
    return shorten(visible(text), LONGEST)


def _link(path: Path, page: Path) -> str:
    """The address of a file as seen from the page: relative, with everything that could act percent-encoded."""
    return quote(os.fsencode(os.path.relpath(path, page.parent)).replace(os.sep.encode(), b"/"))


def _made(entry: Entry) -> str:
    """The day, in UTC; the report itself says the minute."""
    finished = entry.record.run.finished
    try:
        return _day(datetime.fromisoformat(finished).astimezone(UTC))
    except (ValueError, OverflowError):
        return visible(shorten(finished, 60))


def _day(day: date) -> str:
    return format_day(day)


def _validity(entry: Entry) -> str:
    end = entry.valid_until
    if end is None:
        return ""
    return f"{'EXPIRED on' if entry.expired else 'valid until'} {_day(end)}"


def _expired(entry: Entry) -> str:
    return _validity(entry).lower() if entry.expired else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
