"""A model in memory as a file: with joblib, into a folder that is gone afterwards, or not at all."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import joblib

from readiness.core.files import Artifact, Role
from readiness.core.missing import Missing
from readiness.evidence.evidence import Evidence
from readiness.evidence.measure_runtime import probe
from readiness.evidence.workers.model import estimator_in, in_own_process
from readiness.spec.schema import ModelFile

MODEL = "model.joblib"
NEEDS = "a model that can be written to a file and loaded elsewhere"


def probed(evidence: Evidence) -> Evidence:
    """The same evidence with times, size, memory and probes of a model in memory.

    The file that its own process loads lies in a temporary folder meanwhile. A model of which there can be no file
    is timed here; what needs a file is not assessed.
    """
    assert evidence.model is not None
    assert evidence.candidate is not None
    with temporary_file(estimator_in(evidence.model)) as file:
        if isinstance(file, Missing):
            model = replace(evidence.model, no_file=file)
            measured = probe(replace(evidence, model=model))
        else:
            model = replace(evidence.model, artifact=Artifact.of(file, Role.MODEL))
            pinned = ModelFile(path=str(file), sha256=model.artifact.sha256)
            apart = in_own_process(model, pinned, evidence.folder)
            candidate = replace(evidence.candidate, worker=apart.worker)
            measured = probe(replace(evidence, model=apart, candidate=candidate))
            apart.worker.close()
    return replace(evidence, model=model, technical=measured.technical, probes=measured.probes, pairs=measured.pairs)


@contextmanager
def temporary_file(model: Any) -> Iterator[Path | Missing]:
    """A file of the model for as long as it is needed, or why there is none."""
    why = why_no_file(model)
    if why:
        yield Missing(why, NEEDS)
        return
    with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
        path = Path(folder) / MODEL
        try:
            joblib.dump(model, path)
        except Exception as error:
            yield Missing(f"the model cannot be written to a file ({_said(error)})", NEEDS)
        else:
            yield path


def why_no_file(model: Any) -> str:
    """Why no other process could load a file of the model; empty when it could."""
    try:
        own = _defined_here(model)
    except Exception as error:  # whatever its classes do when they are pickled
        return f"the model cannot be written to a file ({_said(error)})"
    if not own:
        return ""
    return (
        f"the model holds {', '.join(own[:3])}, defined in this notebook or script, which no other process can import; "
        "move the definition into a module and import it from there"
    )


class _Nowhere:
    """Takes what is written, and keeps nothing."""

    def write(self, data: Any) -> int:
        """Forget `data`."""
        return len(memoryview(data))


class _Watcher(pickle.Pickler):
    """Pickles to nowhere and notes the classes and functions of `__main__` that it meets."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda _: None)
        self.found: dict[str, None] = {}

    def persistent_id(self, obj: Any) -> None:
        """Look at `obj`, and let it be pickled as usual."""
        if isinstance(obj, type | FunctionType) and obj.__module__ == "__main__":
            self.found[obj.__qualname__] = None


def _defined_here(model: Any) -> list[str]:
    watcher = _Watcher()
    watcher.dump(model)
    return list(watcher.found)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}".rstrip(": ")
