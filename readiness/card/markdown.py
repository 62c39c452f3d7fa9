"""How does somebody else's text stand in Markdown without acting there?

Names, reasons and file names of a report are written by others. In Markdown they could open a table cell, a heading,
a link, a tag, a formula or the marker at which our section ends. Entities are used where renderers differ in what a
backslash does: the pipe in a table, the dollar sign and the backslash of formulas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from readiness.visible import shorten, visible

LONGEST_CELL = 220
"""Characters of a text in a table cell; longer ones stand in full in the report."""

_ACTING = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "\\": "&#92;",
    "$": "&#36;",
    "`": "&#96;",
    "*": r"\*",
    "[": r"\[",
    "]": r"\]",
    "~": r"\~",
    "@": "@<!-- -->",  # nobody is called by a name in a report
}
_WORD_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ADDRESS = re.compile(r":(?=//)")
_HOST = re.compile(r"(?<![A-Za-z0-9])(www)\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=#]))")
_PLAIN_FILE = re.compile(r"[\w./+-][\w ./+-]*", re.ASCII)


def inline(text: str, longest: int | None = None) -> str:
    """Text on one line that is read as it was written, wherever on the line it stands."""
    shown = visible(text).strip()
    shown = shown if longest is None else shorten(shown, longest)
    escaped = "".join(_ACTING.get(character, character) for character in shown)
    escaped = _WORD_UNDERSCORE.sub(r"\\_", escaped)  # is_fraud stays as it is: within a word it means nothing
    escaped = _HOST.sub(r"\1&#46;", _ADDRESS.sub("&#58;", escaped))
    return _BLOCK.sub(lambda found: f"{found[1]}\\", escaped)


def cell(text: str) -> str:
    """Text in a table cell; an empty one shows that nothing belongs there."""
    return inline(text, LONGEST_CELL) or "–"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [_row(columns), _row(["---"] * len(columns)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain_file(name: str, otherwise: str) -> str:
    """A file name that can stand in a code block and in a shell as it is, else a placeholder."""
    return name if _PLAIN_FILE.fullmatch(name) and not name.startswith("-") else otherwise
