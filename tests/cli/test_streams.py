"""Standard streams that are full, closed or not there: the number of the command survives, and nothing is a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_ci_outputs import NOT_READY, report_of
from tests.sampling import paired

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("streams") / "r.html"
    path.write_bytes(report_of(NOT_READY))
    return path


def ended(words: str, streams: str, *, unbuffered: bool = False) -> tuple[int, str, str]:
    """A command in a shell that sets up the streams."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m readiness {words} {streams}', sys.executable],
        env=environment | ({"PYTHONUNBUFFERED": "1"} if unbuffered else {}),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "streams", "code"),
    [
        ("show {report}", ">&-", 0),
        ("show {report}", "<&- >&- 2>&-", 0),
        ("show /nowhere", "2>&-", 2),
        ("show /nowhere", "2>/dev/full", 2),
        ("show {report} --json", "2>/dev/full", 0),
        ("show --bogus", "2>&-", 2),
        ("show --bogus", "2>/dev/full", 2),
        ("--version", ">&-", 0),
    ],
)
def test_the_number_survives(words: str, streams: str, code: int, report: Path) -> None:
    """A number is never that of a stream: 1 would be taken for NOT READY."""
    got, _, complained = ended(words.format(report=report), streams)
    assert (code, False) == (got, "Traceback" in complained)


WRITERS = ["show {report}", "show {report} --json", "--version", "--help", "schema"]


@pytest.mark.parametrize(("words", "unbuffered"), paired(WRITERS, [False, True]))
def test_a_full_disk_is_told_in_words(words: str, unbuffered: bool, report: Path) -> None:
    """Exit 4, once, and it is no fault of the program."""
    code, _, complained = ended(words.format(report=report), ">/dev/full", unbuffered=unbuffered)
    expected = "Error: the output could not be written: No space left on device.\n  Send it somewhere else.\n"
    assert (4, expected) == (code, complained.removeprefix("UNSIGNED: anybody could have written this report.\n"))


def test_no_file_takes_the_place_of_a_closed_stream() -> None:
    """What is opened next would otherwise be written over by whatever is said."""
    script = "from readiness.cli.terminal import open_streams; import os; open_streams(); exit(os.open('/dev/null', 0))"
    done = subprocess.run(["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, script])
    assert done.returncode > 2
