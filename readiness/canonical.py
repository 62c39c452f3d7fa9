"""Which bytes stand for a value: one JSON spelling, so that a digest means one thing everywhere.

Keys are sorted by code point, nothing is put between tokens, and everything is printable ASCII without
`<`, `>` and `&`, so the text can stand inside an HTML comment. There are no floats: two programs print the
same float differently, hence decimals are kept as strings ("0.8731") and integers stay where every JSON
reader is exact. Reading demands the very same spelling back, which rules out duplicate keys, other number
forms and other escapes in one test.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from readiness.exceptions import InvalidReport

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
        value = json.loads(data.decode("ascii"), parse_float=_no_float, parse_constant=_no_float)
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


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:40]} is not an integer; decimals are strings")


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
