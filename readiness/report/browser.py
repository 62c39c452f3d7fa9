"""An installed Chromium or Chrome that prints a page which nobody trusts: offline, in a private folder.

The browser is driven over a pipe by its own protocol (Chrome DevTools), so no driver and no open port are needed. The
page is handed to it at an address that does not exist. Whatever else the page asks for is refused, three times over:
every request is turned away here, the page is sandboxed without scripts, and no name of a host can be resolved.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import io
import json
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from readiness.core.errors import InputError, ReadinessError
from readiness.core.sanitize import shorten, visible

# ----------------------------------------------------------------------------------------------------
# How does one speak with a browser over a pipe? JSON texts, each ended by a zero byte, and no longer than allowed.
#
# The browser may be any program, and the page anybody's: nothing is believed of what comes back, neither that it is
# JSON nor that it ends.

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


# ----------------------------------------------------------------------------------------------------

CHOSEN = "READINESS_BROWSER"
"""Set in the environment, it names the browser: a path, or a command."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
MAC_PATHS = tuple(
    Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in ("Chromium", "Google Chrome", "Microsoft Edge")
)

FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # containers often have too little of it
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)

ROOT_OF_SOCKETS = "/tmp"  # noqa: S108  the folder itself is private
"""The browser makes sockets in its folder, and the system allows them paths of about a hundred characters only."""

COMMANDS, ANSWERS = 3, 4
"""The open files on which the browser expects the two ends of the pipe."""


def find_browser() -> Path:
    """The browser to print with.

    Raises:
        InputError: none is installed, or not the one that the environment names.
    """
    if os.name != "posix":
        raise InputError(
            "PDFs are printed on Linux and macOS only.", remedy="Open the report in a browser and print it from there."
        )
    if chosen := os.environ.get(CHOSEN):
        found = shutil.which(chosen)
        if found is None:
            raise InputError(f"{CHOSEN} names {chosen!r}, which is no program.", remedy="Name Chromium or Chrome.")
        return Path(found)
    places = (*NAMES, *map(str, MAC_PATHS)) if sys.platform == "darwin" else NAMES
    found = next(filter(None, map(shutil.which, places)), None)
    if found is None:
        raise InputError(
            f"There is no browser to print with; looked for {', '.join(places)}.",
            remedy=f"Install Chromium or Chrome (Debian: apt-get install chromium), or name one in {CHOSEN}.",
        )
    return Path(found)


def print_page(browser: Path, content: bytes, *, footer: str, seconds: float = 120.0) -> bytes:
    """The page as a PDF: A4 unless it says otherwise, tagged, with an outline, and `footer` on each of its pages.

    Args:
        browser: Chromium, or a relative of it.
        content: The page, UTF-8.
        footer: HTML; elements of the classes pageNumber and totalPages receive these numbers.
        seconds: Longest time to take.

    Raises:
        ReadinessError: the browser did not start, failed, or took too long.
    """
    with _private_folder() as folder, _started(browser, folder, seconds) as talk:
        page = taken(talk.call("Target.createTarget", url="about:blank"), "targetId")
        talk.session = taken(talk.call("Target.attachToTarget", targetId=page, flatten=True), "sessionId")
        talk.show(content)
        answer = talk.call(
            "Page.printToPDF",
            displayHeaderFooter=True,
            headerTemplate="<span></span>",
            footerTemplate=footer,
            printBackground=True,
            preferCSSPageSize=True,
            paperWidth=8.27,
            paperHeight=11.69,
            marginBottom=0.7,
            generateTaggedPDF=True,
            generateDocumentOutline=True,
        )
        return _decoded(taken(answer, "data"))


def _decoded(data: object) -> bytes:
    try:
        printed = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except ValueError as error:
        raise Nonsense from error
    if not printed.startswith(b"%PDF-"):
        raise Nonsense
    return printed


@contextlib.contextmanager
def _started(browser: Path, folder: Path, seconds: float) -> Iterator[Talk]:
    """The browser, in a group of processes of its own that is ended whatever happens."""
    with contextlib.ExitStack() as ends:
        their_commands, commands, answers, their_answers = map(ends.enter_context, (*_pipe(), *_pipe()))
        process = _spawn(browser, folder, their_commands.fileno(), their_answers.fileno())
        their_commands.close()
        their_answers.close()
        try:
            yield Talk(commands, answers, seconds)
        except BrokenPipeError:
            raise _gone(browser, folder) from None
        except TimeoutError:
            took = f"{browser} took longer than {seconds:,.3g} seconds to print."
            raise ReadinessError(took, remedy="Try again.") from None
        except Refused as error:
            raise ReadinessError(f"The browser could not print: {_said(error)}.") from None
        except Nonsense:
            raise ReadinessError(
                f"{browser} does not answer as Chromium does.", remedy=f"Name Chromium or Chrome in {CHOSEN}."
            ) from None
        finally:
            _kill(process)
            os.waitpid(process, 0)  # only now may the system give its number to another


def _spawn(browser: Path, folder: Path, commands: int, answers: int) -> int:
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}"]
    if os.geteuid() == 0:  # Chromium refuses to build its sandbox for root, and root is what containers run as
        flags.append("--no-sandbox")
    environment = {**os.environ, "TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    private = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        return os.posix_spawn(
            browser,
            [str(browser), *flags, "about:blank"],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(folder / "messages"), private, 0o600),
                (os.POSIX_SPAWN_DUP2, commands, COMMANDS),
                (os.POSIX_SPAWN_DUP2, answers, ANSWERS),
            ],
            setpgroup=0,
        )
    except OSError as error:
        raise InputError(f"The browser {browser} cannot be started: {error.strerror}.") from error


def _pipe() -> tuple[io.FileIO, io.FileIO]:
    """Where to read and where to write, with numbers well above those that the browser expects them under."""
    low = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return io.FileIO(reading, "rb"), io.FileIO(writing, "wb")


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder that only we can read, gone afterwards; processes that are still dying may write for a moment longer."""
    near = ROOT_OF_SOCKETS if os.access(ROOT_OF_SOCKETS, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="readiness-", dir=near))
    try:
        yield folder
    finally:
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)


def _kill(process: int) -> None:
    for end in (os.killpg, os.kill):  # the group, and the process should it have left its group
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that ended
            end(process, signal.SIGKILL)


def _gone(browser: Path, folder: Path) -> ReadinessError:
    with contextlib.suppress(OSError):
        said = (folder / "messages").read_text(encoding="utf-8", errors="replace")
        if "sandbox" in said:
            return ReadinessError(
                f"{browser} cannot build its sandbox here, without which it does not open a page.",
                remedy="Allow user namespaces, or open the report in a browser and print it from there.",
            )
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
        if last:
            return ReadinessError(f'{browser} ended before it had printed. Its last words: "{_said(last)}".')
    return ReadinessError(f"{browser} ended before it had printed.")


def _said(text: object) -> str:
    return shorten(visible(str(text)).strip().rstrip("."))
