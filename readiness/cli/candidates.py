"""The commands that look at several candidates: compare, index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_text

Keys = Annotated[
    list[Path] | None, typer.Option("--key", metavar="PUB", help="A public key that you trust; repeatable.")
]


@command
def compare(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT REPORT…", help="Two or more reports; the first is compared with.")
    ],
    key: Keys = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write a page instead of text.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show facts that merely moved, too. A page holds them anyway, folded.")
    ] = False,
) -> int:
    """Compare candidates side by side. Who is better is said on the same rows only; 5 if a signature does not hold."""
    import os

    from readiness.cli.options import cache_folder
    from readiness.report.compare.page import COMPARISON, check_place, comparison_page, write_page
    from readiness.report.compare.read import read_reports
    from readiness.report.compare.sections import pairings, sections
    from readiness.signing.keys import load_public

    if out is not None:
        check_place(out, COMPARISON)
    found = read_reports(reports, [load_public(path) for path in key or ()])
    pairs = pairings(found, cache_folder(os.environ))
    parts = sections(found, pairs, everything=everything or out is not None)
    if out is None:
        from readiness.report.compare.text import comparison_text

        say_text(comparison_text(found, parts).rstrip("\n"))
        return 0
    write_page(out, comparison_page(found, parts), COMPARISON)
    say(f"Wrote {out}: {', '.join(report.title for report in found)}")
    return 0


@command
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Look for reports below it.")] = Path("outputs"),
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The page; FOLDER/index.html when left out.")
    ] = None,
    key: Keys = None,
    text: Annotated[bool, typer.Option("--text", help="Say it here, and write no page.")] = False,
) -> int:
    """List all candidates below a folder on one page, the newest first."""
    import datetime

    from readiness.report.compare.read import overview
    from readiness.signing.keys import load_public

    keys = [load_public(path) for path in key or ()]
    found = overview(folder, keys, today=datetime.datetime.now(datetime.UTC).date())
    if text:
        from readiness.report.compare.text import overview_text

        say_text(overview_text(found, str(folder)).rstrip("\n"))
        return 0
    from readiness.report.compare.entries import counted
    from readiness.report.compare.page import OVERVIEW, overview_page, write_page

    page = out or folder / "index.html"
    write_page(page, overview_page(found, folder, page), OVERVIEW)
    say(f"Wrote {page}: {counted(found)}")
    return 0
