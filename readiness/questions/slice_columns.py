"""By which columns, cut how, is the search for weak spots made?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.columns import columns_of, features_of
from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import MISSING, Segmentation
from readiness.numbers import format_edges
from readiness.statistics.slices import EDGE_ROWS, binned, quantile_edges
from readiness.visible import shorten

MOST_COLUMNS = 30
BINS = 10
MOST_LEVELS = 20
"""A number with more distinct values is cut into bins; of other columns the most frequent values have levels."""
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
    """Whether `data.segments` names it."""


def slice_columns(evidence: Evidence) -> tuple[tuple[CodedColumn, ...], int]:
    """The columns of the search, and how many there would be without the limit of `MOST_COLUMNS`.

    Segment columns are cut as the spec says; then come the candidate's features and the columns of `errors.show`,
    without those that have a role, such as the target or a weight.
    """
    named = list({column.name: column for each in evidence.segmentations for column in _named(each)}.values())
    spec = evidence.spec
    known = {*columns_of(spec.data.segments), *(column.name for column in named)}
    wanted = [name for name in dict.fromkeys((*_features(evidence), *spec.errors.show)) if name not in known]
    usable = [name for name in wanted if name in evidence.rows and _is_free(evidence, name)]
    others = list(_coded(evidence.rows, usable, MOST_COLUMNS - len(named)))
    return tuple([*named, *others][:MOST_COLUMNS]), len(named) + len(usable)


def _features(evidence: Evidence) -> Sequence[str]:
    own = () if evidence.candidate is None else evidence.candidate.features
    return features_of(evidence.spec, list(evidence.rows.columns), own)


def _is_free(evidence: Evidence, name: str) -> bool:
    """Whether the column has no role, and no dates: question 5 looks at time."""
    data = evidence.spec.data.model_copy(update={"features": None})
    free = features_of(evidence.spec.model_copy(update={"data": data}), [name], ())
    return bool(free) and name != data.query and not pd.api.types.is_datetime64_any_dtype(evidence.rows[name].dtype)


def _named(segmentation: Segmentation) -> Iterator[CodedColumn]:
    """The columns of a segmentation, one by one where it crosses several."""
    for name in segmentation.labels[0] if segmentation.labels else ():
        values = [label.get(name, MISSING) for label in segmentation.labels]
        words = list(dict.fromkeys(values))
        of_label = np.array([words.index(value) for value in values])
        yield _frequent(name, of_label[segmentation.codes], words, is_named=True)


def _coded(frame: pd.DataFrame, names: Sequence[str], most: int) -> Iterator[CodedColumn]:
    for name in names[: max(0, most)]:
        try:
            yield _one(name, frame[name])
        except TypeError:  # lists and records have no levels
            continue


def _one(name: str, values: pd.Series[Any]) -> CodedColumn:
    is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    sample = values.iloc[:: max(1, len(values) // EDGE_ROWS)]
    if is_number and sample.nunique() > MOST_LEVELS:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = quantile_edges(numbers, BINS)
        return CodedColumn(name, binned(numbers, edges), tuple(_bin_words(edges)))
    codes, found = pd.factorize(values)
    words = [_word(value) for value in found]
    return _frequent(name, np.where(codes < 0, len(words), codes), [*words, MISSING])


def _bin_words(edges: NDArray[np.float64]) -> list[str]:
    marks = format_edges(edges.tolist(), 9)
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
