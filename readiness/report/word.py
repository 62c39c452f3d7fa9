"""Word document of a report: decision, findings and what compliance asks, for those who must paste them elsewhere.

The document is a copy for reading. It can be changed by anybody, so it names the report and its digest, and says so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from readiness.core.errors import InputError
from readiness.core.findings import Question, Status
from readiness.core.sanitize import presentable, visible
from readiness.report.clauses import clauses
from readiness.report.compliance import compliance_fields
from readiness.report.page.decision import DecisionEdition, decision_edition
from readiness.report.page.provenance import about
from readiness.report.page.tables import Table, claims_table
from readiness.report.sentences import NOT_PERMISSION, Language, asked
from readiness.verdict.record import Record

if TYPE_CHECKING:
    from docx.document import Document

DOCUMENT_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands as the time of every document, so that the same report gives the same bytes."""
COPY = (
    "This document was made from a report and can be changed by anybody. What was signed is the report; verify that: "
    "readiness verify report.html --key KEY.pub"
)


def word_document(record: Record, *, name: str, sha256: str, signed: bool) -> bytes:
    """A .docx with the decision, every judged finding, the texts about the model, and the fields of compliance.

    Args:
        record: of the report, as it was read.
        name: file name of the report.
        sha256: digest of the whole report file, hexadecimal.
        signed: whether somebody signed it; who, is proven by `verify` alone.

    Raises:
        InputError: python-docx is not installed.
    """
    try:
        import docx
    except ImportError as missing:
        raise InputError(
            "A Word document needs the package python-docx, which is not installed here.",
            remedy='Install it: pip install "readiness[docx]"',
        ) from missing
    shown = presentable(record)
    language = Language.of(shown)
    document = docx.Document()
    edition = decision_edition(shown)
    _write_decision(document, edition, shown)
    _write_findings(document, shown, language)
    _write_about(document, shown)
    _write_fields(document, shown)
    document.add_heading("Where this comes from", level=1)
    state = "signed" if signed else "unsigned"
    _paragraph(document, f"{visible(name)} ({state}), SHA-256 {sha256}. {COPY}")
    _set_properties(document, edition)
    return _bytes(document)


def _write_decision(document: Document, edition: DecisionEdition, record: Record) -> None:
    document.add_heading(f"{edition.name} {edition.version}: {edition.verdict}", level=0)
    if edition.purpose:
        _paragraph(document, edition.purpose)
    _paragraph(document, edition.headline.lead, bold=True)
    for text in filter(None, (edition.qualifier, edition.headline.detail)):
        _paragraph(document, text[:1].upper() + text[1:])
    _paragraph(document, f"Approval: {edition.approval}. {NOT_PERMISSION.replace('This page', 'The report')}")
    steps = [" ".join(filter(None, (step.text, _who(step.owner, step.due)))) for step in edition.steps]
    _list(document, "Before go-live", steps)
    _list(document, "Also look at", [line.text for line in edition.also])
    _list(document, "What to know before you trust this", [f"{each.label}: {each.text}." for each in edition.trust])
    _table(document, edition.scorecard)
    rows = [[f"{stage.percent} %", stage.least, stage.stop_when, stage.who] for stage in edition.stages]
    if rows and not record.only:
        heads = ["Traffic", "At least", "Stop when this no longer holds", "Who stops it"]
        _grid(document, "Release in stages, once approved", heads, rows)
    _list(document, "Basis", [f"{line.label}: {line.text}" for line in edition.facts])


def _who(owner: str, due: str) -> str:
    return f"({', '.join(filter(None, (owner, due)))})" if owner or due else ""


def _write_findings(document: Document, record: Record, language: Language) -> None:
    document.add_heading("Findings", level=1)
    for question in asked(record):
        answer = record.answer(question)
        judged = [finding for finding in answer.findings if finding.blocking]
        _table(document, claims_table(judged, _numbered(question), language, most=len(judged)))
        open_findings = [language.sentence(f) for f in judged if f.status is not Status.MET]
        _list(document, "What is not met, not proven or not assessed", open_findings)
        for each in record.assessments:
            if each.question is question:
                _list(document, "Assessment of those who prepared the review", [each.text])


def _numbered(question: Question) -> str:
    return f"{question.number} {question.words}"


def _write_about(document: Document, record: Record) -> None:
    _grid(document, "About the model", ["", ""], [[line.label, line.text] for line in about(record)])


def _write_fields(document: Document, record: Record) -> None:
    rows = [[f"{each.number} {each.title}", each.text, each.state.value] for each in compliance_fields(record)]
    _grid(document, "For compliance: 25 fields", ["Field", "What the report holds", "State"], rows)
    for text in clauses(record):
        rows = [
            [each.clause, each.asks, ", ".join(str(field.number) for field in each.fields), each.state.value]
            for each in text.clauses
        ]
        _grid(document, text.name, ["Clause", "What it asks for", "Fields", "State"], rows, note=text.what)


def _table(document: Document, table: Table) -> None:
    heads = [column.title for column in table.columns]
    lines = [[_cell(cell) for cell in row.cells] for row in (*table.rows, *table.more) if not row.group]
    _grid(document, table.caption, heads, lines, note=table.note)


def _cell(cell: Any) -> str:
    word = cell.mark.word if cell.mark is not None else ""
    return ". ".join(filter(None, (word, cell.text, cell.note.rstrip("."), cell.warning)))


def _grid(
    document: Document, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = ""
) -> None:
    if not rows:
        return
    document.add_heading(_clean(title), level=2)
    grid = document.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
    for place, head in zip(grid.rows[0].cells, heads, strict=True):
        place.text = _clean(head)
    for row in rows:
        for place, text in zip(grid.add_row().cells, row, strict=True):
            place.text = _clean(text)
    if note:
        _paragraph(document, note)


def _list(document: Document, title: str, lines: Sequence[str]) -> None:
    if lines:
        document.add_heading(title, level=2)
    for line in lines:
        document.add_paragraph(_clean(line), style="List Bullet")


def _paragraph(document: Document, text: str, *, bold: bool = False) -> None:
    document.add_paragraph().add_run(_clean(text)).bold = bold


def _clean(text: str) -> str:
    """Text without what XML cannot hold or a reader cannot see."""
    return visible(text, keep="\n\t")


def _set_properties(document: Document, edition: DecisionEdition) -> None:
    properties = document.core_properties
    properties.title = _clean(f"{edition.verdict}: {edition.name} {edition.version}")[:255]
    properties.author, properties.last_modified_by, properties.comments = "readiness", "readiness", ""
    properties.created = properties.modified = DOCUMENT_DATE


def _bytes(document: Document) -> bytes:
    """The document as a zip whose entries all have the same time."""
    import zipfile

    made, steady = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), source.read(entry),
                            zipfile.ZIP_DEFLATED)  # fmt: skip
    return steady.getvalue()
