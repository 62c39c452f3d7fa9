"""Tables of several reports: one column for each, headed by its letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from readiness.core.findings import Finding, Question, Status
from readiness.core.sanitize import presentable, shorten, visible
from readiness.core.selection import NOT_ASKED
from readiness.report.compare.differences import NONE, Aspect, Change, Kind, bars_differ, segments_differ
from readiness.report.compare.read import Report
from readiness.report.page.decision import VERDICT_STATUS
from readiness.report.page.tables import Cell, Column, Mark, Row, Table, answer_mark, mark, outcome_mark, table
from readiness.report.sentences import Language, asked, gain_between, result_words, topic
from readiness.verdict.record import Record
from readiness.verdict.reservations import reservations

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


# ----------------------------------------------------------------------------------------------------
# Tables of the findings, and of the criteria, that differ between reports.

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
    languages = [Language.of(report.record) for report in reports]
    made = []
    for kind in Kind:
        of_kind = sorted((change for change in judged if change.kind is kind), key=_gain)
        table = _table(languages, reports, kind.value, of_kind)
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
    languages = [Language.of(report.record) for report in reports]
    made = [_table(languages, reports, f"{_FACTS}: {Kind.VALUE.value.lower()}", moved, folds=True)]
    made += [_table(languages, reports, f"{_FACTS}: {Kind.PRESENCE.value.lower()}", rest, folds=True)]
    return tuple(each for each in made if each.rows)


def criteria_table(reports: Sequence[Report], changes: Sequence[Change]) -> Table:
    """Claims that do not have the same limit in all reports."""
    languages = [Language.of(report.record) for report in reports]
    rows = [_criteria_row(languages, change) for change in changes if bars_differ(change.matched)]
    note = "" if rows else "Nothing differs: a claim that several reports make has the same limit in all of them."
    return table("Criteria that differ", columns(reports, "Claim"), rows, note=note)


Languages = Sequence[Language]


def _gain(change: Change) -> tuple[bool, float]:
    """The worst change first: by how many half-widths of the first interval the last report is better."""
    first, last = change.matched.findings[0], change.matched.findings[-1]
    gain = None if first is None or last is None else gain_between(first, last)
    if gain is None or first is None or first.measured is None:
        return True, 0.0
    low, high = first.measured.low, first.measured.high
    width = (high - low) / 2 if low is not None and high is not None else 0.0
    return False, gain / (width or abs(first.measured.value) or 1.0)


def _table(
    languages: Languages, reports: Sequence[Report], caption: str, changes: Sequence[Change], *, folds: bool = False
) -> Table:
    rows = [_finding_row(languages, change) for change in changes]
    clock = any(finding.measured_time for change in changes for finding in change.matched.present)
    heads = [*columns(reports, "Finding"), *([Column(CHANGE)] if len(reports) == 2 else [])]
    return table(f"{caption} ({len(rows)})", heads, rows, note=_CLOCK if clock else "", folds=folds)


def _finding_row(languages: Languages, change: Change) -> Row:
    row = change.matched
    told, placed, judged = bars_differ(row), segments_differ(row), row.is_judged
    shown = [None if each is None else presentable(each) for each in row.findings]
    cells = [
        _cell(each, language, told=told, placed=placed, judged=judged)
        for each, language in zip(shown, languages, strict=True)
    ]
    return Row((_name(languages, change), *cells, *_change_cell(languages, shown)))


CHANGE = "Change"


def _change_cell(languages: Languages, findings: Sequence[Finding | None]) -> list[Cell]:
    """What became of the number, where two reports are compared."""
    if len(findings) != 2:
        return []
    before, now = findings
    words = "" if before is None or now is None else languages[-1].change(before, now)
    return [Cell(visible(words) or NONE)]


def _criteria_row(languages: Languages, change: Change) -> Row:
    required = (
        "" if each is None or each.criterion is None else language.bar(presentable(each))
        for each, language in zip(change.matched.findings, languages, strict=True)
    )
    return Row((_name(languages, change), *(Cell(visible(each) or NONE) for each in required)))


def _name(languages: Languages, change: Change) -> Cell:
    """What a finding asks; where reports call it differently, all its names."""
    row = change.matched
    titles = [
        language.title(presentable(finding))
        for finding, language in zip(row.findings, languages, strict=True)
        if finding is not None
    ]
    names = " / ".join(dict.fromkeys(visible(title) for title in titles))
    code = shorten(visible(row.first.code), LONGEST_CODE)
    return Cell(names, f"{row.question.number} {topic(row.question)}, {code}")


def _cell(finding: Finding | None, language: Language, *, told: bool, placed: bool, judged: bool) -> Cell:
    """What one report says of a finding; `told`: also what it required; `placed`: also in which rows; `judged`: with
    its status in a word.
    """
    if finding is None:
        return Cell(mark=_ABSENT) if judged else Cell(NONE, _ABSENT.word)
    text, notes = visible(language.measured(finding)), [""]
    if finding.measured is None:
        text, notes = "", [shorten(finding.reason, LONGEST_REASON)]
    notes += [visible(language.words.group(finding.segment))] if placed else []
    notes += [f"required {visible(language.bar(finding))}"] if told and finding.criterion is not None else []
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
