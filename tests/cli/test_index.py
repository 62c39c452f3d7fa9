"""`readiness index` writes one page over all candidates, and never over anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from readiness.signing.keys import generate, write_key_pair
from tests.cli.test_compare import Command
from tests.report.compare.files import report_file, with_facts
from tests.report.page import records


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two candidates and a page of somebody else below `outputs`."""
    key = generate("ed25519")
    write_key_pair(key, tmp_path / "k.pem", None)
    old = with_facts(records.not_ready(), version="3.1.0", finished="2026-10-01T10:00:00Z")
    report_file(tmp_path / "outputs" / "fraud" / "3.1.0" / "report.html", old, key)
    report_file(tmp_path / "outputs" / "fraud" / "3.2.0" / "report.html", records.ready())
    (tmp_path / "outputs" / "report.html").write_text("<html>somebody else's</html>")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_lies_in_the_folder(folder: Path, run: Command) -> None:
    """`outputs/index.html` unless told otherwise, again and again, always the same."""
    made = []
    for _ in range(2):
        code, said, _ = run("index")
        made.append((folder / "outputs" / "index.html").read_bytes())
        assert (0, "Wrote outputs/index.html: 2 reports, 1 file not readable as a report\n") == (code, said)
    assert made[0] == made[1]
    assert b'href="fraud/3.2.0/report.html"' in made[0]


def test_links_lead_from_where_the_page_lies(folder: Path, run: Command) -> None:
    """Elsewhere, the links take another way to the same files."""
    (folder / "pages").mkdir()
    assert 0 == run("index", "outputs", "--out", "pages/all.html")[0]
    assert b'href="../outputs/fraud/3.1.0/report.html"' in (folder / "pages" / "all.html").read_bytes()


def test_text(folder: Path, run: Command) -> None:
    """The same on the terminal, the newest first; nothing is written."""
    code, said, _ = run("index", "outputs", "--text", "--key", "k.pub")
    lines = said.splitlines()

    assert 0 == code
    assert "Candidates below outputs: 2 reports, 1 file not readable as a report" == lines[0]
    assert lines.index("Card fraud 3.2.0: READY") < lines.index("Card fraud 3.1.0: NOT READY")
    assert "  1 yes, 2 no, 3 not proven, 4 yes, 5 yes, 6 not assessed" in lines
    assert "UNSIGNED: anybody could have written it" in said
    assert ", verified" in said
    assert "  not a readable report: The file holds no readiness record" in said
    assert not (folder / "outputs" / "index.html").exists()


@pytest.mark.parametrize("words", [["nowhere"], ["outputs", "--out", "outputs/report.html"], ["--out", "x/y.html"]])
def test_bad_input_ends_with_2(folder: Path, run: Command, words: list[str]) -> None:
    """No such folder, a page of somebody else, no folder to write into."""
    code, said, complained = run("index", *words)
    assert (2, "") == (code, said)
    assert complained.startswith("Error: ")
    assert "<html>somebody else's</html>" == (folder / "outputs" / "report.html").read_text()
