"""Factors on a cost at which an answer changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.statistics.costs import Flips, flips


@given(st.floats(0.002, 500))
def test_the_place_where_a_line_crosses_zero_is_found(place):
    """To a ten-thousandth of itself, on whichever side of 1 it lies."""
    found = flips(lambda x: place - x)

    assert place == pytest.approx(found.nearest, rel=1e-3)


def test_nothing_changes_where_nothing_crosses():
    """Neither below nor above."""
    assert Flips(None, None) == flips(lambda _: 1.0)
    assert flips(lambda _: -1.0).nearest is None
    assert flips(lambda _: math.nan).nearest is None


def test_both_sides_may_change_and_the_nearer_one_counts():
    """Above 0 from a half to 8 only."""
    found = flips(lambda x: (x - 0.5) * (8 - x))

    assert 0.5 == pytest.approx(found.below, rel=1e-3)
    assert 8 == pytest.approx(found.above, rel=1e-3)
    assert found.below == found.nearest


def test_the_other_costs_see_the_inverse():
    """Twice the one cost is half of all others."""
    assert Flips(1 / 8, 2.0) == Flips(0.5, 8.0).inverse
    assert Flips(None, 4.0) == Flips(0.25, None).inverse
