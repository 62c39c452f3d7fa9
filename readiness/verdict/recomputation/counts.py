"""Counts that must agree: cells of the confusion matrix, counts behind bounds, rows of segments, rows that exist."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Question, Recomputable
from readiness.core.keys import FindingKey, Topic
from readiness.core.policy import SEGMENT_ROWS, Task
from readiness.spec.parts import label_text
from readiness.spec.schema import Spec
from readiness.statistics.basis import MOVER, SHARES, flatten
from readiness.statistics.cases import Floats
from readiness.statistics.labels import MULTICLASS_SHARES, SHARE_METRICS, rows_that_count
from readiness.verdict.recomputation.bounds import is_relative
from readiness.verdict.recomputation.classes import matrix_of

if TYPE_CHECKING:
    from readiness.verdict.record import Record

Counts = tuple[tuple[float, float], ...]
"""Hits and rows of each share that a metric is made of."""

_NAMED = frozenset({Topic.DEFICIT, Topic.SMALL_DEFICIT})
_GROUPS: Mapping[str, tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]] = {
    "demographic_parity_ratio": (((1, 3), (0, 1, 2, 3)),),
    "demographic_parity_difference": (((1, 3), (0, 1, 2, 3)),),
    "equal_opportunity_difference": (((3,), (2, 3)),),
    "equalized_odds_difference": (((3,), (2, 3)), ((1,), (0, 1))),
}
"""Which of the four cells, true negative to true positive, count among which when groups are compared."""


def check_counts(record: Record) -> None:
    """Raises:
    InvalidReport: counts in different places do not agree, or speak of more rows than were scored.
    """
    _check_rows(record)
    table = cells(record)
    if table is None and _must_be_shown(record):
        raise InvalidReport("The record prices or judges errors, and does not say which rows were right and wrong.")
    if table is None or record.gathered.spec.get("data", {}).get("weight"):
        return  # weighted rows are not counted one by one
    for question in (Question.BASELINE, Question.BUSINESS, Question.SEGMENTS, Question.STABILITY):
        for finding in record.answer(question).findings:
            bounds = finding.bounds
            if bounds is not None and bounds.recomputable is Recomputable.COUNTS and bounds.basis is not None:
                _check_finding(record, question, finding, bounds.basis, table)


def cells(record: Record) -> Floats | None:
    """The confusion matrix that question 4 shows, (true, predicted); None where it shows none."""
    lines = matrix_of([f for f in record.answer(Question.ERRORS).findings if f.measured is not None])
    return np.array([[f.measured.value for f in line if f.measured] for line in lines]) if lines else None


def _must_be_shown(record: Record) -> bool:
    has_classes = record.gathered.data.task in (Task.BINARY, Task.MULTICLASS)
    return has_classes and any(f.bounds is not None for f in record.answer(Question.ERRORS).findings)


def _check_finding(record: Record, question: Question, finding: Finding, basis: Basis, table: Floats) -> None:
    """Raises: InvalidReport."""
    possible, is_gain = list(_possible(finding.metric, record, table)), _is_gain(record, question, finding)
    found = tuple(_shares(_of_candidate(basis))) if is_gain else _summed(finding, basis)
    if not possible or (is_gain and not found):
        return
    is_whole = is_gain or question is Question.BUSINESS or _is_named(finding)
    if any(_agree(found, counts, exactly=is_whole) for counts in possible):
        return
    raise InvalidReport(
        f"Finding {finding.code} counts {_said(found)}; the right and wrong rows of question 4 give "
        f"{'' if is_whole else 'at most '}{_said(possible[0])}."
    )


def _is_gain(record: Record, question: Question, finding: Finding) -> bool:
    return question is Question.BASELINE or is_relative(record, finding)


def _of_candidate(gain: Basis) -> Basis:
    """The candidate's own number in a gain over another method: moved by the other's value, or less the other."""
    inner = gain.parts[0] if gain.form == "linear" and gain.parts else gain
    return inner.parts[0] if inner.form == MOVER and inner.parts else inner


def _is_named(finding: Finding) -> bool:
    """Whether it compares a segment with all other rows, or all groups, so that both together are all rows."""
    return finding.key.kind in _NAMED or finding.metric in _GROUPS


def _possible(metric: str, record: Record, table: Floats) -> Iterator[Counts]:
    """What the matrix gives for a metric; with more than two classes for each class against the rest, too."""
    if record.gathered.data.task == Task.MULTICLASS:
        if metric in MULTICLASS_SHARES:
            yield ((float(np.trace(table)), float(table.sum())),)
        for k in range(len(table)):
            yield from _of_four(metric, one_against_rest(table, k).ravel())
    elif record.gathered.data.task == Task.BINARY:
        yield from _of_four(metric, table.ravel())


def one_against_rest(table: Floats, k: int) -> Floats:
    """The confusion matrix (2, 2) of one class against all others."""
    hit, true, said = float(table[k, k]), float(table[k].sum()), float(table[:, k].sum())
    return np.array([[float(table.sum()) - true - said + hit, said - hit], [true - hit, hit]])


def _of_four(metric: str, four: Floats) -> Iterator[Counts]:
    if metric in SHARE_METRICS:
        hits, among = rows_that_count(metric)
        yield ((float(four[hits].sum()), float(four[among].sum())),)
    elif metric == "balanced_accuracy":
        yield tuple(pair for name in ("recall", "specificity") for counts in _of_four(name, four) for pair in counts)
    elif metric in _GROUPS:
        yield tuple((float(four[list(h)].sum()), float(four[list(a)].sum())) for h, a in _GROUPS[metric])


def _summed(finding: Finding, basis: Basis) -> Counts:
    """The counts behind bounds, those of both sides or of all groups together."""
    if finding.metric in _GROUPS:
        spreads = basis.parts if basis.form == "widest" else (basis,)
        return tuple(_total(_shares(spread)) for spread in spreads)
    top = basis if basis.form != "widened" else basis.parts[0]
    if top.form != MOVER or not finding.segment:
        return tuple(_shares(basis))
    return tuple(_total(pairs) for pairs in zip(*(_shares(part) for part in top.parts), strict=True))


def _shares(basis: Basis) -> list[tuple[float, float]]:
    shares = [part.numbers for part in flatten(basis) if part.form in SHARES]
    return [(numbers["successes"] or 0.0, numbers["n"] or 0.0) for numbers in shares]


def _total(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(hits for hits, _ in pairs), sum(rows for _, rows in pairs)


def _agree(found: Counts, wanted: Counts, *, exactly: bool) -> bool:
    if len(found) != len(wanted):
        return False
    pairs = [(a, b) for mine, theirs in zip(found, wanted, strict=True) for a, b in zip(mine, theirs, strict=True)]
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6) or (not exactly and a < b) for a, b in pairs)


def _said(counts: Counts) -> str:
    return " and ".join(f"{hits:,.10g} of {rows:,.10g}" for hits, rows in counts)


def _check_rows(record: Record) -> None:
    """Raises: InvalidReport."""
    scored = record.gathered.data.rows_scored
    for question in (Question.SEGMENTS, Question.ERRORS):
        for finding in record.answer(question).findings:
            if finding.measured is not None and finding.measured.n > scored:
                raise InvalidReport(
                    f"Finding {finding.code} speaks of {finding.measured.n:,} rows; scored were {scored:,}."
                )
    segments = record.answer(Question.SEGMENTS).findings
    counted = {f.key: f.measured.value for f in segments if f.measured and f.key.kind is Topic.SEGMENT_ROWS}
    rows = {_segment(key): count for key, count in counted.items()}
    by_segmentation: dict[int, float] = defaultdict(float)
    for (segmentation, _), count in rows.items():
        by_segmentation[segmentation] += count
    for segmentation, total in by_segmentation.items():
        if total > scored:
            raise InvalidReport(f"The segments SEGM-{segmentation} hold {total:,.0f} rows; scored were {scored:,}.")
    for finding in segments:
        segment = _segment(finding.key)
        if (
            finding.bounds is not None
            and finding.measured is not None
            and finding.measured.n > rows.get(segment, math.inf)
        ):
            raise InvalidReport(
                f"Finding {finding.code} speaks of {finding.measured.n:,} rows; its segment has {rows[segment]:,.0f}."
            )


def _segment(key: FindingKey) -> tuple[int, int]:
    """Numbers of a segmentation and of its segment, from 1; 0 for findings that are about none."""
    return key.number("segmentation"), key.number("segment")


# ----------------------------------------------------------------------------------------------------
# Segments that stand aside, since they have too few rows, are none of those that the coverage counts.


def check_coverage(record: Record, spec: Spec) -> None:
    """Raises:
    InvalidReport: rows or critical values of segments that were not judged count as if they had been.
    """
    findings = record.answer(Question.SEGMENTS).findings
    rows = {_segment(f.key): f.measured.value for f in findings if f.measured and f.key.kind is Topic.SEGMENT_ROWS}
    for finding in findings:
        i, exact = finding.key.number("segmentation"), finding.measured
        if exact is None or finding.key.kind not in (Topic.SEGMENT_COVERAGE, Topic.CRITICAL_SEGMENTS):
            continue
        deficits = [
            f
            for f in findings
            if f.key.kind is Topic.DEFICIT and f.key.metric == finding.key.metric and f.key.number("segmentation") == i
        ]
        aside = [f for f in deficits if not f.blocking and not _is_beside_nobody(f, deficits)]
        if finding.key.kind is Topic.SEGMENT_COVERAGE:
            judged = exact.n - sum(rows.get(_segment(f.key), 0.0) for f in aside)
            is_false = exact.value * exact.n > judged + 1e-6 * exact.n
        else:
            critical = _critical_texts(spec, i)
            is_false = exact.value < sum(any(map(critical.__contains__, _plain(f))) for f in aside)
        if is_false:
            raise InvalidReport(f"Finding {finding.code} counts segments that stand aside as too small.")


def _is_beside_nobody(deficit: Finding, deficits: Sequence[Finding]) -> bool:
    """Whether a segment is large, with too few other rows to be compared with; the coverage counts it nevertheless."""
    others = (f.measured.n for f in deficits if f is not deficit and f.measured is not None)
    return sum(others) < SEGMENT_ROWS


def _critical_texts(spec: Spec, i: int) -> frozenset[str]:
    entry = spec.data.segments[i - 1] if 1 <= i <= len(spec.data.segments) else None
    return frozenset(label_text(value).replace(",", "") for value in getattr(entry, "critical", ()))


def _plain(finding: Finding) -> list[str]:
    return [value.replace(",", "") for value in finding.segment.values()]
