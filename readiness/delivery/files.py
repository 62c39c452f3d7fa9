"""Where do the files of a review lie, and how are they written whole or not at all?

A new file is complete and on disk under a temporary name before anything that exists is touched. An earlier
report gets a second name that holds its own digest, together with the notebook it came from, and stays in its place
until the new one takes it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from readiness.exceptions import InputError, ReviewError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

REPORT = "report.html"
NOTEBOOK = "notebook.ipynb"
PARTIAL_REPORT = "partial.html"
PARTIAL_NOTEBOOK = "partial.ipynb"
FAILED_NOTEBOOK = "notebook.failed.ipynb"
OUTPUTS = "outputs"

LONGEST_SLUG = 60
DIGEST_LENGTH = 8
"""Hex digits that tell two names apart which read the same once they are slugs."""
ASIDE_LENGTH = 12
"""Hex digits of an earlier report's SHA-256 in the name it is moved to."""
_NAMES = frozenset({REPORT, NOTEBOOK, PARTIAL_REPORT, PARTIAL_NOTEBOOK, FAILED_NOTEBOOK})
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
    with _staged(path.parent, {path.name: data}) as temporary:
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
    with _staged(folder, {REPORT: report, NOTEBOOK: notebook}) as temporary, alone_in(folder):
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
    with _staged(folder, {PARTIAL_REPORT: report, PARTIAL_NOTEBOOK: notebook}) as temporary, alone_in(folder):
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
        _second_name(report, aside)
        if (folder / NOTEBOOK).exists():
            _second_name(folder / NOTEBOOK, folder / f"notebook.{digest}.ipynb")
    return aside


def _second_name(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        copy = _temporary(other.parent)
        try:
            _write_synced(copy, path.read_bytes())
            copy.replace(other)  # whole or not at all
        finally:
            copy.unlink(missing_ok=True)


@contextlib.contextmanager
def _staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[dict[str, Path]]:
    """All of `files` under temporary names in `folder`, safely on disk; removed again whatever happens."""
    temporary: dict[str, Path] = {}
    try:
        for name, data in files.items():
            temporary[name] = _temporary(folder)
            _write_synced(temporary[name], data)
        yield temporary
        _sync_folder(folder)
    except OSError as error:
        raise _not_written(folder, error) from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _temporary(folder: Path) -> Path:
    """A name that nobody else has, on no other machine and in no other container that writes here."""
    return folder / f".{secrets.token_hex(16)}.tmp"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
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


def _not_written(folder: Path, error: OSError) -> ReviewError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReviewError(
            f"The disk of {folder} is full; nothing was left half-written.", remedy="Make room and run again."
        )
    return ReviewError(
        f"The files in {folder} could not be written: {error.strerror or error}.",
        remedy="Check the folder and its rights, or name another one with --out.",
    )
