"""Columns that tell people apart, by a word in their name: what is worse for one of their values may be unlawful."""

from __future__ import annotations

import re

from readiness.spec.usual_segments import PHRASES, USUAL

NOT_OF_PEOPLE = frozenset({"device", "time"})
"""Usual segments that tell circumstances apart: the month, the phone."""

_WORDS = frozenset(word for kind, words in USUAL.items() if kind not in NOT_OF_PEOPLE for word in words.split())
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")


def tells_people_apart(column: str) -> bool:
    """Whether a whole word of the name speaks of what people are, or where they live: `ageGroup`, "native country"."""
    words = [word.casefold() for word in _PARTS.findall(column)]
    return not _WORDS.isdisjoint(words) or any(f" {phrase} " in f" {' '.join(words)} " for phrase in PHRASES)
