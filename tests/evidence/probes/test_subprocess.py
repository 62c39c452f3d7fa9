"""A process of its own: memory, probes, and what a crash or a silence there means."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.models.load import load_model
from readiness.evidence.probes.memory import Memory, needed_modules
from readiness.evidence.probes.robustness import PROBES
from readiness.evidence.probes.subprocess import Request, SubprocessResult, measure_in_subprocess
from readiness.spec.schema import ModelFile

FRAME = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0) % 7})


def tried(folder: Path, code: str, *, seconds: float = 60.0) -> SubprocessResult:
    """What comes of a model whose `predict(self, rows)` has this body; the model itself is made beside it."""
    module = f"probed_{hashlib.sha256(code.encode()).hexdigest()[:8]}"
    body = textwrap.indent(textwrap.dedent(code).strip(), " " * 8)
    (folder / f"{module}.py").write_text(
        "import os, sys, time\nimport numpy as np\n"
        f"class Model:\n    def predict(self, rows):\n{body}\n\n"
        "def load(path):\n    return Model()\n"
    )
    (folder / "model.txt").write_text("")
    spec = ModelFile(path="model.txt", loader=f"{module}:load")
    estimator = load_model(spec, folder).estimator
    candidate = Candidate.of(estimator, ["a", "b"], task=Task.REGRESSION)
    return measure_in_subprocess(Request.of(spec, folder, candidate, FRAME), seconds=seconds)


def outcomes(result: SubprocessResult) -> dict[str, str]:
    assert not isinstance(result.probes, Missing)
    return {probe.name: probe.outcome for probe in result.probes}


@pytest.mark.slow
def test_memory_and_probes_of_a_saved_model(tmp_path: Path) -> None:
    """A pinned model is loaded in the process; its memory is plausible and every probe has an outcome."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, FRAME["a"] > 20)
    model.ballast = np.ones(6_000_000)  # 48 MB
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    spec = ModelFile(path=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    candidate = Candidate.of(model, ["a", "b"], task=Task.BINARY, classes=(False, True))
    result = measure_in_subprocess(Request.of(spec, tmp_path, candidate, FRAME))
    assert isinstance(result.memory, Memory)
    assert 40e6 < result.memory.model < 200e6
    assert result.memory.peak >= result.memory.predicted
    assert set(outcomes(result)) == set(PROBES)
    assert outcomes(result)["determinism"] == "passed"


@pytest.mark.slow
def test_secrets_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model finds no variable there but those that programs need to start."""
    monkeypatch.setenv("SIGNING_PASSPHRASE", "hush")
    code = f"open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(os.environ))\nreturn np.zeros(len(rows))"
    tried(tmp_path, code)
    seen = (tmp_path / "seen").read_text().split()
    assert "PATH" in seen
    assert not {"SIGNING_PASSPHRASE", "HOME"} & set(seen)


@pytest.mark.slow
def test_what_a_model_prints_does_not_disturb(tmp_path: Path) -> None:
    """A talkative model is measured like a silent one."""
    result = tried(tmp_path, "print('{\"error\": 1}', flush=True)\nos.write(1, b'x')\nreturn np.zeros(len(rows))")
    assert outcomes(result)["one_row"] == "passed"


@pytest.mark.slow
def test_crash_fails_the_probe_and_spares_the_rest(tmp_path: Path) -> None:
    """A crash at a missing value fails that probe; earlier ones stand, later ones were not tried."""
    result = tried(tmp_path, "if rows.isna().any(axis=None):\n    os.abort()\nreturn np.zeros(len(rows))")
    assert isinstance(result.memory, Memory)
    found = outcomes(result)
    assert (found["determinism"], found["missing_value"], found["outlier"]) == ("passed", "failed", "unavailable")
    assert not isinstance(result.probes, Missing)
    reason = next(probe.reason for probe in result.probes if probe.name == "missing_value")
    assert reason == "The model did not survive this: its process was killed by SIGABRT."


@pytest.mark.slow
def test_silence_fails_the_probe(tmp_path: Path) -> None:
    """A model that never comes back from a missing value is stopped."""
    code = "if rows.isna().any(axis=None):\n    time.sleep(600)\nreturn np.zeros(len(rows))"
    result = tried(tmp_path, code, seconds=2.0)
    assert outcomes(result)["missing_value"] == "failed"


@pytest.mark.slow
def test_model_that_cannot_predict_there_has_no_memory(tmp_path: Path) -> None:
    """A failure before the first measurement is the reason for everything."""
    result = tried(tmp_path, "raise ValueError('no licence')")
    assert isinstance(result.memory, Missing)
    assert "ValueError: no licence" in result.memory.reason
    assert result.probes == result.memory


@pytest.mark.slow
def test_changed_file_is_not_loaded_there(tmp_path: Path) -> None:
    """The pin is checked again in the process."""
    path = tmp_path / "model.joblib"
    joblib.dump(LogisticRegression(), path)
    candidate = Candidate.of(LogisticRegression(), ["a", "b"], task=Task.BINARY, classes=(0, 1))
    request = Request.of(ModelFile(path=path.name, sha256="0" * 64), tmp_path, candidate, FRAME)
    result = measure_in_subprocess(request)
    assert isinstance(result.memory, Missing)
    assert "is not the file that the spec pins" in result.memory.reason


def test_memory_of_the_model_is_what_it_adds() -> None:
    """Loading and predicting are counted above the libraries, never below zero."""
    assert Memory(libraries=100, loaded=130, predicted=150, peak=170).model == 50
    assert Memory(libraries=100, loaded=90, predicted=95, peak=100).model == 0


def test_needed_modules_are_those_of_all_parts() -> None:
    """A pipeline needs the modules of its steps."""
    modules = needed_modules(make_pipeline(StandardScaler(), LogisticRegression()))
    expected: Any = {"sklearn.linear_model._logistic", "sklearn.pipeline", "sklearn.preprocessing._data"}
    assert set(modules) == expected
