"""Columns that look as if they named what rows belong to: customers, patients, machines.

A name of units is open: tomorrow brings new ones. Branches, regions and grades are closed: they are strata, whose rows
do not make intervals too narrow (Abadie, Athey, Imbens and Wooldridge 2023). Ages and amounts are measures and name
nothing. So a column of words, of numbers that count in ones, or of days of which rows share far fewer than chance
gives, is taken for names when it has many values and either test rows carry values that no training row has, or there
are so many values of so few rows each that none could be looked at alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import SEGMENT_ROWS, Task
from readiness.evidence.columns import unspoken
from readiness.evidence.segments import MOST_VALUES
from readiness.evidence.tables import whole_numbers
from readiness.soundness.tables import Tables
from readiness.spec.inputs import counts
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.copies import measure_repeats

FEWEST_VALUES = 30
LEAST_NEW = 0.05
"""Share of test rows with a value that no training row has, from which a column is open. Without that column in a
training table: the share that Good (1953) and Turing expect of as many further rows, that of values met once."""
LOOKED_AT = 50_000
"""Rows of each table that columns are looked at on; a seeded sample above."""
LEAST_SHARED = 0.01
"""Share of test rows whose unit stands in the training table from which a column without a role is spoken of: as for
copies."""
BLOCKS = 1.5
"""A column whose values change at most so many times per value in the order of time says when, not who."""
CHANCE_DAYS = 1 / 3
"""Part of the days that independent rows would fall on; on fewer, days are names, such as dates of birth."""
USED_DAYS = 0.005
"""Share of rows from which a weekday, a month or a day of the month is one that dates fall on."""
_STRETCHES = 20
_YEAR, _MONTH, _DAY = r"(?:1[6-9]|2[0-2])\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATES = tuple(
    re.compile(dates + r"(?:[T ]\d\d:\d\d.*)?")
    for dates in (
        f"{_YEAR}[-/.]{_MONTH}(?:[-/.]{_DAY})?",
        f"{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}",
        f"{_MONTH}[-/.]{_DAY}[-/.]{_YEAR}",
    )
)
_DAYS = re.compile(f"{_YEAR}-{_MONTH}-{_DAY}")
_DATES_ASKED, _MOSTLY = 100, 0.9


@dataclass(frozen=True, slots=True, eq=False)
class SampledRows:
    """Rows of the two tables on which columns are looked at: of a named group one row each, as its rows are known to
    belong together.
    """

    test: Integers
    train: Integers
    """Positions of rows; none without a training table."""
    drawn_from: Integers
    """The rows of the test table that `test` is drawn from."""

    @property
    def whole(self) -> int:
        """How many rows `test` is drawn from."""
        return len(self.drawn_from)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """A column that looks as if it named units, on the rows that were looked at."""

    name: str
    codes: Integers
    """(n,): of test rows; -1 without a value."""
    trained: Integers
    """(m,): of training rows, by the same codes or further ones; -1 without a value."""
    numbers: Floats | None
    """(codes,): the values, where they are numbers."""
    rows_each: float
    """Rows that share the value of a test row in the whole table, on average, itself included."""
    known: float | None
    """Share of test rows, 0 to 1, whose value stands in the training table; None where that has no such column."""
    is_open: bool
    """Whether test rows carry values that training rows do not; else there are many values of few rows each."""


def sample_rows(tables: Tables) -> SampledRows:
    """A seeded sample of the rows of both tables."""
    test, train = (_firsts_of_groups(tables, frame) for frame in (tables.test, tables.train))
    return SampledRows(_sample(tables.spec.seed, test), _sample(tables.spec.seed, train), test)


def _firsts_of_groups(tables: Tables, frame: pd.DataFrame | None) -> Integers:
    """Rows of a table; the first of each group where one is named."""
    if frame is None:
        return np.zeros(0, dtype=np.int64)
    group = tables.spec.data.group
    if group is None or group not in frame:
        return np.arange(len(frame), dtype=np.int64)
    return np.flatnonzero(~frame[group].duplicated().to_numpy()).astype(np.int64)


def _sample(seed: int, rows: Integers) -> Integers:
    if len(rows) <= LOOKED_AT:
        return rows
    drawn = np.random.default_rng([seed, LOOKED_AT]).choice(len(rows), LOOKED_AT, replace=False)
    return rows[np.sort(drawn)]


def columns_without_a_role(tables: Tables) -> list[str]:
    """Columns of the test table that neither the spec nor the model speaks of."""
    return list(unspoken(tables.spec, [str(name) for name in tables.test.columns], tables.features))


def find_units(tables: Tables, names: Iterable[str], rows: SampledRows) -> list[Units]:
    """Those of the columns that look as if they named units, unless somebody's word says that they do not."""
    if tables.task is Task.RANKING:  # there, queries are what belongs together, and they are always named
        return []
    spec = tables.spec
    believed = {name for name, word in spec.data.independent.items() if counts(word, spec.about, tables.day)}
    found = (_units(tables, name, rows) for name in dict.fromkeys(names) if name not in believed)
    return [each for each in found if each is not None]


def _units(tables: Tables, name: str, rows: SampledRows) -> Units | None:
    train = None if tables.train is None or name not in tables.train else tables.train[name]
    if not _may_name(tables.test[name].iloc[rows.test]):
        return None
    try:
        here, there = write_alike(tables.test[name].iloc[rows.test], None if train is None else train.iloc[rows.train])
        both = here if there is None else pd.concat([here, there], ignore_index=True)
        codes, values = pd.factorize(both)
    except TypeError:  # lists and the like name nothing
        return None
    mine, theirs = codes[: len(here)].astype(np.int64), codes[len(here) :].astype(np.int64)
    shape = measure_repeats(np.zeros(len(mine)), mine, rows.whole)
    if shape.values < FEWEST_VALUES or (_are_dates(values) and not _are_names(values, codes)):
        return None
    stands = np.zeros(len(values), dtype=bool)
    stands[theirs[theirs >= 0]] = True
    given = mine[mine >= 0]
    names_rows = name == tables.spec.data.id or not stands[given].any()  # shared names of rows are those of copies
    if shape.rows_each < 1 + 1 / FEWEST_VALUES and names_rows:  # each value once: names of rows
        return None
    too_small_to_look_at = shape.values > MOST_VALUES and shape.rows_each < SEGMENT_ROWS
    known = None if train is None else float(stands[given].mean())
    is_part = train is not None and len(rows.train) < len(train)
    if known is not None and is_part and not _is_enough(known, alone=too_small_to_look_at):
        known = _look_up_share(tables, name, rows, mine, stands)
    open_ended = (1 - known if known is not None else _unique_share(tables.test[name])) >= LEAST_NEW
    if not open_ended and not too_small_to_look_at:
        return None
    numbers = np.asarray(values, dtype=np.float64) if pd.api.types.is_numeric_dtype(values.dtype) else _days_of(values)
    return Units(name, mine, theirs, numbers, shape.rows_each, known, open_ended)


def _may_name(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers that count in ones, dates or words; fractions and true/false name nothing."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.is_float_dtype(values.dtype):
        return _count_in_ones(values.to_numpy(dtype=np.float64, na_value=np.nan))
    kind = values.dtype
    if pd.api.types.is_integer_dtype(kind) or isinstance(kind, pd.CategoricalDtype):
        return True
    return pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_string_dtype(kind)  # of any object, too


def _count_in_ones(values: Floats) -> bool:
    """Whether all numbers are whole, or all are as far from a whole one: 1000.5, 1001.5."""
    known = values[~np.isnan(values)]
    if not len(known) or not np.all(np.abs(known) < 2**53):
        return False
    steps = known - known[0]
    return bool(np.all(np.abs(steps - np.round(steps)) <= 1e-9 * np.maximum(1.0, np.abs(known))))


def write_alike(test: pd.Series[Any], train: pd.Series[Any] | None) -> tuple[pd.Series[Any], pd.Series[Any] | None]:
    """A column of two tables so written that equal values are equal: 17, 17.0 and "17" where one side holds words."""
    here = _as_plain(test)
    if train is None:
        return here, None
    there = _as_plain(train)
    numbers = [pd.api.types.is_integer_dtype(each.dtype) for each in (here, there)]
    if all(numbers) or not any(numbers):
        return here, there
    return _as_words(here), _as_words(there)


def _as_plain(values: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object).infer_objects()
    if pd.api.types.is_float_dtype(values.dtype):
        return whole_numbers(values.astype(np.float64))
    return values


def _as_words(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.astype(object).map(str, na_action="ignore")


def _are_dates(values: Any) -> bool:
    """Whether values are dates, or mostly words that are: they say when, not who."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return True
    if pd.api.types.is_numeric_dtype(values.dtype):
        return False
    asked = [str(value).strip() for value in values[:: max(1, len(values) // _DATES_ASKED)]]
    return sum(any(form.fullmatch(text) for form in _DATES) for text in asked) >= _MOSTLY * len(asked)


def _are_names(values: Any, codes: Integers) -> bool:
    """Whether rows fall on so few of the days that they could fall on, that each day must stand for a unit.

    Rows that are independent of each other fall on D (1 - (1 - 1/D)^n) of D days; counted for each of some stretches of
    time, as they may be more frequent in some. Days on which no row may fall, such as Sundays, or all but the ends of
    months, are left out.

    Args:
        values: the different dates.
        codes: (n,), which of them a row has; -1 for none.
    """
    days = _days_of(values)
    if days is None:
        return False
    given = days[codes[codes >= 0]]
    fallen: Integers = np.sort(given[np.isfinite(given)]).astype(np.int64)
    if len(fallen) < FEWEST_VALUES or fallen[-1] - fallen[0] > 1_000_000:
        return False
    calendar = np.arange(fallen[0], fallen[-1] + 1)
    usable = calendar[_usable_days(calendar, fallen)]
    expected = 0.0
    for stretch in np.array_split(fallen, _STRETCHES):
        among = float(np.count_nonzero((usable >= stretch[0]) & (usable <= stretch[-1]))) if len(stretch) else 0.0
        expected += among * -np.expm1(len(stretch) * np.log1p(-1 / among)) if among > 1 else among
    return len(np.unique(fallen)) < CHANCE_DAYS * expected


def _usable_days(calendar: Integers, fallen: Integers) -> Array:
    """(days,): which days of a calendar are of a weekday, a month and a day of the month, from its start and from its
    end, that rows fall on.
    """
    usable = np.ones(len(calendar), dtype=bool)
    for mine, theirs in zip(_parts(calendar), _parts(fallen), strict=True):
        rows = np.bincount(theirs, minlength=int(mine.max()) + 1)
        usable &= (rows >= USED_DAYS * len(fallen))[mine]
    return usable


def _parts(days: Integers) -> list[Integers]:
    """Weekday, month, and day of the month from its start and from its end, each (n,)."""
    dates = pd.DatetimeIndex(days.astype("datetime64[D]"))
    parts = dates.day_of_week, dates.month, dates.day, dates.days_in_month - dates.day
    return [np.asarray(part, dtype=np.int64) for part in parts]


def _days_of(values: Any) -> Floats | None:
    """Days since 1970 of dates without a time of day; None for other words."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        dates = pd.DatetimeIndex(values)
    else:
        words = pd.Series(values, dtype=object).map(lambda value: str(value).strip())
        if not _DAYS.fullmatch(words.iloc[0]):
            return None
        dates = pd.DatetimeIndex(pd.to_datetime(words, format="%Y-%m-%d", errors="coerce"))
    dates = dates.tz_localize(None)
    if dates.isna().all() or bool((dates.dropna().normalize() != dates.dropna()).any()):
        return None
    days = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))


def _is_enough(known: float, *, alone: bool) -> bool:
    """Whether it does not matter how many more test rows have values that stand in the training table than a sample of
    that shows; `alone`: whether the column is open in any case.
    """
    return known >= LEAST_SHARED if alone else 1 - known < LEAST_NEW


def _look_up_share(tables: Tables, name: str, rows: SampledRows, mine: Integers, stands: Array) -> float:
    """Share of the test rows with a value that stands in the whole training table; `stands` are those found so far."""
    assert tables.train is not None
    given = mine[mine >= 0]
    missing = np.unique(given[~stands[given]])
    column = tables.test[name].iloc[rows.test[_first_rows(mine, missing)]]
    found = stands.copy()
    found[missing] = shared_rows(column, tables.train[name])
    return float(found[given].mean())


def _first_rows(codes: Integers, some: Integers) -> Integers:
    """Positions of a row of each of some values."""
    first = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.int64)
    given = np.flatnonzero(codes >= 0)[::-1]
    first[codes[given]] = given
    return first[some]


def whole_units(tables: Tables, units: Units, rows: SampledRows, most: int) -> tuple[Integers, Integers]:
    """Positions of all test rows of some units, about `most`, and the codes of their units; of the rows that were
    looked at where these are all.
    """
    if len(rows.test) == rows.whole:
        return rows.test, units.codes
    every = np.unique(units.codes[units.codes >= 0])
    some = np.random.default_rng([tables.spec.seed, most]).permutation(every)[: max(100, int(most / units.rows_each))]
    column = tables.test[units.name].iloc[rows.drawn_from]
    chosen = np.flatnonzero(_is_in(column, tables.test[units.name].iloc[rows.test[_first_rows(units.codes, some)]]))
    return rows.drawn_from[chosen], pd.factorize(column.iloc[chosen])[0].astype(np.int64)


def _unique_share(values: pd.Series[Any]) -> float:
    """Share of rows whose value no other row has."""
    codes = pd.factorize(_as_plain(values))[0]
    sizes = np.bincount(codes[codes >= 0])
    return float(np.count_nonzero(sizes == 1) / max(1, sizes.sum()))


def are_stretches_of_time(time: Integers | None, codes: Integers) -> bool:
    """Whether a column names stretches of time, such as weeks: rows with one of its values follow each other.

    Args:
        time: (n,), ranks of the rows in time; None: not known.
        codes: (n,), of the values of the column; -1 without one.
    """
    if time is None:
        return False
    some = slice(None, None, max(1, len(time) // LOOKED_AT))
    in_order = codes[some][np.argsort(time[some], kind="stable")]
    given = in_order[in_order >= 0]
    values, stretches = len(np.unique(given)), int(np.count_nonzero(np.diff(given))) + 1
    again, at_once = len(given) - values, len(given) - stretches
    return values > 2 and stretches <= BLOCKS * values and at_once >= again / 2


def shared_rows(test: pd.Series[Any], train: pd.Series[Any]) -> Array:
    """(n,): which test rows carry a value that stands in the training table."""
    here, there = write_alike(test, train)
    assert there is not None
    return _is_in(here, there[_is_in(there, here)])


def _is_in(values: pd.Series[Any], among: pd.Series[Any]) -> Array:
    """(n,): which of the values are among others; a missing one never is."""
    if pd.api.types.is_integer_dtype(values.dtype) and pd.api.types.is_integer_dtype(among.dtype):
        return np.asarray(values.isin(among.dropna().unique()) & values.notna(), dtype=bool)
    mine, others = (pd.Series(each.to_numpy(dtype=object), dtype=object) for each in (values, among))
    return np.asarray(mine.isin(others.dropna().unique()) & mine.notna(), dtype=bool)
