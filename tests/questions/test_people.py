"""Columns that tell people apart, and those that tell times and things apart."""

from __future__ import annotations

import pytest

from readiness.spec.usual_segments import tells_people_apart


@pytest.mark.parametrize("column", ["age", "ageGroup", "customer_gender", "native country", "post_code", "zip"])
def test_what_people_are_and_where_they_live(column):
    """By a whole word of the name."""
    assert tells_people_apart(column)


@pytest.mark.parametrize("column", ["hour", "season", "weekday", "device", "page", "stage", "channel", "tenure"])
def test_times_and_things(column):
    """Nobody is discriminated against by the hour of the day, nor is a page an age."""
    assert not tells_people_apart(column)
