"""What an examiner finds in the appendix: fields, clauses, evidence in its own words, and what became of findings."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from readiness.core.files import Artifact, Role
from readiness.core.provenance import Quote
from readiness.report.compare.history import EarlierReport, history
from readiness.report.compliance import Anchor
from readiness.report.page import render_page
from readiness.verdict.record import Record
from tests.report.page import records


def page(record: Record) -> str:
    return render_page(record, records.PROSE, records.FIGURES, records.CODE).decode()


def traced() -> Record:
    """A report after one whose findings were all open, which was ready."""
    before = records.not_ready()
    return dataclasses.replace(
        records.ready(), previous=history(records.ready(), EarlierReport(before, "ab" * 32, signed=False))
    )


def test_every_field_leads_to_a_place_on_the_page() -> None:
    """No link of the table of fields leads nowhere."""
    text = page(records.not_ready())
    ids = set(re.findall(r'id="?([\w-]+)', text))
    assert {anchor.value for anchor in Anchor} <= ids


def test_the_page_says_where_the_clauses_are() -> None:
    """They are data of their own; the word of compliance is never one of fulfilment."""
    text = page(records.not_ready())
    assert "readiness export REPORT --format clauses" in text
    assert not re.search(r"\bcompliant\b|complies", text)


def test_what_became_of_findings_is_told_with_the_digest_of_the_earlier_report() -> None:
    """Counts, which report it was, that it is unsigned, and each finding with its status before and now."""
    text = page(traced())
    assert "ab" * 32 in text
    assert "anybody could have written it" in text
    assert re.search(r"Since [^<]*: \d+ closed, 0 still open, 0 opened", text)
    assert "Closed: " in text


def test_without_an_earlier_report_nothing_is_said_of_one() -> None:
    """No empty part."""
    assert 'id="changes"' not in page(records.ready())
    assert "id=changes" not in page(records.ready())


def test_quoted_evidence_is_a_text_and_nothing_else(tmp_path: Path) -> None:
    """Markup in a runbook is shown, not obeyed; its lines stay."""
    path = tmp_path / "runbook.md"
    path.write_text("# Who is called\n<script>alert(1)</script>\n&amp; Ann\n")
    record = records.not_ready()
    spec = {**record.gathered.spec, "checklist": {"monitoring": {"done": True, "evidence": "runbook.md"}}}
    inputs = (*record.gathered.inputs, Artifact.of(path, Role.EVIDENCE))
    gathered = dataclasses.replace(record.gathered, spec=spec, inputs=inputs)
    text = page(dataclasses.replace(record, gathered=gathered, quotes=(Quote("runbook.md", path.read_text()),)))
    assert "# Who is called\n&lt;script&gt;alert(1)&lt;/script&gt;\n&amp;amp; Ann" in text
    assert "<script" not in text
