"""Drift of one column."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association

from readiness.core.missing import Missing
from readiness.statistics.drift import (
    MISSING,
    OTHER,
    UNSEEN,
    StabilityIndex,
    categorical_drift,
    drift_of_counts,
    numeric_drift,
    quantile_edges,
    rows_worth,
)

NAMES = list("abcdefghij")


def test_psi_by_hand():
    """50:50 against 80:20 with half a row added to each bin."""
    drift = drift_of_counts(["a", "b"], np.array([50.0, 50]), np.array([80.0, 20]))
    p, q = 50.5 / 101, 80.5 / 101
    expected = (p - q) * math.log(p / q) + (q - p) * math.log((1 - p) / (1 - q))
    assert expected == pytest.approx(drift.index.raw)
    assert expected - (1 / 100 + 1 / 100) == pytest.approx(drift.index.value)
    assert stats.chi2.sf(expected * 50, 1) == pytest.approx(drift.p_value)
    assert ((0.5, 0.5), (0.8, 0.2)) == (drift.reference_share, drift.current_share)


def test_limits_invert_the_noncentral_chi_square():
    """At its lower limit the index is exceeded in 5 % of samples, at its upper one undercut in 5 %."""
    index = StabilityIndex(0.3, 10, 500, 500)
    low, high = index.lower(0.05), index.upper(0.05)
    assert 0.05 == pytest.approx(stats.ncx2.sf(0.3 * 250, 9, low * 250))
    assert 0.05 == pytest.approx(stats.ncx2.cdf(0.3 * 250, 9, high * 250))
    assert 0 < low < index.value < high


@given(st.floats(0, 3), st.integers(2, 30), st.integers(10, 10**6), st.integers(10, 10**6))
def test_limits_hold_the_value_and_are_not_negative(raw, bins, n, m):
    """0 <= low <= value <= high."""
    index = StabilityIndex(raw, bins, n, m)
    assert 0 <= index.lower(0.05) <= index.value <= index.upper(0.05)
    assert min(n, m) == index.n


@pytest.mark.parametrize(("n", "m"), [(100, 100), (1000, 1000), (10_000, 300)])
@pytest.mark.parametrize("truth", [0.0, 0.10, 0.25])
def test_bounds_miss_in_about_five_per_cent(n, m, truth):
    """Ten equal bins of which one grows; 2,000 samples for each side, limits 2.5 to 8 %."""
    p = np.full(10, 0.1)
    low, high = 0.0, 0.9
    for _ in range(60):
        middle = (low + high) / 2
        q = p * (1 - middle)
        q[3] += middle
        low, high = (middle, high) if float(((q - p) * np.log(q / p)).sum()) < truth else (low, middle)
    q = p * (1 - low)
    q[3] += low
    rng = np.random.default_rng(n + m)
    sides = zip(rng.multinomial(n, p, 2000), rng.multinomial(m, q, 2000), strict=True)
    raw = np.array([drift_of_counts(NAMES, a.astype(float), b.astype(float)).index.raw for a, b in sides])
    scale = 1 / n + 1 / m
    chance = stats.ncx2.cdf(raw / scale, 9, truth / scale)
    assert 0.025 <= np.mean(chance > 0.95) <= 0.08
    if truth > 0:
        assert 0.025 <= np.mean(chance < 0.05) <= 0.08


def test_small_samples_without_drift_show_a_large_raw_index_only():
    """100 against 100 normal values: the customary index exceeds 0.1 in most of 200 samples, its lower limit hardly
    ever.
    """
    rng = np.random.default_rng(0)
    indices = [numeric_drift(rng.normal(size=100), rng.normal(size=100)).index for _ in range(200)]
    assert np.mean([index.raw > 0.1 for index in indices]) > 0.7
    assert np.mean([index.lower(0.05) > 0.1 for index in indices]) < 0.02


def test_a_clear_shift_is_seen():
    """Half a standard deviation in 2,000 rows: PSI about 0.24."""
    rng = np.random.default_rng(0)
    drift = numeric_drift(rng.normal(size=2000), rng.normal(size=2000) + 0.5)
    assert 0.15 < drift.index.lower(0.05) < 0.24 < drift.index.upper(0.05) < 0.35
    assert drift.p_value < 1e-6


def test_missing_values_are_a_bin():
    """A column that loses a third of its values drifts by that alone."""
    values = np.random.default_rng(0).normal(size=300)
    drift = numeric_drift(values, np.where(np.arange(300) % 3 == 0, np.nan, values))
    assert MISSING == drift.bins[-1]
    assert (0.0, 1 / 3) == pytest.approx((drift.reference_share[-1], drift.current_share[-1]))
    assert drift.index.lower(0.05) > 0.25


def test_a_spike_gets_its_own_bin():
    """Half of the values are 0: values below and above it stay apart."""
    edges = quantile_edges(np.concatenate([np.zeros(50), np.linspace(-1, 1, 50)]), 4)
    assert np.searchsorted(edges, -1e-9) < np.searchsorted(edges, 0.0) < np.searchsorted(edges, 1e-9)


def test_bins_are_named_by_values_that_people_know():
    """A spike by itself, its neighbours below and above it; never by the number next to it."""
    spiked = np.concatenate([np.zeros(50), np.linspace(-1, 1, 50)])
    names = numeric_drift(spiked, spiked, 4).bins
    assert "exactly 0" in names
    assert not any("e-" in name for name in names)
    assert ("exactly 1",) == numeric_drift(np.ones(20), np.ones(20)).bins
    assert ("below 1", "exactly 1", "above 1") == numeric_drift(np.ones(20), np.array([0.0, 1, 2])).bins


def test_close_bins_have_different_names():
    """More figures where four would make two bins one; infinite values in words."""
    names = numeric_drift(1e6 + np.arange(100) / 1000, 1e6 + np.arange(100) / 1000).bins
    assert 10 == len(set(names))
    beyond = np.array([-np.inf] * 30 + [1.0] * 30 + [np.inf] * 40)
    assert "exactly infinity" in numeric_drift(beyond, beyond).bins


def test_a_text_that_looks_like_nothing_is_quoted():
    """The words nan and None are categories like any other."""
    assert ("“nan”", "“None”") == categorical_drift(["nan"] * 5 + ["None"] * 3, ["nan"] * 4).bins


def test_bins_hold_equal_shares_of_the_reference():
    """1,000 different values in ten bins of 100."""
    drift = numeric_drift(np.arange(1000.0), np.arange(1000.0))
    assert [0.1] * 10 == pytest.approx(list(drift.reference_share))
    assert (0.0, 0.0) == (drift.index.raw, drift.cramers_v)


def test_a_constant_column_that_stays_has_no_drift_but_an_upper_limit():
    """And one that changes drifts."""
    same = numeric_drift(np.ones(200), np.ones(200))
    assert 0.0 == same.index.value < same.index.upper(0.05) < 0.1
    assert numeric_drift(np.ones(200), np.full(200, 2.0)).index.lower(0.05) > 1


def test_categories_rare_ones_and_new_ones():
    """Twenty categories of their own, the rest together, unseen ones apart, missing ones apart."""
    reference = [f"c{i:02d}" for i in range(20) for _ in range(10)] + ["rare", "rare", "once", None]
    drift = categorical_drift(reference, [*reference, "new", "new", math.nan])
    assert (OTHER, UNSEEN, MISSING) == drift.bins[-3:]
    assert (23, 2 / 204, 3 / 207) == (len(drift.bins), drift.reference_share[-3], drift.current_share[-3])
    assert (1 / 204, 2 / 207) == (drift.reference_share[-2], drift.current_share[-2])


@pytest.mark.parametrize("values", [20, 300, 3_000, 10**9])
def test_new_values_are_no_drift_where_values_hardly_come_twice(values):
    """Postcodes, names of rows: as many are new as of the reference no other row has."""
    rng = np.random.default_rng(values)
    before, now, other = (rng.integers(0, values, n).astype(str) for n in (3_000, 1_000, 1_000))

    assert categorical_drift(before, now).index.upper(0.05) < 0.1
    assert categorical_drift(before, [*now[:600], *(f"new {text}" for text in other[:400])]).index.lower(0.05) > (
        0.1 if values < 1_000 else -1
    )


def test_missing_values_of_pandas_are_missing():
    """NA, NaT, nan and None."""
    drift = categorical_drift([pd.NA, pd.NaT, math.nan, None, "a"], ["a"] * 5)
    assert (("a", MISSING), (0.2, 0.8)) == (drift.bins, drift.reference_share)


def test_cramers_v_agrees_with_scipy():
    """Counts 30, 20, 10 against 10, 20, 30."""
    before, now = np.array([30.0, 20, 10]), np.array([10.0, 20, 30])
    expected = association(np.stack((before, now)).astype(int), method="cramer")
    assert expected == pytest.approx(drift_of_counts(["a", "b", "c"], before, now).cramers_v)


def test_no_rows_are_undefined():
    """Either side."""
    assert isinstance(numeric_drift(np.array([]), np.arange(5.0)), Missing)
    assert isinstance(categorical_drift(["a"], []), Missing)


def test_rows_without_groups_are_worth_what_they_are():
    """Each is one."""
    assert 5 == rows_worth(np.array([0, 1, 2, 0, 1]), None)
    assert 0 == rows_worth(np.zeros(0, dtype=np.int64), None)


def test_rows_of_a_group_that_are_all_alike_are_worth_one_row():
    """40 groups of 25 rows in one bin each: the design effect is 25, by Rao and Scott's formula nearly exactly."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 25)
    assert 40 == pytest.approx(rows_worth(rng.integers(0, 4, 40)[groups], groups), abs=2)
    independent = rows_worth(rng.integers(0, 4, 1_000), groups)
    assert 800 < independent <= 1_000


def test_few_groups_count_as_one_row_each():
    """Nobody knows how they spread; rows that are all in one bin of many groups spread not at all."""
    bins = np.random.default_rng(2).integers(0, 4, 1_000)
    assert 10 == rows_worth(bins, np.repeat(np.arange(10), 100))
    assert 1 == rows_worth(bins, np.zeros(1_000, dtype=np.int64))
    assert 1_000 == rows_worth(np.zeros(1_000, dtype=np.int64), np.repeat(np.arange(40), 25))
