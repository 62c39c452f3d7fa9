"""The commands that stand beside a review: keygen, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_data, signed_words
from readiness.cli.options import PassphraseFd, ReportPath
from readiness.core.errors import InputError


@command
def keygen(
    out: Annotated[Path, typer.Option("--out", metavar="PEM", help="Where to write the private key.")] = Path(
        "readiness.pem"
    ),
    algorithm: Annotated[str, typer.Option(metavar="KIND", help="ecdsa-p256 or ed25519.")] = "ecdsa-p256",
    no_passphrase: Annotated[bool, typer.Option("--no-passphrase", help="Leave the key file unprotected.")] = False,
    passphrase_fd: PassphraseFd = None,
) -> int:
    """Make a pair of keys. The private one signs and stays with you, the public one goes to the readers."""
    from readiness.cli.passphrases import new_passphrase
    from readiness.signing.keys import ECDSA_P256, ED25519, generate, write_key_pair
    from readiness.signing.memory import close_memory

    if algorithm not in (ECDSA_P256, ED25519):
        raise InputError(f"There are no keys of the kind {algorithm!r}.", remedy=f"Use {ECDSA_P256} or {ED25519}.")
    if no_passphrase and passphrase_fd is not None:
        raise InputError("Found both --no-passphrase and --passphrase-fd; expected one of them.")
    close_memory()
    passphrase = None if no_passphrase else new_passphrase(out, passphrase_fd)
    pair = generate(algorithm)
    public = write_key_pair(pair, out, passphrase)
    say(f"Private key: {out}{'' if passphrase else ' (not protected by a passphrase)'}")
    say(f"Public key:  {public}", f"Key id:      {pair.public.keyid}")
    say("Give the public key to your readers, and tell them the key id by another way than the report.")
    return 0


@command
def schema(
    checklist: Annotated[bool, typer.Option("--checklist", help="Of a checklist file that specs share.")] = False,
) -> int:
    """Print the JSON Schema of the spec, for editors."""
    import json

    from readiness.spec.json_schema import checklist_schema, spec_schema

    say_data(json.dumps(checklist_schema() if checklist else spec_schema(), indent=2, ensure_ascii=False) + "\n")
    return 0


# ----------------------------------------------------------------------------------------------------
# The command for those who cannot give their training rows away: hashes of them.


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
    from readiness.evidence.row_hashes import check_place, hashes_of_source, write_hashes

    check_place(out, source)
    given = hashes_of_source(source, name=id_, target=target, columns=tuple(columns or ()))
    write_hashes(given, out)
    what = f"names of rows in {given.columns[0]}" if given.names_rows else f"rows of {len(given.columns):,} columns"
    say(f"Wrote {out}: {len(given.hashes):,} {'hash' if len(given.hashes) == 1 else 'hashes'} of {what}.")
    say("Name it under supplied.training_rows: {path: …, source: who made it, and from which table}.")
    return 0


# ----------------------------------------------------------------------------------------------------
# The command that puts a report on paper: pdf.


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
    edition: Annotated[
        str,
        typer.Option(metavar="KIND", help="whole, or decision: without the evidence, as REPORT.decision.pdf."),
    ] = "whole",
) -> int:
    """Print a report as a PDF with an installed Chromium or Chrome. A copy: what is signed is the HTML file."""
    from readiness.report.pdf import Edition, print_report
    from readiness.signing.keys import load_public

    if edition not in tuple(Edition):
        raise InputError(f"There is no edition {edition!r}.", remedy=f"Use {' or '.join(Edition)}.")
    public = [load_public(path) for path in key or ()]
    printed = print_report(report, out, keys=public, edition=Edition(edition))
    say(f"Verified: signed with {printed.opened.keyids[0]}." if key else signed_words(printed.opened))
    what = "a copy" if edition == Edition.WHOLE else "an excerpt"
    say(f"Wrote {printed.path}, {what}. The report is {report}, SHA-256 {printed.sha256}.")
    return 0
