"""Whatever program answers in place of a browser: words, in time, and no file."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from readiness.core.errors import ReadinessError
from readiness.report import browser as browser_talk
from readiness.report.browser import print_page

pytestmark = pytest.mark.skipif(os.name != "posix", reason="PDFs are printed on Linux and macOS only")
NO_BROWSER = "does not answer as Chromium does"


def program(folder: Path, script: str) -> Path:
    """A program that takes commands on 3 and answers on 4."""
    path = folder / "browser"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{script}\n")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    "said",
    [
        b"garbage\0",
        b"[]\0",
        b"\xff\xfe\0",
        b"\0",
        b"7\0",
        b'{"id":1}\0',
        b'{"id":1,"result":3}\0',
        b'{"id":1,"result":{}}\0',
        b'{"id":1,"error":"no"}\0',
        b'{"id":1,"error":{}}\0',
        b'{"method":"Fetch.requestPaused"}\0',
        b'{"method":"Fetch.requestPaused","params":{"requestId":1,"request":[]}}\0{"id":1}\0',
        b"[" * 100_000 + b"\0",
        b'{"id":' + b"9" * 5000 + b"}\0",
    ],
)
def test_nonsense_is_called_so(said: bytes, tmp_path: Path) -> None:
    """No JSON, no mapping, no answer, no event: never a fault of ours."""
    path = program(tmp_path, f"os.write(4, {said!r}); time.sleep(30)")
    with pytest.raises(ReadinessError, match=NO_BROWSER):
        print_page(path, b"<p>", footer="", seconds=20)


@pytest.mark.parametrize("data", ["!", "aGVsbG8=", ""])
def test_what_is_no_pdf_is_not_written(data: str, tmp_path: Path) -> None:
    """Every command is answered, and what is handed over is not what was asked for."""
    answer = f'{{"targetId":"t","sessionId":"s","data":"{data}"}}'
    script = f"""
import json
read = b""
while True:
    read += os.read(3, 65536)
    while b"\\0" in read:
        command, _, read = read.partition(b"\\0")
        command = json.loads(command)
        os.write(4, b'{{"id":%d,"result":{answer}}}\\0' % command["id"])
        if command["method"] == "Page.navigate":
            asked = b'{{"requestId":"r","request":{{"url":"https://report.invalid/"}}}}'
            os.write(4, b'{{"method":"Fetch.requestPaused","params":' + asked + b"}}\\0")
        if command["method"] == "Fetch.fulfillRequest":
            os.write(4, b'{{"method":"Page.loadEventFired"}}\\0')
"""
    with pytest.raises(ReadinessError, match=NO_BROWSER):
        print_page(program(tmp_path, script), b"<p>", footer="", seconds=20)


def test_what_it_refuses_is_said(tmp_path: Path) -> None:
    """In its own words, in which nothing acts."""
    path = program(
        tmp_path, r"""os.write(4, b'{"id":1,"error":{"message":"no \\u001b[31m paper."}}\0'); time.sleep(30)"""
    )
    with pytest.raises(ReadinessError, match=r"could not print: Target.createTarget: no ⟨U\+001B⟩\[31m paper\.$"):
        print_page(path, b"<p>", footer="", seconds=20)


def test_a_flood_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message without end fills no memory."""
    monkeypatch.setattr(browser_talk, "LARGEST_MESSAGE", 1 << 22)
    path = program(tmp_path, "while True: os.write(4, b'x' * 65536)")
    with pytest.raises(ReadinessError, match=NO_BROWSER):
        print_page(path, b"<p>", footer="", seconds=20)


@pytest.mark.parametrize(
    ("page", "parent"),
    [
        (b"<p>", "time.sleep(30)"),
        (b"<p>", "sys.exit()"),
        (b"<p>", """
while True: os.write(4, b'{"method":"Some.event"}\\0')"""),
    ],
    ids=["it waits", "it has gone", "it never stops talking"],
)  # fmt: skip
def test_a_child_that_keeps_the_pipe_open_holds_nobody_up(page: bytes, parent: str, tmp_path: Path) -> None:
    """It has left the group of processes that is ended, so only the clock ends the wait."""
    child = f"open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid()))"
    path = program(
        tmp_path, f"if os.fork() == 0:\n    os.setsid()\n    {child}\n    time.sleep(8)\n    os._exit(0)\n{parent}"
    )
    started = time.monotonic()
    with pytest.raises(ReadinessError, match="took longer than 1 seconds"):
        print_page(path, page, footer="", seconds=1)
    assert time.monotonic() - started < 6
    if (tmp_path / "child").exists():
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_one_that_does_not_listen_is_not_waited_for(tmp_path: Path) -> None:
    """A page larger than the pipe, which nobody reads."""
    script = """
for n, answer in ((1, '{"targetId":"t"}'), (2, '{"sessionId":"s"}'), (3, "{}"), (4, "{}"), (5, "{}")):
    os.write(4, b'{"id":%d,"result":%s}\\0' % (n, answer.encode()))
os.write(4, b'{"method":"Fetch.requestPaused","params":{"requestId":"r","request":{"url":"https://report.invalid/"}}}\\0')
time.sleep(30)"""
    with pytest.raises(ReadinessError, match="took longer than 1 seconds"):
        print_page(program(tmp_path, script), b"x" * 5_000_000, footer="", seconds=1)
