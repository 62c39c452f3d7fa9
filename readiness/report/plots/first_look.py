"""Figures of the first look at the data: rows over time, and what the candidate says of them. Nothing is judged."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from readiness.core.format import format_count, format_value
from readiness.core.policy import Task
from readiness.report.plots.lettering import plain, shorten
from readiness.report.plots.marks import few_ticks, stacked
from readiness.report.plots.style import ACCENT, MUTED, NothingToDraw, bare, canvas, house_style, sheet, title
from readiness.statistics.first_look import FirstLook

BINS = 40
_COLOURS = (MUTED, "#b84a00", ACCENT)
_MOST_NAMES = 12


@house_style()
def rows(look: FirstLook, *, ax: Axes | None = None) -> Axes:
    """Test rows in each stretch of time, and below them the level of the target there."""
    if not look.periods:
        raise NothingToDraw("no column of time is named under data.time")
    levels = [period.level for period in look.periods]
    has_level = any(map(math.isfinite, levels))
    ax = bare(canvas(ax, 3.4 if has_level else 2.4))
    above, *below = stacked(ax, [1.0, 1.0] if has_level else [1.0], gap=0.2)
    places = range(len(look.periods))
    above.bar(places, [period.rows for period in look.periods], color=ACCENT, alpha=0.5, width=0.8)
    above.set_ylabel(sheet().words.row.many, parse_math=False)
    if below:
        below[0].plot(places, levels, color=ACCENT, marker="o", markersize=4, linewidth=1.2)
        below[0].set_ylabel(shorten(look.level, 24), parse_math=False)
        below[0].margins(y=0.2)
    every = max(1, math.ceil(len(look.periods) / (_MOST_NAMES // 2 if sheet().narrow else _MOST_NAMES)))
    for panel in (above, *below):
        panel.set_xlim(-0.6, len(look.periods) - 0.4)
        few_ticks(panel, 4, along="y")
        panel.set_xticks([])
    names = [period.name for period in look.periods]
    (below or [above])[-1].set_xticks(list(places)[::every], labels=names[::every], rotation=30, ha="right")
    title(ax, f"{format_count(look.rows)} test {sheet().words.row.many} by {look.every}", above=6)
    return ax


def rows_alt(look: FirstLook) -> str:
    """What `rows` shows, in one sentence."""
    if not look.periods:
        raise NothingToDraw("no column of time is named under data.time")
    counts = [period.rows for period in look.periods]
    few, many = look.periods[int(np.argmin(counts))], look.periods[int(np.argmax(counts))]
    said = (
        f"{format_count(look.rows)} test rows in {len(counts)} stretches of time, each a {look.every}: "
        f"from {format_count(few.rows)} ({few.name}) to {format_count(many.rows)} ({many.name})"
    )
    known = [period for period in look.periods if math.isfinite(period.level)]
    if known:
        low, high = min(known, key=lambda each: each.level), max(known, key=lambda each: each.level)
        said += (
            f"; {look.level} from {format_value(low.level)} ({low.name}) to {format_value(high.level)} ({high.name})"
        )
    return f"{plain(said)}."


def rows_caption(look: FirstLook) -> str:
    """What `rows` shows, in a few words."""
    return rows_alt(look)


@house_style()
def scores(look: FirstLook, *, ax: Axes | None = None) -> Axes:
    """What the candidate says of the test rows, by what is true of them."""
    if not look.scores:
        raise NothingToDraw("the candidate gives no scores")
    return _scatter(look, ax) if look.task is Task.REGRESSION else _humps(look, ax)


def _humps(look: FirstLook, ax: Axes | None) -> Axes:
    ax = canvas(ax, 2.8)
    parts = [part for part in look.scores.values() if len(part)]
    low, high = min(float(part.min()) for part in parts), max(float(part.max()) for part in parts)
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    for k, (name, part) in enumerate(look.scores.items()):
        label = f"{shorten(plain(name), 30)} ({format_count(len(part))})"
        colour, percent = _COLOURS[k % len(_COLOURS)], 100 * np.histogram(part, edges)[0] / max(len(part), 1)
        ax.stairs(percent, edges, fill=True, facecolor=(colour, 0.3), edgecolor=colour, linewidth=1.1, label=label)
    for text in ax.legend(frameon=False, fontsize=sheet().small).get_texts():
        text.set_parse_math(False)
    few_ticks(ax, 6)
    few_ticks(ax, 4, along="y")
    ax.set_xlabel("score of the predicted class" if look.task is Task.MULTICLASS else "score")
    ax.set_ylabel("% of these")
    title(ax, "What the candidate says, by what is true", above=6)
    return ax


def _scatter(look: FirstLook, ax: Axes | None) -> Axes:
    ax = canvas(ax, 3.6)
    true, predicted = look.scores["true"], look.scores["predicted"]
    ax.scatter(true, predicted, s=6, color=ACCENT, alpha=0.4, linewidth=0, rasterized=True)
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    ax.plot(ends, ends, color=MUTED, linewidth=1)
    few_ticks(ax, 6)
    few_ticks(ax, 5, along="y")
    ax.set_xlabel("true")
    ax.set_ylabel("predicted")
    part = f"{format_count(len(true))} of {format_count(look.rows)} rows; " if len(true) < look.rows else ""
    title(ax, "Predicted against true", f"{part}on the line they are equal", above=6)
    return ax


def scores_alt(look: FirstLook) -> str:
    """What `scores` shows, in one sentence."""
    if not look.scores:
        raise NothingToDraw("the candidate gives no scores")
    if look.task is Task.REGRESSION:
        true, predicted = look.scores["true"], look.scores["predicted"]
        off = format_value(float(np.median(np.abs(predicted - true))))
        return (
            f"Predicted against true numbers of {format_count(len(true))} rows: half of them are off by at most {off}."
        )
    halves = (
        f"{plain(name)}: half above {format_value(float(np.median(part)))} ({format_count(len(part))} rows)"
        for name, part in look.scores.items()
    )
    return f"Scores by what is true; {'; '.join(halves)}."


def scores_caption(look: FirstLook) -> str:
    """How well the candidate tells apart what is true, as far as one sees at once."""
    if look.task is Task.REGRESSION:
        return f"{scores_alt(look)} The nearer the points to the line, the better."
    return f"{scores_alt(look)} The less the humps overlap, the better."
