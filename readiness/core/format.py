"""Numbers as text, so that a reader is never misled by their rounding.

Two rules. A printed number keeps the order of the true ones: 0.9496 against a required 0.95 is not printed as
0.95. And a share that is not nothing (or not everything) is never printed as 0 (or 1). Digits are added until
both hold. Only the standard library is used, so that any floor may write numbers the same way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from readiness.core.findings import Bounds, Criterion, Estimate

MOST_DIGITS = 17
"""As many decimals as ever make a difference between two floats of ordinary size."""

MINUS = "−"

LARGEST = 1e30
"""From here on a number is written with a power of ten."""
ALIKE = 1e-6
"""Two numbers that differ by less than this part of themselves are printed as the same."""
HARDLY = 0.0005
"""A share that changed by less is said to have hardly changed."""

NO_LIMIT = {"lower": "no lower limit can be given", "upper": "no upper limit can be given"}

_OPS = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}

_UNITS_WITHOUT_WORD = frozenset({"", "share", "points", "ratio"})
_COUNTED = frozenset({"rows", "columns", "cells", "segments", "combinations"})
_CURRENCY = re.compile(r"[A-Z]{3}|[$€£¥]")
_METRICS_FROM_0_TO_1 = frozenset({"", "share", "ratio"})


def format_count(count: float) -> str:
    """Write a whole number with thousands separators: "24,000"."""
    return _with_minus(f"{count:,.0f}")


def format_against(value: float, *others: float | None, digits: int | None = None) -> str:
    """Write `value` with so many decimals that it stands to each of `others` as the true number does.

    `others` are the numbers that a reader compares it with, such as a threshold; None is skipped.
    """
    if not math.isfinite(value):
        return _infinite_words(value)
    if abs(value) >= LARGEST:
        return _with_minus(f"{value:.6g}")
    least = _usual_digits(value) if digits is None else digits
    rivals = [other for other in others if other is not None]
    for tried in range(least, MOST_DIGITS + 1):
        text = f"{value:.{tried}f}"
        if all(_same_order(float(text), value, other) for other in rivals):
            return _with_minus(f"{value:,.{tried}f}")
    return _with_minus(repr(float(value)))


def format_threshold(value: float) -> str:
    """Write a limit exactly as it was set: 0.95, 100, 13,350."""
    whole, _, decimals = _decimal_text(value).partition(".")
    text = f"{int(whole):,}" if whole not in ("-0", "0") else whole
    return _with_minus(text + (f".{decimals}" if decimals else ""))


def format_value(value: float, unit: str = "", *against: float | None) -> str:
    """Write a measured number with its unit, in the right order to the numbers in `against`.

    `unit` is "" for a metric between 0 and 1, "%" for a number that is a percentage already, "ms", "MB",
    "per second", a currency, or "rows".
    """
    return with_unit(format_against(value, *_natural_ends(unit), *against, digits=_digits_for(value, unit)), unit)


def format_pair(one: float, other: float, unit: str = "") -> tuple[str, str]:
    """Write two measured numbers with so many digits that they differ; numbers that hardly do look the same."""

    def write(value: float, digits: int) -> str:
        return with_unit(format_against(value, *_natural_ends(unit), digits=digits), unit)

    return _format_apart(one, other, write, (_digits_for(one, unit), _digits_for(other, unit)))


def with_unit(number: str, unit: str) -> str:
    """Put a unit behind a written number; metrics between 0 and 1 have none."""
    if unit in _UNITS_WITHOUT_WORD:
        return number
    return f"{number} {unit.removesuffix('s') if number == '1' and unit in _COUNTED else unit}"


def format_share(share: float) -> str:
    """Write a share as a percentage: "0.5 %"; neither 0 % nor 100 % unless it is exactly that."""
    return _percent(share, _percent_digits(share))


def format_change(before: float, now: float) -> str:
    """Write what became of a share: "rose from 24 % to 31 %", or that it hardly changed."""
    if abs(now - before) < HARDLY:
        return f"{'hardly changed' if now != before else 'did not change'} ({format_share(before)})"
    texts = _format_apart(before, now, _percent, (_percent_digits(before), _percent_digits(now)))
    return f"{'rose' if now > before else 'fell'} from {texts[0]} to {texts[1]}"


def format_count_of(count: int, total: int, noun: str = "") -> str:
    """Write a count beside its percentage: "120 of 24,000 rows (0.5 %)"."""
    words = f"{format_count(count)} of {format_count(total)}" + (f" {noun}" if noun else "")
    return f"{words} ({format_share(count / total)})" if total else words


def format_range(low: float | None, high: float | None, unit: str = "", *against: float | None) -> str:
    """Write an interval: "0.80 to 0.95"; an end that does not exist is said in words."""
    if low is None and high is None:
        return "no limits can be given"
    if low is None:
        return f"up to {format_value(high or 0.0, unit, *against)}; {NO_LIMIT['lower']}"
    if high is None:
        return f"from {format_value(low, unit, *against)}; {NO_LIMIT['upper']}"
    larger = max(abs(low), abs(high))
    digits = max(_digits_for(end, unit) for end in ((low, high) if larger >= 1 else (larger,)))
    ends = (format_against(end, 0.0, *against, digits=digits) for end in (low, high))
    return with_unit(" to ".join(ends), unit)


def format_estimate(estimate: Estimate, criterion: Criterion | None = None) -> str:
    """Write a measured number in the right order to its criterion, without its interval."""
    return format_value(estimate.value, estimate.unit, _threshold_of(criterion))


def format_interval(estimate: Estimate, criterion: Criterion | None = None) -> str:
    """Write the two-sided interval of a measured number; exact quantities have none: ""."""
    if is_exact(estimate):
        return ""
    return format_range(estimate.low, estimate.high, estimate.unit, _threshold_of(criterion))


def is_exact(estimate: Estimate) -> bool:
    """Whether chance plays no part in the number."""
    return estimate.level >= 1 or (estimate.low == estimate.value == estimate.high)


def format_criterion(criterion: Criterion) -> str:
    """Write what is required: "at least 0.95"."""
    return f"{_OPS[criterion.op]} {with_unit(format_threshold(criterion.threshold), criterion.unit)}"


def format_bound(bounds: Bounds, criterion: Criterion, *, favourable: bool) -> str:
    """Write the limit that was compared: "at least 0.931", on the good or the bad side of the claim."""
    lower = criterion.wants_more is not favourable
    limit = bounds.lower if lower else bounds.upper
    if limit is None:
        return NO_LIMIT["lower" if lower else "upper"]
    return f"at {'least' if lower else 'most'} {format_value(limit, criterion.unit, criterion.threshold)}"


def format_edge(edge: float, figures: int = 6) -> str:
    """Write a cut between two bins with so many figures at most: "21,930", "30,800.1"; never as 2.193e+04."""
    if math.isinf(edge):
        return "infinity" if edge > 0 else f"{MINUS}infinity"
    digits = ".0f" if 10**figures <= abs(edge) < 1e15 else f".{figures}g"
    return f"{edge + 0.0:,{digits}}"  # no minus before nothing


def format_edges(edges: Iterable[float], figures: int = 6) -> list[str]:
    """Write cuts that are all different with so many figures, or as many more as tell them apart."""
    cuts = list(edges)
    written = ([format_edge(cut, tried) for cut in cuts] for tried in range(figures, MOST_DIGITS + 1))
    return next((texts for texts in written if len(set(texts)) == len(cuts)), [repr(cut) for cut in cuts])


def format_level(level: float) -> str:
    """Write a confidence level: "95 %"."""
    return f"{_decimal_text(round(100 * level, 8))} %"


def format_bytes(size: float) -> str:
    """Write a file size: "12.3 MB"; a megabyte is a million bytes."""
    for factor, unit in ((1e6, "MB"), (1e3, "kB")):
        if size >= factor:
            return f"{format_against(size / factor)} {unit}"
    return f"{format_count(size)} bytes"


def listed(texts: Iterable[str], most: int = 3, conjunction: str = "and") -> str:
    """Write a list in words: "a, b and c"; beyond `most` the rest is counted, but three or more gladly take a last one
    instead of "1 more".
    """
    parts = list(texts)
    if len(parts) > most + (most > 2):
        parts = [*parts[:most], f"{len(parts) - most} more"]
    return f" {conjunction} ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _infinite_words(value: float) -> str:
    """A number that no digits can say."""
    return "unknown" if math.isnan(value) else "beyond all numbers"


def _threshold_of(criterion: Criterion | None) -> float | None:
    return None if criterion is None else criterion.threshold


def _natural_ends(unit: str) -> tuple[float, ...]:
    """Ends of the scale, which a number that lies inside is not written as."""
    return (0.0, 1.0) if unit in _METRICS_FROM_0_TO_1 else (0.0,)


def _percent(share: float, digits: int) -> str:
    value = 100 * share
    if 0 < abs(value) < 10.0**-MOST_DIGITS:
        return f"{_with_minus(f'{value:.3g}')} %"
    return f"{format_against(value, 0.0, 100.0, digits=digits)} %"


def _percent_digits(share: float) -> int:
    return 0 if 0.1 <= share <= 0.9 else 1


def _format_apart(
    one: float, other: float, write: Callable[[float, int], str], digits: tuple[int, int]
) -> tuple[str, str]:
    """Two numbers as usual, or both with the fewest digits more that tell them apart."""
    usual = write(one, digits[0]), write(other, digits[1])
    if usual[0] != usual[1] or math.isclose(one, other, rel_tol=ALIKE, abs_tol=ALIKE):
        return usual
    more = ((write(one, tried), write(other, tried)) for tried in range(max(digits) + 1, MOST_DIGITS + 1))
    return next((texts for texts in more if texts[0] != texts[1]), usual)


def _same_order(printed: float, value: float, other: float) -> bool:
    return (printed > other) == (value > other) and (printed < other) == (value < other)


def _digits_for(value: float, unit: str) -> int:
    """Decimals by custom: three or four for metrics, none for counts, two for money, else about three figures."""
    if unit in _UNITS_WITHOUT_WORD and abs(value) <= 1:
        return 3 if abs(value) >= 0.01 or value == 0 else 4
    if unit in ("rows", "bytes", "columns", "cells"):
        return 0
    if _CURRENCY.fullmatch(unit) and 0.01 <= abs(value) < 1000 and value != int(value):
        return 2
    return _usual_digits(value)


def _usual_digits(value: float) -> int:
    """Decimals that leave about three figures, and no more than three decimals for ordinary numbers."""
    size = abs(value)
    if size >= 1000 or (size >= 1 and value == int(value)):
        return 0
    if size >= 1:
        return 1 if size >= 10 else 2
    if size == 0 or math.isnan(size):
        return 0
    return 3 if size >= 0.01 else 1 - math.floor(math.log10(size))


def _decimal_text(value: float) -> str:
    """Shortest decimal text that reads back as the same float, without an exponent."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_minus(text: str) -> str:
    """A true minus sign, and no minus before nothing."""
    bare = text.lstrip("-")
    return bare if not bare.strip("0.,") else text.replace("-", MINUS)


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def format_day(value: date) -> str:
    """A date in the one style of a report: "28 November 2026"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
