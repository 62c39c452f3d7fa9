"""Figures of question 6: how long answers take, and how far recent data have moved from the training data."""

from __future__ import annotations

import math
from collections.abc import Mapping

import seaborn as sns
from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding
from readiness.core.format import format_count, format_threshold, listed
from readiness.core.keys import Topic
from readiness.core.policy import DRIFT_LIMIT, DRIFT_WARNING
from readiness.report.plots.lettering import bar, bar_words, interval, labels, measured, plain, tally
from readiness.report.plots.marks import estimate_mark, few_ticks, rows, status_label, stripes, upright, view
from readiness.report.plots.style import ACCENT, INK, LOOKS, NothingToDraw, canvas, house_style, part, sheet, title

_DRIFT = frozenset({Topic.DRIFT, Topic.DRIFT_OF_ANSWERS, Topic.DRIFT_SUMMARY})
MOST_COLUMNS = 20
BINS = 40
_PERCENTILES = {Topic.LATENCY_P50: "p50", Topic.LATENCY_P95: "p95", Topic.LATENCY_P99: "p99"}
_FAR = 4.0
"""A limit further than this many times the slowest percentile is named at the edge, not drawn to scale."""


def _percentiles(answer: Answer) -> dict[str, Finding]:
    by_topic = {finding.key.kind: finding for finding in answer.findings if finding.measured is not None}
    return {name: by_topic[topic] for topic, name in _PERCENTILES.items() if topic in by_topic}


@house_style()
def latency(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How long single predictions took, in milliseconds from zero: half of the calls were faster than p50, 99 of 100
    faster than p99. The bar at p99 is its 95 % interval, a dashed line a limit that was set.
    """
    table = answer.tables.get("latency")
    if table is None or not len(table):
        raise NothingToDraw("no response times were measured")
    times, found = table["milliseconds"], _percentiles(answer)
    right = _right_edge(found, float(times.max()))
    ax = canvas(ax, 2.9)
    sns.histplot(
        x=times[times <= right], ax=ax, bins=BINS, binrange=(0, right), color=ACCENT, alpha=0.35, linewidth=0, zorder=1
    )
    ax.set_xlim(0, right)
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.0) * 1.32)
    for k, (name, finding) in enumerate(found.items()):
        _percentile(ax, name, finding, height=0.97 - 0.12 * k)
    _limits(ax, found, right)
    few_ticks(ax, 6)
    ax.set_yticks([])
    ax.set_xlabel("milliseconds per prediction")
    ax.set_ylabel("calls")
    slower = int((times > right).sum())
    hidden = f"{format_count(slower)} slower, up to {float(times.max()):,.0f} ms, not drawn" if slower else ""
    title(ax, f"Response time of {format_count(len(times))} calls", hidden, above=12)
    return ax


def _right_edge(found: dict[str, Finding], slowest: float) -> float:
    """Wide enough for every percentile and its interval, and for the limits unless they are far off."""
    estimates = [finding.measured for finding in found.values() if finding.measured is not None]
    ends = [end for e in estimates for end in (e.value, e.high) if end is not None and math.isfinite(end)] or [slowest]
    near = max(ends)
    limits = [f.criterion.threshold for f in found.values() if f.criterion and f.criterion.threshold <= _FAR * near]
    return max([1.45 * near, *(1.12 * limit for limit in limits)]) or 1.0


def _percentile(ax: Axes, name: str, finding: Finding, *, height: float) -> None:
    """A line up to `height` (a share of the axes) with the percentile and its value."""
    assert finding.measured is not None
    x, top = finding.measured.value, ax.get_ylim()[1]
    ax.plot([x, x], [0, height * top], color=INK, linewidth=1.1, label=f"_{finding.code}")
    right = x < 0.7 * ax.get_xlim()[1]
    around = f"  ({interval(finding)})" if name == "p99" else ""
    ax.annotate(
        f"{name}  {measured(finding)}{around}",
        (x, height * top),
        (4 if right else -4, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        fontsize=sheet().small,
        parse_math=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    )
    if name == "p99":
        low = 0.0 if finding.measured.low is None else finding.measured.low
        high = ax.get_xlim()[1] if finding.measured.high is None else finding.measured.high
        ax.plot(
            [low, high],
            [0.03 * top] * 2,
            color=INK,
            linewidth=4,
            alpha=0.6,
            solid_capstyle="butt",
            label=f"_{finding.code} interval",
        )


def _limits(ax: Axes, found: Mapping[str, Finding], right: float) -> None:
    for name, finding in found.items():
        if finding.criterion is None:
            continue
        look = LOOKS[finding.status]
        words = f"{name} required {bar(finding)}: {look.glyph} {finding.status.words}"
        if finding.criterion.threshold <= right:
            align = "right" if finding.criterion.threshold > right / 2 else "left"
            upright(ax, finding.criterion.threshold, words, colour=look.colour, align=align)
        else:
            ax.annotate(
                f"{words}  →",
                (1, 1),
                (0, 2),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="right",
                fontsize=sheet().small,
                color=look.colour,
                parse_math=False,
            )


def latency_alt(answer: Answer) -> str:
    """What `latency` shows, in one sentence."""
    found = _percentiles(answer)
    said = ", ".join(f"{name} {measured(finding)}" for name, finding in found.items())
    judged = [f"{name} required {bar_words(f)}, {f.status.words}" for name, f in found.items() if f.criterion]
    p99 = found.get("p99")
    around = f" (95 % interval of p99 {interval(p99)})" if p99 else ""
    return f"Response time: {said or 'no percentiles'}{around}; {', '.join(judged) or 'no limit was set'}."


def _columns(answer: Answer) -> list[Finding]:
    found = [f for f in answer.findings if f.key.kind in _DRIFT and f.measured is not None and "column" in f.segment]
    if not found:
        raise NothingToDraw("no recent data were compared with the training data")
    return sorted(found, key=lambda f: f.measured.value if f.measured is not None else 0.0, reverse=True)


@house_style()
def drift(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How far each column has moved since training (population stability index, with its 95 %
    interval), the furthest first. Dashed lines are limits.
    """
    found = _columns(answer)
    shown = found[:MOST_COLUMNS]
    bars = _drift_bars(shown)
    ax = canvas(ax, 1.15 + 0.25 * len(shown))
    rows(ax, labels((f.segment["column"] for f in shown), 28))
    view(ax, shown, include=[0.0, *bars])
    ax.set_xlim(left=0.0)
    stripes(ax, len(shown))
    upright(ax, bars[0], f"{'steady below' if len(bars) > 1 else 'limit'} {format_threshold(bars[0])}", align="right")
    for x in bars[1:]:
        upright(ax, x, f"moved above {format_threshold(x)}", align="left")
    for y, finding in enumerate(shown):
        estimate_mark(ax, y, finding)
        status_label(ax, y, finding)
    ax.set_xlabel("population stability index")
    more = part(len(shown), len(found), "furthest", "columns")
    title(ax, f"Movement of each column since training{more}", above=12)
    return ax


def _drift_bars(found: list[Finding]) -> list[float]:
    stated = {
        x
        for f in found
        if f.criterion is not None
        for x in (f.criterion.threshold, f.criterion.refuted_beyond)
        if x is not None
    }
    return sorted(stated or {DRIFT_WARNING, DRIFT_LIMIT})


def drift_alt(answer: Answer) -> str:
    """What `drift` shows, in one sentence."""
    found = _columns(answer)
    said = [f"{plain(f.segment['column'])[:60]} {measured(f)}" for f in found]
    return f"Population stability index of {format_count(len(found))} columns, {tally(found)}: {listed(said, 4)}."
