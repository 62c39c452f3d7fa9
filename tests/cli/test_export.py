"""What a report says, for other programs: a Word document, clauses of public texts, what to watch in production."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from typer.testing import CliRunner, Result

from readiness.cli import app
from readiness.core.errors import InputError
from readiness.core.files import is_of_a_review
from readiness.core.findings import Finding
from readiness.report.monitoring.files import monitoring_yaml
from readiness.report.word import word_document
from readiness.run.beside import write_beside
from readiness.run.export import unsigned_file
from readiness.verdict.record import Record
from tests.report.monitoring.reviewed import review_of
from tests.report.page import records


def text_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def made(record, **more) -> bytes:
    return word_document(record, **({"name": "report.html", "sha256": "ab" * 32, "signed": True} | more))


@pytest.mark.parametrize("make", [records.not_ready, records.ready, records.not_proven, records.regression])
def test_decision_findings_and_about_are_in_it(make) -> None:
    """Verdict and approval apart, six questions, the fields, the clauses, and where it comes from."""
    record = make()
    text = text_of(made(record))
    assert f"{record.gathered.model.name} {record.gathered.model.version}: " in text
    assert "Approval: none yet" in text
    assert "Before go-live" in text
    for answer in record.answers:
        if any(finding.blocking for finding in answer.findings):
            assert answer.question.words in text
    assert "For compliance: 25 fields" in text
    assert "Annex IV" in text
    assert f"report.html (signed), SHA-256 {'ab' * 32}" in text
    assert "can be changed by anybody" in text


def test_the_same_report_gives_the_same_bytes() -> None:
    """No clock, no name of the machine's user."""
    assert made(records.ready()) == made(records.ready())
    with zipfile.ZipFile(io.BytesIO(made(records.ready()))) as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {entry.date_time for entry in archive.infolist()}


def test_hostile_texts_are_only_read() -> None:
    """No relation leads away, nothing is executed, hidden characters are shown."""
    content = made(records.hostile(), name="<x>\u202e.html")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        relations = [archive.read(name) for name in archive.namelist() if name.endswith(".rels")]
        assert not any(b"External" in relation for relation in relations)
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
    assert "\u202e" not in text_of(content)
    assert "<script>alert(1)</script>" in text_of(content)


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found, and what to install."""
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(InputError, match="python-docx") as error:
        made(records.ready())
    assert "readiness[docx]" in str(error.value.remedy)


def test_clauses_are_plain_json() -> None:
    """Each clause with its fields and what bears on it; nothing says that a text is fulfilled."""
    from readiness.report.clauses import clauses_as_json

    told = json.dumps(clauses_as_json(records.ready()))
    texts = json.loads(told)
    assert {"text", "what", "clauses"} == set(texts[0])
    assert {"clause", "asks", "state", "fields", "findings"} == set(texts[0]["clauses"][0])
    assert "compliant" not in told.lower()


def test_a_document_never_takes_the_place_of_the_report(tmp_path: Path) -> None:
    """Only names that end in .docx are written to."""
    report = tmp_path / "report.html"
    report.write_bytes(b"x")
    done = CliRunner().invoke(app, ["export", str(report), "--out", str(report)])
    assert (2, b"x") == (done.exit_code, report.read_bytes()) or 5 == done.exit_code
    assert b"x" == report.read_bytes()


# ----------------------------------------------------------------------------------------------------
# The files for whoever runs the model


def exported(tmp_path: Path, record: Record, *options: str) -> Result:
    """What `export` does with a report of this record that nobody has signed."""
    report = tmp_path / "report.html"
    report.write_bytes(unsigned_file(record, b"<!DOCTYPE html><html></html>\n"))
    return CliRunner().invoke(app, ["export", str(report), *options])


@pytest.mark.parametrize(("form", "name"), [("monitoring", "monitoring.yaml"), ("schema", "schema.json")])
def test_the_files_of_monitoring_are_made_again_from_a_report(form: str, name: str, tmp_path: Path) -> None:
    """The same bytes as beside the report, though its record keeps another order of what has none."""
    record = review_of("binary")
    answers = tuple(replace(a, findings=tuple(map(crossed, a.findings))) for a in record.answers)
    record = replace(record, answers=answers)
    write_beside(tmp_path, record)
    done = exported(tmp_path, record, "--format", form)
    assert (0, (tmp_path / name).read_text(encoding="utf-8")) == (done.exit_code, done.stdout)


def crossed(finding: Finding) -> Finding:
    """The same of a group that is told by two columns, which are not in the order of the alphabet."""
    return replace(finding, segment={**finding.segment, "a": "1"}) if "channel" in finding.segment else finding


def test_an_old_report_has_no_schema(tmp_path: Path) -> None:
    """It says what to do; and standard output takes no --out."""
    done = exported(tmp_path, records.ready(), "--format", "schema")
    assert done.exit_code == 2
    assert "Run the whole review again" in done.stderr
    out = exported(tmp_path, records.ready(), "--format", "monitoring", "--out", str(tmp_path / "x.yaml"))
    assert out.exit_code == 2
    assert not (tmp_path / "x.yaml").exists()


def test_the_files_stand_beside_the_report(tmp_path: Path) -> None:
    """Written anew by the next review; a file of the same name that is none of ours stays."""
    record = review_of("binary")
    assert ["monitoring.yaml", "schema.json"] == [path.name for path in write_beside(tmp_path, record)]
    assert (tmp_path / "monitoring.yaml").read_text(encoding="utf-8") == monitoring_yaml(record)
    other = review_of("regression")
    (tmp_path / "schema.json").write_text('{"mine": true}', encoding="utf-8")
    assert ["monitoring.yaml"] == [path.name for path in write_beside(tmp_path, other)]
    assert (tmp_path / "monitoring.yaml").read_text(encoding="utf-8") == monitoring_yaml(other)
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == '{"mine": true}'
    assert is_of_a_review("Monitoring.yaml")
