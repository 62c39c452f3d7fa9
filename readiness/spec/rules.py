"""Conditions written by hand: the grammar of `when`.

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

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from readiness.core.errors import DataError, InputError
from readiness.core.sanitize import escaped, nearest, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# ----------------------------------------------------------------------------------------------------
# Which words and signs does a hand-written condition consist of?

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


# ----------------------------------------------------------------------------------------------------

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


# ----------------------------------------------------------------------------------------------------
# For which rows does a condition hold? Evaluation of what `rules` has read, on columns of any common type.

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Rows = NDArray[np.bool_]

_OPS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS = {
    "string": "text",
    "boolean": "true/false",
    "integer": "numbers",
    "floating": "numbers",
    "mixed-integer-float": "numbers",
    "decimal": "numbers",
    "empty": "nothing",
}
"""What `pandas.api.types.infer_dtype` says, in the words of a reader."""


def rows_where(text: str, node: Node, columns: Mapping[str, Any]) -> Rows:
    """One boolean for each row; see `Condition.evaluate`.

    Raises:
        DataError: a column is missing, or holds another kind of value than what it is compared with.
    """
    return _Evaluation(text, columns).rows(node)


@dataclass(frozen=True, slots=True)
class _Values:
    """A column made plain: `values` holds the rows that are `present`, in order."""

    name: str
    kind: str
    dtype: str
    values: NDArray[Any]
    present: Rows


@dataclass(frozen=True, slots=True)
class _Evaluation:
    text: str
    columns: Mapping[str, Any]

    def rows(self, node: Node) -> Rows:
        match node:
            case Comparison(Column() as left, op, Column() as right):
                return self._two_columns(left, op, right)
            case Comparison(Column() as column, op, value):
                return self._compared(self._values(column), op, value)
            case Comparison(value, op, Column() as column):
                return self._compared(self._values(column), _MIRRORED.get(op, op), value)
            case Member(column, values, negated):
                return self._member(self._values(column), values, negated)
            case Truth(column):
                return self._compared(self._values(column), "==", True)
            case Not(part):
                return ~self.rows(part)
            case Joined(word, parts):
                return reduce(operator.and_ if word == "and" else operator.or_, map(self.rows, parts))
        raise AssertionError(node)

    def _compared(self, column: _Values, op: str, value: Column | Literal) -> Rows:
        if value is None:
            return ~column.present if op == "==" else column.present
        kind = _kind_of(value)
        if column.kind not in (kind, "nothing"):
            raise self._unlike(column, f"the {_SINGULAR[kind]} {shown(value)}")
        return _spread(_OPS[op](column.values, value), column.present)

    def _member(self, column: _Values, values: tuple[Literal, ...], negated: bool) -> Rows:
        within: Rows = reduce(operator.or_, (self._compared(column, "==", value) for value in values))
        # A missing value is neither in nor not in a list, unless the list names null.
        known = column.present | (None in values)
        return known & ~within if negated else within

    def _two_columns(self, left_column: Column, op: str, right_column: Column) -> Rows:
        left, right = self._values(left_column), self._values(right_column)
        if left.kind != right.kind and "nothing" not in (left.kind, right.kind):
            raise self._unlike(left, f"column {shown(right.name)}, which holds {right.kind} ({right.dtype})")
        if left.kind == "true/false" and op not in ("==", "!="):
            raise self._unlike(left, f"column {shown(right.name)} by {op}")
        both = left.present & right.present
        return _spread(_OPS[op](left.values[both[left.present]], right.values[both[right.present]]), both)

    def _values(self, column: Column) -> _Values:
        if column.name not in self.columns:
            problem = f"rule {shown(self.text)}: there is no column {shown(column.name)}"
            raise DataError(problem + nearest(column.name, [str(name) for name in self.columns]))
        values = _plain(column.name, self.columns[column.name])
        if values.kind in ("text", "true/false", "numbers", "nothing"):
            return values
        found = f"column {shown(values.name)} holds {values.kind} ({values.dtype})"
        raise DataError(f"rule {shown(self.text)}: {found}, expected text, numbers or true/false")

    def _unlike(self, column: _Values, other: str) -> DataError:
        return DataError(
            f"rule {shown(self.text)}: column {shown(column.name)} holds {column.kind} ({column.dtype}) "
            f"and cannot be compared with {other}",
            remedy=_REMEDIES.get(column.kind, ""),
        )


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SINGULAR = {"text": "text", "true/false": "value", "numbers": "number"}
_REMEDIES = {
    "numbers": "Compare it with a number, written without quotes.",
    "text": "Compare it with a text in quotes.",
    "true/false": "Compare it with true or false.",
}


def _kind_of(value: Column | Literal) -> str:
    if isinstance(value, bool):
        return "true/false"
    return "text" if isinstance(value, str) else "numbers"


def _plain(name: str, column: Any) -> _Values:
    """Any array or Series as a NumPy array of int64, uint64, float64, bool or text, without its missing rows."""
    import numpy as np
    import pandas as pd

    series: pd.Series[Any] = pd.Series(column)
    dtype = str(series.dtype)
    present = series.notna().to_numpy(dtype=bool)
    known = series[present]
    if isinstance(known.dtype, pd.CategoricalDtype):
        known = known.astype(known.cat.categories.dtype)
    inferred = pd.api.types.infer_dtype(known, skipna=True) if len(known) else "empty"
    if inferred == "unknown-array":  # an Arrow type that pandas has no name for, such as a dictionary of texts
        known = known.astype(object)
        inferred = pd.api.types.infer_dtype(known)
    kind = _KINDS.get(inferred, "mixed kinds of values" if inferred.startswith("mixed") else inferred)
    if kind == "true/false":
        return _Values(name, kind, dtype, known.to_numpy(dtype=bool), present)
    if kind == "numbers":
        # Whole numbers stay whole: identifiers above 2**53 would lose their last digits as floats. Those that came
        # as Python objects may exceed 64 bits and stay objects.
        plain = _whole(known.dtype) if inferred == "integer" else np.float64
        return _Values(name, kind, dtype, known.to_numpy(dtype=plain), present)
    return _Values(name, kind, dtype, known.to_numpy(dtype=object), present)


def _whole(dtype: Any) -> str:
    name = str(dtype).lower()
    return "object" if name == "object" else "uint64" if name.startswith("uint") else "int64"


def _spread(known: Any, present: Rows) -> Rows:
    """Results for the rows that are present, and False for all others."""
    import numpy as np

    rows = np.zeros(len(present), dtype=bool)
    rows[present] = known
    return rows


__all__ = ["Condition", "RuleError", "parse_rule"]
