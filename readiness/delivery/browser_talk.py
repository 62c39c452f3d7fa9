"""How does one speak with a browser over a pipe? JSON texts, each ended by a zero byte, and no longer than allowed.

The browser may be any program, and the page anybody's: nothing is believed of what comes back, neither that it is
JSON nor that it ends.
"""

from __future__ import annotations

import base64
import io
import json
import os
import selectors
import time
from collections.abc import Mapping
from typing import Any

ADDRESS = "https://report.invalid/"
"""Where the page believes to be; no host of this kind can exist (RFC 2606)."""

POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Tightens the page's own policy: no scripts, no frames, no addresses; pictures and styles only from within."""

LARGEST_MESSAGE = 1 << 30
"""Bytes; a printed report has some millions."""


class Nonsense(Exception):
    """What came back is not what a browser of this kind says."""


class Refused(Exception):
    """The browser says that it cannot do what it was told; says what and why."""


def taken(message: object, *keys: str) -> Any:
    """What stands in a message at these keys, one below the other.

    Raises:
        Nonsense: nothing does.
    """
    for key in keys:
        if not isinstance(message, Mapping) or key not in message:
            raise Nonsense
        message = message[key]
    return message


class Talk:
    """Commands out, answers and events in. Everything raises what `call` does."""

    def __init__(self, commands: io.FileIO, answers: io.FileIO, seconds: float) -> None:
        """Two ends of pipes, and how long all of the talk may take."""
        self._commands, self._answers = commands, answers
        os.set_blocking(commands.fileno(), False)
        self._end = time.monotonic() + seconds
        self._read = bytearray()
        self._number = 0
        self._page: bytes | None = None
        self._loaded = False
        self.session = ""

    def call(self, method: str, **parameters: Any) -> object:
        """What the browser answers to a command; what happens meanwhile is dealt with.

        Raises:
            BrokenPipeError: the browser has gone.
            TimeoutError: it took too long.
            Refused: it cannot do that.
            Nonsense: it is no browser.
        """
        number = self._send(method, parameters)
        while (message := self._receive()).get("id") != number:
            self._notice(message)
        if "error" in message:
            raise Refused(f"{method}: {taken(message, 'error', 'message')}")
        return taken(message, "result")

    def show(self, content: bytes) -> None:
        """Open the page and wait until all of it is there."""
        self.call("Page.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Fetch.enable", patterns=[{"urlPattern": "*"}])
        self._page = content
        self._send("Page.navigate", {"url": ADDRESS})
        while not self._loaded:
            self._notice(self._receive())

    def _notice(self, event: Mapping[str, Any]) -> None:
        if event.get("method") == "Fetch.requestPaused":
            self._answer_request(taken(event, "params"))
        elif event.get("method") == "Page.loadEventFired":
            self._loaded = self._page is None

    def _answer_request(self, asked: object) -> None:
        """Hand over the page once; everything else is refused."""
        request = taken(asked, "requestId")
        if self._page is None or taken(asked, "request", "url") != ADDRESS:
            self._send("Fetch.failRequest", {"requestId": request, "errorReason": "BlockedByClient"})
            return
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        reply = {
            "requestId": request,
            "responseCode": 200,
            "responseHeaders": [{"name": name, "value": value} for name, value in headers.items()],
            "body": base64.b64encode(self._page).decode("ascii"),
        }
        self._page = None
        self._send("Fetch.fulfillRequest", reply)

    def _send(self, method: str, parameters: Mapping[str, Any]) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        text = json.dumps(message | ({"sessionId": self.session} if self.session else {}))
        waiting = memoryview(text.encode("utf-8") + b"\0")
        while waiting:
            self._wait(self._commands, selectors.EVENT_WRITE)
            waiting = waiting[self._commands.write(waiting) or 0 :]
        return self._number

    def _receive(self) -> Mapping[str, Any]:
        searched = 0
        while (end := self._read.find(b"\0", searched)) < 0:
            searched = len(self._read)
            if searched > LARGEST_MESSAGE:
                raise Nonsense
            self._wait(self._answers, selectors.EVENT_READ)
            more = self._answers.read(1 << 20)
            if not more:
                raise BrokenPipeError
            self._read += more
        try:
            message = json.loads(self._read[:end])
        except (ValueError, RecursionError) as error:
            raise Nonsense from error
        if not isinstance(message, dict):
            raise Nonsense
        del self._read[: end + 1]
        return message

    def _wait(self, pipe: io.FileIO, event: int) -> None:
        """Until the pipe is ready; one that somebody else keeps open, and nobody serves, is not waited for longer."""
        left = self._end - time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if left <= 0 or not selector.select(left):
                raise TimeoutError
