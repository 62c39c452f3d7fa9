"""Whether supplied files and columns exist, before a kernel starts; of a text log every line is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from readiness.core.errors import InputError
from readiness.core.sanitize import nearest, shown
from readiness.evidence.supplied.log import check_file, read_log
from readiness.evidence.tables import TableHeader, header
from readiness.spec.load import LoadedSpec
from readiness.spec.supplied_checks import PARQUET, column_names, entries, order_unknown
from readiness.spec.yaml import KeyPath

Fault = tuple[KeyPath, str]
_LOG: KeyPath = ("supplied", "latency", "path")
_HASHES: KeyPath = ("supplied", "training_rows", "path")
_TABLE: KeyPath = ("supplied", "folds", "table")


def supplied_faults(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """What is wrong with the files under `supplied`: missing ones, missing columns, lines that are no times."""
    folds, latency = loaded.spec.supplied.folds, loaded.spec.supplied.latency
    if folds is not None and folds.table is not None:
        yield from _of_table(loaded, folds.table, heads.get("train"))
    if latency is not None:
        try:
            yield from _of_log(loaded, latency.path, latency.column)
        except InputError as error:
            yield _LOG, _in_one_line(error)
    if loaded.spec.supplied.training_rows is not None:
        yield from _of_hashes(loaded, loaded.spec.supplied.training_rows.path, heads.get("test"))


def _of_hashes(loaded: LoadedSpec, path: str, test: TableHeader | None) -> Iterator[Fault]:
    try:
        from readiness.evidence.row_hashes import read_hashes  # loads what hashes

        columns = read_hashes(loaded.resolve(path)).columns
    except InputError as error:
        yield _HASHES, _in_one_line(error)
        return
    missing = [name for name in columns if test is not None and name not in test.columns]
    if missing and test is not None:
        text = f"hashes the column {shown(missing[0])}, which data.test does not have"
        yield _HASHES, f"{text}{nearest(missing[0], test.columns)}"


def _of_table(loaded: LoadedSpec, path: str, train: TableHeader | None) -> Iterator[Fault]:
    try:
        head = header(loaded.resolve(path))
    except InputError as error:
        yield _TABLE, _in_one_line(error)
        return
    spec = loaded.spec
    for key, columns in entries(spec):
        for part, name in column_names(columns).items() if key[1] == "folds" else ():
            if name not in head.columns:
                text = f"the table {head.path.name} has no column {shown(name)}{nearest(name, head.columns)}"
                yield (*key, *part.split(".", 1)), text
    rows_named = spec.data.id in head.columns and (train is None or spec.data.id in train.columns)
    if spec.data.target not in head.columns and not rows_named:
        yield _TABLE, order_unknown(spec)
    if train is not None and None not in (train.rows, head.rows) and train.rows != head.rows:
        text = f"has {head.rows:,} rows; expected one for each of the {train.rows:,} rows of data.train, in its order"
        yield _TABLE, text


def _of_log(loaded: LoadedSpec, given: str, named: str | None) -> Iterator[Fault]:
    path = loaded.resolve(given)
    if not path.name.lower().endswith(PARQUET):
        read_log(path)
        return
    check_file(path)
    columns = header(path).columns
    if named is None and len(columns) > 1:
        yield _LOG, f"{path.name} has {len(columns)} columns; name the one with the times in supplied.latency.column"
    if named is not None and named not in columns:
        yield (*_LOG[:2], "column"), f"{path.name} has no column {shown(named)}{nearest(named, columns)}"


def _in_one_line(error: InputError) -> str:
    return " ".join(part.strip() for part in (error.message, error.remedy) if part).rstrip(".")
