"""The search for combinations of columns in which a model fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.slices import (
    LEAST_ROWS,
    MOST_STEPS,
    Span,
    assign_bins,
    chance_of_so_many,
    first_half,
    quantile_edges,
    rows_of,
    search,
)


def columns(n, *levels, seed=0):
    """Random levels for each column."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, size, n).astype(np.int16) for size in levels]


def key_of(*levels):
    """Pairs of column and level as a combination."""
    return tuple(Span(column, level, level) for column, level in levels)


def test_a_weak_level_is_found():
    """Level 2 of the second column has 30 % errors instead of 5 %."""
    codes = columns(6000, 4, 5, 6)
    loss = np.random.default_rng(1).random(6000) < np.where(codes[1] == 2, 0.30, 0.05)

    found = search(codes, [4, 5, 6], loss, effect=0.1)

    assert key_of((1, 2)) == found.found[0].key
    assert int((codes[1] == 2).sum()) == found.found[0].n
    assert loss[codes[1] == 2].mean() - loss[codes[1] != 2].mean() == pytest.approx(found.found[0].effect)


def test_a_weak_combination_of_two_is_found_and_its_parents_are_not():
    """Errors where the first is 3 and the third is 0: neither column by itself is another story."""
    codes = columns(8000, 4, 5, 6)
    weak = (codes[0] == 3) & (codes[2] == 0)
    loss = np.random.default_rng(1).random(8000) < np.where(weak, 0.6, 0.05)

    found = search(codes, [4, 5, 6], loss, effect=0.02)

    assert [key_of((0, 3), (2, 0))] == [each.key for each in found.found]


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

    assert key_of((0, 1)) == found.key
    assert expected == pytest.approx(found.z)


def test_z_of_shares_is_that_of_the_likelihood_ratio():
    """Half of SciPy's G is the log-likelihood ratio."""
    codes = columns(3000, 3)
    loss = np.random.default_rng(1).random(3000) < np.where(codes[0] == 1, 0.3, 0.1)
    (found,) = search(codes, [3], loss).found
    cells = [[np.sum(loss[mask]), np.sum(~loss[mask])] for mask in (codes[0] == 1, codes[0] != 1)]
    ratio = stats.chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic

    assert key_of((0, 1)) == found.key
    assert ratio**0.5 == pytest.approx(found.z)


def test_booleans_and_numbers_say_the_same():
    """0 and 1 as numbers give the combinations that booleans give."""
    codes = columns(4000, 4, 5)
    loss = np.random.default_rng(1).random(4000) < np.where(codes[1] == 2, 0.30, 0.05)
    two = [search(codes, [4, 5], kind, ordered=[4, 0]) for kind in (loss, loss.astype(float))]

    assert two[0].searched == two[1].searched
    assert [(each.key, each.n, each.effect) for each in two[0].found] == [
        (each.key, each.n, pytest.approx(each.effect)) for each in two[1].found
    ]


def test_runs_of_levels_that_stand_in_order_are_found():
    """Levels 7 to 12 of 40 with 3 to 5 of 6; no run begins at a step of four levels."""
    codes = columns(20_000, 40, 6, 5)
    weak = (codes[0] >= 7) & (codes[0] <= 12) & (codes[1] >= 3)
    loss = np.random.default_rng(1).random(20_000) < np.where(weak, 0.6, 0.05)
    found = search(codes, [40, 6, 5], loss, ordered=[40, 6, 0], effect=0.1).found

    assert (Span(0, 7, 12), Span(1, 3, 5)) == found[0].key
    assert 40 > MOST_STEPS
    assert int(weak.sum()) == found[0].n
    assert loss[weak].mean() - loss[~weak].mean() == pytest.approx(found[0].effect)


def test_a_run_holds_no_level_that_stands_by_itself():
    """Missing is the sixth level of five that stand in order; it fails together with the last of them."""
    codes = columns(8000, 6)
    loss = np.random.default_rng(1).random(8000) < np.where(codes[0] >= 4, 0.5, 0.05)
    found = search(codes, [6], loss, ordered=[5], effect=0.1).found

    assert {key_of((0, 4)), key_of((0, 5))} == {each.key for each in found}


def test_all_runs_of_all_columns_are_counted():
    """Of 12 levels in order 77 runs one at a time, and 6 steps of two with 20 runs beside 4 levels that are not."""
    codes = columns(9000, 12, 4)
    assert 77 + 4 + 20 * 4 == search(codes, [12, 4], np.zeros(9000, dtype=bool), ordered=[12, 0]).searched


def test_two_weak_parts_of_the_same_columns_are_both_found():
    """Opposite corners."""
    codes = columns(12_000, 10, 10)
    one, other = (codes[0] < 3) & (codes[1] > 6), (codes[0] > 6) & (codes[1] < 3)
    loss = np.random.default_rng(1).random(12_000) < np.where(one | other, 0.5, 0.05)
    found = search(codes, [10, 10], loss, ordered=[10, 10], effect=0.1).found

    assert {(Span(0, 0, 2), Span(1, 7, 9)), (Span(0, 7, 9), Span(1, 0, 2))} == {each.key for each in found}


def test_a_known_combination_keeps_its_story():
    """A weak segment that is judged elsewhere hides neither itself nor its parts in the list."""
    codes = columns(8000, 4, 5, 6)
    loss = np.random.default_rng(1).random(8000) < np.where(codes[1] == 2, 0.5, 0.05)

    assert () == search(codes, [4, 5, 6], loss, effect=0.1, known=frozenset({key_of((1, 2))})).found


def test_a_part_that_is_worse_than_the_known_rest_is_news():
    """Inside a weak level one part is far weaker still."""
    codes = columns(8000, 4, 5)
    rate = np.where(codes[0] == 1, np.where(codes[1] == 2, 0.9, 0.3), 0.05)
    loss = np.random.default_rng(1).random(8000) < rate
    found = search(codes, [4, 5], loss, effect=0.1, known=frozenset({key_of((0, 1))}))

    assert [key_of((0, 1), (1, 2))] == [each.key for each in found.found]


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
    assert [False, True, False, False] == rows_of(key_of((0, 1), (1, 2)), codes).tolist()


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
    assert np.bincount(assign_bins(numbers, edges)).min() > 1700


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
    assert [0, 0, 1, 1, 2, 2, 3] == assign_bins(np.array([-np.inf, 1, 1.5, 2, 2.5, np.inf, np.nan]), edges).tolist()
    assert 0 == len(quantile_edges(np.full(5, np.nan), 10))
    assert [1, 0] == assign_bins(np.array([np.nan, 3.0]), np.empty(0)).tolist()


@given(st.integers(1, 400), st.data())
def test_chance_of_so_many_is_that_of_fishers_exact_test(total, data):
    """The upper tail of the hypergeometric distribution, as SciPy has it."""
    drawn, marked = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    found = data.draw(st.integers(0, min(drawn, marked) + 1))

    chance = chance_of_so_many(found, drawn=drawn, marked=marked, total=total)

    expected = stats.hypergeom.sf(found - 1, total, marked, drawn)
    assert chance == pytest.approx(expected, rel=1e-11, abs=1e-300)


def test_chance_of_so_many_by_hand():
    """Two marked rows among four, two drawn: both are marked once in six draws."""
    assert chance_of_so_many(2, drawn=2, marked=2, total=4) == pytest.approx(1 / 6)
    assert chance_of_so_many(3, drawn=2, marked=2, total=4) == 0.0
    assert chance_of_so_many(0, drawn=2, marked=2, total=4) == 1.0
