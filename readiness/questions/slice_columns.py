"""The columns by which weak slices are searched, and how each is cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.format import format_edges
from readiness.core.sanitize import shorten
from readiness.evidence.columns import columns_of, features_of
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import MISSING, WEEKDAYS, Segmentation, as_dates
from readiness.statistics.slices import EDGE_ROWS, LEAST_ROWS, assign_bins, quantile_edges
from readiness.verdict.claims import calendar_names

# ----------------------------------------------------------------------------------------------------
# Hour, weekday and month of a row: parts of `data.time`, as levels by which weak spots are searched.

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


# ----------------------------------------------------------------------------------------------------

MOST_COLUMNS = 30
BINS = 40
"""Of about equal size, of which runs are searched; four of them are a step where two columns are searched together."""
MOST_LEVELS = 20
"""A number with more distinct values is cut into bins; of other columns the most frequent values have levels."""
FIRST_ROWS = 1000
OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class CodedColumn:
    """One column as levels."""

    name: str
    codes: NDArray[np.int16]
    """(n,): the level of each row."""
    words: tuple[str, ...]
    """What each level is called."""
    is_named: bool = False
    """Whether `data.segments` names it, or it is a part of `data.time`."""
    ordered: int = 0
    """How many of the first levels stand in order, so that runs of them are searched."""
    marks: tuple[str, ...] = ()
    """Of bins: what the edges between them are called."""

    def text(self, first: int, last: int) -> str:
        """Consecutive levels in words: "above 10 to 50", "Saturday to Sunday"."""
        if first == last:
            return self.words[first]
        if not self.marks:
            return f"{self.words[first]} to {self.words[last]}"
        if first == 0:
            return f"up to {self.marks[last]}"
        low = f"above {self.marks[first - 1]}"
        return low if last == len(self.marks) else f"{low} to {self.marks[last]}"


def slice_columns(evidence: Evidence) -> tuple[tuple[CodedColumn, ...], int]:
    """The columns of the search, and how many there would be without the limit of `MOST_COLUMNS`.

    Segment columns are cut as the spec says; then come the parts of `data.time`, the candidate's features and the
    columns of `errors.show`, without those that have a role, such as the target or a weight.
    """
    named = list(
        {column.name: column for each in evidence.segmentations for column in _columns_of_segmentation(each)}.values()
    )
    spec = evidence.spec
    named += _calendar(evidence, {column.name for column in named})
    known = {*columns_of(spec.data.segments), *calendar_names(spec.data.time), *(column.name for column in named)}
    wanted = [name for name in dict.fromkeys((*_features(evidence), *spec.errors.show)) if name not in known]
    usable = [name for name in wanted if name in evidence.rows and _is_free(evidence, name)]
    others = list(_columns_of_frame(evidence.rows, usable, MOST_COLUMNS - len(named)))
    return tuple([*named, *others][:MOST_COLUMNS]), len(named) + len(usable)


def _features(evidence: Evidence) -> Sequence[str]:
    own = () if evidence.candidate is None else evidence.candidate.features
    return features_of(evidence.spec, list(evidence.rows.columns), own)


def _is_free(evidence: Evidence, name: str) -> bool:
    """Whether the column has no role, and no dates: question 5 looks at time."""
    data = evidence.spec.data.model_copy(update={"features": None})
    free = features_of(evidence.spec.model_copy(update={"data": data}), [name], ())
    return bool(free) and name != data.query and not pd.api.types.is_datetime64_any_dtype(evidence.rows[name].dtype)


def _columns_of_segmentation(segmentation: Segmentation) -> Iterator[CodedColumn]:
    """The columns of a segmentation, one by one where it crosses several."""
    for name in segmentation.labels[0] if segmentation.labels else ():
        values = [label.get(name, MISSING) for label in segmentation.labels]
        words = list(dict.fromkeys(values))
        of_label = np.array([words.index(value) for value in values])
        yield _frequent(name, of_label[segmentation.codes], words, is_named=True)


def _calendar(evidence: Evidence, known: Collection[str]) -> Iterator[CodedColumn]:
    """The parts of `data.time` that `data.segments` does not name."""
    for name, codes, words, ordered in calendar_parts(evidence):
        if name not in known:
            yield CodedColumn(name, codes.astype(np.int16), words, is_named=True, ordered=ordered)


def _columns_of_frame(frame: pd.DataFrame, names: Sequence[str], most: int) -> Iterator[CodedColumn]:
    for name in names[: max(0, most)]:
        try:
            yield _one(name, frame[name])
        except TypeError:  # lists and records have no levels
            continue


def _one(name: str, values: pd.Series[Any]) -> CodedColumn:
    is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if is_number and _has_many_values(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = quantile_edges(numbers, BINS)
        marks = format_edges(edges.tolist(), 9)
        words = tuple(_bin_words(marks))
        return CodedColumn(name, assign_bins(numbers, edges), words, ordered=len(marks) + 1, marks=tuple(marks))
    in_order = is_number or (isinstance(values.dtype, pd.CategoricalDtype) and bool(values.cat.ordered))
    codes, found = pd.factorize(values, sort=in_order)
    words = tuple(_word(value) for value in found)
    coded = _frequent(name, np.where(codes < 0, len(words), codes), [*words, MISSING])
    return replace(coded, ordered=len(words)) if in_order and len(words) <= MOST_LEVELS else coded


def _has_many_values(numbers: pd.Series[Any]) -> bool:
    """Whether there are too many to have a level each; a few rows tell most often."""
    sample = numbers.iloc[:: max(1, len(numbers) // EDGE_ROWS)]
    return sample.iloc[:FIRST_ROWS].nunique() > MOST_LEVELS or sample.nunique() > MOST_LEVELS


def _bin_words(marks: Sequence[str]) -> list[str]:
    if not marks:
        return ["all", MISSING]
    between = [f"above {low} to {high}" for low, high in pairwise(marks)]
    return [f"up to {marks[0]}", *between, f"above {marks[-1]}", MISSING]


def _word(value: object) -> str:
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return shorten(str(int(value) if whole else value))  # type: ignore[call-overload]


def _frequent(name: str, codes: NDArray[np.int64], words: Sequence[str], *, is_named: bool = False) -> CodedColumn:
    """The most frequent levels as they are, all others as one; a gap keeps a level of its own."""
    if len(words) <= MOST_LEVELS + 1:
        return CodedColumn(name, codes.astype(np.int16), tuple(words), is_named)
    counts = np.bincount(codes, minlength=len(words))
    kept = sorted(np.argsort(-counts, kind="stable")[:MOST_LEVELS].tolist())
    if MISSING in words and words.index(MISSING) not in kept:
        kept.append(words.index(MISSING))
    renumbered = np.full(len(words), len(kept), dtype=np.int16)
    renumbered[kept] = np.arange(len(kept), dtype=np.int16)
    return CodedColumn(name, renumbered[codes], (*(words[code] for code in kept), OTHER), is_named)
