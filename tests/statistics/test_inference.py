"""Exact and mapped numbers."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from readiness.statistics.inference import Exact, Mapped, normal_quantile, student_quantile
from readiness.statistics.intervals import Binomial


def test_quantiles_are_upper_ones():
    """5 % of the normal and of Student's distribution lie above; infinite degrees of freedom are the normal one."""
    assert stats.norm.isf(0.05) == pytest.approx(normal_quantile(0.05))
    assert stats.t.isf(0.05, 7) == pytest.approx(student_quantile(0.05, 7))
    assert normal_quantile(0.01) == student_quantile(0.01, math.inf)


def test_a_mapped_number_maps_value_limits_and_interval():
    """The odds of a share, and the share of failures."""
    share = Binomial(30, 40)
    odds = Mapped(share, lambda p: p / (1 - p), note=", as odds")
    assert (3.0, 40, "Wilson, as odds") == (odds.value, odds.n, odds.method)
    low, high = share.interval(0.95)
    assert (low / (1 - low), high / (1 - high)) == odds.interval(0.95)
    failures = Mapped(share, lambda p: 1 - p, increasing=False)
    assert (1 - share.upper(0.05), 1 - share.lower(0.05)) == (failures.lower(0.05), failures.upper(0.05))
    assert "Clopper-Pearson" == failures.bound_method


def test_exact_numbers_name_themselves():
    """Shown and judged alike."""
    assert ("exact", "exact") == (Exact(1.0).method, Exact(1.0).bound_method)
