"""Recent rows held against training rows, column by column."""

from __future__ import annotations

import numbers
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.format import format_change
from readiness.core.missing import Missing
from readiness.core.policy import DRIFT_ROWS
from readiness.core.sanitize import shorten
from readiness.evidence.evidence import DriftTables
from readiness.evidence.tables import holds_many
from readiness.statistics.drift import TOP_CATEGORIES, Drift, categorical_drift, numeric_drift

MOSTLY_DIFFERENT = 0.5
"""Share of different ones from which texts are judged by what they have in common."""
COMMON_WORDS = 100
"""Words of the reference, the commonest, that texts are searched for."""
LETTERS = 1_000
"""Of a text that words are looked for in."""


def drift_tables(
    seed: int,
    test: pd.DataFrame,
    reference: pd.DataFrame | None,
    features: tuple[str, ...],
    recent: pd.DataFrame | None,
) -> DriftTables | Missing:
    """The features of the training rows (`reference`) beside those of recent rows, else of the test rows.

    Of a table of very many rows, a random sample that follows from `seed`.
    """
    if reference is None:
        return Missing("no training table is given", "name the training rows under data.train")
    against, current = ("test", test) if recent is None else ("recent", recent)
    both = [name for name in features if name in reference and name in current]
    if not both:
        return Missing("the training table holds none of the features", "give the training rows with features")
    sizes = [f"{len(frame):,}" for frame in (reference, current) if len(frame) > DRIFT_ROWS]
    sampled = f"a random sample of {DRIFT_ROWS:,} of {' and '.join(sizes)} rows" if sizes else ""
    return DriftTables(_sample(reference, both, seed), _sample(current, both, seed), features, against, sampled)


def _sample(frame: pd.DataFrame, columns: list[str], seed: int) -> pd.DataFrame:
    if len(frame) <= DRIFT_ROWS:
        return frame[columns]
    rows = np.sort(np.random.default_rng(seed).choice(len(frame), DRIFT_ROWS, replace=False))
    return frame[columns].iloc[rows]


def column_drift(reference: pd.Series[Any], current: pd.Series[Any]) -> Drift | Missing:
    """Drift of one column: of numbers and dates in bins, of texts by length and words, of all else by its values."""
    if holds_many(reference) or holds_many(current):
        return Missing("the column holds lists or records, which cannot be compared")
    if all(pd.api.types.is_datetime64_any_dtype(side.dtype) for side in (reference, current)):
        return numeric_drift(as_floats(reference), as_floats(current), write=_dates)
    if is_number(reference) and is_number(current):
        return numeric_drift(as_floats(reference), as_floats(current))
    before, now = reference.astype(object), current.astype(object)
    by_value = categorical_drift(before, now)
    if not mostly_differ(before) or isinstance(by_value, Missing):
        return by_value
    by_kind = categorical_drift(*(values.map(_kind_of, na_action="ignore") for values in (before, now)))
    by_text = _drift_of_texts(before, now) if all(isinstance(value, str) for value in before.dropna()) else by_value
    drifts = [drift for drift in (by_text, by_kind) if isinstance(drift, Drift)]
    return max(drifts, key=lambda drift: drift.index.value, default=by_value)


def mostly_differ(values: pd.Series[Any]) -> bool:
    """Whether values hardly ever come twice, so that their shares say nothing."""
    known = values.dropna()
    return known.nunique() > max(TOP_CATEGORIES, len(known) * MOSTLY_DIFFERENT)


def _kind_of(value: object) -> str:
    if isinstance(value, str):
        return "a text"
    return "a number" if isinstance(value, numbers.Real) else f"of the type {type(value).__name__}"


def _drift_of_texts(reference: pd.Series[Any], current: pd.Series[Any]) -> Drift | Missing:
    """Drift of how long texts are, or of how many of the reference's common words they have, whichever is larger; what
    is missing counts in either.
    """
    before, now = (values.map(_words, na_action="ignore") for values in (reference, current))
    rows_with = Counter(word for words in before.dropna() for word in words)
    ranked = sorted(rows_with, key=lambda word: (-rows_with[word], word))
    common = {word for word in ranked[:COMMON_WORDS] if rows_with[word] > 1}
    known = [as_floats(words.map(lambda of: len(of & common), na_action="ignore")) for words in (before, now)]
    lengths = [as_floats(texts.map(lambda text: len(str(text)), na_action="ignore")) for texts in (reference, current)]
    found = [
        numeric_drift(lengths[0], lengths[1], write=lambda edges: [f"{edge:g} letters long" for edge in edges]),
        numeric_drift(known[0], known[1], write=lambda edges: [f"{edge:g} of the commonest words" for edge in edges]),
    ]
    drifts = [drift for drift in found if isinstance(drift, Drift)]
    return max(drifts, key=lambda drift: drift.index.value) if drifts else found[0]


def _words(text: object) -> set[str]:
    return set(re.findall(r"\w+", str(text)[:LETTERS].casefold()))


def is_number(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers or dates, which have an order."""
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return False
    return pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype)


def as_floats(values: pd.Series[Any]) -> NDArray[np.float64]:
    """(n,): numbers, or seconds since 1970 of dates; nan where missing."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        seconds = (values - pd.Timestamp(0, tz=getattr(values.dtype, "tz", None))).dt.total_seconds()
        return np.asarray(seconds, dtype=np.float64)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _dates(seconds: Sequence[float]) -> list[str]:
    """Moments, as seconds since 1970, with the time of day where days alone would not tell them apart."""
    moments = [pd.Timestamp(0) + pd.Timedelta(seconds=each) for each in seconds]
    written = ([moment.strftime(form) for moment in moments] for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"))
    return next((texts for texts in written if len(set(texts)) == len(moments)), [str(moment) for moment in moments])


def largest_change(drift: Drift, what: str = "it") -> str:
    """The bin whose share moved most: "the share of rows where it is above 40 rose from 10 % to 62 %"; `what` is said
    in place of "it".
    """
    changes = np.abs(np.subtract(drift.current_share, drift.reference_share))
    most = int(changes.argmax())
    moved = format_change(drift.reference_share[most], drift.current_share[most])
    return f"the share of rows where {what} is {shorten(drift.bins[most])} {moved}"
