"""How are the facts read out of an ONNX file, before any library opens it?

An ONNX file is a protocol buffer. Field numbers are those of ONNX's own `onnx.proto3` (IR version 10). Whatever can
hold a tensor is followed, so that no part of the model can lie in another file unseen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from readiness.evidence.onnx_facts import CLASS_LABELS, Node, OnnxFacts
from readiness.evidence.protobuf import DamagedMessage, Wire, fields, integers, message, runs, text

DEEPEST = 64
"""Graphs inside graphs (loops, branches) that are followed; protocol buffers end at 100 themselves."""
LONG_ATTRIBUTES = runs(0x3D, 0x40, 0x4A)
"""Numbers and short texts in lists of an attribute: the nodes of a thousand trees."""
LONG_TENSORS = runs(0x25, 0x28, 0x38, 0x51, 0x58)
_LABELS = tuple(name.encode() for name in CLASS_LABELS)
_INT32, _INT64, _STRING = 6, 7, 8
LONGEST_NAMES = 8192
"""Bytes of a constant that are read: whole numbers may be names of classes, long lists of them are weights."""


def read_facts(data: bytes) -> OnnxFacts:
    """Read the bytes of an ONNX file.

    Raises:
        DamagedMessage: they are cut off, or something else.
    """
    facts = OnnxFacts()
    own: set[str] = set()
    graphs = 0
    for number, value in fields(memoryview(data)):
        if number == 2:
            facts.producer = text(value)
        elif number == 3:
            facts.version = text(value)
        elif number == 7:
            graphs += 1
            _graph(message(value), facts, main=True)
        elif number == 14:
            key, said = _pair(message(value))
            facts.metadata[key] = said
        elif number == 20:
            _training(message(value), facts)
        elif number == 25:
            own.add(_function(message(value), facts))
    facts.domains -= own
    if not graphs:
        raise DamagedMessage("it holds no graph")
    return facts


def _training(data: Wire, facts: OnnxFacts) -> None:
    """What a training step would run: two graphs."""
    for number, value in fields(data):
        if number in (1, 2):
            _graph(message(value), facts)


def _function(data: Wire, facts: OnnxFacts) -> str:
    """An operator that the file defines itself; returns its domain."""
    domain = ""
    for number, value in fields(data):
        if number == 7:
            _node(message(value), facts, 1)
        elif number == 10:
            domain = text(value)
        elif number == 11:  # values of attributes that a call may leave out
            _attribute(message(value), facts, 1)
    return domain


def _graph(data: Wire, facts: OnnxFacts, *, main: bool = False, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise DamagedMessage(f"it holds graphs inside graphs, more than {DEEPEST} deep")
    for number, value in fields(data):
        if number == 1:
            node = _node(message(value), facts, depth)
            facts.nodes += [node] if main else []
        elif number == 5:
            _tensor(message(value), facts)
        elif number == 15:
            _sparse(message(value), facts)


def _node(data: Wire, facts: OnnxFacts, depth: int) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: [], 7: []}
    attributes = {}
    for number, value in fields(data):
        if number in texts:
            texts[number].append(text(value))
        elif number == 5:
            name, found = _attribute(message(value), facts, depth)
            attributes[name] = found
    facts.domains.add("".join(texts[7][-1:]))
    return Node("".join(texts[4][-1:]), tuple(texts[1]), tuple(texts[2]), attributes)


def _attribute(data: Wire, facts: OnnxFacts, depth: int) -> tuple[str, Any]:
    start = bytes(data[:64])
    is_label = any(name in start for name in _LABELS)
    name, single = "", None
    texts: list[bytes] = []
    numbers: list[int] = []
    for number, value in fields(data, None if is_label else LONG_ATTRIBUTES):
        if number == 1:
            name = text(value)
        elif number == 4:
            single = bytes(message(value))
        elif number == 8:
            numbers += integers(value)
        elif number == 9:
            texts.append(bytes(message(value)))
        elif number in (5, 10):
            _tensor(message(value), facts)
        elif number in (6, 11):
            _graph(message(value), facts, depth=depth + 1)
        elif number in (22, 23):
            _sparse(message(value), facts)
    return name, single if single is not None else (texts or numbers)


def _sparse(data: Wire, facts: OnnxFacts) -> None:
    for number, value in fields(data):
        if number in (1, 2):
            _tensor(message(value), facts)


def _tensor(data: Wire, facts: OnnxFacts) -> None:
    found: defaultdict[int, list[int | Wire]] = defaultdict(list)
    for number, value in fields(data, LONG_TENSORS):
        found[number].append(value)
    places = dict(_pair(message(value)) for value in found[13])
    if "location" in places or found[14][-1:] == [1]:
        facts.external.append(places.get("location", ""))
    kind, name = found[2][-1:], "".join(text(value) for value in found[8][-1:])
    if kind in ([_INT32], [_INT64]):
        values: list[Any] = [number for value in (*found[5], *found[7]) for number in integers(value)]
        raw = b"".join(bytes(message(value)[:LONGEST_NAMES]) for value in found[9][-1:])
        facts.constants[name] = values or _from_raw(raw, 4 if kind == [_INT32] else 8)
    elif kind == [_STRING]:
        facts.constants[name] = [text(value) for value in found[6]]


def _from_raw(raw: bytes, width: int) -> list[int]:
    return [int.from_bytes(raw[i : i + width], "little", signed=True) for i in range(0, len(raw), width)]


def _pair(data: Wire) -> tuple[str, str]:
    found = {number: text(value) for number, value in fields(data) if number in (1, 2)}
    return found.get(1, ""), found.get(2, "")
