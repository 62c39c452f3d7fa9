"""Progress is one line for each part, and never a reason for a review to fail."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator

import pytest

from readiness.core.findings import Status
from readiness.run.progress import Lines, Live, Silent, progress_on


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


def test_a_terminal_gets_a_running_line() -> None:
    """The line is there while the part runs, and is replaced by its result."""
    told = Terminal()
    live = progress_on(told)
    assert isinstance(live, Live)
    live.begin("The evidence")
    assert "The evidence" in told.getvalue()
    assert "\n" not in told.getvalue()
    live.answer(Status.MET)
    live.end()
    assert told.getvalue().endswith("s  met\n")


def test_a_terminal_can_be_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo builds its case, then reviews: the seconds of the second part are counted too."""
    monkeypatch.setattr("readiness.run.progress.TICK_SECONDS", 0.001)
    told = Terminal()
    live = Live(told)
    for part in ("one", "two"):
        live.begin(part)
        while told.getvalue().count(f"\r\x1b[K{part}") < 2:  # for ever, if it did not tick
            time.sleep(0.001)
        live.end()
    assert 2 == told.getvalue().count("done\n")


def test_elsewhere_there_are_plain_lines() -> None:
    """No control characters in a log file."""
    assert isinstance(progress_on(io.StringIO()), Lines)
    assert not isinstance(progress_on(io.StringIO()), Live)


def test_silence_is_possible() -> None:
    """For use as a library."""
    silent = Silent()
    silent.begin("x")
    silent.answer(Status.MET)
    silent.end()
