"""What lies at a path that somebody named? A path that cannot be looked at ends in plain words, not in a fault.

`Path.exists` and its relatives raise where a folder may not be searched or a name is too long; these say so.
"""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader
from pathlib import Path

from readiness.exceptions import InputError
from readiness.hints import nearest
from readiness.visible import LONGEST_TEXT, shorten, visible

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""A pipe that nobody writes to is opened at once, and so can be refused."""


def exists(path: Path) -> bool:
    """Whether anything lies there, behind any symbolic link.

    Raises:
        InputError: nobody can tell, for want of rights, or because the path can be none.
    """
    return _mode(path) is not None


def is_file(path: Path) -> bool:
    """Whether a regular file lies there: no folder, pipe or device.

    Raises:
        InputError: as `exists`.
    """
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: Path) -> bool:
    """Whether a folder lies there.

    Raises:
        InputError: as `exists`.
    """
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def is_utf8(path: Path) -> bool:
    """Whether its name can stand in a text; Linux allows names of any bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in str(path))


def is_address(text: str) -> bool:
    """Whether a text is the address of something elsewhere, such as https://… or s3://…, and not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text) is not None


def nearby(path: Path) -> str:
    """The hint at the file beside `path` that was perhaps meant; empty when there is none, or nobody may look."""
    try:
        return nearest(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""


def opened(path: Path) -> BufferedReader:
    """A regular file, open for reading.

    Raises:
        OSError: it cannot be opened.
        InputError: a pipe or a device, which may never end, or a path that can be none.
    """
    try:
        stream = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE))  # noqa: SIM115
    except ValueError as error:
        raise _unseen(path, error) from error
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise InputError(f"{_named(path)} is not a regular file.", remedy="Name a file.")


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unseen(path, error) from error


def _named(path: Path) -> str:
    return shorten(visible(str(path)), LONGEST_TEXT)


def _unseen(path: Path, error: OSError | ValueError) -> InputError:
    said = getattr(error, "strerror", None) or str(error)
    return InputError(f"{_named(path)} cannot be looked at: {said}.", remedy="Check the path and the rights.")
