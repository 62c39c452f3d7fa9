"""How large is a share of rows, when rows may count differently and depend on each other?"""

from __future__ import annotations

import numpy as np

from readiness.statistics.cases import Array, Cases
from readiness.statistics.inference import Undefined
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial

NO_ROWS = "There are no rows."


def share_of(hit: Array, cases: Cases, among: Array | None = None, *, none: str = NO_ROWS) -> Binomial | Undefined:
    """Share of the rows `among` (all rows when not given) that are a `hit`; both true or false, shape (n,).

    Weights, groups and time enter as a design effect. `none` says why there is no share when no row is among them.
    """
    if cases.is_plain:
        rows = cases.n if among is None else int(np.count_nonzero(among))
        hits = np.count_nonzero(hit if among is None else hit & among)
        return Binomial(float(hits), rows) if rows else Undefined(none)
    counted = cases.relative_weight > 0 if among is None else among & (cases.relative_weight > 0)
    inside = cases.subset(counted)
    if inside.n == 0:
        return Undefined(none)
    inside_hit = hit[counted].astype(float)
    share = float(inside.relative_weight @ inside_hit) / inside.n
    deff, df = design_effect(inside_hit, inside)
    return Binomial(min(share, 1.0) * inside.n, inside.n, deff, df)
