"""Intervals that came with predictions, and bands that hold."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.calibration import conformal_half_width, coverage
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Binomial


def values(error, **more) -> Cases:
    error = np.asarray(error, dtype=float)
    return Cases(Task.REGRESSION, error, np.zeros(len(error)), **more)


def test_ends_belong_to_the_interval():
    """0 and 2 are inside [0, 2], 3 is not."""
    assert Binomial(2.0, 3) == coverage(values([0, 2, 3]), np.zeros(3), np.full(3, 2.0))


def test_groups_widen_the_limits():
    """Copies of a row are one row."""
    hit = np.random.default_rng(0).random(100) < 0.8
    copies = np.repeat(np.arange(100), 5)
    low, high = np.zeros(500), np.ones(500)
    alone = coverage(values(2.0 - 1.5 * hit), low[:100], high[:100])
    told = coverage(values((2.0 - 1.5 * hit)[copies], groups=copies), low, high)
    untold = coverage(values((2.0 - 1.5 * hit)[copies]), low, high)

    assert alone.value == told.value
    assert alone.lower(0.05) == pytest.approx(told.lower(0.05), abs=0.02)
    assert untold.lower(0.05) > told.lower(0.05) + 0.02


def test_the_conformal_rank():
    """Of 1 to 39 at 95 %: ceil(40 · 0.95) = 38, so the 38th."""
    found = conformal_half_width(values(np.arange(1, 40)), 0.95)

    assert 38.0 == found.value
    assert found.lower(0.05) < 38.0 <= found.upper(0.05)
    assert 19.0 == conformal_half_width(values(np.arange(1, 20)), 0.95).value
    assert isinstance(conformal_half_width(values(np.arange(1, 19)), 0.95), Missing)


def test_the_band_holds_as_promised():
    """A further row lies inside in 90 of 100 draws."""
    rng = np.random.default_rng(0)
    held = [
        abs(rng.standard_t(3)) <= conformal_half_width(values(rng.standard_t(3, 60)), 0.9).value for _ in range(1000)
    ]

    assert 0.9 == pytest.approx(np.mean(held), abs=0.025)


def test_dependent_rows_have_no_band():
    """Rows of one group are not exchangeable with those of another."""
    assert isinstance(conformal_half_width(values(np.arange(90), groups=np.arange(90) // 3), 0.9), Missing)
