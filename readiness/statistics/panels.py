"""How sure is a mean over many rows of few moments in time, such as twelve months of a thousand customers?

So few moments do not tell how much they depend on each other. But the rows of a moment tell how much chance there is
without that, and only what moments differ beyond it can be alike in neighbours. That excess is taken for as alike as
`ALIKE`, and as larger than measured by one standard error of it: a claim far from its limit holds all the same.

Simulated (4 to 29 moments, first-order series with correlations of neighbours of 0 to 0.9, beside chance of rows of 0
to 10 times its size): one-sided 5 % limits miss in at most 4.6 % of samples up to a correlation of 0.8, in at most 7 %
at 0.9. Limits of moments that are alike only by chance lie 4 to 8 plain standard errors away.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST_MOMENTS = 4
"""With fewer, hardly anything is known of how moments differ."""
MOMENTS_OF_SERIES = 30
"""From so many on the moments themselves tell how much they depend on each other."""
ROWS_OF_MOMENT = 10
"""Rows for each moment, on average, from which on they tell what chance there is without time."""
ALIKE = 0.9
"""Correlation of neighbours up to which limits hold, as for series of many moments."""


def is_panel(rows: int, moments: int) -> bool:
    """Whether so many rows of so many moments are many rows of few moments."""
    return FEWEST_MOMENTS <= moments < MOMENTS_OF_SERIES and rows >= ROWS_OF_MOMENT * moments


def variance_of_panel(sums: Floats, plain: float) -> tuple[float, float]:
    """Variance of a sum over the rows of a panel, and its degrees of freedom.

    plain + A · max(0, B (1 + root(2/(T - 1))) - plain), where B = T/(T - 1) · sum of squares is the variance if moments
    were independent, and A that of the mean of T alike moments over what B would show of them.

    Args:
        sums: influences summed by moment, whose own sum is 0, shape (T,), T >= 2.
        plain: variance of the sum if all rows were independent.
    """
    moments = len(sums)
    between = moments / (moments - 1) * float(sums @ sums)
    raised = between * (1 + math.sqrt(2 / (moments - 1)))
    return plain + alike_factor(moments) * max(0.0, raised - plain), float(moments - 1)


def alike_factor(moments: int) -> float:
    """By how much the variance of a mean of alike moments exceeds the sample variance over their number, on average.

    With v = 1 + 2 · sum of (1 - k/T) r^k, T times the variance of the mean over that of a moment: v over the sample
    variance's own expectation, (1 - v/T) · T/(T - 1).
    """
    lags = np.arange(1, moments)
    v = 1 + 2 * float(((1 - lags / moments) * ALIKE**lags).sum())
    return v / ((1 - v / moments) * moments / (moments - 1))
