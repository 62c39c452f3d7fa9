"""The terminal: colour for statuses, one line for each part of a review, and never a reason for a review to fail."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readiness.cli.terminal import Lines, LiveLines, Marked, has_colour, progress_on, write
from readiness.core.findings import Status
from readiness.run.progress import Silent
from tests.cli.test_ci_outputs import NOT_READY, report_of


def clock(*seconds: float) -> Callable[[], float]:
    times: Iterator[float] = iter(seconds)
    return lambda: next(times)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_written_when_a_part_is_done() -> None:
    """Title, seconds, and the answer or "done"."""
    told = io.StringIO()
    lines = Lines(told, clock=clock(0, 2.5, 2.5, 62.5))
    lines.begin("The evidence")
    lines.begin("1. Does it beat the alternatives?")
    lines.answer(Status.NOT_PROVEN)
    lines.end()
    assert [
        f"{'The evidence':<48}    2.5 s  done",
        f"{'1. Does it beat the alternatives?':<48}   60.0 s  not proven",
    ] == told.getvalue().splitlines()


def test_an_answer_does_not_hide_a_failure() -> None:
    """A part that stops after its answer was shown has stopped."""
    told = io.StringIO()
    lines = Lines(told, clock=clock(0, 1))
    lines.begin("1")
    lines.answer(Status.MET)
    lines.end(failed=True)
    assert told.getvalue().endswith("s  stopped\n")


def test_a_question_that_is_not_asked_says_so() -> None:
    """It is no answer, so it is not called "not assessed"."""
    told = io.StringIO()
    lines = Lines(told, clock=clock(0, 0))
    lines.begin("1")
    lines.answer(None)
    lines.end()
    assert told.getvalue().endswith("s  not asked\n")


def test_titles_of_others_are_shown_and_shortened() -> None:
    """A heading of a custom template neither acts on the terminal nor breaks the columns."""
    told = io.StringIO()
    lines = Lines(told, clock=clock(0, 0))
    lines.begin("\x1b[2J" + "x" * 100)
    lines.end()
    assert f"⟨U+001B⟩[2J{'x' * 36}…    0.0 s  done\n" == told.getvalue()


def test_a_reader_who_left_stops_nothing() -> None:
    """Writing to a closed stream is not an error of the review."""
    told = io.StringIO()
    lines = Lines(told)
    lines.begin("one")
    told.close()
    lines.begin("two")
    lines.end()


def test_a_terminal_gets_a_running_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is there while the part runs, and is replaced by its result."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = Terminal()
    live = progress_on(told)
    assert isinstance(live, LiveLines)
    live.begin("The evidence")
    assert "The evidence" in told.getvalue()
    assert "\n" not in told.getvalue()
    live.answer(Status.MET)
    live.end()
    assert told.getvalue().endswith("s  \x1b[32mmet\x1b[0m\n")


def test_a_terminal_can_be_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo builds its case, then reviews: the seconds of the second part are counted too."""
    monkeypatch.setattr("readiness.cli.terminal.TICK_SECONDS", 0.001)
    told = Terminal()
    live = LiveLines(told)
    for part in ("one", "two"):
        live.begin(part)
        while told.getvalue().count(f"\r\x1b[K{part}") < 2:  # for ever, if it did not tick
            time.sleep(0.001)
        live.end()
    assert 2 == told.getvalue().count("done\n")


def test_elsewhere_there_are_plain_lines() -> None:
    """No control characters in a log file."""
    assert isinstance(progress_on(io.StringIO()), Lines)
    assert not isinstance(progress_on(io.StringIO()), LiveLines)


def test_silence_is_possible() -> None:
    """For use as a library."""
    silent = Silent()
    silent.begin("x")
    silent.answer(Status.MET)
    silent.end()


# ----------------------------------------------------------------------------------------------------
# Colour, and lines on a real terminal.


@pytest.mark.parametrize(
    ("environment", "at_a_terminal", "in_a_pipe"),
    [
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "xterm", "FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_when_there_is_colour(environment: dict[str, str], at_a_terminal: bool, in_a_pipe: bool) -> None:
    """NO_COLOR wins over FORCE_COLOR; a variable that is empty is none."""
    assert (at_a_terminal, in_a_pipe) == (
        has_colour(Terminal(), environment),
        has_colour(io.StringIO(), environment),
    )


@pytest.mark.parametrize("forced", [True, False])
def test_colour_comes_from_here_alone(forced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others wrote is shown, within a colour and beside it."""
    monkeypatch.setenv("FORCE_COLOR" if forced else "NO_COLOR", "1")
    monkeypatch.delenv("NO_COLOR" if forced else "FORCE_COLOR", raising=False)
    told = io.StringIO()
    write(("a\x1b[5m", Marked("b\x1b[6m\n", Status.NOT_MET)), told)
    coloured = "\x1b[1;31mb⟨U+001B⟩[6m \x1b[0m" if forced else "b⟨U+001B⟩[6m "
    assert f"a⟨U+001B⟩[5m{coloured}\n" == told.getvalue()


def at_a_terminal(*words: str, wide: int = 120, **environment: str) -> tuple[int, str]:
    """What a command of Python writes on a terminal that is so many columns wide, and its number."""
    import fcntl
    import pty
    import struct
    import termios

    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, wide, 0, 0))
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=plain | {"TERM": "xterm"} | environment,
    )
    os.close(inside)
    pieces = []
    with contextlib.suppress(OSError):  # how Linux says that nobody holds the other end any more
        while piece := os.read(outside, 65536):
            pieces.append(piece)
    os.close(outside)
    return process.wait(), b"".join(pieces).decode().replace("\r\n", "\n")


on_posix = pytest.mark.skipif(os.name != "posix", reason="no pseudo terminals")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.slow
@on_posix
@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_report_is_shown_in_colour(environment: dict[str, str], coloured: bool, tmp_path: Path) -> None:
    """The verdict and the answers; without colour the text is the same, and is what a pipe gets."""
    report = tmp_path / "r.html"
    report.write_bytes(report_of(NOT_READY))
    code, text = at_a_terminal("-m", "readiness", "show", str(report), **environment)
    piped = subprocess.run([sys.executable, "-m", "readiness", "show", str(report)], capture_output=True, text=True)
    assert (0, piped.stdout) == (code, _COLOUR.sub("", text))
    assert "\x1b" not in piped.stdout
    assert coloured == ("Test result: \x1b[1;31mNOT READY\x1b[0m" in text)
    assert coloured == ("\x1b" in text)


@on_posix
def test_an_error_is_red_on_a_terminal(tmp_path: Path) -> None:
    """Its first line; what it names can do nothing to the terminal."""
    code, text = at_a_terminal("-m", "readiness", "show", str(tmp_path / "a\x1b[2Jb"))
    assert (2, True) == (code, text.startswith("\x1b[1;31mError: "))
    assert "\x1b[2J" not in text
    assert "⟨U+001B⟩[2Jb" in text


LIVE = """
import sys, time
from readiness.cli import terminal
from readiness.core.findings import Status
terminal.TICK_SECONDS = 0.01
live = terminal.progress_on(sys.stderr)
for part in ("1. Does it beat the alternatives?", "2. Is it good enough for the business, as it was stated?"):
    live.begin(part)
    time.sleep(0.1)
    live.answer(Status.MET)
live.end()
"""


@on_posix
@pytest.mark.parametrize("wide", [120, 40])
def test_the_running_line_never_fills_a_second_row(wide: int) -> None:
    """Else its beginning could not be written over. What stays is whole."""
    code, text = at_a_terminal("-c", LIVE, wide=wide)
    *running, last = text.removesuffix("\n").split("\r\x1b[K")
    done = [line for line in running if line.endswith("\n")]
    moving = [line for line in running if line and not line.endswith("\n")]
    assert (0, 1) == (code, len(done))
    assert len(moving) > 2
    assert max(map(len, moving)) < wide
    for line in (done[0].rstrip(), last):
        assert line.endswith(" s  \x1b[32mmet\x1b[0m")


@on_posix
def test_a_dumb_terminal_gets_lines() -> None:
    """Without a sequence that it cannot obey."""
    _, text = at_a_terminal("-c", LIVE, TERM="dumb")
    assert (2, False, False) == (text.count("met\n"), "\x1b" in text, "\r" in text)
