"""The commands that take a report: show, verify."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import say, say_data, say_report, say_signature, signed_words, tell_changes
from readiness.cli.options import AllowVouched, Keys, Render, ReportPath, Require
from readiness.cli.terminal import Marked, complain
from readiness.core.errors import InputError
from readiness.core.findings import Status
from readiness.core.sanitize import presentable, shown
from readiness.report.junit import Source
from readiness.signing.verify import Opened

if TYPE_CHECKING:
    from readiness.signing.verify import Opened, Standing


@command
def show(
    report: ReportPath,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORM", help="text, json, markdown or junit; else text.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole record as JSON: --format json.")] = False,
) -> int:
    """Show what a report says. Whether that is true is the question of verify."""
    from readiness.signing.verify import open_bytes, report_bytes

    form = choose_form(form, as_json=as_json)
    content = report_bytes(report)  # once: a pipe gives its bytes only once, and a file may change
    opened = open_bytes(content)
    if form == "text":
        say_signature(opened)
        say()
        say_report(opened.record)
        tell_changes(opened.record)
        return 0

    complain(signed_words(opened))
    say_data(for_programs(form, opened, report, content))
    return 0


@command
def verify(
    report: ReportPath,
    key: Keys,
    model: Annotated[Path | None, typer.Option("--model", metavar="FILE", help="Is this the reviewed model?")] = None,
    require: Require = None,
    allow_vouched: AllowVouched = False,
    render: Render = None,
) -> int:
    """Verify who signed a report. Recomputes the verdict; 0 valid, 5 not valid, 6 unsigned, 10 expired."""
    from readiness.signing.keys import load_public
    from readiness.signing.verify import required_verdict, standing
    from readiness.signing.verify import verify as prove

    required = required_verdict(require)
    opened = prove(report, [load_public(path) for path in key], model=model)
    if render is not None:
        from readiness.run.page_again import check_page

        check_page(opened, render)
    found = standing(opened.record, require=required, vouched=allow_vouched)
    _say_standing(report, opened, found, require)
    _say_proofs(opened, model, render)
    return found.value


def _say_standing(report: Path, opened: Opened, found: Standing, require: str | None) -> None:
    from readiness.report.page.decision import valid_until
    from readiness.report.sentences import model_names, status_of
    from readiness.signing.verify import Standing
    from readiness.verdict.isolation import isolation_words

    record = opened.record
    name, version = model_names(presentable(record))
    expired = found is Standing.EXPIRED
    if expired:
        say((Marked("EXPIRED", Status.NOT_PROVEN), f": the last day of this report was {valid_until(record)}."))
    say(("Test result: ", Marked(record.decision.words, status_of(record.verdict))))
    if found is Standing.OTHER_VERDICT:
        say(f"Required was {require}, and this report does not say so.")
    say(f"Intact: {report}" if expired else (Marked("VALID", Status.MET), f": {report}"))
    ran = f"The model ran {isolation_words(record.gathered.isolation)}"
    say(f"Signed with {opened.keyids[0]}", f"Reviewed was {name} {version}", ran, "")


def _say_proofs(opened: Opened, model: Path | None, render: Path | None) -> None:
    from readiness.signing.verify import PROVEN
    from readiness.verdict.isolation import unproven

    say("This proves:")
    for line in PROVEN:
        say(f"  - {line}")
    if model is not None:
        say(f"  - {model} is the model file that was reviewed")
    if render is not None:
        say(f"  - the page is, byte for byte, what this program makes of the record and {render}")
    say("This does not prove:")
    for line in unproven(opened.record):
        say(f"  - {line}")


# ----------------------------------------------------------------------------------------------------
# The forms of a report: text for people, and three forms for programs.

FORMS = ("text", "json", "markdown", "junit")


def choose_form(form: str | None, *, as_json: bool = False) -> str:
    """The form that the options of a command ask for.

    Raises:
        InputError: there is no such form, or two are asked for.
    """
    if as_json and form not in (None, "json"):
        raise InputError(f"Found both --json and --format {shown(form)}; expected one of them.")
    chosen = "json" if as_json else form or "text"
    if chosen not in FORMS:
        raise InputError(f"There is no form {shown(chosen)}.", remedy=f"Choose one of {', '.join(FORMS)}.")
    return chosen


def for_programs(form: str, opened: Opened, report: Path, content: bytes) -> str:
    """The report as "json", "markdown" or "junit"; the same text each time. `content` is what was opened."""
    if form == "json":
        from readiness.report.record_json import plain

        return json.dumps(plain(opened.record), indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    source = Source(str(report), hashlib.sha256(content).hexdigest(), opened.keyids[0] if opened.signed else "")
    if form == "markdown":
        from readiness.report.markdown import markdown

        return markdown(opened.record, source)
    from readiness.report.junit import junit

    return junit(opened.record, source).decode("ascii")
