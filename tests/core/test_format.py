"""Numbers are never printed so that they say something else than they are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.findings import Bounds, Criterion, Estimate
from readiness.core.format import (
    MINUS,
    format_against,
    format_bound,
    format_bytes,
    format_change,
    format_count,
    format_count_of,
    format_criterion,
    format_edge,
    format_edges,
    format_estimate,
    format_interval,
    format_level,
    format_pair,
    format_range,
    format_share,
    format_threshold,
    format_value,
    listed,
    with_unit,
)

NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False)


def parsed(text: str) -> float:
    return float(text.replace(",", "").replace(MINUS, "-"))


@pytest.mark.parametrize(
    ("value", "threshold", "printed"),
    [
        (0.9496, 0.95, "0.9496"),
        (0.95, 0.95, "0.950"),
        (0.9504, 0.95, "0.9504"),
        (0.94999999, 0.95, "0.94999999"),
        (0.483, 0.95, "0.483"),
        (100.04, 100.0, "100.04"),
        (0.0, 0.02, "0"),
    ],
)
def test_a_number_keeps_its_side_of_the_threshold(value: float, threshold: float, printed: str) -> None:
    """0.9496 against a required 0.95 is not printed as 0.95."""
    assert printed == format_against(value, threshold)


@given(NUMBERS, NUMBERS)
def test_printing_keeps_the_order_of_any_two_numbers(value: float, other: float) -> None:
    """Whatever is compared, the printed number lies on the true side of the other one."""
    printed = parsed(format_against(value, other))
    assert (printed > other, printed < other) == (value > other, value < other)


@given(st.floats(0, 1, allow_subnormal=False))
def test_a_share_is_all_or_nothing_only_when_it_is(share: float) -> None:
    """0.9999 is not printed as 1, and 0.00001 not as 0."""
    printed = parsed(format_value(share))
    assert (printed == 0, printed == 1) == (share == 0, share == 1)


@given(NUMBERS)
def test_a_threshold_is_printed_exactly(threshold: float) -> None:
    """A limit reads back as the number that was set."""
    assert threshold == parsed(format_threshold(threshold))


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (0.4833, "", "0.483"),
        (0.0013, "", "0.0013"),
        (41.3, "ms", "41.3 ms"),
        (0.84, "ms", "0.840 ms"),
        (13350.0, "EUR", "13,350 EUR"),
        (1.65, "EUR", "1.65 EUR"),
        (400.0, "EUR", "400 EUR"),
        (24000.0, "rows", "24,000 rows"),
        (-0.02, "", f"{MINUS}0.020"),
        (23.0, "%", "23 %"),
        (0.0, "", "0.000"),
    ],
)
def test_units_have_their_customary_digits(value: float, unit: str, printed: str) -> None:
    """Metrics have three decimals, money two, large amounts none."""
    assert printed == format_value(value, unit)


def test_nothing_has_no_minus_sign() -> None:
    """A tiny negative zero is printed as zero."""
    assert "0.000" == format_value(-0.0)


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (0.8, 0.95, "0.800 to 0.950"),
        (0.0009, 0.0019, "0.0009 to 0.0019"),
        (None, 0.5, "up to 0.500; no lower limit can be given"),
        (0.5, None, "from 0.500; no upper limit can be given"),
        (None, None, "no limits can be given"),
    ],
)
def test_an_end_that_does_not_exist_is_said_in_words(low: float | None, high: float | None, printed: str) -> None:
    """A range names both ends, or says that one cannot be given."""
    assert printed == format_range(low, high)


def test_money_ranges_share_their_digits() -> None:
    """Both ends of an amount have cents when one of them has."""
    assert "13.79 to 20.00 EUR" == format_range(13.79, 20.0, "EUR")


def test_counts_stand_beside_percentages() -> None:
    """120 of 24,000 are 0.5 %, said together."""
    assert "120 of 24,000 rows (0.5 %)" == format_count_of(120, 24_000, "rows")
    assert "0 of 0" == format_count_of(0, 0)
    assert "24,000" == format_count(24_000)


@pytest.mark.parametrize(
    ("share", "printed"), [(0.005, "0.5 %"), (0.5, "50 %"), (0.99996, "99.996 %"), (1.0, "100.0 %")]
)
def test_a_percentage_is_complete_only_when_it_is(share: float, printed: str) -> None:
    """99.996 % is not printed as 100 %."""
    assert printed == format_share(share)


def test_an_estimate_is_printed_against_its_criterion() -> None:
    """Value and interval stand on the true sides of what is required; the judged limit too."""
    criterion = Criterion(">=", 0.95)
    estimate = Estimate(0.9496, 0.93, 0.96, 0.95, 120)
    bounds = Bounds(0.9303, 0.9604, 0.05)
    assert "0.9496" == format_estimate(estimate, criterion)
    assert "0.930 to 0.960" == format_interval(estimate, criterion)
    assert "at least 0.95" == format_criterion(criterion)
    assert "at least 0.930" == format_bound(bounds, criterion, favourable=False)
    assert "at most 0.960" == format_bound(bounds, criterion, favourable=True)
    assert "no lower limit can be given" == format_bound(Bounds(None, 1.0, 0.05), criterion, favourable=False)


def test_exact_quantities_have_no_interval() -> None:
    """A size in bytes is not surrounded by chance."""
    assert "" == format_interval(Estimate(12.3, 12.3, 12.3, 1.0, 1, "MB"))


@pytest.mark.parametrize(("size", "printed"), [(12, "12 bytes"), (2104, "2.10 kB"), (12_345_678, "12.3 MB")])
def test_file_sizes_have_their_unit(size: int, printed: str) -> None:
    """A megabyte is a million bytes."""
    assert printed == format_bytes(size)


def test_levels_are_percentages() -> None:
    """0.95 is 95 %, 0.995 is 99.5 %."""
    assert ("95 %", "99.5 %") == (format_level(0.95), format_level(0.995))


def test_one_is_no_plural() -> None:
    """What is counted is named in the singular when there is one."""
    assert ["1 segment", "2 segments", "1 ms"] == [
        with_unit(*each) for each in (("1", "segments"), ("2", "segments"), ("1", "ms"))
    ]


@pytest.mark.parametrize(
    ("edge", "figures", "printed"),
    [
        (21930.4, 4, "21,930"),
        (24650, 4, "24,650"),
        (30800.1, 6, "30,800.1"),
        (1234567.5, 6, "1,234,568"),
        (0.25, 6, "0.25"),
        (-3.5, 4, "-3.5"),
        (1e-9, 4, "1e-09"),
    ],
)
def test_a_cut_is_written_for_people(edge: float, figures: int, printed: str) -> None:
    """Thousands are separated, and no ordinary number has an exponent."""
    assert printed == format_edge(edge, figures)


def test_a_long_list_is_counted() -> None:
    """Three are named, the others counted; a fourth is named instead of "1 more"."""
    assert "a, b, c and 2 more" == listed("abcde")
    assert "a, b, c and d" == listed("abcd")
    assert "a and b" == listed("ab")
    assert "" == listed([])


@pytest.mark.parametrize(("value", "words"), [(math.nan, "unknown"), (math.inf, "beyond all numbers")])
def test_what_is_no_number_is_said_in_words(value, words):
    """Nobody reads NaN on a page, and nothing breaks over it."""
    assert words == format_value(value)
    assert f"{words} ms" == format_value(value, "ms")


def test_a_change_never_looks_like_none():
    """24.1 % after 23.9 % is a rise; a change too small to be seen is said to be so."""
    assert "rose from 23.9 % to 24.1 %" == format_change(0.239, 0.241)
    assert "rose from 9.8 % to 24 %" == format_change(0.098, 0.24)
    assert "fell from 24.4 % to 24.3 %" == format_change(0.244, 0.243)
    assert "rose from 24 % to 31 %" == format_change(0.24, 0.31)
    assert "hardly changed (24 %)" == format_change(0.2401, 0.2402)
    assert "did not change (100.0 %)" == format_change(1.0, 1.0)


def test_two_numbers_that_differ_look_different():
    """As many digits as that takes, unless the difference is nothing but rounding."""
    assert ("0.8751", "0.8750") == format_pair(0.87512, 0.87501)
    assert ("0.875", "0.875") == format_pair(0.875, 0.875 + 1e-12)
    assert ("14.2 ms", "3.10 ms") == format_pair(14.2, 3.1, "ms")


def test_cuts_are_told_apart():
    """Four figures where they are enough, more where they are not; infinity in words, and no minus before nothing."""
    assert ["0.5", "1.25"] == format_edges([0.5, 1.25], 4)
    assert ["1.00001", "1.00002"] == format_edges([1.00001, 1.00002], 4)
    assert ["1,000,000.1", "1,000,000.2"] == format_edges([1000000.1, 1000000.2], 4)
    assert ["0", "infinity"] == format_edges([-0.0, math.inf], 4)


def test_a_tiny_share_has_three_digits_and_is_not_nothing():
    """Also where a double rounds: 100 times 1e-300 is no power of ten."""
    assert ["1e−298 %", "1.23e−18 %"] == [format_share(share) for share in (1e-300, 1.23456e-20)]
    assert "0.0000001 %" == format_share(1e-9)
