"""Groups of rows: columns, binned numbers, parts of dates, and crossings of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

from readiness.core.errors import DataError
from readiness.core.format import format_edges
from readiness.core.sanitize import shorten, shown
from readiness.core.vocabulary import DatePart
from readiness.evidence.columns import as_column, columns_of
from readiness.spec.schema import SegmentColumn, SegmentEntry

MISSING = "missing"
MANY_VALUES = 20
"""A numeric column with more distinct values than this is cut into quartiles unless the spec names bins."""
MOST_VALUES = 200
"""A column with more distinct values than this names rows, not groups; numbers are cut into bins before that."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Every row in exactly one segment."""

    name: str
    codes: NDArray[np.int64]
    """(n,): the segment of each row."""
    labels: tuple[Mapping[str, str], ...]
    """For each code, {column: value}."""
    critical: frozenset[int] = frozenset()
    """Codes that must be assessable."""
    training_rows: tuple[int, ...] | None = None
    """Rows of each segment among the training rows; None where these lack a column."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(segments,): rows of each."""
        return np.bincount(self.codes, minlength=len(self.labels))

    def text(self, code: int) -> str:
        """The segment in words: "age_group = 65+ and region = north"."""
        return " and ".join(f"{column} = {value}" for column, value in self.labels[code].items())


def cut_segments(frame: pd.DataFrame, entry: SegmentEntry, reference: pd.DataFrame | None = None) -> Segmentation:
    """Cut `frame` as one entry of `data.segments` says.

    Quantile bins come from `reference` (the training rows) where it has the column, so that the cut does not
    depend on what is being judged.

    Raises:
        DataError: for a column that cannot be cut that way.
    """
    cut = _cut(frame, entry, reference)
    if reference is None or not set(columns_of([entry])) <= set(reference.columns):
        return cut
    trained = _cut(reference, entry, reference)
    rows = {tuple(label.items()): int(n) for label, n in zip(trained.labels, trained.counts, strict=True)}
    return replace(cut, training_rows=tuple(rows.get(tuple(label.items()), 0) for label in cut.labels))


def cut_segments_alike(
    frame: pd.DataFrame, entry: SegmentEntry, test: pd.DataFrame, reference: pd.DataFrame | None = None
) -> Segmentation:
    """Cut the rows of another table as `cut_segments` cuts those of `test`: by the same bins, into segments of the same
    names and those that the test rows lack.

    Raises:
        DataError: for a column that cannot be cut that way.
    """
    return _cut(frame, entry, reference, test)


def _cut(
    frame: pd.DataFrame, entry: SegmentEntry, reference: pd.DataFrame | None, test: pd.DataFrame | None = None
) -> Segmentation:
    parts = [as_column(part) for part in (entry if isinstance(entry, tuple) else (entry,))]
    return reduce(_cross, [_one(frame, part, reference, test) for part in parts])


def _one(
    frame: pd.DataFrame, part: SegmentColumn, reference: pd.DataFrame | None, test: pd.DataFrame | None
) -> Segmentation:
    values = frame[part.column]
    like = values if test is None else test[part.column]
    known = reference[part.column] if reference is not None and part.column in reference else like
    named_as: dict[str, str] = {}
    if pd.api.types.is_datetime64_any_dtype(like.dtype) or part.by:
        codes, texts = _by_date(values, part)
    elif part.bins is not None or _is_continuous(like):
        codes, texts = _by_bins(values, part, known)
        named_as = {text.replace(",", ""): text for text in texts}  # 5000 and 5,000 name the same bin
    else:
        _refuse_identifier(like)
        codes, texts = _by_value(values)
    named = part.column if part.by is None else str(DatePart(part.column, part.by))
    critical = {named_as.get(text.replace(",", ""), text) for text in map(_text, part.critical)}
    return _compact(named, codes, [{named: text} for text in texts], critical)


def _compact(name: str, codes: NDArray[np.int64], labels: list[dict[str, str]], critical: set[str]) -> Segmentation:
    """Drop labels that no row has, unless they are critical: those stay, empty, so that nobody overlooks them."""
    counts = np.bincount(codes, minlength=len(labels))
    values = [set(label.values()) for label in labels]
    labels += [{name: text} for text in sorted(critical) if not any(text in value for value in values)]
    keep = [
        code
        for code, label in enumerate(labels)
        if (code < len(counts) and counts[code]) or critical & set(label.values())
    ]
    renumbered = np.zeros(len(labels), dtype=np.int64)
    renumbered[keep] = np.arange(len(keep))
    marked = frozenset(new for new, code in enumerate(keep) if critical & set(labels[code].values()))
    return Segmentation(name, renumbered[codes], tuple(labels[code] for code in keep), marked)


def _cross(left: Segmentation, right: Segmentation) -> Segmentation:
    codes = left.codes * len(right.labels) + right.codes
    labels = [{**first, **second} for first in left.labels for second in right.labels]
    critical = {
        i * len(right.labels) + j
        for i in range(len(left.labels))
        for j in range(len(right.labels))
        if i in left.critical or j in right.critical
    }
    # most crossings of many values hold no row; only those that do become segments
    present, compact = np.unique(codes, return_inverse=True)
    return Segmentation(
        f"{left.name} × {right.name}",
        compact.astype(np.int64),
        tuple(labels[code] for code in present),
        frozenset(new for new, code in enumerate(present) if int(code) in critical),
    )


def _refuse_identifier(values: pd.Series[Any]) -> None:
    if (found := values.nunique()) > MOST_VALUES:
        raise DataError(
            f"data.segments names the column {str(values.name)!r}, which holds {found:,} different values; with more "
            f"than {MOST_VALUES} it tells rows apart instead of putting them into groups.",
            remedy="Name a coarser column (region instead of street), or cut one of numbers into `bins`.",
        )


def _by_value(values: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, categories = values.cat.codes.to_numpy().astype(np.int64), list(values.cat.categories)
    else:
        codes, categories = _factorize(values)
    codes = np.where(codes < 0, len(categories), codes)
    texts = [_text(value) for value in categories]
    return codes, [*(f"“{text}”" if text == MISSING else text for text in texts), MISSING]  # a word is no gap


def _factorize(values: pd.Series[Any]) -> tuple[NDArray[np.int64], list[object]]:
    codes, uniques = pd.factorize(values)
    found = list(uniques)
    order = sorted(range(len(found)), key=lambda i: _sortable(found[i]))
    rank = np.empty(len(found) + 1, dtype=np.int64)
    rank[order] = np.arange(len(found))
    rank[-1] = -1
    # factorize numbers values as they come and codes what is missing -1, which indexes the last place: it stays -1
    return rank[codes], [found[i] for i in order]


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float | np.number):
        return 0, float(value), ""
    return 1, 0.0, str(value)


def _text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = shorten(str(value))
    return text if text.strip() else f"“{text}”"


def _is_continuous(values: pd.Series[Any]) -> bool:
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return False
    return values.nunique() > MANY_VALUES


def _by_bins(values: pd.Series[Any], part: SegmentColumn, known: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    numbers = _as_numbers(values, part.column)
    trained = _as_numbers(known, part.column, " in data.train")
    edges = _edges(part.bins if part.bins is not None else 4, trained)
    # edges come from the training rows where there are some: cut by the test rows, each bin would hold the same number
    # of them, and groups would be other ones in each review. "left": a value on an edge belongs below it.
    codes = np.searchsorted(edges, numbers, side="left").astype(np.int64)
    return np.where(np.isnan(numbers), len(edges) + 1, codes), [*_bin_texts(edges), MISSING]


def _as_numbers(values: pd.Series[Any], column: str, where: str = "") -> NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise DataError(
            f"data.segments cuts the column {column!r} into bins, and it holds {values.dtype}, not numbers{where}.",
            remedy="Name the column without bins, or mend it.",
        )
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _edges(bins: int | tuple[float, ...], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    if not isinstance(bins, int):
        return np.unique(np.asarray(bins, dtype=np.float64))
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return np.empty(0)
    return np.unique(np.quantile(finite, np.arange(1, bins) / bins))


def _bin_texts(edges: NDArray[np.float64]) -> list[str]:
    marks = format_edges(edges.tolist())
    if not marks:
        return ["all"]
    between = [f"above {low} to {high}" for low, high in pairwise(marks)]
    return [f"up to {marks[0]}", *between, f"above {marks[-1]}"]


def as_dates(values: pd.Series[Any]) -> pd.Series[Any] | None:
    """The column as dates; text must be ISO 8601. None when it holds something else."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    if infer_dtype(values, skipna=True) not in ("string", "date", "datetime", "empty", "categorical"):
        return None
    try:
        return pd.to_datetime(values, format="ISO8601")
    except (ValueError, TypeError):
        return None


def _by_date(values: pd.Series[Any], part: SegmentColumn) -> tuple[NDArray[np.int64], list[str]]:
    dates = as_dates(values)
    if dates is None:
        raise DataError(
            f"data.segments cuts the column {part.column!r} by {part.by}, but {values.dtype} does not hold dates.",
            remedy="Name a date column (text like 2026-11-22), or name this one without `by`.",
        )
    by = part.by or "weekend"
    if by in ("weekend", "weekday"):
        days = dates.dt.day_of_week.astype("float64").to_numpy()
        names: tuple[str, ...] = WEEKDAYS if by == "weekday" else ("weekday", "weekend")
        known = days if by == "weekday" else (days >= 5).astype(np.float64)
        return np.where(np.isnan(days), len(names), np.nan_to_num(known)).astype(np.int64), [*names, MISSING]
    if by == "hour":
        return _by_value(dates.dt.hour)
    return _by_value(
        dates.dt.tz_localize(None)
        .dt.to_period({"month": "M", "quarter": "Q", "year": "Y"}[by])
        .astype("str")
        .where(dates.notna())
    )


# ----------------------------------------------------------------------------------------------------
# The time of a row: the values of `data.time` as something that sorts in time: dates, numbers or periods.

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
