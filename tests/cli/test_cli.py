"""Every command ends in words for people and the right number for programs; the light ones start quickly."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from readiness.core.errors import KernelError
from readiness.core.files import Artifact
from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Question, Status, judge
from readiness.core.provenance import DataFacts, Environment, Gathered, ModelFacts
from readiness.signing.keys import PrivateKey, generate, load_private, write_key_pair
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.verdict.decision import decide
from readiness.verdict.record import SCHEMA, Record, Run, Template, to_plain

PAGE = b"<!doctype html>\n<html lang=en><title>r</title><p>a page</p></html>\n"
MODEL = b"the model's bytes"


def make_record(lower: float = 0.9, name: str = "Card fraud") -> Record:
    """Six questions with one claim each: a share of at least 0.8, proven to be at least `lower`."""
    bounds, bar = Bounds(lower, 0.99, 0.05), Criterion(">=", 0.8)
    answers = [
        Answer(question, (Finding(f"{question.prefix}-1", f"{name} \x1b[31m", judge(bounds, bar), bounds=bounds,
                                  criterion=bar, measured=Estimate(0.95, lower, 0.99, 0.95, 200)),))
        for question in Question
    ]  # fmt: skip
    cells = {"TN": 100, "FP": 6, "FN": 4, "TP": 90}
    errors = answers[list(Question).index(Question.ERRORS)]
    answers[list(Question).index(Question.ERRORS)] = errors.plus(*(  # judged errors come with the rows that were wrong
        Finding(f"ERRO-{cell}", cell, Status.NOT_ASSESSED, blocking=False, measured=Estimate(rows, rows, rows, 1.0, 200))
        for cell, rows in cells.items()
    ))  # fmt: skip
    decision = decide(answers)
    model = ModelFacts(name, "1.0", "file", (Artifact("m.joblib", hashlib.sha256(MODEL).hexdigest(), len(MODEL)),))
    gathered = Gathered(model, (), DataFacts("binary", "y", 200, 200), Environment("3.11", "Linux", {}), {"seed": 0})
    return Record(SCHEMA, decision.verdict, "interval", gathered, tuple(answers), decision, 0,
                  Template("t.ipynb", "0" * 64, True), "0" * 64, Run("a", "b"), "readiness 0.1.0")  # fmt: skip


def make_report(record: Record) -> bytes:
    model = record.gathered.model.files[0].sha256
    subjects = [Subject("report", hashlib.sha256(PAGE).hexdigest()), Subject("model", model)]
    return unsigned_report(PAGE, statement(subjects, to_plain(record)))


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return generate("ecdsa-p256")


@pytest.fixture
def folder(tmp_path: Path, key: PrivateKey, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key pair, its model, and a signed and an unsigned report; the command runs in it."""
    unsigned = make_report(make_record())
    (tmp_path / "unsigned.html").write_bytes(unsigned)
    (tmp_path / "report.html").write_bytes(sign_report(unsigned, key))
    (tmp_path / "m.joblib").write_bytes(MODEL)
    write_key_pair(key, tmp_path / "k.pem", None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


Run_ = Callable[..., tuple[int, str, str]]


class TestShow:
    def test_a_signed_report_says_that_this_is_not_verified(self, folder: Path, run: Run_, key: PrivateKey) -> None:
        """Reading is no proof, and the first line says so."""
        code, said, _ = run("show", "report.html")
        assert 0 == code
        assert f"Signed by {key.public.keyid} (not verified here; use verify)." == said.splitlines()[0]
        assert "Test result: READY" in said

    def test_an_unsigned_report_says_so_first(self, folder: Path, run: Run_) -> None:
        """Before anything that could be believed."""
        code, said, _ = run("show", "unsigned.html")
        assert (0, "UNSIGNED") == (code, said.split(":")[0])

    def test_json_is_json_with_numbers(self, folder: Path, run: Run_) -> None:
        """Programs get the record on stdout, people the warning on stderr."""
        code, said, complained = run("show", "unsigned.html", "--json")
        record = json.loads(said)
        assert 0 == code
        assert ("ready", 0.8) == (record["verdict"], record["answers"][0]["findings"][0]["criterion"]["threshold"])
        assert complained.startswith("UNSIGNED")

    def test_json_is_the_same_twice(self, folder: Path, run: Run_) -> None:
        """Nothing of the clock or of hashing is in it."""
        assert run("show", "report.html", "--json") == run("show", "report.html", "--json")

    def test_texts_of_others_do_not_act_on_the_terminal(self, folder: Path, run: Run_) -> None:
        """Control characters in a record are shown, not obeyed."""
        _, said, _ = run("show", "report.html")
        assert "\x1b" not in said
        assert "⟨U+001B⟩" in said

    def test_a_file_that_is_no_report(self, folder: Path, run: Run_) -> None:
        """Exit 5: it was read, and it is not intact."""
        code, _, complained = run("show", "m.joblib")
        assert (5, "Error: The file holds no readiness record") == (code, complained.split(":  ")[0].split(": it")[0])

    def test_a_file_that_is_not_there(self, folder: Path, run: Run_) -> None:
        """Exit 2: bad input."""
        assert 2 == run("show", "nowhere.html")[0]


class TestVerify:
    def test_a_valid_report(self, folder: Path, run: Run_, key: PrivateKey) -> None:
        """It says who signed, what that proves and what it does not."""
        code, said, _ = run("verify", "report.html", "--key", "k.pub", "--model", "m.joblib")
        assert 0 == code
        assert said.startswith(f"Test result: READY\nVALID: report.html\nSigned with {key.public.keyid}")
        assert "m.joblib is the model file that was reviewed" in said
        assert "This does not prove:" in said

    def test_an_altered_report(self, folder: Path, run: Run_) -> None:
        """One letter of the page is enough."""
        report = folder / "report.html"
        report.write_bytes(report.read_bytes().replace(b"a page", b"b page"))
        code, said, complained = run("verify", report, "--key", "k.pub")
        assert (5, "") == (code, said)
        assert complained.startswith("Error: ")

    def test_an_unsigned_report(self, folder: Path, run: Run_) -> None:
        """Exit 6 is only for a report that is intact."""
        assert 6 == run("verify", "unsigned.html", "--key", "k.pub")[0]

    def test_another_key(self, folder: Path, run: Run_) -> None:
        """The file never brings the key that it is verified with."""
        write_key_pair(generate("ed25519"), folder / "other.pem", None)
        assert 5 == run("verify", "report.html", "--key", "other.pub")[0]
        assert 0 == run("verify", "report.html", "--key", "other.pub", "--key", "k.pub")[0]

    def test_another_model(self, folder: Path, run: Run_) -> None:
        """A report about one model file proves nothing about another."""
        (folder / "m.joblib").write_bytes(b"another model")
        code, _, complained = run("verify", "report.html", "--key", "k.pub", "--model", "m.joblib")
        assert 5 == code
        assert "is not the model that was reviewed" in complained

    def test_a_signed_lie(self, folder: Path, run: Run_, key: PrivateKey) -> None:
        """A verdict that does not follow from the findings is refused, whoever signed it."""
        record = make_record(lower=0.5)
        lie = dataclasses.replace(record, verdict=make_record().verdict)
        (folder / "lie.html").write_bytes(sign_report(make_report(lie), key))
        code, _, complained = run("verify", "lie.html", "--key", "k.pub")
        assert 5 == code
        assert "its findings say" in complained

    def test_a_private_key_is_no_public_one(self, folder: Path, run: Run_) -> None:
        """Bad input, with a hint."""
        code, _, complained = run("verify", "report.html", "--key", "k.pem")
        assert 2 == code
        assert "ends in .pub" in complained


class TestKeygen:
    def test_a_protected_pair(self, folder: Path, run: Run_, tmp_path: Path) -> None:
        """The passphrase comes through an open file; a line end does not belong to it."""
        reading, writing = os.pipe()
        os.write(writing, b"correct horse\n")
        os.close(writing)
        code, said, _ = run("keygen", "--out", "new.pem", "--passphrase-fd", reading)
        assert 0 == code
        assert load_private(folder / "new.pem", b"correct horse").public.keyid in said

    def test_a_key_is_never_overwritten(self, folder: Path, run: Run_) -> None:
        """Whoever loses the old key cannot show any more that an old report was theirs."""
        before = (folder / "k.pem").read_bytes()
        assert 2 == run("keygen", "--out", "k.pem", "--no-passphrase")[0]
        assert before == (folder / "k.pem").read_bytes()

    def test_both_kinds(self, folder: Path, run: Run_) -> None:
        """ed25519 on demand, and nothing else."""
        assert 0 == run("keygen", "--out", "e.pem", "--no-passphrase", "--algorithm", "ed25519")[0]
        assert 2 == run("keygen", "--out", "r.pem", "--no-passphrase", "--algorithm", "rsa")[0]
        assert ("ed25519", False) == (load_private(folder / "e.pem").public.algorithm, (folder / "r.pem").exists())

    def test_nobody_at_the_keyboard(self, folder: Path, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a terminal it says how to hand the passphrase over, instead of waiting."""
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        code, _, complained = run("keygen", "--out", "n.pem")
        assert 2 == code
        assert "--passphrase-fd" in complained

    def test_a_typed_passphrase(self, folder: Path, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
        """Typed twice, and the same both times."""
        one, two = "seven teal kettles", "seven teal kettlez"
        typed = iter([one, one, one, two])
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("readiness.cli.passphrases.getpass.getpass", lambda prompt: next(typed))
        assert 0 == run("keygen", "--out", "t.pem")[0]
        assert load_private(folder / "t.pem", one.encode())
        assert 2 == run("keygen", "--out", "u.pem")[0]
        assert not (folder / "u.pem").exists()


class TestEndings:
    def test_help_names_every_command(self, run: Run_) -> None:
        """Nine doors."""
        code, said, _ = run("--help")
        assert 0 == code
        for name in ("demo", "new", "check", "plan", "run", "show", "verify", "keygen", "schema"):
            assert f"\n  {name} " in said

    @pytest.mark.parametrize("words", [("frobnicate",), ("verify", "x"), ("run",), ("demo", "--case", "x")])
    def test_a_wrong_command_line_is_bad_input(self, words: tuple[str, ...], run: Run_) -> None:
        """Exit 2 and no traceback."""
        code, _, complained = run(*words)
        assert 2 == code
        assert "Traceback" not in complained

    @pytest.mark.slow
    def test_a_spec_that_is_not_there(self, folder: Path, run: Run_) -> None:
        """check and run say the same."""
        assert 2 == run("check", "nowhere.yaml")[0]
        assert 2 == run("run", "nowhere.yaml")[0]
        assert not (folder / "outputs").exists()

    @pytest.mark.slow
    def test_a_key_that_cannot_sign_is_told_before_the_review(self, folder: Path, run: Run_) -> None:
        """Nobody waits minutes to hear that the key file was the public one."""
        code, _, complained = run("run", "nowhere.yaml", "--key", "k.pub")
        assert 2 == code
        assert "k.pub holds PUBLIC KEY" in complained

    @pytest.mark.parametrize(
        ("error", "code", "said"),
        [
            (KernelError("It stopped.", remedy="Look."), 4, "Error: It stopped.\n  Look.\n"),
            (KeyboardInterrupt(), 130, "Stopped before it was done.\n"),
            (RuntimeError("what"), 4, "Error: this is a fault of readiness itself: RuntimeError: what\n"),
        ],
    )
    def test_every_error_ends_in_words(
        self, error: BaseException, code: int, said: str, run: Run_, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One error from anywhere below, the class's exit code, no traceback."""

        def fail() -> None:
            raise error

        monkeypatch.setattr("readiness.spec.json_schema.spec_schema", fail)
        got, _, complained = run("schema")
        assert code == got
        assert complained.startswith(said)
        assert "Traceback" not in complained

    def test_debugging_shows_where(self, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
        """READINESS_DEBUG=1 is for those who mend."""

        def fail() -> None:
            raise RuntimeError

        monkeypatch.setenv("READINESS_DEBUG", "1")
        monkeypatch.setattr("readiness.spec.json_schema.spec_schema", fail)
        assert "Traceback" in run("schema")[2]

    def test_schema_is_json(self, run: Run_) -> None:
        """For editors."""
        code, said, _ = run("schema")
        assert 0 == code
        assert "model" in json.loads(said)["properties"]


HEAVY = ("matplotlib", "sklearn", "pandas", "papermill", "nbconvert", "scipy", "seaborn", "IPython", "numpy")


RECOMPUTING = ("numpy", "scipy")
"""What gives a bound again from its counts; whoever shows a report asks whether it contradicts itself."""


class TestStart:
    """What a command does not need it does not load; python starts in a tenth of the time."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("work", "needed"),
        [
            ("import readiness", ()),
            ("from readiness.cli import app; app(['--help'])", ()),
            ("from readiness.cli import app; app(['verify', 'report.html', '--key', 'k.pub'])", RECOMPUTING),
            ("from readiness.cli import app; app(['show', 'report.html'])", RECOMPUTING),
        ],
    )
    def test_light_commands_load_nothing_heavy(self, work: str, needed: tuple[str, ...], folder: Path) -> None:
        """Asserted in a fresh interpreter, after the command."""
        heavy = set(HEAVY) - set(needed)
        code = (
            "import sys, atexit\n"
            f"atexit.register(lambda: print('HEAVY', *sorted({heavy!r} & set(sys.modules)), file=sys.stderr))\n"
            f"{work}\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (0, "HEAVY") == (done.returncode, done.stderr.strip())

    def test_the_public_names_are_all_there(self) -> None:
        """Each is loaded on first use, and dir() knows them all."""
        import readiness

        for name in readiness.__all__:
            assert getattr(readiness, name) is not None
            assert name in dir(readiness)
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = readiness.nothing

    @pytest.mark.slow
    def test_python_m_readiness(self) -> None:
        """The module is the command."""
        done = subprocess.run(
            [sys.executable, "-m", "readiness", "--version"], capture_output=True, text=True, check=False
        )
        assert (0, "readiness 0.1.0\n") == (done.returncode, done.stdout)


class TestRun:
    """The review itself is tested elsewhere; here is what the command makes of its result."""

    @pytest.mark.slow
    @pytest.mark.parametrize(("lower", "code", "word"), [(0.9, 0, "READY"), (0.5, 3, "NOT PROVEN")])
    def test_the_verdict_is_the_exit_code(
        self, lower: float, code: int, word: str, folder: Path, run: Run_, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And the words say where the report is and how to open it."""
        from readiness.run.runner import ReviewResult

        record = make_record(lower)
        result = ReviewResult(record, folder / "report.html", folder / "notebook.ipynb")
        monkeypatch.setattr("readiness.run.runner.review", lambda *args, **options: result)
        monkeypatch.setattr("readiness.cli.reviews.tell_what_can_be_proven", lambda *given: None)
        monkeypatch.setattr("readiness.cli.reviews.kernel_for", lambda *given: nullcontext())
        got, said, _ = run("run", "readiness.yaml")
        assert code == got
        assert f"Test result: {word}" in said
        assert f"Report:   {folder / 'report.html'}" in said
        assert (folder / "report.html").as_uri() in said
        assert "The report is UNSIGNED" in said

    def test_a_key_that_nobody_can_open_is_told_before_the_review(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No keyboard, or no open file of that number; whether the passphrase is right is seen when it is needed."""
        from readiness.cli.passphrases import signer
        from readiness.core.errors import KeyFileError

        write_key_pair(generate("ecdsa-p256"), folder / "p.pem", b"secret")
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(KeyFileError, match="nobody is at a keyboard"):
            signer(folder / "p.pem", None)
        for closed in (99_999, 10**12, -1):
            with pytest.raises(KeyFileError, match=f"cannot be read from file {closed}"):
                signer(folder / "p.pem", closed)
        reading, writing = os.pipe()
        os.write(writing, b"secret")
        os.close(writing)
        opener = signer(folder / "p.pem", reading)
        assert opener().public.keyid == load_private(folder / "p.pem", b"secret").public.keyid
