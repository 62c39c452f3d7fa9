"""Changes of a spec, or of a file that it names, told by times and sizes now and then.

Editors replace files, so one may be gone for a moment: a change counts once all files have kept still for one look.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from readiness.core.errors import SpecError
from readiness.spec.layers import Sources, joined, laid

SECONDS = 0.5
"""Between two looks."""
MOST_IN_FOLDER = 2_000
"""Entries of a model folder that are looked at."""
_FILES = (
    ("model", "path"),
    ("data", "test"),
    ("data", "train"),
    ("data", "recent"),
    ("baseline", "current", "path"),
    ("supplied", "folds", "table"),
    ("supplied", "latency", "path"),
)

Stamp = tuple[object, ...]


def watched_files(spec: Path, settings: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files that a check of the spec looks at, as far as they can be told; also of one that is not usable."""
    sources = Sources()
    try:
        sources.read(spec)
        data = laid(joined(sources.documents), settings).data
    except SpecError:
        data = {}
        for document in reversed(sources.documents):
            data = {**data, **document.data}
    named = [*(_value_at(data, key) for key in _FILES), *_evidence(data)]
    folder = spec.absolute().parent
    paths = (*sources.tried, *(folder / name for name in named if isinstance(name, str) and name))
    return tuple(dict.fromkeys(paths)) or (spec.absolute(),)


def stamps(paths: Iterable[Path]) -> dict[Path, Stamp]:
    """What tells a file from a changed one; of a folder: what tells its files."""
    return {path: _stamp(path) for path in paths}


def wait_for_change(
    before: Mapping[Path, Stamp], *, seconds: float = SECONDS, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Return when one of the files is no longer what it was, and all of them have kept still since the last look."""
    last = dict(before)
    while True:
        sleep(seconds)
        now = stamps(before)
        if now == last and now != before:
            return
        last = now


def _stamp(path: Path) -> Stamp:
    try:
        about = path.stat()
        if not path.is_dir():
            return about.st_mtime_ns, about.st_size, about.st_ino
        entries = itertools.islice(path.rglob("*"), MOST_IN_FOLDER)
        return tuple(sorted((str(entry), _stamp_of_entry(entry)) for entry in entries))
    except (OSError, ValueError):  # not there, or no path at all
        return ()


def _stamp_of_entry(path: Path) -> tuple[int, int]:
    try:
        about = path.lstat()
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


def _value_at(data: Any, key: Sequence[str]) -> Any:
    for step in key:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _evidence(data: Mapping[str, Any]) -> list[Any]:
    boxes = data.get("checklist")
    return [_value_at(box, ("evidence",)) for box in boxes.values()] if isinstance(boxes, Mapping) else []
