"""Profiles of tables: bins of the training rows, ranges that are nobody's own, and texts that point at nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.canonical import dumps, encode
from readiness.core.profile import ColumnKind, ColumnProfile
from readiness.evidence.drift import column_drift
from readiness.evidence.profile import LEAST_SHARED, MOST_LISTED, STEPS, _profile_column, outer_range
from readiness.statistics.drift import Drift, drift_of_counts
from tests.report.monitoring.reviewed import review_of


def profiled(values: Any, other: Any = None) -> ColumnProfile:
    """The profile of one column of training rows, with test rows beside them."""
    train = pd.DataFrame({"x": values})
    tables: Mapping[str, pd.DataFrame] = {
        "train": train,
        "test": train if other is None else pd.DataFrame({"x": other}),
    }
    return _profile_column("x", train, tables)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, 2.5], ColumnKind.NUMBER),
        ([1, 2], ColumnKind.WHOLE),
        ([True, False], ColumnKind.BOOLEAN),
        (pd.to_datetime(["2026-01-01", "2026-01-02"]), ColumnKind.DATE),
        (["a", "b"] * 40, ColumnKind.CATEGORY),
        ([f"text {k}" for k in range(80)], ColumnKind.TEXT),
        (["x" * 200] * 80, ColumnKind.TEXT),
        ([1, "b"], ColumnKind.OTHER),
        ([[1], [2]], ColumnKind.OTHER),
    ],
)
def test_the_kind_of_a_column(values: Any, kind: ColumnKind) -> None:
    """By its values on either side; whatever is not clear is of no kind, and nothing is told of it."""
    assert profiled(values).kind is kind


def test_its_bins_are_those_of_question_6() -> None:
    """The index of the counts is the one that drift is judged by."""
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=3000), rng.normal(0.3, 1, 2000)
    before[:100] = np.nan
    found = profiled(before)
    counts = np.bincount(np.searchsorted(found.edges, now), minlength=len(found.edges) + 1)
    names = [str(k) for k in range(len(found.counts))]
    mine = drift_of_counts(names, np.asarray(found.counts, dtype=float), np.append(counts, 0).astype(float))
    theirs = column_drift(pd.Series(before), pd.Series(now))
    assert isinstance(mine, Drift)
    assert isinstance(theirs, Drift)
    assert mine.index.raw == pytest.approx(theirs.index.raw)


def test_rare_categories_are_not_told() -> None:
    """A text that fewer rows have than `LEAST_SHARED` stands nowhere in the profile."""
    common = ["a"] * 60 + ["b"] * 40
    assert profiled(common).listed == ("a", "b")
    rare = profiled([*common, *["Ms Rarely"] * (LEAST_SHARED - 1)], other=common)
    assert rare.listed == ()
    assert "Rarely" not in json.dumps(encode(rare))
    assert rare.counts == (60, 40, LEAST_SHARED - 1, 0)
    assert profiled([f"c{k}" for k in range(MOST_LISTED + 1)] * 10).listed == ()
    assert profiled(common, other=["a"] * 90 + ["c"] * 10).listed == ("a", "b", "c")


def test_the_ends_of_a_range_are_nobodys_own() -> None:
    """One person earns 83,712.55: the range ends at a round number above, and whole numbers at whole ones."""
    found = profiled([*np.linspace(20_000.5, 60_000.5, 99), 83_712.55])
    assert (20_000, 85_000) == (found.low, found.high)
    assert "83712" not in json.dumps(encode(found))
    assert (15, 100) == (lambda p: (p.low, p.high))(profiled([18, 97, 40]))


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_a_range_holds_its_values_and_little_more(low: float, span: float) -> None:
    """Outwards by less than an eighth on either side."""
    high = low + span
    start, end = outer_range(low, high)
    assert start <= low <= high <= end
    most = (2.5 / STEPS + 1e-6) * (high - low) + 1e-9 * max(abs(low), abs(high))
    assert low - start <= most
    assert end - high <= most


@pytest.mark.parametrize(
    "values", [[np.inf, 1.0, 2.0], [np.nan, np.nan], [-np.inf, np.inf], [1e308, -1e308], [0.0, 5e-324]]
)
def test_odd_numbers_are_no_fault(values: list[float]) -> None:
    """What is not finite has no place in a record."""
    dumps(encode(profiled(values)))


def test_a_column_with_infinite_values_has_no_range() -> None:
    """No range would hold the rows that were reviewed; one without any value has none either."""
    for values, other in (([np.inf, 1.0], [1.0]), ([1.0], [-np.inf]), ([np.nan], [np.nan])):
        found = profiled(values, other=other)
        assert (None, None) == (found.low, found.high)
    assert (1.0, 1.0) == (lambda p: (p.low, p.high))(profiled([np.nan], other=[1.0]))


def test_gaps_of_either_side_count() -> None:
    """A column may have gaps as soon as any row that was reviewed has one."""
    assert profiled([1.0, 2.0]).is_gapless
    assert not profiled([1.0, 2.0], other=[1.0, np.nan]).is_gapless


def test_without_training_rows_the_test_rows_count() -> None:
    """And the profile says so."""
    profile = review_of("binary", train=False).gathered.profile
    assert profile is not None
    assert profile.columns_of == "test"
    assert {each.rows for each in profile.columns} == {1200}
    assert [each.name for each in profile.answers] == ["answer", "score"]
