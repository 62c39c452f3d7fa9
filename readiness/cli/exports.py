"""The command that takes what a report says to other programs: export."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_data
from readiness.cli.options import ReportPath
from readiness.cli.terminal import complain
from readiness.core.errors import InputError
from readiness.core.sanitize import shown


class Export(StrEnum):
    """What to write."""

    DOCX = "docx"
    CLAUSES = "clauses"


@command
def export(
    report: ReportPath,
    form: Annotated[
        Export,
        typer.Option(
            "--format", help="docx: a Word document; clauses: public texts with their fields, JSON to stdout."
        ),
    ] = Export.DOCX,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; else beside the report, as report.docx.")
    ] = None,
) -> int:
    """Write decision, findings and compliance fields of a report for other programs. It does not verify."""
    from readiness.signing.verify import open_bytes, report_bytes

    content = report_bytes(report)
    opened = open_bytes(content)
    if form is Export.CLAUSES:
        if out is not None:
            raise InputError("Clauses go to standard output: found --out beside them.", remedy="Leave it out.")
        from readiness.report.clauses import clauses_as_json

        say_data(json.dumps(clauses_as_json(opened.record), indent=2, ensure_ascii=True) + "\n")
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
