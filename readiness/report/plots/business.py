"""Figures of question 2: what was required against what was measured, each on its own scale."""

from __future__ import annotations

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count
from readiness.report.plots.lettering import bar, bar_words, labels, measured, metric_words, plain, shorten, tally
from readiness.report.plots.marks import estimate_mark, few_ticks, look_of, margin_note, value_label, view
from readiness.report.plots.style import (
    INK,
    LOOKS,
    MUTED,
    WASH,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    part,
    sheet,
    title,
)

MOST = 14
_URGENCY = (Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED, Status.MET)


def _requirements(answer: Answer) -> list[Finding]:
    found = [finding for finding in answer.findings if finding.criterion is not None]
    if not found:
        raise NothingToDraw("no requirement was stated")
    return found


def _shown(found: list[Finding]) -> list[Finding]:
    if len(found) <= MOST:
        return found
    urgent = set(sorted(range(len(found)), key=lambda k: _URGENCY.index(found[k].status))[:MOST])
    return [finding for k, finding in enumerate(found) if k in urgent]


@house_style()
def requirements(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Each requirement on its own scale: the dashed line is what was required, the shaded side is where the
    requirement holds, the point is what was measured, with its 95 % interval.
    """
    found = _requirements(answer)
    shown = _shown(found)
    ax = bare(canvas(ax, 0.75 + 0.62 * len(shown)))
    ax.set_ylim(len(shown) - 0.5, -0.5)
    for y, (finding, name) in enumerate(zip(shown, labels((f.name for f in shown), 32), strict=True)):
        _strip(ax, y, len(shown), finding, name)
    title(ax, f"Required and measured{part(len(shown), len(found), 'least certain', 'requirements')}", above=2)
    return ax


def _strip(ax: Axes, y: int, n: int, finding: Finding, name: str) -> None:
    row = ax.inset_axes((0, 1 - (y + 0.72) / n, 1, 0.36 / n))
    row.set_yticks([])
    row.set_ylim(0.6, -0.6)
    row.spines["bottom"].set_visible(False)
    view(row, [finding])
    few_ticks(row, 4)
    row.tick_params(axis="x", length=0, pad=1)
    _required(row, finding)
    if finding.measured is None:
        row.set_xticks([finding.criterion.threshold] if finding.criterion is not None else [])
    estimate_mark(row, 0, finding, look=look_of(finding))
    value_label(row, 0, finding, shorten(measured(finding), 24), lift=9.5)
    _words(ax, y, finding, name)


def _required(row: Axes, finding: Finding) -> None:
    assert finding.criterion is not None
    bar_at, (left, right) = finding.criterion.threshold, row.get_xlim()
    row.set_facecolor("none")
    row.axvspan(left, right, facecolor=WASH, alpha=0.5, linewidth=0)
    good = (bar_at, right) if finding.criterion.wants_more else (left, bar_at)
    row.axvspan(*good, facecolor=LOOKS[Status.MET].colour, alpha=0.13, linewidth=0)
    row.axvline(bar_at, color=INK, linewidth=1.2, linestyle=(0, (3, 2)), zorder=1)


def _words(ax: Axes, y: int, finding: Finding, name: str) -> None:
    look = LOOKS[finding.status]
    n = f" · n = {format_count(finding.measured.n)}" if finding.measured is not None and finding.measured.n > 1 else ""
    _left(ax, y, name, 2, colour=INK, size=sheet().body, va="bottom")
    _left(
        ax,
        y,
        shorten(f"{shorten(metric_words(finding.metric), 24)} {bar(finding)}{n}", 46),
        0,
        colour=MUTED,
        size=sheet().small,
        va="top",
    )
    margin_note(ax, y, f"{look.glyph} {finding.status.words}", colour=look.colour)


def _left(ax: Axes, y: float, text: str, lift: float, *, colour: str, size: float, va: str) -> None:
    ax.annotate(
        text,
        (0, y),
        (-8, lift),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va=va,
        color=colour,
        fontsize=size,
        parse_math=False,
    )


def requirements_alt(answer: Answer) -> str:
    """What `requirements` shows, in one sentence."""
    found = _requirements(answer)
    said = [
        f"{plain(f.name)[:60]}: {measured(f) or 'not measured'}, required {bar_words(f)}, {f.status.words}"
        for f in found
    ]
    rest = f"; and {len(said) - 4} more" if len(said) > 4 else ""
    return f"{format_count(len(found))} requirements, {tally(found)}: {'; '.join(said[:4])}{rest}."
