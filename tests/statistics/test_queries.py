"""Metrics of the order of queries: by hand, against scikit-learn, and against every order of tied rows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, ndcg_score

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import compare, human_comparison
from readiness.statistics.estimators import influence, measure, reason_to_withhold
from readiness.statistics.ranking import (
    PerQuery,
    are_among_first,
    is_best_order,
    measure_each_query,
    measure_queries,
    reason_to_withhold_queries,
)

METRICS = ("ndcg", "ndcg_at_3", "map", "mrr", "precision_at_3", "recall_at_3")


def cases_of(relevance, scores, queries=None, **more):
    """Ranked rows; one query unless told otherwise."""
    y, s = np.asarray(relevance, dtype=float), np.asarray(scores, dtype=float)
    codes = np.zeros(len(y), dtype=np.int64) if queries is None else np.asarray(queries, dtype=np.int64)
    return Cases(Task.RANKING, y, s, queries=codes, **more)


def sample(seed=0, queries=40, size=10, decimals=8):
    """Rows of many queries in a random order; scores lean towards the relevance."""
    rng = np.random.default_rng(seed)
    n = queries * size
    y = rng.integers(0, 4, n) * (rng.random(n) < 0.4)
    scores = np.round(y + rng.normal(0, 2, n), decimals)
    return cases_of(y, scores, rng.permutation(np.repeat(np.arange(queries), size)))


def values(metric, cases):
    found = measure_each_query(metric, cases)
    assert isinstance(found, PerQuery)
    return found.values


def one_value(metric, relevance, scores):
    (value,) = values(metric, cases_of(relevance, scores))
    return float(value)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("ndcg", (2 / math.log2(3) + 1 / math.log2(5)) / (2 + 1 / math.log2(3))),
        ("ndcg_at_2", (2 / math.log2(3)) / (2 + 1 / math.log2(3))),
        ("map", (1 / 2 + 2 / 4) / 2),
        ("mrr", 1 / 2),
        ("precision_at_3", 1 / 3),
        ("recall_at_3", 1 / 2),
        ("precision_at_10", 2 / 10),
    ],
)
def test_one_query_by_hand(metric, expected):
    """The order is 0, 2, 0, 1: the relevant rows stand at places 2 and 4; the table itself is in another order."""
    assert expected == pytest.approx(one_value(metric, [1, 0, 0, 2], [0.1, 0.9, 0.5, 0.7]))


@pytest.mark.parametrize("decimals", [8, 0])
@pytest.mark.parametrize("k", [None, 1, 3, 20])
def test_ndcg_is_that_of_scikit_learn(decimals, k):
    """Also with many ties, of which scikit-learn averages the gains."""
    cases = sample(decimals=decimals)
    parts = [cases.subset(cases.queries == q) for q in range(40)]
    expected = [ndcg_score([p.y_true], [p.y_pred], k=k) for p in parts if p.y_true.any()]
    assert expected == pytest.approx(values("ndcg" if k is None else f"ndcg_at_{k}", cases))


def test_map_without_ties_is_the_average_precision_of_scikit_learn():
    """Relevance above 0 counts as relevant."""
    cases = sample(1)
    parts = [cases.subset(cases.queries == q) for q in range(40)]
    expected = [average_precision_score(p.y_true > 0, p.y_pred) for p in parts if p.y_true.any()]
    assert expected == pytest.approx(values("map", cases))


def in_order(metric, relevance):
    """The metric of rows in this order, written down as its definition says."""
    found = [r > 0 for r in relevance]
    if metric == "map":
        return np.mean([np.mean(found[: i + 1]) for i in range(len(found)) if found[i]])
    if metric == "mrr":
        return 1 / (found.index(True) + 1)
    if metric in ("precision_at_3", "recall_at_3"):
        return sum(found[:3]) / (3 if metric == "precision_at_3" else sum(found))
    discount = 1 / np.log2(np.arange(len(relevance)) + 2) * (np.arange(len(relevance)) < (3 if "_" in metric else 99))
    return float(discount @ relevance) / float(discount @ sorted(relevance, reverse=True))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=6), st.sampled_from(METRICS))
def test_ties_are_the_mean_over_all_orders_of_them(rows, metric):
    """With all scores equal this is the exact expectation of a random order."""
    relevance, scores = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if not relevance.any():
        return
    for said in (scores, np.zeros(len(rows))):
        orders = [sorted(p, key=lambda i: -said[i]) for p in itertools.permutations(range(len(rows)))]
        expected = np.mean([in_order(metric, relevance[list(order)]) for order in orders])
        assert expected == pytest.approx(one_value(metric, relevance, said))


@pytest.mark.parametrize("metric", METRICS)
def test_a_random_order_is_what_random_scores_give_on_average(metric):
    """A simulation of 400 random orders of 40 queries agrees with the exact expectation."""
    cases, rng = sample(2), np.random.default_rng(3)
    expected = measure_queries(metric, cases_of(cases.y_true, np.zeros(cases.n), cases.queries)).value
    draws = [
        measure_queries(metric, cases_of(cases.y_true, rng.random(cases.n), cases.queries)).value for _ in range(400)
    ]
    assert expected == pytest.approx(np.mean(draws), abs=4 * np.std(draws) / 20)


@given(st.integers(0, 50), st.sampled_from(METRICS))
def test_the_order_of_the_table_does_not_count(seed, metric):
    """Neither do the names of the queries, nor any growing function of the scores."""
    cases = sample(seed, queries=5, decimals=0)
    rows = np.random.default_rng(seed).permutation(cases.n)
    moved = cases_of(cases.y_true[rows], np.exp(cases.y_pred[rows] / 9), 70_000 - cases.queries[rows])
    assert sorted(values(metric, cases)) == pytest.approx(sorted(values(metric, moved)))


@given(st.integers(0, 50), st.sampled_from(METRICS))
def test_values_are_shares_and_the_best_order_is_the_best(seed, metric):
    """Scores equal to the relevance are never beaten."""
    cases = sample(seed, queries=5)
    best = cases_of(cases.y_true, cases.y_true, cases.queries)
    assert (values(metric, cases) >= 0).all()
    assert (values(metric, cases) <= values(metric, best) + 1e-9).all()


def test_queries_without_a_relevant_row_are_left_out_or_count_as_nothing_found():
    """They have no right order; but of what was shown of them, nothing was relevant."""
    cases = cases_of([1, 0, 0, 0], [2, 1, 2, 1], [0, 0, 1, 1])
    found = measure_each_query("ndcg", cases)
    assert [1.0] == list(found.values)
    assert found.left_out == 1
    assert [0.5, 0.0] == list(values("precision_at_2", cases))
    assert measure_each_query("precision_at_2", cases).left_out == 0


def test_nothing_relevant_at_all_is_undefined():
    """Of every metric, and the reason says so."""
    for metric in METRICS:
        found = measure(metric, cases_of([0, 0, 0], [1, 2, 3]))
        assert isinstance(found, Missing)
        assert "relevance above 0" in found.reason


def test_without_queries_or_with_missing_scores_it_is_undefined():
    """Two sentences for two gaps."""
    y = np.array([1.0, 0.0])
    assert "belong to one query" in measure("ndcg", Cases(Task.RANKING, y, y)).reason
    assert "missing" in measure("ndcg", cases_of([1, 0], [math.nan, 1])).reason


def test_the_mean_has_the_interval_of_a_mean_of_queries():
    """n counts queries; with symmetric values the interval is the plain t-interval."""
    cases = sample(4, queries=60)
    by_query, measured = values("ndcg_at_3", cases), measure("ndcg_at_3", cases)
    low, high = stats.t.interval(0.95, len(by_query) - 1, by_query.mean(), stats.sem(by_query))
    assert len(by_query) == measured.n
    assert by_query.mean() == pytest.approx(measured.value)
    assert (low, high) == pytest.approx(measured.interval(0.95), abs=0.1 * (high - low))


def test_limits_stay_between_0_and_1():
    """A t-interval of shares may not."""
    y = np.tile([1.0, 0.0, 0.0], 12)
    scores = np.tile([3.0, 2.0, 1.0], 12)
    scores[:9] = [1, 3, 2, 2, 3, 1, 1, 2, 3]
    low, high = measure("ndcg", cases_of(y, scores, np.repeat(np.arange(12), 3))).interval(0.999)
    assert 0 <= low < high <= 1


def test_all_queries_right_still_leaves_a_doubt():
    """Twenty perfect queries: the lower limit is well below 1."""
    cases = cases_of(np.tile([1, 0], 20), np.tile([2, 1], 20), np.repeat(np.arange(20), 2))
    measured = measure("mrr", cases)
    assert (measured.value, measured.n) == (1.0, 20)
    assert 0.5 < measured.lower(0.05) < 0.95
    assert measured.upper(0.05) == 1.0


def test_weight_is_the_mean_weight_of_a_query():
    """The first query weighs 3 on average, the second 1."""
    cases = cases_of([1, 0, 1, 0], [2, 1, 1, 2], [0, 0, 1, 1], weight=np.array([2.0, 4.0, 1.0, 1.0]))
    assert (3 * 1 + 1 * 0.5) / 4 == pytest.approx(measure("mrr", cases).value)


def test_queries_of_one_group_or_time_depend_on_each_other():
    """A query belongs to the group, and to the time, of its first row in the table."""
    cases = cases_of(
        [1, 0, 1, 0], [2, 1, 1, 2], [1, 0, 0, 1], groups=np.array([5, 6, 7, 8]), time=np.array([3, 2, 1, 0])
    )
    found = measure_each_query("precision_at_1", cases)
    assert [6, 5] == found.dependence.groups.tolist()
    assert [2, 3] == found.dependence.time.tolist()


def test_grouped_queries_are_less_certain():
    """The same queries, all twice and grouped: as uncertain as once."""
    once = sample(5, queries=50)
    twice = cases_of(
        np.tile(once.y_true, 2),
        np.tile(once.y_pred, 2),
        np.concatenate([once.queries, once.queries + 50]),
        groups=np.tile(once.queries, 2),
    )
    expected, found = measure("ndcg", once).interval(0.9), measure("ndcg", twice).interval(0.9)
    assert expected == pytest.approx(found, abs=1e-3)


def test_comparison_is_paired_by_query():
    """The interval of the differences, not of two independent means."""
    mine = sample(6, queries=80)
    noise = np.random.default_rng(1).normal(0, 1, mine.n)
    other = cases_of(mine.y_true, mine.y_pred + noise, mine.queries)
    difference = values("ndcg", mine) - values("ndcg", other)
    gain = compare("ndcg", mine, other)
    low, high = stats.t.interval(0.95, len(difference) - 1, difference.mean(), stats.sem(difference))
    assert difference.mean() == pytest.approx(gain.value)
    assert (low, high) == pytest.approx(gain.interval(0.95), abs=0.1 * (high - low))


def test_a_relative_gain_is_a_contrast():
    """m - 1.1 · b, as everywhere."""
    mine, other = sample(7), sample(7)
    other = cases_of(mine.y_true, np.zeros(mine.n), mine.queries)
    expected = measure("mrr", mine).value - 1.1 * measure("mrr", other).value
    assert expected == pytest.approx(compare("mrr", mine, other, factor=1.1).value)


def test_the_same_scores_gain_nothing_and_prove_nothing():
    """No query differs, which with few queries does not exclude that some would."""
    gain = compare("ndcg", sample(8), sample(8))
    assert gain.value == 0
    assert gain.lower(0.05) < 0 < gain.upper(0.05)


def test_few_queries_are_withheld():
    """Nine queries with a relevant row are too few, ten are enough; many rows do not help."""
    nine, ten = sample(9, queries=9, size=50), sample(9, queries=10, size=50)
    assert "9 queries" in reason_to_withhold("ndcg", nine)
    assert reason_to_withhold("ndcg", ten) == ""
    assert reason_to_withhold_queries("ndcg", cases_of([0, 0], [1, 2])) == ""


def test_few_groups_are_withheld():
    """Fifty queries of five users say as much as five users."""
    cases = sample(10, queries=50)
    grouped = cases_of(cases.y_true, cases.y_pred, cases.queries, groups=cases.queries % 5)
    assert "5 groups" in reason_to_withhold("ndcg", grouped)


def test_rows_have_no_influence_of_their_own():
    """A mean over queries is carried by queries."""
    assert isinstance(influence("ndcg", sample()), Missing)


def test_first_rows_break_ties_by_the_order_of_the_table():
    """Two of the three equal rows of the first query are shown, and the only row of the second."""
    cases = cases_of([0, 0, 0, 0], [1, 1, 1, -5], [0, 0, 0, 1])
    assert [True, True, False, True] == are_among_first(cases, 2).tolist()


def test_a_perfect_order_is_noticed():
    """Any scores in the right order will do; where all rows are alike, nothing is perfect."""
    assert is_best_order(cases_of([2, 1, 0, 1, 0], [9, 8, 7, 2, 1], [0, 0, 0, 1, 1]))
    assert not is_best_order(cases_of([2, 1, 0, 1, 0], [9, 8, 7, 1, 2], [0, 0, 0, 1, 1]))
    assert not is_best_order(cases_of([1, 1], [2, 1]))


def test_a_segment_ranks_its_own_rows():
    """Of the rows of the segment alone the best one stands first."""
    cases = cases_of([0, 1, 0, 2], [9, 5, 1, 0], [0, 0, 0, 0])
    assert 0.5 == measure("mrr", cases).value
    assert 1.0 == measure("mrr", cases.subset(np.array([False, True, True, True]))).value


def test_people_are_compared_by_as_many_queries_as_they_had():
    """A mean of shares is at least as certain as a binomial share; without a number nothing is known."""
    mine = measure("ndcg", sample(11, queries=200))
    gain = human_comparison(mine, mine.value - 0.2, 400, greater_is_better=True)
    assert gain.value == pytest.approx(0.2)
    assert 0 < gain.lower(0.05) < 0.2
    assert human_comparison(mine, 0.2, None, greater_is_better=True).lower(0.05) == -math.inf


def test_the_lower_limit_is_rarely_above_the_truth():
    """In 600 samples of 30 queries with 8 rows the one-sided 5 % limit misses in at most 8 of 100."""
    rng = np.random.default_rng(12)

    def drawn(queries):
        n = queries * 8
        y = (rng.random(n) < 0.3).astype(float)
        return cases_of(y, y + rng.normal(0, 1, n), np.repeat(np.arange(queries), 8))

    truth = measure("ndcg_at_3", drawn(50_000)).value
    missed = sum(measure("ndcg_at_3", drawn(30)).lower(0.05) > truth for _ in range(600))
    assert missed <= 48


def test_one_query_proves_nothing_and_its_limits_stay_possible():
    """A difference of shares lies between -1 and 1, times the factor."""
    mine, other = cases_of([1, 0], [2, 1]), cases_of([1, 0], [1, 2])
    gain = compare("mrr", mine, other, factor=1.5)
    assert gain.value == pytest.approx(1 - 1.5 * 0.5)
    assert (-1.5, 1.0) == (gain.lower(0.05), gain.upper(0.05))
    assert reason_to_withhold("mrr", mine).startswith("There is 1 query whose order makes a difference;")


@pytest.mark.parametrize("metric", ["ndcg", "map", "mrr", "recall_at_5", "precision_at_5"])
def test_queries_without_a_choice_prove_nothing(metric):
    """Lists of one row, or of no more rows than are looked at, are in the best order whatever the scores."""
    single = cases_of(np.ones(50), np.arange(50.0), np.arange(50))
    assert isinstance(measure_queries(metric, single), Missing)
    if "_at_" in metric:
        short = cases_of(np.tile([1.0, 0, 0, 0], 20), np.arange(80.0), np.repeat(np.arange(20), 4))
        assert isinstance(measure_queries(metric, short), Missing)
