"""The gap that chance alone shows."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.statistics.parity import null_gap, shrunken_gap


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


@pytest.mark.parametrize(("rows", "expected"), [(50, 0.039), (100, 0.029)])
def test_the_gap_evened_out_is_small_where_there_is_none(rows, expected):
    """Ten equal segments at 0.85: 0.15 and 0.11 as they are, a quarter of that evened out."""
    drawn = np.random.default_rng(0).binomial(rows, 0.85, (1500, 10)) / rows
    evened = [shrunken_gap(values, [rows] * 10) for values in drawn]

    assert expected == pytest.approx(float(np.mean(evened)), abs=0.003)


def test_the_gap_evened_out_hides_a_small_segment():
    """Why nothing is judged by it: one of five segments with 30 rows is 20 points worse, and all but vanishes."""
    values, rows = [0.85] * 9 + [0.65], [3000] * 5 + [30] * 5

    assert shrunken_gap(values, rows) < 0.02
    assert 0.20 == pytest.approx(null_gap(values, rows, seed=0).observed)


def test_large_segments_keep_their_gap():
    """With 100,000 rows each, chance has moved nothing; without variation there is no gap."""
    assert 0.3 == pytest.approx(shrunken_gap([0.6, 0.9], [100_000] * 2), rel=1e-3)
    assert [0.0, 0.0, 0.0] == [shrunken_gap(values, [50] * len(values)) for values in ([1.0, 1.0], [0.0, 0.0], [0.7])]
