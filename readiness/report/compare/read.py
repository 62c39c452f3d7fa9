"""The reports that are compared, and what is known of who signed them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from readiness.core.errors import InputError, InvalidReport, ReadinessError
from readiness.core.files import is_file, is_folder
from readiness.core.sanitize import presentable
from readiness.signing.keys import PublicKey
from readiness.signing.verify import Opened, open_bytes, open_report, report_bytes, verify
from readiness.verdict.record import Record, last_day

FEWEST, MOST = 2, 26
"""Reports that are compared at once; each is called by a letter."""

KEYID_LENGTH = 19
"""Characters of a key id that tell keys apart at a glance: "SHA256:" and 12 more."""


@dataclass(frozen=True, slots=True)
class Report:
    """One of the reports that are compared."""

    letter: str
    """What it is called: "A" for the first, which the others are compared with."""
    path: Path
    record: Record
    signed: bool
    keyids: tuple[str, ...]
    proven: bool
    """Whether one of the keys at hand proves who signed it."""

    @property
    def name(self) -> str:
        """Name and version, short enough for the head of a column."""
        model = presentable(self.record.gathered.model)
        return f"{_brief(model.name)} {_brief(model.version)}"

    @property
    def title(self) -> str:
        """Letter, name and version, as the head of a column."""
        return f"{self.letter}: {self.name}"

    @property
    def signature(self) -> str:
        """Who signed it, and whether that is proven."""
        return signature_words(signed=self.signed, keyids=self.keyids, proven=self.proven)


def read_reports(paths: Sequence[Path], keys: Sequence[PublicKey] = ()) -> tuple[Report, ...]:
    """Read the reports at `paths`; where there are keys, every signed one must verify with one of them.

    Raises:
        InputError: fewer than two or too many files, or one of them cannot be read.
        InvalidReport: one of them is not an intact report or contradicts itself; or there are keys, and a signed report
            does not verify with any of them.
    """
    if not FEWEST <= len(paths) <= MOST:
        raise InputError(
            f"Found {len(paths)} report{'' if len(paths) == 1 else 's'} to compare; expected {FEWEST} to {MOST}.",
            remedy="Name two or more reports; the first is the one that the others are compared with.",
        )
    return tuple(_read(chr(ord("A") + place), path, keys) for place, path in enumerate(paths))


def signature_words(*, signed: bool, keyids: Sequence[str], proven: bool) -> str:
    """Who signed a report, by the beginning of the key's id, and whether that is proven here."""
    if not signed:
        return "UNSIGNED: anybody could have written it"
    key = keyids[0][:KEYID_LENGTH] + "…"
    return f"signed with {key}, verified" if proven else f"says to be signed with {key}, not verified here"


def _read(letter: str, path: Path, keys: Sequence[PublicKey]) -> Report:
    opened = opened_report(path)
    proven = bool(keys) and opened.signed
    if proven:
        try:
            opened = verify(path, keys)
        except InvalidReport as error:
            raise InvalidReport(f"{path}: {error.message}", remedy=error.remedy) from error
    return Report(letter, path, opened.record, opened.signed, opened.keyids, proven)


def opened_report(path: Path) -> Opened:
    """Read one report, and say which one it is that cannot be.

    Raises:
        InputError: the file cannot be read.
        InvalidReport: it is not an intact report, or contradicts itself.
    """
    try:
        return open_report(path)
    except InvalidReport as error:
        raise InvalidReport(f"{path} is not a readable report. {error.message}", remedy=error.remedy) from error


def _brief(name: str, longest: int = 40) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


# ----------------------------------------------------------------------------------------------------
# The candidates below a folder and how each of them stands: every report once, the newest first.
#
# A report is read as everywhere: one that contradicts itself is listed as not readable, with the reason. Who signed it
# is asked where there are keys.

_NAME = re.compile(r"(report|partial)(\.[0-9a-f]{12})?\.html")
"""Reports, earlier ones that were moved aside, and partial ones."""
FAILS = "DOES NOT VERIFY"
"""Begins what is said of a report whose signer's key is at hand, and that does not hold."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One report below the folder."""

    path: Path
    """Relative to the folder."""
    record: Record
    signature: str
    """Who signed it, and whether that is proven here, in words."""
    valid_until: date | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is called like a report and is not one."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All reports below a folder."""

    entries: tuple[Entry, ...]
    """The newest first."""
    unreadable: tuple[Unreadable, ...]


def overview(folder: Path, keys: Sequence[PublicKey] = (), *, today: date) -> Overview:
    """Read every report below `folder`; links that lead out of it are not followed, hidden folders not entered.

    Raises:
        InputError: there is no such folder.
    """
    if not is_folder(folder):
        raise InputError(f"{folder} is not a folder.", remedy="Name the folder below which the reports lie.")
    entries, unreadable = [], []
    found, unlisted = _reports(folder)
    for path in found:
        try:
            entries.append(_entry(folder, path, keys, today))
        except ReadinessError as error:
            unreadable.append(Unreadable(path.relative_to(folder), _reason(error)))
    unreadable += [Unreadable(path.relative_to(folder), "The folder cannot be read.") for path in unlisted]
    return Overview(tuple(sorted(entries, key=_newest_first)), tuple(unreadable))


def _reports(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files that are called like reports, in the order of their paths, and folders that cannot be read."""
    found, unlisted = [], []
    for place, folders, files in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if _NAME.fullmatch(name)]
    inside = folder.resolve()
    return [path for path in sorted(found, key=os.fsencode) if not _leads_out(path, inside)], unlisted


def _leads_out(path: Path, inside: Path) -> bool:
    try:
        return path.is_symlink() and inside not in path.resolve().parents
    except (OSError, RuntimeError):  # links in a circle lead nowhere; reading the file will say so
        return False


def _entry(folder: Path, path: Path, keys: Sequence[PublicKey], today: date) -> Entry:
    if not is_file(path):
        raise InputError("It is not a regular file.")
    opened = open_bytes(report_bytes(path))
    signature = _signature(path, signed=opened.signed, keyids=opened.keyids, keys=keys)
    end = last_day(opened.record)
    return Entry(path.relative_to(folder), opened.record, signature, end, end is not None and end < today)


def _signature(path: Path, *, signed: bool, keyids: Sequence[str], keys: Sequence[PublicKey]) -> str:
    if not signed or keyids[0] not in {key.keyid for key in keys}:
        return signature_words(signed=signed, keyids=keyids, proven=False)
    try:
        verify(path, keys)
    except ReadinessError as error:
        return f"{FAILS}: {_reason(error)}"
    return signature_words(signed=True, keyids=keyids, proven=True)


def _reason(error: ReadinessError) -> str:
    return error.message


def _newest_first(entry: Entry) -> tuple[float, bytes]:
    return -_moment(entry.record.run.finished).timestamp(), os.fsencode(entry.path)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return _LONG_AGO
