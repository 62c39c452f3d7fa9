"""The search for combinations of columns in which a model fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from readiness.criteria import Task
from readiness.statistics.cases import Cases
from readiness.statistics.slices import LEAST_ROWS, binned, first_half, quantile_edges, rows_of, search


def columns(n, *levels, seed=0):
    """Random levels for each column."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, size, n).astype(np.int16) for size in levels]


def test_a_weak_level_is_found():
    """Level 2 of the second column has 30 % errors instead of 5 %."""
    codes = columns(6000, 4, 5, 6)
    loss = np.random.default_rng(1).random(6000) < np.where(codes[1] == 2, 0.30, 0.05)

    found = search(codes, [4, 5, 6], loss, effect=0.1)

    assert ((1, 2),) == found.found[0].key
    assert int((codes[1] == 2).sum()) == found.found[0].n
    assert loss[codes[1] == 2].mean() - loss[codes[1] != 2].mean() == pytest.approx(found.found[0].effect)


def test_a_weak_combination_of_two_is_found_and_its_parents_are_not():
    """Errors where the first is 3 and the third is 0: neither column by itself is another story."""
    codes = columns(8000, 4, 5, 6)
    weak = (codes[0] == 3) & (codes[2] == 0)
    loss = np.random.default_rng(1).random(8000) < np.where(weak, 0.6, 0.05)

    found = search(codes, [4, 5, 6], loss, effect=0.02)

    assert [((0, 3), (2, 0))] == [each.key for each in found.found]


def test_every_combination_is_counted():
    """4 + 5 + 6 levels and 20 + 24 + 30 pairs, all with enough rows."""
    codes = columns(5000, 4, 5, 6)
    assert 4 + 5 + 6 + 20 + 24 + 30 == search(codes, [4, 5, 6], np.zeros(5000, dtype=bool)).searched


def test_combinations_with_few_rows_are_not_looked_at():
    """Ten rows, all wrong, are no evidence worth a test; nor is what leaves only ten rows outside."""
    codes = [np.r_[np.ones(10), np.zeros(490)].astype(np.int16)]
    found = search(codes, [2], codes[0] == 1)

    assert (0, ()) == (found.searched, found.found)
    assert LEAST_ROWS > 10


def test_z_is_that_of_welch():
    """Where the spread inside is the larger one, scipy gives the same."""
    codes = columns(3000, 3)
    loss = np.random.default_rng(1).exponential(np.where(codes[0] == 1, 2.0, 1.0))
    (found,) = search(codes, [3], loss).found
    expected = stats.ttest_ind(loss[codes[0] == 1], loss[codes[0] != 1], equal_var=False).statistic

    assert ((0, 1),) == found.key
    assert expected == pytest.approx(found.z)


def test_booleans_and_numbers_say_the_same():
    """0 and 1 as numbers give what booleans give."""
    codes = columns(4000, 4, 5)
    loss = np.random.default_rng(1).random(4000) < np.where(codes[1] == 2, 0.30, 0.05)

    assert search(codes, [4, 5], loss) == search(codes, [4, 5], loss.astype(float))


def test_a_known_combination_keeps_its_story():
    """A weak segment that is judged elsewhere hides neither itself nor its parts in the list."""
    codes = columns(8000, 4, 5, 6)
    loss = np.random.default_rng(1).random(8000) < np.where(codes[1] == 2, 0.5, 0.05)

    assert () == search(codes, [4, 5, 6], loss, effect=0.1, known=frozenset({((1, 2),)})).found


def test_a_part_that_is_worse_than_the_known_rest_is_news():
    """Inside a weak level one part is far weaker still."""
    codes = columns(8000, 4, 5)
    rate = np.where(codes[0] == 1, np.where(codes[1] == 2, 0.9, 0.3), 0.05)
    loss = np.random.default_rng(1).random(8000) < rate
    found = search(codes, [4, 5], loss, effect=0.1, known=frozenset({((0, 1),)}))

    assert [((0, 1), (1, 2))] == [each.key for each in found.found]


def test_noise_among_thousands_hardly_stands_out():
    """No combination of ten columns of noise has an effect of 10 points and z of 3 at 40,000 rows."""
    loss = np.random.default_rng(5).random(40_000) < 0.1
    assert () == search(columns(40_000, *[10] * 10), [10] * 10, loss, effect=0.10).found


def test_nothing_to_search():
    """No rows, no columns."""
    assert 0 == search([], [], np.zeros(0, dtype=bool)).searched
    assert 0 == search([], [], np.zeros(5, dtype=bool)).searched
    assert 0 == search([np.zeros(0, dtype=np.int16)], [1], np.zeros(0, dtype=bool)).searched


def test_all_losses_alike_are_no_finding():
    """Without any spread there is nothing to compare."""
    assert () == search(columns(500, 2), [2], np.ones(500, dtype=bool)).found


def test_rows_of_a_combination():
    """Rows that have both levels."""
    codes = [np.array([0, 1, 1, 0]), np.array([2, 2, 0, 2])]
    assert [False, True, False, False] == rows_of(((0, 1), (1, 2)), codes).tolist()


def cases(n, **more):
    """Rows that are all right."""
    return Cases(Task.BINARY, np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64), **more)


@given(st.integers(0, 400), st.integers(0, 5))
def test_halves_are_halves(n, seed):
    """Half of the rows, rounded down, the same for the same seed."""
    half = first_half(cases(n), seed=seed)
    assert n // 2 == half.sum()
    assert np.array_equal(half, first_half(cases(n), seed=seed))


def test_groups_are_kept_whole():
    """No user is in both halves; queries likewise."""
    users = np.random.default_rng(0).integers(0, 50, 1000)
    for name in ("groups", "queries"):
        half = first_half(cases(1000, **{name: users}), seed=0)
        assert set() == set(users[half]) & set(users[~half])
        assert 0.3 < half.mean() < 0.7


def test_neighbours_in_time_stay_together():
    """Rows in time order are halved by forty blocks: at most 39 changes from one half to the other."""
    half = first_half(cases(1000, time=np.arange(1000)), seed=0)
    assert 500 == half.sum()
    assert np.count_nonzero(half[1:] != half[:-1]) <= 39


def test_edges_cut_into_parts_of_equal_size_and_read_well():
    """Deciles of 0 to 1, written with two digits where that is as good."""
    numbers = np.random.default_rng(0).random(20_000)
    edges = quantile_edges(numbers, 10)

    assert [f"{edge:.2g}" for edge in edges] == [f"{edge:g}" for edge in edges]
    assert np.bincount(binned(numbers, edges)).min() > 1700


def test_edges_that_coincide_are_one():
    """Most values are 0, so several deciles are the same; a constant has one edge."""
    assert [0.0] == quantile_edges(np.r_[np.zeros(95), np.arange(5)], 10).tolist()
    assert [7.0] == quantile_edges(np.full(50, 7.0), 10).tolist()


def test_years_keep_their_digits():
    """2003.5 is not written as 2000."""
    edges = quantile_edges(np.repeat(np.arange(1999, 2019), 5).astype(float), 5)
    assert edges.tolist() == sorted(set(edges.tolist()))
    assert all(1999 < edge < 2019 for edge in edges)


def test_gaps_and_infinities_have_their_place():
    """Missing is the bin after the last, infinities are in the outer bins; edges belong to the bin below."""
    edges = np.array([1.0, 2.0])
    assert [0, 0, 1, 1, 2, 2, 3] == binned(np.array([-np.inf, 1, 1.5, 2, 2.5, np.inf, np.nan]), edges).tolist()
    assert 0 == len(quantile_edges(np.full(5, np.nan), 10))
    assert [1, 0] == binned(np.array([np.nan, 3.0]), np.empty(0)).tolist()
