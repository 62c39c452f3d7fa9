"""Figures of question 5: the score of every refit, what the mean is known to be, and the metric over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count
from readiness.core.keys import Topic
from readiness.report.plots.lettering import amount, interval, is_share, metric_words, plain
from readiness.report.plots.marks import few_ticks, key_words, level, look_of, x_label
from readiness.report.plots.style import (
    ACCENT,
    INK,
    LOOKS,
    MUTED,
    PAPER,
    NothingToDraw,
    canvas,
    house_style,
    sheet,
    title,
)

MOST_DATES = 12
"""Dates that find room below the axis."""
_FLAGGED = (Status.NOT_MET, Status.NOT_PROVEN)


def _found(answer: Answer, topic: Topic) -> Finding | None:
    """A finding that was measured."""
    return next((f for f in answer.findings if f.key.kind is topic and f.measured is not None), None)


@house_style()
def folds(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The score of each refit on the rows it had not seen, one column a repeat. The line is the mean, the band its 95 %
    interval corrected for overlapping folds; between the dashed lines a single refit is expected (mean ± 1.96 standard
    deviations), which is not an interval of the mean.
    """
    table = answer.tables.get("folds")
    if table is None or not len(table):
        raise NothingToDraw("no refits were made")
    import seaborn as sns  # loads all of SciPy's statistics: only where refits were made

    ax = canvas(ax, 2.7 if sheet().narrow else 3.2)
    sns.stripplot(
        data=table, x="repeat", y="score", ax=ax, jitter=False, color=ACCENT, alpha=0.75, size=5.5, linewidth=0
    )
    _mean(ax, answer, _found(answer, Topic.FOLD_MEAN))
    ends = (_found(answer, Topic.FOLD_LOW), "lower end"), (_found(answer, Topic.FOLD_HIGH), "upper end")
    for finding, end in ends:
        if finding is not None and finding.measured is not None:
            words = f"{_value(answer, finding)} {end} of\nwhat one refit gives"
            level(ax, finding.measured.value, words, colour=MUTED)
    few_ticks(ax, along="y")
    _percent_ticks(ax, _metric(answer))
    ax.tick_params(axis="x", length=0)
    x_label(ax, "repeat")
    ax.set_ylabel(metric_words(_metric(answer)), parse_math=False)
    repeats = table["repeat"].nunique()
    noun = "repeat" if repeats == 1 else "repeats"
    heading = f"{format_count(len(table))} refits in {format_count(repeats)} {noun}"
    title(ax, heading, _note(answer))
    return ax


def _note(answer: Answer) -> str:
    mean, low, high = (_found(answer, topic) for topic in (Topic.FOLD_MEAN, Topic.FOLD_LOW, Topic.FOLD_HIGH))
    if not sheet().narrow or mean is None or low is None or high is None:
        return "band: where the mean lies with 95 % confidence; dashed: where a single refit lies, 95 times in 100"
    ends = f"{_value(answer, low)} to {_value(answer, high)}"
    return f"line: mean {_value(answer, mean)}, band: its 95 % interval; dashed: {ends}, where a single refit lies"


def _percent_ticks(ax: Axes, metric: str) -> None:
    if is_share(metric):
        ax.yaxis.set_major_formatter(lambda y, _: f"{100 * y:,.6g} %".replace("-", "−"))


def _value(answer: Answer, finding: Finding) -> str:
    assert finding.measured is not None
    return amount(finding.measured.value, _metric(answer), finding.measured.unit)


def _mean(ax: Axes, answer: Answer, mean: Finding | None) -> None:
    if mean is None or mean.measured is None:
        return
    bottom, top = ax.get_ylim()
    low = bottom if mean.measured.low is None else mean.measured.low
    high = top if mean.measured.high is None else mean.measured.high
    ax.axhspan(low, high, facecolor=INK, alpha=0.09, linewidth=0, zorder=0)
    level(ax, mean.measured.value, f"{_value(answer, mean)} mean", dashed=False)


def _metric(answer: Answer) -> str:
    return next((f.metric for f in answer.findings if f.key.kind is Topic.FOLD_MEAN and f.metric), "score")


def folds_caption(answer: Answer) -> str:
    """What `folds` shows, in a few words."""
    mean, low, high = (_found(answer, topic) for topic in (Topic.FOLD_MEAN, Topic.FOLD_MIN, Topic.FOLD_MAX))
    table = answer.tables.get("folds")
    if mean is None or table is None:
        return folds_alt(answer)
    span = "" if low is None or high is None else f", between {_value(answer, low)} and {_value(answer, high)}"
    words = metric_words(_metric(answer))
    return plain(f"{words[:1].upper()}{words[1:]} is {_value(answer, mean)} on average{span} in {len(table)} refits.")


def folds_alt(answer: Answer) -> str:
    """What `folds` shows, in one sentence."""
    table = answer.tables.get("folds")
    mean, low, high = (_found(answer, end) for end in (Topic.FOLD_MEAN, Topic.FOLD_LOW, Topic.FOLD_HIGH))
    said = f"{format_count(len(table))} refits" if table is not None else "Refits"
    if mean is not None and mean.measured is not None:
        said += f": {metric_words(_metric(answer))} {_value(answer, mean)} on average (95 % interval {interval(mean)})"
    if low is not None and high is not None:
        said += f"; a single refit is expected between {_value(answer, low)} and {_value(answer, high)}"
    return f"{plain(said)}."


@house_style()
def over_time(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The metric in each window of time with its 95 % interval. The line is the metric over all rows; the shaded side
    of the dashed line is tolerated. A window that is not met, or not proven, differs by its mark and by a word.
    """
    table, found = _windows(answer)
    narrow = sheet().narrow
    ax = canvas(ax, 3.0 if narrow else 3.2)
    for place, row in enumerate(table.itertuples()):
        _window_mark(ax, place, row, found[str(row.code)])
    metric = next(iter(found.values())).metric
    overall = float(table["overall"].iloc[0])
    _tolerance(ax, table, found, overall)
    level(ax, overall, f"{_of(metric, overall)} over all {sheet().words.row.many}", dashed=False)
    _dates(ax, [str(words) for words in table["words"]])
    few_ticks(ax, along="y")
    _percent_ticks(ax, metric)
    ax.set_xlim(-0.6, len(table) - 0.4)
    ax.set_ylabel(metric_words(metric), parse_math=False)
    words = metric_words(metric)
    title(
        ax, f"{words[:1].upper()}{words[1:]} in {format_count(len(table))} windows of time", key_words(found.values())
    )
    return ax


def _of(metric: str, value: float) -> str:
    return amount(value, metric)


def _tolerated(found: Mapping[str, Finding], overall: float) -> float | None:
    """The value that a window may fall to, or rise to where less is better, if all others are like all rows together.

    The limit is in points of the metric; errors are compared by ratio, of which a finding holds no limit but 0, so that
    nothing is drawn.
    """
    limits = {f.criterion.threshold for f in found.values() if f.criterion is not None}
    metric = next(iter(found.values())).metric
    if len(limits) != 1 or max(limits) <= 0:
        return None
    more = sheet().words.more_is_better(metric)
    return overall - max(limits) if more else overall + max(limits)


def _tolerance(ax: Axes, table: pd.DataFrame, found: Mapping[str, Finding], overall: float) -> None:
    tolerated, metric = _tolerated(found, overall), next(iter(found.values())).metric
    ends = [float(x) for name in ("low", "high", "value") for x in table[name] if math.isfinite(x)]
    low, high = min([overall, *ends, *([tolerated] if tolerated is not None else [])]), max([overall, *ends])
    high = high if tolerated is None else max(high, tolerated)
    room = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
    bottom, top = low - room, high + room
    ax.set_ylim(bottom, top)
    if tolerated is not None:
        good = (tolerated, top) if tolerated < overall else (bottom, tolerated)
        ax.axhspan(*good, facecolor=LOOKS[Status.MET].colour, alpha=0.08, linewidth=0, zorder=0)
        level(ax, tolerated, f"{_of(metric, tolerated)} tolerated", colour=MUTED)


def _windows(answer: Answer) -> tuple[pd.DataFrame, dict[str, Finding]]:
    table = answer.tables.get("windows")
    if table is None or not len(table):
        raise NothingToDraw("no column of time is named under data.time, or its windows could not be measured")
    codes = frozenset(table["code"])
    return table, {finding.code: finding for finding in answer.findings if finding.code in codes}


def _window_mark(ax: Axes, place: int, row: Any, finding: Finding) -> None:
    """Point and interval of one window; a word above it where it is not met or not proven."""
    if math.isnan(row.value):
        return
    look = look_of(finding)
    ends = [row.low if math.isfinite(row.low) else row.value, row.high if math.isfinite(row.high) else row.value]
    ax.plot([place, place], ends, color=look.colour, linewidth=1.8, label=f"_{finding.code} interval")
    ax.plot(
        [place],
        [row.value],
        marker=look.marker,
        markersize=8.5 if look.marker == "X" else 6.5,
        color=look.colour,
        markerfacecolor=look.colour if look.filled else PAPER,
        markeredgewidth=0.4 if look.filled else 1.4,
        markeredgecolor=PAPER if look.filled else look.colour,
        linestyle="none",
        label=f"_{finding.code}",
        zorder=3,
    )
    if finding.status in _FLAGGED:
        ax.annotate(
            finding.status.words,
            (place, ends[1]),
            (0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=sheet().small,
            color=look.colour,
            parse_math=False,
        )


def _dates(ax: Axes, words: list[str]) -> None:
    """When each window begins."""
    every = max(1, math.ceil(len(words) / (5 if sheet().narrow else MOST_DATES)))
    places = range(0, len(words), every)
    begins = [plain(words[place].partition(" to ")[0]) for place in places]
    ax.set_xticks(list(places), labels=begins, parse_math=False, rotation=30, ha="right")
    ax.tick_params(axis="x", length=0)
    x_label(ax, "window beginning")


def over_time_caption(answer: Answer) -> str:
    """What `over_time` shows, in a few words."""
    table, found = _windows(answer)
    flagged = [f for f in found.values() if f.status in _FLAGGED]
    if not flagged:
        return f"No window of time is much worse than the others ({format_count(len(table))} windows)."
    first = min(flagged, key=lambda f: _FLAGGED.index(f.status))
    more = f", and {len(flagged) - 1} more" if len(flagged) > 1 else ""
    return plain(f"{first.status.words.capitalize()}: {', '.join(first.segment.values())}{more}.")


def over_time_alt(answer: Answer) -> str:
    """What `over_time` shows, in one sentence."""
    table, found = _windows(answer)
    name = next(iter(found.values())).metric
    metric = metric_words(name)
    known = table.dropna(subset="value")
    said = f"{metric} in {format_count(len(table))} windows of time"
    if len(known):
        values = known["value"].to_numpy()
        low, high = known.iloc[int(values.argmin())], known.iloc[int(values.argmax())]
        said += (
            f": from {_of(name, float(low['value']))} ({low['words']}) to {_of(name, float(high['value']))} "
            f"({high['words']}), {_of(name, float(table['overall'].iloc[0]))} over all {sheet().words.row.many}"
        )
    flagged = [
        f"{finding.status.words}: {', '.join(finding.segment.values())}"
        for finding in found.values()
        if finding.status in _FLAGGED
    ]
    return f"{plain('; '.join([said, *flagged]))}."
