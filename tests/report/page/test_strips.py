"""The small drawing in a row puts value, interval and bar in their true order."""

from __future__ import annotations

from readiness.report.page.tables import WIDTH, strip
from tests.report.page import records


def test_the_order_is_that_of_the_numbers() -> None:
    """Low before value before high before the bar, all inside the drawing; what is required lies on the right."""
    made = strip(records.business().findings[0])
    assert made is not None
    assert 0 < made.low < made.value < made.high < made.bar < WIDTH
    assert (made.bar, round(WIDTH - made.bar, 1)) == (made.good_from, made.good_width)
    assert "not_met" == made.status


def test_below_is_good_where_less_is_wanted() -> None:
    """The good side of an upper limit lies on the left."""
    made = strip(records.business().findings[1])
    assert made is not None
    assert (0.0, made.bar) == (made.good_from, made.good_width)


def test_an_end_without_limit_reaches_the_edge() -> None:
    """What cannot be limited is drawn to the end."""
    finding = records.claim("X-1", "A claim", (171.0, 139.0, None, 442), ("<=", 200.0), (143.0, None))
    made = strip(finding)
    assert made is not None
    assert WIDTH == made.high


def test_exact_numbers_and_facts_are_not_drawn() -> None:
    """Nothing is drawn where there is no interval or no bar."""
    assert strip(records.exact("X-1", "A size", 12.3, ("<=", 50.0), "MB")) is None
    assert strip(records.fact("X-2", "A fact", 0.5, 0.4, 0.6)) is None
