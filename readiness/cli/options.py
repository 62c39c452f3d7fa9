"""What several commands take: the same option has the same name, and says the same in every help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for report and notebook.")]
SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The review's readiness.yaml.")]
ReportPath = Annotated[Path, typer.Argument(metavar="REPORT", help="A report.html.")]
PassphraseFd = Annotated[
    int | None, typer.Option("--passphrase-fd", metavar="N", help="Read the key's passphrase from open file N.")
]
Minutes = Annotated[float | None, typer.Option("--timeout", metavar="MINUTES", min=0.01, help="Longest time to take.")]
