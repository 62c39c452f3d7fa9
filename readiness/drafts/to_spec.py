"""How does a draft become files? Model, tables and a spec, after which `readiness run` finds the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pyarrow as pa
import pyarrow.parquet as pq

from readiness.digests import sha256_file
from readiness.drafts.model_file import MODEL, why_no_file
from readiness.drafts.spec_text import spec_text
from readiness.evidence.evidence import Evidence
from readiness.evidence.origins import FrameOrigin, Origin
from readiness.evidence.preflight import preflight
from readiness.evidence.tables import read_table
from readiness.exceptions import InputError
from readiness.hints import shown
from readiness.looking import exists, is_file, is_folder, is_utf8
from readiness.spec import Spec
from readiness.spec.reading import load_spec
from readiness.visible import visible

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
    if why := why_no_file(evidence.model.estimator):
        raise InputError(f"There is nothing to write: {why}.", remedy="Then fit the model again and review it again.")
    if evidence.model.takes_arrays:
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
    joblib.dump(evidence.model.estimator, staging / MODEL)
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
