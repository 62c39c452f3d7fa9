"""Figures of question 5: the score of every refit, what the mean is known to be, and the metric over time."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count, format_value
from readiness.core.keys import Topic
from readiness.report.plots.lettering import interval, measured, metric_words, plain
from readiness.report.plots.marks import few_ticks, key_words, level, look_of
from readiness.report.plots.style import ACCENT, INK, MUTED, NothingToDraw, canvas, house_style, sheet, title

MOST_DATES = 12
"""Dates that find room below the axis."""
_FLAGGED = (Status.NOT_MET, Status.NOT_PROVEN)


def _found(answer: Answer, topic: Topic) -> Finding | None:
    """A finding that was measured."""
    return next((f for f in answer.findings if f.key.kind is topic and f.measured is not None), None)


@house_style()
def folds(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The score of each refit on the fold it had not seen, by repeat. The line is the mean, the band its 95 %
    interval corrected for overlapping folds; between the dashed lines lies what to expect of one fold (mean ± 1.96
    standard deviations), which is not an interval of the mean.
    """
    table = answer.tables.get("folds")
    if table is None or not len(table):
        raise NothingToDraw("no refits were made")
    ax = canvas(ax, 3.2)
    sns.stripplot(
        data=table, x="repeat", y="score", ax=ax, jitter=False, color=ACCENT, alpha=0.75, size=5.5, linewidth=0
    )
    _mean(ax, _found(answer, Topic.FOLD_MEAN))
    low, high = _found(answer, Topic.FOLD_LOW), _found(answer, Topic.FOLD_HIGH)
    for finding, end in ((low, "low"), (high, "high")):
        if finding is not None and finding.measured is not None:
            level(ax, finding.measured.value, f"{measured(finding)} one fold, {end}", colour=MUTED)
    few_ticks(ax, along="y")
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel("repeat")
    ax.set_ylabel(metric_words(_metric(answer)), parse_math=False)
    repeats = table["repeat"].nunique()
    title(ax, f"{format_count(len(table))} refits in {format_count(repeats)} repeats", _note(answer))
    return ax


def _mean(ax: Axes, mean: Finding | None) -> None:
    if mean is None or mean.measured is None:
        return
    bottom, top = ax.get_ylim()
    low = bottom if mean.measured.low is None else mean.measured.low
    high = top if mean.measured.high is None else mean.measured.high
    ax.axhspan(low, high, facecolor=INK, alpha=0.09, linewidth=0, zorder=0)
    level(ax, mean.measured.value, f"{measured(mean)} mean", dashed=False)


def _metric(answer: Answer) -> str:
    return next((f.metric for f in answer.findings if f.key.kind is Topic.FOLD_MEAN and f.metric), "score")


def _note(answer: Answer) -> str:
    mean = _found(answer, Topic.FOLD_MEAN)
    if mean is None or mean.measured is None:
        return ""
    return f"band: 95 % interval of the mean, {interval(mean)}; dashed: mean ± 1.96 std of the folds"


def folds_alt(answer: Answer) -> str:
    """What `folds` shows, in one sentence."""
    table = answer.tables.get("folds")
    mean, low, high = (_found(answer, end) for end in (Topic.FOLD_MEAN, Topic.FOLD_LOW, Topic.FOLD_HIGH))
    said = f"{format_count(len(table))} refits" if table is not None else "Refits"
    if mean is not None and mean.measured is not None:
        said += f": {metric_words(_metric(answer))} {measured(mean)} on average (95 % interval {interval(mean)})"
    if low is not None and high is not None:
        said += f"; one fold is expected between {measured(low)} and {measured(high)}"
    return f"{plain(said)}."


@house_style()
def over_time(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The metric in each window of time with its interval. The line is the metric on all test rows; a window that is
    not met, or not proven, differs by its mark and by a word.
    """
    table, found = _windows(answer)
    ax = canvas(ax, 3.4)
    for place, row in enumerate(table.itertuples()):
        _window_mark(ax, place, row, found[str(row.code)])
    metric = next(iter(found.values())).metric
    overall = float(table["overall"].iloc[0])
    level(ax, overall, f"{format_value(overall)} all rows", dashed=False)
    _dates(ax, [str(words) for words in table["words"]])
    few_ticks(ax, along="y")
    ax.set_xlim(-0.6, len(table) - 0.4)
    ax.margins(y=0.14)
    ax.set_ylabel(metric_words(metric), parse_math=False)
    heading = f"{metric_words(metric)} in {format_count(len(table))} windows of time"
    title(ax, heading, f"{key_words(found.values())}; bars: 95 % interval; each against all other rows")
    return ax


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
        markerfacecolor=look.colour if look.filled else "white",
        markeredgewidth=0.4 if look.filled else 1.4,
        markeredgecolor="white" if look.filled else look.colour,
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
    every = max(1, math.ceil(len(words) / MOST_DATES))
    places = range(0, len(words), every)
    begins = [plain(words[place].partition(" to ")[0]) for place in places]
    ax.set_xticks(list(places), labels=begins, parse_math=False, rotation=30, ha="right")
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel("window beginning")


def over_time_alt(answer: Answer) -> str:
    """What `over_time` shows, in one sentence."""
    table, found = _windows(answer)
    metric = metric_words(next(iter(found.values())).metric)
    known = table.dropna(subset="value")
    said = f"{metric} in {format_count(len(table))} windows of time"
    if len(known):
        values = known["value"].to_numpy()
        low, high = known.iloc[int(values.argmin())], known.iloc[int(values.argmax())]
        said += (
            f": from {format_value(float(low['value']))} ({low['words']}) to {format_value(float(high['value']))} "
            f"({high['words']}), {format_value(float(table['overall'].iloc[0]))} on all rows"
        )
    flagged = [
        f"{finding.status.words}: {', '.join(finding.segment.values())}"
        for finding in found.values()
        if finding.status in _FLAGGED
    ]
    return f"{plain('; '.join([said, *flagged]))}."
