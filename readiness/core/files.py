"""Files that somebody named: what lies there, their digests, and writing that never leaves half of one.

`Path.exists` and its relatives raise where a folder may not be searched or a name is too long; these say so.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

from readiness.core.errors import InputError, ReviewError
from readiness.core.sanitize import LONGEST_TEXT, nearest, shorten, visible

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


def nearby_hint(path: Path) -> str:
    """The hint at the file beside `path` that was perhaps meant; empty when there is none, or nobody may look."""
    try:
        return nearest(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""


def open_regular(path: Path) -> BufferedReader:
    """A regular file, open for reading.

    Raises:
        OSError: it cannot be opened.
        InputError: a pipe or a device, which may never end, or a path that can be none.
    """
    try:
        stream = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE))  # noqa: SIM115
    except ValueError as error:
        raise _access_error(path, error) from error
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise InputError(f"{_path_words(path)} is not a regular file.", remedy="Name a file.")


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _access_error(path, error) from error


def _path_words(path: Path) -> str:
    return shorten(visible(str(path)), LONGEST_TEXT)


def _access_error(path: Path, error: OSError | ValueError) -> InputError:
    said = getattr(error, "strerror", None) or str(error)
    return InputError(f"{_path_words(path)} cannot be looked at: {said}.", remedy="Check the path and the rights.")


# ----------------------------------------------------------------------------------------------------
# Digests: the bytes that something was made from, of files and of folders; standard library only.


class Role(StrEnum):
    """What a file was read for."""

    MODEL = "model"
    SPEC = "spec"
    """The spec, what it extends, and what was set on the command line."""
    CHECKLIST = "checklist"
    TEST = "test"
    TRAIN = "train"
    RECENT = "recent"
    CURRENT = "current"
    """The model that the candidate would replace."""
    SUPPLIED_FOLDS = "supplied folds"
    SUPPLIED_LATENCY = "supplied latency"
    SUPPLIED_TRAINING_ROWS = "supplied training rows"
    EVIDENCE = "evidence"
    """What an attestation of the checklist rests on."""
    MODULE = "module"
    """Code of the user's own beside the spec; the name is its path from there."""
    MODULE_ELSEWHERE = "module elsewhere"
    """Code of the user's own in another place; the name is that of the module."""
    OTHER = "other"
    """Only in records of before roles were recorded."""

    def name_of(self, file: str) -> str:
        """What a record calls a file of this role: "test: cases.csv"; the model's files bear their own name."""
        return file if self in (Role.MODEL, Role.OTHER) else f"{self.value}: {file}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder, as it was when it was read.

    Raises:
        ValueError: the name is none that the role gives.
    """

    name: str
    """What a record calls it, see `Role.name_of`."""
    sha256: str
    """64 lower-case hex digits; of a folder: of its manifest."""
    size: int
    """Bytes; of a folder: of all its files together."""
    rows: int | None = None
    columns: int | None = None
    role: Role = Role.OTHER

    def __post_init__(self) -> None:
        # a record is hostile until it is verified: it must not call a table by one role and use it in another
        if not self.name.startswith(self.role.name_of("")):
            raise ValueError(f"the name {visible(self.name)[:60]!r} is none of the role {self.role.value!r}")

    @property
    def file(self) -> str:
        """The name of the file: "cases.csv"; of evidence and of modules their path, or the module's name."""
        return self.name[len(self.role.name_of("")) :]

    @classmethod
    def of(
        cls, path: Path, role: Role, *, file: str = "", rows: int | None = None, columns: int | None = None
    ) -> Artifact:
        """Describe what lies at `path` now; `file` stands for its own name."""
        return cls(role.name_of(file or path.name), sha256_path(path), size_of(path), rows, columns, role)


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces.

    Raises:
        InputError: the file cannot be read, or is a pipe or a device.
    """
    try:
        with open_regular(path) as stream:
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
    for path in _walk_below(folder):
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


def _walk_below(folder: Path) -> Iterator[Path]:
    def refuse_unlisted(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.", remedy="Check its rights.") from error

    for place, folders, files in os.walk(folder, onerror=refuse_unlisted):
        yield from (Path(place, name) for name in (*folders, *files))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


# ----------------------------------------------------------------------------------------------------
# The files of a review: where they lie, and how they are written whole or not at all
#
# A new file is complete and on disk under a temporary name before anything that exists is touched. An earlier
# report gets a second name that holds its own digest, together with the notebook it came from, and stays in its place
# until the new one takes it.

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

REPORT = "report.html"
NOTEBOOK = "notebook.ipynb"
PARTIAL_REPORT = "partial.html"
PARTIAL_NOTEBOOK = "partial.ipynb"
FAILED_NOTEBOOK = "notebook.failed.ipynb"
MONITORING, SCHEMA = "monitoring.yaml", "schema.json"
OUTPUTS = "outputs"

LONGEST_SLUG = 60
DIGEST_LENGTH = 8
"""Hex digits that tell two names apart which read the same once they are slugs."""
ASIDE_LENGTH = 12
"""Hex digits of an earlier report's SHA-256 in the name it is moved to."""
_NAMES = frozenset({REPORT, NOTEBOOK, PARTIAL_REPORT, PARTIAL_NOTEBOOK, FAILED_NOTEBOOK, MONITORING, SCHEMA})
_ASIDE = re.compile(rf"(report|notebook)\.[0-9a-f]{{{ASIDE_LENGTH}}}\.(html|ipynb)")


def slug(text: str) -> str:
    """`text` as the name of a folder: `[a-z0-9._-]`, 1 to 60 characters, never "." or "..".

    Where anything had to be changed, a short digest of `text` is added, so different names stay different.
    """
    plain = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.")
    if plain == text and 0 < len(plain) <= LONGEST_SLUG:
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
    head = plain[: LONGEST_SLUG - DIGEST_LENGTH - 1].rstrip("-.")
    return f"{head}-{digest}" if head else digest


def is_of_a_review(name: str) -> bool:
    """Whether a review gives this name to one of its files, now or once a later one moves it aside."""
    folded = name.casefold()  # there are file systems to which both spellings are one name
    return folded in _NAMES or _ASIDE.fullmatch(folded) is not None


def output_folder(out: Path | None, name: str, version: str) -> Path:
    """The folder of a review, made if need be: `out`, else `outputs/<name>/<version>` below where we are.

    Raises:
        InputError: there is a file of that name, or the folder cannot be made or written to.
    """
    folder = (Path(OUTPUTS) / slug(name) / slug(version) if out is None else out).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # it can be written to
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            f"{folder} cannot be the folder of the report: {error.filename} is a file.",
            remedy="Name another folder with --out.",
        ) from error
    except OSError as error:
        raise InputError(
            f"The folder {folder} cannot be written to: {error.strerror}.", remedy="Name another folder with --out."
        ) from error
    return folder


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write `data` to `path`, replacing what is there; after a failure the old file is as it was.

    `mode` are the rights of the new file, where they shall not be those of any other new file.

    Raises:
        ReviewError: the file could not be written, for want of room or of rights.
    """
    with _stage(path.parent, {path.name: data}) as temporary:
        if mode is not None:
            temporary[path.name].chmod(mode)
        temporary[path.name].replace(path)


def publish(folder: Path, report: bytes, notebook: bytes) -> Path | None:
    """Write report and notebook, and move an earlier pair aside once the new one is complete.

    Returns:
        Where the earlier report lies now, or None if there was none.

    Raises:
        ReviewError: the files could not be written; an earlier pair is still in its place then.
    """
    with _stage(folder, {REPORT: report, NOTEBOOK: notebook}) as temporary, lock_folder(folder):
        aside = _move_aside(folder)
        _replace_both(folder, temporary, aside)
        with contextlib.suppress(OSError):  # what an earlier, failed run left is out of date now
            (folder / FAILED_NOTEBOOK).unlink(missing_ok=True)
    return aside


def publish_partial(folder: Path, report: bytes, notebook: bytes) -> None:
    """Write the report of a partial review and its notebook over those of an earlier one; no whole report is touched.

    Raises:
        ReviewError: the files could not be written.
    """
    with _stage(folder, {PARTIAL_REPORT: report, PARTIAL_NOTEBOOK: notebook}) as temporary, lock_folder(folder):
        for name, path in temporary.items():
            path.replace(folder / name)


def _replace_both(folder: Path, temporary: Mapping[str, Path], aside: Path | None) -> None:
    """The report first; should the notebook fail, the report is taken back, so that both are old or both are new."""
    temporary[REPORT].replace(folder / REPORT)
    try:
        temporary[NOTEBOOK].replace(folder / NOTEBOOK)
    except OSError:
        if aside is None:
            (folder / REPORT).unlink()
        else:
            aside.replace(folder / REPORT)
        raise


def _move_aside(folder: Path) -> Path | None:
    """Give the report in `folder` and its notebook second names that hold the report's digest; both stay."""
    report = folder / REPORT
    if not report.exists():
        return None
    digest = hashlib.sha256(report.read_bytes()).hexdigest()[:ASIDE_LENGTH]
    aside = folder / f"report.{digest}.html"
    if not aside.exists():
        _link_or_copy(report, aside)
        if (folder / NOTEBOOK).exists():
            _link_or_copy(folder / NOTEBOOK, folder / f"notebook.{digest}.ipynb")
    return aside


def _link_or_copy(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        copy = _temporary_path(other.parent)
        try:
            _write_synced(copy, path.read_bytes())
            copy.replace(other)  # whole or not at all
        finally:
            copy.unlink(missing_ok=True)


@contextlib.contextmanager
def _stage(folder: Path, files: Mapping[str, bytes]) -> Iterator[dict[str, Path]]:
    """All of `files` under temporary names in `folder`, safely on disk; removed again whatever happens."""
    temporary: dict[str, Path] = {}
    try:
        for name, data in files.items():
            temporary[name] = _temporary_path(folder)
            _write_synced(temporary[name], data)
        yield temporary
        _sync_folder(folder)
    except OSError as error:
        raise _write_error(folder, error) from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _temporary_path(folder: Path) -> Path:
    """A name that nobody else has, on no other machine and in no other container that writes here."""
    return folder / f".{secrets.token_hex(16)}.tmp"


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """No other review changes the names in `folder` meanwhile; without that where the system has no such locks."""
    with contextlib.ExitStack() as afterwards:
        with contextlib.suppress(OSError):  # a folder that may not be listed, or one of a network drive
            if fcntl is not None:
                descriptor = os.open(folder, os.O_RDONLY)
                afterwards.callback(os.close, descriptor)  # which unlocks it
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new names last through a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_error(folder: Path, error: OSError) -> ReviewError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReviewError(
            f"The disk of {folder} is full; nothing was left half-written.", remedy="Make room and run again."
        )
    return ReviewError(
        f"The files in {folder} could not be written: {error.strerror or error}.",
        remedy="Check the folder and its rights, or name another one with --out.",
    )


# ----------------------------------------------------------------------------------------------------
# Places to write to: tried before the work, so that nobody waits to hear that a file cannot be written there.

LONGEST_BEGINNING = 200
"""Bytes by which kinds of files are told apart."""


def check_writable(path: Path, option: str, *beginnings: bytes) -> Path:
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
        found = _read_beginning(target) if beginnings else b""
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{path} cannot be written: {error.filename} is a file.", remedy=remedy) from error
    except (OSError, RuntimeError, ValueError) as error:  # of rights; of links in a circle; of a NUL in the name
        said = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be written: {said}.", remedy=remedy) from error
    if found and not found.startswith(beginnings):
        raise InputError(f"{path} is a file of another kind, which would be lost.", remedy=remedy)
    return target


def _read_beginning(path: Path) -> bytes:
    """The first bytes of a file; none of one that is not there."""
    if not path.exists():
        return b""
    with path.open("rb") as stream:
        return stream.read(LONGEST_BEGINNING)
