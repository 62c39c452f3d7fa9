"""Guesses at what the columns of a table may be for, each of which its user has to confirm."""

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

from readiness.core.errors import DataError
from readiness.core.policy import Task
from readiness.evidence.tables import PARQUET_SUFFIXES, header, read_table, whole_numbers
from readiness.spec.schema import Label

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
OWNERS = OWNER_WORDS | {"session", "visit"}
IDENTIFIER_WORDS = frozenset({"id", "ids", "uuid", "guid", "key", "identifier"})
COUNTER_NAMES = frozenset(
    {"row", "rownumber", "rownum", "rowno", "rowindex", "rowid", "index", "idx", "recordnumber", "recordno"}
    | {"lineno", "linenumber", "serial", "serialnumber", "unnamed0", "level0"}
)
"""Names of columns that number rows, in small letters and without what stands between their words."""
QUERY_NAMES = frozenset({"query", "queries", "qid", "queryid", "searchid", "search", "requestid", "impressionid"})
"""Names of columns that say which rows are put in order together."""
RELEVANCE_WORDS = frozenset(
    {"relevance", "relevant", "rel", "grade", "rank", "rating", "gain", "click", "clicks", "clicked"}
)
"""Words in the name of a target by which rows are put in order."""
NEARLY = 0.95
"""From this share of different values on, a column tells rows apart and neither groups nor describes them."""
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
    query: str | None
    """Tells which rows are put in order together, where the target looks like their relevance."""
    identifiers: tuple[str, ...]
    """Columns that name rows, or what they belong to; nothing to learn from."""
    others: tuple[str, ...]
    """Columns that may be features."""
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
    counters = [name for name in free if name not in dates and _counts_rows(sample[name])]
    ids = [name for name in free if name not in dates and name not in counters and _is_identifier(sample[name])]
    unique = [name for name in ids if sample[name].is_unique]
    queries = [name for name in free if name not in unique and _is_query(sample[name], sample, target)]
    ids = [name for name in ids if name not in queries]
    rest = [name for name in free if name not in {*dates, *ids, *counters, *queries}]
    again = [name for name in ids if name not in unique]
    groups = (
        [name for name in again if sample[name].nunique() < NEARLY * len(sample)]
        or again
        or [name for name in rest if _names_owners(sample[name])]
    )
    named = _only(unique) or (None if unique else _only(counters))
    return Guesses(
        head.columns,
        target,
        named,
        _only(dates),
        _only(groups),
        _only(queries),
        tuple(name for name in free if name in {*ids, *counters, *queries}),
        tuple(rest),
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


def _is_identifier(values: pd.Series[Any]) -> bool:
    """Whether a column names rows or what they belong to: by its name, and by more values than a code has."""
    known, distinct = words(str(values.name)), int(values.nunique())
    if pd.api.types.is_float_dtype(whole_numbers(values).dtype) or not (distinct > FEW or values.is_unique):
        return False
    is_called_so = known & IDENTIFIER_WORDS or any(f"{owner}id" in known for owner in OWNERS)
    return bool(is_called_so) or (_joined(values) in OWNERS and distinct >= NEARLY * len(values))


def _counts_rows(values: pd.Series[Any]) -> bool:
    """Whether a column does nothing but number the rows."""
    is_whole = pd.api.types.is_integer_dtype(whole_numbers(values).dtype)
    return is_whole and _joined(values) in COUNTER_NAMES and int(values.nunique()) >= NEARLY * len(values)


def _joined(values: pd.Series[Any]) -> str:
    """The name of a column in small letters, without what stands between its words: "row_number" is "rownumber"."""
    return "".join(re.findall(r"[^\W_]+", str(values.name).casefold()))


def _is_query(values: pd.Series[Any], sample: pd.DataFrame, target: str | None) -> bool:
    """Whether a column tells which rows are put in order together: by its name and by values that come again."""
    if target is None or _joined(values) not in QUERY_NAMES or not 1 < int(values.nunique()) <= len(values) / 1.2:
        return False
    return _is_relevance(whole_numbers(sample[target].dropna()))


def _is_relevance(grades: pd.Series[Any]) -> bool:
    """Whether a target looks like a relevance: by its name, or by a few whole numbers from 0."""
    name = str(grades.name)
    if not _is_number(grades) or bool((grades < 0).any()):
        return False
    has_grades = pd.api.types.is_integer_dtype(grades.dtype) and int(grades.nunique()) <= FEW
    is_plain = name.casefold() in TARGET_NAMES or int(grades.nunique()) > 2
    return bool(words(name) & RELEVANCE_WORDS) or (has_grades and is_plain)


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
