"""What a CI service gets from a review: a number, test results, a summary; also when there is no verdict."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from readiness.cli.reviews import CHOICES, exit_code, explain_exit
from readiness.core.errors import InputError, KernelError, ReviewError
from readiness.core.files import check_writable
from readiness.run.runner import ReviewResult
from readiness.signing.reports import Subject, statement, unsigned_report
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record, to_plain
from tests.report.page import records

Run_ = Callable[..., tuple[int, str, str]]
SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))
PAGE = b"<!doctype html>\n<html lang=en><title>r</title><p>a page</p></html>\n"

NOT_READY, NOT_PROVEN, POINT = records.not_ready(), records.not_proven(), records.ready("point")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No summary of a step, unless a test says so; every test works in its own folder."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report_of(record: Record) -> bytes:
    subjects = [Subject("report", hashlib.sha256(PAGE).hexdigest())]
    subjects += [Subject("model", artifact.sha256) for artifact in record.gathered.model.files]
    return unsigned_report(PAGE, statement(subjects, to_plain(record)))


@pytest.fixture
def reviewed(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Record | BaseException], None]:
    """Let a review find this record, or fail like this."""

    def set_up(found: Record | BaseException) -> None:
        def review(*_: object, **__: object) -> ReviewResult:
            if isinstance(found, BaseException):
                raise found
            (elsewhere / "report.html").write_bytes(report_of(found))
            return ReviewResult(found, elsewhere / "report.html", elsewhere / "notebook.ipynb")

        monkeypatch.setattr("readiness.run.runner.review", review)
        monkeypatch.setattr("readiness.cli.reviews.tell_what_can_be_proven", lambda *_: None)
        monkeypatch.setattr("readiness.cli.reviews.kernel_for", lambda *_: nullcontext())

    return set_up


class TestFailOn:
    def test_the_whole_table(self) -> None:
        """Each choice includes what is worse; not_proven is what there always was."""
        order = (Verdict.READY, Verdict.READY_BY_POINT_ESTIMATE, Verdict.NOT_PROVEN, Verdict.NOT_READY)
        table = {choice: tuple(exit_code(verdict, choice) for verdict in order) for choice in CHOICES}
        assert {
            "never": (0, 0, 0, 0),
            "not_ready": (0, 0, 0, 1),
            "not_proven": (0, 0, 3, 1),
            "point_estimate": (0, 3, 3, 1),
        } == table

    def test_words_only_where_the_number_is_another(self) -> None:
        """And they name both."""
        for record, choice in itertools.product((NOT_READY, NOT_PROVEN, POINT, records.ready()), CHOICES):
            said = explain_exit(record, choice)
            usual = exit_code(record.verdict) == exit_code(record.verdict, choice)
            assert usual == (not said)
            assert usual or f"exit code {exit_code(record.verdict, choice)} because of --fail-on {choice}" in said

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("record", "choice", "code", "last"),
        [
            (NOT_PROVEN, "not_ready", 0, "NOT PROVEN (do not approve on this report); exit code 0 because of --fail-on not_ready"),
            (NOT_READY, "never", 0, "NOT READY; exit code 0 because of --fail-on never"),
            (POINT, "point_estimate", 3, "READY BY POINT ESTIMATE (chance not excluded); exit code 3 because of --fail-on point_estimate"),
            (NOT_READY, "not_ready", 1, ""),
        ],
    )  # fmt: skip
    def test_the_command_says_so_at_its_end(
        self, record: Record, choice: str, code: int, last: str, run: Run_, reviewed: Callable[[object], None]
    ) -> None:
        """Nobody takes a green job for a ready model; the summary says it, too."""
        reviewed(record)
        got, said, _ = run("run", "r.yaml", "--fail-on", choice, "--summary", "s.md")
        assert code == got
        assert (last or "readiness run … --key PEM") in said.splitlines()[-1]
        assert bool(last) == ("**Note:**" in Path("s.md").read_text())

    @pytest.mark.slow
    @pytest.mark.parametrize(("error", "code"), [(InputError("No."), 2), (KernelError("Dead."), 4)])
    def test_never_does_not_cover_a_review_that_failed(
        self, error: Exception, code: int, run: Run_, reviewed: Callable[[object], None]
    ) -> None:
        """Bad input and a review that was not completed are no verdicts."""
        reviewed(error)
        assert code == run("run", "r.yaml", "--fail-on", "never")[0]

    @pytest.mark.slow
    def test_an_unknown_choice(self, run: Run_, reviewed: Callable[[object], None]) -> None:
        """Bad input, told in the test results as well."""
        reviewed(NOT_READY)
        code, _, complained = run("run", "r.yaml", "--fail-on", "nothing", "--junit", "j.xml")
        assert (2, True) == (code, "not_proven, point_estimate" in complained)
        assert "--fail-on" in Path("j.xml").read_text()


class TestFiles:
    @pytest.mark.slow
    def test_both_are_written(self, run: Run_, reviewed: Callable[[object], None], elsewhere: Path) -> None:
        """In folders that are made, with the path from here and the digest of the very report."""
        reviewed(NOT_READY)
        assert 1 == run("run", "r.yaml", "--junit", "a/b/j.xml", "--summary", "c/s.md")[0]
        SCHEMA.validate("a/b/j.xml")
        digest = hashlib.sha256((elsewhere / "report.html").read_bytes()).hexdigest()
        assert digest in Path("a/b/j.xml").read_text()
        assert f"Report: `report.html`, SHA-256 `{digest}`" in Path("c/s.md").read_text()

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "error", [InputError("Nope.\n  - <this>"), KernelError("Dead."), KeyboardInterrupt(), RuntimeError("x")]
    )
    def test_a_review_that_fails_leaves_its_message(
        self, error: BaseException, run: Run_, reviewed: Callable[[object], None]
    ) -> None:
        """One case that is an error, with the exit code; the results of an earlier run are gone."""
        reviewed(NOT_READY)
        run("run", "r.yaml", "--junit", "j.xml", "--summary", "s.md")
        reviewed(error)
        code, _, complained = run("run", "r.yaml", "--junit", "j.xml", "--summary", "s.md")
        (case,) = SCHEMA.to_dict("j.xml")["testsuite"][0]["testcase"]
        assert f"exit_code_{code}" == case["error"]["@type"]
        assert complained.rstrip("\n") == case["error"]["$"]
        summary = Path("s.md").read_text()
        assert summary.startswith("## No test result: ")
        assert (f"Exit code {code}." in summary, "NOT READY" in summary) == (True, False)

    @pytest.mark.slow
    def test_a_review_that_is_killed_leaves_no_earlier_result(
        self, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The files say from the start that there is no result yet."""
        Path("j.xml").write_text("<?xml version='1.0'?><testsuites/>")
        seen: list[str] = []
        reviewed(NOT_READY)
        monkeypatch.setattr(
            "readiness.cli.reviews.tell_what_can_be_proven",
            lambda *_: seen.extend([Path("j.xml").read_text(), Path("s.md").read_text()]),
        )
        run("run", "r.yaml", "--junit", "j.xml", "--summary", "s.md")
        assert [True, True] == ["was ended from outside" in text for text in seen]

    @pytest.mark.slow
    def test_a_spec_that_is_not_there(self, run: Run_) -> None:
        """The first thing that can go wrong is told, too."""
        assert 2 == run("run", "nowhere.yaml", "--junit", "j.xml")[0]
        assert "nowhere.yaml" in Path("j.xml").read_text()

    @pytest.mark.slow
    def test_what_cannot_be_written_is_told_before_the_review(
        self, run: Run_, reviewed: Callable[[object], None], elsewhere: Path
    ) -> None:
        """Exit 2, nothing is lost, and the review did not start."""
        reviewed(AssertionError("it started"))
        Path("r.yaml").write_text("model: {}\n")
        Path("folder").mkdir()
        for option, path in itertools.product(("--junit", "--summary"), ("folder", "r.yaml", "r.yaml/x", "/dev/null")):
            code, _, complained = run("run", "r.yaml", option, path)
            assert (2, True) == (code, f"with {option}" in complained), (option, path)
        assert 2 == run("run", "r.yaml", "--junit", "same", "--summary", "folder/../same")[0]
        assert "model: {}\n" == Path("r.yaml").read_text()

    @pytest.mark.slow
    def test_a_file_that_cannot_be_written_in_the_end(
        self, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The result is told nevertheless; the number is that of the failure."""
        reviewed(NOT_READY)

        def full(*_: object, **__: object) -> None:
            raise ReviewError("The disk is full.")

        monkeypatch.setattr("readiness.cli.ci_files.CiFiles.write_result", full)
        code, said, complained = run("run", "r.yaml", "--junit", "j.xml")
        assert (4, True, True) == (code, "NOT READY" in said, "disk is full" in complained)

    @pytest.mark.slow
    def test_a_link_stays_a_link(self, run: Run_, reviewed: Callable[[object], None], elsewhere: Path) -> None:
        """What is written is the file that it leads to."""
        reviewed(NOT_READY)
        Path("link.xml").symlink_to(elsewhere / "target.xml")
        run("run", "r.yaml", "--junit", "link.xml")
        assert Path("link.xml").is_symlink()
        SCHEMA.validate("target.xml")


class TestStepSummary:
    @pytest.mark.slow
    def test_only_the_file_of_the_step_is_added_to(
        self, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, elsewhere: Path
    ) -> None:
        """What other commands wrote stays; any other file is written anew."""
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(elsewhere / "step.md"))
        Path("step.md").write_text("mine\n")
        reviewed(NOT_READY)
        for _ in range(2):
            run("run", "r.yaml", "--summary", "step.md")
            run("run", "r.yaml", "--summary", "other.md")
        assert Path("step.md").read_text().startswith("mine\n\n\n## Test result: NOT READY")
        assert (2, 1) == tuple(Path(name).read_text().count("## Test result") for name in ("step.md", "other.md"))

    @pytest.mark.slow
    def test_a_failure_is_added_once(
        self, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, elsewhere: Path
    ) -> None:
        """Without a trace of the preparations."""
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(elsewhere / "step.md"))
        reviewed(KernelError("Dead."))
        run("run", "r.yaml", "--summary", "step.md")
        assert (1, True) == (Path("step.md").read_text().count("## "), "Dead." in Path("step.md").read_text())

    @pytest.mark.slow
    def test_no_more_than_the_service_shows(
        self, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, elsewhere: Path
    ) -> None:
        """A summary above 1 MiB is not shown at all, so that of others is not spoilt."""
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(elsewhere / "step.md"))
        Path("step.md").write_text("x" * 1_048_000)
        reviewed(NOT_READY)
        assert 1 == run("run", "r.yaml", "--summary", "step.md")[0]
        assert 1_048_000 == Path("step.md").stat().st_size


class TestShow:
    @pytest.fixture
    def report(self, elsewhere: Path) -> Path:
        (elsewhere / "r.html").write_bytes(report_of(NOT_READY))
        return elsewhere / "r.html"

    def test_junit_and_markdown(self, report: Path, run: Run_) -> None:
        """On stdout for programs; whether it is signed on stderr for people."""
        code, said, complained = run("show", report, "--format", "junit")
        SCHEMA.validate(ElementTree.fromstring(said))
        assert (0, True) == (code, complained.startswith("UNSIGNED"))
        code, said, complained = run("show", report, "--format", "markdown")
        assert (0, True, True) == (
            code,
            said.startswith("## Test result: NOT READY"),
            complained.startswith("UNSIGNED"),
        )

    def test_json_is_a_short_form(self, report: Path, run: Run_) -> None:
        """Both ways of asking give the same; asking for two forms is refused."""
        assert run("show", report, "--json") == run("show", report, "--format", "json")
        assert run("show", report) == run("show", report, "--format", "text")
        assert 2 == run("show", report, "--json", "--format", "junit")[0]
        assert "text, json, markdown, junit" in run("show", report, "--format", "xml")[2]

    @pytest.mark.parametrize("form", ["json", "markdown", "junit"])
    def test_a_damaged_report(self, form: str, report: Path, run: Run_) -> None:
        """Exit 5 and nothing on stdout that a program could take for a result."""
        report.write_bytes(report.read_bytes().replace(b"a page", b"b page"))
        assert (5, "") == run("show", report, "--format", form)[:2]

    @pytest.mark.slow
    def test_the_same_as_the_review_wrote(self, run: Run_, reviewed: Callable[[object], None], elsewhere: Path) -> None:
        """A report tells a service as much as the run that made it."""
        reviewed(NOT_READY)
        run("run", "r.yaml", "--junit", "j.xml", "--summary", "s.md")
        assert Path("j.xml").read_text() == run("show", "report.html", "--format", "junit")[1]
        assert Path("s.md").read_text() == run("show", "report.html", "--format", "markdown")[1]


def test_names_that_no_system_allows(elsewhere: Path) -> None:
    """Refused in words."""
    (elsewhere / "loop").symlink_to(elsewhere / "loop")
    for name in ("a\0b", "x" * 5000, "loop", "loop/x"):
        with pytest.raises(InputError, match="--out"):
            check_writable(Path(name), "--out")
