"""The grammar of `when`, and what it picks from columns of every common type."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.errors import DataError, InputError
from readiness.spec.rules import RuleError, parse_rule

TABLE = pd.DataFrame(
    {
        "amount": [5.0, 20_000.0, None, 10_000.0],
        "region": ["north", "south", "north", None],
        "night": [True, False, True, True],
        "limit": [10.0, 10_000.0, 3.0, None],
        "of which": [1, 2, 3, 4],
    }
)


def picked(text: str, table: Any = TABLE) -> list[bool]:
    rows = parse_rule(text).evaluate(table)
    assert rows.dtype == np.bool_
    return rows.tolist()  # type: ignore[no-any-return]


def refused(text: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    assert isinstance(caught.value, InputError)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount > 10000", [False, True, False, False]),
        ("amount >= 1e4", [False, True, False, True]),
        ("10000 < amount", [False, True, False, False]),
        ("5 == amount", [True, False, False, False]),
        ("amount != 5", [False, True, False, True]),
        ("amount > -1", [True, True, False, True]),
        ("amount > limit", [False, True, False, False]),
        ("region == 'north'", [True, False, True, False]),
        ('region != "north"', [False, True, False, False]),
        ("region < 'o'", [True, False, True, False]),
        ("region in ['north', 'west']", [True, False, True, False]),
        ("region not in ['north']", [False, True, False, False]),
        ("`of which` in [1, 4]", [True, False, False, True]),
        ("night", [True, False, True, True]),
        ("not night", [False, True, False, False]),
        ("night == false", [False, True, False, False]),
        ("region == null", [False, False, False, True]),
        ("region != null", [True, True, True, False]),
        ("region in [null, 'south']", [False, True, False, True]),
        ("region not in [null, 'south']", [True, False, True, False]),
        ("night and amount > 1 or region == 'south'", [True, True, False, True]),
        ("night and (amount > 1 or region == 'north')", [True, False, True, True]),
        ("not (amount > 100)", [True, False, True, False]),
        ("not amount > 100 and night", [True, False, True, False]),
        ("not not night", [True, False, True, True]),
    ],
)
def test_conditions_pick_rows(text: str, expected: list[bool]) -> None:
    """Worked by hand on four rows; a missing value compares false, `and` binds closer than `or`."""
    assert expected == picked(text)


def test_backslashes_stand_for_quotes() -> None:
    """A text may hold both kinds of quotes."""
    assert [True] == picked(r"""x == 'it\'s "\\" here'""", {"x": ['it\'s "\\" here']})


def test_columns_are_named() -> None:
    """All of them, each once, before any table is opened."""
    condition = parse_rule("a > 1 and (`b c` in [1] or not d or a < e) and 5 > f")
    assert frozenset({"a", "b c", "d", "e", "f"}) == condition.columns


def test_names_may_be_of_any_script() -> None:
    """Columns are not English everywhere."""
    assert frozenset({"größe", "年齢"}) == parse_rule("größe > 1 and 年齢 > 2").columns


@pytest.mark.parametrize("name", ["class", "from", "is", "lambda", "t0", "ﬁ", "_"])
def test_words_of_python_are_names_like_others(name: str) -> None:
    """And no letter is taken for another that looks alike."""
    table = {name: [1, 2], "fi": [9, 9], "t1": [9, 9]}
    assert [False, True] == picked(f"not {name} < 2 and {name}\n!= 007", table)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("(a) > 5", 5),
        ("a in [1,]", 9),
        ("a in ([1])", 6),
        ("a in [(1)]", 7),
        ("a == not b", 6),
        ("a in [1] in [2]", 10),
        ("a(b)", 2),
        ("a, b", 2),
        ("a is null", 3),
        ("a if b else a", 3),
        ("'x' 'y' == a", 5),
        ("a == f'x'", 7),
        ("a == '\\n'", 6),
        ("a # b", 3),
        ("a == 0x10", 6),
        ("()", 2),
    ],
)
def test_what_only_python_allows_is_refused(text: str, column: int) -> None:
    """Its grammar is wider than that of conditions."""
    assert column == refused(text).column


def test_a_condition_is_frozen_and_comparable() -> None:
    """Read twice, equal; and usable as a key."""
    assert parse_rule("a > 1") == parse_rule("a > 1")
    assert 1 == len({parse_rule("a > 1"), parse_rule("a > 1")})


@pytest.mark.parametrize(
    "dtype", ["float64", "Float64", "Int64", "int64[pyarrow]", "double[pyarrow]", "object", "category"]
)
def test_numbers_of_every_type(dtype: str) -> None:
    """With a missing value in each."""
    column = pd.Series([1, 3, None], dtype=dtype)
    assert [False, True, False] == picked("x > 1", {"x": column})
    assert [True, False, False] == picked("x == y", {"x": column, "y": np.array([1.0, 4.0, 3.0])})


@pytest.mark.parametrize("dtype", ["int8", "uint8", "UInt64", "float32", "uint16[pyarrow]"])
def test_narrow_and_unsigned_numbers(dtype: str) -> None:
    """A negative literal does not wrap round."""
    assert [True, True] == picked(
        "x > -1000000", {"x": pd.Series([0, 200 if "u" in dtype.lower() else 100], dtype=dtype)}
    )


def test_decimals_compare_as_numbers() -> None:
    """As they come from a Parquet file."""
    column = pd.Series([Decimal("1.50"), None], dtype=pd.ArrowDtype(pa.decimal128(10, 2)))
    assert [True, False] == picked("x == 1.5", {"x": column})


def test_long_identifiers_keep_their_last_digit() -> None:
    """2**53 and 2**53 + 1 are one float and two customers."""
    assert [False, True] == picked(f"x == {2**53 + 1}", {"x": pd.Series([2**53, 2**53 + 1])})
    assert [True, False] == picked(f"x == {2**70}", {"x": pd.Series([2**70, 2**70 + 1], dtype=object)})
    assert [True] == picked(f"x < {2**70}", {"x": pd.Series([1])})


@pytest.mark.parametrize(
    "dtype",
    [
        "str",
        "object",
        "category",
        "string[pyarrow]",
        "string[python]",
        pd.ArrowDtype(pa.large_string()),
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
    ],
)
def test_text_of_every_type(dtype: Any) -> None:
    """With a missing value in each."""
    column = pd.Series(["a", "b", None]).astype(dtype)
    assert [True, False, False] == picked("x == 'a'", {"x": column})
    assert [False, True, False] == picked("x > 'a'", {"x": column})


@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", "object", "category"])
def test_true_and_false_of_every_type(dtype: str) -> None:
    """With a missing value in each."""
    column = pd.Series([True, False, None], dtype=dtype)
    assert [True, False, False] == picked("x", {"x": column})
    assert [False, True, False] == picked("x != true", {"x": column})


def test_rows_keep_their_order_whatever_the_index() -> None:
    """Positions count, labels do not, not even doubled ones."""
    left, right = pd.Series([1, None, 3], index=[7, 7, 0]), pd.Series([0, 0, 9])
    assert [True, False, False] == picked("x > y", {"x": left, "y": right})


def test_a_column_with_nothing_in_it_picks_nothing() -> None:
    """It has no kind that could be the wrong one."""
    assert [False, False] == picked("x == 'a' or x > 5", {"x": pd.Series([None, None])})
    assert [] == picked("x > 5", {"x": pd.Series([], dtype="float64")})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("amount > '5'", 'column "amount" holds numbers (float64) and cannot be compared with the text "5"'),
        ("region == 5", 'column "region" holds text (str) and cannot be compared with the number 5'),
        ("night == 1", 'column "night" holds true/false (bool) and cannot be compared with the number 1'),
        ("amount == true", "cannot be compared with the value true"),
        ("region in ['north', 5]", "cannot be compared with the number 5"),
        ("amount", "cannot be compared with the value true"),
        ("amount > region", 'cannot be compared with column "region", which holds text (str)'),
        ("night < night", 'cannot be compared with column "night" by <'),
    ],
)
def test_unlike_kinds_are_an_error_and_not_false(text: str, said: str) -> None:
    """Naming the rule, the column, its type and the other side."""
    with pytest.raises(DataError) as caught:
        parse_rule(text).evaluate(TABLE)
    assert said in caught.value.message
    assert f'rule "{text}"'.replace('"', "") in caught.value.message.replace('"', "")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Series([1, "a"]), "mixed kinds of values (object)"),
        (pd.Series(pd.to_datetime(["2026-11-22"])), "datetime64"),
    ],
)
def test_other_kinds_of_columns_are_an_error(column: Any, kind: str) -> None:
    """Dates and mixtures have no meaning here."""
    with pytest.raises(DataError, match="expected text, numbers or true/false") as caught:
        parse_rule("x == 1").evaluate({"x": column})
    assert kind in caught.value.message


def test_a_missing_column_is_an_error_with_the_nearest_name() -> None:
    """One letter off."""
    with pytest.raises(DataError, match='no column "amont"; did you mean "amount"'):
        parse_rule("amont > 5").evaluate(TABLE)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "found the end, expected a column or a value"),
        ("amount = 5", 8, "write == to compare"),
        ("a && b", 3, 'write "and"'),
        ("a | b", 3, 'write "or"'),
        ("!a", 1, 'write "not"'),
        ("a AND b", 3, 'write "and"; a column named AND needs back-quotes'),
        ("a == None", 6, 'write "null"'),
        ("a == 'x", 6, "no closing quote"),
        ("`a > 5", 1, "no closing back-quote"),
        ("a.b > 5", 2, "needs back-quotes"),
        ("a > 10_000", 5, "not a number"),
        ("a > 5x", 5, "not a number"),
        ("a + 1 > 5", 3, "calculations are not supported"),
        ("(a > 5", 7, 'expected "and", "or" or ")"'),
        ("a > 5)", 6, 'expected "and", "or" or the end'),
        ("a > ", 5, "found the end"),
        ("1 < 2", 3, "one side must be a column"),
        ("18 < a < 30", 8, "compare two things at a time"),
        ("a < true", 3, "use == or !="),
        ("a >= null", 3, "use == or !="),
        ("a in 5", 6, 'expected "["'),
        ("a not 5", 7, 'expected "in"'),
        ("a in []", 7, "expected a value"),
        ("a in [north]", 7, "text needs quotes"),
        ("a in [1 2]", 9, 'expected "," or "]"'),
        ("5 in [5]", 1, "a column stands before in"),
        ("5", 2, "expected a comparison"),
        ("a > 5; b", 6, "means nothing here"),
        ("__import__('os')", 11, 'expected "and", "or" or the end'),
        ("a == “x”", 6, "means nothing here"),
        ("\u202ea > 1", 1, r'found "\u202e"'),
    ],
)
def test_faults_name_their_position_and_what_to_write(text: str, column: int, said: str) -> None:
    """Columns count from 1."""
    error = refused(text)
    assert column == error.column
    assert said in error.problem


def test_the_caret_stands_below_the_fault() -> None:
    """Also behind characters that are shown escaped."""
    assert "column 3: write == to compare\n    b = 5\n      ^" == str(refused("b = 5"))
    _, line, caret = str(refused("a > 1\tand\tb = 5")).splitlines()
    assert "=" == line[caret.index("^")]


def test_the_caret_finds_its_place_in_a_long_condition() -> None:
    """Only the neighbourhood is shown."""
    _, line, caret = str(refused(" or ".join(["a > 1"] * 100) + " or b = 5")).splitlines()
    assert len(line) < 80
    assert "=" == line[caret.index("^")]


@pytest.mark.parametrize("text", ["x" * 2_001, "(" * 1_000 + "a", "not " * 400 + "a"])
def test_long_and_deep_conditions_are_refused(text: str) -> None:
    """No input brings the reader to Python's own limits."""
    assert refused(text).problem.startswith(("longer than 2,000", "nested more than 30"))


def test_a_long_chain_is_no_deep_one() -> None:
    """Hundreds of parts side by side are fine."""
    assert [True] == picked(" or ".join(["a > 5"] * 200), {"a": [6]})


@pytest.mark.slow
def test_parsing_loads_no_pandas() -> None:
    """The spec is checked in well under a second."""
    code = (
        "import sys, readiness.spec.load, readiness.spec.rules; print('pandas' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False False" == done.stdout.strip()


WORDS = [
    "a",
    "b",
    "and",
    "or",
    "not",
    "in",
    "(",
    ")",
    "[",
    "]",
    ",",
    "==",
    "<",
    "1",
    "-2.5",
    "'x'",
    "true",
    "null",
    " ",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30))
def test_anything_is_read_or_refused_with_a_position_within(text: str) -> None:
    """No other error comes out, and the position is one of the text or just behind it."""
    try:
        column = bool(parse_rule(text).columns)
    except RuleError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=8), st.integers(-5, 5))
def test_comparisons_agree_with_python(values: list[int | None], bar: int) -> None:
    """Row by row, for all six signs."""
    column = pd.Series(values, dtype="Int64")
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        expected = [value is not None and eval(f"{value} {sign} {bar}") for value in values]
        assert expected == picked(f"x {sign} {bar}", {"x": column})
