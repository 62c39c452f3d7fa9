"""Models of a registry, from a real tracking server: fetched, kept by digest, pinned, and noticed when exchanged."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness import cli
from readiness.core.errors import InputError, ModelError, SpecError
from readiness.core.files import sha256_path
from readiness.evidence.models import registry
from readiness.evidence.models.registry import fetch, fetch_registered
from readiness.evidence.preflight import preflight
from readiness.spec.load import load_spec, pin_of
from readiness.spec.registry import Registered, copy_of, local_name, local_path, registered
from tests.evidence.workers.services import free_port, python, reply, running, serving
from tests.walking import walk

# ----------------------------------------------------------------------------------------------------
# Addresses


@pytest.mark.parametrize(
    ("path", "expected", "name"),
    [
        ("models:/card-fraud/3", Registered("card-fraud", "3"), "card-fraud-3"),
        ("models:/card fraud/12", Registered("card fraud", "12"), "card-fraud-12"),
        ("models:/card-fraud@champion", Registered("card-fraud", alias="champion"), "card-fraud-champion"),
        ("models:/bücher.v2/1", Registered("bücher.v2", "1"), "b-cher.v2-1"),
        ("models:/.hidden/1", Registered(".hidden", "1"), "hidden-1"),
    ],
)
def test_an_address_names_a_model_and_a_version(path: str, expected: Registered, name: str) -> None:
    """By its number or its alias; the copy has a plain name."""
    found = registered(path)
    assert expected == found
    assert found is not None
    assert (path, name) == (found.address, found.folder_name)
    assert name == local_name(path)
    assert Path("/s/.readiness/models") / ("0" * 64) / name == local_path(path, "0" * 64, Path("/s"))


@pytest.mark.parametrize(
    "path",
    [
        "models:/card-fraud", "models:/card-fraud/latest", "models:/card-fraud/Production", "models:/../3", "models:/a/../3",
        "models:/a/3/", "models:/a/3?x=1", "models:/a@b/c", "models:/a%2fb/3", "models://host/a/3", "models:/a/-1",
        "MODELS:/a/3", "models:/a\n/3", "models:/a/٣",
    ],
)  # fmt: skip
def test_what_names_no_version_is_refused(review_files: Callable[..., Path], path: str) -> None:
    """What moves by itself is no version, and no address leads out of the folder of copies."""
    assert registered(path) is None
    spec = review_files()
    rewrite(spec, path=path)
    with pytest.raises(SpecError, match="expected a path, or models:/NAME/VERSION"):
        load_spec(spec)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"path": "model", "tracking": "http://localhost:5000"}, "tracking belongs to a model in a registry"),
        ({"path": "models:/a/3", "tracking": "http://ann:s3cret@h"}, "holds a user or a password"),
        ({"path": "models:/a/3", "tracking": "sqlite:///mlflow.db"}, "begins with http:// or https://"),
    ],
)
def test_the_address_of_a_tracking_server_is_one(review_files: Callable[..., Path], model: Any, said: str) -> None:
    """Without a password in it."""
    spec = review_files()
    rewrite(spec, **model)
    with pytest.raises(SpecError, match=said) as caught:
        load_spec(spec)
    assert "s3cret" not in str(caught.value)


def rewrite(spec: Path, **model: Any) -> None:
    content = yaml.safe_load(spec.read_text())
    content["model"] = {"name": "small", "version": "1.0"} | model
    spec.write_text(yaml.safe_dump(content))


# ----------------------------------------------------------------------------------------------------
# Without a server


def test_check_makes_no_request(review_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for a pin, and is content with one whose copy is not there yet."""
    monkeypatch.setattr(registry, "fetch", lambda *_args, **_more: pytest.fail("a request"))
    spec = review_files()
    rewrite(spec, path="models:/small/1")
    with pytest.raises(SpecError, match="lies in a registry, so set sha256"):
        preflight(load_spec(spec))
    rewrite(spec, path="models:/small/1", sha256="0" * 64)
    preflight(load_spec(spec))
    with pytest.raises(InputError, match="lies in a registry") as caught:
        pin_of(spec, ["model.sha256="][:0])
    assert "Leave out --pin" in caught.value.remedy


def test_a_run_fetches_first_and_shows_what_to_pin(
    review_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before a kernel is started, or a file is checked; the models under review and in production alike."""
    monkeypatch.setattr(registry, "fetch", lambda *_args, **_more: "5" * 64)
    spec = review_files()
    for place, key in (("model", "model"), ("baseline", "baseline.current")):
        content = yaml.safe_load(spec.read_text())
        named = {"name": "small", "path": "models:/small/1"}
        content |= {"model": {**named, "version": "1"}} if place == "model" else {"baseline": {"current": named}}
        other = spec.with_name(f"{place}.yaml")
        other.write_text(yaml.safe_dump(content))
        with pytest.raises(SystemExit) as ended:
            cli.app(["run", str(other)], prog_name="readiness")
        said = capsys.readouterr()
        assert 2 == ended.value.code
        assert "Fetching models:/small/1 …" in said.out
        assert "models:/small/1 is an MLflow model, which runs code when it is loaded" in said.err
        assert f"{key}.sha256: {'5' * 64}" in said.err


def test_nobody_is_asked_where_no_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow itself would make a folder of its own and look there."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ModelError, match="Nobody says which tracking server knows models:/a/1") as caught:
        fetch(Registered("a", "1"), tmp_path)
    assert "MLFLOW_TRACKING_URI" in caught.value.remedy
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_server_that_refuses_or_is_silent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, without a password, and in time."""

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, {"error_code": "PERMISSION_DENIED", "message": "not yours: http://ann:s3cret@h/x"}, 403)

    with serving(answer) as server:
        with pytest.raises(ModelError, match=r"models:/a/1 cannot be fetched: .*not yours") as caught:
            fetch(Registered("a", "1"), tmp_path, tracking=server.url)
        assert "s3cret" not in str(caught.value)
        with pytest.raises(ModelError, match=r"not fetched within 0.2 seconds"):
            fetch(Registered("a", "1"), tmp_path, tracking=server.url, seconds=0.2)
    assert [] == list((tmp_path / ".readiness" / "models").iterdir())


# ----------------------------------------------------------------------------------------------------
# With a real one

SERVE = """
import sys

from mlflow.server import app
from werkzeug.serving import make_server

make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
"""
REGISTER = """
import sys
import warnings

warnings.simplefilter("ignore")
import joblib
import mlflow
from mlflow.tracking import MlflowClient

mlflow.set_experiment("models")
for name, file in (("small", "first.joblib"), ("small", "second.joblib")):
    mlflow.sklearn.log_model(
        joblib.load(f"{sys.argv[1]}/{file}"), name="model", registered_model_name=name, pip_requirements=[],
        serialization_format="cloudpickle",
    )
MlflowClient().set_registered_model_alias("small", "champion", "1")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a tracking server that keeps artifacts itself."""
    pytest.importorskip("flask", reason="what a tracking server takes is not installed: uv sync --group registry")
    pytest.importorskip("sqlalchemy")
    folder, port = tmp_path_factory.mktemp("tracking"), free_port()
    variables = {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder}/mlflow.db",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "artifacts"),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    url = f"http://127.0.0.1:{port}"
    with running(python("-c", SERVE, str(port)), f"{url}/health", folder=folder, **variables):
        yield url


def move_champion(url: str, version: str) -> None:
    """Let the alias stand for another version."""
    body = json.dumps({"name": "small", "alias": "champion", "version": version}).encode()
    address = f"{url}/api/2.0/mlflow/registered-models/alias"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(address, body, {"Content-Type": "application/json"}), timeout=30).close()


def client(url: str, code: str, *arguments: str) -> None:
    """Let MLflow's client do something, as somebody else would."""
    environment = {"MLFLOW_TRACKING_URI": url, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-2000:]


def small_model(train: pd.DataFrame, c: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(train[["a", "b"]], train["y"])


@pytest.mark.exhaustive
@pytest.mark.slow
def test_a_registered_model_is_fetched_pinned_and_reviewed(
    server: str, review_files: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its version, and by an alias, which somebody moved to another version."""
    import joblib

    spec = review_files()
    train = pd.read_parquet(spec.parent / "train.parquet")
    for name, c in (("first", 1.0), ("second", 0.01)):
        joblib.dump(small_model(train, c), tmp_path / f"{name}.joblib")
    client(server, REGISTER, str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    rewrite(spec, path="models:/small/1", tracking=server)
    with pytest.raises(ModelError, match="runs code when it is loaded, and the spec does not pin it") as caught:
        fetch_registered(load_spec(spec))
    (digest,) = [folder.name for folder in (spec.parent / ".readiness" / "models").iterdir()]
    copy = copy_of(Registered("small", "1"), digest, spec.parent)
    assert f"model.sha256: {digest}" in caught.value.remedy
    assert digest == sha256_path(copy)
    assert "*\n" == (spec.parent / ".readiness" / ".gitignore").read_text()

    rewrite(spec, path="models:/small/1", tracking=server, sha256=digest)
    fetch_registered(load_spec(spec))
    done = walk(spec, figures=False)
    assert [("small-1", digest)] == [(file.name, file.sha256) for file in done.record.gathered.model.files]
    assert "MLflow scikit-learn Pipeline ending in LogisticRegression" == done.record.gathered.model.kind

    (copy / "MLmodel").write_bytes(b"changed")
    with pytest.raises(SpecError, match="the folder has the digest"):
        preflight(load_spec(spec))
    assert digest == fetch(Registered("small", "1"), spec.parent, tracking=server)  # what was changed is replaced
    preflight(load_spec(spec))

    move_champion(server, "2")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    rewrite(spec, path="models:/small@champion", sha256=digest)
    with pytest.raises(ModelError, match=r"is not the model that the spec pins: its sha256 is [0-9a-f]{64}") as moved:
        fetch_registered(load_spec(spec))
    assert digest not in moved.value.remedy
    with pytest.raises(ModelError, match=r"cannot be fetched: .*not found"):
        fetch(Registered("small", "9"), spec.parent)
