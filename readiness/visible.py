"""What does a reader see of a string that somebody else wrote? Nothing hidden, nothing turned round, nothing endless.

Column names, category values, file names and texts of a spec are written by others. Control characters can end a
line, colour a terminal or turn the reading direction round, so they are shown by their number instead of acting.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from enum import Enum
from typing import TypeVar, cast

T = TypeVar("T")

NOT_TYPESET = "mathjax_ignore tex2jax_ignore"
"""Classes of HTML in which a notebook leaves $ alone; elsewhere it would typeset a name as a formula."""
LONGEST_NAME = 200
"""Characters of a name or a value that are shown."""
LONGEST_TEXT = 800
"""Characters of a sentence that are shown."""
_SENTENCES = frozenset({"reason", "needs", "text", "withheld", "about", "purpose", "limitations"})

_HIDING = frozenset(
    {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, half surrogates, private and unassigned ones, odd line ends
)
_JOINERS = frozenset("\u200c\u200d")  # some scripts cannot be written without them


def visible(text: str, keep: str = "") -> str:
    """Replace every character that acts or hides by its number: "⟨U+202E⟩"; those in `keep` stay.

    Line ends and tabs become spaces, except those in `keep`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character, keep) for character in text)


def _shown(character: str, keep: str) -> str:
    if character in keep or character in _JOINERS:
        return character
    if character in "\n\t":
        return " "
    category = unicodedata.category(character)
    if category in _HIDING or category == "Cf":
        return f"⟨U+{ord(character):04X}⟩"
    return character


def shorten(text: str, longest: int = LONGEST_NAME) -> str:
    """Cut a long text and say how long it was."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - 40].rstrip()}… ({len(text):,} characters)"


def presentable(value: T) -> T:
    """The same value (a dataclass, and whatever it holds) with every string visible and of bearable length."""
    return cast(T, _presentable(value, LONGEST_NAME))


def _presentable(value: object, longest: int) -> object:
    if isinstance(value, str) and not isinstance(value, Enum):
        return shorten(visible(value), longest)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in dataclasses.fields(value)]
        return dataclasses.replace(value, **{n: _presentable(getattr(value, n), _length(n, longest)) for n in names})
    if isinstance(value, Mapping):
        return {_presentable(k, longest): _presentable(v, _length(str(k), longest)) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_presentable(part, longest) for part in value)
    return value


def _length(name: str, longest: int) -> int:
    return LONGEST_TEXT if name in _SENTENCES else longest
