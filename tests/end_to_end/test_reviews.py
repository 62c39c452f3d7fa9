"""Whole reviews: the same twice, by each of the ways, with models that fail, and with templates that cheat."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.errors import IncompleteRecord, ReviewError, UnsignedReport
from readiness.core.findings import Origin, Question
from readiness.core.program import template_path
from readiness.run.executed import STOCK
from readiness.run.runner import ReviewResult, review
from readiness.signing.keys import generate, write_key_pair
from readiness.signing.verify import open_report, verify
from readiness.verdict.record import Record, to_plain
from tests.conftest import make_rows
from tests.walking import walk

ROOT = Path(__file__).resolve().parents[2]


def write_review(folder: Path, **changes: Any) -> Path:
    """A small review with a logistic model; `changes` replace sections of the spec."""
    folder.mkdir(parents=True, exist_ok=True)
    train, test = make_rows(400, 1), make_rows(400, 2)
    train.to_parquet(folder / "train.parquet")
    test.to_parquet(folder / "test.parquet")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[["a", "b"]], train["y"])
    joblib.dump(model, folder / "model.joblib")
    digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
    spec: dict[str, Any] = {
        "model": {"name": "small", "version": "1.0", "path": "model.joblib", "sha256": digest},
        "data": {"train": "train.parquet", "test": "test.parquet", "target": "y", "positive": 1, "segments": ["group"]},
        "business": {"requirements": [{"says": "find them", "metric": "recall", "at_least": 0.8}]},
        "errors": {"costs": {"false_positive": 1, "false_negative": 10, "currency": "EUR"}},
        "stability": {"repeats": 2, "budget_seconds": 60},
        "production": {"calls": 300, "call_seconds": 1},
    }
    (folder / "readiness.yaml").write_text(yaml.safe_dump(spec | changes, sort_keys=False))
    return folder / "readiness.yaml"


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReviewResult, ReviewResult]:
    """The same review, run twice."""
    spec = write_review(tmp_path_factory.mktemp("twice"))
    return review(spec, spec.parent / "first"), review(spec, spec.parent / "second")


@pytest.mark.slow
class TestDeterminism:
    """What is not measured with a clock is the same in every run."""

    def without_times(self, record: Record) -> dict[str, Any]:
        """The record without clock values, and without the digest of the notebook, which shows them."""
        answers = []
        for answer in record.answers:
            kept = [
                dataclasses.replace(f, measured=None, reason="", needs="", warning="") if f.measured_time else f
                for f in answer.findings
            ]
            answers.append(dataclasses.replace(answer, findings=tuple(kept)))
        plain = to_plain(dataclasses.replace(record, answers=tuple(answers)))
        return {key: value for key, value in plain.items() if key not in ("run", "notebook_sha256")}

    def test_the_record_is_the_same(self, twice: tuple[ReviewResult, ReviewResult]) -> None:
        """Every finding but the timed ones, the decision, the environment and all digests."""
        first, second = (self.without_times(result.record) for result in twice)
        assert first == second

    def test_times_are_marked(self, twice: tuple[ReviewResult, ReviewResult]) -> None:
        """The control: the timed findings do differ, so the test above left something out for a reason."""
        timed = [
            {f.code: f.measured for answer in result.record.answers for f in answer.findings if f.measured_time}
            for result in twice
        ]
        assert timed[0].keys() == timed[1].keys()
        assert timed[0] != timed[1]
        assert {"PROD-LATENCY-P99", "PROD-LATENCY-COLD", "PROD-SECONDS", "STAB-SECONDS"} <= timed[0].keys()

    def test_the_page_is_the_same(self, twice: tuple[ReviewResult, ReviewResult]) -> None:
        """Every line that shows no time, no reading of the machine and not the notebook's digest."""
        first, second = (self.lines(result) for result in twice)
        assert len(first) > 1_000
        assert first == second

    def lines(self, result: ReviewResult) -> list[str]:
        page = BeautifulSoup(result.report.read_text(encoding="utf-8").rpartition("<!--")[0], "html.parser")
        note = "; slow calls follow one another, so the true range is wider"  # stands where the times gave cause for it
        texts = (" ".join(str(text).split()).replace(note, "") for text in page.find_all(string=True))
        return [text for text in texts if text and not self.is_of_the_clock(text)]

    def is_of_the_clock(self, line: str) -> bool:
        timed = re.search(r"\d (ms|s|MB|rows per second|per second)\b|\d\d:\d\d|[0-9a-f]{12}", line)
        return timed is not None or "calls of" in line or re.fullmatch(r"[\d.,\s–≤≥<>()to-]+", line) is not None

    def test_pictures_are_the_same(self, twice: tuple[ReviewResult, ReviewResult]) -> None:
        """All but the one of the response times."""
        first, second = (self.pictures(result) for result in twice)
        assert first.keys() == second.keys()
        assert {name for name in first if first[name] != second[name]} <= {"production.latency"}

    def pictures(self, result: ReviewResult) -> dict[str, Any]:
        cells = nbformat.read(result.notebook, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        named = [(o.get("metadata", {}).get("readiness", {}).get("figure"), o.get("data", {})) for o in outputs]
        return {name: data for name, data in named if name}

    def test_a_repeated_run_moves_the_earlier_report_aside(self, twice: tuple[ReviewResult, ReviewResult]) -> None:
        """The first report of a folder is never lost; here both folders hold only their own."""
        assert (None, None) == (twice[0].aside, twice[1].aside)
        files = {"report.html", "notebook.ipynb", "monitoring.yaml", "schema.json"}
        assert files == {path.name for path in twice[0].report.parent.iterdir()}

    def test_it_is_unsigned_and_says_so(self, twice: tuple[ReviewResult, ReviewResult], tmp_path: Path) -> None:
        """Readable by show, never accepted by verify: exit 6."""
        assert not open_report(twice[0].report).signed
        public = write_key_pair(generate("ed25519"), tmp_path / "k.pem", None)
        with pytest.raises(UnsignedReport) as caught:
            verify(twice[0].report, [generate("ed25519").public])
        assert 6 == caught.value.exit_code
        done = cli("verify", str(twice[0].report), "--key", str(public))
        assert 6 == done.returncode, done.stderr
        assert "UNSIGNED" in cli("show", str(twice[0].report)).stdout


def cli(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "readiness", *words]
    return subprocess.run(command, cwd=folder or ROOT, capture_output=True, text=True, timeout=300, check=False)


def jupyter(module: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A tool of Jupyter's on this interpreter, in `folder`."""
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


PREDICTIONS = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred, score: score}}
data: {test: test.csv, target: y, positive: 1, segments: [region]}
business: {requirements: [{says: Find them, metric: recall, at_least: 0.95}]}
errors: {costs: {false_positive: 1, false_negative: 5}}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A hundred rows with ready-made predictions."""
    rows = ["y,pred,score,region"]
    for i in range(100):
        pred = 0 if i % 20 == 1 else i % 2
        rows.append(f"{i % 2},{pred},{0.9 if pred else 0.1},{'north' if i < 60 else 'south'}")
    (tmp_path / "test.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "readiness.yaml").write_text(PREDICTIONS)
    return tmp_path / "readiness.yaml"


@pytest.mark.slow
class TestWays:
    """Papermill with and without our engine, and nbconvert: the same findings, and never a signed page."""

    @pytest.mark.parametrize(
        "engine",
        [("--engine", "readiness"), pytest.param((), marks=pytest.mark.exhaustive)],  # nbconvert has no engine, either
        ids=["our engine", "plain"],
    )
    def test_papermill(self, small: Path, engine: tuple[str, ...]) -> None:
        """It leaves an executed notebook, from which nbconvert makes an unsigned page."""
        from nbconvert import get_exporter

        out = small.parent / "out.ipynb"
        words = (
            str(without_figures(small.parent)),
            str(out),
            "-p",
            "spec_path",
            str(small),
            "--no-progress-bar",
            *engine,
        )
        done = jupyter("papermill", *words, folder=small.parent)
        assert 0 == done.returncode, done.stderr
        content, _ = get_exporter("readiness_report")().from_filename(str(out))
        self.check(small, content)

    def test_nbconvert(self, small: Path) -> None:
        """Executed and converted in one go."""
        book = small.parent / "book.ipynb"
        notebook = nbformat.read(without_figures(small.parent), as_version=4)
        cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
        cell.source = cell.source.replace('spec_path: str = ""', f"spec_path: str = {str(small)!r}")
        nbformat.write(notebook, book)
        words = ("--execute", "--to", "readiness_report", str(book), "--output", "page")
        done = jupyter("nbconvert", *words, folder=small.parent)
        assert 0 == done.returncode, done.stderr
        self.check(small, (small.parent / "page.html").read_bytes())

    def check(self, spec: Path, content: bytes) -> None:
        """The same findings as a walk in this process, unsigned."""
        report = spec.parent / "page.html"
        report.write_bytes(content)
        opened = open_report(report)
        assert not opened.signed
        expected = walk(spec, figures=False)
        for question in Question:
            if question is not Question.PRODUCTION:  # the walk does not probe
                assert expected.answer(question) == opened.record.answer(question)
        with pytest.raises(UnsignedReport):
            verify(report, [generate("ed25519").public])


BAD_MODEL = '''\
"""Models that do harm when they are asked."""
import os
import signal
import time

import numpy as np


class Model:
    def __init__(self, deed):
        self.deed = deed

    def predict(self, rows):
        return self.deed(rows)


def rule(rows):
    return (rows["a"] > 0.8).astype(int).to_numpy()


def kills(rows):
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps(rows):
    time.sleep(600)


def dies_of_gaps(rows):
    if rows["a"].isna().any():
        os._exit(3)
    return rule(rows)


def load_kills(path):
    return Model(kills)


def load_sleeps(path):
    return Model(sleeps)


def load_dies_of_gaps(path):
    return Model(dies_of_gaps)
'''


def with_loader(folder: Path, name: str) -> Path:
    """A review whose model comes from a module beside the spec."""
    spec = write_review(folder)
    (folder / "harmful_models.py").write_text(BAD_MODEL)
    found = yaml.safe_load(spec.read_text())
    found["model"]["loader"] = f"harmful_models:load_{name}"
    found["data"]["features"] = ["a", "b"]
    spec.write_text(yaml.safe_dump(found))
    return spec


@pytest.mark.slow
class TestHarmfulModels:
    @pytest.mark.parametrize(
        ("name", "options", "words"),
        [
            ("kills", (), ("The data", "SIGKILL")),
            ("sleeps", ("--timeout", "0.1"), ("took longer than the 0.1 minutes",)),
        ],
    )
    def test_no_page_and_the_earlier_one_untouched(
        self, tmp_path: Path, name: str, options: tuple[str, ...], words: tuple[str, ...]
    ) -> None:
        """Exit 4, what happened and where, the notebook kept, and nothing half-written."""
        spec = with_loader(tmp_path / "case", name)
        out = tmp_path / "out"
        out.mkdir()
        (out / "report.html").write_text("earlier")
        done = cli("run", str(spec), "--out", str(out), *options)
        assert 4 == done.returncode, done.stdout + done.stderr
        assert all(word in done.stderr for word in words), done.stderr
        assert "Traceback" not in done.stderr
        assert "earlier" == (out / "report.html").read_text()
        assert {"report.html", "notebook.failed.ipynb"} == {path.name for path in out.iterdir()}
        assert json.loads((out / "notebook.failed.ipynb").read_text())["cells"]

    def test_a_model_that_dies_of_a_gap_is_told_apart(self, tmp_path: Path) -> None:
        """Gaps are tried in a process of their own: the probe fails, and the review is whole."""
        result = review(with_loader(tmp_path, "dies_of_gaps"), tmp_path / "out", template=without_figures(tmp_path))
        findings = {f.code: f for answer in result.record.answers for f in answer.findings}
        assert "not_met" == findings["PROD-PROBE-MISSING-VALUE"].status.value
        assert "exit code 3" in findings["PROD-PROBE-MISSING-VALUE"].reason
        assert findings["PROD-LATENCY-P99"].measured
        assert result.record.answer(Question.BUSINESS).findings[0].measured


def without_figures(folder: Path) -> Path:
    """The stock notebook without its drawing cells, which take most of the time."""
    notebook = nbformat.read(template_path(STOCK), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if ".plot(" not in cell.source]
    nbformat.write(notebook, folder / "plain.ipynb")
    return folder / "plain.ipynb"


def replacing(cell_id: str, source: str) -> Callable[[Any], None]:
    """An edit of the notebook that gives one cell another source."""

    def edit(notebook: Any) -> None:
        next(cell for cell in notebook.cells if cell.id == cell_id).source = source

    return edit


HOLD = """\
from dataclasses import replace
from readiness.core.findings import Answer, Question, Status
honest = review._answering.answer
changed = Answer(Question.{upper}, tuple({made} for f in review.{question}.findings{kept}))
review._answering.answer = lambda asked, *more: changed if asked is changed.question else honest(asked, *more)
review.{question}
"""
"""A cell that changes what the review holds before it shows it, so that all that follows agrees with it."""


def holding(question: str, made: str = "f", kept: str = "") -> str:
    return HOLD.format(question=question, upper=question.upper(), made=made, kept=kept)


RAW = """\
import IPython.display
from dataclasses import replace
from readiness.core.canonical import encode
def show(kind, value):
    IPython.display.display({{f"application/vnd.readiness.{{kind}}+json": encode(value), "text/plain": ""}}, raw=True)
{shown}
"""
"""A cell that shows something of its own under the name of the record."""
FLATTERING = holding("business", "replace(f, status=Status.MET)")
SILENCING = holding("business", "replace(f, blocking=False)")
VERDICT = """\
from dataclasses import replace
from readiness.verdict.decision import Verdict
review._answering.__dict__["decision"] = replace(review._answering.decision, verdict=Verdict.READY)
review.decision
"""
NO_ACTIONS = VERDICT.replace("verdict=Verdict.READY", "actions=()")
GATHERED = """\
from dataclasses import replace
review = readiness.open_review(spec_path, **options)
held = review._answering.measurements
held.evidence = replace(held.evidence, gathered=replace(held.evidence.gathered, {change}))
review.data
"""
WITHOUT_SOUTH = holding("segments", kept=' if f.segment != {"region": "south"}')
ANOTHER = RAW.format(shown='show("answer", replace(review.segments.answer, findings=review.segments.findings[:-1]))')

CHEATS = {
    "drops a question": (replacing("segments", "segments = review.segments"), "has no answer"),
    "shows one twice": (replacing("business", RAW.format(shown='show("answer", review.business.answer)\nreview.business')), "2 answers"),
    "shows another question's answer": (replacing("segments", "review.baseline"), "2 answers"),
    "shows an answer of its own": (replacing("segments", ANOTHER), "“segments” is not what its review held"),
    "shows an answer of another review": (replacing("segments", "other = readiness.open_review(spec_path, **options)\nother.segments.add('mine', 1)"), "“segments” is not what its review held"),
    "adds a finding afterwards": (replacing("errors", "review.segments.add('mine', 1)\nreview.errors"), "“segments” is not what its review held"),
    "shows other rows": (replacing("data", "review = readiness.open_review(spec_path, **options)\n" + RAW.format(shown='show("gathered", replace(review.evidence.gathered, inputs=()))')), "“gathered” is not what its review held"),
    "shows fewer doubts": (replacing("soundness", RAW.format(shown='show("soundness", replace(review.soundness.soundness, touches={"x": ()}))')), "“soundness” is not what its review held"),
    "shows another decision": (replacing("decision", RAW.format(shown='show("decision", replace(review.decision.decision, actions=()))\nshow("complete", review._mark())')), "“decision” is not what its review held"),
    "edits the verdict": (replacing("decision", VERDICT), "findings say NOT PROVEN"),
    "drops the actions": (replacing("decision", NO_ACTIONS), "or other actions"),
    "edits a status": (replacing("business", FLATTERING), "its bounds and criterion say not proven"),
    "silences a finding": (replacing("business", SILENCING), "lacks findings that this spec asks for: BUSI-1"),
    "is about other files": (replacing("data", GATHERED.format(change="inputs=()")), "other files"),
    "is about another spec": (replacing("data", GATHERED.format(change="spec={}")), "another spec"),
    "hides what was set": (replacing("data", GATHERED.format(change="set_keys=()")), "another spec"),
    "shows the evidence twice": (replacing("data-rows", "review.data"), "2 times"),
    "leaves out the mark": (replacing("decision", RAW.format(shown='show("decision", review.decision.decision)')), "completion mark"),
    "brings its own mark": (replacing("decision", "review._nonce = 'mine'\nreview.decision"), "not of this run"),
    "shows a draft": (replacing("segments", "held = review._answering.measurements\nheld.is_draft = True\ndraft = review.segments\nheld.is_draft = False\ndraft"), "has no answer"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), CHEATS.values(), ids=CHEATS.keys())
def test_a_template_that_cheats_gives_no_page(small: Path, edit: Any, words: str) -> None:
    """What follows from the findings cannot be edited, and what the spec asks for cannot be left out."""
    with pytest.raises(ReviewError, match=re.escape(words)) as caught:
        walk(small, figures=False, edit=edit)
    assert caught.value.remedy


def test_an_honest_change_of_the_template_is_fine(small: Path) -> None:
    """The control: other words and a finding of one's own are what templates are for."""

    def edit(notebook: Any) -> None:
        notebook.cells[0].source = "# Our own title"
        replacing("business", "review.business.add('Complaints in the pilot', 3, reason='as counted')")(notebook)

    findings = walk(small, figures=False, edit=edit).findings
    assert Origin.OWN is findings["BUSI-OWN-COMPLAINTS-IN-THE-PILOT"].origin


@pytest.mark.slow
def test_the_command_refuses_a_cheating_template(small: Path) -> None:
    """Exit 4, no page, and the reason."""
    folder = small.parent
    notebook = copy.deepcopy(nbformat.read(without_figures(folder), as_version=4))
    replacing("decision", VERDICT)(notebook)
    nbformat.write(notebook, folder / "cheat.ipynb")
    done = cli("run", str(small), "--out", str(folder / "out"), "--template", str(folder / "cheat.ipynb"))
    assert 4 == done.returncode, done.stderr
    assert "findings say NOT PROVEN" in done.stderr
    assert ["notebook.failed.ipynb"] == [path.name for path in (folder / "out").iterdir()]


def test_a_segment_cannot_be_left_out(small: Path) -> None:
    """The host does not read the rows, but the counts of the segments must sum to all of them."""
    with pytest.raises(IncompleteRecord, match=re.escape("SEGM-1-ROWS (of all rows)")):
        walk(by_points(small), figures=False, edit=replacing("segments", WITHOUT_SOUTH))


def by_points(spec: Path) -> Path:
    """Under the point rule no claim is adjusted for others, so that nothing else tells of one that was left out."""
    spec.write_text(spec.read_text() + "\nevidence: point\n")
    return spec


def test_a_finding_cannot_leave_its_family(small: Path) -> None:
    """Under the interval rule the others were adjusted for the one that was left out."""
    with pytest.raises(IncompleteRecord, match=r"divides the chance of error 0\.05 by 6 claims; its question has 3"):
        walk(small, figures=False, edit=replacing("segments", WITHOUT_SOUTH))


@pytest.mark.parametrize("judged", ["f.blocking and f.segment", "f.segment and f.measured and f.bounds"])
def test_what_is_judged_of_a_segment_cannot_be_left_out(small: Path, judged: str) -> None:
    """Every segment that is counted must be judged by every metric, or be too small for it."""
    source = WITHOUT_SOUTH.replace('f.segment != {"region": "south"}', f"not ({judged})")
    with pytest.raises(IncompleteRecord, match="SEGM-1-1-ACCURACY"):
        walk(by_points(small), figures=False, edit=replacing("segments", source))
