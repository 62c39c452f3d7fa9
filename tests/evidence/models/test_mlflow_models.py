"""MLflow folders: executable, so pinned; reviewed as the estimator they hold; nothing is fetched or written."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if importlib.util.find_spec("mlflow") is None:  # looked for, not imported: every worker reads every module
    pytest.skip("mlflow is not installed", allow_module_level=True)

from readiness.core.errors import ModelError, SpecError
from readiness.core.files import sha256_path
from readiness.core.findings import Question
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.candidate import Candidate
from readiness.evidence.environment import environment
from readiness.evidence.models import kinds
from readiness.evidence.models.description import unfit_for_cloning
from readiness.evidence.models.load import LoadedModel, load_model
from readiness.evidence.models.mlflow import mlflow, silence_mlflow
from readiness.evidence.preflight import preflight
from readiness.evidence.probes.trial import try_candidate
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.process import ProcessWorker
from readiness.spec.load import load_spec
from readiness.spec.schema import ModelFile
from readiness.starter.starter import starter
from tests.walking import walk

FRAME = pd.DataFrame({"age": np.arange(60.0), "visits": np.arange(60) % 7})
ANSWERS = np.where(FRAME["age"] + FRAME["visits"] > 33, "yes", "no")
CODE = """
import mlflow
import shop_limits

class Rule(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return (model_input["age"] > shop_limits.AGE).map({True: "yes", False: "no"})

mlflow.models.set_model(Rule())
"""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Saving warns of much; modules and paths that a model brings along are forgotten afterwards."""
    before, modules = list(sys.path), set(sys.modules)

    def refused(*_: Any) -> None:
        raise AssertionError("something reaches for the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    yield
    sys.path[:] = before
    for name in {name for name in sys.modules if name.startswith("shop_")} - modules:
        del sys.modules[name]


def saving(save: Callable[..., None], folder: Path, *given: Any, **options: Any) -> Path:
    with warnings.catch_warnings(record=True), silence_mlflow():  # MLflow overrules some filters, but no record
        warnings.simplefilter("ignore")
        save(*given, path=str(folder), pip_requirements=options.pop("pip_requirements", []), **options)
    return folder


def signature(outputs: Any = ANSWERS) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlflow.models.infer_signature(FRAME, outputs)


@pytest.fixture
def estimator(tmp_path: Path) -> Path:
    """A pipeline as MLflow saves it."""
    import mlflow.sklearn

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, ANSWERS)
    return saving(mlflow.sklearn.save_model, tmp_path / "model", model, signature=signature())


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A Python function that brings a module along."""
    (tmp_path / "shop_limits.py").write_text("AGE = 30\n")
    (tmp_path / "shop_rule.py").write_text(CODE)
    sys.path.append(str(tmp_path))
    return saving(
        mlflow.pyfunc.save_model,
        tmp_path / "model",
        python_model=str(tmp_path / "shop_rule.py"),
        code_paths=[str(tmp_path / "shop_limits.py")],
        signature=signature(),
        pip_requirements=["scikit-learn==0.1"],
    )


def pinned(folder: Path) -> LoadedModel:
    return load_model(ModelFile(path=folder.name, sha256=sha256_path(folder)), folder.parent)


def refusal(folder: Path, **spec: Any) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(ModelFile(**spec), folder)
    return str(caught.value)


def test_an_estimator_is_reviewed_as_what_it_is(estimator: Path) -> None:
    """Probabilities, columns and clones are those of the pipeline; its digest is that of the folder."""
    loaded = pinned(estimator)
    assert "MLflow scikit-learn Pipeline ending in LogisticRegression" == loaded.about.kind
    assert (sha256_path(estimator), "model") == (loaded.artifact.sha256, loaded.artifact.name)
    candidate = Candidate.of(InProcess(loaded.estimator), list(FRAME), task=Task.BINARY, classes=("no", "yes"))
    scores = candidate.score(FRAME)
    assert "predict_proba" == scores.method
    assert np.mean(scores.labels == ANSWERS) > 0.9
    assert not hasattr(clone(loaded.estimator), "classes_")


def test_another_estimator_keeps_its_own_library(tmp_path: Path) -> None:
    """XGBoost's classifier comes back with its probabilities, not as a bare function."""
    xgboost = pytest.importorskip("xgboost")
    import mlflow.xgboost

    model = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(FRAME, ANSWERS == "yes")
    loaded = pinned(saving(mlflow.xgboost.save_model, tmp_path / "model", model))
    assert "MLflow XGBoost XGBClassifier" == loaded.about.kind
    assert np.allclose(model.predict_proba(FRAME), loaded.estimator.predict_proba(FRAME))


def test_a_function_is_reviewed_with_the_columns_of_its_signature(function: Path) -> None:
    """Labels come from the function, columns from the signature; what MLflow warns of is kept as notes."""
    loaded = pinned(function)
    assert "MLflow Python function" == loaded.about.kind
    assert ["age", "visits"] == list(loaded.estimator.feature_names_in_)
    candidate = Candidate.of(InProcess(loaded.estimator), ["visits", "age"], task=Task.BINARY, classes=("no", "yes"))
    assert list(np.where(FRAME["age"] > 30, "yes", "no")) == list(candidate.score(FRAME.iloc[:, ::-1]).labels)
    assert any("required: scikit-learn==0.1" in note for note in loaded.about.notes)
    assert not any("\x1b" in note for note in loaded.about.notes)
    found = unfit_for_cloning(loaded.estimator)
    assert isinstance(found, Missing)
    assert "not how to fit it" in found.reason
    assert "the estimator" in found.needs


def test_a_tensor_signature_takes_arrays(tmp_path: Path) -> None:
    """A function of arrays is given arrays of its type."""
    (tmp_path / "shop_sum.py").write_text(
        "import mlflow\nclass Sum(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n        return model_input.sum(axis=1)\n"
        "mlflow.models.set_model(Sum())\n"
    )
    sign = mlflow.models.infer_signature(FRAME.to_numpy(dtype=np.float32), FRAME["age"].to_numpy())
    code = str(tmp_path / "shop_sum.py")
    loaded = pinned(saving(mlflow.pyfunc.save_model, tmp_path / "model", python_model=code, signature=sign))
    candidate = Candidate.of(InProcess(loaded.estimator), list(FRAME), task=Task.REGRESSION)
    assert not candidate.named
    assert FRAME.sum(axis=1).tolist() == candidate.score(FRAME).predicted.tolist()


def test_nothing_is_written_anywhere(function: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading and scoring leave no tracking folder, no database, and no compiled modules in what is pinned."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    before = sha256_path(function)
    sys.path.remove(str(tmp_path))
    sys.modules.pop("shop_limits", None)
    pinned(function).estimator.predict(FRAME)
    assert [] == list(work.iterdir())
    assert before == sha256_path(function)
    assert "MLFLOW_DISABLE_TELEMETRY" not in os.environ


class Hostile:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("loader", [None, "mlflow.sklearn:load_model"])
@pytest.mark.parametrize("pin", [None, "0" * 64])
def test_without_its_pin_nothing_of_it_runs(tmp_path: Path, pin: str | None, loader: str | None) -> None:
    """A folder without a pin, or with another one, is refused before a byte of it runs, with a loader, too."""
    folder, mark = tmp_path / "model", tmp_path / "mark"
    folder.mkdir()
    flavors = {"sklearn": {"pickled_model": "model.pkl", "serialization_format": "pickle"}}
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}))
    (folder / "model.pkl").write_bytes(pickle.dumps(Hostile(mark)))
    message = refusal(tmp_path, path="model", sha256=pin, loader=loader)
    assert not mark.exists()
    assert sha256_path(folder) in message
    assert ("does not pin its digest" if pin is None else "is not the file that the spec pins") in message


@pytest.mark.parametrize("content", ["", "flavors: 7", "flavors: {}", "{", "flavors: {sklearn: {}}", "\x00"])
def test_a_broken_description_is_told(tmp_path: Path, content: str) -> None:
    """An MLmodel file that describes nothing usable is a bad model file."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text(content)
    assert "cannot be loaded" in refusal(tmp_path, path="model", sha256=sha256_path(folder))


@pytest.mark.parametrize("name", ["mo#del", "mo%20del", "mo?del"])
def test_a_path_that_looks_like_an_address_is_told(estimator: Path, name: str) -> None:
    """MLflow would look elsewhere; the message says to rename the folder."""
    folder = estimator.rename(estimator.parent / name)
    assert "takes" in (message := refusal(folder.parent, path=name, sha256=sha256_path(folder)))
    assert "for an address" in message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("runs:/abc/model", "mlflow artifacts download --artifact-uri runs:/abc/model"),
        ("s3://bucket/model.joblib", "Download it first"),
        ("https://shop.example/model.onnx", "Download it first"),
    ],
)
def test_an_address_is_no_path(tmp_path: Path, given: str, words: str) -> None:
    """Addresses are refused with the way to a folder that can be pinned."""
    message = refusal(tmp_path, path=given)
    assert f'"{given}" is an address, not a path' in message
    assert words in message


@pytest.fixture
def review(review_files: Callable[..., Path]) -> Path:
    """A spec about an MLflow folder with the pipeline that the other tests review."""
    import mlflow.sklearn

    spec = review_files({"stability": {"repeats": 2, "budget_seconds": 60}})
    train = pd.read_parquet(spec.parent / "train.parquet")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[["a", "b"]], train["y"])
    folder = saving(mlflow.sklearn.save_model, spec.parent / "model", model)
    rewrite(spec, path="model", sha256=sha256_path(folder))
    return spec


def rewrite(spec: Path, **model: Any) -> None:
    content = yaml.safe_load(spec.read_text())
    content["model"] = {"name": "small", "version": "1.0"} | model
    spec.write_text(yaml.safe_dump(content))


@pytest.mark.slow
def test_a_whole_review_with_refits(review: Path) -> None:
    """The estimator inside is refitted like any other, and the package stands among the versions."""
    done = walk(review, figures=False)
    assert {} == done.failed
    assert "not_assessed" != done.answer(Question.STABILITY).status.value
    assert "MLflow scikit-learn Pipeline ending in LogisticRegression" == done.record.gathered.model.kind
    assert {"mlflow", "mlflow-skinny"} & environment().packages.keys()


def test_check_tells_what_is_missing(review: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pin, address and package are problems of the spec, told before a kernel starts."""
    preflight(load_spec(review))
    digest = sha256_path(review.parent / "model")
    rewrite(review, path="model")
    with pytest.raises(SpecError, match=f"vouch for this folder, set sha256: {digest}"):
        preflight(load_spec(review))
    rewrite(review, path="runs:/abc/model")
    with pytest.raises(SpecError, match="is an address, not a path"):
        preflight(load_spec(review))
    found: Callable[..., Any] = kinds.find_spec
    monkeypatch.setattr(kinds, "find_spec", lambda name: None if name == "mlflow" else found(name))
    rewrite(review, path="model", sha256=digest)
    with pytest.raises(SpecError, match=r'pip install "readiness\[mlflow\]"'):
        preflight(load_spec(review))
    assert 'pip install "readiness[mlflow]"' in refusal(review.parent, path="model", sha256=digest)


def test_a_starter_spec_pins_the_folder_unopened(tmp_path: Path) -> None:
    """`readiness new` hashes the folder, and knows that no loader is needed for it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_bytes(b"never opened")
    FRAME.assign(answer=ANSWERS).to_csv(tmp_path / "test.csv", index=False)
    text = starter(tmp_path / "model", tmp_path / "test.csv", target="answer", folder=tmp_path)
    line = f"{hashlib.sha256(b'never opened').hexdigest()}  MLmodel\n".encode()
    assert f"sha256: {hashlib.sha256(line).hexdigest()}  # you vouch for this folder" in text
    assert "loader" not in text


@pytest.mark.slow
def test_probes_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The folder is loaded once more elsewhere; MLflow itself is not counted as the model's memory."""
    import mlflow.sklearn

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, ANSWERS)
    form = {"serialization_format": "cloudpickle"}  # other forms import other libraries on top
    estimator = saving(mlflow.sklearn.save_model, tmp_path / "model", model, signature=signature(), **form)
    loaded, spec = pinned(estimator), ModelFile(path="model", sha256=sha256_path(estimator))
    candidate = Candidate.of(InProcess(loaded.estimator), list(FRAME), task=Task.BINARY, classes=("no", "yes"))
    start = Start(Isolation(IsolationForm.PROCESS))
    worker = ProcessWorker(spec, estimator.parent, Cell((estimator,), folder=estimator.parent), start=start)
    there = Candidate.of(worker, list(FRAME), task=Task.BINARY, classes=("no", "yes"))
    said, expected = there.score(FRAME), candidate.score(FRAME)
    assert said.scores is not None
    assert expected.scores is not None
    assert expected.scores.tobytes() == said.scores.tobytes()
    assert loaded.about == worker.about
    result = try_candidate(there, FRAME)
    worker.close()
    assert not isinstance(result.probes, Missing)
    outcomes = {probe.name: probe.outcome for probe in result.probes}
    found = [outcomes[name] for name in ("one_row", "column_order", "determinism")]
    assert ["passed", "clean_error", "passed"] == found  # scikit-learn refuses another order in words
    assert not isinstance(result.memory, Missing)
    assert result.memory.model < 30e6 < result.memory.libraries
    assert sha256_path(estimator) == spec.sha256
