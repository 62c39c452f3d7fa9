"""Which columns do test rows and recent rows share, in bins alike, and which of them only tell the time?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.columns import features_of
from readiness.evidence.drifting import as_floats, is_number
from readiness.evidence.evidence import Evidence
from readiness.evidence.moments import moments
from readiness.evidence.tables import holds_many
from readiness.exceptions import DataError

MOST_ROWS = 50_000
"""Rows of both tables together that are compared; of more, a random sample."""
MOST_CELLS, FEWEST_ROWS = 2_500_000, 4_000
"""Of tables with more than 50 columns fewer rows are compared, as each takes its time."""
BINS = 16
SALT = 0x636F6C
FEWEST_VALUES = 3
"""A column of fewer values rises with time too easily by chance: it may just have been switched on."""
SCREENED_ROWS, FEWEST_SCREENED = 2_000, 1
"""Rows by which a column is looked at first, and the fewest values among them."""
KEY_SHARE = 0.95
"""Distinct values from which a column without a role is a name of its row."""
CHANCE = 2.0
"""Standard errors within which a share of positives is the declared one."""
_CALENDAR = ("year", "quarter", "month", "day_of_year")

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Rows of the two tables in the same bins; the n test rows come first, then the m recent rows."""

    test: pd.DataFrame
    recent: pd.DataFrame
    rows: Integers
    """(n,): positions of the test rows in the evidence."""
    names: tuple[str, ...]
    """p columns that are compared."""
    codes: NDArray[np.uint8]
    """(n + m, p)."""
    timely: tuple[str, ...]
    """Columns that are left out because they tell the time and no more."""
    exempt: tuple[str, ...]
    """Those that the spec exempts."""
    groups: Integers | None
    """(n + m,): codes of what rows belong to; None where either table does not tell."""
    totals: tuple[int, int]
    """Rows of either table before sampling."""
    is_mixed: bool = False
    """Whether test rows were left out, so that the others are mixed as in production."""

    @property
    def is_recent(self) -> NDArray[np.bool_]:
        """(n + m,): which rows are recent."""
        return np.arange(len(self.codes)) >= len(self.test)

    @property
    def sampled(self) -> str:
        """How many rows were looked at, when not all."""
        few = len(self.test) + len(self.recent) < sum(self.totals)
        return f" (random samples of {self.totals[0]:,} and {self.totals[1]:,})" if few else ""


def compared(evidence: Evidence) -> Compared:
    """The features, or else the columns without a role, that test rows and recent rows share."""
    assert evidence.recent is not None
    rng = np.random.default_rng([evidence.spec.seed, SALT])
    before, after = evidence.rows, evidence.recent.frame
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // max(1, len(after.columns)))) // 2
    typical = like_production(evidence)
    rows, others = typical[some_of(rng, len(typical), most)], some_of(rng, len(after), most)
    test, recent = (frame.iloc[at].reset_index(drop=True) for frame, at in ((before, rows), (after, others)))
    exempt = set(evidence.spec.production.drift_exempt)
    times = _times(evidence, test, recent)
    names, codes, timely = [], [], []
    for name in _shared(evidence, test, recent):
        if name in exempt:
            continue
        if times is not None and tells_time(pd.concat([test[name], recent[name]], ignore_index=True), times):
            timely.append(name)
        elif (binned := in_bins(test[name], recent[name])) is not None:
            names.append(name)
            codes.append(binned)
    table = np.column_stack(codes) if codes else np.zeros((len(test) + len(recent), 0), dtype=np.uint8)
    used = tuple(name for name in _shared(evidence, test, recent) if name in exempt)
    groups = _groups_of_columns(evidence, test, recent)
    return Compared(test, recent, rows, tuple(names), table, tuple(timely), used, groups,
                    (len(typical), len(after)), len(typical) < len(before))  # fmt: skip


def like_production(evidence: Evidence) -> Integers:
    """Positions of test rows that are mixed as the spec says that production is, to be held against recent rows.

    Each row is kept with a chance in proportion to its weight: what it stands for by `data.weight`, times the share of
    its class in production over that in the test rows. All rows where the spec declares neither.
    """
    cases = evidence.cases
    weight = cases.relative_weight * _class_weights(evidence)
    if not weight.any() or float(weight.min()) == float(weight.max()):
        return np.arange(cases.n)
    drawn = np.random.default_rng([evidence.spec.seed, SALT, 1]).random(cases.n)
    return np.flatnonzero(drawn < weight / weight.max()).astype(np.int64)


def _class_weights(evidence: Evidence) -> NDArray[np.float64]:
    """(n,): how much more often than here the class of a row is met in production, as far as the spec declares it."""
    cases, declared = evidence.cases, evidence.spec.about.prevalences
    share = float(cases.relative_weight @ (cases.y_true == 1)) / max(1, cases.n)
    if cases.task is not Task.BINARY or not declared or not 0 < share < 1:
        return np.ones(cases.n)
    there = min(max(share, declared[0]), declared[-1])
    if abs(there - share) <= CHANCE * math.sqrt(share * (1 - share) / cases.n):
        return np.ones(cases.n)
    return np.where(cases.y_true == 1, there / share, (1 - there) / (1 - share))


def some_of(rng: np.random.Generator, n: int, most: int) -> Integers:
    """Positions of at most so many of n rows, rising, drawn without replacement."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _shared(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> list[str]:
    named = () if evidence.candidate is None else evidence.candidate.features
    names = features_of(evidence.spec, list(test.columns), named)
    both = [name for name in names if name in test and name in recent]
    if named or evidence.spec.data.features is not None:
        return both
    return [name for name in both if not _names_rows(test[name])]


def _names_rows(values: pd.Series[Any]) -> bool:
    """Whether a column without a role is a name of its row, which no two tables share."""
    if holds_many(values) or pd.api.types.is_float_dtype(values.dtype):
        return False
    try:
        return values.nunique() >= KEY_SHARE * len(values)
    except TypeError:  # values that cannot be told apart name nothing
        return False


def _groups_of_columns(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> Integers | None:
    name = evidence.spec.data.group
    if name is None or name not in test or name not in recent:
        return None
    codes = pd.factorize(_objects(test[name], recent[name]))[0].astype(np.int64)
    return np.where(codes < 0, codes.max(initial=0) + 1, codes)


def _times(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> pd.Series[Any] | None:
    """When all these rows were; None where that is not known of every row."""
    name = evidence.spec.data.time
    if name is None or name not in test or name not in recent:
        return None
    try:
        both = [moments(frame[name], "data.time") for frame in (test, recent)]
        whole = pd.concat(both, ignore_index=True)
        pd.factorize(whole, sort=True)
    except (DataError, TypeError, ValueError):
        return None
    return None if whole.isna().any() else whole


def tells_time(values: pd.Series[Any], times: pd.Series[Any]) -> bool:
    """Whether a column says no more than when a row was: it never falls, or never rises, as time goes on, or it is a
    part of the date.
    """
    if holds_many(values):
        return False
    few = slice(None, None, max(1, len(values) // SCREENED_ROWS))
    return _may_tell(values.iloc[few], times.iloc[few], FEWEST_SCREENED) and _may_tell(values, times, FEWEST_VALUES)


def _may_tell(values: pd.Series[Any], times: pd.Series[Any], fewest: int) -> bool:
    """Whether so few rows as these do not speak against it; what holds of all rows holds of some."""
    known = values.notna().to_numpy()
    ranks = pd.factorize(times, sort=True)[0][known]
    try:
        levels = pd.factorize(values[known], sort=True)[0]
    except TypeError:  # values of several kinds have no order
        return False
    if _is_part_of_date(values[known], times[known]):
        return True
    if len(np.unique(levels)) < fewest:
        return False
    return any(bool((np.diff(each[np.lexsort((each, ranks))]) >= 0).all()) for each in (levels, -levels))


def _is_part_of_date(values: pd.Series[Any], times: pd.Series[Any]) -> bool:
    if not pd.api.types.is_datetime64_any_dtype(times.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return False
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    parts: Iterator[Any] = (getattr(times.dt, part).to_numpy() for part in _CALENDAR)
    weeks = times.dt.isocalendar().week.to_numpy(dtype=np.float64)
    return len(found) > 0 and any(np.array_equal(found, part) for part in (*parts, weeks))


def in_bins(first: pd.Series[Any], second: pd.Series[Any]) -> NDArray[np.uint8] | None:
    """Two columns in bins alike, first the one and then the other: of numbers and dates between the quantiles of both
    together, of all else the commonest values and the rest; missing values have a bin of their own.

    None: the column holds lists or records.
    """
    if holds_many(first) or holds_many(second):
        return None
    if is_number(first) and is_number(second):
        values = np.concatenate([as_floats(first), as_floats(second)])
        finite = values[np.isfinite(values)]
        edges = np.unique(np.quantile(finite, np.arange(1, BINS) / BINS)) if len(finite) else np.zeros(0)
        return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right")).astype(np.uint8)
    codes = pd.factorize(_objects(first, second))[0]
    counts = np.bincount(codes[codes >= 0])
    places = np.full(len(counts) + 1, BINS - 1, dtype=np.uint8)
    places[np.argsort(-counts, kind="stable")[: BINS - 1]] = np.arange(min(len(counts), BINS - 1))
    places[-1] = BINS  # code -1: missing
    return places[codes]


def _objects(first: pd.Series[Any], second: pd.Series[Any]) -> NDArray[Any]:
    """Both columns as plain objects, missing ones as None; what cannot be told apart by value is by its text."""
    both = pd.concat([first.astype(object), second.astype(object)], ignore_index=True)
    values = both.where(both.notna(), None).to_numpy(dtype=object)
    try:
        pd.factorize(values)
    except TypeError:
        values = np.array([None if value is None else str(value) for value in values], dtype=object)
    return values
