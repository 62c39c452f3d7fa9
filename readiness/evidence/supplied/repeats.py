"""Can supplied repeats be refits on folds drawn anew? Copies, constants and folds that hardly differ give it away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from readiness.evidence.candidates import Scores
from readiness.evidence.supplied.measurements import SuppliedRepeat
from readiness.exceptions import DataError

MOST_OVERLAP = 0.9
"""Share of rows that two repeats may have in the same fold; folds drawn anew share about one row in k."""
ROWS_COMPARED = 10_000
"""Rows by which two divisions into folds are compared; a sample above."""


def check_repeats(found: Sequence[SuppliedRepeat]) -> None:
    """Refuse what no refits on folds drawn anew would give.

    Raises:
        DataError: another number of folds, the same folds but for a few rows, one prediction for all rows, or the
            same scores or values in two repeats.
    """
    _check_counts(found)
    for k, repeat in enumerate(found, 1):
        _check_varied(repeat.said, k)
    for (i, a), (j, b) in combinations(enumerate(found, 1), 2):
        _check_drawn_anew(a.fold, b.fold, f"supplied.folds: repeats {i} and {j}")
        if (values := _values(a.said)) is not None and np.array_equal(values, _values(b.said)):  # type: ignore[arg-type]
            raise DataError(
                f"supplied.folds: repeats {i} and {j} hold the same predictions, to the last digit.",
                remedy="Refits on other rows never agree so: name the columns of each repeat.",
            )


def copied_labels(found: Sequence[SuppliedRepeat]) -> str:
    """Which repeats, of labels alone, say the same of every row, as copies would; empty when none do."""
    for (i, a), (j, b) in combinations(enumerate(found, 1), 2):
        if _values(a.said) is None and np.array_equal(a.said.predicted, b.said.predicted):
            return f"repeats {i} and {j} give every row the same label, as a copy would; scores would tell"
    return ""


def overlap(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Share of rows in the same fold, 0 to 1, when the folds of one division are matched with those of the other so
    that it is largest. Names of folds make no difference.
    """
    if len(a) > ROWS_COMPARED:
        rows = np.random.default_rng(0).choice(len(a), ROWS_COMPARED, replace=False)
        a, b = a[rows], b[rows]
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / len(a))


def _values(said: Scores) -> NDArray[np.float64] | None:
    """What two refits cannot agree in by chance: scores or values; None when there are labels alone."""
    if said.scores is not None:
        return said.scores
    return said.predicted if np.issubdtype(said.predicted.dtype, np.floating) else None


def _check_counts(found: Sequence[SuppliedRepeat]) -> None:
    counts = [int(repeat.fold.max()) + 1 for repeat in found]
    if len(set(counts)) > 1:
        odd = next(k for k, count in enumerate(counts, 1) if count != counts[0])
        raise DataError(
            f"supplied.folds: repeat 1 has {counts[0]} folds, and repeat {odd} has {counts[odd - 1]}.",
            remedy="Give the same number of folds in each repeat.",
        )


def _check_varied(said: Scores, k: int) -> None:
    values = _values(said)
    values = said.predicted if values is None else values
    if (values == values[:1]).all():
        raise DataError(
            f"supplied.folds, repeat {k}: all rows have the same prediction.",
            remedy="A constant is no refit of the candidate: name the columns with what the refits said.",
        )


def _check_drawn_anew(a: NDArray[np.int64], b: NDArray[np.int64], who: str) -> None:
    shared = overlap(a, b)
    if shared > MOST_OVERLAP:
        where = "" if shared == 1 else f" in {100 * shared:.4g} % of the rows"
        raise DataError(
            f"{who} have the same folds{where}.",
            remedy="A repeat draws its folds anew; refits on the same folds that differ in their seed say less.",
        )
