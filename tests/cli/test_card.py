"""readiness card: writes, refreshes and compares the section of a model card, in plain words and right numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from readiness import cli
from readiness.signing.keys import PrivateKey, generate, write_key_pair
from readiness.signing.reports import sign_report
from tests.report.card.sources import PAGE, report_bytes
from tests.report.page import records

Run_ = Callable[..., tuple[int, str, str]]
HEAVY = ("matplotlib", "sklearn", "pandas", "papermill", "nbconvert", "scipy", "seaborn", "IPython", "numpy")


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return generate("ed25519")


@pytest.fixture
def folder(tmp_path: Path, key: PrivateKey, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed and an unsigned report with a key pair; the command runs beside them."""
    unsigned = report_bytes(records.not_ready())
    (tmp_path / "unsigned.html").write_bytes(unsigned)
    (tmp_path / "report.html").write_bytes(sign_report(unsigned, key))
    (tmp_path / "ready.html").write_bytes(sign_report(report_bytes(records.ready()), key))
    write_key_pair(key, tmp_path / "k.pem", None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run_:
    """Run the command in this process: exit code, what it said, what it complained."""

    def command(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.app(["card", *map(str, words)], prog_name="readiness")
        captured = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    return command


@pytest.mark.slow
def test_written_refreshed_and_compared(folder: Path, run: Run_) -> None:
    """A new card, no change the second time, a newer report, and the check in between."""
    assert (0, "written.") == ended(run("report.html", "README.md", "--key", "k.pub"))
    first = (folder / "README.md").read_bytes()
    assert (0, "nothing was changed.") == ended(run("report.html", "README.md"))
    assert 0 == run("report.html", "README.md", "--check", "--key", "k.pub")[0]
    assert 5 == run("ready.html", "README.md", "--check")[0]
    assert first == (folder / "README.md").read_bytes()
    assert (0, "up to date now.") == ended(run("ready.html", "README.md"))
    code, said, _ = run("report.html", "README.md", "--check", "--key", "k.pub")
    assert (5, "README.md and report.html do not belong together:") == (code, said.splitlines()[0])
    assert "its section names the report" in said
    assert 0 == run("report.html", "README.md")[0]
    assert first == (folder / "README.md").read_bytes()


def test_a_first_section_is_added(folder: Path, run: Run_) -> None:
    """It was not there before, so it is not called up to date."""
    (folder / "README.md").write_text("# Card fraud\n\nA card.\n")
    assert (0, "the readiness section was added.") == tail(run("report.html", "README.md"))
    assert (0, "the readiness section is up to date now.") == tail(run("ready.html", "README.md"))


def test_check_without_a_card_speaks_of_checking(folder: Path, run: Run_) -> None:
    """Nothing would have been written."""
    assert "There is no card to check" in run("report.html", "--check")[2]


def tail(result: tuple[int, str, str]) -> tuple[int, str]:
    """Exit code, and the last line after the name of the file."""
    code, said, _ = result
    lines = [line for line in said.splitlines() if line.startswith("README.md: ") or "/README.md: " in line]
    return code, lines[-1].rpartition("README.md: ")[2]


def ended(result: tuple[int, str, str]) -> tuple[int, str]:
    """Exit code, and how the last line ends."""
    code, said, _ = result
    known = ("written.", "nothing was changed.", "up to date now.")
    return code, next(end for end in known if said.strip().endswith(end))


@pytest.mark.slow
def test_the_commands_on_the_card_work(folder: Path, run: Run_, capsys: pytest.CaptureFixture[str]) -> None:
    """Digest, this program, and the page's bytes by stock tools, as they stand there."""
    run("report.html", "README.md")
    digest, verify, stock = (folder / "README.md").read_text().split("```sh\n")[1].split("\n```")[0].split("\n")
    checked = subprocess.run(["bash", "-c", digest], capture_output=True, text=True, check=False)
    assert (0, "report.html: OK\n") == (checked.returncode, checked.stdout)
    words = verify.replace("signer.pub", "k.pub").partition(" --model")[0].split()[1:]
    with pytest.raises(SystemExit) as stopped:
        cli.app(words, prog_name="readiness")
    assert (0, "VALID: report.html") == (stopped.value.code or 0, capsys.readouterr().out.splitlines()[1])
    subprocess.run(["bash", "-c", stock.partition("; tail")[0]], check=True)
    assert PAGE == (folder / "content.html").read_bytes()


def test_a_card_that_is_up_to_date_is_not_touched(folder: Path, run: Run_) -> None:
    """Not even its time."""
    run("report.html", "README.md")
    before = (folder / "README.md").stat()
    run("report.html", "README.md")
    after = (folder / "README.md").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_unsigned_report_says_so_in_both_places(folder: Path, run: Run_) -> None:
    """On the terminal and on the card; a key asks for more."""
    code, said, _ = run("unsigned.html", "README.md")
    assert (0, True) == (code, said.startswith("UNSIGNED"))
    assert "**UNSIGNED.**" in (folder / "README.md").read_text()
    assert 6 == run("unsigned.html", "README.md", "--key", "k.pub")[0]


def test_a_signature_that_was_not_looked_at_is_told(folder: Path, run: Run_) -> None:
    """Reading is no proof."""
    assert run("report.html", "README.md")[1].startswith("The signature was not verified")
    assert "not verified" not in run("report.html", "README.md", "--key", "k.pub")[1]


def test_an_altered_report_leaves_the_card_alone(folder: Path, run: Run_) -> None:
    """Exit 5, and nothing is written."""
    (folder / "report.html").write_bytes((folder / "report.html").read_bytes().replace(b"a page", b"b page"))
    assert 5 == run("report.html", "README.md")[0]
    assert not (folder / "README.md").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_damaged_markers_leave_the_card_alone(check: tuple[str, ...], folder: Path, run: Run_) -> None:
    """Exit 2 with the line."""
    (folder / "README.md").write_bytes(b"# Card\n\n<!-- readiness:begin -->\n")
    code, _, complained = run("report.html", "README.md", *check)
    assert (2, "Error: README.md, line 3: ") == (code, complained[:26])
    assert b"# Card\n\n<!-- readiness:begin -->\n" == (folder / "README.md").read_bytes()


def test_no_metadata(folder: Path, run: Run_) -> None:
    """A card without front matter stays without; the check knows."""
    (folder / "README.md").write_bytes(b"# Card\n")
    assert 0 == run("report.html", "README.md", "--no-metadata")[0]
    assert (folder / "README.md").read_bytes().startswith(b"# Card\n\n<!-- readiness:begin")
    assert 0 == run("report.html", "README.md", "--check", "--no-metadata")[0]
    assert 5 == run("report.html", "README.md", "--check")[0]


def test_a_report_elsewhere_is_pointed_out(folder: Path, run: Run_) -> None:
    """A card that is uploaded by itself would link to nothing, unless an address is named."""
    (folder / "docs").mkdir()
    assert "../report.html" in run("report.html", "docs/README.md")[1]
    code, said, _ = run("report.html", "docs/README.md", "--url", "https://a.example/report.html")
    assert (0, False) == (code, "../report.html" in said)
    assert "url: https://a.example/report.html" in (folder / "docs" / "README.md").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("report.html",),
        ("nowhere.html", "README.md"),
        ("report.html", "README.md", "--check"),
        ("report.html", "unsigned.html"),
        ("report.html", "report.html"),
        ("report.html", "no/README.md"),
        ("report.html", "README.md", "--format", "json"),
        ("report.html", "--format", "json", "--check"),
        ("report.html", "--format", "xml"),
        ("report.html", "README.md", "--url", "ftp://x"),
        ("report.html", "README.md", "--key", "k.pem"),
    ],
)
def test_bad_input(words: tuple[str, ...], folder: Path, run: Run_) -> None:
    """Exit 2, a reason, no traceback, no file."""
    before = sorted(folder.iterdir())
    code, _, complained = run(*words)
    assert 2 == code
    assert complained
    assert "Traceback" not in complained
    assert before == sorted(folder.iterdir())


def test_json_for_other_registries(folder: Path, run: Run_) -> None:
    """To standard output, the same twice, nothing written."""
    code, said, _ = run("report.html", "--format", "json", "--key", "k.pub")
    made = json.loads(said)
    assert (0, "urn:model-readiness:card:v1", True) == (code, made["schema"], made["report"]["verified"])
    assert said == run("report.html", "--format", "json", "--key", "k.pub")[1]
    assert not json.loads(run("unsigned.html", "--format", "json")[1])["report"]["signed"]
    assert not (folder / "README.md").exists()


@pytest.mark.slow
def test_nothing_heavy_is_loaded(folder: Path) -> None:
    """No library of tables or pictures, those of numbers only to recompute a report, and the Hub's client only when a card
    is written.
    """
    hub = "print('HEAVY', *sorted(set({names!r}) & set(sys.modules)), file=sys.stderr)"
    for words, names in (
        (["card", "report.html", "README.md"], tuple(set(HEAVY) - {"numpy", "scipy"})),
        (["--help"], (*HEAVY, "huggingface_hub", "markdown_it")),
    ):
        code = f"import sys, atexit\natexit.register(lambda: {hub.format(names=names)})\n"
        code += f"from readiness.cli import app; app({words!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (0, "HEAVY") == (done.returncode, done.stderr.strip())
