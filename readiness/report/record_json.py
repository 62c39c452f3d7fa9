"""The record as ordinary JSON, with numbers as numbers, for programs that read it.

In the signed record decimals are strings, because a signed text has one spelling of each number only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from readiness.core.canonical import encode
from readiness.verdict.record import Record


def plain(record: Record) -> dict[str, Any]:
    """The record as dicts, lists, strings, integers and floats, laid out as the signed one."""
    whole: dict[str, Any] = _plain(record)
    gathered: dict[str, Any] = whole.pop("gathered")
    spec = _spec(gathered.get("spec", {}))
    own = spec["about"] if isinstance(spec["about"], Mapping) else {}  # anything may stand in a spec that does not fit
    about = {key: own.get(key, value) for key, value in whole["about"].items()} if "about" in whole else {}
    return whole | gathered | {"spec": spec} | ({"about": about} if about else {})


def _spec(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The spec by its own types, which know the decimals among the strings; as recorded if it does not fit them."""
    from pydantic import ValidationError

    from readiness.spec.schema import Spec

    try:
        return Spec.model_validate(recorded).model_dump(mode="json", exclude_none=True)
    except ValidationError:  # of another version of this program
        return {"about": {}, **recorded}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = encode(value)  # knows which fields are left out
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value) if item.name in kept}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return encode(value)
