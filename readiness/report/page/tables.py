"""Tables of the page: plain cells with their meaning; how they look is the style sheet's business."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from readiness.core.findings import Finding, Outcome, Question, Status
from readiness.core.format import (
    format_bound,
    format_criterion,
    format_estimate,
    format_interval,
    format_level,
    is_exact,
)
from readiness.core.metrics import METRICS
from readiness.report.sentences import answer_word, metric_title

# ----------------------------------------------------------------------------------------------------
# The geometry of one small drawing in a table row: where a measured number lies against its bar.

WIDTH = 132.0
"""Width of the drawing in its own units; its height is 16."""
_EDGE = 4.0


@dataclass(frozen=True, slots=True)
class Strip:
    """Positions along the drawing, each from 0 to `WIDTH`."""

    low: float
    high: float
    value: float
    bar: float
    good_from: float
    good_width: float
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

    def place(number: float) -> float:
        share = (number - first + margin) / (last - first + 2 * margin)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    bar = place(criterion.threshold)
    return Strip(
        low=0.0 if measured.low is None else place(measured.low),
        high=WIDTH if measured.high is None else place(measured.high),
        value=place(measured.value),
        bar=bar,
        good_from=bar if criterion.wants_more else 0.0,
        good_width=round(WIDTH - bar, 1) if criterion.wants_more else bar,
        status=finding.status.value,
    )


# ----------------------------------------------------------------------------------------------------

SHOWN_ROWS = 30
"""Rows that stand open; the rest of a long table is folded, never dropped."""

_ANCHOR = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*(?=[ ,;:]|$)")
"""How a word of ours begins a reason."""

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


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `kind` is "text", "number", "status" or "digest"."""

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
) -> Table:
    """A table whose rows beyond the first thirty, or `most`, are folded."""
    every = tuple(rows)
    codes = frozenset(finding.code for finding in findings)
    return Table(caption, tuple(columns), every[:most], every[most:], note, codes, folds)


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
    """The status of a finding; the label "warning" does not change it."""
    own = mark(finding.status) if finding.outcome is None else outcome_mark(finding.outcome)
    return Cell(mark=own, warning=finding.warning)


def measured_cell(finding: Finding) -> Cell:
    """The measured number with its interval below it."""
    if finding.measured is None:
        return Cell("–")
    interval = format_interval(finding.measured, finding.criterion)
    return Cell(format_estimate(finding.measured, finding.criterion), interval)


def claims_table(findings: Sequence[Finding], caption: str, *, note: str = "", folds: bool = False) -> Table:
    """Required against measured: one row for each claim. `folds` holds only while all of them are met."""
    columns = (
        Column("Claim"),
        Column("Result", "status"),
        Column("Required", "number"),
        Column(f"Measured, {_level(findings)} interval", "number"),
        Column(f"With {_level(findings)} confidence", "number"),
    )
    folds = folds and all(finding.status is Status.MET for finding in findings)
    return table(caption, columns, map(_claim_row, findings), findings, note=note, folds=folds)


def _claim_row(finding: Finding) -> Row:
    criterion = finding.criterion
    source = "" if criterion is None else _source(criterion.source)
    cells = (
        Cell(finding.name, said(finding)),
        status_cell(finding),
        Cell("" if criterion is None else format_criterion(criterion), source),
        measured_cell(finding),
        Cell(_shown_limit(finding), strip=strip(finding)),
    )
    return Row(cells, anchor(finding.code))


def said(finding: Finding) -> str:
    """What stands below a claim: its reason, and what would settle it."""
    needs = finding.needs if finding.status in (Status.NOT_PROVEN, Status.NOT_ASSESSED) else ""
    texts = [finding.reason, finding.withheld, f"To settle it: {needs}" if needs else ""]
    return " ".join(_sentence(text) for text in dict.fromkeys(texts) if text)


def _sentence(text: str) -> str:
    return f"{as_start(text).rstrip('. ')}."


def as_start(text: str) -> str:
    """The text as the start of a sentence; a name, an address or a key that it begins with stays as it was written."""
    return f"{text[0].upper()}{text[1:]}" if _WORD.match(text) else text


def title_of(metric: str) -> str:
    """A metric as the head of a column: "Recall"; the user's own keeps its name."""
    title = metric_title(metric)
    return title[:1].upper() + title[1:] if metric.lower() in METRICS else metric


def _source(source: str) -> str:
    return "default" if source == "default" else "set in the spec"


def _shown_limit(finding: Finding) -> str:
    """The one-sided limit that decided: the favourable one of a *not met*, else the less favourable one."""
    if finding.bounds is None or finding.criterion is None:
        return ""
    if finding.measured is not None and is_exact(finding.measured):
        return without_chance(finding)
    return format_bound(finding.bounds, finding.criterion, favourable=finding.status is Status.NOT_MET)


def without_chance(finding: Finding) -> str:
    """What stands where a number has no limits: a count is exact, a reading is none, what rests on refits neither."""
    if finding.measured_time or finding.metric == "memory_mb":
        return "measured once"
    return "" if finding.key.question is Question.STABILITY else "exact"


def _level(findings: Iterable[Finding]) -> str:
    levels = {f.measured.level for f in findings if f.measured is not None and f.measured.level < 1}
    return format_level(max(levels)) if levels else "95 %"


def facts_table(findings: Sequence[Finding], caption: str, *, note: str = "", folds: bool = False) -> Table:
    """Facts that are shown and not judged."""
    columns = (Column("Fact"), Column("Value", "number"), Column(f"{_level(findings)} interval", "number"))
    rows = (
        Row(
            (
                Cell(finding.name, said(finding), warning=finding.warning),
                Cell("–" if finding.measured is None else format_estimate(finding.measured)),
                Cell("" if finding.measured is None else format_interval(finding.measured)),
            ),
            anchor(finding.code),
        )
        for finding in findings
    )
    return table(caption, columns, rows, findings, note=note, folds=folds)
