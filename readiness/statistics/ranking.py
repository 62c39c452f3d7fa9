"""The order in which a method puts the rows of each query: NDCG, MAP, MRR and the first k rows.

Rows of a query with equal scores are in no order of their own: each value is the exact mean over all orders of them
(McSherry and Najork 2008; for NDCG the same as in scikit-learn). A method that gives all rows one score is a random
order, and its values are those to be expected of one. Queries are the independent cases, not rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from readiness.core.missing import Missing
from readiness.statistics.cases import Array, Cases, Floats, Integers
from readiness.statistics.dependence import Dependence, unknown_error
from readiness.statistics.inference import OVER_QUERIES, Inference, Mapped, within_0_and_1
from readiness.statistics.means import mean_of

# The order of the rows of each query, and which of them share a place

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
        cases.remembered[_KEPT] = _sort_queries(cases)
    kept: Order = cases.remembered[_KEPT]
    return kept


def _sort_queries(cases: Cases) -> Order:
    assert cases.queries is not None
    codes, scores = cases.queries, np.asarray(cases.y_pred, dtype=np.float64)
    rows = sort_by_query(codes, scores)
    query, score, gain = codes[rows], scores[rows], np.asarray(cases.y_true, dtype=np.float64)[rows]
    is_new = np.diff(query, prepend=-1) != 0
    starts = np.flatnonzero(is_new)
    sizes = np.bincount(codes)
    first = np.zeros(len(sizes), dtype=np.int64)
    first[query[starts]] = np.minimum.reduceat(rows, starts)
    relevant = np.bincount(codes, weights=cases.y_true > 0).astype(np.float64)
    # rows of one query with equal scores stand in no order: metrics take the mean over all orders of such a run
    runs = np.flatnonzero(is_new | (np.diff(score, prepend=np.nan) != 0))
    # the largest and the smallest relevance of a query: whether there is anything to be put in order
    uneven = np.zeros(len(sizes), dtype=bool)
    uneven[query[starts]] = np.maximum.reduceat(gain, starts) > np.minimum.reduceat(gain, starts)
    # position of each run in its query: its place in the table of all less the first place of the query
    places = runs - np.repeat(starts, np.diff(np.append(np.searchsorted(runs, starts), len(runs))))
    counted = np.add.reduceat((gain > 0).astype(np.float64), runs)
    passed = np.cumsum(counted) - counted
    # relevant rows above the run in all queries less those of the queries before this one
    before = passed - (np.cumsum(relevant) - relevant)[query[runs]]
    size = np.diff(np.append(runs, cases.n)).astype(np.float64)
    ties = Ties(query[runs], places.astype(np.float64), size, np.add.reduceat(gain, runs), counted, before)
    return Order(sizes, first, relevant, uneven, ties)


def sort_by_query(codes: Integers, falling: Floats) -> Integers:
    """Rows by query, then by falling value. Small codes are sorted digit by digit, which takes a third of the time."""
    rows = np.argsort(-falling, kind="stable")
    small = codes[rows].astype(np.uint16 if int(codes.max(initial=0)) < 2**16 else np.int64)
    return np.asarray(rows[np.argsort(small, kind="stable")], dtype=np.int64)


# Means over queries

MINIMUM_QUERIES = 10
"""Fewer queries say too little of how much queries differ. Simulated from 10 to 100 queries (8 rows, three metrics at
0.35 to 0.99), one-sided 5 % limits of the mean miss in at most 6 of 100 samples.
"""
NO_CHOICE = "In every query all orders of its rows have the same value, so the order says nothing."
NO_RELEVANT = "No query has a row with a relevance above 0, so there is no right order."


@dataclass(frozen=True, slots=True, eq=False)
class PerQuery:
    """One value for each of m queries."""

    values: Floats
    first: Integers
    """(m,): position of the first row of each query in the table."""
    telling: int
    """Queries whose value depends on the order; a query of one row is always in the best one."""
    dependence: Dependence
    weight: Floats | None
    left_out: int
    """Queries without a relevant row, which say nothing about the order."""


def measure_queries(metric: str, cases: Cases) -> Inference | Missing:
    """The mean over queries, with the interval of a mean; n is the number of queries.

    In a segment of rows, queries are made of the rows of the segment alone: what is measured is the order among them.
    """
    found = measure_each_query(metric, cases)
    if isinstance(found, Missing):
        return found
    if not found.telling:
        return Missing(NO_CHOICE, n=len(found.values))
    mean = mean_of(found.values, found.dependence, weight=found.weight, least=0.0, most=1.0)
    return mean if isinstance(mean, Missing) else Mapped(mean, within_0_and_1, note=OVER_QUERIES)


def compare_queries(metric: str, candidate: Cases, other: Cases, factor: float = 1.0) -> Inference | Missing:
    """Mean over queries of the paired difference, candidate less `factor` times the other."""
    mine, theirs = measure_each_query(metric, candidate), measure_each_query(metric, other)
    if isinstance(mine, Missing):
        return mine
    if isinstance(theirs, Missing):
        return theirs
    if not mine.telling:
        return Missing(NO_CHOICE, n=len(mine.values))
    paired = mine.values - factor * theirs.values
    mean = mean_of(paired, mine.dependence, weight=mine.weight, least=-factor, most=1.0)
    if isinstance(mean, Missing):
        return mean
    return Mapped(mean, lambda gain: min(1.0, max(-factor, gain)), note=OVER_QUERIES)


def measure_each_query(metric: str, cases: Cases) -> PerQuery | Missing:
    """The metric of each query; all but precision only of queries with a relevant row.

    With groups a query belongs to the group of its first row, with time to the time of its first row; its weight is
    the mean weight of its rows.
    """
    if cases.queries is None:
        return Missing("No column says which rows belong to one query.", n=cases.n)
    if not np.isfinite(cases.y_pred).all():
        return Missing("Some scores are missing or infinite.", n=cases.n)
    order = order_of(cases)
    if not order.relevant.any():
        return Missing(NO_RELEVANT, n=int(np.count_nonzero(order.sizes)))
    name, k = _split_name(metric)
    judged = np.flatnonzero(order.sizes > 0 if name == "precision" else order.relevant > 0)
    values = _values(name, k, cases, order)[judged]
    left_out = int(np.count_nonzero(order.sizes)) - len(judged)
    telling = int(np.count_nonzero(_can_differ(name, k, order)[judged]))
    first = order.first[judged]
    return PerQuery(values, first, telling, _dependence(cases, first), _weight(cases, order, judged), left_out)


def _can_differ(name: str, k: float, order: Order) -> Bools:
    """(q,): whether another order of the rows of a query could have another value."""
    mixed = (order.sizes > 1) & (order.uneven if name == "ndcg" else order.relevant < order.sizes)
    return np.asarray(mixed & (order.sizes > k) if name in ("precision", "recall") else mixed)


def query_pulls(metric: str, cases: Cases) -> Floats | Missing:
    """What each query does to the mean over queries, at the row where it begins; 0 elsewhere, shape (n,)."""
    found = measure_each_query(metric, cases)
    if isinstance(found, Missing):
        return found
    pulls = np.zeros(cases.n)
    pulls[found.first] = found.values - found.values.mean()
    return pulls


def reason_to_withhold_queries(metric: str, cases: Cases) -> str:
    """Why no *met* may come from so few queries; empty when it may."""
    found = measure_each_query(metric, cases)
    if isinstance(found, Missing):
        return ""
    if (queries := found.telling) < MINIMUM_QUERIES:
        there = "There is 1 query" if queries == 1 else f"There are {queries} queries"
        return f"{there} whose order makes a difference; at least {MINIMUM_QUERIES} are needed to know chance."
    return unknown_error(found.dependence, found.values - found.values.mean())


def is_best_order(cases: Cases) -> bool:
    """Whether every query is in the best order that it could be in, although some other was possible."""
    found = measure_each_query("ndcg", cases)
    if isinstance(found, Missing) or float(found.values.min()) < 1 - 1e-12:
        return False
    random = measure_each_query("ndcg", replace(cases, y_pred=np.zeros(cases.n)))
    return not isinstance(random, Missing) and float(random.values.min()) < 1 - 1e-12


def are_among_first(cases: Cases, k: int) -> Array:
    """(n,) whether a row is among the first `k` of its query; rows of equal score in the order of the table."""
    assert cases.queries is not None
    by_query = np.lexsort((-cases.y_pred, cases.queries))
    starts = np.flatnonzero(np.diff(cases.queries[by_query], prepend=-1))
    place = np.arange(cases.n) - np.repeat(starts, np.diff(np.append(starts, cases.n)))
    shown = np.empty(cases.n, dtype=bool)
    shown[by_query] = place < k
    return shown


def _split_name(metric: str) -> tuple[str, float]:
    """Name and k: "ndcg_at_10" is ("ndcg", 10), "map" is ("map", inf)."""
    at = re.fullmatch(r"(\w+)_at_(\d+)", metric)
    return (at[1], float(at[2])) if at else (metric, np.inf)


def _values(name: str, k: float, cases: Cases, order: Order) -> Floats:
    """(q,): a value for each code of a query; nan or 0 where there is no relevant row."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if name == "ndcg":
            return _dcg(order, k) / _ideal(cases, order, k)
        if name == "map":
            return _precisions(order) / order.relevant
        if name == "mrr":
            return _reciprocal_ranks(order)
        return _relevant_among_first(order, k) / (k if name == "precision" else order.relevant)


def _sums(order: Order, amounts: Floats) -> Floats:
    return np.asarray(np.bincount(order.ties.query, amounts, len(order.sizes)), dtype=np.float64)


def _discounts(order: Order, k: float) -> Floats:
    """(largest size + 1,): 1/log2(place + 1) of the first m places summed, none after the k-th."""
    places = np.arange(int(order.sizes.max()))
    return np.append(0.0, np.cumsum(np.where(places < k, 1 / np.log2(places + 2), 0.0)))


def _sum_runs(table: Floats, ties: Ties) -> Floats:
    """What a table of running sums has over the places of each run."""
    start = ties.start.astype(np.int64)
    return np.asarray(table[start + ties.size.astype(np.int64)] - table[start])


def _dcg(order: Order, k: float) -> Floats:
    """Sum of relevance by discount (Järvelin and Kekäläinen 2002), each row with the mean discount of its run."""
    return _sums(order, order.ties.gain * _sum_runs(_discounts(order, k), order.ties) / order.ties.size)


def _ideal(cases: Cases, order: Order, k: float) -> Floats:
    """The same in the best order: by falling relevance."""
    assert cases.queries is not None
    rows = np.flatnonzero(cases.y_true > 0)
    codes, gain = cases.queries[rows], np.asarray(cases.y_true, dtype=np.float64)[rows]
    best = sort_by_query(codes, gain)
    starts = np.cumsum(order.relevant) - order.relevant
    place = np.arange(len(rows)) - starts[codes[best]].astype(np.int64)
    discount = np.diff(_discounts(order, k))[place]
    return np.asarray(np.bincount(codes[best], gain[best] * discount, len(order.sizes)))


def _relevant_among_first(order: Order, k: float) -> Floats:
    """Relevant rows among the first k."""
    ties = order.ties
    return _sums(order, ties.relevant * np.clip(k - ties.start, 0, ties.size) / ties.size)


def _precisions(order: Order) -> Floats:
    """Sum over relevant rows of the precision down to each. In a run of t rows, r of them relevant, after s rows with R
    relevant ones, place i holds a relevant row with chance r/t, and then R + 1 + (i - 1)(r - 1)/(t - 1) stand so far.
    """
    s, t, r = order.ties.start, order.ties.size, order.ties.relevant
    harmonic = np.append(0.0, np.cumsum(1 / np.arange(1.0, int(order.sizes.max()) + 1)))
    inverse = _sum_runs(harmonic, order.ties)  # sum of 1/(s + i)
    others = (r - 1) / np.maximum(t - 1, 1) * (t - (s + 1) * inverse)
    return _sums(order, np.where(r > 0, r / t * ((order.ties.before + 1) * inverse + others), 0.0))


def _reciprocal_ranks(order: Order) -> Floats:
    """Mean of 1 / place of the first relevant row; in its run of t rows, r of them relevant, it is the j-th with chance
    C(t - j, r - 1) / C(t, r).
    """
    ties = order.ties
    holds = np.flatnonzero((ties.before == 0) & (ties.relevant > 0))
    s, t, r = ties.start[holds], ties.size[holds], ties.relevant[holds]
    lengths = (t - r + 1).astype(np.int64)
    ends = np.cumsum(lengths)
    j = np.arange(1, ends[-1] + 1) - np.repeat(ends - lengths, lengths)
    s, t, r = (np.repeat(each, lengths) for each in (s, t, r))
    # C(t - j, r - 1) / C(t, r) by logarithms of factorials, as the factorials themselves overflow from 171 on
    chance = r * np.exp(gammaln(t - j + 1) + gammaln(t - r + 1) - gammaln(t - j - r + 2) - gammaln(t + 1))
    queries = np.repeat(ties.query[holds], lengths)
    return np.asarray(np.bincount(queries, chance / (s + j), len(order.sizes)))


def _dependence(cases: Cases, first: Integers) -> Dependence:
    groups, time = (None if codes is None else codes[first] for codes in (cases.groups, cases.time))
    return Dependence(groups, time)


def _weight(cases: Cases, order: Order, judged: Array) -> Floats | None:
    if cases.weight is None:
        return None
    sums = np.bincount(cases.queries, cases.weight, len(order.sizes))  # type: ignore[arg-type]
    return np.asarray(sums[judged] / order.sizes[judged])
