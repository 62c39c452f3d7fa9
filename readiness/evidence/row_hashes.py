"""Rows and values as 64-bit hashes, however they are stored, and files of the hashes of training rows.

A number is the same as an integer, a float, a category or plain text; dates are the same with or without a zone, in any
unit down to a microsecond; text is the same whatever its case, its width and its spaces. Missing is missing, be it
None, NaN, NaT or empty text. The hashes stand in files (`training_hashes`), so the recipe never changes without a new
version there.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from readiness.core.errors import DataError, InputError
from readiness.core.files import exists, is_file, is_folder, write_whole
from readiness.core.sanitize import nearest, shown
from readiness.evidence.columns import features_of
from readiness.evidence.tables import CSV_SUFFIXES, PARQUET_SUFFIXES, header, read_table, require_columns
from readiness.spec.load import load_spec

Hashes = NDArray[np.uint64]
_STEP, _FIRST, _SECOND = (np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
"""Constants of splitmix64 (Steele, Lea and Flood 2014)."""
MISSING_BITS = np.uint64(0x7FF8_0000_0000_0001)
"""What `value_bits` gives for a missing value."""
_DATE, _LARGE = np.uint64(0xD6E8_FEB8_6659_FD93), np.uint64(0xA076_1D64_78BD_642F)
"""What tells dates, and integers beyond all floats, from numbers of the same bits."""
_EXACT = 2**53
"""Up to here each integer is a float."""
_CHUNK = 1 << 15
"""Rows that are hashed at a time, so that they stay near the processor."""
_NUMBER = r"^[+-]?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?([eE][+-][0-9]{1,3})?$"
_WHOLE = r"^-?(0|[1-9][0-9]{0,14})(\.0)?$"
_DAY = r"^\d{4}-\d\d-\d\d([ tT]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([zZ]|[+-]\d\d:?\d\d)?)?$"


def row_hashes(frame: pd.DataFrame, columns: Sequence[str], kinds: Mapping[str, str] | None = None) -> Hashes:
    """One hash (n,) for each row of the columns, in whatever order they are given.

    Two different rows share one with chance 2^-64, so a million rows against a million collide with chance 1 in 10^7.
    `kinds` as `kinds_of` makes them of two tables that are to be compared.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in columns:
        _add_mixed(total, value_bits(frame[name], (kinds or {}).get(name, "")), _key(name))
    return total


def join_hashes(*hashes: Hashes) -> Hashes:
    """One hash (n,) for each row of several hashes, which are no sums of each other."""
    total = np.zeros(len(hashes[0]), dtype=np.uint64)
    for place, each in enumerate(hashes, 1):
        _add_mixed(total, each, np.uint64(place))
    return total


def kinds_of(one: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """By column how both tables are read: "single" where one of them holds no more than single precision."""
    single = {name for name in columns if _is_single(one[name]) != _is_single(other[name])}
    floats = {name for name in single if "f" in (one[name].dtype.kind, other[name].dtype.kind)}
    return dict.fromkeys(sorted(floats), "single")


def value_bits(values: pd.Series[Any], kind: str = "") -> Hashes:
    """64 bits (n,) for each value; the same for the same value, and not yet mixed.

    `kind`: "single" compares numbers in single precision, "name" takes text letter by letter, as names of rows are.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        of_kinds = np.append(value_bits(pd.Series(values.cat.categories), kind), MISSING_BITS)
        return np.asarray(of_kinds[values.cat.codes.to_numpy()])  # missing is coded -1, which is the last
    if pd.api.types.is_bool_dtype(dtype) or (pd.api.types.is_numeric_dtype(dtype) and dtype.kind in "iuf"):
        return _of_numbers(values, kind)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _of_dates(values)
    return _of_others(values, kind)


def _key(name: str) -> np.uint64:
    digest = hashlib.blake2b(str(name).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "big"))


def _add_mixed(total: Hashes, bits: Hashes, key: np.uint64) -> None:
    """Add to each of `total` the bits, mixed as splitmix64 does."""
    space = np.empty(min(_CHUNK, len(total)), dtype=np.uint64), np.empty(min(_CHUNK, len(total)), dtype=np.uint64)
    for start in range(0, len(total), _CHUNK):
        part = total[start : start + _CHUNK]
        mixed, moved = (each[: len(part)] for each in space)
        # splitmix64 (Steele, Lea and Flood 2014) on the bits and the column's key. Rows are sums of mixed columns: the
        # order of columns does not matter, yet equal values in two columns do not cancel. In pieces and in place,
        # because the temporary arrays of a large table would be several times its size.
        np.bitwise_xor(bits[start : start + _CHUNK], key, out=mixed)
        mixed += _STEP
        for shift, factor in ((30, _FIRST), (27, _SECOND)):
            np.right_shift(mixed, np.uint64(shift), out=moved)
            mixed ^= moved
            mixed *= factor
        np.right_shift(mixed, np.uint64(31), out=moved)
        mixed ^= moved
        part += mixed


def _is_single(values: pd.Series[Any]) -> bool:
    return values.dtype.kind == "f" and getattr(values.dtype, "itemsize", 8) < 8


def _of_numbers(values: pd.Series[Any], kind: str) -> Hashes:
    if values.dtype.kind in "iu":
        missing = values.isna().to_numpy() if values.hasnans else None
        whole = np.asarray((values if missing is None else values.fillna(0)).to_numpy(dtype=f"{values.dtype.kind}8"))
        if len(whole) and (int(whole.max()) > _EXACT or int(whole.min()) < -_EXACT):
            bits = _of_large(whole)
            return bits if missing is None else np.where(missing, MISSING_BITS, bits)
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if kind == "single":
        with np.errstate(over="ignore"):
            numbers = numbers.astype(np.float32).astype(np.float64)
    elif _is_single(values):
        numbers = _shortest(numbers.astype(np.float32))
    return _of_floats(numbers)


def _of_floats(numbers: NDArray[np.float64]) -> Hashes:
    bits = (numbers + 0.0).view(np.uint64)  # minus zero becomes zero
    unknown = np.isnan(numbers)
    if unknown.any():
        bits[unknown] = MISSING_BITS
    return bits


def _shortest(numbers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Single precision as it is written: 0.1, not 0.10000000149."""
    # through text, since the shortest decimal that reads back as the same float32 is what a CSV of the same table holds
    written = pc.cast(pc.cast(pa.array(numbers), pa.string()), pa.float64())
    return np.array(written.to_numpy(zero_copy_only=False), dtype=np.float64)


def _of_large(whole: NDArray[Any]) -> Hashes:
    """Integers of which some are beyond exact floats: a float's bits where it is exact, else its own."""
    floats = whole.astype(np.float64)
    with np.errstate(invalid="ignore"):
        inside = np.abs(floats) < 2.0**62
        exact = inside & (np.where(inside, floats, 0.0).astype(np.int64) == whole.astype(np.int64))
    # an id of 19 digits must not equal its neighbour, as it would once it were a float
    return np.where(exact, (floats + 0.0).view(np.uint64), whole.view(np.uint64) ^ _LARGE)


def _of_dates(values: pd.Series[Any]) -> Hashes:
    index = pd.DatetimeIndex(values)
    moments = (index if index.tz is None else index.tz_convert(None)).as_unit("us")
    return np.where(moments.isna(), MISSING_BITS, moments.asi8.view(np.uint64) ^ _DATE)


def _of_others(values: pd.Series[Any], kind: str) -> Hashes:
    if isinstance(values.dtype, pd.StringDtype):
        return _of_arrow(pa.array(values, type=pa.large_string(), from_pandas=True), kind)
    given: Any = values
    try:
        codes, kinds = pd.factorize(given)
    except TypeError:  # lists and the like
        given = [None if missing else _write_value(value) for value, missing in zip(values, values.isna(), strict=True)]
        codes, kinds = pd.factorize(pd.Series(given, dtype=object))
    words = [each if isinstance(each, str) else _write_value(each) for each in kinds]
    return np.asarray(np.append(_of_texts(_as_arrow(words), kind), MISSING_BITS)[codes])  # missing is coded -1


def _of_arrow(texts: Any, kind: str) -> Hashes:
    """Of text that Arrow holds, each word once."""
    found = texts.dictionary_encode()
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    codes = pc.fill_null(found.indices, len(found.dictionary)).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(_of_texts(found.dictionary, kind), MISSING_BITS)[codes])


def _as_arrow(texts: Sequence[str]) -> Any:
    try:
        return pa.array(texts, type=pa.large_string())
    except (UnicodeError, pa.ArrowException):  # half characters
        return pa.array([each.encode("utf-8", "backslashreplace").decode() for each in texts], type=pa.large_string())


def _write_value(value: Any) -> str:
    return str(value.tolist()) if hasattr(value, "tolist") else str(value)


def _of_texts(texts: Any, kind: str) -> Hashes:
    plain = pc.utf8_trim_whitespace(texts)
    if kind != "name":
        plain = pc.utf8_lower(pc.utf8_normalize(plain, form="NFKC"))
        plain = pc.replace_substring_regex(plain, pattern=r"\s+", replacement=" ")
    words = np.asarray(plain.to_numpy(zero_copy_only=False), dtype=object)
    bits = np.asarray(pd.util.hash_array(words, categorize=False), dtype=np.uint64)
    # text that means a number, a truth value or a day has the hash of that, so that a CSV and a Parquet file of one
    # table agree; names of rows are compared letter by letter, but for whole numbers
    for said, meant in (("", MISSING_BITS), ("true", _of_floats(np.ones(1))[0]), ("false", _of_floats(np.zeros(1))[0])):
        bits[words == said] = meant
    numeric = _matches(plain, _WHOLE if kind == "name" else _NUMBER)
    if numeric.any():
        numbers = pc.cast(plain.filter(pa.array(numeric)), pa.float64()).to_numpy(zero_copy_only=False).astype(float)
        bits[numeric] = _of_floats(numbers.astype(np.float32).astype(float) if kind == "single" else numbers)
    dated = _matches(plain, _DAY)
    if dated.any():
        moments = pd.to_datetime(pd.Series(words[dated]).str.upper(), format="ISO8601", errors="coerce", utc=True)
        known = moments.notna().to_numpy()
        bits[np.flatnonzero(dated)[known]] = _of_dates(moments[known])
    return bits


def _matches(texts: Any, pattern: str) -> NDArray[np.bool_]:
    return np.array(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), dtype=bool)


@functools.cache
def sample_places(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """Positions of at most so many of n rows, in their order, that follow from the seed."""
    if n <= most:
        return np.arange(n, dtype=np.int64)
    return np.sort(np.random.default_rng([seed, most]).choice(n, most, replace=False)).astype(np.int64)


# ----------------------------------------------------------------------------------------------------
# A file of hashes, which says which rows a model was fitted on without giving the rows.
#
# The first line is JSON: the version of the format, whether the hashes are of "names" (`data.id`) or of whole "rows",
# the columns, the target, and how many rows there are. Each further line is one hash of 16 hexadecimal digits, in
# rising order: BLAKE2b over the row's 64 bits, which `row_hashes` makes of columns and values however they are stored.
# Equal rows give equal lines. The same table gives the same file, byte for byte.
#
# The hashes have no key, so that others can make them of their own rows: whoever can list all possible names (customer
# numbers of seven digits) or all possible rows can tell which were used. Where that must not be, hash names of many
# random characters, or whole rows of many columns, or give the file to the reviewer alone.

FORMAT = "readiness-training-rows/v1"
NAMES, ROWS = "names", "rows"
_PERSON = b"readiness-rows/1"
UNNAMED = np.uint64(0)
"""What stands for a row without a name; no file may hold it."""
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
        found[unnamed] = UNNAMED
    return found


def write_hashes(given: TrainingHashes, path: Path) -> None:
    """Write the file, whole or not at all.

    Raises:
        InputError: its folder cannot be made.
        ReviewError: it could not be written, for want of room or of rights.
    """
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {path.parent} cannot be made: {error.strerror}.", remedy="Name another place with --out."
        ) from error
    write_whole(path, text.encode("ascii"))


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
        raise _garbled_error(path, "its first line is no description of the hashes")
    given = _describe(path, head)
    hashes = _parse(path, body)
    if given["of"] == NAMES and len(hashes) and hashes[0] == UNNAMED:
        raise _garbled_error(path, "one of its hashes stands for rows without a name")
    if len(hashes) != given["rows"]:
        raise _garbled_error(path, f"it holds {len(hashes):,} hashes, and says that there are {given['rows']:,}")
    return TrainingHashes(hashes, tuple(given["columns"]), given["of"] == NAMES, given["target"])


def _describe(path: Path, head: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(head)
    except (ValueError, RecursionError):
        raise _garbled_error(path, "its first line is no description of the hashes") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _garbled_error(path, f"its first line does not name the format {FORMAT}")
    columns, target, rows = found.get("columns"), found.get("target"), found.get("rows")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) and name for name in columns):
        raise _garbled_error(path, "its columns are no list of names")
    if len(set(columns)) < len(columns):
        raise _garbled_error(path, "one of its columns is named twice")
    if found.get("of") not in (NAMES, ROWS) or (found["of"] == NAMES and len(columns) != 1):
        raise _garbled_error(path, f"its hashes are neither of {NAMES}, by one column, nor of {ROWS}")
    if not isinstance(target, str) or (target and target not in columns):
        raise _garbled_error(path, "its target is none of its columns")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
        raise _garbled_error(path, "it does not say how many rows there are")
    return found


def _parse(path: Path, body: bytes) -> Hashes:
    characters = np.frombuffer(body, dtype=np.uint8)
    if len(characters) % 17 or not (characters.reshape(-1, 17)[:, 16] == ord("\n")).all():
        raise _garbled_error(path, "a line is no hash of 16 digits")
    digits = np.ascontiguousarray(characters.reshape(-1, 17)[:, :16])
    is_digit = ((digits >= ord("0")) & (digits <= ord("9"))) | ((digits >= ord("a")) & (digits <= ord("f")))
    if not is_digit.all():
        raise _garbled_error(path, f"line {int(np.argmin(is_digit.all(axis=1))) + 2:,} is no hash of 16 digits")
    hashes = np.frombuffer(bytes.fromhex(digits.tobytes().decode("ascii")), dtype=">u8").astype(np.uint64)
    if (hashes[1:] < hashes[:-1]).any():
        raise _garbled_error(path, "its hashes are not in rising order")
    return hashes


def _garbled_error(path: Path, why: str) -> DataError:
    return DataError(f"{path} is no file of hashed training rows: {why}.", remedy=REMEDY)


# ----------------------------------------------------------------------------------------------------
# The rows and columns that are hashed, of a spec or of a table, and where the hashes may be written.


def check_place(out: Path, source: Path) -> None:
    """Refuse a place where no file can be written, and files that the hashes are made from or a review reads.

    Raises:
        InputError: it is a folder, lies below a file, or is one of these files under whatever name.
    """
    remedy = "Name a new file, such as --out training-rows.txt."
    if is_folder(out):
        raise InputError(f"{shown(str(out))} is a folder.", remedy=remedy)
    above = next(each for each in out.absolute().parents if exists(each))
    if not is_folder(above):
        raise InputError(f"{shown(str(out))} lies below {shown(str(above))}, which is no folder.", remedy=remedy)
    if not exists(out):
        return
    if not is_file(out):
        raise InputError(f"{shown(str(out))} is no regular file.", remedy=remedy)
    for read in _files_of(source):
        if exists(read) and read.samefile(out):
            raise InputError(f"{shown(str(out))} is {shown(read.name)}, which would be overwritten.", remedy=remedy)


def _files_of(source: Path) -> tuple[Path, ...]:
    if _is_table(source):
        return (source,)
    loaded = load_spec(source)
    data, hashes = loaded.spec.data, loaded.spec.supplied.training_rows  # these may be made anew
    supplied = (path for path in loaded.spec.supplied.files.values() if hashes is None or path != hashes.path)
    given = (data.train, data.test, data.recent, loaded.spec.model.path, *supplied)
    named = (loaded.resolve(path) for path in given if path is not None)
    return (*(path for path, _ in loaded.files), *named)


def _is_table(source: Path) -> bool:
    return source.name.lower().endswith(CSV_SUFFIXES + PARQUET_SUFFIXES)


def hashes_of_source(
    source: Path, *, name: str | None = None, target: str | None = None, columns: tuple[str, ...] = ()
) -> TrainingHashes:
    """Hashes of a training table, or of that of a spec, which then says what its columns are.

    Raises:
        InputError: the spec or the table cannot be used, columns are named for a spec, or names of rows beside them.
    """
    if "" in (name, target, *columns):
        raise InputError("Found an empty name of a column.", remedy="Name a column of the table, or leave it out.")
    if name and (target or columns):
        raise InputError(
            "Found --id beside --target or --column; expected names of rows, or what the rows hold.",
            remedy="Leave out --id to hash whole rows, or all others to hash the names of rows.",
        )
    if _is_table(source):
        return _of_table(source, name, target, columns)
    if name or target or columns:
        raise InputError(
            "Found columns beside a spec, which names them itself.", remedy="Name the table, or no columns."
        )
    return _of_spec(source)


def _of_table(path: Path, name: str | None, target: str | None, columns: tuple[str, ...]) -> TrainingHashes:
    head = header(path)
    features = columns or tuple(column for column in head.columns if column not in (name, target))
    chosen = (name,) if name else tuple(dict.fromkeys((*features, *((target,) if target else ()))))
    require_columns(head, chosen)
    return hashes_of(read_table(path, chosen), chosen, names_rows=bool(name), target="" if name else target or "")


def _of_spec(path: Path) -> TrainingHashes:
    loaded = load_spec(path)
    data = loaded.spec.data
    if data.train is None:
        raise DataError(
            f"{path.name} names no training table.",
            remedy="Name it under data.train, or give the table itself: readiness hash-rows TABLE --out FILE",
        )
    table = loaded.resolve(data.train)
    head = header(table)
    if data.id is not None and data.id in head.columns:
        return hashes_of(read_table(table, (data.id,)), (data.id,), names_rows=True)
    test = loaded.resolve(data.test)
    shared = header(test).columns if exists(test) else head.columns
    features = [column for column in features_of(loaded.spec, head.columns, ()) if column in shared]
    chosen = (*features, data.target)
    require_columns(head, chosen)
    return hashes_of(read_table(table, chosen), chosen, names_rows=False, target=data.target)
