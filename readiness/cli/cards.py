"""The command that takes a report to the model card: card."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_data
from readiness.cli.options import ReportPath
from readiness.core.errors import InputError, InvalidReport

if TYPE_CHECKING:
    from readiness.report.card.content import Source
    from readiness.report.card.write import Card


class Format(StrEnum):
    """What to write."""

    MARKDOWN = "markdown"
    JSON = "json"


@command
def card(
    report: ReportPath,
    card: Annotated[
        Path | None, typer.Argument(metavar="[CARD]", help="The model card, such as README.md; made if need be.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; do card and report belong together?")] = False,
    key: Annotated[
        list[Path] | None, typer.Option("--key", metavar="PUB", help="Verify the signature first; repeatable.")
    ] = None,
    metadata: Annotated[
        bool, typer.Option("--metadata/--no-metadata", help="Put the headline numbers into the model-index, too.")
    ] = True,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where readers find the report on the web.")] = "",
    form: Annotated[Format, typer.Option("--format", help="json: for other registries, to stdout.")] = Format.MARKDOWN,
) -> int:
    """Write or refresh the readiness section of a model card. With --check: 0 they belong together, 5 they do not."""
    from readiness.report.card.write import open_card, read_source
    from readiness.signing.keys import load_public

    keys = [load_public(path) for path in key or []]
    if form is Format.JSON:
        return _json(read_source(report, keys, url=url), asked_for=card is not None or check)
    if card is None:
        what = "check" if check else "write to"
        raise InputError(f"There is no card to {what}.", remedy="Name it: readiness card REPORT README.md")
    found = open_card(card)
    source = read_source(report, keys, card=found.path, url=url)
    _say_signature(source)
    return _check(found, source, metadata) if check else _write(found, source, metadata)


def _json(source: Source, *, asked_for: bool) -> int:
    import json

    from readiness.report.card.metrics import card_json

    if asked_for:
        raise InputError("JSON goes to standard output: found a card or --check beside it.", remedy="Leave it out.")
    say_data(json.dumps(card_json(source), indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    return 0


def _check(found: Card, source: Source, metadata: bool) -> int:
    from readiness.report.card.write import differences

    different = differences(found, source, metadata=metadata)
    if not different:
        say(f"{found.name} and {source.name} belong together.")
        return 0
    say(f"{found.name} and {source.name} do not belong together:")
    for line in different:
        say(f"  - {line}")
    return InvalidReport.exit_code


def _write(found: Card, source: Source, metadata: bool) -> int:
    from readiness.report.card.write import composed, has_section, write

    data = composed(found, source, metadata=metadata)
    if data == found.data:
        say(f"{found.path} is up to date; nothing was changed.")
        return 0
    write(found, data)
    added = "the readiness section was added" if not has_section(found) else "the readiness section is up to date now"
    say(f"{found.path}: {'written' if found.data is None else added}.")
    if not source.url and source.path.startswith("../"):
        say(f"The report is not below the card's folder; the card links to {source.path}.")
    return 0


def _say_signature(source: Source) -> None:
    if not source.opened.signed:
        say("UNSIGNED: anybody could have written this report, and the card says so.")
    elif not source.verified:
        say("The signature was not verified; give --key PUB to do that first.")
