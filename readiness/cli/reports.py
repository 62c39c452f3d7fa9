"""The commands that take a report: show, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.options import ReportPath
from readiness.telling import say, say_text, signed_words
from readiness.terminal import complain
from readiness.visible import presentable


@command
def show(
    report: ReportPath,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORM", help="text, json, markdown or junit; else text.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole record as JSON: --format json.")] = False,
) -> int:
    """Show what a report says. Whether that is true is the question of verify."""
    from readiness.cli.showing import shown_as
    from readiness.delivery.verification import opened_bytes, report_bytes

    form = shown_as(form, as_json=as_json)
    content = report_bytes(report)  # once: a pipe gives its bytes only once, and a file may change
    opened = opened_bytes(content)
    if form == "text":
        from readiness.narrative import text_report

        say(signed_words(opened), "")
        say_text(text_report(opened.record).rstrip("\n"))
        return 0
    from readiness.cli.showing import for_programs

    complain(signed_words(opened))
    print(for_programs(form, opened, report, content), end="")
    return 0


@command
def verify(
    report: ReportPath,
    key: Annotated[list[Path], typer.Option("--key", metavar="PUB", help="A public key that you trust; repeatable.")],
    model: Annotated[Path | None, typer.Option("--model", metavar="FILE", help="Is this the reviewed model?")] = None,
) -> int:
    """Verify who signed a report. Recomputes the verdict; 0 valid, 5 not valid, 6 unsigned."""
    from readiness.delivery.verification import NOT_PROVEN, PROVEN
    from readiness.delivery.verification import verify as prove
    from readiness.signing.keys import load_public

    opened = prove(report, [load_public(path) for path in key], model=model)
    facts = presentable(opened.record.gathered.model)
    say(f"VALID: {report}", f"Signed with {opened.keyids[0]}")
    say(f"{facts.name} {facts.version}. Test result: {opened.record.verdict.words}", "", "This proves:")
    for line in (*PROVEN, *((f"{model} is the model file that was reviewed",) if model else ())):
        say(f"  - {line}")
    say("This does not prove:")
    for line in NOT_PROVEN:
        say(f"  - {line}")
    return 0
