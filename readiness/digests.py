"""Which bytes was this made from? Digests of files and of folders; standard library only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from readiness.exceptions import InputError
from readiness.looking import is_folder, opened


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder, as it was when it was read."""

    name: str
    sha256: str
    """64 lower-case hex digits; of a folder: of its manifest."""
    size: int
    """Bytes; of a folder: of all its files together."""
    rows: int | None = None
    columns: int | None = None

    @classmethod
    def of(cls, path: Path, *, name: str = "", rows: int | None = None, columns: int | None = None) -> Artifact:
        """Describe what lies at `path` now; `name` is the file's own unless given."""
        return cls(name or path.name, sha256_path(path), size_of(path), rows, columns)


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces.

    Raises:
        InputError: the file cannot be read, or is a pipe or a device.
    """
    try:
        with opened(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", remedy="Check path and rights.") from error


def sha256_path(path: Path) -> str:
    """SHA-256 of a file, or of a folder's manifest."""
    return hashlib.sha256(manifest(path)).hexdigest() if is_folder(path) else sha256_file(path)


def manifest(folder: Path) -> bytes:
    """One line `digest, two blanks, path` for each file below `folder`, sorted by path: what `sha256sum` prints.

    Paths are relative, with forward slashes, in UTF-8 and sorted by its bytes. Empty folders leave no trace.

    Raises:
        InputError: a symbolic link, which could point anywhere, a pipe, a socket or a device, or a file that cannot be
            read.
    """
    lines = []
    for path in _below(folder):
        if path.is_symlink():
            raise InputError(
                f"{path} is a symbolic link; a folder that is digested may hold files and folders only.",
                remedy="Replace the link by the file it stands for.",
            )
        if not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{path} is a pipe, a socket or a device; a folder that is digested may hold files and folders only.",
                remedy="Take it out of the folder.",
            )
        if path.is_file():
            name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
            lines.append((name, sha256_file(path).encode() + b"  " + name + b"\n"))
    return b"".join(line for _, line in sorted(lines))


def _below(folder: Path) -> Iterator[Path]:
    def unlisted(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.", remedy="Check its rights.") from error

    for place, folders, files in os.walk(folder, onerror=unlisted):
        yield from (Path(place, name) for name in (*folders, *files))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
