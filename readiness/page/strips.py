"""Where does a measured number lie against its bar? The geometry of one small drawing in a table row."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.answers import Finding

WIDTH = 132.0
"""Width of the drawing in its own units; its height is 16."""
_EDGE = 4.0


@dataclass(frozen=True, slots=True)
class Strip:
    """Positions along the drawing, each from 0 to `WIDTH`."""

    low: float
    high: float
    value: float
    bar: float
    good_from: float
    good_width: float
    status: str


def strip(finding: Finding) -> Strip | None:
    """The drawing for a finding with an interval and a criterion; None for all others."""
    measured, criterion = finding.measured, finding.criterion
    if measured is None or criterion is None or measured.level >= 1:
        return None
    ends = [end for end in (measured.low, measured.high) if end is not None]
    points = [measured.value, criterion.threshold, *ends]
    first, last = min(points), max(points)
    if first == last:
        return None
    margin = 0.08 * (last - first)

    def place(number: float) -> float:
        share = (number - first + margin) / (last - first + 2 * margin)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    bar = place(criterion.threshold)
    return Strip(
        low=0.0 if measured.low is None else place(measured.low),
        high=WIDTH if measured.high is None else place(measured.high),
        value=place(measured.value),
        bar=bar,
        good_from=bar if criterion.wants_more else 0.0,
        good_width=round(WIDTH - bar, 1) if criterion.wants_more else bar,
        status=finding.status.value,
    )
