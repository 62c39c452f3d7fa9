"""Can every text of a table be shown? A Parquet file may hold bytes that are no UTF-8, which shows only later."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from readiness.evidence.tables import PARQUET_SUFFIXES, TableHeader
from readiness.hints import shown

_ROWS = 65_536
_TEXTS = ("string", "large_string", "string_view", "dictionary<values=string", "dictionary<values=large_string")


def unreadable_columns(head: TableHeader, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Columns among `columns` whose text is not UTF-8, each with what is wrong; of CSV files that is told elsewhere."""
    types = dict(zip(head.columns, head.types, strict=True))
    texts = [name for name in columns if types.get(name, "").startswith(_TEXTS)]
    if not texts or not head.path.name.lower().endswith(PARQUET_SUFFIXES):
        return
    left = dict.fromkeys(texts)
    with pa.OSFile(os.fsencode(head.path)) as stream, pq.ParquetFile(stream) as file:
        row = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=texts):
            for name in tuple(left):
                if not _is_utf8(batch.column(name)):
                    del left[name]
                    yield name, _words(name, head, row, batch.num_rows)
            row += batch.num_rows


def _is_utf8(values: pa.Array) -> bool:
    try:
        (values.dictionary if isinstance(values, pa.DictionaryArray) else values).validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _words(name: str, head: TableHeader, first: int, rows: int) -> str:
    where = f"between rows {first + 1:,} and {first + rows:,}"
    return f"the column {shown(name)} of {head.path.name} holds text that is not UTF-8, {where}; export the table again"
