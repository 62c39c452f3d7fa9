"""How does a file become a spec? One door: read, completed by what it extends, checked, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from readiness.exceptions import SpecError
from readiness.hints import escaped, shown
from readiness.spec import Spec
from readiness.spec.checks import misfits
from readiness.spec.problems import parsed, told
from readiness.spec.yaml_reading import Document, KeyPath, Place, Problem, parse_yaml, unusable

MAX_BYTES = 5_000_000
MAX_FILES = 10
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
    """Every file that was read with its SHA-256: the named one first, then those that it extends."""
    lines: Mapping[KeyPath, int]
    """The line of each key; in the file that sets it."""

    @property
    def folder(self) -> Path:
        """Where relative paths begin, also those of a spec that is extended."""
        return self.path.parent

    @property
    def digest(self) -> str:
        """One SHA-256 over all files: that of the only one, else of the lines `<sha256>  <file name>`."""
        if len(self.files) == 1:
            return self.sha256
        return _sha256("".join(f"{sha256}  {path.name}\n" for path, sha256 in self.files).encode())

    def resolve(self, relative: str) -> Path:
        """The absolute path of a file that the spec names."""
        return (self.folder / relative).resolve()


def load_spec(path: Path, *, sha256: str | None = None, settings: Sequence[str] = ()) -> LoadedSpec:
    """Read the spec at `path`; relative paths in it, and in what it extends, begin at its folder.

    Faults of form (kinds, unknown keys) are all told at once; contradictions, once the form is right.
    `sha256` is the `digest` of an earlier reading.

    Raises:
        SpecError: with one line for each problem; or when the files are no longer those of `sha256`.
    """
    documents, files = _read(path)
    document = _joined(documents)
    spec = _checked(document)
    lines = MappingProxyType({key: place.line for key, place in document.places.items()})
    loaded = LoadedSpec(spec, files[0][0], files[0][1], files, lines)
    if sha256 is not None and sha256 != loaded.digest:
        raise SpecError(
            f"{escaped(path.name)} or a file that it extends was changed since it was read: "
            f"found {loaded.digest}, expected {shown(sha256, 64)}.",
            remedy="Run the review again.",
        )
    return loaded


def _read(path: Path) -> tuple[list[Document], tuple[tuple[Path, str], ...]]:
    """The named file and those that it extends, one after the other."""
    documents: list[Document] = []
    files: dict[Path, str] = {}
    following: Path | None = path.absolute()
    while following is not None:
        content = _bytes(following, documents)
        files[following.resolve() if documents else following] = _sha256(content)
        documents.append(parse_yaml(content, escaped(following.name)))
        following = _extended(documents[-1], following, files)
    return documents, tuple(files.items())


def _bytes(path: Path, documents: list[Document]) -> bytes:
    try:
        return _regular_file(path)
    except SpecError as error:
        if not documents:
            raise
        place = documents[-1].place(("extends",))
        raise SpecError(
            f"{place.file} line {place.line}, extends: the file that it names cannot be used.", problems=error.problems
        ) from error


def _regular_file(path: Path) -> bytes:
    file = escaped(str(path), 200)
    try:
        if path.is_dir():
            raise unusable(file, "found a folder, expected a YAML file", remedy="Name the file in it.")
        if not path.exists():
            raise unusable(file, "there is no such file", remedy="Check the path, or start one with: readiness new")
        if not path.is_file():
            raise unusable(file, "found something that is not a regular file, expected a YAML file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that no system can hold
        raise unusable(file, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise unusable(file, f"holds more than {MAX_BYTES // 1_000_000} MB, which no spec needs")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _extended(document: Document, path: Path, files: Mapping[Path, str]) -> Path | None:
    name = document.data.get("extends")
    if not isinstance(name, str):  # of another kind: told with all other problems
        return None
    base = (path.parent / name).resolve()
    place = document.place(("extends",))
    if any(base == seen.resolve() for seen in files):
        raise unusable(
            place.file, f"extends: {shown(name)} leads back to a file that was read already", line=place.line
        )
    if len(files) == MAX_FILES:
        raise unusable(place.file, f"extends: more than {MAX_FILES} files", line=place.line)
    return base


def _joined(documents: list[Document]) -> Document:
    """The first document completed by the second, and so on; only mappings are joined."""
    data: Mapping[str, Any] = {}
    places: dict[KeyPath, Place] = {}
    for document in reversed(documents):
        data = _over(data, document.data)
        places |= document.places
    problems = tuple(problem for document in documents for problem in document.problems)
    return Document(data, {key: place for key, place in places.items() if _holds(data, key)}, problems)


def _over(base: Any, top: Any) -> Any:
    if not (isinstance(base, dict | Mapping) and isinstance(top, dict | Mapping)):
        return top
    return {**base, **{key: _over(base.get(key), value) for key, value in top.items()}}


def _holds(data: Any, key: KeyPath) -> bool:
    for step in key:
        if not (step in data if isinstance(data, dict) else isinstance(data, list) and int(step) < len(data)):
            return False
        data = data[step]
    return True


def _checked(document: Document) -> Spec:
    spec = None
    problems = list(document.problems)
    try:
        spec = parsed(document.data)
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
    return spec


def _error(problems: list[Problem], document: Document) -> SpecError:
    # Stable: the main file first, and in each file from its top to its end.
    main = document.places[()].file
    ordered = [str(each) for each in sorted(problems, key=lambda each: (each.file != main, each.file, each.line))]
    count = f"{len(ordered)} problem{'s' if len(ordered) > 1 else ''}"
    if len(ordered) > MAX_PROBLEMS:
        ordered[MAX_PROBLEMS:] = [f"and {len(ordered) - MAX_PROBLEMS} more"]
    return SpecError(f"{main} cannot be used: {count} to mend.", problems=tuple(ordered))
