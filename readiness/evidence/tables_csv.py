"""How is comma-separated text read? By pyarrow, with the words for "missing" that pandas knows."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from readiness.evidence.table_files import TableFile
from readiness.exceptions import DataError

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
    return pa.schema([field.with_name(name) for field, name in zip(raw, _named(raw.names), strict=True)])


def csv_rows(file: TableFile, columns: list[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The named columns, and a note for each that turns from numbers to text on the way.

    Raises:
        DataError: lines of unequal length (the line is named) or text that is not UTF-8 (the column is named).
    """
    table = _parsed(file, columns)
    clock = [field.name for field in table.schema if pa.types.is_time(field.type)]
    if clock:  # pandas leaves times of day as text, and so do the models trained from it
        table = _parsed(file, columns, dict.fromkeys(clock, pa.string()))
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise _not_utf8(file.path, f" in the column {field.name!r}")
    return table, tuple(_mixtures(table))


def _raw_schema(file: TableFile) -> pa.Schema:
    try:
        with _opened(file) as text, pc.open_csv(text, parse_options=_PARSE, convert_options=_convert()) as stream:
            schema: pa.Schema = stream.schema
            schema.names  # noqa: B018  # decoded on access
            return schema
    except _FAILURES as error:
        raise _unreadable(file, error) from error


@contextlib.contextmanager
def _opened(file: TableFile) -> Iterator[Any]:
    """The bytes of the text."""
    with file.opened() as stream:
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


def _parsed(file: TableFile, columns: list[str], types: dict[str, pa.DataType] | None = None) -> pa.Table:
    # A column without a name can only be told from another one by its place; then all columns are read.
    wanted = columns if set(columns) <= set(_raw_schema(file).names) else None
    try:
        with _opened(file) as text:
            table = pc.read_csv(text, parse_options=_PARSE, convert_options=_convert(wanted, types))
    except _FAILURES as error:
        raise _unreadable(file, error) from error
    return table if wanted else table.rename_columns(_named(table.column_names)).select(columns)


def _named(names: Sequence[str]) -> list[str]:
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
    with file.opened() as stream:
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
        with _opened(file) as text:
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
