"""Kinds of model files and what it takes to load one, told by the name; nothing is opened."""

from __future__ import annotations

import re
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from readiness.core.sanitize import shown
from readiness.spec.registry import registered

PICKLES = (".joblib", ".pkl", ".pickle")
COMPRESSIONS = (".gz", ".z", ".bz2", ".xz", ".lzma")
SKOPS = ".skops"
ONNX = ".onnx"
MLMODEL = "MLmodel"
"""The file that makes a folder an MLflow model."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""Two letters or more, so that `C:/models` stays a path."""


class Kind(Enum):
    """What a model file is."""

    PICKLE = "pickle"
    SKOPS = "skops"
    ONNX = "ONNX file"
    ONNX_FOLDER = "folder with an ONNX file"
    MLFLOW = "MLflow model"
    OTHER = "other"

    @property
    def needs_pin(self) -> bool:
        """Whether loading it runs code that it holds, so that somebody has to vouch for it."""
        return self in (Kind.PICKLE, Kind.MLFLOW)

    @property
    def refits_unavailable(self) -> tuple[str, str] | None:
        """Why no copy of what it holds can be fitted, and what would do instead; None where that depends on the model.

        What opens a file of such a kind says so too, by an attribute of this name.
        """
        if self not in (Kind.ONNX, Kind.ONNX_FOLDER):
            return None
        return (
            "an ONNX file holds the model as it was fitted, not how to fit it",
            "the estimator that it was exported from, as a file of its own",
        )

    @property
    def article(self) -> str:
        """Its name in a sentence: "a pickle", "an MLflow model"."""
        return f"{'an' if self in (Kind.ONNX, Kind.MLFLOW) else 'a'} {self.value}"


SUFFIXES = {**dict.fromkeys(PICKLES, Kind.PICKLE), SKOPS: Kind.SKOPS, ONNX: Kind.ONNX}
"""The kind of a file by the end of its name; see `load.OPENERS` for what opens it."""
COMPRESSED = (Kind.PICKLE, Kind.SKOPS)
"""Kinds that may be compressed as a whole."""
EXTRAS = {Kind.ONNX: ("onnx", "onnxruntime"), Kind.ONNX_FOLDER: ("onnx", "onnxruntime"), Kind.MLFLOW: ("mlflow",)}
"""Packages; the extra that installs them is called like the first."""
EXPECTED = (
    f"{', '.join((*PICKLES, SKOPS, ONNX))}, a folder with one ONNX file and its weights, an MLflow model folder, "
    "or a loader"
)


def kind_of(path: Path) -> Kind:
    """The kind of the file or folder at `path`."""
    if path.is_dir():
        if (path / MLMODEL).is_file():
            return Kind.MLFLOW
        return Kind.ONNX_FOLDER if onnx_file(path) is not None else Kind.OTHER
    name = path.name.lower()
    plain = _kind_of_name(name)
    if plain is not Kind.OTHER:
        return plain
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    within = _kind_of_name(name)
    return within if within in COMPRESSED else Kind.OTHER


def _kind_of_name(name: str) -> Kind:
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), Kind.OTHER)


def onnx_file(folder: Path) -> Path | None:
    """The one ONNX file of a folder; None when there is none, or several."""
    found = [path for path in folder.iterdir() if path.name.lower().endswith(ONNX) and path.is_file()]
    return found[0] if len(found) == 1 else None


def address_fault(given: str) -> tuple[str, str]:
    """What is wrong with an address in place of a path, and what to do; both empty for a path, and for a model in a
    registry.
    """
    if not _ADDRESS.match(given):
        return "", ""
    if registered(given) is not None:
        return "", ""
    found = f"{shown(given)} is an address, not a path; a review reads files that stay as they are"
    if given.lower().startswith(("runs:", "mlflow-artifacts:")):
        fetch = f"mlflow artifacts download --artifact-uri {given} --dst-path model"
        return found, f"Fetch it first and name the folder: {fetch}"
    return found, "Download it first and name the file."


def missing_extra(kind: Kind) -> tuple[str, str]:
    """What has to be installed before a model of this kind can be loaded, and how; both empty when nothing."""
    packages = EXTRAS.get(kind, ())
    missing = [package for package in packages if not _is_installed(package)]
    if not missing:
        return "", ""
    what, it = ("is", "it") if len(missing) == 1 else ("are", "them")
    return f"{' and '.join(missing)} {what} not installed here", f'Install {it}: pip install "readiness[{packages[0]}]"'


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # it is there, and unusable
        return False
