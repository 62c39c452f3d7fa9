"""Intervals and bounds of single numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from readiness.statistics.intervals import (
    Binomial,
    Draws,
    Exact,
    Mover,
    Normal,
    OrderStatistic,
    Unvaried,
    f1_from_counts,
    linear,
    mover_mean,
)

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 20), (58, 120), (119, 120), (120, 120)])
def test_shares_agree_with_statsmodels(k, n):
    """Wilson is shown and Clopper-Pearson is judged, as statsmodels computes them."""
    share = Binomial(k, n)
    assert proportion_confint(k, n, 0.05, "wilson") == pytest.approx(share.interval(0.95), abs=1e-12)
    assert proportion_confint(k, n, 0.10, "beta") == pytest.approx((share.lower(0.05), share.upper(0.05)), abs=1e-10)


def test_all_right_is_bounded_by_the_root_of_alpha():
    """59 of 59 prove 0.95 at one-sided 5 %, 58 of 58 do not."""
    assert 0.05 ** (1 / 59) == pytest.approx(Binomial(59, 59).lower(0.05))
    assert Binomial(58, 58).lower(0.05) < 0.95 <= Binomial(59, 59).lower(0.05)


@given(counts)
def test_share_limits_stay_in_range_and_hold_the_value(pair):
    """0 <= low <= value <= high <= 1, and the interval is never a point, not even at 0 of n or n of n."""
    share = Binomial(*pair)
    for low, high in (share.interval(0.95), (share.lower(0.05), share.upper(0.05))):
        assert 0 <= low <= share.value <= high <= 1
        assert high > low


@given(counts, st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_more_confidence_means_wider_limits(pair, a, b):
    """Limits move outwards as alpha falls."""
    share, (small, large) = Binomial(*pair), sorted((a, b))
    assert share.lower(small) <= share.lower(large) + 1e-12
    assert share.upper(small) >= share.upper(large) - 1e-12


@given(counts)
def test_more_rows_of_the_same_kind_mean_narrower_limits(pair):
    """Ten times the same data lies inside the limits of once."""
    k, n = pair
    once, often = Binomial(k, n), Binomial(10 * k, 10 * n)
    assert often.lower(0.05) >= once.lower(0.05) - 1e-12
    assert often.upper(0.05) <= once.upper(0.05) + 1e-12


@given(counts)
def test_swapping_success_and_failure_mirrors_the_limits(pair):
    """The limits of failures are one minus those of successes."""
    k, n = pair
    share, failures = Binomial(k, n), Binomial(n - k, n)
    assert 1 - failures.upper(0.05) == pytest.approx(share.lower(0.05), abs=1e-12)
    assert 1 - failures.interval(0.9)[1] == pytest.approx(share.interval(0.9)[0], abs=1e-12)


def test_a_design_effect_of_two_halves_the_rows():
    """40 of 50 with design effect 2 has the limits of 20 of 25."""
    half, twice = Binomial(20, 25), Binomial(40, 50, deff=2.0)
    assert half.lower(0.05) == pytest.approx(twice.lower(0.05))
    assert half.interval(0.95) == pytest.approx(twice.interval(0.95))
    assert (twice.value, twice.n) == (0.8, 50)
    assert "effective rows" in twice.method


def test_few_clusters_widen_by_students_quantile():
    """With 9 degrees of freedom the rows shrink by (z / t)²."""
    z, t = stats.norm.isf(0.05), stats.t.isf(0.05, 9)
    assert 100 * (z / t) ** 2 == pytest.approx(Binomial(80, 100, df=9).effective_rows(0.05))


def test_f1_limits_are_mapped_from_the_share_of_true_positives():
    """TP 50, FP 5, FN 5: J = 50/60, F1 = 100/110, its limits are 2J/(1+J) of Wilson's for 50 of 60."""
    f1 = f1_from_counts(50, 5, 5)
    low, high = proportion_confint(50, 60, 0.05, "wilson")
    assert f1.value == pytest.approx(100 / 110)
    assert f1.interval(0.95) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert "Lam" in f1.method
    assert 60 == f1.n


def test_mover_is_newcombes_interval_of_a_difference():
    """56/70 - 48/80: Newcombe's (1998) hybrid score interval is 0.0524 to 0.3339."""
    low, high = Mover(Binomial(56, 70), Binomial(48, 80)).interval(0.95)
    assert (0.0524, 0.3339) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(counts, counts)
def test_swapping_both_sides_negates_a_difference(a, b):
    """Limits of a - b are the negated limits of b - a."""
    ab, ba = Mover(Binomial(*a), Binomial(*b)), Mover(Binomial(*b), Binomial(*a))
    assert ab.lower(0.05) == pytest.approx(-ba.upper(0.05))
    assert ab.interval(0.9)[1] == pytest.approx(-ba.interval(0.9)[0])


def test_a_mean_of_two_lies_between_them_inside_0_and_1():
    """Balanced accuracy of 10 of 10 and 10 of 10 is 1 with a lower limit below 1."""
    mean = mover_mean(Binomial(10, 10), Binomial(10, 10))
    assert 1.0 == mean.value
    assert 1 - math.hypot(1 - 0.05**0.1, 1 - 0.05**0.1) / 2 == pytest.approx(mean.lower(0.05))
    assert 1.0 == pytest.approx(mean.upper(0.05))


def test_a_falling_line_turns_the_limits_round():
    """2 - 3x of a share."""
    share = Binomial(3, 10)
    line = linear(share, scale=-3, shift=2)
    assert 2 - 3 * share.upper(0.05) == pytest.approx(line.lower(0.05))
    assert 2 - 3 * share.lower(0.05) == pytest.approx(line.upper(0.05))
    assert 2 - 3 * share.interval(0.95)[1] == pytest.approx(line.interval(0.95)[0])


def test_normal_scales():
    """Identity adds, log multiplies, logit stays inside 0 and 1."""
    t = stats.t.isf(0.025, 9)
    assert (5 - t, 5 + t) == pytest.approx(Normal(5, 1, 9, 10).interval(0.95))
    low, high = Normal(5, 1, 9, 10, "log").interval(0.95)
    assert (5 * math.exp(-t / 5), 5 * math.exp(t / 5)) == pytest.approx((low, high))
    low, high = Normal(0.98, 0.05, math.inf, 10, "logit").interval(0.95)
    assert 0 < low < 0.98 < high < 1


def test_unvaried_is_bounded_like_n_of_n():
    """All 10 of 10 alike: up to 1 - 0.05^(1/10) of all rows may be otherwise, as far off as can be."""
    unseen = 1 - 0.05 ** (1 / 10)
    assert 1 - unseen == pytest.approx(Unvaried(1.0, 10, 10).lower(0.05))
    assert 1.0 == Unvaried(1.0, 10, 10).upper(0.05)
    assert 40 * unseen == pytest.approx(Unvaried(0.0, 10, 10, 0.0, 40.0).upper(0.05))
    assert math.inf == Unvaried(0.0, 10, 10, 0.0, math.inf).upper(0.05)
    assert 0.0 == Unvaried(0.0, 10, 10, 0.0, math.inf).lower(0.05)


def test_percentile_needs_enough_values():
    """p99 has an upper limit from 299 values on at one-sided 5 %, from 368 on for the two-sided interval."""
    values = np.arange(1.0, 400.0)
    assert math.inf == OrderStatistic(values[:298], 0.99).upper(0.05)
    assert 299.0 == OrderStatistic(values[:299], 0.99).upper(0.05)
    assert math.inf == OrderStatistic(values[:367], 0.99).interval(0.95)[1]
    assert 368.0 == OrderStatistic(values[:368], 0.99).interval(0.95)[1]


def test_percentile_ranks_of_1000_values():
    """Ranks by a plain search in the binomial law; the p99 of 1..1000 is 990."""
    p99 = OrderStatistic(np.arange(1.0, 1001.0), 0.99)
    ranks = np.arange(1, 1001)
    low = ranks[stats.binom.cdf(ranks - 1, 1000, 0.99) <= 0.025].max()
    high = ranks[stats.binom.sf(ranks - 1, 1000, 0.99) <= 0.025].min()
    assert 990.0 == p99.value
    assert (low, high) == p99.interval(0.95)


def test_median_without_enough_values_has_no_lower_limit():
    """Four values say nothing one-sided at 5 % about the median: 1/16 > 0.05; five do."""
    assert -math.inf == OrderStatistic(np.arange(4.0), 0.5).lower(0.05)
    assert 0.0 == OrderStatistic(np.arange(5.0), 0.5).lower(0.05)


def test_draws_give_their_quantiles_and_hold_the_value():
    """Of 0..100 the 5 % quantile is 5; a value outside its draws widens them."""
    draws = Draws(50.0, np.arange(101.0), 7, "drawn")
    assert (5.0, 95.0) == (draws.lower(0.05), draws.upper(0.05))
    assert 3.0 == Draws(3.0, np.arange(101.0), 7, "drawn").lower(0.05)


def test_exact_numbers_have_no_width():
    """A file size is what it is."""
    size = Exact(12.5)
    assert (12.5, 12.5, 12.5, 12.5) == (*size.interval(0.95), size.lower(0.05), size.upper(0.05))
