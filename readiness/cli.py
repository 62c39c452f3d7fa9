"""The doors of the house: one function for each command. The only module that prints and that ends the process.

Exit codes: 0 fine, 1 not ready, 2 bad input, 3 not proven, 4 the review could not be completed, 5 a report that
does not hold, 6 an unsigned report, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import functools
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from readiness.exceptions import InputError
from readiness.telling import public_half, say, signed_words, tell_plan, tell_result, tell_what_can_be_proven
from readiness.terminal import exit_code, write

P = ParamSpec("P")

app = typer.Typer(
    help="Is this model ready? Six questions, one verdict, one signed page.",
    epilog="Exit codes: 0 ready or fine, 1 not ready, 2 bad input, 3 not proven, 4 not completed, 5 report does not "
    "hold, 6 report unsigned.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text starts in half the time and reads the same everywhere
)


def main() -> None:
    """Run the command line."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a stopped kernel leaves tasks behind that complain
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a review that is told to end takes its kernel along
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character still gets the rest
    app()


def command(function: Callable[P, int]) -> Callable[P, None]:
    """Make a function a command: its number is the exit code, and every error ends in plain words."""

    @functools.wraps(function)
    def guarded(*args: P.args, **options: P.kwargs) -> None:
        raise typer.Exit(exit_code(lambda: function(*args, **options)))

    return app.command()(guarded)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"readiness {version('readiness')}")
        raise typer.Exit


Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for report and notebook.")]
SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The review's readiness.yaml.")]
ReportPath = Annotated[Path, typer.Argument(metavar="REPORT", help="A report.html.")]
PassphraseFd = Annotated[
    int | None, typer.Option("--passphrase-fd", metavar="N", help="Read the key's passphrase from open file N.")
]
Minutes = Annotated[float | None, typer.Option("--timeout", metavar="MINUTES", min=0.01, help="Longest time to take.")]


@app.callback()
def readiness(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Is this model ready? Six questions, one verdict, one signed page."""


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
    from readiness.delivery.progress import progress_on
    from readiness.demo.walk import walk

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
    from readiness.starter.starter import copy_template, write_starter

    *model, table = files
    candidate = model[0] if model else None
    path = write_starter(out, candidate, table, target=target, train=train, name=name, version=version)
    say(f"Wrote {path}. Look for TODO in it, then: readiness check {path}")
    if candidate is not None:
        say(f"You vouch for {candidate}: its SHA-256 in the spec allows the review to load it.")
    if template:
        say(f"Wrote {copy_template(path.parent)}. Use it with: readiness run {path} --template …")
    return 0


@command
def check(spec: SpecPath) -> int:
    """Check a spec and its files. Also says what so many rows can prove; loads no model."""
    tell_what_can_be_proven(spec)
    return 0


@command
def plan(
    spec: SpecPath,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="NAME=VALUE",
            help="Take for true; repeatable: recall=0.97, mae=40, mae_sd=30, prevalence=0.02, segments=5, churn=0.03, "
            "within=0.998 (calls), false_negative=250 (mean cost), correlation=0.6 (of errors), or a baseline's value: "
            "current.f1=0.7, rule-1.f1=0.5, median.mae=60.",
        ),
    ] = None,
    power: Annotated[
        float, typer.Option("--power", metavar="CHANCE", help="Chance of each proof, such as 0.95.")
    ] = 0.80,
) -> int:
    """Plan how many rows a spec needs. Before a model is trained; no file but the spec need exist."""
    tell_plan(spec, assume or (), power)
    return 0


@command
def run(
    spec: SpecPath,
    out: Out = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Sign with this private key.")] = None,
    passphrase_fd: PassphraseFd = None,
    template: Annotated[Path | None, typer.Option("--template", metavar="NB", help="Walk this notebook.")] = None,
    timeout: Minutes = None,
) -> int:
    """Review a model: 0 ready, 1 not ready, 3 not proven."""
    from readiness.delivery.progress import progress_on
    from readiness.passphrases import signer as opener

    signer = None if key is None else opener(key, passphrase_fd)
    tell_what_can_be_proven(spec)
    from readiness.delivery.runner import review

    result = review(
        spec,
        out,
        template=template,
        signer=signer,
        seconds=None if timeout is None else timeout * 60,
        progress=progress_on(sys.stderr),
    )
    tell_result(result, public_key=public_half(key))
    return result.exit_code


@command
def show(
    report: ReportPath,
    as_json: Annotated[bool, typer.Option("--json", help="The whole record as JSON.")] = False,
) -> int:
    """Show what a report says. Whether that is true is the question of verify."""
    from readiness.delivery.verification import open_report

    opened = open_report(report)
    if as_json:
        import json

        from readiness.as_json import plain

        write(signed_words(opened), sys.stderr)
        print(json.dumps(plain(opened.record), indent=2, sort_keys=True, ensure_ascii=True))
        return 0
    from readiness.narrative import text_report

    say(signed_words(opened) + "\n")
    say(text_report(opened.record).rstrip("\n"))
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
    facts = opened.record.gathered.model
    say(f"VALID: {report}\nSigned with {opened.keyids[0]}")
    say(f"{facts.name} {facts.version}. Test result: {opened.record.verdict.words}\n\nThis proves:")
    for line in (*PROVEN, *((f"{model} is the model file that was reviewed",) if model else ())):
        say(f"  - {line}")
    say("This does not prove:")
    for line in NOT_PROVEN:
        say(f"  - {line}")
    return 0


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
    from readiness.passphrases import chosen, read_from
    from readiness.signing.keys import ECDSA_P256, ED25519, generate, write_key_pair

    if algorithm not in (ECDSA_P256, ED25519):
        raise InputError(f"There are no keys of the kind {algorithm!r}.", remedy=f"Use {ECDSA_P256} or {ED25519}.")
    if no_passphrase and passphrase_fd is not None:
        raise InputError("Found both --no-passphrase and --passphrase-fd; expected one of them.")
    passphrase = None if no_passphrase else chosen() if passphrase_fd is None else read_from(passphrase_fd)
    pair = generate(algorithm)
    public = write_key_pair(pair, out, passphrase)
    say(f"Private key: {out}{'' if passphrase else ' (not protected by a passphrase)'}")
    say(f"Public key:  {public}\nKey id:      {pair.public.keyid}")
    say("Give the public key to your readers, and tell them the key id by another way than the report.")
    return 0


@command
def schema() -> int:
    """Print the JSON Schema of the spec, for editors."""
    import json

    from readiness.spec.schema import spec_schema

    print(json.dumps(spec_schema(), indent=2, ensure_ascii=False))
    return 0
