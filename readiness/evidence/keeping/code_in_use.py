"""Which code decides the numbers? Digests of our own source, of the installed packages, and of modules of the user's.

A loader beside the spec, or a package in a working folder, decides what a model says as much as the model file does.
Its modules are told by where they lie: not in the standard library, not among the installed packages. With a module
that was loaded, all Python files of its package or of its folder count, because one of them may be loaded later.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import platform
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import psutil

import readiness

INSTALLED = frozenset({"site-packages", "dist-packages"})
MOST_FILES = 5_000
"""Python files of the user's own beyond which they are not read all, and nothing is kept."""


def program() -> Mapping[str, str]:
    """The interpreter, the kind of machine, all installed packages, and our own source."""
    return {
        "python": f"{platform.python_implementation()} {sys.version}",
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": _packages(),
        "readiness": _own_source(),
    }


@functools.cache
def _packages() -> str:
    return _digest_of_lines(sorted(map(_named, metadata.distributions())))


def _named(package: metadata.Distribution) -> str:
    try:
        return f"{package.metadata['Name']} {package.version}"
    except Exception:  # what is left of a package that was not removed whole
        return ""


@functools.cache
def _own_source() -> str:
    """Of the package's modules, as they were when it was first asked for in this process."""
    folder = _our_folder()
    paths = sorted(folder.rglob("*.py"))
    return _digest_of_lines(f"{path.relative_to(folder).as_posix()} {_digest(path)}" for path in paths)


def local_code() -> str | None:
    """One digest of the user's own Python files: names of modules and files, and what is in them.

    None when it cannot be told: code that was written into a notebook or changed since this process began, so that
    what runs is not what lies there.
    """
    if _written_here():
        return None
    began = psutil.Process().create_time()
    folders: dict[Path, str] = {}
    found: dict[str, str] = {}
    try:
        for name, path in _local_modules():
            if path.stat().st_mtime > began:
                return None
            found[name] = _digest(path)
            folders.setdefault(*_around(name, path))
        for folder, pattern in folders.items():
            files = list(itertools.islice(folder.glob(pattern), MOST_FILES + 1))
            if len(files) > MOST_FILES:
                return None
            found |= {f"{folder.name}/{file.relative_to(folder).as_posix()}": _digest(file) for file in files}
    except OSError:
        return None
    return _digest_of_lines(f"{name}: {digest}" for name, digest in sorted(found.items()))


def _local_modules() -> Iterator[tuple[str, Path]]:
    """Modules with a file that is neither ours nor installed, sorted by name."""
    standard = [Path(place).resolve() for name in ("stdlib", "platstdlib") if (place := sysconfig.get_path(name))]
    for name, module in sorted([*sys.modules.items()]):
        file = getattr(module, "__dict__", {}).get("__file__")  # asking for the attribute may load a lazy module
        if not isinstance(file, str) or INSTALLED & {*Path(file).parts}:
            continue
        path = Path(file).resolve()
        if path.exists() and not any(path.is_relative_to(place) for place in (*standard, _our_folder())):
            yield name, path


def _around(name: str, path: Path) -> tuple[Path, str]:
    """The folder of a module's outermost package, and what lies in and below it; without a package its own folder."""
    depth = name.count(".") + (path.stem == "__init__")
    if depth and depth <= len(path.parents):
        return path.parents[depth - 1], "**/*.py"
    return path.parent, "*.py"


def _written_here() -> bool:
    """Whether a notebook defines functions or classes of its own, which have no file to be known by."""
    main = sys.modules.get("__main__")
    if main is None or getattr(main, "__file__", None):
        return False
    own = (value for value in [*vars(main).values()] if isinstance(value, type | types.FunctionType))
    return any(getattr(value, "__module__", "") == "__main__" for value in own)


def _our_folder() -> Path:
    return Path(readiness.__file__).resolve().parent


def _digest_of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _digest(path: Path) -> str:
    about = path.stat()
    return _digest_of(path, about.st_mtime_ns, about.st_size)


@functools.lru_cache(maxsize=4 * MOST_FILES)
def _digest_of(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
