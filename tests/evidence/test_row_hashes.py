"""Values and rows as hashes: the same however they are stored, and no others."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from readiness.evidence.row_hashes import MISSING_BITS, kinds_of, row_hashes, value_bits

ROWS = pd.DataFrame({"a": [1, 2, 2], "b": [0.0, np.nan, 1.5], "c": ["x", None, "y"]})
DAYS = pd.to_datetime(["2026-01-01", "2026-02-03T04:05:06.789"], format="ISO8601")


def test_equal_rows_are_equal_however_they_are_stored():
    """Integers as floats, minus zero as zero, text as categories, columns in another order."""
    other = pd.DataFrame(
        {"b": [-0.0, np.nan, 1.5], "a": [1.0, 2.0, 2.0], "c": pd.Series(["x", None, "y"], dtype="category")}
    )

    assert row_hashes(ROWS, ["a", "b", "c"]).tolist() == row_hashes(other, ["c", "b", "a"]).tolist()


def test_any_difference_tells_rows_apart():
    """In a value, and in the column where a value stands."""
    base = row_hashes(ROWS, ["a", "b"])
    swapped = row_hashes(ROWS.rename(columns={"a": "b", "b": "a"}), ["a", "b"])

    assert 3 == len(set(base.tolist()))
    assert not set(base.tolist()) & set(swapped.tolist())


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.0, 2.0]),
        pd.Series([1, 2], dtype="Int64"),
        pd.Series([1, 2], dtype="int8"),
        pd.Series(["1", "2.0"]),
        pd.Series(["1", "2"], dtype=object),
        pd.Series([1, "2"], dtype=object),
        pd.Series([1, 2], dtype="category"),
        pd.Series(["1", "2"], dtype="category"),
        pd.Series([1.0, 2.0], dtype="float32"),
    ],
)
def test_numbers_are_numbers(values):
    """As integers, floats, text, categories and objects."""
    assert value_bits(pd.Series([1, 2])).tolist() == value_bits(values).tolist()


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(DAYS.astype("datetime64[us]")),
        pd.Series(DAYS.tz_localize("UTC")),
        pd.Series(DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo")),
        pd.Series(["2026-01-01", "2026-02-03 04:05:06.789"]),
        pd.Series(["2026-01-01T00:00Z", "2026-02-03T05:05:06.789+01:00"]),
        pd.Series([datetime.date(2026, 1, 1), "2026-02-03T04:05:06.789"], dtype=object),
    ],
)
def test_dates_are_dates(values):
    """In any unit and zone, and as text."""
    assert value_bits(pd.Series(DAYS.astype("datetime64[ns]"))).tolist() == value_bits(values).tolist()


def test_missing_is_missing():
    """None, NaN, NaT, NA and empty text."""
    kinds = [
        pd.Series([None, "x"]), pd.Series([np.nan, 1.0]), pd.Series([pd.NaT, DAYS[0]]), pd.Series([pd.NA, 1], dtype="Int64"),
        pd.Series(["", "x"]), pd.Series([None, "x"], dtype="category"), pd.Series([None, [1]], dtype=object),
    ]  # fmt: skip

    assert [MISSING_BITS] * len(kinds) == [value_bits(each)[0] for each in kinds]


def test_text_is_the_same_in_any_case_and_names_are_not():
    """Case, spaces and width of letters; names of rows letter by letter, and hexadecimal digits are no numbers."""
    one, other = pd.Series([" New  York", "ＡＢ"]), pd.Series(["new york ", "ab"])

    assert value_bits(one).tolist() == value_bits(other).tolist()
    assert value_bits(pd.Series(["aB3"]), "name")[0] != value_bits(pd.Series(["Ab3"]), "name")[0]
    assert 4 == len(set(value_bits(pd.Series(["1e5", "100000", "3.1", "3.10"]), "name").tolist()))
    assert value_bits(pd.Series(["1e5"]))[0] != value_bits(pd.Series([100000]))[0]
    assert value_bits(pd.Series(["7"]), "name")[0] == value_bits(pd.Series([7.0]), "name")[0]


def test_large_integers_are_told_apart():
    """Beyond 2^53, where neighbours share a float."""
    large = pd.Series([2**60, 2**60 + 1, 2**53, -(2**62) - 5, 2**63 - 1])

    assert 5 == len(set(value_bits(large).tolist()))
    assert value_bits(large)[0] == value_bits(pd.Series([float(2**60)]))[0]
    assert value_bits(pd.Series([2**63 - 1, None], dtype="Int64"))[0] == value_bits(large)[4]


def test_single_precision_meets_double():
    """A table in single precision beside the same one as text, and as full floats."""
    full = pd.DataFrame({"x": np.random.default_rng(0).normal(size=100)})
    single = full.astype("float32")
    written = pd.DataFrame({"x": [float(str(value)) for value in single["x"].to_numpy()]})

    assert value_bits(single["x"]).tolist() == value_bits(written["x"]).tolist()
    kinds = kinds_of(full, single, ["x"])
    assert row_hashes(full, ["x"], kinds).tolist() == row_hashes(single, ["x"], kinds).tolist()
    assert {} == kinds_of(full, written, ["x"])


def test_odd_values_have_a_hash():
    """Lists, arrays, half characters, true and false."""
    odd = pd.Series([[1, 2], np.array([1, 2]), {"a": 1}, "\ud800", b"x", 1 + 2j, float("inf")], dtype=object)

    assert len(odd) - 1 == len(set(value_bits(odd).tolist()))
    assert value_bits(pd.Series([True, False])).tolist() == value_bits(pd.Series(["True", "false"])).tolist()
    assert [] == value_bits(pd.Series([], dtype="float64")).tolist()


def test_the_recipe_does_not_change():
    """Hashes that stand in files are found by later versions as well."""
    frame = pd.DataFrame({"n": [1.5, -3], "t": ["a b", None], "d": pd.to_datetime(["2026-01-01", None])})

    assert RECIPE == [f"{each:016x}" for each in row_hashes(frame, ["n", "t", "d"])]


RECIPE = ["459141d61d52e0b3", "0309a60b36e0f667"]
