"""The card read, composed, compared and written whole: what the report says, and not one byte more."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from readiness.core.errors import InputError
from readiness.core.files import sha256_file, write_whole
from readiness.report.card import front_matter, markers
from readiness.report.card.content import Source
from readiness.report.card.front_matter import index_of
from readiness.report.card.new_card import new_card
from readiness.report.card.section import section_lines
from readiness.signing.keys import PublicKey
from readiness.signing.verify import open_report, verify

LARGEST_CARD = 5_000_000
"""Bytes."""
SUFFIXES = (".md", ".markdown")
_BOM = "\ufeff"
_RECORD = re.compile(rb"<!--readiness-(?:signatures|unsigned)/")
"""Begins the record of a report; a second one in the same file, and neither can be read."""
_URL = re.compile(r"https://[A-Za-z0-9./~_%?=&:@+,;-]+")
_NOTICE = "<!-- Written by `readiness card`: what stands between the two markers is replaced at the next run. -->"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it lies on the disk."""

    path: Path
    """The file itself, behind any symbolic link."""
    data: bytes | None
    """None: there is no such file yet."""

    @property
    def name(self) -> str:
        """As it is called in messages."""
        return self.path.name


def read_source(report: Path, keys: Sequence[PublicKey] = (), *, card: Path | None = None, url: str = "") -> Source:
    """A whole report whose verdict follows from its findings; signed by one of `keys`, if there are any.

    Raises:
        InputError: it cannot be read, is partial, or `url` is not one.
        InvalidReport: anything in it does not hold.
        UnsignedReport: there are keys, and nobody has signed it.
    """
    if url and not _URL.fullmatch(url):
        raise InputError(
            f"--url is {url[:80]!r}; expected an address that begins with https:// and needs no quoting.",
            remedy="Name the place where readers find the report.",
        )
    digest = sha256_file(report)
    opened = open_report(report)
    if opened.record.only:
        raise InputError(
            f"{report} is a partial report: it asks {', '.join(opened.record.only)} only, and a card needs all six.",
            remedy="Run the whole review, without --only.",
        )
    if keys:
        opened = verify(report, keys)
    if sha256_file(report) != digest:
        raise InputError(f"{report} was written to while it was read.", remedy="Try again when it is complete.")
    path = "" if card is None else _relative(report, card)
    return Source(opened, digest, report.name, path, url, verified=bool(keys))


def _relative(report: Path, card: Path) -> str:
    """From the card's folder, so that the link holds wherever both lie together."""
    place = report.absolute().parent.resolve() / report.name
    try:
        return Path(os.path.relpath(place, card.parent)).as_posix()
    except ValueError:  # another drive
        return report.name


def open_card(path: Path) -> Card:
    """Read a card, or note that there is none yet.

    Raises:
        InputError: no Markdown file, or one that cannot be read or is no card at all, such as a report.
    """
    try:
        target = path.resolve()
        broken = path.is_symlink() and not target.exists()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path} cannot be followed: {error}.", remedy="Mend the link.") from error
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is not a Markdown file.", remedy="Name the model card, such as README.md.")
    if broken or (target.exists() and not target.is_file()):
        what = "is a symbolic link to nothing" if broken else "is not an ordinary file"
        raise InputError(f"{path} {what}.", remedy="Name the model card, such as README.md.")
    if not target.exists():
        if not target.parent.is_dir():
            raise InputError(f"There is no folder {target.parent}.", remedy="Make it first, or check the path.")
        return Card(target, None)
    return Card(target, _read(target))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_CARD + 1)
    except OSError as error:
        raise InputError(f"The card {path} cannot be read: {error.strerror}.", remedy="Check the rights.") from error
    if len(data) > LARGEST_CARD:
        raise InputError(f"{path} has more than {LARGEST_CARD:,} bytes; no card has.", remedy="Check the path.")
    if _RECORD.search(data):
        raise InputError(
            f"{path} holds the record of a report, which a card would break.",
            remedy="Name the model card, not a report.",
        )
    return data


def composed(card: Card, source: Source, *, metadata: bool = True) -> bytes:
    """The card as it must be; the same bytes if it is so already.

    Raises:
        InputError: markers or front matter are damaged; the line is named.
    """
    if card.data is None:
        return new_card(source, _section(source, "\n"), metadata=metadata).encode("utf-8")
    bom, text = _decoded(card)
    span, newline = _where(text, card.name)
    text = markers.replaced(text, span, _section(source, newline), newline)
    if span is None:
        _check_end(text, card.name)
    if metadata:
        text = front_matter.with_results(text, newline, index_of(source), card.name)
    return f"{bom}{text}".encode()


def write(card: Card, data: bytes) -> None:
    """Write a card whole, with the rights that it had.

    Raises:
        InputError: it may not be written to.
        ReviewError: it could not be written.
    """
    if card.data is None:
        write_whole(card.path, data)
        return
    if not os.access(card.path, os.W_OK):
        raise InputError(f"{card.path} is protected from being written to.", remedy="Check its rights.")
    write_whole(card.path, data, mode=stat.S_IMODE(card.path.stat().st_mode))


def has_section(card: Card) -> bool:
    """Whether a card holds a readiness section.

    Raises:
        InputError: its markers are damaged.
    """
    return card.data is not None and _where(_decoded(card)[1], card.name)[0] is not None


def differences(card: Card, source: Source, *, metadata: bool = True) -> tuple[str, ...]:
    """What in a card is not as the report would have it; empty when they belong together.

    Raises:
        InputError: there is no card, or its markers or front matter are damaged.
    """
    if card.data is None:
        raise InputError(f"There is no card {card.path}.", remedy="Write it: readiness card REPORT CARD")
    _, text = _decoded(card)
    span, newline = _where(text, card.name)
    found = []
    if span is None:
        found.append("it has no readiness section")
    else:
        found += _section_differences(text, span, _section(source, newline), source)
    if metadata and front_matter.with_results(text, newline, index_of(source), card.name) != text:
        found.append("the results in its model-index are not those of the report")
    return tuple(found)


def _section_differences(text: str, span: markers.Span, wanted: str, source: Source) -> list[str]:
    section = text[span.start : span.end]
    if section == wanted:
        return []
    named = markers.named_digest(section)
    if named != source.sha256:
        other = f"the report {named[:12]}…" if named else "no report"
        return [f"its section names {other}; this report is {source.sha256[:12]}…"]
    pairs = enumerate(zip(section, wanted, strict=False))
    same = next((index for index, (is_, must) in pairs if is_ != must), min(len(section), len(wanted)))
    line = markers.line_number(text, span.start + same)
    return [f"its section is not what the report says, first on line {line}"]


def _decoded(card: Card) -> tuple[str, str]:
    data = card.data or b""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{card.name}, line {line}: the card is not UTF-8.", remedy="Save it as UTF-8.") from error
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)


def _where(text: str, name: str) -> tuple[markers.Span | None, str]:
    """Where the section is, and the line ends of the Markdown around it."""
    front = front_matter.find(text)
    body = 0 if front is None else front.body
    span = markers.find(text, body, name)
    around = text[body:] if span is None else text[body : span.start] + text[span.end :]
    return span, markers.newline_of(around, "\n" if front is None else front.newline)


def _check_end(text: str, name: str) -> None:
    """A section that was put at the end must be found there again."""
    try:
        _where(text, name)
    except InputError as error:
        raise InputError(
            f"{name}: the section cannot be put at the end, because a code block or comment that is opened further up "
            "is never closed.",
            remedy="Close it, or put the markers where the section shall be, each on a line of its own: "
            f"<!-- readiness:begin --> and {markers.END}.",
        ) from error


def _section(source: Source, newline: str) -> str:
    lines = [markers.begin(source.sha256), _NOTICE, "", *section_lines(source), "", markers.END]
    return newline.join(lines)
