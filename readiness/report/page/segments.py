"""Tables of question 3: segments, groups and weak slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from readiness.core.findings import Finding, Status
from readiness.core.format import format_count, format_estimate
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    claims_table,
    facts_table,
    mark,
    measured_cell,
    said,
    table,
    title_of,
)
from readiness.report.sentences import metric_title, segment_words, worst_first

_SLICES = frozenset({Topic.SLICE, Topic.SLICES_SEARCHED})
_ORDER = (Status.NOT_MET, Status.NOT_PROVEN, Status.MET, Status.NOT_ASSESSED)


@dataclass(slots=True)
class _Segment:
    """The findings of one segment."""

    rows: Finding | None = None
    values: dict[str, Finding] = field(default_factory=dict)
    deficits: dict[str, Finding] = field(default_factory=dict)

    @property
    def every(self) -> list[Finding]:
        return [*([self.rows] if self.rows else []), *self.values.values(), *self.deficits.values()]

    @property
    def name(self) -> str:
        return ", ".join(next((f.segment for f in self.every if f.segment), {}).values()) or "all rows"

    @property
    def size(self) -> int:
        if self.rows is not None and self.rows.measured is not None:
            return round(self.rows.measured.value)
        return max((f.measured.n for f in self.values.values() if f.measured), default=0)

    @property
    def status(self) -> Status:
        statuses = {f.status for f in self.deficits.values() if f.blocking}
        return next((status for status in _ORDER if status in statuses), Status.NOT_ASSESSED)


def tables(findings: Sequence[Finding]) -> tuple[Table, ...]:
    """For each segmentation: the judged claims about it, every segment, and what chance alone would give; and the weak
    spots that nobody named.
    """
    made: list[Table] = []
    for number in _numbers(findings):
        own = [f for f in findings if f.key.number("segmentation") == number]
        made += _segmentation(own)
    slices = [f for f in findings if f.key.kind in _SLICES]
    made += _weak_spots(slices) if slices else ()
    rest = [f for f in findings if f.blocking and not f.key.number("segmentation") and f not in slices]
    return tuple([*made, claims_table(rest, "Further claims")] if rest else made)


def _numbers(findings: Sequence[Finding]) -> list[int]:
    return [number for number in dict.fromkeys(f.key.number("segmentation") for f in findings) if number]


def _segmentation(findings: Sequence[Finding]) -> list[Table]:
    found, others = _by_segment(findings)
    ordered = sorted(found, key=_worst_first)
    title = _title(ordered)
    judged = [f for f in others if f.blocking and f.key.kind is not Topic.FAIRNESS]
    compared = [f for f in others if f.blocking and f.key.kind is Topic.FAIRNESS]
    worst = [f for f in others if not f.blocking and f.key.kind is Topic.WORST_SEGMENT]
    gaps = [f for f in others if not f.blocking and f not in worst]
    return [
        *([_deficits(title, ordered)] if any(s.deficits for s in ordered) else []),
        *([_values(title, ordered)] if ordered else []),
        *([facts_table(worst, f"{title}: the worst segment")] if worst else []),
        *([claims_table(judged, f"{title}: all segments together", folds=True)] if judged else []),
        *([claims_table(compared, f"{title}: groups compared with each other", folds=True)] if compared else []),
        *([facts_table(gaps, f"{title}: how far apart the groups are", folds=True)] if gaps else []),
    ]


def _weak_spots(findings: Sequence[Finding]) -> list[Table]:
    """Combinations of columns that do surely worse, and how they were found."""
    found = [f for f in findings if f.segment]
    search = [f for f in findings if not f.segment]
    caption = "Weak spots that nobody named"
    if not found:
        return [facts_table(search, f"{caption}: the search", folds=True)]
    columns = (Column("Where"), Column("Metric"), Column("Result", "status"), Column("Deficit", "number"))
    return [table(caption, columns, [*map(_weak_spot, found), *map(_search, search)], findings)]


def _weak_spot(finding: Finding) -> Row:
    own = mark(finding.status) if finding.blocking else Mark(Status.NOT_ASSESSED, "does not count")
    cells = (
        Cell(segment_words(finding), said(finding)),
        Cell(metric_title(finding.metric)),
        Cell(mark=own, warning=finding.warning),
        measured_cell(finding),
    )
    return Row(cells, anchor(finding.code))


def _search(finding: Finding) -> Row:
    return Row((Cell(finding.name, said(finding)), Cell(), Cell(), measured_cell(finding)), anchor(finding.code))


def _by_segment(findings: Sequence[Finding]) -> tuple[list[_Segment], list[Finding]]:
    segments: dict[int, _Segment] = {}
    others = []
    for finding in findings:
        key = finding.key
        if not key.number("segment"):
            others.append(finding)
            continue
        segment = segments.setdefault(key.number("segment"), _Segment())
        if key.kind is Topic.SEGMENT_ROWS:
            segment.rows = finding
        elif key.kind is Topic.SEGMENT_VALUE:
            segment.values[finding.metric or key.metric] = finding
        else:
            segment.deficits[finding.metric or key.metric] = finding
    return list(segments.values()), others


def _title(segments: Sequence[_Segment]) -> str:
    columns = next((f.segment for s in segments for f in s.every if f.segment), {})
    return " × ".join(columns) or "segment"


def _deficits(title: str, segments: Sequence[_Segment]) -> Table:
    """How much worse each segment does than all others: the judged numbers."""
    metrics = list(dict.fromkeys(name for s in segments for name in s.deficits))
    columns = [Column(title), Column("Rows", "number"), Column("Result", "status")]
    columns += [Column(f"{title_of(name)}: deficit", "number") for name in metrics]
    rows = []
    for segment in segments:
        numbers = (_deficit(segment.deficits.get(name), marked=len(metrics) > 1) for name in metrics)
        rows.append(Row((Cell(segment.name), _size(segment), _result(segment), *numbers)))
    note = (
        f"{len(segments)} segments with {format_count(sum(s.size for s in segments))} rows in all; "
        "none is left out of the table. Deficit: how much worse the segment is than all other rows together, with its "
        "interval; below zero it is better."
    )
    shown = [f for s in segments for f in (*([s.rows] if s.rows else []), *s.deficits.values())]
    return table(f"By {title}: deficit against all other rows", columns, rows, shown, note=note)


def _values(title: str, segments: Sequence[_Segment]) -> Table:
    """Every metric of every segment, in the same order."""
    metrics = list(dict.fromkeys(name for s in segments for name in s.values))
    alone = not any(s.deficits for s in segments)
    columns = [Column(title), Column("Rows", "number")]
    columns += [Column(title_of(name), "number") for name in metrics]
    rows = [
        Row((Cell(s.name), _size(s, anchored=alone), *(_number(s.values.get(name)) for name in metrics)))
        for s in segments
    ]
    shown = [f for s in segments for f in (*([s.rows] if s.rows and alone else []), *s.values.values())]
    return table(f"By {title}: every metric", columns, rows, shown)


def _size(segment: _Segment, *, anchored: bool = True) -> Cell:
    code = segment.rows.code if segment.rows and anchored else ""
    return Cell(format_count(segment.size), anchor=anchor(code))


def _worst_first(segment: _Segment) -> tuple[int, float, int]:
    deficits = [f.measured.value for f in segment.deficits.values() if f.measured is not None]
    return _ORDER.index(segment.status), -max(deficits, default=float("-inf")), -segment.size


def _number(finding: Finding | None) -> Cell:
    if finding is None:
        return Cell("–")
    cell = measured_cell(finding)
    return Cell(cell.text, cell.note, anchor=anchor(finding.code))


def _deficit(finding: Finding | None, *, marked: bool) -> Cell:
    if finding is None:
        return Cell("–")
    if finding.measured is None:
        return Cell("–", "too few rows" if not finding.blocking else "", anchor=anchor(finding.code))
    cell = measured_cell(finding)
    own = mark(finding.status) if marked and finding.blocking and finding.status is not Status.MET else None
    if not finding.blocking:
        own = Mark(Status.NOT_ASSESSED, "not assessable")
    return Cell(format_estimate(finding.measured, finding.criterion), cell.note, own, anchor(finding.code))


def _result(segment: _Segment) -> Cell:
    judged = [f for f in segment.deficits.values() if f.blocking]
    if not judged:
        reason = next((f.needs or f.reason for f in segment.deficits.values()), "")
        return Cell(note=reason, mark=Mark(Status.NOT_ASSESSED, "not assessable"))
    warning = next((f.warning for f in worst_first(judged) if f.warning), "")
    unjudged = [metric_title(name) for name, f in segment.deficits.items() if not f.blocking]
    if unjudged and segment.status is Status.MET:
        return Cell(note=", ".join(unjudged), mark=Mark(Status.NOT_ASSESSED, "not assessable"), warning=warning)
    return Cell(mark=mark(segment.status), warning=warning)
