"""Numbers as an editor writes them, and never on the wrong side of a limit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.findings import Estimate
from readiness.core.format import MINUS, format_day
from readiness.report.sentences.numbers import (
    Scale,
    limit_text,
    percent,
    times_short,
    with_days,
    write_alike,
    write_estimate,
)
from readiness.report.sentences.phrases import direction_words


def number(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(",", ""))


@given(
    value=st.floats(-1, 1),
    ends=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    limit=st.floats(-1, 1),
    scale=st.sampled_from([Scale.PERCENT, Scale.POINTS, Scale.SCORE]),
)
def test_no_number_is_rounded_across_its_limit(value, ends, limit, scale) -> None:
    """Value and both ends stay on their side of the limit, with equal digits."""
    low, high = min(ends), max(ends)
    texts = write_alike([value, low, high], scale, limit)
    factor = 1 if scale is Scale.SCORE else 100
    for text, true in zip(texts, (value, low, high), strict=True):
        if abs(true - limit) > 1e-9:
            assert (number(text) > factor * limit) == (true > limit)
    if not any("e" in text for text in texts):
        assert len({len(text.partition(".")[2]) for text in texts}) == 1


def test_just_below_a_limit_is_not_written_as_the_limit() -> None:
    assert ["94.96"] == write_alike([0.9496], Scale.PERCENT, 0.95)


@pytest.mark.parametrize(
    ("share", "text"), [(0.5706, "57 %"), (0.0301, "3.0 %"), (0.9996, "99.96 %"), (0.0, "0 %"), (1.0, "100 %")]
)
def test_shares_are_in_per_cent(share, text) -> None:
    assert text == percent(share)


@pytest.mark.parametrize(
    ("amount", "text"), [(681.13, "681"), (7_781_263.48, "7,781,263"), (12.5, "12.50"), (0.56, "0.56"), (40.0, "40")]
)
def test_money_is_rounded_as_money(amount, text) -> None:
    assert [text] == write_alike([amount], Scale.MONEY)


@pytest.mark.parametrize(
    ("limit", "scale", "text"),
    [
        (0.15, Scale.POINTS, "15 points"),
        (0.01, Scale.POINTS, "1 point"),
        (0.0375, Scale.PERCENT, "3.75 %"),
        (1.15, Scale.TIMES, "1.15 times"),
        (13_350.0, Scale.AMOUNT, "13,350"),
        (0.12345, Scale.SCORE, "0.12345"),
        (0.2364130751, Scale.POINTS, "23.6 points"),
    ],
)
def test_a_limit_is_written_as_it_was_set(limit, scale, text) -> None:
    """One that was computed has fewer digits than it was computed with."""
    assert text == limit_text(limit, scale)


def test_a_computed_limit_keeps_its_side() -> None:
    """Beside a gap of 23.639 points a limit of 23.6413 is not written as 23.6."""
    assert "23.64 points" == limit_text(0.2364130751, Scale.POINTS, "", 0.23639)


def test_dates_have_one_style() -> None:
    assert "28 November 2026" == format_day(date(2026, 11, 28))
    assert "1 July 2026 to 15 July 2026" == with_days("2026-07-01 to 2026-07-15")
    assert "2026-13-45" == with_days("2026-13-45")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6.04, "6 ×"),
        (-11.2, f"{MINUS}11 ×"),
        (0.43, "0.4 ×"),
        (0.996, "0.996 ×"),
        (0.9996, "0.9996 ×"),
        (1.04, "1.04 ×"),
        (1.0, "1 ×"),
        (-1.002, f"{MINUS}1.002 ×"),
    ],
)
def test_a_distance_is_not_rounded_out_of_the_margin_of_error(value, text) -> None:
    """Whether a number is within its margin of error is what is asked."""
    assert text == times_short(value)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.543, 0.47, 0.62), "54 points behind (47 to 62)"),
        ((-0.104, -0.136, -0.058), "10 points ahead (6 to 14)"),
        ((0.06, -0.05, 0.18), "6 points behind (5 ahead to 18 behind)"),
        ((0.01, 0.01, 0.01), "1 point behind"),
        ((0.0, -0.02, 0.02), "no difference (2 ahead to 2 behind)"),
        ((0.05, None, 0.09), "5.0 points behind"),
    ],
)
def test_a_difference_is_said_by_its_direction(numbers, text) -> None:
    """No sign has to be read the right way round."""
    value, low, high = numbers
    level = 1.0 if low == value == high else 0.95
    said = direction_words(Estimate(value, low, high, level, 100), Scale.POINTS, "behind", "ahead")
    assert text.replace("5.0", "5") == said.replace("5.0", "5")


def test_a_missing_end_is_said() -> None:
    written = write_estimate(Estimate(8.0, 7.5, None, 0.95, 300), Scale.AMOUNT, 100.0)
    assert ("8.0", "7.5 or more") == (written.value, written.ends)


def test_a_decline_that_is_turned_has_its_ends_turned() -> None:
    written = write_estimate(Estimate(-0.013, -0.056, 0.031, 0.95, 100), Scale.SCORE, 0.02, turned=True)
    assert ("0.01", f"{MINUS}0.03 to 0.06") == (written.value, written.ends)


def test_a_small_number_has_two_figures() -> None:
    """0.0052 is not printed as 0.005, of which both ends of its interval would be 0.005 and 0.006."""
    written = write_estimate(Estimate(0.00523, 0.00498, 0.00552, 0.95, 800), Scale.AMOUNT, 0.004)
    assert ("0.0052", "0.0050 to 0.0055") == (written.value, written.ends)


@pytest.mark.parametrize(("share", "said"), [(1.341, "134 %"), (1.004, "100.4 %"), (0.996, "99.6 %")])
def test_far_above_all_nobody_reads_decimals(share: float, said: str) -> None:
    """Beside a hundred they say on which side."""
    assert said == percent(share)
