"""The cache of one review: what is found again for the next one, and under which key.

A key names everything that decides a measurement: model file, tables, the roles of their columns, the form in which
the model takes rows, seeds, our own source, the installed packages, the user's own modules and where they lie, and
the environment variables by which libraries choose how to compute; all of them where there is code of the user's own.
What only judges a measurement stands in no key: limits, costs, segments, attestations, the value of a threshold, the
primary metric.

With each entry stand the files of code that were in use when it was measured, with their digests, also those that the
model imported only while it predicted. An entry is believed only while all of them are as they were. What cannot be
known is what such code reads by itself: files in other folders, databases, services.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from readiness.core.canonical import decode, encode
from readiness.core.environment import decides
from readiness.core.files import Artifact
from readiness.core.provenance import Reuse
from readiness.evidence.cache.fingerprint import list_code, local_code, program_digests
from readiness.evidence.cache.store import Entry, Store
from readiness.evidence.candidate import Candidate
from readiness.evidence.environment import machine
from readiness.evidence.models.own_modules import add_served, served_modules
from readiness.evidence.workers.model import Model
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import ModelFile

T = TypeVar("T")

TEST, CURRENT, PERTURBED, UNUSED = (
    "scores of the test rows",
    "scores of the model in production",
    "scores of slightly changed rows",
    "scores of test rows that cannot be judged",
)
REFITS, SEEDS, CURVE = "refits", "refits with other seeds", "refits on fewer rows"
REDRAWN, TRAINING = "refits on parts of the rows", "scores of training rows"
LATENCY, THROUGHPUT, MEMORY_AND_PROBES = "times of single calls", "rows per second", "memory and probes"
LOAD, AT_ONCE = "response times under load", "rows per second of several processes"
EXPECTATIONS = "answers to rows with one column changed"
"""The parts of a review that the cache holds, as the page calls them."""
_NAMES = {"name", "version", "path", "sha256", "threshold", "predictions", "test"}
"""What a spec says of a model that does not decide what is loaded: its digest does."""
_FILES = {"test", "train", "recent", "id", "segments"}
"""What a spec says of the data that does not decide which rows and labels there are; tables stand by their digests."""
_PASSING = {"_", "COLUMNS", "DISPLAY", "IPYTHONDIR", "LINES", "OLDPWD", "PWD", "PYTEST_CURRENT_TEST", "SHLVL"}
_PASSING_GROUPS = ("DBUS_", "JPY_", "SSH_", "TERM", "WINDOWID", "XDG_SESSION_")
"""Environment variables, and how the names of more begin, that differ from one start to the next and say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One entry that was taken."""

    part: str
    fits: int
    entry: Entry


@dataclass(frozen=True, slots=True, eq=False)
class Cache:
    """What was measured of one model on certain tables; of no use without a store."""

    store: Store | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    """A part of every key."""
    objects: tuple[object, ...] = ()
    """The very objects that `about` speaks of."""
    found: list[Hit] = field(default_factory=list)
    """What was taken, as it happens."""
    files: dict[str, str] = field(default_factory=dict)
    """Files of code, by path with their SHA-256, on which what is measured next depends; what was taken adds its own.

    A process that only takes scores never imports what made them, and its workers do.
    """
    folder: Path = Path()
    """The spec's."""
    excluded: frozenset[Path] = frozenset()
    """Files in it that are known otherwise, or decide no measurement."""

    def get(self, part: str, read: Callable[[Entry], T | None], *, fits: int = 0, **key: Any) -> T | None:
        """What `read` makes of an entry; None where there is none, or none that it can read."""
        entry = None if self.store is None else self.store.get(self._key(part, key))
        if entry is None:
            return None
        try:
            value = read(entry)
        except (KeyError, IndexError, TypeError, ValueError):  # of a form that this version does not know
            return None
        if value is not None:
            self.found.append(Hit(part, fits, entry))
            self.files.update(entry.files)
            add_served(decode(Artifact, each) for each in entry.facts.get("modules", ()))
        return value

    def put(self, part: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], **key: Any) -> None:
        """Store a measurement that was completed; not where code was changed since this process began."""
        files = None if self.store is None else list_code(self.files)
        if self.store is not None and files is not None:
            facts = {**facts, "modules": [encode(each) for each in served_modules()]}
            self.store.put(self._key(part, key), arrays, facts, where=machine(), files=files)

    def _key(self, part: str, key: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**self.about, **key, "part": part}

    def for_model(self, spec: ModelFile, model: Model, candidate: Candidate) -> Cache:
        """The same about one model; nothing where its file, or the code that it needs, has no digest."""
        if self.store is None or not model.artifact.sha256:
            return Cache()
        code = local_code(self.folder, model.path, loader=spec.loader is not None, excluded=self.excluded)
        if code is None:
            return Cache()
        about = {
            "model": model.artifact.sha256,
            "kind": Path(spec.path or "").suffix.lower(),
            "loading": spec.model_dump(mode="json", exclude=_NAMES),
            "code": code.digest,
            "environment": _digest_variables(own=code.own),
            "form": form(candidate),
        }
        return replace(self, about={**self.about, **about}, files=dict(code.files))

    def begin_for(self, *objects: object) -> Cache:
        """The same, with nothing taken yet; an empty one where a notebook put other objects in place of these."""
        same = len(objects) == len(self.objects) and all(a is b for a, b in zip(objects, self.objects, strict=True))
        return replace(self, found=[]) if same else Cache()

    @property
    def seconds(self) -> float:
        """What it took to measure what was taken."""
        return float(sum(found.entry.facts.get("seconds", 0.0) for found in self.found))

    def summarize_hits(self) -> tuple[Reuse, ...]:
        """What was taken, one entry for each part, as old as the oldest of it."""
        parts = dict.fromkeys(found.part for found in self.found)
        return tuple(_summarize(part, [found for found in self.found if found.part == part]) for part in parts)


@dataclass(frozen=True, slots=True)
class CacheSetup:
    """A store, and the tables as they lay there before the first row was read."""

    store: Store
    marks: Mapping[Path, tuple[int, ...]]

    @classmethod
    def open(cls, folder: str, paths: tuple[Path, ...]) -> CacheSetup | None:
        """For measurements on these tables; None where `folder` cannot hold any."""
        store = Store.open(Path(folder)) if folder else None
        return None if store is None else cls(store, {path: _mark(path) for path in paths})

    def cache_for(self, loaded: LoadedSpec, tables: Mapping[str, Artifact]) -> Cache:
        """The cache of measurements on these tables; an empty one where one was written to while it was read."""
        spec, code = loaded.spec, program_digests()
        if code is None or any(mark != _mark(path) or not mark for path, mark in self.marks.items()):
            return Cache()
        digests = {key: artifact.sha256 for key, artifact in tables.items() if key in ("test", "train")}
        if not all(digests.values()):
            return Cache()
        data = spec.data.model_dump(mode="json", exclude=_FILES)
        about = {**code, "tables": digests, "data": data, "folder": str(loaded.folder.resolve())}
        excluded = frozenset((*self.marks, *(path for path, _ in loaded.files)))
        return Cache(self.store, about, folder=loaded.folder, excluded=excluded)


def form(candidate: Candidate) -> Mapping[str, Any]:
    """How a candidate takes rows and what its answers mean; whether there is a threshold, but not which."""
    return {
        "features": list(candidate.features),
        "named": candidate.named,
        "task": candidate.task.value,
        "classes": [[type(label).__name__, str(label)] for label in candidate.classes],
        "threshold": candidate.threshold is not None,
        "method": candidate.method,
        "seed": candidate.seed,
        "query": candidate.query,
    }


def _digest_variables(*, own: bool) -> str:
    """A digest of the environment variables that may decide what a model answers.

    Code of the user's `own` may read any of them, so all count that do not differ from one start to the next.
    """
    lasting = (name for name in os.environ if name not in _PASSING and not name.startswith(_PASSING_GROUPS))
    lines = sorted(f"{name}={os.environ[name]}" for name in lasting if own or decides(name))
    return hashlib.sha256("\0".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _summarize(part: str, found: list[Hit]) -> Reuse:
    oldest = min((each.entry for each in found), key=lambda entry: entry.measured)
    fits = sum(each.fits for each in found)
    return Reuse(f"{fits:,} {_name_one(part, fits)}" if fits else part, oldest.measured, oldest.where)


def _name_one(part: str, count: int) -> str:
    return part.replace("refits", "refit", 1) if count == 1 else part


def _mark(path: Path) -> tuple[int, ...]:
    """What changes when a file is written or replaced; empty when it cannot be told."""
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
