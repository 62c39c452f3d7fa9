"""Which rows of a table can be used, and why not the others?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.copies import Copies
from readiness.evidence.targets import Target
from readiness.exceptions import DataError
from readiness.facts import Dropped
from readiness.spec.reading import LoadedSpec

MISSING = {True: -1, False: np.nan}
"""What stands for a truth that is not known, of classes and of numbers."""

MOST_COPIES = 0.01
"""Copies up to this share of the test rows are left out of judging; above it the split itself is in doubt."""
IN_TRAINING, TWICE = "also stands in the training table", "stands in the test table twice"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that can be used, and an account of the others."""

    frame: pd.DataFrame
    target: NDArray[Any]
    read: int
    dropped: tuple[Dropped, ...]
    kept: NDArray[np.bool_] | None = None
    """(read,): which of the rows that were read can be used; None: all of them."""
    unused: tuple[pd.DataFrame, NDArray[Any]] | None = None
    """The rows that cannot be used, with their coded truth, -1 or nan where it is not known; None: there are none."""


def usable(loaded: LoadedSpec, key: str, frame: pd.DataFrame, target: Target) -> Rows:
    """Drop rows that cannot be used, and say how many and why."""
    data, n = loaded.spec.data, len(frame)
    coded = target.coded(frame[data.target], f"The target {data.target!r} of data.{key}")
    missing = coded < 0 if target.task.has_classes else ~np.isfinite(coded)
    reasons = {f"no {data.target} (missing or infinite)": missing}
    weight = None
    if data.weight is not None and data.weight in frame:
        weight = as_numbers(frame[data.weight], f"data.weight names {data.weight!r} of data.{key}, which")
        reasons[f"no {data.weight} (missing, infinite or negative)"] = ~missing & ~(np.isfinite(weight) & (weight >= 0))
    for name in (data.group, data.query):
        if name is not None and name in frame:
            reasons[f"no {name} (missing)"] = ~missing & frame[name].isna().to_numpy()
    dropped = tuple(Dropped(reason, int(rows.sum())) for reason, rows in reasons.items() if rows.any())
    keep = ~np.logical_or.reduce(list(reasons.values()))
    if not keep.any():
        raise DataError(
            f"data.{key} has {n:,} rows, and none of them can be used: "
            + "; ".join(f"{drop.rows:,} with {drop.reason}" for drop in dropped),
            remedy="Give rows that have what the spec names: a known target, and weight and group where it names them.",
        )
    if weight is not None and not weight[keep].any():
        raise DataError(
            f"data.weight names {data.weight!r} of data.{key}, and every row that can be used has the weight 0 there.",
            remedy="Mend the column, or leave data.weight out.",
        )
    if keep.all():
        return Rows(frame, coded, n, dropped)
    unused = frame.loc[~keep].reset_index(drop=True), np.where(missing, MISSING[target.task.has_classes], coded)[~keep]
    return Rows(frame.loc[keep].reset_index(drop=True), coded[keep], n, dropped, keep, unused)


def without_copies(rows: Rows, copies: Copies) -> tuple[Rows, Copies]:
    """Test rows that are judged once and by nothing but themselves: a few copies are left out, many are told instead.

    The rows of a query stay together, as a list without one of them is another list.
    """
    known, again = (bool(0 < each.mean() <= MOST_COPIES) for each in (copies.known, copies.again))
    if not (known or again):
        return rows, copies
    found = replace(copies, known_left_out=known, again_left_out=again)
    stay = found.stay
    reasons = {IN_TRAINING: copies.known, TWICE: copies.again}
    dropped = [Dropped(why, int((which & ~stay).sum())) for why, which in reasons.items() if (which & ~stay).any()]
    kept = np.ones(rows.read, dtype=bool) if rows.kept is None else rows.kept.copy()
    kept[kept] = stay
    frame = rows.frame.loc[stay].reset_index(drop=True)
    return replace(rows, frame=frame, target=rows.target[stay], dropped=(*rows.dropped, *dropped), kept=kept), found


def as_numbers(values: pd.Series[Any], where: str) -> NDArray[np.float64]:
    """Floats, NaN where missing.

    Raises:
        DataError: the column holds something else; `where` begins the sentence.
    """
    cause = None
    try:
        if values.dtype.kind not in "mM":  # as numbers, times would be counts of some unit since 1970
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        cause = error
    raise DataError(
        f"{where} holds {values.dtype}, and numbers are needed.", remedy="Mend the column, or name another one."
    ) from cause


def amounts(values: pd.Series[Any], key: str) -> NDArray[np.float64]:
    """What an error costs in each row; `key` is that of the spec. A gap or a negative amount would change the sum
    without a word.

    Raises:
        DataError: the column holds something else.
    """
    found = as_numbers(values, f"{key} names the column {str(values.name)!r}, which")
    bad = ~(np.isfinite(found) & (found >= 0))
    if bad.any():
        raise DataError(
            f"{key} takes its amounts from {str(values.name)!r}, and {int(bad.sum()):,} scored rows hold no amount "
            f"there (missing, infinite or negative), first in row {int(np.argmax(bad)) + 1:,}.",
            remedy="Mend the column, or state one amount for all rows.",
        )
    return found
