"""Names of rows in two tables: whether `data.id` names rows, units of several rows, or rows anew in each table.

A name that both tables give is a copy, also where its features were measured again. Not so where the column names
units, such as customers, nor where each table numbers its rows from the start: then rows of one name have no more in
common than with those of the next name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtrc

from readiness.evidence.row_hashes import MISSING_BITS, Hashes, value_bits
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.copies import Mask, are_in_table, singleton_hashes, unique_hashes

MISSING_NAME = MISSING_BITS
UNITS, ANEW = "units", "anew"
NAMED_ONCE = 0.95
"""Of the rows of a table so many have a name of their own, or the column names units."""
MOST_PAIRS = 5_000
"""Pairs of rows of one name that are looked at."""
FEWEST_PAIRS = 20
CHANCE = 1e-5
"""Of each column: by chance rows of one name would be closer than neighbours."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table and its targets, coded or as numbers; None: the truth is not known."""

    frame: pd.DataFrame
    target: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the names of n test rows say."""

    known: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """(n,): rows whose name a training row has."""
    again: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """(n,): rows whose name an earlier test row has."""
    meaning: str = ""
    """"" where they name rows, else "units" or "anew"."""
    shared: int = 0
    """Test rows whose name a training row has, whatever it means."""
    repeating: int = 0
    """Test rows that share their name with another one, whatever it means."""
    column: str = ""


def same_names(
    column: Callable[[str, str], Hashes], test: Table, train: Table | None, features: Sequence[str], name: str | None
) -> Names:
    """What the column of names says of the n test rows; `column` gives its bits for the rows of both tables."""
    n = len(test.frame)
    none = np.zeros(n, dtype=bool)
    if name is None or name not in test.frame:
        return Names(none, none)
    in_both = train is None or name in train.frame
    bits = column(name, "name") if in_both else value_bits(test.frame[name], "name")
    ours, theirs = bits[:n], bits[n:]
    given = ours != MISSING_NAME
    shared = given & are_in_table(ours, unique_hashes(theirs))
    twice = given & ~are_in_table(ours, singleton_hashes(ours))
    found = Names(none, none, "", int(shared.sum()), int(twice.sum()), name)
    if not (_name_rows(ours) and _name_rows(theirs)):
        return replace(found, meaning=UNITS)
    if train is not None and _are_numbered_anew(ours, theirs, _columns(test, train, features)):
        return replace(found, meaning=ANEW)
    again = none.copy()
    again[np.flatnonzero(given)] = _repeat_an_earlier(ours[given])
    return replace(found, known=shared, again=again & ~shared)


def _columns(test: Table, train: Table, features: Sequence[str]) -> Iterator[tuple[pd.Series[Any], pd.Series[Any]]]:
    """Features and target of both tables."""
    if test.target is not None and train.target is not None:
        yield pd.Series(test.target), pd.Series(train.target)
    yield from ((test.frame[name], train.frame[name]) for name in features)


def _name_rows(names: Hashes) -> bool:
    """Whether nearly every row has a name of its own."""
    known = names[names != MISSING_NAME]
    return not len(known) or len(singleton_hashes(known)) >= NAMED_ONCE * len(known)


def _repeat_an_earlier(names: Hashes) -> Mask:
    later = np.ones(len(names), dtype=bool)
    later[np.unique(names, return_index=True)[1]] = False
    return later


def _are_numbered_anew(ours: Hashes, theirs: Hashes, columns: Iterator[tuple[pd.Series[Any], pd.Series[Any]]]) -> bool:
    """Whether rows of one name are no closer to each other than to the rows of the next names, in any column.

    A sign test for each column; rows in some order have much in common with their neighbours, hence those.
    """
    a, b = _pairs(ours, theirs)
    if len(a) < FEWEST_PAIRS:
        return False
    looked = 0
    for test, train in columns:
        one, other = _as_floats(test.iloc[a], train.iloc[b])
        own = np.abs(one - other)
        if all(_are_smaller(own, np.abs(one - np.roll(other, step)), CHANCE) for step in (1, -1)):
            return False
        looked += 1
    return looked > 0


def _pairs(ours: Hashes, theirs: Hashes) -> tuple[Integers, Integers]:
    """Places of test and training rows of one name, in the order of the test rows; at most so many, evenly spread."""
    known, places = np.unique(theirs, return_index=True)
    rows = np.flatnonzero(are_in_table(ours, known) & (ours != MISSING_NAME))
    rows = rows[:: max(1, len(rows) // MOST_PAIRS)]
    return rows, places[np.searchsorted(known, ours[rows])]


def _as_floats(a: pd.Series[Any], b: pd.Series[Any]) -> tuple[Floats, Floats]:
    """Numbers as they are, anything else as places where it is the same or not."""
    if all(pd.api.types.is_numeric_dtype(each.dtype) for each in (a, b)):
        one, other = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (a, b))
        return one, other
    codes = np.unique(np.concatenate([value_bits(a), value_bits(b)]), return_inverse=True)[1].astype(float)
    return codes[: len(a)], codes[len(a) :]


def _are_smaller(own: Floats, others: Floats, chance: float) -> bool:
    closer, farther = int((own < others).sum()), int((own > others).sum())
    n = closer + farther
    return n > 0 and closer > farther and float(bdtrc(closer - 1, n, 0.5)) < chance
