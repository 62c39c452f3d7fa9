"""A log of calls: one time in milliseconds on each line; anything else is told with its line."""

from __future__ import annotations

import math
import re
from pathlib import Path

from readiness.core.errors import DataError
from readiness.core.sanitize import shown

MOST_BYTES = 50_000_000
FEWEST_CALLS = 300
"""Below 299 calls there is no upper limit for the 99th percentile at 95 % confidence (binomial ranks)."""
MOST_TOLD = 5

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?", re.ASCII)
_COMMA = re.compile(r"[0-9]+,[0-9]+", re.ASCII)
_WITH_UNIT = re.compile(r"[+-]?[0-9.,]+\s*(ns|us|µs|ms|msec|s|sec|secs|seconds|milliseconds)", re.IGNORECASE)
_REMEDY = "Write one time in milliseconds on each line, such as 12.5, and nothing else."


def read_log(path: Path) -> list[float]:
    """The times of a text file in its order, in milliseconds.

    Raises:
        DataError: missing, too large or not UTF-8; fewer than 300 lines; or lines that are no positive number.
    """
    text = _text(path)
    lines = text.split("\n")
    if lines and not lines[-1].strip(" \t\r"):
        lines.pop()
    times: list[float] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 1):
        time = _time(line.strip(" \t\r"))
        if isinstance(time, float):
            times.append(time)
        else:
            faults.append(f"line {number:,} {time}")
    if faults:
        more = f"; and {len(faults) - MOST_TOLD:,} more" if len(faults) > MOST_TOLD else ""
        raise DataError(f"{path}: {'; '.join(faults[:MOST_TOLD])}{more}.", remedy=_REMEDY)
    check_calls(path, len(times))
    return times


def check_file(path: Path) -> None:
    """Refuse what is no file, or too large for a log.

    Raises:
        DataError: says which.
    """
    try:
        found = "a folder" if path.is_dir() else "nothing" if not path.exists() else ""
        size = 0 if found else path.stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a path that no system can hold
        raise DataError(f"{shown(str(path), 200)} cannot be read: {error}.") from None
    if found:
        raise DataError(
            f"{path}: found {found}, expected a file.", remedy="Relative paths are relative to the spec file."
        )
    if size > MOST_BYTES:
        raise DataError(
            f"{path} has {size:,} bytes; expected at most {MOST_BYTES:,}.",
            remedy="Give the calls of a shorter time: some thousands are enough for the 99th percentile.",
        )


def check_calls(path: Path, calls: int) -> None:
    """Refuse a log with too few calls.

    Raises:
        DataError: fewer than 300, with which nothing can be said of the slowest in a hundred.
    """
    if calls < FEWEST_CALLS:
        raise DataError(
            f"{path} holds {calls:,} calls; expected at least {FEWEST_CALLS}.",
            remedy="Give more calls: with fewer, nobody knows how slow the slowest in a hundred are.",
        )


def _text(path: Path) -> str:
    check_file(path)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", remedy="Check path and rights.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a text file in UTF-8: {error.reason}.", remedy=_REMEDY) from None


def _time(line: str) -> float | str:
    """Milliseconds; or what is wrong with the line."""
    if _NUMBER.fullmatch(line):
        time = float(line)
        return time if 0 < time < math.inf else f"holds {shown(line)}, expected a time above 0"
    if not line:
        return "is blank"
    if line.startswith(("#", "//", ";")):
        return f"is a comment: {shown(line)}"
    if _COMMA.fullmatch(line):
        return f"holds {shown(line)}; write the decimal with a point: {line.replace(',', '.')}"
    if _WITH_UNIT.fullmatch(line):
        return f"holds {shown(line)}; write the number without its unit, in milliseconds"
    return f"holds {shown(line)}, expected a positive number"
