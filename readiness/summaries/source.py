"""Which report is a summary about? The page is the evidence; a summary only points to it."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.spec.digest import spec_digest
from readiness.verdict.record import Record


@dataclass(frozen=True, slots=True)
class Source:
    """A report file."""

    path: str
    """As the reader of the summary finds it."""
    sha256: str
    keyid: str = ""
    """Of the key that it says to be signed with; empty when nobody signed it."""
    note: str = ""
    """What else the reader must know, such as why a bad verdict did not end the job."""

    @property
    def signature(self) -> str:
        """Whether the report is signed, and by whom it says so."""
        if not self.keyid:
            return "UNSIGNED: anybody could have written this report."
        return f"Signed by {self.keyid} (not verified here; use readiness verify)."


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A review without a verdict."""

    spec: str
    message: str
    """What went wrong, and what to do."""
    exit_code: int | None = None
    """None: it has not ended, or was ended from outside."""


def spec_sha256(record: Record) -> str:
    """Digest of the spec, of all that it was read from; empty when the record names none."""
    return spec_digest((each.name, each.sha256) for each in record.gathered.inputs)
