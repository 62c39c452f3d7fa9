"""The command that puts a report on paper: pdf."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.options import ReportPath
from readiness.telling import say, signed_words


@command
def pdf(
    report: ReportPath,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write the PDF; else beside the report.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="PUB", help="Print only if signed with this public key; repeatable."),
    ] = None,
) -> int:
    """Print a report as a PDF with an installed Chromium or Chrome. A copy: what is signed is the HTML file."""
    from readiness.delivery.pdf import print_report
    from readiness.signing.keys import load_public

    printed = print_report(report, out, keys=[load_public(path) for path in key or ()])
    say(f"Verified: signed with {printed.opened.keyids[0]}." if key else signed_words(printed.opened))
    say(f"Wrote {printed.path}, a copy. The report is {report}, SHA-256 {printed.sha256}.")
    return 0
