"""One JSON spelling per value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core import canonical
from readiness.core.errors import InvalidReport

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, -2]}, b'{"a":[true,null,-2],"b":1}'),
        ((1, (2,)), b"[1,[2]]"),
        ("<b> & é\n\x7f\U0001f600", rb'"\u003cb\u003e \u0026 \u00e9\n\u007f\ud83d\ude00"'),
        ({}, b"{}"),
        ("", b'""'),
        (2**53 - 1, b"9007199254740991"),
    ],
)
def test_spelling(value: Any, expected: bytes) -> None:
    """Keys sorted, no spaces, ASCII only, and none of the characters that end a comment."""
    assert expected == canonical.dumps(value)


def test_keys_are_sorted_by_code_point() -> None:
    """U+FB01 comes before U+1F600, although in UTF-16, as JavaScript sorts, it comes after."""
    assert rb'{"\ufb01":1,"\ud83d\ude00":2}' == canonical.dumps({"\U0001f600": 2, "\ufb01": 1})


@given(VALUES)
def test_reading_gives_back_what_was_written(value: Any) -> None:
    """`loads` undoes `dumps`, and the standard library reads the same value from the same text."""
    data = canonical.dumps(value)
    assert value == canonical.loads(data)
    assert value == json.loads(data)


@given(VALUES)
def test_the_text_fits_into_an_html_comment(value: Any) -> None:
    """Every byte is printable ASCII, and none is `<`, `>` or `&`."""
    assert set() == set(canonical.dumps(value)) - (set(range(0x20, 0x7F)) - set(b"<>&"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, r"^\$ is a float.*write decimals as strings"),
        ({"a": [1, float("nan")]}, r"^\$\.a\[1\] is a float"),
        ({"a b": b"x"}, r"^\$\['a b'\] is a bytes"),
        ({1: "x"}, r"^\$ has the key 1, expected text"),
        (2**53, "is an integer beyond 9007199254740991"),
        (-(2**53), "is an integer beyond"),
        ("\ud83d", "half a surrogate pair"),
        ({"\ude00": 1}, "half a surrogate pair"),
        ({1, 2}, "is a set"),
        (nested(33), "nested deeper than 32 levels"),
    ],
)
def test_values_without_a_spelling_are_refused(value: Any, words: str) -> None:
    """The message names the place and what is wrong with it."""
    with pytest.raises(ValueError, match=words):
        canonical.dumps(value)


def test_thirty_two_levels_are_accepted() -> None:
    """The limit itself is inside."""
    assert nested(32) == canonical.loads(canonical.dumps(nested(32)))


def test_a_value_that_holds_itself_is_refused() -> None:
    """A circle ends at the depth limit."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="nested deeper"):
        canonical.dumps(circle)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b" 1",
        b"1\n",
        b"[1, 2]",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"-Infinity",
        b"9007199254740992",
        b"9" * 5000,
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u00E9"',
        b'"<"',
        b'"\xc3\xa9"',
        b'"\\ud83d"',
        b'"\x7f"',
        b"\xef\xbb\xbf1",
        '"a"'.encode("utf-16"),
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_other_spellings_are_refused(data: bytes) -> None:
    """Not JSON, or JSON that could be written otherwise: both are invalid, and nothing else is raised."""
    with pytest.raises(InvalidReport):
        canonical.loads(data)


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0123456789-eE.tfn ', max_size=30).map(str.encode))
def test_reading_accepts_nothing_but_its_own_spelling(data: bytes) -> None:
    """For any bytes: either `dumps` writes exactly them again, or they are invalid."""
    try:
        value = canonical.loads(data)
    except InvalidReport:
        return
    assert data == canonical.dumps(value)
