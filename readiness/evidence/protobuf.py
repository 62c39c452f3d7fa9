"""Which fields does a message of protocol buffers hold? As much of the format as it takes without a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

Wire = memoryview
LARGE = 4096
"""Bytes above which a message may hold lists of numbers so long that walking them one by one takes seconds."""
LONGEST_LIST = 65_536
"""Bytes of a list of integers that are read; longer ones are weights."""
_VARINT, _LENGTH = 0, 2
_SKIPPED = {1: 8, 5: 4}
"""Bytes of the numbers of fixed width, by wire type."""


class DamagedMessage(ValueError):
    """The bytes are no such message."""


def fields(data: Wire, skipped: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, int | Wire]]:
    """Number and value of each field; numbers of fixed width, and whatever `skipped` matches, are passed over.

    Raises:
        DamagedMessage: the bytes are cut off, or no protocol buffer.
    """
    place, end = 0, len(data)
    large = skipped is not None and end > LARGE
    while place < end:
        if large and skipped is not None and (run := skipped.match(data, place)):
            place = run.end()
            continue
        tag, place = _varint(data, place)
        wire = tag & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
        elif wire == _LENGTH:
            length, place = _varint(data, place)
            if length > end - place:
                raise DamagedMessage("it ends too early")
            yield tag >> 3, data[place : place + length]
            place += length
        elif wire in _SKIPPED:
            place += _SKIPPED[wire]
        else:
            raise DamagedMessage("it is no protocol buffer")
    if place > end:
        raise DamagedMessage("it ends too early")


def message(value: int | Wire) -> Wire:
    """The value of a field that holds bytes: a text or another message.

    Raises:
        DamagedMessage: it holds a number.
    """
    if isinstance(value, int):
        raise DamagedMessage("it is no protocol buffer of this kind")
    return value


def text(value: int | Wire) -> str:
    """The value of a field that holds a text."""
    return bytes(message(value)).decode("utf-8", "replace")


def integers(value: int | Wire) -> list[int]:
    """One signed integer, or several in one piece; none where they are too many to be names of anything."""
    found = []
    if isinstance(value, int):
        found = [value]
    elif len(value) <= LONGEST_LIST:
        place = 0
        while place < len(value):
            number, place = _varint(value, place)
            found.append(number)
    return [number - (1 << 64) if number >= 1 << 63 else number for number in found]


def runs(*tags: int) -> re.Pattern[bytes]:
    """A pattern of long runs of the scalar fields with these one-byte tags, and of their texts below 16 bytes."""
    kinds = {0: b"[\x80-\xff]*[\x00-\x7f]", 1: b".{8}", 5: b".{4}"}
    short = b"(?:" + b"|".join(re.escape(bytes([size])) + b".{%d}" % size for size in range(16)) + b")"
    parts = (re.escape(bytes([tag])) + kinds.get(tag & 7, short) for tag in tags)
    return re.compile(b"(?:" + b"|".join(parts) + b")+", re.DOTALL)


def _varint(data: Wire, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise DamagedMessage("it ends too early")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, place
    raise DamagedMessage("it is no protocol buffer")
