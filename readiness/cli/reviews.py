"""The commands that make a review: demo, new, check, plan, run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readiness.cli.app import command
from readiness.cli.messages import (
    public_half,
    say,
    say_text,
    tell_plan,
    tell_result,
    tell_what_can_be_proven,
    vouch_for_model,
)
from readiness.cli.options import FailOn, Junit, Minutes, NoCache, Out, PassphraseFd, PinIt, Settings, SpecPath, Summary
from readiness.cli.terminal import complain, progress_on
from readiness.core.errors import InputError, ReadinessError
from readiness.core.sanitize import shown
from readiness.report.sentences import result_words
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record

if TYPE_CHECKING:
    from readiness.cli.ci_files import CiFiles
    from readiness.run.kernel_manager import ReadinessKernelManager
    from readiness.run.runner import ReviewResult
    from readiness.spec.load import LoadedSpec


@command
def demo(
    case: Annotated[
        str, typer.Option("--case", metavar="CASE", help="fraud, fraud-fixed, breast-cancer or diabetes.")
    ] = "fraud",
    out: Out = None,
) -> int:
    """Review a ready-made case. The report is signed with a demo key and verified."""
    from readiness.demo.cases import CASES

    if case not in CASES:
        raise InputError(f"There is no demo case {case!r}.", remedy=f"Choose one of {', '.join(CASES)}.")
    from readiness.cli.demo import walk

    result, key = walk(case, out, progress_on(sys.stderr))
    tell_result(result, public_key=key)
    say(f"{key} is only a demo key: it lies unprotected beside the report and proves nothing to others.")
    return 0


@command
def new(
    files: Annotated[
        list[Path], typer.Argument(metavar="[MODEL] TABLE", help="The model file, if there is one, and the test table.")
    ],
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column that holds the truth.")] = None,
    train: Annotated[Path | None, typer.Option(metavar="TABLE", help="The training rows.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the model is called.")] = None,
    version: Annotated[str | None, typer.Option(metavar="VERSION", help="Which version of it.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the spec.")] = Path(
        "readiness.yaml"
    ),
    template: Annotated[bool, typer.Option("--template", help="Copy the notebook too, to be edited.")] = False,
) -> int:
    """Write a first spec. From a table and, if there is one, a model file, which is hashed and never opened."""
    if len(files) > 2:
        raise InputError(f"Found {len(files)} files; expected [MODEL] TABLE.", remedy="Training rows go to --train.")
    from readiness.starter.starter import copy_template, remarks, swapped, write_starter

    if swapped(files):
        raise InputError(
            f"{files[0]} is a table, {files[1]} is none.",
            remedy=f"Give the model first, then the table: readiness new {files[1]} {files[0]}",
        )
    *model, table = files
    candidate = model[0] if model else None
    path = write_starter(out, candidate, table, target=target, train=train, name=name, version=version)
    say(f"Wrote {path}. Look for TODO in it, then: readiness check {path}")
    for line in remarks(path.read_text(encoding="utf-8"), path):
        say(line)
    if candidate is not None:
        say(f"You vouch for {candidate}: its SHA-256 in the spec allows the review to load it.")
    if template:
        say(f"Wrote {copy_template(path.parent)}. Use it with: readiness run {path} --template …")
    return 0


@command
def check(
    spec: SpecPath,
    set_: Settings = None,
    pin: PinIt = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes, until Ctrl-C.")] = False,
) -> int:
    """Check a spec and its files. Also says what so many rows can prove; loads no model."""
    given = tuple(set_ or ())
    if not watch:
        tell_what_can_be_proven(spec, vouch_for_model(spec, given) if pin else given)
        return 0
    from readiness.run.watch import watched_files

    def once() -> None:
        tell_what_can_be_proven(spec, vouch_for_model(spec, given) if pin else given)

    return keep_checking(once, lambda: watched_files(spec, given))


@command
def plan(
    spec: SpecPath,
    set_: Settings = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="NAME=VALUE",
            help="Assume this value; repeatable: recall=0.97, mae=40, mae_sd=30, prevalence=0.02, segments=5, "
            "churn=0.03, within=0.998 (calls), false_negative=250 (mean cost), correlation=0.6 (of errors), or a "
            "baseline's value: current.f1=0.7, rule-1.f1=0.5, median.mae=60.",
        ),
    ] = None,
    power: Annotated[
        float, typer.Option("--power", metavar="CHANCE", help="Chance of each proof, such as 0.95.")
    ] = 0.80,
) -> int:
    """Plan how many rows a spec needs. Before a model is trained; no file but the spec need exist."""
    tell_plan(spec, assume or (), power, tuple(set_ or ()))
    return 0


@command
def run(
    spec: SpecPath,
    out: Out = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Sign with this private key.")] = None,
    passphrase_fd: PassphraseFd = None,
    template: Annotated[Path | None, typer.Option("--template", metavar="NB", help="Walk this notebook.")] = None,
    timeout: Minutes = None,
    fail_on: FailOn = "not_proven",
    junit: Junit = None,
    summary: Summary = None,
    set_: Settings = None,
    pin: PinIt = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="QUESTIONS",
            help="Ask some of the questions, such as segments,errors. The report is partial, cannot be signed, and "
            "leaves an earlier report as it is.",
        ),
    ] = None,
    no_cache: NoCache = False,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", metavar="REPORT", help="Say what became of the open findings of this report."),
    ] = None,
) -> int:
    """Review a model: 0 ready, 1 not ready, 3 not proven."""
    from readiness.cli.ci_files import CiFiles
    from readiness.cli.passphrases import signer as opener
    from readiness.core.selection import choose_questions

    files = CiFiles.prepare(spec, set_ or (), junit=junit, summary=summary, besides=(key, template, previous))
    with files.record_failure():
        check_choice(fail_on)
        questions = choose_questions(only or ())
        if questions and key is not None:
            raise InputError("A partial review cannot be signed.", remedy="Leave out --only, or --key.")
        signer = None if key is None else opener(key, passphrase_fd, complain)
        settings = vouch_for_model(spec, set_ or ()) if pin else tuple(set_ or ())
        with kernel_for(spec, settings) as kernel:
            tell_what_can_be_proven(spec, settings)
            from readiness.cli.options import cache_folder
            from readiness.run.runner import review

            result = review(
                spec,
                out,
                template=template,
                signer=signer,
                seconds=None if timeout is None else timeout * 60,
                progress=progress_on(sys.stderr),
                settings=settings,
                only=questions,
                cache=None if no_cache else cache_folder(os.environ),
                previous=previous,
                kernel=kernel,
            )
    return _finish(result, files, key, fail_on)


def kernel_for(spec: Path, settings: Sequence[str]) -> AbstractContextManager[ReadinessKernelManager]:
    """A kernel for the review of a spec, which starts while the rest of this program is imported.

    Raises:
        InputError: the spec cannot be read, or a model of a registry not fetched.
    """
    from readiness.spec.load import load_spec

    loaded = load_spec(spec, settings=settings)
    _fetch_models(loaded)
    from readiness.run.kernel_manager import Setting, started_kernel

    return started_kernel(Setting.of(loaded), loaded)


def _fetch_models(loaded: LoadedSpec) -> None:
    """Copies of the models that lie in a registry, before anything else.

    Raises:
        ModelError: one cannot be fetched, or is not the one that the spec pins.
    """
    from readiness.spec.registry import is_registered

    models = (loaded.spec.model, loaded.spec.baseline.current)
    if any(model is not None and is_registered(model.path or "") for model in models):
        from readiness.evidence.models.registry import fetch_registered

        fetch_registered(loaded, say)


def _finish(result: ReviewResult, files: CiFiles, key: Path | None, fail_on: str) -> int:
    """Write the files for CI and tell the result, whatever becomes of the files."""
    note = explain_exit(result.record, fail_on)
    try:
        files.write_result(result, note)
    finally:
        tell_result(result, public_key=public_half(key), note=note)
    return exit_code(result.record.verdict, fail_on)


# ----------------------------------------------------------------------------------------------------
# The choice of --fail-on: which verdicts end the command with a number that stops a pipeline.

DEFAULT = "not_proven"

_SEVERITY = (Verdict.READY, Verdict.READY_BY_POINT_ESTIMATE, Verdict.NOT_PROVEN, Verdict.NOT_READY)
_CODES = {Verdict.READY_BY_POINT_ESTIMATE: 3, Verdict.NOT_PROVEN: 3, Verdict.NOT_READY: 1}
_FIRST = {
    "not_ready": Verdict.NOT_READY,
    "not_proven": Verdict.NOT_PROVEN,
    "point_estimate": Verdict.READY_BY_POINT_ESTIMATE,
    "never": None,
}
"""The mildest verdict that fails; all that are worse do, too."""

CHOICES = tuple(_FIRST)


def check_choice(fail_on: str) -> None:
    """Say whether there is such a choice.

    Raises:
        InputError: there is not.
    """
    if fail_on not in _FIRST:
        raise InputError(
            f"--fail-on is {shown(fail_on)}, which is none of its choices.",
            remedy=f"Choose one of {', '.join(CHOICES)}.",
        )


def exit_code(verdict: Verdict, fail_on: str = DEFAULT) -> int:
    """0 when the verdict does not fail, else 1 for not ready and 3 for what is not proven."""
    first = _FIRST[fail_on]
    failed = first is not None and _SEVERITY.index(verdict) >= _SEVERITY.index(first)
    return _CODES[verdict] if failed else 0


def explain_exit(record: Record, fail_on: str) -> str:
    """Why the number is not the usual one: "NOT PROVEN; exit code 0 because of --fail-on not_ready"; else empty."""
    code = exit_code(record.verdict, fail_on)
    if code == exit_code(record.verdict):
        return ""
    return f"{result_words(record)}; exit code {code} because of --fail-on {fail_on}"


# ----------------------------------------------------------------------------------------------------
# A check that goes on: again whenever a file changes, until Ctrl-C.

WIDTH = 72


def keep_checking(check: Callable[[], None], files: Callable[[], Iterable[Path]]) -> int:
    """Check, show what is wrong, wait until one of the files changes, and check again.

    Args:
        check: Says that all is well, or raises what is wrong.
        files: What the check looks at now.

    Returns:
        0, once it is stopped with Ctrl-C.
    """
    try:
        from readiness.run.watch import stamps, wait_for_change

        while True:
            before = stamps(files())  # first, so that what changes meanwhile is checked again
            say("", _separator(time.strftime("%H:%M:%S")))
            _check_once(check)
            say(f"Watching {len(before)} file{'s' if len(before) > 1 else ''}; Ctrl-C ends it.")
            sys.stdout.flush()
            wait_for_change(before)
    except KeyboardInterrupt:
        say("", "Stopped watching.")
        return 0


def _separator(clock: str) -> str:
    return f"-- checked at {clock} ".ljust(WIDTH, "-")


def _check_once(check: Callable[[], None]) -> None:
    try:
        check()
    except ReadinessError as error:
        say_text(f"Error: {error}")
    except BrokenPipeError:  # nobody is reading any more
        raise
    except Exception as error:  # a fault of ours must not end the watch either
        say(f"Error: this is a fault of readiness itself: {type(error).__name__}: {error}")
