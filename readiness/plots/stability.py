"""Is performance consistent? The score of every refit, and what the mean is known to be."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes

from readiness.answers import Answer, Finding
from readiness.numbers import format_count
from readiness.plots.lettering import interval, measured, metric_words, plain
from readiness.plots.marks import few_ticks, level
from readiness.plots.style import ACCENT, INK, MUTED, NothingToDraw, canvas, house_style, title


def _found(answer: Answer, code: str) -> Finding | None:
    """A finding that was measured."""
    return next((f for f in answer.findings if f.code == code and f.measured is not None), None)


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
    _mean(ax, _found(answer, "STAB-MEAN"))
    low, high = _found(answer, "STAB-FOLD-LOW"), _found(answer, "STAB-FOLD-HIGH")
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
    return next((f.metric for f in answer.findings if f.code == "STAB-MEAN" and f.metric), "score")


def _note(answer: Answer) -> str:
    mean = _found(answer, "STAB-MEAN")
    if mean is None or mean.measured is None:
        return ""
    return f"band: 95 % interval of the mean, {interval(mean)}; dashed: mean ± 1.96 std of the folds"


def folds_alt(answer: Answer) -> str:
    """What `folds` shows, in one sentence."""
    table = answer.tables.get("folds")
    mean, low, high = (_found(answer, f"STAB-{name}") for name in ("MEAN", "FOLD-LOW", "FOLD-HIGH"))
    said = f"{format_count(len(table))} refits" if table is not None else "Refits"
    if mean is not None and mean.measured is not None:
        said += f": {metric_words(_metric(answer))} {measured(mean)} on average (95 % interval {interval(mean)})"
    if low is not None and high is not None:
        said += f"; one fold is expected between {measured(low)} and {measured(high)}"
    return f"{plain(said)}."
