"""Rows that production met of late: their columns, and the truth as far as it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.evidence import Recent
from readiness.evidence.tables import whole_numbers
from readiness.evidence.target import Target
from readiness.evidence.validation import positions


def recent_rows(frame: pd.DataFrame, target: Target, column: str) -> Recent:
    """The recent rows with the truth in `column`, where that is there.

    Raises:
        DataError: a number is to be predicted, and the column holds something else.
    """
    if column not in frame:
        return Recent(frame)
    return Recent(frame, _truth(frame[column], target, f"The target {column!r} of data.recent"))


def _truth(values: pd.Series[Any], target: Target, where: str) -> NDArray[Any] | None:
    """Coded like the truth of the test rows; None where no row has one.

    A label that is none of the known classes is unknown here: the table itself still shows it.
    """
    if values.isna().all():
        return None
    if not target.task.has_classes:
        coded = target.coded(values, where)
        return np.where(np.isfinite(coded), coded, np.nan)
    places, uniques = pd.factorize(whole_numbers(values))
    return np.append(np.asarray(positions(list(uniques), target.classes), dtype=np.int64), -1)[places]
