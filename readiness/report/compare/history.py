"""An earlier report read, and what became of its open findings: opened, still open, closed, judged no more.

The same finding is found again as in a comparison of reports: by all that it is about, for a code that counts columns
or rules may count others elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from readiness.core.errors import InputError, InvalidReport
from readiness.core.findings import Finding, Question
from readiness.report.compare.differences import matched
from readiness.report.sentences import Language
from readiness.signing.verify import open_bytes, report_bytes
from readiness.verdict.history import Course, Previous, Traced, is_open
from readiness.verdict.record import Record


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """A report that was read before a review began."""

    record: Record
    sha256: str
    """Of the whole file."""
    signed: bool


def read_earlier(path: Path) -> EarlierReport:
    """Read the report of an earlier review; every status and its verdict are recomputed, who signed it is not asked.

    Raises:
        InputError: the file cannot be read, is not an intact report, contradicts itself, or is the page of a partial
            review.
    """
    content = report_bytes(path)
    try:
        opened = open_bytes(content)
    except InvalidReport as error:
        raise InputError(f"{path} is not a readable report. {error.message}", remedy=error.remedy) from error
    if opened.record.only:
        raise InputError(
            f"{path} is partial: what the questions that it left out would have found, nobody knows.",
            remedy="Name a report that asks all six questions.",
        )
    return EarlierReport(opened.record, hashlib.sha256(content).hexdigest(), opened.signed)


def history(record: Record, earlier: EarlierReport) -> Previous:
    """What became of the open findings of an earlier report, as `record` has them; partial ones by what they ask."""
    before = earlier.record
    courses = list(Course)
    traced = sorted(_traced(record, before), key=lambda each: courses.index(each.course))
    model = before.gathered.model
    return Previous(
        earlier.sha256,
        model.name,
        model.version,
        before.verdict.value,
        before.run.finished,
        earlier.signed,
        tuple(traced),
    )


def _traced(record: Record, before: Record) -> Iterator[Traced]:
    since = _since(before)
    speech, speech_before = Language.of(record), Language.of(before)
    for question, was, now in _pairs(record, before):
        if (course := _course(was, now)) is None:
            continue
        is_here = now is not None and course is not Course.DROPPED
        found = now if is_here else was
        assert found is not None
        version, day = since.get(was.code, ("", "")) if was is not None and course is not Course.OPENED else ("", "")
        yield Traced(
            course,
            found.code,
            (speech if is_here else speech_before).title(found),
            question,
            was.status if was is not None and was.blocking else None,
            None if now is None or not now.blocking else now.status,
            version,
            day,
        )


def _pairs(record: Record, before: Record) -> Iterator[tuple[Question | None, Finding | None, Finding | None]]:
    """Every finding in both records, None where one lacks it: those about the rows by their code, all others as in a
    comparison.
    """
    rows = [{f.code: f for f in (each.soundness.findings if each.soundness else ())} for each in (before, record)]
    for code in dict.fromkeys((*rows[1], *rows[0])):
        yield None, rows[0].get(code), rows[1].get(code)
    for row in matched([before, record]):
        was, now = row.findings
        yield row.question, was, now


def _course(was: Finding | None, now: Finding | None) -> Course | None:
    """What became of a finding; None where it was open neither before nor now."""
    was_open = was is not None and is_open(was)
    if now is not None and is_open(now):
        return Course.OPEN if was_open else Course.OPENED
    if not was_open:
        return None
    return Course.CLOSED if now is not None and now.blocking else Course.DROPPED


def _since(before: Record) -> dict[str, tuple[str, str]]:
    """By code in the earlier record, since which version a finding is open: what it says of its own earlier report,
    else itself.
    """
    here = (before.gathered.model.version, before.run.finished)
    every = [finding for answer in before.answers for finding in answer.findings]
    every += before.soundness.findings if before.soundness is not None else ()
    found = dict.fromkeys((finding.code for finding in every), here)
    for traced in before.previous.of(Course.OPEN) if before.previous is not None else ():
        found[traced.code] = (traced.since, traced.since_day)
    return found
