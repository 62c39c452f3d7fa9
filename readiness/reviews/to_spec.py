"""A draft as files: model, tables and a spec, after which `readiness run` finds the same."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import joblib
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from readiness.core.checklist import BOXES, Source
from readiness.core.errors import InputError
from readiness.core.files import exists, is_file, is_folder, is_utf8, sha256_file
from readiness.core.policy import Task
from readiness.core.sanitize import shown, visible
from readiness.evidence.evidence import Evidence
from readiness.evidence.preflight import preflight
from readiness.evidence.sources import FrameOrigin, Origin
from readiness.evidence.tables import read_table
from readiness.evidence.workers.model import estimator_in
from readiness.reviews.model_file import MODEL, why_no_file
from readiness.spec.load import load_spec
from readiness.spec.schema import Spec
from readiness.starter.examples import (
    baseline_example,
    business_example,
    errors_example,
    words_example,
    yaml_label,
    yaml_text,
)

# ----------------------------------------------------------------------------------------------------
# The spec of a draft: as `readiness new` writes one, with what was given in place of the examples.

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
        words=_words(document, task),
        described=yaml_text("amount"),
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
    written = ("test", "train", "segments", "words", "labels")
    lines += [_said(key, value) for key, value in data.items() if key not in written]
    if "group" not in data:
        what = "TODO: if several rows belong to one person, the column that says whose they are"
        lines.append(f"# group: customer_id  # {what}")
    return "\n".join(f"  {line}" for line in lines)


def _said(key: str, value: Any) -> str:
    return f"{key}: {_in_line(value)}" + (f"  # {_NOTES[key]}" if key in _NOTES else "")


def _words(document: Mapping[str, Any], task: Task) -> str:
    """The words that were given, else an example of some."""
    data = document["data"]
    given = [_said(key, data[key]) for key in ("words", "labels") if key in data]
    if given:
        return "\n".join(f"  {line}" for line in given)
    return words_example(task, target=str(data["target"]), column="age_group")


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


# ----------------------------------------------------------------------------------------------------

SPEC = "readiness.yaml"
_PATHS = (
    ("baseline", "current", "path"),
    ("supplied", "folds", "table"),
    ("supplied", "latency", "path"),
    ("supplied", "training_rows", "path"),
)
"""Settings that name a file; they begin at the working directory until a spec in a folder names them."""


@dataclass(frozen=True, slots=True, eq=False)
class DraftSource:
    """What a draft was made from."""

    document: Mapping[str, Any]
    """What stands in its spec, in plain values."""
    origins: Mapping[str, Origin]


def write_spec(source: DraftSource, evidence: Evidence, folder: Path, *, overwrite: bool = False) -> Path:
    """Write all files of a review into `folder`, made if need be; the spec last. Returns its path.

    Files are complete, and the spec was checked with them, before anything in `folder` is touched.

    Raises:
        InputError: files of these names exist, or cannot be written, or would not say the same as the draft.
    """
    assert evidence.model is not None
    if why := why_no_file(estimator_in(evidence.model)):
        raise InputError(f"There is nothing to write: {why}.", remedy="Then fit the model again and review it again.")
    if evidence.model.worker.about.takes_arrays:
        raise InputError(
            "The model says nothing of its features, and it was given an array; from a file it would be given a table.",
            remedy="Give it n_features_in_, as scikit-learn's estimators have it, or let it take a DataFrame.",
        )
    names = [MODEL, *(str(source.document["data"][key]) for key in source.origins), SPEC]
    _check_free(folder, names, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".readiness-", dir=folder))
    except OSError as error:
        raise InputError(f"{folder} cannot be written to: {error.strerror}.", remedy="Name another folder.") from error
    try:
        _fill(staging, source, evidence, folder)
        for name in names:
            (staging / name).replace(folder / name)
    except OSError as error:
        raise InputError(f"The files in {folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder / SPEC


def _check_free(folder: Path, names: Iterable[str], *, overwrite: bool) -> None:
    if not is_utf8(folder):
        raise InputError(f"{visible(str(folder))} has a name that is not UTF-8.", remedy="Name another folder.")
    if exists(folder) and not is_folder(folder):
        raise InputError(f"{folder} is a file; expected a folder.", remedy="Name another one.")
    taken = [name for name in names if os.path.lexists(folder / name)]
    for name in taken:  # all of them before the first is replaced, or half of the old files would stay
        if not _is_regular(folder / name):
            raise InputError(f"{folder / name} is not a regular file.", remedy="Move it away, or name another folder.")
    if taken and not overwrite:
        raise InputError(
            f"{folder} holds {', '.join(taken)} already.",
            remedy=f"Replace them with to_spec({str(folder)!r:.80}, overwrite=True), or name another folder.",
        )


def _fill(staging: Path, source: DraftSource, evidence: Evidence, folder: Path) -> None:
    """All files, and a check that they say what the draft says."""
    assert evidence.model is not None
    joblib.dump(estimator_in(evidence.model), staging / MODEL)
    for key, origin in source.origins.items():
        assert isinstance(origin, FrameOrigin)
        path = staging / str(source.document["data"][key])
        pq.write_table(pa.Table.from_pandas(origin.frame, preserve_index=False), path)
        _check_kept(origin, path, _used(evidence, origin))
    pin = sha256_file(staging / MODEL)
    # paths of other files are checked where the spec is now, and written for where it will be
    for place in (staging, folder):
        document = _moved(source.document, evidence.folder, place)
        (staging / SPEC).write_text(spec_text(document, pin, evidence.task), encoding="utf-8", newline="\n")
        if place is staging:
            _check_spec(staging / SPEC, evidence)


def _used(evidence: Evidence, origin: FrameOrigin) -> list[str]:
    """The columns that the review reads."""
    read = evidence.rows.columns if origin.name == "X_test" or evidence.training is None else evidence.training.frame
    return [str(name) for name in read if name in origin.frame]


def _check_kept(origin: FrameOrigin, path: Path, names: list[str]) -> None:
    """A file that would come back as something else would be another review."""
    before, after = origin.read(names), read_table(path, names)
    for name in names:
        if before[name].dtype != after[name].dtype:
            raise InputError(
                f"The column {shown(name)} of {origin.name} is {before[name].dtype}; "
                f"out of a Parquet file it would come as {after[name].dtype}.",
                remedy="A Parquet file keeps categories that are text: .cat.rename_categories(str), and fit the model "
                "again; or make the conversion part of its pipeline.",
            )


def _check_spec(path: Path, evidence: Evidence) -> None:
    loaded = load_spec(path)
    preflight(loaded)
    before, after = _settings_in(evidence.spec), _settings_in(loaded.spec)
    if before != after:
        differing = next(key for key in before if before[key] != after[key])
        raise InputError(f"The section {differing} cannot be written to a YAML file as it is.")


def _settings_in(spec: Spec) -> dict[str, Any]:
    """What must be read again as it was; without what holds paths and the pin, and without boxes that wait."""
    settings = spec.model_dump(exclude={"model", "extends", "baseline", "supplied"})
    boxes = {box: said for box, said in spec.checklist.items() if said.model_fields_set}
    settings["checklist"] = {box: said.model_dump(exclude={"evidence"}) for box, said in boxes.items()}
    return settings


def _moved(document: Mapping[str, Any], base: Path, folder: Path) -> dict[str, Any]:
    """The document with its paths, which begin at `base`, as they read from `folder`."""
    moved: dict[str, Any] = {key: dict(part) if isinstance(part, Mapping) else part for key, part in document.items()}
    for section, part, key in _PATHS:
        holder = moved.get(section, {}).get(part)
        if isinstance(holder, Mapping) and isinstance(holder.get(key), str):
            moved[section][part] = {**holder, key: _from(folder, base / holder[key])}
    for box, said in moved.get("checklist", {}).items():
        proof = said.get("evidence") if isinstance(said, Mapping) else None
        if isinstance(proof, str) and proof and _is_there(base / proof):
            moved["checklist"][box] = {**said, "evidence": _from(folder, base / proof)}
    return moved


def _is_regular(path: Path) -> bool:
    try:
        return is_file(path)
    except InputError:  # such as a link to itself
        return False


def _is_there(path: Path) -> bool:
    """Whether something lies there; evidence may be any text, also one that is no path."""
    try:
        return exists(path)
    except InputError:
        return False


def _from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
