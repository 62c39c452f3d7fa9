"""Figures of question 4: which errors there are, what they cost, how large they get, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from readiness.core.findings import Answer, Estimate, Finding, Status
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.report.plots.lettering import labels, measured, percent, shorten
from readiness.report.plots.marks import (
    few_ticks,
    level,
    margin_note,
    row_names,
    rows,
    rows_height,
    stripes,
    x_label,
)
from readiness.report.plots.matrix import Matrix, largest_errors_words, of_such, outcome, unit_of_costs
from readiness.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    LOOKS,
    MUTED,
    PAPER,
    NothingToDraw,
    canvas,
    house_style,
    part,
    sheet,
    title,
)
from readiness.report.sentences.losses import money
from readiness.report.sentences.words import Words


def _measured(answer: Answer, topic: Topic) -> Finding | None:
    return next((f for f in answer.findings if f.key.kind is topic and f.measured is not None), None)


# ----------------------------------------------------------------------------------------------------
# The rows of each class by what they were answered as, and what that costs.

MOST_NUMBERED = 8
"""Classes up to which each cell bears its number."""
MOST_CLASSES = 40
_ERROR, _RIGHT = LOOKS[Status.NOT_MET].colour, LOOKS[Status.MET].colour


@house_style()
def confusion(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """What each row is, and what it was answered. Errors are coloured, the more the larger their part of all errors is
    (of what they cost, where costs are stated); percentages are of the rows that truly are such.
    """
    matrix = Matrix.of(answer)
    shown = matrix.names[:MOST_CLASSES]
    numbered = len(shown) <= (5 if sheet().narrow else MOST_NUMBERED)
    each = 0.78 if len(shown) <= 3 else 0.62 if numbered else 0.12
    ax = canvas(ax, 0.6 + max(1.5, min(each * len(shown), 5.0)))
    ax.set_xlim(0, len(shown))
    ax.set_ylim(len(shown), 0)
    if numbered:
        for i, true in enumerate(shown):
            for j, said in enumerate(shown):
                _cell(ax, matrix, i, j, true, said, len(shown))
    else:
        _raster(ax, matrix, shown)
    ax.spines[:].set_visible(False)
    _class_ticks(ax, shown)
    more = part(len(shown), len(matrix.names), "first", "classes")
    rows_words = sheet().words.row.many
    title(ax, f"{format_count(matrix.total)} {rows_words} by what they are and what was answered{more}", above=4)
    return ax


def _cell(ax: Axes, matrix: Matrix, i: int, j: int, true: str, said: str, n: int) -> None:
    """Count, share of the true class, and money; errors coloured by their weight."""
    is_error, count = true != said, matrix.rows.get((true, said), 0)
    colour = _ERROR if is_error and count else FAINT if is_error else _RIGHT
    strength = 0.12 + 0.36 * matrix.weight(true, said) if is_error and count else 0.10
    ax.add_patch(Rectangle((j + 0.02, i + 0.03), 0.96, 0.94, facecolor=colour, alpha=strength, linewidth=0))
    size = matrix.of_class(true)
    texts = [format_count(count)]
    if size:
        of = f" of {of_such(true)}" if n <= 3 and not sheet().narrow else ""
        texts.append(f"{percent(count / size)}{of}")
    cost = matrix.costs.get((true, said))
    if is_error and cost is not None and count and n <= 4 and not (sheet().narrow and n > 3):
        price = shorten(money(sheet().words, cost, matrix.unit), 18)
        texts.append(price if sheet().narrow else f"cost {price}")
    ax.text(j + 0.5, i + 0.5, "\n".join(texts), ha="center", va="center", fontsize=sheet().small, color=INK,
            linespacing=1.35, parse_math=False, fontweight="bold" if is_error and count else "normal")  # fmt: skip


def _raster(ax: Axes, matrix: Matrix, shown: Sequence[str]) -> None:
    """Too many cells for numbers: one image, transparent where nothing is wrong, so that it fits light and dark."""
    strongest = max((matrix.weight(true, said) for true in shown for said in shown), default=0.0) or 1.0
    image = np.zeros((len(shown), len(shown), 4))
    for i, true in enumerate(shown):
        for j, said in enumerate(shown):
            share = float(np.sqrt(matrix.weight(true, said) / strongest))
            right = matrix.rows.get((true, said), 0) / max(1, matrix.of_class(true)) if true == said else 0.0
            image[i, j] = (*to_rgb(_ERROR), 0.85 * share) if true != said else (*to_rgb(_RIGHT), 0.25 * right)
    ax.imshow(image, extent=(0, len(shown), len(shown), 0), aspect="auto", interpolation="nearest")


def _class_ticks(ax: Axes, shown: list[str]) -> None:
    on = sheet()
    at = range(0, len(shown), 1 + (len(shown) - 1) // (10 if on.narrow else 20))
    few = len(shown) <= 3
    most = 11 if on.narrow else 20 if few else 16
    names = labels([outcome(shown[k]) for k in at], most, 3 if few else 1)
    style: dict[str, Any] = {"parse_math": False, "fontsize": on.small, "color": INK}
    tilted: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if len(names) > 5 else {}
    ax.set_yticks([k + 0.5 for k in at], labels=names, rotation=0, **style)
    ax.set_xticks([k + 0.5 for k in at], labels=names, **({"rotation": 0} | tilted), **style)
    ax.tick_params(length=0)
    x_label(ax, "was answered")
    ax.set_ylabel("truly is")


def confusion_caption(answer: Answer) -> str:
    """What `confusion` shows, in a few words: the errors that weigh most."""
    said = largest_errors_words(Matrix.of(answer), 2)
    return f"{'; '.join(said)}." if said else "There are no errors."


def confusion_alt(answer: Answer) -> str:
    """What `confusion` shows, in one sentence."""
    matrix = Matrix.of(answer)
    right = f"{format_count(matrix.right)} of {format_count(matrix.total)} {sheet().words.row.many} are answered right"
    return f"{right}; {'; '.join(largest_errors_words(matrix, 2)) or 'there are no errors'}."


# ----------------------------------------------------------------------------------------------------
# Of predicted numbers: the error of each row.


@house_style()
def residuals(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The error of each row (predicted minus true) against its true value; above 0 the model predicts too much. The
    dashed lines hold 95 % of all rows. At most 2,000 rows are drawn.
    """
    table = answer.tables.get("residuals")
    if table is None or not len(table):
        raise NothingToDraw("no sizes of errors are at hand, as where classes are predicted")
    import seaborn as sns  # loads all of SciPy's statistics: only where numbers are predicted

    ax = canvas(ax, 2.6 if sheet().narrow else 3.3)
    sns.scatterplot(
        x=table["y_true"],
        y=table["error"],
        ax=ax,
        s=9,
        color="#5b93c9",
        linewidth=0,
        rasterized=True,
    )
    level(ax, 0.0, "no error", colour=MUTED, dashed=False)
    p95, bias = _measured(answer, Topic.P95_ERROR), _measured(answer, Topic.BIAS)
    if p95 is not None and p95.measured is not None:
        level(ax, p95.measured.value, f"95 % within\n± {measured(p95)}")
        level(ax, -p95.measured.value, "")
    few_ticks(ax, 4 if sheet().narrow else 5)
    few_ticks(ax, along="y")
    x_label(ax, "true value")
    ax.set_ylabel("error (predicted − true)")
    said = "" if bias is None else f"mean error {measured(bias, signed=True)}"
    within = f"dashed: 95 % within ± {measured(p95)}" if sheet().narrow and p95 is not None else ""
    note = "; ".join(filter(None, (said, within)))
    title(ax, f"Error by true value, {format_count(len(table))} {sheet().words.row.many} drawn", note)
    return ax


def residuals_caption(answer: Answer) -> str:
    """What `residuals` shows, in a few words."""
    p95, bias = _measured(answer, Topic.P95_ERROR), _measured(answer, Topic.BIAS)
    many = sheet().words.row.many
    if p95 is None:
        return residuals_alt(answer)
    lean, ends = "", None if bias is None or bias.measured is None else (bias.measured.low, bias.measured.high)
    if ends is not None and ends[0] is not None and ends[1] is not None and not ends[0] <= 0 <= ends[1]:
        lean = f"; on average it predicts too {'much' if ends[0] > 0 else 'little'}"
    return f"95 % of {many} are predicted to within {measured(p95)}{lean}."


def residuals_alt(answer: Answer) -> str:
    """What `residuals` shows, in one sentence."""
    names = {
        Topic.BIAS: "mean error",
        Topic.MEDIAN_ERROR: f"half of all {sheet().words.row.many} within",
        Topic.P95_ERROR: f"95 % of all {sheet().words.row.many} within",
    }
    said = [
        f"{name} {measured(finding, signed=kind is Topic.BIAS)}"
        for kind, name in names.items()
        if (finding := _measured(answer, kind)) is not None
    ]
    return f"Errors by true value: {', '.join(said) or 'no summary at hand'}."


# ----------------------------------------------------------------------------------------------------
# The cost of the errors beside every answer that needs no model and the model of today; one scale, one unit.

_SAVED = (Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE,
          Topic.CURRENT_SAVINGS)  # fmt: skip
MOST_COSTS = 6
_NO_CURRENCY = Words()


@dataclass(frozen=True, slots=True)
class Cost:
    """What all rows cost under one answer, and what the candidate saves against it."""

    name: str
    total: float
    saved: tuple[float, float | None, float | None] | None = None
    """Savings over all rows with the ends of their interval; None for the candidate itself."""
    status: Status | None = None
    """Where the savings are judged."""
    code: str = ""


def _costs(answer: Answer) -> list[Cost]:
    """The candidate first, then the others, the cheapest first.

    Savings are recorded for each row; over n rows they are n times as much, and the other answer costs the candidate's
    total and these savings.
    """
    own, nothing = _measured(answer, Topic.TOTAL_COST), _measured(answer, Topic.NOTHING_COST)
    if own is None or own.measured is None or nothing is None:
        raise NothingToDraw("no costs of errors were stated")
    others = []
    for finding in answer.findings:
        estimate = finding.measured
        if finding.key.kind not in _SAVED or estimate is None:
            continue
        n = estimate.n
        low, high = (None if end is None else end * n for end in (estimate.low, estimate.high))
        status = finding.status if finding.blocking and finding.criterion is not None else None
        saved = (estimate.value * n, low, high)
        others.append(Cost(_alternative(finding), own.measured.value + saved[0], saved, status, finding.code))
    ordered = sorted(others, key=lambda cost: cost.total)
    return [Cost("this model", own.measured.value), *ordered[:MOST_COSTS]]


def _alternative(finding: Finding) -> str:
    """The answer in whose place the candidate saves."""
    words, kind = sheet().words, finding.key.kind
    if kind is Topic.SAVINGS_CLASS:
        k = finding.key.number("class")
        return f"always “{outcome(words.classes[k - 1])}”" if 0 < k <= len(words.classes) else f"always class {k}"
    return _ALTERNATIVES[kind]


_ALTERNATIVES = {
    Topic.SAVINGS: "doing nothing",
    Topic.SAVINGS_CONSTANT: "acting without a model",
    Topic.SAVINGS_MEDIAN: "always the median",
    Topic.SAVINGS_QUANTILE: "always the cheapest number",
    Topic.CURRENT_SAVINGS: "today's model",
}


def _price(value: float, answer: Answer) -> str:
    return shorten(money(sheet().words, value, unit_of_costs(answer)), 26)


@house_style()
def costs(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """What the errors in all test rows cost under each answer: bars from zero, all in one unit. Beside them stands what
    the model saves, with the 95 % interval.
    """
    found = _costs(answer)
    names = row_names([cost.name for cost in found], most=26)
    ax = canvas(ax, 0.55 + rows_height(names, each=0.4))
    rows(ax, names)
    totals = [cost.total for cost in found]
    low, high = min(0.0, *totals), max(0.0, *totals)
    ax.set_xlim(low * 1.05, high * 1.02 or 1.0)
    for y, cost in enumerate(found):
        ax.barh(y, cost.total, height=0.3 if sheet().narrow else 0.5, color=ACCENT if y == 0 else FAINT, zorder=1)
        _cost_words(ax, y, cost, answer)
    few_ticks(ax, 2 if sheet().narrow else 3)
    x_label(ax, f"cost of all errors{_in_unit(answer)}")
    n = max(f.measured.n for f in answer.findings if f.key.kind is Topic.TOTAL_COST and f.measured is not None)
    title(ax, f"Cost of the errors in {format_count(n)} {sheet().words.row.form(n)}", "", above=2)
    return ax


def _in_unit(answer: Answer) -> str:
    unit = unit_of_costs(answer)
    return f", {shorten(unit, 20)}" if unit else ""


def _cost_words(ax: Axes, y: int, cost: Cost, answer: Answer) -> None:
    """The amount; beside it, where there is room, what is saved."""
    if sheet().narrow:
        glyph = f"{LOOKS[cost.status].glyph} " if cost.status is not None else ""
        colour = INK if cost.status is None else LOOKS[cost.status].colour
        margin_note(ax, y, f"{glyph}{_price(cost.total, answer)}", colour=colour)
        return
    margin_note(ax, y, _price(cost.total, answer), colour=INK)
    if cost.saved is None:
        return
    value, low, high = cost.saved
    word = "saves" if value >= 0 else "loses"
    ends = "" if low is None or high is None or low == high else f" ({_ends(low, high, sign=value)})"
    glyph = f"{LOOKS[cost.status].glyph} " if cost.status is not None else ""
    colour = MUTED if cost.status is None else LOOKS[cost.status].colour
    margin_note(ax, y, f"{glyph}{word} {_plain(abs(value))}{ends}", colour=colour, size=sheet().small, after=100)


def _ends(low: float, high: float, *, sign: float) -> str:
    first, last = (low, high) if sign >= 0 else (-high, -low)
    return f"{_plain(first)} to {_plain(last)}"


def _plain(value: float) -> str:
    """An amount without its unit, which the axis names."""
    return money(_NO_CURRENCY, value)


def costs_caption(answer: Answer) -> str:
    """What `costs` shows, in a few words: what is saved against the cheapest other answer."""
    found = _costs(answer)
    if len(found) < 2 or found[1].saved is None:
        return f"The errors cost {_price(found[0].total, answer)}."
    value = found[1].saved[0]
    word = "less" if value >= 0 else "more"
    return (
        f"The errors cost {_price(found[0].total, answer)}: {_price(abs(value), answer)} {word} than "
        f"{found[1].name}, the cheapest other answer."
    )


def costs_alt(answer: Answer) -> str:
    """What `costs` shows, in one sentence."""
    said = []
    for cost in _costs(answer):
        status = f", {cost.status.words}" if cost.status is not None else ""
        value = cost.saved[0] if cost.saved else 0.0
        saved = f" ({'saved' if value >= 0 else 'lost'} {_price(abs(value), answer)}{status})" if cost.saved else ""
        said.append(f"{cost.name} {_price(cost.total, answer)}{saved}")
    return f"Cost of the errors: {listed(said, 8)}."


# ----------------------------------------------------------------------------------------------------
# Trust in the candidate's probabilities: what was given against what came true, one row a bin.


def _points(answer: Answer) -> list[tuple[float, Finding, Estimate]]:
    """Mean probability of each bin with its finding, ascending."""
    table = answer.tables.get("calibration")
    found = {f.code: f for f in answer.findings if f.measured is not None}
    given = [] if table is None else list(zip(table["code"], table["predicted"], strict=True))
    points = [(float(predicted), found[code], found[code].measured) for code, predicted in given if code in found]
    if not points:
        raise NothingToDraw("there are no probabilities of two classes that could be compared with what came true")
    return sorted(((p, f, e) for p, f, e in points if e is not None), key=lambda point: point[0])


@house_style()
def calibration(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Groups of rows that were given a similar probability, one row each: the diamond is the probability that was given
    on average, the dot the share that came true with its 95 % interval. Where the dot lies left of the diamond, the
    probabilities were too high.
    """
    points = _points(answer)
    many = sheet().words.row
    given_words = "" if sheet().narrow else " given"
    names = row_names(
        [f"{_share(p)}{given_words} · {format_count(e.n)} {many.form(e.n)}" for p, _, e in points], most=40
    )
    ax = canvas(ax, 0.7 + rows_height(names, each=0.33))
    rows(ax, names)
    ends = [x for given, _, e in points for x in (given, e.value, 1.0 if e.high is None else e.high)]
    most = min(1.0, 1.08 * max(ends)) or 1.0
    ax.set_xlim(-0.015 * most, most * 1.01)
    stripes(ax, len(points))
    for y, (given, finding, estimate) in enumerate(points):
        low, high = (edge if end is None else end for end, edge in ((estimate.low, 0.0), (estimate.high, 1.0)))
        ax.plot([low, high], [y, y], color=ACCENT, linewidth=1.8, label=f"_{finding.code} interval")
        _mark(ax, given, y, "D", PAPER, f"_{finding.code} given", size=6)
        _mark(ax, estimate.value, y, "o", ACCENT, f"_{finding.code}", size=6.5)
        true = _share(estimate.value)
        margin_note(ax, y, true if sheet().narrow else f"{true} came true", colour=INK)
    few_ticks(ax)
    ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g} %")
    x_label(ax, "probability given, and share that came true")
    error = _measured(answer, Topic.CALIBRATION_ERROR)
    note = "◇ given  ● came true"
    title(ax, "Probability given and share that came true", note if error is None else f"{note}; {_error_words(error)}")
    return ax


def _mark(ax: Axes, x: float, y: float, marker: str, face: str, label: str, *, size: float) -> None:
    edge = PAPER if face == ACCENT else INK
    ax.plot([x], [y], marker=marker, markersize=size, color=ACCENT, markerfacecolor=face, markeredgecolor=edge,
            markeredgewidth=0.4 if face == ACCENT else 1.1, linestyle="none", label=label,
            zorder=3, clip_on=False)  # fmt: skip


def _share(share: float) -> str:
    """A share as people say it; very small ones with the digits that they have."""
    return percent(share) if share == 0 or share >= 0.0005 else f"{100 * share:.2g} %"


def _error_words(error: Finding) -> str:
    assert error.measured is not None
    return f"on average {100 * error.measured.value:.1f} points apart"


def calibration_caption(answer: Answer) -> str:
    """What `calibration` shows, in a few words: the group whose probabilities are furthest off."""
    points = _points(answer)
    given, _, estimate = max(points, key=lambda point: abs(point[0] - point[2].value))
    word = "high" if given > estimate.value else "low"
    if _agrees(given, _, estimate):
        if all(_agrees(*point) for point in points):
            return "In every group what came true agrees with the probabilities, as far as chance allows."
        return f"Probabilities around {_share(given)} are furthest from what came true ({_share(estimate.value)})."
    return f"Probabilities around {_share(given)} are too {word}: {_share(estimate.value)} came true."


def _agrees(given: float, _finding: Finding, estimate: Estimate) -> bool:
    low, high = (edge if end is None else end for end, edge in ((estimate.low, 0.0), (estimate.high, 1.0)))
    return low <= given <= high


def calibration_alt(answer: Answer) -> str:
    """What `calibration` shows, in one sentence."""
    said = [f"{_share(given)} given, {_share(estimate.value)} of {format_count(estimate.n)} came true"
            for given, _, estimate in _points(answer)]  # fmt: skip
    error = _measured(answer, Topic.CALIBRATION_ERROR)
    head = "" if error is None else f" ({_error_words(error)})"
    return f"Probabilities and what came true{head}: {'; '.join(said)}."
