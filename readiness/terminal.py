"""How does a command end? In words for people and a number for programs, whatever happened."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import TextIO

from readiness.exceptions import ReadinessError
from readiness.visible import visible

DEBUG = "READINESS_DEBUG"
"""Set in the environment, it shows where an error came from."""

FAULT, STOPPED, READER_GONE = 4, 130, 141


def write(text: str, stream: TextIO) -> None:
    """One text and a line end; what would act on the terminal is shown instead."""
    stream.write(visible(text, keep="\n") + "\n")


def exit_code(work: Callable[[], int]) -> int:
    """Do the work of a command; its own number, or that of what went wrong."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output has gone; the interpreter's last flush must find nothing to do
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except (Exception, KeyboardInterrupt) as error:
        return _ended(*ending(error))


def ending(error: BaseException) -> tuple[str, int]:
    """What is said of an error, and the number of the command that it ends."""
    if isinstance(error, ReadinessError):
        return f"Error: {error}", error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "Stopped before it was done.", STOPPED
    if isinstance(error, BrokenPipeError):
        return "Whoever read the output has gone.", READER_GONE
    # a fault of ours must still end in words and a number
    said = f"Error: this is a fault of readiness itself: {type(error).__name__}: {error}"
    return f"{said}\n  Set {DEBUG}=1 to see where, and report it with what you did.", FAULT


def _ended(text: str, code: int) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    write(text, sys.stderr)
    return code
