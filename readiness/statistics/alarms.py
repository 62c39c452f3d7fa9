"""Alarms on rows that production meets: how many rows a look takes, where its limit lies, how often it is wrong.

A look is taken once, at a window of rows that were not looked at before. An alarm sounds when the window is beyond its
limit: false where nothing has changed since the report, and missed where the bar is reached. Windows are sized so that
a fall from the measured value to the bar is seen with chance `power`, at a stated chance of a false alarm. A window is
proven to be beyond the bar by the rule that says *not met* in a report, which is what a rollback waits for.

Exact for shares of rows (binomial), for the stability index (noncentral chi-square, Yurdakul 2018) and for rare values;
by the normal law, from the interval of the report, for everything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import bdtrc, betaincinv, chdtri, chndtr, chndtrix, ndtr

from readiness.core.findings import rounded
from readiness.statistics.inference import normal_quantile
from readiness.statistics.sample_size import POWER, proportion_rows

FALSE_ALARM = 0.01
"""Chance that a family of alarms, such as those on all columns, sounds in a window although nothing has changed."""
FEWEST = 30
"""Rows below which a normal formula is no guide."""
MOST_ROWS = 10**9
_MOST_DOUBLINGS = 40


@dataclass(frozen=True, slots=True)
class Alarm:
    """The look at one number that is measured against a bar."""

    cases: int
    """Rows of its own denominator that a window takes."""
    limit: float
    """At this value and beyond it the alarm sounds."""
    false_alarm: float
    """Chance that it sounds where the value is what the report measured."""
    at_worst: float
    """Chance that it sounds where the value is only the worse end of the report's interval."""


# ----------------------------------------------------------------------------------------------------
# Shares of rows


def share_alarm(
    hits: float,
    n: float,
    bar: float,
    worst: float,
    *,
    wants_more: bool,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Alarm | None:
    """The look at a share of rows; None where the share does not clear its bar, or for too many rows.

    Args:
        hits: of the `n` independent rows of the report; neither need be whole where rows depend on each other.
        n: rows, 1 or more.
        bar: between 0 and 1.
        worst: the worse end of the share's interval.
        wants_more: whether a share below the bar is the wrong one.
        false_alarm: allowed chance of a false alarm.
        power: wanted chance of seeing a fall to the bar.

    What goes wrong is counted. The share of the report is (x + 1/2) / (n + 1) of it, as no rows prove that nothing ever
    does (Krichevsky and Trofimov 1981). The window is that of `proportion_rows`.
    """
    wrong, limit, worst_wrong = (n - hits, 1 - bar, 1 - worst) if wants_more else (hits, bar, worst)
    expected = (wrong + 0.5) / (n + 1)
    if not 0 < expected < limit < 1:
        return None
    cases = proportion_rows(limit, expected, alpha=false_alarm, power=power)
    if cases is None:
        return None
    count = least_count(cases, expected, false_alarm)
    return Alarm(
        cases,
        _share_of(count, cases, wants_more=wants_more),
        _at_least(count, cases, expected),
        _at_least(count, cases, min(1.0, max(0.0, worst_wrong))),
    )


def share_proof(rows: int, bar: float, alpha: float, *, wants_more: bool) -> float | None:
    """The share at which, and beyond which, so many rows prove that the bar is missed; None where none does.

    The exact rule of a report (Clopper and Pearson 1934), with a chance of `alpha` to be wrong.
    """
    count = least_count(rows, 1 - bar if wants_more else bar, alpha)
    return None if count > rows else _share_of(count, rows, wants_more=wants_more)


def _share_of(wrong: int, rows: int, *, wants_more: bool) -> float:
    """The share at which so many rows are wrong."""
    return 1 - wrong / rows if wants_more else wrong / rows


def least_count(rows: int, share: float, alpha: float) -> int:
    """The smallest count that `rows` with this share reach or exceed with chance `alpha` or less; rows + 1 for none."""
    low, high = 0, rows + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _at_least(middle, rows, share) <= alpha else (middle + 1, high)
    return low


def _at_least(count: int, rows: int, share: float) -> float:
    """P(X >= count) of a binomial."""
    if count <= 0:
        return 1.0
    return 0.0 if count > rows else float(bdtrc(count - 1, rows, share))


# ----------------------------------------------------------------------------------------------------
# Everything else that has an interval


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of the report with its standard error, as its interval tells it."""

    value: float
    error: float
    """Above 0."""
    n: int
    """Rows of its own denominator."""
    worst: float | None = None
    """The worse end of its interval; None where there is none."""


def normal_alarm(
    measured: Measured, bar: float, *, wants_more: bool, false_alarm: float = FALSE_ALARM, power: float = POWER
) -> Alarm | None:
    """The look at any other number, by the normal law; None where it does not clear its bar, or for too many rows.

    Its standard error shrinks with the root of the rows. A window takes ((z_false + z_power) · error / distance)² times
    the rows of the report; the limit lies z_false standard errors of the window from the measured value.
    """
    distance = measured.value - bar if wants_more else bar - measured.value
    if not (distance > 0 and measured.error > 0 and math.isfinite(distance)):
        return None
    away = normal_quantile(false_alarm)
    wanted = measured.n * ((away + normal_quantile(1 - power)) * measured.error / distance) ** 2
    if wanted > MOST_ROWS:
        return None
    cases = max(FEWEST, math.ceil(wanted - 1e-9))
    error = measured.error * math.sqrt(measured.n / cases)
    side = 1 if wants_more else -1
    limit = measured.value - side * away * error
    at_worst = 1.0 if measured.worst is None else float(ndtr(side * (limit - measured.worst) / error))
    return Alarm(cases, limit, false_alarm, at_worst)


def normal_proof(measured: Measured, rows: int, bar: float, alpha: float, *, wants_more: bool) -> float:
    """The value at which, and beyond which, so many rows prove that the bar is missed, wrong with chance `alpha`."""
    away = normal_quantile(alpha) * measured.error * math.sqrt(measured.n / rows)
    return bar - away if wants_more else bar + away


# ----------------------------------------------------------------------------------------------------
# The stability index of a column, or of the answers


def drift_rows_seen(
    expected: float,
    limit: float,
    bins: int,
    reference: int,
    *,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> int | None:
    """Rows of a window in which an index that rose from `expected` to `limit` is seen with chance `power`.

    Args:
        expected: the index that the report measured, less what chance adds; 0 or more.
        limit: the bar of the report, above it.
        bins: 2 or more.
        reference: rows that the bins of the report count.
        false_alarm: allowed chance of an alarm at `expected`.
        power: wanted chance of one at `limit`.

    None when no number of rows is enough: the rows of the reference are too few themselves.
    """
    if not 0 <= expected < limit or bins < 2 or reference < 1:
        return None

    def sees(rows: int) -> bool:
        critical = drift_limit(expected, bins, reference, rows, false_alarm)
        return _exceeds(critical, limit, bins, reference, rows) >= power

    high = FEWEST
    for _ in range(_MOST_DOUBLINGS):
        if high > MOST_ROWS:
            return None
        if sees(high):
            break
        high *= 2
    else:
        return None
    low = high // 2 if high > FEWEST else FEWEST - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if sees(middle) else (middle, high)
    return high


def drift_limit(index: float, bins: int, reference: int, rows: int, alpha: float) -> float:
    """The raw index (half a row added to each bin) that a window exceeds with chance `alpha` where the true one, less
    what chance adds, is `index`.
    """
    scale = 1 / reference + 1 / rows
    if index <= 0:
        return float(chdtri(bins - 1, alpha)) * scale
    return float(chndtrix(1 - alpha, bins - 1, index / scale)) * scale


def _exceeds(raw: float, index: float, bins: int, reference: int, rows: int) -> float:
    scale = 1 / reference + 1 / rows
    return 1 - float(chndtr(raw / scale, bins - 1, index / scale))


# ----------------------------------------------------------------------------------------------------
# Values that are rare, or that nobody has seen yet, and shares that may move either way


@dataclass(frozen=True, slots=True)
class RareAlarm:
    """The look at a share that has no bar: it sounds where more rows have it than the report lets expect."""

    count: int
    """From so many rows of the window on the alarm sounds."""
    at_most: float
    """Upper limit of the share, from the rows of the report."""
    sees: float
    """The share that makes it sound with the stated chance."""


def rare_alarm(
    hits: int, n: int, rows: int, *, false_alarm: float = FALSE_ALARM, power: float = POWER
) -> RareAlarm | None:
    """The look at so many rows, of which the report has found `hits` among `n`; None where even all of them are usual.

    Half of the chance of a false alarm is spent on the share, by the exact upper limit of Clopper and Pearson (1934),
    and half on the window. For the range of a column give one hit: the share of rows beyond the smallest and the
    largest of n has the distribution of that limit with one hit (Wilks 1941). For values that nobody has seen, give
    the values that a single row has (Good 1953).
    """
    at_most = upper_share(hits, n, false_alarm / 2)
    count = least_count(rows, at_most, false_alarm / 2)
    if count > rows:
        return None
    return RareAlarm(count, at_most, share_seen(count, rows, power))


def upper_share(hits: int, n: int, alpha: float) -> float:
    """Clopper-Pearson: the share at which so few hits or fewer have chance `alpha`."""
    return 1.0 if hits >= n else float(betaincinv(hits + 1, n - hits, 1 - alpha))


def lower_share(hits: int, n: int, alpha: float) -> float:
    """Clopper-Pearson: the share at which so many hits or more have chance `alpha`."""
    return 0.0 if hits <= 0 else float(betaincinv(hits, n - hits + 1, alpha))


def share_seen(count: int, rows: int, power: float = POWER) -> float:
    """The share with which `rows` reach this count with chance `power`."""
    return float(betaincinv(count, rows - count + 1, power))


@dataclass(frozen=True, slots=True)
class Corridor:
    """The look at a share that should stay where it is: it sounds at and beyond either count."""

    low: int | None
    """None where not even 0 rows are few enough."""
    high: int | None
    """None where not even all rows are many enough."""


def corridor(lowest: float, highest: float, rows: int, *, false_alarm: float = FALSE_ALARM) -> Corridor:
    """The counts of a window at which a share from `lowest` to `highest` sounds with chance `false_alarm` or less."""
    high = least_count(rows, highest, false_alarm / 2)
    low = rows - least_count(rows, 1 - lowest, false_alarm / 2)
    return Corridor(low if low >= 0 else None, high if high <= rows else None)


def standard_error(limit: float | None, value: float, alpha: float) -> float | None:
    """The standard error that a one-sided limit at `alpha` tells; None where it tells none."""
    if limit is None or not math.isfinite(limit):
        return None
    error = rounded(abs(value - limit) / normal_quantile(alpha))
    return error if error else None


__all__ = [
    "FALSE_ALARM", "Alarm", "Corridor", "Measured", "RareAlarm", "corridor", "drift_limit", "drift_rows_seen",
    "least_count", "lower_share", "normal_alarm", "normal_proof", "rare_alarm", "share_alarm", "share_proof",
    "share_seen", "standard_error", "upper_share",
]  # fmt: skip
