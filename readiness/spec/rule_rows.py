"""For which rows does a condition hold? Evaluation of what `rules` has read, on columns of any common type."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from readiness.exceptions import DataError
from readiness.hints import nearest, shown
from readiness.spec.rule_tokens import Literal
from readiness.spec.rules import Column, Comparison, Joined, Member, Node, Not, Truth

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
