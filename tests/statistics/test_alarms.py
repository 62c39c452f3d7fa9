"""Alarms sound as often as they say: exact laws where there are any, and simulated windows where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom

from readiness.statistics.alarms import (
    FALSE_ALARM,
    FEWEST,
    Measured,
    corridor,
    drift_limit,
    drift_rows_seen,
    least_count,
    normal_alarm,
    normal_proof,
    rare_alarm,
    share_alarm,
    share_proof,
    standard_error,
)
from readiness.statistics.drift import Drift, drift_of_counts
from readiness.statistics.sample_size import POWER

REPEATS = 4000
SLACK = 3.5
"""Standard errors of a simulated share that are no fault."""


def beyond(share: float, allowed: float) -> bool:
    """Whether a simulated share is above what is allowed by more than the simulation's own chance."""
    return share > allowed + SLACK * math.sqrt(allowed * (1 - allowed) / REPEATS)


@pytest.mark.parametrize(
    ("hits", "n", "bar", "wants_more"),
    [
        (93, 100, 0.8, True),
        (990, 1000, 0.95, True),
        (100, 100, 0.9, True),
        (12, 1000, 0.05, False),
        (0, 400, 0.02, False),
    ],
)
def test_a_share_is_seen_to_fall_and_rarely_by_chance(hits: int, n: int, bar: float, wants_more: bool) -> None:
    """By the exact binomial: 80 windows in 100 at the bar, at most one in 100 where all is as the report expects."""
    alarm = share_alarm(hits, n, bar, bar, wants_more=wants_more)
    assert alarm is not None
    wrong = (1 - alarm.limit if wants_more else alarm.limit) * alarm.cases
    count = round(wrong)
    assert wrong == pytest.approx(count)
    limit, expected = (1 - bar, n - hits) if wants_more else (bar, hits)
    assert binom.sf(count - 1, alarm.cases, limit) >= POWER
    false_alarm = binom.sf(count - 1, alarm.cases, (expected + 0.5) / (n + 1))
    assert false_alarm == pytest.approx(alarm.false_alarm)
    assert false_alarm <= FALSE_ALARM
    assert alarm.at_worst >= POWER  # the worse end of the interval was given as the bar itself


def test_no_share_beyond_its_bar_is_watched() -> None:
    """What does not hold today has no limit to come down to."""
    assert share_alarm(70, 100, 0.8, 0.6, wants_more=True) is None
    assert share_alarm(6, 100, 0.05, 0.1, wants_more=False) is None


def test_a_window_proves_a_miss_by_the_rule_of_a_report() -> None:
    """At the bar a proof comes by chance 5 times in 100 at most, and one case less proves nothing."""
    found = share_proof(200, 0.8, 0.05, wants_more=True)
    assert found is not None
    wrong = round((1 - found) * 200)
    assert binom.sf(wrong - 1, 200, 0.2) <= 0.05 < binom.sf(wrong - 2, 200, 0.2)
    assert share_proof(3, 0.2, 1e-9, wants_more=False) is None


@pytest.mark.parametrize("wants_more", [True, False])
def test_a_mean_is_seen_to_fall_and_rarely_by_chance(wants_more: bool) -> None:
    """Windows of normal rows, at the measured mean and at the bar."""
    rng, sd, n = np.random.default_rng(1), 4.0, 500
    value, bar = (10.0, 9.0) if wants_more else (10.0, 11.0)
    measured = Measured(value, sd / math.sqrt(n), n, bar)
    alarm = normal_alarm(measured, bar, wants_more=wants_more)
    assert alarm is not None
    means = {at: rng.normal(at, sd / math.sqrt(alarm.cases), REPEATS) for at in (value, bar)}
    sounds = {at: float(np.mean(means[at] <= alarm.limit if wants_more else means[at] >= alarm.limit)) for at in means}
    assert not beyond(sounds[value], FALSE_ALARM)
    assert not beyond(1 - sounds[bar], 1 - POWER)
    assert alarm.at_worst == pytest.approx(sounds[bar], abs=0.03)
    proof = normal_proof(measured, alarm.cases, bar, 0.05, wants_more=wants_more)
    assert not beyond(float(np.mean(means[bar] <= proof if wants_more else means[bar] >= proof)), 0.05)


def test_a_window_that_is_larger_than_needed_is_never_below_the_floor() -> None:
    """A huge distance takes few rows, yet not fewer than a normal formula can speak of."""
    alarm = normal_alarm(Measured(100.0, 0.1, 1000, 99.0), 1.0, wants_more=True)
    assert alarm is not None
    assert alarm.cases == FEWEST
    assert normal_alarm(Measured(1.0, 0.1, 100), 2.0, wants_more=True) is None
    assert normal_alarm(Measured(1.0, 0.0, 100), 0.5, wants_more=True) is None


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_drift_is_seen_and_rarely_by_chance(bins: int) -> None:
    """Windows drawn from the bins of a report, and from bins that have moved to the limit."""
    rng, limit, reference = np.random.default_rng(bins), 0.25, 4000
    rows = drift_rows_seen(0.0, limit, bins, reference)
    assert rows is not None
    critical = drift_limit(0.0, bins, reference, rows, FALSE_ALARM)
    shares = np.full(bins, 1 / bins)
    before = rng.multinomial(reference, shares, REPEATS)
    moved = _moved(shares, limit)
    for now, allowed, is_false in ((shares, FALSE_ALARM, True), (moved, 1 - POWER, False)):
        window = rng.multinomial(rows, now, REPEATS)
        raw = [_psi(one, other) for one, other in zip(before, window, strict=True)]
        share = float(np.mean(np.asarray(raw) > critical))
        assert not beyond(share if is_false else 1 - share, allowed * 1.3)  # the law is a good approximation, no more
    assert drift_rows_seen(0.0, limit, bins, 20, false_alarm=1e-4) is None


def _moved(shares: np.ndarray, index: float) -> np.ndarray:
    """Shares whose population stability index against these is `index`, by bisection."""
    low, high = 0.0, 0.99
    for _ in range(60):
        middle = (low + high) / 2
        now = _tilted(shares, middle)
        low, high = (low, middle) if float(((now - shares) * np.log(now / shares)).sum()) > index else (middle, high)
    return _tilted(shares, low)


def _tilted(shares: np.ndarray, by: float) -> np.ndarray:
    now = shares.copy()
    half = len(shares) // 2
    now[:half] *= 1 + by
    now[half:] *= 1 - by * shares[:half].sum() / shares[half:].sum()
    return np.asarray(now / now.sum())


def _psi(before: np.ndarray, now: np.ndarray) -> float:
    found = drift_of_counts([str(k) for k in range(len(before))], before.astype(float), now.astype(float))
    assert isinstance(found, Drift)
    return found.index.raw


@pytest.mark.parametrize(("share", "n"), [(0.02, 1000), (0.0, 500), (0.3, 2000)])
def test_rare_values_sound_seldom_by_chance(share: float, n: int) -> None:
    """The rows of the report are drawn, too: both chances together are what is allowed."""
    rng, rows = np.random.default_rng(7), 300
    hits, later = rng.binomial(n, share, REPEATS), rng.binomial(rows, share, REPEATS)
    counts = {k: rare_alarm(int(k), n, rows) for k in np.unique(hits).tolist()}
    sounds = [alarm is not None and now >= alarm.count for k, now in zip(hits.tolist(), later.tolist(), strict=True)
              if (alarm := counts[k]) is not None]  # fmt: skip
    assert not beyond(float(np.mean(sounds)), FALSE_ALARM)
    alarm = rare_alarm(20, 1000, 300)
    assert alarm is not None
    assert binom.sf(alarm.count - 1, 300, alarm.sees) == pytest.approx(POWER)
    assert rare_alarm(1000, 1000, 300) is None


def test_the_range_of_a_column_is_left_as_seldom_as_wilks_says() -> None:
    """New rows beyond the smallest and largest of n: one hit gives the exact limit of their share."""
    rng, n, rows = np.random.default_rng(3), 200, 100
    alarm = rare_alarm(1, n, rows)
    assert alarm is not None
    assert alarm.at_most == pytest.approx(beta.ppf(1 - FALSE_ALARM / 2, 2, n - 1))
    old, new = rng.normal(size=(REPEATS, n)), rng.normal(size=(REPEATS, rows))
    outside = ((new < old.min(axis=1)[:, None]) | (new > old.max(axis=1)[:, None])).sum(axis=1)
    assert not beyond(float(np.mean(outside >= alarm.count)), FALSE_ALARM)


def test_a_share_that_stays_in_its_corridor_is_left_alone() -> None:
    """At either end one window in a hundred at most is beyond a count, and none is missed that is far away."""
    found = corridor(0.1, 0.14, 400)
    assert found.low is not None
    assert found.high is not None
    assert binom.cdf(found.low, 400, 0.1) <= FALSE_ALARM / 2
    assert binom.sf(found.high - 1, 400, 0.14) <= FALSE_ALARM / 2
    assert binom.cdf(found.low, 400, 0.02) > 0.99
    assert corridor(0.0, 1.0, 400).low is None
    assert corridor(0.0, 1.0, 400).high is None


def test_the_least_count_is_the_least() -> None:
    """One row less is reached too often."""
    for rows, share, alpha in ((50, 0.1, 0.01), (1000, 0.003, 0.001), (5, 0.9, 1e-6)):
        count = least_count(rows, share, alpha)
        assert count == rows + 1 or binom.sf(count - 1, rows, share) <= alpha
        assert binom.sf(count - 2, rows, share) > alpha


def test_a_limit_tells_a_standard_error() -> None:
    """1.645 of them at 5 %; none without a limit."""
    assert standard_error(8.0, 10.0, 0.05) == pytest.approx(2 / 1.6448536)
    assert standard_error(None, 10.0, 0.05) is None
    assert standard_error(10.0, 10.0, 0.05) is None
    assert standard_error(-math.inf, 10.0, 0.05) is None
