"""How can somebody say which rows a model was fitted on, without giving the rows? As a file of hashes.

The first line is JSON: the version of the format, whether the hashes are of "names" (`data.id`) or of whole "rows",
the columns, the target, and how many rows there are. Each further line is one hash of 16 hexadecimal digits, in rising
order: BLAKE2b over the row's 64 bits, which `row_hashes` makes of columns and values however they are stored. Equal
rows give equal lines. The same table gives the same file, byte for byte.

The hashes have no key, so that others can make them of their own rows: whoever can list all possible names (customer
numbers of seven digits) or all possible rows can tell which were used. Where that must not be, hash names of many
random characters, or whole rows of many columns, or give the file to the reviewer alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from readiness.evidence.row_hashes import MISSING_BITS, Hashes, row_hashes, value_bits
from readiness.exceptions import DataError
from readiness.hints import nearest, shown
from readiness.looking import is_file

FORMAT = "readiness-training-rows/v1"
NAMES, ROWS = "names", "rows"
_PERSON = b"readiness-rows/1"
_LONGEST_HEAD = 1_000_000
_MOST_ROWS = 50_000_000
REMEDY = "Make the file with `readiness hash-rows` and leave it as it is."


@dataclass(frozen=True, slots=True, eq=False)
class TrainingHashes:
    """Hashes of the rows that a model was fitted on."""

    hashes: Hashes
    """In rising order; equal rows have equal ones."""
    columns: tuple[str, ...]
    """What was hashed: the column of names, or features and target."""
    names_rows: bool
    target: str = ""
    """The one of the columns that is the target; empty where there is none."""


def hashes_of(frame: pd.DataFrame, columns: Sequence[str], *, names_rows: bool, target: str = "") -> TrainingHashes:
    """Hashes of the rows of a table; rows without a name are left out.

    Raises:
        DataError: nothing is left to hash, or a column is not there.
    """
    given = TrainingHashes(np.zeros(0, dtype=np.uint64), tuple(columns), names_rows, target)
    if not columns:
        raise DataError("There is no column to hash.", remedy="Name features, a target or a column of names.")
    if names_rows:
        frame = frame[value_bits(frame[columns[0]], "name") != MISSING_BITS]
        if frame.empty:
            raise DataError(f"No row has a value in {shown(columns[0])}.", remedy="Name another column of names.")
    return TrainingHashes(np.sort(hashes_like(frame, given)), given.columns, names_rows, target)


def hashes_like(frame: pd.DataFrame, given: TrainingHashes) -> Hashes:
    """(n,) hashes of other rows, made as the given ones were.

    Raises:
        DataError: the table lacks a column that was hashed.
    """
    missing = [name for name in given.columns if name not in frame]
    if missing:
        raise DataError(
            f"the rows that the model was fitted on were hashed by {shown(missing[0])}, which the test table does not "
            f"have{nearest(missing[0], list(map(str, frame.columns)))}".rstrip("."),
            remedy="hashes by columns that the test table has as well (readiness hash-rows)",
        )
    kinds = {given.columns[0]: "name"} if given.names_rows else {}
    rows = row_hashes(frame, given.columns, kinds).astype("<u8")
    whole = b"".join(
        hashlib.blake2b(row, digest_size=8, person=_PERSON).digest() for row in np.ascontiguousarray(rows).view("V8")
    )
    found = np.frombuffer(whole, dtype=">u8").astype(np.uint64)
    if given.names_rows:  # rows without a name are never those of another table
        unnamed = np.flatnonzero(value_bits(frame[given.columns[0]], "name") == MISSING_BITS)
        found[unnamed] = 0
    return found


def write_hashes(given: TrainingHashes, path: Path) -> None:
    """Write the file, whole or not at all."""
    head = {
        "columns": list(given.columns),
        "format": FORMAT,
        "of": NAMES if given.names_rows else ROWS,
        "rows": len(given.hashes),
        "target": given.target,
    }
    digits = given.hashes.astype(">u8").tobytes().hex()
    lines = "".join(f"{digits[k : k + 16]}\n" for k in range(0, len(digits), 16))
    text = json.dumps(head, sort_keys=True, ensure_ascii=True) + "\n" + lines
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(text.encode("ascii"))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_hashes(path: Path) -> TrainingHashes:
    """Read such a file.

    Raises:
        DataError: there is none, or what lies there was not made by `write_hashes`.
    """
    if not is_file(path):
        raise DataError(f"{path} is not there, or no regular file.", remedy=REMEDY)
    if path.stat().st_size > _LONGEST_HEAD + 17 * _MOST_ROWS:
        raise DataError(f"{path} is larger than {_MOST_ROWS:,} rows can be.", remedy=REMEDY)
    head, end, body = path.read_bytes().partition(b"\n")
    if not end or len(head) > _LONGEST_HEAD:
        raise _garbled(path, "its first line is no description of the hashes")
    given = _described(path, head)
    hashes = _parsed(path, body)
    if len(hashes) != given["rows"]:
        raise _garbled(path, f"it holds {len(hashes):,} hashes, and says that there are {given['rows']:,}")
    return TrainingHashes(hashes, tuple(given["columns"]), given["of"] == NAMES, given["target"])


def _described(path: Path, head: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(head)
    except (ValueError, RecursionError):
        raise _garbled(path, "its first line is no description of the hashes") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _garbled(path, f"its first line does not name the format {FORMAT}")
    columns, target, rows = found.get("columns"), found.get("target"), found.get("rows")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) and name for name in columns):
        raise _garbled(path, "its columns are no list of names")
    if len(set(columns)) < len(columns):
        raise _garbled(path, "one of its columns is named twice")
    if found.get("of") not in (NAMES, ROWS) or (found["of"] == NAMES and len(columns) != 1):
        raise _garbled(path, f"its hashes are neither of {NAMES}, by one column, nor of {ROWS}")
    if not isinstance(target, str) or (target and target not in columns):
        raise _garbled(path, "its target is none of its columns")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
        raise _garbled(path, "it does not say how many rows there are")
    return found


def _parsed(path: Path, body: bytes) -> Hashes:
    characters = np.frombuffer(body, dtype=np.uint8)
    if len(characters) % 17 or not (characters.reshape(-1, 17)[:, 16] == ord("\n")).all():
        raise _garbled(path, "a line is no hash of 16 digits")
    digits = np.ascontiguousarray(characters.reshape(-1, 17)[:, :16])
    is_digit = ((digits >= ord("0")) & (digits <= ord("9"))) | ((digits >= ord("a")) & (digits <= ord("f")))
    if not is_digit.all():
        raise _garbled(path, f"line {int(np.argmin(is_digit.all(axis=1))) + 2:,} is no hash of 16 digits")
    hashes = np.frombuffer(bytes.fromhex(digits.tobytes().decode("ascii")), dtype=">u8").astype(np.uint64)
    if (hashes[1:] < hashes[:-1]).any():
        raise _garbled(path, "its hashes are not in rising order")
    return hashes


def _garbled(path: Path, why: str) -> DataError:
    return DataError(f"{path} is no file of hashed training rows: {why}.", remedy=REMEDY)
