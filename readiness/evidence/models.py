"""How does a model file become an object that predicts? By its kind, and never without consent.

A pickle runs whatever its author put into it, so one is loaded only when the spec pins its digest: the pin
says "I vouch for this very file". The bytes that are hashed are the bytes that are loaded. A skops file is
data, and is loaded when it holds nothing but reviewed types. Anything else needs a loader that the spec names.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from readiness.digests import Artifact, sha256_path, size_of
from readiness.evidence.loaders import explained, find_loader, importable
from readiness.evidence.skops_types import REVIEWED
from readiness.exceptions import ModelError
from readiness.hints import nearest
from readiness.spec import ModelFile

PICKLES = (".joblib", ".pkl", ".pickle")
COMPRESSIONS = (".gz", ".z", ".bz2", ".xz", ".lzma")
SKOPS = ".skops"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An object that predicts, and the file that it came from."""

    estimator: Any
    path: Path
    artifact: Artifact
    notes: tuple[str, ...] = ()
    """What its libraries warned of while it was loaded."""

    @property
    def kind(self) -> str:
        """In words: "scikit-learn Pipeline ending in LogisticRegression"."""
        return describe(self.estimator)


def load_model(spec: ModelFile, folder: Path) -> LoadedModel:
    """Load the model that `spec` names; relative paths and modules are looked for in `folder`.

    Raises:
        ModelError: no such file, a pickle without a pin, a digest that is not the pinned one, types that were not
            reviewed, a loader that cannot be imported, or content that cannot be loaded or does not predict.
    """
    if spec.path is None:
        raise ModelError("The spec names no model file.", remedy="Set model.path.")
    path = folder / spec.path
    if not path.exists():
        near = nearest(path.name, [entry.name for entry in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise ModelError(f"{path} does not exist{near}", remedy="Relative paths are relative to the spec file.")
    with warnings.catch_warnings(record=True) as caught, importable(folder):
        warnings.simplefilter("always")
        try:
            estimator, artifact = _loaded(spec, path)
        except (Exception, SystemExit) as error:
            raise explained(error, path) from error
    _check_predicts(estimator, path)
    return LoadedModel(estimator, path, artifact, _notes(caught))


def describe(estimator: Any) -> str:
    """Library and class of an estimator, with the last step of a pipeline."""
    package = type(estimator).__module__.partition(".")[0]
    library = {"sklearn": "scikit-learn", "xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}
    words = f"{library.get(package, package)} {type(estimator).__name__}"
    steps = getattr(estimator, "steps", None)
    return f"{words} ending in {type(steps[-1][1]).__name__}" if package == "sklearn" and steps else words


def _loaded(spec: ModelFile, path: Path) -> tuple[Any, Artifact]:
    name = path.name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    if name.endswith(PICKLES) and spec.sha256 is None:
        raise _no_consent(path)
    if spec.loader is not None:
        return _by_loader(spec, spec.loader, path)
    if path.is_dir() or not name.endswith((*PICKLES, SKOPS)):
        raise ModelError(
            f"{path} is {'a folder' if path.is_dir() else f'of the kind {path.suffix!r}'}; "
            f"expected {', '.join((*PICKLES, SKOPS))}, or a loader.",
            remedy="Name a function that takes the path and returns the model: model.loader: package.module:function.",
        )
    data = path.read_bytes()  # read once: what is hashed is what is loaded
    digest = hashlib.sha256(data).hexdigest()
    _check_pin(spec, path, digest)
    estimator = _from_skops(data, path) if name.endswith(SKOPS) else _from_pickle(data)
    return estimator, Artifact(path.name, digest, len(data))


def _from_pickle(data: bytes) -> Any:
    import joblib

    return joblib.load(io.BytesIO(data))


def _from_skops(data: bytes, path: Path) -> Any:
    import skops.io

    found = set(skops.io.get_untrusted_types(data=data))
    if unknown := sorted(found - REVIEWED):
        raise ModelError(
            f"{path} holds types that were not reviewed: {', '.join(unknown)}.",
            remedy="If you trust the file, save the model with joblib and pin its digest, or name a loader.",
        )
    return skops.io.loads(data, trusted=sorted(found & REVIEWED))


def _by_loader(spec: ModelFile, reference: str, path: Path) -> tuple[Any, Artifact]:
    digest = sha256_path(path)
    _check_pin(spec, path, digest)
    estimator = find_loader(reference)(path)
    if sha256_path(path) != digest:
        raise ModelError(f"{path} changed while {reference} was loading it.", remedy="Run again on a file at rest.")
    return estimator, Artifact(path.name, digest, size_of(path))


def _no_consent(path: Path) -> ModelError:
    return ModelError(
        f"{path} is a pickle, which runs code when it is loaded, and the spec does not pin its digest.",
        remedy=f"If you vouch for this very file, set model.sha256 to its digest: sha256sum {path}",
    )


def _check_pin(spec: ModelFile, path: Path, digest: str) -> None:
    if spec.sha256 is not None and spec.sha256 != digest:
        raise ModelError(
            f"{path} is not the file that the spec pins: its sha256 is {digest}; expected {spec.sha256}.",
            remedy="Restore the file, or vouch for the new one by pinning its digest. It was not loaded.",
        )


def _check_predicts(estimator: Any, path: Path) -> None:
    if not callable(getattr(estimator, "predict", None)) or isinstance(estimator, type):
        keys = f" with the keys {', '.join(map(str, list(estimator)[:6]))}" if isinstance(estimator, dict) else ""
        raise ModelError(
            f"{path} holds {type(estimator).__name__}{keys}; expected an object with a method predict.",
            remedy="Save the whole pipeline as one object, or name a loader that returns such an object.",
        )


def _notes(caught: Iterable[warnings.WarningMessage]) -> tuple[str, ...]:
    notes = []
    for entry in caught:
        saved = getattr(entry.message, "original_sklearn_version", "")
        if saved:
            now = getattr(entry.message, "current_sklearn_version", "another version")
            notes.append(f"The model was saved with scikit-learn {saved} and is run here with {now}.")
        elif not issubclass(entry.category, DeprecationWarning | PendingDeprecationWarning | ResourceWarning):
            notes.append(f"{entry.category.__name__} while loading: {' '.join(str(entry.message).split())[:300]}")
    return tuple(dict.fromkeys(notes))
