"""What is in a table file? Headers without reading rows, and rows of only the columns that are needed.

Values arrive as `pandas.read_csv` and `pandas.read_parquet` would give them to the person who trained the
model, with four differences: dates are dates, decimals are floats, nullable numbers without a gap are plain
numbers, and a table that would be silently misread is refused.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from readiness.digests import Artifact, sha256_file
from readiness.evidence.table_files import TableFile
from readiness.evidence.tables_csv import csv_rows, csv_schema
from readiness.exceptions import DataError
from readiness.hints import nearest, shown
from readiness.looking import exists, is_file, is_folder, nearby

if TYPE_CHECKING:  # loaded with the first rows: who only reads headers, as the host does, is spared it
    import pandas as pd

__all__ = [
    "Artifact",
    "Table",
    "TableHeader",
    "as_read",
    "header",
    "holds_many",
    "read",
    "read_table",
    "sha256_file",
    "whole_numbers",
]

CSV_SUFFIXES = (".csv", ".csv.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
PANDAS_INDEX = "__index_level_"
"""Start of the name under which pandas stores an index without a name; such a column is no data."""


@dataclass(frozen=True, slots=True)
class TableHeader:
    """What a table says of itself before any row is read."""

    path: Path
    columns: tuple[str, ...]
    types: tuple[str, ...]
    """Arrow's name of each column's type; for a CSV file as guessed from its first block."""
    rows: int | None
    """None where counting would mean reading: CSV."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and what a reader should know of how they were read."""

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    sha256: str = ""
    """Of the very bytes that were parsed."""


def header(path: Path) -> TableHeader:
    """Columns, types and, where it costs nothing, the number of rows.

    Raises:
        DataError: missing, empty or damaged file, unknown suffix, no or duplicate column names.
    """
    _check_file(path)
    return _header(TableFile(path))


def _header(file: TableFile) -> TableHeader:
    path = file.path
    if _is_parquet(path):
        with _opened_parquet(file) as parquet:
            schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
            schema.names  # noqa: B018  # decoded on access
    else:
        schema, rows = csv_schema(file), None
    columns = tuple(name for name in schema.names if not name.startswith(PANDAS_INDEX))
    _check_names(path, columns)
    return TableHeader(path, columns, tuple(str(schema.field(name).type) for name in columns), rows)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The rows of a table; see `read` for the same with notes."""
    return read(path, columns).frame


def read(path: Path, columns: Sequence[str] | None = None) -> Table:
    """Read the named columns, in that order and each once; all columns when None.

    Raises:
        DataError: as `header`, and missing columns, lines of unequal length, text that is not UTF-8, no rows.
    """
    _check_file(path)
    file = TableFile.read(path)
    head = _header(file)
    wanted = list(head.columns if columns is None else dict.fromkeys(columns))
    require_columns(head, wanted)
    table, notes = (_parquet_rows if _is_parquet(path) else csv_rows)(file, wanted)
    if table.num_rows == 0:
        raise DataError(f"{path} has column names but no rows.", remedy="Give a table with at least one row.")
    return Table(as_read(table), notes, file.sha256)


def require_columns(head: TableHeader, wanted: Sequence[str]) -> None:
    """Refuse a table that lacks a column, naming the nearest one that exists.

    Raises:
        DataError: at least one of `wanted` is missing.
    """
    missing = [name for name in wanted if name not in head.columns]
    if not missing:
        return
    names = "; ".join(f"{shown(name)}{nearest(name, head.columns)}" for name in missing)
    raise DataError(
        f"{head.path} lacks {len(missing)} of the needed columns: {names}.".replace("?.", "?"),
        remedy="Check the names in the spec, or add the columns to the table.",
    )


def whole_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Undo what a gap does to integers: a float column of whole numbers becomes `Int64` with gaps.

    A label column 0, 1, (missing) is read as 0.0, 1.0, NaN, which is what models accept and what people do
    not call their classes. Any other column is returned as it is.
    """
    if values.dtype.kind != "f":
        return values
    known = values.dropna().to_numpy(dtype=float)
    whole = bool(np.all(np.isfinite(known)) and np.all(known == np.round(known)) and np.all(np.abs(known) < 2**53))
    return values.astype("Int64") if whole else values


def holds_many(values: pd.Series[Any]) -> bool:
    """Whether a column holds lists or records, by its first known value; such can be neither grouped nor counted."""
    if values.dtype != object:
        return False
    known = values[values.notna()]
    return len(known) > 0 and hasattr(known.iloc[0], "__len__") and not isinstance(known.iloc[0], str | bytes)


def _check_file(path: Path) -> None:
    if is_folder(path):
        raise DataError(f"{path} is a folder; expected one CSV or Parquet file.", remedy="Name a file.")
    if not exists(path):
        hint = nearby(path)
        end = "" if hint.endswith("?") else "."
        raise DataError(f"{path} does not exist{hint}{end}", remedy="Relative paths are relative to the spec file.")
    if not is_file(path):
        raise DataError(f"{path} is not a regular file.", remedy="Name a CSV or Parquet file.")
    if not path.name.lower().endswith(CSV_SUFFIXES + PARQUET_SUFFIXES):
        raise DataError(
            f"{path} ends in {path.suffix or 'no suffix'!r}; expected {', '.join(CSV_SUFFIXES + PARQUET_SUFFIXES)}.",
            remedy="Save the table as Parquet or as comma-separated UTF-8 text.",
        )
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty.", remedy="Export the table again.")


def _check_names(path: Path, columns: tuple[str, ...]) -> None:
    if not columns:
        raise DataError(f"{path} has no columns.", remedy="Export the table again.")
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(
            f"{path} has more than one column named {', '.join(map(repr, twice))}.",
            remedy="Rename or drop all but one: nobody could tell which one is meant.",
        )


def _is_parquet(path: Path) -> bool:
    return path.name.lower().endswith(PARQUET_SUFFIXES)


@contextlib.contextmanager
def _opened_parquet(file: TableFile) -> Iterator[Any]:
    try:
        with file.opened() as stream, pq.ParquetFile(stream) as parquet:
            yield parquet
    except UnicodeDecodeError as error:
        raise DataError(f"{file.path} has a column whose name is not UTF-8.", remedy="Rename the column.") from error
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file.path, error) from error


def _parquet_rows(file: TableFile, columns: list[str]) -> tuple[pa.Table, tuple[str, ...]]:
    with _opened_parquet(file) as parquet:
        return parquet.read(columns=columns).select(columns), ()


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is not a readable Parquet file: {error}", remedy="Export the table again.")


def as_read(table: pa.Table) -> pd.DataFrame:
    """A table of Arrow's as the frame that every review works with."""
    # Metadata is ignored because it would bring back an index and nullable types, which few models accept.
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and pa.types.is_nested(field.type.value_type):
            # lists and records can be no categories of pandas
            plain = pa.chunked_array([chunk.dictionary_decode() for chunk in table.column(position).chunks])
            table = table.set_column(position, field.name, plain)
        if pa.types.is_decimal(field.type) or pa.types.is_null(field.type):
            column = table.column(position).cast(pa.float64())
            table = table.set_column(position, field.name, column)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, date_as_object=False)
    for field in table.schema:
        if pa.types.is_boolean(field.type) and frame[field.name].dtype == object:
            frame[field.name] = frame[field.name].where(frame[field.name].notna(), np.nan)
    return frame
