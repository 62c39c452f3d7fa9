"""Costs of outcomes with fixed prices."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.statistics.costs import mean_cost_from_cells
from readiness.statistics.intervals import Binomial


def test_the_mean_cost_of_a_known_table():
    """45 false alarms at 10 and 12 misses at 100 in 1,000 rows: 1.65 a row; against all 150 missed it saves 13.35."""
    cells = np.array([805.0, 45.0, 12.0, 138.0])
    cost = mean_cost_from_cells(cells, (0.0, 10.0, 100.0, 0.0), seed=0)
    savings = mean_cost_from_cells(cells, (0.0, -10.0, 0.0, 100.0), seed=0)
    assert (1.65, 1000) == (pytest.approx(cost.value), cost.n)
    assert 13.35 == pytest.approx(savings.value)
    assert 0 < savings.lower(0.05) < 13.35 < savings.upper(0.05)


def test_a_share_has_its_exact_limits():
    """Price 1 for 3 of 40 rows: Clopper and Pearson, to the Monte-Carlo error."""
    cost = mean_cost_from_cells(np.array([37.0, 3.0]), (0, 1), seed=0)
    exact = Binomial(3, 40)
    assert (exact.lower(0.05), exact.upper(0.05)) == pytest.approx((cost.lower(0.05), cost.upper(0.05)), rel=0.03)


def test_the_same_seed_gives_the_same_limits():
    """Two runs never disagree."""
    cells = np.array([90.0, 5, 3, 2])
    first, second = (mean_cost_from_cells(cells, (0, 1, 5, 0), seed=4).interval(0.95) for _ in range(2))
    assert first == second


def test_a_shape_of_two_by_two_will_do():
    """Cells and prices as tables."""
    table, prices = np.array([[90.0, 5], [3, 2]]), np.array([[0.0, 1], [5, 0]])
    assert 0.2 == pytest.approx(mean_cost_from_cells(table, prices, seed=0).value)


def test_errors_never_seen_still_cost_something():
    """No miss in 50 rows at a price of 100: the upper limit is well above 0."""
    cost = mean_cost_from_cells(np.array([40.0, 0, 0, 10]), (0, 1, 100, 0), seed=0)
    assert 0.0 == cost.value
    assert cost.upper(0.05) > 2


def test_no_rows_cost_nothing_that_could_be_said():
    """Missing."""
    assert isinstance(mean_cost_from_cells(np.zeros(4), (0, 1, 1, 0), seed=0), Missing)


def test_rare_expensive_errors_are_covered():
    """2 % of 100 rows at 50, 10 % at 1: the upper limit is below the true 1.1 in at most 5 % of 300 samples."""
    rng = np.random.default_rng(0)
    tables = rng.multinomial(100, (0.88, 0.10, 0.02), 300)
    below = [mean_cost_from_cells(t, (0, 1, 50), seed=0, draws=2000).upper(0.05) < 1.1 for t in tables]
    assert np.mean(below) <= 0.05
