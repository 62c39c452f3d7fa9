"""Differences between reports: findings by how much they matter, and everything that they were made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from readiness.core.files import Artifact, Role
from readiness.core.findings import Criterion, Finding, Question
from readiness.core.format import format_count
from readiness.core.keys import Topic
from readiness.report.page.decision import format_time, valid_until
from readiness.report.page.provenance import flat, is_set
from readiness.report.sentences import asked
from readiness.verdict.isolation import isolation_words
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# Findings of several reports that are about the same thing.
#
# A key such as that of PROD-DRIFT-3 counts columns, so the same key may be about another column elsewhere. They are the
# same by all that they are about first, then by name, then by code where the code says what it is about. The number of
# a requirement says least: it is another one as soon as somebody puts a requirement before it.


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
    return finding.key.kind is Topic.REQUIREMENT


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
    return None if finding.key.ends_in_count else (finding.code, finding.name)


def _by_code(finding: Finding) -> Hashable | None:
    return None if finding.key.is_counted else (finding.code, finding.metric, _segment(finding))


def _by_place(finding: Finding) -> Hashable | None:
    """Of as many requirements, those in the same place are the same while their metric is."""
    return (finding.code, finding.metric, _segment(finding)) if _is_requirement(finding) else None


# ----------------------------------------------------------------------------------------------------

NONE = "–"
DIGEST_LENGTH = 12
"""Hex digits of a digest that are shown; whole digests are compared."""
SEVERAL = frozenset({Role.EVIDENCE, Role.MODULE, Role.MODULE_ELSEWHERE})
"""Roles of which a review may have any number of files."""


class Kind(Enum):
    """How two findings about the same thing differ, the weightiest first."""

    STATUS = "Status changed"
    JUDGED = "Judged in only some of the reports"
    CRITERION = "Criterion changed"
    VALUE = "Value moved"
    PRESENCE = "Only in some of the reports"


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that is not the same in all reports."""

    kind: Kind
    matched: Matched


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that reports were made from, with what each of them says."""

    label: str
    values: tuple[str, ...]
    notes: tuple[str, ...] = ()
    told_apart: tuple[Any, ...] = ()
    """What is compared in place of the values, such as whole digests."""

    @property
    def differs(self) -> bool:
        """Whether the reports say different things."""
        compared = self.told_apart or tuple(zip(self.values, self.notes or self.values, strict=True))
        return any(each != compared[0] for each in compared[1:])


def changes(records: Sequence[Record]) -> tuple[Change, ...]:
    """Findings that differ: by kind, then in the order of the report."""
    order = list(Kind)
    found = [Change(kind, each) for each in matched(records) if (kind := _kind(each)) is not None]
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _kind(row: Matched) -> Kind | None:
    findings = row.present
    if _differ(row.judged, lambda finding: finding.status):
        return Kind.STATUS
    if _differ(findings, lambda finding: finding.blocking):
        return Kind.JUDGED
    if bars_differ(row):
        return Kind.CRITERION
    if len(findings) < len(row.findings):
        return Kind.PRESENCE
    return Kind.VALUE if _differ(findings, _said) else None


def bars_differ(row: Matched) -> bool:
    """Whether reports that judge a claim require different things; one that states nothing sets no other bar."""
    return len({bar(finding.criterion) for finding in row.judged if finding.criterion is not None}) > 1


def bar(criterion: Criterion | None) -> tuple[Any, ...] | None:
    """What a criterion asks for, whoever set it."""
    if criterion is None:
        return None
    return criterion.op, criterion.threshold, criterion.unit, criterion.refuted_beyond, criterion.refutable


def _said(finding: Finding) -> tuple[Any, ...]:
    """What was found: the number where there is one, else what came of it in words."""
    measured = finding.measured
    number = None if measured is None else (measured.value, measured.low, measured.high, measured.n, measured.unit)
    words = finding.reason if measured is None else ""
    return number, words, finding.outcome, finding.withheld, finding.warning


def _differ(findings: Sequence[Finding], part: Callable[[Finding], Any]) -> bool:
    return any(part(finding) != part(findings[0]) for finding in findings[1:])


def segments_differ(row: Matched) -> bool:
    """Whether the reports found it in different rows, such as the worst segment."""
    return any(finding.segment != row.first.segment for finding in row.present)


def candidate(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """The candidates themselves."""
    models = [record.gathered.model for record in records]
    files = [tuple(artifact.sha256 for artifact in model.files) for model in models]
    names = [several(f"{a.name} {_digest(a.sha256)}" for a in model.files) or "no file" for model in models]
    return (
        Aspect("Name", tuple(model.name for model in models)),
        Aspect("Version", tuple(model.version for model in models)),
        Aspect("Kind", tuple(model.kind or NONE for model in models)),
        Aspect("Model file, SHA-256", tuple(names), told_apart=tuple(files)),
        Aspect("Remarks", tuple(several(model.notes) or NONE for model in models)),
    )


def data(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """Files, rows, positives and period."""
    facts = [record.gathered.data for record in records]
    dropped = [several(f"{format_count(d.rows)} rows: {d.reason}" for d in each.dropped) or "none" for each in facts]
    lines = (
        Aspect("Task", tuple(each.task for each in facts)),
        Aspect("Target", tuple(each.target for each in facts)),
        Aspect("Classes", tuple(several(each.classes, ", ", most=12) or NONE for each in facts)),
        Aspect("Rows scored", tuple(format_count(each.rows_scored) for each in facts)),
        Aspect("Rows left out", tuple(dropped)),
        Aspect("Positive", tuple(each.positive or NONE for each in facts)),
        Aspect("Positives", tuple(_count(each.positives) for each in facts)),
        Aspect("Queries", tuple(_count(each.queries) for each in facts)),
        Aspect("Period", tuple(f"{e.first[:10]} to {e.last[:10]}" if e.first else "not stated" for e in facts)),
        Aspect("Rows in training", tuple(_count(each.train_rows) for each in facts)),
        Aspect("Features", tuple(format_count(each.features) for each in facts)),
    )
    return (*_files(records), *(line for line in lines if set(line.values) != {NONE}))


def _files(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """Files by their role, "–" where a report has none; evidence of the checklist only where it differs."""
    by_role = [{_as_what(artifact): artifact for artifact in record.gathered.inputs} for record in records]
    roles = dict.fromkeys(what for inputs in by_role for what in inputs)
    files = {what: _file(": ".join(filter(None, what)), [inputs.get(what) for inputs in by_role]) for what in roles}
    return tuple(file for (role, _), file in files.items() if file.differs or role is not Role.EVIDENCE)


def _as_what(artifact: Artifact) -> tuple[Role, str]:
    """The role of a file; with its path where there are as many as somebody names."""
    return artifact.role, artifact.file if artifact.role in SEVERAL else ""


def _file(role: str, artifacts: Sequence[Artifact | None]) -> Aspect:
    return Aspect(
        f"{role[:1].upper()}{role[1:]}: file, SHA-256",
        tuple(NONE if a is None else a.file for a in artifacts),
        tuple("" if a is None else _digest(a.sha256) + _shape(a) for a in artifacts),
        tuple(None if a is None else a.sha256 for a in artifacts),
    )


def _shape(artifact: Artifact) -> str:
    return "" if artifact.rows is None else f"; {format_count(artifact.rows)} rows, {artifact.columns} columns"


def review(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """How the reviews were made: rule, seed, template, tool and when."""
    return (
        Aspect("Rule", tuple("interval" if r.rule == "interval" else "point: chance not excluded" for r in records)),
        Aspect("Confidence", tuple(str(record.gathered.spec.get("confidence", NONE)) for record in records)),
        Aspect("Seed", tuple(str(record.seed) for record in records)),
        Aspect(
            "Template",
            tuple(f"{r.template.name} {_digest(r.template.sha256)}" for r in records),
            tuple("unaltered template" if r.template.stock else "altered template" for r in records),
            tuple((r.template.sha256, r.template.stock) for r in records),
        ),
        Aspect("Set on the command line", tuple(several(r.gathered.settings) or "nothing" for r in records)),
        Aspect("Made by", tuple(record.tool for record in records)),
    )


def environment(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """Where the numbers were computed, package by package."""
    places = [record.gathered.environment for record in records]
    names = sorted({name for place in places for name in place.packages})
    return (
        Aspect("Python", tuple(place.python for place in places)),
        Aspect("Platform", tuple(place.platform for place in places)),
        Aspect("Hardware", tuple(place.hardware or NONE for place in places)),
        Aspect("The model ran", tuple(isolation_words(record.gathered.isolation) for record in records)),
        *(Aspect(name, tuple(place.packages.get(name, NONE) for place in places)) for name in names),
    )


def settings(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """Every dotted key of the specs that is not the same in all, with its value and whether it was set."""
    specs = [dict(flat(record.gathered.spec)) for record in records]
    keys = dict.fromkeys(key for spec in specs for key in spec)
    found = []
    for key in keys:
        values = tuple(spec.get(key, NONE) for spec in specs)
        found.append(Aspect(key, values, tuple(map(partial(_origin, key), specs, records))))
    return tuple(aspect for aspect in found if aspect.differs)


def _origin(key: str, spec: Mapping[str, str], record: Record) -> str:
    if key not in spec:
        return ""
    return "set" if is_set(key, record.gathered.set_keys) else "default"


def dates(records: Sequence[Record]) -> tuple[Aspect, ...]:
    """When the reviews were made, until when they hold, and by whom."""
    return (
        Aspect("Made", tuple(format_time(record.run.finished) for record in records)),
        Aspect("Valid until", tuple(valid_until(record) or "not stated" for record in records)),
        Aspect("Prepared by", tuple(", ".join(record.prepared_by) or "not stated" for record in records)),
    )


def several(texts: Iterable[str], between: str = "; ", most: int = 3) -> str:
    """The texts in one; those beyond `most` are counted, and none is cut: "a; b; c; and 3 more"."""
    parts = list(texts)
    shown = parts if len(parts) <= most + 1 else [*parts[:most], f"and {len(parts) - most} more"]
    return between.join(shown)


def _digest(sha256: str) -> str:
    return sha256[:DIGEST_LENGTH]


def _count(count: int | None) -> str:
    return NONE if count is None else format_count(count)
