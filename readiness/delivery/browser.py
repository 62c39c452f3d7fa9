"""How does an installed browser print a page that nobody trusts? Chromium or Chrome, offline, in a private folder.

The browser is driven over a pipe by its own protocol (Chrome DevTools), so no driver and no open port are needed. The
page is handed to it at an address that does not exist. Whatever else the page asks for is refused, three times over:
every request is turned away here, the page is sandboxed without scripts, and no name of a host can be resolved.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from readiness.delivery.browser_talk import Nonsense, Refused, Talk, taken
from readiness.exceptions import InputError, ReadinessError
from readiness.visible import shorten, visible

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
