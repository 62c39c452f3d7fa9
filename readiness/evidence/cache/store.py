"""The store of cached measurements on this machine, of which only a whole entry of our own is ever believed.

One file for each entry, named by the SHA-256 of its key. It begins with a code (HMAC-SHA256, RFC 2104) over all the
rest, made with a random key that lies in the same folder. So an entry that is damaged, cut off, made on another
machine or put in the place of another one is not believed: it counts as missing, is measured anew and replaced. No
entry holds a pickle, and none is parsed before its code is found right. A folder that cannot be used, or a full disk,
costs the time that was to be saved, and nothing else.

What this does not protect against: code that runs as the same user, which includes the candidate's own, can read the
key and write entries that look right. Nor does it know of files that such code reads by itself: an entry lists the
files of code that it depends on, and is believed while each has its digest; what else was read stands in no list.
Who does not trust the candidate's authors with that, or signs for others, reviews without the cache.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import hmac
import io
import json
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# ----------------------------------------------------------------------------------------------------
# The SHA-256 of files, read anew only when a file was written to since this process read it.

MOST = 20_000
"""Digests that are remembered."""


def digest_of(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    about = Path(path).stat()
    return _digest(path, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)


def are_unchanged(files: Mapping[str, str]) -> bool:
    """Whether every file, by its path, still has the digest that is listed for it."""
    try:
        return all(digest_of(path) == digest for path, digest in files.items())
    except (OSError, ValueError):  # it is gone, or no longer readable
        return False


def change_time(path: str) -> float:
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


# ----------------------------------------------------------------------------------------------------

FORMAT = "readiness measurements 2"
SUFFIX = ".kept"
"""Of the files of entries; with another one those that lie there would never be removed."""
KEY_FILE = "key"
KEY_BYTES = 32
MOST_BYTES = 2_000_000_000
"""Of all entries together; those that were not used for longest are removed beyond."""
LARGEST_ENTRY = 250_000_000
"""Bytes; what is larger is measured each time."""
TAG_FILE = "CACHEDIR.TAG"
TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# Measurements that readiness keeps for the next review. This folder may be deleted at any time.
"""
"""By the Cache Directory Tagging Specification (bford.info/cachedir): backups leave such a folder out."""
LEFT_OVER_SECONDS = 86_400.0
"""After so long, an unfinished file is of a review that was killed."""
_WHOLE = (np.int8, np.int16, np.int32)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What was stored under one key."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    """Plain JSON values."""
    measured: str
    """When, ISO 8601, UTC, in whole seconds."""
    where: str
    """Hardware and platform in words."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The files that it depends on, by path with their SHA-256, as they still are."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of entries."""

    folder: Path
    secret: bytes

    @classmethod
    def open(cls, folder: Path) -> Store | None:
        """The store in `folder`, made if need be; None where that cannot be, or where others could write into it."""
        try:
            folder = folder.expanduser().absolute()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(folder):
                return None
            if not (folder / TAG_FILE).exists():
                _replace(folder / TAG_FILE, TAG)
            secret = _secret(folder / KEY_FILE)
        except (OSError, RuntimeError, ValueError):  # no home folder; a path that no system can hold
            return None
        return None if secret is None else cls(folder, secret)

    def get(self, key: Mapping[str, Any]) -> Entry | None:
        """What was put under exactly this key; None where nothing was, where it is not to be believed, or where a
        file that it depends on is no longer what it was.
        """
        path = self._path(key)
        try:
            data = _read(path, 2 * LARGEST_ENTRY)  # with its header
            entry = None if data is None else self._unseal(data, key)
        except Exception:  # whatever an entry trips over, it is as good as missing
            return None
        if entry is not None:
            with contextlib.suppress(OSError):
                os.utime(path)  # used now, so not among the oldest
        return entry

    def put(
        self,
        key: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        *,
        where: str,
        files: Mapping[str, str] | None = None,
    ) -> None:
        """Store `arrays` of numbers and `facts` of plain values; where that is not possible, nothing happens.

        `files` by path with their SHA-256: the entry is found only while all of them are so.

        Raises:
            ValueError: an array that holds no numbers, or facts that are no plain values.
        """
        if bad := next((name for name, array in arrays.items() if array.dtype.kind not in "biuf"), ""):
            raise ValueError(f"the array {bad} holds {arrays[bad].dtype}; only numbers are stored")
        if sum(array.nbytes for array in arrays.values()) > LARGEST_ENTRY:
            return
        with contextlib.suppress(OSError, MemoryError):
            _replace(self._path(key), *self._seal(key, arrays, facts, where, files or {}))
            self._prune()

    def _path(self, key: Mapping[str, Any]) -> Path:
        return self.folder / f"{hashlib.sha256(_json(key)).hexdigest()}{SUFFIX}"

    def _seal(
        self,
        key: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        where: str,
        files: Mapping[str, str],
    ) -> tuple[bytes | memoryview, ...]:
        """The pieces of an entry: its code, a line with all that is no array, and the arrays."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        kinds = {name: array.dtype.str for name, array in arrays.items()}
        header = {"format": FORMAT, "key": key, "measured": now, "where": where}
        header |= {"facts": facts, "kinds": kinds, "files": files}
        stream = io.BytesIO()
        small: dict[str, Any] = {name: compact(array) for name, array in arrays.items()}
        np.savez(stream, **small)
        content = (_json(header) + b"\n", stream.getbuffer())
        return self._code(*content) + b"\n", *content

    def _unseal(self, data: bytes, key: Mapping[str, Any]) -> Entry | None:
        after_code = data.index(b"\n") + 1
        if not hmac.compare_digest(data[: after_code - 1], self._code(memoryview(data)[after_code:])):
            return None
        after_header = data.index(b"\n", after_code) + 1
        header = json.loads(data[after_code:after_header])
        if header["format"] != FORMAT or _json(header["key"]) != _json(key) or not are_unchanged(header["files"]):
            return None
        with np.load(io.BytesIO(memoryview(data)[after_header:]), allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(kind, copy=False) for name, kind in header["kinds"].items()}
        return Entry(arrays, header["facts"], str(header["measured"]), str(header["where"]), header["files"])

    def _code(self, *content: bytes | memoryview) -> bytes:
        code = hmac.new(self.secret, digestmod=hashlib.sha256)
        for piece in content:
            code.update(piece)
        return code.hexdigest().encode()

    def _prune(self) -> None:
        """Remove what nobody will finish, and the entries that were not used for longest."""
        now, total = time.time(), 0
        entries = sorted(_regular_files(self.folder), key=lambda entry: -entry[1].st_mtime)
        for path, about in entries:
            if path.suffix == SUFFIX:
                total += about.st_size
                outdated = total > MOST_BYTES
            else:
                outdated = path.suffix == ".tmp" and now - about.st_mtime > LEFT_OVER_SECONDS
            if outdated:
                with contextlib.suppress(OSError):
                    path.unlink()


def compact(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in fewer bytes, where not one of them changes by that."""
    if not array.size or array.dtype.kind not in "if":
        return array
    if array.dtype.kind == "i":
        low, high = int(array.min()), int(array.max())
        holding = (kind for kind in _WHOLE if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
        least = np.dtype(next(holding, array.dtype))
        return array.astype(least) if least.itemsize < array.itemsize else array
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        single = array.astype(np.float32)
        same = np.array_equal(single.astype(array.dtype), array, equal_nan=True)
    return single if same and array.itemsize > single.itemsize else array


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _is_ours(folder: Path) -> bool:
    """Whether a folder is the user's alone, no link to elsewhere, and holds nothing but what we put there."""
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or not _is_private(about, rights=0o022):
        return False
    return not any(folder.iterdir()) or _read(folder / TAG_FILE, len(TAG)) == TAG


def _is_private(about: os.stat_result, *, rights: int) -> bool:
    """Whether a file is the user's and gives others none of these rights; where the system knows of such."""
    return not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & rights)


def _secret(path: Path) -> bytes | None:
    """The key of this folder, made when there is none that only the user can have read."""
    with contextlib.suppress(OSError):
        if (found := _read_secret(path)) is not None:
            return found
    _replace(path, secrets.token_bytes(KEY_BYTES))
    return _read_secret(path)  # of two reviews that begin together, both take what lies there in the end


def _read_secret(path: Path) -> bytes | None:
    found = _read(path, KEY_BYTES, rights=0o077)
    return found if found is not None and len(found) == KEY_BYTES else None


def _read(path: Path, most: int, *, rights: int = 0o022) -> bytes | None:
    """The bytes of a file of at most so many; None where it is larger, not regular, or gives others these rights.

    Raises:
        OSError: there is none, or it is a link.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINKS), "rb") as stream:
        about = os.fstat(stream.fileno())
        usable = stat.S_ISREG(about.st_mode) and about.st_size <= most and _is_private(about, rights=rights)
        return stream.read(most) if usable else None


def _replace(path: Path, *pieces: bytes | memoryview) -> None:
    """Write a file that only the user can read, whole or not at all.

    Raises:
        OSError: there is no room, or no right.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(pieces)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _regular_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                yield path, about
