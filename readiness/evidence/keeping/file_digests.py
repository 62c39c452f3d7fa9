"""Is a file what it was? Its SHA-256, read anew only when the file was written to since this process read it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

MOST = 20_000
"""Digests that are remembered."""


def digest_of(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    about = Path(path).stat()
    return _digest(path, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)


def all_as_listed(files: Mapping[str, str]) -> bool:
    """Whether every file, by its path, still has the digest that is listed for it."""
    try:
        return all(digest_of(path) == digest for path, digest in files.items())
    except (OSError, ValueError):  # it is gone, or no longer readable
        return False


def last_changed(path: str) -> float:
    """When a file was last written to or replaced, in seconds since 1970; a copied time of writing hides nothing.

    Raises:
        OSError: there is no such file.
    """
    about = Path(path).stat()
    return max(about.st_mtime, about.st_ctime)


@functools.lru_cache(maxsize=MOST)
def _digest(path: str, *_marks: int) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
