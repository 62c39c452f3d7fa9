"""The program's own files: templates, sources, their digest, and the watch that they stay as they are."""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from readiness.core.errors import ReviewError

_PACKAGE = Path(__file__).resolve().parents[1]


def template_path(name: str) -> Path:
    """The file or folder `name` among the templates, such as "page" or "page/style.css".

    Raises:
        ReviewError: when it is in neither place; the installation is damaged then.
    """
    places = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    for place in places:
        if (path := place / name).exists():
            return path
    raise ReviewError(
        f"The template {name!r} is neither in {places[0]} nor in {places[1]}.",
        remedy="Install the package again; its templates are missing.",
    )


# ----------------------------------------------------------------------------------------------------
# The digest of this program's own sources and templates, and the watch that they stay as they are during a review.
#
# A candidate runs as the same user and may write where this package lies. What the host does after the candidate ran
# was loaded before; that nothing was changed meanwhile is checked at the end. A new file of byte code is no change:
# Python writes those of modules that it imports for the first time.

BYTE_CODE = ".pyc"
_LISTED = 3


@dataclass(frozen=True, slots=True)
class ToolSource:
    """SHA-256 of every file of this program, by its name."""

    sources: dict[str, str]
    """Everything but byte code: modules, templates, data."""
    byte_code: dict[str, str]
    """Only such as Python would run: what is older than its source is written anew when that is imported."""

    @classmethod
    def now(cls) -> ToolSource:
        """As the files lie there now.

        Raises:
            ReviewError: one cannot be read.
        """
        found = [*_files()]
        return cls(
            {name: _digest(path) for name, path in found if not name.endswith(BYTE_CODE)},
            {name: _digest(path) for name, path in found if name.endswith(BYTE_CODE) and not _is_stale(path)},
        )

    @property
    def sha256(self) -> str:
        """One digest over all sources: of the lines `<sha256>  <name>`, sorted by name."""
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.sources.items()))
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def check_unchanged(self) -> None:
        """Hold the files as they are now against these.

        Raises:
            ReviewError: a source was changed, added or removed, or a file of byte code was changed.
        """
        found = ToolSource.now()
        names = self.sources.keys() | found.sources.keys()
        changed = [name for name in names if self.sources.get(name) != found.sources.get(name)]
        changed += [name for name in self.byte_code if found.byte_code.get(name, "") not in ("", self.byte_code[name])]
        if changed:
            more = f" and {len(changed) - _LISTED} more" if len(changed) > _LISTED else ""
            raise ReviewError(
                f"Files of this program changed while the review was running: "
                f"{', '.join(sorted(changed)[:_LISTED])}{more}.",
                remedy="Install the package again, and find out what wrote to it: the candidate's code, or an update?",
            )


def tool_digest() -> str:
    """SHA-256 over this program's sources and templates, in hexadecimal; see `ToolSource.sha256`."""
    return ToolSource.now().sha256


def _files() -> Iterator[tuple[str, Path]]:
    """Name and path of every file; templates go by the same names in a source checkout and in an installed package."""
    templates = template_path("page").parent
    for root, prefix in ((_PACKAGE, "readiness"), (templates, "templates")):
        for path in root.rglob("*"):
            if path.is_file() and not (prefix == "readiness" and path.is_relative_to(_PACKAGE / "templates")):
                yield f"{prefix}/{path.relative_to(root).as_posix()}", path


def _is_stale(path: Path) -> bool:
    """Whether a file of byte code says that it was made from another version of its source (PEP 552)."""
    try:
        with path.open("rb") as stream:
            magic, flags, time, size = struct.unpack("<4s3I", stream.read(16))
        source = Path(importlib.util.source_from_cache(str(path))).stat()
    except (OSError, ValueError, struct.error):  # without a source, or cut off: of no use to anybody, as far as we see
        return False
    if flags:  # by a digest, not by time
        return False
    return bool(
        magic != importlib.util.MAGIC_NUMBER
        or (time, size) != (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
    )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ReviewError(
            f"{path}, a file of this program, cannot be read: {error.strerror}.", remedy="Install the package again."
        ) from error
