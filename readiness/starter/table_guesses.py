"""What may the columns of a table be for? Guesses for a starter spec, each of which its user has to confirm."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from readiness.criteria import Task
from readiness.evidence.tables import PARQUET_SUFFIXES, header, read_table, whole_numbers
from readiness.exceptions import DataError
from readiness.spec import Label

SAMPLE_ROWS = 10_000
"""First rows that are looked at; a guess needs no more."""
FEW = 12
"""A column with at most this many values is taken for a grouping."""
MOST_CLASSES = 20
"""A column of whole numbers with more values than this holds amounts, not classes."""

DATES = ("date", "timestamp")
"""How Arrow's names of types that hold dates begin."""
NESTED = ("list", "large_list", "fixed_size_list", "struct", "map")
"""Types that neither group rows nor name them."""

OWNER_WORDS = frozenset(
    {"customer", "user", "client", "account", "patient", "person", "member", "household", "merchant", "applicant"}
)
"""Words in column names that say to whom a row belongs, where values come again."""
TARGET_NAMES = frozenset({"target", "label", "y", "y_true", "ground_truth", "outcome"})
TARGET_STARTS = ("is_", "has_")
PEOPLE_WORDS = frozenset(
    {"age", "gender", "sex", "region", "country", "state", "district", "income", "device", "platform", "tenure"}
    | {"ethnicity", "race", "religion", "nationality", "language", "disability", "segment"}
)
"""Words in column names that speak of people and circumstances."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the target's values look like."""

    task: Task
    labels: tuple[Label, ...] = ()
    """Classes in sorted order; empty for regression and where there are too many to list."""
    rows: tuple[int, ...] = ()
    """Rows of each label."""
    doubtful: bool = False
    """Whether the numbers might as well be amounts."""

    @property
    def rarest(self) -> int:
        """Position of the label with the fewest rows; of equals the last."""
        return min(range(len(self.rows)), key=lambda position: (self.rows[position], -position))


@dataclass(frozen=True, slots=True)
class Grouping:
    """A column that rows may be grouped by."""

    column: str
    values: int
    bins: bool = False
    """Whether it holds numbers that need bins."""
    about_people: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A numeric column, and what is much in it."""

    column: str
    high: float
    """Nine tenths of the rows have less; two digits."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """What the columns may be for."""

    columns: tuple[str, ...]
    target: str | None
    id: str | None
    time: str | None
    group: str | None
    groupings: tuple[Grouping, ...]
    amount: Amount | None
    """For the example of a rule."""


def guess_columns(table: Path, target: str | None = None, *, taken: Iterable[str] = ()) -> Guesses:
    """Look at the first rows of a table; columns in `taken` have their role already.

    Raises:
        DataError: the table cannot be read, or lacks `target`.
    """
    head = header(table)
    if target is not None and target not in head.columns:
        read_table(table, [target])  # says what is missing, and the nearest name
    target = target or _only(_target_candidates(head.columns))
    sample = _first_rows(table)
    types = dict(zip(head.columns, head.types, strict=True))
    simple = (name for name in head.columns if nameable(name) and not types[name].startswith(NESTED))
    free = [name for name in simple if name not in {target, *taken}]
    dates = [name for name in free if types[name].startswith(DATES)]
    ids = [name for name in free if words(name) & {"id", "uuid", "key"} and name not in dates]
    unique = [name for name in ids if sample[name].is_unique]
    rest = [name for name in free if name not in dates and name not in ids]
    groups = [name for name in ids if name not in unique] or [name for name in rest if _names_owners(sample[name])]
    return Guesses(
        head.columns,
        target,
        _only(unique),
        _only(dates),
        _only(groups),
        tuple(grouping for name in rest if (grouping := _grouping(name, sample[name])) is not None),
        next((Amount(name, _high(sample[name])) for name in rest if _is_amount(sample[name])), None),
    )


def guess_target(table: Path, column: str) -> Target:
    """Read one column and see whether it holds classes or amounts.

    Raises:
        DataError: the column is missing, or holds neither text nor numbers.
    """
    values = whole_numbers(read_table(table, [column])[column].dropna())
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise DataError(f"Column {column!r} of {table} holds dates; a target holds classes or numbers.")
    if values.empty:
        raise DataError(f"Column {column!r} of {table} holds no value.", remedy="Name the column that holds the truth.")
    counts = values.value_counts()
    labels = sorted(counts.index.tolist(), key=lambda label: (isinstance(label, str), label))
    if pd.api.types.is_float_dtype(values.dtype) or (_is_number(values) and len(labels) > MOST_CLASSES):
        return Target(Task.REGRESSION)
    task = Task.BINARY if len(labels) <= 2 else Task.MULTICLASS
    doubtful = task is Task.MULTICLASS and _is_number(values)
    return Target(task, tuple(labels), tuple(int(counts[label]) for label in labels), doubtful)


def words(name: str) -> frozenset[str]:
    """The words of a column name in small letters: "customerAge_group" has customer, age and group."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(re.findall(r"[^\W_]+", parted.casefold()))


def nameable(name: str) -> bool:
    """Whether a spec can name the column: YAML knows no control characters."""
    return bool(name) and all(c in "\t\n\r" or unicodedata.category(c) not in ("Cc", "Cs") for c in name)


def _target_candidates(columns: tuple[str, ...]) -> list[str]:
    exact = [name for name in columns if name.casefold() in TARGET_NAMES]
    return exact or [name for name in columns if name.casefold().startswith(TARGET_STARTS)]


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _first_rows(table: Path) -> pd.DataFrame:
    if table.name.lower().endswith(PARQUET_SUFFIXES):
        with pa.OSFile(os.fsencode(table)) as stream, pq.ParquetFile(stream) as file:  # a name need not be UTF-8
            batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
        if batch is not None:
            # Without metadata, which would turn a column into an index.
            frame: pd.DataFrame = pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True)
            return frame
    return read_table(table).head(SAMPLE_ROWS)


def _grouping(name: str, values: pd.Series[Any]) -> Grouping | None:
    about_people = bool(words(name) & PEOPLE_WORDS)
    distinct = int(values.nunique())
    if 2 <= distinct <= FEW and not pd.api.types.is_float_dtype(whole_numbers(values).dtype):
        return Grouping(name, distinct, about_people=about_people)
    if about_people and _is_number(values) and distinct > FEW:
        return Grouping(name, distinct, bins=True, about_people=True)
    return None


def _names_owners(values: pd.Series[Any]) -> bool:
    """Whether a column seems to say to whom a row belongs: many different values, most of them more than once."""
    distinct = int(values.nunique())
    return bool(words(str(values.name)) & OWNER_WORDS) and FEW < distinct <= len(values) / 1.2


def _is_number(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)


def _is_amount(values: pd.Series[Any]) -> bool:
    return (
        "`" not in str(values.name)
        and _is_number(values)
        and values.nunique() > FEW
        and bool(np.isfinite(values.dropna()).all())
    )


def _high(values: pd.Series[Any]) -> float:
    return float(f"{values.quantile(0.9):.2g}")
