"""Rows into groups: every row in exactly one segment, whatever the column holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.errors import DataError
from readiness.evidence.segments import MOST_VALUES, columns_of, cut_segments
from readiness.spec.schema import SegmentColumn


def counts(cut):
    return {cut.text(code): int(n) for code, n in enumerate(cut.counts)}


def test_values_are_sorted_and_missing_comes_last():
    """A text column gives one segment for each value, and one for its gaps."""
    cut = cut_segments(pd.DataFrame({"g": ["b", "a", None, "b"]}), "g")

    assert {"g = a": 1, "g = b": 2, "g = missing": 1} == counts(cut)


def test_ordered_categories_keep_their_order_and_lose_the_empty_ones():
    """18-25 before 65+, and no segment for a category that no row has."""
    values = pd.Categorical(["65+", "18-25"], categories=["18-25", "25-35", "65+"], ordered=True)

    assert {"g = 18-25": 1, "g = 65+": 1} == counts(cut_segments(pd.DataFrame({"g": values}), "g"))


def test_bins_come_from_the_reference_and_are_closed_on_the_right():
    """The training rows decide where a number is cut."""
    train = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    cut = cut_segments(pd.DataFrame({"x": [2.5, 2.6, 100.0, np.nan]}), SegmentColumn(column="x", bins=2), train)

    assert {"x = up to 2.5": 1, "x = above 2.5": 2, "x = missing": 1} == counts(cut)


def test_edges_may_be_given():
    """Inner edges cut as written."""
    cut = cut_segments(pd.DataFrame({"x": [0, 10, 11, 20, 21]}), SegmentColumn(column="x", bins=(10, 20)))

    assert {"x = up to 10": 2, "x = above 10 to 20": 2, "x = above 20": 1} == counts(cut)


@pytest.mark.parametrize("named", ["above 21930", "above 21,930"])
def test_thousands_are_separated_and_a_critical_bin_may_be_named_either_way(named):
    """A bin is found as critical with and without separators, and no label is made twice."""
    part = SegmentColumn(column="x", bins=(21930,), critical=(named,))
    cut = cut_segments(pd.DataFrame({"x": [1.0, 30800.1]}), part)

    assert {"x = up to 21,930": 1, "x = above 21,930": 1} == counts(cut)
    assert {1} == cut.critical


def test_a_number_with_many_values_is_cut_into_quartiles():
    """An amount is not a category."""
    cut = cut_segments(pd.DataFrame({"x": np.arange(100.0)}), "x")

    assert [25, 25, 25, 25] == cut.counts.tolist()


def test_few_whole_numbers_are_categories():
    """0 and 1 stay 0 and 1, also when a gap has made them floats."""
    assert {"x = 0": 1, "x = 1": 1, "x = missing": 1} == counts(
        cut_segments(pd.DataFrame({"x": [0.0, 1.0, np.nan]}), "x")
    )


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("weekend", {"t (weekend) = weekday": 1, "t (weekend) = weekend": 1, "t (weekend) = missing": 1}),
        ("weekday", {"t (weekday) = Friday": 1, "t (weekday) = Sunday": 1, "t (weekday) = missing": 1}),
        ("month", {"t (month) = 2026-11": 2, "t (month) = missing": 1}),
        ("hour", {"t (hour) = 8": 1, "t (hour) = 23": 1, "t (hour) = missing": 1}),
    ],
)
def test_dates_are_cut_by_their_parts(by, expected):
    """20 November 2026 is a Friday, the 22nd a Sunday."""
    frame = pd.DataFrame({"t": pd.to_datetime(["2026-11-20 08:00", "2026-11-22 23:00", None])})

    assert expected == counts(cut_segments(frame, SegmentColumn(column="t", by=by)))


def test_crossings_hold_the_combinations_that_occur():
    """Two columns give the pairs that rows have."""
    frame = pd.DataFrame({"a": ["x", "x", "y"], "b": ["p", "q", "p"]})

    assert {"a = x and b = p": 1, "a = x and b = q": 1, "a = y and b = p": 1} == counts(cut_segments(frame, ("a", "b")))


def test_a_critical_value_without_rows_stays_visible():
    """Somebody must be told that there is nobody of 65+."""
    cut = cut_segments(pd.DataFrame({"g": ["a", "b"]}), SegmentColumn(column="g", critical=("65+",)))

    assert {"g = a": 1, "g = b": 1, "g = 65+": 0} == counts(cut)
    assert [2] == sorted(cut.critical)


def test_training_rows_are_counted_for_the_same_segments():
    """A group that is rare in training is told with its number."""
    cut = cut_segments(pd.DataFrame({"g": ["a", "b"]}), "g", pd.DataFrame({"g": ["a", "a", "c"]}))

    assert (2, 0) == cut.training_rows


@pytest.mark.parametrize(
    ("values", "part", "words"),
    [
        (["a", "b"], SegmentColumn(column="g", bins=3), "not numbers"),
        (["soon", "later"], SegmentColumn(column="g", by="month"), "does not hold dates"),
    ],
)
def test_a_column_that_cannot_be_cut_so_is_named(values, part, words):
    """The message names the column and what to do."""
    with pytest.raises(DataError, match=words) as caught:
        cut_segments(pd.DataFrame({"g": values}), part)

    assert "'g'" in caught.value.message
    assert caught.value.remedy


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.text(max_size=3)), st.floats() | st.none(), st.booleans()),
        min_size=1,
        max_size=40,
    )
)
def test_segments_always_sum_to_the_whole(rows):
    """Whatever the values, every row is in exactly one segment, also in crossings."""
    frame = pd.DataFrame(rows, columns=["g", "x", "flag"]).astype({"x": float})

    for entry in (
        "g",
        "flag",
        SegmentColumn(column="x", bins=3),
        ("g", "flag"),
        ("g", SegmentColumn(column="x", bins=2)),
    ):
        cut = cut_segments(frame, entry)
        assert len(frame) == cut.counts.sum()
        assert len(cut.labels) == len(cut.counts)


def test_columns_are_named_once():
    """What must be read for the segments."""
    assert ("a", "b", "c") == columns_of(["a", SegmentColumn(column="b", bins=2), ("a", "c")])


@pytest.mark.parametrize(("values", "refused"), [(MOST_VALUES, False), (MOST_VALUES + 1, True)])
def test_a_column_that_tells_rows_apart_is_no_segmentation(values, refused):
    """A customer number makes a group of each customer; it is refused by name, with what to do."""
    frame = pd.DataFrame({"customer": [f"c{i}" for i in range(values)]})
    if not refused:
        assert values == len(cut_segments(frame, "customer").labels)
        return
    with pytest.raises(DataError, match=f"'customer', which holds {values}") as caught:
        cut_segments(frame, "customer")
    assert "coarser" in caught.value.remedy


def test_months_of_times_with_a_zone_are_cut_on_local_clocks():
    """Midnight in Berlin on 1 December is still November in UTC; nothing is warned about."""
    frame = pd.DataFrame({"t": pd.to_datetime(["2026-12-01", "2026-11-30"]).tz_localize("Europe/Berlin")})

    expected = {"t (month) = 2026-11": 1, "t (month) = 2026-12": 1}
    assert expected == counts(cut_segments(frame, SegmentColumn(column="t", by="month")))


def test_bins_that_lie_close_together_have_names_of_their_own():
    """As many figures as tell the edges apart."""
    frame = pd.DataFrame({"x": [1.0, 1.00000015, 1.0000003]})

    cut = cut_segments(frame, SegmentColumn(column="x", bins=(1.0000001, 1.0000002)))

    assert 3 == len(set(counts(cut)))
    assert "x = above 1.0000001 to 1.0000002" in counts(cut)
