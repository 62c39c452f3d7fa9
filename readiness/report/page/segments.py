"""Tables of question 3: groups in their natural order, groups compared with each other, and weak spots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from readiness.core.findings import Finding, Status
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    claims_table,
    facts_table,
    mark,
    summary,
    table,
)
from readiness.report.sentences import metric_title, worst_first
from readiness.report.sentences.language import Language

_SLICES = frozenset({Topic.SLICE, Topic.SLICES_SEARCHED})
_ORDER = (Status.NOT_MET, Status.NOT_PROVEN, Status.MET, Status.NOT_ASSESSED)
_MOST_METRICS = 2
"""Metrics that an open table shows; all of them stand in the appendix."""
_MOST_SPOTS = 2


@dataclass(slots=True)
class _Group:
    """The findings of one group."""

    rows: Finding | None = None
    values: dict[str, Finding] = field(default_factory=dict)
    deficits: dict[str, Finding] = field(default_factory=dict)

    @property
    def every(self) -> list[Finding]:
        return [*([self.rows] if self.rows else []), *self.values.values(), *self.deficits.values()]

    @property
    def segment(self) -> dict[str, str]:
        return dict(next((f.segment for f in self.every if f.segment), {}))

    @property
    def size(self) -> int:
        if self.rows is not None and self.rows.measured is not None:
            return round(self.rows.measured.value)
        return max((f.measured.n for f in self.values.values() if f.measured), default=0)

    @property
    def status(self) -> Status:
        statuses = {f.status for f in self.deficits.values() if f.blocking}
        return next((status for status in _ORDER if status in statuses), Status.NOT_ASSESSED)


def tables(findings: Sequence[Finding], language: Language) -> tuple[Table, ...]:
    """For each segmentation the groups by what is wrong with one of them; all else, and what is calm, folded."""
    made: list[Table] = []
    for number in _numbers(findings):
        own = [f for f in findings if f.key.number("segmentation") == number]
        made += _segmentation(own, number, language)
    slices = [f for f in findings if f.key.kind in _SLICES]
    made += _weak_spots(slices, language) if slices else ()
    rest = [f for f in findings if f.blocking and not f.key.number("segmentation") and f not in slices]
    return tuple([*made, claims_table(rest, "Further requirements", language)] if rest else made)


def _numbers(findings: Sequence[Finding]) -> list[int]:
    return [number for number in dict.fromkeys(f.key.number("segmentation") for f in findings) if number]


def _segmentation(findings: Sequence[Finding], number: int, language: Language) -> list[Table]:
    groups, others = _by_group(findings)
    title = language.words.segmentation(number)
    judged = [f for f in others if f.blocking]
    facts = [f for f in others if not f.blocking]
    failing = [f for f in judged if f.status is not Status.MET]
    hidden = [
        *([_whole(title, groups, language)] if groups else []),
        *_together(title, [f for f in judged if f not in failing], facts, language),
    ]
    return [
        *_open(title, groups, language),
        *([claims_table(failing, f"By {title}: all groups together", language)] if failing else []),
        *(replace(each, fold=hidden[0].caption) for each in hidden),
    ]


def _together(title: str, judged: Sequence[Finding], facts: Sequence[Finding], language: Language) -> list[Table]:
    made = []
    if judged:
        many = "one requirement" if len(judged) == 1 else f"{len(judged)} requirements"
        caption = f"{title}: {many} on all groups together, {'' if len(judged) == 1 else 'all '}met"
        made.append(claims_table(judged, caption, language, folds=True))
    if facts:
        made.append(facts_table(facts, f"{title}: how far apart the groups are", language))
    return made


def _open(title: str, groups: Sequence[_Group], language: Language) -> list[Table]:
    """The groups by the metrics in which one of them is not fine; nothing where all are."""
    troubled = worst_first([f for g in groups for f in g.deficits.values() if _is_troubled(f)])
    metrics = list(dict.fromkeys(finding.metric for finding in troubled))[:_MOST_METRICS]
    if not metrics:
        return []
    columns = [Column(title[:1].upper() + title[1:]), Column(_rows_word(language), "number")]
    for name in metrics:
        columns += [Column(_metric(name)), Column(f"{_metric(name)}: beside all others")]
    rows = [_open_row(group, metrics, language) for group in groups]
    return [table(f"By {title}", [*columns, Column("Result", "status")], rows)]


def _is_troubled(finding: Finding) -> bool:
    return finding.blocking and (finding.status is not Status.MET or bool(finding.warning))


def _open_row(group: _Group, metrics: Sequence[str], language: Language) -> Row:
    cells = [Cell(language.words.group(group.segment)), Cell(format_count(group.size))]
    for name in metrics:
        value, deficit = group.values.get(name), group.deficits.get(name)
        cells.append(Cell(language.measured(value) if value and value.measured else "–"))
        cells.append(Cell(language.measured(deficit) if deficit and deficit.measured else "–"))
    worst = worst_first([f for f in group.deficits.values() if f.blocking])
    if not worst:
        return Row((*cells, Cell(mark=Mark(Status.NOT_ASSESSED, "too few to judge"))))
    is_refused = worst[0].status is Status.NOT_MET
    warning = "" if is_refused else next((f.warning for f in worst if f.warning), "")
    # the result is that of every metric: one that has no column here is named
    hidden = worst[0].status is not Status.MET and worst[0].metric not in metrics
    by = f"{_metric(worst[0].metric)}: {language.measured(worst[0])}" if hidden else ""
    thin = [_metric(name) for name in metrics if (f := group.deficits.get(name)) and not f.blocking]
    few = f"too few to judge by {listed(thin)}" if thin else ""
    result = Cell(note="; ".join(filter(None, (by, few))), mark=mark(worst[0].status), warning=warning)
    return Row((*cells, result), status=worst[0].status.value if is_refused else "")


def _whole(title: str, groups: Sequence[_Group], language: Language) -> Table:
    """Every metric of every group; the gap to all others below it."""
    metrics = list(dict.fromkeys(name for g in groups for name in (*g.deficits, *g.values)))
    columns = [Column(title), Column(_rows_word(language), "number"), Column("Result", "status")]
    columns += [Column(_metric(name)) for name in metrics]
    rows = []
    for group in groups:
        numbers = (_both(group.values.get(name), group.deficits.get(name), language) for name in metrics)
        size = Cell(format_count(group.size), anchor=anchor(group.rows.code) if group.rows else "")
        rows.append(Row((Cell(language.words.group(group.segment)), size, _result(group, language), *numbers)))
    judged = [f for g in groups for f in g.deficits.values() if f.blocking]
    many = "1 group" if len(groups) == 1 else f"{len(groups)} groups"
    made = sum(len(g.deficits) for g in groups)
    if judged and (few := made - len(judged)):  # what is too small is not among what is met
        many = f"{many}, {few} of {made} comparisons on too few {language.words.row.many}, of the others"
        caption = f"{title}: {many} {summary(judged, language)}"
    else:
        caption = f"{title}: {many}, {summary(judged, language)}" if judged else f"{title}: {many}"
    note = "Below each number stands how the group does beside all others together. No group is left out."
    return table(caption, columns, rows, [f for g in groups for f in g.every], note=note, folds=True)


def _both(value: Finding | None, deficit: Finding | None, language: Language) -> Cell:
    text = language.measured(value) if value is not None and value.measured is not None else "–"
    if deficit is None:
        return Cell(text, anchor=anchor(value.code) if value else "")
    gap = language.measured(deficit) if deficit.measured is not None else "too few to judge"
    own = mark(deficit.status) if deficit.blocking and deficit.status is not Status.MET else None
    return Cell(text, gap, own, anchor(value.code) if value else "", note_anchor=anchor(deficit.code))


def _result(group: _Group, language: Language) -> Cell:
    judged = [f for f in group.deficits.values() if f.blocking]
    if not judged:
        first = next(iter(group.deficits.values()), None)
        reason = language.sentence(first) if first is not None else ""
        return Cell(note=reason, mark=Mark(Status.NOT_ASSESSED, "too few to judge"))
    warning = next((f.warning for f in judged if f.warning), "") if group.status is not Status.NOT_MET else ""
    too_few = [_metric(name) for name, f in group.deficits.items() if not f.blocking]
    note = f"too few to judge by {', '.join(too_few)}" if too_few else ""
    return Cell(note=note, mark=mark(group.status), warning=warning)


def _weak_spots(findings: Sequence[Finding], language: Language) -> list[Table]:
    """Groups that were found by search, and how they were searched."""
    found = worst_first([f for f in findings if f.segment])
    search = [f for f in findings if not f.segment]
    if not found:
        return [facts_table(search, "Groups found by search: none", language)]
    columns = (Column("Group"), Column("Found there"), Column("Result", "status"))
    rows = [*(_weak_spot(finding, language) for finding in found), *(_search(finding, language) for finding in search)]
    note = "Found in one half of the rows, confirmed in the other."
    caption = "Groups found by search, not named in advance"
    return [table(caption, columns, rows, findings, note=note, most=_MOST_SPOTS)]


def _weak_spot(finding: Finding, language: Language) -> Row:
    own = mark(finding.status) if finding.blocking else Mark(Status.NOT_ASSESSED, "not part of the verdict")
    cells = (
        Cell(language.words.group(finding.segment)),
        Cell(language.sentence(finding)),
        Cell(mark=own, warning=finding.warning),
    )
    return Row(cells, anchor(finding.code))


def _search(finding: Finding, language: Language) -> Row:
    cells = (Cell("The search"), Cell(language.sentence(finding)), Cell())
    return Row(cells, anchor(finding.code))


def _by_group(findings: Sequence[Finding]) -> tuple[list[_Group], list[Finding]]:
    """The groups in the order of the record, which is their natural one, and what is said of all of them."""
    groups: dict[int, _Group] = {}
    others = []
    for finding in findings:
        key = finding.key
        if not key.number("segment"):
            others.append(finding)
            continue
        group = groups.setdefault(key.number("segment"), _Group())
        if key.kind is Topic.SEGMENT_ROWS:
            group.rows = finding
        elif key.kind is Topic.SEGMENT_VALUE:
            group.values[finding.metric or key.metric] = finding
        else:
            group.deficits[finding.metric or key.metric] = finding
    return [groups[number] for number in sorted(groups)], others


def _metric(name: str) -> str:
    title = metric_title(name)
    return title[:1].upper() + title[1:]


def _rows_word(language: Language) -> str:
    many = language.words.row.many
    return many[:1].upper() + many[1:]
