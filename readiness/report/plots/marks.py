"""Marks that figures are made of: a point, its interval, its bar, its status in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import blended_transform_factory

from readiness.core.findings import Estimate, Finding, Status
from readiness.report.plots.lettering import bar, folded, labels
from readiness.report.plots.style import FACT, FAINT, INK, LOOKS, MUTED, PAPER, Look, sheet

_ARROWS = ("<", ">")
_SHAPES = {Status.MET: "●", Status.NOT_MET: "✕", Status.NOT_PROVEN: "◇", Status.NOT_ASSESSED: "□"}
_LINE = 13.0
"""Points of a line of a name."""
_LIFT = 6.0
"""Points that the name of a row stands above its mark on a narrow sheet."""


def look_of(finding: Finding) -> Look:
    """By status where the finding is judged; grey and hollow where it rests on too few rows; else that of a fact."""
    if finding.criterion is None:
        return FACT
    return LOOKS[Status.NOT_ASSESSED if finding.withheld and not finding.blocking else finding.status]


def view(ax: Axes, findings: Iterable[Finding], *, include: Iterable[float] = ()) -> None:
    """Set the horizontal range so that every value, finite end and bar is inside, with room at both sides."""
    numbers = [*include]
    for finding in findings:
        if finding.measured is not None:
            numbers += [finding.measured.value, *_ends(finding.measured)]
        if finding.criterion is not None:
            numbers.append(finding.criterion.threshold)
    finite = [x for x in numbers if math.isfinite(x)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    room = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    ax.set_xlim(low - room, high + room)
    few_ticks(ax)


def _ends(estimate: Estimate) -> list[float]:
    return [end for end in (estimate.low, estimate.high) if end is not None]


def few_ticks(ax: Axes, most: int = 5, *, along: Literal["x", "y"] = "x") -> None:
    """At most `most` intervals between ticks, written as all other numbers are."""
    axis = ax.xaxis if along == "x" else ax.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}".replace("-", "−")))
    ax.tick_params(axis=along, labelsize=sheet().small, labelcolor=MUTED)


def row_names(names: Iterable[object], *, most: int = 34) -> list[str]:
    """Labels of rows: two lines of `most` letters beside a row, or three of what is left beside its value above it."""
    return labels(names, 27, 3) if sheet().narrow else labels(names, most, 2)


def rows_height(names: Sequence[str], *, each: float = 0.31) -> float:
    """Inches for so many rows with these labels; `each` is that of a row with one line on a wide sheet."""
    return len(names) * _row_height(names, each)


def _row_height(names: Sequence[str], each: float = 0.31) -> float:
    lines = max((name.count("\n") for name in names), default=0) + 1
    return (lines * _LINE + 22) / 72 if sheet().narrow else max(each, 0.41) if lines > 1 else each


def rows(ax: Axes, names: Sequence[str]) -> None:
    """One row per name, the first on top; on a narrow sheet names stand above their rows."""
    on = sheet()
    ax.tick_params(axis="y", length=0)
    if not on.narrow:
        ax.set_ylim(len(names) - 0.45, -0.55)
        ax.set_yticks(range(len(names)), labels=list(names), parse_math=False, fontsize=on.body, color=INK)
        return
    first = (names[0].count("\n") + 1) * _LINE + 10 if names else 0
    ax.set_ylim(len(names) - 0.7, -first / 72 / _row_height(names))
    ax.set_yticks([])
    for y, name in enumerate(names):
        above_row(ax, y, name, at=0.0)


def above_row(ax: Axes, y: float, text: str, *, at: float, colour: str = INK) -> None:
    """A text on the line of a row's name: from the left edge on, or up to the right one."""
    ax.annotate(
        text,
        (at, y),
        (0, _LIFT),
        xycoords=blended_transform_factory(ax.transAxes, ax.transData),
        textcoords="offset points",
        ha="left" if at == 0 else "right",
        va="bottom",
        fontsize=sheet().body,
        color=colour,
        parse_math=False,
        annotation_clip=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.4, "alpha": 0.8},
        zorder=4,
    )


def estimate_mark(ax: Axes, y: float, finding: Finding, *, look: Look | None = None, size: float = 6.5) -> None:
    """Point and interval of a finding in row `y`; where the interval goes on beyond the view, or has no limit, there
    is an arrow.
    """
    if finding.measured is None:
        return
    seen = look or look_of(finding)
    (left, right), low, high = ax.get_xlim(), finding.measured.low, finding.measured.high
    ends = [left if low is None else max(low, left), right if high is None else min(high, right)]
    if ends[0] < ends[1]:
        ax.plot(ends, [y, y], color=seen.colour, linewidth=1.8, label=f"_{finding.code} interval", clip_on=False)
    beyond = (low is None or low < left, high is None or high > right)
    for edge, arrow, goes_on in zip((left, right), _ARROWS, beyond, strict=True):
        if goes_on:
            ax.plot([edge], [y], marker=arrow, color=seen.colour, markersize=5, clip_on=False)
    ax.plot(
        [finding.measured.value],
        [y],
        marker=seen.marker,
        markersize=size + 2 if seen.marker == "X" else size,
        color=seen.colour,
        markerfacecolor=seen.colour if seen.filled else PAPER,
        markeredgewidth=0.4 if seen.filled else 1.4,
        markeredgecolor=PAPER if seen.filled else seen.colour,
        linestyle="none",
        label=f"_{finding.code}",
        zorder=3,
        clip_on=False,
    )


def value_label(ax: Axes, y: float, finding: Finding, text: str, *, lift: float = 5.5) -> None:
    """The number itself, `lift` points above its own mark; on a narrow sheet at the right end of its name's line."""
    if finding.measured is None:
        return
    if sheet().narrow:
        above_row(ax, y, text, at=1.0)
        return
    ax.annotate(
        text,
        (finding.measured.value, y),
        (0, lift),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=sheet().small,
        color=INK,
        parse_math=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.4},
        zorder=4,
    )


def status_label(ax: Axes, y: float, finding: Finding) -> None:
    """Glyph and word of the status, right of the row; nothing for a fact."""
    if finding.criterion is None and not finding.blocking:
        return
    seen = LOOKS[finding.status]
    words = seen.glyph if sheet().narrow else f"{seen.glyph} {finding.status.words}"
    margin_note(ax, y, words, colour=seen.colour)


def margin_note(
    ax: Axes, y: float, text: str, *, colour: str = MUTED, size: float | None = None, after: float = 8
) -> None:
    """A few words `after` points right of a row; on a narrow sheet a longer one stands at the right end of its name's
    line.
    """
    if sheet().narrow and len(text) > 2:
        above_row(ax, y, text, at=1.0, colour=colour)
        return
    ax.annotate(
        text,
        (1, y),
        (after, 0),
        xycoords=blended_transform_factory(ax.transAxes, ax.transData),
        textcoords="offset points",
        va="center_baseline",
        fontsize=size or sheet().body,
        color=colour,
        parse_math=False,
        annotation_clip=False,
    )


def upright(ax: Axes, x: float, text: str, *, dashed: bool = True, colour: str = INK, align: str = "") -> None:
    """A vertical line through all rows with its label above it, which leans inwards near an edge unless `align` says
    otherwise.
    """
    ax.axvline(x, color=colour, linewidth=1.1, linestyle=(0, (4, 3)) if dashed else "-", zorder=1, clip_on=False)
    left, right = ax.get_xlim()
    place = (x - left) / (right - left)
    ax.annotate(
        text,
        (x, 1),
        (0, 2),
        xycoords=blended_transform_factory(ax.transData, ax.transAxes),
        textcoords="offset points",
        ha=align or ("left" if place < 0.25 else "right" if place > 0.75 else "center"),
        fontsize=sheet().small,
        color=colour,
        parse_math=False,
        annotation_clip=False,
    )


def x_label(ax: Axes, text: str) -> None:
    """What the horizontal axis counts, in as many lines as the sheet asks for."""
    columns = sheet().columns if sheet().narrow else 80
    ax.set_xlabel("\n".join(folded(text, columns, 3)), parse_math=False, fontsize=sheet().small)


def level(ax: Axes, y: float, text: str, *, dashed: bool = True, colour: str = INK) -> None:
    """A horizontal line with its label right of it; on a narrow sheet, without room for one, the note says it."""
    ax.axhline(y, color=colour, linewidth=1.1, linestyle=(0, (4, 3)) if dashed else "-", zorder=1, clip_on=False)
    if not sheet().narrow:
        margin_note(ax, y, text, colour=colour, size=sheet().small)


def bars_required(ax: Axes, findings: Sequence[Finding], words: str = "") -> None:
    """The common bar as one dashed line with its label, `words` or "required > 0.02"; a dash in each row where the bars
    differ.
    """
    bars = {finding.criterion.threshold for finding in findings if finding.criterion is not None}
    if len(bars) == 1:
        judged = next(finding for finding in findings if finding.criterion is not None)
        upright(ax, bars.pop(), words or f"required {bar(judged)}")
        return
    for y, finding in enumerate(findings):
        if finding.criterion is not None:
            x = finding.criterion.threshold
            ax.plot([x, x], [y - 0.32, y + 0.32], color=INK, linewidth=1.2, linestyle=(0, (3, 2)), zorder=1)


def stripes(ax: Axes, n: int) -> None:
    """A thin line through each row, to lead the eye."""
    across = ax.get_yaxis_transform()
    x, y = [0.0, 1.0, math.nan] * n, [k if part < 2 else math.nan for k in range(n) for part in range(3)]
    ax.plot(x, y, color=FAINT, linewidth=0.6, zorder=0, transform=across, clip_on=False, scalex=False, scaley=False)


def key_words(findings: Iterable[Finding]) -> str:
    """The shapes in use and what they mean."""
    used = [look_of(finding) for finding in findings if finding.measured is not None]
    words = {Status.NOT_ASSESSED: f"too few {sheet().words.row.many}, not judged"}
    return "  ".join(
        f"{_SHAPES[status]} {words.get(status, status.words)}" for status, look in LOOKS.items() if look in used
    )


def panels(ax: Axes, n: int, *, gap: float = 0.06) -> list[Axes]:
    """`n` panels inside the axes: side by side, on a narrow sheet below each other."""
    if sheet().narrow:
        return stacked(ax, [1.0] * n, gap=0.2 / n)
    width = (1 - gap * (n - 1)) / n
    return [ax.inset_axes((k * (width + gap), 0, width, 1)) for k in range(n)]


def stacked(ax: Axes, heights: Sequence[float], *, gap: float) -> list[Axes]:
    """Panels below each other, as high as `heights` are to each other; `gap` is a share of the axes."""
    room = (1 - gap * (len(heights) - 1)) / sum(heights)
    made, top = [], 1.0
    for height in heights:
        made.append(ax.inset_axes((0, top - height * room, 1, height * room)))
        top -= height * room + gap
    return made
