"""The terminal: standard streams, colour for statuses, the line of a running review, and the end of a command.

Colour and a line that moves are for a terminal alone. Elsewhere, as in a pipe or the log of a CI service, every line is
plain and written once. What others wrote is made visible piece by piece before colour is added, so that no sequence
that acts on a terminal can come from a name. Own code instead of a library, because this is all that is needed and the
command starts in a fraction of the time.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from readiness.core.errors import ReadinessError
from readiness.core.findings import Status
from readiness.core.sanitize import visible

if TYPE_CHECKING:
    from readiness.run.progress import Progress

DEBUG = "READINESS_DEBUG"
"""Set in the environment, it shows where an error came from."""

FAULT, STOPPED, READER_GONE = 4, 130, 141
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


# ----------------------------------------------------------------------------------------------------
# Lines, of which parts may bear the colour of a status.

_COLOURS = {
    Status.MET: "\x1b[32m",  # green
    Status.NOT_MET: "\x1b[1;31m",  # bold red
    Status.NOT_PROVEN: "\x1b[33m",  # yellow
    Status.NOT_ASSESSED: "\x1b[33m",
}
"""Of the eight colours that every terminal has, as its owner has set them; the word is always there, too."""
_PLAIN_AGAIN = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Marked:
    """A part of a line in the colour of a status."""

    text: str
    status: Status


Line = str | tuple[str | Marked, ...]
"""One line: a text, or its parts."""


def has_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream` shows colour: a terminal that can, unless NO_COLOR or FORCE_COLOR say otherwise.

    A variable that is empty is not set (https://no-color.org, https://force-color.org); the first wins over the second.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal(stream, environment)


def is_terminal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream` is a terminal that obeys control sequences."""
    if environment.get("TERM") == "dumb" or (os.name == "nt" and not environment.get("WT_SESSION")):
        return False
    try:
        return stream.isatty()
    except (OSError, ValueError, AttributeError):  # closed, or something that only looks like a stream
        return False


def columns(stream: TextIO) -> int:
    """How many characters a line of the terminal holds now; 80 where nobody knows."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def add_colour(text: str, status: Status | None, stream: TextIO) -> str:
    """The text, made visible, in the colour of the status where `stream` shows colour."""
    safe = visible(text)
    return f"{_COLOURS[status]}{safe}{_PLAIN_AGAIN}" if safe and status is not None and has_colour(stream) else safe


def write(line: Line, stream: TextIO) -> None:
    """One line and its end; what would act on the terminal, or begin another line, is shown instead."""
    parts = (line,) if isinstance(line, str) else line
    shown = (add_colour(p.text, p.status, stream) if isinstance(p, Marked) else visible(p) for p in parts)
    stream.write("".join(shown) + "\n")


def write_text(text: str, stream: TextIO) -> None:
    """Several lines; whoever wrote them has seen to it that no name in them begins one."""
    for line in text.split("\n"):
        write(line, stream)


def complain(text: str, status: Status | None = None) -> None:
    """Say something beside the output, its first line in the colour of `status`.

    Where that cannot be said, the work goes on nevertheless.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):  # full, closed, or not there at all
        first, *others = text.split("\n")
        write(first if status is None else (Marked(first, status),), sys.stderr)
        for line in others:
            write(line, sys.stderr)


# ----------------------------------------------------------------------------------------------------
# The progress of a review: one line for each part of the notebook, with its time and, where it answers, the answer.

TICK_SECONDS = 0.5
TITLE_WIDTH = 48
NOT_ASKED = "not asked"
_CLEAR = "\r\x1b[K"
"""Back to where the line begins, and what stands there goes."""


class Lines:
    """Writes one line when a part is done."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`stream` is where to write; `clock` gives seconds."""
        self._stream, self._clock = stream, clock
        self._part, self._word, self._began = "", "", 0.0
        self._status: Status | None = None

    def begin(self, part: str) -> None:
        """Finish the line before, start counting."""
        self._finish("done")
        self._part, self._word, self._status, self._began = part, "", None, self._clock()

    def answer(self, status: Status | None) -> None:
        """Keep the answer for the end of the line."""
        self._word, self._status = NOT_ASKED if status is None else status.words, status

    def end(self, *, failed: bool = False) -> None:
        """Finish the last line."""
        self._finish("stopped" if failed else "done", failed=failed)
        self._part = ""

    def _finish(self, word: str, *, failed: bool = False) -> None:
        if self._part:
            status = Status.NOT_MET if failed else self._status
            self._write(self._line() + add_colour(word if failed else self._word or word, status, self._stream) + "\n")

    def _line(self) -> str:
        """Title and seconds, up to where the answer follows."""
        title = visible(self._part)
        shown = title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"
        return f"{shown:<{TITLE_WIDTH}} {self._clock() - self._began:6.1f} s  "

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more; the review goes on
            self._part = ""


class LiveLines(Lines):
    """As `Lines`, and on a terminal the line of the running part counts its seconds and those of all parts."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`stream` is a terminal."""
        super().__init__(stream, clock=clock)
        self._first: float | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._ticker: threading.Thread | None = None

    def begin(self, part: str) -> None:
        """Finish the line before and let the new one run."""
        with self._lock:
            super().begin(part)
            self._first = self._began if self._first is None else self._first
            self._show()
        if self._ticker is None:
            self._stopped.clear()
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()

    def end(self, *, failed: bool = False) -> None:
        """Stop the clock, finish the last line."""
        self._stopped.set()
        if self._ticker is not None:
            self._ticker.join()
            self._ticker = None
        with self._lock:
            super().end(failed=failed)

    def _finish(self, word: str, *, failed: bool = False) -> None:
        if self._part:
            self._write(_CLEAR)
        super()._finish(word, failed=failed)

    def _show(self) -> None:
        """The running line; one that were wider than the terminal could not be written over, it would fill rows."""
        whole = self._clock() - (self._began if self._first is None else self._first)
        line = f"{self._line()}{self._word or '…'}"
        line += f"  ({whole:.0f} s in all)" if whole - (self._clock() - self._began) >= 1 else ""
        self._write(_CLEAR + line[: columns(self._stream) - 1])

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            with self._lock:
                if self._part:
                    self._show()


def progress_on(stream: TextIO) -> Progress:
    """The form of progress that suits `stream`."""
    return LiveLines(stream) if is_terminal(stream) else Lines(stream)


# ----------------------------------------------------------------------------------------------------
# Standard streams and the end of a command: words for people and a number for programs, whatever happened.


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
            buffer = io.BufferedWriter(_Forgiving(sys.stderr.fileno(), "wb", closefd=False))
            sys.stderr = io.TextIOWrapper(buffer, encoding=sys.stderr.encoding, line_buffering=True)


def exit_code(work: Callable[[], int]) -> int:
    """Do the work of a command; its own number, or that of what went wrong."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except (Exception, KeyboardInterrupt) as error:
        message, code = describe_error(error)
        if os.environ.get(DEBUG):
            complain(traceback.format_exc())
        if not isinstance(error, BrokenPipeError):
            complain(message, Status.NOT_MET)
        if isinstance(error, OSError):
            _let_go()
        return code


def describe_error(error: BaseException) -> tuple[str, int]:
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
    message = visible(f"Error: this is a fault of readiness itself: {type(error).__name__}: {error}")
    return f"{message}\n  Set {DEBUG}=1 to see where, and report it with what you did.", FAULT


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
