"""How do several documents become one? What lies on top wins; only mappings are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from readiness.spec.yaml_reading import Document, KeyPath, Place


def joined(documents: Sequence[Document]) -> Document:
    """The first document completed by the second, and so on."""
    data: Mapping[str, Any] = {}
    places: dict[KeyPath, Place] = {}
    for document in reversed(documents):
        data = over(data, document.data)
        places |= document.places
    problems = tuple(problem for document in documents for problem in document.problems)
    return Document(data, present(places, data), problems)


def over(base: Any, top: Any, key: KeyPath = ()) -> Any:
    """`top` where it says something, else `base`; `key` is where both stand.

    An attestation is what one person says of one box: it is replaced whole, so that nobody is made to vouch for the
    evidence of another.
    """
    is_box = len(key) == 2 and key[0] == "checklist"
    if is_box or not (isinstance(base, Mapping) and isinstance(top, Mapping)):
        return top
    return {**base, **{name: over(base.get(name), value, (*key, name)) for name, value in top.items()}}


def present(places: Mapping[KeyPath, Place], data: Any) -> dict[KeyPath, Place]:
    """The places of what is still there."""
    return {key: place for key, place in places.items() if _holds(data, key)}


def _holds(data: Any, key: KeyPath) -> bool:
    for step in key:
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if not (in_list or (isinstance(data, dict) and step in data)):
            return False
        data = data[step]
    return True
