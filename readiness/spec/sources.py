"""Which files make a spec, and what does each hold? The named one, those that it extends, and their checklists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from readiness.exceptions import SpecError
from readiness.hints import escaped, shown
from readiness.looking import is_address, is_utf8
from readiness.spec.yaml_reading import SPEC_KEYS, Document, KeyPath, Place, Problem, parse_yaml, unusable

MAX_BYTES = 5_000_000
MAX_FILES = 10
EXTENDS: KeyPath = ("extends",)
FROM: KeyPath = ("checklist", "from")
NOTE = "x-"
"""Keys at the top of a file that begin so are passed over: a place for anchors."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """One file that was read."""

    path: Path
    sha256: str
    """Of its bytes, in hexadecimal."""
    role: str
    """"spec" or "checklist"."""


@dataclass(slots=True)
class Sources:
    """Everything that was read for one spec; also what was read before something failed."""

    documents: list[Document] = field(default_factory=list)
    """The first lies over the second, and so on. A checklist lies right below the file that names it."""
    files: dict[Path, SpecFile] = field(default_factory=dict)
    """In the order of reading, the named one first."""
    tried: list[Path] = field(default_factory=list)
    """Every file that was looked for, also in vain."""

    def read(self, path: Path) -> None:
        """Read the spec at `path`, what it extends, and the checklists that they name.

        Raises:
            SpecError: a file cannot be used; what was read until then is kept.
        """
        following: Path | None = path.absolute()
        namer: Place | None = None
        while following is not None:
            document = self._parsed(following, "spec", namer, EXTENDS)
            self.documents.append(_without_from(document))
            self._read_checklist(document, following)
            namer, following = document.place(EXTENDS), self._extended(document, following)

    def _parsed(self, path: Path, role: str, namer: Place | None, key: KeyPath) -> Document:
        content = self._content(path, namer, key)
        self.files.setdefault(path, SpecFile(path, hashlib.sha256(content).hexdigest(), role))
        expected = SPEC_KEYS if role == "spec" else "boxes such as monitoring"
        return _without_notes(parse_yaml(content, escaped(path.name), expected))

    def _content(self, path: Path, namer: Place | None, key: KeyPath) -> bytes:
        self.tried.append(path)
        try:
            return _regular_file(path)
        except SpecError as error:
            if namer is None:
                raise
            text = "the file that it names cannot be used."
            raise SpecError(str(Problem(namer.file, namer.line, key, text)), problems=error.problems) from error

    def _extended(self, document: Document, path: Path) -> Path | None:
        name = document.data.get("extends")
        if not isinstance(name, str):  # of another kind: told with all other problems
            return None
        place = document.place(EXTENDS)
        target = _beside(path, name, place, "extends")
        self._check_new(target, name, place, "extends")
        return target

    def _check_new(self, path: Path, name: str, place: Place, key: str) -> None:
        if any(path == file.path.resolve() for file in self.files.values()):
            text = f"{key}: {shown(name)} leads back to a file that was read already"
            raise unusable(place.file, text, line=place.line)
        if len(self.files) == MAX_FILES:
            raise unusable(place.file, f"{key}: more than {MAX_FILES} files", line=place.line)

    def _read_checklist(self, document: Document, path: Path) -> None:
        """The boxes in the file that `checklist.from` names, if it does, as a document of their own."""
        boxes = document.data.get("checklist")
        if not isinstance(boxes, Mapping) or boxes.get("from") is None:
            return
        name, place = boxes["from"], document.place(FROM)
        if not isinstance(name, str) or not name:
            text = f"found {shown(name)}, expected the name of a YAML file with boxes"
            self.documents.append(Document({}, {}, (Problem(place.file, place.line, FROM, text),)))
            return
        target = _beside(path, name, place, "checklist.from")
        known = self.files.get(target)
        if known is None or known.role != "checklist":  # two specs of a chain may share one checklist
            self._check_new(target, name, place, "checklist.from")
        self.documents.append(_below("checklist", self._parsed(target, "checklist", place, FROM)))


def _beside(path: Path, name: str, place: Place, key: str) -> Path:
    """The file that `name` means to the file at `path`."""
    if is_address(name):
        text = f"{key}: {shown(name)} is an address; addresses are not fetched"
        raise unusable(place.file, text, line=place.line, remedy="Download it first and name the file.")
    try:
        return (path.parent / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # no path on any system, or a circle of links
        raise unusable(place.file, f"{key}: {shown(name)} is no usable path", line=place.line) from error


def _regular_file(path: Path) -> bytes:
    file = escaped(str(path), 200)
    if not is_utf8(Path(path.name)):
        raise unusable(file, "has a name that is not UTF-8, which no record can hold", remedy="Rename the file.")
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


def _without_notes(document: Document) -> Document:
    """Without the keys at its top that begin with x-; what their anchors hold has its place where it is used."""
    data = {key: value for key, value in document.data.items() if not key.startswith(NOTE)}
    kept = {key: place for key, place in document.places.items() if not (key and str(key[0]).startswith(NOTE))}
    return replace(document, data=data, places=kept)


def _without_from(document: Document) -> Document:
    boxes = document.data.get("checklist")
    if not isinstance(boxes, Mapping) or "from" not in boxes:
        return document
    data: dict[str, Any] = {**document.data, "checklist": {k: v for k, v in boxes.items() if k != "from"}}
    return replace(document, data=data, places={k: v for k, v in document.places.items() if k[:2] != FROM})


def _below(name: str, document: Document) -> Document:
    """The whole document as what stands behind the key `name`."""
    problems = tuple(replace(problem, key=(name, *problem.key)) for problem in document.problems)
    return Document({name: document.data}, {(name, *key): place for key, place in document.places.items()}, problems)
