"""Foreign text made safe to show: nothing hidden, nothing turned round, nothing endless; and the nearest known name.

Column names, category values, file names and texts of a spec are written by others. Control characters can end a
line, colour a terminal or turn the reading direction round, so they are shown by their number instead of acting.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import operator
import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar, cast

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
    return "".join(_escape_character(character, keep) for character in text)


def _escape_character(character: str, keep: str) -> str:
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
    return cast(T, _clean(value, LONGEST_NAME))


def _clean(value: object, longest: int) -> object:
    """What is presentable as it is comes back itself, which spares the making of most findings."""
    kind = type(value)
    if kind in _NOT_TEXT or isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return shorten(visible(value), longest)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _clean_parts(value, longest)
    if isinstance(value, Mapping):
        return {_clean(k, longest): _clean(v, _longest_of(str(k), longest)) for k, v in value.items()}
    if isinstance(value, tuple | list):
        parts = tuple(_clean(part, longest) for part in value)
        return value if kind is tuple and all(map(operator.is_, parts, value)) else parts
    return value


_NOT_TEXT = frozenset({int, float, bool, type(None)})


def _clean_parts(value: Any, longest: int) -> object:
    """Fields that follow from others are made presentable by themselves, and what is marked as `hidden` stays: a key is
    looked up, never shown.
    """
    found = {item: getattr(value, item.name) for item in _shown_fields(value.__class__)}
    parts = {item: _clean(was, _longest_of(item.name, longest)) for item, was in found.items()}
    if all(map(operator.is_, parts.values(), found.values())):
        return value
    made = dataclasses.replace(value, **{item.name: part for item, part in parts.items() if item.init})
    for item, part in parts.items():
        if not item.init:
            object.__setattr__(made, item.name, part)
    return made


@functools.cache
def _shown_fields(kind: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(item for item in dataclasses.fields(kind) if not item.metadata.get("hidden"))


def _longest_of(name: str, longest: int) -> int:
    return LONGEST_TEXT if name in _SENTENCES else longest


# ----------------------------------------------------------------------------------------------------
# What a person wrote, shown back to them, and the name that they probably meant

_SHOWN_CHARACTERS = 60
_LISTED_NAMES = 20
_CLOSE_ENOUGH = 0.65
"""Share of matching characters; at the customary 0.6 of `difflib`, "bogus" is near "about"."""


def escaped(text: str, limit: int = _SHOWN_CHARACTERS) -> str:
    r"""`text` on one line, at most `limit` characters of it; control and direction marks appear as \u escapes."""
    part = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:limit])
    return part if len(text) <= limit else f"{part}… ({len(text):,} characters)"


def shown(value: object, limit: int = _SHOWN_CHARACTERS) -> str:
    """A value as it may stand in a sentence: text in double quotes, everything shortened to `limit` characters."""
    if isinstance(value, str):
        return f'"{escaped(value, limit)}"'
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return escaped(str(value), limit)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest candidate, else the list of them.

    Returns `; did you mean "recall"?`, or `; expected one of f1, recall`, or nothing when there are no candidates.
    """
    names = list(candidates)
    best = _closest(name, names)
    if best is not None:
        return f"; did you mean {shown(best)}?"
    if not names:
        return ""
    more = len(names) - _LISTED_NAMES
    listed = ", ".join(escaped(each) for each in names[:_LISTED_NAMES])
    return f"; expected one of {listed}{f' and {more} more' if more > 0 else ''}"


def _closest(name: str, names: list[str]) -> str | None:
    folded = {_fold(each): each for each in reversed(names)}
    found = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=_CLOSE_ENOUGH)
    return folded[found[0]] if found else None


def _fold(name: str) -> str:
    # Matching takes time that grows with the product of the lengths, so a very long name is cut first.
    return name[: 2 * _SHOWN_CHARACTERS].casefold().replace("-", "_").replace(" ", "_")
