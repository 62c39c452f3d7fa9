"""Which tables show the findings that differ between reports, and the criteria that do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from readiness.answers import Finding, Status
from readiness.comparing.columns import columns
from readiness.comparing.differences import NONE, Change, Kind, bars_differ, finding_name, segments_differ
from readiness.comparing.reading import Report
from readiness.narrative import segment_words, topic
from readiness.numbers import format_criterion, format_estimate, format_interval
from readiness.page.tables import Cell, Mark, Row, Table, mark, outcome_mark, table
from readiness.visible import presentable, shorten, visible

LONGEST_REASON, LONGEST_CODE = 160, 60
_FACTS = "Facts that are shown and not judged"
_NOT_JUDGED = Mark(Status.NOT_ASSESSED, "not judged")
_ABSENT = Mark(Status.NOT_ASSESSED, "not in this report")
_CLOCK = "Times are readings of a clock, never twice the same."


def finding_tables(
    reports: Sequence[Report], changes: Sequence[Change], *, most: int | None = None
) -> tuple[Table, ...]:
    """Judged findings by the kind of change, the weightiest first; at most so many whose numbers merely moved."""
    judged = [change for change in changes if change.matched.is_judged]
    made = []
    for kind in Kind:
        table = _table(reports, kind.value, [change for change in judged if change.kind is kind])
        made += [_first(table, most) if kind is Kind.VALUE and most is not None else table]
    return tuple(each for each in made if each.rows)


def _first(table: Table, most: int) -> Table:
    rows = (*table.rows, *table.more)
    left = len(rows) - most
    note = f"And {left} more with the same status: add --all. {table.note}".strip() if left > 0 else table.note
    return replace(table, rows=rows[:most], more=(), note=note)


def fact_tables(reports: Sequence[Report], changes: Sequence[Change]) -> tuple[Table, ...]:
    """Facts that differ without being judged anywhere, folded."""
    facts = [change for change in changes if not change.matched.is_judged]
    moved = [change for change in facts if change.kind is not Kind.PRESENCE]
    rest = [change for change in facts if change.kind is Kind.PRESENCE]
    made = [_table(reports, f"{_FACTS}: {Kind.VALUE.value.lower()}", moved, folds=True)]
    made += [_table(reports, f"{_FACTS}: {Kind.PRESENCE.value.lower()}", rest, folds=True)]
    return tuple(each for each in made if each.rows)


def criteria_table(reports: Sequence[Report], changes: Sequence[Change]) -> Table:
    """Claims that do not have the same limit in all reports."""
    rows = [_criteria_row(change) for change in changes if bars_differ(change.matched)]
    note = "" if rows else "Nothing differs: a claim that several reports make has the same limit in all of them."
    return table("Criteria that differ", columns(reports, "Claim"), rows, note=note)


def _table(reports: Sequence[Report], caption: str, changes: Sequence[Change], *, folds: bool = False) -> Table:
    rows = [_finding_row(change) for change in changes]
    clock = any(finding.measured_time for change in changes for finding in change.matched.present)
    heads = columns(reports, "Finding")
    return table(f"{caption} ({len(rows)})", heads, rows, note=_CLOCK if clock else "", folds=folds)


def _finding_row(change: Change) -> Row:
    row = change.matched
    told, placed, judged = bars_differ(row), segments_differ(row), row.is_judged
    shown = (None if each is None else presentable(each) for each in row.findings)
    return Row((_name(change), *(_cell(each, told=told, placed=placed, judged=judged) for each in shown)))


def _criteria_row(change: Change) -> Row:
    required = (None if f is None else f.criterion for f in change.matched.findings)
    return Row((_name(change), *(Cell(NONE if each is None else format_criterion(each)) for each in required)))


def _name(change: Change) -> Cell:
    row = change.matched
    code = shorten(visible(row.first.code), LONGEST_CODE)
    return Cell(finding_name(presentable(row)), f"{row.question.number} {topic(row.question)}, {code}")


def _cell(finding: Finding | None, *, told: bool, placed: bool, judged: bool) -> Cell:
    """What one report says of a finding; `told`: also what it required; `placed`: also in which rows; `judged`: with
    its status in a word.
    """
    if finding is None:
        return Cell(mark=_ABSENT) if judged else Cell(NONE, _ABSENT.word)
    measured, criterion = finding.measured, finding.criterion
    if measured is None:
        text, notes = "", [shorten(finding.reason, LONGEST_REASON)]
    else:
        text, notes = format_estimate(measured, criterion), [format_interval(measured, criterion)]
    notes += [segment_words(finding)] if placed else []
    notes += [f"required {format_criterion(criterion)}"] if told and criterion is not None else []
    notes += [_why_not(finding)] if judged and not finding.blocking else []
    own = _mark(finding) if judged else None
    return Cell(text, "; ".join(filter(None, dict.fromkeys(notes))), own, warning=finding.warning)


def _mark(finding: Finding) -> Mark:
    if not finding.blocking:
        return _NOT_JUDGED
    return mark(finding.status) if finding.outcome is None else outcome_mark(finding.outcome)


def _why_not(finding: Finding) -> str:
    """Why a report merely shows what another one judges."""
    return shorten(finding.withheld or finding.reason, LONGEST_REASON)
