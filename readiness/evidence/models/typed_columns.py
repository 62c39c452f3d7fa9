"""Columns of a table as the types that an ONNX graph declares: exactly, or not at all.

What cannot become the declared type without loss or guessing (a gap where whole numbers are taken, a number where text
is taken) is refused in words: another library would have to refuse it, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.sanitize import shown

TEXT = "string"
NUMBERS = {"float": "float32", "double": "float64", "float16": "float16", "bool": "bool"} | {
    f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""NumPy's name of each type of numbers, by ONNX's."""


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
        return _check_text(series, where)
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        raise ValueError(f"{where} holds dates; the ONNX model takes numbers ({kind}) there")
    if pd.api.types.is_numeric_dtype(series.dtype) and not isinstance(series.dtype, np.dtype):
        # pandas' own types know gaps; without one they become NumPy's type of the same width, so nothing is rounded
        exact = None if series.isna().any() else series.dtype.numpy_dtype  # type: ignore[attr-defined]
        array = series.to_numpy(exact) if exact else series.to_numpy(np.float64, na_value=np.nan)
    else:
        array = series.to_numpy()
    return convert_numbers(array if array.dtype.kind in "fiub" else _read_objects(array, where, kind), kind, where)


def _check_text(series: pd.Series[Any], where: str) -> NDArray[Any]:
    array = series.to_numpy(dtype=object)
    if series.isna().any():
        raise ValueError(f"{where} holds missing values; the ONNX model takes text there, which knows none")
    if strange := [type(each).__name__ for each in array if not isinstance(each, str)]:
        raise ValueError(f"{where} holds {strange[0]} values; the ONNX model takes text there")
    return array


def _read_objects(array: NDArray[Any], where: str, kind: str) -> NDArray[Any]:
    """Numbers that stand in a column of objects, beside gaps perhaps."""
    if any(isinstance(each, str | bytes) for each in array):
        raise ValueError(f"{where} holds text; the ONNX model takes numbers ({kind}) there")
    gaps = np.asarray(pd.isna(array))
    try:
        if not gaps.any() and all(isinstance(each, int | np.integer) for each in array):
            return np.array([int(each) for each in array], dtype=np.int64)  # floats would round large numbers
        return np.array([np.nan if gap else float(each) for each, gap in zip(array, gaps, strict=True)])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{where} holds values that are no numbers; the ONNX model takes {kind} there") from error


def convert_numbers(array: NDArray[Any], kind: str, where: str) -> NDArray[Any]:
    """The same numbers as `kind`; `where` begins the words of a refusal.

    Raises:
        ValueError: gaps, fractions or values that the type has no room for.
    """
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
    # Compared as Python's integers: in double precision the largest of 64 bits would be rounded up.
    ends = [int(end) if np.isfinite(end) else float(end) for end in (array.min(), array.max())] if array.size else []
    if not all(low <= end <= high for end in ends):
        raise ValueError(f"{where} holds values outside {low:,} to {high:,}; the ONNX model takes {kind} there")
    return array.astype(wanted)
