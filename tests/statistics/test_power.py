"""How many rows would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from readiness.statistics.intervals import Binomial, Normal, OrderStatistic, f1_of_share, linear
from readiness.statistics.sample_size import (
    auc_rows,
    auc_variance,
    average_precision_rows,
    contrast_rows,
    curved_rows,
    drift_rows,
    least_provable,
    loss_rows,
    minimum_rows,
    proportion_rows,
    rows_needed,
)


def chance_of_proof(n: int, truth: float, bar: float, alpha: float = 0.05) -> float:
    """Brute force: all outcomes whose exact lower bound reaches the bar."""
    k = np.arange(n + 1)
    bounds = np.where(k == 0, 0.0, stats.beta.ppf(alpha, np.maximum(k, 1), n - k + 1))
    return float(stats.binom.pmf(k[bounds >= bar], n, truth).sum())


@pytest.mark.parametrize(
    ("level", "margin", "rows"),
    [(0.95, 0.15, 37), (0.95, 0.10, 68), (0.95, 0.05, 203), (0.90, 0.15, 50), (0.90, 0.10, 94), (0.90, 0.05, 304),
     (0.80, 0.15, 62), (0.80, 0.10, 130), (0.80, 0.05, 463), (0.70, 0.15, 73), (0.70, 0.10, 157), (0.70, 0.05, 569)],
)  # fmt: skip
def test_minimum_rows_of_a_segment(level, margin, rows):
    """From these rows on a segment without deficit is met with 80 % chance; with one row less it is not."""
    assert rows == minimum_rows(level, margin)
    assert all(chance_of_proof(n, level, level - margin) >= 0.8 for n in range(rows, rows + 40))
    assert chance_of_proof(rows - 1, level, level - margin) < 0.8


@pytest.mark.parametrize(("bar", "rows"), [(0.95, 59), (0.99, 299), (0.90, 29)])
def test_rows_without_any_failure(bar, rows):
    """n >= ln 0.05 / ln bar, and what they prove in turn."""
    assert rows == proportion_rows(1.0, bar)
    assert least_provable(rows) >= bar > least_provable(rows - 1)


def test_large_numbers_come_from_the_normal_formula():
    """0.9505 against 0.95: about (1.645 · 0.2179 + 0.842 · 0.2169)² / 0.0005²."""
    rough = ((1.6449 * math.sqrt(0.0475) + 0.8416 * math.sqrt(0.9505 * 0.0495)) / 0.0005) ** 2
    assert rough == pytest.approx(proportion_rows(0.9505, 0.95), rel=0.01)


def test_a_share_on_the_wrong_side_never_proves_itself():
    """No number of rows proves 0.95 when the truth is 0.94."""
    assert proportion_rows(0.94, 0.95) is None
    assert proportion_rows(0.95, 0.95) is None
    assert minimum_rows(0.1, 0.15) == 1


def test_rows_needed_of_a_share_on_either_side():
    """97 of 100 against 0.95 needs what 0.97 needs; 90 of 100 against 0.95 needs what failures of 0.10 against 0.05 need."""
    assert proportion_rows(0.97, 0.95) == rows_needed(Binomial(97, 100), 0.95)
    assert proportion_rows(0.10, 0.05) == pytest.approx(rows_needed(Binomial(90, 100), 0.95), abs=1)
    assert rows_needed(Binomial(95, 100), 0.95) is None


def test_a_design_effect_asks_for_more_rows():
    """Twice as many when two rows are worth one."""
    assert 2 * proportion_rows(0.97, 0.95) == rows_needed(Binomial(97, 100, deff=2), 0.95)


def test_rows_needed_of_f1_are_those_of_its_share():
    """F1 2J/(1+J) above 0.9 is J above 0.9/1.1."""
    assert proportion_rows(50 / 60, 0.9 / 1.1) == rows_needed(f1_of_share(Binomial(50, 60)), 0.9)


def test_rows_needed_of_other_numbers_grow_with_the_square_of_the_distance():
    """Half the distance to the bar asks for four times the rows, beginning with ((1.645 + 0.842) · se / distance)²."""
    near, far = (rows_needed(Normal(10.0, 1.0, math.inf, 100), bar) for bar in (9.0, 8.0))
    assert 100 * (1.6449 + 0.8416) ** 2 == pytest.approx(near, rel=0.01)
    assert 4 * far == pytest.approx(near, rel=0.01)


def test_without_a_limit_there_is_no_number():
    """A p99 of latencies none of which exceeds the bar needs 299 calls; an unbounded normal number none can tell."""
    assert 299 == rows_needed(OrderStatistic(np.arange(100.0), 0.99), 200.0)
    assert rows_needed(linear(Normal(1.0, math.inf, 1, 1)), 0.5) is None


def test_rows_needed_of_a_percentile_above_the_bar():
    """2 % of calls above a p99 limit: what 0.02 against 0.01 needs."""
    calls = np.concatenate([np.full(980, 1.0), np.full(20, 500.0)])
    assert proportion_rows(0.02, 0.01) == pytest.approx(rows_needed(OrderStatistic(calls, 0.99), 100.0), abs=1)


def test_rows_of_a_mean_by_the_normal_formula():
    """(1.645 + 0.842)² · 9 / 1 = 55.6, and nothing for a distance of 0."""
    assert 56 == contrast_rows(1.0, 3.0)
    assert contrast_rows(0.0, 3.0) is None
    assert contrast_rows(1e-9, 3.0) is None


def test_rows_of_a_loss_on_the_log_scale():
    """Mean and spread 40 against 50: (2.486 / ln 1.25)² = 124.2."""
    assert 125 == loss_rows(40, 50, 40)
    assert loss_rows(50, 50, 40) is None


def test_the_variance_of_roc_auc_is_hanley_and_mcneils():
    """Their formula for many rows: A (1 - A) and the -1 no longer count; few positives weigh more than few negatives."""
    value, m, k = 0.9, 20_000, 80_000
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    whole = (value * (1 - value) + (m - 1) * (q1 - value**2) + (k - 1) * (q2 - value**2)) / (m * k)
    assert whole * (m + k) == pytest.approx(auc_variance(value, 0.2), rel=1e-3)
    assert auc_rows(0.9, 0.85, 0.2) < auc_rows(0.9, 0.85, 0.05)
    assert auc_rows(0.85, 0.85, 0.2) is None


def test_boyds_positives_for_an_average_precision():
    """(2.486 / (logit 0.8 - logit 0.7))² / (0.8 · 0.2) = 133 positives."""
    assert math.ceil((2.48648 / (math.log(4) - math.log(7 / 3))) ** 2 / 0.16) == average_precision_rows(0.8, 0.7)


def test_fishers_scale_for_correlations():
    """artanh 0.8 - artanh 0.7 with a spread of 1 / (1 - 0.64): that of r for normal values, 1 - r², gives (2.486 / distance)²."""
    rows = (2.48648 / (math.atanh(0.8) - math.atanh(0.7))) ** 2
    assert math.ceil(rows) == curved_rows(0.8, 0.7, 1 - 0.8**2, least=-1.0)


@pytest.mark.parametrize(("limit", "bins"), [(0.1, 10), (0.25, 10), (0.25, 2)])
def test_rows_without_drift(limit, bins):
    """The upper bound of the index in its 80th percentile is just the limit."""
    from scipy.special import chdtri

    from readiness.statistics.drift import StabilityIndex

    n = drift_rows(limit, bins)
    upper = [
        StabilityIndex(float(chdtri(bins - 1, 0.2)) * 2 / rows, bins, rows, rows).upper(0.05) for rows in (n, n - 1)
    ]
    assert upper[0] <= limit < upper[1]
