"""The candidate of a spec by the way that it comes: a file, or an address."""

from __future__ import annotations

from pathlib import Path

from readiness.core.files import Artifact, Role
from readiness.core.missing import Missing
from readiness.evidence.workers.http import HttpWorker
from readiness.evidence.workers.model import Model, start_model
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import Model as ModelSpec

NO_FILE = Missing("it is served at an address, and there is no file of it here", "the model file under model.path")


def start_candidate(loaded: LoadedSpec) -> Model | None:
    """The model that a spec names, before it is loaded; None where it names predictions alone.

    A file comes first: it is what the report is bound to, and the served model is then compared with it.

    Raises:
        ModelError: a file that is not there or not pinned; a header whose variable is not set.
    """
    spec = loaded.spec.model
    if spec.path is not None:
        return start_model(loaded, spec)
    return None if spec.url is None else served_model(spec)


def served_model(spec: ModelSpec) -> Model:
    """A model that is asked at its address; nothing is asked yet.

    Raises:
        ModelError: a header whose environment variable is not set.
    """
    return Model(HttpWorker(spec), Path(), Artifact("", "", 0, role=Role.MODEL), no_file=NO_FILE, is_served=True)
