"""Which rows are the same in two tables? Rows as 64-bit hashes of their values, however numbers are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
MIXER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio (Knuth 1973): tells column one from column two."""
MISSING = "\0missing"


def row_hashes(frame: pd.DataFrame, columns: Sequence[str], target: NDArray[Any]) -> Hashes:
    """One hash for each row (n,) of the columns and of the target.

    Two different rows share one with chance 2^-64, so a million rows against a million collide with chance 1 in 10^7.
    """
    total = pd.util.hash_array(np.asarray(target, dtype=np.float64) + 0.0)
    for name in columns:
        total = total * MIXER + _hashes(frame[name])
    return np.asarray(total, dtype=np.uint64)


def _hashes(values: pd.Series[Any]) -> NDArray[Any]:
    """Numbers, dates and true/false as floats with one kind of NaN and of 0; anything else as text."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return pd.util.hash_array(values.astype("int64").to_numpy(dtype=np.float64))
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0
        return pd.util.hash_array(np.where(np.isnan(numbers), np.nan, numbers))
    try:
        codes, kinds = pd.factorize(values)
    except TypeError:  # lists and the like
        return np.asarray(pd.util.hash_array(values.astype(str).to_numpy(dtype=object)))
    hashes = pd.util.hash_array(np.append(np.asarray(kinds.astype(str), dtype=object), MISSING))
    return np.asarray(hashes[codes])  # missing is coded -1, which is the last
