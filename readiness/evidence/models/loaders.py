"""How is a function that a spec names found and called, and what do the failures of loading mean?"""

from __future__ import annotations

import importlib
import pickle
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from readiness.evidence.models.own_modules import lies_beside
from readiness.exceptions import ModelError

DAMAGED = (EOFError, pickle.UnpicklingError, zipfile.BadZipFile)
OTHER_VERSION = re.compile(r"incompatible dtype|not a known BitGenerator|__pyx_unpickle|version", re.IGNORECASE)


def find_loader(reference: str) -> Callable[[Path], Any]:
    """The function that loads a model; see `find_function`."""
    return find_function(reference, f"loader {reference}", "model.loader")


def find_function(reference: str, role: str, key: str) -> Callable[..., Any]:
    """The function behind "package.module:function"; `role` and the spec's `key` are named when there is none.

    Raises:
        ModelError: the module cannot be imported, or holds no such function.
    """
    module_name, _, attribute = reference.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"The {role} cannot be imported: {type(error).__name__}: {error}.",
            remedy="Install its package here, or put the module beside the spec.",
        ) from error
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise ModelError(
            f"The module {module_name} holds no function {attribute}, which the {role} names.",
            remedy=f"Correct {key}; it reads package.module:function.",
        )
    return found  # type: ignore[no-any-return]  # callable(...) does not tell mypy what comes back


def explained(error: BaseException, path: Path) -> ModelError:
    """A failure of loading in plain words."""
    if isinstance(error, ModelError):
        return error
    what, remedy = _words(error)
    return ModelError(f"{path} cannot be loaded: {what}.", remedy=remedy)


def _words(error: BaseException) -> tuple[str, str]:
    said = f"{type(error).__name__}: {error}".rstrip(": .")
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _module_words(error.name)
    if isinstance(error, AttributeError) and "__main__" in said:
        return (
            f"it holds a class or function that was defined in a notebook or script ({error})",
            "Move the definition into a module beside the spec, import it from there, and save the model again.",
        )
    if isinstance(error, DAMAGED) or (isinstance(error, KeyError) and not error.args):
        return f"it is cut off or damaged ({said})", "Copy the file again, or save the model again."
    if isinstance(error, SystemExit):
        return "its own code ended the program (SystemExit)", "Ask its author; a model must not do that."
    if isinstance(error, AttributeError | ImportError) or OTHER_VERSION.search(said):
        return (
            f"it was probably saved with other library versions than the ones installed here ({said})",
            "Install the versions that it was trained with, or save the model again with these.",
        )
    return said, "Load it in a Python session of this environment to see more."


def _module_words(name: str) -> tuple[str, str]:
    package = name.partition(".")[0]
    if package != name and package in sys.modules:
        return (
            f"it needs the module {name}, which the installed version of {package} does not have",
            f"Install the version of {package} that it was trained with, or save the model again with this one.",
        )
    if lies_beside(package):
        return (
            f"it needs the module {package}, which lies beside the spec, and which neither the spec nor the file names",
            f"Name a loader, model.loader, whose module imports {package}.",
        )
    return (
        f"it needs the package {package}, which is not installed here ({sys.executable})",
        f"Install {package} into this environment, or put the module beside the spec.",
    )
