"""The doors of the house, one function for each command: the frame that all of them stand in.

Exit codes: 0 fine, 1 not ready, 2 bad input, 3 not proven, 4 the review could not be completed, 5 a report that
does not hold, 6 an unsigned report, 10 an expired one, 15 one with another verdict than required, 130 stopped by
Ctrl-C.
"""

from __future__ import annotations

import functools
import gc
import logging
import signal
import sys
from collections.abc import Callable
from typing import Annotated, ParamSpec

import typer

from readiness.cli.messages import say
from readiness.cli.terminal import exit_code, open_streams

P = ParamSpec("P")

app = typer.Typer(
    help="Is this model ready? Six questions, one verdict, one signed page.",
    epilog="Exit codes: 0 ready or fine, 1 not ready, 2 bad input, 3 not proven, 4 not completed, 5 report does not "
    "hold, 6 report unsigned, 10 report expired, 15 not the required verdict.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text starts in half the time and reads the same everywhere
)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000, 20, 20)  # imports make no garbage, and looking for it takes a seventh of their time
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a stopped kernel leaves tasks behind that complain
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a review that is told to end takes its kernel along
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character still gets the rest
    sys.exit(exit_code(_run_app))


def _run_app() -> int:
    """The number that the command line ends with; its own help and complaints can meet a full disk, too."""
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def command(function: Callable[P, int]) -> Callable[P, None]:
    """Make a function a command: its number is the exit code, and every error ends in plain words."""

    @functools.wraps(function)
    def guarded(*args: P.args, **options: P.kwargs) -> None:
        raise typer.Exit(exit_code(lambda: function(*args, **options)))

    return app.command()(guarded)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"readiness {version('readiness')}")
        raise typer.Exit


@app.callback()
def readiness(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Is this model ready? Six questions, one verdict, one signed page."""
