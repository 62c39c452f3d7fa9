"""Figures of question 1: the gain over each alternative, and every method side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Estimate, Finding, Status
from readiness.core.format import format_count, format_threshold, listed
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS
from readiness.report.plots.lettering import amount, is_share, metric_words, plain, tally
from readiness.report.plots.marks import (
    bars_required,
    estimate_mark,
    margin_note,
    panels,
    row_names,
    rows,
    rows_height,
    status_label,
    stripes,
    upright,
    value_label,
    view,
    x_label,
)
from readiness.report.plots.style import (
    ACCENT,
    FACT,
    INK,
    MUTED,
    Look,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    panel_title,
    sheet,
    title,
)
from readiness.report.sentences.words import baseline_margin

CANDIDATE, PEOPLE = "candidate", "human"
_OTHER = Look("", MUTED, "D", True)


def _method(finding: Finding) -> str:
    return finding.key.part("method")


def _name(answer: Answer, finding: Finding) -> str:
    """A method in the words of the sheet; where there is no spec, as its values are named, else as its finding is."""
    words, method = sheet().words, _method(finding)
    known = words.method(method)
    if known != words.method(""):
        return known
    named = (f.name for f in answer.findings if f.key.kind is Topic.METHOD_VALUE and _method(f) == method)
    return next(named, finding.name)


# ----------------------------------------------------------------------------------------------------
# The gain over each alternative, all in one metric.


@dataclass(frozen=True, slots=True)
class Gains:
    """Gains in one metric, the strongest alternative first."""

    metric: str
    found: tuple[Finding, ...]
    """As they are drawn: where errors are compared by ratio, as a share of the alternative's error."""
    names: tuple[str, ...]
    relative: bool
    """Whether gains are shares of the alternative's value."""
    left_out: tuple[Finding, ...]
    """Compared in another metric, or on other rows, so that they have no place on the same axis."""

    @property
    def in_points(self) -> bool:
        """Whether gains are differences of percentages."""
        return not self.relative and is_share(self.metric)

    def said(self, value: float, *against: float) -> str:
        """A gain as people say it: "+0.122", "+12 points", "28 % lower"."""
        sign = "+" if value > 0 else "−" if value < 0 else ""
        rivals = [abs(other) for other in against if other != value]
        if self.relative:
            return f"{amount(abs(value), 'share', '', *rivals)} {'lower' if value >= 0 else 'higher'}"
        if self.in_points:
            return f"{sign}{amount(abs(value), 'share', '', *rivals).removesuffix(' %')} points"
        if value in against:  # a limit stays as it was set
            return sign + format_threshold(abs(value))
        return sign + amount(abs(value), self.metric, "", *rivals)


def _gains(answer: Answer) -> Gains:
    every = [finding for finding in answer.findings if finding.key.kind is Topic.LIFT]
    if not every:
        raise NothingToDraw("no alternative was compared with the candidate")
    metric = Counter(finding.metric for finding in every).most_common(1)[0][0]
    same = [finding for finding in every if finding.metric == metric]
    shares = [_as_share(answer, finding) for finding in same]
    relative = all(share is not None for share in shares)
    drawn = [share for share in shares if share is not None] if relative else same
    ordered = sorted(drawn, key=lambda f: (f.measured is None, f.measured.value if f.measured is not None else 0.0))
    names = tuple(_name(answer, finding) for finding in ordered)
    return Gains(metric, tuple(ordered), names, relative, tuple(f for f in every if f.metric != metric))


def _as_share(answer: Answer, finding: Finding) -> Finding | None:
    """The gain as a share of the alternative's error, as if that were known for sure; None where it is no ratio.

    What is judged is c = f · b - m with the factor f, so that 1 - m / b = c / b + (1 - f), and the limit is 1 - f.
    """
    known = METRICS.get(finding.metric)
    if known is None or known.greater_is_better or finding.criterion is None or finding.criterion.threshold != 0:
        return None
    other = next((f.measured.value for f in answer.findings if f.key.kind is Topic.METHOD_VALUE
                  and f.metric == finding.metric and _method(f) == _method(finding) and f.measured), 0.0)  # fmt: skip
    _, factor = baseline_margin(sheet().words, finding.metric, _method(finding))
    if other <= 0:
        return None
    bar = replace(finding.criterion, threshold=round(1 - factor, 10))
    if finding.measured is None:
        return replace(finding, criterion=bar)

    def share(value: float | None) -> float | None:
        return None if value is None else value / other + (1 - factor)

    low, high = share(finding.measured.low), share(finding.measured.high)
    value = finding.measured.value / other + (1 - factor)
    return replace(finding, measured=replace(finding.measured, value=value, low=low, high=high), criterion=bar)


@house_style()
def lifts(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """How much better the candidate is than each alternative on the same rows, with the 95 % interval. The dashed line
    is the gain that was required; the whole interval must lie right of it.
    """
    gains = _gains(answer)
    found = gains.found
    names = row_names(gains.names, most=38)
    ax = canvas(ax, 0.7 + rows_height(names, each=0.4))
    rows(ax, names)
    view(ax, found, include=[0.0])
    stripes(ax, len(found))
    bars = {f.criterion.threshold for f in found if f.criterion is not None}
    if 0.0 not in bars:
        upright(ax, 0.0, "", dashed=False, colour=MUTED)
    bars_required(ax, found, f"required {gains.said(max(bars), max(bars))}" if bars else "")
    for y, finding in enumerate(found):
        estimate_mark(ax, y, finding)
        if finding.measured is not None:
            value_label(ax, y, finding, gains.said(finding.measured.value, *bars))
        status_label(ax, y, finding)
    if gains.relative or gains.in_points:
        unit = " %" if gains.relative else ""
        ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g}{unit}".replace("-", "−"))
    x_label(ax, _axis_words(gains))
    title(ax, _heading(gains), _left_out(answer, gains), above=12)
    return ax


def _heading(gains: Gains) -> str:
    words = plain(metric_words(gains.metric)) if gains.metric else ""
    if gains.relative:
        return f"{words[:1].upper()}{words[1:]}: how much lower than that of each alternative"
    return f"Gain in {words} over each alternative" if words else "Gain over each alternative"


def _axis_words(gains: Gains) -> str:
    return "right of 0 the candidate is better" + (" (points)" if gains.in_points else "")


def _left_out(answer: Answer, gains: Gains) -> str:
    where = "on other cases"
    said = [f"{_name(answer, f)}: compared in {metric_words(f.metric)}, {where}" for f in gains.left_out]
    return f"not drawn: {'; '.join(said)}" if said else ""


def lifts_caption(answer: Answer) -> str:
    """What `lifts` shows, in a few words."""
    gains = _gains(answer)
    known = [(f, name) for f, name in zip(gains.found, gains.names, strict=True) if f.measured is not None]
    if not known:
        return f"{tally(gains.found)[:1].upper()}{tally(gains.found)[1:]}."
    closest, name = known[0]
    assert closest.measured is not None
    met, n = sum(f.status is Status.MET for f in gains.found), len(gains.found)
    count = "Every gain is" if met == n else f"{format_count(met)} of {format_count(n)} gains are"
    smallest = f"the smallest is {gains.said(closest.measured.value)} against {plain(name)}"
    return f"{count} shown to be as large as required; {smallest}."


def lifts_alt(answer: Answer) -> str:
    """What `lifts` shows, in one sentence."""
    gains = _gains(answer)
    said = [
        f"{gains.said(f.measured.value) if f.measured is not None else 'not measured'} against {plain(name)[:60]}"
        for f, name in zip(gains.found, gains.names, strict=True)
    ]
    bars = {f.criterion.threshold for f in gains.found if f.criterion is not None}
    required = f"; required {listed([gains.said(bar, bar) for bar in sorted(bars)], conjunction='or')}" if bars else ""
    return f"{_heading(gains)}: {listed(said, 8)}{required}: {tally(gains.found)}."


# ----------------------------------------------------------------------------------------------------
# Every method in the metric that is judged, and people in theirs.


def _tables(answer: Answer) -> dict[str, list[Finding]]:
    """By metric, each method's value, the best first: the judged metric, and that in which people were measured."""
    values: dict[str, list[Finding]] = {}
    for finding in answer.findings:
        if finding.key.kind is Topic.METHOD_VALUE and finding.measured is not None:
            values.setdefault(finding.metric, []).append(finding)
    if not values:
        raise NothingToDraw("no method was measured")
    gains = [f for f in answer.findings if f.key.kind is Topic.LIFT]
    judged = Counter(f.metric for f in gains if f.metric in values).most_common(1)
    chosen = [judged[0][0] if judged else next(iter(values))]
    for finding in gains:
        if _method(finding) == PEOPLE and (people := _people(finding, values.get(finding.metric, ()))) is not None:
            values[finding.metric].append(people)
            chosen.append(finding.metric)
    return {metric: _best_first(metric, values[metric]) for metric in dict.fromkeys(chosen)}


def _people(gain: Finding, values: Sequence[Finding]) -> Finding | None:
    """What people reach: the candidate's value less its gain over them; a point, as their interval is not recorded."""
    own = next((f.measured for f in values if _method(f) == CANDIDATE), None)
    if own is None or gain.measured is None:
        return None
    value = own.value - gain.measured.value
    estimate = Estimate(value, value, value, 1.0, gain.measured.n)
    key = Topic.METHOD_VALUE.key(PEOPLE, metric=gain.metric)
    return Finding(key, sheet().words.method(PEOPLE), Status.NOT_ASSESSED, metric=gain.metric, measured=estimate)


def _best_first(metric: str, found: Sequence[Finding]) -> list[Finding]:
    more = sheet().words.more_is_better(metric)
    values = [(finding, finding.measured.value) for finding in found if finding.measured is not None]
    return [finding for finding, _ in sorted(values, key=lambda pair: -pair[1] if more else pair[1])]


@house_style()
def methods(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Every method in the metric that is judged, with its 95 % interval, the best first; people in the metric in which
    they were measured. The circle is the candidate.
    """
    tables = _tables(answer)
    names = {
        metric: row_names([_name(answer, finding) for finding in table], most=26) for metric, table in tables.items()
    }
    heights = [rows_height(each, each=0.32) for each in names.values()]
    narrow = sheet().narrow
    ax = bare(canvas(ax, (sum(heights) if narrow else max(heights)) + (0.6 * len(tables) if narrow else 0.6)))
    for panel, (metric, table) in zip(panels(ax, len(tables), gap=0.42), tables.items(), strict=True):
        _methods_panel(panel, metric, table, names[metric])
        if len(tables) > 1:
            panel_title(panel, _upper(metric_words(metric)), columns=36, pad=4)
    heading = f"{_upper(metric_words(next(iter(tables))))} of every method"
    title(ax, heading if len(tables) == 1 else "Every method", "● the candidate  ◆ others", above=18)
    return ax


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _methods_panel(panel: Axes, metric: str, found: Sequence[Finding], names: Sequence[str]) -> None:
    rows(panel, names)
    view(panel, found)
    stripes(panel, len(found))
    for y, finding in enumerate(found):
        own = _method(finding) == CANDIDATE
        assert finding.measured is not None
        if own:
            panel.axvline(finding.measured.value, color=ACCENT, linewidth=0.8, alpha=0.45, zorder=1)
        estimate_mark(panel, y, finding, look=FACT if own else _OTHER, size=7 if own else 5)
        margin_note(panel, y, amount(finding.measured.value, metric, finding.measured.unit), colour=INK)
    if is_share(metric):
        panel.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g} %")


def methods_caption(answer: Answer) -> str:
    """What `methods` shows, in a few words."""
    metric, table = next(iter(_tables(answer).items()))
    place = next((k for k, finding in enumerate(table, 1) if _method(finding) == CANDIDATE), 0)
    if not place:
        return methods_alt(answer)
    where = "best" if place == 1 else f"number {place}"
    return f"By {metric_words(metric)} the candidate is {where} of {format_count(len(table))} methods."


def methods_alt(answer: Answer) -> str:
    """What `methods` shows, in one sentence a metric."""
    said = []
    for metric, table in _tables(answer).items():
        ranked = [f"{plain(_name(answer, f))[:60]} {amount(f.measured.value, metric, f.measured.unit)}"
                  for f in table if f.measured is not None]  # fmt: skip
        said.append(f"{_upper(metric_words(metric))} of {len(table)} methods: {listed(ranked, 8)}.")
    return " ".join(said)
