"""Loading of a model file by its kind, and never without consent.

A pickle runs whatever its author put into it, and so does an MLflow folder, so one is loaded only when the spec
pins its digest: the pin says "I vouch for this very file". The bytes that are hashed are the bytes that are loaded.
A skops file is data, and is loaded when it holds nothing but reviewed types; an ONNX file is data, too. Anything
else needs a loader that the spec names.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
import re
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from readiness.core.errors import ModelError
from readiness.core.files import Artifact, Role, sha256_path, size_of
from readiness.core.sanitize import nearest
from readiness.evidence.models.description import describe_model
from readiness.evidence.models.kinds import EXPECTED, Kind, address_fault, kind_of, missing_extra, onnx_file
from readiness.evidence.models.own_modules import lies_beside, serve
from readiness.evidence.workers.worker import ModelDescription
from readiness.spec.registry import is_registered, local_path

# ----------------------------------------------------------------------------------------------------
# Functions that a spec names, how they are found and called, and what the failures of loading mean.

DAMAGED = (EOFError, pickle.UnpicklingError, zipfile.BadZipFile)
OTHER_VERSION = re.compile(r"incompatible dtype|not a known BitGenerator|__pyx_unpickle|version", re.IGNORECASE)


def find_loader(reference: str) -> Callable[[Path], Any]:
    """The function that loads a model; see `find_function`."""
    return find_function(reference, f"loader {reference}", "model.loader")


def find_function(reference: str, role: str, key: str) -> Callable[..., Any]:
    """The function behind "package.module:function"; `role` and the spec's `key` are named when there is none.

    Raises:
        ModelError: the module cannot be imported, or holds no such function.
    """
    module_name, _, attribute = reference.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"The {role} cannot be imported: {type(error).__name__}: {error}.",
            remedy="Install its package here, or put the module beside the spec.",
        ) from error
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise ModelError(
            f"The module {module_name} holds no function {attribute}, which the {role} names.",
            remedy=f"Correct {key}; it reads package.module:function.",
        )
    return found  # type: ignore[no-any-return]  # callable(...) does not tell mypy what comes back


def explain_failure(error: BaseException, path: Path) -> ModelError:
    """A failure of loading in plain words."""
    if isinstance(error, ModelError):
        return error
    what, remedy = _words(error)
    return ModelError(f"{path} cannot be loaded: {what}.", remedy=remedy)


def _words(error: BaseException) -> tuple[str, str]:
    said = f"{type(error).__name__}: {error}".rstrip(": .")
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _module_words(error.name)
    if isinstance(error, AttributeError) and "__main__" in said:
        return (
            f"it holds a class or function that was defined in a notebook or script ({error})",
            "Move the definition into a module beside the spec, import it from there, and save the model again.",
        )
    if isinstance(error, DAMAGED) or (isinstance(error, KeyError) and not error.args):
        return f"it is cut off or damaged ({said})", "Copy the file again, or save the model again."
    if isinstance(error, SystemExit):
        return "its own code ended the program (SystemExit)", "Ask its author; a model must not do that."
    if isinstance(error, AttributeError | ImportError) or OTHER_VERSION.search(said):
        return (
            f"it was probably saved with other library versions than the ones installed here ({said})",
            "Install the versions that it was trained with, or save the model again with these.",
        )
    return said, "Load it in a Python session of this environment to see more."


def _module_words(name: str) -> tuple[str, str]:
    package = name.partition(".")[0]
    if package != name and package in sys.modules:
        return (
            f"it needs the module {name}, which the installed version of {package} does not have",
            f"Install the version of {package} that it was trained with, or save the model again with this one.",
        )
    if lies_beside(package):
        return (
            f"it needs the module {package}, which lies beside the spec, and which neither the spec nor the file names",
            f"Name a loader, model.loader, whose module imports {package}.",
        )
    return (
        f"it needs the package {package}, which is not installed here ({sys.executable})",
        f"Install {package} into this environment, or put the module beside the spec.",
    )


# ----------------------------------------------------------------------------------------------------
# Types that a skops file may hold beyond those that skops itself trusts: reviewed ones, by exact name.

_HOLDERS = {
    # Compiled tables of split points and leaf values; they read the arrays they are given and nothing else.
    "sklearn.tree._tree": ("Tree",),
    "sklearn.ensemble._hist_gradient_boosting.predictor": ("TreePredictor",),
    # Compiled search trees and distances over arrays.
    "sklearn.neighbors._kd_tree": ("KDTree", "KDTree32", "KDTree64"),
    "sklearn.neighbors._ball_tree": ("BallTree", "BallTree32", "BallTree64"),
    "sklearn.metrics._dist_metrics": tuple(
        f"{distance}Distance{bits}"
        for distance in ("Euclidean", "Manhattan", "Chebyshev", "Minkowski", "Hamming", "Haversine")
        for bits in ("", "32", "64")
    ),
    # Python classes whose methods only do arithmetic on their own fields.
    "sklearn.calibration": ("_CalibratedClassifier", "_SigmoidCalibration"),
    "sklearn.compose._column_transformer": ("_RemainderColsList",),
    "sklearn._loss.loss": (
        "HalfSquaredError", "HalfBinomialLoss", "HalfMultinomialLoss", "HalfPoissonLoss", "HalfGammaLoss",
        "HalfTweedieLoss", "HalfTweedieLossIdentity", "AbsoluteError", "PinballLoss", "HuberLoss", "ExponentialLoss",
    ),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.gaussian_process.kernels": (
        "ConstantKernel", "Exponentiation", "Matern", "Product", "RBF", "RationalQuadratic", "Sum", "WhiteKernel",
    ),
    "sklearn.gaussian_process._gpc": ("_BinaryGaussianProcessClassifierLaplace",),
    # Scores of single columns: functions from arrays to arrays.
    "sklearn.feature_selection._univariate_selection": ("chi2", "f_classif", "f_regression", "r_regression"),
    "sklearn.feature_selection._mutual_info": ("mutual_info_classif", "mutual_info_regression"),
    # Kind of an array's elements, and the curve pieces of SplineTransformer.
    "numpy": ("dtype",),
    "scipy.interpolate._bsplines": ("BSpline",),
}  # fmt: skip


def _names() -> Iterator[str]:
    for module, names in _HOLDERS.items():
        yield from (f"{module}.{name}" for name in names)


REVIEWED = frozenset(_names())
"""Read in scikit-learn 1.6 to 1.9: none opens files, imports modules, or calls what it was handed."""


# ----------------------------------------------------------------------------------------------------

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ModelSource(Protocol):
    """What a spec says of a model file that decides how it is loaded."""

    @property
    def path(self) -> str | None:
        """Of the file or folder, relative to the spec."""

    @property
    def sha256(self) -> str | None:
        """The pin, in hexadecimal; None: there is none."""

    @property
    def loader(self) -> str | None:
        """A function that takes the path, as "package.module:name"; None: the kind of the file tells how."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A model file whose digest is known."""

    path: str
    sha256: str
    loader: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An object that predicts, and the file that it came from."""

    estimator: Any
    artifact: Artifact
    about: ModelDescription


def model_path(spec: ModelSource, folder: Path) -> Path:
    """Where the model lies that `spec` names, relative to `folder`; nothing is opened.

    Raises:
        ModelError: an address in place of a path, or nothing lies there.
    """
    if spec.path is None:
        raise ModelError("The spec names no model file.", remedy="Set model.path.")
    fault, remedy = address_fault(spec.path)
    if fault:
        raise ModelError(f"{fault}.", remedy=remedy)
    path = local_path(spec.path, spec.sha256, folder)
    if is_registered(spec.path) and not path.exists():
        raise ModelError(
            f"{spec.path} was not fetched yet; its copy would lie in {path}.",
            remedy="`readiness run` fetches it first, or shows which digest to pin.",
        )
    if not path.exists():
        near = nearest(path.name, [entry.name for entry in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise ModelError(f"{path} does not exist{near}", remedy="Relative paths are relative to the spec file.")
    return path


def vouched_file(spec: ModelSource, path: Path) -> Artifact:
    """The file or folder at `path` with its digest, if it may be loaded; nothing of it is run.

    Raises:
        ModelError: a pickle or an MLflow folder without a pin, a digest that is not the pinned one, a package that is
            not installed, or a kind that needs a loader and has none.
    """
    kind = kind_of(path)
    if kind.needs_pin and spec.sha256 is None:
        raise _no_consent(path, kind)
    if spec.loader is None:
        _check_kind(kind, path)
    artifact = Artifact(path.name, sha256_path(path), size_of(path), role=Role.MODEL)
    _check_pin(spec, path, artifact.sha256)
    return artifact


def _check_kind(kind: Kind, path: Path) -> None:
    fault, remedy = missing_extra(kind)
    if fault:
        raise ModelError(f"{path} is {kind.article}, and {fault}.", remedy=remedy)
    if kind is Kind.OTHER:
        raise ModelError(
            f"{path} is {'a folder' if path.is_dir() else f'of the kind {path.suffix!r}'}; expected {EXPECTED}.",
            remedy="Name a function that takes the path and returns the model: model.loader: package.module:function. "
            "There are examples for Keras and PyTorch in docs/models.md.",
        )


def load_model(spec: ModelSource, folder: Path) -> LoadedModel:
    """Load the model that `spec` names; relative paths and modules are looked for in `folder`.

    Raises:
        ModelError: no such file, a pickle or an MLflow folder without a pin, a digest that is not the pinned one,
            types that were not reviewed, a package that is not installed, a loader that cannot be imported, or
            content that cannot be loaded or does not predict.
    """
    path = model_path(spec, folder)
    serve(folder, spec.loader)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator, artifact = _load_checked(spec, path)
        except (Exception, SystemExit) as error:
            raise explain_failure(error, path) from error
    _check_predicts(estimator, path)
    container = "MLflow" if kind_of(path) is Kind.MLFLOW else ""
    return LoadedModel(estimator, artifact, describe_model(estimator, container=container, notes=_notes(caught)))


def _load_checked(spec: ModelSource, path: Path) -> tuple[Any, Artifact]:
    kind = kind_of(path)
    if kind.needs_pin and spec.sha256 is None:
        raise _no_consent(path, kind)
    if spec.loader is not None:
        return _at_rest(spec, path, f"loader {spec.loader}", find_loader(spec.loader))
    _check_kind(kind, path)
    if kind in FOLDER_OPENERS:
        return _at_rest(spec, path, *FOLDER_OPENERS[kind])
    data = path.read_bytes()  # read once: what is hashed is what is loaded
    digest = hashlib.sha256(data).hexdigest()
    _check_pin(spec, path, digest)
    return OPENERS[kind](data, path), Artifact(path.name, digest, len(data), role=Role.MODEL)


def _from_pickle(data: bytes, _path: Path) -> Any:
    import joblib

    return joblib.load(io.BytesIO(data))


def _from_onnx(data: bytes, path: Path) -> Any:
    from readiness.evidence.models.onnx import open_onnx

    return open_onnx(path, data)


def _from_onnx_folder(folder: Path) -> Any:
    from readiness.evidence.models.onnx import open_onnx

    file = onnx_file(folder)
    assert file is not None  # or it would not be of this kind
    return open_onnx(file, file.read_bytes(), folder=folder)


def _from_mlflow(folder: Path) -> Any:
    from readiness.evidence.models.mlflow import open_mlflow

    return open_mlflow(folder)


def _from_skops(data: bytes, path: Path) -> Any:
    import skops.io

    found = set(skops.io.get_untrusted_types(data=data))
    if unknown := sorted(found - REVIEWED):
        raise ModelError(
            f"{path} holds types that were not reviewed: {', '.join(unknown)}.",
            remedy="If you trust the file, save the model with joblib and pin its digest, or name a loader.",
        )
    return skops.io.loads(data, trusted=sorted(found & REVIEWED))


OPENERS: dict[Kind, Callable[[bytes, Path], Any]] = {
    Kind.PICKLE: _from_pickle,
    Kind.SKOPS: _from_skops,
    Kind.ONNX: _from_onnx,
}
"""What makes a model of the bytes of a file, by its kind; the path is for messages."""
FOLDER_OPENERS: dict[Kind, tuple[str, Callable[[Path], Any]]] = {
    Kind.MLFLOW: ("MLflow", _from_mlflow),
    Kind.ONNX_FOLDER: ("onnxruntime", _from_onnx_folder),
}
"""What reads a folder by itself, and who that is."""


def _at_rest(spec: ModelSource, path: Path, by: str, load: Callable[[Path], Any]) -> tuple[Any, Artifact]:
    """What `load` makes of a file or folder that it reads by itself, and that must stay as it was hashed."""
    digest = sha256_path(path)
    _check_pin(spec, path, digest)
    estimator = load(path)
    if sha256_path(path) != digest:
        raise ModelError(f"{path} changed while {by} was reading it.", remedy="Run again on a file at rest.")
    return estimator, Artifact(path.name, digest, size_of(path), role=Role.MODEL)


def _no_consent(path: Path, kind: Kind) -> ModelError:
    if path.is_dir():
        how = f"If you vouch for this very folder, set model.sha256: {sha256_path(path)} (of its files and their names)"
    else:
        how = f"If you vouch for this very file, set model.sha256 to its digest: sha256sum {path}"
    return ModelError(
        f"{path} is {kind.article}, which runs code when it is loaded, and the spec does not pin its digest.",
        remedy=how,
    )


def _check_pin(spec: ModelSource, path: Path, digest: str) -> None:
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
            notes.append(f"{entry.category.__name__} while loading: {_plainly(entry.message)}")
    return tuple(dict.fromkeys(notes))


def _plainly(said: object) -> str:
    return " ".join(_COLOURS.sub("", str(said)).split())[:300]
