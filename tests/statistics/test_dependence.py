"""Rows that depend on each other: groups, and the order of time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import (
    INDEPENDENT,
    Dependence,
    correlation,
    group_sums,
    independent_moments,
    long_run_variance,
    standard_error,
    sum_in_buckets,
    unknown_error,
)
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.intervals import Binomial, Normal, mover_mean
from readiness.statistics.means import design_effect
from tests.sampling import examples

amounts = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=80).map(np.array)


def centred(values):
    return values - values.mean()


def in_order(n):
    return Dependence(time=np.arange(n))


def series(rng, n, phi, *, samples):
    """Samples of a first-order series of mean 0 and variance 1, shape (samples, n)."""
    shocks = rng.standard_normal((samples, n))
    made = shocks.copy()
    for t in range(1, n):
        made[:, t] = phi * made[:, t - 1] + math.sqrt(1 - phi**2) * shocks[:, t]
    return made


def test_long_run_variance_is_a_mean_over_cosine_terms():
    """Against the sums written out (Lazarus, Lewis, Stock and Watson 2018): 0.4 · 50^(2/3) = 5 terms."""
    values = centred(np.random.default_rng(0).standard_normal(50).cumsum())
    t = np.arange(1, 51)
    terms = [math.sqrt(2 / 50) * float(np.cos(math.pi * j * (t - 0.5) / 50) @ values) for j in range(1, 6)]
    se = math.sqrt(50 * float(np.mean(np.square(terms)))) / 50
    assert (se, 5.0) == pytest.approx(standard_error(values, in_order(50)))


def test_two_moments_are_compared_like_two_groups():
    """Sums 3 and -3 of two moments, or groups of equal size: 2 · 3 / n, one degree of freedom."""
    pull = np.array([1.0, 2.0, -3.0, 0.0])
    time = np.array([0, 0, 4, 4])
    assert (1.5, 1.0) == pytest.approx(standard_error(pull, Dependence(time=time)))
    assert standard_error(pull, Dependence(groups=time)) == pytest.approx(standard_error(pull, Dependence(time=time)))


def test_rows_of_one_moment_have_no_order():
    """Time that is the same everywhere changes nothing, and a single row knows nothing of its error."""
    values = centred(np.array([1.0, 2, 4, 9]))
    constant = Dependence(time=np.full(4, 7))
    assert standard_error(values, INDEPENDENT) == standard_error(values, constant)
    assert (False, None) == (constant.is_serial, constant.units)
    assert math.inf == standard_error(np.zeros(1), in_order(1))[0]


def test_groups_go_before_time():
    """Where groups are given the order in time is not looked at."""
    rng = np.random.default_rng(0)
    values, groups = centred(rng.standard_normal(60)), np.repeat(np.arange(12), 5)
    both = Dependence(groups, np.arange(60))
    assert standard_error(values, Dependence(groups)) == standard_error(values, both)
    assert (False, 12) == (both.is_serial, both.units)


@settings(max_examples=examples(60), deadline=None)
@given(amounts, st.integers(1, 6), st.randoms(use_true_random=False))
def test_the_order_of_the_table_does_not_matter(values, moments, random):
    """Rows that are shuffled together with their times give the same error, ties included."""
    time = np.arange(len(values)) // moments
    order = list(range(len(values)))
    random.shuffle(order)
    expected = standard_error(centred(values), Dependence(time=time))
    assert expected == pytest.approx(standard_error(centred(values)[order], Dependence(time=time[order])), abs=1e-9)


@settings(max_examples=examples(60), deadline=None)
@given(amounts)
def test_any_series_of_two_rows_or_more_has_a_finite_error(values):
    """Never a crash, never a negative error, at least one degree of freedom and fewer than rows."""
    se, df = standard_error(centred(values), in_order(len(values)))
    assert 0 <= se < math.inf
    assert 1 <= df <= max(1, len(values) - 1)


@settings(max_examples=examples(40), deadline=None)
@given(amounts, st.floats(0.1, 50))
def test_the_error_scales_with_the_amounts(values, factor):
    """Twice the amounts, twice the error; turned round, the same error."""
    se = standard_error(centred(values), in_order(len(values)))[0]
    assert factor * se == pytest.approx(standard_error(factor * centred(values), in_order(len(values)))[0], abs=1e-9)
    assert se == pytest.approx(standard_error(-centred(values), in_order(len(values)))[0], abs=1e-9)
    assert se == pytest.approx(standard_error(centred(values)[::-1], in_order(len(values)))[0], abs=1e-6)


def test_time_widens_intervals_of_independent_rows_only_a_little():
    """Over 200 series of 300 independent rows the mean interval is 0 to 15 % wider."""
    rng = np.random.default_rng(0)
    widths = []
    for values in rng.standard_normal((200, 300)):
        errors = [standard_error(centred(values), dependence) for dependence in (in_order(300), INDEPENDENT)]
        widths.append([stats.t.isf(0.05, df) * se for se, df in errors])
    serial, plain = np.mean(widths, axis=0)
    assert 1.0 < serial / plain < 1.15


@pytest.mark.parametrize(("phi", "least", "plain_most"), [(0.0, 0.92, 0.98), (0.7, 0.92, 0.70), (0.9, 0.80, 0.45)])
def test_series_with_dependent_neighbours_are_covered(phi, least, plain_most):
    """Means of 300 rows in time order: about 95 % coverage up to a correlation of 0.7, where a plain t fails."""
    samples = series(np.random.default_rng(7), 300, phi, samples=600)
    covered, plain = 0, 0
    for values in samples:
        for dependence in (in_order(300), INDEPENDENT):
            se, df = standard_error(centred(values), dependence)
            low, high = Normal(float(values.mean()), se, df, 300).interval(0.95)
            covered += dependence.is_serial and low <= 0 <= high
            plain += not dependence.is_serial and low <= 0 <= high
    assert covered / 600 >= least
    assert plain / 600 <= plain_most


def test_long_series_are_summed_to_buckets():
    """50,000 neighbours become 20,000 sums of two or three; shorter series stay as they are."""
    values = np.arange(50_000.0)
    pieces = sum_in_buckets(values)
    assert (20_000, values.sum()) == (len(pieces), pieces.sum())
    assert values[:2].sum() == pieces[0]
    assert sum_in_buckets(values[:20_000]) is not values
    assert np.array_equal(values[:20_000], sum_in_buckets(values[:20_000]))


@pytest.mark.slow
def test_buckets_keep_the_error():
    """A dependent series of 60,000 rows: nearly the same error as from its own cosine terms."""
    values = np.repeat(np.random.default_rng(0).standard_normal(12_000), 5)
    t = np.arange(1, 60_001)
    terms = [
        math.sqrt(2 / 60_000) * float(np.cos(math.pi * j * (t - 0.5) / 60_000) @ centred(values)) for j in range(1, 401)
    ]
    expected = math.sqrt(60_000 * float(np.mean(np.square(terms)))) / 60_000
    assert (pytest.approx(expected, rel=0.02), 400.0) == standard_error(centred(values), in_order(60_000))


def test_sums_of_moments_keep_the_order_of_time():
    """Moments 0, 3 and 5 in any order of the rows."""
    assert [3.0, 7.0, 1.0] == group_sums(np.array([7.0, 1.0, 1.0, 2.0]), np.array([3, 5, 0, 0])).tolist()
    assert 3 == Dependence(time=np.array([3, 5, 0, 0])).units


def test_weights_count_together_with_time():
    """Equal weights of any size change nothing; a row of weight 0 does not move the share."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    said = np.where(rng.random(120) < 0.8, y, 1 - y)
    plain = measure("accuracy", Cases(Task.BINARY, y, said, time=np.arange(120)))
    equal = measure("accuracy", Cases(Task.BINARY, y, said, time=np.arange(120), weight=np.full(120, 7.0)))
    assert plain.interval(0.95) == pytest.approx(equal.interval(0.95))
    uneven = Cases(Task.BINARY, y, said, time=np.arange(120), weight=np.where(np.arange(120) % 2, 3.0, 1.0))
    low, high = measure("accuracy", uneven).interval(0.95)
    assert high - low > np.subtract(*plain.interval(0.95)[::-1])


@pytest.mark.parametrize("n", range(2, 12))
def test_the_shortest_series_give_an_interval_or_a_reason(n):
    """From two rows on, all right or one wrong: inside 0 and 1, and wider than of independent rows."""
    for wrong in (0, 1):
        hit = np.ones(n)
        hit[:wrong] = 0
        y = np.ones(n, dtype=int)
        cases = Cases(Task.BINARY, y, hit.astype(int), time=np.arange(n))
        low, high = Binomial(hit.sum(), n, *design_effect(hit, cases)).interval(0.95)
        plain_low, plain_high = Binomial(hit.sum(), n).interval(0.95)
        assert 0 <= low <= plain_low + 1e-12
        assert plain_high - 1e-12 <= high <= 1
        assert reason_to_withhold("accuracy", cases)


def test_few_groups_and_few_moments_prove_nothing():
    """Nine groups, twenty-nine moments; one more of each is enough when rows are unlike their neighbours."""
    rng = np.random.default_rng(0)
    assert "9 groups" in unknown_error(Dependence(np.repeat(np.arange(9), 100)))
    assert "" == unknown_error(Dependence(np.repeat(np.arange(10), 100)))
    assert "29 moments" in unknown_error(Dependence(time=np.repeat(np.arange(29), 100)))
    assert "" == unknown_error(Dependence(time=np.arange(30)))
    assert "" == unknown_error(INDEPENDENT, centred(rng.random(5)))
    assert "" == unknown_error(in_order(100), centred(np.tile([1.0, -1.0], 50)))


def test_series_that_hardly_change_prove_nothing():
    """300 rows with a correlation of 0.97 between neighbours are worth fewer than 30."""
    values = series(np.random.default_rng(1), 300, 0.97, samples=1)[0]
    assert "300 moments say no more than about" in unknown_error(in_order(300), centred(values))


def test_worth_of_a_series_is_judged_by_its_neighbours():
    """Runs of two: r = 0.5 of 56 moments, raised by 2.5/56, gives 56 · (1 - r)/(1 + r)."""
    values = np.repeat(np.random.default_rng(3).permutation(np.tile([1.0, -1.0], 14)), 2)
    r = float(values[1:] @ values[:-1]) / 56
    r += (1 + 3 * r) / 56
    assert 56 * (1 - r) / (1 + r) == pytest.approx(independent_moments(values, in_order(56)))
    assert 400 == independent_moments(np.zeros(400), in_order(400))


def test_one_bad_month_is_not_taken_for_dependence():
    """Ten months of noise, the last of them on another level: worth about as much as without that level."""
    noise = np.random.default_rng(5).normal(size=300)
    decayed = noise + 3 * (np.arange(300) >= 270)
    plain, last = (independent_moments(values - values.mean(), in_order(300)) for values in (noise, decayed))
    assert last == pytest.approx(plain)


def test_rows_without_influence_do_not_make_a_series_longer():
    """Recall of 20 positives among 1,000 rows rests on 20 moments."""
    pull = np.zeros(1000)
    pull[::50] = np.tile([1.0, -1.0], 10)
    assert 20 == independent_moments(pull, in_order(1000))


def test_a_metric_in_time_order_is_withheld_where_its_error_is_unknown():
    """Errors that come in long runs, and the same errors in any order."""
    wrong = np.zeros(120, dtype=int)
    wrong[40:80] = 1
    clustered = Cases(Task.BINARY, np.zeros(120, dtype=int), wrong, time=np.arange(120))
    mixed = Cases(
        Task.BINARY, np.zeros(120, dtype=int), np.random.default_rng(0).permutation(wrong), time=np.arange(120)
    )
    assert "close in time" in reason_to_withhold("accuracy", clustered)
    assert "" == reason_to_withhold("accuracy", mixed)


def test_correlation_of_two_means():
    """1 for a mean with itself, 0 for rows of their own, and by hand for groups."""
    a = np.array([1.0, -1, 0, 0])
    b = np.array([0.0, 0, 1, -1])
    groups = Dependence(np.array([0, 1, 0, 1]))
    assert 0.0 == correlation(a, b, INDEPENDENT)
    assert 1.0 == pytest.approx(correlation(a, b, groups))
    assert 0.0 == correlation(a, -b, groups)
    assert 1.0 == pytest.approx(correlation(a, a, INDEPENDENT))


def test_balanced_accuracy_of_groups_knows_that_both_halves_move_together():
    """200 groups of five that are right or wrong together: over 500 samples at least 93 % of the intervals hold the
    truth, and clearly fewer where recall and specificity are taken for independent.
    """
    rng = np.random.default_rng(5)
    covered = apart = 0
    for _ in range(500):
        common = np.repeat(rng.standard_normal(200), 5)
        hit = math.sqrt(0.5) * (common + rng.standard_normal(1000)) < stats.norm.ppf(0.8)
        y = rng.integers(0, 2, 1000)
        cases = Cases(Task.BINARY, y, np.where(hit, y, 1 - y), groups=np.repeat(np.arange(200), 5))
        low, high = measure("balanced_accuracy", cases).interval(0.95)
        covered += low <= 0.8 <= high
        low, high = mover_mean(measure("recall", cases), measure("specificity", cases)).interval(0.95)
        apart += low <= 0.8 <= high
    assert covered / 500 >= 0.93
    assert (covered - apart) / 500 > 0.015


def test_variance_of_a_sum_of_independent_rows_is_near_its_own():
    """Long-run variance of white noise: n on average, over 300 series of 200 rows."""
    rng = np.random.default_rng(2)
    mean = np.mean([long_run_variance(centred(values))[0] for values in rng.standard_normal((300, 200))])
    assert 200 == pytest.approx(mean, rel=0.1)
