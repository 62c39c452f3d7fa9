"""Figures of question 1: the gain over each alternative, and every method side by side."""

from __future__ import annotations

import re

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.report.plots.lettering import (
    bar_words,
    labels,
    measured,
    metric_words,
    plain,
    shared_start,
    shorten,
    tally,
)
from readiness.report.plots.marks import (
    bars_required,
    estimate_mark,
    panels,
    rows,
    status_label,
    stripes,
    upright,
    value_label,
    view,
)
from readiness.report.plots.style import (
    ACCENT,
    FACT,
    MUTED,
    Look,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    panel_title,
    title,
)

MOST_METRICS = 3
_OTHER = Look("", MUTED, "D", True)
_OTHER_WORDS = re.compile(
    r".+? (?:not worse than that of (?P<good>.+) by more than .+|below \S+ of that of (?P<better>.+))", re.DOTALL
)
"""A claim's name around the name of the alternative."""


def _lifts(answer: Answer) -> list[Finding]:
    found = [finding for finding in answer.findings if finding.key.kind is Topic.LIFT]
    if not found:
        raise NothingToDraw("no alternative was compared with the candidate")
    return found


def _compared(found: list[Finding]) -> tuple[str, list[str]]:
    """What is compared, "Gain in F1", and with what; a name may also say what must be excluded."""
    gain, others = shared_start([finding.name for finding in found], " over ")
    found_words = [(name, _OTHER_WORDS.fullmatch(name)) for name in others]
    return gain, [name if match is None else match["good"] or match["better"] for name, match in found_words]


@house_style()
def lifts(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """The candidate's gain over each alternative on the same rows, with its 95 % interval. The dashed line is the
    gain that was required; the whole interval must lie to the right of it.
    """
    found = _lifts(answer)
    gain, others = _compared(found)
    ax = canvas(ax, 1.15 + 0.42 * len(found))
    rows(ax, labels(others, 30))
    view(ax, found, include=[0.0])
    stripes(ax, len(found))
    if all(finding.criterion is None or finding.criterion.threshold != 0 for finding in found):
        upright(ax, 0.0, "", dashed=False, colour=MUTED)
    bars_required(ax, found)
    for y, finding in enumerate(found):
        estimate_mark(ax, y, finding)
        value_label(ax, y, finding, measured(finding, signed=True))
        status_label(ax, y, finding)
    ax.set_xlabel(_tested_on(found), parse_math=False)
    title(ax, f"{shorten(gain, 40) or 'Gain'} over each alternative", above=12)
    return ax


def _tested_on(found: list[Finding]) -> str:
    sizes = sorted({finding.measured.n for finding in found if finding.measured is not None})
    if not sizes:
        return ""
    span = format_count(sizes[0]) if len(sizes) == 1 else f"{format_count(sizes[0])} to {format_count(sizes[-1])}"
    return f"right of 0 the candidate is better; n = {span}"


def lifts_alt(answer: Answer) -> str:
    """What `lifts` shows, in one sentence."""
    found = _lifts(answer)
    gain, others = _compared(found)
    said = [
        f"{measured(finding, signed=True) or 'not measured'} over {plain(other)[:60]}"
        for finding, other in zip(found, others, strict=True)
    ]
    bars = listed(dict.fromkeys(bar_words(finding) for finding in found), conjunction="or")
    return f"{plain(gain)[:60] or 'Gain'}: {listed(said, 5)}; required {bars}: {tally(found)}."


def _values(answer: Answer) -> tuple[list[str], dict[str, dict[str, Finding]]]:
    """Methods in their order, and the findings by metric and method."""
    found = [finding for finding in answer.findings if finding.key.kind is Topic.METHOD_VALUE and finding.measured]
    if not found:
        raise NothingToDraw("no method was measured")
    table: dict[str, dict[str, Finding]] = {}
    for finding in found:
        table.setdefault(finding.metric, {})[finding.name] = finding
    return list(dict.fromkeys(finding.name for finding in found)), table


@house_style()
def methods(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Every method on the same rows, with its 95 % interval, one panel per metric. The circle is the candidate."""
    names, table = _values(answer)
    shown = list(table)[:MOST_METRICS]
    ax = bare(canvas(ax, 1.2 + 0.32 * len(names)))
    for k, (panel, metric) in enumerate(zip(panels(ax, len(shown)), shown, strict=True)):
        rows(panel, labels(names, 30) if k == 0 else [""] * len(names))
        view(panel, table[metric].values())
        stripes(panel, len(names))
        for name, finding in table[metric].items():
            _method(panel, names.index(name), finding)
        panel_title(panel, metric_words(metric), columns=60 // len(shown), pad=4)
    left_out = f"; {len(shown)} of {len(table)} metrics shown" if len(table) > len(shown) else ""
    title(ax, "Every method on the same rows", f"{_rows_words(table)}{left_out}", above=15)
    return ax


def _method(panel: Axes, y: int, finding: Finding) -> None:
    own = finding.key.part("method") == "candidate"
    if own and finding.measured is not None:
        panel.axvline(finding.measured.value, color=ACCENT, linewidth=0.8, alpha=0.45, zorder=1)
    estimate_mark(panel, y, finding, look=FACT if own else _OTHER, size=7 if own else 5)


def _rows_words(table: dict[str, dict[str, Finding]]) -> str:
    sizes = {f.measured.n for by_name in table.values() for f in by_name.values() if f.measured is not None}
    return f"points with 95 % intervals; n up to {format_count(max(sizes))}"


def methods_alt(answer: Answer) -> str:
    """What `methods` shows, in one sentence."""
    _, table = _values(answer)
    metric, by_name = next(iter(table.items()))
    ranked = [f"{plain(name)[:60]} {measured(finding)}" for name, finding in by_name.items()]
    return f"{metric_words(metric)} of {len(by_name)} methods: {listed(ranked, 6)}."
