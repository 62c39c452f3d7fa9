"""Dataclass to plain values and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.canonical import decode, dumps, encode, encode_number, loads
from readiness.core.errors import InvalidReport


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    number: float
    maybe: float | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    colour: Colour = Colour.RED
    flag: bool = False
    parts: tuple[Inner, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@given(
    st.builds(
        Outer,
        st.text(),
        st.just(Colour.RED),
        st.booleans(),
        st.lists(
            st.builds(
                Inner,
                st.floats(allow_nan=False, allow_infinity=False),
                st.none() | st.floats(allow_nan=False, allow_infinity=False),
            ),
            max_size=3,
        ).map(tuple),
        st.dictionaries(st.text(), st.text(), max_size=3),
    )
)
def test_what_is_encoded_comes_back_unchanged_through_canonical_json(value):
    """Record to bytes to record is the identity."""
    assert value == decode(Outer, loads(dumps(encode(value))))


@pytest.mark.parametrize(
    ("number", "expected"), [(3.0, 3), (0.95, "0.95"), (1e-7, "0.0000001"), (-0.5, "-0.5"), (1e300, "1" + "0" * 300)]
)
def test_non_integers_are_plain_decimal_strings(number, expected):
    """One spelling for each number, without exponents."""
    assert expected == encode_number(number)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_only_finite_numbers_are_recorded(number):
    """A number that is none is a fault of the program that records it."""
    with pytest.raises(ValueError, match="finite"):
        encode_number(number)


def test_fields_with_their_default_are_left_out():
    """A record holds what differs from the default."""
    assert {"name": "x"} == encode(Outer("x"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x", "other": 1}, "unknown key 'other'"),
        ({}, "not complete"),
        ({"name": 1}, "expected str"),
        ({"name": "x", "flag": 1}, "expected bool"),
        ({"name": "x", "colour": "blue"}, "not allowed"),
        ({"name": "x", "parts": {}}, "expected list"),
        ({"name": "x", "parts": [{"number": "nan"}]}, "finite"),
        ({"name": "x", "parts": [{"number": "1_0"}]}, "decimal number"),
        ({"name": "x", "parts": [{"number": " 1"}]}, "decimal number"),
        ({"name": "x", "parts": [{"number": True}]}, "expected a number"),
        ({"name": "x", "parts": [{"number": "one"}]}, "not allowed"),
    ],
)
def test_what_does_not_fit_is_refused(data, words):
    """Unknown keys, wrong types and numbers that are none are named."""
    with pytest.raises(InvalidReport, match=words):
        decode(Outer, data)


def test_a_type_without_a_plain_form_is_refused():
    """Sets have no order and so no one spelling."""
    with pytest.raises(TypeError, match="set"):
        encode({"a": {1}})
