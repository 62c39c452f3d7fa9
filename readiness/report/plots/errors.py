"""Figures of question 4: which errors there are, what they cost, how large they get, and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from readiness.core.findings import Answer, Finding
from readiness.core.format import format_count, format_share, format_value
from readiness.core.keys import Topic
from readiness.report.plots.lettering import bar_words, interval, labels, measured, plain, shorten
from readiness.report.plots.marks import (
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
from readiness.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    part,
    sheet,
    title,
)

# ----------------------------------------------------------------------------------------------------
# How far can the candidate's probabilities be trusted? What was given against what came true.

Floats = NDArray[np.float64]

CROWDED = 0.2
"""When more than half of the points lie below this, small probabilities are spread out."""
_TICKS = tuple(float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 2, 5))
"""On the spread scale, as far as there is room."""
_ROOM = 0.11
"""Between two ticks, as a share of the axis."""


def _points(answer: Answer) -> list[tuple[float, Finding]]:
    """Mean probability of each bin with its finding, ascending."""
    table = answer.tables.get("calibration")
    found = {f.code: f for f in answer.findings if f.measured is not None}
    given = [] if table is None else list(zip(table["code"], table["predicted"], strict=True))
    points = [(float(predicted), found[code]) for code, predicted in given if code in found]
    if not points:
        raise NothingToDraw("there are no probabilities of two classes that could be compared with what came true")
    return sorted(points, key=lambda point: point[0])


@house_style()
def calibration(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Each point is a group of rows: the probability that was given on average, and the share that came true with its
    interval. On the line the probabilities are right; below it they are too high.
    """
    points = _points(answer)
    ax = canvas(ax, 3.6)
    _scale(ax, points)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
    for predicted, finding in points:
        estimate = finding.measured
        assert estimate is not None
        low, high = (value if value is not None else edge for value, edge in ((estimate.low, 0), (estimate.high, 1)))
        ax.plot([predicted] * 2, [low, high], color=ACCENT, linewidth=1.8, label=f"_{finding.code} interval", zorder=2)
        ax.plot(
            [predicted], [estimate.value], "o", color=ACCENT, markersize=6.5, markeredgewidth=0.4,
            markeredgecolor="white", label=f"_{finding.code}", zorder=3, clip_on=False,
        )  # fmt: skip
    ax.set_xlabel("probability given")
    ax.set_ylabel("share that came true")
    rows = sum(finding.measured.n for _, finding in points if finding.measured is not None)
    note = "small probabilities are spread out" if ax.get_xscale() == "function" else ""
    error = _error(answer)
    if error is not None:
        note = "; ".join(filter(None, (f"calibration error {measured(error)} ({interval(error)})", note)))
    title(ax, f"Probability given and share that came true, {format_count(rows)} rows", note)
    return ax


def _error(answer: Answer) -> Finding | None:
    return next((f for f in answer.findings if f.key.kind is Topic.CALIBRATION_ERROR and f.measured is not None), None)


def _scale(ax: Axes, points: list[tuple[float, Finding]]) -> None:
    """The same for both axes, so that the line is the diagonal; a root where most points crowd at 0."""
    ends = [x for given, f in points if f.measured is not None for x in (given, f.measured.value, f.measured.high or 0)]
    most = min(1.0, 1.08 * max(ends))
    crowded = float(np.median([predicted for predicted, _ in points])) < CROWDED * most
    if crowded:
        ax.set_xscale("function", functions=(_root, _square))
        ax.set_yscale("function", functions=(_root, _square))
        ticks = _ticks(most)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks(ticks, labels=[f"{tick:.10g}" for tick in ticks])
    ax.set_xlim(0, most)
    ax.set_ylim(0, most)
    ax.tick_params(labelsize=sheet().small, labelcolor=MUTED)


def _ticks(most: float) -> list[float]:
    """0 and as many round numbers as stand apart, from the largest down."""
    room = _ROOM * float(np.sqrt(most))
    kept: list[float] = []
    for tick in reversed(_TICKS):
        if tick <= most and np.sqrt(tick) >= room and (not kept or np.sqrt(kept[-1]) - np.sqrt(tick) >= room):
            kept.append(tick)
    return [0.0, *reversed(kept)]


def _root(x: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(x, 0)), dtype=np.float64)


def _square(x: Floats) -> Floats:
    return np.square(np.asarray(x, dtype=np.float64))


def calibration_alt(answer: Answer) -> str:
    """What `calibration` shows, in one sentence."""
    said = [f"{format_value(predicted)} given, {measured(finding)} came true" for predicted, finding in _points(answer)]
    error = _error(answer)
    head = "" if error is None else f" (calibration error {measured(error)}, {interval(error)})"
    return f"Probabilities and what came true{head}: {'; '.join(said)}."


# ----------------------------------------------------------------------------------------------------
# How many rows of each class were predicted as which? The counts of the findings as a square.

_BINARY = {
    Topic.TRUE_POSITIVES: ("positive", "positive"),
    Topic.FALSE_NEGATIVES: ("positive", "negative"),
    Topic.FALSE_POSITIVES: ("negative", "positive"),
    Topic.TRUE_NEGATIVES: ("negative", "negative"),
}
"""True and predicted class of the four binary counts, where the finding does not name them itself; in this order, as
in the table."""
_PLACES = {topic: place for place, topic in enumerate(_BINARY)}


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by (true, predicted) class."""

    names: list[str]
    rows: dict[tuple[str, str], int]

    @classmethod
    def of(cls, answer: Answer) -> Matrix:
        """The counts in the findings of question 4.

        Raises:
            NothingToDraw: when nothing was counted by class.
        """
        cells: dict[tuple[str, str], int] = {}
        for finding in sorted(answer.findings, key=lambda each: _PLACES.get(each.key.kind, 0)):
            if finding.measured is not None and (finding.key.kind in _BINARY or finding.key.kind is Topic.CELL):
                true, predicted = _BINARY.get(finding.key.kind, ("?", "?"))
                pair = finding.segment.get("true", true), finding.segment.get("predicted", predicted)
                cells[pair] = round(finding.measured.value)
        if not cells:
            raise NothingToDraw("no predictions were counted by class, as where numbers are predicted")
        return cls(list(dict.fromkeys(name for pair in cells for name in pair)), cells)

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())

    @property
    def right(self) -> int:
        """Rows predicted as what they are."""
        return sum(n for (true, predicted), n in self.rows.items() if true == predicted)

    def of_class(self, true: str) -> int:
        """All rows of one true class."""
        return sum(n for (name, _), n in self.rows.items() if name == true)

    def shares(self, shown: list[str]) -> list[list[float]]:
        """Each cell as a share of its true class, 0 to 1; a class without rows has zeros."""
        sizes = {true: max(self.of_class(true), 1) for true in shown}
        return [[self.rows.get((true, other), 0) / sizes[true] for other in shown] for true in shown]

    def words(self, shown: list[str]) -> list[list[str]]:
        """Each cell as "58" over "48 % of fraud"; without the name where there are many classes."""
        of = {true: f" of {shorten(true, 16)}" if len(shown) <= 3 else "" for true in shown}
        return [
            [
                f"{format_count(self.rows.get((true, other), 0))}\n{format_share(share)}{of[true]}"
                for other, share in zip(shown, line, strict=True)
            ]
            for true, line in zip(shown, self.shares(shown), strict=True)
        ]

    def largest_errors(self, most: int) -> list[tuple[int, str, str]]:
        """Rows, true and predicted class of the most frequent errors."""
        wrong = [(n, true, said) for (true, said), n in self.rows.items() if true != said and n]
        return sorted(wrong, key=lambda error: -error[0])[:most]


# ----------------------------------------------------------------------------------------------------

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
        annot_kws={"fontsize": sheet().body, "parse_math": False, "linespacing": 1.4},
    )
    _class_ticks(ax, shown)
    more = part(len(shown), len(matrix.names), "first", "classes")
    title(ax, f"{format_count(matrix.total)} rows by true and predicted class{more}")
    return ax


def _class_ticks(ax: Axes, shown: list[str]) -> None:
    at = range(0, len(shown), 1 + (len(shown) - 1) // 20)
    names = labels([shown[k] for k in at], 18)
    style: dict[str, Any] = {"parse_math": False, "fontsize": sheet().body, "color": INK}
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


def _measured(answer: Answer, topic: Topic) -> Finding | None:
    return next((f for f in answer.findings if f.key.kind is topic and f.measured is not None), None)


def _costs(answer: Answer) -> dict[str, Finding]:
    """What is compared, by name: the costs of all rows."""
    nothing = _measured(answer, Topic.NOTHING_COST)
    own = _measured(answer, Topic.TOTAL_COST)
    if nothing is None or own is None:
        raise NothingToDraw("no costs of errors were stated")
    return {"this model": own, "doing nothing": nothing}


def _savings(answer: Answer) -> dict[str, Finding]:
    names = {
        "saved against\ndoing nothing": _measured(answer, Topic.SAVINGS),
        "saved against\nthe current solution": _measured(answer, Topic.CURRENT_SAVINGS),
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
    saved = _measured(answer, Topic.SAVINGS)
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
    p95, bias = _measured(answer, Topic.P95_ERROR), _measured(answer, Topic.BIAS)
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
    names = {
        Topic.BIAS: "mean error",
        Topic.MEDIAN_ERROR: "half of all rows within",
        Topic.P95_ERROR: "95 % of all rows within",
    }
    said = [
        f"{name} {measured(finding, signed=kind is Topic.BIAS)}"
        for kind, name in names.items()
        if (finding := _measured(answer, kind)) is not None
    ]
    return f"Errors by true value: {', '.join(said) or 'no summary at hand'}."


__all__ = [
    "calibration",
    "calibration_alt",
    "confusion",
    "confusion_alt",
    "costs",
    "costs_alt",
    "residuals",
    "residuals_alt",
]
