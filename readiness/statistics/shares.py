"""How large is a share of rows, when rows may count differently and depend on each other?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.dependence import equal_groups, group_sums
from readiness.statistics.inference import Undefined
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial, ShareInGroups

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
    needed = replace(cases, y_pred=cases.y_true, y_score=None, queries=None)  # no more is looked at
    inside = cases if counted.all() else needed.subset(counted)
    return weighted_share(hit[counted].astype(float), inside) if inside.n else Undefined(none)


def weighted_share(hit: Floats, cases: Cases) -> Binomial:
    """Share of rows that are a `hit`, 1 or 0, of shape (n,); one row at least, and a weight above 0."""
    w = cases.relative_weight
    hits = min(float(w @ hit), float(cases.n))
    deff, df = design_effect(hit, cases)
    if cases.groups is None:
        return Binomial(hits, cases.n, deff, df)
    spread = (equal_groups(group_sums(w * each, cases.groups)) for each in (hit, 1 - hit))
    return ShareInGroups(hits, cases.n, deff, df, *spread)
