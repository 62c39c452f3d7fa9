"""Progress of a review: one line for each part of the notebook, with its time and, where it answers, the answer.

On a terminal the line of the running part counts the seconds; elsewhere each line is written once, when done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from readiness.core.findings import Status
from readiness.core.sanitize import visible

TICK_SECONDS = 0.5
TITLE_WIDTH = 48
NOT_ASKED = "not asked"


class Progress(Protocol):
    """What a running review tells; every call is quick and none raises."""

    def begin(self, part: str) -> None:
        """A part of the notebook begins; the one before is done."""

    def answer(self, status: Status | None) -> None:
        """The running part holds the answer to a question; None: a partial review does not ask it."""

    def end(self, *, failed: bool = False) -> None:
        """The notebook has ended, or stopped."""


class Silent:
    """Tells nothing."""

    def begin(self, part: str) -> None:
        """Nothing."""

    def answer(self, status: Status | None) -> None:
        """Nothing."""

    def end(self, *, failed: bool = False) -> None:
        """Nothing."""


class Lines:
    """Writes one line when a part is done."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`stream` is where to write; `clock` gives seconds."""
        self._stream, self._clock = stream, clock
        self._part, self._status, self._began = "", "", 0.0

    def begin(self, part: str) -> None:
        """Finish the line before, start counting."""
        self._finish("done")
        self._part, self._status, self._began = part, "", self._clock()

    def answer(self, status: Status | None) -> None:
        """Keep the answer for the end of the line."""
        self._status = NOT_ASKED if status is None else status.words

    def end(self, *, failed: bool = False) -> None:
        """Finish the last line."""
        self._finish("stopped" if failed else "done", failed=failed)
        self._part = ""

    def _finish(self, word: str, *, failed: bool = False) -> None:
        if self._part:
            self._write(self._line(word if failed else self._status or word) + "\n")

    def _line(self, word: str) -> str:
        title = visible(self._part)
        shown = title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"
        return f"{shown:<{TITLE_WIDTH}} {self._clock() - self._began:6.1f} s  {word}"

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more; the review goes on
            self._part = ""


class Live(Lines):
    """As `Lines`, and on a terminal the running line counts the seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`stream` is a terminal."""
        super().__init__(stream, clock=clock)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._ticker: threading.Thread | None = None

    def begin(self, part: str) -> None:
        """Finish the line before and let the new one run."""
        with self._lock:
            super().begin(part)
            self._write("\r" + self._line("…"))
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
            self._write("\r\x1b[K")
        super()._finish(word, failed=failed)

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            with self._lock:
                if self._part:
                    self._write("\r\x1b[K" + self._line(self._status or "…"))


def progress_on(stream: TextIO) -> Progress:
    """The form of progress that suits `stream`."""
    return Live(stream) if stream.isatty() else Lines(stream)
