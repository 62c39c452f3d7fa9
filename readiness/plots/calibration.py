"""How far can the candidate's probabilities be trusted? What was given against what came true."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from readiness.answers import Answer, Finding
from readiness.numbers import format_count, format_value
from readiness.plots.lettering import interval, measured
from readiness.plots.style import ACCENT, MUTED, SMALL, NothingToDraw, canvas, house_style, title

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
    return next((f for f in answer.findings if f.code == "ERRO-CALIBRATION" and f.measured is not None), None)


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
    ax.tick_params(labelsize=SMALL, labelcolor=MUTED)


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
