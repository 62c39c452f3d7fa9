"""docs/models.md tells the truth: its loaders load networks that were trained here, and its specs are specs."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.files import manifest, sha256_path
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.candidate import Candidate
from readiness.evidence.environment import environment
from readiness.evidence.models.description import unfit_for_cloning
from readiness.evidence.models.load import LoadedModel, load_model
from readiness.evidence.probes.robustness import PROBES, sample_rows
from readiness.evidence.probes.trial import try_candidate
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.process import ProcessWorker
from readiness.evidence.workers.worker import Scores
from readiness.spec.load import load_spec
from readiness.spec.schema import ModelFile

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
FEATURES = ["amount", "hour", "tenure"]
MUST = ("one_row", "column_order", "determinism")
PEOPLE_COPY_ARRAYS = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"

needs_keras = pytest.mark.skipif(
    not (importlib.util.find_spec("keras") and importlib.util.find_spec("jax")),
    reason="keras and jax are not installed",
)
needs_torch = pytest.mark.skipif(
    not importlib.util.find_spec("torch"),
    reason="torch is not installed: for Linux, PyPI offers it with 2.9 GB of CUDA libraries only",
)


def code(name: str) -> str:
    """The example that begins with the name of its file."""
    return next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if block.startswith(f"# {name}"))


def rows(n: int = 400) -> pd.DataFrame:
    """Three features and a label that follows the first; columns stand in another order than the network's."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({name: rng.normal(size=n).astype("float32") for name in FEATURES[::-1]})
    return frame.assign(label=np.where(frame["amount"] > 0, "bad", "good"))


def candidate(loaded: LoadedModel) -> Candidate:
    return Candidate.of(InProcess(loaded.estimator), FEATURES, task=Task.BINARY, classes=("good", "bad"))


def check(spec: ModelFile, folder: Path, kind: str) -> None:
    """The loaded network ranks the rows, and passes what every model must pass, here and in a process of its own."""
    frame = rows()
    loaded = load_model(spec, folder)
    assert kind == loaded.about.kind
    found = unfit_for_cloning(loaded.estimator)
    assert found is not None
    assert found.reason.endswith("Classifier has no get_params")
    scores = candidate(loaded).score(frame)
    assert ("predict_proba", True) == (scores.method, scores.is_probability)
    assert np.mean(scores.labels == frame["label"]) > 0.9
    few = sample_rows(frame[FEATURES], 0)
    outcomes = {name: probe(candidate(loaded), few).outcome for name, probe in PROBES.items()}
    assert dict.fromkeys(MUST, "passed") == {name: outcomes[name] for name in MUST}
    assert "clean_error" == outcomes["missing_value"]
    check_apart(spec, folder, scores)


def check_apart(spec: ModelFile, folder: Path, scores: Scores) -> None:
    """In a process of its own it says the very same, and its library is not counted as the memory of the network."""
    assert spec.loader is not None
    code, path = folder / f"{spec.loader.partition(':')[0]}.py", folder / str(spec.path)
    pinned = spec.model_copy(update={"sha256": sha256_path(path)})
    worker = ProcessWorker(
        pinned, folder, Cell((path, code), folder=folder), start=Start(Isolation(IsolationForm.PROCESS))
    )
    try:
        there = Candidate.of(worker, FEATURES, task=Task.BINARY, classes=("good", "bad"))
        said = there.score(rows())
        assert (scores.predicted.tolist(), scores.method) == (said.predicted.tolist(), said.method)
        assert np.allclose(scores.scores, said.scores)
        memory = try_candidate(there, rows()).memory
    finally:
        worker.close()
    assert not isinstance(memory, Missing)
    assert memory.model < memory.libraries


@pytest.mark.exhaustive
@needs_keras
@pytest.mark.filterwarnings(PEOPLE_COPY_ARRAYS)
def test_the_keras_loader_loads_a_trained_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Keras network with one output, trained and saved here, is reviewed through the example as it stands."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false"))
    (tmp_path / "keras_loader.py").write_text(code("keras_loader.py"), encoding="utf-8")
    import keras

    frame = rows()
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")])
    network.compile("adam", "binary_crossentropy")
    network.optimizer.learning_rate = 0.05
    numbers, bad = frame[FEATURES].to_numpy(), (frame["label"] == "bad").to_numpy()
    network.fit(numbers, bad, epochs=15, batch_size=100, verbose=0)
    network.save(tmp_path / "network.keras")

    check(ModelFile(path="network.keras", loader="keras_loader:load"), tmp_path, "Keras Sequential")
    assert {"keras", "jax"} <= environment().packages.keys()


@needs_keras
@pytest.mark.filterwarnings(PEOPLE_COPY_ARRAYS)
def test_the_keras_loader_refuses_code_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Lambda layer is bytecode, which the example refuses in words."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    import keras

    network = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda given: given * 2)])
    network.save(tmp_path / "network.keras")
    (tmp_path / "keras_loader_too.py").write_text(code("keras_loader.py"), encoding="utf-8")
    with pytest.raises(Exception, match="Lambda") as caught:
        load_model(ModelFile(path="network.keras", loader="keras_loader_too:load"), tmp_path)
    assert "ModelError" == type(caught.value).__name__


@needs_torch
def test_the_torch_loader_loads_a_trained_network(tmp_path: Path) -> None:
    """A PyTorch network, trained and saved here, is reviewed through the example as it stands."""
    (tmp_path / "torch_loader.py").write_text(code("torch_loader.py"), encoding="utf-8")
    import torch

    made = loaded_module(tmp_path / "torch_loader.py")
    frame = rows()
    numbers = torch.from_numpy(np.array(frame[FEATURES], order="C"))
    bad = torch.from_numpy((frame["label"] == "bad").to_numpy().astype("int64"))
    torch.manual_seed(0)
    network = made.Net()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(80):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(numbers), bad).backward()
        optimiser.step()
    torch.save(network.state_dict(), tmp_path / "weights.pt")

    check(ModelFile(path="weights.pt", loader="torch_loader:load"), tmp_path, "PyTorch Net")
    assert "torch" in environment().packages


@needs_torch
def test_the_torch_loader_refuses_anything_but_weights(tmp_path: Path) -> None:
    """A whole network is a pickle, which the example refuses."""
    (tmp_path / "torch_loader_too.py").write_text(code("torch_loader.py"), encoding="utf-8")
    import torch

    torch.save(torch.nn.Linear(3, 2), tmp_path / "weights.pt")
    with pytest.raises(Exception, match="cannot be loaded") as caught:
        load_model(ModelFile(path="weights.pt", loader="torch_loader_too:load"), tmp_path)
    assert "ModelError" == type(caught.value).__name__


def loaded_module(path: Path) -> Any:
    """The example as a module of another name, for its class of the network."""
    found = importlib.util.spec_from_file_location("torch_example", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["torch_example"] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_every_spec_of_the_page_is_one(block: str, tmp_path: Path) -> None:
    """What a reader copies must load."""
    (tmp_path / "readiness.yaml").write_text(block, encoding="utf-8")
    assert "card-fraud" == load_spec(tmp_path / "readiness.yaml").spec.model.name


def test_names_of_classes_are_found_in_the_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example for ONNX gives a graph without labels its classes and columns."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    weights = [helper.make_tensor("w", floats, [3, 2], [-1, 1, 0, 0, 0, 0])]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Softmax", ["z"], ["p"])]
    ends = [[helper.make_tensor_value_info(name, floats, [None, k])] for name, k in (("x", 3), ("p", 2))]
    graph = helper.make_graph(nodes, "g", *ends, weights)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), tmp_path / "network.onnx"
    )
    monkeypatch.chdir(tmp_path)
    exec(code("name_classes.py"), {})
    loaded = load_model(ModelFile(path="network.onnx"), tmp_path)
    frame = rows()
    assert FEATURES == list(loaded.estimator.feature_names_in_)
    assert list(frame["label"]) == list(loaded.estimator.predict(frame))


@pytest.mark.skipif(sys.platform != "linux", reason="find and xargs of GNU")
def test_the_digest_of_a_folder_is_made_as_the_page_says(tmp_path: Path) -> None:
    """The recipe in the page gives what the review expects as a pin."""
    import subprocess

    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    (model / "MLmodel").write_text("flavors: {}")
    (model / "code" / "a b.py").write_text("1")
    recipe = next(line for line in PAGE.splitlines() if line.startswith("cd model && find"))
    made = subprocess.run(["bash", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert 2 == len(manifest(model).splitlines())
    assert sha256_path(model) == made.stdout.split()[0]
