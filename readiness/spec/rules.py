"""Conditions of `when`: tokens and order of our own, grouped by Python's `ast`, and never given to `eval`.

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

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from readiness.core.errors import DataError, InputError
from readiness.core.sanitize import escaped, nearest, shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Rows = NDArray[np.bool_]


# ----------------------------------------------------------------------------------------------------
# The words and signs of a condition.

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
class Condition:
    """A condition that was read; `text` is how it was written, and all by which two of them differ."""

    text: str
    tokens: tuple[Token, ...] = field(repr=False, compare=False)
    tree: ast.expr = field(repr=False, compare=False)
    """Of and, or, not and comparisons; the name t7 in it stands for the column or value `tokens[7]`."""

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns it looks at; at least one."""
        return frozenset(token.value for token in self.tokens if token.kind == "column")

    def evaluate(self, columns: Mapping[str, Any]) -> Rows:
        """Whether the condition holds, one boolean for each row; missing values compare false.

        `columns` maps each name to a one-dimensional array or pandas Series (a DataFrame will do), all of one length.

        Raises:
            DataError: a column is missing, or holds another kind of value than what it is compared with.
        """
        return _Evaluation(self, columns).rows(self.tree)


def parse_rule(text: str) -> Condition:
    """Read a condition such as `amount > 10000 and region in ["north", "east"]`.

    Raises:
        RuleError: with the position of the first fault.
    """
    if len(text) > MAX_CHARACTERS:
        raise RuleError(text, MAX_CHARACTERS + 1, f"longer than {MAX_CHARACTERS:,} characters")
    found = tuple(tokens(text))
    _check_order(text, found)
    # Python groups and, or and not by the same precedence. Columns and values go in as t0, t1, ... only: as they are
    # written, Python would take class and from for words of its own and read ﬁ as fi.
    *parts, _ = (f"t{n}" if token.kind in _OPERANDS else token.kind for n, token in enumerate(found))
    return Condition(text, found, ast.parse(" ".join(parts), mode="eval").body)


_OPERANDS = ("column", "literal")
_JOINTS = {"and": "part", "or": "part", ")": "done", "end": "end"}
_NEXT: Mapping[str, Mapping[str, str]] = {
    "part": {"not": "part", "(": "part", "column": "left", "literal": "left"},
    "left": {**dict.fromkeys(OPS, "right"), "not": "in", "in": "list", **_JOINTS},
    "right": dict.fromkeys(_OPERANDS, "done"),
    "in": {"in": "list"},
    "list": {"[": "value"},
    "value": {"literal": "comma"},
    "comma": {",": "value", "]": "done"},
    "done": _JOINTS,
}
"""What may follow: for each state the kinds of tokens that fit, and the state behind each."""
_EXPECTED = {
    **dict.fromkeys(("part", "right"), "a column or a value"),
    "in": '"in"',
    "list": '"[" and a list of values',
    "value": "a value; text needs quotes",
    "comma": '"," or "]"',
}


def _check_order(text: str, found: Sequence[Token]) -> None:
    """Refuse what the grammar does not hold, at the first token that does not fit.

    Python's own grammar is wider, (a) > 5 or [1,] say, nests deeper, and each version words its faults in another way.
    """
    state, above = "part", list[str]()  # above: each "(" and "not" that is not complete yet
    for n, token in enumerate(found):
        if state == "part" and len(above) == MAX_DEPTH:
            raise RuleError(text, token.column, f"nested more than {MAX_DEPTH} deep")
        if state == "left" and found[n - 1].kind == "literal" and token.kind not in OPS:
            if token.kind in ("not", "in"):
                raise RuleError(text, found[n - 1].column, "a column stands before in")
            raise _unexpected(text, token, "a comparison such as ==")
        is_open = "(" in above
        if token.kind not in _NEXT[state] or token.kind == ("end" if is_open else ")"):
            raise _unexpected(text, token, _EXPECTED.get(state) or _expected_joint(token, is_open=is_open))
        if state == "right":
            _check_sides(text, *found[n - 2 : n + 1])
        if state == "part" and token.kind in ("not", "("):
            above.append(token.kind)
        state = _NEXT[state][token.kind]
        if token.kind in _JOINTS:
            _complete(above, token.kind)


def _complete(above: list[str], kind: str) -> None:
    """Take off `above` what a token between parts completes: every not before it, and with ) also its bracket."""
    while above and above[-1] == "not":
        above.pop()
    if kind == ")":
        above.pop()


def _unexpected(text: str, token: Token, expected: str) -> RuleError:
    found = "the end" if token.kind == "end" else shown(token.value)
    return RuleError(text, token.column, f"found {found}, expected {expected}")


def _expected_joint(token: Token, *, is_open: bool) -> str:
    if is_open:
        return '"and", "or" or ")"'
    return '"and" or "or"; compare two things at a time' if token.kind in OPS else '"and", "or" or the end'


def _check_sides(text: str, left: Token, op: Token, right: Token) -> None:
    literals = [side.value for side in (left, right) if side.kind == "literal"]
    if len(literals) == 2:
        raise RuleError(text, op.column, "compares two values; one side must be a column")
    if op.kind not in ("==", "!=") and any(value is None or isinstance(value, bool) for value in literals):
        raise RuleError(text, op.column, f"{op.kind} has no meaning for {shown(literals[0])}; use == or !=")


# ----------------------------------------------------------------------------------------------------
# The rows for which a condition holds, on columns of any common type.

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
    condition: Condition
    columns: Mapping[str, Any]

    def rows(self, node: ast.expr) -> Rows:
        """The rows for which a part of the tree holds; the kinds of nodes here are all that there are."""
        match node:
            case ast.BoolOp(op=word, values=parts):
                return reduce(operator.and_ if isinstance(word, ast.And) else operator.or_, map(self.rows, parts))
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return ~self.rows(part)
            case ast.Name():
                return self._compared(self._values(self._token(node)), "==", True)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as word], comparators=[ast.List(elts=parts)]):
                values = tuple(self._token(part).value for part in parts)
                return self._member(self._values(self._token(left)), values, negated=isinstance(word, ast.NotIn))
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return self._comparison(self._token(left), _SIGNS[type(sign)], self._token(right))
        raise AssertionError(ast.dump(node))

    def _token(self, node: ast.expr) -> Token:
        assert isinstance(node, ast.Name)
        return self.condition.tokens[int(node.id[1:])]

    def _comparison(self, left: Token, op: str, right: Token) -> Rows:
        if left.kind == right.kind == "column":
            return self._two_columns(left, op, right)
        if left.kind == "column":
            return self._compared(self._values(left), op, right.value)
        return self._compared(self._values(right), _MIRRORED.get(op, op), left.value)

    def _compared(self, column: _Values, op: str, value: Literal) -> Rows:
        if value is None:
            return ~column.present if op == "==" else column.present
        kind = _kind_of(value)
        if column.kind not in (kind, "nothing"):
            raise self._unlike(column, f"the {_SINGULAR[kind]} {shown(value)}")
        return _spread(_OPS[op](column.values, value), column.present)

    def _member(self, column: _Values, values: tuple[Literal, ...], *, negated: bool) -> Rows:
        within: Rows = reduce(operator.or_, (self._compared(column, "==", value) for value in values))
        # A missing value is neither in nor not in a list, unless the list names null.
        known = column.present | (None in values)
        return known & ~within if negated else within

    def _two_columns(self, left_column: Token, op: str, right_column: Token) -> Rows:
        left, right = self._values(left_column), self._values(right_column)
        if left.kind != right.kind and "nothing" not in (left.kind, right.kind):
            raise self._unlike(left, f"column {shown(right.name)}, which holds {right.kind} ({right.dtype})")
        if left.kind == "true/false" and op not in ("==", "!="):
            raise self._unlike(left, f"column {shown(right.name)} by {op}")
        both = left.present & right.present
        return _spread(_OPS[op](left.values[both[left.present]], right.values[both[right.present]]), both)

    def _values(self, column: Token) -> _Values:
        if column.value not in self.columns:
            problem = f"rule {shown(self.condition.text)}: there is no column {shown(column.value)}"
            raise DataError(problem + nearest(column.value, [str(name) for name in self.columns]))
        values = _plain(column.value, self.columns[column.value])
        if values.kind in ("text", "true/false", "numbers", "nothing"):
            return values
        found = f"column {shown(values.name)} holds {values.kind} ({values.dtype})"
        raise DataError(f"rule {shown(self.condition.text)}: {found}, expected text, numbers or true/false")

    def _unlike(self, column: _Values, other: str) -> DataError:
        return DataError(
            f"rule {shown(self.condition.text)}: column {shown(column.name)} holds {column.kind} ({column.dtype}) "
            f"and cannot be compared with {other}",
            remedy=_REMEDIES.get(column.kind, ""),
        )


_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SINGULAR = {"text": "text", "true/false": "value", "numbers": "number"}
_REMEDIES = {
    "numbers": "Compare it with a number, written without quotes.",
    "text": "Compare it with a text in quotes.",
    "true/false": "Compare it with true or false.",
}


def _kind_of(value: Literal) -> str:
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
