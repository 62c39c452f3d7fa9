"""Can a file be written where somebody wants it? Asked before the work, so that nobody waits to hear that it cannot."""

from __future__ import annotations

import tempfile
from pathlib import Path

from readiness.exceptions import InputError

LONGEST_BEGINNING = 200
"""Bytes by which kinds of files are told apart."""


def writable(path: Path, option: str, *beginnings: bytes) -> Path:
    """Where the file will really lie, with its folder made.

    Args:
        path: What somebody named.
        option: How the command was told of it.
        beginnings: What a file of this kind begins with; any, if none is given.

    Raises:
        InputError: it cannot be written there, or a file of another kind would be lost.
    """
    remedy = f"Name another file with {option}."
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise InputError(f"{path} is no ordinary file.", remedy=remedy)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass  # the folder can be written to
        found = _beginning(target) if beginnings else b""
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{path} cannot be written: {error.filename} is a file.", remedy=remedy) from error
    except (OSError, RuntimeError, ValueError) as error:  # of rights; of links in a circle; of a NUL in the name
        said = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be written: {said}.", remedy=remedy) from error
    if found and not found.startswith(beginnings):
        raise InputError(f"{path} is a file of another kind, which would be lost.", remedy=remedy)
    return target


def _beginning(path: Path) -> bytes:
    """The first bytes of a file; none of one that is not there."""
    if not path.exists():
        return b""
    with path.open("rb") as stream:
        return stream.read(LONGEST_BEGINNING)
