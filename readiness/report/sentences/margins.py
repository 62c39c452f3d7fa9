"""Distances of findings to their limits, in half-widths of their intervals, and which claim is closest to its limit."""

from __future__ import annotations

import math
from collections.abc import Iterable

from readiness.core.findings import Finding, Status
from readiness.core.format import is_exact
from readiness.core.keys import Topic
from readiness.core.metrics import TECHNICAL

_NOT_CLOSE = frozenset({
    Topic.SEGMENT_COVERAGE, Topic.CRITICAL_SEGMENTS, Topic.CLASS_COVERAGE, Topic.CLASS_COST_COVERAGE,
})  # fmt: skip
"""Conditions on the rows: met in full more often than not, and no number that a model reaches."""
FAR = 1e6
"""Stands for a distance that has no end."""
_SEVERITY = (Status.NOT_MET, Status.NOT_ASSESSED, Status.NOT_PROVEN, Status.MET)


def margin_of(finding: Finding) -> float | None:
    """The distance of the measured value to its limit in half-widths of its interval; None of what has no interval.

    Above 0 on the right side of the limit. The half-width is that towards the limit, as intervals need not be even: at
    1 the interval touches the limit, so that between -1 and 1 nothing is proven (by the shown two-sided interval, which
    is a little wider than the one-sided bound that is judged).
    """
    measured, criterion = finding.measured, finding.criterion
    if measured is None or criterion is None or is_exact(measured):
        return None
    holds, gap = criterion.holds(measured.value), measured.value - criterion.threshold
    towards_low = gap > 0
    end = measured.low if towards_low else measured.high
    if end is None and finding.bounds is not None:  # of few calls a one-sided limit exists where a two-sided does not
        end = finding.bounds.lower if towards_low else finding.bounds.upper
    if end is None:
        return None
    width = abs(measured.value - end)
    if width == 0:
        return math.copysign(FAR, 1 if holds else -1) if gap else 0.0
    return (1 if holds else -1) * min(FAR, abs(gap) / width)


def closeness(finding: Finding) -> float:
    """How far a claim is from its limit, comparable between claims; below 1 it is not proven, below 0 missed.

    With an interval it is the distance in half-widths. An exact number has none: there it is the limit as a multiple of
    the part of it that is used up, so that 27 % of a limit stands before 2 % of another.
    """
    margin = margin_of(finding)
    if margin is not None and (margin < 1 or finding.metric not in TECHNICAL):
        return margin
    measured, criterion = finding.measured, finding.criterion
    if measured is None or criterion is None:
        return FAR
    bounds, value, limit = finding.bounds, measured.value, criterion.threshold
    if margin is not None and bounds is not None:  # of times and rates the limit of the measured value is used up
        value = (bounds.lower if criterion.wants_more else bounds.upper) or value
    upper, lower = (value, limit) if criterion.wants_more else (limit, value)
    if upper <= 0 or lower < 0:  # no part of a limit of 0 or below can be used up
        return FAR if criterion.holds(value) else -FAR
    room = upper / lower if lower > 0 else FAR
    return min(room, FAR) if criterion.holds(value) else -min(1 / room if room else FAR, FAR)


def deciding(findings: Iterable[Finding]) -> Finding | None:
    """The claim that decides a question: the worst by status, among equals the one that is farthest on the wrong side
    of its limit or closest to it; None where nothing blocks.
    """
    judged = [finding for finding in findings if finding.blocking]
    return min(judged, key=rank, default=None)


def rank(finding: Finding) -> tuple[int, bool, float]:
    """How findings are ordered, the worst and the closest to their limit first: status, then distance."""
    is_condition = finding.key.kind in _NOT_CLOSE
    return _SEVERITY.index(finding.status), is_condition, closeness(finding)
