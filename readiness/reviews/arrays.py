"""Array-likes as named columns: a frame, an array, lists, a table of Arrow's or of Polars'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from readiness.core.errors import DataError
from readiness.core.files import is_utf8
from readiness.core.sanitize import shown

NEARLY_ALL = 0.95
"""Share of common labels from which they count even where one side's are those that pandas gives."""


def as_table(values: Any, role: str, names: Sequence[str] = ()) -> pd.DataFrame:
    """(n, columns) with distinct names, all of them text, and rows numbered from 0.

    Columns without names get `names` where these are as many, else x0, x1 …; names of other kinds become text.

    Raises:
        DataError: not two-dimensional, sparse, two columns of one name, or no rows.
    """
    frame, named = _frame(values, role)
    width = frame.shape[1]
    if named:
        columns = [_text(name) for name in frame.columns]
    else:
        columns = list(names) if len(names) == width else [f"x{place}" for place in range(width)]
    halved = [name for name in columns if not is_utf8(Path(name))]
    if halved:
        raise DataError(
            f"{role} has a column named {shown(halved[0])}, which holds half a character and stands in no file.",
            remedy="Rename the column.",
        )
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(
            f"{role} has more than one column named {', '.join(map(shown, twice[:5]))} (names are compared as text).",
            remedy="Rename or drop all but one: nobody could tell which one is meant.",
        )
    if not len(frame) or not width:
        raise DataError(
            f"{role} has {len(frame)} rows and {width} columns; expected at least one of each.",
            remedy="Give the rows that the model is to be tried on.",
        )
    return frame.set_axis(columns, axis=1).reset_index(drop=True).apply(with_texts)


def as_column(values: Any, role: str, rows: int, of: str) -> pd.Series[Any]:
    """(n,) one value for each of `rows` rows of the table called `of`; keeps its name, if it has one.

    Raises:
        DataError: not one-dimensional, of another length, or with several values in a row.
    """
    column = with_texts(_series(values, role))
    _check_plain(column, role)
    if len(column) != rows:
        raise DataError(
            f"{role} has {len(column):,} values, and {of} has {rows:,} rows; expected one value for each row.",
            remedy="Give both for the same rows, in the same order.",
        )
    return column.reset_index(drop=True)


def interval_places(table: Any) -> list[int]:
    """The columns, by their place, of a table of pandas or a mapping that hold intervals."""
    if isinstance(table, pd.DataFrame):
        table = {place: table.iloc[:, place] for place in range(table.shape[1])}
    columns = list(table.values()) if isinstance(table, Mapping) else []
    return [place for place, column in enumerate(columns) if holds_intervals(pd.Series(column))]


def holds_intervals(values: pd.Series[Any]) -> bool:
    """Whether a column holds intervals, such as `pandas.cut` makes."""
    kind = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
    return isinstance(kind, pd.IntervalDtype) or (
        values.dtype == object and any(isinstance(value, pd.Interval) for value in values)
    )


def with_texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column whose intervals are written out, "(18, 25]", in their order; no table file can hold them otherwise."""
    if not holds_intervals(values):
        return values
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.rename_categories([str(category) for category in values.cat.categories])
    return values.astype(object).map(lambda value: str(value) if isinstance(value, pd.Interval) else value)


def row_labels(values: Any, role: str) -> dict[str, pd.Index[Any]]:
    """The index of everything of pandas in `values`: of a table or a column, of each column of a mapping."""
    if isinstance(values, pd.DataFrame | pd.Series):
        return {role: values.index}
    if isinstance(values, Mapping):
        columns = ((f"{role}[{name!r:.40}]", column) for name, column in values.items())
        return {name: column.index for name, column in columns if isinstance(column, pd.Series)}
    return {}


def check_order(first: pd.Index[Any], second: pd.Index[Any], names: tuple[str, str]) -> None:
    """Refuse labels of rows that both have in different places: their rows do not belong together.

    Labels of which the other has none are no fault: as in scikit-learn, rows are taken by their place. Nor are those
    that pandas gives where nobody gives any, 0 to n - 1, unless the other holds nearly all of these: what comes out
    of a scaler is numbered anew, and the labels of drawn rows are in part the same numbers by chance.

    Raises:
        DataError: a label that both have stands in different places.
    """
    if len(first) != len(second) or first.equals(second):
        return
    codes, _ = first.append(second).factorize()
    a, b = codes[: len(first)], codes[len(first) :]
    other = a != b
    same_labels = bool(np.array_equal(np.sort(a[other]), np.sort(b[other])))
    if np.isin(a, b).mean() < NEARLY_ALL and any(index.equals(pd.RangeIndex(len(index))) for index in (first, second)):
        return
    moved = np.flatnonzero(other & (a >= 0) & np.isin(a, b[other]))  # a missing label has no place
    if not len(moved):
        return
    row = int(moved[0])
    there = int(np.flatnonzero(other & (b == a[row]))[0])
    found = "the same index labels in another order" if same_labels else "index labels in common, in different places"
    raise DataError(
        f"{names[0]} and {names[1]} have {found}: {shown(first[row])} in row {row:,} of {names[0]} and in row "
        f"{there:,} of {names[1]} (counted from 0); rows are taken by their place.",
        remedy=(
            f"Bring both into one order: {names[1]}.loc[{names[0]}.index]. "
            if same_labels
            else "Give both for the same rows, in the same order. "
        )
        + f"If their rows belong together as they stand, say so: {names[1]}.reset_index(drop=True).",
    )


def _text(name: object) -> str:
    return "_".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _frame(values: Any, role: str) -> tuple[pd.DataFrame, bool]:
    """The values as a frame, and whether its columns came with names."""
    if isinstance(values, pd.DataFrame):
        return values, True
    if isinstance(values, pd.Series | pd.Index | str | bytes) or values is None:
        raise _not_two(role, type(values).__name__)
    if type(values).__module__.startswith("scipy.sparse"):
        raise DataError(
            f"{role} is a sparse matrix; a review reads columns.",
            remedy="Put what creates it into the model's pipeline and give the rows before it, or use .toarray().",
        )
    if (arrow := _arrow(values)) is not None:
        columns = {str(place): arrow.column(place).to_pandas() for place in range(arrow.num_columns)}
        return pd.DataFrame(columns).set_axis(arrow.column_names, axis=1), True
    try:
        return _plain_frame(values, role)
    except (TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(
            f"{role} ({type(values).__name__}) cannot be read as a table: {said}.",
            remedy="Give a DataFrame, or an array of rows and columns.",
        ) from error


def _arrow(values: Any) -> pa.Table | None:
    """A table of Arrow's, of Polars', or of whatever else can hand itself over to Arrow."""
    if isinstance(values, pa.Table):
        return values
    if isinstance(values, pa.RecordBatch):
        return pa.Table.from_batches([values])
    if hasattr(values, "__arrow_c_stream__"):
        return pa.table(values)
    if hasattr(values, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return from_dataframe(values)
    return None


def _plain_frame(values: Any, role: str) -> tuple[pd.DataFrame, bool]:
    if isinstance(values, Mapping):
        return pd.DataFrame({name: _series(column, f"{role}[{name!r:.40}]") for name, column in values.items()}), True
    if isinstance(values, list | tuple):
        if values and not hasattr(values[0], "__len__"):
            raise _not_two(role, "one-dimensional")
        if values and isinstance(values[0], str | bytes):
            raise _not_two(role, "a list of texts")
        rows = [_without_mask(row) for row in values]
        return pd.DataFrame(rows), bool(values) and isinstance(values[0], Mapping)
    array = _without_mask(np.asanyarray(values))
    if array.ndim != 2:
        raise _not_two(role, f"{array.ndim}-dimensional")
    return pd.DataFrame(array), False


def _series(values: Any, role: str) -> pd.Series[Any]:
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, pd.DataFrame) or getattr(values, "ndim", 1) > 1:
        shape = " × ".join(f"{size:,}" for size in np.shape(values))
        raise DataError(
            f"{role} is a table of {shape}; expected one value for each row.",
            remedy="Name the one column, or use .ravel(); a model with several outputs has one review for each.",
        )
    if isinstance(values, str | bytes | Mapping) or not (hasattr(values, "__len__") or hasattr(values, "__array__")):
        raise DataError(f"{role} is {type(values).__name__}; expected one value for each row.")
    if hasattr(values, "to_pandas"):
        return pd.Series(values.to_pandas())
    if isinstance(values, list | tuple) and any(isinstance(value, list | tuple) for value in values[:1]):
        raise DataError(f"{role} holds lists; expected one value for each row.", remedy="Use one column of it.")
    if isinstance(values, list | tuple):
        values = _without_mask(values)
    if isinstance(values, list | tuple | pd.api.extensions.ExtensionArray | pd.Index):
        return pd.Series(values).reset_index(drop=True)
    array = _without_mask(np.asanyarray(values))
    if array.ndim != 1:
        raise DataError(f"{role} is {array.ndim}-dimensional; expected one value for each row.")
    return pd.Series(array)


def _check_plain(column: pd.Series[Any], role: str) -> None:
    """Refuse what can be neither compared nor counted: lists, records and the like."""
    odd = [value for value in column if not _is_one_value(value)] if column.dtype == object else []
    if odd:
        first = type(odd[0])
        kind = {list: "lists", tuple: "tuples", dict: "records", set: "sets", np.ndarray: "arrays"}.get(first)
        raise DataError(
            f"{role} holds {kind or f'objects of the kind {first.__name__:.60}'}; expected one value for each row.",
            remedy="Take one value of each, or name another column.",
        )


def _is_one_value(value: object) -> bool:
    return isinstance(value, str | bytes) or (type(value).__hash__ is not None and not hasattr(value, "__len__"))


def _without_mask(values: Any) -> Any:
    """Plain values, with a gap wherever a masked array, or a list, holds no value: what is masked is not known."""
    if isinstance(values, list | tuple):
        gaps = any(value is np.ma.masked for value in values)
        return [None if value is np.ma.masked else value for value in values] if gaps else values
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values) if isinstance(values, np.ndarray) else values
    data, mask = np.array(values.data), np.ma.getmaskarray(values)
    if not mask.any() or data.dtype.names is not None:
        return data
    if data.dtype.kind in "Mm":
        data[mask] = np.datetime64("NaT") if data.dtype.kind == "M" else np.timedelta64("NaT")
        return data
    kinds: dict[str, Any] = {"f": data.dtype, "i": np.float64, "u": np.float64}
    data = data.astype(kinds.get(data.dtype.kind, object))
    data[mask] = None if data.dtype == object else np.nan
    return data


def _not_two(role: str, found: str) -> DataError:
    return DataError(
        f"{role} is {found}; expected rows and columns, such as a DataFrame.",
        remedy="A single feature is a table of one column: X.reshape(-1, 1), or frame[['name']].",
    )
