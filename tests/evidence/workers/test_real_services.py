"""Real servers on loopback: MLflow's scoring server and MLServer, each beside the model that it serves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from readiness.evidence.workers.http import HttpWorker
from readiness.evidence.workers.worker import ModelRaised, TimeRequest
from readiness.spec.inputs import Model
from tests.evidence.workers.services import free_port, python, running

pytestmark = pytest.mark.slow

PINNED = Path(__file__).with_name("mlserver.txt")
ROOT = Path(__file__).parents[3]


def rows(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"amount": rng.lognormal(3, 1, n), "hours": rng.integers(0, 24, n).astype(float)})
    frame.loc[rng.random(n) < 0.1, "hours"] = np.nan
    return frame.assign(shop=rng.choice(["a", "b", "ü"], n))


@pytest.fixture(scope="module")
def model() -> Any:
    """A pipeline that takes gaps and text."""
    frame = rows(400)
    truth = np.where(frame["amount"] + 5 * frame["hours"].fillna(0) > 70, "yes", "no")
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["shop"]), remainder="passthrough"
    )
    return make_pipeline(encode, HistGradientBoostingClassifier(max_iter=10, random_state=0)).fit(frame, truth)


# ----------------------------------------------------------------------------------------------------
# MLflow's scoring server


@pytest.fixture(scope="module")
def mlflow_url(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The model as MLflow serves it, with its probabilities."""
    mlflow = pytest.importorskip("mlflow")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    from readiness.evidence.models.mlflow import silence_mlflow

    example = rows(5)
    with silence_mlflow(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the format
        mlflow.sklearn.save_model(
            model,
            folder / "model",
            signature=mlflow.models.infer_signature(example, model.predict_proba(example)),
            pip_requirements=[],
            pyfunc_predict_fn="predict_proba",
            serialization_format="cloudpickle",
        )
    command = python("-m", "uvicorn", "--port", str(port), "mlflow.pyfunc.scoring_server.app:app")
    with running(command, f"http://127.0.0.1:{port}/ping", folder=folder, __pyfunc_model_path__=str(folder / "model")):
        yield f"http://127.0.0.1:{port}"


def mlflow_worker(url: str, **spec: Any) -> HttpWorker:
    outputs = {"probability": "predictions", "classes": ["no", "yes"]}
    return HttpWorker(Model(name="m", version="1", url=url, protocol="mlflow", outputs=outputs, **spec))


def test_mlflow_answers_as_the_model_does(model: Any, mlflow_url: str) -> None:
    """To the last bit, with gaps and text, in several requests."""
    frame, worker = rows(250, seed=1), mlflow_worker(mlflow_url, requests={"rows": 100})
    import mlflow

    assert (f"The server calls itself MLflow {mlflow.__version__}.",) == worker.about.notes
    np.testing.assert_array_equal(model.predict_proba(frame), worker.call("predict_proba", frame))
    assert (4, 250, 0) == (worker.tally.requests, worker.tally.rows, worker.tally.failed)
    worker.close()


def test_mlflow_answers_single_rows_with_gaps(model: Any, mlflow_url: str) -> None:
    """A column that holds nothing but a gap has no type in JSON; the signature gives it one."""
    gap = rows(40, seed=2).query("hours != hours").head(1)
    worker = mlflow_worker(mlflow_url)
    np.testing.assert_array_equal(model.predict_proba(gap), worker.call("predict_proba", gap))
    worker.close()


def test_mlflow_refuses_in_words(mlflow_url: str) -> None:
    """A lacking column is a clean error; the stack trace that comes along is not shown."""
    worker = mlflow_worker(mlflow_url)
    with pytest.raises(ModelRaised, match="amount") as caught:
        worker.call("predict_proba", rows(3).drop(columns="amount"))
    assert ("HTTP 400", True) == (caught.value.kind, caught.value.is_clean)
    assert "Traceback" not in caught.value.words
    worker.close()


def test_mlflow_is_timed(mlflow_url: str) -> None:
    """Each call is one row over the wire."""
    worker = mlflow_worker(mlflow_url)
    times = worker.time(TimeRequest("predict_proba", rows(10), calls=12))
    assert 12 == len(times.service)  # type: ignore[union-attr]
    assert () == times.raised  # type: ignore[union-attr]
    worker.close()


# ----------------------------------------------------------------------------------------------------
# MLServer, in an environment of its own: it wants older versions of what others here share with it

RUNTIME = """
import sys

sys.path.append({site!r})  # behind its own packages

import joblib
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, PandasCodec, StringCodec
from mlserver.types import InferenceResponse


class Fraud(MLModel):
    async def load(self):
        self._model = joblib.load({path!r})
        return True

    async def predict(self, payload):
        frame = self.decode_request(payload, default_codec=PandasCodec)
        frame["shop"] = frame["shop"].astype(object)
        said = self._model.predict_proba(frame)
        labels = [str(each) for each in self._model.predict(frame)]
        outputs = [NumpyCodec.encode_output("probabilities", said), StringCodec.encode_output("label", labels)]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)
"""
INPUTS = [
    {"name": "amount", "datatype": "FP64", "shape": [-1, 1]},
    {"name": "hours", "datatype": "FP64", "shape": [-1, 1]},
    {"name": "shop", "datatype": "BYTES", "shape": [-1, 1]},
]


def own_environment(folder: Path) -> Path:
    """Its interpreter; skips where it cannot be installed, such as without a network."""
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    if not Path(uv).exists():
        pytest.skip("uv, which installs MLServer into an environment of its own, is not there")
    interpreter = folder / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(interpreter), "--no-deps", "--requirement", str(PINNED)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"MLServer cannot be installed here: {done.stderr.strip()[-300:]}")
    return interpreter


@pytest.fixture(scope="module")
def mlserver_url(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same model as MLServer serves it."""
    folder, port = tmp_path_factory.mktemp("mlserver"), free_port()
    interpreter = own_environment(folder / "environment")
    joblib.dump(model, folder / "model.joblib")
    site = sysconfig.get_paths()["purelib"]
    runtime = RUNTIME.format(site=site, path=str(folder / "model.joblib"))
    (folder / "fraud_runtime.py").write_text(runtime, encoding="utf-8")
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    settings = {"host": "127.0.0.1", "parallel_workers": 0, "debug": False, **ports}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    parameters = {"uri": "./model.joblib", "version": "v7"}
    described = {"name": "fraud", "implementation": "fraud_runtime.Fraud", "parameters": parameters, "inputs": INPUTS}
    (folder / "model-settings.json").write_text(json.dumps(described), encoding="utf-8")
    command = [str(interpreter.parent / "mlserver"), "start", str(folder)]
    url = f"http://127.0.0.1:{port}/v2/models/fraud"
    with running(command, f"{url}/ready", folder=folder, PYTHONPATH=""):
        yield url


def mlserver_worker(url: str, **spec: Any) -> HttpWorker:
    outputs = {"label": "label", "probability": "probabilities", "classes": ["no", "yes"]}
    return HttpWorker(Model(name="m", version="1", url=url, protocol="open-inference", outputs=outputs, **spec))


@pytest.mark.exhaustive  # an environment of its own is installed for it
def test_mlserver_answers_as_the_model_does(model: Any, mlserver_url: str) -> None:
    """To the last bit, with gaps and text; labels come with the probabilities, in the same replies."""
    frame, worker = rows(250, seed=1), mlserver_worker(mlserver_url, requests={"rows": 100})
    assert ("amount", "hours", "shop") == worker.about.feature_names
    assert ("The server calls itself mlserver 1.7.1.",) == worker.about.notes
    np.testing.assert_array_equal(model.predict_proba(frame), worker.call("predict_proba", frame))
    np.testing.assert_array_equal(model.predict(frame), worker.call("predict", frame))
    assert (5, 250, 0) == (worker.tally.requests, worker.tally.rows, worker.tally.failed)
    worker.close()


@pytest.mark.exhaustive  # an environment of its own is installed for it
def test_an_exception_in_mlserver_is_no_clean_error(mlserver_url: str) -> None:
    """It answers with an error of the server and without a reason, whoever is to blame."""
    worker = mlserver_worker(mlserver_url)
    with pytest.raises(ModelRaised, match="Internal Server Error") as caught:
        worker.call("predict_proba", rows(3).drop(columns="amount"))
    assert ("HTTP 500", False) == (caught.value.kind, caught.value.is_clean)
    worker.close()
