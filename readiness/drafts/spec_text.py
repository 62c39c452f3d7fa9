"""How does the spec of a draft read? As `readiness new` writes one, with what was given in place of the examples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

import yaml

from readiness.checklist import BOXES, Source
from readiness.criteria import Task
from readiness.drafts.model_file import MODEL
from readiness.starter.examples import baseline_example, business_example, errors_example
from readiness.starter.yaml_writing import yaml_label, yaml_text

_HEAD = "## The spec of a review, written by: readiness.review(…).to_spec"
_PRODUCTION = re.compile(r"# production:\n(?:#.*\n)+")
_LAST = ("segments", "stability", "metrics", "supplied", "soundness", "reuse", "evidence", "confidence", "seed")
"""Sections that a starter spec does not show, in the order in which they are written."""
_NOTES = {
    "test": "rows that the model never saw in training",
    "positive": "the class that the model looks for",
    "weight": "says how many cases a row stands for",
    "time": "says when a row happened",
    "group": "says which rows belong together",
}


def spec_text(document: Mapping[str, Any], pin: str, task: Task) -> str:
    """The text of `readiness.yaml`; `pin` is the digest of the model file."""
    model, data = document["model"], document["data"]
    labels = [yaml_label(label) for label in data.get("classes", ())]
    starter = files("readiness.starter").joinpath("starter.yaml").read_text(encoding="utf-8")
    _, _, explained = starter.partition("\n")
    text = Template(f"{_HEAD}\n{explained}").substitute(
        name=yaml_text(model["name"]),
        version=yaml_text(model["version"])
        + ("  # TODO: the version under review" if model["version"] == "draft" else ""),
        candidate=_candidate(model, pin),
        data=_data(data),
        segments=_segments(data.get("segments", [])),
        baseline=_section(document, "baseline") or baseline_example(task, None),
        business=_section(document, "business") or business_example(task),
        errors=_section(document, "errors") or errors_example(task, labels),
        checklist=_boxes(document.get("checklist", {})),
    )
    text = _with_about(text, document.get("about", {}))
    if production := _section(document, "production"):
        text = _PRODUCTION.sub(lambda _: f"{production}\n", text)
    rest = [part for key in _LAST if (part := _section(document, key))]
    return text.removesuffix("seed: 0\n") + "\n".join(rest or ["seed: 0"]) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts so that YAML 1.2 reads the same texts again, and everything as it came."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # as PyYAML calls it
        """No anchors: a value that stands twice is written twice."""
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if yaml_text(text) == text else '"')


_Dumper.add_representer(str, _represent_text)


def _section(document: Mapping[str, Any], key: str) -> str:
    """A section as it was given; empty when it was not."""
    value = document.get(key)
    if value is None:
        return ""
    return _dumped({key: value}) if isinstance(value, Mapping) else f"{key}: {_in_line(value)}"


def _dumped(value: Any, *, flow: bool = False) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"), default_flow_style=flow or None
    )
    return text.removesuffix("\n...\n").rstrip("\n")


def _in_line(value: Any) -> str:
    return yaml_label(value) if isinstance(value, str | bool) else _dumped(value, flow=True)


def _candidate(model: Mapping[str, Any], pin: str) -> str:
    lines = [f"  path: {MODEL}", f"  sha256: {pin}  # you vouch for this file, which your own session wrote"]
    if "threshold" in model:
        lines.append(f"  threshold: {_in_line(model['threshold'])}")
    return "\n".join(lines)


def _data(data: Mapping[str, Any]) -> str:
    lines = [_said("test", data["test"])]
    if "train" in data:
        lines.append(_said("train", data["train"]))
    else:
        lines.append("# train: train.parquet  # TODO: without it nothing is known of stability and drift")
    if "recent" not in data:
        lines.append("# recent: recent.parquet  # recent rows from production, for drift")
    written = ("test", "train", "segments")
    lines += [_said(key, value) for key, value in data.items() if key not in written]
    if "group" not in data:
        what = "TODO: if several rows belong to one person, the column that says whose they are"
        lines.append(f"# group: customer_id  # {what}")
    return "\n".join(f"  {line}" for line in lines)


def _said(key: str, value: Any) -> str:
    return f"{key}: {_in_line(value)}" + (f"  # {_NOTES[key]}" if key in _NOTES else "")


def _segments(entries: list[Any]) -> str:
    if not entries:
        return "  # segments:\n    # - age_group"
    return "\n".join(("  segments:", *(f"    - {_in_line(entry)}" for entry in entries)))


def _with_about(text: str, about: Mapping[str, Any]) -> str:
    """The section `about` with what was given; what was not keeps its TODO."""
    lines: list[str] = []
    left = dict(about)
    for line in text.split("\n"):
        found = re.fullmatch(r'  (\w+): (?:""|\[\])  # TODO.*', line)
        if line == "model:":
            blank = lines.pop()
            lines += [f"  {key}: {_in_line(value)}" for key, value in left.items()] + [blank]
            left = {}
        lines.append(f"  {found[1]}: {_in_line(left.pop(found[1]))}" if found and found[1] in left else line)
    return "\n".join(lines)


def _boxes(given: Mapping[str, Any]) -> str:
    lines = []
    for box in BOXES:
        if box.key in given:
            lines.append(f"  {box.key}: {_in_line(given[box.key])}  # {box.title}")
        elif box.source is Source.ATTESTED:
            lines.append(f"  {box.key}: {{}}  # pending: {box.title}")
        elif box.source is Source.MEASURED:
            lines.append(f"  # {box.key}: {{}}  # measured where possible: {box.title}")
    return "\n".join(lines)
