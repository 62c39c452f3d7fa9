"""Means of amounts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from readiness.core.missing import Missing
from readiness.statistics.dependence import Dependence
from readiness.statistics.means import RareAmounts, mean_of, skewed_mean
from tests.sampling import examples


def test_equal_amounts_have_garwoods_exact_poisson_limits():
    """Ten events of 1 in 100 rows: chi-square limits of a Poisson count (Garwood 1936)."""
    rare = RareAmounts(10.0, 10.0, 1.0, 100)
    expected = stats.chi2.ppf(0.05, 20) / 2 / 100, stats.chi2.ppf(0.95, 22) / 2 / 100
    assert expected == pytest.approx((rare.lower(0.05), rare.upper(0.05)))


def test_no_event_is_bounded_by_three_of_the_largest():
    """The rule of three: -ln 0.05 · 50 / 100."""
    rare = RareAmounts(0.0, 0.0, 50.0, 100)
    assert (0.0, -math.log(0.05) * 0.5) == pytest.approx((rare.lower(0.05), rare.upper(0.05)))
    assert math.inf == RareAmounts(0.0, 0.0, math.inf, 100).upper(0.05)


def test_symmetric_amounts_get_a_plain_t_interval():
    """Without skewness nothing is moved."""
    values = np.array([1.0, 2, 3, 4, 5, 6, 7])
    half = stats.t.isf(0.025, 6) * values.std(ddof=1) / math.sqrt(7)
    assert (4 - half, 4 + half) == pytest.approx(mean_of(values).interval(0.95))


@pytest.mark.parametrize("skewness", [2.0, -2.0, 0.6, 1e-6])
def test_limits_solve_halls_cubic(skewness):
    """At a limit, T + a T²/3 + a² T³/27 + a/6 is a quantile of Student's t, for T = (mean - limit) / se."""
    a, quantile = skewness / math.sqrt(100), stats.t.isf(0.05, 99)
    moved = skewed_mean(7.0, 2.0, 99.0, 100, skewness, 100)
    for limit, wanted in ((moved.lower(0.05), quantile), (moved.upper(0.05), -quantile)):
        t = (7.0 - limit) / 2.0
        assert wanted == pytest.approx(t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6)


def test_skewness_moves_the_interval_by_johnsons_term():
    """A little skewness of 0.06 and 100 rows, se 1: up by 0.06 · (1 + 2t²) / 60, as Johnson (1978) has it."""
    t = stats.t.isf(0.05, 99)
    moved = skewed_mean(0.0, 1.0, 99.0, 100, 0.06, 100)
    shift = 0.06 * (1 + 2 * t * t) / 60
    assert (shift - t, shift + t) == pytest.approx((moved.lower(0.05), moved.upper(0.05)), abs=2e-4)


@given(st.floats(-1e6, 1e6), st.integers(2, 1000), st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_the_interval_always_holds_the_mean(skewness, units, one, other):
    """Whatever the skewness; with less allowed error limits lie farther out."""
    moved = skewed_mean(0.0, 1.0, units - 1.0, units, skewness, units)
    small, large = sorted((one, other))
    assert moved.lower(small) <= moved.lower(large) <= 0 <= moved.upper(large) <= moved.upper(small)


def test_all_alike_proves_nothing_without_known_extremes():
    """Savings of 0 in every row: no limits, unless the largest loss and gain of a row are known."""
    nothing = mean_of(np.zeros(100))
    assert (0.0, -math.inf, math.inf) == (nothing.value, nothing.lower(0.05), nothing.upper(0.05))
    known = mean_of(np.zeros(100), least=-10.0, most=100.0)
    assert -math.log(0.05) / 100 * 100 == pytest.approx(known.upper(0.05))
    assert math.log(0.05) / 100 * 10 == pytest.approx(known.lower(0.05))


def test_a_few_savings_do_not_prove_a_saving():
    """Two rows of +50 among 100 and no loss seen: a loss of the same size could still be there."""
    values = np.zeros(100)
    values[:2] = 50.0
    measured = mean_of(values)
    assert 1.0 == measured.value
    assert measured.lower(0.05) < 0


def test_groups_count_as_one_event_each():
    """Forty rows of loss in one group are one event; in forty groups they are forty."""
    values = np.zeros(1000)
    values[:40] = 10.0
    one, forty = np.maximum(np.arange(1000) - 39, 0), np.arange(1000)
    wide, narrow = mean_of(values, Dependence(one)).interval(0.95), mean_of(values, Dependence(forty)).interval(0.95)
    assert wide[1] - wide[0] > 3 * (narrow[1] - narrow[0])


@pytest.mark.parametrize("zeros", [0, 150])
def test_weights_are_counted(zeros):
    """The value is the weighted mean; weights of 1 change nothing."""
    rng = np.random.default_rng(0)
    values, weight = np.append(rng.random(50), np.zeros(zeros)), rng.random(50 + zeros)
    assert np.average(values, weights=weight) == pytest.approx(mean_of(values, weight=weight).value)
    ones = mean_of(values, weight=np.ones(50 + zeros))
    assert mean_of(values).interval(0.95) == pytest.approx(ones.interval(0.95))


@pytest.mark.parametrize("values", [np.array([]), np.array([1.0, np.nan])])
def test_no_amounts_and_missing_amounts_are_undefined(values):
    """A sentence."""
    assert isinstance(mean_of(values), Missing)


def test_a_single_row_proves_nothing():
    """No limit on either side."""
    single = mean_of(np.array([3.0]))
    assert (3.0, -math.inf, math.inf) == (single.value, single.lower(0.05), single.upper(0.05))


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, -5.0, 50.0]), min_size=2, max_size=60))
def test_changing_the_sign_mirrors_the_limits(amounts):
    """Costs are negative savings."""
    values = np.array(amounts)
    plus, minus = mean_of(values), mean_of(-values)
    assert plus.lower(0.05) == pytest.approx(-minus.upper(0.05))
    assert plus.lower(0.05) <= plus.value <= plus.upper(0.05)


@pytest.mark.parametrize("n", [30, 100, 300])
def test_rare_expensive_errors_are_covered(n):
    """2 % of rows at 50, 10 % at 1: the upper limit misses the true 1.1 in at most 7 % of 600 samples, a plain
    t-interval in more than 10 %.
    """
    rng = np.random.default_rng(n)
    missed = plain = 0
    for _ in range(600):
        u = rng.random(n)
        values = np.where(u < 0.02, 50.0, np.where(u < 0.12, 1.0, 0.0))
        missed += mean_of(values, least=0.0, most=50.0).upper(0.05) < 1.1
        plain += values.mean() + stats.t.isf(0.05, n - 1) * values.std(ddof=1) / math.sqrt(n) < 1.1
    assert missed / 600 <= 0.07
    assert plain / 600 > 0.10


def test_events_of_one_moment_count_as_one():
    """Forty losses at one moment leave more doubt than forty losses at moments of their own."""
    values = np.zeros(1000)
    values[:40] = 10.0
    apart = np.random.default_rng(1).permutation(1000)
    once, spread = (mean_of(values, Dependence(time=time)) for time in (np.maximum(np.arange(1000) - 39, 0), apart))
    assert once.upper(0.05) - once.value > 1.5 * (spread.upper(0.05) - spread.value)


def test_events_that_come_together_in_time_widen_the_limits():
    """The same thirty losses in a row, and far from each other."""
    values = np.zeros(600)
    values[100:130] = 1.0
    together = mean_of(values, Dependence(time=np.arange(600)))
    apart = mean_of(values, Dependence(time=np.random.default_rng(0).permutation(600)))
    assert together.upper(0.05) > apart.upper(0.05) > mean_of(values).upper(0.05)
    assert together.lower(0.05) < apart.lower(0.05) < mean_of(values).lower(0.05)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.integers(-1000, 1000).map(lambda k: k / 10), min_size=2, max_size=40), st.booleans())
def test_means_obey_the_laws_of_intervals(amounts, in_time):
    """The limits hold the value, are no point, move out with confidence; the same data again refute nothing proven."""
    values = np.array(amounts)
    dependence = Dependence(time=np.arange(len(values))) if in_time else Dependence()
    once = mean_of(values, dependence)
    twice = mean_of(np.tile(values, 2), Dependence(time=np.arange(2 * len(values))) if in_time else Dependence())
    slack = 1e-9 * (1 + float(np.abs(values).max()))
    low, high = once.interval(0.95)
    assert low < once.value + slack
    assert high > once.value - slack
    assert high > low
    assert once.lower(0.01) <= once.lower(0.05) + slack
    assert once.upper(0.01) >= once.upper(0.05) - slack
    assert twice.upper(0.05) >= once.lower(0.05) - slack
    assert twice.lower(0.05) <= once.upper(0.05) + slack
