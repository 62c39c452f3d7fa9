"""Errors that go together by the values of a column."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.statistics.copies import (
    are_beyond_chance,
    deals_needed,
    deals_without_match,
    is_measure,
    measure_repeats,
)


def clustered(share, values=200, each=5, seed=0):
    """Errors of which `share` of the variance belongs to the value."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(values), each)
    common = rng.normal(size=values)[codes] * np.sqrt(share)
    return common + rng.normal(size=len(codes)) * np.sqrt(1 - share), codes


def test_pairs_that_are_alike_count_half():
    """+1 +1 -1 -1, each value twice: correlation 1, and a design effect of 2."""
    found = measure_repeats(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))

    assert 1.0 == pytest.approx(found.correlation)
    assert 2.0 == pytest.approx(found.design_effect)
    assert (2, 2.0) == (found.values, found.rows_each)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_planted_correlation_is_found(share):
    """Near the truth, telling, and not taken for chance; the design effect is 1 + 4 · correlation."""
    errors, codes = clustered(share)
    found = measure_repeats(errors, codes)

    assert share == pytest.approx(found.correlation, abs=0.07)
    assert 1 + 4 * found.correlation == pytest.approx(found.design_effect)
    assert 500 == deals_without_match(errors, codes, 0, 500)


def test_a_sample_of_rows_tells_the_same():
    """A third of the rows: the correlation and the rows of a value in the whole table are still found."""
    errors, codes = clustered(0.4, values=3000)
    rows = np.random.default_rng(1).choice(len(errors), 5000, replace=False)
    found = measure_repeats(errors[rows], codes[rows], len(errors))

    assert 5 == pytest.approx(found.rows_each, rel=0.1)
    assert 0.4 == pytest.approx(found.correlation, abs=0.05)


def test_independent_errors_are_chance():
    """In at most two of 100 draws are they told apart from chance at 1 %."""
    told = sum(deals_without_match(*clustered(0.0, seed=seed), seed, 100) == 100 for seed in range(100))

    assert told <= 2


def test_many_rows_are_dealt_out_by_whole_values():
    """Of 40,000 rows a quarter are looked at, and pairs stay together."""
    errors, codes = clustered(0.2, values=20_000, each=2)

    assert 500 == deals_without_match(errors, codes, 0, 500)


def test_chance_is_excluded_column_by_column():
    """Of four columns at 1 %: 400 deals without a match, then 300; where one falls short, all after it do."""
    assert (400, 300) == (deals_needed(0.01, 4), deals_needed(0.01, 3))
    assert (True, True, False) == are_beyond_chance([300, 400, 150], 0.01, 4)
    assert (False, False) == are_beyond_chance([399, 250], 0.01, 4)
    assert () == are_beyond_chance([], 0.01, 4)


def test_rows_without_a_value_go_together_with_none():
    """Nothing to deal out."""
    assert 0 == deals_without_match(np.ones(3), np.full(3, -1), 0, 10)


def test_missing_values_belong_to_nothing():
    """Rows coded -1 are left out of the correlation."""
    errors, codes = clustered(0.4)
    with_gaps = measure_repeats(np.append(errors, [9.0, 9.0]), np.append(codes, [-1, -1]))

    assert measure_repeats(errors, codes).correlation == pytest.approx(with_gaps.correlation)


def test_no_errors_tell_nothing():
    """Nothing varies."""
    assert 0.0 == measure_repeats(np.zeros(100), np.repeat(np.arange(25), 4)).correlation


def test_a_measure_is_told_from_a_name():
    """Errors that grow with age make ages a measure; the same errors under shuffled numbers are names."""
    ages = np.repeat(np.arange(60.0), 20)
    errors = ages / 60 + np.random.default_rng(0).normal(size=1200) * 0.3
    codes = ages.astype(int)
    shuffled = np.random.default_rng(1).permutation(60).astype(float)

    assert is_measure(errors, codes, np.arange(60.0))
    assert not is_measure(errors, codes, shuffled)
