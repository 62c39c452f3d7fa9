"""How does a frozen dataclass become plain JSON values, and come back unchanged?

Non-integers are written as decimal strings, because a signed text must have one spelling of each number.
Fields that hold their default are left out.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, cast

from readiness.exceptions import InvalidReport

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
            for item in dataclasses.fields(value)
            if (part := getattr(value, item.name)) != _default(item)
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


def _default(item: dataclasses.Field[Any]) -> Any:
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
        return None if data is None else _decode(next(a for a in arguments if a is not type(None)), data, where)
    if origin is tuple:
        return tuple(_decode(arguments[0], part, f"{where}[{i}]") for i, part in enumerate(_typed(list, data, where)))
    if origin is not None and issubclass(origin, Mapping):
        items = _typed(dict, data, where).items()
        return {key: _decode(arguments[1], part, f"{where}.{key}") for key, part in items}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(cast(type, kind), _typed(dict, data, where), where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _converted(kind, _typed(str, data, where), where)
    if kind is float:
        return _converted(float, _number(data, where), where)
    return _typed(kind, data, where)


def _decode_dataclass(kind: type, data: dict[str, Any], where: str) -> Any:
    hints = _hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise InvalidReport(f"The record's {where} holds the unknown key {unknown[0]!r}.")
    values = {key: _decode(hints[key], part, f"{where}.{key}") for key, part in data.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise InvalidReport(f"The record's {where} is not complete: {error}.") from error


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _typed(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise InvalidReport(f"The record's {where} is {type(data).__name__}; expected {kind.__name__}.")
    return data


def _number(data: Any, where: str) -> int | str:
    if isinstance(data, bool) or not isinstance(data, int | str):
        raise InvalidReport(f"The record's {where} is {type(data).__name__}; expected a number.")
    if isinstance(data, str) and (not data.isascii() or "_" in data or data != data.strip()):
        raise InvalidReport(f"The record's {where} is not a decimal number.")
    return data


def _converted(kind: Any, data: Any, where: str) -> Any:
    try:
        value = kind(data)
    except ValueError as error:
        raise InvalidReport(f"The record's {where} is {data!r}, which is not allowed there.") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidReport(f"The record's {where} is not a finite number.")
    return value
