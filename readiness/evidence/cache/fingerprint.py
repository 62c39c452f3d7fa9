"""Digests of the code that decides the numbers: our own source, installed packages, and modules of the user's.

A loader beside the spec, or a package in a working folder, decides what a model says as much as the model file does.
Its modules are told by where they lie: not in the standard library, not among the installed packages. With a module
that was loaded, all Python files of its package or of its folder count, and those below the spec's folder. What is
imported later, while the model predicts, is told afterwards: `list_code`.

What cannot be known: code and other files that such code reads by a path elsewhere (`runpy`, `open`), or over a
network, libraries of the system, and code that was changed in memory.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import psutil

import readiness
from readiness.core.files import Artifact, Role, sha256_file
from readiness.evidence.cache.store import change_time, digest_of
from readiness.evidence.models.own_modules import is_served, modules_before, served_folder, served_modules, used_modules

# ----------------------------------------------------------------------------------------------------
# Installed packages, and which of their files lie there as they were installed.
#
# A version says little: a package can be built again under the same one. Its list of files with their digests (RECORD)
# tells, and where it came from (direct_url.json). A file that is in no list, or was written to after its list, is not
# known by that, and its content counts.

FOLDERS = frozenset({"site-packages", "dist-packages"})
SECONDS = 60.0
"""A file that was written so shortly after the list of its package was still written by the same installation."""


@dataclass(frozen=True, slots=True)
class InstalledPackages:
    """The packages of this environment, as they were when this process first asked."""

    digest: str
    written: dict[str, float] = field(repr=False)
    """When the list that names a file was written, by the file's path."""

    def is_as_installed(self, path: str) -> bool:
        """Whether a file is listed, and was not written to since.

        Raises:
            OSError: there is no such file.
        """
        listed = self.written.get(path)
        return listed is not None and Path(path).stat().st_mtime <= listed + SECONDS


@functools.cache
def installed_packages() -> InstalledPackages:
    """Read the lists of all packages; about a tenth of a second."""
    written: dict[str, float] = {}
    lines = sorted(_describe_package(package, written) for package in metadata.distributions())
    return InstalledPackages(hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest(), written)


def _describe_package(package: metadata.Distribution, written: dict[str, float]) -> str:
    """What a package is known by; its files are added to `written`."""
    try:
        said = [package.read_text(name) or "" for name in ("RECORD", "direct_url.json")]
        written.update(_files_of_record(package, said[0]))
        if not said[0]:  # with a list of its files, whose folder bears name and version, nothing else need be parsed
            said.append(f"{package.metadata['Name']} {package.version}")
        return " ".join(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in said)
    except Exception:  # what is left of a package that was not removed whole
        return ""


def _files_of_record(package: metadata.Distribution, record: str) -> dict[str, float]:
    """The files that a list names, each with the time at which the list was written."""
    folder = os.path.realpath(str(package.locate_file("")))
    names = [line.partition(",")[0] for line in record.splitlines()]
    lists = [name for name in names if name.endswith(".dist-info/RECORD")]
    if not lists:
        return {}
    when = Path(folder, lists[0]).stat().st_mtime
    return {f"{folder}{os.sep}{name.replace('/', os.sep)}": when for name in names if not name.startswith(("..", "/"))}


# ----------------------------------------------------------------------------------------------------

MOST_FILES = 2_000
"""Files of the user's own beyond which they are not read all, and nothing is cached."""
MOST_BYTES = 250_000_000
"""The same for what lies beside a loader."""
CLOCK = 1.0
"""Seconds by which the time at which a process began may be wrong."""
WRITTEN = frozenset({".html", ".ipynb", ".md", ".pdf"})
"""Kinds of files that no loader reads, and that a review may write beside the spec."""


@dataclass(frozen=True, slots=True)
class Code:
    """The user's own files that decide what a model says."""

    files: Mapping[str, str]
    """SHA-256 by path."""
    own: bool
    """Whether there is code of the user's own: a loader, or a module that is not installed."""

    @property
    def digest(self) -> str:
        """Of all paths and contents."""
        return _digest_of_lines(f"{path}: {digest}" for path, digest in sorted(self.files.items()))


def program_digests() -> Mapping[str, str] | None:
    """The interpreter, the kind of machine, all installed packages, and our own source.

    None where our own source was changed since this process began, so that what runs may not be what lies there.
    """
    paths = sorted(map(str, _our_folder().rglob("*.py")))
    if _has_any_changed(paths):
        return None
    return {
        "python": f"{platform.python_implementation()} {sys.version}",
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": installed_packages().digest,
        "readiness": _digest_of_lines(f"{path} {digest_of(path)}" for path in paths),
    }


def local_code(folder: Path, model: Path, *, loader: bool, excluded: frozenset[Path] = frozenset()) -> Code | None:
    """The user's own code, once the model is loaded; `folder` is the spec's, `excluded` files are known otherwise.

    With code of the user's own, all Python files below `folder` count. With a `loader`, which may read more than the
    model, so do all files directly beside the spec and directly beside the model.

    None when it cannot be told: code that was written into a notebook or changed since this process began, so that
    what runs is not what lies there; a module whose file does not exist; too many files.
    """
    if _is_written_in_notebook():
        return None
    try:
        modules = list(_local_modules())
        places: dict[Path, bool] = {}
        # A module may import others later, or read files; which, nobody can tell beforehand. So all that lies beside it
        # counts, which errs on the safe side: a measurement too many is made again, never one too few.
        own = [(name, path) for name, path in modules if not FOLDERS & {*path.parts}]
        if own or loader:
            places[folder.resolve()] = True
        for name, path in own:
            package, deep = _package_folder(name, path)
            places[package] = places.get(package, False) or deep
        paths = {path for _, path in modules}
        for place, deep in places.items():
            paths.update(_limit_number(_python_files(place, deep=deep)))
        if loader:
            paths.update(_files_beside({folder.resolve(), model.resolve().parent}, {model.resolve(), *excluded}))
        files = {str(path): digest_of(str(path)) for path in _limit_number(paths)}
        return None if _has_any_changed(files) else Code(files, own=bool(own) or loader)
    except (OSError, _UnknownCode):
        return None


def list_code(earlier: Mapping[str, str]) -> dict[str, str] | None:
    """The files that decided what was just measured, with their digests: those of `earlier`, and all local
    modules that are loaded by now.

    None where one of them, or a module that is installed, was changed since this process began.
    """
    if _is_written_in_notebook():
        return None
    try:
        files = {**earlier, **{str(path): digest_of(str(path)) for _, path in _local_modules()}}
        # what runs is what was imported, and what lies there may be newer; a measurement of either may not pass for the
        # other
        changed = _has_any_changed({*files, *(str(path) for _, path in _modules())})
        return None if changed or any(digest_of(path) != earlier[path] for path in earlier) else files
    except (OSError, _UnknownCode):
        return None


def loaded_elsewhere() -> tuple[Artifact, ...]:
    """Modules of the user's that were imported from other places than the spec's folder, with their digests now.

    They are neither installed as a package lists them nor part of this program: a working folder on the search path, a
    package in development, a file of a package that was edited. Those that were there before the review began are left
    out; a module without a file of its own, as in an archive, has no digest.
    """
    ours, packages, found = _our_folder(), installed_packages(), []
    before = modules_before()
    served, folder = {each.name for each in served_modules()}, served_folder()
    for name, path in _modules():
        if name in before or path.is_relative_to(ours) or is_served(name):
            continue
        is_below = folder is not None and path.is_relative_to(folder)
        if folder is not None and is_below and Role.MODULE.name_of(path.relative_to(folder).as_posix()) in served:
            continue
        is_there = path.exists()
        if not is_there or not packages.is_as_installed(str(path)):
            digest, size = (sha256_file(path), path.stat().st_size) if is_there else ("", 0)
            found.append(Artifact(Role.MODULE_ELSEWHERE.name_of(name), digest, size, role=Role.MODULE_ELSEWHERE))
    return tuple(found)


class _UnknownCode(Exception):
    """Which code runs cannot be told."""


def _modules() -> Iterator[tuple[str, Path]]:
    """Modules outside of the standard library that are loaded here or in a model's process, sorted by name."""
    found = dict(loaded_modules())
    elsewhere = {name: path for name, path in used_modules().items() if _path_outside_library(str(path)) is not None}
    yield from sorted({**elsewhere, **found}.items())


def loaded_modules() -> Iterator[tuple[str, Path]]:
    """Modules of this process that are not in the standard library, sorted by name, whether or not there is a file."""
    for name, module in sorted([*sys.modules.items()], key=lambda item: item[0]):
        file = getattr(module, "__dict__", {}).get("__file__")  # asking for the attribute may load a lazy module
        path = _path_outside_library(file) if isinstance(file, str) else None
        if path is not None and not _is_made_in_memory(name, str(file)):
            yield name, path


def _is_made_in_memory(name: str, file: str) -> bool:
    """Whether an installed package only says so of a module that it made in memory, as PyTorch does."""
    if os.path.isabs(file):  # noqa: PTH117  # nearly all of thousands
        return False
    root = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None) or ""
    return not Path(file).exists() and bool(FOLDERS & {*Path(root).parts})


@functools.lru_cache(maxsize=4 * MOST_FILES)
def _path_outside_library(file: str) -> Path | None:
    """The path of a module's file; None in the standard library."""
    # by name: here are thousands of files in a few folders, and a path object asks for every folder above them again
    folder, name = os.path.split(file)
    linked = os.path.islink(file)  # noqa: PTH114
    path = os.path.realpath(file) if linked else f"{_real_folder(folder)}{os.sep}{name}"
    inside = path.startswith(_standard_folders())
    return None if inside and FOLDERS.isdisjoint(path.split(os.sep)) else Path(path)  # noqa: PTH206


@functools.lru_cache(maxsize=4 * MOST_FILES)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


@functools.cache
def _standard_folders() -> tuple[str, ...]:
    """How paths in the standard library begin; asked for once, for `sysconfig` expands all its variables each time."""
    places = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
    return tuple(f"{Path(place).resolve()}{os.sep}" for place in places if place)


def _local_modules() -> Iterator[tuple[str, Path]]:
    """Modules that are neither ours nor as they were installed, sorted by name.

    Raises:
        _Untold: the file of one does not exist; it may lie in an archive.
        OSError: one cannot be looked at.
    """
    ours, packages = _our_folder(), installed_packages()
    for name, path in _modules():
        if path.is_relative_to(ours):
            continue
        if not path.exists():
            raise _UnknownCode(name)
        if not packages.is_as_installed(str(path)):
            yield name, path


def _package_folder(name: str, path: Path) -> tuple[Path, bool]:
    """The folder of a module's outermost package and all below it; without a package its own folder alone."""
    depth = name.count(".") + (path.stem == "__init__")
    if depth and depth <= len(path.parents):
        return path.parents[depth - 1], True
    return path.parent, False


def _python_files(folder: Path, *, deep: bool) -> Iterator[Path]:
    """Python files in a folder, and below it where not hidden, not an environment and not installed."""
    for place, folders, names in os.walk(folder):
        usual = [name for name in folders if not name.startswith(".") and name not in FOLDERS]
        folders[:] = [name for name in usual if not Path(place, name, "pyvenv.cfg").exists()] if deep else []
        yield from (Path(place, name) for name in names if name.endswith(".py"))


def _files_beside(folders: Iterable[Path], without: Iterable[Path]) -> set[Path]:
    """All files directly in these folders that no review writes.

    Raises:
        _Untold: they are too large to be read.
    """
    without_them = {path.resolve() for path in without}
    all_ = (path for folder in folders for path in folder.iterdir() if path.is_file())
    found = {
        path
        for path in _limit_number(all_)
        if path.suffix.lower() not in WRITTEN and path.resolve() not in without_them
    }
    if sum(path.stat().st_size for path in found) > MOST_BYTES:
        raise _UnknownCode("too much lies beside the loader")
    return found


def _limit_number(paths: Iterable[Path]) -> Iterator[Path]:
    for number, path in enumerate(paths):
        if number == MOST_FILES:
            raise _UnknownCode("too many files")
        yield path


def _is_written_in_notebook() -> bool:
    """Whether a notebook defines functions or classes of its own, which have no file to be known by."""
    main = sys.modules.get("__main__")
    if main is None or getattr(main, "__file__", None):
        return False
    own = (value for value in [*vars(main).values()] if isinstance(value, type | types.FunctionType))
    return any(getattr(value, "__module__", "") == "__main__" for value in own)


def _has_any_changed(paths: Iterable[str]) -> bool:
    """Whether a file was changed since this process began, so that what was read may not be what lies there."""
    began = _process_start()
    try:
        return any(change_time(path) > began for path in paths)
    except OSError:
        return True


def _process_start() -> float:
    """When this process began, at the earliest, in seconds since 1970."""
    return psutil.Process().create_time() - CLOCK


def _our_folder() -> Path:
    return Path(readiness.__file__).resolve().parent


def _digest_of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
