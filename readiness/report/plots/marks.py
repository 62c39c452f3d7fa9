"""Marks that figures are made of: a point, its interval, its bar, its status in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import blended_transform_factory

from readiness.core.findings import Estimate, Finding, Status
from readiness.report.plots.lettering import bar
from readiness.report.plots.style import BODY, FACT, FAINT, INK, LOOKS, MUTED, SMALL, Look

_ARROWS = ("<", ">")
_SHAPES = {Status.MET: "●", Status.NOT_MET: "✕", Status.NOT_PROVEN: "○", Status.NOT_ASSESSED: "□"}


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
    ax.tick_params(axis=along, labelsize=SMALL, labelcolor=MUTED)


def rows(ax: Axes, names: Sequence[str]) -> None:
    """One row per name, the first on top."""
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.set_yticks(range(len(names)), labels=list(names), parse_math=False, fontsize=BODY, color=INK)
    ax.tick_params(axis="y", length=0)


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
        markerfacecolor=seen.colour if seen.filled else "white",
        markeredgewidth=0.4 if seen.filled else 1.4,
        markeredgecolor="white" if seen.filled else seen.colour,
        linestyle="none",
        label=f"_{finding.code}",
        zorder=3,
        clip_on=False,
    )


def value_label(ax: Axes, y: float, finding: Finding, text: str, *, lift: float = 5.5) -> None:
    """The number itself, `lift` points above its own."""
    if finding.measured is not None:
        ax.annotate(
            text,
            (finding.measured.value, y),
            (0, lift),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=SMALL,
            color=INK,
            parse_math=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            zorder=4,
        )


def value_beside(ax: Axes, y: float, finding: Finding, text: str) -> None:
    """The number itself, at that end of its interval where there is room."""
    if finding.measured is None:
        return
    left, right = ax.get_xlim()
    low = left if finding.measured.low is None else max(finding.measured.low, left)
    high = right if finding.measured.high is None else min(finding.measured.high, right)
    after = right - high >= low - left
    ax.annotate(
        text,
        (high if after else low, y),
        (5 if after else -5, 0),
        textcoords="offset points",
        ha="left" if after else "right",
        va="center_baseline",
        fontsize=SMALL,
        color=INK,
        parse_math=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    )


def status_label(ax: Axes, y: float, finding: Finding) -> None:
    """Glyph and word of the status, right of the row; nothing for a fact."""
    if finding.criterion is None and not finding.blocking:
        return
    seen = LOOKS[finding.status]
    margin_note(ax, y, f"{seen.glyph} {finding.status.words}", colour=seen.colour)


def margin_note(ax: Axes, y: float, text: str, *, colour: str = MUTED, size: float = BODY) -> None:
    """A few words right of a row."""
    ax.annotate(
        text,
        (1, y),
        (8, 0),
        xycoords=blended_transform_factory(ax.transAxes, ax.transData),
        textcoords="offset points",
        va="center_baseline",
        fontsize=size,
        color=colour,
        parse_math=False,
        annotation_clip=False,
    )


def upright(ax: Axes, x: float, text: str, *, dashed: bool = True, colour: str = INK, align: str = "center") -> None:
    """A vertical line through all rows with its label above it."""
    ax.axvline(x, color=colour, linewidth=1.1, linestyle=(0, (4, 3)) if dashed else "-", zorder=1, clip_on=False)
    ax.annotate(
        text,
        (x, 1),
        (0, 2),
        xycoords=blended_transform_factory(ax.transData, ax.transAxes),
        textcoords="offset points",
        ha=align,
        fontsize=SMALL,
        color=colour,
        parse_math=False,
        annotation_clip=False,
    )


def level(ax: Axes, y: float, text: str, *, dashed: bool = True, colour: str = INK) -> None:
    """A horizontal line with its label right of it."""
    ax.axhline(y, color=colour, linewidth=1.1, linestyle=(0, (4, 3)) if dashed else "-", zorder=1, clip_on=False)
    margin_note(ax, y, text, colour=colour, size=SMALL)


def bars_required(ax: Axes, findings: Sequence[Finding], *, word: str = "required") -> None:
    """The common bar as one labelled dashed line, or a dash in each row where the bars differ."""
    bars = {finding.criterion.threshold for finding in findings if finding.criterion is not None}
    if len(bars) == 1:
        judged = next(finding for finding in findings if finding.criterion is not None)
        upright(ax, bars.pop(), f"{word} {bar(judged)}")
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
    words = {Status.NOT_ASSESSED: "too few rows, not judged"}
    return "  ".join(
        f"{_SHAPES[status]} {words.get(status, status.words)}" for status, look in LOOKS.items() if look in used
    )


def panels(ax: Axes, n: int, *, gap: float = 0.06) -> list[Axes]:
    """`n` panels side by side inside the axes."""
    width = (1 - gap * (n - 1)) / n
    return [ax.inset_axes((k * (width + gap), 0, width, 1)) for k in range(n)]
