"""Which columns look as if they named what rows belong to: customers, patients, machines?

A name of units is open: tomorrow brings new ones. Branches, regions and grades are closed: they are strata, whose rows
do not make intervals too narrow (Abadie, Athey, Imbens and Wooldridge 2023). Ages and amounts are measures and name
nothing. So a column of whole numbers or words is taken for names when it has many values and either test rows carry
values that no training row has, or there are so many values of so few rows each that none could be looked at alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readiness.criteria import SEGMENT_ROWS, Task
from readiness.evidence.columns import unspoken
from readiness.evidence.segmentation import MOST_VALUES
from readiness.evidence.tables import whole_numbers
from readiness.soundness.tables import Tables
from readiness.spec.soundness import counts
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.repeats import repeats

FEWEST_VALUES = 30
LEAST_NEW = 0.05
"""Share of test rows with a value that no training row has, from which a column is open. Without that column in a
training table: the share that Good (1953) and Turing expect of as many further rows, that of values met once."""
LOOKED_AT = 50_000
"""Rows of each table that columns are looked at on; a seeded sample above."""
BLOCKS = 1.5
"""A column whose values change at most so many times per value in the order of time says when, not who."""
_DATES = re.compile(r"\d{4}-\d\d")
_DATES_ASKED = 100


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Rows of the two tables on which columns are looked at: of a named group one row each, as its rows are known to
    belong together.
    """

    test: Integers
    train: Integers
    """Positions of rows; none without a training table."""
    whole: int
    """Rows of the test table that `test` is drawn from."""


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


def looked_at(tables: Tables) -> Looked:
    """A seeded sample of the rows of both tables."""
    test, train = (_firsts(tables, frame) for frame in (tables.test, tables.train))
    return Looked(_sample(tables.spec.seed, test), _sample(tables.spec.seed, train), len(test))


def _firsts(tables: Tables, frame: pd.DataFrame | None) -> Integers:
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


def without_a_role(tables: Tables) -> list[str]:
    """Columns of the test table that neither the spec nor the model speaks of."""
    return list(unspoken(tables.spec, [str(name) for name in tables.test.columns], tables.features))


def named_units(tables: Tables, names: Iterable[str], rows: Looked) -> list[Units]:
    """Those of the columns that look as if they named units, unless somebody's word says that they do not."""
    if tables.task is Task.RANKING:  # there, queries are what belongs together, and they are always named
        return []
    spec = tables.spec
    believed = {name for name, word in spec.data.independent.items() if counts(word, spec.about, tables.day)}
    found = (_units(tables, name, rows) for name in dict.fromkeys(names) if name not in believed)
    return [each for each in found if each is not None]


def _units(tables: Tables, name: str, rows: Looked) -> Units | None:
    train = None if tables.train is None or name not in tables.train else tables.train[name]
    if not _may_name(tables.test[name].iloc[rows.test]):
        return None
    try:
        here, there = alike(tables.test[name].iloc[rows.test], None if train is None else train.iloc[rows.train])
        both = here if there is None else pd.concat([here, there], ignore_index=True)
        codes, values = pd.factorize(both)
    except TypeError:  # lists and the like name nothing
        return None
    mine, theirs = codes[: len(here)].astype(np.int64), codes[len(here) :].astype(np.int64)
    shape = repeats(np.zeros(len(mine)), mine, rows.whole)
    if shape.values < FEWEST_VALUES or _are_dates(values):
        return None
    met = bool(np.isin(mine[mine >= 0], theirs).any())
    if shape.rows_each < 1 + 1 / FEWEST_VALUES and not met:  # each value once: names of rows
        return None
    known = None if train is None else _known(tables, name, rows, mine, theirs, len(values))
    open_ended = (1 - known if known is not None else _once(tables.test[name])) >= LEAST_NEW
    too_small_to_look_at = shape.values > MOST_VALUES and shape.rows_each < SEGMENT_ROWS
    if not open_ended and not too_small_to_look_at:
        return None
    numbers = np.asarray(values, dtype=np.float64) if pd.api.types.is_integer_dtype(values.dtype) else None
    return Units(name, mine, theirs, numbers, shape.rows_each, known)


def _may_name(values: pd.Series[Any]) -> bool:
    """Whether a column holds whole numbers or words; fractions, dates and true/false name nothing."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.is_float_dtype(values.dtype):
        values = whole_numbers(values.astype(np.float64))
    kind = values.dtype
    if pd.api.types.is_integer_dtype(kind) or isinstance(kind, pd.CategoricalDtype):
        return True
    return pd.api.types.is_string_dtype(kind)  # of any object, too


def alike(test: pd.Series[Any], train: pd.Series[Any] | None) -> tuple[pd.Series[Any], pd.Series[Any] | None]:
    """A column of two tables so written that equal values are equal: 17, 17.0 and "17" where one side holds words."""
    here = _plain(test)
    if train is None:
        return here, None
    there = _plain(train)
    numbers = [pd.api.types.is_integer_dtype(each.dtype) for each in (here, there)]
    if all(numbers) or not any(numbers):
        return here, there
    return _as_words(here), _as_words(there)


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object).infer_objects()
    if pd.api.types.is_float_dtype(values.dtype):
        return whole_numbers(values.astype(np.float64))
    is_words = pd.api.types.is_string_dtype(values.dtype) and values.dtype != object
    return values.astype(object) if is_words else values


def _as_words(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.astype(object).map(str, na_action="ignore")


def _are_dates(values: Any) -> bool:
    """Whether words are dates: they say when, not who."""
    asked = [str(value) for value in values[:_DATES_ASKED]]
    return all(_DATES.match(text) for text in asked)


def _known(tables: Tables, name: str, rows: Looked, mine: Integers, theirs: Integers, values: int) -> float:
    """Share of the test rows with a value that stands in the training table, looked up in all of it where a sample of
    its rows does not have nearly all of them.
    """
    assert tables.train is not None
    stands = np.zeros(values, dtype=bool)
    stands[theirs[theirs >= 0]] = True
    given = mine[mine >= 0]
    share = float(stands[given].mean())
    if 1 - share < LEAST_NEW or len(rows.train) == len(tables.train):
        return share
    missing = np.unique(given[~stands[given]])
    first = pd.Series(np.arange(len(mine))).groupby(mine).first().reindex(missing).to_numpy()
    here, there = alike(tables.test[name].iloc[rows.test[first]], tables.train[name])
    assert there is not None
    stands[missing] = here.isin(pd.unique(there[there.notna()])).to_numpy()
    return float(stands[given].mean())


def _once(values: pd.Series[Any]) -> float:
    """Share of rows whose value no other row has."""
    codes = pd.factorize(_plain(values))[0]
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
    values = len(np.unique(given))
    return values > 2 and int(np.count_nonzero(np.diff(given))) + 1 <= BLOCKS * values


def shared_rows(test: pd.Series[Any], train: pd.Series[Any]) -> Array:
    """(n,): which test rows carry a value that stands in the training table."""
    here, there = alike(test, train)
    assert there is not None
    return np.asarray(here.isin(pd.unique(there[there.notna()])) & here.notna(), dtype=bool)
