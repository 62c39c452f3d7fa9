"""A model under review: whoever runs it, and the file that it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from readiness.core.files import Artifact
from readiness.core.missing import Missing
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.models.description import describe_model
from readiness.evidence.models.load import model_path, vouched_file
from readiness.evidence.models.needed_code import record_code
from readiness.evidence.workers.cells import AT_ADDRESS, cell_of, check_isolation
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.process import ProcessWorker
from readiness.evidence.workers.worker import Worker
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import ModelFile


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model, run by a worker."""

    worker: Worker
    path: Path
    artifact: Artifact
    no_file: Missing | None = None
    """Why there is no file of it, where it comes from memory and cannot be written, or is served at an address."""
    is_served: bool = False
    """Whether it is asked at an address; nothing then binds a report to it."""

    @property
    def kind(self) -> str:
        """In words: "scikit-learn Pipeline ending in LogisticRegression"."""
        return self.worker.about.kind

    @property
    def notes(self) -> tuple[str, ...]:
        """What its libraries warned of while it was loaded."""
        return self.worker.about.notes

    @property
    def isolation(self) -> Isolation:
        """What stands between it and the review."""
        if self.is_served:
            return AT_ADDRESS
        found = getattr(self.worker, "isolation", None)
        return found if isinstance(found, Isolation) else Isolation(IsolationForm.IN_PROCESS)


def in_memory(estimator: Any, path: Path, artifact: Artifact, *, takes_arrays: bool) -> Model:
    """An object of this process as a model; `path` and `artifact` stand for a file that there is not."""
    about = describe_model(estimator, takes_arrays=takes_arrays or None)
    return Model(InProcess(estimator, about), path, artifact)


def estimator_in(model: Model) -> Any:
    """The object behind a model in memory.

    Raises:
        TypeError: it is not in this process.
    """
    if not isinstance(model.worker, InProcess):
        raise TypeError("the model is not in this process")
    return model.worker.estimator


def in_own_process(model: Model, spec: ModelFile, folder: Path) -> Model:
    """A model in memory, of which there is a file meanwhile, in a process of its own: apart from this one, and no more;
    its modules may lie anywhere on the search path.
    """
    start = Start(Isolation(IsolationForm.PROCESS))
    worker = ProcessWorker(spec, folder, Cell(()), takes_arrays=model.worker.about.takes_arrays, start=start)
    return replace(model, worker=worker)


def start_model(loaded: LoadedSpec, spec: ModelFile) -> Model:
    """The model that a spec names, in a process of its own, which has started and is not asked to load it yet.

    The file is hashed here, and the process is told the digest: it loads that very file, or nothing.

    Raises:
        ModelError: no such file, a pickle or an MLflow folder without a pin, a digest that is not the pinned one, a
            package that is not installed, or no isolation here that the spec allows.
    """
    path = model_path(spec, loaded.folder)
    artifact = vouched_file(spec, path)
    cell = cell_of(loaded, spec, path)
    record_code(loaded.folder, cell.code)
    pinned = spec.model_copy(update={"sha256": artifact.sha256})
    worker = ProcessWorker(pinned, loaded.folder, cell)
    check_isolation(worker.isolation, loaded.spec)
    worker.spawn()
    return Model(worker, path, artifact)
