"""The command that takes what a report says to other programs: export."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_data
from readiness.cli.options import ReportPath
from readiness.cli.terminal import complain
from readiness.core.errors import InputError
from readiness.core.sanitize import shown

if TYPE_CHECKING:
    from readiness.verdict.record import Record


class Export(StrEnum):
    """What to write."""

    DOCX = "docx"
    CLAUSES = "clauses"
    MONITORING = "monitoring"
    SCHEMA = "schema"


@command
def export(
    report: ReportPath,
    form: Annotated[
        Export,
        typer.Option(
            "--format",
            help="docx: a Word document; clauses: public texts with their fields, JSON; monitoring: what to watch in "
            "production, with windows and alarms, YAML; schema: the columns, for pandera. All but docx to stdout.",
        ),
    ] = Export.DOCX,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; else beside the report, as report.docx.")
    ] = None,
) -> int:
    """Write decision, findings and compliance fields of a report for other programs, or its monitoring plan.

    It does not verify.
    """
    from readiness.signing.verify import open_bytes, report_bytes

    content = report_bytes(report)
    opened = open_bytes(content)
    if form is not Export.DOCX:
        if out is not None:
            raise InputError(
                f"{form.value.capitalize()} goes to standard output: found --out beside it.", remedy="Leave it out."
            )
        say_data(_text(form, opened.record))
        return 0
    from readiness.core.files import write_whole
    from readiness.report.word import word_document

    place = out or report.with_suffix(".docx")
    if place.suffix.lower() != ".docx":
        raise InputError(f"--out is {shown(str(place))}; expected a name that ends in .docx.", remedy="Name it so.")
    digest = hashlib.sha256(content).hexdigest()
    write_whole(place, word_document(opened.record, name=report.name, sha256=digest, signed=opened.signed))
    complain("The document can be changed by anybody; what holds is the report. Verify that: readiness verify.")
    say(f"Word document: {place}")
    return 0


def _text(form: Export, record: Record) -> str:
    """What is written to standard output.

    Raises:
        InputError: the record holds nothing of the kind.
    """
    from readiness.report.monitoring.files import monitoring_yaml, schema_json

    if form is Export.CLAUSES:
        from readiness.report.clauses import clauses_as_json

        return json.dumps(clauses_as_json(record), indent=2, ensure_ascii=True) + "\n"
    text = monitoring_yaml(record) if form is Export.MONITORING else schema_json(record)
    if text is None:
        raise InputError(
            f"The report holds nothing to make a {form.value} file from: it is partial, or older than such files.",
            remedy="Run the whole review again.",
        )
    return text
