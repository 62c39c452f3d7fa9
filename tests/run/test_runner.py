"""A review either ends in a whole, true, signable report, or in plain words with the earlier report untouched."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from readiness.core.errors import IncompleteRecord, InputError, KernelError, KeyFileError, ReviewError, SpecError
from readiness.core.files import Role, sha256_file
from readiness.core.findings import Answer, Criterion, Finding, Outcome, Question, Status
from readiness.report.record_json import plain
from readiness.run.host_checks import Digests, check_record
from readiness.run.runner import ReviewResult, review
from readiness.signing.keys import PrivateKey, generate
from readiness.signing.verify import open_report, verify
from readiness.spec.load import load_spec
from readiness.verdict.decision import Verdict, decide
from readiness.verdict.record import Record

NOTEBOOKS = Path(__file__).parent / "notebooks"

SPEC = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred, score: score}}
data: {test: test.csv, target: y, positive: 1, segments: [region]}
business: {requirements: [{says: Find them, metric: recall, at_least: 0.95}]}
errors: {costs: {false_positive: 1, false_negative: 5}, value_per_prediction: 2}
"""


def write_case(folder: Path) -> Path:
    """A hundred rows with ready-made predictions that find 45 of 50 positives."""
    rows = ["y,pred,score,region"]
    for i in range(100):
        y = i % 2
        pred = 0 if i % 20 == 1 else y
        rows.append(f"{y},{pred},{0.9 if pred else 0.1},{'north' if i < 60 else 'south'}")
    (folder / "test.csv").write_text("\n".join(rows) + "\n")
    spec = folder / "readiness.yaml"
    spec.write_text(SPEC)
    return spec


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_case(tmp_path)


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return generate("ecdsa-p256")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> ReviewResult:
    """One real review of the small case, signed."""
    spec = write_case(tmp_path_factory.mktemp("case"))
    return review(spec, spec.parent / "out", template=NOTEBOOKS / "reviews.ipynb", signer=lambda: key)


class TestWholeReview:
    @pytest.mark.slow
    def test_the_report_verifies_with_the_key(self, reviewed: ReviewResult, key: PrivateKey) -> None:
        """Page, record and recomputed verdict hold; the key id is told."""
        opened = verify(reviewed.report, [key.public])
        assert (reviewed.record, True) == (opened.record, opened.signed)
        assert key.public.keyid == reviewed.keyid

    @pytest.mark.slow
    def test_not_every_model_is_ready(self, reviewed: ReviewResult) -> None:
        """45 of 50 is below 95 %, but 50 rows do not refute it; without a table to train on nothing is ready."""
        assert Verdict.NOT_READY is not reviewed.record.verdict
        assert (Verdict.NOT_PROVEN, 3) == (reviewed.record.verdict, reviewed.exit_code)

    @pytest.mark.slow
    def test_it_was_the_custom_template(self, reviewed: ReviewResult) -> None:
        """The record names the notebook that was walked, and that it is not the stock one."""
        template = reviewed.record.template
        assert ("reviews.ipynb", False) == (template.name, template.stock)
        assert sha256_file(NOTEBOOKS / "reviews.ipynb") == template.sha256

    @pytest.mark.slow
    def test_the_notebook_is_kept_beside_it(self, reviewed: ReviewResult) -> None:
        """Executed, with its outputs."""
        kept = json.loads(reviewed.notebook.read_text())
        assert reviewed.notebook.parent == reviewed.report.parent
        assert any(cell.get("outputs") for cell in kept["cells"])

    @pytest.mark.slow
    def test_the_record_as_json_has_numbers(self, reviewed: ReviewResult) -> None:
        """Decimals that are strings in the signed record are numbers for programs."""
        record = plain(reviewed.record)
        (requirement,) = record["answers"][1]["findings"]
        assert 0.95 == requirement["criterion"]["threshold"]
        assert 0.9 == requirement["measured"]["value"]
        assert 0.95 == record["spec"]["confidence"]
        json.dumps(record, allow_nan=False)

    @pytest.mark.slow
    def test_reading_the_report_gives_the_same_record(self, reviewed: ReviewResult) -> None:
        """What show reads is what was reviewed."""
        assert reviewed.record == open_report(reviewed.report).record


class TestFailures:
    def failed(self, spec: Path, name: str, kind: type[Exception]) -> str:
        """Run a template that fails beside an earlier report; the message."""
        out = spec.parent / "out"
        out.mkdir()
        (out / "report.html").write_text("earlier")
        (out / "notebook.ipynb").write_text("earlier book")
        with pytest.raises(kind) as caught:
            review(spec, out, template=NOTEBOOKS / f"{name}.ipynb", signer=self.never)
        assert "earlier" == (out / "report.html").read_text()
        assert "earlier book" == (out / "notebook.ipynb").read_text()
        assert {"report.html", "notebook.ipynb", "notebook.failed.ipynb"} == {path.name for path in out.iterdir()}
        assert str(out / "notebook.failed.ipynb") in str(caught.value)
        return str(caught.value)

    def never(self) -> PrivateKey:
        raise AssertionError("the key must not be opened for a failed review")

    @pytest.mark.slow
    def test_a_cell_that_raises(self, spec: Path) -> None:
        """Exit 4, the notebook kept, the earlier report untouched, the key closed."""
        assert "division by zero" in self.failed(spec, "raises", KernelError)

    @pytest.mark.slow
    def test_a_notebook_that_stops_early(self, spec: Path) -> None:
        """Without the completion mark there is no page."""
        assert "it is not there" in self.failed(spec, "stops_early", IncompleteRecord)

    @pytest.mark.slow
    def test_a_completion_mark_of_another_run(self, spec: Path) -> None:
        """The nonce must be the one that was handed over."""
        assert "not of this run" in self.failed(spec, "forges_nonce", IncompleteRecord)

    @pytest.mark.slow
    def test_a_table_that_changes_meanwhile(self, spec: Path) -> None:
        """Nobody knows which version was reviewed."""
        assert "test.csv changed while" in self.failed(spec, "writes_to_table", ReviewError)


class TestBeforeTheKernel:
    """What is wrong with the input is told before anything is started or written."""

    @pytest.mark.slow
    def test_a_spec_that_does_not_fit(self, spec: Path) -> None:
        """Every problem at once."""
        spec.write_text(SPEC.replace("recall", "recal").replace("region", "regio"))
        with pytest.raises(SpecError) as caught:
            review(spec, spec.parent / "out")
        assert not (spec.parent / "out").exists()
        assert caught.value.problems

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("declares_nothing", "has 0 cells tagged 'parameters'"),
            ("declares_too_little", "does not declare options in its cell"),
            ("missing", "cannot be read"),
        ],
    )
    def test_a_template_that_takes_no_parameters(self, spec: Path, name: str, said: str) -> None:
        """Papermill would only warn, and review the demonstration instead."""
        with pytest.raises(InputError, match=said):
            review(spec, spec.parent / "out", template=NOTEBOOKS / f"{name}.ipynb")

    @pytest.mark.slow
    def test_a_template_that_is_no_notebook(self, spec: Path) -> None:
        """Any other file is refused with its name."""
        with pytest.raises(InputError, match="is not a Jupyter notebook"):
            review(spec, spec.parent / "out", template=spec)

    @pytest.mark.slow
    def test_out_that_is_a_file(self, spec: Path) -> None:
        """--out names a folder."""
        with pytest.raises(InputError, match="is a file"):
            review(spec, spec)


def changed(record: Record, question: Question, change: Callable[[Finding], Finding | None]) -> Record:
    """The record with other findings under one question, and the verdict that follows from them."""
    answers = []
    for answer in record.answers:
        if answer.question is question:
            kept = [made for finding in answer.findings if (made := change(finding)) is not None]
            answer = Answer(question, tuple(kept))
        answers.append(answer)
    decision = decide(answers)
    return dataclasses.replace(record, answers=tuple(answers), decision=decision, verdict=decision.verdict)


class TestHostChecks:
    """The kernel ran the candidate's code: its record is a claim, held against what the host knows."""

    @pytest.fixture(autouse=True)
    def _know(self, reviewed: ReviewResult) -> None:
        self.record = reviewed.record
        self.loaded = load_spec(reviewed.report.parent.parent / "readiness.yaml")
        self.digests = Digests.of(self.loaded)

    def refused(self, record: Record) -> str:
        with pytest.raises(ReviewError) as caught:
            check_record(record, self.loaded, self.digests)
        return caught.value.message

    def test_a_true_record_passes(self) -> None:
        """The control: nothing is refused for nothing."""
        assert check_record(self.record, self.loaded, self.digests) is None

    @pytest.mark.parametrize(
        ("question", "code"),
        [
            (Question.BASELINE, "BASE-LIFT-MAJORITY"),
            (Question.BUSINESS, "BUSI-1"),
            (Question.SEGMENTS, "SEGM-1-COVERAGE-RECALL"),
            (Question.ERRORS, "ERRO-COST"),
            (Question.STABILITY, "STAB-REFITS"),
            (Question.PRODUCTION, "PROD-BOX-MONITORING"),
        ],
    )
    def test_a_dropped_finding_is_missed(self, question: Question, code: str) -> None:
        """The spec says which findings there must be."""
        said = self.refused(changed(self.record, question, lambda f: None if f.code == code else f))
        assert "lacks findings" in said
        assert code.replace("STAB-REFITS", "STAB-HALF-WIDTH") in said

    def test_a_finding_that_does_not_count_is_missed(self) -> None:
        """Shown is not judged."""
        silenced = changed(
            self.record, Question.BUSINESS, lambda f: dataclasses.replace(f, blocking=f.code != "BUSI-1")
        )
        assert "lacks findings that this spec asks for: BUSI-1." in self.refused(silenced)

    def test_a_lower_bar_is_noticed(self) -> None:
        """A requirement of 0.95 cannot be judged against 0.5."""

        def lower(finding: Finding) -> Finding:
            from readiness.core.findings import judge

            if finding.code != "BUSI-1":
                return finding
            assert finding.bounds is not None
            bar = Criterion(">=", 0.5)
            return dataclasses.replace(finding, criterion=bar, status=judge(finding.bounds, bar))

        assert "other bars than this spec sets: BUSI-1." in self.refused(changed(self.record, Question.BUSINESS, lower))

    def cheated(self, question: Question, code: str, **parts: object) -> str:
        """What is said of a record in which one finding holds other `parts`."""

        def change(finding: Finding) -> Finding:
            return dataclasses.replace(finding, **parts) if finding.code == code else finding  # type: ignore[arg-type]

        return self.refused(changed(self.record, question, change))

    def test_a_word_instead_of_a_number_is_noticed(self) -> None:
        """A requirement is met by bounds, not by saying so."""
        passed = {"status": Status.MET, "outcome": Outcome.PASSED, "criterion": None, "bounds": None}
        assert "other bars than this spec sets: BUSI-1." in self.cheated(Question.BUSINESS, "BUSI-1", **passed)

    def test_a_box_that_the_spec_does_not_attest_is_noticed(self) -> None:
        """Nobody attested monitoring, so no notebook may say that somebody did."""
        said = self.cheated(Question.PRODUCTION, "PROD-BOX-MONITORING", status=Status.MET, outcome=Outcome.ATTESTED)
        assert "fills boxes otherwise than this spec attests: PROD-BOX-MONITORING." in said

    def test_a_feature_without_drift_is_missed(self) -> None:
        """The number of features is in the record."""
        data = dataclasses.replace(self.record.gathered.data, features=1000)
        record = dataclasses.replace(self.record, gathered=dataclasses.replace(self.record.gathered, data=data))
        without = changed(record, Question.PRODUCTION, lambda f: None if f.code.startswith("PROD-DRIFT") else f)
        assert "PROD-DRIFT-1, PROD-DRIFT-2" in self.refused(without)

    def test_another_verdict_is_noticed(self) -> None:
        """The verdict follows from the findings, not from a cell."""
        assert "contradicts itself" in self.refused(dataclasses.replace(self.record, verdict=Verdict.READY))

    def test_another_table_is_noticed(self) -> None:
        """Digests are the host's own."""
        inputs = tuple(
            dataclasses.replace(each, sha256="0" * 64) if each.name.startswith("test:") else each
            for each in self.record.gathered.inputs
        )
        gathered = dataclasses.replace(self.record.gathered, inputs=inputs)
        said = self.refused(dataclasses.replace(self.record, gathered=gathered))
        assert "other files than the spec names: test: test.csv." in said

    def test_a_table_of_another_role_is_noticed(self) -> None:
        """The very same file, said to have been read for something else."""
        inputs = tuple(
            dataclasses.replace(each, role=Role.OTHER) if each.role is Role.TEST else each
            for each in self.record.gathered.inputs
        )
        gathered = dataclasses.replace(self.record.gathered, inputs=inputs)
        said = self.refused(dataclasses.replace(self.record, gathered=gathered))
        assert "other files than the spec names: test: test.csv." in said

    def test_another_spec_is_noticed(self) -> None:
        """The spec in the record is the one that the host read."""
        gathered = dataclasses.replace(self.record.gathered, spec={**self.record.gathered.spec, "confidence": "0.5"})
        assert "holds another spec" in self.refused(dataclasses.replace(self.record, gathered=gathered))


@pytest.mark.slow
def test_a_key_that_does_not_open_costs_the_signature_only(reviewed: ReviewResult, tmp_path: Path) -> None:
    """After minutes of work a wrong passphrase must not throw the review away."""
    from readiness.run.execution import Execution
    from readiness.run.runner import _write_review
    from readiness.signing.layout import Parts, join, split
    from readiness.signing.reports import read_report
    from readiness.signing.statement import encode

    def wrong() -> PrivateKey:
        raise KeyFileError("The passphrase is wrong.")

    import nbformat

    signed = reviewed.report.read_bytes()
    claim = read_report(signed).statement
    claim = {**claim, "predicate": {key: part for key, part in claim["predicate"].items() if key != "signer"}}
    unsigned = join(Parts(split(signed).content, encode(claim), "unsigned"))
    notebook = nbformat.read(reviewed.notebook, as_version=4)
    with pytest.raises(KeyFileError, match="without a signature"):
        _write_review(tmp_path, reviewed.record, unsigned, Execution(notebook), wrong)
    assert not open_report(tmp_path / "report.html").signed
