"""What has the writer of a spec left to do? TODOs, empty texts, boxes that are pending, expired or soon to expire."""

from __future__ import annotations

import datetime
import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from readiness.answers import Outcome, Status
from readiness.checklist import (
    BOXES,
    Source,
    attestation_faults,
    attested_outcome,
    expires_soon,
    last_day,
    this_day,
)
from readiness.hints import escaped, shown
from readiness.numbers import listed
from readiness.spec import Attestation
from readiness.spec.proofs import proof_fault, proofs_of
from readiness.spec.reading import LoadedSpec

TEXTS = (
    "purpose",
    "out_of_scope",
    "owner",
    "prepared_by",
    "risk",
    "population",
    "labels",
    "changes",
    "limitations",
    "oversight",
)
"""Of `about`, those that the first page of a report lists as "not provided" where they are empty."""
LIBRARIES: Mapping[str, str] = {".keras": "keras", ".h5": "keras", ".pt": "torch", ".pth": "torch"}
"""What a loader of such a file most likely imports."""
MOST_NAMED = 4


def left_to_do(loaded: LoadedSpec, day: datetime.date | None = None) -> tuple[str, ...]:
    """One line for each kind of thing that is left; none where nothing is. Today, unless a day is given."""
    return (*_boxes(loaded, day or this_day()), *_loader(loaded), *_threshold(loaded), *_todos(loaded), *_texts(loaded))


def _boxes(loaded: LoadedSpec, day: datetime.date) -> Iterator[str]:
    given, proofs = loaded.spec.checklist, proofs_of(loaded)
    asked = dict.fromkeys((*(box.key for box in BOXES if box.source is Source.ATTESTED), *given))
    outcomes = {key: attested_outcome(given.get(key), day, proofs) for key in asked}
    expired = [key for key, outcome in outcomes.items() if outcome is Outcome.EXPIRED]
    soon = [key for key, each in given.items() if outcomes[key].status is Status.MET and expires_soon(each, day)]
    unfounded = [key for key, each in given.items() if each.done and outcomes[key] is Outcome.MISSING]
    open_ones = (Outcome.PENDING, Outcome.MISSING)
    pending = [key for key, outcome in outcomes.items() if outcome in open_ones and key not in unfounded]
    for keys, said in ((expired, "expired"), (soon, "expires soon")):
        if keys:
            yield f"checklist, {said}: {_few([f'{key} ({last_day(given[key])})' for key in keys])}"
    for key in unfounded:
        yield f"checklist.{key} does not count: {_faults(given[key], day, loaded)}"
    if pending:
        yield f"checklist, pending: {len(pending)} of {len(outcomes)} boxes ({_few(pending)})"


def _faults(attestation: Attestation, day: datetime.date, loaded: LoadedSpec) -> str:
    """Why what is attested as done does not count, with what lies at the path of its evidence."""
    fault = proof_fault(attestation.evidence, loaded)
    named = f"{fault} ({shown(attestation.evidence)})" if fault and attestation.evidence.strip() else fault
    return "; ".join(attestation_faults(attestation, day, named))


def _loader(loaded: LoadedSpec) -> Iterator[str]:
    model = loaded.spec.model
    library = LIBRARIES.get(Path(model.path or "").suffix.lower())
    if model.loader is not None and library is not None and importlib.util.find_spec(library) is None:
        yield f'model.loader: {library} is not installed here; pip install "readiness[{library}]"'


def _threshold(loaded: LoadedSpec) -> Iterator[str]:
    threshold = loaded.spec.model.threshold
    if threshold is not None and not 0 <= threshold <= 1:
        alike = "no row" if threshold > 1 else "every row"
        why = f"where the model gives probabilities, {alike} would be positive, and the review refuses it"
        yield f"model.threshold: {threshold:g} lies outside of 0 to 1; {why}"


def _todos(loaded: LoadedSpec) -> Iterator[str]:
    for path, _ in loaded.files:
        # lines that only explain begin with ##
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [str(n) for n, line in enumerate(lines, 1) if re.search(r"\bTODO\b", line) and line.strip()[:2] != "##"]
        if found:
            which = f"line{'s' if len(found) > 1 else ''} {_few(found)}"
            yield f"{escaped(path.name)}: {len(found)} line{'s' if len(found) > 1 else ''} with TODO ({which})"


def _texts(loaded: LoadedSpec) -> Iterator[str]:
    empty = [name for name in TEXTS if not getattr(loaded.spec.about, name)]
    if empty:
        yield f"about: {len(empty)} of {len(TEXTS)} texts are empty ({_few(empty)})"


def _few(names: list[str]) -> str:
    return listed(names, most=MOST_NAMED)
