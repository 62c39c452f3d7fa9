r"""Which rows does a hand-written condition pick? The grammar of `when`, read by hand and never by `eval`.

    condition  = and-part {"or" and-part}
    and-part   = part {"and" part}
    part       = "not" part | "(" condition ")" | comparison
    comparison = operand ("==" | "!=" | "<" | "<=" | ">" | ">=") operand
               | column ["not"] "in" "[" literal {"," literal} "]"
               | column                                            (a true/false column)
    operand    = column | literal
    column     = name | "`" any characters "`"
    literal    = number | 'text' | "text" | true | false | null

A missing value compares false with everything; `column == null` and `column != null` ask for it. `not` turns the
answer round, so `not (age > 30)` holds where age is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from readiness.hints import shown
from readiness.spec.rule_tokens import OPS, Literal, RuleError, Token, tokens

__all__ = ["Condition", "RuleError", "parse_rule"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CHARACTERS = 2_000
MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`; at least one side is a column."""

    left: Column | Literal
    op: str
    right: Column | Literal


@dataclass(frozen=True, slots=True)
class Member:
    """`column in [values]`."""

    column: Column
    values: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """A true/false column on its own."""

    column: Column


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class Joined:
    """Several parts with the same word, "and" or "or", between them."""

    word: str
    parts: tuple[Node, ...]


Node = Comparison | Member | Truth | Not | Joined


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read; `text` is how it was written."""

    text: str
    node: Node

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns it looks at; at least one."""
        return frozenset(_names(self.node))

    def evaluate(self, columns: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Whether the condition holds, one boolean for each row; missing values compare false.

        `columns` maps each name to a one-dimensional array or pandas Series (a DataFrame will do), all of one length.

        Raises:
            DataError: a column is missing, or holds another kind of value than what it is compared with.
        """
        from readiness.spec.rule_rows import rows_where  # pandas is loaded only when rows are looked at

        return rows_where(self.text, self.node, columns)


def parse_rule(text: str) -> Condition:
    """Read a condition such as `amount > 10000 and region in ["north", "east"]`.

    Raises:
        RuleError: with the position of the first fault.
    """
    if len(text) > MAX_CHARACTERS:
        raise RuleError(text, MAX_CHARACTERS + 1, f"longer than {MAX_CHARACTERS:,} characters")
    return Condition(text, _Parser(text).whole())


def _names(node: Node) -> Iterator[str]:
    match node:
        case Comparison(left, _, right):
            yield from (side.name for side in (left, right) if isinstance(side, Column))
        case Member(column) | Truth(column):
            yield column.name
        case Not(part):
            yield from _names(part)
        case Joined(_, parts):
            for part in parts:
                yield from _names(part)


class _Parser:
    """Recursive descent; each method reads one line of the grammar and leaves `index` behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.index = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def take(self, *kinds: str) -> Token | None:
        token = self.next
        if token.kind not in kinds:
            return None
        self.index += token.kind != "end"
        return token

    def fail(self, expected: str) -> RuleError:
        token = self.next
        found = "the end" if token.kind == "end" else shown(token.value)
        return RuleError(self.text, token.column, f"found {found}, expected {expected}")

    def whole(self) -> Node:
        node = self.condition()
        if self.next.kind in OPS:
            raise self.fail('"and" or "or"; compare two things at a time')
        if self.next.kind != "end":
            raise self.fail('"and", "or" or the end')
        return node

    def condition(self) -> Node:
        return self.joined("or", lambda: self.joined("and", self.part))

    def joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def part(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RuleError(self.text, self.next.column, f"nested more than {MAX_DEPTH} deep")
        node = self.nested()
        self.depth -= 1
        return node

    def nested(self) -> Node:
        if self.take("not"):
            return Not(self.part())
        if not self.take("("):
            return self.comparison()
        node = self.condition()
        if not self.take(")"):
            raise self.fail('"and", "or" or ")"')
        return node

    def comparison(self) -> Node:
        start = self.next
        left = self.operand("a column or a value")
        negated = self.take("not") is not None
        if negated or self.next.kind == "in":
            if not isinstance(left, Column):
                raise RuleError(self.text, start.column, "a column stands before in")
            return Member(left, self.values(), negated)
        if op := self.take(*OPS):
            return self.checked(Comparison(left, op.kind, self.operand("a column or a value")), op.column)
        if not isinstance(left, Column):
            raise self.fail("a comparison such as ==")
        return Truth(left)

    def checked(self, node: Comparison, column: int) -> Comparison:
        literals = [side for side in (node.left, node.right) if not isinstance(side, Column)]
        if len(literals) == 2:
            raise RuleError(self.text, column, "compares two values; one side must be a column")
        if node.op not in ("==", "!=") and any(value is None or isinstance(value, bool) for value in literals):
            raise RuleError(self.text, column, f"{node.op} has no meaning for {shown(literals[0])}; use == or !=")
        return node

    def operand(self, expected: str) -> Column | Literal:
        token = self.take("column", "literal")
        if token is None:
            raise self.fail(expected)
        value: Literal = token.value
        return Column(token.value) if token.kind == "column" else value

    def values(self) -> tuple[Literal, ...]:
        if not self.take("in"):
            raise self.fail('"in"')
        if not self.take("["):
            raise self.fail('"[" and a list of values')
        values: list[Literal] = []
        while True:
            if (token := self.take("literal")) is None:
                raise self.fail("a value; text needs quotes")
            values.append(token.value)
            if self.take("]"):
                return tuple(values)
            if not self.take(","):
                raise self.fail('"," or "]"')
