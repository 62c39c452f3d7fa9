"""Which interval came with each prediction? Two columns of the test table, refused where they hold none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.usable_rows import as_numbers
from readiness.exceptions import DataError
from readiness.spec.questions import GivenInterval

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]


def given_interval(given: GivenInterval | None, frame: pd.DataFrame) -> Ends | None:
    """Lower and upper end for each row; None when the spec names no such columns. An end may be infinite.

    Raises:
        DataError: an end is missing or no number, or the lower one lies above the upper one.
    """
    if given is None:
        return None
    low, high = (
        as_numbers(frame[column], f"errors.interval.{key} names the column {column!r}, which")
        for key, column in (("low", given.low), ("high", given.high))
    )
    missing = np.isnan(low) | np.isnan(high)
    for bad, what in ((missing, "lack an end"), (~missing & (low > high), "have a low end above the high one")):
        if bad.any():
            raise DataError(
                f"errors.interval takes its ends from {given.low!r} and {given.high!r}, and {int(bad.sum()):,} scored "
                f"rows {what}, first in row {int(np.argmax(bad)) + 1:,}; expected low to be at most high in every row.",
                remedy="Mend the columns, or leave errors.interval out.",
            )
    return low, high
