"""Is the module of a function that the spec names there at all? Looked for, and never imported."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from readiness.hints import shown


def module_fault(reference: str, folder: Path) -> str:
    """What is wrong with the module of "package.module:function"; empty where it lies in `folder`, or is installed."""
    name = reference.partition(":")[0]
    if _is_there(name, folder):
        return ""
    beside = f"{name.replace('.', '/')}.py"
    return (
        f"there is no module {shown(name)}, neither beside the spec ({shown(beside)}) nor among what is installed here"
    )


def _is_there(name: str, folder: Path) -> bool:
    first, *others = name.split(".")
    if name in sys.modules:  # also one that no file stands for, as os.path
        return True
    found = PathFinder.find_spec(first, [str(folder)]) or _installed(first)
    for other in others:
        places = None if found is None else found.submodule_search_locations
        found = PathFinder.find_spec(f"{found.name}.{other}", list(places)) if found is not None and places else None
    return found is not None


def _installed(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: it was imported, and says nothing of where it came from
        return None
