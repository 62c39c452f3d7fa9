"""Repeats by chance and repeats that somebody made; the nearest of other rows."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.statistics.copies import (
    are_in_table,
    count_values,
    known_rows,
    nearest_rows,
    numbers_of_repeats,
    repeat_by_themselves,
    repeated_hashes,
    singleton_hashes,
)


def hashes(values):
    return np.asarray(values, dtype=np.uint64)


def test_hashes_are_counted_and_found():
    """Small tables, where each answer can be seen."""
    a, b = hashes([7, 3, 7, 1]), hashes([9, 3])

    assert [3, 7] == repeated_hashes(a, b).tolist()
    assert [1, 3] == singleton_hashes(a).tolist()
    assert [[1, 3, 7], [1, 1, 2]] == [each.tolist() for each in count_values(a)]
    assert [False, True] == are_in_table(b, hashes([1, 3, 7])).tolist()
    assert [False, False] == are_in_table(b, hashes([])).tolist()


def test_large_tables_are_looked_up_alike():
    """By a few bits first, and in rising order."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, 300_000).astype(np.uint64)
    table = np.sort(values[:150_000])

    found = are_in_table(values, table)

    assert found[:150_000].all()
    assert 0 == found[150_000:].sum()


@pytest.mark.parametrize("levels", [30, 1_000, 100_000])
def test_rows_drawn_by_chance_repeat_by_themselves(levels):
    """Few values and many, even and uneven ones."""
    rng = np.random.default_rng(levels)
    for values in (rng.integers(0, levels, 5_000), rng.zipf(1.5, 5_000)):
        assert repeat_by_themselves(numbers_of_repeats(count_values(values.astype(np.uint64))[1]))


def test_rows_that_were_copied_do_not():
    """A table twice, and a half of it twice."""
    values = np.arange(2_000, dtype=np.uint64)

    for table in (np.repeat(values, 2), np.repeat(values, 5), np.append(values, values[:1_000])):
        assert not repeat_by_themselves(numbers_of_repeats(count_values(table)[1]))


def test_chance_is_what_equal_rows_are_held_against():
    """Six columns of five levels, 5,000 rows a side: four of five rows equal a training row, and none too many."""
    rng = np.random.default_rng(1)
    train, test = (rng.integers(0, 5**6, 5_000).astype(np.uint64) for _ in range(2))
    known = known_rows(test, train)

    assert 0.2 < known.share.value < 0.35
    assert known.by_chance.value == pytest.approx(known.share.value, abs=0.03)
    assert known.excess.lower(0.002) < 0.01
    copied = known_rows(np.append(test[:4_000], train[:1_000]), train)
    assert copied.excess.lower(0.002) > 0.01


def test_a_table_that_stands_there_twice_counts_once():
    """Else each of its rows would have a twin, and chance would give everything."""
    rows = np.arange(1_000, dtype=np.uint64)
    known = known_rows(rows[:100], np.repeat(rows, 3))

    assert (1_000, 1_000, 100) == (known.known, known.alone, known.twins)
    assert 1.0 == known.excess.value


def test_groups_widen_the_limits():
    """Twins that come by group are worth fewer rows."""
    rows = np.arange(400, dtype=np.uint64)
    groups = np.repeat(np.arange(20), 20)
    apart = known_rows(rows, rows[:80])
    together = known_rows(rows, rows[:80], groups)

    assert apart.share.lower(0.002) > together.share.lower(0.002)
    assert 1.0 == apart.deff < together.deff


def test_the_nearest_is_the_nearest():
    """Beside all distances; of each part one, nearest first; the row itself is passed over."""
    rng = np.random.default_rng(2)
    table, asked = rng.normal(size=(400, 3)), rng.normal(size=(50, 3))
    apart = np.sqrt(((asked[:, None] - table) ** 2).sum(axis=2))

    found = nearest_rows(asked, table)

    assert found.distances[:, 0] == pytest.approx(apart.min(axis=1))
    assert np.array_equal(found.places[:, 0], apart.argmin(axis=1))
    assert (np.diff(found.distances, axis=1) >= 0).all()
    own = nearest_rows(table[:9], table, itself=np.arange(9))
    assert (own.distances[:, 0] > 0).all()
    assert (nearest_rows(table, table).distances[:, 0] == 0).all()


def test_nearness_is_alike_however_densely_rows_lie():
    """A hundred times as densely, and by chance: smaller for a row that was copied and moved."""
    rng = np.random.default_rng(3)
    table, asked = rng.normal(size=(2_000, 6)), rng.normal(size=(300, 6))
    moved = table[:300] + 0.05 * rng.normal(size=(300, 6))

    by_chance = nearest_rows(asked, table).nearness
    assert nearest_rows(asked / 100, table / 100).nearness == pytest.approx(by_chance, rel=1e-3)
    assert np.median(nearest_rows(moved, table).nearness) < 0.2 < np.quantile(by_chance, 0.05)
    assert np.isnan(nearest_rows(table[:5], table).nearness).all()
