"""How does a spec stand in the record? Every default filled in, and which keys the spec set itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from readiness.codec import encode
from readiness.spec import Spec


def normalised(spec: Spec) -> Mapping[str, Any]:
    """Plain values of the whole spec; what is not set and has no default is left out."""
    plain: Mapping[str, Any] = encode(spec.model_dump(mode="python", exclude_none=True, exclude={"extends"}))
    return plain


def set_keys(spec: Spec) -> tuple[str, ...]:
    """Dotted keys that the spec sets, sorted: "segments.limit"."""
    return tuple(sorted(_keys(spec, "")))


def _keys(part: BaseModel, prefix: str) -> Iterator[str]:
    for name in part.model_fields_set:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
