"""In what order do the rows of each query stand, and which of them share a place?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Cases, Floats, Integers

Bools = npt.NDArray[np.bool_]
_KEPT = "order of the rows of each query"


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Rows of one query with equal scores, as runs in the order of query and falling score; arrays of one per run."""

    query: Integers
    start: Floats
    """Rows of the query that stand before the run."""
    size: Floats
    gain: Floats
    """Sum of relevance."""
    relevant: Floats
    """Rows with a relevance above 0."""
    before: Floats
    """Relevant rows of the query that stand before the run."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The order of the rows of q queries."""

    sizes: Integers
    """(q,): rows of each query, 0 for codes that do not occur."""
    first: Integers
    """(q,): position of the first row of each query in the table."""
    relevant: Floats
    """(q,): rows with a relevance above 0."""
    uneven: Bools
    """(q,): whether the rows of a query differ in relevance."""
    ties: Ties


def order_of(cases: Cases) -> Order:
    """The order of the rows, sorted once for every metric."""
    if _KEPT not in cases.remembered:
        cases.remembered[_KEPT] = _ordered(cases)
    kept: Order = cases.remembered[_KEPT]
    return kept


def _ordered(cases: Cases) -> Order:
    assert cases.queries is not None
    codes, scores = cases.queries, np.asarray(cases.y_pred, dtype=np.float64)
    rows = by_query(codes, scores)
    query, score, gain = codes[rows], scores[rows], np.asarray(cases.y_true, dtype=np.float64)[rows]
    is_new = np.diff(query, prepend=-1) != 0
    starts = np.flatnonzero(is_new)
    sizes = np.bincount(codes)
    first = np.zeros(len(sizes), dtype=np.int64)
    first[query[starts]] = np.minimum.reduceat(rows, starts)
    relevant = np.bincount(codes, weights=cases.y_true > 0).astype(np.float64)
    runs = np.flatnonzero(is_new | (np.diff(score, prepend=np.nan) != 0))
    # the largest and the smallest relevance of a query: whether there is anything to be put in order
    uneven = np.zeros(len(sizes), dtype=bool)
    uneven[query[starts]] = np.maximum.reduceat(gain, starts) > np.minimum.reduceat(gain, starts)
    places = runs - np.repeat(starts, np.diff(np.append(np.searchsorted(runs, starts), len(runs))))
    counted = np.add.reduceat((gain > 0).astype(np.float64), runs)
    passed = np.cumsum(counted) - counted
    before = passed - (np.cumsum(relevant) - relevant)[query[runs]]
    size = np.diff(np.append(runs, cases.n)).astype(np.float64)
    ties = Ties(query[runs], places.astype(np.float64), size, np.add.reduceat(gain, runs), counted, before)
    return Order(sizes, first, relevant, uneven, ties)


def by_query(codes: Integers, falling: Floats) -> Integers:
    """Rows by query, then by falling value. Small codes are sorted digit by digit, which takes a third of the time."""
    rows = np.argsort(-falling, kind="stable")
    small = codes[rows].astype(np.uint16 if int(codes.max(initial=0)) < 2**16 else np.int64)
    return np.asarray(rows[np.argsort(small, kind="stable")], dtype=np.int64)
