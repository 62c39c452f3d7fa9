"""Where docs/architecture.md says that something is added, it is enough to add it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from matplotlib.axes import Axes
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

from readiness import draw, review
from readiness.cli.app import app, command
from readiness.core.files import sha256_path
from readiness.core.findings import Answer, Claim, Criterion, Question, Status
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence
from readiness.evidence.models import kinds, load
from readiness.evidence.models.kinds import Kind
from readiness.evidence.probes import subprocess
from readiness.evidence.probes.robustness import PROBES, ProbeResult
from readiness.evidence.probes.subprocess import Request
from readiness.planning.plan import plan
from readiness.questions import errors, production
from readiness.report.pictures import Picture
from readiness.spec.questions import Production
from readiness.spec.schema import ModelFile, Spec
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import ESTIMATORS, Estimator
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.shapes import A_SHARE
from readiness.verdict import claims
from readiness.verdict.comparison import missing_codes, other_bars
from tests.conftest import make_rows

FEATURES = ["a", "b"]
TEST = make_rows(500, 2)
MODEL = LogisticRegression().fit(make_rows(400, 1)[FEATURES], make_rows(400, 1)["y"])


def test_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry among the metrics and its estimator: a requirement may name it and is judged by it."""

    def wrong(_metric: str, cases: Cases) -> Binomial:
        return Binomial(float(np.count_nonzero(cases.y_true != cases.y_pred)), cases.n)

    entry = Metric("error_rate", "error rate", frozenset({Task.BINARY}), False, "labels")
    monkeypatch.setitem(METRICS._named, "error_rate", entry)  # type: ignore[attr-defined]
    estimator = Estimator(
        wrong, lambda _metric, cases: (cases.y_true != cases.y_pred).astype(float), lambda _metric, _rows: A_SHARE
    )
    monkeypatch.setitem(ESTIMATORS, "error_rate", estimator)  # type: ignore[arg-type]

    answer = review(MODEL, TEST[FEATURES], TEST["y"], requirements={"error_rate": 0.5}).business
    stated = answer.findings[0]
    assert Status.MET is stated.status
    assert stated.measured is not None
    assert float((MODEL.predict(TEST[FEATURES]) != TEST["y"]).mean()) == pytest.approx(stated.measured.value)
    assert 0.5 == stated.criterion.threshold  # type: ignore[union-attr]


def test_a_judged_criterion(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry in the list of claims and its measurement: judged, missed where a record lacks it, and planned."""
    key, bar = Topic.BIAS.key(), Criterion("<=", 0.1, "share", "default")

    def list_balance(_spec: Spec, task: Task) -> Iterator[Claim]:
        if task is Task.BINARY:
            yield Claim(key, "Predicted positives less true ones, as a share of all rows", bar, source="errors.balance")

    def measure_balance(evidence: Evidence, claim: Claim) -> Measurement:
        gap = float(evidence.cases.y_pred.mean() - evidence.cases.y_true.mean())
        return Measurement(claim, "balance", Exact(abs(gap), evidence.cases.n))

    monkeypatch.setattr(claims, "LISTERS", (*claims.LISTERS, list_balance))
    monkeypatch.setitem(errors.MEASURES, Topic.BIAS, measure_balance)

    reviewed = review(MODEL, TEST[FEATURES], TEST["y"], requirements={"recall": 0.5})
    answer = reviewed.errors.answer
    found = next(finding for finding in answer.findings if finding.key == key)
    gap = abs(float(MODEL.predict(TEST[FEATURES]).mean() - TEST["y"].mean()))
    assert found.blocking
    assert bar == found.criterion
    assert (Status.MET if gap <= 0.1 else Status.NOT_MET) is found.status

    spec, without = reviewed.spec, Answer(Question.ERRORS, tuple(f for f in answer.findings if f.key != key))
    loosened = replace(found, criterion=replace(bar, threshold=0.9))
    assert found.code not in missing_codes([answer], spec, Task.BINARY)
    assert found.code in missing_codes([without], spec, Task.BINARY)
    assert (found.code,) == other_bars([Answer(Question.ERRORS, (loosened,))], spec, Task.BINARY)
    assert any("errors.balance" in line for line in plan(spec))


def test_a_figure() -> None:
    """A function that draws an answer on axes becomes a picture with its sentence."""

    def claims(answer: Answer, *, ax: Axes | None = None) -> Axes:
        """How many claims there are."""
        import matplotlib.pyplot as plt

        ax = plt.figure().subplots() if ax is None else ax
        ax.bar(["claims"], [len(answer.findings)])
        return ax

    picture = draw(claims, Answer(Question.BUSINESS, ()))
    assert isinstance(picture, Picture)
    assert picture.svg.startswith("<svg")


def test_a_model_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The end of its name, and what makes a model of its bytes."""

    class Always:
        def __init__(self, answer: int) -> None:
            self.answer = answer

        def predict(self, rows: Any) -> Any:
            return np.full(len(rows), self.answer)

    monkeypatch.setitem(kinds.SUFFIXES, ".always", Kind.SKOPS)
    monkeypatch.setitem(load.OPENERS, Kind.SKOPS, lambda data, _path: Always(int(data)))
    (tmp_path / "model.always").write_bytes(b"1")

    loaded = load.load_model(ModelFile(path="model.always"), tmp_path)
    assert [1, 1] == loaded.estimator.predict([0, 0]).tolist()


def test_a_probe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its function among the probes: the process that probes the candidate runs it, and question 6 tells it."""
    joblib.dump(MODEL, tmp_path / "model.joblib")
    model = ModelFile(path="model.joblib", sha256=sha256_path(tmp_path / "model.joblib"))
    candidate = Candidate.of(MODEL, FEATURES, task=Task.BINARY, classes=(0, 1))

    def twice(probed: Candidate, rows: Any) -> ProbeResult:
        """The same rows twice."""
        return ProbeResult("twice", "passed", f"{len(probed.score(rows).predicted)} rows are answered twice.")

    monkeypatch.setitem(PROBES, "twice", twice)
    done = [*subprocess._measure(Request.of(model, tmp_path, candidate, TEST.head(5)))]
    results = [ProbeResult(**part["probe"]) for part in done if "probe" in part]
    assert ProbeResult("twice", "passed", "5 rows are answered twice.") in results
    found = [production._probe_made(result, Spec.model_construct(), Production(), blocking=False) for result in results]
    assert "PROD-PROBE-TWICE" in {finding.code for finding in found}


def test_a_command() -> None:
    """A function with the decorator is a command, and its number is the exit code."""

    @command
    def greet() -> int:
        """Greet."""
        return 3

    try:
        assert 3 == CliRunner().invoke(app, ["greet"]).exit_code
    finally:
        app.registered_commands.pop()
