"""Importance weights against a case with a known answer, and columns that have to do with an outcome."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.statistics.drift import effective_rows, importance_weights, related_columns


def test_weights_are_the_ratio_of_shares():
    """Two values, 80 and 20 of 100 rows here, 100 and 300 of 400 there: weights 0.25/0.8 and 0.75/0.2."""
    chance = np.repeat([100 / 180, 300 / 320], [80, 20])
    weights = importance_weights(chance, 100, 400)
    assert weights.mean() == pytest.approx(1)
    assert weights[0] == pytest.approx(0.25 / 0.8)
    assert weights[-1] == pytest.approx(0.75 / 0.2)


def test_no_row_counts_more_than_the_root_of_their_number():
    """A chance of 1 would have an infinite weight."""
    weights = importance_weights(np.append(np.full(99, 0.01), 1.0), 100, 100)
    assert weights[-1] / weights[0] == pytest.approx(10 / (0.01 / 0.99))
    assert weights.mean() == pytest.approx(1)


def test_effective_rows():
    """Equal weights count all; one weight alone counts as one row."""
    assert effective_rows(np.ones(50)) == pytest.approx(50)
    assert effective_rows(np.array([1.0, 0.0, 0.0])) == 1
    assert effective_rows(np.array([3.0, 1.0])) == pytest.approx(16 / 10)
    assert effective_rows(np.zeros(3)) == 0


def test_columns_that_tell_of_an_outcome():
    """One tells of the first outcome, one of the second, one of none, and one has a single value."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 8, (3_000, 4)).astype(np.uint8)
    codes[:, 3] = 0
    outcomes = np.column_stack([codes[:, 0] + rng.normal(0, 10, 3_000), (codes[:, 2] > 4) ^ (rng.random(3_000) < 0.3)])
    assert related_columns(codes, outcomes.astype(float)).tolist() == [0, 2]


def test_columns_of_chance_are_left_out():
    """In 300 columns of noise fewer than one in a hundred seems related."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 16, (1_000, 300)).astype(np.uint8)
    assert len(related_columns(codes, rng.normal(size=(1_000, 1)))) < 3


def test_an_outcome_without_spread_tells_nothing():
    """As of a model that is always right."""
    codes = np.random.default_rng(3).integers(0, 4, (100, 2))
    assert related_columns(codes, np.zeros((100, 2))).tolist() == []
