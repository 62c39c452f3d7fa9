"""What became of the open findings of an earlier report: a part of the record, and what can be checked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.withholding import Soundness


class Course(StrEnum):
    """What became of a finding between two reports."""

    OPENED = "opened"
    """Open now, and not open before."""
    OPEN = "open"
    """Open before, and still open."""
    CLOSED = "closed"
    """Open before, and met now."""
    DROPPED = "dropped"
    """Open before, and judged no more: neither met nor open."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One finding on its way from one report to the next."""

    course: Course
    code: str
    """In this record; of what is judged no more, in the earlier one. Codes that count may differ between the two."""
    name: str
    """What it is called, in the words of its record."""
    question: Question | None
    """None for what was found of the rows themselves."""
    was: Status | None
    """In the earlier report; None where that did not judge it."""
    now: Status | None
    """In this one; None where it is judged no more."""
    since: str = ""
    """Version of the model in whose report it was first open; empty for what was opened by this one."""
    since_day: str = ""
    """When that report was finished, ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier report, and what became of its open findings."""

    sha256: str
    """Of the whole file."""
    name: str
    """Of the model that it is about."""
    version: str
    verdict: str
    finished: str
    """ISO 8601, UTC."""
    signed: bool
    """Whether it says to be signed; who signed it was not verified."""
    findings: tuple[Traced, ...] = ()
    """Opened, still open, closed, judged no more; each in the order of the report."""

    def of(self, *courses: Course) -> tuple[Traced, ...]:
        """The findings of these courses."""
        return tuple(traced for traced in self.findings if traced.course in courses)


def is_open(finding: Finding) -> bool:
    """Whether a finding is judged and not met."""
    return finding.blocking and finding.status is not Status.MET


def open_findings(answers: Sequence[Answer], soundness: Soundness | None) -> Iterator[Finding]:
    """Every open finding of a record: those about the rows first, then those of the questions in their order."""
    for finding in soundness.findings if soundness is not None else ():
        if is_open(finding):
            yield finding
    for answer in answers:
        yield from filter(is_open, answer.findings)


def history_fault(previous: Previous, answers: Sequence[Answer], soundness: Soundness | None) -> str:
    """What of an earlier report contradicts the record that names it, in words; empty when nothing does.

    What is open now must be said to be open, and nothing else; what is said to be closed must be met. What the earlier
    report held, nobody can tell from this one.
    """
    now = {finding.code: finding for finding in open_findings(answers, soundness)}
    said = [traced.code for traced in previous.of(Course.OPENED, Course.OPEN)]
    if sorted(said) != sorted(now):
        differing = sorted(set(said) ^ set(now)) or sorted(said)
        return f"is not at one with its findings on {differing[0]}"
    every = [*(soundness.findings if soundness else ())]
    every += [finding for answer in answers for finding in answer.findings]
    judged = {finding.code: finding.status for finding in every if finding.blocking}
    for traced in previous.findings:
        found = None if traced.course is Course.DROPPED else judged.get(traced.code)
        if traced.now is not found or (traced.course is Course.CLOSED and found is not Status.MET):
            return f"says of {traced.code} what its findings do not"
    return ""
