"""Profiles of columns: what cannot be is refused, wherever it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.core.canonical import decode, encode
from readiness.core.errors import InvalidReport
from readiness.core.profile import ColumnKind, ColumnProfile, Profile

NUMBERS: dict[str, Any] = {
    "name": "age", "kind": ColumnKind.WHOLE, "rows": 10, "missing": 1, "edges": (20.0, 40.0), "counts": (3, 3, 3, 1),
}  # fmt: skip
TEXTS: dict[str, Any] = {"name": "shop", "kind": ColumnKind.CATEGORY, "rows": 4, "values": ("a", "b"),
                         "counts": (2, 1, 1, 0)}  # fmt: skip


@pytest.mark.parametrize("given", [NUMBERS, TEXTS])
def test_a_profile_is_written_and_read(given: dict[str, Any]) -> None:
    """Through the plain form of a record and back."""
    profile = Profile((ColumnProfile(**given),), "train", (ColumnProfile("answer", ColumnKind.NUMBER, 3),))
    assert decode(Profile, encode(profile)) == profile


@pytest.mark.parametrize(
    "wrong",
    [
        NUMBERS | {"counts": (3, 3, 3)},
        NUMBERS | {"counts": (3, 3, 3, 2)},
        NUMBERS | {"counts": (3, 4, 4, -1)},
        NUMBERS | {"edges": (40.0, 20.0)},
        NUMBERS | {"missing": 11},
        TEXTS | {"counts": (2, 2)},
        TEXTS | {"singles": -1},
    ],
)
def test_what_no_rows_can_give_is_refused(wrong: dict[str, Any]) -> None:
    """Also where it is read from a record."""
    with pytest.raises(ValueError, match=r"age|shop"):
        ColumnProfile(**wrong)
    with pytest.raises(InvalidReport):
        decode(ColumnProfile, encode(wrong))
