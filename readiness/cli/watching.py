"""How does a check go on and on? Again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from readiness.exceptions import ReadinessError
from readiness.telling import say, say_text

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
        from readiness.delivery.watching import stamps, wait_for_change

        while True:
            before = stamps(files())  # first, so that what changes meanwhile is checked again
            say("", _separator(time.strftime("%H:%M:%S")))
            _checked(check)
            say(f"Watching {len(before)} file{'s' if len(before) > 1 else ''}; Ctrl-C ends it.")
            sys.stdout.flush()
            wait_for_change(before)
    except KeyboardInterrupt:
        say("", "Stopped watching.")
        return 0


def _separator(clock: str) -> str:
    return f"-- checked at {clock} ".ljust(WIDTH, "-")


def _checked(check: Callable[[], None]) -> None:
    try:
        check()
    except ReadinessError as error:
        say_text(f"Error: {error}")
    except BrokenPipeError:  # nobody is reading any more
        raise
    except Exception as error:  # a fault of ours must not end the watch either
        say(f"Error: this is a fault of readiness itself: {type(error).__name__}: {error}")
