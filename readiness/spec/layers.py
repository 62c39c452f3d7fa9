"""Several documents as one: what lies on top wins; only mappings are joined."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from readiness.core.errors import SpecError
from readiness.core.files import Role, is_address, is_utf8
from readiness.core.sanitize import escaped, shown
from readiness.spec.yaml import (
    COMMAND_LINE,
    MAX_DEPTH,
    SPEC_KEYS,
    Document,
    KeyPath,
    Place,
    Problem,
    keyed,
    parse_yaml,
    unusable,
)


def joined(documents: Sequence[Document]) -> Document:
    """The first document completed by the second, and so on."""
    data: Mapping[str, Any] = {}
    places: dict[KeyPath, Place] = {}
    for document in reversed(documents):
        data = over(data, document.data)
        places |= document.places
    problems = tuple(problem for document in documents for problem in document.problems)
    return Document(data, present(places, data), problems)


def over(base: Any, top: Any, key: KeyPath = ()) -> Any:
    """`top` where it says something, else `base`; `key` is where both stand.

    An attestation is what one person says of one box: it is replaced whole, so that nobody is made to vouch for the
    evidence of another.
    """
    is_box = len(key) == 2 and key[0] == "checklist"
    if is_box or not (isinstance(base, Mapping) and isinstance(top, Mapping)):
        return top
    return {**base, **{name: over(base.get(name), value, (*key, name)) for name, value in top.items()}}


def present(places: Mapping[KeyPath, Place], data: Any) -> dict[KeyPath, Place]:
    """The places of what is still there."""
    return {key: place for key, place in places.items() if _holds(data, key)}


def _holds(data: Any, key: KeyPath) -> bool:
    for step in key:
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if not (in_list or (isinstance(data, dict) and step in data)):
            return False
        data = data[step]
    return True


# ----------------------------------------------------------------------------------------------------
# The files that make a spec: the named one, those that it extends, and their checklists.

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
    size: int
    """Bytes."""
    role: Role
    """The spec's or the checklist's."""


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
            document = self._parsed(following, Role.SPEC, namer, EXTENDS)
            self.documents.append(_without_from(document))
            self._read_checklist(document, following)
            namer, following = document.place(EXTENDS), self._extended(document, following)

    def _parsed(self, path: Path, role: Role, namer: Place | None, key: KeyPath) -> Document:
        content = self._content(path, namer, key)
        self.files.setdefault(path, SpecFile(path, hashlib.sha256(content).hexdigest(), len(content), role))
        expected = SPEC_KEYS if role is Role.SPEC else "boxes such as monitoring"
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
        if known is None or known.role is not Role.CHECKLIST:  # two specs of a chain may share one checklist
            self._check_new(target, name, place, "checklist.from")
        self.documents.append(_below("checklist", self._parsed(target, Role.CHECKLIST, place, FROM)))


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


# ----------------------------------------------------------------------------------------------------
# `--set KEY=VALUE`: keys of the spec that are set on the command line lie over all its files.

COMMAND_LINE_FILE = "command line"
"""What stands in the record for the name of a file, for what was set on the command line."""
MOST_SETTINGS = 200
LONGEST = 10_000
PIN = "model.sha256"
"""The key that says which model file is meant."""

_NAME = r'(?:"[^"]+"|[^.\[\]="\s][^.\[\]="]*)'
_SETTING = re.compile(rf"\s*({_NAME}(?:\.{_NAME}|\[\d{{1,6}}\])*)=(.*)", re.DOTALL)
_STEP = re.compile(r'"([^"]+)"|\[(\d+)\]|([^.\[\]="]+)')
_EXAMPLE = "expected KEY=VALUE such as business.requirements[0].at_least=0.9"
_OF_FILES: dict[KeyPath, str] = {
    ("extends",): "which file a spec completes",
    ("checklist", "from"): "where the checklist lies",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key with its value, and where each part of the value stands."""

    key: KeyPath
    value: Any
    places: Mapping[KeyPath, Place]


class Unusable(Exception):
    """A setting that cannot be laid over the spec; says why."""

    def __init__(self, text: str, key: KeyPath = ()) -> None:
        """`key` is where it shows."""
        super().__init__(text)
        self.problem = Problem(COMMAND_LINE, 0, key, text)


def settings_bytes(settings: Sequence[str]) -> bytes:
    """What the digest of the settings is of: one in each line."""
    return "\n".join(settings).encode("utf-8", "surrogatepass")


def keys_of(settings: Sequence[str], *, first: int = 0) -> tuple[str, ...]:
    """The keys that well-formed settings set, each once, as error messages write them; lists begin with `first`."""
    found = [_key(match[1]) for text in settings if (match := _SETTING.fullmatch(text))]
    shifted = (tuple(step + first if isinstance(step, int) else step for step in key) for key in found)
    return tuple(dict.fromkeys(map(keyed, shifted)))


def laid(document: Document, settings: Sequence[str]) -> Document:
    """The document with each setting over it, one after the other; what cannot be set is among its problems."""
    problems: list[Problem] = []
    data, places = document.data, dict(document.places)
    if len(settings) > MOST_SETTINGS:
        problems.append(Problem(COMMAND_LINE, 0, (), f"found {len(settings):,} settings; at most {MOST_SETTINGS}"))
    for text in settings[:MOST_SETTINGS]:
        try:
            setting = parse_setting(text)
            data = _set(data, setting.key, setting.value, ())
            above = (setting.key[:length] for length in range(1, len(setting.key)))
            places = {**dict.fromkeys(above, Place(COMMAND_LINE, 0)), **places, **setting.places}
        except Unusable as fault:
            problems.append(fault.problem)
    return Document(data, present(places, data), (*document.problems, *problems))


def as_text(document: Document, keys: Iterable[KeyPath]) -> Document:
    """The document in which values of the command line at `keys` are the texts as they were written: 1.10, true."""
    data = document.data
    for key in keys:
        place = document.places.get(key)
        if place is not None and place.file == COMMAND_LINE and place.text:
            data = _set(data, key, place.text, ())
    return document if data is document.data else replace(document, data=data)


def parse_setting(text: str) -> Setting:
    """The key and the value of `KEY=VALUE`; the value is read as one line of a YAML file is.

    Raises:
        Unusable: it is none.
    """
    if len(text) > LONGEST:
        raise Unusable(f"found {len(text):,} characters; at most {LONGEST:,}")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise Unusable(f"{shown(text)} holds a line break or a control character; remove it")
    match = _SETTING.fullmatch(text)
    if match is None:
        raise Unusable(f"found {shown(text)}, {_EXAMPLE}")
    key = _key(match[1])
    if len(key) > MAX_DEPTH:
        raise Unusable(f"{shown(match[1])} has {len(key):,} steps; at most {MAX_DEPTH}")
    if key in _OF_FILES:
        raise Unusable(f"{_OF_FILES[key]} is said in a file, not on the command line", key)
    if str(key[0]).startswith(NOTE):
        raise Unusable(f"keys that begin with {NOTE} are passed over, so this would change nothing", key)
    return Setting(key, *_value(match[2], key))


def _key(text: str) -> KeyPath:
    return tuple(int(step[2]) if step[2] else step[1] or step[3].strip() for step in _STEP.finditer(text))


def _value(text: str, key: KeyPath) -> tuple[Any, dict[KeyPath, Place]]:
    """The plain data of one value, and its places below `key`."""
    line = f"value: {text}"
    try:
        document = parse_yaml(line.encode("utf-8"), COMMAND_LINE)
    except SpecError as error:
        said = re.sub(r"^--set( line \d+)?: (column \d+: )?", "", error.problems[0])
        raise Unusable(said, key) from error
    for problem in document.problems:
        raise Unusable(problem.text, (*key, *problem.key[1:]))
    if "#" in text and (read := _read_part(line)).strip() != line.strip():
        kept = read.removeprefix("value:").strip()
        raise Unusable(f"only {shown(kept)} is read, as # begins a comment; put the value in quotes", key)
    if set(document.data) != {"value"}:
        raise Unusable(f"found {shown(text)}, expected one value", key)
    below = {(*key, *path[1:]): Place(COMMAND_LINE, 0, at.text) for path, at in document.places.items() if path}
    return document.data["value"], below


def _read_part(line: str) -> str:
    """As much of a line as YAML does not take for a comment."""
    tokens = yaml.scan(line, Loader=yaml.SafeLoader)
    ends = [token.end_mark.index for token in tokens if token.start_mark.index < token.end_mark.index]
    return line[: max(ends, default=0)]


def _set(data: Any, key: KeyPath, value: Any, above: KeyPath) -> Any:
    """A copy of `data` in which `value` lies over what stands at `key`."""
    if not key:
        return over(data, value, above)
    step, *rest = key
    where = (*above, step)
    if isinstance(step, int):
        if not isinstance(data, list):
            raise Unusable(f"the spec has no list at {keyed(above)}, so there is no entry {step}", where)
        if step >= len(data):
            entries = f"has {len(data)}" if data else "is empty"
            raise Unusable(
                f"the list {keyed(above)} {entries}, numbered from 0; set the whole list to lengthen it", where
            )
        return [_set(part, tuple(rest), value, where) if index == step else part for index, part in enumerate(data)]
    if data is not None and not isinstance(data, Mapping):
        entry = f"; name one of its entries, such as {keyed(above)}[0]" if isinstance(data, list) else ""
        kind = "a list" if isinstance(data, list) else "a single value"
        raise Unusable(f"{keyed(above)} is {kind} and has no key {escaped(str(step))}{entry}", where)
    part = {} if data is None else data
    return {**part, step: _set(part.get(step), tuple(rest), value, where)}


__all__ = ["PIN", "Setting", "as_text", "keys_of", "laid", "parse_setting", "settings_bytes"]
