"""Models in processes of their own, for tests: written into a folder, started, and looked for afterwards."""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import psutil

from readiness.core.files import sha256_path
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.models.own_modules import serve
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.process import ProcessWorker
from readiness.spec.schema import ModelFile

PLAIN = Start(Isolation(IsolationForm.PROCESS))
"""A process of its own and no more: everything about it can be seen from here."""


def worker_of_code(folder: Path, code: str, *, start: Start | None = PLAIN, **spec: Any) -> ProcessWorker:
    """Whoever runs a model whose class `Model` this is, loaded by a module beside the spec."""
    name = f"apart_{hashlib.sha256(code.encode()).hexdigest()[:8]}"
    (folder / f"{name}.py").write_text(f"{textwrap.dedent(code)}\n\ndef load(path):\n    return Model()\n")
    (folder / "model.txt").write_text("")
    serve(folder)
    file = ModelFile(path="model.txt", loader=f"{name}:load", sha256=sha256_path(folder / "model.txt"), **spec)
    return ProcessWorker(file, folder, Cell((folder / "model.txt", folder / f"{name}.py"), folder=folder), start=start)


def worker_of_object(folder: Path, model: Any, *, start: Start | None = PLAIN) -> ProcessWorker:
    """Whoever runs a pickle of a fitted model."""
    joblib.dump(model, folder / "model.joblib")
    serve(folder)
    file = ModelFile(path="model.joblib", sha256=sha256_path(folder / "model.joblib"))
    return ProcessWorker(file, folder, Cell((folder / "model.joblib",), folder=folder), start=start)


def process_of(worker: ProcessWorker) -> psutil.Process:
    """The process that runs now, or the sandbox around it."""
    line = worker._line
    assert line is not None
    return psutil.Process(line._popen.pid)


def lives(process: psutil.Process) -> bool:
    """Whether it runs still; one that has ended and that nobody asked for its exit code does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def children() -> set[int]:
    """Processes that this one has started, or that these have."""
    return {each.pid for each in _descendants() if lives(each)}


def _descendants() -> Iterator[psutil.Process]:
    yield from psutil.Process(os.getpid()).children(recursive=True)
