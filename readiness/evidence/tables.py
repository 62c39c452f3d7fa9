"""Table files: headers without reading rows, and rows of only the columns that are needed.

Values arrive as `pandas.read_csv` and `pandas.read_parquet` would give them to the person who trained the
model, with four differences: dates are dates, decimals are floats, nullable numbers without a gap are plain
numbers, and a table that would be silently misread is refused.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from readiness.core.errors import DataError
from readiness.core.files import Artifact, exists, is_file, is_folder, nearby_hint, open_regular, sha256_file
from readiness.core.sanitize import nearest, shown

if TYPE_CHECKING:
    import pandas as pd


# ----------------------------------------------------------------------------------------------------
# The bytes of a table file: where they come from, and their digest.


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table at `path`; its bytes are those on the disk, or those that were read from there once."""

    path: Path
    content: bytes | None = None

    @classmethod
    def read(cls, path: Path) -> TableFile:
        """All bytes of the file at once, so that what is hashed is what is parsed.

        Raises:
            DataError: it cannot be read, or does not fit into memory.
            InputError: it is no regular file.
        """
        try:
            with open_regular(path) as stream:
                return cls(path, stream.read())
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.", remedy="Check path and rights.") from error
        except MemoryError:
            raise DataError(
                f"{path} does not fit into the memory of this machine.",
                remedy="Review on a machine with more memory, or give fewer rows.",
            ) from None

    @property
    def sha256(self) -> str:
        """Of the bytes that were read, in hexadecimal; empty while none were."""
        return "" if self.content is None else hashlib.sha256(self.content).hexdigest()

    def open(self) -> Any:
        """The bytes as a file of Arrow's, which would take only a path that is UTF-8."""
        return pa.OSFile(os.fsencode(self.path)) if self.content is None else pa.BufferReader(self.content)


# ----------------------------------------------------------------------------------------------------
# Comma-separated text, read by pyarrow with the words for "missing" that pandas knows.

# The words that `pandas.read_csv` takes for a gap: the person who trained the model most likely used it.
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
TRUE, FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}

_PARSE = pc.ParseOptions(newlines_in_values=True)
_FAILURES = (pa.ArrowException, UnicodeDecodeError, OSError)
_FIRST_VALUES = 1000


def csv_schema(file: TableFile) -> pa.Schema:
    """Column names and types as the first block shows them; a column without a name is "Unnamed: <place>".

    Raises:
        DataError: not comma-separated UTF-8 text.
    """
    raw = _raw_schema(file)
    if len(raw.names) == 1:
        _check_separator(file.path, raw.names[0])
    return pa.schema([field.with_name(name) for field, name in zip(raw, _name_columns(raw.names), strict=True)])


def csv_rows(file: TableFile, columns: list[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The named columns, and a note for each that turns from numbers to text on the way.

    Raises:
        DataError: lines of unequal length (the line is named) or text that is not UTF-8 (the column is named).
    """
    table = _parse(file, columns)
    clock = [field.name for field in table.schema if pa.types.is_time(field.type)]
    if clock:  # pandas leaves times of day as text, and so do the models trained from it
        table = _parse(file, columns, dict.fromkeys(clock, pa.string()))
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise _not_utf8(file.path, f" in the column {field.name!r}")
    return table, tuple(_mixtures(table))


def _raw_schema(file: TableFile) -> pa.Schema:
    try:
        with _open_text(file) as text, pc.open_csv(text, parse_options=_PARSE, convert_options=_convert()) as stream:
            schema: pa.Schema = stream.schema
            schema.names  # noqa: B018  # decoded on access
            return schema
    except _FAILURES as error:
        raise _unreadable(file, error) from error


@contextlib.contextmanager
def _open_text(file: TableFile) -> Iterator[Any]:
    """The bytes of the text."""
    with file.open() as stream:
        if not file.path.name.lower().endswith(".gz"):
            yield stream
            return
        with pa.CompressedInputStream(stream, "gzip") as text:
            yield text


def _convert(columns: list[str] | None = None, types: dict[str, pa.DataType] | None = None) -> pc.ConvertOptions:
    return pc.ConvertOptions(
        null_values=list(MISSING),
        true_values=list(TRUE),  # without "1" and "0": a column of ones and zeros holds numbers
        false_values=list(FALSE),
        strings_can_be_null=True,
        include_columns=columns,
        column_types=types,
    )


def _parse(file: TableFile, columns: list[str], types: dict[str, pa.DataType] | None = None) -> pa.Table:
    # A column without a name can only be told from another one by its place; then all columns are read.
    wanted = columns if set(columns) <= set(_raw_schema(file).names) else None
    try:
        with _open_text(file) as text:
            table = pc.read_csv(text, parse_options=_PARSE, convert_options=_convert(wanted, types))
    except _FAILURES as error:
        raise _unreadable(file, error) from error
    return table if wanted else table.rename_columns(_name_columns(table.column_names)).select(columns)


def _name_columns(names: Sequence[str]) -> list[str]:
    return [name or f"Unnamed: {place}" for place, name in enumerate(names)]  # as pandas.read_csv names them


def _mixtures(table: pa.Table) -> Iterator[str]:
    import pandas as pd  # not above: the host only reads headers

    for field in table.schema:
        if not pa.types.is_string(field.type):
            continue
        column = table.column(field.name)
        first = column.drop_null().slice(0, _FIRST_VALUES).to_pandas()
        if len(first) and pd.to_numeric(first, errors="coerce").notna().mean() > 0.5:
            values = column.to_pandas()
            words = values[values.notna() & pd.to_numeric(values, errors="coerce").isna()]
            if len(words):
                row, word = int(words.index[0]) + 1, str(words.iloc[0])[:40]
                yield (
                    f"Column {field.name!r} holds numbers, but {word!r} in row {row:,} ({len(words):,} such "
                    f"{'row' if len(words) == 1 else 'rows'}); the whole column is read as text."
                )


def _check_separator(path: Path, name: str) -> None:
    for sign, word in OTHER_SEPARATORS.items():
        if sign in name:
            raise DataError(
                f"{path} has one column, named {name[:80]!r}; its values seem to be separated by {word}.",
                remedy="Save it with commas, or as Parquet.",
            )


def _unreadable(file: TableFile, error: Exception) -> DataError:
    path = file.path
    with file.open() as stream:
        wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if wide or isinstance(error, UnicodeDecodeError):
        return _not_utf8(path, "")
    if "Expected" in str(error):
        return _unequal(file, error)
    said = "it holds no line of column names" if "Empty CSV" in str(error) else str(error)
    return DataError(f"{path} cannot be read as comma-separated text: {said}.", remedy="Export the table again.")


def _unequal(file: TableFile, error: Exception) -> DataError:
    path = file.path
    try:  # one thread counts lines; many do not
        one_thread = pc.ReadOptions(use_threads=False)
        with _open_text(file) as text:
            pc.read_csv(text, read_options=one_thread, parse_options=_PARSE, convert_options=_convert())
    except _FAILURES as counted:
        error = counted
    parts = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): (.*)", str(error), re.DOTALL)
    if parts is None:
        return DataError(f"{path} cannot be read as comma-separated text: {error}.", remedy="Export the table again.")
    line, expected, found, held = parts.groups()
    where = f"line {int(line):,} of {path}" if line else f"a line of {path}"
    return DataError(
        f"{where[0].upper()}{where[1:]} has {found} values; expected {expected}. It reads {held[:80]!r}.",
        remedy="Put values that contain a comma, a quote or a line break in double quotes, or save as Parquet.",
    )


def _not_utf8(path: Path, where: str) -> DataError:
    return DataError(f"{path} holds text{where} that is not UTF-8.", remedy="Save it as UTF-8, or as Parquet.")


# ----------------------------------------------------------------------------------------------------

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
        with _open_parquet(file) as parquet:
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
        hint = nearby_hint(path)
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
def _open_parquet(file: TableFile) -> Iterator[Any]:
    try:
        with file.open() as stream, pq.ParquetFile(stream) as parquet:
            yield parquet
    except UnicodeDecodeError as error:
        raise DataError(f"{file.path} has a column whose name is not UTF-8.", remedy="Rename the column.") from error
    except (pa.ArrowException, OSError) as error:
        raise _damage_error(file.path, error) from error


def _parquet_rows(file: TableFile, columns: list[str]) -> tuple[pa.Table, tuple[str, ...]]:
    with _open_parquet(file) as parquet:
        return parquet.read(columns=columns).select(columns), ()


def _damage_error(path: Path, error: Exception) -> DataError:
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
