"""Messages: the very same values at the other end, and nothing but a WireError of what others may send."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import io
import json
import math
import struct
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.errors import DataError, ScoringError
from readiness.evidence.validation import numbers
from readiness.evidence.workers.wire import (
    MAGIC,
    MOST_HEADER,
    MOST_PAYLOAD,
    Message,
    WireError,
    join_messages,
    names_of,
    pack_answer,
    pack_array,
    pack_frame,
    pack_value,
    part_of,
    read_message,
    unpack_answer,
    unpack_array,
    unpack_frame,
    unpack_value,
    write_message,
)
from tests.sampling import examples

HEAD = struct.Struct("<4sIQ")


def sent(message: Message, *, is_believed: bool = True) -> Message:
    """The message after a journey through a pipe."""
    stream = io.BytesIO()
    write_message(stream, message)
    stream.seek(0)
    arrived = read_message(stream, is_believed=is_believed)
    assert arrived is not None
    assert read_message(stream) is None
    return arrived


def handed(frame: pd.DataFrame) -> pd.DataFrame:
    return unpack_frame(sent(pack_frame(frame)))


def returned(raw: Any) -> Any:
    return unpack_answer(sent(pack_answer(raw), is_believed=False))


def same_value(one: Any, other: Any) -> bool:
    """The same value of the same type; NaN is itself, and None is not NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float | np.floating) and math.isnan(one):
        return math.isnan(other)
    return one is other if one is pd.NA or one is pd.NaT else bool(one == other)


def assert_same_frame(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal in types, names, index, and each value of each column of objects."""
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)
    assert [*map(type, one.columns)] == [*map(type, other.columns)]
    for (_, left), (_, right) in zip(one.items(), other.items(), strict=True):
        assert left.dtype == right.dtype
        if left.dtype == object:
            pairs = zip(left.to_numpy(), right.to_numpy(), strict=True)
            assert all(same_value(a, b) for a, b in pairs)


# ----------------------------------------------------------------------------------------------------
# Tables

DAY = datetime.datetime(2026, 3, 29, 1, 30)
COLUMNS: dict[str, Any] = {
    **{
        name: np.array([0, 1, 2], dtype=name)
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
    "big": np.array([2**64 - 1, 2**63, 0], dtype=np.uint64),
    "small": np.array([-(2**63), 2**63 - 1, -1], dtype=np.int64),
    "float16": np.array([0.1, np.nan, -np.inf], dtype=np.float16),
    "float32": np.array([0.1, np.nan, np.inf], dtype=np.float32),
    "float64": np.array([-0.0, np.nan, 5e-324]),
    "bool": np.array([True, False, True]),
    "text": np.array(["a", "", "ä\x00\n"], dtype=object),
    "text or None": np.array(["a", None, "b"], dtype=object),
    "text or nan": np.array(["a", np.nan, "b"], dtype=object),
    "mixed": np.array([1, "1", 1.0], dtype=object),
    "truths and gaps": np.array([True, None, np.nan], dtype=object),
    "numpy's own": np.array([np.float32(0.5), np.int8(3), np.bool_(True)], dtype=object),
    "whole and huge": np.array([2**100, -1, True], dtype=object),
    "dates": np.array([DAY.date(), None, DAY.date()], dtype=object),
    "times": np.array([DAY.time(), DAY, None], dtype=object),
    "decimals": np.array([decimal.Decimal("1.10"), decimal.Decimal("NaN").copy_abs(), None], dtype=object)[[0, 2, 0]],
    "bytes": np.array([b"\x00\xff", b"", None], dtype=object),
    "stamps as objects": np.array([pd.Timestamp(DAY), pd.NaT, pd.Timestamp(DAY, tz="UTC")], dtype=object),
    "gaps of pandas": np.array([pd.NA, 1, "x"], dtype=object),
    "spans as objects": np.array([pd.Timedelta(1, unit="ns"), None, pd.Timedelta(5, unit="D")], dtype=object),
    "seconds": np.array(["2026-01-01", "NaT", "1960-01-01"], dtype="datetime64[s]"),
    "nanoseconds": np.array(["2026-01-01T00:00:00.000000001", "NaT", "1960-01-01"], dtype="datetime64[ns]"),
    "spans": np.array([1, "NaT", -5], dtype="timedelta64[ms]"),
    "zoned": pd.DatetimeIndex([DAY, pd.NaT, DAY]).tz_localize("Europe/Berlin", nonexistent="shift_forward"),
    "zoned in seconds": pd.DatetimeIndex([DAY, pd.NaT, DAY]).tz_localize("UTC").as_unit("s"),
    "offset": pd.DatetimeIndex([DAY, pd.NaT, DAY]).tz_localize("+05:30"),
    "Int64": pd.array([1, None, 2**62 + 1], dtype="Int64"),
    "UInt8": pd.array([1, None, 255], dtype="UInt8"),
    "Float32": pd.array([0.1, None, 0.3], dtype="Float32"),
    "boolean": pd.array([True, None, False], dtype="boolean"),
    "string": pd.array(["a", None, "ü"], dtype="string"),
    "arrow text": pd.array(["a", None, "ü"], dtype="string[pyarrow]"),
    "arrow numbers": pd.array([1, None, 3], dtype="int64[pyarrow]"),
    "category": pd.Categorical(["b", None, "a"], categories=["b", "a", "never"]),
    "ordered": pd.Categorical(["low", "high", "low"], categories=["low", "high"], ordered=True),
    "category of numbers": pd.Categorical([2, 1, None]),
    "category of floats": pd.Categorical([0.5, None, -0.5]),
    "category of truths": pd.Categorical([True, False, None]),
    "category of days": pd.Categorical(pd.DatetimeIndex([DAY, pd.NaT, DAY])),
    "no category at all": pd.Categorical([None, None, None]),
    "period": pd.PeriodIndex(["2026-01", "NaT", "2026-03"], freq="M"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_kind_of_column_arrives_as_it_was(name: str) -> None:
    """Values, gaps, types and units."""
    assert_same_frame(pd.DataFrame({name: COLUMNS[name]}), handed(pd.DataFrame({name: COLUMNS[name]})))


@pytest.mark.parametrize("rows", [[], [2], [2, 0], [1, 1, 1]], ids=str)
def test_all_columns_together_and_parts_of_them(rows: list[int]) -> None:
    """Also no rows, rows in another order, and rows twice, with the index that they have then."""
    frame = pd.DataFrame(COLUMNS).iloc[rows]
    assert_same_frame(frame, handed(frame))


def test_no_columns() -> None:
    """As many rows as there are."""
    frame = pd.DataFrame(index=range(4))
    assert_same_frame(frame, handed(frame))


@pytest.mark.parametrize("index", [range(3), range(10, 4, -2), [5, 3, 9], np.array([1, 2, 3], dtype=np.int64)], ids=str)
def test_an_index_of_numbers_stays(index: Any) -> None:
    """Steps backwards as well."""
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=index)
    assert_same_frame(frame, handed(frame))


def test_another_index_is_counted() -> None:
    """Of a table with names of rows, the rows arrive in their order."""
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "y", "z"])
    assert_same_frame(frame.reset_index(drop=True), handed(frame))


@pytest.mark.parametrize("names", [["a", "b"], [1, 2], ["a", 2], [0.5, "x"], ["", "ä <b>"], ["a", "a"]], ids=str)
def test_names_of_columns_of_any_type(names: list[Any]) -> None:
    """Numbers are no texts, and two columns of one name stay two."""
    frame = pd.DataFrame([[1, 2.5], [3, 4.5]], columns=names)
    assert_same_frame(frame, handed(frame))


def test_a_model_may_write_to_what_it_is_handed() -> None:
    """Every column has memory of its own."""
    arrived = handed(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [1, 2]}))
    for name in arrived:
        arrived.loc[0, name] = 9
    assert [9, 9, 9] == arrived.iloc[0].tolist()


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, object(), 1 + 2j, {1}], ids=lambda value: type(value).__name__)
def test_what_no_table_holds_is_refused_in_words(value: Any) -> None:
    """Column, row and type."""
    column = np.empty(3, dtype=object)
    column[:] = ["x", "y", None]
    column[1] = value
    with pytest.raises(DataError, match=rf"'odd' holds a {type(value).__name__} in row 2") as caught:
        pack_frame(pd.DataFrame({"odd": column}))
    assert "one plain value in each cell" in (caught.value.remedy or "")


CELLS = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.binary(max_size=6),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.decimals(allow_nan=False),
    st.sampled_from([pd.NaT, pd.NA, np.float32("nan"), np.int16(-3), np.datetime64("2026-01-01", "D")]),
)


@given(st.lists(CELLS, max_size=12))
@settings(max_examples=examples(300), deadline=None)
def test_any_cells_at_all(cells: list[Any]) -> None:
    """Each comes back as it was, of its own type."""
    column = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        column[place] = cell
    arrived = handed(pd.DataFrame({"x": pd.Series(column, dtype=object)}))["x"].to_numpy()
    assert all(same_value(a, b) for a, b in zip(cells, arrived, strict=True))


@given(CELLS)
@settings(max_examples=examples(200), deadline=None)
def test_any_single_value(value: Any) -> None:
    """As a class label travels, through JSON."""
    assert same_value(value, unpack_value(json.loads(json.dumps(pack_value(value)))))


NUMERIC = ["?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", ">f8", ">i4", "c16", "M8[s]", "m8[ns]", "U3", "S2"]


@given(
    st.sampled_from(NUMERIC),
    st.lists(st.integers(0, 3), max_size=3),
    st.integers(0, 2**32),
    st.booleans(),
)
@settings(max_examples=examples(300), deadline=None)
def test_arrays_of_any_shape(kind: str, shape: list[int], seed: int, turned: bool) -> None:
    """Bit by bit, of the same type and shape, in whatever order of memory they lie."""
    size = int(np.prod(shape))
    array = np.random.default_rng(seed).integers(0, 90, size).astype("i8")
    made = array.astype(str).astype(kind) if kind[0] in "US" else array.astype(np.dtype(kind))
    given_ = made.reshape(shape).T if turned else made.reshape(shape)
    found = returned(given_)
    assert (given_.dtype, given_.shape) == (found.dtype, found.shape)
    assert given_.tobytes() == found.tobytes()


# ----------------------------------------------------------------------------------------------------
# Answers


def test_odd_floats_keep_their_bits() -> None:
    """A zero below zero, a NaN with a message in it, the largest and the least."""
    bits = np.array([0x8000000000000000, 0x7FF8DEADBEEF0001, 0x7FEFFFFFFFFFFFFF, 1], dtype=np.uint64).view(np.float64)
    assert bits.tobytes() == returned(bits).tobytes()


def test_masked_answers_stay_masked() -> None:
    """So that they are refused here as they are in this process."""
    answer = np.ma.array([[0.1, 0.9], [0.5, 0.5]], mask=[[True, False], [False, False]])
    found = returned(answer)
    assert isinstance(found, np.ma.MaskedArray)
    assert answer.mask.tolist() == found.mask.tolist()
    assert answer.data.tolist() == found.data.tolist()


def test_labels_of_any_type() -> None:
    """Texts, gaps, truth values and numbers among each other."""
    answer = np.array(["yes", None, True, 1, 1.5, float("nan"), pd.NA], dtype=object)
    assert all(same_value(a, b) for a, b in zip(answer, returned(answer), strict=True))


@pytest.mark.parametrize(
    "raw",
    [1, 1.5, "yes", None, [], [1, 2], ["a", "b"], np.float32(0.5), np.zeros((0, 3)), np.zeros((2, 0)), (True, False)],
    ids=repr,
)
def test_plain_answers_are_as_an_array_of_them(raw: Any) -> None:
    """A single value has no rows, and what is empty stays empty."""
    expected, found = np.asarray(raw), returned(raw)
    assert (expected.dtype, expected.shape) == (found.dtype, found.shape)
    assert expected.tolist() == found.tolist()


def test_tables_and_series_are_their_values() -> None:
    """As models of pandas return them."""
    frame = pd.DataFrame({"no": [0.4, 0.1], "yes": [0.6, 0.9]})
    assert frame.to_numpy().tolist() == returned(frame).tolist()
    assert ["a", "b"] == returned(pd.Series(["b", "a"])[::-1]).tolist()
    assert np.eye(2).tolist() == returned(scipy.sparse.csr_matrix(np.eye(2))).tolist()


def test_several_tables_are_told_as_such() -> None:
    """Probabilities of several targets: how many there are is all that anybody asks."""
    found = returned([np.zeros((5, 2))] * 3)
    assert (3, list) == (len(found), type(found))
    assert all(2 == np.ndim(table) for table in found)


class Hostile:
    """An answer whose own code fails when it is looked at."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("look elsewhere")

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __len__ = __iter__ = __str__  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("raw", "kind"), [({"a": 1}, "dict"), ({1, 2}, "set"), (Hostile(), "Hostile"), (lambda: 0, "function")]
)
def test_what_is_no_array_comes_with_the_name_of_its_type(raw: Any, kind: str) -> None:
    """And making an array of it fails like there."""
    found = returned(raw)
    assert kind == type(found).__name__
    with pytest.raises(ScoringError, match="predict"):
        numbers(found, 1, "predict")


# ----------------------------------------------------------------------------------------------------
# What others may send


def frame_of(header: bytes, body: bytes = b"", *, magic: bytes = MAGIC, payload: int | None = None) -> bytes:
    return HEAD.pack(magic, len(header), len(body) if payload is None else payload) + header + body


GOOD = frame_of(b'{"values": {"a": 1}, "sizes": [3]}', b"abc")


def test_the_good_one_is_read() -> None:
    """What the others below are changed from."""
    found = read_message(io.BytesIO(GOOD))
    assert found is not None
    assert ({"a": 1}, [b"abc"]) == (found.values, [bytes(buffer) for buffer in found.buffers])


@pytest.mark.parametrize("length", range(1, len(GOOD)))
def test_a_message_that_breaks_off(length: int) -> None:
    """After each of its bytes."""
    with pytest.raises(WireError, match="breaks off"):
        read_message(io.BytesIO(GOOD[:length]))


@pytest.mark.parametrize(
    "sent_",
    [
        b"Traceback (most recent call last):\n",
        frame_of(b"{}", magic=b"RDN2"),
        frame_of(b""),
        frame_of(b"{}"),
        frame_of(b"[]"),
        frame_of(b"null"),
        frame_of(b"\xff\xfe"),
        frame_of(b'{"values": 1, "sizes": []}'),
        frame_of(b'{"values": {}, "sizes": 1}'),
        frame_of(b'{"values": {}, "sizes": [1]}'),
        frame_of(b'{"values": {}, "sizes": [-1, 4]}', b"abc"),
        frame_of(b'{"values": {}, "sizes": [3.0]}', b"abc"),
        frame_of(b'{"values": {}, "sizes": [true, 2]}', b"abc"),
        frame_of(b'{"values": {}, "sizes": ["3"]}', b"abc"),
        frame_of(b'{"values": {"a": NaN}, "sizes": []}'),
        frame_of(b'{"values": {"a": Infinity}, "sizes": []}'),
        frame_of(b'{"values": {"a": ' + b"[" * 200_000 + b"]" * 200_000 + b'}, "sizes": []}'),
        frame_of(b'{"values": {"a": ' + b"1" * 5_000 + b'}, "sizes": []}'),
        frame_of(b'{"values": {}, "sizes": [1, 2]}', b"ab"),
        HEAD.pack(MAGIC, MOST_HEADER + 1, 0),
        HEAD.pack(MAGIC, 2**32 - 1, 0),
        HEAD.pack(MAGIC, 2, MOST_PAYLOAD + 1) + b"{}",
        HEAD.pack(MAGIC, 2, 2**64 - 1) + b"{}",
    ],
    ids=range(23),
)
def test_what_is_no_message(sent_: bytes) -> None:
    """One error, whatever is wrong with it."""
    with pytest.raises(WireError):
        read_message(io.BytesIO(sent_))


def test_a_promise_takes_no_memory() -> None:
    """Two gigabytes are announced, and three bytes come."""
    header = json.dumps({"values": {}, "sizes": [MOST_PAYLOAD]}).encode()
    tracemalloc.start()
    resident = _resident()
    try:
        with pytest.raises(WireError, match="breaks off"):
            read_message(io.BytesIO(frame_of(header, b"abc", payload=MOST_PAYLOAD)))
    finally:
        tracemalloc.stop()
    assert _resident() - resident < 2**26


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


@given(st.binary(max_size=80))
@settings(max_examples=examples(500), deadline=None)
def test_any_bytes_at_all(content: bytes) -> None:
    """Nothing, or one error."""
    for stream in (content, frame_of(content), frame_of(b'{"values": {}, "sizes": %s}' % content)):
        with contextlib.suppress(WireError):
            read_message(io.BytesIO(stream))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [*NUMERIC, "O", "V8", "M8", "f8,f8", "(2,)f8", "U99999999999", "i99", "(", "2", "", "f16", "M8[", "|O8", "U0", "S0"]
)
ARRAYS = st.fixed_dictionaries(
    {},
    optional={
        "as": st.sampled_from(["numpy", "object", "odd", "tables", "?"]) | JSON,
        "dtype": KINDS | JSON,
        "shape": st.lists(st.integers(-3, 5) | st.integers(2**40, 2**70) | JSON, max_size=10) | JSON,
        "values": st.lists(st.tuples(st.sampled_from(["str", "int", "np", "gap", "float", "?"]), JSON) | JSON) | JSON,
        "masked": JSON,
        "count": st.integers(-2, 20_000) | JSON,
        "type": JSON,
        "words": JSON,
    },
)


@given(ARRAYS, st.lists(st.binary(max_size=40), max_size=3))
@settings(max_examples=examples(800), deadline=None)
def test_any_array_at_all(about: dict[str, Any], buffers: list[bytes]) -> None:
    """An array whose values can be looked at, something odd, or one error."""
    try:
        found = unpack_answer(Message(json.loads(json.dumps(about)), buffers))
    except WireError:
        return
    if isinstance(found, np.ndarray):
        found.tolist()


@pytest.mark.parametrize(
    "values",
    [
        {"as": "numpy", "dtype": "<f8", "shape": [2]},
        {"as": "numpy", "dtype": "<f8", "shape": [-1]},
        {"as": "numpy", "dtype": "<f8", "shape": [1] * 9},
        {"as": "numpy", "dtype": "<f8", "shape": [1e400]},
        {"as": "numpy", "dtype": "<f8", "shape": [2**62, 2**62]},
        {"as": "numpy", "dtype": "O", "shape": [1]},
        {"as": "numpy", "dtype": "V8", "shape": [1]},
        {"as": "numpy", "dtype": "(,f8", "shape": [1]},
        {"as": "numpy", "dtype": "<f4", "shape": [1]},
        {"as": "numpy", "dtype": "<f8", "shape": [1], "masked": True},
        {"as": "object", "values": [["str", "a"]], "shape": [2]},
        {"as": "object", "values": [], "shape": [2]},
        {"as": "object", "values": [["code", "a"], ["str", "b"]], "shape": [2]},
        {"as": "object", "values": "ab", "shape": [2]},
        {"as": "tables", "count": 10_000},
        {"as": "tables", "count": -1},
        {"as": "tables", "count": True},
        {"as": "odd", "type": 3, "words": ""},
        {"shape": [1]},
        {},
    ],
    ids=str,
)
def test_arrays_that_contradict_themselves(values: dict[str, Any]) -> None:
    """The buffer holds two codes, 0 and 7, which are eight bytes."""
    with pytest.raises(WireError):
        unpack_answer(Message(values, [np.array([0, 7], dtype=np.int32).tobytes()]))


def test_truth_values_are_true_or_false() -> None:
    """Another byte would be a third thing, and count as two."""
    found = unpack_array(Message({"as": "numpy", "dtype": "|b1", "shape": [3]}, [b"\x00\x01\x02"]))
    assert [False, True, True] == found.tolist()
    assert 2 == found.sum() == found.astype(int).sum()


@pytest.mark.parametrize(
    "packed",
    [
        None,
        [],
        ["str"],
        ["str", "a", "b"],
        ["module", "os"],
        ["np", "O:00"],
        ["np", "<f8:00"],
        ["np", "<f8:zz"],
        ["np", "(,:00"],
        ["np", 3],
        ["int", "one"],
        ["int", "9" * 5_000],
        ["float", "0x1p99999"],
        ["decimal", "one"],
        ["timestamp", "soon"],
        ["timedelta", "9" * 30],
        ["date", "2026-13-01"],
        ["gap", "other"],
        [["str"], "a"],
        {"str": "a"},
    ],
    ids=repr,
)
def test_what_is_no_value(packed: Any) -> None:
    """Marks that nobody knows, and texts that are none of their kind."""
    with pytest.raises(WireError):
        unpack_value(packed)


def test_parts_are_found_again() -> None:
    """Each with its own buffers; what is not there is None."""
    parts = {"one": pack_array(np.arange(3)), "none": Message({}), "two": pack_array(np.ma.array([1.5], mask=[True]))}
    joined = sent(join_messages({"do": "it"}, parts))
    one, two = part_of(joined, "one"), part_of(joined, "two")
    assert one is not None
    assert two is not None
    assert ("it", [0, 1, 2]) == (joined.values["do"], unpack_array(one).tolist())
    assert [True] == np.ma.getmaskarray(unpack_array(two)).tolist()
    assert part_of(joined, "three") is None
    assert part_of(Message({}), "one") is None


@pytest.mark.parametrize(
    "about",
    [
        {"from": 0, "count": 2, "values": {}},
        {"from": 5, "count": 1, "values": {}},
        {"from": 0, "count": -1, "values": {}},
        {"from": "0", "count": 1, "values": {}},
        {"from": 0, "count": 1, "values": []},
        {"from": 0, "count": 1},
        [],
        "x",
        1,
    ],
    ids=str,
)
def test_parts_that_are_not_there(about: Any) -> None:
    """Buffers that did not come, and what is no part at all."""
    with pytest.raises(WireError):
        part_of(Message({"parts": {"one": about}}, [b"abc"]), "one")


def test_names_are_texts() -> None:
    """And nothing else."""
    assert ["a", ""] == names_of(["a", ""])
    with pytest.raises(WireError):
        names_of(["a", 1])
