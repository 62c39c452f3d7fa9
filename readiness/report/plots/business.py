"""Figures of question 2: what was required against what was measured, each on its own scale."""

from __future__ import annotations

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count, format_threshold, with_unit
from readiness.report.plots.lettering import amount, folded, is_share, metric_words, plain, shorten, tally
from readiness.report.plots.marks import estimate_mark, few_ticks, look_of, value_label, view
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
from readiness.report.sentences.gains import requirement, stated_requirement

MOST = 14
_URGENCY = (Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED, Status.MET)
_SIGNS = {">=": "≥", "<=": "≤"}


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


def _is_relative(finding: Finding) -> bool:
    """Whether a share of another method's value is asked for, so that what is judged is a contrast to 0."""
    return bool(stated_requirement(sheet().words, finding).get("lift_over"))


def _value(finding: Finding) -> str:
    """What was measured, never rounded across its bar; empty without it."""
    if finding.measured is None or finding.criterion is None:
        return ""
    if _is_relative(finding):
        return plain(requirement(sheet().words, finding).value)
    return amount(finding.measured.value, finding.metric, finding.measured.unit, finding.criterion.threshold)


def _bar(finding: Finding) -> str:
    """What was required: "≥ 95 %", "≤ 100 ms"."""
    assert finding.criterion is not None
    criterion = finding.criterion
    if _is_relative(finding):
        return plain(requirement(sheet().words, finding).bar)
    in_percent = is_share(finding.metric) and not criterion.unit
    plain_limit = with_unit(format_threshold(criterion.threshold), criterion.unit)
    limit = f"{format_threshold(round(100 * criterion.threshold, 8))} %" if in_percent else plain_limit
    return f"{_SIGNS.get(criterion.op, criterion.op)} {limit}"


@house_style()
def requirements(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Each requirement on its own scale: the dashed line is what was required, the shaded side is where the requirement
    holds, the point is what was measured, with its 95 % interval.
    """
    found = _requirements(answer)
    shown = _shown(found)
    each = 1.06 if sheet().narrow else 0.66
    ax = bare(canvas(ax, each * len(shown)))
    ax.set_ylim(len(shown) - 0.5, -0.5)
    for y, finding in enumerate(shown):
        _strip(ax, y, len(shown), finding)
    title(ax, f"Required and measured{part(len(shown), len(found), 'least certain', 'requirements')}", above=2)
    return ax


def _strip(ax: Axes, y: int, n: int, finding: Finding) -> None:
    top, height = (0.8, 0.24) if sheet().narrow else (0.72, 0.34)
    row = ax.inset_axes((0, 1 - (y + top) / n, 1, height / n))
    row.set_yticks([])
    row.set_ylim(0.6, -0.6)
    row.spines["bottom"].set_visible(False)
    view(row, [finding])
    few_ticks(row, 4)
    if is_share(finding.metric) and finding.criterion is not None and not finding.criterion.unit:
        row.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g} %".replace("-", "−"))
    row.tick_params(axis="x", length=0, pad=1)
    _required(row, finding)
    if finding.measured is None or _is_relative(finding):
        row.set_xticks([])
    estimate_mark(row, 0, finding, look=look_of(finding))
    if not sheet().narrow:
        value_label(row, 0, finding, shorten(_value(finding), 24), lift=9.5)
    _words(ax, y, finding)


def _required(row: Axes, finding: Finding) -> None:
    assert finding.criterion is not None
    bar_at, (left, right) = finding.criterion.threshold, row.get_xlim()
    row.set_facecolor("none")
    row.axvspan(left, right, facecolor=WASH, linewidth=0)
    good = (bar_at, right) if finding.criterion.wants_more else (left, bar_at)
    row.axvspan(*good, facecolor=LOOKS[Status.MET].colour, alpha=0.13, linewidth=0)
    row.axvline(bar_at, color=INK, linewidth=1.2, linestyle=(0, (3, 2)), zorder=1)


def _words(ax: Axes, y: int, finding: Finding) -> None:
    """Name, metric with its bar, and status: left and right of the strip, on a narrow sheet above it."""
    on, look = sheet(), LOOKS[finding.status]
    n = f" · n = {format_count(finding.measured.n)}" if finding.measured is not None and finding.measured.n > 1 else ""
    bar = shorten(f"{shorten(metric_words(finding.metric), 24)} {_bar(finding)}{n}", 46)
    status = f"{look.glyph} {finding.status.words}"
    if on.narrow:
        name = folded(finding.name, 38, 2) or ["(empty)"]
        measured = f"{_value(finding)} · {bar}" if finding.measured is not None else bar
        _text(ax, y - 0.46, "\n".join(name), colour=INK, size=on.body)
        _text(ax, y + 0.04, shorten(measured, 44), colour=MUTED, size=on.small, va="bottom")
        _text(ax, y - 0.46, look.glyph, colour=look.colour, size=on.body, right=True)
        return
    name = folded(finding.name, 40, 2) or ["(empty)"]
    _left(ax, y, "\n".join(name), 2, colour=INK, size=on.body, va="bottom")
    _left(ax, y, bar, 0, colour=MUTED, size=on.small, va="top")
    ax.annotate(status, (1, y), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                va="center_baseline", fontsize=on.body, color=look.colour)  # fmt: skip


def _text(ax: Axes, y: float, text: str, *, colour: str, size: float, right: bool = False, va: str = "top") -> None:
    ax.annotate(text, (1.0 if right else 0.0, y), xycoords=("axes fraction", "data"), ha="right" if right else "left",
                va=va, color=colour, fontsize=size, parse_math=False, annotation_clip=False)  # fmt: skip


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
        linespacing=1.05,
    )


def requirements_caption(answer: Answer) -> str:
    """What `requirements` shows, in a few words."""
    found = _requirements(answer)
    met = sum(f.status is Status.MET for f in found)
    if met == len(found):
        return "The requirement holds." if met == 1 else f"All {format_count(met)} requirements hold."
    worst = min((f for f in found if f.status is not Status.MET), key=lambda f: _URGENCY.index(f.status))
    return plain(
        f"{format_count(met)} of {format_count(len(found))} requirements hold; {shorten(worst.name, 60)}: "
        f"{worst.status.words}."
    )


def requirements_alt(answer: Answer) -> str:
    """What `requirements` shows, in one sentence."""
    found = _requirements(answer)
    said = [f"{plain(f.name)[:60]}: {_value(f) or 'not measured'}, required {_bar(f)}, {f.status.words}" for f in found]
    rest = f"; and {len(said) - 4} more" if len(said) > 4 else ""
    noun = "requirement" if len(found) == 1 else "requirements"
    return plain(f"{format_count(len(found))} {noun}, {tally(found)}: {'; '.join(said[:4])}{rest}.")
