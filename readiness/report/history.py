"""What became of the open findings of an earlier report, in words: for page and terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.format import listed
from readiness.core.sanitize import presentable
from readiness.report.sentences.numbers import with_days
from readiness.verdict.history import Course, Traced
from readiness.verdict.record import Record

NOT_VERIFIED = "who signed it was not verified"
UNSIGNED = "it is unsigned: anybody could have written it"
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the open findings of an earlier report."""

    headline: str
    """In one sentence, with counts."""
    earlier: str
    """Which report that was, and what is not verified of it."""
    opened: tuple[Traced, ...]
    still_open: tuple[Traced, ...]
    closed: tuple[Traced, ...]
    dropped: tuple[Traced, ...]
    """Judged no more; a reader should ask why."""
    sha256: str
    """Of the earlier report."""


def changes(record: Record) -> Changes | None:
    """What became of the open findings of the earlier report; None where nobody named one."""
    previous = presentable(record.previous)
    if previous is None:
        return None
    named = f"{previous.name} {previous.version}"
    other = "" if previous.name == presentable(record.gathered.model.name) else ", another model"
    trust = NOT_VERIFIED if previous.signed else UNSIGNED
    courses = [previous.of(course) for course in (Course.OPENED, Course.OPEN, Course.CLOSED, Course.DROPPED)]
    opened, still_open, closed, dropped = courses
    counts = [
        f"{len(closed)} closed",
        f"{len(still_open)} still open",
        f"{len(opened)} opened",
        *([f"{len(dropped)} judged no more"] if dropped else []),
    ]
    return Changes(
        f"Since {named}: {', '.join(counts)}.",
        f"The report of {named}{other}, finished {with_days(previous.finished[:10])}; {trust}.",
        opened,
        still_open,
        closed,
        dropped,
        previous.sha256,
    )


def change_lines(record: Record) -> tuple[str, ...]:
    """The same for a terminal, one line for each kind of change; none where nobody named an earlier report."""
    found = changes(record)
    if found is None:
        return ()
    kinds = (
        ("Opened", found.opened),
        ("Still open", found.still_open),
        ("Closed", found.closed),
        ("Judged no more", found.dropped),
    )
    lines = [f"{title}: {listed(_named(traced), most=MOST_NAMED)}." for title, traced in kinds if traced]
    return (found.headline, found.earlier, *lines)


def _named(traced: Sequence[Traced]) -> list[str]:
    """The names of findings, of what is still open with the version in which it was opened."""
    since = [f" (since {each.since})" if each.course is Course.OPEN and each.since else "" for each in traced]
    return [f"{each.name}{word}" for each, word in zip(traced, since, strict=True)]
