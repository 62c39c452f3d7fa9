"""The one door of a spec: read, completed by what it extends, checked, frozen."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from readiness.core.canonical import encode
from readiness.core.errors import InputError, SpecError
from readiness.core.files import Artifact, Role, exists, nearby_hint, sha256_path
from readiness.core.sanitize import escaped, shown
from readiness.spec.checks import misfits
from readiness.spec.layers import (
    COMMAND_LINE_FILE,
    MAX_BYTES,
    PIN,
    Sources,
    SpecFile,
    as_text,
    joined,
    keys_of,
    laid,
    settings_bytes,
)
from readiness.spec.messages import only_text, parsed, told
from readiness.spec.parts import Owned
from readiness.spec.registry import is_registered, local_path
from readiness.spec.schema import Spec
from readiness.spec.yaml import COMMAND_LINE, Document, KeyPath, Place, Problem, whole

# ----------------------------------------------------------------------------------------------------
# Identity of a spec: one SHA-256 over every file that was read for it, and over what was set on the command line.

ROLES = frozenset({Role.SPEC, Role.CHECKLIST})


def spec_digest(inputs: Iterable[Artifact]) -> str:
    """The SHA-256 of a spec, from the inputs of a record; those that are no part of it do not count.

    Of a single file it is that of its bytes. Of more it is that of one line `<sha256>  <name>` for each, in their
    order, with the names of the record: "spec: readiness.yaml", "checklist: team.yaml", "spec: command line". Empty
    where there is none, as in a draft.
    """
    parts = [artifact for artifact in inputs if artifact.role in ROLES]
    if len(parts) < 2:
        return parts[0].sha256 if parts else ""
    lines = "".join(f"{part.sha256}  {part.name}\n" for part in parts)
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


# ----------------------------------------------------------------------------------------------------

MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec and where it came from."""

    spec: Spec
    path: Path
    """Absolute path of the file that was named."""
    sha256: str
    """Of the bytes of that file, in hexadecimal."""
    files: tuple[tuple[Path, str], ...]
    """Every file that was read with its SHA-256: the named one first, then its checklist and what it extends."""
    inputs: tuple[Artifact, ...]
    """The same files as the record lists them: "spec: readiness.yaml", "checklist: team.yaml"; no two names are alike.

    After them what was set on the command line, if anything was.
    """
    places: Mapping[KeyPath, Place]
    """File and line of each key."""
    settings: tuple[str, ...] = ()
    """What was set on the command line, each KEY=VALUE; it lies over all files."""

    @property
    def lines(self) -> Mapping[KeyPath, int]:
        """The line of each key; in the file that sets it."""
        return MappingProxyType({key: place.line for key, place in self.places.items()})

    @property
    def folder(self) -> Path:
        """Where relative paths begin, also those of a spec that is extended."""
        return self.path.parent

    @property
    def digest(self) -> str:
        """One SHA-256 over all files and settings, which a record gives again; see `spec_digest`."""
        return spec_digest(self.inputs)

    def resolve(self, relative: str) -> Path:
        """The absolute path of a file that the spec names; a link to itself stays as it is."""
        place = local_path(relative, self._pin(relative), self.folder)
        try:
            return place.resolve()
        except (OSError, ValueError, RuntimeError):  # RuntimeError: a circle of links, up to Python 3.12
            return place.absolute()

    def _pin(self, path: str) -> str | None:
        """The pin of the model that the spec names so."""
        models = (self.spec.model, self.spec.baseline.current)
        return next((model.sha256 for model in models if model is not None and model.path == path), None)

    def place(self, key: KeyPath) -> Place:
        """Where `key` is set; for one that is not set, where the nearest key above it is."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key, Place(self.path.name, 0))


def load_spec(path: Path, *, sha256: str | None = None, settings: Sequence[str] = ()) -> LoadedSpec:
    """Read the spec at `path`; relative paths in it, and in what it extends, begin at its folder.

    Faults of form (kinds, unknown keys) are all told at once; contradictions, once the form is right.
    `sha256` is the `digest` of an earlier reading; `settings` lie over the files, the last over those before it.

    Raises:
        SpecError: with one line for each problem; or when the files are no longer those of `sha256`.
    """
    sources = Sources()
    sources.read(path)
    spec, document = _checked(laid(joined(sources.documents), settings))
    files = tuple((file.path, file.sha256) for file in sources.files.values())
    inputs = _inputs(sources.files.values(), settings)
    first, places = files[0], MappingProxyType(dict(document.places))
    loaded = LoadedSpec(spec, first[0], first[1], files, inputs, places, tuple(settings))
    if sha256 is not None and sha256 != loaded.digest:
        raise SpecError(
            f"{escaped(path.name)} or a file that it extends was changed since it was read: "
            f"found {loaded.digest}, expected {shown(sha256, 64)}.",
            remedy="Run the review again.",
        )
    return loaded


def spec_of(data: Mapping[str, Any], name: str) -> LoadedSpec:
    """A spec in memory, checked like that of a file; `name` stands for the file in what is wrong with it.

    Raises:
        SpecError: with one line for each problem.
    """
    halves = tuple(Problem(name, 0, key, "holds half a character; remove it") for key in _halved(data, ()))
    if halves:  # before anything is looked at: they cannot be written, not even in an error message
        raise _error(list(halves), Document(data, {(): Place(name, 0)}, ()))
    spec, document = _checked(Document(data, dict(_places(data, (), name)), ()))
    return LoadedSpec(spec, Path.cwd() / name, "", (), (), MappingProxyType(dict(document.places)))


def _places(value: Any, key: KeyPath, name: str) -> Iterator[tuple[KeyPath, Place]]:
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    yield key, Place(name, 0, "" if isinstance(value, Mapping | list) else str(value))
    for step, part in parts:
        yield from _places(part, (*key, step), name)


def _halved(value: Any, key: KeyPath) -> Iterator[KeyPath]:
    """Where a text, or the name of a key, holds half of a surrogate pair, as no file could."""
    if isinstance(value, str) and whole(value) != value:
        yield key
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        if isinstance(step, str) and whole(step) != step:
            yield key
        yield from _halved(part, (*key, step))


def looked_at(path: Path) -> tuple[Path, ...]:
    """Every file that reading the spec at `path` looks for; also when one is missing or wrong."""
    sources = Sources()
    with contextlib.suppress(SpecError):
        sources.read(path)
    return tuple(sources.tried)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _inputs(files: Iterable[SpecFile], settings: Sequence[str]) -> tuple[Artifact, ...]:
    """The files, numbered where several bear one name, and the settings of the command line, one in each line."""
    found: dict[str, Artifact] = {}
    for file in files:
        numbered = (f"{file.path.name} ({number})" for number in itertools.count(2))
        names = (file.role.name_of(each) for each in itertools.chain([file.path.name], numbered))
        name = next(each for each in names if each not in found)
        found[name] = Artifact(name, file.sha256, file.size, role=file.role)
    if not settings:
        return tuple(found.values())
    name, content = Role.SPEC.name_of(COMMAND_LINE_FILE), settings_bytes(settings)
    return (*found.values(), Artifact(name, _sha256(content), len(content), role=Role.SPEC))


def _checked(document: Document) -> tuple[Spec, Document]:
    """The spec in a document, and the document as it was taken."""
    spec = None
    problems = list(document.problems)
    try:
        spec, document = _parsed(document)
    except ValidationError as error:
        # What could not be read is not also missing.
        unread = {problem.key for problem in problems}
        problems += [problem for problem in told(error, document) if problem.key not in unread]
    if spec is not None:
        for key, text in misfits(spec):
            place = document.place(key)
            problems.append(Problem(place.file, place.line, key, text))
    if spec is None or problems:
        raise _error(problems, document)
    return spec, document


def _parsed(document: Document) -> tuple[Spec, Document]:
    """The spec; a bare number on the command line stands for a text where only a text may stand."""
    try:
        return parsed(document.data), document
    except ValidationError as error:
        meant = as_text(document, only_text(error, document))
        if meant is document:
            raise
        return parsed(meant.data), meant


def _error(problems: list[Problem], document: Document) -> SpecError:
    # Stable: the main file first, and in each file from its top to its end.
    main = document.places[()].file
    rank = {main: 0, COMMAND_LINE: 2}
    ordered = [str(each) for each in sorted(problems, key=lambda p: (rank.get(p.file, 1), p.file, p.line))]
    count = f"{len(ordered)} problem{'s' if len(ordered) > 1 else ''}"
    if len(ordered) > MAX_PROBLEMS:
        ordered[MAX_PROBLEMS:] = [f"and {len(ordered) - MAX_PROBLEMS} more"]
    return SpecError(f"{main} cannot be used: {count} to fix.", problems=tuple(ordered))


# ----------------------------------------------------------------------------------------------------
# A spec in the record: every default filled in, and which keys the spec set itself.


def normalised(spec: Spec) -> Mapping[str, Any]:
    """Plain values of the whole spec; what is not set and has no default is left out."""
    plain: Mapping[str, Any] = encode(spec.model_dump(mode="python", exclude_none=True, exclude={"extends"}))
    return plain


def set_keys(spec: Spec) -> tuple[str, ...]:
    """Dotted keys that the spec sets, sorted: "segments.limit"."""
    return tuple(sorted(_keys(spec, "")))


def sets_limit(key: str) -> bool:
    """Whether a dotted key that a spec sets may change what is judged; who answers for a limit, why it is what it is,
    how the model is to go live, and how it is kept apart meanwhile, do not.
    """
    aside = key == "production.isolation" or key.startswith("production.rollout.")
    return not aside and key.rpartition(".")[2] not in Owned.model_fields


def _keys(part: BaseModel, prefix: str) -> Iterator[str]:
    for name in part.model_fields_set:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


# ----------------------------------------------------------------------------------------------------
# The setting that vouches for the model file as it lies there now: what `--pin` adds to the command line.


@dataclass(frozen=True, slots=True)
class Pin:
    """A model file, and what it is now."""

    path: Path
    sha256: str

    @property
    def setting(self) -> str:
        """The setting that pins the file."""
        return f"{PIN}={self.sha256}"


def pin_of(spec: Path, settings: Sequence[str]) -> Pin:
    """The pin of the model file that the spec names under these settings. Another model, such as the one now in
    production, keeps the pin that the spec gives it.

    Raises:
        InputError: the spec is not usable, names no model file, or one that cannot be read; or a pin is set already.
    """
    if PIN in keys_of(settings):
        raise InputError(f"Found both --pin and --set {PIN}; expected one of them.")
    loaded = load_spec(spec, settings=settings)
    if loaded.spec.model.path is None:
        raise InputError("--pin pins a model file; this spec names predictions.", remedy="Leave out --pin.")
    if is_registered(loaded.spec.model.path):
        raise InputError(
            f"--pin pins a file that lies here; {loaded.spec.model.path} lies in a registry.",
            remedy="Leave out --pin: the review fetches the model, and shows its digest.",
        )
    path = loaded.resolve(loaded.spec.model.path)
    if not exists(path):
        raise InputError(f"--pin: {path} does not exist{nearby_hint(path)}", remedy="Check model.path.")
    return Pin(path, sha256_path(path))


__all__ = ["MAX_BYTES", "MAX_PROBLEMS", "LoadedSpec", "load_spec", "looked_at", "spec_of"]
