"""Times of calls: when they are looked at, how often a limit at the true percentile passes, and slow calls in a row."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import binom, lognorm

from readiness.statistics.call_times import (
    batch_design,
    call_quantile,
    fewest_calls,
    planned_looks,
    slow_together,
)
from readiness.statistics.intervals import OrderStatistic
from readiness.statistics.sample_size import rows_needed

Floats = NDArray[np.float64]
Q = 0.99


@pytest.mark.parametrize(
    ("most", "looks"),
    [
        (10_000, (500, 1_000, 2_000, 5_000, 10_000)),
        (300, (300,)),
        (500, (500,)),
        (600, (600,)),
        (1_500, (500, 1_000, 1_500)),
        (30_000, (500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000)),
    ],
)
def test_looks_are_planned_beforehand(most: int, looks: tuple[int, ...]) -> None:
    """1, 2 and 5 times a power of ten, and the end; none that would cost error for next to no calls."""
    assert planned_looks(most) == looks


@pytest.mark.parametrize(("q", "alpha", "calls"), [(0.99, 0.05, 299), (0.99, 0.025, 368), (0.95, 0.025, 72)])
def test_fewest_calls_of_a_percentile(q: float, alpha: float, calls: int) -> None:
    """So many calls have a limit on the far side, one fewer has none."""
    assert fewest_calls(q, alpha) == calls
    assert math.isfinite(OrderStatistic(np.arange(float(calls)), q).upper(alpha))
    assert math.isinf(OrderStatistic(np.arange(float(calls - 1)), q).upper(alpha))


def test_each_look_has_its_part_of_the_error() -> None:
    """Limits of one of five looks are those of 1 %, and so is what more calls are asked for."""
    times = np.random.default_rng(0).permutation(np.arange(1.0, 501.0))
    one, five = call_quantile(times, Q), call_quantile(times, Q, looks=5)
    assert five.upper(0.05) == one.upper(0.01) == 500
    assert five.lower(0.05) == one.lower(0.01) < one.lower(0.05)
    assert binom.sf(499, 500, Q) <= 0.01
    assert rows_needed(five, 2000.0) == rows_needed(one, 2000.0, alpha=0.01)


def independent(rng: np.random.Generator, n: int) -> Floats:
    return rng.lognormal(0, 0.5, n)


def alike(rng: np.random.Generator, n: int) -> Floats:
    """A first-order series whose neighbours have a correlation of 0.8."""
    steps = rng.normal(size=n + 200) * 0.6
    return np.exp(0.5 * lfilter([1], [1, -0.8], steps)[200:])


def decided(times: Floats, limit: float, looks: tuple[int, ...], alpha: float = 0.05) -> str:
    """What comes out when timing stops at the first look that decides."""
    for n in looks:
        found = call_quantile(times[:n], Q, looks=len(looks))
        if found.upper(alpha) <= limit:
            return "met"
        if found.lower(alpha) > limit:
            return "not met"
    return "open"


@pytest.mark.parametrize("calls", [independent, alike])
def test_a_limit_at_the_true_percentile_passes_seldom(calls: Callable[[np.random.Generator, int], Floats]) -> None:
    """Stopped at the looks, in no more than 5 % of 300 runs, within three simulation errors; peeking at every 50 calls
    with the whole error passes in more than 15 %.
    """
    rng, truth = np.random.default_rng(7), float(lognorm.ppf(Q, 0.5)) * (1 - 1e-9)
    runs = [calls(rng, 5_000) for _ in range(300)]
    looks = planned_looks(5_000)
    said = [decided(times, truth, looks) for times in runs]
    assert said.count("met") / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert said.count("not met") / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    peeked = [any(OrderStatistic(np.sort(x[:n]), Q).upper(0.05) <= truth for n in range(300, 5_001, 50)) for x in runs]
    assert np.mean(peeked) > 0.15


def test_a_fast_model_is_decided_at_the_first_look() -> None:
    """2 ms against 100 ms, and against 1 ms."""
    times = np.random.default_rng(1).lognormal(math.log(2), 0.2, 500)
    found = call_quantile(times, Q, looks=5)
    assert found.upper(0.05) < 100
    assert found.lower(0.05) > 1


def test_slow_calls_in_a_row_count_for_fewer() -> None:
    """Forty slow calls of two thousand: spread they leave a limit near the quantile, in two rows they leave none."""
    base = np.random.default_rng(2).uniform(1, 2, 2_000)
    spread, together = base.copy(), base.copy()
    spread[::50] += 10
    together[200:220] += 10
    together[1200:1220] += 10
    assert slow_together(spread) < 0.1 < slow_together(together)
    assert batch_design(spread, 5.0)[0] == 1
    assert batch_design(together, 5.0)[0] > 15
    assert math.isfinite(call_quantile(spread, Q).upper(0.05))
    deff = batch_design(together, call_quantile(together, Q).value)[0]
    assert call_quantile(together, Q).upper(0.05) == pytest.approx(together.max() * max(1, 299 * 1.5 * deff / 2_000))
    assert call_quantile(together, Q).upper(0.05) > 1.5 * call_quantile(spread, Q).upper(0.05)
    assert "batches" in call_quantile(together, Q).method


def test_a_busy_machine_does_not_hide_that_a_limit_is_far_off() -> None:
    """Bursts of five slow calls in two thousand: the percentile is hardly known, and yet no call came near a second."""
    times = np.random.default_rng(5).uniform(1, 2, 2_000)
    for start in range(50, 2_000, 350):
        times[start : start + 5] += 20
    found = call_quantile(times, Q, looks=5)
    assert found.share is not None
    assert found.share.deff > 1.5
    assert found.upper(0.05) == times.max() < 1_000
    assert found.lower(0.05) >= times.min()
    assert math.isinf(call_quantile(times[:300], Q, looks=5).upper(0.05))


def test_a_queue_that_only_grows_is_surely_too_slow() -> None:
    """Each of a thousand waits longer than the one before: no two batches are alike, and yet the limit is refuted."""
    times = np.linspace(20, 5_000, 1_000)
    found = call_quantile(times, Q, looks=5)
    assert 3_000 < found.lower(0.001) < found.value
    assert call_quantile(times, 0.5, looks=5).lower(0.001) < 2_600


@pytest.mark.parametrize("times", [np.ones(1), np.ones(400), np.arange(5.0), np.zeros(1000)])
def test_few_or_equal_times_are_no_error(times: Floats) -> None:
    """Whatever a clock says has a quantile."""
    found = call_quantile(times, Q, looks=5)
    assert found.lower(0.05) <= found.value <= found.upper(0.05)
    assert found.value == times.max()


def test_the_share_of_slow_batches_is_by_hand() -> None:
    """Twenty batches of five calls, two of which hold three slow ones: deff is the variance of the counts over 5 p q."""
    slow = np.zeros((20, 5))
    slow[3, :3] = slow[11, 1:4] = 1
    deff, df = batch_design(slow.ravel(), 0.5)
    counts = slow.sum(axis=1)
    assert deff == pytest.approx(counts.var(ddof=1) / (5 * 0.06 * 0.94))
    assert df == 1  # two equal batches, halved
