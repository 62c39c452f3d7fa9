"""Weak slices that nobody named: searched on one half of the rows, tested on the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from readiness.core.findings import Estimate, Finding, Status
from readiness.core.format import format_pair, format_share, listed
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import Segmentation
from readiness.questions.deficits import Ruler, Split, deficit, is_surely_worse, split_by
from readiness.questions.slice_columns import CodedColumn, slice_columns
from readiness.questions.wording import as_clause, count_of, denominator
from readiness.spec.schema import Segments
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.slices import Key, Mask, Search, Span, chance_of_so_many, first_half, rows_of, search
from readiness.verdict.claims import calendar_names

MOST_SHOWN = 4

_WRONG = {
    "accuracy": "wrong",
    "recall": "missed",
    "false_negative_rate": "missed",
    "specificity": "false alarms",
    "false_positive_rate": "false alarms",
}
"""Metrics that are means over rows that do not depend on what is predicted, and what a loss of 1 is called."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """What stood out on one half of the rows, as claims tested on the other half."""

    claims: tuple[Measurement, ...] = ()
    chances: tuple[float, ...] = ()
    """For each claim, how likely so many losses are by chance alone; 0 where its limits alone have to tell."""
    alpha: float = 0.05
    """Allowed chance that any combination is shown that is no worse; each has an equal part of it (Bonferroni)."""
    named: tuple[bool, ...] = ()
    """For each claim, whether `data.segments` names all of its columns."""
    searched: int = 0
    """Combinations with enough rows, for the metric with the most of them."""
    metrics: tuple[str, ...] = ()
    """Titles of the metrics that were searched."""
    in_points: bool = True
    """Whether the limit is in points of the metric, and not a share of the error."""
    rows: int = 0
    """Rows that were searched."""
    columns: int = 0
    possible_columns: int = 0
    """Without the limit of `MOST_COLUMNS`; parts of `data.time` are no columns."""
    parts: tuple[str, ...] = ()
    """The parts of `data.time` that were searched: "opened (hour)"."""


def suspects(evidence: Evidence, rulers: Sequence[Ruler]) -> Suspects:
    """Combinations of one or two columns that look weak in one half of the rows, measured in the other half."""
    columns, possible = slice_columns(evidence)
    searchable = [ruler for ruler in rulers if ruler.metric.name in _metrics(evidence.task)]
    half = first_half(evidence.cases, seed=evidence.spec.seed)
    others = evidence.cases.subset(~half)
    claims: list[Measurement] = []
    chances: list[float] = []
    named: list[bool] = []
    searched = 0
    for ruler in searchable if columns else ():
        found = _search(evidence, ruler, columns, half)
        searched = max(searched, found.searched)
        for each in found.found:
            slice_key = Topic.SLICE.key(len(claims))
            claim, chance = _tested(others, ruler, columns, each.key, half, found.searched, slice_key)
            claims.append(claim)
            chances.append(chance)
            named.append(all(columns[span.column].is_named for span in each.key))
    parts = tuple(column.name for column in columns if column.name in calendar_names(evidence.spec.data.time))
    return Suspects(
        tuple(claims),
        tuple(chances),
        evidence.spec.alpha,
        tuple(named),
        searched,
        tuple(ruler.metric.title for ruler in searchable),
        in_points=evidence.task is not Task.REGRESSION,
        rows=int(np.count_nonzero(half)),
        columns=len(columns) - len(parts),
        possible_columns=possible - len(parts),
        parts=parts,
    )


def _metrics(task: Task) -> Sequence[str]:
    if task is Task.REGRESSION:
        return ("mae",)
    return tuple(_WRONG) if task is Task.BINARY else ("accuracy",) if task is Task.MULTICLASS else ()


def _search(evidence: Evidence, ruler: Ruler, columns: Sequence[CodedColumn], half: Mask) -> Search:
    among, loss = _losses(ruler.metric.name, evidence.cases)
    rows = np.flatnonzero(half & among)
    if loss.dtype != np.bool_:  # errors in multiples of their mean
        with np.errstate(over="ignore"):
            mean = float(loss[rows].mean()) if len(rows) else 0.0
        if not 0 < mean < np.inf:
            return Search(0, ())
        loss = loss / mean
    return search(
        [column.codes[rows] for column in columns],
        [len(column.words) for column in columns],
        loss[rows],
        ordered=[column.ordered for column in columns],
        effect=ruler.warning,
        known=_named_segments(evidence, columns),
    )


def _losses(metric: str, cases: Cases) -> tuple[Mask, Mask | Floats]:
    """The rows of the metric's denominator, and the loss of every row."""
    everyone = np.ones(cases.n, dtype=bool)
    if metric == "mae":
        with np.errstate(over="ignore"):
            return everyone, np.abs(cases.y_true - cases.y_pred).astype(np.float64)
    wrong = np.asarray(cases.y_true != cases.y_pred)
    if metric == "accuracy":
        return everyone, wrong
    positive = 1 if metric in ("recall", "false_negative_rate") else 0
    return np.asarray(cases.y_true == positive), wrong


def _named_segments(evidence: Evidence, columns: Sequence[CodedColumn]) -> frozenset[Key]:
    """The named segments: they are judged by themselves, on all rows."""
    place = {column.name: k for k, column in enumerate(columns) if column.is_named}
    labels = [label for segmentation in evidence.segmentations for label in segmentation.labels]
    pairs = [
        [Span(place[name], *[columns[place[name]].words.index(word)] * 2) for name, word in label.items()]
        for label in labels
        if all(name in place and word in columns[place[name]].words for name, word in label.items())
    ]
    return frozenset(tuple(sorted(pair)) for pair in pairs)


def _tested(
    others: Cases,
    ruler: Ruler,
    columns: Sequence[CodedColumn],
    key: Key,
    half: Mask,
    searched: int,
    slice_key: FindingKey,
) -> tuple[Measurement, float]:
    """The claim about one combination, on the half that was not searched, and its exact chance where there is one."""
    inside = rows_of(key, [column.codes for column in columns])[~half]
    labels = {columns[column].name: columns[column].text(first, last) for column, first, last in key}
    pair = Segmentation("combination", inside.astype(np.int64), ({}, labels))
    split = split_by(ruler.metric.name, others, pair)[1]
    claim = deficit(slice_key, pair.text(1), labels, split, ruler, enough=True)  # nobody needs it to be met
    found = f"found among {searched:,} combinations on the other half of the rows"
    return replace(claim, reason=f"{_words_of(split, ruler)}; {found}"), _chance(split, ruler)


def _chance(split: Split, ruler: Ruler) -> float:
    """How likely so many losses or more are among the rows here, if they are spread over all rows by chance alone.

    Fisher's (1934) exact test: far out in the tail, where many combinations are tested, limits of shares that rest on
    the normal distribution are too short for few rows. 0 where rows depend on each other or losses are no counts.
    """
    inside, outside = split.inside, split.outside
    if not isinstance(inside, Binomial) or not isinstance(outside, Binomial):
        return 0.0
    turned = ruler.metric.greater_is_better
    here, there = (round(part.n - part.successes if turned else part.successes) for part in (inside, outside))
    return chance_of_so_many(here, drawn=inside.n, marked=here + there, total=inside.n + outside.n)


def _words_of(split: Split, ruler: Ruler) -> str:
    """Losses in counts: "missed: 31 of 60 rows with is_fraud = 1 here, against 4 % elsewhere"."""
    inside, outside, name = split.inside, split.outside, ruler.metric.name
    if isinstance(inside, Missing):
        return as_clause(inside.reason)
    if isinstance(outside, Missing):
        return as_clause(outside.reason)
    if isinstance(inside, Binomial) and isinstance(outside, Binomial):
        turned = ruler.metric.greater_is_better
        count = round(inside.n - inside.successes if turned else inside.successes)
        rest = 1 - outside.value if turned else outside.value
        of = count_of(inside.n, ruler.noun)
        return f"{_WRONG[name]}: {count:,} of {of} here, against {format_share(rest)} elsewhere"
    here, there = format_pair(inside.value, outside.value, ruler.metric.unit)
    return f"{ruler.metric.title} is {here} here ({count_of(split.rows, ruler.noun)}) and {there} elsewhere"


def slice_findings(
    suspected: Suspects, tested: Sequence[Finding], criteria: Segments, *, proven: bool
) -> tuple[Finding, ...]:
    """The combinations that are surely worse, worst first, and one fact about the search.

    Only a proven deficit beyond the limit counts against the candidate, and only where `judged_slices` says so: nearly
    every good model has regions of its features where the truth itself is uncertain.

    Args:
        suspected: what was searched.
        tested: the findings of its claims, in their order.
        criteria: the spec's.
        proven: whether *not met* is a proof; under the point rule it is none, and nothing here counts.
    """
    counts = {
        finding.code: proven and finding.status is Status.NOT_MET and _is_judged(named, criteria)
        for finding, named in zip(tested, suspected.named, strict=True)
    }
    worse = sorted(
        (
            finding
            for finding, chance in zip(tested, suspected.chances, strict=True)
            if finding.status is Status.NOT_MET
            or (is_surely_worse(finding) and chance <= suspected.alpha / len(tested))
        ),
        key=lambda f: (not counts[f.code], f.status is not Status.NOT_MET, -f.measured.value if f.measured else 0.0),
    )
    shown = [
        replace(finding, key=Topic.SLICE.key(place), blocking=counts[finding.code])
        for place, finding in enumerate(worse[:MOST_SHOWN], 1)
    ]
    return (*shown, _summary(suspected, worse, criteria))


def _is_judged(named: bool, criteria: Segments) -> bool:
    return criteria.judged_slices == "all" or (criteria.judged_slices == "named" and named)


def _summary(suspected: Suspects, worse: Sequence[Finding], criteria: Segments) -> Finding:
    name = "Combinations of columns searched for weak spots"
    fact = Finding(Topic.SLICES_SEARCHED.key(), name, Status.NOT_ASSESSED, blocking=False, metric="combinations")
    if not suspected.searched:
        return replace(fact, reason=f"no search: {_why_not(suspected)}")
    n = float(suspected.searched)
    estimate = Estimate(n, n, n, 1.0, suspected.rows, "combinations", "exact")
    limit = f"{100 * criteria.limit:.4g} {'points' if suspected.in_points else '%'}"
    confirmed = _distinct(finding for finding in worse if finding.status is Status.NOT_MET)
    others = _distinct(finding for finding in worse if finding.status is not Status.NOT_MET)
    said = f"{confirmed or 'none'} of {suspected.searched:,} {'are' if confirmed > 1 else 'is'} shown to be worse"
    many = len(suspected.claims)
    tested = f"{many:,} stood out and {'was' if many == 1 else 'were'} tested on the other rows"
    parts = (
        f"{said} by more than {limit}" + (f", {others} more to be surely worse" if others else ""),
        f"{_columns(suspected)} searched one and two at a time, by {listed(suspected.metrics)}",
        f"{suspected.rows:,} rows were searched",
        tested if suspected.claims else "none stood out",
    )
    return replace(fact, measured=estimate, reason="; ".join(parts))


def _distinct(findings: Iterable[Finding]) -> int:
    return len({tuple(finding.segment.items()) for finding in findings})


def _why_not(suspected: Suspects) -> str:
    if not suspected.metrics:
        return "none of the judged metrics is a mean over rows that do not depend on what is predicted"
    if not suspected.columns and not suspected.parts:
        return "there is no column to search by"
    return "no combination has enough rows in one half of the rows"


def _columns(suspected: Suspects) -> str:
    """What was searched: "4 columns, opened (hour) and opened (weekday) were"."""
    if suspected.columns < suspected.possible_columns:
        said = f"the first {suspected.columns:,} of {suspected.possible_columns:,} columns"
    else:
        said = f"{suspected.columns:,} {'column' if suspected.columns == 1 else 'columns'}"
    is_one = suspected.columns == suspected.possible_columns == 1 and not suspected.parts
    return f"{listed((said, *suspected.parts), 4)} {'was' if is_one else 'were'}"


# ----------------------------------------------------------------------------------------------------
# The place of confirmed weak spots: inside a named group that fails by itself, or anywhere else

INSIDE = 0.9
"""Share of the rows of a weak spot from which it lies inside a group."""
CONFIRMED = "confirmed weak spot"
"""How the warning of a weak spot begins that is proven to be worse by more than the limit and does not count."""


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """A named group that fails by itself."""

    words: str
    rows: Mask


def with_places(evidence: Evidence, slices: Sequence[Finding], named: Sequence[Finding]) -> tuple[Finding, ...]:
    """Confirmed weak spots with the failing group that they lie in, and a warning where they do not count.

    Args:
        evidence: of the review.
        slices: findings of the search.
        named: findings of the named segments.
    """
    if not any(map(_is_confirmed, slices)):
        return tuple(slices)
    columns, failing = slice_columns(evidence)[0], list(_failing(evidence, named))
    return tuple(
        _place(evidence, finding, columns, failing) if _is_confirmed(finding) else finding for finding in slices
    )


def _is_confirmed(finding: Finding) -> bool:
    return finding.key.kind is Topic.SLICE and finding.status is Status.NOT_MET


def _failing(evidence: Evidence, named: Sequence[Finding]) -> Iterator[_Group]:
    """Each named group with a proven deficit, once."""
    seen: set[tuple[int, int]] = set()
    for finding in named:
        number, is_deficit = finding.key.number("segmentation"), finding.key.kind is Topic.DEFICIT
        if not is_deficit or finding.status is not Status.NOT_MET or not 0 < number <= len(evidence.segmentations):
            continue
        segmentation = evidence.segmentations[number - 1]
        codes = [code for code, label in enumerate(segmentation.labels) if dict(label) == dict(finding.segment)]
        if codes and (number, codes[0]) not in seen:
            seen.add((number, codes[0]))
            yield _Group(segmentation.text(codes[0]), np.asarray(segmentation.codes == codes[0]))


def _place(evidence: Evidence, finding: Finding, columns: Sequence[CodedColumn], failing: Sequence[_Group]) -> Finding:
    rows, warning = _rows(finding, columns), finding.warning
    counted = None if rows is None else rows & _denominator_rows(evidence, finding.metric)
    where, told = _where(counted, failing, denominator(finding.metric, evidence.positive))
    if not finding.blocking:
        warning = f"{CONFIRMED}{where}"
    return replace(finding, warning=warning, reason=f"{finding.reason}; {told}" if told else finding.reason)


def _where(rows: Mask | None, failing: Sequence[_Group], noun: str) -> tuple[str, str]:
    """As the end of a warning, and in counts."""
    total = 0 if rows is None else int(np.count_nonzero(rows))
    if rows is None or not failing or not total:
        return "", ""
    shared = [int(np.count_nonzero(rows & group.rows)) for group in failing]
    most = int(np.argmax(shared))
    group, inside = failing[most], shared[most]
    if not inside:
        return ", in no named group that fails", ""
    told = f"{inside:,} of its {count_of(total, noun)} are of {group.words}, which fails by itself"
    if inside >= INSIDE * total:
        return f" inside {group.words}, which fails by itself", told
    return ", for the most part in no named group that fails" if 2 * sum(shared) < total else "", told


def _denominator_rows(evidence: Evidence, metric: str) -> Mask:
    """The rows of the metric's own denominator: the positives for recall."""
    positive = np.asarray(evidence.cases.y_true == 1)
    if metric in ("recall", "false_negative_rate"):
        return positive
    return ~positive if metric in ("specificity", "false_positive_rate") else np.ones(evidence.cases.n, dtype=bool)


def _rows(finding: Finding, columns: Sequence[CodedColumn]) -> Mask | None:
    """The rows of a weak spot, by the words of its columns; None where the words are those of several runs."""
    parts = [_part(columns, name, words) for name, words in finding.segment.items()]
    known = [part for part in parts if part is not None]
    return np.asarray(np.logical_and.reduce(known)) if known and len(known) == len(parts) else None


def _part(columns: Sequence[CodedColumn], name: str, words: str) -> Mask | None:
    column = next((each for each in columns if each.name == name), None)
    if column is None:
        return None
    spans = [(k, k) for k, word in enumerate(column.words) if word == words]
    runs = range(column.ordered)
    pairs = ((a, b) for a in runs for b in runs[a + 1 :] if b - a < len(runs) - 1)  # all levels are no run
    spans = spans or [(a, b) for a, b in pairs if column.text(a, b) == words]
    if len(spans) != 1:
        return None
    first, last = spans[0]
    return np.asarray((column.codes >= first) & (column.codes <= last))
