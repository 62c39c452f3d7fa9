"""Figures of question 3: each segment against all other rows, and each segment's own value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.report.plots.lettering import bar_words, labels, measured, metric_words, plain, segment_words, tally
from readiness.report.plots.marks import (
    bars_required,
    estimate_mark,
    key_words,
    look_of,
    margin_note,
    panels,
    rows,
    stripes,
    upright,
    value_label,
    view,
)
from readiness.report.plots.style import (
    ACCENT,
    FACT,
    MUTED,
    Look,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    panel_title,
    part,
    title,
)

MOST_SEGMENTS = 20
MOST_METRICS = 3
_BETWEEN = re.compile(r"(?<== )above (?=-?\d\S* to )")
"""What a bin between two cuts can do without where there is little room: "income = 21,930 to 24,650"."""
_PLAIN = Look("", MUTED, "o", True)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One row of the figure: a segment and its findings by metric."""

    name: str
    findings: dict[str, Finding]

    @property
    def n(self) -> int:
        """Most rows that any of its findings rests on."""
        return max((f.measured.n for f in self.findings.values() if f.measured is not None), default=0)


def _segments(answer: Answer, wanted: Callable[[Finding], bool]) -> list[_Segment]:
    by_name: dict[str, dict[str, Finding]] = {}
    for finding in answer.findings:
        if finding.key.question is Question.SEGMENTS and finding.segment and finding.metric and wanted(finding):
            by_name.setdefault(segment_words(finding), {})[finding.metric] = finding
    if not any(f.measured for findings in by_name.values() for f in findings.values()):
        raise NothingToDraw("no segment was measured")
    return [_Segment(name, findings) for name, findings in by_name.items()]


def _is_deficit(finding: Finding) -> bool:
    return finding.criterion is not None and not _is_value(finding) and not _is_slice(finding)


def _is_slice(finding: Finding) -> bool:
    return finding.key.kind is Topic.SLICE


def _is_value(finding: Finding) -> bool:
    return finding.key.kind is Topic.SEGMENT_VALUE


def _beyond(finding: Finding) -> float:
    """How far the value is on the wrong side of its bar; for ordering only."""
    if finding.measured is None or finding.criterion is None:
        return -math.inf
    excess = finding.measured.value - finding.criterion.threshold
    return -excess if finding.criterion.wants_more else excess


def _worst_first(segments: list[_Segment]) -> list[_Segment]:
    def badness(segment: _Segment) -> tuple[bool, float, float]:
        judged = [f for f in segment.findings.values() if f.blocking]
        refuted = any(f.status is Status.NOT_MET for f in judged)
        return refuted, max(map(_beyond, judged), default=-math.inf), max(map(_beyond, segment.findings.values()))

    return sorted(segments, key=badness, reverse=True)


def _metrics(segments: list[_Segment]) -> list[str]:
    return list(dict.fromkeys(metric for segment in segments for metric in segment.findings))


@house_style()
def deficits(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How much worse each segment does than all other rows, with its 95 % interval, worst first, one panel per
    metric. The dashed line is the limit: right of it a segment does worse than is tolerated.
    """
    found = _worst_first(_segments(answer, _is_deficit))
    shown = found[:MOST_SEGMENTS]
    judged = [f for segment in shown for f in segment.findings.values()]
    ax, grid = _grid(ax, shown, _metrics(found), above=27)
    for metric, panel in grid.items():
        here = [segment.findings[metric] for segment in shown if metric in segment.findings]
        view(panel, judged if _one_scale(judged) else here, include=[0.0])
        if _zero_is_equal(judged):
            upright(panel, 0.0, "", dashed=False, colour=MUTED)
        bars_required(panel, here, word="limit")
        for y, segment in enumerate(shown):
            if metric in segment.findings:
                estimate_mark(panel, y, segment.findings[metric])
        _name_worst(panel, shown, metric)
    if _zero_is_equal(judged):
        ax.set_xlabel("at 0 a segment does as well as all other rows", labelpad=20)
    what = "Deficit against all other rows" if _zero_is_equal(judged) else "Error beyond what is tolerated"
    heading = f"{what}{part(len(shown), len(found), 'worst', 'segments')}"
    title(ax, heading, key_words(judged), above=27)
    return ax


def _one_scale(judged: list[Finding]) -> bool:
    """Whether all panels may share one scale: the same bar in the same unit."""
    return len({(f.criterion.threshold, f.criterion.unit) for f in judged if f.criterion is not None}) == 1


def _zero_is_equal(judged: list[Finding]) -> bool:
    """Whether 0 means "as well as the rest"; where errors are compared by ratio, 0 is the limit itself."""
    return all(f.criterion is None or f.criterion.threshold != 0 for f in judged)


def _grid(ax: Axes | None, shown: list[_Segment], metrics: list[str], *, above: float) -> tuple[Axes, dict[str, Axes]]:
    """One row per segment, one panel per metric."""
    ax = bare(canvas(ax, 1.35 + 0.26 * len(shown)))
    drawn = metrics[:MOST_METRICS]
    names = labels((_BETWEEN.sub("", segment.name) for segment in shown), 28)
    sized = [
        f"{name}  n {format_count(segment.n)}" if segment.n else name
        for name, segment in zip(names, shown, strict=True)
    ]
    grid = dict(zip(drawn, panels(ax, len(drawn)), strict=True))
    for k, (metric, panel) in enumerate(grid.items()):
        rows(panel, sized if k == 0 else [""] * len(shown))
        stripes(panel, len(shown))
        panel_title(panel, metric_words(metric), columns=60 // len(drawn), pad=above - 13)
    return ax, grid


def _name_worst(panel: Axes, shown: list[_Segment], metric: str) -> None:
    """The number beside the worst segment of the panel."""
    ranked = [
        (y, s.findings[metric]) for y, s in enumerate(shown) if metric in s.findings and s.findings[metric].measured
    ]
    if ranked:
        y, worst = max(ranked, key=lambda pair: (pair[1].blocking, _beyond(pair[1])))
        panel.axhspan(y - 0.5, y + 0.5, facecolor=look_of(worst).colour, alpha=0.10, linewidth=0, zorder=0)
        value_label(panel, y, worst, measured(worst, signed=True))


def deficits_alt(answer: Answer) -> str:
    """What `deficits` shows, in one sentence."""
    found = _worst_first(_segments(answer, _is_deficit))
    judged = [finding for segment in found for finding in segment.findings.values()]
    worst = max(found[0].findings.values(), key=lambda finding: (finding.blocking, _beyond(finding)))
    return (
        f"{format_count(len(found))} segments against all other rows, {tally(judged)}; the worst is "
        f"{plain(found[0].name)[:80]}: deficit in {metric_words(worst.metric)} {measured(worst)}, "
        f"limit {bar_words(worst)}."
    )


@house_style()
def values(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Each segment's own value with its 95 % interval, in the order of the data, one panel per metric. The segment
    that the findings name as the worst is highlighted.
    """
    found = _segments(answer, _is_value)
    shown = found[:MOST_SEGMENTS]
    named = {segment_words(f) for f in answer.findings if f.key.kind is Topic.WORST_SEGMENT}
    ax, grid = _grid(ax, shown, _metrics(found), above=15)
    for metric, panel in grid.items():
        view(panel, [s.findings[metric] for s in shown if metric in s.findings])
        for y, segment in enumerate(shown):
            if metric in segment.findings:
                estimate_mark(panel, y, segment.findings[metric], look=FACT if segment.name in named else _PLAIN)
            if segment.name in named:
                panel.axhspan(y - 0.5, y + 0.5, facecolor=ACCENT, alpha=0.08, linewidth=0, zorder=0)
    title(ax, f"Each segment{part(len(shown), len(found), 'first', 'segments')}", above=15)
    return ax


def values_alt(answer: Answer) -> str:
    """What `values` shows, in one sentence."""
    found = _segments(answer, _is_value)
    metric = _metrics(found)[0]
    said = [f"{plain(s.name)[:60]} {measured(s.findings[metric])}" for s in found if metric in s.findings]
    return f"{metric_words(metric)} of {format_count(len(found))} segments: {listed(said, 6)}."


@house_style()
def slices(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Combinations of columns that nobody named and that do surely worse than all other rows, each with its deficit and
    95 % interval on rows that were not searched. The dashed line is the limit.
    """
    found = _slices(answer)
    ax = canvas(ax, 1.15 + 0.4 * len(found))
    names = labels((f"{metric_words(f.metric)}: {segment_words(f)}" for f in found), 66)
    rows(ax, names)
    view(ax, found, include=[0.0])
    stripes(ax, len(found))
    if _zero_is_equal(found):
        upright(ax, 0.0, "", dashed=False, colour=MUTED)
    bars_required(ax, found, word="limit")
    for y, finding in enumerate(found):
        estimate_mark(ax, y, finding, look=look_of(finding) if finding.blocking else FACT)
        margin_note(ax, y, measured(finding, signed=True))
    what = "Weak spots that nobody named" if _zero_is_equal(found) else "Weak spots: error beyond what is tolerated"
    kinds = {True: "✕ not met", False: "● does not count"}
    title(
        ax, what, "  ".join(words for judged, words in kinds.items() if judged in {f.blocking for f in found}), above=14
    )
    return ax


def _slices(answer: Answer) -> list[Finding]:
    found = [f for f in answer.findings if _is_slice(f) and f.measured is not None]
    if not found:
        raise NothingToDraw("no weak spot was found that nobody had named")
    return found


def slices_alt(answer: Answer) -> str:
    """What `slices` shows, in one sentence."""
    found = _slices(answer)
    said = [f"{plain(segment_words(f))[:80]} ({metric_words(f.metric)} {measured(f)} worse)" for f in found]
    return f"Weak spots that nobody named, measured on rows that were not searched: {listed(said, len(said))}."
