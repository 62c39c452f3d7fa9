"""What stands where a measurement could not be made?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Something that could not be measured, and why in one plain sentence."""

    reason: str
    needs: str = ""
    """What would make it measurable."""
    chosen: bool = False
    """True: a setting of the spec stands in the way, so that no measurement from elsewhere may take its place."""
