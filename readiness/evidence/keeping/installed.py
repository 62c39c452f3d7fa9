"""Which packages are installed, and which of their files lie there as they were installed?

A version says little: a package can be built again under the same one. Its list of files with their digests (RECORD)
tells, and where it came from (direct_url.json). A file that is in no list, or was written to after its list, is not
known by that, and its content counts.
"""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

FOLDERS = frozenset({"site-packages", "dist-packages"})
SECONDS = 60.0
"""A file that was written so shortly after the list of its package was still written by the same installation."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages of this environment, as they were when this process first asked."""

    digest: str
    written: dict[str, float] = field(repr=False)
    """When the list that names a file was written, by the file's path."""

    def as_installed(self, path: str) -> bool:
        """Whether a file is listed, and was not written to since.

        Raises:
            OSError: there is no such file.
        """
        listed = self.written.get(path)
        return listed is not None and Path(path).stat().st_mtime <= listed + SECONDS


@functools.cache
def installed() -> Installed:
    """Read the lists of all packages; about a tenth of a second."""
    written: dict[str, float] = {}
    lines = sorted(_line(package, written) for package in metadata.distributions())
    return Installed(hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest(), written)


def _line(package: metadata.Distribution, written: dict[str, float]) -> str:
    """What a package is known by; its files are added to `written`."""
    try:
        said = [package.read_text(name) or "" for name in ("RECORD", "direct_url.json")]
        written.update(_listed(package, said[0]))
        digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in said)
        return " ".join((package.metadata["Name"], package.version, *digests))
    except Exception:  # what is left of a package that was not removed whole
        return ""


def _listed(package: metadata.Distribution, record: str) -> dict[str, float]:
    """The files that a list names, each with the time at which the list was written."""
    folder = os.path.realpath(str(package.locate_file("")))
    names = [line.partition(",")[0] for line in record.splitlines()]
    lists = [name for name in names if name.endswith(".dist-info/RECORD")]
    if not lists:
        return {}
    when = Path(folder, lists[0]).stat().st_mtime
    return {f"{folder}{os.sep}{name.replace('/', os.sep)}": when for name in names if not name.startswith(("..", "/"))}
