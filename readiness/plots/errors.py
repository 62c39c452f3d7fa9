"""Are the failure modes acceptable? Which errors there are, what they cost, and how large they get."""

from __future__ import annotations

from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from readiness.answers import Answer, Finding
from readiness.numbers import format_count
from readiness.plots.calibration import calibration, calibration_alt
from readiness.plots.lettering import bar_words, interval, labels, measured, plain
from readiness.plots.marks import (
    bars_required,
    estimate_mark,
    few_ticks,
    level,
    margin_note,
    rows,
    status_label,
    upright,
    value_label,
    view,
)
from readiness.plots.matrix import Matrix
from readiness.plots.style import (
    ACCENT,
    BODY,
    FAINT,
    INK,
    MUTED,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    part,
    title,
)

__all__ = [
    "calibration", "calibration_alt", "confusion", "confusion_alt", "costs", "costs_alt", "residuals", "residuals_alt",
]  # fmt: skip

MOST_NUMBERED = 8
"""Classes up to which each cell bears its number."""
MOST_CLASSES = 40
_BLUES = LinearSegmentedColormap.from_list("readiness", ["#f4f7fa", "#d3e4f1", ACCENT])
_ROW = 0.42
"""Inches of one bar."""


@house_style()
def confusion(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Rows by true and predicted class. Shares and shades are of all rows of the same true class, so that each line
    adds up to 100 %; what lies off the diagonal is an error.
    """
    matrix = Matrix.of(answer)
    shown = matrix.names[:MOST_CLASSES]
    numbered = len(shown) <= MOST_NUMBERED
    ax = canvas(ax, 0.9 + max(1.6, min(0.62 * len(shown), 4.6)))
    sns.heatmap(
        matrix.shares(shown),
        ax=ax,
        cmap=_BLUES,
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=2 if numbered else 0,
        linecolor="white",
        rasterized=not numbered,
        annot=matrix.words(shown) if numbered else None,
        fmt="",
        annot_kws={"fontsize": BODY, "parse_math": False, "linespacing": 1.4},
    )
    _class_ticks(ax, shown)
    more = part(len(shown), len(matrix.names), "first", "classes")
    title(ax, f"{format_count(matrix.total)} rows by true and predicted class{more}")
    return ax


def _class_ticks(ax: Axes, shown: list[str]) -> None:
    at = range(0, len(shown), 1 + (len(shown) - 1) // 20)
    names = labels([shown[k] for k in at], 18)
    style: dict[str, Any] = {"parse_math": False, "fontsize": BODY, "color": INK}
    tilted: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if len(names) > 5 else {}
    ax.set_yticks([k + 0.5 for k in at], labels=names, rotation=0, **style)
    ax.set_xticks([k + 0.5 for k in at], labels=names, **({"rotation": 0} | tilted), **style)
    ax.tick_params(length=0)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")


def confusion_alt(answer: Answer) -> str:
    """What `confusion` shows, in one sentence."""
    matrix = Matrix.of(answer)
    errors = [
        f"{format_count(n)} of {format_count(matrix.of_class(true))} {plain(true)[:40]} are predicted as "
        f"{plain(said)[:40]}"
        for n, true, said in matrix.largest_errors(2)
    ]
    right = f"{format_count(matrix.right)} of {format_count(matrix.total)} rows are predicted right"
    return f"{right}; {', '.join(errors) or 'there are no errors'}."


def _measured(answer: Answer, code: str) -> Finding | None:
    return next((f for f in answer.findings if f.code == code and f.measured is not None), None)


def _costs(answer: Answer) -> dict[str, Finding]:
    """What is compared, by name: the costs of all rows."""
    nothing = _measured(answer, "ERRO-COST-NOTHING")
    own = _measured(answer, "ERRO-COST-TOTAL")
    if nothing is None or own is None:
        raise NothingToDraw("no costs of errors were stated")
    current = _measured(answer, "ERRO-COST-CURRENT")
    bars = {"this model": own, "doing nothing": nothing}
    return bars if current is None else {**bars, "the current solution": current}


def _savings(answer: Answer) -> dict[str, Finding]:
    names = {
        "saved against\ndoing nothing": _measured(answer, "ERRO-SAVINGS"),
        "saved against\nthe current solution": _measured(answer, "ERRO-SAVINGS-CURRENT"),
    }
    return {name: finding for name, finding in names.items() if finding is not None}


@house_style()
def costs(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Above, what errors cost: bars from zero. Below, what the model saves on the same rows; the
    dashed line is what was required, and the whole interval must lie to the right of it.
    """
    bars, savings = _costs(answer), _savings(answer)
    above, below = _ROW * len(bars), 1.25 * _ROW * len(savings)
    gap = 0.62 if savings else 0.0
    ax = bare(canvas(ax, 0.75 + above + gap + below))
    whole = above + gap + below
    _cost_bars(ax.inset_axes((0, 1 - above / whole, 1, above / whole)), bars)
    if savings:
        _saved(ax.inset_axes((0, 0, 1, below / whole)), savings)
    title(
        ax,
        f"Cost of the errors in {format_count(_rows(bars))} predictions",
        "below: savings for each prediction" if savings else "",
    )
    return ax


def _rows(bars: dict[str, Finding]) -> int:
    return max(finding.measured.n for finding in bars.values() if finding.measured is not None)


def _cost_bars(panel: Axes, bars: dict[str, Finding]) -> None:
    rows(panel, list(bars))
    view(panel, bars.values(), include=[0.0])
    estimates = [finding.measured for finding in bars.values() if finding.measured is not None]
    if all(estimate.value >= 0 for estimate in estimates):
        panel.set_xlim(left=0.0)
    for y, (estimate, finding) in enumerate(zip(estimates, bars.values(), strict=True)):
        panel.barh(y, estimate.value, height=0.56, color=ACCENT if y == 0 else FAINT, zorder=1)
        if estimate.low is not None and estimate.high is not None and estimate.low < estimate.high:
            panel.plot([estimate.low, estimate.high], [y, y], color=INK, linewidth=1.3, zorder=2)
        margin_note(panel, y, measured(finding), colour=INK)


def _saved(panel: Axes, savings: dict[str, Finding]) -> None:
    found = list(savings.values())
    rows(panel, list(savings))
    view(panel, found, include=[0.0])
    if all(finding.criterion is None or finding.criterion.threshold != 0 for finding in found):
        upright(panel, 0.0, "", dashed=False, colour=MUTED)
    bars_required(panel, found)
    for y, finding in enumerate(found):
        estimate_mark(panel, y, finding)
        value_label(panel, y, finding, measured(finding, signed=True))
        status_label(panel, y, finding)


def costs_alt(answer: Answer) -> str:
    """What `costs` shows, in one sentence."""
    said = ", ".join(f"{name} {measured(finding)}" for name, finding in _costs(answer).items())
    saved = _measured(answer, "ERRO-SAVINGS")
    if saved is None:
        return f"Cost of errors: {said}."
    return (
        f"Cost of errors: {said}; saved against doing nothing {measured(saved, signed=True)} "
        f"(95 % interval {interval(saved)}), required {bar_words(saved)}, {saved.status.words}."
    )


@house_style()
def residuals(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The error of each row (predicted minus true) against its true value; above 0 the model predicts too much. The
    dashed lines hold 95 % of all rows. At most 2,000 rows are drawn.
    """
    table = answer.tables.get("residuals")
    if table is None or not len(table):
        raise NothingToDraw("no sizes of errors are at hand, as where classes are predicted")
    ax = canvas(ax, 3.3)
    sns.scatterplot(
        x=table["y_true"],
        y=table["error"],
        ax=ax,
        s=9,
        color="#6aa9d2",
        linewidth=0,
        rasterized=True,
    )
    level(ax, 0.0, "no error", colour=MUTED, dashed=False)
    p95, bias = _measured(answer, "ERRO-P95"), _measured(answer, "ERRO-BIAS")
    if p95 is not None and p95.measured is not None:
        level(ax, p95.measured.value, f"95 % within\n± {measured(p95)}")
        level(ax, -p95.measured.value, "")
    few_ticks(ax)
    few_ticks(ax, along="y")
    ax.set_xlabel("true value")
    ax.set_ylabel("error (predicted − true)")
    note = "" if bias is None else f"mean error {measured(bias, signed=True)}"
    title(ax, f"Error by true value, {format_count(len(table))} rows drawn", note)
    return ax


def residuals_alt(answer: Answer) -> str:
    """What `residuals` shows, in one sentence."""
    names = {"ERRO-BIAS": "mean error", "ERRO-P50": "half of all rows within", "ERRO-P95": "95 % of all rows within"}
    said = [
        f"{name} {measured(finding, signed=code == 'ERRO-BIAS')}"
        for code, name in names.items()
        if (finding := _measured(answer, code)) is not None
    ]
    return f"Errors by true value: {', '.join(said) or 'no summary at hand'}."
