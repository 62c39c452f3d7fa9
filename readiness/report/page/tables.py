"""Tables of the page: plain cells with their meaning; how they look is the style sheet's business."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from readiness.core.findings import Finding, Origin, Outcome, Question, Status
from readiness.core.format import (
    format_estimate,
    format_interval,
)
from readiness.core.metrics import METRICS
from readiness.report.sentences import answer_word, metric_title, worst_first
from readiness.report.sentences.language import Language
from readiness.report.sentences.margins import closeness, deciding

# ----------------------------------------------------------------------------------------------------
# The geometry of one small drawing in a table row: where a measured number lies against its bar.

WIDTH = 132
"""Width of the drawing in its own units; its height is 16."""
_EDGE = 4


@dataclass(frozen=True, slots=True)
class Strip:
    """Positions along the drawing, each from 0 to `WIDTH`."""

    low: int
    high: int
    value: int
    bar: int
    good_from: int
    good_width: int
    status: str


def strip(finding: Finding) -> Strip | None:
    """The drawing for a finding with an interval and a criterion; None for all others."""
    measured, criterion = finding.measured, finding.criterion
    if measured is None or criterion is None or measured.level >= 1:
        return None
    ends = [end for end in (measured.low, measured.high) if end is not None]
    points = [measured.value, criterion.threshold, *ends]
    first, last = min(points), max(points)
    if first == last:
        return None
    margin = 0.08 * (last - first)

    def place(number: float) -> int:
        share = (number - first + margin) / (last - first + 2 * margin)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE))

    bar = place(criterion.threshold)
    return Strip(
        low=0 if measured.low is None else place(measured.low),
        high=WIDTH if measured.high is None else place(measured.high),
        value=place(measured.value),
        bar=bar,
        good_from=bar if criterion.wants_more else 0,
        good_width=WIDTH - bar if criterion.wants_more else bar,
        status=finding.status.value,
    )


# ----------------------------------------------------------------------------------------------------

SHOWN_ROWS = 30
"""Rows that stand open; the rest of a long table is folded, never dropped."""

_ANCHOR = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")

_OUTCOMES = {
    Outcome.ACCEPTED_ERROR: "clean error, accepted",
    Outcome.NOT_APPLICABLE: "does not apply",
    Outcome.UNAVAILABLE: "could not be looked at",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A status as glyph and word; `status` picks the colour."""

    status: Status
    word: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `anchor` is the code of the finding that it shows."""

    text: str = ""
    note: str = ""
    mark: Mark | None = None
    anchor: str = ""
    strip: Strip | None = None
    warning: str = ""
    link: str = ""
    """Where its text leads to: a relative address, percent-encoded."""
    note_anchor: str = ""
    """The code of the finding that the note shows."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `kind` is "text", "number", "measured", "status" or "digest"."""

    title: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; its first cell is its header."""

    cells: tuple[Cell, ...]
    anchor: str = ""
    strong: bool = False
    group: bool = False
    """True: its one cell is the heading of the rows below it."""
    status: str = ""
    """The status that colours the whole row; empty: none."""

    def without_anchors(self) -> Row:
        """The same row where it is shown a second time."""
        return replace(self, anchor="", cells=tuple(replace(cell, anchor="", note_anchor="") for cell in self.cells))


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `more` are the rows that are folded away; `codes` the findings that it shows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: tuple[Row, ...] = ()
    note: str = ""
    codes: frozenset[str] = field(default_factory=frozenset)
    folds: bool = False
    """Whether the whole table is folded away behind its caption."""
    fold: str = ""
    """Title of the fold that it shares with the tables next to it; empty: its caption."""


def anchor(code: str) -> str:
    """The code as the id of an element, or nothing when it cannot be one."""
    return code if _ANCHOR.fullmatch(code) else ""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Row],
    findings: Iterable[Finding] = (),
    *,
    note: str = "",
    most: int = SHOWN_ROWS,
    folds: bool = False,
    fold: str = "",
) -> Table:
    """A table whose rows beyond the first thirty, or `most`, are folded."""
    every = tuple(rows)
    codes = frozenset(finding.code for finding in findings)
    return Table(caption, tuple(columns), every[:most], every[most:], note, codes, folds, fold)


def mark(status: Status) -> Mark:
    """A finding's status."""
    return Mark(status, status.words)


def answer_mark(status: Status) -> Mark:
    """A question's answer."""
    return Mark(status, answer_word(status))


def outcome_mark(outcome: Outcome) -> Mark:
    """What came of something, in its own word."""
    return Mark(outcome.status, _OUTCOMES.get(outcome, outcome.value.replace("_", " ")))


def status_cell(finding: Finding) -> Cell:
    """The status of a finding; the label "warning" does not change it, and adds nothing to a *not met*."""
    own = mark(finding.status) if finding.outcome is None else outcome_mark(finding.outcome)
    return Cell(mark=own, warning="" if finding.status is Status.NOT_MET else finding.warning)


def measured_cell(finding: Finding) -> Cell:
    """The measured number with its interval below it."""
    if finding.measured is None:
        return Cell("–")
    interval = format_interval(finding.measured, finding.criterion)
    return Cell(format_estimate(finding.measured, finding.criterion), interval)


MOST_OPEN = 3
"""Claims of a question that stand open where all are met; those that are not met stand open, too."""


def closest_first(findings: Sequence[Finding]) -> list[Finding]:
    """The worst by status before the others, and those that are closest to their limit before those with more room."""
    return sorted(worst_first(findings), key=lambda finding: (finding.status is Status.MET, closeness(finding)))


def claims_table(
    findings: Sequence[Finding],
    caption: str,
    language: Language,
    *,
    note: str = "",
    folds: bool = False,
    most: int = SHOWN_ROWS,
    strips: bool = True,
) -> Table:
    """Required against measured: one row for each claim. `folds` holds only while all of them are met.

    Args:
        findings: in the order of the rows.
        caption: what they are about.
        language: whose words.
        note: below the table.
        folds: whether the whole table stands in the appendix.
        most: rows that stand open besides those that are not met.
        strips: whether each row has its small drawing; False where a figure shows the same.
    """
    refused = sum(finding.status is not Status.MET for finding in findings)
    columns = (
        Column("Claim"),
        Column("Required"),
        Column("Measured (range)", "measured"),
        Column("Result", "status"),
    )
    folds = folds and all(finding.status is Status.MET for finding in findings)
    rows = (_claim_row(finding, language, strips=strips and not folds) for finding in findings)
    return table(caption, columns, rows, findings, note=note, folds=folds, most=min(SHOWN_ROWS, refused + most))


def _claim_row(finding: Finding, language: Language, *, strips: bool) -> Row:
    cells = (
        Cell(language.title(finding), _below(finding, language)),
        Cell(language.requirement(finding)),
        Cell(language.measured(finding), strip=strip(finding) if strips else None),
        status_cell(finding) if finding.blocking or finding.criterion is None else _not_judged(finding),
    )
    return Row(cells, anchor(finding.code), status=_loud(finding))


def _not_judged(finding: Finding) -> Cell:
    """The result of what stands among claims and is none: it is not one of those that are counted."""
    said = "too few to judge" if finding.withheld else "not part of the verdict"
    return Cell(mark=Mark(Status.NOT_ASSESSED, said), warning=finding.warning)


def _below(finding: Finding, language: Language) -> str:
    """What stands below a claim: nothing where it is met, else what happened and what would settle it."""
    if finding.status is Status.MET and not finding.withheld:
        return finding.reason if finding.origin is Origin.SUPPLIED else ""  # whose figure it is, as the spec says it
    return " ".join(filter(None, (language.sentence(finding), language.to_settle(finding))))


def _loud(finding: Finding) -> str:
    return finding.status.value if finding.blocking and finding.status is Status.NOT_MET else ""


def title_of(metric: str) -> str:
    """A metric as the head of a column: "Recall"; the user's own keeps its name."""
    title = metric_title(metric)
    return title[:1].upper() + title[1:] if metric.lower() in METRICS else metric


def without_chance(finding: Finding) -> str:
    """What stands where a number has no limits: a count is exact, a reading is none, what rests on refits neither."""
    if finding.measured_time or finding.metric == "memory_mb":
        return "measured once"
    return "" if finding.key.question is Question.STABILITY else "exact"


def facts_table(
    findings: Sequence[Finding], caption: str, language: Language, *, note: str = "", folds: bool = True
) -> Table:
    """Facts that are shown and not judged."""
    columns = (Column("Not judged"), Column("Measured (range)"))
    rows = (
        Row(
            (
                Cell(language.title(finding), _fact_note(finding, language), warning=finding.warning),
                Cell(language.measured(finding)),
            ),
            anchor(finding.code),
        )
        for finding in findings
    )
    return table(caption, columns, rows, findings, note=note, folds=folds)


def _fact_note(finding: Finding, language: Language) -> str:
    """Why there is no number, where there is none."""
    return "" if finding.measured is not None else language.sentence(finding)


def summary(findings: Sequence[Finding], language: Language) -> str:
    """What came of several claims, for the title of a fold: "all met; the closest: 6 points behind (2 to 9)"."""
    judged = [finding for finding in findings if finding.blocking]
    if not judged:
        return "not judged"
    open_count = sum(finding.status is not Status.MET for finding in judged)
    said = "all met" if not open_count else f"{open_count} of {len(judged)} not met or not proven"
    closest = deciding(judged)
    measured = "" if closest is None or closest.measured is None else language.measured(closest)
    which = "the worst" if open_count else "the closest"
    return f"{said}; {which}: {measured}" if measured and len(judged) > 1 else said
