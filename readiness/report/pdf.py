"""A report as a PDF: the page of an intact report, printed, with the digest of the report on each page.

The PDF is a copy for those who need paper. What is signed is the HTML file, and every page of the copy says so.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from readiness.core.files import writable, write_whole
from readiness.report.browser import find_browser, print_page
from readiness.signing.keys import PublicKey
from readiness.signing.layout import split
from readiness.signing.verify import Opened, open_report, report_bytes, verify

_FOOTER = """<div style="box-sizing:border-box;width:100%;padding:0 15mm;display:flex;justify-content:space-between;\
gap:5mm;color:#4a4a4a;font:7pt/1.35 'Segoe UI',Roboto,Helvetica,Arial,'Liberation Sans',sans-serif">\
<span>{words}<br>SHA-256 of the HTML file: {digest}</span>\
<span style="white-space:nowrap"><span class="pageNumber"></span> of <span class="totalPages"></span></span></div>"""


@dataclass(frozen=True, slots=True)
class Printed:
    """A report that was printed."""

    path: Path
    """Of the PDF."""
    opened: Opened
    sha256: str
    """Of the report file, as on each page of the PDF."""


def print_report(report: Path, out: Path | None = None, *, keys: Sequence[PublicKey] = ()) -> Printed:
    """Print a report into `out`, else beside it; with `keys` only after one of them is proven to have signed it.

    Chromium writes the time of printing into a PDF; all else is the same each time with the same browser and fonts.

    Raises:
        InputError: the report cannot be read, there is no browser, or `out` cannot be written.
        InvalidReport: the report is not intact, or not signed by any of `keys`.
        UnsignedReport: `keys` are given, and nobody has signed it.
        ReadinessError: the browser failed.
        ReviewError: the PDF could not be written.
    """
    content = report_bytes(report)
    opened = _opened(content, keys)
    target = writable(report.with_suffix(".pdf") if out is None else out, "--out", b"%PDF-")
    browser = find_browser()
    digest = hashlib.sha256(content).hexdigest()
    printed = print_page(browser, split(content).content, footer=_footer(opened, digest))
    write_whole(target, printed)
    return Printed(target, opened, digest)


def _opened(content: bytes, keys: Sequence[PublicKey]) -> Opened:
    """What these very bytes say, whoever writes to the file meanwhile."""
    with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
        snapshot = Path(folder) / "report.html"
        snapshot.write_bytes(content)
        return verify(snapshot, keys) if keys else open_report(snapshot)


def _footer(opened: Opened, digest: str) -> str:
    what = "The signature is in the HTML file." if opened.signed else "Nobody has signed the report: UNSIGNED."
    return _FOOTER.format(words=escape(f"This PDF is a copy and proves nothing by itself. {what}"), digest=digest)
