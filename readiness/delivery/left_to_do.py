"""What has the writer of a spec left to do? TODOs, empty texts, boxes that are pending, expired or soon to expire."""

from __future__ import annotations

import datetime
import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from readiness.answers import Outcome
from readiness.checklist import BOXES, Source, attested_outcome, expires_soon, this_day
from readiness.hints import escaped
from readiness.numbers import listed
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
    return (*_boxes(loaded, day or this_day()), *_loader(loaded), *_todos(loaded), *_texts(loaded))


def _boxes(loaded: LoadedSpec, day: datetime.date) -> Iterator[str]:
    given = loaded.spec.checklist
    outcomes = {box.key: attested_outcome(given.get(box.key), day) for box in BOXES if box.source is Source.ATTESTED}
    outcomes |= {key: attested_outcome(each, day) for key, each in given.items()}
    expired = [key for key, outcome in outcomes.items() if outcome is Outcome.EXPIRED]
    soon = [key for key, each in given.items() if outcomes[key] is not Outcome.EXPIRED and expires_soon(each, day)]
    pending = [key for key, outcome in outcomes.items() if outcome in (Outcome.PENDING, Outcome.MISSING)]
    for keys, said in ((expired, "expired"), (soon, "expires soon")):
        if keys:
            yield f"checklist, {said}: {_few([f'{key} ({given[key].valid_until})' for key in keys])}"
    if pending:
        yield f"checklist, pending: {len(pending)} of {len(outcomes)} boxes ({_few(pending)})"


def _loader(loaded: LoadedSpec) -> Iterator[str]:
    model = loaded.spec.model
    library = LIBRARIES.get(Path(model.path or "").suffix.lower())
    if model.loader is not None and library is not None and importlib.util.find_spec(library) is None:
        yield f'model.loader: {library} is not installed here; pip install "readiness[{library}]"'


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
