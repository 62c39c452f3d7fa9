"""The served model beside the file: the same answers, other answers, and none."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from readiness.core.counterexamples import Answered, Change, Cure
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.served import compare_served
from readiness.evidence.workers import http
from readiness.evidence.workers.in_process import InProcess
from readiness.spec.inputs import Model
from tests.evidence.workers.services import reply, serving

ROWS = pd.DataFrame({"a": np.linspace(-3, 3, 60), "b": np.tile([0.5, -1.0, 2.0], 20)})
CLASSIFIER = LogisticRegression().fit(ROWS, np.where(ROWS["a"] + ROWS["b"] > 0, "yes", "no"))
REGRESSOR = LinearRegression().fit(ROWS, 1000 * ROWS["a"] + ROWS["b"])
PROBABILITIES = {"probability": "predictions", "classes": ["no", "yes"]}


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))


def compared(answer: Any, model: Any = CLASSIFIER, outputs: Any = PROBABILITIES) -> ProbeResult:
    """What comes of it, with a server whose predictions are those of `answer`."""
    kind = {"task": Task.REGRESSION} if model is REGRESSOR else {"task": Task.BINARY, "classes": ("no", "yes")}
    candidate = Candidate.of(InProcess(model), ["a", "b"], **kind)

    def handle(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        frame = pd.DataFrame(json.loads(body)["instances"])
        said = answer(frame)
        reply(handler, {"predictions": said}) if isinstance(said, list) else reply(handler, {"error": said}, 500)

    with serving(handle) as service:
        named = {"url": service.url, "protocol": "json", "requests": {"rows": 25}, "outputs": outputs}
        spec = Model(name="m", version="1", path="m.skops", **named)
        return compare_served(spec, candidate, ROWS, candidate.score(ROWS))


def test_the_same_answers_pass_with_the_largest_difference_and_n() -> None:
    """All rows, in as many requests as they take."""
    result = compared(lambda frame: CLASSIFIER.predict_proba(frame).tolist())
    said = "All 60 rows get the same labels and scores; the largest difference is 0 (3 requests, none of which failed)."
    assert ("served", "passed", said) == (result.name, result.outcome, result.reason)


def test_rounding_is_no_difference() -> None:
    """Single precision, as many servers compute."""
    single = compared(lambda frame: CLASSIFIER.predict_proba(frame).astype(np.float32).astype(float).tolist())
    assert "passed" == single.outcome
    assert "the largest difference is 0 " not in single.reason


def test_other_probabilities_fail_even_where_all_labels_agree() -> None:
    """With the first row that shows it, and a cure."""
    result = compared(lambda frame: (0.05 + 0.9 * CLASSIFIER.predict_proba(frame)).tolist())
    sure = CLASSIFIER.predict_proba(ROWS)[:, 1]
    assert "failed" == result.outcome
    said = f"60 of 60 rows get other labels and scores; the largest difference is {abs(0.05 - 0.1 * sure).max():.3g} ("
    assert result.reason.startswith(said)
    example = result.example
    assert example is not None
    assert (Change.SERVED, Cure.SERVE_THE_FILE, 1) == (example.change, example.cure, example.row)
    assert Answered("no", pytest.approx(1 - sure[0])) == example.before
    assert Answered("no", pytest.approx(0.95 - 0.9 * sure[0])) == example.after


def test_one_other_row_is_found() -> None:
    """Among all of them."""

    def answer(frame: pd.DataFrame) -> list[Any]:
        said = CLASSIFIER.predict_proba(frame)
        said[(frame["a"] > 0).to_numpy() & (frame["a"] < 0.1).to_numpy()] = [1, 0]
        return said.tolist()

    result = compared(answer)
    assert result.reason.startswith("1 of 60 rows get other")
    assert 31 == result.example.row  # type: ignore[union-attr]


def test_classes_the_other_way_round_fail() -> None:
    """The commonest slip of a deployment."""
    turned = compared(lambda frame: CLASSIFIER.predict_proba(frame)[:, ::-1].tolist())
    assert "failed" == turned.outcome
    right = {**PROBABILITIES, "classes": ["yes", "no"]}
    assert "passed" == compared(lambda f: CLASSIFIER.predict_proba(f)[:, ::-1].tolist(), outputs=right).outcome


def test_labels_alone_are_compared_as_such() -> None:
    """Where the server gives no scores."""
    same = compared(lambda frame: CLASSIFIER.predict(frame).tolist(), outputs=None)
    assert same.reason.startswith("All 60 rows get the same labels alone, as one of both gives no scores (")
    other = compared(lambda frame: ["yes"] * len(frame), outputs=None)
    assert "failed" == other.outcome


@pytest.mark.parametrize(("factor", "outcome"), [(1, "passed"), (1 + 1e-6, "passed"), (1.001, "failed")])
def test_numbers_are_compared_by_their_size(factor: float, outcome: str) -> None:
    """Not in units of the target."""
    result = compared(lambda frame: (REGRESSOR.predict(frame) * factor).tolist(), REGRESSOR, None)
    assert outcome == result.outcome


def test_a_server_that_fails_on_the_rows_does_not_agree() -> None:
    """As it does not answer what the file answers."""
    result = compared(lambda frame: "out of memory")
    assert ("failed", True) == (result.outcome, "HTTP 500: out of memory" in result.reason)


def test_a_server_that_is_not_there_leaves_it_open() -> None:
    """Nobody knows; that is no yes, and no proven no."""
    candidate = Candidate.of(InProcess(CLASSIFIER), ["a", "b"], task=Task.BINARY, classes=("no", "yes"))
    with serving(lambda handler, body: None) as service:
        url = service.url
    spec = Model(name="m", version="1", path="m.skops", url=url, protocol="json")
    result = compare_served(spec, candidate, ROWS, candidate.score(ROWS))
    assert ("unavailable", True) == (result.outcome, "was not asked" in result.reason)
