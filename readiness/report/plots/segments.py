"""Figures of question 3: the metric by group, and weak spots that nobody named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from readiness.core.findings import Answer, Finding, Flag, Status
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.report.plots.lettering import amount, is_share, measured, metric_words, plain, segment_words
from readiness.report.plots.marks import (
    above_row,
    bars_required,
    estimate_mark,
    few_ticks,
    key_words,
    margin_note,
    row_names,
    rows,
    rows_height,
    stacked,
    stripes,
    upright,
    view,
    x_label,
)
from readiness.report.plots.style import (
    FACT,
    INK,
    LOOKS,
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
from readiness.report.sentences.counts import Hits, hits_of, sides_of

MOST_PANELS = 3
MOST_GROUPS = 12
"""In one panel; of more the worst are drawn."""
_WORST = (Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED, Status.MET)


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its own value, and what was judged of it."""

    value: Finding
    deficit: Finding | None

    @property
    def name(self) -> str:
        """In the words of the sheet; the column is that of the panel."""
        return segment_words(self.value, sheet().words.vocabulary, short=True)

    @property
    def is_judged(self) -> bool:
        """Whether it has rows enough."""
        return self.deficit is not None and self.deficit.blocking and Flag.TOO_SMALL not in self.deficit.flags

    @property
    def status(self) -> Status:
        """Of what was judged."""
        return self.deficit.status if self.deficit is not None and self.deficit.blocking else Status.NOT_ASSESSED

    @property
    def look(self) -> Look:
        """As the status looks; grey where nothing is judged."""
        return LOOKS[self.status]

    @property
    def distance(self) -> float:
        """How far it is behind all others, in limits where the limit is above 0; for ordering only."""
        if self.deficit is None or self.deficit.measured is None or self.deficit.criterion is None:
            return -math.inf
        value, limit = self.deficit.measured.value, self.deficit.criterion.threshold
        estimate = self.value.measured
        scale = limit if limit > 0 else abs(estimate.value) if estimate is not None else 1.0
        return (value - limit) / (scale or 1.0)

    @property
    def counts(self) -> str:
        """Rows that it rests on: "73 of 170", or "n = 434" where the value is no share of whole rows."""
        estimate = self.value.measured
        assert estimate is not None
        hits = estimate.value * estimate.n
        if is_share(self.value.metric) and abs(hits - round(hits)) < 1e-4:
            return f"{format_count(round(hits))} of {format_count(estimate.n)}"
        return f"n = {format_count(estimate.n)}"


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric over the groups of one segmentation."""

    metric: str
    groups: tuple[Group, ...]
    overall: float | None
    tolerated: float | None

    @property
    def column(self) -> str:
        """The columns that tell the groups apart: "age", "age and region"."""
        columns = dict.fromkeys(column for group in self.groups for column in group.value.segment)
        return " and ".join(sheet().words.vocabulary.column(column) for column in columns)

    @property
    def heading(self) -> str:
        """What is drawn: "Recall by age"."""
        words = metric_words(self.metric)
        return f"{words[:1].upper()}{words[1:]} by {self.column}"

    @property
    def failing(self) -> tuple[Group, ...]:
        """The groups whose answer is not yes, the worst first."""
        found = (group for group in self.groups if group.is_judged and group.status is not Status.MET)
        return tuple(sorted(found, key=lambda group: (_WORST.index(group.status), -group.distance)))

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """What is drawn first: a no, a doubt, then whatever is closest to its limit."""
        statuses = {group.status for group in self.failing}
        return Status.NOT_MET in statuses, bool(statuses), max((g.distance for g in self.groups), default=-math.inf)

    @property
    def shown(self) -> tuple[Group, ...]:
        """All groups, or of many the worst, in the order of the data."""
        if len(self.groups) <= MOST_GROUPS:
            return self.groups
        by_distance = sorted(self.groups, key=lambda g: (g.is_judged, _WORST.index(g.status) < 2, g.distance))
        chosen = {id(group) for group in by_distance[-MOST_GROUPS:]}
        return tuple(group for group in self.groups if id(group) in chosen)

    def said(self, value: float) -> str:
        """A value as people say it."""
        unit = next((g.value.measured.unit for g in self.groups if g.value.measured is not None), "")
        return amount(value, self.metric, unit, None if value == self.tolerated else self.tolerated)


def _panels(answer: Answer) -> list[Panel]:
    """Every metric that is judged over every segmentation; what happens there comes first."""
    deficits = {(f.key.number("segmentation"), f.key.number("segment"), f.metric): f
                for f in answer.findings if f.key.kind is Topic.DEFICIT}  # fmt: skip
    found: dict[tuple[int, str], list[Group]] = {}
    for finding in answer.findings:
        if finding.key.kind is Topic.SEGMENT_VALUE and finding.measured is not None:
            place = finding.key.number("segmentation"), finding.key.number("segment"), finding.metric
            if any(f.metric == finding.metric for f in deficits.values()):
                found.setdefault((place[0], place[2]), []).append(Group(finding, deficits.get(place)))
    levels = _levels(answer)
    panels = [Panel(metric, tuple(groups), *levels.get(metric, (None, None)))
              for (_, metric), groups in found.items() if len(groups) > 1]  # fmt: skip
    if not panels:
        raise NothingToDraw("no two groups were measured")
    return sorted(panels, key=lambda panel: panel.rank, reverse=True)


def _levels(answer: Answer) -> dict[str, tuple[float, float]]:
    """By metric its value on all rows, and what is tolerated of a group."""
    table = answer.tables.get("overall")
    return {} if table is None else {str(row.metric): (float(row.overall), float(row.tolerated))
                                     for row in table.itertuples()}  # fmt: skip


def _drawn(panels: Sequence[Panel]) -> list[Panel]:
    """The panels in which something happens; where nothing does, the one that comes closest to it."""
    happening = [panel for panel in panels if panel.failing]
    return happening[:MOST_PANELS] or list(panels[:1])


@house_style()
def groups(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Each group's own value with its 95 % interval, in the order of the data. The solid line is the value of all rows
    together; the shaded side of the dashed line is tolerated.
    """
    panels = _panels(answer)
    drawn = _drawn(panels)
    names = [row_names([group.name for group in panel.shown]) for panel in drawn]
    heights = [rows_height(each, each=0.31) + 0.12 for each in names]
    between = 0.75
    whole = sum(heights) + between * (len(drawn) - 1)
    ax = bare(canvas(ax, whole + 0.75))
    for panel, place, label in zip(drawn, stacked(ax, heights, gap=between / whole), names, strict=True):
        _draw_panel(place, panel, label, headed=len(drawn) > 1)
    rest = len(panels) - len(drawn)
    note = f"not drawn: {format_count(rest)} more such pictures{_of_which(panels[len(drawn) :])}" if rest else ""
    heading = drawn[0].heading if len(drawn) == 1 else "Where groups fall behind"
    title(ax, heading, _note(drawn, note), above=34 if len(drawn) > 1 else 16)
    return ax


def _of_which(others: Sequence[Panel]) -> str:
    """What is known of the pictures that are left out."""
    failing = sum(bool(panel.failing) for panel in others)
    return f", {format_count(failing)} of them with a group that is not met or not proven" if failing else ""


def _note(drawn: Sequence[Panel], rest: str) -> str:
    judged = [group.deficit for panel in drawn for group in panel.shown if group.deficit is not None]
    many = [
        f"worst {MOST_GROUPS} of {format_count(len(p.groups))} groups" for p in drawn if len(p.shown) < len(p.groups)
    ]
    return "; ".join(filter(None, (key_words(judged), *dict.fromkeys(many), rest)))


def _draw_panel(ax: Axes, panel: Panel, names: Sequence[str], *, headed: bool) -> None:
    rows(ax, names)
    levels = [level for level in (panel.overall, panel.tolerated) if level is not None]
    view(ax, [group.value for group in panel.shown], include=levels)
    _inside_of_shares(ax, panel)
    stripes(ax, len(names))
    _tolerance(ax, panel)
    for y, group in enumerate(panel.shown):
        estimate_mark(ax, y, group.value, look=group.look)
        _numbers(ax, y, panel, group)
    if headed:
        panel_title(ax, panel.heading, columns=sheet().columns // 2, pad=18)


def _inside_of_shares(ax: Axes, panel: Panel) -> None:
    """Ticks in per cent, and no room beyond what a share can be."""
    if not is_share(panel.metric):
        return
    left, right = ax.get_xlim()
    ax.set_xlim(max(left, -0.02), min(right, 1.02))
    few_ticks(ax, 4 if sheet().narrow else 6)
    ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g} %")


def _tolerance(ax: Axes, panel: Panel) -> None:
    """All rows together, and the side that is tolerated."""
    left, right = ax.get_xlim()
    more = sheet().words.more_is_better(panel.metric)
    if panel.tolerated is not None:
        good = (panel.tolerated, right) if more else (left, panel.tolerated)
        ax.axvspan(*good, facecolor=LOOKS[Status.MET].colour, alpha=0.1, linewidth=0, zorder=0)
        place = (panel.tolerated - left) / (right - left)
        leans = "" if place < 0.3 or place > 0.7 else "right" if more else "left"
        upright(ax, panel.tolerated, f"tolerated {panel.said(panel.tolerated)}", colour=MUTED, align=leans)
    if panel.overall is not None:
        upright(ax, panel.overall, f"all {panel.said(panel.overall)}", dashed=False, align="left" if more else "right")


def _numbers(ax: Axes, y: float, panel: Panel, group: Group) -> None:
    """Value, counts and status of a group, right of its row."""
    estimate = group.value.measured
    assert estimate is not None
    glyph = f"{group.look.glyph} " if group.deficit is not None else ""
    value = panel.said(estimate.value)
    if sheet().narrow:
        above_row(ax, y, f"{glyph}{value} · {group.counts}", at=1.0, colour=group.look.colour)
        return
    margin_note(ax, y, f"{glyph}{value}", colour=INK if group.status is Status.MET else group.look.colour)
    margin_note(ax, y, group.counts, size=sheet().small, after=78)


def groups_caption(answer: Answer) -> str:
    """What `groups` shows, in a few words."""
    panels = _panels(answer)
    drawn = _drawn(panels)
    found = [f"{_beside_all(panel, panel.failing[0])}" for panel in drawn if panel.failing]
    if found:
        return " ".join(found)
    judged = sum(group.is_judged for panel in panels for group in panel.groups)
    every = sum(len(panel.groups) for panel in panels)
    return f"No group that could be judged falls behind by more than is tolerated ({judged} of {every} were judged)."


def _beside_all(panel: Panel, worst: Group) -> str:
    estimate = worst.value.measured
    assert estimate is not None
    words = plain(metric_words(panel.metric))
    doubt = "" if worst.status is Status.NOT_MET else "; whether that is within the limit is not proven"
    others = f", {panel.said(panel.overall)} over all {sheet().words.row.many}" if panel.overall is not None else ""
    limit = f"; {panel.said(panel.tolerated)} would be tolerated" if panel.tolerated is not None and not doubt else ""
    start = f"{words[:1].upper()}{words[1:]}"
    return f"{start} is {panel.said(estimate.value)} for {worst.name}{others}{limit}{doubt}."


def groups_alt(answer: Answer) -> str:
    """What `groups` shows, in one sentence a panel."""
    said = []
    for panel in _drawn(_panels(answer)):
        values = [f"{g.name} {panel.said(g.value.measured.value)}{_word(g)}" for g in panel.shown if g.value.measured]
        whole = [f"all {sheet().words.row.many} {panel.said(panel.overall)}" if panel.overall is not None else "",
                 f"tolerated {panel.said(panel.tolerated)}" if panel.tolerated is not None else ""]  # fmt: skip
        said.append(f"{panel.heading}: {listed(values, 8)}; {', '.join(filter(None, whole))}.")
    return plain(" ".join(said))


def _word(group: Group) -> str:
    return "" if group.status is Status.MET else f" ({group.status.words if group.is_judged else 'not judged'})"


# ----------------------------------------------------------------------------------------------------
# Weak spots that nobody named: found by a search in half of the rows, measured in the other half.


@house_style()
def slices(answer: Answer, *, ax: Axes | None = None) -> Axes:
    """Groups that a search found in one half of the rows, each with how far it is behind all others in the other half
    and the 95 % interval. The dashed line is the limit.
    """
    found = _slices(answer)
    names = row_names((_place(f) for f in found), most=40)
    ax = canvas(ax, 0.7 + rows_height(names, each=0.4))
    rows(ax, names)
    view(ax, found, include=[0.0])
    stripes(ax, len(found))
    if _is_in_points(found):
        upright(ax, 0.0, "", dashed=False, colour=MUTED)
        few_ticks(ax)
        ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:,.6g}".replace("-", "−"))
    bars_required(ax, found, _limit(found))
    for y, finding in enumerate(found):
        estimate_mark(ax, y, finding, look=LOOKS[finding.status] if finding.blocking else FACT)
        margin_note(ax, y, _misses(finding), colour=INK)
    x_label(ax, "points behind all others" if _is_in_points(found) else "error beyond what is tolerated")
    kinds = {True: "✕ not met", False: "● found by search; not part of the verdict"}
    note = "  ".join(words for judged, words in kinds.items() if judged in {f.blocking for f in found})
    title(ax, "Weak spots that nobody named", note, above=14)
    return ax


def _place(finding: Finding) -> str:
    metric = "" if _hits(finding) else f"{metric_words(finding.metric)}: "
    return f"{metric}{segment_words(finding, sheet().words.vocabulary)}"


def _is_in_points(found: Sequence[Finding]) -> bool:
    """Whether 0 means "as well as the rest"; where errors are compared by ratio, 0 is the limit itself."""
    return all(f.criterion is None or f.criterion.threshold != 0 for f in found)


def _limit(found: Sequence[Finding]) -> str:
    """The common limit in points; where errors are compared by ratio it is the line itself."""
    limits = {f.criterion.threshold for f in found if f.criterion is not None}
    return f"limit {100 * max(limits):.4g} points" if _is_in_points(found) and limits else "limit"


def _hits(finding: Finding) -> Hits | None:
    """How many rows of a weak spot are right; None where its number is no share of rows."""
    more = sheet().words.more_is_better(finding.metric)
    sides = sides_of(finding, more_is_better=more)
    return None if sides is None or not is_share(finding.metric) else hits_of(sides.here)


def _misses(finding: Finding) -> str:
    """What goes wrong there, counts first: "28 of 28 missed"."""
    hits = _hits(finding)
    if hits is None:
        return measured(finding, signed=True)
    more = sheet().words.more_is_better(finding.metric)
    wrong = hits.misses if more else hits.hits
    word = {"recall": "missed", "false_positive_rate": "false alarms"}.get(finding.metric, "wrong")
    return f"{format_count(wrong)} of {format_count(hits.total)} {word}"


def _slices(answer: Answer) -> list[Finding]:
    found = [f for f in answer.findings if f.key.kind is Topic.SLICE and f.measured is not None]
    if not found:
        raise NothingToDraw("no weak spot was found that nobody had named")
    return found


def slices_caption(answer: Answer) -> str:
    """What `slices` shows, in a few words."""
    found = _slices(answer)
    worst = found[0]
    spots = "1 weak spot" if len(found) == 1 else f"{format_count(len(found))} weak spots"
    verdict = "" if any(f.blocking for f in found) else " Found by search, not part of the verdict."
    return plain(f"{spots} that nobody named; the worst: {_misses(worst)} in {_place(worst)}.{verdict}")


def slices_alt(answer: Answer) -> str:
    """What `slices` shows, in one sentence."""
    found = _slices(answer)
    said = [f"{plain(_place(f))[:90]} ({_misses(f)}, {measured(f)} worse)" for f in found]
    where = f"measured on {sheet().words.row.many} that were not searched"
    return f"Weak spots that nobody named, {where}: {listed(said, len(said))}."
