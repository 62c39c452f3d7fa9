"""Model files: what is loaded, what is refused before a byte of it runs, and in which words."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.errors import ModelError
from readiness.evidence.models.load import LoadedModel, load_model
from readiness.spec.schema import ModelFile

X, Y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2


class Hostile:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


class Old:
    """A model that warns while it is loaded, as scikit-learn does for an older version's."""

    def predict(self, rows: Any) -> Any:
        return rows

    def __setstate__(self, state: dict[str, Any]) -> None:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name="Old", current_sklearn_version="1.9.1", original_sklearn_version="1.2.0"
            ),
            stacklevel=2,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {"some": "state"}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pinned(path: Path, **more: Any) -> LoadedModel:
    """The model at `path`, vouched for."""
    return load_model(ModelFile(path=path.name, sha256=digest(path), **more), path.parent)


def refusal(folder: Path, **spec: Any) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(ModelFile(**spec), folder)
    return str(caught.value)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A small logistic regression, as joblib writes it."""
    joblib.dump(LogisticRegression().fit(X, Y), tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


@pytest.mark.parametrize("compress", [0, 3, ("bz2", 3), ("xz", 3)])
def test_pinned_joblib_is_loaded_compressed_or_not(tmp_path: Path, compress: Any) -> None:
    """A pinned joblib file loads in any compression, and its artifact names its bytes."""
    path = tmp_path / "model.joblib"
    joblib.dump(LogisticRegression().fit(X, Y), path, compress=compress)
    loaded = pinned(path)
    assert loaded.about.kind == "scikit-learn LogisticRegression"
    assert (loaded.artifact.sha256, loaded.artifact.size) == (digest(path), path.stat().st_size)
    assert loaded.about.notes == ()


def test_plain_pickle_and_pipeline_are_described(tmp_path: Path) -> None:
    """A plain pickle loads like a joblib file; a pipeline is named with its last step."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)))
    assert pinned(path).about.kind == "scikit-learn Pipeline ending in LogisticRegression"


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle", "model.joblib", "model.joblib.gz", "MODEL.PKL"])
def test_hostile_pickle_without_a_pin_never_runs(tmp_path: Path, name: str) -> None:
    """Without a pin no byte of a pickle is run, and the message shows how to vouch for it."""
    mark = tmp_path / "mark"
    (tmp_path / name).write_bytes(pickle.dumps(Hostile(mark)))
    message = refusal(tmp_path, path=name)
    assert not mark.exists()
    assert "the spec does not pin its digest" in message
    assert f"sha256sum {tmp_path / name}" in message


def test_hostile_pickle_with_another_pin_never_runs(tmp_path: Path) -> None:
    """A file that is not the pinned one is refused before it runs; both digests are shown."""
    mark = tmp_path / "mark"
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Hostile(mark)))
    message = refusal(tmp_path, path=path.name, sha256="0" * 64)
    assert not mark.exists()
    assert f"its sha256 is {digest(path)}; expected {'0' * 64}" in message


def test_hostile_pickle_behind_a_loader_needs_a_pin_as_well(tmp_path: Path) -> None:
    """A loader is no way around the pin of a pickle."""
    mark = tmp_path / "mark"
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Hostile(mark)))
    assert "does not pin" in refusal(tmp_path, path="model.pkl", loader="joblib:load")
    assert not mark.exists()


def test_pickle_renamed_to_skops_never_runs(tmp_path: Path) -> None:
    """What calls itself skops is read as skops only."""
    mark = tmp_path / "mark"
    (tmp_path / "model.skops").write_bytes(pickle.dumps(Hostile(mark)))
    assert "cut off or damaged" in refusal(tmp_path, path="model.skops")
    assert not mark.exists()


@pytest.mark.parametrize(
    "model", [LogisticRegression(), RandomForestClassifier(3), HistGradientBoostingClassifier(max_iter=3)]
)
def test_skops_of_reviewed_types_loads_without_a_pin(tmp_path: Path, model: Any) -> None:
    """A skops file with scikit-learn's types is data; it predicts as before."""
    model.fit(X, Y)
    skops.io.dump(model, tmp_path / "model.skops")
    loaded = load_model(ModelFile(path="model.skops"), tmp_path)
    assert np.array_equal(loaded.estimator.predict_proba(X), model.predict_proba(X))


def test_skops_with_unknown_types_lists_them(tmp_path: Path) -> None:
    """A type that nobody reviewed is named, and the file not loaded; a pin does not change that."""
    skops.io.dump(make_pipeline(Old(), LogisticRegression()), tmp_path / "model.skops")
    message = refusal(tmp_path, path="model.skops", sha256=digest(tmp_path / "model.skops"))
    assert f"holds types that were not reviewed: {Old.__module__}.Old." in message


def test_wrong_pin_of_a_skops_file_is_refused(tmp_path: Path) -> None:
    """A pin is checked for every kind of file."""
    skops.io.dump(LogisticRegression().fit(X, Y), tmp_path / "model.skops")
    assert "is not the file that the spec pins" in refusal(tmp_path, path="model.skops", sha256="1" * 64)


def test_version_warning_becomes_a_note(tmp_path: Path) -> None:
    """A model of an older scikit-learn loads, and the review says so."""
    joblib.dump(Old(), tmp_path / "model.joblib")
    assert pinned(tmp_path / "model.joblib").about.notes == (
        "The model was saved with scikit-learn 1.2.0 and is run here with 1.9.1.",
    )


def test_loader_beside_the_spec_is_called_with_the_path(tmp_path: Path) -> None:
    """A loader's module may lie beside the spec, which is importable only meanwhile."""
    (tmp_path / "shop_loader_a.py").write_text(
        textwrap.dedent("""
            class Constant:
                def __init__(self, value): self.value = value
                def predict(self, X): return [self.value] * len(X)
            def load(path): return Constant(int(path.read_text()))
        """)
    )
    (tmp_path / "model.txt").write_text("7")
    before = list(sys.path)
    loaded = load_model(ModelFile(path="model.txt", loader="shop_loader_a:load"), tmp_path)
    assert loaded.estimator.predict([0, 0]) == [7, 7]
    assert sys.path == before


def test_folder_with_a_loader_is_digested_as_its_manifest(tmp_path: Path) -> None:
    """A model may be a folder when a loader knows how to read it."""
    (tmp_path / "shop_loader_b.py").write_text(
        "from sklearn.linear_model import LogisticRegression\ndef load(path): return LogisticRegression()\n"
    )
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("1")
    loaded = load_model(ModelFile(path="model", loader="shop_loader_b:load"), tmp_path)
    line = f"{hashlib.sha256(b'1').hexdigest()}  weights\n".encode()
    assert (loaded.artifact.sha256, loaded.artifact.size) == (hashlib.sha256(line).hexdigest(), 1)


def test_file_that_its_loader_changes_is_refused(tmp_path: Path) -> None:
    """The digest must be that of what was loaded."""
    (tmp_path / "shop_loader_c.py").write_text("def load(path): path.write_text('other')\n")
    (tmp_path / "model.txt").write_text("1")
    assert "changed while" in refusal(tmp_path, path="model.txt", loader="shop_loader_c:load")


@pytest.mark.parametrize(
    ("loader", "words"),
    [
        ("no_such_package_x:load", "cannot be imported: ModuleNotFoundError"),
        ("json:no_such_function", "holds no function no_such_function"),
        ("shop_loader_d:load", "cannot be imported: SystemExit"),
    ],
)
def test_loader_that_cannot_be_found_is_told(tmp_path: Path, loader: str, words: str) -> None:
    """Failures of importing a loader name the loader and the cause."""
    (tmp_path / "shop_loader_d.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "model.txt").write_text("1")
    assert words in refusal(tmp_path, path="model.txt", loader=loader)


def test_missing_library_is_named(tmp_path: Path) -> None:
    """A model of a library that is not installed says which one."""
    (tmp_path / "model.pkl").write_bytes(b"cno_such_library.models\nModel\n.")
    message = refusal(tmp_path, path="model.pkl", sha256=digest(tmp_path / "model.pkl"))
    assert "it needs the package no_such_library, which is not installed here" in message


def test_module_of_another_version_is_told_apart_from_a_missing_library(tmp_path: Path) -> None:
    """A module that the installed library lacks points to its version."""
    (tmp_path / "model.pkl").write_bytes(b"csklearn.ensemble._no_such_module\nModel\n.")
    message = refusal(tmp_path, path="model.pkl", sha256=digest(tmp_path / "model.pkl"))
    assert "which the installed version of sklearn does not have" in message


def test_class_of_a_notebook_is_explained(tmp_path: Path) -> None:
    """A class that was defined in a notebook cannot be found again; the message says what to do."""
    (tmp_path / "model.pkl").write_bytes(b"c__main__\nMyModel\n.")
    message = refusal(tmp_path, path="model.pkl", sha256=digest(tmp_path / "model.pkl"))
    assert "defined in a notebook or script" in message


@pytest.mark.parametrize("content", [b"", b"hello world", b"\x80\x04"])
def test_damaged_pickle_is_told(tmp_path: Path, content: bytes) -> None:
    """What is no pickle is cut off or damaged."""
    (tmp_path / "model.pkl").write_bytes(content)
    assert "cut off or damaged" in refusal(tmp_path, path="model.pkl", sha256=digest(tmp_path / "model.pkl"))


def test_truncated_joblib_is_told(saved: Path) -> None:
    """Half a file is cut off."""
    saved.write_bytes(saved.read_bytes()[:300])
    assert "cut off or damaged" in refusal(saved.parent, path=saved.name, sha256=digest(saved))


def test_pickle_that_ends_the_program_is_an_error(tmp_path: Path) -> None:
    """SystemExit while loading is a bad model file, not the end of the review."""
    (tmp_path / "model.pkl").write_bytes(b"csys\nexit\n(I0\ntR.")
    assert "its own code ended the program" in refusal(
        tmp_path, path="model.pkl", sha256=digest(tmp_path / "model.pkl")
    )


def test_object_without_predict_is_refused(tmp_path: Path) -> None:
    """A dict of parts is no model; its keys are shown."""
    joblib.dump({"model": 1, "scaler": 2}, tmp_path / "model.joblib")
    message = refusal(tmp_path, path="model.joblib", sha256=digest(tmp_path / "model.joblib"))
    assert "holds dict with the keys model, scaler; expected an object with a method predict" in message


def test_other_kinds_folders_and_missing_files(tmp_path: Path, saved: Path) -> None:
    """Other kinds and folders need a loader; a missing file names a near one."""
    (tmp_path / "model.keras").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    assert "is of the kind '.keras'; expected .joblib, .pkl, .pickle, .skops, .onnx, a folder" in refusal(
        tmp_path, path="model.keras"
    )
    assert "is a folder" in refusal(tmp_path, path="folder")
    assert 'does not exist; did you mean "model.joblib"?' in refusal(tmp_path, path="modle.joblib")
