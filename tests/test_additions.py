"""Where docs/architecture.md says that something is added, it is enough to add it there."""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from subprocess import run as subprocess_of
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from typer.testing import CliRunner

from readiness import review
from readiness.cli.app import app, command
from readiness.core.findings import Answer, Claim, Criterion, Question, Status
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.models import kinds, load
from readiness.evidence.models.kinds import Kind
from readiness.planning.plan import plan
from readiness.questions import errors
from readiness.spec.schema import ModelFile, Spec
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement
from readiness.verdict import claims
from readiness.verdict.comparison import missing_codes, other_bars
from tests.conftest import make_rows, write_review
from tests.sampling import exhaustive

FEATURES = ["a", "b"]
TEST = make_rows(500, 2)
TEST_ROWS = make_rows(800, 2)
"""Those of `write_review`."""
MODEL = LogisticRegression().fit(make_rows(400, 1)[FEATURES], make_rows(400, 1)["y"])


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


ROOT = Path(__file__).parents[1]
WALK = """
import json, sys
from pathlib import Path
import readiness
from tests.walking import walk
for given in sys.argv[1:]:
    spec, probes = Path(given), given == sys.argv[1]
    walked = walk(spec, probes=probes)
    print(json.dumps({
        "from": readiness.__file__, "failed": walked.failed, "undrawn": walked.undrawn,
        "drawn": [getattr(each, "name", "") for each in walked.drawn],
        "found": {code: [f.metric, f.status.value, f.measured and f.measured.value, f.outcome and f.outcome.value]
                  for code, f in walked.findings.items()},
        "page": walked.page,
    }))
"""
"""Whole reviews, recorded, checked by the host, and their verdicts recomputed: errors pass as they are raised. The
first one is probed.
"""
LABELS = {
    "readiness/core/metrics.py": [(
        "_LABELS = (",
        """
    Metric("g_mean", "geometric mean of the rates", _BINARY, True, "labels"),
    Metric("informedness", "informedness", _BINARY, True, "labels", is_share=False, low=-1.0, high=1.0),
    Metric("wrong_share", "share of wrong rows", _BINARY, False, "labels", in_percent=True),""",
    )],
    "readiness/statistics/labels.py": [
        ("_SHARES: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {", '"wrong_share": ((1, 2), (0, 1, 2, 3)),'),
        (
            "_OF_CELLS: Mapping[str, OfCells] = {",
            """
    "g_mean": lambda cells: np.sqrt(cells[3] / (cells[2] + cells[3]) * (cells[0] / (cells[0] + cells[1]))),
    "informedness": lambda cells: cells[3] / (cells[2] + cells[3]) - cells[1] / (cells[0] + cells[1]),""",
        ),
    ],
}  # fmt: skip
"""What each file of the row gets, after which line."""
OF_SCORES = {
    "readiness/core/metrics.py": [(
        "_RANKED = (", '\n    Metric("gini", "Gini", _BINARY, True, "scores", is_share=False, low=-1.0, high=1.0, guess=0.0),'
    )],
    "readiness/statistics/estimators.py": [(
        "ESTIMATORS: Mapping[str, Estimator] = {",
        """
    "gini": Estimator(
        lambda _, cases: linear(measure_ranking("roc_auc", cases), scale=2.0, shift=-1.0),
        lambda _, cases: 2.0 * _influence_on_ranking("roc_auc", cases),
        _always(linear_shape(2.0, (-1.0, -1.0), RANKED)),
    ),""",
    ), (
        "from readiness.statistics.inference import Inference",
        "\nfrom readiness.statistics.inference import linear\nfrom readiness.statistics.shapes import linear as linear_shape",
    )],
}  # fmt: skip
LOSS = {
    "readiness/core/metrics.py": [(
        "_NUMBERS = (", '\n    Metric("mean_root_error", "mean root of the error", _VALUES, False, "values", is_share=False),'
    )],
    "readiness/statistics/losses.py": [(
        "_MEANS: Mapping[str, Callable[[Floats, Floats], Floats]] = {",
        '\n    "mean_root_error": lambda true, predicted: np.sqrt(np.abs(true - predicted)),',
    )],
}  # fmt: skip
PROBE = {
    "readiness/core/probes.py": [(
        "    for kind in (\n",
        """
        ProbeKind(
            "twice", "The rows twice over", "the rows twice over", "Every {row} twice", "it answers every {row} twice",
            "it trips over a {row} that comes twice", "may be", "may be",
        ),
""",
    )],
    "readiness/evidence/probes/robustness.py": [(
        "PROBES: dict[str, Probe] = {",
        """
    "twice": lambda candidate, rows: ProbeResult(
        "twice", ask(candidate, pd.concat([rows, rows], ignore_index=True)).outcome, "Rows come twice."
    ),""",
    )],
}  # fmt: skip
FIGURE = {
    "readiness/report/plots/business.py": [(
        "_SIGNS = {", """">=": "≥", "<=": "≤"}


def tallies(answer: Answer, *, ax: Axes | None = None) -> Axes:
    \"\"\"How many claims there are.\"\"\"
    import matplotlib.pyplot as plt

    axes = plt.figure().subplots() if ax is None else ax
    axes.bar(["claims"], [len(answer.findings)])
    return axes


_SIGNS = {""",
    )],
}  # fmt: skip


DESIGNS = ["plain", "groups", exhaustive("time")]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """What reviews say by a copy of the program that was added to, file by file: by the name of what was reviewed.

    One process reviews them all.
    """
    place = tmp_path_factory.mktemp("additions")
    copied = _copy_with(place / "program", LABELS, OF_SCORES, LOSS, PROBE, FIGURE)
    _add_cell(copied / "templates" / "readiness.ipynb", 'review.business.plot("tallies")')
    designs = ["plain", "groups", *(["time"] if request.config.getoption("--all") else [])]
    specs = {name: _metrics_spec(place / name, name) for name in designs} | {"loss": _loss_spec(place / "loss")}
    words = [sys.executable, "-c", WALK, *map(str, specs.values())]
    path = os.pathsep.join((str(copied), str(ROOT)))
    env = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    done = subprocess_of(words, env=env, cwd=place, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines()[-len(specs) :]]
    for each in told:
        assert str(copied) in each["from"]
        assert {} == each["failed"]
        assert [] == each["undrawn"]
    return dict(zip(specs, told, strict=True))


def _copy_with(copied: Path, *additions: Mapping[str, Any]) -> Path:
    """A copy of the program with all additions; compiled modules that still fit come along."""
    for folder in ("readiness", "templates"):
        shutil.copytree(ROOT / folder, copied / folder)
    for path, edits in (item for addition in additions for item in addition.items()):
        text = (copied / path).read_text()
        for place, added in edits:
            assert 1 == text.count(place), place
            text = text.replace(place, place + added)
        (copied / path).write_text(text)
    return copied


def _add_cell(template: Path, source: str) -> None:
    notebook = nbformat.read(template, as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id == "business-requirements")
    cell = copy.deepcopy(notebook.cells[place])
    cell.id, cell.source = "business-tallies", source
    notebook.cells.insert(place + 1, cell)
    nbformat.write(notebook, template)


NAMES = ("g_mean", "informedness", "wrong_share", "gini")


def _metrics_spec(folder: Path, design: str) -> Path:
    """The new metrics of labels and scores as requirements, as gains, over segments; the new probe is asked for."""
    ways: list[dict[str, Any]] = [
        {"says": name, "metric": name, **({"at_most": 0.4} if name == "wrong_share" else {"at_least": 0.2})}
        for name in NAMES
    ]
    ways += [{"says": f"{name} gained", "metric": name, "gain_over": "majority", "above": 0} for name in NAMES]
    test = make_rows(800, 2)
    test["unit"], test["day"] = np.arange(800) // 4, pd.date_range("2026-01-01", periods=800, freq="h")
    train = make_rows(600, 1)
    train["unit"], train["day"] = np.arange(600) // 4 + 1000, pd.date_range("2025-01-01", periods=600, freq="h")
    changes = {
        "business": {"requirements": ways},
        "segments": {"metrics": list(NAMES)},
        "baseline": {"metric": "g_mean"},
        "production": {"must_handle": ["twice"], "clean_error_accepted": ["twice"]},
        "data": {"plain": {}, "groups": {"group": "unit"}, "time": {"time": "day"}}[design],
    }
    folder.mkdir()
    spec = write_review(folder, changes, test=test)
    train.to_parquet(spec.parent / "train.parquet")
    return spec


def _loss_model() -> LinearRegression:
    train = make_rows(600, 1)
    return LinearRegression().fit(train[["a", "y"]], train["b"])


def _loss_spec(folder: Path) -> Path:
    folder.mkdir()
    return write_review(
        folder,
        {
            "data": {"target": "b", "positive": None, "features": ["a", "y"], "task": "regression"},
            "errors": None,
            "segments": {"metrics": ["mean_root_error"]},
            "baseline": {"metric": "mean_root_error"},
            "business": {"requirements": [{"says": "near", "metric": "mean_root_error", "at_most": 2}]},
        },
        model=_loss_model(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_metrics_of_labels_and_scores(reviewed: Any, design: str) -> None:
    """As a requirement, as a gain, over segments: judged by each, and the record holds."""
    found = reviewed[design]["found"]

    right = (MODEL.predict(TEST_ROWS[FEATURES]) == TEST_ROWS["y"]).mean()
    assert ["met"] * 4 == [found[f"BUSI-{k}"][1] for k in range(1, 5)]
    assert found["BUSI-3"][2] == pytest.approx(1 - right, abs=0.05)
    judged = {
        metric for code, (metric, status, *_) in found.items() if code[:4] in ("SEGM", "BASE") and status == "met"
    }
    assert judged & set(NAMES)


@pytest.mark.slow
def test_a_loss(reviewed: Any) -> None:
    """Its entry among the metrics, and the loss of a row."""
    found = reviewed["loss"]["found"]
    error = np.sqrt(np.abs(_loss_model().predict(TEST_ROWS[["a", "y"]]) - TEST_ROWS["b"])).mean()
    assert ["mean_root_error", "met", pytest.approx(error)] == found["BUSI-1"][:3]


@pytest.mark.slow
def test_a_probe_and_a_figure(reviewed: Any) -> None:
    """A probe in its two places may be asked for by the spec; a figure is found in its module."""
    told = reviewed["plain"]
    assert "passed" == told["found"]["PROD-PROBE-TWICE"][3]
    assert "Every row twice" in told["page"]
    assert "business.tallies" in told["drawn"]
