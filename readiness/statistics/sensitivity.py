"""By how much may a cost be wrong before the answer changes?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

FARTHEST = 1000.0
"""A cost is looked at from a thousandth to a thousand times what was stated."""
CLOSE = 5e-4
"""Factors are found to this share of themselves."""


@dataclass(frozen=True, slots=True)
class Flips:
    """Factors on a cost, next to 1 on either side, at which something stops or begins to hold."""

    below: float | None
    """Between 0.001 and 1; None: it does not change that way."""
    above: float | None
    """Between 1 and 1,000."""

    @property
    def nearest(self) -> float | None:
        """The one that a smaller error in the cost suffices for."""
        found = [x for x in (self.below, self.above) if x is not None]
        return min(found, key=lambda x: abs(math.log(x)), default=None)

    @property
    def inverse(self) -> Flips:
        """The same for all other costs in place of this one: only the ratio of costs counts."""
        below = None if self.above is None else 1 / self.above
        return Flips(below, None if self.below is None else 1 / self.below)


def flips(limit: Callable[[float], float]) -> Flips:
    """Where `limit(factor) > 0` changes from what it is at 1; `limit` is monotone on either side of 1."""
    now = limit(1.0) > 0
    return Flips(_edge(limit, now, 1 / FARTHEST), _edge(limit, now, FARTHEST))


def _edge(limit: Callable[[float], float], now: bool, end: float) -> float | None:
    """Bisection on the logarithm."""
    if (limit(end) > 0) is now:
        return None
    near, far = 0.0, math.log(end)
    while abs(far - near) > CLOSE:
        middle = (near + far) / 2
        if (limit(math.exp(middle)) > 0) is now:
            near = middle
        else:
            far = middle
    return math.exp((near + far) / 2)
