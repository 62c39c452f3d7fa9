"""How do supplied predictions and calls become numbers? Everything is checked; a doubt is told, never mended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from readiness.evidence import tables
from readiness.evidence.alternatives import from_columns
from readiness.evidence.candidates import Scores
from readiness.evidence.supplied.log import check_calls, check_file, read_log
from readiness.evidence.supplied.measurements import Elsewhere, SuppliedRepeat
from readiness.evidence.supplied.repeats import check_repeats
from readiness.evidence.targets import Target
from readiness.evidence.training_hashes import read_hashes
from readiness.evidence.usable_rows import Rows
from readiness.exceptions import DataError
from readiness.hints import nearest, shown
from readiness.spec import PredictionColumns, Spec
from readiness.spec.reading import LoadedSpec
from readiness.spec.supplied import FoldColumns, SuppliedLatency
from readiness.spec.supplied_checks import ORDER_REMEDY, PARQUET, column_names, order_unknown

MOST_FOLDS = 50
"""As many as `stability.folds` may ask for; more distinct values are no folds."""
MOST_CALLS = 10_000_000


def read_supplied(loaded: LoadedSpec, target: Target, test: Rows, train: Rows | None) -> Elsewhere:
    """Read and check everything that the spec supplies as rows or calls.

    Raises:
        DataError: rows, columns, folds, predictions or times that are not what the spec says.
    """
    given = loaded.spec.supplied
    repeats, digest = ((), "") if given.folds is None or train is None else _repeats(loaded, target, train)
    return Elsewhere(
        repeats,
        () if given.seeds is None else _seeds(loaded, target, test.frame),
        None if given.latency is None else read_calls(loaded, given.latency),
        digest,
        None if given.training_rows is None else read_hashes(loaded.resolve(given.training_rows.path)),
    )


def read_calls(loaded: LoadedSpec, given: SuppliedLatency) -> NDArray[np.float64]:
    """(calls,) milliseconds in their order.

    Raises:
        DataError: as `read_log`; or a Parquet file whose column is not known or holds no times.
    """
    path = loaded.resolve(given.path)
    if not path.name.lower().endswith(PARQUET):
        return np.array(read_log(path))
    check_file(path)
    head = tables.header(path)
    if head.rows is not None and head.rows > MOST_CALLS:
        raise DataError(
            f"{path} holds {head.rows:,} calls; expected at most {MOST_CALLS:,}.", remedy="Give fewer calls."
        )
    column = column_of_log(path, head.columns, given.column)
    times = _column_of(path, column)
    bad = ~(np.isfinite(times) & (times > 0))
    if bad.any():
        raise DataError(
            f"{path}: {int(bad.sum()):,} rows of {shown(column)} hold no positive time, first row "
            f"{int(np.argmax(bad)) + 1:,} with {shown(float(times[np.argmax(bad)]))}.",
            remedy="Write one time in milliseconds in each row.",
        )
    check_calls(path, len(times))
    return times


def column_of_log(path: Path, columns: tuple[str, ...], named: str | None) -> str:
    """The column with the times: the named one, or the only one.

    Raises:
        DataError: there is no such column, or more than one and none is named.
    """
    if named is None and len(columns) != 1:
        raise DataError(
            f"{path} has {len(columns)} columns, and the spec names none of them.",
            remedy="Name the one with the times in supplied.latency.column.",
        )
    column = columns[0] if named is None else named
    if column not in columns:
        raise DataError(f"{path} has no column {shown(column)}{nearest(column, columns)}")
    return column


def _column_of(path: Path, column: str) -> NDArray[np.float64]:
    try:
        with pa.OSFile(os.fsencode(path)) as file:  # a name need not be UTF-8
            values = pq.read_table(file, columns=[column]).column(column)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}", remedy="Export the log again.") from error
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(
            f"{path}: the column {shown(column)} holds {kind}; expected numbers, in milliseconds.",
            remedy="Name another column in supplied.latency.column, or write milliseconds as plain numbers.",
        )
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _repeats(loaded: LoadedSpec, target: Target, train: Rows) -> tuple[tuple[SuppliedRepeat, ...], str]:
    """The repeats, and the digest of the table of their own if they have one."""
    given = loaded.spec.supplied.folds
    assert given is not None
    frame, digest = (train.frame, "") if given.table is None else _table_of_folds(loaded, target, train)
    found = [_repeat(loaded.spec, k, repeat, frame, target) for k, repeat in enumerate(given.repeats, 1)]
    check_repeats(found)
    return tuple(found), digest


def _repeat(spec: Spec, k: int, columns: FoldColumns, frame: pd.DataFrame, target: Target) -> SuppliedRepeat:
    where = f"supplied.folds, repeat {k}"
    return SuppliedRepeat(_folds(frame[columns.fold], where), _said(spec, columns, frame, target, where))


def _folds(values: pd.Series, where: str) -> NDArray[np.int64]:
    if tables.holds_many(values):
        raise DataError(
            f"{where}: the column {shown(values.name)} holds lists or records; expected one fold for each row."
        )
    codes, found = pd.factorize(values, sort=True)
    if (missing := int((codes < 0).sum())) > 0:
        raise DataError(
            f"{where}: {missing:,} rows have no fold in {shown(values.name)}, "
            f"first usable row {int(np.argmin(codes)) + 1:,}.",
            remedy="Each row of data.train is predicted once in each repeat, by a refit that had not seen it.",
        )
    if not 2 <= len(found) <= MOST_FOLDS:
        raise DataError(
            f"{where}: the column {shown(values.name)} has {len(found):,} different values; "
            f"expected 2 to {MOST_FOLDS} folds.",
            remedy="Name the column that says in which fold a row was predicted.",
        )
    return codes.astype(np.int64)


def _said(spec: Spec, columns: PredictionColumns, frame: pd.DataFrame, target: Target, where: str) -> Scores:
    threshold = None if columns.score is None else spec.model.threshold
    try:
        said = from_columns(columns, frame, target, threshold)
    except DataError as error:
        said_so = error.message.replace("model.predictions.", "")
        raise DataError(f"{where}: {said_so}", remedy="Every row needs a prediction: mend the columns.") from None
    metric = spec.primary_metric(target.task)
    if metric.needs == "probabilities" and not said.is_probability:
        raise DataError(
            f"{where}: the scores are no probabilities: they lie outside 0 to 1, or do not add up to 1.",
            remedy=f"Give probabilities, which {metric.title} is computed from, or choose another baseline.metric.",
        )
    return said


def _table_of_folds(loaded: LoadedSpec, target: Target, train: Rows) -> tuple[pd.DataFrame, str]:
    """The usable rows of the table of its own, in step with those of data.train, and its digest."""
    given, data = loaded.spec.supplied.folds, loaded.spec.data
    assert given is not None
    path = loaded.resolve(given.table or "")
    wanted = [column for repeat in given.repeats for column in column_names(repeat).values()]
    head = tables.header(path).columns
    named = [name for name in (data.target, data.id) if name is not None and name in head]
    known = [name for name in named if name in train.frame]
    if not known:
        raise DataError(f"{path} {order_unknown(loaded.spec)}.", remedy=ORDER_REMEDY)
    table = tables.read(path, list(dict.fromkeys([*wanted, *known])))
    frame = table.frame
    if len(frame) != train.read:
        raise DataError(
            f"{path} has {len(frame):,} rows, and data.train has {train.read:,}.",
            remedy="supplied.folds.table needs one row for each row of data.train, in its order.",
        )
    frame = frame if train.kept is None else frame.loc[train.kept].reset_index(drop=True)
    for name in known:
        if name == data.target:
            differs = target.coded(frame[name], f"The target {shown(name)} of supplied.folds.table") != train.target
        else:
            differs = _other_names(frame[name], train.frame[name])
        _check_order(path, name, differs)
    return frame, table.sha256


def _other_names(given: pd.Series[Any], wanted: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which rows have another data.id; numbers are compared as numbers, anything else as it is written."""
    are_numbers = all(pd.api.types.is_numeric_dtype(names) for names in (given, wanted))
    a, b = (names if are_numbers else names.astype("string") for names in (given, wanted))
    same = (a == b).fillna(False).to_numpy(dtype=bool) | (a.isna() & b.isna()).to_numpy()
    return np.asarray(~same)


def _check_order(path: Path, name: str, differs: NDArray[np.bool_]) -> None:
    if differs.any():
        raise DataError(
            f"{path} has another {shown(name)} than data.train in {int(differs.sum()):,} rows, "
            f"first in row {int(np.argmax(differs)) + 1:,} of those that can be used.",
            remedy="Its rows must be those of data.train, in the same order.",
        )


def _seeds(loaded: LoadedSpec, target: Target, frame: pd.DataFrame) -> tuple[Scores, ...]:
    given, spec = loaded.spec.supplied.seeds, loaded.spec
    assert given is not None
    return tuple(
        _said(spec, columns, frame, target, f"supplied.seeds, refit {k}") for k, columns in enumerate(given.refits, 1)
    )


__all__ = ["column_of_log", "read_calls", "read_supplied"]
