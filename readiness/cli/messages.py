"""Texts of several lines for the person at the keyboard, on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from readiness.cli.terminal import Line, Marked, write, write_text
from readiness.core.findings import Status

if TYPE_CHECKING:
    from readiness.run.runner import ReviewResult
    from readiness.signing.verify import Opened
    from readiness.verdict.record import Record


def say(*lines: Line) -> None:
    """Lines; each stays one line, whatever names are in it. Without any: an empty line."""
    for line in lines or ("",):
        write(line, sys.stdout)


def say_data(text: str) -> None:
    """A text for programs, to the byte and without colour."""
    sys.stdout.write(text)


def say_report(record: Record) -> None:
    """What a report says, its verdict and its answers in the colour of their status."""
    from readiness.report.sentences import report_lines

    for line in report_lines(record):
        say(line.text if line.status is None else (line.text, Marked(line.mark, line.status)))


def say_text(text: str) -> None:
    """A text of several lines, in which every name was made visible before."""
    write_text(text, sys.stdout)


def vouch_for_model(spec: Path, settings: Sequence[str]) -> tuple[str, ...]:
    """The settings with the pin of the model file as it lies there now; says for which file that vouches.

    Raises:
        InputError: there is no such file, or it has a pin on the command line already.
    """
    from readiness.spec.load import pin_of

    pin = pin_of(spec, settings)
    say(f"You vouch for this very file: {pin.path}", f"  SHA-256 {pin.sha256}", "")
    return (*settings, pin.setting)


def tell_what_can_be_proven(spec: Path, settings: Sequence[str] = ()) -> None:
    """Check the spec and its files; say what is left to do, which questions can be a yes, and what the rows can prove.

    Raises:
        InputError: the spec or a file that it names is not usable.
    """
    from readiness.spec.load import load_spec

    loaded = load_spec(spec, settings=settings)  # before the slow imports: most mistakes are found here
    from readiness.evidence.preflight import preflight
    from readiness.planning.feasibility import feasible, left_to_do, possible_answers, provable
    from readiness.soundness.beforehand import doubts_about

    preflight(loaded)
    entries = feasible(loaded)
    say(f"{spec} and its files fit each other: {loaded.spec.model.name} {loaded.spec.model.version}.")
    _say_list("Left to do:", left_to_do(loaded))
    possible = possible_answers(loaded, entries)
    _say_list("Can each question be a yes?", [_in_colour(each.words, each.obstacles, each.doubts) for each in possible])
    _say_list("What so many rows can prove:", provable(entries))
    doubts = [(Marked(f"{f.status.words:<14}", f.status), f"{f.reason}. {f.needs}") for f in doubts_about(loaded)]
    _say_list("What these rows cannot carry, whatever the model:", doubts)
    say()


def _in_colour(words: str, obstacles: Sequence[str], doubts: Sequence[str]) -> Line:
    status = Status.NOT_MET if obstacles else Status.NOT_PROVEN if doubts else None
    return words if status is None else (Marked(words, status),)


def _say_list(title: str, lines: Sequence[Line]) -> None:
    if lines:
        say(title)
    for line in lines:
        say(("  ", line) if isinstance(line, str) else ("  ", *line))


def tell_plan(spec: Path, assume: Iterable[str], power: float, settings: Sequence[str] = ()) -> None:
    """Say how many rows each criterion needs.

    Raises:
        InputError: the spec, an assumption or the power is not usable.
    """
    from readiness.spec.load import load_spec

    loaded = load_spec(spec, settings=settings).spec
    from readiness.planning.plan import plan

    lines = plan(loaded, assume, power=power)
    say(f"{spec}: {loaded.model.name} {loaded.model.version}")
    for line in lines:
        say(line)


def tell_result(result: ReviewResult, *, public_key: Path | None, note: str = "") -> None:
    """Say what a review found, where its report is, how to verify it, and at the end what `note` adds."""
    say_report(result.record)
    tell_changes(result.record)
    say("", f"Report:   {result.report}", f"Notebook: {result.notebook}")
    if result.beside:
        say(f"Beside:   {', '.join(path.name for path in result.beside)}, for whoever runs the model")
    if result.aside is not None:
        say(f"Earlier:  {result.aside}")
    say(f"Open it in a browser: {result.report.as_uri()}")
    if result.record.only:
        say("The report is PARTIAL and cannot be signed. An earlier whole report is as it was.")
    elif public_key is None:
        say("The report is UNSIGNED: anybody could have written it. Sign with: readiness run … --key PEM")
    else:
        say(f"Signed with {result.keyid}. Verify: readiness verify {result.report} --key {public_key}")
    if note:
        say(note)


def tell_changes(record: Record) -> None:
    """Say what became of the open findings of an earlier report, where one was named."""
    from readiness.report.history import change_lines

    if lines := change_lines(record):
        say("", *lines)


def public_half(key: Path | None) -> Path | None:
    """Where the public key of a private one lies."""
    if key is None:
        return None
    from readiness.signing.keys import public_path

    return public_path(key)


def say_signature(opened: Opened) -> None:
    """Whether a report is signed, and by whom it says so."""
    words = signed_words(opened)
    say(words if opened.signed else (Marked(words, Status.NOT_PROVEN),))


def signed_words(opened: Opened) -> str:
    """Whether a report is signed, and by whom it says so."""
    if not opened.signed:
        return "UNSIGNED: anybody could have written this report."
    return f"Signed by {opened.keyids[0]} (not verified here; use verify)."
