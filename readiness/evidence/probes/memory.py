"""Memory of the loaded model, asked of the operating system in a process that did nothing else."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from readiness.evidence.models.own_modules import serve

LARGEST_WALK = 500
"""Estimators inside an estimator that are looked at for the libraries they need."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of one process at four moments."""

    libraries: int
    """After the libraries were imported, before the model was loaded."""
    loaded: int
    predicted: int
    """After the first prediction."""
    peak: int
    """The most at any moment until then, libraries included."""

    @property
    def model(self) -> int:
        """What model and first prediction added to the libraries, at least 0."""
        return max(self.predicted - self.libraries, self.loaded - self.libraries, 0)


def measure_memory(
    modules: tuple[str, ...], folder: Path, load: Callable[[], Any], predict: Callable[[Any], Any]
) -> Memory:
    """Import `modules`, load, predict, and read the memory between; meant for a fresh process.

    Exceptions of the model pass.
    """
    serve(folder, *modules)
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:  # then loading will say why, in better words
            continue
    libraries = _resident_bytes()
    model = load()
    loaded = _resident_bytes()
    predict(model)
    return Memory(libraries, loaded, _resident_bytes(), _peak_bytes())


def needed_modules(estimator: Any) -> tuple[str, ...]:
    """The modules of an estimator and of all estimators inside it, sorted."""
    return tuple(sorted({type(part).__module__ for part in _walk_parts(estimator)} - {"__main__", "builtins"}))


def _walk_parts(estimator: Any) -> Iterator[Any]:
    waiting, seen = [estimator], set[int]()
    while waiting and len(seen) < LARGEST_WALK:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple):
            waiting.extend(part)
        elif hasattr(part, "predict") or hasattr(part, "transform"):
            yield part
            waiting.extend(vars(part).values() if hasattr(part, "__dict__") else ())


def _resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def _peak_bytes() -> int:
    # Not getrusage: on Linux its maximum survives exec and so may be that of the parent process.
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) * 1024
    on_windows = getattr(psutil.Process().memory_info(), "peak_wset", 0)
    return int(on_windows) or _resident_bytes()
