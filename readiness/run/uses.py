"""The ledger of uses: how many candidates were judged by these very test rows.

Each line holds the digest of the line before, so that a line that was changed, or taken out between others, is noticed.
The rows are known by their names and truth in any order, where both reviews name rows; else by their truth, row by row,
however it is stored. Another table starts anew, and the same rows with other columns do not. A review takes its place
in the ledger before the candidate is judged, so that of two that run at once one is the second, and a review that fails
has looked at the rows all the same.

What the chain cannot show is that its last lines were cut off, or that the whole file was emptied or taken away. Where
a report in a folder beside the ledger counts more candidates on the same rows than the ledger holds, that is said.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readiness.core.errors import InputError, ReadinessError
from readiness.core.files import OUTPUTS, REPORT, lock_folder, write_whole
from readiness.core.provenance import Uses
from readiness.spec.inputs import Model
from readiness.spec.load import LoadedSpec

if TYPE_CHECKING:
    import pandas as pd

LEDGER = "uses.jsonl"
_START = "0" * 64
_LONGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Use:
    """One candidate that was judged by some rows."""

    rows: str
    """Digest of the truth of the test rows, one after the other."""
    candidate: str
    """Digest of the model file or of the predictions, and of the threshold."""
    names: str = ""
    """Digest of the names of the rows with their truth, in no order; empty where no column names them."""

    def is_of_rows(self, other: Use) -> bool:
        """Whether both are about the same rows, as far as can be told: by their names where both have them."""
        return self.names == other.names if self.names and other.names else self.rows == other.rows


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
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode):
                return cls(path, fault="it is no regular file")
            if found.st_size > _LONGEST:
                return cls(path, fault="it is larger than a ledger can be")
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return cls(path, fault="" if _is_writable(path.parent) else "it cannot be written where it would lie")
        except OSError as error:
            return cls(path, fault=f"it cannot be read: {error.strerror}")
        return cls(path, *_read_chain(lines))

    def place_of(self, use: Use) -> Uses:
        """Which candidate on these rows this is, and how many there are with it; a known one keeps its place."""
        known = self.candidates_of(use)
        tried = known if use.candidate in known else [*known, use.candidate]
        return Uses(tried.index(use.candidate) + 1, len(tried), self.fault)

    def candidates_of(self, use: Use) -> list[str]:
        """The candidates that were judged by the rows of a use, in the order of their first review."""
        return list(dict.fromkeys(each.candidate for each in self.uses if each.is_of_rows(use)))


def _is_writable(folder: Path) -> bool:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return os.access(there, os.W_OK)


def _read_chain(lines: list[bytes]) -> tuple[tuple[Use, ...], str, str]:
    """Uses, digest of the last line, and what is wrong."""
    uses: list[Use] = []
    last = _START
    if lines[-1] != b"":
        return (), last, "its last line is cut off"
    for number, line in enumerate(lines[:-1], 1):
        try:
            entry = json.loads(line)
            use = Use(str(entry["rows"]), str(entry["candidate"]), str(entry.get("names", "")))
            before = entry["before"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return tuple(uses), last, f"its line {number:,} is none of a ledger"
        uses.append(use)
        # each line names the digest of the one before, so a change shows at the line after it; the last line has none,
        # and that it was cut off shows only by what reports beside the ledger count
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
    columns = [data.target] if data.id in (None, data.target) else [data.target, str(data.id)]
    table = read_table(loaded.resolve(data.test), columns)
    served = [model.url, model.name, model.version]  # what answers there has no digest
    given = model.predictions.model_dump(mode="json") if model.predictions is not None else None
    ready_made = f"{test_sha256} {json.dumps(given, sort_keys=True)}"
    candidate = model_sha256 or (json.dumps(served) if given is None else ready_made)
    text = json.dumps([candidate, model.threshold])
    names = "" if len(columns) == 1 else _digest_of_rows(table[columns[1]], table[data.target])
    return Use(_digest_in_order(table[data.target]), hashlib.sha256(text.encode()).hexdigest(), names)


def _digest_in_order(column: pd.Series[Any]) -> str:
    """Of the values, one after the other: 1, 1.0, true and "1" are one value."""
    from readiness.evidence.row_hashes import value_bits

    return hashlib.sha256(value_bits(column).astype("<u8").tobytes()).hexdigest()


def _digest_of_rows(*columns: pd.Series[Any]) -> str:
    """Of how often each row of values comes, in any order."""
    import numpy as np

    from readiness.evidence.row_hashes import join_hashes, value_bits

    values, counts = np.unique(join_hashes(*(value_bits(column) for column in columns)), return_counts=True)
    return hashlib.sha256(np.column_stack((values, counts.astype(np.uint64))).astype("<u8").tobytes()).hexdigest()


def take_place(path: Path, use: Use, model: Model, begun: str, *, corrected: bool) -> Uses:
    """Which candidate on these rows this is, entered into the ledger at `path` while nobody else writes to it.

    A candidate that stands there for these rows keeps its place; a broken ledger stays as it is.

    Args:
        path: of the ledger; see `ledger_path`.
        use: Rows and candidate.
        model: What the candidate is called.
        begun: When the review began, ISO 8601.
        corrected: Whether the spec asks for a correction.

    Raises:
        InputError: the spec asks for a correction, and the ledger does not hold.
        ReviewError: the ledger cannot be written.
    """
    with lock_folder(path.parent):
        ledger = Ledger.at(path)
        uses = place(ledger, use, corrected=corrected)
        if not uses.fault and use not in ledger.uses:
            _append(ledger, use, model, begun)
    return uses


def place(ledger: Ledger, use: Use, *, corrected: bool) -> Uses:
    """Which candidate on these rows this is, by the ledger and by the reports beside it.

    Raises:
        InputError: the spec asks for a correction, and the ledger does not hold.
    """
    uses = ledger.place_of(use)
    fault = ledger.fault or _missing_uses(ledger)
    if corrected and fault:
        raise InputError(
            f"The ledger {ledger.path} does not hold: {fault}. The spec asks to correct for earlier candidates "
            "(reuse: corrected), and nobody knows how many there were.",
            remedy="Restore the ledger from a backup; or judge by new test rows, with outputs in another folder.",
        )
    return Uses(uses.number, uses.tried, fault)


def _append(ledger: Ledger, use: Use, model: Model, begun: str) -> None:
    entry = {
        "rows": use.rows, "candidate": use.candidate, "names": use.names, "name": model.name,
        "version": model.version, "begun": begun, "before": ledger.last,
    }  # fmt: skip
    line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
    before = ledger.path.read_bytes() if ledger.path.exists() else b""
    write_whole(ledger.path, before + line)


# ----------------------------------------------------------------------------------------------------
# The reports beside the ledger: where they count more candidates than it holds, lines of it are gone.

_MOST_REPORTS = 20


def _missing_uses(ledger: Ledger) -> str:
    """What the newest reports beside the ledger tell that it does not hold; empty where nothing is."""
    held = max((len(ledger.candidates_of(use)) for use in set(ledger.uses)), default=0)
    told = max(_counts_beside(ledger.path.parent), default=0)
    if told <= held:
        return ""
    candidates = "a candidate" if told == 1 else f"{told:,} candidates"
    return f"a report beside it counts {candidates} on the same rows, and the ledger holds {held or 'none'}"


def _counts_beside(folder: Path) -> Iterator[int]:
    """How many candidates the newest reports in the folders beside the ledger count; what is no report says nothing."""
    from readiness.signing.reports import read_report
    from readiness.signing.verify import report_bytes

    for path in sorted(_reports(folder), key=_changed_at, reverse=True)[:_MOST_REPORTS]:
        try:
            uses = read_report(report_bytes(path)).statement["predicate"].get("uses")
        except (ReadinessError, OSError, KeyError, AttributeError, TypeError, ValueError, RecursionError):
            continue
        if isinstance(uses, dict) and not uses.get("fault") and isinstance(uses.get("tried"), int):
            yield uses["tried"]


def _reports(folder: Path) -> list[Path]:
    below = f"*/*/{REPORT}" if folder.name == OUTPUTS else f"*/{REPORT}"
    try:
        return [path for path in folder.glob(below) if path.is_file() and not path.is_symlink()]
    except OSError:
        return []


def _changed_at(path: Path) -> tuple[float, str]:
    try:
        return path.stat().st_mtime, str(path)
    except OSError:
        return 0.0, str(path)
