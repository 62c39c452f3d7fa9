"""No spec, however small or hostile, holds the reader up: it is read at once or refused in words."""

from __future__ import annotations

import pytest

from readiness.core.errors import SpecError
from readiness.spec.layers import Unusable, parse_setting
from readiness.spec.yaml import parse_yaml


@pytest.mark.parametrize(
    ("base", "merged"),
    [
        ("{" + ", ".join(f"k{n}: 1" for n in range(3000)) + "}", "*a"),
        ("{" + ", ".join(f"[{n}]: 1" for n in range(3000)) + "}", "*a"),
        ("{<<: [" + ", ".join("1" for _ in range(3000)) + "]}", "*a"),
    ],
    ids=["keys", "keys that are no text", "what cannot be merged"],
)
def test_merges_of_merges_are_counted(base: str, merged: str) -> None:
    """The same few keys, merged ninety thousand times, are refused before they are looked at that often."""
    many = ", ".join([merged] * 300)
    text = f"x-a: &a {base}\nx-b: &b {{<<: [{many}]}}\nx-c: {{<<: [{many.replace('*a', '*b')}]}}\n"
    with pytest.raises(SpecError, match="far more than any spec"):
        parse_yaml(text.encode(), "bomb.yaml")


def test_ordinary_merges_are_read() -> None:
    """A base of a hundred keys, merged fifty times, is what people write."""
    base = ", ".join(f"k{n}: {n}" for n in range(100))
    lines = "".join(f"m{n}: {{<<: *a, own: {n}}}\n" for n in range(50))
    found = parse_yaml(f"x-a: &a {{{base}}}\n{lines}".encode(), "spec.yaml")
    assert ({"k99": 99, "own": 49}, ()) == (
        {key: found.data["m49"][key] for key in ("k99", "own")},
        found.problems,
    )


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "9" * 101, "0o" + "7" * 4400, "-" + "1" * 5000])
def test_a_number_without_end_is_refused(number: str) -> None:
    """It could be read, and never be written again."""
    (problem,) = parse_yaml(f"seed: {number}\n".encode(), "spec.yaml").problems
    assert "which is not a usable !!int" in problem.text
    with pytest.raises(Unusable, match="not a usable !!int"):
        parse_setting(f"seed={number}")


def test_large_whole_numbers_are_read() -> None:
    """A seed of 64 bits, in any way of writing."""
    data = parse_yaml(b"a: 18446744073709551615\nb: 0xffffffffffffffff\nc: 0o17\n", "spec.yaml").data
    assert {"a": 2**64 - 1, "b": 2**64 - 1, "c": 15} == data


def test_a_key_of_thousands_of_steps_is_refused() -> None:
    """Thirty steps are more than any spec has."""
    with pytest.raises(Unusable, match="has 4,000 steps; at most 30"):
        parse_setting("a." * 3999 + "a=1")
    assert ("a",) * 30 == parse_setting("a." * 29 + "a=1").key
