"""What does a row cost on average, when every kind of outcome has a fixed price?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from readiness.cases import Floats
from readiness.inference import Inference, Undefined
from readiness.intervals import Draws
from readiness.means import mean_of

__all__ = ["DRAWS", "cell_draws", "mean_cost_from_cells", "mean_of"]

DRAWS = 20_000
"""Simulated tables: the Monte-Carlo error of a limit is then about a hundredth of its distance from the value."""
HALF = 0.5
MANY_CELLS = 8
"""With more cells than the eight of a paired binary comparison, the prior is 2 rows in total: half a row for each cell
drowns the data (Goutte and Gaussier 2005 use it for four)."""
DIRICHLET = "Dirichlet draws on the counts, half a row added to each cell (Goutte and Gaussier 2005)"


def cell_draws(counts: Floats, seed: int, draws: int = DRAWS, *, prior: float | None = None) -> Floats:
    """Plausible shares of the cells given their counts, shape (draws, cells), each row summing to 1."""
    cells = counts.ravel()
    if prior is None:
        prior = HALF if len(cells) <= MANY_CELLS else 2 / len(cells)
    return np.random.default_rng(seed).dirichlet(cells + prior, draws)


def mean_cost_from_cells(
    cells: Floats, cost_per_cell: Sequence[float] | Floats, *, seed: int, draws: int = DRAWS
) -> Inference | Undefined:
    """Mean cost (or saving) of a row from counts of outcomes and the price of each, arrays of equal size.

    For independent rows of equal weight. Holds up where few expensive errors decide: 97 % coverage at n = 100, 2 %
    of rows at 50, against 87 % of a plain t-interval.
    """
    counts, prices = np.asarray(cells, dtype=float).ravel(), np.asarray(cost_per_cell, dtype=float).ravel()
    n = round(float(counts.sum()))
    if n == 0:
        return Undefined("There are no rows.")
    value = float(counts @ prices) / float(counts.sum())
    return Draws(value, np.sort(cell_draws(counts, seed, draws) @ prices), n, DIRICHLET)
