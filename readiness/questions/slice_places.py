"""Where do confirmed weak spots lie: inside a named group that fails by itself, or anywhere else?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readiness.answers import Finding, Status
from readiness.evidence.evidence import Evidence
from readiness.questions.slice_columns import CodedColumn, slice_columns
from readiness.questions.wording import count_of, denominator

INSIDE = 0.9
"""Share of the rows of a weak spot from which it lies inside a group."""
CONFIRMED = "confirmed weak spot"
"""How the warning of a weak spot begins that is proven to be worse by more than the limit and does not count."""
_SHOWN = re.compile(r"SEGM-SLICE-\d+")
_NAMED = re.compile(r"SEGM-(\d+)-\d+-\w+")

Mask = NDArray[np.bool_]


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
        _placed(evidence, finding, columns, failing) if _is_confirmed(finding) else finding for finding in slices
    )


def _is_confirmed(finding: Finding) -> bool:
    return bool(_SHOWN.fullmatch(finding.code)) and finding.status is Status.NOT_MET


def _failing(evidence: Evidence, named: Sequence[Finding]) -> Iterator[_Group]:
    """Each named group with a proven deficit, once."""
    seen: set[tuple[int, int]] = set()
    for finding in named:
        match = _NAMED.fullmatch(finding.code)
        if match is None or finding.status is not Status.NOT_MET or int(match[1]) > len(evidence.segmentations):
            continue
        number = int(match[1])
        segmentation = evidence.segmentations[number - 1]
        codes = [code for code, label in enumerate(segmentation.labels) if dict(label) == dict(finding.segment)]
        if codes and (number, codes[0]) not in seen:
            seen.add((number, codes[0]))
            yield _Group(segmentation.text(codes[0]), np.asarray(segmentation.codes == codes[0]))


def _placed(evidence: Evidence, finding: Finding, columns: Sequence[CodedColumn], failing: Sequence[_Group]) -> Finding:
    rows, warning = _rows(finding, columns), finding.warning
    counted = None if rows is None else rows & _counted(evidence, finding.metric)
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


def _counted(evidence: Evidence, metric: str) -> Mask:
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
