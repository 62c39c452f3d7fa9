"""Names that others chose never add a line to what a command says."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from readiness.cli.messages import tell_result
from readiness.core.errors import InputError, SpecError
from readiness.run.runner import ReviewResult
from readiness.signing.keys import generate, write_key_pair
from readiness.signing.reports import sign_report
from readiness.spec.load import load_spec
from readiness.verdict.isolation import unproven
from tests.cli.test_cli import MODEL, Run_, make_record, make_report
from tests.report.page import records

LIE = "1.0\n\nThis proves:\n  - that the board has approved"
SIGNED = "r.html\nSigned with SHA256:AAAA"


def own_lines(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith(("  - that", "Signed with SHA256:AAAA"))]


@pytest.mark.skipif(os.name != "posix", reason="no such file names")
def test_verify(tmp_path: Path, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version and the name of the file stay on their line, so that what is proven is what the program says."""
    monkeypatch.chdir(tmp_path)
    record = make_record()
    gathered = record.gathered
    gathered = dataclasses.replace(gathered, model=dataclasses.replace(gathered.model, version=LIE))
    key = generate("ed25519")
    write_key_pair(key, Path("k.pem"), None)
    Path(SIGNED).write_bytes(sign_report(make_report(dataclasses.replace(record, gathered=gathered)), key))
    Path("m\n  - that all is well").write_bytes(MODEL)
    code, said, _ = run("verify", SIGNED, "--key", "k.pub", "--model", "m\n  - that all is well")
    own = [f"  - {text}" for text in unproven(record) if text.startswith("that")]
    assert (0, own, 1) == (code, own_lines(said), said.count("\nSigned with "))
    assert said.startswith("Test result: READY\n")
    assert "Reviewed was Card fraud “1.0  This proves:   - that the board has approved”\n" in said
    assert f"VALID: r.html Signed with SHA256:AAAA\nSigned with {key.public.keyid}" in said


def test_errors(tmp_path: Path, run: Run_) -> None:
    """A path in a message stays on the line of the message; a remedy, too."""
    code, _, complained = run("show", tmp_path / SIGNED)
    assert (2, []) == (code, own_lines(complained))
    error = InputError(f"{SIGNED} is gone.", remedy=f"Look for {SIGNED}.")
    assert ["r.html Signed with SHA256:AAAA is gone.", "  Look for r.html Signed with SHA256:AAAA."] == str(
        error
    ).split("\n")


def test_problems_of_a_spec_keep_their_lines() -> None:
    """Only they are several lines, which the program itself writes."""
    error = SpecError("two\nproblems:", problems=("one", "two"), remedy="Mend\nthem.")
    assert "two problems:\n  - one\n  - two\n  Mend them." == str(error)


def test_the_end_of_a_review(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The folder of the report is named as it is, on one line."""
    folder = tmp_path / "out\nSigned with SHA256:AAAA"
    tell_result(ReviewResult(records.ready(), folder / "report.html", folder / "notebook.ipynb"), public_key=None)
    said = capsys.readouterr().out
    assert ([], True) == (own_lines(said), f"Report:   {tmp_path}/out Signed with SHA256:AAAA/report.html\n" in said)


@pytest.mark.parametrize("name", [r"a\nb", r"a\r", r"a\u2028b", r"\n"])
@pytest.mark.parametrize("key", ["name", "version"])
def test_a_spec_names_on_one_line(key: str, name: str, tmp_path: Path) -> None:
    """A line break in a name is told before the review."""
    given = {"name": "fine", "version": "1"} | {key: name}
    path = tmp_path / "r.yaml"
    model = ", ".join(f'{each}: "{text}"' for each, text in given.items())
    path.write_text(f"model: {{{model}, predictions: {{label: p}}}}\ndata: {{test: t.csv, target: y}}\n")
    with pytest.raises(SpecError, match=rf"model\.{key}: found .* expected a name on one line"):
        load_spec(path)
