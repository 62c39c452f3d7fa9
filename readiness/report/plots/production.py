"""Figures of question 6: how long answers take, also under load, and how far recent data have moved from training."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count, format_threshold, listed
from readiness.core.keys import Topic
from readiness.core.policy import DRIFT_LIMIT, DRIFT_WARNING
from readiness.report.plots.lettering import bar, bar_words, interval, measured, plain, tally
from readiness.report.plots.marks import (
    estimate_mark,
    few_ticks,
    key_words,
    row_names,
    rows,
    rows_height,
    status_label,
    stripes,
    upright,
    view,
    x_label,
)
from readiness.report.plots.style import (
    ACCENT,
    INK,
    LOOKS,
    PAPER,
    NothingToDraw,
    canvas,
    house_style,
    part,
    sheet,
    title,
)

_DRIFT = frozenset({Topic.DRIFT, Topic.DRIFT_OF_ANSWERS, Topic.DRIFT_SUMMARY})
Floats = NDArray[np.float64]

MOST_COLUMNS = 20
BINS = 30
_PERCENTILES = {
    Topic.LATENCY_P50: "p50",
    Topic.LATENCY_P95: "p95",
    Topic.LATENCY_P99: "p99",
    Topic.LATENCY_P999: "p99.9",
}
_FAR = 4.0
"""A limit further than this many times the slowest percentile is drawn on a scale of multiples."""


def _percentiles(answer: Answer) -> dict[str, Finding]:
    by_topic = {finding.key.kind: finding for finding in answer.findings if finding.measured is not None}
    return {name: by_topic[topic] for topic, name in _PERCENTILES.items() if topic in by_topic}


@house_style()
def latency(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How long single predictions took: half of the calls were faster than p50, 99 of 100 faster than p99. The thick
    bar at p99 is its 95 % interval, the dashed line a limit that was set. Where a limit is far off, each step of the
    scale is a multiple of the one before.
    """
    table = answer.tables.get("latency")
    if table is None or not len(table):
        raise NothingToDraw("no service times were measured")
    times, found = table["milliseconds"].to_numpy(dtype=float), _percentiles(answer)
    left, right, is_log = _span(found, times)
    shown = times[(times >= left) & (times <= right)]
    ax = canvas(ax, 2.5 if sheet().narrow else 2.9)
    edges = np.geomspace(left, right, BINS + 1) if is_log else np.linspace(left, right, BINS + 1)
    calls, _ = np.histogram(shown, edges)
    ax.stairs(calls, edges, fill=True, color=ACCENT, alpha=0.35, linewidth=0, zorder=1)
    if is_log:
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(left, right)
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.0) * (1.1 if sheet().narrow else 1.45))
    for k, (name, finding) in enumerate(found.items()):
        _percentile(ax, name, finding, height=0.97 - 0.13 * k)
    _limits(ax, found)
    if is_log:
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.6g}")
    else:
        few_ticks(ax, 4 if sheet().narrow else 6)
    few_ticks(ax, 3, along="y")
    x_label(ax, "milliseconds for one prediction")
    ax.set_ylabel("calls")
    title(
        ax,
        f"Service time of {format_count(len(times))} calls, one after another",
        _notes(found, times, right),
        above=14,
    )
    return ax


def _notes(found: Mapping[str, Finding], times: Floats, right: float) -> str:
    """What is not drawn; on a narrow sheet also the percentiles, for which there is no room beside their lines."""
    slower = int((times > right).sum())
    hidden = f"{format_count(slower)} slower, up to {float(times.max()):,.0f} ms, not drawn" if slower else ""
    said = ", ".join(f"{name} {measured(finding)}" for name, finding in found.items()) if sheet().narrow else ""
    return "; ".join(filter(None, (said, hidden)))


def _span(found: Mapping[str, Finding], times: Floats) -> tuple[float, float, bool]:
    """From where to where, and whether steps are multiples: wide enough for percentiles, intervals and limits."""
    estimates = [finding.measured for finding in found.values() if finding.measured is not None]
    ends = [end for e in estimates for end in (e.value, e.high) if end is not None and math.isfinite(end)]
    near = max(ends or [float(times.max())]) or 1.0
    limits = [f.criterion.threshold for f in found.values() if f.criterion is not None and f.criterion.threshold > 0]
    fastest = float(times[times > 0].min()) if (times > 0).any() else 0.0
    if limits and max(limits) > _FAR * near and fastest > 0:
        return min(fastest, near) / 1.3, max(limits) * 1.6, True
    return 0.0, max([1.45 * near, *(1.15 * limit for limit in limits)]), False


def _percentile(ax: Axes, name: str, finding: Finding, *, height: float) -> None:
    """A line up to `height` (a share of the axes) with the percentile and its value."""
    assert finding.measured is not None
    x, top = finding.measured.value, ax.get_ylim()[1]
    ax.plot([x, x], [0, height * top], color=INK, linewidth=1.1, label=f"_{finding.code}")
    if not sheet().narrow:
        place = ax.transAxes.inverted().transform(ax.transData.transform((x, 0)))[0]
        after = place < 0.62
        around = f"  ({interval(finding)})" if name == "p99" else ""
        ax.annotate(
            f"{name}  {measured(finding)}{around}",
            (x, height * top),
            (4 if after else -4, 0),
            textcoords="offset points",
            ha="left" if after else "right",
            va="top",
            fontsize=sheet().small,
            parse_math=False,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.4},
        )
    if name == "p99":
        left, right = ax.get_xlim()
        low = left if finding.measured.low is None else max(left, finding.measured.low)
        high = right if finding.measured.high is None else min(right, finding.measured.high)
        ax.plot([low, high], [0.03 * top] * 2, color=INK, linewidth=4, alpha=0.6, solid_capstyle="butt",
                label=f"_{finding.code} interval")  # fmt: skip


def _limits(ax: Axes, found: Mapping[str, Finding]) -> None:
    for name, finding in found.items():
        if finding.criterion is None:
            continue
        look = LOOKS[finding.status]
        words = f"{look.glyph} {name} {bar(finding)}" + ("" if sheet().narrow else f" required: {finding.status.words}")
        at = finding.criterion.threshold
        place = ax.transAxes.inverted().transform(ax.transData.transform((max(at, 1e-12), 0)))[0]
        upright(ax, at, words, colour=look.colour, align="right" if place > 0.5 else "left")


def latency_caption(answer: Answer) -> str:
    """What `latency` shows, in a few words."""
    found = _percentiles(answer)
    if not found:
        return latency_alt(answer)
    name, finding = list(found.items())[-1]
    share = {
        "p50": "Half of the calls",
        "p95": "95 of 100 calls",
        "p99": "99 of 100 calls",
        "p99.9": "999 of 1,000 calls",
    }[name]
    limit = f"; {bar_words(finding)} is required" if finding.criterion is not None else ""
    return f"{share} were answered within {measured(finding)}{limit}."


def latency_alt(answer: Answer) -> str:
    """What `latency` shows, in one sentence."""
    found = _percentiles(answer)
    said = ", ".join(f"{name} {measured(finding)}" for name, finding in found.items())
    judged = [f"{name} required {bar_words(f)}, {f.status.words}" for name, f in found.items() if f.criterion]
    p99 = found.get("p99")
    around = f" (95 % interval of p99 {interval(p99)})" if p99 else ""
    return f"Service time: {said or 'no percentiles'}{around}; {', '.join(judged) or 'no limit was set'}."


# ----------------------------------------------------------------------------------------------------
# Response time by the rate at which requests arrive


def _levels(answer: Answer) -> pd.DataFrame:
    table: pd.DataFrame = answer.tables.get("load", pd.DataFrame())
    if len(table) < 2:
        raise NothingToDraw("no requests were sent at a rate")
    return table


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    return np.asarray(table[name], dtype=np.float64)


@house_style()
def load(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Response times, waiting included, where requests arrive at 10 to 200 % of the stated rate: 95 of 100 are answered
    within the dark line (with its 95 % interval), half within the light one. A cross is a level at which requests
    stayed without an answer. Beyond the knee waiting grows faster than answers.
    """
    table = _levels(answer)
    rates, p50, p95, lows, highs = (_numbers(table, name) for name in ("rate", "p50", "p95", "low", "high"))
    ax = canvas(ax, 2.7 if sheet().narrow else 3.1)
    ax.set_yscale("log")
    ax.set_xlim(0.0, 1.05 * float(rates[-1]))
    known = np.concatenate([p50, p95, lows, highs])
    known = known[np.isfinite(known) & (known > 0)]
    low, high = float(known.min()) / 1.4, float(known.max()) * 1.6
    ax.set_ylim(low, high)
    ax.plot(rates, np.maximum(p50, low), color=ACCENT, linewidth=1.4, alpha=0.6, label="_half")
    ax.plot(rates, p95, color=INK, linewidth=1.2, label="_most")
    levels = zip(_numbers(table, "percent"), rates, p95, lows, highs, _numbers(table, "errors"), strict=True)
    for percent, rate, value, least, most, errors in levels:
        code = Topic.LOAD.key(int(percent)).code
        ends = [max(low, float(least)), min(high, float(most))]
        ax.plot([rate, rate], ends, color=INK, linewidth=3.5, alpha=0.35, solid_capstyle="butt",
                label=f"_{code} interval")  # fmt: skip
        ax.plot([rate], [value], color=INK, marker="X" if errors else "o", markersize=5.5, linestyle="",
                label=f"_{code}")  # fmt: skip
    stated = table.loc[table["percent"] == 100, "rate"]
    if len(stated):
        upright(ax, float(stated.iloc[0]), "stated rate")
    knee = _knee(answer)
    if knee is not None and (not len(stated) or knee != float(stated.iloc[0])):
        upright(ax, knee, "knee", dashed=False)
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:,.6g}")
    ax.yaxis.set_minor_locator(NullLocator())
    few_ticks(ax, 4 if sheet().narrow else 6)
    x_label(ax, "requests that arrive in a second")
    ax.set_ylabel("milliseconds")
    title(ax, "Response time by load", _load_notes(table), above=14)
    return ax


def _knee(answer: Answer) -> float | None:
    found = next((f for f in answer.findings if f.key.kind is Topic.LOAD_KNEE), None)
    return None if found is None or found.measured is None else found.measured.value


def _load_notes(table: pd.DataFrame) -> str:
    errors = int(table["errors"].sum())
    lost = f"{format_count(errors)} of {format_count(int(table['requests'].sum()))} requests without an answer"
    return f"dark: 95 of 100 requests; light: half of them{f'; {lost}' if errors else ''}"


def load_caption(answer: Answer) -> str:
    """What `load` shows, in a few words."""
    table = _levels(answer)
    first, last = table.iloc[0], table.iloc[-1]
    knee = _knee(answer)
    bend = "no knee up to there" if knee is None else f"the knee lies at {_amount(knee)} a second"
    return (
        f"At {int(first['percent'])} % of the stated rate 95 of 100 requests are answered within "
        f"{_amount(float(first['p95']))} ms, at {int(last['percent'])} % within "
        f"{_amount(float(last['p95']))} ms; {bend}."
    )


def load_alt(answer: Answer) -> str:
    """What `load` shows, in one sentence."""
    table = _levels(answer)
    pairs = zip(_numbers(table, "percent"), _numbers(table, "p95"), strict=True)
    said = [f"{percent:.0f} %: {_amount(value)} ms" for percent, value in pairs]
    errors = int(table["errors"].sum())
    return (
        f"Response time of 95 of 100 requests by per cent of the stated rate: {', '.join(said)}; "
        f"{format_count(errors)} requests without an answer."
    )


def _amount(value: float) -> str:
    """Three significant digits, with commas."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _columns(answer: Answer) -> list[Finding]:
    """Columns by how far they moved, the furthest first; nothing where none did."""
    found = [f for f in answer.findings if f.key.kind in _DRIFT and f.measured is not None and "column" in f.segment]
    if not found:
        raise NothingToDraw("no recent data were compared with the training data")
    if not any(_moved(finding) for finding in found):
        raise NothingToDraw("no column has moved")
    return sorted(found, key=lambda f: f.measured.value if f.measured is not None else 0.0, reverse=True)


def _moved(finding: Finding) -> bool:
    """Whether a column may have moved: not surely steady, or beyond the customary mark."""
    assert finding.measured is not None
    doubtful = finding.status in (Status.NOT_MET, Status.NOT_PROVEN)
    return doubtful or bool(finding.warning) or finding.measured.value >= DRIFT_WARNING


@house_style()
def drift(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How far each column has moved since training (population stability index, with its 95 % interval), the furthest
    first. Dashed lines are limits.
    """
    found = _columns(answer)
    shown = found[:MOST_COLUMNS]
    bars = _drift_bars(shown)
    names = row_names([sheet().words.vocabulary.column(f.segment["column"]) for f in shown], most=28)
    ax = canvas(ax, 0.7 + rows_height(names, each=0.28))
    rows(ax, names)
    view(ax, shown, include=[0.0, *bars])
    ax.set_xlim(left=0.0)
    stripes(ax, len(shown))
    short = sheet().narrow
    steady = "steady below" if len(bars) > 1 and not short else "limit"
    upright(ax, bars[0], f"{steady} {format_threshold(bars[0])}" if len(bars) == 1 or not short else "", align="right")
    for x in bars[1:]:
        upright(ax, x, f"moved above {format_threshold(x)}", align="left" if x < 0.6 * ax.get_xlim()[1] else "right")
    for y, finding in enumerate(shown):
        estimate_mark(ax, y, finding)
        status_label(ax, y, finding)
    x_label(ax, "population stability index")
    more = part(len(shown), len(found), "furthest", "columns")
    title(ax, f"Movement of each column since training{more}", key_words(shown), above=14)
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


def drift_caption(answer: Answer) -> str:
    """What `drift` shows, in a few words."""
    found = _columns(answer)
    moved = [f for f in found if _moved(f)]
    names = listed([plain(sheet().words.vocabulary.column(f.segment["column"]))[:60] for f in moved], 3)
    verb = "has" if len(moved) == 1 else "have"
    steady = f"{format_count(len(found) - len(moved))} of {format_count(len(found))} columns are steady"
    return f"{names} {verb} moved, or may have; {steady}."


def drift_alt(answer: Answer) -> str:
    """What `drift` shows, in one sentence."""
    found = _columns(answer)
    said = [f"{plain(f.segment['column'])[:60]} {measured(f)}" for f in found]
    return f"Population stability index of {format_count(len(found))} columns, {tally(found)}: {listed(said, 4)}."
