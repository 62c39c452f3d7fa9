"""Profiles of the columns and answers of a candidate, for the monitoring that follows from a report.

What is recorded of a column must not give a person away. Of numbers there are ten quantile bins and a range that is
rounded outwards, so that its ends are nobody's own values; of texts only those that at least `LEAST_SHARED` rows have;
of texts that hardly come twice nothing but how many are missing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.core.policy import DRIFT_BINS, DRIFT_ROWS, Task
from readiness.core.profile import ColumnKind, ColumnProfile, Profile
from readiness.evidence.columns import features_of
from readiness.evidence.drift import as_floats, is_number, mostly_differ
from readiness.evidence.evidence import Evidence
from readiness.evidence.tables import holds_many
from readiness.statistics.drift import TOP_CATEGORIES, quantile_edges

LEAST_SHARED = 5
"""Rows that must share a category before it is named; a smaller cell may point at somebody. Statistical offices ask for
3 to 10 (Hundepool et al. 2012, Statistical Disclosure Control, section 4.2)."""
MOST_LISTED = 50
"""Categories up to which a column is one of categories that a pipeline can check one by one."""
SMALLEST = 1e-12
"""Nearer to 0 than this, no edge of a bin stands below it."""
LONGEST_VALUE = 100
"""Characters of a text up to which it is a category, not a message."""
STEPS = 20
"""A range is rounded outwards to steps of at least so small a part of it: 1, 2 or 5 times a power of ten."""

Floats = NDArray[np.float64]


def with_profile(evidence: Evidence) -> Evidence:
    """The same evidence with the profile of its columns and answers; a partial review has none, as nothing follows."""
    if evidence.only:
        return evidence
    return replace(evidence, gathered=replace(evidence.gathered, profile=profile_of(evidence)))


def profile_of(evidence: Evidence) -> Profile:
    """The profile: bins of the training rows, else of the test rows; ranges and categories of both."""
    tables = {"train": evidence.training.frame} if evidence.training is not None else {}
    tables["test"] = evidence.rows
    of = next(iter(tables))
    counted = _counted_rows(evidence, tables[of])
    names = [name for name in _features(evidence) if name in counted or name in evidence.rows]
    columns = tuple(_profile_column(name, counted, tables) for name in names)
    return Profile(columns, of, tuple(_answers(evidence)))


def _features(evidence: Evidence) -> tuple[str, ...]:
    if evidence.candidate is not None:
        return evidence.candidate.features
    return features_of(evidence.spec, tuple(evidence.rows.columns), ())


def _counted_rows(evidence: Evidence, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows whose bins are counted: those that question 6 looks at for drift, else a sample by the same rule."""
    if not isinstance(evidence.drift, Missing):
        return evidence.drift.reference
    if len(frame) <= DRIFT_ROWS:
        return frame
    return frame.iloc[np.sort(np.random.default_rng(evidence.spec.seed).choice(len(frame), DRIFT_ROWS, replace=False))]


def _profile_column(name: str, counted: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> ColumnProfile:
    sides = [frame[name] for frame in tables.values() if name in frame]
    values = counted[name] if name in counted else sides[0]
    kind = _kind_of(values, sides)
    found = ColumnProfile(
        name,
        kind,
        len(values),
        int(values.isna().sum()),
        is_gapless=not any(bool(side.isna().any()) for side in sides),
    )
    if kind.is_number:
        return _with_range(_in_bins(found, as_floats(values)), [as_floats(side) for side in sides])
    if kind is ColumnKind.BOOLEAN:
        counts = (int((~values.astype(bool)).sum()), int(values.astype(bool).sum()))
        return replace(found, values=("False", "True"), counts=(*counts, 0, 0))
    return _in_categories(found, values, sides) if kind is ColumnKind.CATEGORY else found


def _kind_of(values: pd.Series[Any], sides: list[pd.Series[Any]]) -> ColumnKind:
    if any(holds_many(side) for side in sides):
        return ColumnKind.OTHER
    if all(pd.api.types.is_bool_dtype(side.dtype) for side in sides):
        return ColumnKind.BOOLEAN
    if all(pd.api.types.is_datetime64_any_dtype(side.dtype) for side in sides):
        return ColumnKind.DATE
    if all(is_number(side) and not pd.api.types.is_datetime64_any_dtype(side.dtype) for side in sides):
        whole = all(pd.api.types.is_integer_dtype(side.dtype) for side in sides)
        return ColumnKind.WHOLE if whole else ColumnKind.NUMBER
    if not all(_holds_texts(side) for side in sides):
        return ColumnKind.OTHER
    return ColumnKind.TEXT if mostly_differ(values) or any(map(_is_long, sides)) else ColumnKind.CATEGORY


def _holds_texts(side: pd.Series[Any]) -> bool:
    """Whether every value is a text; of a column of texts by its type nobody looks at the values."""
    if isinstance(side.dtype, pd.StringDtype):
        return True
    return all(isinstance(value, str) for value in side.dropna().unique())


def _is_long(side: pd.Series[Any]) -> bool:
    return any(len(value) > LONGEST_VALUE for value in side.dropna().unique())


def _in_bins(found: ColumnProfile, values: Floats) -> ColumnProfile:
    """Bins between the quantiles, as question 6 compares them; missing values are the last bin."""
    known = values[~np.isnan(values)]
    edges = quantile_edges(known, DRIFT_BINS)
    edges = edges[np.isfinite(edges)]
    # An edge may lie anywhere, as long as it is where it is said to be. Right below 0 it is 5e-324: 330 digits.
    edges = np.unique(np.where((edges < 0) & (edges > -SMALLEST), -SMALLEST, edges))
    counts = np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1)
    return replace(found, edges=tuple(edges.tolist()), counts=(*map(int, counts), len(values) - len(known)))


def _with_range(found: ColumnProfile, sides: list[Floats]) -> ColumnProfile:
    """With the range of all values; without one where there are infinite ones, which no range holds, or none at all."""
    ends = [_ends_of(side) for side in sides]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if not math.isfinite(low) or not math.isfinite(high):
        return found
    low, high = outer_range(low, high)
    if found.kind is ColumnKind.WHOLE:
        low, high = math.floor(low), math.ceil(high)
    return replace(found, low=float(low), high=float(high))


def _ends_of(side: Floats) -> tuple[float, float]:
    """The smallest and the largest value; an infinite one each where there is none."""
    return float(np.fmin.reduce(side, initial=np.inf)), float(np.fmax.reduce(side, initial=-np.inf))


def outer_range(low: float, high: float) -> tuple[float, float]:
    """A range that holds this one, with ends at multiples of 1, 2 or 5 times a power of ten (Heckbert 1990).

    A range that begins at 0 or above does not go below 0. One value alone is its own range.
    """
    span = high - low
    if span / STEPS <= 0 or not math.isfinite(span):
        return low, high
    power = 10.0 ** math.floor(math.log10(span / STEPS))
    step = next((times * power for times in (1, 2, 5, 10) if times * power >= span / STEPS), 10 * power)
    if step <= 0 or not math.isfinite(low / step) or not math.isfinite(high / step):
        return low, high
    outer = _plain(math.floor(low / step) * step), _plain(math.ceil(high / step) * step)
    return min(low, outer[0]), max(high, outer[1])


def _plain(number: float) -> float:
    """Without what binary fractions add at the end: 0.3 for 0.30000000000000004."""
    return float(f"{number:.12g}")


def _in_categories(found: ColumnProfile, values: pd.Series[Any], sides: list[pd.Series[Any]]) -> ColumnProfile:
    """Bins of the commonest categories, and the list of all of them where it may be told."""
    counts = _counts_of(values)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    top = [(name, count) for name, count in ranked[:TOP_CATEGORIES] if count >= LEAST_SHARED]
    known = found.rows - found.missing
    other = known - sum(count for _, count in top)
    every: Counter[str] = Counter()
    for side in sides:
        every.update(_counts_of(side))
    may_list = 0 < len(every) <= MOST_LISTED and min(every.values()) >= LEAST_SHARED
    return replace(
        found,
        values=tuple(name for name, _ in top),
        counts=(*(count for _, count in top), other, found.missing),
        listed=tuple(sorted(every)) if may_list else (),
        singles=sum(count == 1 for count in counts.values()),
    )


def _counts_of(values: pd.Series[Any]) -> dict[str, int]:
    found = values.value_counts()
    return {
        str(name): int(count) for name, count in found.items() if count
    }  # a type of categories may have unused ones


# ----------------------------------------------------------------------------------------------------
# What the candidate said of the test rows


def _answers(evidence: Evidence) -> list[ColumnProfile]:
    cases = evidence.cases
    if evidence.task is Task.RANKING:
        return [_numbers("score", np.asarray(cases.y_pred, dtype=np.float64))]
    if not evidence.task.has_classes:
        return [_numbers("answer", np.asarray(cases.y_pred, dtype=np.float64))]
    counts = np.bincount(np.asarray(cases.y_pred, dtype=np.int64), minlength=len(evidence.classes)).tolist()
    ranked = sorted(zip(evidence.classes, counts, strict=False), key=lambda item: (-item[1], item[0]))
    top = [(name, count) for name, count in ranked[:TOP_CATEGORIES] if count]
    other = cases.n - sum(count for _, count in top)
    labels = ColumnProfile(
        "answer",
        ColumnKind.CATEGORY,
        cases.n,
        values=tuple(name for name, _ in top),
        counts=(*(count for _, count in top), other, 0),
    )
    if cases.y_score is None:
        return [labels]
    scores = cases.y_score if cases.y_score.ndim == 1 else cases.y_score.max(axis=1)
    return [labels, _numbers("score", scores)]


def _numbers(name: str, values: Floats) -> ColumnProfile:
    missing = int(np.isnan(values).sum())
    return _in_bins(ColumnProfile(name, ColumnKind.NUMBER, len(values), missing, is_gapless=not missing), values)
