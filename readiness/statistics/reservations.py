"""Reservations on an interval: when do rows say too little of chance for a *met*, however good the limits look?

They are made on the recorded basis, so that whoever verifies a report makes the same ones. Only the limit that a *met*
would rest on counts: an unseen error may make a number worse than it looks, and a *not met* stays what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from readiness.answers import Basis
from readiness.statistics.basis import IN_GROUPS, MOVER, SKEWED, WIDER, flat

FEWEST_GROUPS = 20
"""Equal groups that the rarer outcome must be spread over. Near 0 and 1 a few groups carry it, and samples that happen
to lack them look both better and surer than they are: simulated with shares to .98, intra-class correlations to .6 and
lognormal sizes, one-sided 5 % limits then miss in up to 24 % of samples, with this rule in at most 5.4 %."""
ROWS_FOR_SKEWNESS = 25
"""Rows needed for each unit of squared skewness (Cochran 1977, section 2.15)."""
_MOVERS = frozenset({MOVER, "mover_same_rows"})
_BOTH_SIDES = frozenset({"spread", "least_ratio", "widest"})
"""Which group is highest is not known beforehand, so both limits of every share count."""


def reservation(basis: Basis | None, *, wants_more: bool) -> str:
    """Why no *met* may come from these numbers, in plain words with what to do; empty when it may.

    Args:
        basis: what the limits are computed from; None where they follow from no few numbers.
        wants_more: whether the criterion asks for more, so that the lower limit counts.
    """
    return "" if basis is None else next(_found(basis, lower=wants_more), "")


def _found(basis: Basis, *, lower: bool, noun: str = "rows") -> Iterator[str]:
    if basis.form == IN_GROUPS:
        yield from _of_share(basis, lower=lower)
    elif basis.form in _BOTH_SIDES:
        shares = [part for part in flat(basis) if part.form == IN_GROUPS]
        yield from (said for share in shares for side in (True, False) for said in _of_share(share, lower=side))
    elif basis.form == WIDER:
        other, corrected = basis.parts
        if not (other.form == "t_log" and lower):  # amounts of 0 or more hide nothing below
            yield from _of_mean(corrected, noun)
    elif basis.form == SKEWED:
        yield from _of_mean(basis, noun)
    elif basis.form in _MOVERS:
        a, b = basis.parts
        yield from _found(a, lower=lower, noun=noun)
        yield from _found(b, lower=not lower, noun=noun)
    else:
        turned = (basis.numbers.get("scale") or 1) < 0
        for part in basis.parts:
            yield from _found(part, lower=lower != turned, noun="queries" if basis.form == "clipped_queries" else noun)


def _of_share(share: Basis, *, lower: bool) -> Iterator[str]:
    """Of the outcome that is rare and whose absence would flatter the share: misses for its lower limit."""
    hits, n = share.numbers["successes"] or 0.0, share.numbers["n"] or 0.0
    rows, groups = (n - hits, share.numbers["miss_groups"]) if lower else (hits, share.numbers["hit_groups"])
    if groups is not None and groups > 0 and rows <= n / 2 and (said := few_groups(groups, rows)):
        yield said


def few_groups(groups: float, rows: float) -> str:
    """Why `rows` that are spread over so many equal groups tell too little of chance; empty when they do not."""
    if groups >= FEWEST_GROUPS * (1 - 1e-9):
        return ""
    more = math.ceil(10 * FEWEST_GROUPS / groups - 1e-9) / 10
    held = (
        "row that counts against it comes" if round(rows) <= 1 else f"{round(rows):,} rows that count against it come"
    )
    spread = "a single group" if groups < 1.5 else f"few groups, no more than about {math.floor(groups)} equal ones"
    return (
        f"The {held} from {spread}; {FEWEST_GROUPS} are needed to know the chance error. Rows of about {more:g} times "
        "as many groups would do."
    )


def _of_mean(mean: Basis, noun: str) -> Iterator[str]:
    units, skewness = mean.numbers["units"], mean.numbers["skewness"]
    if units is None or skewness is None:
        yield "The amounts are too large to know how uneven they are."
        return
    needed = ROWS_FOR_SKEWNESS * skewness * skewness
    if units < needed:
        what = noun if units == mean.numbers["n"] else "groups or moments"
        yield (
            f"A few {what} decide this mean (skewness {skewness:.2g}), so that {units:,.0f} {what} are too few to know "
            f"its chance error; about {math.ceil(needed):,} are needed. Or judge a loss with a cap, above which a row "
            "counts no more."
        )
