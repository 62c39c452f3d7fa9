"""Which tables show the findings that differ between reports, and the criteria that do?"""

from __future__ import annotations

from collections.abc import Sequence

from readiness.answers import Finding
from readiness.comparing.columns import columns
from readiness.comparing.differences import NONE, Change, Kind, bar, finding_name, segments_differ
from readiness.comparing.reading import Report
from readiness.narrative import segment_words, topic
from readiness.numbers import format_criterion, format_estimate, format_interval
from readiness.page.tables import Cell, Row, Table, mark, outcome_mark, table
from readiness.visible import presentable, shorten, visible

LONGEST_REASON, LONGEST_CODE = 160, 60
_FACTS = "Facts that are shown and not judged"


def finding_tables(reports: Sequence[Report], changes: Sequence[Change]) -> tuple[Table, ...]:
    """Judged findings by the kind of change, the weightiest first; then facts, folded."""
    judged = [change for change in changes if change.matched.is_judged]
    facts = [change for change in changes if not change.matched.is_judged]
    moved = [change for change in facts if change.kind is not Kind.PRESENCE]
    rest = [change for change in facts if change.kind is Kind.PRESENCE]
    made = [_table(reports, kind.value, [change for change in judged if change.kind is kind]) for kind in Kind]
    made += [_table(reports, f"{_FACTS}: {Kind.VALUE.value.lower()}", moved, folds=True)]
    made += [_table(reports, f"{_FACTS}: {Kind.PRESENCE.value.lower()}", rest, folds=True)]
    return tuple(each for each in made if each.rows)


def criteria_table(reports: Sequence[Report], changes: Sequence[Change]) -> Table:
    """Claims that do not have the same limit in all reports."""
    rows = [_criteria_row(change) for change in changes if _told_apart(change)]
    note = "" if rows else "Nothing differs: a claim that several reports make has the same limit in all of them."
    return table("Criteria that differ", columns(reports, "Claim"), rows, note=note)


def _table(reports: Sequence[Report], caption: str, changes: Sequence[Change], *, folds: bool = False) -> Table:
    rows = [_row(change) for change in changes]
    return table(f"{caption} ({len(rows)})", columns(reports, "Finding"), rows, folds=folds)


def _row(change: Change) -> Row:
    told, placed = _told_apart(change), segments_differ(change.matched)
    shown = (None if each is None else presentable(each) for each in change.matched.findings)
    return Row((_name(change), *(_cell(each, told=told, placed=placed) for each in shown)))


def _criteria_row(change: Change) -> Row:
    required = (None if f is None else f.criterion for f in change.matched.findings)
    return Row((_name(change), *(Cell(NONE if each is None else format_criterion(each)) for each in required)))


def _name(change: Change) -> Cell:
    row = change.matched
    code = shorten(visible(row.first.code), LONGEST_CODE)
    return Cell(finding_name(presentable(row)), f"{row.question.number} {topic(row.question)}, {code}")


def _told_apart(change: Change) -> bool:
    return len({bar(finding.criterion) for finding in change.matched.present}) > 1


def _cell(finding: Finding | None, *, told: bool, placed: bool) -> Cell:
    """What one report says of a finding; `told`: also what it required; `placed`: also in which rows."""
    if finding is None:
        return Cell(NONE, "not in this report")
    measured, criterion = finding.measured, finding.criterion
    if measured is None:
        text, notes = "", [shorten(finding.reason, LONGEST_REASON)]
    else:
        text, notes = format_estimate(measured, criterion), [format_interval(measured, criterion)]
    notes += [segment_words(finding)] if placed else []
    notes += [f"required {format_criterion(criterion)}"] if told and criterion is not None else []
    notes += ["a clock reading, never twice the same"] if finding.measured_time else []
    own = mark(finding.status) if finding.outcome is None else outcome_mark(finding.outcome)
    return Cell(text, "; ".join(filter(None, notes)), own if finding.blocking else None, warning=finding.warning)
