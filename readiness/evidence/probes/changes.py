"""Changes to a few real rows, after which each is still a row that the model could be handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import PERTURBATION_SCALE

STRANGER = "a value never seen before"
EXTREME = 1e30
"""Beyond any measured quantity, and still within the range of single precision."""


def holds_words(values: pd.Series[Any]) -> bool:
    """Whether a column holds text or categories of any kind."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_object_dtype(dtype):
        return any(isinstance(value, str) for value in values)
    return bool(pd.api.types.is_string_dtype(dtype))


def holds_numbers(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers, truth values excepted."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype)) and not pd.api.types.is_bool_dtype(values.dtype)


def holds_dates(values: pd.Series[Any]) -> bool:
    """Whether a column holds moments in time."""
    return bool(pd.api.types.is_datetime64_any_dtype(values.dtype))


# ----------------------------------------------------------------------------------------------------
# Other values


def insert_gaps(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows with nothing in `columns`, in the form in which a table with gaps is read."""
    return rows.assign(**{name: _empty_column(rows[name]) for name in columns})


def insert_stranger(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with, in turn, a text that no training row can have had and an empty one in `column`; where the
    categories are numbers, with a number beyond them.
    """
    values = rows[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = values.dtype.categories
        numeric = len(known) > 0 and pd.api.types.is_numeric_dtype(known.dtype)
        strangers = [known.max() + 1] if numeric else [STRANGER, ""]
        kind = pd.CategoricalDtype([*known, *(each for each in strangers if each not in known)], values.dtype.ordered)
        return rows.assign(**{column: pd.Series(_in_turn(strangers, len(rows)), index=rows.index, dtype=kind)})
    return rows.assign(**{column: pd.Series(_in_turn([STRANGER, ""], len(rows)), index=rows.index, dtype=values.dtype)})


def insert_extremes(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with, in turn, ten standard deviations below and above the mean, -1e30 and 1e30 in `column`."""
    values = rows[column].astype(float)
    known = values[np.isfinite(values)]
    middle = float(known.mean()) if len(known) else 0.0
    spread = float(known.std(ddof=0)) if len(known) else 0.0
    reach = PERTURBATION_SCALE * (spread or abs(middle) or 1.0)
    extremes = np.resize([middle - reach, middle + reach, -EXTREME, EXTREME], len(rows))
    return rows.assign(**{column: np.asarray(extremes)})


def insert_infinite(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows with, in turn, plus and minus infinity in `columns`."""
    infinite = np.resize([np.inf, -np.inf], len(rows))
    return rows.assign(**dict.fromkeys(columns, infinite))


def _in_turn(values: Sequence[Any], n: int) -> list[Any]:
    return [values[place % len(values)] for place in range(n)]


def _empty_column(values: pd.Series[Any]) -> pd.Series[Any]:
    dtype: Any = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        dtype = object
    elif pd.api.types.is_integer_dtype(dtype):
        dtype = float
    gaps: pd.Series[Any] = pd.Series(np.nan, index=values.index, dtype=dtype)
    return gaps


# ----------------------------------------------------------------------------------------------------
# The same values in other types. What a column cannot be turned into stays as it is.


def as_text(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Numbers as a file of text holds them; gaps stay gaps."""
    return rows.assign(**{name: rows[name].astype(object).map(str, na_action="ignore") for name in columns})


def as_decimal(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Whole numbers as decimals, as JSON and tables with gaps bring them."""
    return rows.assign(**{name: rows[name].astype("float64") for name in columns})


def as_single(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Numbers of double precision in single precision, as many services send them."""
    with np.errstate(over="ignore"):
        return rows.assign(**{name: rows[name].astype("float32") for name in columns})


def as_words(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Categories as plain values, as a file of text or JSON brings them."""
    return rows.assign(**{name: rows[name].astype(object) for name in columns})


def as_category(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Plain text as categories, of which a batch knows only its own."""
    return rows.assign(**{name: rows[name].astype("category") for name in columns})


def as_date_text(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Moments in ISO 8601, as JSON brings them."""
    return rows.assign(
        **{name: rows[name].map(lambda moment: moment.isoformat(), na_action="ignore").astype(object)
           for name in columns}
    )  # fmt: skip


def in_utc(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The same moments with a time zone; those that have one stay as they are."""
    plain = [name for name in columns if getattr(rows[name].dtype, "tz", None) is None]
    return rows.assign(**{name: rows[name].dt.tz_localize("UTC") for name in plain})
