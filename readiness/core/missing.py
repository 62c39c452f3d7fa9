"""What stands in place of a number that could not be measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """A number or a measurement that does not exist here, and why in one plain sentence."""

    reason: str
    needs: str = ""
    """What would make it measurable."""
    n: int = 0
    """Rows that were looked at."""
    chosen: bool = False
    """True: a setting of the spec stands in the way, so that no measurement from elsewhere may take its place."""
