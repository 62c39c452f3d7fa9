"""When was a row? The values of `data.time` as something that sorts in time: dates, numbers or periods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from readiness.evidence.segmentation import as_dates
from readiness.exceptions import DataError
from readiness.hints import shown

REMEDY = "Write times as text like 2026-11-22 or 2026-11-22T08:30, as a date column, or as numbers."
_SORTED_AS_THEY_ARE = frozenset(
    {"integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty", "period", "timedelta64", "timedelta"}
)


def moments(values: pd.Series[Any], where: str) -> pd.Series[Any]:
    """The times of the rows: text as dates, dates and numbers as they are; missing stays missing.

    `where` begins the sentence that tells of a fault: "data.time names 'day' of data.test, which".

    Raises:
        DataError: text that is not ISO 8601, which would be sorted by its letters, or times of which some cannot be
            put before or after others.
    """
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        return values
    kind = infer_dtype(_plain(values), skipna=True)
    if kind in _SORTED_AS_THEY_ARE or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    if kind not in ("string", "date", "datetime"):
        raise DataError(f"{where} holds values of more than one kind, or none that is a time.", remedy=REMEDY)
    dates = as_dates(values)
    unread = values.notna().to_numpy() & ~_readable(values)
    if unread.any():
        row = int(np.argmax(unread))
        text = shown(values.iloc[row])
        raise DataError(
            f"{where} holds text that is no date, first {text} in row {row + 1:,}; sorted as text, it would put rows "
            "in a wrong order.",
            remedy=REMEDY,
        )
    if dates is None:
        raise DataError(
            f"{where} holds times with different offsets from UTC, or some with an offset and some without.",
            remedy="Write all of them with one offset, best in UTC: 2026-11-22T08:30Z.",
        )
    return dates


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """A categorical column as the kind of its categories."""
    return values.astype(object) if isinstance(values.dtype, pd.CategoricalDtype) else values


def _readable(values: pd.Series[Any]) -> Any:
    """(n,): whether each value alone is a date; words such as "now" are none."""
    digit = values.astype("str").str.match(r"\s*\d", na=False).to_numpy(dtype=bool)
    read = pd.to_datetime(values.astype(object), format="ISO8601", errors="coerce", utc=True)
    return digit & read.notna().to_numpy()
