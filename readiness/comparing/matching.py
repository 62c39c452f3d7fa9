"""Which findings of several reports are about the same thing?

A code such as PROD-DRIFT-3 counts columns, so the same code may be about another column elsewhere. Findings are the
same by all that they are about first, then by name, then by code where the code says what it is about. The number of
a requirement says least: it is another one as soon as somebody puts a requirement before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from readiness.answers import Finding, Question
from readiness.narrative import asked
from readiness.verdict.record import Record

_COUNTED = re.compile(r"-\d+(-|$)")
"""A code that counts; the same number may stand for something else in another report."""
_LAST_NUMBER = re.compile(r"-\d+$")
_REQUIREMENT = re.compile(r"BUSI-\d+")
"""A requirement, by its place in the spec; it keeps it when its words or its limit change, unless others come or go."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The same finding in every report, None where a report lacks it."""

    question: Question
    findings: tuple[Finding | None, ...]

    @property
    def present(self) -> tuple[Finding, ...]:
        """Those that there are; at least one."""
        return tuple(finding for finding in self.findings if finding is not None)

    @property
    def first(self) -> Finding:
        """The first one that there is."""
        return self.present[0]

    @property
    def judged(self) -> tuple[Finding, ...]:
        """Those that decide in their report."""
        return tuple(finding for finding in self.present if finding.blocking)

    @property
    def is_judged(self) -> bool:
        """Whether any report judges it."""
        return bool(self.judged)


Key = Callable[[Finding], Hashable | None]


def matched(records: Sequence[Record]) -> tuple[Matched, ...]:
    """Every finding of the questions that all reports ask, in their order; first those of the first report."""
    shared = [question for question in Question if all(question in asked(record) for record in records)]
    return tuple(found for question in shared for found in _of_question(records, question))


def _of_question(records: Sequence[Record], question: Question) -> list[Matched]:
    rows: list[dict[int, Finding]] = []
    found = [record.answer(question).findings for record in records]
    as_many = len({sum(map(_is_requirement, findings)) for findings in found}) == 1
    keys = (_by_words_and_limit, _by_all, _by_name, _by_limit, _by_code_and_name, _by_code)
    for place, findings in enumerate(found):
        waiting = list(findings)
        for key in (*keys, _by_place) if as_many else keys:
            waiting = _place(rows, place, waiting, key)
        rows += [{place: finding} for finding in waiting]
    return [Matched(question, tuple(row.get(place) for place in range(len(records)))) for row in rows]


def _place(rows: list[dict[int, Finding]], place: int, waiting: list[Finding], key: Key) -> list[Finding]:
    """Put findings into the rows with the same key, where it is the only one on both sides; returns the others."""
    open_rows = [row for row in rows if place not in row]
    keys = [key(next(iter(row.values()))) for row in open_rows]
    there, here = Counter(keys), Counter(map(key, waiting))
    by_key = {each: row for each, row in zip(keys, open_rows, strict=True) if each is not None and there[each] == 1}
    left = []
    for finding in waiting:
        own = key(finding)
        if own in by_key and here[own] == 1:
            by_key[own][place] = finding
        else:
            left.append(finding)
    return left


def _segment(finding: Finding) -> Hashable:
    return tuple(sorted(finding.segment.items()))


def _is_requirement(finding: Finding) -> bool:
    return _REQUIREMENT.fullmatch(finding.code) is not None


def _by_words_and_limit(finding: Finding) -> Hashable | None:
    limit = _by_limit(finding)
    return None if limit is None else (finding.name, limit)


def _by_limit(finding: Finding) -> Hashable | None:
    """What a requirement asks for, in whatever words."""
    criterion = finding.criterion
    if criterion is None or not _is_requirement(finding):
        return None
    return finding.metric, criterion.op, criterion.threshold, criterion.unit, _segment(finding)


def _by_all(finding: Finding) -> Hashable | None:
    if _is_requirement(finding):
        return None
    return finding.code, finding.name, finding.metric, _segment(finding)


def _by_name(finding: Finding) -> Hashable:
    return finding.name, finding.metric, _segment(finding)


def _by_code_and_name(finding: Finding) -> Hashable | None:
    """Which segment is the worst is a matter of the finding itself; a number at the end only counts."""
    return None if _LAST_NUMBER.search(finding.code) else (finding.code, finding.name)


def _by_code(finding: Finding) -> Hashable | None:
    return None if _COUNTED.search(finding.code) else (finding.code, finding.metric, _segment(finding))


def _by_place(finding: Finding) -> Hashable | None:
    """Of as many requirements, those in the same place are the same while their metric is."""
    return (finding.code, finding.metric, _segment(finding)) if _is_requirement(finding) else None
