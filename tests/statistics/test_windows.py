"""Windows of time: their edges, how many can be proven, and what dependence does to their limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.metrics import Metric
from readiness.core.policy import Task
from readiness.statistics.cases import Cases, OwnFunction
from readiness.statistics.estimators import measure
from readiness.statistics.inference import normal_quantile
from readiness.statistics.intervals import Binomial
from readiness.statistics.stability import (
    NOT_WIDER,
    Widened,
    Widening,
    excluded_deficit,
    provable_windows,
    rows_for_two,
    unknown_dependence,
    widen,
    widening,
    windows,
    without_order,
)


def cases_of(wrong, time=None, **more):
    """Rows of class 1, of which some are predicted as class 0."""
    wrong = np.asarray(wrong, dtype=np.int64)
    return Cases(Task.BINARY, np.ones_like(wrong), 1 - wrong, time=time, **more)


def test_equal_windows_in_the_order_of_time():
    """Six rows in no order, two to a window."""
    assert [2, 0, 1, 0, 2, 1] == windows(np.array([5, 0, 2, 1, 4, 3]), 3).tolist()


def test_a_moment_is_never_cut():
    """Four rows of one moment and two later ones make two windows, whatever the number that is asked for."""
    assert [0, 0, 0, 0, 1, 1] == windows(np.array([7, 7, 7, 7, 8, 8]), 2).tolist()
    assert [0, 0, 0, 0] == windows(np.array([7, 7, 7, 7]), 3).tolist()
    assert [] == windows(np.array([], dtype=np.int64), 3).tolist()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(2, 12))
def test_windows_follow_each_other(ranks, count):
    """Later rows are never in an earlier window, numbers have no gap, and there are no more than were asked for."""
    given_ranks = np.array(ranks, dtype=np.int64)
    codes = windows(given_ranks, count)
    order = np.argsort(given_ranks, kind="stable")

    assert (np.diff(codes[order]) >= 0).all()
    assert list(range(int(codes.max()) + 1)) == sorted(set(codes.tolist()))
    assert codes.max() < count
    assert all(len(set(codes[given_ranks == rank].tolist())) == 1 for rank in set(ranks))


def test_the_reach_of_two_windows_is_that_of_two_halves():
    """Two halves have a standard error of root 4 times that of all rows; both met with 80 % is 0.894 each."""
    overall = Binomial(800, 1000)
    arm = max(overall.value - overall.lower(0.05), overall.upper(0.05) - overall.value)
    expected = 2 * arm / normal_quantile(0.05) * (normal_quantile(0.05) + normal_quantile(1 - 0.8**0.5))

    assert expected == pytest.approx(excluded_deficit(overall, 2, 1.0, 0.05))


def test_more_rows_prove_more_windows():
    """From none to all ten; a hundred rows of 90 % cannot even compare two halves within 10 points."""
    counts = [provable_windows(Binomial(0.9 * n, n), 0.10) for n in (100, 500, 1000, 3000)]

    assert counts == sorted(counts)
    assert (0, 10) == (counts[0], counts[-1])


def test_the_planned_windows_are_all_met_about_as_often_as_planned():
    """With the number of windows that is said to do, all are met in at least 70 of 100 series without a decay."""
    from readiness.statistics.intervals import Mover

    random = np.random.default_rng(0)
    count = provable_windows(Binomial(900, 1000), 0.10)
    met = 0
    for _ in range(100):
        right = random.binomial(1000 // count, 0.9, count)
        total = right.sum()
        part = 1000 // count
        rest = [Binomial(total - k, part * (count - 1)) for k in right]
        met += all(Mover(b, Binomial(k, part)).upper(0.05) < 0.10 for k, b in zip(right.tolist(), rest, strict=True))

    assert count >= 2
    assert met >= 70


def test_rows_for_two_windows_are_enough():
    """With so many rows, two windows can be proven, and with three quarters of them they cannot."""
    needed = rows_for_two(Binomial(90, 100), 0.10)

    assert provable_windows(Binomial(0.9 * needed * 1.1, round(needed * 1.1)), 0.10) >= 2
    assert 0 == provable_windows(Binomial(0.675 * needed, round(0.75 * needed)), 0.10)


def test_independent_rows_are_hardly_widened():
    """In 30 drawn series the ratio is 1 to 1.2, and 1.03 on average."""
    random = np.random.default_rng(0)
    ratios = [widening("accuracy", cases_of(random.random(1000) < 0.1, np.arange(1000))).ratio for _ in range(30)]

    assert 1.0 <= min(ratios) <= np.mean(ratios) < 1.08
    assert max(ratios) < 1.3


def test_errors_that_come_in_runs_are_widened():
    """Errors in runs of eight: about eight times the variance, 2.8 times the error."""
    random = np.random.default_rng(0)
    runs = np.repeat(random.random(500) < 0.2, 8)

    assert 2.2 < widening("accuracy", cases_of(runs, np.arange(4000))).ratio < 3.4


def test_a_decay_does_not_pass_for_dependence():
    """The last tenth is wrong in half of its rows: the ratio stays near 1."""
    random = np.random.default_rng(0)
    wrong = random.random(2000) < np.where(np.arange(2000) < 1800, 0.05, 0.5)

    assert widening("accuracy", cases_of(wrong, np.arange(2000))).ratio < 1.25


@pytest.mark.parametrize(
    "cases",
    [
        cases_of([0, 1] * 50),
        cases_of([0, 1] * 50, np.arange(100), groups=np.arange(100) // 2),
        cases_of([0] * 100, np.arange(100)),
        cases_of([0, 1], np.arange(2)),
    ],
    ids=["no time", "groups", "no error", "two rows"],
)
def test_nothing_to_widen(cases):
    """Without an order, in groups, without any error and in two rows the limits stay."""
    assert NOT_WIDER == widening("accuracy", cases)


def test_widened_limits_are_farther_and_stay_in_the_scale():
    """Twice as far from 0.9 as those of Clopper and Pearson, but never above 1."""
    inner = Binomial(90, 100)
    wide = Widened(inner, Widening(2.0), 0.0, 1.0)

    assert 0.9 - 2 * (0.9 - inner.lower(0.05)) == pytest.approx(wide.lower(0.05))
    assert 1.0 == Widened(inner, Widening(9.0), 0.0, 1.0).upper(0.05)
    assert (0.9, 100) == (wide.value, wide.n)
    assert wide.interval(0.95)[0] < inner.interval(0.95)[0]
    assert "widened for time order" in wide.method
    assert "widened for time order" in wide.bound_method


def test_only_the_order_is_taken_away():
    """Rows of a group still depend on each other; rows of a plain series no longer do."""
    series, grouped = cases_of([0, 1], np.arange(2)), cases_of([0, 1], np.arange(2), groups=np.zeros(2, dtype=int))

    assert without_order(series).time is None
    assert without_order(grouped) is grouped
    assert isinstance(measure("accuracy", without_order(series)), Binomial)


def test_weights_and_time_widen_together():
    """Rows that count unequally and rows that are alike: one design effect times the other."""
    inner = Binomial(90, 100, 2.0)
    assert 2.0 * 9.0 == widen(inner, Widening(3.0, 20.0), ends=(0.0, 1.0)).deff


def test_the_dependence_of_every_metric_is_learnt_or_withheld():
    """Queries and medians in time order have influences of their own; of a metric of one's own nobody knows."""
    rng = np.random.default_rng(0)
    slow = np.repeat(rng.normal(size=30), 40)
    y = rng.normal(size=1200)
    values = Cases(Task.REGRESSION, y, y + slow + 0.1 * rng.normal(size=1200), time=np.arange(1200))
    assert widening("median_absolute_error", values).ratio > 1.5
    good = np.repeat(rng.random(60) < 0.5, 20)
    relevance = np.tile([1.0, 0.0], 1200)
    scores = np.where(np.repeat(good, 2), relevance, 1 - relevance)
    queries = np.repeat(np.arange(1200), 2)
    lists = Cases(Task.RANKING, relevance, scores, queries=queries, time=queries)
    assert widening("mrr", lists).ratio > 1.5
    own = OwnFunction(Metric("mine", "mine", frozenset(Task), True, "own", is_share=False), lambda t, p: 0.0)
    assert "not known for this metric" in unknown_dependence("mine", replace(values, own={"mine": own}))
