"""A report on paper: the page of an intact report, printed by an installed Chromium, its digest on each sheet.

The PDF is a copy for those who need paper. What is signed is the HTML file, and every sheet of the copy says so. What
a page cannot say of itself stands on top of the first sheet: by which key it was signed after it was written, when the
review ended, who has approved, and the digest of the file that holds all this.

The page may be anybody's, so the browser gets it as an archive of one part (MHTML, RFC 2557). Chromium runs no script
of an archive, sends its page nowhere else and fetches nothing that is not in it, be it a file or from a network.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from readiness.core.errors import InputError, ReadinessError
from readiness.core.files import check_writable, write_whole
from readiness.core.format import listed
from readiness.core.sanitize import shorten, visible
from readiness.report.page.decision import format_time
from readiness.signing.keys import PublicKey
from readiness.signing.layout import split
from readiness.signing.verify import Opened, open_report, report_bytes, verify

BROWSER_VARIABLE = "READINESS_BROWSER"
"""Set in the environment, it names the browser: a path, or a command."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
MAC_PATHS = tuple(
    Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in ("Chromium", "Google Chrome", "Microsoft Edge")
)
MINIMUM_VERSION = 131
"""Of Chromium: the first that prints margin boxes (CSS Paged Media 3), in which the footer stands."""
FLAGS = (
    "--headless",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
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
    "--window-size=1280,1024",  # pictures are chosen by the window, before the sheet is known
)
ROOT_OF_SOCKETS = "/tmp"  # noqa: S108  the folder itself is private
"""The browser makes sockets in its folder, and the system allows them paths of about a hundred characters only."""
_SNAPS = Path("/snap")
_DOCTYPE = re.compile(rb"\s*<!doctype[^>]*>", re.IGNORECASE)
_PRODUCER = re.compile(rb"/Producer \(Skia/PDF m(\d{1,9})")
"""What Chromium writes into a PDF of itself, with its own version."""

# What is important in the first layer of a page's cascade outdoes all that is important anywhere else in it (CSS
# Cascade 5), so no style of the page hides the footer; the size is a mere default, which the page's own outdoes.
_STYLE = """<style>@layer readiness-footer {{
@page {{ size: A4; margin-bottom: 18mm !important;
  @bottom-left {{ content: {footer} !important; {font} text-align: left !important; white-space: pre !important; }}
  @bottom-right {{ content: counter(page) " of " counter(pages) !important; {font} text-align: right !important; }}
}} }}</style>"""
_SLIP_STYLE = b"""<style>@layer readiness-footer {
.readiness-slip, .readiness-slip * { all: revert !important; }
.readiness-slip { display: block !important; border: 1px solid #4a4a4a !important; padding: 2mm 3mm !important;
  margin: 0 0 5mm !important; font: 8pt/1.4 'Segoe UI', Roboto, Helvetica, Arial, sans-serif !important;
  font-variant-ligatures: none !important; color: #000000 !important; background: #ffffff !important; }
.readiness-slip dl { display: grid !important; grid-template-columns: 18mm 1fr !important; margin: 0 !important; }
.readiness-slip dt { font-weight: bold !important; }
.readiness-slip dd { margin: 0 !important; overflow-wrap: anywhere !important; }
}</style>"""
_EXCERPT_STYLE = b"""<style>@layer readiness-footer {
body > :not(.readiness-slip, .partial, .cover) { display: none !important; }
}</style>"""
_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
_DECISION = b'<header class="cover'
"""Where a page begins what can be printed by itself."""
_FONT = (
    "font: 7pt/1.35 'Segoe UI', Roboto, Helvetica, Arial, 'Liberation Sans', sans-serif !important; "
    "letter-spacing: 0.01em !important; color: #4a4a4a !important;"  # spaced letters are not joined: "ff" of a digest
)
_ARCHIVE_NAME = "page.mhtml"
"""Also the title of what Chromium prints when it could not open the archive."""
_ARCHIVE = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="page"\r\n\r\n'
    b"--page\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Location: https://report.invalid/\r\n\r\n%b--page--\r\n"
)


class Edition(StrEnum):
    """How much of a report is printed."""

    WHOLE = "whole"
    DECISION = "decision"
    """What an approver reads first, up to the evidence; each sheet says that it is an excerpt."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A report that was printed."""

    path: Path
    """Of the PDF."""
    opened: Opened
    sha256: str
    """Of the report file, as on each page of the PDF."""


def print_report(
    report: Path, out: Path | None = None, *, keys: Sequence[PublicKey] = (), edition: Edition = Edition.WHOLE
) -> Printed:
    """Print a report into `out`, else beside it; with `keys` only after one of them is proven to have signed it.

    Chromium writes the time of printing into a PDF; all else is the same each time with the same browser and fonts.

    Raises:
        InputError: the report cannot be read, has no such edition, there is no browser, or `out` cannot be written.
        InvalidReport: the report is not intact, or not signed by any of `keys`.
        UnsignedReport: `keys` are given, and nobody has signed it.
        ReadinessError: the browser failed, or is too old.
        ReviewError: the PDF could not be written.
    """
    content = report_bytes(report)
    opened = _open(content, keys)
    beside = report.with_suffix(".pdf" if edition is Edition.WHOLE else f".{edition.value}.pdf")
    target = check_writable(beside if out is None else out, "--out", b"%PDF-")
    digest = hashlib.sha256(content).hexdigest()
    page = _insert_slip(split(content).content, _slip(opened, digest, is_verified=bool(keys), edition=edition), edition)
    write_whole(target, print_page(find_browser(), page, footer=_footer(opened, digest, edition)))
    return Printed(target, opened, digest)


def _open(content: bytes, keys: Sequence[PublicKey]) -> Opened:
    """What these very bytes say, whoever writes to the file meanwhile."""
    with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
        snapshot = Path(folder) / "report.html"
        snapshot.write_bytes(content)
        return verify(snapshot, keys) if keys else open_report(snapshot)


def _footer(opened: Opened, digest: str, edition: Edition) -> str:
    what = "The signature is in the HTML file." if opened.signed else "Nobody has signed the report: UNSIGNED."
    copy = "is a copy" if edition is Edition.WHOLE else "is an excerpt, the decision without its evidence,"
    return f"This PDF {copy} and proves nothing by itself. {what}\nSHA-256 of the HTML file: {digest}"


def _slip(opened: Opened, digest: str, *, is_verified: bool, edition: Edition) -> str:
    """What stands on top of the first sheet: a list of names and values, as HTML."""
    lines = {
        "This copy": "the whole report"
        if edition is Edition.WHOLE
        else "an excerpt: the decision; its evidence is in the report with this digest",
        "Report": f"SHA-256 {digest}",
        "Signature": _signature_words(opened, is_verified=is_verified),
        "Date": f"review finished {format_time(opened.record.run.finished)}; "
        + ("a signature carries no date of its own" if opened.signed else "not signed"),
        "Approvals": "none in the file",
    }
    items = "".join(f"<dt>{label}</dt><dd>{html.escape(visible(text))}</dd>" for label, text in lines.items())
    return f'<div class="readiness-slip"><dl>{items}</dl></div>'


def _signature_words(opened: Opened, *, is_verified: bool) -> str:
    if not opened.signed:
        return "UNSIGNED: nobody has signed this report"
    keys = listed([f"key {key}" for key in opened.keyids])
    return f"{keys}; " + ("verified before printing" if is_verified else "as the file says, not verified here")


def _insert_slip(content: bytes, slip: str, edition: Edition) -> bytes:
    """The page with the slip as its first element; of the decision edition, the decision alone.

    Raises:
        InputError: the page is of another make, and what would be printed cannot be found in it.
    """
    body = _BODY.search(content)
    if body is None or (edition is Edition.DECISION and _DECISION not in content):
        raise InputError(
            f"The page has no {'body' if body is None else 'decision that could be printed by itself'}: it was made "
            "with another template than ours.",
            remedy="Open the report in a browser and print it from there.",
        )
    style = _SLIP_STYLE if edition is Edition.WHOLE else _SLIP_STYLE + _EXCERPT_STYLE
    return _insert_style(content[: body.end()] + slip.encode() + content[body.end() :], style)


def find_browser() -> Path:
    """The browser to print with.

    Raises:
        InputError: none is installed, or not the one that the environment names.
    """
    if os.name != "posix":
        raise InputError(
            "PDFs are printed on Linux and macOS only.", remedy="Open the report in a browser and print it from there."
        )
    if named := os.environ.get(BROWSER_VARIABLE):
        found = shutil.which(named)
        if found is None:
            raise InputError(
                f"{BROWSER_VARIABLE} names {named!r}, which is no program.", remedy="Name Chromium or Chrome."
            )
        return Path(found)
    places = (*NAMES, *map(str, MAC_PATHS)) if sys.platform == "darwin" else NAMES
    found = next(filter(None, map(shutil.which, places)), None)
    if found is None:
        raise InputError(
            f"There is no browser to print with; looked for {', '.join(places)}.",
            remedy=f"Install Chromium or Chrome (Debian: apt-get install chromium), or name one in {BROWSER_VARIABLE}.",
        )
    return Path(found)


def print_page(browser: Path, content: bytes, *, footer: str, seconds: float = 120.0) -> bytes:
    """The page as a PDF: A4 unless it says otherwise, tagged, with an outline, and a footer on each of its sheets.

    Args:
        browser: Chromium, or a relative of it.
        content: The page, UTF-8.
        footer: Lines of text; beside them stands which sheet it is of how many.
        seconds: Longest time to take.

    Raises:
        InputError: the browser cannot be started.
        ReadinessError: it failed, took too long, or is too old.
    """
    with _private_folder(browser) as folder:
        page, printed = folder / _ARCHIVE_NAME, folder / "page.pdf"
        encoded = base64.encodebytes(_insert_footer(content, footer))
        page.write_bytes(_ARCHIVE % encoded.replace(b"\n", b"\r\n"))  # without them Chromium sees an empty archive
        _run(browser, folder, [f"--print-to-pdf={printed}", page.as_uri()], seconds)
        try:
            return _check_printed(browser, printed.read_bytes())
        except OSError:
            raise _failure(browser, folder) from None


def _insert_footer(content: bytes, footer: str) -> bytes:
    """The page with a footer for each of its sheets."""
    quoted = "".join(letter if letter.isalnum() else f"\\{ord(letter):x} " for letter in footer)
    return _insert_style(content, _STYLE.format(footer=f'"{quoted}"', font=_FONT).encode())


def _insert_style(content: bytes, style: bytes) -> bytes:
    """The page with a style before all of its own, and so outside of its own security policy, too."""
    doctype = _DOCTYPE.match(content)
    begin = doctype.end() if doctype else 0
    return content[:begin] + style + content[begin:]


def _check_printed(browser: Path, printed: bytes) -> bytes:
    producer = _PRODUCER.search(printed)
    whole = printed.startswith(b"%PDF-") and printed.rstrip().endswith(b"%%EOF")
    if not whole or producer is None or b"/Title (%b)" % _ARCHIVE_NAME.encode() in printed:
        raise ReadinessError(
            f"{browser} does not print as Chromium does.", remedy=f"Name Chromium or Chrome in {BROWSER_VARIABLE}."
        )
    if int(producer[1]) < MINIMUM_VERSION:
        raise ReadinessError(
            f"{browser} is of version {int(producer[1])}, which prints no footers; expected Chromium "
            f"{MINIMUM_VERSION} or newer.",
            remedy=f"Install a newer one, or name one in {BROWSER_VARIABLE}.",
        )
    return printed


def _run(browser: Path, folder: Path, arguments: Sequence[str], seconds: float) -> None:
    """Run the browser to its end, in a group of processes of its own that is ended whatever happens.

    Raises:
        InputError: it cannot be started.
        ReadinessError: it took too long, or failed.
    """
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}"]
    if os.geteuid() == 0:  # Chromium refuses to build its sandbox for root, and root is what containers run as
        flags.append("--no-sandbox")
    environment = {**os.environ, "TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    try:
        with (folder / "messages").open("wb") as messages:
            process = subprocess.Popen(  # noqa: S603  the user's own browser
                [str(browser), *flags, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
                env=environment,
                start_new_session=True,
            )
    except OSError as error:
        raise InputError(f"The browser {browser} cannot be started: {error.strerror}.") from error
    try:
        if process.wait(timeout=seconds) != 0:
            raise _failure(browser, folder)
    except subprocess.TimeoutExpired:
        took = f"{browser} took longer than {seconds:,.3g} seconds to print."
        raise ReadinessError(took, remedy="Try again.") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _private_folder(browser: Path) -> Iterator[Path]:
    """A folder that only we can read, gone afterwards; processes that are still dying may write for a moment longer."""
    near: str | None = ROOT_OF_SOCKETS if os.access(ROOT_OF_SOCKETS, os.W_OK) else None
    if browser.is_relative_to(_SNAPS):  # shut off from /tmp, it shares this folder with its user
        own = Path.home() / "snap" / browser.name / "common"
        near = str(own) if own.is_dir() else near
    folder = Path(tempfile.mkdtemp(prefix="readiness-", dir=near))
    try:
        yield folder
    finally:
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)


def _failure(browser: Path, folder: Path) -> ReadinessError:
    """What to say of a browser that printed nothing, by what it wrote last."""
    with contextlib.suppress(OSError):
        messages = (folder / "messages").read_text(encoding="utf-8", errors="replace")
        if "sandbox" in messages:
            return ReadinessError(
                f"{browser} cannot build its sandbox here, without which it does not open a page.",
                remedy="Allow user namespaces, or open the report in a browser and print it from there.",
            )
        last = next((line for line in reversed(messages.splitlines()) if line.strip()), "")
        if last:
            words = shorten(visible(last).strip().rstrip("."))
            return ReadinessError(f'{browser} ended before it had printed. Its last words: "{words}".')
    return ReadinessError(f"{browser} ended before it had printed.")
