"""Which bytes stand for a value: one JSON spelling, so that a digest means one thing everywhere.

Keys are sorted by code point, nothing is put between tokens, and everything is printable ASCII without
`<`, `>` and `&`, so the text can stand inside an HTML comment. There are no floats: two programs print the
same float differently, hence decimals are kept as strings ("0.8731") and integers stay where every JSON
reader is exact. Reading demands the very same spelling back, which rules out duplicate keys, other number
forms and other escapes in one test.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, Union, cast

from readiness.core.errors import InvalidReport

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that a double, hence any JSON reader, holds exactly (RFC 8259, section 6)."""

DEEPEST = 32
"""How many lists and objects may stand inside one another."""

_ESCAPED = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def dumps(value: Any) -> bytes:
    """Write `value` in its one canonical spelling.

    Accepts None, bool, int, str, list, tuple and dict with str keys; a tuple is written as a list.

    Raises:
        ValueError: a float or another type, an integer beyond 2^53 - 1, half a surrogate pair, or more than
            32 levels. The message names the place, such as `$.answers[0].measured`.
    """
    _check(value, "$", depth=0)
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))
    data = text.encode("ascii")
    for character, escape in _ESCAPED:  # these three occur only inside strings
        data = data.replace(character, escape)
    return data


def loads(data: bytes) -> Any:
    """Read canonical JSON: the value whose `dumps` is exactly `data`.

    Raises:
        InvalidReport: not JSON, or JSON in any other spelling.
    """
    try:
        value = json.loads(data.decode("ascii"), parse_float=_refuse_float, parse_constant=_refuse_float)
        canonical = dumps(value)
    except (ValueError, RecursionError) as error:  # JSON and Unicode errors are ValueErrors
        raise InvalidReport(f"The record is not canonical JSON: {error or 'nested too deeply'}.") from error
    if canonical != data:
        place = _first_difference(canonical, data)
        raise InvalidReport(
            f"The record is JSON in another spelling than the canonical one, from byte {place} on.",
            remedy="Ask for the original file: something has rewritten this one.",
        )
    return value


def _check(value: Any, where: str, depth: int) -> None:
    """Refuse what has no canonical spelling."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        _check_integer(value, where)
    elif isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, (list, tuple, dict)):
        _check_members(value, where, depth + 1)
    else:
        hint = "; write decimals as strings" if isinstance(value, float) else ""
        raise ValueError(f"{where} is a {type(value).__name__}, which a record cannot hold{hint}")


def _check_members(value: list[Any] | tuple[Any, ...] | dict[Any, Any], where: str, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError(f"{where} is nested deeper than {DEEPEST} levels")
    if not isinstance(value, dict):
        for index, member in enumerate(value):
            _check(member, f"{where}[{index}]", depth)
        return
    for key, member in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{where} has the key {key!r}, expected text")
        _check_text(key, where)
        _check(member, f"{where}.{key}" if key.isidentifier() else f"{where}[{key!r}]", depth)


def _check_integer(value: int, where: str) -> None:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{where} is an integer beyond {LARGEST_INTEGER}; write it as a string")


def _check_text(value: str, where: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{where} holds half a surrogate pair, which is not a character") from error


def _refuse_float(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:40]} is not an integer; decimals are strings")


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


# ----------------------------------------------------------------------------------------------------
# Frozen dataclasses as plain JSON values, and back unchanged.
#
# Non-integers are written as decimal strings, because a signed text must have one spelling of each number.
# Fields that hold their default are left out.

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Plain dict, list, str, int, bool or None for a dataclass and everything in it.

    Raises:
        ValueError: for a number that is not finite.
        TypeError: for a type that has no plain form.
    """
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return encode_number(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: encode(part)
            for item in _recorded_fields(type(value))
            if (part := getattr(value, item.name)) != _default_of(item)
        }
    if isinstance(value, Mapping):
        return {str(key): encode(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no plain form")


def encode_number(value: float) -> int | str:
    """An integer where the value is one, else the shortest decimal text that reads back as the same float."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be recorded; only finite numbers can")
    return int(value) if value.is_integer() and abs(value) < 2**53 else format(Decimal(repr(float(value))), "f")


def _default_of(item: dataclasses.Field[Any]) -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return item.default_factory()
    return item.default


def decode(kind: type[T], data: Any) -> T:
    """The dataclass that `encode` wrote; strict about keys and types.

    Raises:
        InvalidReport: when the data does not fit.
    """
    return cast(T, _decode(kind, data, kind.__name__))


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(arguments, data, where)
    if origin is tuple:
        return tuple(
            _decode(arguments[0], part, f"{where}[{i}]") for i, part in enumerate(_check_type(list, data, where))
        )
    if origin is not None and issubclass(origin, Mapping):
        items = _check_type(dict, data, where).items()
        return {key: _decode(arguments[1], part, f"{where}.{key}") for key, part in items}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(cast(type, kind), _check_type(dict, data, where), where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _convert(kind, _check_type(str, data, where), where)
    if kind is float:
        return _convert(float, _check_number(data, where), where)
    return _check_type(kind, data, where)


def _decode_union(kinds: tuple[Any, ...], data: Any, where: str) -> Any:
    """One kind or None; or one of several plain kinds, such as text or an integer."""
    if type(None) in kinds:
        return None if data is None else _decode(next(kind for kind in kinds if kind is not type(None)), data, where)
    return _check_type(next((kind for kind in kinds if isinstance(data, kind)), kinds[0]), data, where)


def _decode_dataclass(kind: type, data: dict[str, Any], where: str) -> Any:
    hints, known = _type_hints(kind), _recorded_fields(kind)
    derived = {item.name for item in known if not item.init}
    unknown = sorted(set(data) - {item.name for item in known})
    if unknown:
        raise InvalidReport(f"The record's {where} holds the unknown key {unknown[0]!r}.")
    if lacking := sorted(derived - set(data)):
        raise InvalidReport(f"The record's {where} is not complete: {lacking[0]!r} is missing.")
    values = {key: _decode(hints[key], part, f"{where}.{key}") for key, part in data.items()}
    try:
        made = kind(**{key: value for key, value in values.items() if key not in derived})
    except (TypeError, ValueError) as error:
        raise InvalidReport(f"The record's {where} is not complete: {error}.") from error
    for name in sorted(derived):  # what follows from other fields is recorded for readers
        if values[name] != getattr(made, name):
            raise InvalidReport(
                f"The record's {where}.{name} is {str(values[name])[:60]!r}; the other fields give "
                f"{str(getattr(made, name))[:60]!r}."
            )
    return made


@lru_cache(maxsize=64)
def _recorded_fields(kind: Any) -> tuple[dataclasses.Field[Any], ...]:
    """The fields that have a plain form: all but those that say `recorded: False`."""
    return tuple(item for item in dataclasses.fields(kind) if item.metadata.get("recorded", True))


@lru_cache(maxsize=64)
def _type_hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _check_type(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise InvalidReport(f"The record's {where} is {type(data).__name__}; expected {kind.__name__}.")
    return data


def _check_number(data: Any, where: str) -> int | str:
    if isinstance(data, bool) or not isinstance(data, int | str):
        raise InvalidReport(f"The record's {where} is {type(data).__name__}; expected a number.")
    if isinstance(data, str) and (not data.isascii() or "_" in data or data != data.strip()):
        raise InvalidReport(f"The record's {where} is not a decimal number.")
    return data


def _convert(kind: Any, data: Any, where: str) -> Any:
    try:
        value = kind(data)
    except ValueError as error:
        raise InvalidReport(f"The record's {where} is {data!r}, which is not allowed there.") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidReport(f"The record's {where} is not a finite number.")
    return value
