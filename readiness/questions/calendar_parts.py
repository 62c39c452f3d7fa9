"""On which hour, weekday or month does a row fall? Parts of `data.time`, as levels by which weak spots are searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import MISSING, WEEKDAYS, as_dates
from readiness.required import calendar_names
from readiness.statistics.slices import LEAST_ROWS

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ENOUGH_ROWS = 2 * LEAST_ROWS
"""Rows of a value that can be searched on one half of the rows and tested on the other."""

Part = tuple[str, NDArray[np.int64], tuple[str, ...], int]
"""Name, level of each row (n,), what each level is called, and how many of the first levels stand in order."""


def calendar_parts(evidence: Evidence) -> Iterator[Part]:
    """Hour, weekday and month of `data.time` as its dates are written, each where two of its values have enough rows.

    Only values that occur have a level; rows without a time have one of their own, the last.
    """
    dates = _dates(evidence)
    if dates is None:
        return
    parts = (dates.dt.hour, dates.dt.day_of_week, dates.dt.month - 1)
    spoken = (tuple(map(str, range(24))), WEEKDAYS, MONTHS)
    for name, values, words in zip(calendar_names(evidence.spec.data.time), parts, spoken, strict=True):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(numbers)
        present, codes = np.unique(numbers[known].astype(np.int64), return_inverse=True)
        if np.count_nonzero(np.bincount(codes, minlength=1) >= ENOUGH_ROWS) < 2:
            continue
        levels = np.full(len(numbers), len(present), dtype=np.int64)
        levels[known] = codes
        gap = () if known.all() else (MISSING,)
        yield name, levels, (*(words[value] for value in present), *gap), len(present)


def _dates(evidence: Evidence) -> pd.Series[Any] | None:
    """The times of the rows where they are dates, and not numbers, say."""
    name = evidence.spec.data.time
    if name is None or name not in evidence.rows:
        return None
    values = evidence.rows[name]
    if isinstance(values.dtype, pd.PeriodDtype):
        values = pd.Series(values.dt.to_timestamp())
    dates = as_dates(values)
    return dates if dates is not None and pd.api.types.is_datetime64_any_dtype(dates.dtype) else None
