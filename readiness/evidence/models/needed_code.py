"""The user's own code that a model needs: the modules beside the spec that may be shown to its process.

Those that the spec names, those that the model file names, and what these import, as their source says it. A module
that is imported under a name made up while it runs is not found so; it has to be imported by a module that is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from readiness.evidence.models.libraries import names_among
from readiness.evidence.models.own_modules import is_known_elsewhere, serve

MOST_FILES = 2_000


def needed_code(folder: Path, references: Iterable[str | None], model: Path | None) -> tuple[Path, ...]:
    """Files of modules directly in `folder`, and whole packages, sorted; `references` read "package.module:name", and
    `model` is a file or folder that may name modules, too.
    """
    folder = folder.resolve()
    there = _modules_in(folder)
    if not there:
        return ()
    waiting = [reference.partition(":")[0].partition(".")[0] for reference in references if reference]
    if model is not None:
        waiting += names_among(there, model)
    found = dict[str, Path]()
    while waiting:
        name = waiting.pop()
        if name in found or name not in there or is_known_elsewhere(name, folder):
            continue
        found[name] = there[name]
        waiting += _imports_of(there[name])
    return tuple(sorted(found.values()))


def _modules_in(folder: Path) -> dict[str, Path]:
    """Modules and packages directly in a folder, by name."""
    found = dict[str, Path]()
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if place.is_dir():
            if (place / "__init__.py").is_file():
                found[place.name] = place
        elif place.suffix == ".py":
            found.setdefault(place.stem, place)
        elif place.name.endswith(tuple(EXTENSION_SUFFIXES)):
            found.setdefault(place.name.partition(".")[0], place)
    return found


def _imports_of(place: Path) -> Iterator[str]:
    """The first names of all modules that a module, or any module of a package, imports."""
    files = sorted(place.rglob("*.py"))[:MOST_FILES] if place.is_dir() else [place]
    for file in files:
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):  # importing it will say so
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield node.module.partition(".")[0]


def record_code(folder: Path, places: Iterable[Path]) -> None:
    """Let the record name every module that a process may see, whether it says that it ran it or not."""
    finder = serve(folder)
    for path in files_of(places):
        if path.suffix == ".py" or path.name.endswith(tuple(EXTENSION_SUFFIXES)):
            finder.record(str(path), path.read_bytes())


def files_of(places: Iterable[Path]) -> Iterator[Path]:
    """The files of modules and packages."""
    for place in places:
        if place.is_dir():
            yield from sorted(file for file in place.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        else:
            yield place
