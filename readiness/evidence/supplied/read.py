"""Supplied predictions and calls as numbers: everything is checked; a doubt is told, never mended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from readiness.core.errors import DataError
from readiness.core.sanitize import nearest, shown
from readiness.evidence import tables
from readiness.evidence.baselines import from_columns
from readiness.evidence.evidence import Elsewhere, SuppliedRepeat
from readiness.evidence.row_hashes import read_hashes
from readiness.evidence.supplied.log import check_calls, check_file, read_log
from readiness.evidence.target import Rows, Target
from readiness.evidence.workers.worker import Scores
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import FoldColumns, PredictionColumns, Spec, SuppliedLatency
from readiness.spec.supplied_checks import ORDER_REMEDY, PARQUET, column_names, order_unknown

# ----------------------------------------------------------------------------------------------------
# Supplied repeats that cannot be refits on folds drawn anew: copies, constants and folds that hardly differ.

MOST_OVERLAP = 0.9
"""Share of rows that two repeats may have in the same fold; folds drawn anew share about one row in k."""
ROWS_COMPARED = 10_000
"""Rows by which two divisions into folds are compared; a sample above."""


def check_repeats(found: Sequence[SuppliedRepeat]) -> None:
    """Refuse what no refits on folds drawn anew would give.

    Raises:
        DataError: another number of folds, the same folds but for a few rows, one prediction for all rows, or the
            same scores or values in two repeats.
    """
    _check_counts(found)
    for k, repeat in enumerate(found, 1):
        _check_varied(repeat.said, k)
    for (i, a), (j, b) in combinations(enumerate(found, 1), 2):
        _check_drawn_anew(a.fold, b.fold, f"supplied.folds: repeats {i} and {j}")
        if (values := _values(a.said)) is not None and np.array_equal(values, _values(b.said)):  # type: ignore[arg-type]
            raise DataError(
                f"supplied.folds: repeats {i} and {j} hold the same predictions, to the last digit.",
                remedy="Refits on other rows never agree so: name the columns of each repeat.",
            )


def find_copied_labels(found: Sequence[SuppliedRepeat]) -> str:
    """Which repeats, of labels alone, say the same of every row, as copies would; empty when none do."""
    for (i, a), (j, b) in combinations(enumerate(found, 1), 2):
        if _values(a.said) is None and np.array_equal(a.said.predicted, b.said.predicted):
            return f"repeats {i} and {j} give every row the same label, as a copy would; scores would tell"
    return ""


def overlap(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Share of rows in the same fold, 0 to 1, when the folds of one division are matched with those of the other so
    that it is largest. Names of folds make no difference.
    """
    from scipy.optimize import linear_sum_assignment  # only where folds were supplied

    if len(a) > ROWS_COMPARED:
        rows = np.random.default_rng(0).choice(len(a), ROWS_COMPARED, replace=False)
        a, b = a[rows], b[rows]
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / len(a))


def _values(said: Scores) -> NDArray[np.float64] | None:
    """What two refits cannot agree in by chance: scores or values; None when there are labels alone."""
    if said.scores is not None:
        return said.scores
    return said.predicted if np.issubdtype(said.predicted.dtype, np.floating) else None


def _check_counts(found: Sequence[SuppliedRepeat]) -> None:
    counts = [int(repeat.fold.max()) + 1 for repeat in found]
    if len(set(counts)) > 1:
        odd = next(k for k, count in enumerate(counts, 1) if count != counts[0])
        raise DataError(
            f"supplied.folds: repeat 1 has {counts[0]} folds, and repeat {odd} has {counts[odd - 1]}.",
            remedy="Give the same number of folds in each repeat.",
        )


def _check_varied(said: Scores, k: int) -> None:
    values = _values(said)
    values = said.predicted if values is None else values
    if (values == values[:1]).all():
        raise DataError(
            f"supplied.folds, repeat {k}: all rows have the same prediction.",
            remedy="A constant is no refit of the candidate: name the columns with what the refits said.",
        )


def _check_drawn_anew(a: NDArray[np.int64], b: NDArray[np.int64], who: str) -> None:
    shared = overlap(a, b)
    if shared > MOST_OVERLAP:
        where = "" if shared == 1 else f" in {100 * shared:.4g} % of the rows"
        raise DataError(
            f"{who} have the same folds{where}.",
            remedy="A repeat draws its folds anew; refits on the same folds that differ in their seed say less.",
        )


# ----------------------------------------------------------------------------------------------------

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
    return SuppliedRepeat(_folds(frame[columns.fold], where), _read_scores(spec, columns, frame, target, where))


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


def _read_scores(spec: Spec, columns: PredictionColumns, frame: pd.DataFrame, target: Target, where: str) -> Scores:
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
        _read_scores(spec, columns, frame, target, f"supplied.seeds, refit {k}")
        for k, columns in enumerate(given.refits, 1)
    )


__all__ = ["column_of_log", "read_calls", "read_supplied"]
