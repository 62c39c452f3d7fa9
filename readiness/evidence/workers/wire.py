"""Messages between a review and a model's process: a frame of plain values, and tables and arrays as Arrow or as bytes.

Both ends read the other's messages, but they trust each other differently. What the review sends is believed. What
comes back was made in a process that ran the model's own code: it is read with limits, and nothing in it can name code.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from readiness.core.errors import DataError

MAGIC = b"RDN1"
_HEAD = struct.Struct("<4sIQ")
MOST_HEADER = 64 * 2**20
"""Bytes of the plain values of a message."""
PLAIN = "biufcmMUS"
"""Kinds of arrays that travel as their bytes."""
MOST_PAYLOAD = 2**31
"""Bytes of all its arrays together."""


class WireError(Exception):
    """What came is no message, or none that was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """Plain values, and buffers that they speak of by their number."""

    values: Mapping[str, Any]
    buffers: Sequence[Any] = field(default_factory=tuple)


def write_message(stream: IO[bytes], message: Message) -> None:
    """Write one message; the stream is unbuffered or flushed here."""
    sizes = [memoryview(buffer).nbytes for buffer in message.buffers]
    header = json.dumps({"values": message.values, "sizes": sizes}, allow_nan=False).encode("ascii")
    stream.write(_HEAD.pack(MAGIC, len(header), sum(sizes)) + header)
    for buffer in message.buffers:
        stream.write(memoryview(buffer).cast("B"))
    stream.flush()


def read_message(stream: IO[bytes], *, is_believed: bool = False) -> Message | None:
    """The next message; None at the end of the stream. What is believed may be of any size.

    Raises:
        WireError: what comes is no message, or one of too many bytes.
    """
    head = _read(stream, _HEAD.size, may_end=True)
    if not len(head):
        return None
    magic, length, payload = _HEAD.unpack(head)
    if magic != MAGIC or (not is_believed and (length > MOST_HEADER or payload > MOST_PAYLOAD)):
        raise WireError("a message does not begin as one, or is too large")
    try:
        header = json.loads(bytes(_read(stream, length)), parse_constant=_refuse)
        values, sizes = header["values"], header["sizes"]
        whole = all(type(size) is int and size >= 0 for size in sizes)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError(f"a message cannot be read: {type(error).__name__}") from None
    if not isinstance(values, dict) or not whole or sum(sizes) != payload:
        raise WireError("a message contradicts itself")
    return Message(values, [_read(stream, size) for size in sizes])


def _refuse(name: str) -> None:
    raise ValueError(name)


def _read(stream: IO[bytes], size: int, *, may_end: bool = False) -> memoryview:
    try:
        view: memoryview = np.empty(
            size, np.uint8
        ).data  # takes no memory before something comes, whatever was promised
    except (MemoryError, ValueError):
        raise WireError("a message is too large for this machine") from None
    done = 0
    while done < size:
        count = stream.readinto(view[done : done + 2**20])  # type: ignore[attr-defined]  # raw and buffered have it
        if not count:
            if done == 0 and may_end:
                return view[:0]
            raise WireError("a message breaks off")
        done += count
    return view


# ----------------------------------------------------------------------------------------------------
# Single values by a mark of their type: what an object column, or a list of classes, holds.


def pack_value(value: Any) -> list[str]:
    """A value as its mark and a text.

    Raises:
        TypeError: a type that no table holds.
    """
    if isinstance(value, np.generic) and value.dtype.kind in "biufmM":
        return ["np", f"{value.dtype.str}:{value.tobytes().hex()}"]
    for kind, (mark, write, _) in _MARKS.items():
        if type(value) is kind:
            return [mark, write(value)]
    if value is pd.NaT or value is pd.NA:
        return ["gap", "NaT" if value is pd.NaT else "NA"]
    if isinstance(value, str):  # such as numpy's
        return ["str", str(value)]
    raise TypeError(type(value).__name__)


def unpack_value(packed: Any) -> Any:
    """The value that was packed.

    Raises:
        WireError: nothing that `pack_value` makes.
    """
    try:
        mark, text = packed
        if mark == "np":
            dtype, _, content = text.partition(":")
            return np.frombuffer(bytes.fromhex(content), np.dtype(dtype))[0]
        if mark == "gap":
            return {"NaT": pd.NaT, "NA": pd.NA}[text]
        return _READERS[mark](text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, SyntaxError, MemoryError):
        raise WireError("a value cannot be read") from None


_MARKS: dict[type, tuple[str, Any, Any]] = {
    str: ("str", str, str),
    type(None): ("none", lambda _: "", lambda _: None),
    bool: ("bool", lambda value: "1" if value else "", bool),
    int: ("int", str, int),
    float: ("float", float.hex, float.fromhex),
    bytes: ("bytes", lambda value: base64.b64encode(value).decode(), base64.b64decode),
    datetime.date: ("date", datetime.date.isoformat, datetime.date.fromisoformat),
    datetime.time: ("time", datetime.time.isoformat, datetime.time.fromisoformat),
    datetime.datetime: ("datetime", datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    pd.Timestamp: ("timestamp", pd.Timestamp.isoformat, pd.Timestamp),
    pd.Timedelta: ("timedelta", lambda value: str(value.value), lambda text: pd.Timedelta(int(text), unit="ns")),
    decimal.Decimal: ("decimal", str, decimal.Decimal),
}
_READERS = {mark: read for mark, _, read in _MARKS.values()}


# ----------------------------------------------------------------------------------------------------
# Tables: each column in Arrow, together with what pandas knows of it besides, so that the model is handed the very
# same values of the very same types. Missing values in a column of objects stay what they are: None is not NaN.


def pack_frame(frame: pd.DataFrame) -> Message:
    """A table as a message.

    Raises:
        DataError: a column holds values that no other process can be handed.
    """
    columns, arrays, names = [], [], []
    for place, (name, column) in enumerate(frame.items()):
        about, array = _pack_column(column, str(name))
        columns.append({"name": pack_value(name), **about})
        arrays.append(array)
        names.append(str(place))
    index = frame.index
    plain = isinstance(index, pd.RangeIndex) or index.dtype.kind not in "iu"
    where: Any = [index.start, index.stop, index.step] if isinstance(index, pd.RangeIndex) else [0, len(frame), 1]
    if not plain:
        arrays, names = [*arrays, pa.array(index.to_numpy())], [*names, "index"]
    labels = str(frame.columns.dtype)
    values = {"columns": columns, "labels": labels, "range": where if plain else None}
    batch = pa.record_batch(arrays, names)
    return Message(values, [_batch_bytes(batch)])


def _batch_bytes(batch: pa.RecordBatch) -> Any:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def unpack_frame(message: Message) -> pd.DataFrame:
    """The table that was packed; its memory is its own, so that a model may write to it."""
    with pa.ipc.open_stream(pa.py_buffer(message.buffers[0])) as reader:
        batch = reader.read_next_batch()
    columns = message.values["columns"]
    where = message.values["range"]
    index = pd.Index(batch.column(len(columns)).to_numpy()) if where is None else pd.RangeIndex(*where)
    data = {place: _unpack_column(about, batch.column(place), index) for place, about in enumerate(columns)}
    frame = pd.DataFrame(data, index=index, copy=True)
    frame.columns = pd.Index([unpack_value(about["name"]) for about in columns], dtype=message.values["labels"])
    return frame


def _pack_column(column: pd.Series[Any], name: str) -> tuple[dict[str, Any], pa.Array]:
    dtype: Any = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [pack_value(value) for value in dtype.categories]
        kind = {"as": "category", "dtype": str(dtype.categories.dtype), "ordered": bool(dtype.ordered)}
        return {**kind, "values": categories}, pa.array(column.cat.codes.to_numpy().astype(np.int32))
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf" and dtype.itemsize <= 8:
        return {"as": "numpy", "dtype": dtype.str}, pa.array(np.asarray(column), from_pandas=False)
    if isinstance(dtype, np.dtype) and dtype.kind == "b":
        return {"as": "numpy", "dtype": dtype.str}, pa.array(np.asarray(column).astype(np.uint8))
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        return {"as": "moment", "dtype": dtype.str}, pa.array(np.asarray(column).view(np.int64))
    if isinstance(dtype, pd.DatetimeTZDtype):
        utc = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return {"as": "zoned", "dtype": utc.dtype.str, "zone": str(dtype.tz)}, pa.array(utc.view(np.int64))
    if isinstance(dtype, np.dtype):
        return _pack_objects(column.to_numpy(dtype=object), name)
    try:
        array = pa.array(column)
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        dtype.__from_arrow__(array)
    except (pa.ArrowException, AttributeError, TypeError, ValueError, NotImplementedError):
        return _pack_objects(column.to_numpy(dtype=object), name)
    return {"as": "arrow", "dtype": str(dtype)}, array


def _pack_objects(values: NDArray[Any], name: str) -> tuple[dict[str, Any], pa.Array]:
    codes = np.empty(len(values), dtype=np.int32)
    known: dict[tuple[str, ...], int] = {}
    quick: dict[str, int] = {}  # text is nearly all there is, and is told apart by itself
    for row, value in enumerate(values):
        if type(value) is str and (code := quick.get(value)) is not None:
            codes[row] = code
            continue
        try:
            packed = tuple(pack_value(value))
        except TypeError as error:
            raise DataError(
                f"The column {name!r} holds a {error} in row {row + 1:,}, which no other process can be handed.",
                remedy="Give the table with one plain value in each cell: a number, a text, a date, or nothing.",
            ) from None
        codes[row] = code = known.setdefault(packed, len(known))
        if type(value) is str:
            quick[value] = code
    return {"as": "object", "values": [list(packed) for packed in known]}, pa.array(codes)


def _unpack_column(about: Mapping[str, Any], array: pa.Array, index: pd.Index[Any]) -> Any:
    how = about["as"]
    if how == "arrow":
        dtype: Any = pd.api.types.pandas_dtype(about["dtype"])
        return dtype.__from_arrow__(array)
    values = array.to_numpy(zero_copy_only=False)
    if how == "numpy":
        return values.astype(np.dtype(about["dtype"]), copy=True)
    if how == "moment":
        return values.copy().view(np.dtype(about["dtype"]))
    if how == "zoned":
        return (
            pd.DatetimeIndex(values.copy().view(np.dtype(about["dtype"]))).tz_localize("UTC").tz_convert(about["zone"])
        )
    known = [unpack_value(value) for value in about["values"]]
    if how == "category":
        categories = pd.Index(known, dtype=about["dtype"])
        return pd.Categorical.from_codes(values, dtype=pd.CategoricalDtype(categories, ordered=about["ordered"]))
    return pd.Series(_as_objects(known)[values], index, dtype=object)  # of a bare array pandas would guess a type


def _as_objects(values: Sequence[Any]) -> NDArray[Any]:
    found = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # not by slices: numpy would look into values that are sequences
        found[place] = value
    return found


# ----------------------------------------------------------------------------------------------------
# Rows as an array, and what a model answers.


def pack_array(array: NDArray[Any]) -> Message:
    """An array as a message; masks stay.

    Raises:
        DataError: it holds values that no other process can be handed.
    """
    masked = isinstance(array, np.ma.MaskedArray)
    content = np.ascontiguousarray(np.ma.getdata(array) if masked else array)
    about: dict[str, Any] = {"shape": list(np.shape(array))}
    if content.dtype.kind in PLAIN and content.dtype.itemsize:
        buffers: list[Any] = [content.reshape(-1).view(np.uint8)]
        about |= {"as": "numpy", "dtype": content.dtype.str}
    else:
        told, codes = _pack_objects(content.astype(object).reshape(-1), "array")
        buffers = [np.asarray(codes).view(np.uint8)]
        about |= told
    if masked:
        buffers.append(np.ascontiguousarray(np.ma.getmaskarray(array)).reshape(-1).view(np.uint8))
    return Message({**about, "masked": masked}, buffers)


def unpack_array(message: Message) -> NDArray[Any]:
    """The array that was packed.

    Raises:
        WireError: sizes that contradict each other, or values that cannot be read.
    """
    try:
        about, shape = message.values, tuple(int(size) for size in message.values["shape"])
        if len(shape) > 8 or any(size < 0 for size in shape):
            raise WireError("an array of no shape")
        if about["as"] == "numpy":
            dtype = np.dtype(str(about["dtype"]))
            if dtype.kind not in PLAIN or not dtype.itemsize:
                raise WireError("an array of no known type")
            flat = _of_bytes(message.buffers[0], dtype)
        else:
            known = _as_objects([unpack_value(value) for value in about["values"]])
            codes = np.frombuffer(message.buffers[0], np.int32)
            if len(codes) and (codes.min() < 0 or codes.max() >= len(known)):
                raise WireError("an array speaks of values that it does not bring")
            flat = known[codes]
        found = flat.reshape(shape)
        if about.get("masked") is True:
            return np.ma.MaskedArray(found, _of_bytes(message.buffers[1], np.dtype(np.bool_)).reshape(shape))
        return found
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, SyntaxError, MemoryError):
        raise WireError("an array cannot be read") from None


def _of_bytes(content: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Values of bytes that anybody may have made.

    Raises:
        ValueError: another number of bytes, or characters that do not exist.
    """
    if dtype.kind == "b":  # any byte but these two would be neither true nor false
        return np.not_equal(np.frombuffer(content, np.uint8), 0)
    found: NDArray[Any] = np.frombuffer(content, dtype)
    if dtype.kind == "U":
        found.tolist()
    return found


def pack_answer(raw: Any) -> Message:
    """What a model answered; what is no array comes with the name of its type."""
    if isinstance(raw, list) and raw and np.ndim(raw[0]) == 2:
        return Message({"as": "tables", "count": len(raw)})
    raw = raw.toarray() if hasattr(raw, "toarray") else raw
    kind = type(raw).__name__[:80]
    try:
        array = raw if isinstance(raw, np.ma.MaskedArray) else np.asarray(raw)
    except Exception as error:  # whatever its type does when it is made an array
        return Message({"as": "odd", "type": kind, "words": str(error)[:300]})
    try:
        return pack_array(array)
    except DataError:
        single = not np.ndim(array)  # an array of it is no more than itself, there and here
        return Message({"as": "single" if single else "odd", "type": kind, "words": "it holds what is no plain value"})


class NoArray:
    """In place of what a model answered that is no array; making one of it fails as it failed there."""

    def __init__(self, words: str) -> None:
        """`words` say why."""
        self._words = words

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        raise TypeError(self._words)


def unpack_answer(message: Message) -> Any:
    """What the model answered, to be looked at like anything from outside.

    Raises:
        WireError: as `unpack_array`.
    """
    how = message.values.get("as")
    if how == "tables":
        count = message.values.get("count")
        if type(count) is not int or not 0 < count < 10_000:
            raise WireError("tables of no number")
        return [np.empty((0, 0))] * count
    if how in ("odd", "single"):
        name, words = message.values.get("type"), message.values.get("words")
        if not isinstance(name, str) or not isinstance(words, str):
            raise WireError("an answer without a type")
        named = name if name.isidentifier() else "object"
        return type(named, (), {})() if how == "single" else type(named, (NoArray,), {})(words)
    return unpack_array(message)


def join_messages(first: Mapping[str, Any], parts: Mapping[str, Message]) -> Message:
    """Plain values, and further messages by name, as one message."""
    values, buffers = {}, list[Any]()
    for name, part in parts.items():
        values[name] = {"values": part.values, "from": len(buffers), "count": len(part.buffers)}
        buffers.extend(part.buffers)
    return Message({**first, "parts": values}, buffers)


def part_of(message: Message, name: str) -> Message | None:
    """One of the messages that were joined; None where it is not there.

    Raises:
        WireError: it speaks of buffers that did not come.
    """
    parts = message.values.get("parts")
    about = parts.get(name) if isinstance(parts, dict) else None
    if about is None:
        return None
    try:
        start, count, values = about["from"], about["count"], about["values"]
        buffers = message.buffers[start : start + count]
    except (KeyError, TypeError):
        raise WireError("a part cannot be read") from None
    if len(buffers) != count or not isinstance(values, dict):
        raise WireError("a part is not there")
    return Message(values, buffers)


def names_of(values: Iterable[Any]) -> list[str]:
    """Texts alone.

    Raises:
        WireError: something else is among them.
    """
    found = list(values)
    if not all(isinstance(value, str) for value in found):
        raise WireError("a name that is no text")
    return found
