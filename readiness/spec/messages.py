"""Faults that pydantic finds, each told in one sentence to the person who wrote the spec.

A value that may be of several kinds (text, or a mapping with column, ...) gives pydantic one complaint for each kind;
they are joined here into one sentence for each key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from readiness.core.checklist import ATTESTABLE
from readiness.core.sanitize import escaped, nearest, shown
from readiness.spec.schema import Part, Spec
from readiness.spec.yaml import Document, KeyPath, Problem

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_LIMITS = {
    "greater_than": "more than {gt:.10g}",
    "greater_than_equal": "{ge:.10g} or more",
    "less_than": "less than {lt:.10g}",
    "less_than_equal": "{le:.10g} or less",
    "finite_number": "a finite number",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "some text",
    "too_short": "a list of at least {min_length}",
}
_PATTERNS = {
    "[0-9a-f]{64}": "a SHA-256 digest: 64 characters out of 0-9 and a-f",
    "[a-z0-9_]{0,39}": "a name of lower-case letters, digits and _, up to 40 of them, that begins with a letter",
    ":": "a reference such as package.module:function",
    "(s|min|h|d|w)": 'a duration such as "30 d", "12 h" or "90 min"',
}

_MOST_FAULTS = 500
"""Nobody mends more than this at once, and looking for near names takes its time."""


def parsed(data: Mapping[str, Any]) -> Spec:
    """The spec in `data`, taken strictly: no text for a number, no number for a text.

    Raises:
        ValidationError: pydantic's; `told` puts it into words.
    """
    # JSON is the form in which pydantic is strict about kinds and still takes lists and dates.
    return Spec.model_validate_json(json.dumps(_without_empty_keys(data)), strict=True)


def told(error: ValidationError, document: Document) -> Iterator[Problem]:
    """One problem for each key that is wrong, in no order."""
    data = _without_empty_keys(document.data)
    by_key: dict[KeyPath, list[ErrorDetails]] = {}
    for fault in error.errors(include_url=False)[:_MOST_FAULTS]:
        by_key.setdefault(_key(fault, data), []).append(fault)
    meant = {_meant(key) for key, faults in by_key.items() if faults[0]["type"] == "extra_forbidden"}
    above = {key[:length] for key in by_key for length in range(len(key))}
    for key, faults in by_key.items():
        text = _sentence(key, faults, document, silent_on_kind=key in above)
        # A key that is misspelt is not also missing.
        if text and not (faults[0]["type"] == "missing" and key in meant):
            place = document.place(key)
            joined = _from_elsewhere(key, document) if faults[0]["type"] == "value_error" else ""
            yield Problem(place.file, place.line, key, text + joined)


def _from_elsewhere(key: KeyPath, document: Document) -> str:
    """Which keys of a mapping that contradicts itself another file brings, and how to be rid of them."""
    places = {k: place for k, place in document.places.items() if k[:-1] == key and len(k) > len(key)}
    here = document.place(key).file
    others = [(str(k[-1]), place) for k, place in places.items() if place.file != here]
    if not others or len(others) == len(places):
        return ""
    listed = ", ".join(f"{escaped(name)} ({place.file} line {place.line})" for name, place in others)
    empty = " ".join(f"{escaped(name)}:," for name, _ in others)
    how = f"to replace it, empty its keys here: {escaped(str(key[-1]))}: {{{empty} …}}"
    return f"; joined with what another file sets: {listed}; {how}"


def only_text(error: ValidationError, document: Document) -> list[KeyPath]:
    """The keys where a text is wanted, and nothing that a number or true would be."""
    data = _without_empty_keys(document.data)
    kinds: dict[KeyPath, set[str]] = {}
    for fault in error.errors(include_url=False)[:_MOST_FAULTS]:
        kinds.setdefault(_key(fault, data), set()).add(fault["type"])
    other = {"int_type", "float_type", "bool_type"}
    return [key for key, found in kinds.items() if "string_type" in found and not found & other]


def _without_empty_keys(data: Any) -> Any:
    """A key with nothing behind it counts as left out, so that a section may stand empty."""
    if isinstance(data, list):
        return [_without_empty_keys(each) for each in data]
    if not isinstance(data, dict):
        return data
    return {key: _without_empty_keys(value) for key, value in data.items() if value is not None or key not in _HOMES}


def _key(fault: ErrorDetails, data: Any) -> KeyPath:
    """The location in the data: pydantic's without the names of kinds that it holds where a value may be of several."""
    key: list[str | int] = []
    for step in fault["loc"]:
        known = step in data if isinstance(data, dict) else _is_place(step, data)
        if known:
            key.append(step)
            data = data[step]
    if fault["type"] == "missing" and fault["loc"]:
        key.append(fault["loc"][-1])
    return tuple(key)


def _is_place(step: str | int, data: Any) -> bool:
    """Whether a step leads to an entry of a list that is there; one that is missing is told of the list."""
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _sentence(key: KeyPath, faults: list[ErrorDetails], document: Document, *, silent_on_kind: bool) -> str:
    of_kind = [fault for fault in faults if fault["type"] in _KINDS]
    others = [fault for fault in faults if fault["type"] not in _KINDS]
    if others:
        written = document.place(key).text
        unknown = [fault for fault in others if fault["loc"][-1] == "[key]"]
        return "; ".join(dict.fromkeys(_other(key, fault, written) for fault in unknown or others))
    if silent_on_kind:
        return ""
    value, expected = of_kind[0]["input"], list(dict.fromkeys(_expected_kind(key, fault) for fault in of_kind))
    if "a number" in expected and "a whole number" in expected:
        expected.remove("a whole number")
    hint = _kind_hint(value, expected, document.place(key).text)
    return f"found {_found(value, document.place(key).text)}, expected {_or(expected)}{hint}"


def _expected_kind(key: KeyPath, fault: ErrorDetails) -> str:
    if fault["type"] != "model_type":
        return _KINDS[fault["type"]]
    required = [
        name
        for part in _parts_at(key)
        if part.__name__ == fault["ctx"]["class_name"]
        for name, field in part.model_fields.items()
        if field.is_required()
    ]
    return f"a mapping with {' and '.join(required)}" if required else "a mapping"


def _other(key: KeyPath, fault: ErrorDetails, written: str) -> str:
    kind, value, details = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "missing":
        return f"missing; expected {_description(key)}"
    if kind == "extra_forbidden":
        return "unknown key" + _near_key(key)
    if kind == "literal_error" and fault["loc"][-1] == "[key]":
        return "unknown key" + nearest(str(value), re.findall(r"'([^']*)'", details["expected"]))
    if kind in ("literal_error", "enum"):
        names = [name for name in re.findall(r"'([^']*)'", details["expected"]) if name]
        near = nearest(value, names) if isinstance(value, str) else f"; expected one of {', '.join(names)}"
        return f"found {_found(value)}{near}"
    if kind == "string_pattern_mismatch":
        known = (text for part, text in _PATTERNS.items() if part in details["pattern"])
        expected = next(known, f"text that fits {details['pattern']}")
        return f"found {shown(value)}, expected {expected}"
    if kind == "value_error":
        return str(details["error"])
    expected = _LIMITS[kind].format(**details) if kind in _LIMITS else fault["msg"]
    return f"found {_found(value, written)}, expected {expected}"


def _found(value: Any, written: str = "") -> str:
    if isinstance(value, bool | None):
        return shown(value)
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {escaped(written or str(value))}"
    return "a list" if isinstance(value, list) else "a mapping"


def _kind_hint(value: Any, expected: list[str], written: str) -> str:
    """How the same value is written so that it is of the kind that is expected."""
    if isinstance(value, bool | int | float) and "text" in expected:
        return f'; put it in quotes: "{escaped(written)}"'
    if not isinstance(value, str) or len(value) > 40:
        return ""
    if expected == ["true or false"]:
        word = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
        return f"; write {word[value.lower()]}" if value.lower() in word else ""
    if any("number" in each for each in expected):
        return _number_hint(value)
    return ""


def _number_hint(value: str) -> str:
    if re.fullmatch(r"[-+]?[\d.]*(,\d+)+%?", value):  # 1,234 is two different numbers in two languages
        return "; write it with a decimal point and without other separators"
    match = re.fullmatch(r"([-+]?\d[\d_ ]*(?:\.\d+)?)\s*(%?)", value)
    if match is None:
        return ""
    number = float(re.sub("[_ ]", "", match[1])) / (100 if match[2] else 1)
    return f"; write it as {number:.10g}, without quotes"


def _or(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


_NOBODY_VOUCHES: dict[KeyPath, str] = {
    ("soundness", "recent"): "nobody can vouch for recent rows: test on rows like the recent ones",
    ("soundness", "copies"): "nobody can vouch for copies: leave them out, or split the rows anew",
}


def _near_key(key: KeyPath) -> str:
    name = str(key[-1])
    if key in _NOBODY_VOUCHES:
        return f"; {_NOBODY_VOUCHES[key]}"
    if name == "true" and "on" in _keys_at(key[:-1]):
        return "; a program that reads a bare on as true, by YAML 1.1, has rewritten the key: write 'on': in quotes"
    near = nearest(name, _keys_at(key[:-1]))
    if "did you mean" in near or name not in _HOMES or name in ATTESTABLE:
        return near
    return f"; it belongs in {' or '.join(_HOMES[name])}"


def _meant(key: KeyPath) -> KeyPath:
    """The key that an unknown one stands for."""
    match = re.search('did you mean "(.*)"', _near_key(key))
    return (*key[:-1], match[1]) if match else key


def _keys_at(key: KeyPath) -> list[str]:
    return [name for part in _parts_at(key) for name in _own_first(part)]


def _own_first(part: type[Part]) -> list[str]:
    """The keys of a part, those that it shares with others last."""
    return sorted(part.model_fields, key=lambda name: name not in part.__annotations__)


def _description(key: KeyPath) -> str:
    fields = (part.model_fields.get(str(key[-1])) for part in _parts_at(key[:-1]))
    return next((field.description for field in fields if field and field.description), "a value")


def _parts_at(key: KeyPath) -> list[type[Part]]:
    """The parts that may stand at `key`."""
    parts: list[type[Part]] = [Spec]
    for step in key:
        fields = [part.model_fields[str(step)] for part in parts if step in part.model_fields]
        # A step that is no field is an index, or a key of a free mapping, and leads to the same parts.
        parts = [each for field in fields for each in _parts_in(field.annotation)] if fields else parts
    return parts


def _parts_in(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return list(dict.fromkeys(part for each in get_args(annotation) for part in _parts_in(each)))


def _homes() -> dict[str, list[str]]:
    homes: dict[str, list[str]] = {name: ["checklist"] for name in ATTESTABLE}
    open_parts: list[tuple[str, type[Part]]] = [("", Spec)]
    for where, part in open_parts:
        for name, field in part.model_fields.items():
            homes.setdefault(name, []).append(where or "the top of the spec")
            open_parts += [(f"{where}.{name}".lstrip("."), each) for each in _parts_in(field.annotation)]
    return homes


_HOMES = _homes()
"""Every key that a spec may hold, and the sections where it may stand."""
