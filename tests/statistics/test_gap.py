"""The gap that chance alone shows."""

from __future__ import annotations

import pytest

from readiness.statistics.gap import null_gap


@pytest.mark.parametrize(
    ("segments", "rows", "expected"), [(2, 30, 0.08), (5, 50, 0.13), (10, 30, 0.22), (10, 100, 0.12), (20, 200, 0.11)]
)
def test_expected_gap_of_equal_segments(segments, rows, expected):
    """Accuracy 0.80 everywhere: known mean gaps, to the second decimal."""
    chance = null_gap([0.8] * segments, [rows] * segments, seed=0)
    assert expected == pytest.approx(chance.expected, abs=0.006)
    assert chance.expected < chance.quantile
    assert (0.0, 1.0) == (chance.observed, chance.p_value)


def test_a_real_gap_stands_out():
    """0.712 among 0.90 with hundreds of rows each."""
    chance = null_gap([0.942, 0.931, 0.918, 0.895, 0.712], [1245, 987, 654, 432, 234], seed=0)
    assert 0.23 == pytest.approx(chance.observed)
    assert chance.p_value < 0.001
    assert chance.quantile < 0.1


def test_a_seed_repeats():
    """The same draws."""
    assert null_gap([0.5, 0.6], [20, 30], seed=3) == null_gap([0.5, 0.6], [20, 30], seed=3)
