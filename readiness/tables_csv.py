"""How is comma-separated text read? By pyarrow, with the words for "missing" that pandas knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc

from readiness.exceptions import DataError

# The words that `pandas.read_csv` takes for a gap: the person who trained the model most likely used it.
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
TRUE, FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")

_PARSE = pc.ParseOptions(newlines_in_values=True)


def csv_schema(path: Path) -> pa.Schema:
    """Column names and types as the first block shows them.

    Raises:
        DataError: not comma-separated UTF-8 text.
    """
    try:
        with pc.open_csv(path, parse_options=_PARSE, convert_options=_convert()) as stream:
            schema = stream.schema
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from error
    _check_separator(path, schema.names)
    return pa.schema([field.with_name(name) for field, name in zip(schema, _named(schema.names), strict=True)])


def csv_rows(path: Path, columns: list[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The named columns, and a note for each that changes its kind on the way.

    Raises:
        DataError: lines of unequal length (the line is named) or text that is not UTF-8 (the column is named).
    """
    table = _parsed(path)
    table = table.rename_columns(_named(table.column_names)).select(columns)
    clock = [field.name for field in table.schema if pa.types.is_time(field.type)]
    for name in clock:  # pandas leaves times of day as text, and so do the models trained from it
        table = table.set_column(columns.index(name), name, _as_text(path, name))
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise _not_utf8(path, f"column {field.name!r}")
    notes = (_mixed(name, table.column(name)) for name in columns if pa.types.is_string(table.schema.field(name).type))
    return table, tuple(note for note in notes if note)
