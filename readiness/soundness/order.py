"""The order in time of training and test rows, with the time that a truth takes to be known.

A model that learnt from days that it is tested on knows what those days were like; tomorrow it will not.
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.errors import DataError
from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_count_of, listed
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence.segments import moments
from readiness.soundness.tables import Examined, Tables, claim_not_known, finding_not_asked
from readiness.spec.inputs import seconds_of
from readiness.statistics.cases import Floats
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement

MOST_AFTER = 0.01
"""Share of training rows that may lie after the first test row."""
LEAST_DATED = 0.90
"""Of each table; where more rows have no time, nobody knows where they lie."""
ALIKE, ALIKE_LEVEL = 0.10, 0.002
"""Largest distance between the distributions of two tables' times at which they were split at random, or what chance
exceeds once in 500 such splits, whichever is larger (Kolmogorov 1933, Smirnov 1939)."""
ODD_SHARE = 0.01
"""Test rows that may carry a wrong early date: said, not set aside."""
COMPARED_ROWS = 50_000
_TRIED = 50
"""Values by which a text is taken for a date."""
_DAY = 86_400e6
"""Microseconds."""

APART = "test the model on rows that come after every training row, the training rows' truth known by then"
VOUCH = (
    f"{APART}; or let somebody outside those who prepared this say under soundness.order why rows of all times are "
    "exchangeable"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Times:
    """Times of the rows of one table as numbers; dates are microseconds since 1970."""

    kind: str
    """What can be compared with what: "dates", "dates in UTC", "numbers" …"""
    values: Floats
    """(n,): not a number where a row has no time."""
    wall: Floats
    """(n,): the same by the clock on the wall; differs for dates with a time zone."""
    texts: tuple[str, ...] = ()
    """Of ordered categories."""

    @property
    def is_dates(self) -> bool:
        """Whether a duration can be added."""
        return self.kind.startswith(("dates", "durations"))

    @property
    def are_days(self) -> bool:
        """Whether no row has a time of day."""
        known = self.wall[np.isfinite(self.wall)]
        return self.kind.startswith("dates") and bool(np.all(known % _DAY == 0))

    def write_time(self, value: float) -> str:
        """A time in words."""
        if self.texts:
            return shorten(self.texts[int(value)])
        if self.kind.startswith("dates"):
            moment = pd.Timestamp(int(value), unit="us")
            return str(moment.date()) if value % _DAY == 0 else f"{moment:%Y-%m-%d %H:%M}"
        return f"{value:,.10g}" if self.kind == "numbers" else str(pd.Timedelta(int(value), unit="us"))


def examine(tables: Tables) -> list[Examined]:
    """The share of training rows, 0 to 1, that lie after the first test row when their truth's delay is added."""
    name, train = tables.spec.data.time, tables.train
    if name is None:
        reason = "no column with the time of a row is named"
        return [replace(finding_not_asked(Kind.ORDER, reason), warning=_dates_that_nobody_names(tables))]
    if train is None:
        return [finding_not_asked(Kind.ORDER, "there is no training table whose times could be compared")]
    if name not in train:
        return [_claim_unknown(f"the training table has no column {shorten(name)}", f"add {shorten(name)} to it")]
    try:
        test, trained = _times(tables.test[name]), _times(train[name])
    except DataError as error:
        return [_claim_unknown(str(error), "write the times of both tables alike")]
    return [_compare_times(tables, test, trained)]


def _dates_that_nobody_names(tables: Tables) -> str:
    """Columns of dates that are spread alike in both tables, and what to do about it; "" where there are none.

    A day of birth is spread alike, too: so this is said, and decides nothing.
    """
    if tables.train is None:
        return ""
    both = [str(name) for name in tables.test.columns if name in tables.train and name != tables.target]
    spread = [name for name in both if _are_spread_alike(tables.test[name], tables.train[name])]
    if not spread:
        return ""
    hold, says = ("holds", "it says") if len(spread) == 1 else ("hold", "one of them says")
    return (
        f"{listed(map(shorten, spread))} {hold} dates, spread alike in both tables as after a random split; if {says} "
        "when a row came about, name it under data.time, so that the order of the tables is asked"
    )


def _are_spread_alike(test: pd.Series[Any], train: pd.Series[Any]) -> bool:
    """Whether two columns hold dates that are spread alike; a few texts tell whether they can be dates."""
    test, train = (each.iloc[:: max(1, len(each) // COMPARED_ROWS)] for each in (test, train))
    for values in (test, train):
        known = values.iloc[:: max(1, len(values) // _TRIED)].dropna()
        are_texts = pd.api.types.is_string_dtype(values.dtype) and known.map(_may_be_date).all()
        if not len(known) or not (pd.api.types.is_datetime64_any_dtype(values.dtype) or are_texts):
            return False
    try:
        here, there = _times(test), _times(train)
    except DataError:
        return False
    if here.kind != there.kind or not here.is_dates:
        return False
    a, b = (each.values[np.isfinite(each.values)] for each in (there, here))
    if not len(a) or not len(b) or np.ptp(a) == 0:
        return False
    return _are_alike(a, b) and float(np.mean(a > b.min())) > MOST_AFTER


def _may_be_date(value: object) -> bool:
    return isinstance(value, datetime.date) or re.match(r"\d{4}-[01]\d-[0-3]\d", str(value)) is not None


def comes_later(tables: Tables) -> bool:
    """Whether it is known that the test rows come after the training rows."""
    found = examine(tables)[0]
    return isinstance(found, Measurement) and isinstance(found.inference, Exact) and found.inference.value <= MOST_AFTER


def _claim_unknown(reason: str, cure: str) -> Measurement:
    return claim_not_known(Kind.ORDER, reason, f"{cure}; or {VOUCH.partition('; or ')[2]}")


def _times(values: pd.Series[Any]) -> _Times:
    """The times of a table; see `moments` for what they may be.

    Raises:
        DataError: they are no times.
    """
    found = moments(values, "the column of times")
    if isinstance(found.dtype, pd.CategoricalDtype) and found.cat.ordered:
        texts = tuple(str(category) for category in found.cat.categories)
        codes = found.cat.codes.to_numpy(dtype=np.float64)
        ranks = np.where(codes < 0, np.nan, codes)
        return _Times(f"categories {texts}", ranks, ranks, texts)
    if isinstance(found.dtype, pd.PeriodDtype) or _holds_periods(found):
        found = pd.Series(pd.PeriodIndex(found).start_time)
    if isinstance(found.dtype, pd.DatetimeTZDtype):
        utc = found.dt.tz_convert("UTC").dt.tz_localize(None)
        return _Times("dates in UTC", _micros(utc), _micros(found.dt.tz_localize(None)))
    if found.dtype.kind in "mM":
        micros = _micros(found)
        return _Times("dates" if found.dtype.kind == "M" else "durations", micros, micros)
    plain = found if pd.api.types.is_numeric_dtype(found.dtype) else found.astype(object)
    numbers = plain.to_numpy(dtype=np.float64, na_value=np.nan)
    finite = np.where(np.isfinite(numbers), numbers, np.nan)
    return _Times("numbers", finite, finite)


def _holds_periods(values: pd.Series[Any]) -> bool:
    known = values.dropna() if values.dtype == object else values.iloc[:0]
    return len(known) > 0 and isinstance(known.iloc[0], pd.Period)


def _micros(values: pd.Series[Any]) -> Floats:
    kind = "datetime64[us]" if values.dtype.kind == "M" else "timedelta64[us]"
    whole = values.to_numpy().astype(kind).astype(np.int64).astype(np.float64)
    return np.where(values.isna().to_numpy(), np.nan, whole)


def _compare_times(tables: Tables, test: _Times, trained: _Times) -> Measurement:
    horizon = tables.spec.data.label_horizon
    delay = seconds_of(horizon) * 1e6
    for which, times in (("training", trained), ("test", test)):
        if not np.isfinite(times.values).any():
            return _claim_unknown(f"no {which} row has a time", "fill the column of times")
    if test.kind != trained.kind:
        zones = "one table gives its times with a zone and the other without"
        kinds = zones if test.is_dates and trained.is_dates else "the times of the two tables are of different kinds"
        return _claim_unknown(f"{kinds}, so that they cannot be compared", "write the times of both tables alike")
    if delay and not test.is_dates:
        reason = f"the times are no dates, so that {horizon} until a truth is known cannot be added"
        return _claim_unknown(reason, "write times as dates")
    by_day = test.are_days or trained.are_days
    there, here = (_known_times(each, by_day=by_day) for each in (trained, test))
    first = float(here.min())
    share = float(np.mean(there + delay > first))
    at_random = share > MOST_AFTER and _are_alike(there, here)
    undated = [_describe_undated("training", trained), _describe_undated("test", test)]
    return Measurement(
        Claim(
            Kind.ORDER.key(),
            Kind.ORDER.words,
            Criterion("<=", MOST_AFTER, "share", presumed=True, refutable=not at_random),
        ),
        "share",
        Exact(share, len(there)),
        unit="share",
        withheld="; ".join(filter(None, undated)),
        reason=_reason(test, there, here, delay, horizon, at_random),
        needs=VOUCH if share > MOST_AFTER else "fill the column of times" if any(undated) else "",
        denominator="training rows",
        from_scores=False,
    )


def _known_times(times: _Times, *, by_day: bool) -> Floats:
    """Times of the rows that have one; whole days where one table knows no more: rows of one day are not apart."""
    values = np.floor(times.wall / _DAY) * _DAY if by_day else times.values
    return values[np.isfinite(values)]


def _describe_undated(which: str, times: _Times) -> str:
    n = len(times.values)
    missing = int(np.isnan(times.values).sum())
    few = missing <= (1 - LEAST_DATED) * n
    return "" if few else f"{format_count_of(missing, n, f'{which} rows')} have no time"


def _are_alike(there: Floats, here: Floats) -> bool:
    """Whether the times of two tables are spread alike, as after a random split."""
    a, b = _thin(there), _thin(here)
    both = np.concatenate([a, b])
    gaps = np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)
    by_chance = math.sqrt(-0.5 * math.log(ALIKE_LEVEL / 2) * (len(a) + len(b)) / (len(a) * len(b)))
    return float(np.abs(gaps).max()) <= max(ALIKE, by_chance)


def _thin(values: Floats) -> Floats:
    """At most so many of the sorted values, evenly through them."""
    in_order = np.sort(values)
    return in_order[:: max(1, -(-len(in_order) // COMPARED_ROWS))]


def _reason(test: _Times, there: Floats, here: Floats, delay: float, horizon: str, at_random: bool) -> str:
    first, last = float(here.min()), float(there.max())
    late = int(np.count_nonzero(there + delay > first))
    count = format_count_of(late, len(there), "training rows")
    known = f", counting {horizon} until their truth is known" if delay else ""
    lie = "lies" if late == 1 else "lie"
    text = (
        f"{count} {lie} after {test.write_time(first)}, the time of the first test row{known}; the last training row "
        f"is of {test.write_time(last)}"
    )
    if at_random:
        return f"{text}; both tables are spread alike over time, as after a random split: each knows the other's days"
    return text if late <= MOST_AFTER * len(there) else text + _odd_dates(test, there, here, delay)


def _odd_dates(test: _Times, there: Floats, here: Floats, delay: float) -> str:
    """Where a few test rows alone make the difference: with which date the others begin."""
    then = float(np.partition(here, k)[k]) if (k := int(ODD_SHARE * len(here))) else float(here.min())
    few, still = int(np.count_nonzero(here < then)), int(np.count_nonzero(there + delay > then))
    if not few or still > MOST_AFTER * len(there):
        return ""
    rows = format_count_of(few, len(here), "test rows")
    return (
        f"; only {rows} {'lies' if few == 1 else 'lie'} before {test.write_time(then)}, and {still:,} training rows "
        "lie after that: look at the dates of these test rows first"
    )
