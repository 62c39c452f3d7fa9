"""The ledger of uses: how many candidates were judged by these very test rows.

Each line holds the digest of the line before, so that a line that was changed or taken out is noticed. The rows are
known by their truth in its order: another table starts anew, and the same rows with other columns do not.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readiness.core.errors import InputError
from readiness.core.files import OUTPUTS, alone_in, write_whole
from readiness.core.provenance import Uses
from readiness.spec.load import LoadedSpec
from readiness.verdict.record import Record

if TYPE_CHECKING:
    import pandas as pd

LEDGER = "uses.jsonl"
_START = "0" * 64
_LONGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Use:
    """One candidate that was judged by some rows."""

    rows: str
    """Digest of the truth of the test rows, in their order."""
    candidate: str
    """Digest of the model file or of the predictions, and of the threshold."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger as it was read."""

    path: Path
    uses: tuple[Use, ...] = ()
    last: str = _START
    """Digest of the last line."""
    fault: str = ""
    """What is wrong with it; empty when it is whole."""

    @classmethod
    def at(cls, path: Path) -> Ledger:
        """Read the ledger; one that is not there is empty, and one that does not hold says so."""
        try:
            if path.stat().st_size > _LONGEST:
                return cls(path, fault="it is larger than a ledger can be")
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return cls(path, fault="" if _is_writable(path.parent) else "it cannot be written where it would lie")
        except OSError as error:
            return cls(path, fault=f"it cannot be read: {error.strerror}")
        return cls(path, *_chained(lines))

    def place_of(self, use: Use) -> Uses:
        """Which candidate on these rows this is, and how many there are with it; a known one keeps its place."""
        known = list(dict.fromkeys(each.candidate for each in self.uses if each.rows == use.rows))
        tried = known if use.candidate in known else [*known, use.candidate]
        return Uses(tried.index(use.candidate) + 1, len(tried), self.fault)


def _is_writable(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return os.access(there, os.W_OK)


def _chained(lines: list[bytes]) -> tuple[tuple[Use, ...], str, str]:
    """Uses, digest of the last line, and what is wrong."""
    uses: list[Use] = []
    last = _START
    if lines[-1] != b"":
        return (), last, "its last line is cut off"
    for number, line in enumerate(lines[:-1], 1):
        try:
            entry = json.loads(line)
            use, before = Use(str(entry["rows"]), str(entry["candidate"])), entry["before"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return tuple(uses), last, f"its line {number:,} is none of a ledger"
        uses.append(use)
        if before != last:
            return tuple(uses), last, f"before its line {number:,} something was changed or taken out"
        last = hashlib.sha256(line).hexdigest()
    return tuple(uses), last, ""


def ledger_path(folder: Path | None) -> Path:
    """Where the ledger of a review's folder lies: beside it, and of all folders below `outputs` in `outputs` itself."""
    return (Path(OUTPUTS) if folder is None else folder.absolute().parent) / LEDGER


def use_of(loaded: LoadedSpec, model_sha256: str | None, test_sha256: str) -> Use:
    """The rows and the candidate of a review, by their digests.

    Raises:
        InputError: the test table cannot be read.
    """
    from readiness.evidence.tables import read_table  # loads what reads tables

    data, model = loaded.spec.data, loaded.spec.model
    truth = read_table(loaded.resolve(data.test), [data.target])[data.target]
    given = model.predictions.model_dump(mode="json") if model.predictions is not None else None
    candidate = model_sha256 or f"{test_sha256} {json.dumps(given, sort_keys=True)}"
    text = json.dumps([candidate, model.threshold])
    return Use(_digest_of(truth), hashlib.sha256(text.encode()).hexdigest())


def _digest_of(truth: pd.Series[Any]) -> str:
    import pandas as pd

    hashes = pd.util.hash_pandas_object(truth.astype(str), index=False, categorize=True)
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()


def place(ledger: Ledger, use: Use, *, corrected: bool) -> Uses:
    """Which candidate on these rows this is.

    Raises:
        InputError: the spec asks for a correction, and the ledger does not hold.
    """
    if corrected and ledger.fault:
        raise InputError(
            f"The ledger {ledger.path} does not hold: {ledger.fault}. The spec asks to correct for earlier candidates "
            "(reuse: corrected), and nobody knows how many there were.",
            remedy="Restore the ledger from a backup; or judge by new test rows, with outputs in another folder.",
        )
    return ledger.place_of(use)


def enter(ledger: Ledger, use: Use, record: Record) -> None:
    """Add a review to the ledger, unless its candidate stands there for these rows; a broken ledger stays as it is.

    Raises:
        ReviewError: the ledger cannot be written.
    """
    if ledger.fault:
        return
    with alone_in(ledger.path.parent):
        now = Ledger.at(ledger.path)
        if now.fault or use in now.uses:
            return
        model = record.gathered.model
        entry = {
            "rows": use.rows, "candidate": use.candidate, "name": model.name, "version": model.version,
            "finished": record.run.finished, "before": now.last,
        }  # fmt: skip
        line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
        before = ledger.path.read_bytes() if ledger.path.exists() else b""
        write_whole(ledger.path, before + line)
