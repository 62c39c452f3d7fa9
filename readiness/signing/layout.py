r"""Where the page ends and the record begins: the report file as bytes.

    file    = CONTENT HEADER JSON TRAILER
    CONTENT = a complete HTML page: UTF-8, no BOM, no CR, no NUL, ends with "</html>\n", holds no marker
    HEADER  = "<!--readiness-signatures/v1 " LENGTH-OF-CONTENT " " SHA256-OF-JSON "\n"
              ("readiness-unsigned" instead of "readiness-signatures" when nobody has signed)
    JSON    = one line of canonical JSON
    TRAILER = "\n-->\n" and then the end of the file

The record stands in one HTML comment behind the page, so a browser shows the file as it is, and signing
rewrites only the comment. The numbers in the header are no security, since whoever edits the file can edit
them too; they make every damaged byte fail and say that transport, not an attacker, is the likely cause.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from readiness.core.errors import InvalidReport

Kind = Literal["signatures", "unsigned"]

LARGEST_FILE = 200_000_000
"""Bytes; a page with its figures has a few millions."""

_MARKERS = (b"<!--readiness-signatures/", b"<!--readiness-unsigned/")
_HEADER = re.compile(rb"<!--readiness-(signatures|unsigned)/v1 ([1-9][0-9]{0,9}) ([0-9a-f]{64})\n")
_TRAILER = b"\n-->\n"
_JSON = re.compile(rb"[ !-%'-;=?-~]+")  # 0x20-0x7E without & < >
_PAGE_END = b"</html>\n"
_DAMAGED = "Ask for the original file, sent as an attachment or inside a zip archive."


@dataclass(frozen=True, slots=True)
class Parts:
    """A report file taken apart: the page's bytes, the record's line, and which kind of record it is."""

    content: bytes
    record: bytes
    kind: Kind


def join(parts: Parts) -> bytes:
    """Put a file together.

    Raises:
        InvalidReport: the page breaks a rule of the layout, or the file would be too large.
    """
    check_content(parts.content)
    digest = hashlib.sha256(parts.record).hexdigest()
    header = f"<!--readiness-{parts.kind}/v1 {len(parts.content)} {digest}\n".encode("ascii")
    file = parts.content + header + parts.record + _TRAILER
    if split(file) != parts:  # what cannot be read back is never written
        raise InvalidReport("The record cannot be written: it does not read back as it was.")
    return file


def split(file: bytes) -> Parts:
    """Take a file apart, strictly: `join(split(file)) == file`.

    Raises:
        InvalidReport: there is no record, more than one, or any byte is not where the layout wants it.
    """
    if len(file) > LARGEST_FILE:
        raise InvalidReport(f"The file has {len(file)} bytes; a report has at most {LARGEST_FILE}.")
    # Every byte has one place, and the file is read from its end: the record says how long the page is, what it hashes
    # to, and that nothing follows. A second marker anywhere, even inside the page, could make two readers see two
    # records.
    start = _find_marker(file)
    header = _HEADER.match(file, start)
    if header is None:
        raise InvalidReport(
            "The record at the end of the page has a first line that this version cannot read.",
            remedy="If a newer readiness wrote the report, verify it with that version. " + _DAMAGED,
        )
    if int(header[2]) != start:
        raise InvalidReport(f"The page has {start} bytes; its record says {int(header[2])}.", remedy=_DAMAGED)
    if not file.endswith(_TRAILER) or len(file) - len(_TRAILER) < header.end():
        raise InvalidReport("The file does not end with its record: it was cut off or added to.", remedy=_DAMAGED)
    record = file[header.end() : -len(_TRAILER)]
    if hashlib.sha256(record).hexdigest().encode() != header[3]:
        raise InvalidReport("The record at the end of the page was altered or damaged.", remedy=_DAMAGED)
    if not _JSON.fullmatch(record):
        raise InvalidReport("The record holds characters that a record never has.", remedy=_DAMAGED)
    content = file[:start]
    check_content(content)
    return Parts(content, record, "signatures" if header[1] == b"signatures" else "unsigned")


def check_content(content: bytes) -> None:
    """Say whether these bytes can be the page of a report.

    Raises:
        InvalidReport: naming the first rule that is broken.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidReport(f"The page is not UTF-8 at byte {error.start}.", remedy=_DAMAGED) from error
    broken = (
        (content.startswith(b"\xef\xbb\xbf"), "begins with a byte order mark"),
        (b"\r" in content, "holds a carriage return"),
        (b"\0" in content, "holds a NUL byte"),
        (any(marker in content for marker in _MARKERS), "holds the text that begins a record"),
    )
    if not content.endswith(_PAGE_END):
        raise InvalidReport("The page does not end with </html> and one line feed, as the page of a report must.")
    for is_broken, words in broken:
        if is_broken:
            raise InvalidReport(f"The page {words}, which the page of a report must not.")


def _find_marker(file: bytes) -> int:
    """Find where the one record of this file begins."""
    count = sum(file.count(marker) for marker in _MARKERS)
    if count == 0:
        raise InvalidReport(
            "The file holds no readiness record: it is not a readiness report, or its record was cut off.",
            remedy=_DAMAGED,
        )
    if count > 1:
        raise InvalidReport(f"The file holds {count} records; a report has exactly one.", remedy=_DAMAGED)
    return max(file.find(marker) for marker in _MARKERS)
