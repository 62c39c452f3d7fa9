"""Which reports are compared, and what is known of who signed them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from readiness.delivery.verification import Opened, open_report, verify
from readiness.exceptions import InputError, InvalidReport
from readiness.signing.keys import PublicKey
from readiness.verdict.record import Record
from readiness.visible import presentable

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
