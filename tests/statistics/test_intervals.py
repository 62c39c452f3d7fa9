"""Intervals and bounds of single numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from readiness.statistics.basis import basis_of
from readiness.statistics.intervals import (
    Binomial,
    Draws,
    Exact,
    Mover,
    MoverOf,
    Normal,
    OrderStatistic,
    Unvaried,
    f1_of_share,
    linear,
    mover_mean,
)
from readiness.statistics.means import RareAmounts

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
    f1 = f1_of_share(Binomial(50, 60))
    low, high = proportion_confint(50, 60, 0.05, "wilson")
    assert f1.value == pytest.approx(100 / 110)
    assert f1.interval(0.95) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert "TP/(TP+FP+FN)" in f1.method
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


def test_what_moves_both_alike_moves_their_difference_less():
    """Arms 3 and 4 with correlation 0.5: sqrt(9 + 16 - 12) apart, sqrt(9 + 16 + 12) / 2 for the mean."""
    a, b = Normal(10.0, 3.0, math.inf, 9), Normal(5.0, 4.0, math.inf, 9)
    z = stats.norm.isf(0.05)
    assert 5 - z * math.sqrt(13) == pytest.approx(Mover(a, b, correlation=0.5).lower(0.05))
    assert 7.5 + z * math.sqrt(37) / 2 == pytest.approx(mover_mean(a, b, 0.5).upper(0.05))
    assert math.inf == Mover(a, Unvaried(1.0, 5, 5, -math.inf, math.inf), correlation=0.5).upper(0.05)


# What every interval must obey. Each builder makes the same kind of number from n rows; `times` repeats its rows.


def _share(k, n, times):
    return Binomial(k * times, n * times)


def _f1(k, n, times):
    return f1_of_share(Binomial(k * times, n * times))


def _of_two(k, n, times):
    return mover_mean(Binomial(k * times, n * times), Binomial((n - k) * times, n * times))


def _logit(k, n, times):
    value = (k + 0.5) / (n + 1)
    return Normal(value, math.sqrt(value * (1 - value) / (n * times)), math.inf, n * times, "logit", "", 0.0, 1.0)


def _log(k, n, times):
    return Normal(k + 0.5, 1 / math.sqrt(n * times), math.inf, n * times, "log", "", 0.0)


def _alike(k, n, times):
    return Unvaried(float(k % 2), n * times, n * times)


def _rare(k, n, times):
    return RareAmounts(k * times, 5.0 * k * times, 5.0, n * times)


BUILDERS = pytest.mark.parametrize("build", [_share, _f1, _of_two, _logit, _log, _alike, _rare])


@BUILDERS
@given(pair=counts)
def test_intervals_stay_in_range_hold_the_value_and_are_never_a_point(build, pair):
    """Also at 0 of n, n of n and for one row."""
    number = build(*pair, 1)
    highest = math.inf if build in (_log, _rare) else 1.0
    for low, high in (number.interval(0.95), (number.lower(0.05), number.upper(0.05))):
        assert 0 - 1e-12 <= low <= number.value + 1e-12
        assert number.value - 1e-12 <= high <= highest + 1e-12
        assert high - low > 1e-9


@BUILDERS
@given(pair=counts, a=st.floats(0.001, 0.4), b=st.floats(0.001, 0.4))
def test_more_confidence_never_narrows(build, pair, a, b):
    """Bounds and interval move outwards as the chance of error falls."""
    number, (small, large) = build(*pair, 1), sorted((a, b))
    assert number.lower(small) <= number.lower(large) + 1e-9
    assert number.upper(small) >= number.upper(large) - 1e-9
    (wide_low, wide_high), (low, high) = number.interval(1 - small), number.interval(1 - large)
    assert wide_low <= low + 1e-9
    assert wide_high >= high - 1e-9


@BUILDERS
@given(pair=counts, times=st.integers(2, 20))
def test_the_same_data_again_never_turns_a_proof_round(build, pair, times):
    """More rows of the same kind lie inside the bounds of the first: what was proven stays, what was open may close."""
    once, often = build(*pair, 1), build(*pair, times)
    assert once.value == pytest.approx(often.value)
    assert often.lower(0.05) >= once.lower(0.05) - 1e-9
    assert often.upper(0.05) <= once.upper(0.05) + 1e-9
    assert often.upper(0.05) >= once.lower(0.05)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 0.99]), st.integers(2, 8)
)
def test_quantiles_obey_the_laws_of_intervals(values, q, times):
    """Limits are measured values around the quantile; the same data again never refute what was proven."""
    once, often = (OrderStatistic(np.sort(np.tile(values, k)), q) for k in (1, times))
    assert once.lower(0.05) <= once.value <= once.upper(0.05)
    assert once.lower(0.01) <= once.lower(0.05)
    assert once.upper(0.01) >= once.upper(0.05)
    assert once.lower(0.05) <= often.upper(0.05)
    assert often.lower(0.05) <= once.upper(0.05)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=200), st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_draws_obey_the_laws_of_intervals(drawn, a, b):
    """Limits hold the value and move outwards with confidence."""
    draws, (small, large) = Draws(float(np.median(drawn)), np.sort(drawn), 10, "drawn"), sorted((a, b))
    assert draws.lower(small) <= draws.lower(large) <= draws.value <= draws.upper(large) <= draws.upper(small)


@given(counts, counts, st.floats(-1, 1))
def test_differences_obey_the_laws_of_intervals(a, b, together):
    """Whatever the correlation: the limits hold the difference; ten times the data lie inside them."""
    once, often = (
        Mover(Binomial(a[0] * k, a[1] * k), Binomial(b[0] * k, b[1] * k), correlation=together) for k in (1, 10)
    )
    assert once.lower(0.05) <= once.value <= once.upper(0.05)
    assert once.lower(0.05) <= often.upper(0.05) + 1e-9
    assert often.lower(0.05) <= once.upper(0.05) + 1e-9
    wide, narrow = once.interval(0.99), once.interval(0.8)
    if together <= 0:
        assert wide[0] <= narrow[0] + 1e-9
        assert wide[1] >= narrow[1] - 1e-9


@given(st.integers(0, 40), st.integers(0, 60), st.floats(0.5, 2.0))
def test_mover_of_a_difference_is_that_of_its_parts(k, m, factor):
    """The general form gives the limits of the special one, whether or not it is told how the function moves."""
    a, b = Binomial(k, 40), Binomial(m, 60)
    special = Mover(a, b, factor)
    for rising in ((), (True, False)):
        general = MoverOf(lambda x, y: x - factor * y, (a, b), 100, "difference", rising=rising)
        assert special.value == pytest.approx(general.value, abs=1e-15)
        for alpha in (0.001, 0.05):
            assert special.lower(alpha) == pytest.approx(general.lower(alpha), rel=1e-12, abs=1e-12)
            assert special.upper(alpha) == pytest.approx(general.upper(alpha), rel=1e-12, abs=1e-12)


def test_a_function_without_a_value_has_no_limit_there():
    """Where a denominator may vanish within the limits, the number could be anything."""
    ratio = MoverOf(lambda x, y: x / y if y > 0.5 else math.nan, (Binomial(9, 10), Binomial(6, 10)), 20, "ratio")
    assert math.inf == ratio.upper(0.05)
    assert -math.inf == ratio.lower(0.05)
    kept = replace(ratio, least=0.0, most=2.0)
    assert [0.0, 2.0] == [kept.lower(0.05), kept.upper(0.05)]


def test_a_number_without_a_known_error_proves_nothing():
    """It has no limits, and nothing is recorded from which anybody could compute some."""
    bare = Normal(0.7, math.inf, math.inf, 0)
    assert (-math.inf, math.inf) == bare.interval(0.95)
    assert basis_of(bare) is None
    assert not bare.is_exact


def test_an_inference_says_what_it_is():
    """Whether it is exact, and between which ends its limits lie."""
    assert Exact(3.0).is_exact
    assert not Binomial(3, 10).is_exact
    assert (0.0, 1.0) == Normal(0.5, 0.4, 9, 10, least=0.0, most=1.0).ends
    assert (-math.inf, math.inf) == Mover(Binomial(3, 10), Binomial(4, 10)).ends
