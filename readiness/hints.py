"""How is something that a person wrote shown back to them, and which name did they probably mean?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

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
    folded = {_folded(each): each for each in reversed(names)}
    found = difflib.get_close_matches(_folded(name), folded, n=1, cutoff=_CLOSE_ENOUGH)
    return folded[found[0]] if found else None


def _folded(name: str) -> str:
    # Matching takes time that grows with the product of the lengths, so a very long name is cut first.
    return name[: 2 * _SHOWN_CHARACTERS].casefold().replace("-", "_").replace(" ", "_")
