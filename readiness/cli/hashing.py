"""The command for those who cannot give their training rows away: hashes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.telling import say


@command
def hash_rows(
    source: Annotated[
        Path, typer.Argument(metavar="SPEC|TABLE", help="A spec whose data.train is hashed, or the table itself.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the hashes.")],
    id_: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Hash the names of rows in this column (of a TABLE).")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="The column that holds the truth (of a TABLE).")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN", help="Hash only this feature (of a TABLE); repeatable."),
    ] = None,
) -> int:
    """Hash training rows for supplied.training_rows: names of rows where there are any, else features and target.

    Whoever can list all possible names, such as customer numbers, can tell from their hashes which were used.
    """
    from readiness.evidence.hashing import hashes_of_source
    from readiness.evidence.training_hashes import write_hashes

    given = hashes_of_source(source, name=id_, target=target, columns=tuple(columns or ()))
    write_hashes(given, out)
    what = f"names of rows in {given.columns[0]}" if given.names_rows else f"rows of {len(given.columns):,} columns"
    say(f"Wrote {out}: {len(given.hashes):,} hashes of {what}.")
    say("Name it under supplied.training_rows: {path: …, source: who made it, and from which table}.")
    return 0
