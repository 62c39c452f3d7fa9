"""Short texts that attestations name as evidence: quoted whole where they are texts, and held to their digest."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.files import Artifact, Role
from readiness.core.provenance import MOST_QUOTED, Quote
from readiness.core.sanitize import presentable
from readiness.spec.load import load_spec
from readiness.spec.proofs import quotes_of
from readiness.verdict.checks import check
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.page import records

HEAD = 'model: {name: fraud, version: "1.4", path: model.joblib}\ndata: {test: test.csv, target: is_fraud}\n'
SAID = "{done: true, by: Ann, on: 2026-11-02, evidence: %s}"


def quoted(folder: Path, content: bytes) -> tuple[Quote, ...]:
    (folder / "runbook.md").write_bytes(content)
    boxes = "\n".join(f"  {box}: {SAID % 'runbook.md'}" for box in ("monitoring", "rollback_plan"))
    (folder / "readiness.yaml").write_text(f"{HEAD}checklist:\n{boxes}\n", encoding="utf-8")
    return quotes_of(load_spec(folder / "readiness.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "# Monitoring\n\nWho is called: Ann.\n",
        "zwölf\tÜbungen\r\n",
        "a" * MOST_QUOTED,
        "<script>alert(1)</script>",
        "é",
    ],
)
def test_a_short_text_is_quoted_whole_and_once(tmp_path: Path, text: str) -> None:
    """Two boxes may rest on one file; what looks like HTML is text like any other."""
    assert (Quote("runbook.md", text),) == quoted(tmp_path, text.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"a" * (MOST_QUOTED + 1),
        ("ü" * (MOST_QUOTED // 2) + "a").encode(),
        b"\xff\xfe",
        b"%PDF-1.7\x00\x01",
        "turned \u202e round".encode(),
        b"\x1b[31mred",
        "\ufeffmarked".encode(),
        b"old\rlines",
    ],
)
def test_what_is_long_binary_or_hides_something_is_not(tmp_path: Path, content: bytes) -> None:
    """Such a file has its name, size and digest only."""
    assert () == quoted(tmp_path, content)


def test_a_folder_and_what_is_not_there_are_not_quoted(tmp_path: Path) -> None:
    """Nor is an address."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("a")
    said = {"monitoring": "docs", "rollback_plan": "missing.md", "ab_test": "https://example.com/a.md"}
    boxes = "\n".join(f"  {box}: {SAID % repr(evidence)}" for box, evidence in said.items())
    (tmp_path / "readiness.yaml").write_text(f"{HEAD}checklist:\n{boxes}\n")
    assert () == quotes_of(load_spec(tmp_path / "readiness.yaml"))


def with_quote(folder: Path, text: str, file: str = "runbook.md", again: int = 1) -> Record:
    path = folder / "runbook.md"
    path.write_text("Ann is called.\n")
    record = records.not_ready()
    inputs = (*record.gathered.inputs, Artifact.of(path, Role.EVIDENCE))
    gathered = dataclasses.replace(record.gathered, inputs=inputs)
    return dataclasses.replace(record, gathered=gathered, quotes=(Quote(file, text),) * again)


def test_a_quote_has_the_digest_of_its_file(tmp_path: Path) -> None:
    """It is kept as it is through writing, reading and making presentable."""
    record = with_quote(tmp_path, "Ann is called.\n")
    check(record)
    assert record.quotes == from_plain(to_plain(record)).quotes == presentable(record).quotes


@pytest.mark.parametrize(
    ("text", "file", "again"),
    [
        ("Ann is called. ", "runbook.md", 1),
        ("Ann is called.\n", "other.md", 1),
        ("Ann is called.\n", "runbook.md", 2),
        ("", "runbook.md", 1),
    ],
)
def test_a_quote_of_something_else_is_refused(tmp_path: Path, text: str, file: str, again: int) -> None:
    """Nobody puts words into the mouth of a file."""
    with pytest.raises(InvalidReport, match="quotes"):
        check(with_quote(tmp_path, text, file, again))
