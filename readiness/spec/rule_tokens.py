"""Which words and signs does a hand-written condition consist of?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from readiness.exceptions import InputError
from readiness.hints import escaped, shown

Literal = bool | int | float | str | None


class RuleError(InputError):
    """A condition that cannot be read; `column` is the position in it, from 1."""

    def __init__(self, text: str, column: int, problem: str) -> None:
        """The message shows the neighbourhood of the fault and a caret beneath it."""
        self.column, self.problem = column, problem
        start = max(0, column - 41)
        before = escaped(text[start : column - 1])
        line = before + escaped(text[column - 1 : column + 29], 30)
        super().__init__(f"column {column}: {problem}")
        self.message += f"\n    {line}\n    {' ' * len(before)}^"


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<name>[^\W\d]\w*)
      | (?P<quoted>`[^`]+`)
      | (?P<text>"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*')
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
OPS = ("==", "!=", "<", "<=", ">", ">=")
_LITERALS: Mapping[str, Literal] = {"true": True, "false": False, "null": None}
_WORDS = ("and", "or", "not", "in", *_LITERALS)
_FAULTS = {
    "=": "write == to compare",
    "&": 'write "and"',
    "|": 'write "or"',
    "!": 'write "not", or != to compare',
    "'": "this text has no closing quote, or holds a backslash (write two)",
    '"': "this text has no closing quote, or holds a backslash (write two)",
    "`": "this name has no closing back-quote",
    ".": "a column name with other characters than letters, digits and _ needs back-quotes",
    **dict.fromkeys("+-*/%", "calculations are not supported; a condition compares columns and values"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is "column", "literal", "end", or the word or sign itself; `column` counts from 1."""

    kind: str
    value: Any
    column: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`; the last one is the end.

    Raises:
        RuleError: at the first character that begins no token.
    """
    position = 0
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            raise _fault(text, position)
        kind = str(found.lastgroup)
        yield _token(text, kind, found[kind], found.start(kind) + 1)
        if kind == "end":
            return
        position = found.end()


def _fault(text: str, position: int) -> RuleError:
    position += len(text[position:]) - len(text[position:].lstrip())
    character = text[position]
    if character.isdigit():
        return RuleError(text, position + 1, "not a number; write numbers like 10000 or 0.25")
    problem = _FAULTS.get(character, f"found {shown(character)}, which means nothing here")
    return RuleError(text, position + 1, problem)


def _token(text: str, kind: str, raw: str, column: int) -> Token:
    match kind:
        case "number":
            return Token("literal", float(raw) if re.search(r"[.eE]", raw) else int(raw), column)
        case "text":
            return Token("literal", re.sub(r"\\(.)", r"\1", raw[1:-1]), column)
        case "quoted":
            return Token("column", raw[1:-1], column)
        case "name" if raw in _LITERALS:
            return Token("literal", _LITERALS[raw], column)
        case "name" if raw not in _WORDS:
            meant = {"none": "null"}.get(raw.lower(), raw.lower())
            if meant in _WORDS:
                raise RuleError(text, column, f'write "{meant}"; a column named {raw} needs back-quotes')
            return Token("column", raw, column)
    return Token(raw if kind != "end" else "end", raw, column)
