"""Standard streams and the end of a command: words for people and a number for programs, whatever happened."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

from readiness.core.errors import ReadinessError
from readiness.core.sanitize import visible

DEBUG = "READINESS_DEBUG"
"""Set in the environment, it shows where an error came from."""

FAULT, STOPPED, READER_GONE = 4, 130, 141
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def write(line: str, stream: TextIO) -> None:
    """One line and its end; what would act on the terminal, or begin another line, is shown instead."""
    stream.write(visible(line) + "\n")


def write_text(text: str, stream: TextIO) -> None:
    """Several lines; whoever wrote them has seen to it that no name in them begins one."""
    for line in text.split("\n"):
        write(line, stream)


def complain(text: str) -> None:
    """Say something beside the output; where that cannot be said, the work goes on nevertheless."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # full, closed, or not there at all
        write_text(text, sys.stderr)


def open_streams() -> None:
    """From here on a standard stream that was closed leads nowhere, and no complaint can fail.

    Otherwise the next file to be opened would take the place of a stream, and an error that cannot be told would hide
    the number of the command.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest free number: that of the stream
            os.set_inheritable(descriptor, True)  # so that a process that is started has the stream, too
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    with contextlib.suppress(OSError, ValueError):
        if not sys.stderr.isatty():
            told = io.BufferedWriter(_Forgiving(sys.stderr.fileno(), "wb", closefd=False))
            sys.stderr = io.TextIOWrapper(told, encoding=sys.stderr.encoding, line_buffering=True)


def exit_code(work: Callable[[], int]) -> int:
    """Do the work of a command; its own number, or that of what went wrong."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except (Exception, KeyboardInterrupt) as error:
        said, code = ending(error)
        if os.environ.get(DEBUG):
            complain(traceback.format_exc())
        if not isinstance(error, BrokenPipeError):
            complain(said)
        if isinstance(error, OSError):
            _let_go()
        return code


def ending(error: BaseException) -> tuple[str, int]:
    """What is said of an error, and the number of the command that it ends."""
    if isinstance(error, ReadinessError):
        return f"Error: {error}", error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "Stopped before it was done.", STOPPED
    if isinstance(error, BrokenPipeError):
        return "Whoever read the output has gone.", READER_GONE
    if isinstance(error, OSError) and (not _output_works() or (error.errno in _FULL and error.filename is None)):
        return f"Error: the output could not be written: {error.strerror or error}.\n  Send it somewhere else.", FAULT
    # a fault of ours must still end in words and a number
    said = visible(f"Error: this is a fault of readiness itself: {type(error).__name__}: {error}")
    return f"{said}\n  Set {DEBUG}=1 to see where, and report it with what you did.", FAULT


class _Forgiving(io.FileIO):
    """A file that takes everything, and loses what cannot be written."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


def _output_works() -> bool:
    try:
        sys.stdout.flush()  # what could not be written is still waiting
    except (OSError, ValueError):
        return False
    return True


def _let_go() -> None:
    """If the output cannot be written, what waits for it goes nowhere; else the interpreter's last flush would fail."""
    if not _output_works():
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
