"""Numbers as an editor writes them: shares in per cent, differences of shares in points, money as money, ends alike.

Two rules of `core.format` hold here, too: a printed number stands to its limit as the true one does, and what is not
nothing is not printed as nothing. A third is added: value and both ends of an interval have equal digits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from readiness.core.findings import Estimate
from readiness.core.format import MINUS, MOST_DIGITS, format_day, format_threshold, is_exact

_ISO_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00)?)?\b")
_CENTS_BELOW = 100.0
"""Amounts from here on are written without decimals."""
_RATIO_DIGITS = 2
"""Decimals of a ratio that is held against a limit, which has two by custom."""
_FAR_ABOVE_ALL = 110.0
"""Per cent from which on no reader asks whether it is above a hundred."""
_MOST_SET_DIGITS = 5
"""A limit with more digits was computed, not set."""


class Scale(Enum):
    """How the numbers of a metric, or differences of them, are written."""

    PERCENT = "percent"
    """A share of rows: 0.88 is "88 %"."""
    POINTS = "points"
    """A difference of two shares: 0.54 is "54 points"."""
    SCORE = "score"
    """A number that people know as it is: F1, ROC AUC, R²."""
    TIMES = "times"
    """A ratio."""
    AMOUNT = "amount"
    """A number with a unit: ms, MB, minutes."""
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Written:
    """A number, and the two ends of its interval where it has one; texts without a unit."""

    value: str
    low: str = ""
    high: str = ""

    @property
    def ends(self) -> str:
        """As "47 to 62"; empty where chance plays no part."""
        if not self.low and not self.high:
            return ""
        if not self.low or not self.high:
            return f"{self.high} or less" if self.high else f"{self.low} or more"
        return f"{self.low} to {self.high}"


def write_estimate(estimate: Estimate, scale: Scale, *against: float, turned: bool = False) -> Written:
    """A measured number and its interval, with equal digits, each on the true side of the numbers in `against`.

    Args:
        estimate: in natural units: shares between 0 and 1, money in its currency.
        scale: how it is written; per cent and points are a hundred times the number.
        against: limits that a reader compares it with, in natural units.
        turned: the sign is turned, so that what was a decline is written as a trend.
    """
    low, high = (None, None) if is_exact(estimate) else (estimate.low, estimate.high)
    value = estimate.value
    if turned:
        value, against = -value, tuple(-x for x in against)
        low, high = (None if high is None else -high), (None if low is None else -low)
    texts = write_alike([value, low, high], scale, *against)
    return Written(texts[0], texts[1], texts[2])


def write_alike(values: Sequence[float | None], scale: Scale, *against: float, least: int | None = None) -> list[str]:
    """Numbers with equal digits, as few as keep each of them on the true side of every number in `against`; an empty
    text for None.
    """
    factor = 100.0 if scale in (Scale.PERCENT, Scale.POINTS) else 1.0
    scaled = [None if value is None or not math.isfinite(value) else factor * value for value in values]
    rivals = [factor * limit for limit in (*against, *_natural_ends(scale)) if math.isfinite(limit)]
    usual = _digits([value for value in scaled if value is not None], scale)
    if scale is Scale.TIMES and against:  # 1.152 beside 1.15 is not 1.2
        usual = max(usual, _RATIO_DIGITS)
    for digits in range(usual if least is None else least, MOST_DIGITS + 1):
        pairs = [(float(f"{value:.{digits}f}"), value) for value in scaled if value is not None]
        if all(_on_the_same_side(written, value, rival) for written, value in pairs for rival in rivals):
            return ["" if value is None else _signed(f"{value:,.{digits}f}") for value in scaled]
    return ["" if value is None else _signed(f"{value:.3g}") for value in scaled]  # no decimals can tell them apart


def _natural_ends(scale: Scale) -> tuple[float, ...]:
    """Numbers that others must not be rounded to: nothing, and all."""
    return (0.0, 1.0) if scale is Scale.PERCENT else (0.0,)


def _on_the_same_side(written: float, value: float, rival: float) -> bool:
    # A limit and a value that differ by rounding noise alone are one number to any reader.
    if math.isclose(value, rival, rel_tol=1e-9, abs_tol=1e-12):
        return True
    return (written > rival) == (value > rival) and (written < rival) == (value < rival)


def _digits(values: Sequence[float], scale: Scale) -> int:
    """Decimals by custom: so many that half the interval has one figure, and no fewer than the kind of number asks."""
    if not values:
        return 0
    size, spread = max(map(abs, values)), (max(values) - min(values)) / 2
    if scale is Scale.MONEY:
        return 0 if size >= _CENTS_BELOW or all(value == int(value) for value in values) else 2
    if size == 0:
        return 0
    if scale is Scale.SCORE and size <= 1:
        return 3 if spread and spread < 0.005 else 2 if size >= 0.1 or spread else 3
    if spread > 0:
        most = max(3, 1 - math.floor(math.log10(size)))  # a small number has two figures
        return min(most, max(0, -math.floor(math.log10(spread))))
    return plain_digits(size, scale)


def plain_digits(size: float, scale: Scale) -> int:
    """Decimals of a number without an interval: about three figures, two for shares."""
    if size == 0 or size == int(size):
        return 0
    if scale in (Scale.PERCENT, Scale.POINTS):
        return (
            0 if 10 <= size <= 90 or size > _FAR_ABOVE_ALL else 1 if size >= 0.1 else 1 - math.floor(math.log10(size))
        )
    return 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 1 - math.floor(math.log10(size))


def _signed(text: str) -> str:
    bare = text.lstrip("-")
    return bare if not bare.strip("0.,") else text.replace("-", MINUS)


def percent(share: float, *against: float) -> str:
    """A share: "57 %"; never 0 % or 100 % unless it is that."""
    return f"{write_alike([share], Scale.PERCENT, *against)[0]} %"


def limit_text(limit: float, scale: Scale, unit: str = "", *against: float | None) -> str:
    """A limit as it was set: "80 %", "15 points", "1.15 times", "100 ms".

    One that was computed has many digits; it gets as many as keep it on the true side of the numbers in `against`.
    """
    factor = 100.0 if scale in (Scale.PERCENT, Scale.POINTS) else 1.0
    number = format_threshold(float(f"{factor * limit:.12g}"))
    if "." in number and sum(letter.isdigit() for letter in number.lstrip("0.")) > _MOST_SET_DIGITS:
        rivals = [other for other in against if other is not None and math.isfinite(other)]
        number = write_alike([limit], scale, *rivals, least=max(0, 2 - math.floor(math.log10(abs(factor * limit)))))[0]
    if scale is Scale.PERCENT:
        return f"{number} %"
    if scale is Scale.POINTS:
        return f"{number} {'point' if number == '1' else 'points'}"
    if scale is Scale.TIMES:
        return f"{number} times"
    return f"{number} {unit}".rstrip()


def count_of(count: float, total: float, noun: str) -> str:
    """Counts before rates: "97 of 170 frauds"."""
    return f"{count:,.0f} of {total:,.0f} {noun}"


def with_days(text: str) -> str:
    """A text whose ISO dates are written in the one style: "1 July 2026 to 15 July 2026"."""

    def written(match: re.Match[str]) -> str:
        try:
            return format_day(date(int(match[1]), int(match[2]), int(match[3])))
        except ValueError:
            return match[0]

    return _ISO_DAY.sub(written, text)


def times_short(factor: float) -> str:
    """A distance in half-widths: "6 ×", "−11 ×", "0.4 ×"."""
    digits = 1 if abs(factor) < 10 else 0
    text = f"{factor:.{digits}f}"
    if digits and abs(float(text)) >= 1 and float(text) == int(float(text)):
        text = f"{factor:.0f}"
    bare = abs(float(text))
    if bare == 1 and abs(factor) != 1:  # whether within the margin of error or outside of it is not rounded away
        text = f"{factor:.3g}" if float(f"{abs(factor):.3g}") != 1 else f"{factor:.6g}"
    return f"{_signed(text)} ×"
