"""What does `--set KEY=VALUE` change? Keys of the spec that are set on the command line lie over all its files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from readiness.exceptions import SpecError
from readiness.hints import escaped, shown
from readiness.spec.layers import over, present
from readiness.spec.sources import NOTE
from readiness.spec.yaml_reading import COMMAND_LINE, MAX_DEPTH, Document, KeyPath, Place, Problem, keyed, parse_yaml

RECORDED_AS = "spec: command line"
"""The name in the record for what was set on the command line."""
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
