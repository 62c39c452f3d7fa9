"""The cells of a review: what the process of each model may see, what it must not, and whether this machine can hold
to that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from readiness.core.errors import ModelError
from readiness.core.provenance import Isolation, IsolationForm, weakest
from readiness.evidence.models.needed_code import files_of, needed_code
from readiness.evidence.workers.isolation import Cell, isolate
from readiness.spec.load import LoadedSpec
from readiness.spec.proofs import proof_paths
from readiness.spec.schema import ModelFile, Spec

AT_ADDRESS = Isolation(IsolationForm.ADDRESS)
"""Of what is asked at an address: nobody here sees what it may read."""


def cell_of(loaded: LoadedSpec, spec: ModelFile, path: Path) -> Cell:
    """What the process of a model may see: its file, and the modules that it needs; and what it must not."""
    hidden = frozenset(hidden_paths(loaded)) - {path.resolve()}
    code = needed_code(loaded.folder, [spec.loader], path)
    folder, named, opened = loaded.folder.resolve(), loaded.folder.absolute(), path.absolute()
    if opened.is_relative_to(named):  # the process works in the folder itself, where that is reached by a link
        opened = folder / opened.relative_to(named)
    # Under the name by which it is opened, without "..", and where a link leads.
    model = dict.fromkeys((Path(os.path.normpath(opened)), path.resolve()))
    shown = tuple(_without(code, hidden))
    return Cell((*model, *shown), tuple(sorted(hidden)), folder, shown)


def hidden_paths(loaded: LoadedSpec) -> Iterator[Path]:
    """Spec, tables, and everything else that tells what the review expects."""
    spec = loaded.spec
    named = (spec.data.test, spec.data.train, spec.data.recent, *spec.supplied.files.values())
    yield from (path.resolve() for path, _ in loaded.files)
    yield from (loaded.resolve(name) for name in named if name is not None)
    yield from (path.resolve() for path in proof_paths(loaded).values())


def _without(places: tuple[Path, ...], hidden: frozenset[Path]) -> Iterator[Path]:
    """The places; of a package that holds what is hidden, its other files."""
    for place in places:
        if any(place in each.parents for each in hidden):
            yield from (file for file in files_of([place]) if file.resolve() not in hidden)
        elif place.resolve() not in hidden:
            yield place


# ----------------------------------------------------------------------------------------------------
# What this machine gives, by trial starts, and what a spec demands


def isolation_here(loaded: LoadedSpec) -> Isolation:
    """How the models that a spec names would be kept apart here, the weakest of them; no model is started."""
    return weakest(_each_isolation(loaded))


def _each_isolation(loaded: LoadedSpec) -> Iterator[Isolation]:
    for spec in files_to_run(loaded.spec):
        yield isolate(cell_of(loaded, spec, loaded.resolve(str(spec.path)))).isolation
    if loaded.spec.model.path is None and loaded.spec.model.url is not None:
        yield AT_ADDRESS


def files_to_run(spec: Spec) -> tuple[ModelFile, ...]:
    """The models of a spec that are files: the candidate, and the model in production."""
    named = (spec.model, spec.baseline.current)
    return tuple(each for each in named if each is not None and each.path is not None)


def weakness(isolation: Isolation, spec: Spec) -> str:
    """Why a spec refuses this isolation, in words; empty where it does not."""
    if spec.production.isolation != "required" or not isolation.labels:
        return ""
    return f"it is required that no model can read the labels of the test rows, and {_CANNOT[isolation.form]}"


_CANNOT = {
    IsolationForm.ADDRESS: "what a model at model.url can read, nobody here sees; name its file under model.path",
    IsolationForm.USER: "another user of this machine may read the tables, too; take that right away, or "
    "install bubblewrap",
    IsolationForm.IN_PROCESS: "it is an object in the process that knows them; review its file with readiness run",
    IsolationForm.PROCESS: "nothing here keeps a process from reading them; install bubblewrap (Linux), which in a "
    "container needs the right to make namespaces",
}


def check_isolation(isolation: Isolation, spec: Spec) -> None:
    """Refuse what a spec does not allow.

    Raises:
        ModelError: it requires that labels are out of reach, and they are not.
    """
    if why := weakness(isolation, spec):
        raise ModelError(
            f"production.isolation: {why}.", remedy="Or set it to best; the first screen then says what was possible."
        )
