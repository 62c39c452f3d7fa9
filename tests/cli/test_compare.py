"""`readiness compare` says what differs, in text or on a page, and ends with the right number."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from readiness.signing.keys import PrivateKey, generate, load_public, write_key_pair
from tests.report.compare.files import report_file
from tests.report.page import records
from tests.test_layers import HEAVY

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return generate("ed25519")


@pytest.fixture
def folder(tmp_path: Path, key: PrivateKey, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed report that is ready, an unsigned one that is not, and the public key; the command runs there."""
    write_key_pair(key, tmp_path / "k.pem", None)
    report_file(tmp_path / "a.html", records.ready(), key)
    report_file(tmp_path / "b.html", records.not_ready())
    report_file(tmp_path / "h.html", records.hostile())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_text(folder: Path, run: Command) -> None:
    """Verdicts side by side, what changed, and why rows are not paired."""
    code, said, complained = run("compare", "a.html", "b.html")

    assert (0, "") == (code, complained)
    assert "A: READY   B: NOT READY" in said
    assert "Don't miss fraud (2 Requirements, BUSI-1)" in said
    assert "not verified here" in said
    assert "Nothing is kept on this machine" in said


def test_facts_are_shown_when_they_are_asked_for(folder: Path, run: Command) -> None:
    """The text is about what was judged; `--all` adds what is merely shown."""
    brief, whole = (run("compare", "a.html", "h.html", *more)[1] for more in ([], ["--all"]))

    assert "add --all" in brief
    assert "Facts that are shown and not judged" not in brief
    assert "Facts that are shown and not judged" in whole
    assert len(brief) < len(whole)


def test_a_key_proves_who_signed(folder: Path, run: Command) -> None:
    """With the key of its signer a report is verified; an unsigned one beside it stays unsigned."""
    code, said, _ = run("compare", "a.html", "b.html", "--key", "k.pub")

    assert 0 == code
    assert f"A: signed with {load_public(folder / 'k.pub').keyid[:19]}…, verified" in said
    assert "UNSIGNED: anybody could have written it" in said


def test_a_signature_that_does_not_hold_ends_with_5(folder: Path, run: Command) -> None:
    """Another key than the signer's, and a file that was altered; nothing is compared then."""
    write_key_pair(generate("ed25519"), folder / "other.pem", None)
    code, said, complained = run("compare", "a.html", "b.html", "--key", "other.pub")
    assert (5, "") == (code, said)
    assert complained.startswith("Error: a.html: The report says it was signed with")


@pytest.mark.parametrize("words", [["a.html"], ["a.html", "nowhere.html"], ["a.html", "."]])
def test_bad_input_ends_with_2(folder: Path, run: Command, words: list[str]) -> None:
    """One report only, a missing file, a folder."""
    code, said, complained = run("compare", *words)
    assert (2, "") == (code, said)
    assert complained.startswith("Error: ")


def test_what_is_no_intact_report_ends_with_5(folder: Path, run: Command) -> None:
    """As in `show`: it was read, and it is not intact."""
    code, said, complained = run("compare", "a.html", "k.pub")
    assert (5, "") == (code, said)
    assert complained.startswith("Error: k.pub is not a readable report. ")


def test_a_page(folder: Path, run: Command) -> None:
    """Written where it is told, and again; the reports stay as they are."""
    for _ in range(2):
        code, said, _ = run("compare", "a.html", "h.html", "--out", "page.html")
        assert 0 == code
        assert said.startswith("Wrote page.html: A: Card fraud 3.2.0, B: ")
    assert (folder / "page.html").read_text().endswith("</html>\n")


def test_a_report_is_never_written_over(folder: Path, run: Command) -> None:
    """Not even when it is one of those that are compared."""
    before = (folder / "b.html").read_bytes()
    assert 2 == run("compare", "a.html", "b.html", "--out", "b.html")[0]
    assert before == (folder / "b.html").read_bytes()


def test_names_do_not_act_on_the_terminal(folder: Path, run: Command) -> None:
    """Control characters are shown, not obeyed."""
    _, said, _ = run("compare", "a.html", "h.html")
    assert "\x1b" not in said
    assert "⟨U+001B⟩" in said


@pytest.mark.slow
@pytest.mark.parametrize("words", [["compare", "a.html", "b.html"], ["index", ".", "--text"]])
def test_the_doors_open_fast(folder: Path, words: list[str]) -> None:
    """Where no rows are kept, no library is loaded but those that recompute what a report says."""
    show = "import atexit, sys; atexit.register(lambda: print('LOADED', *{m.partition('.')[0] for m in sys.modules}))"
    script = f"{show}\nsys.argv = ['readiness', *{words}]\nfrom readiness.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder, env=os.environ
    )
    assert set() == set(done.stdout.rpartition("LOADED")[2].split()) & HEAVY - {"numpy", "scipy"}
