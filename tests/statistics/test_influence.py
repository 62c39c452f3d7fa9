"""Standard errors, clusters and design effects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import Dependence, group_sums, standard_error
from readiness.statistics.intervals import Binomial
from readiness.statistics.means import design_effect, weighted_share
from tests.sampling import examples


def cases(n: int, **more) -> Cases:
    return Cases(Task.BINARY, np.zeros(n, dtype=int), np.zeros(n, dtype=int), **more)


def test_error_of_a_mean_of_independent_rows():
    """The ordinary standard error with n - 1 degrees of freedom."""
    values = np.array([1.0, 2.0, 4.0, 9.0])
    se, df = standard_error(values - values.mean())
    assert (values.std(ddof=1) / 2, 3.0) == pytest.approx((se, df))


def test_error_of_groups_by_hand():
    """Sums 3, -1, -2 of three groups over six rows: sqrt(3/2 · 14) / 6, two degrees of freedom."""
    pull, groups = np.array([1.0, 2, -1, 0, -1, -1]), np.array([0, 0, 5, 5, 7, 7])
    assert [3.0, -1.0, -2.0] == group_sums(pull, groups).tolist()
    assert (math.sqrt(1.5 * 14) / 6, 2.0) == pytest.approx(standard_error(pull, Dependence(groups)))


def test_one_group_has_no_finite_error():
    """Nothing to compare with."""
    assert math.inf == standard_error(np.array([1.0, -1.0]), Dependence(np.array([3, 3])))[0]


def test_groups_are_counted_by_what_occurs():
    """Codes may have holes; no groups is None."""
    assert 2 == Dependence(np.array([0, 9, 9])).units
    assert Dependence().units is None
    assert 0 == Dependence(np.array([], dtype=int)).units


def test_kish_for_weights_without_groups():
    """Weights 1, 1, 1, 3: 4 · 12 / 36, whatever the hits when these are balanced."""
    deff, df = design_effect(np.ones(4), cases(4, weight=np.array([1.0, 1, 1, 3])))
    assert (4 * 12 / 36, math.inf) == pytest.approx((deff, df))


def test_independent_rows_of_equal_weight_have_no_design_effect():
    """Exactly 1."""
    assert (1.0, math.inf) == design_effect(np.array([1.0, 0, 0, 1]), cases(4, weight=np.full(4, 7.0)))


def test_fully_dependent_rows_count_as_their_groups():
    """Pairs that always agree: a pair is worth one row, not less; 50 of 100 groups hold either outcome."""
    hit = np.repeat(np.tile([1.0, 0.0], 50), 2)
    deff, df = design_effect(hit, cases(200, groups=np.repeat(np.arange(100), 2)))
    assert (2.0, 99.0) == pytest.approx((deff, df))


def test_moments_without_any_spread_count_as_one_row_each():
    """Sixty hits at thirty moments are worth thirty rows, with the degrees of freedom of three cosine terms."""
    deff, df = design_effect(np.ones(60), cases(60, time=np.repeat(np.arange(30), 2)))
    assert (2.0, 3.0) == pytest.approx((deff, df))


def test_rows_in_time_order_have_the_variance_of_their_series():
    """Long-run variance over p(1 - p)/n, and no more degrees of freedom than misses."""
    hit = np.ones(200)
    hit[[10, 11, 12, 90, 150]] = 0
    se, terms = standard_error(hit - 0.975, Dependence(time=np.arange(200)))
    assert (max(1.0, se**2 * 200 / (0.975 * 0.025)), 5.0) == pytest.approx(
        design_effect(hit, cases(200, time=np.arange(200)))
    )
    assert 13.0 == terms


def test_one_miss_in_time_order_is_never_better_than_none():
    """A single miss among 300 rows in time order lowers the lower limit."""
    none, one = np.ones(300), np.append(np.ones(299), 0.0)
    limits = [
        Binomial(h.sum(), 300, *design_effect(h, cases(300, time=np.arange(300)))).lower(0.05) for h in (none, one)
    ]
    assert limits[0] > limits[1]


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=60), st.randoms(use_true_random=False))
def test_doubled_rows_with_groups_say_no_more_than_once(hits, random):
    """Every row twice, as a group of two: the limits are those of the rows once or wider; without groups narrower."""
    hit = np.array(hits, dtype=float)
    n, pairs = len(hit), np.repeat(np.arange(len(hit)), 2)
    order = list(range(2 * n))
    random.shuffle(order)
    once = Binomial(hit.sum(), n)
    twice = Binomial(2 * hit.sum(), 2 * n, *design_effect(hit[pairs][order], cases(2 * n, groups=pairs[order])))
    assert twice.lower(0.05) <= once.lower(0.05) + 1e-9
    assert twice.upper(0.05) >= once.upper(0.05) - 1e-9
    blind = Binomial(2 * hit.sum(), 2 * n)
    assert blind.lower(0.05) >= once.lower(0.05) - 1e-9


def test_opposing_rows_never_count_more_than_independent_ones():
    """A design effect below 1 is not believed."""
    hit = np.tile([1.0, 0.0], 50)
    assert 1.0 == design_effect(hit, cases(100, groups=np.repeat(np.arange(50), 2)))[0]


def test_degrees_of_freedom_are_half_the_groups_with_the_rarer_outcome():
    """Eight groups of ten hold two misses each, twenty-two hold none: (8 - 1) / 2 degrees of freedom, not 29."""
    hit = np.ones((30, 10))
    hit[:8, :2] = 0
    deff, df = design_effect(hit.ravel(), cases(300, groups=np.repeat(np.arange(30), 10)))
    share = 284 / 300
    sums = np.r_[np.full(8, 8 - 10 * share), np.full(22, 10 - 10 * share)]
    assert (30 / 29 * (sums @ sums) / 300 / (share * (1 - share)), 3.5) == pytest.approx((deff, df))


def test_one_miss_is_never_better_than_none():
    """A single miss in a hundred groups of five lowers the lower limit."""
    groups, none, one = np.repeat(np.arange(100), 5), np.ones(500), np.append(np.ones(499), 0.0)
    limits = [Binomial(h.sum(), 500, *design_effect(h, cases(500, groups=groups))).lower(0.05) for h in (none, one)]
    assert limits[0] > limits[1] > 0.95


def test_weights_that_follow_the_outcome_count_more_than_kish():
    """Misses weigh 5, hits 1: the weighted share is less certain than Kish's factor says."""
    hit = np.append(np.ones(90), np.zeros(10))
    weight = np.where(hit == 1, 1.0, 5.0)
    kish = 100 * float(weight @ weight) / float(weight.sum()) ** 2
    assert design_effect(hit, cases(100, weight=weight))[0] > kish


def _by_matrices(hit, groups):
    """CR2 variance and Bell-McCaffrey degrees of freedom of a mean, from the matrices of their definition (Pustejovsky
    and Tipton 2018, with a working model of independent rows).
    """
    n = len(hit)
    x = np.ones((n, 1))
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    residual = np.eye(n) - hat
    error, meat, vectors = hit - hit.mean(), 0.0, []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        values, axes = np.linalg.eigh(np.eye(len(rows)) - hat[np.ix_(rows, rows)])
        adjusted = axes @ np.diag(values**-0.5) @ axes.T
        pull = bread @ x[rows].T @ adjusted
        meat += float((pull @ error[rows])[0]) ** 2
        vectors.append((pull @ residual[rows])[0])
    spread = np.array(vectors) @ np.array(vectors).T
    return meat, float(np.trace(spread) ** 2 / np.sum(spread * spread))


@pytest.mark.parametrize("sizes", [(2, 3, 5), (1, 1, 1, 9), (4,) * 12, (30, 1, 2, 2, 7, 11, 1, 5)])
def test_groups_of_unequal_size_agree_with_the_matrices_of_cr2(sizes):
    """Variance and degrees of freedom in closed form."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    hit = np.random.default_rng(sum(sizes)).random(len(groups)) < 0.7
    variance, df = _by_matrices(hit.astype(float), groups)
    se, found = standard_error(hit - hit.mean(), Dependence(groups))
    assert (variance, df) == pytest.approx((se**2, found))


def test_cr2_by_hand():
    """Groups of one, two and three rows, sums of errors 1, 1, -2 over six rows: (1/(5/6) + 1/(4/6) + 4/(3/6)) / 36; the
    degrees of freedom 1 / (14/36 + (1/30 + 1/6 + 1/2)² - 1/900 - 1/36 - 1/4).
    """
    pull, groups = np.array([1.0, 0.5, 0.5, -1, -1, 0]), np.array([0, 1, 1, 2, 2, 2])
    se, df = standard_error(pull, Dependence(groups))
    assert (1.2 + 1.5 + 8) / 36 == pytest.approx(se**2)
    assert 1 / (14 / 36 + 0.7**2 - 1 / 900 - 1 / 36 - 1 / 4) == pytest.approx(df)


def test_a_share_in_many_groups_of_one_row_is_that_of_independent_rows():
    """1,000 groups of one row: no design effect, and the limits are those of Clopper and Pearson."""
    from statsmodels.stats.proportion import proportion_confint

    hit = (np.arange(1000) % 5 > 0).astype(float)
    share = weighted_share(hit, cases(1000, groups=np.arange(1000)))
    assert (1.0, 200.0, 800.0) == pytest.approx((share.deff, share.miss_groups, share.hit_groups))
    assert proportion_confint(800, 1000, 0.10, "beta") == pytest.approx(
        (share.lower(0.05), share.upper(0.05)), abs=5e-4
    )
    assert share.interval(0.90) == pytest.approx((share.lower(0.05), share.upper(0.05)))


def test_no_miss_is_bounded_by_kishs_number_of_groups():
    """Groups of 1, 2, 3 and 4 rows, all right: 100/30 groups, so that the limit is 0.05^(30/100)."""
    groups = np.repeat(np.arange(4), (1, 2, 3, 4))
    share = weighted_share(np.ones(10), cases(10, groups=groups))
    assert 0.05 ** (30 / 100) == pytest.approx(share.lower(0.05))
    assert (0.0, 100 / 30) == pytest.approx((share.miss_groups, share.hit_groups))


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(2, 30), st.integers(1, 8), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_shares_in_groups_obey_the_laws_of_intervals(groups, rows, chance, seed):
    """Limits hold the share and move out with confidence, never inside those of independent rows; hits and misses
    change places with the limits.
    """
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups), rng.integers(1, rows + 1, groups))
    hit = (rng.random(len(codes)) < np.repeat(rng.random(groups), np.bincount(codes)) ** (1 / chance - 1)).astype(float)
    of_groups = cases(len(codes), groups=codes)
    share, mirrored, blind = (
        weighted_share(hit, of_groups),
        weighted_share(1 - hit, of_groups),
        Binomial(hit.sum(), len(hit)),
    )
    assert share.lower(0.01) <= share.lower(0.05) <= share.value <= share.upper(0.05) <= share.upper(0.01)
    assert share.lower(0.05) <= blind.lower(0.05) + 1e-9
    assert share.upper(0.05) >= blind.upper(0.05) - 1e-9
    assert 1 - mirrored.upper(0.05) == pytest.approx(share.lower(0.05), abs=1e-9)
    assert (mirrored.hit_groups, mirrored.miss_groups) == (share.miss_groups, share.hit_groups)
