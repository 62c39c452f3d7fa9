"""How many rows does each segment, and each window of time, need so that its deficit can be judged?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from readiness import criteria as policy
from readiness.catalogue import Metric
from readiness.delivery.assumptions import Assumed, Assumptions
from readiness.delivery.planned_candidate import level_of, row_spread
from readiness.delivery.planned_parts import RULED_OUT, Planned, planned, unplanned
from readiness.delivery.planned_rows import NEVER, Own, denominator
from readiness.numbers import listed
from readiness.spec import SegmentColumn, SegmentEntry
from readiness.statistics.inference import Exact
from readiness.statistics.power import TYPICAL_LEVEL, contrast_rows, minimum_rows
from readiness.statistics.rate_limits import scaled_limit
from readiness.statistics.windows import FEWEST_ROWS

PARTS = {"weekend": 2, "weekday": 7, "month": 12, "quarter": 4, "hour": 24}
"""Segments that a part of a date makes."""


def planned_segments(a: Assumptions, power: float) -> Iterator[Planned]:
    """For each segmentation and judged metric the rows of every segment, and of all if there are equally many."""
    if not a.spec.data.segments:
        yield unplanned("data.segments", "none is named, so question 3 cannot be a yes", RULED_OUT)
    criteria = a.spec.segments
    for entry in a.spec.data.segments:
        groups = number_of_segments(a, entry)
        for name in criteria.metrics or policy.SEGMENT_METRICS[a.task]:
            metric = a.spec.metric(name)
            needed, level = group_rows(a, metric, criteria.limit, max(power, criteria.power))
            text = f"{metric.title}: every segment less than {_points(metric, criteria.limit)} worse than the others"
            yield _in_groups(f"data.segments, {segment_name(entry)}", text, needed, level, groups)


def planned_windows(a: Assumptions, power: float) -> Iterator[Planned]:
    """With a column of time: the rows of as many windows as the spec names, or of the fewest."""
    if a.spec.data.time is None:
        return
    # fewer rows, and the review says that they are too few even for the fewest windows
    stability, metric = a.spec.stability, a.spec.primary_metric(a.task)
    groups = Assumed(float(stability.windows or policy.FEWEST_WINDOWS), "stability.windows")
    if stability.windows is None:
        groups = Assumed(groups.value, "the fewest; more rows make more windows")
    needed, level = window_rows(a, metric, int(groups.value), power)
    text = f"{metric.title}: every window of time less than {_points(metric, stability.window_limit)} worse"
    count = f"{int(groups.value)} equal windows ({groups.source})"
    yield planned("stability.windows", text, needed, (level, count))


def window_rows(a: Assumptions, metric: Metric, count: int, power: float) -> tuple[Own | str, str]:
    """Rows of its own denominator, of all windows together, from which a review cuts so many: all of them would be
    *met* with chance `power` if none were worse (see `statistics.windows.reach`); and the level that this assumes.
    """
    limit, level = a.spec.stability.window_limit, level_of(a, metric.name)
    by_ratio = not (metric.is_share or metric.greater_is_better)
    if level is None and metric.is_share:
        level = Assumed(TYPICAL_LEVEL if metric.greater_is_better else 1 - TYPICAL_LEVEL, "a typical level")
    level = level or Assumed(1.0, "any mean will do")
    noun, part = denominator(a, metric.name, level.value) if metric.is_share else ("rows", 1.0)
    spread = _own_spread(metric.name, level.value) if noun != "rows" else row_spread(a, metric, level.value)
    if spread is None:
        return "open: only a review can tell how the metric spreads from row to row", level.words(metric.label)
    factor = 1 + limit if by_ratio else 1.0
    error = spread * math.sqrt(count + factor**2 * count / (count - 1))
    limit = limit * level.value if by_ratio else scaled_limit(metric, limit, Exact(level.value), alpha=a.spec.alpha)
    rows = contrast_rows(limit, error, alpha=a.spec.alpha, power=power ** (1 / count))
    said = (
        f"a spread of {spread / level.value:.3g} of the mean" if by_ratio and level.value else level.words(metric.label)
    )
    return (NEVER if rows is None else Own(max(count * FEWEST_ROWS, rows), noun, part)), said


def _own_spread(name: str, value: float) -> float:
    """Standard deviation of a row's influence among the rows of the metric's own denominator."""
    if name != "f1":
        return math.sqrt(value * (1 - value))
    jaccard = value / (2 - value)
    return 2 / (1 + jaccard) ** 2 * math.sqrt(jaccard * (1 - jaccard))


def _in_groups(key: str, text: str, needed: Own | str, level: str, groups: Assumed | None) -> Planned:
    if isinstance(needed, str):
        return planned(key, text, needed)
    own = Own(needed.rows, f"{needed.noun} in each segment", needed.share if groups else None, needed.note)
    if groups is None:
        return planned(key, text, own, (level, "state the number of segments with --assume segments=…"))
    count = int(groups.value)
    return planned(key, text, own, (level, f"{count} equal segments ({groups.source})"), times=count)


def group_rows(a: Assumptions, metric: Metric, limit: float, power: float) -> tuple[Own | str, str]:
    """Rows of its own denominator from which a group without deficit is met, and the level that this assumes."""
    alpha, known = a.spec.alpha, level_of(a, metric.name)
    if metric.is_share:
        best = TYPICAL_LEVEL if metric.greater_is_better else 1 - TYPICAL_LEVEL
        level = known or Assumed(best, "a typical level")
        share = level.value if metric.greater_is_better else 1 - level.value
        limit = scaled_limit(metric, limit, Exact(level.value), alpha=alpha)
        rows = minimum_rows(share, limit, alpha=alpha, power=power)
        noun, part = denominator(a, metric.name, level.value)
        found: Own | str = NEVER if rows is None else Own(rows, noun, part)
        return found, level.words(metric.label)
    level = known or Assumed(1.0, "any mean will do")
    spread = row_spread(a, metric, level.value)
    if metric.greater_is_better or spread is None or not level.value > 0:
        return Own(policy.SEGMENT_ROWS, "rows", 1.0, "its power cannot be told beforehand"), "at least so many"
    rows = contrast_rows(limit, spread / level.value, alpha=alpha, power=power)
    said = f"a spread of {spread / level.value:.3g} of the mean"
    return (NEVER if rows is None else Own(max(10, rows), "rows", 1.0)), said


def _points(metric: Metric, limit: float) -> str:
    return f"{limit:g}" if metric.is_share or metric.greater_is_better else f"{100 * limit:.4g} %"


def segment_name(entry: SegmentEntry) -> str:
    """The columns of a segmentation."""
    if isinstance(entry, tuple):
        return " × ".join(map(segment_name, entry))
    return entry if isinstance(entry, str) else entry.column


def number_of_segments(a: Assumptions, entry: SegmentEntry) -> Assumed | None:
    """How many segments there will be: by the spec's bins or parts of a date, or as assumed for each column."""
    columns = entry if isinstance(entry, tuple) else (entry,)
    counts = [_groups(a, column) for column in columns]
    if any(count is None for count in counts):
        return None
    found = [count for count in counts if count is not None]
    sources = listed(dict.fromkeys(count.source for count in found))
    return Assumed(float(math.prod(int(count.value) for count in found)), sources)


def _groups(a: Assumptions, column: str | SegmentColumn) -> Assumed | None:
    if isinstance(column, SegmentColumn):
        if isinstance(column.bins, tuple):
            return Assumed(float(len(column.bins) + 1), "bins")
        if column.bins is not None:
            return Assumed(float(column.bins), "bins")
        if column.by in PARTS:
            return Assumed(float(PARTS[column.by]), column.by)
    return Assumed(a.stated["segments"], "as assumed") if "segments" in a.stated else None
