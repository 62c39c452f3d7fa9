"""YAML files as plain data, and the line on which each value stands.

YAML 1.2 core schema: only `true` and `false` are booleans, so `on`, `yes` and `no` stay text; dates stay text. Keys
are always text, as written. Anchors and merge keys (`<<`) work. Tags that make objects are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from readiness.core.errors import SpecError
from readiness.core.sanitize import escaped, shown

KeyPath = tuple[str | int, ...]
"""The way to a value: ("business", "requirements", 0, "metric")."""

MAX_DEPTH = 30
MAX_EXPANDED = 10_000_000
"""Characters after aliases are expanded; a few lines of aliases of aliases would otherwise fill any memory."""
_VALUE_COST = 100
"""What a value counts towards MAX_EXPANDED besides its characters."""
LONGEST_NUMBER = 100
"""Characters of a whole number; with thousands, it could be read and never be written again."""

COMMAND_LINE = "--set"
"""Stands for the file of what is set on the command line, which has no lines."""
SPEC_KEYS = "the keys model and data"
"""What a spec holds at its top."""

_CORE = "tag:yaml.org,2002:"
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; `text` is a plain value as written ("1.10"), empty for lists and mappings."""

    file: str
    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. Line 0: no line can be named."""

    file: str
    line: int
    key: KeyPath
    text: str

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        link = "" if not self.key else " " if (self.file, self.line) == (COMMAND_LINE, 0) else ", "
        return f"{self.file}{line}{link}{keyed(self.key)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file with a mapping at its top."""

    data: Mapping[str, Any]
    places: Mapping[KeyPath, Place]
    problems: tuple[Problem, ...]
    """What could be read around: duplicate keys, refused tags."""

    def place(self, key: KeyPath) -> Place:
        """Where `key` stands; for a key that is missing, where the mapping stands that lacks it."""
        while key not in self.places:
            key = key[:-1]
        return self.places[key]


def keyed(key: KeyPath) -> str:
    """A key path as people write it: business.requirements[0].metric."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{escaped(step)}" for step in key)
    return "".join(steps).removeprefix(".")


def unusable(file: str, text: str, *, line: int = 0, remedy: str = "") -> SpecError:
    """The error for a file in which nothing further can be looked at."""
    return SpecError("The spec cannot be used.", problems=(str(Problem(file, line, (), text)),), remedy=remedy)


def parse_yaml(content: bytes, file: str, expected: str = SPEC_KEYS) -> Document:
    """The document in `content`; `file` is the name that problems carry, `expected` says what stands at its top.

    Raises:
        SpecError: not UTF-8, not YAML, empty, not a mapping, or larger than any spec once aliases are expanded.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise unusable(file, "is not UTF-8 text", line=line, remedy="Save it with the encoding UTF-8.") from error
    root = _composed(text, file)
    if root is None or root.tag == f"{_CORE}null":
        remedy = "Start one with: readiness new" if expected == SPEC_KEYS else ""
        raise unusable(file, f"is empty, expected {expected}", remedy=remedy)
    if not isinstance(root, yaml.MappingNode):
        kind = "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
        raise unusable(file, f"found {kind} at the top, expected {expected}", line=1)
    builder = _Builder(file)
    data = builder.value(root, ())
    return Document(data or {}, builder.places, tuple(builder.problems))


class _TooMuch(yaml.MarkedYAMLError):
    """Deeper or longer than any spec."""


class _Loader(yaml.SafeLoader):
    """Composes nodes with the resolvers of YAML 1.2; constructs nothing."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML fills it through add_implicit_resolver
    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = None if parent is None else parent.start_mark
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH:
            raise _TooMuch(problem=f"nested more than {MAX_DEPTH} deep", problem_mark=mark)
        if self.nodes > MAX_EXPANDED / _VALUE_COST:
            raise _TooMuch(problem="holds far more than any spec", problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(_CORE + _tag, re.compile(rf"(?:{_pattern})\Z"), _first)

_HINTS = {
    r"'\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": 'a text that holds ": " needs quotes; else check the indentation',
    "single document": "a spec is one document; remove the line ---",
    "found undefined alias": "an alias needs its anchor (&name) further up",
    "special characters": "remove the control character",
    "quoted scalar": "a quote is not closed, or a backslash stands where none may (use single quotes)",
}


def _composed(text: str, file: str) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.reader.ReaderError as error:
        line, problem, column = text.count("\n", 0, error.position) + 1, str(error.reason), 0
        cause: Exception = error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = error.problem or error.context or "not readable"
        cause = error
    except (ValueError, OverflowError) as error:  # an escape or a directive with a number that is none
        line, problem, column, cause = 0, "a number in it is out of range", 0, error
    said = f"{problem} {getattr(cause, 'context', '') or ''}"
    hint = next((hint for part, hint in _HINTS.items() if part in said), "")
    where = f"column {column}: " if column else ""
    raise unusable(file, f"{where}not valid YAML: {escaped(problem, 200)}{hint and f'; {hint}'}", line=line) from cause


def _whole_number(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    return int(text, 0 if text[:2] in ("0o", "0x") else 10)


def whole(text: str) -> str:
    """A text in which no half of a surrogate pair is left, which nothing could be written with."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(slots=True)
class _Builder:
    """Turns nodes into plain data; `open` holds the nodes on the way down, to notice a circle."""

    file: str
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    expanded: int = 0
    open: list[int] = field(default_factory=list)

    def value(self, node: yaml.Node, path: KeyPath, line: int | None = None) -> Any:
        """The plain data of `node`; `line` is that of its key."""
        line = node.start_mark.line + 1 if line is None else line
        self.places[path] = Place(self.file, line, node.value if isinstance(node, yaml.ScalarNode) else "")
        self._enter(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_CORE}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_CORE}seq":
                return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]
            return self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else self._refused_tag(node, path)
        finally:
            self.open.pop()

    def _enter(self, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        if id(node) in self.open:
            raise unusable(self.file, "an anchor contains itself", line=line, remedy="Remove the alias inside it.")
        if len(self.open) > MAX_DEPTH:
            raise unusable(self.file, f"nested more than {MAX_DEPTH} deep once aliases are expanded", line=line)
        self.open.append(id(node))
        self._count(node)

    def _count(self, node: yaml.Node) -> None:
        self.expanded += _VALUE_COST + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0)
        if self.expanded > MAX_EXPANDED:
            line = node.start_mark.line + 1
            raise unusable(self.file, "holds far more than any spec once aliases are expanded", line=line)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        first: dict[str, int] = {}
        for name, value, own in self._pairs(node, path):
            key, line = self._text(name, path), name.start_mark.line + 1
            if key not in first:
                first[key] = line
                data[key] = self.value(value, (*path, key), line)
            elif own:
                self._problem(name, (*path, key), f"this key stands here twice; the first time on line {first[key]}")
        return data

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[yaml.ScalarNode, yaml.Node, bool]]:
        """Key, value, and whether the mapping itself holds it; merged ones last, so that its own come first."""
        merged: list[yaml.Node] = []
        for name, value in node.value:
            self._count(name)  # keys count, too: merges of merges yield the same ones over and over
            if name.tag == f"{_CORE}merge":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif isinstance(name, yaml.ScalarNode) and name.value:
                yield name, value, True
            else:
                self._problem(name, path, "found a key that is not text")
        for base in merged:
            if not isinstance(base, yaml.MappingNode):
                self._count(base)
                self._problem(base, path, "<< merges mappings only; found something else")
                continue
            self._enter(base)
            yield from ((name, value, False) for name, value, _ in self._pairs(base, path))
            self.open.pop()

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        text, kind = node.value, node.tag.removeprefix(_CORE)
        try:
            match kind:
                case "str":
                    return self._text(node, path)
                case "bool" | "null":
                    return _WORDS["null" if kind == "null" else text.lower()]
                case "int":
                    return _whole_number(text)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            return self._problem(node, path, f"found {shown(text)}, which is not a usable !!{kind}")
        return self._refused_tag(node, path)

    def _text(self, node: yaml.ScalarNode, path: KeyPath) -> str:
        text: str = node.value
        for character in text:
            if character not in "\t\n\r" and unicodedata.category(character) in ("Cc", "Cs"):
                self._problem(node, path, f"holds the control character U+{ord(character):04X}; remove it")
                break
        return whole(text)

    def _refused_tag(self, node: yaml.Node, path: KeyPath) -> None:
        tag = node.tag.replace(_CORE, "!!")
        self._problem(node, path, f"the tag {shown(tag)} is refused; a spec holds text, numbers, true/false and lists")

    def _problem(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, path, text))
