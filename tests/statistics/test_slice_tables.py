"""Sums over all runs of levels of one or two columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.statistics.slices import MOST_STEPS, Losses, axis_of, certainty, difference, sum_over_runs


def within(codes, axis, run):
    """Which rows have a level of a run, by its levels."""
    return (codes >= axis.first[run]) & (codes <= axis.last[run])


sizes = st.integers(1, 25).flatmap(lambda levels: st.tuples(st.just(levels), st.integers(0, levels)))


@given(sizes, sizes, st.booleans(), st.integers(0, 99))
def test_sums_over_runs_are_those_of_their_rows(one, two, is_share, seed):
    """Law: what differences of cumulated sums give is what the rows of each pair of runs give."""
    rng = np.random.default_rng(seed)
    axes = [axis_of(*size, 6) for size in (one, two)]
    codes = [rng.integers(0, size[0], 80) for size in (one, two)]
    loss = rng.random(80) < 0.3 if is_share else rng.exponential(size=80)
    losses, (a, b) = Losses.of(loss), axes
    size = a.steps * b.steps
    places = losses.places(a.step_of[codes[0]] * b.steps + b.step_of[codes[1]], size)
    sums = sum_over_runs(losses.sums(places, size).reshape(-1, a.steps, b.steps), (a, b))

    assert sums.shape[1:] == (len(a.low), len(b.low))
    for _ in range(20):
        i, j = rng.integers(len(a.low)), rng.integers(len(b.low))
        rows = loss[within(codes[0], a, i) & within(codes[1], b, j)].astype(float)
        expected = [len(rows), rows.sum(), (rows**2).sum()]
        assert sums[:, i, j] == pytest.approx(expected[: len(sums)], abs=1e-9)


@pytest.mark.parametrize(
    ("levels", "ordered", "runs"),
    [(1, 0, 1), (1, 1, 1), (2, 2, 2), (10, 10, 54), (11, 10, 55), (40, 40, 54), (4, 0, 4), (21, 20, 55)],
)
def test_runs_are_all_but_the_whole(levels, ordered, runs):
    """Ten steps have 55 runs, of which one is everything; other levels are runs of one."""
    axis = axis_of(levels, ordered, MOST_STEPS)
    spans = {(int(first), int(last)) for first, last in zip(axis.first, axis.last, strict=True)}

    assert runs == len(axis.low) == len(spans)
    assert all(last < ordered or first == last for first, last in spans)
    assert {level for first, last in spans for level in range(first, last + 1)} == set(range(levels))


def test_certainty_is_normal_where_nothing_differs():
    """Signed roots of 20,000 shares among equal ones: mean 0, spread 1, and 2.3 % beyond 2."""
    inside = np.stack((np.full(20_000, 300.0), np.random.default_rng(0).binomial(300, 0.2, 20_000)))
    outside = np.stack((np.full(20_000, 5000.0), np.random.default_rng(1).binomial(5000, 0.2, 20_000)))
    z = certainty(inside, outside)

    assert np.array_equal(np.sign(z), np.sign(difference(inside, outside)))
    assert (0, 1) == (pytest.approx(z.mean(), abs=0.05), pytest.approx(z.std(), abs=0.03))
    assert 0.0228 == pytest.approx((z > 2).mean(), abs=0.005)


def test_few_rare_losses_are_not_certain():
    """Three of thirty where one in a hundred is expected: by the normal approximation that would be z = 5."""
    z = certainty(np.array([[30.0], [3.0]]), np.array([[5000.0], [50.0]]))
    assert 2.5 < z[0] < 3.2
