"""Whole reviews of a served model: alone, and beside the file that it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from readiness.core.errors import InputError, ScoringError
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.robustness import PROBES, run_probes
from readiness.evidence.probes.served import with_served
from readiness.run.runner import variables
from readiness.signing.keys import generate
from readiness.signing.reports import sign_report
from readiness.signing.verify import open_bytes, verify
from readiness.spec.load import load_spec
from tests.evidence.workers.services import Service, reply, serving
from tests.walking import Walked, not_probed, walk

LINES = """
data: {{train: train.csv, test: test.csv, target: fraud, positive: "yes", segments: [region]}}
model: {{name: fraud, version: "3", url: "{url}/predict", protocol: json{more}}}
"""
OUTPUTS = ', outputs: {probability: predictions, classes: ["no", "yes"]}'


def table(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"amount": rng.normal(size=n), "hours": rng.normal(size=n), "region": rng.choice(["n", "s"], n)}
    )
    return frame.assign(fraud=np.where(rng.random(n) < 1 / (1 + np.exp(-3 * frame["amount"])), "yes", "no"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, n, seed in (("train", 300, 1), ("test", 200, 2)):
        table(n, seed).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def fitted() -> LogisticRegression:
    train = table(300, 1)
    return LogisticRegression().fit(train[["amount", "hours"]], train["fraud"])


@pytest.fixture
def service() -> Iterator[Service]:
    """It serves the model, and changes what it says as a test wants; a gap is refused in words."""
    model = fitted()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        rows = pd.DataFrame(json.loads(body)["instances"], columns=["amount", "hours", "region"])
        try:
            said = handler.server.change(model.predict_proba(rows[["amount", "hours"]]))  # type: ignore[attr-defined]
            reply(handler, {"predictions": said.tolist()})
        except ValueError as error:
            reply(handler, {"error": f"<img src=x onerror=alert(1)> {error}"}, 400)

    with serving(answer) as service:
        service.change = lambda said: said  # type: ignore[attr-defined]
        yield service


def probed(evidence: Any) -> Any:
    """The probes alone, without times."""
    probes = run_probes(evidence.candidate, evidence.rows)
    return replace(not_probed(evidence), probes=with_served(evidence, probes))


def compared(evidence: Any) -> Any:
    """Nothing but the comparison with the file."""
    untried = tuple(ProbeResult(name, "unavailable", "Not tried here.") for name in PROBES)
    return replace(not_probed(evidence), probes=with_served(evidence, untried))


def review(folder: Path, service: Service, more: str, probe: Callable[[Any], Any]) -> Walked:
    path = folder / "readiness.yaml"
    path.write_text(LINES.format(url=service.url, more=more), encoding="utf-8")
    return walk(path, figures=False, probe=probe)


@pytest.mark.slow
def test_a_served_model_alone_is_reviewed_signed_and_verified(folder: Path, service: Service) -> None:
    """Nothing binds the report to it, and the first screen says so; nobody refits it."""
    walked = review(folder, service, OUTPUTS, probed)
    model = walked.record.gathered.model
    assert () == model.files
    assert f"model served at {service.url}/predict by instances as JSON" == model.kind
    assert f"What answers at {service.url}/predict was asked, and no file of it seen" in walked.page
    assert {} == walked.failed
    assert "a served model answers and does not learn" in walked.findings["STAB-REFITS"].reason
    assert "not_assessed" == walked.status("STAB-REFITS")
    for name in ("ONE-ROW", "COLUMN-ORDER", "DETERMINISM", "OUTLIER"):
        assert "met" == walked.status(f"PROD-PROBE-{name}")
    assert "HTTP 400: <img src=x onerror=alert(1)>" in walked.findings["PROD-PROBE-MISSING-VALUE"].reason
    assert "<img src=x" not in walked.page
    assert "&lt;img src=x" in walked.page
    assert "PROD-PROBE-SERVED" not in walked.findings
    local = fitted().predict_proba(table(200, 2)[["amount", "hours"]])[:, 1]
    np.testing.assert_array_equal(local, walked.evidence.cases.y_score)
    key = generate("ecdsa-p256")
    report = folder / "report.html"
    report.write_bytes(sign_report(walked.report, key))
    assert walked.record.verdict is verify(report, [key.public]).record.verdict


@pytest.mark.slow
def test_a_served_model_that_answers_as_its_file_is_a_yes_and_another_a_no(folder: Path, service: Service) -> None:
    """The report is bound to the file; what is served has to say the same of every test row."""
    skops.io.dump(fitted(), folder / "model.skops")
    same = review(folder, service, f"{OUTPUTS}, path: model.skops", compared)
    digest = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
    assert [digest] == [file.sha256 for file in same.record.gathered.model.files]
    assert "no file of it seen" not in same.page
    assert "met" == same.status("PROD-PROBE-SERVED")
    assert "All 200 rows get the same labels and scores" in same.findings["PROD-PROBE-SERVED"].reason
    service.change = lambda said: 0.5 + 0.4 * (said - 0.5)  # type: ignore[attr-defined]
    other = review(folder, service, f"{OUTPUTS}, path: model.skops", compared)
    finding = other.findings["PROD-PROBE-SERVED"]
    assert ("not_met", True) == (finding.status.value, finding.blocking)
    assert "200 of 200 rows get other labels and scores; the largest difference is 0.299 (1 request" in finding.reason
    assert "not_met" == other.answer(finding.key.question).status.value
    assert "not_ready" == other.record.verdict.value
    assert "The served model does not answer as the file does" in other.page
    assert other.record.verdict is open_bytes(other.report).record.verdict


def test_a_served_model_that_is_not_there_ends_the_review(folder: Path) -> None:
    """In words that name what to look at."""
    with serving(lambda handler, body: reply(handler, {})) as gone:
        pass
    with pytest.raises(ScoringError, match="cannot be reached") as caught:
        review(folder, gone, f"{OUTPUTS}, requests: {{timeout: 2}}", probed)
    assert "model.url" in caught.value.remedy


def test_the_host_passes_the_variables_of_headers_on(folder: Path) -> None:
    """By their names; what they hold stands in no file."""
    path = folder / "readiness.yaml"
    more = ", headers: {Authorization: {from_environment: FRAUD_TOKEN}}"
    path.write_text(LINES.format(url="http://localhost:1", more=more), encoding="utf-8")
    assert ("FRAUD_TOKEN",) == variables(load_spec(path).spec)
    path.write_text(LINES.format(url="http://example.org", more=more), encoding="utf-8")
    with pytest.raises(InputError, match="in the clear"):
        load_spec(path)


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("http://ann:s3cret@example.org", "", "holds a user or a password"),
        ("http://localhost:1", ", headers: {X-Key: s3cret}", "a value itself would stand in the record"),
    ],
)
def test_a_secret_in_a_spec_is_refused_and_not_repeated(folder: Path, url: str, more: str, said: str) -> None:
    """It would stand in every report."""
    path = folder / "readiness.yaml"
    path.write_text(LINES.format(url=url, more=more), encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_spec(path)
    assert "s3cret" not in str(caught.value)
