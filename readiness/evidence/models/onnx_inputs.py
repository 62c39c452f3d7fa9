"""How do the columns of a table become the inputs that an ONNX graph declares? Exactly, or not at all.

A graph declares the type of each input. What cannot become it without loss or guessing (a gap where whole numbers
are taken, a number where text is taken) is refused in words: another library would have to refuse it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.exceptions import ModelError
from readiness.hints import shown

NUMBERS = {
    "float": "float32", "double": "float64", "float16": "float16", "int64": "int64", "int32": "int32",
    "int16": "int16", "int8": "int8", "uint64": "uint64", "uint32": "uint32", "uint16": "uint16", "uint8": "uint8",
    "bool": "bool",
}  # fmt: skip
"""NumPy's name of each type of numbers, by ONNX's."""
TEXT = "string"
LOADER = "Name a loader that prepares its inputs: model.loader: package.module:function."


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a graph."""

    name: str
    kind: str
    """ONNX's name of its type, such as float or string."""
    rank: int
    """1: values of one column; 2: rows and columns."""
    columns: int | None
    """Values for each row; None: any number."""
    one_row: bool
    """Whether it takes one row at a time."""

    @classmethod
    def of(cls, name: str, declared: str, shape: Sequence[Any]) -> Input:
        """What onnxruntime tells of an input: its name, a type such as "tensor(float)", and a shape.

        Raises:
            ModelError: it takes something other than a table of numbers or text.
        """
        kind = declared.removeprefix("tensor(").removesuffix(")")
        if not declared.startswith("tensor(") or (kind not in NUMBERS and kind != TEXT) or len(shape) not in (1, 2):
            raise ModelError(
                f"The ONNX model takes {shown(name)} as {declared} of the shape {_shape(shape)}; expected rows and "
                "columns of numbers or text.",
                remedy=LOADER,
            )
        rows, columns = shape[0], (1 if len(shape) == 1 else shape[1])
        if isinstance(rows, int) and rows > 1:
            raise ModelError(
                f"The ONNX model takes exactly {rows:,} rows at a time in {shown(name)}; expected any number, or one.",
                remedy="Export it with a first dimension that is not fixed.",
            )
        width = columns if isinstance(columns, int) and columns > 0 else None
        return cls(name, kind, len(shape), width, isinstance(rows, int) and rows == 1)

    def from_columns(self, values: Sequence[Any], names: Sequence[str]) -> NDArray[Any]:
        """(n,) or (n, k) in the type of this input, from k columns of n values.

        Raises:
            ValueError: a column that cannot become this type.
        """
        parts = [convert(column, self.kind, name) for column, name in zip(values, names, strict=True)]
        return parts[0] if self.rank == 1 else np.column_stack(parts)

    def from_array(self, values: NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the type of this input, from an array without names.

        Raises:
            ValueError: another number of columns, or one that cannot become this type.
        """
        if values.ndim != 2 or (self.columns is not None and values.shape[1] != self.columns):
            raise ValueError(f"the ONNX model takes {self.columns} columns, and was given the shape {values.shape}")
        if self.kind in NUMBERS and values.dtype.kind in "fiub":  # one pass for all columns
            return _numbers(values, self.kind, "the table")
        names = [f"number {place + 1}" for place in range(values.shape[1])]
        return self.from_columns(list(values.T), names)


def convert(values: Any, kind: str, name: str) -> NDArray[Any]:
    """(n,) values of a column as `kind`, one of ONNX's type names.

    Raises:
        ValueError: naming the column, what it holds, and what the model takes.
    """
    where = f"the column {shown(name)}"
    series = pd.Series(values)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    if kind == TEXT:
        return _text(series, where)
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        raise ValueError(f"{where} holds dates; the ONNX model takes numbers ({kind}) there")
    if pd.api.types.is_numeric_dtype(series.dtype) and not isinstance(series.dtype, np.dtype):
        series = _plain(series)  # pandas' own types that know gaps
    array = series.to_numpy()
    if array.dtype.kind not in "fiub":
        array = _from_objects(array, where, kind)
    return _numbers(array, kind, where)


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    if series.isna().any():
        return pd.Series(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return pd.Series(series.to_numpy(dtype=series.dtype.numpy_dtype))  # type: ignore[union-attr]


def _text(series: pd.Series[Any], where: str) -> NDArray[Any]:
    array = series.to_numpy(dtype=object)
    if series.isna().any():
        raise ValueError(f"{where} holds missing values; the ONNX model takes text there, which knows none")
    if stranger := next((each for each in array if not isinstance(each, str)), None):
        raise ValueError(f"{where} holds {type(stranger).__name__} values; the ONNX model takes text there")
    if any(not isinstance(each, str) for each in array):  # zero and False, which the line above passes over
        raise ValueError(f"{where} holds values that are no text; the ONNX model takes text there")
    return array


def _from_objects(array: NDArray[Any], where: str, kind: str) -> NDArray[Any]:
    if any(isinstance(each, str | bytes) for each in array):
        raise ValueError(f"{where} holds text; the ONNX model takes numbers ({kind}) there")
    gaps = np.asarray(pd.isna(array))
    try:
        if not gaps.any() and all(isinstance(each, int | np.integer) for each in array):
            return np.array([int(each) for each in array], dtype=np.int64)  # floats would round large numbers
        return np.array([np.nan if gap else float(each) for each, gap in zip(array, gaps, strict=True)])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{where} holds values that are no numbers; the ONNX model takes {kind} there") from error


def _numbers(array: NDArray[Any], kind: str, where: str) -> NDArray[Any]:
    wanted = np.dtype(NUMBERS[kind])
    if wanted.kind == "f":
        with np.errstate(over="ignore"):  # what is too large for single precision is infinite to the model
            return array.astype(wanted)
    if array.dtype.kind == "f":
        if np.isnan(array).any():
            raise ValueError(f"{where} holds missing values; the ONNX model takes {kind} there, which knows none")
        if not (array == np.trunc(array)).all():
            raise ValueError(f"{where} holds fractions; the ONNX model takes {kind} there")
    low, high = (0, 1) if wanted.kind == "b" else (int(np.iinfo(wanted).min), int(np.iinfo(wanted).max))
    if array.size and not (low <= int_of(array.min()) and int_of(array.max()) <= high):
        raise ValueError(f"{where} holds values outside {low:,} to {high:,}; the ONNX model takes {kind} there")
    return array.astype(wanted)


def int_of(value: Any) -> float | int:
    """A number for comparing, without rounding whole ones; infinities stay."""
    return int(value) if np.isfinite(value) else float(value)


def _shape(shape: Sequence[Any]) -> str:
    return " × ".join("any" if each is None else str(each) for each in shape) or "none"
