"""Verification of a report file: who signed it, that its verdict follows from its findings, and what it is worth
today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from readiness.core.errors import InputError, InvalidReport, UnsignedReport
from readiness.core.files import sha256_path
from readiness.core.sanitize import shown
from readiness.signing.keys import PublicKey
from readiness.signing.layout import LARGEST_FILE
from readiness.signing.reports import ReportFile, read_report, verify_report
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record, from_plain, has_ended, last_day

PROVEN = (
    "the page and its record are, byte for byte, what the holder of the key signed",
    "every status, every answer and the verdict follow from the recorded bounds and criteria",
)
"""What a signature that holds proves; for what it does not, see `readiness.verdict.isolation.unproven`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A report that was read or verified, and that does not contradict itself."""

    record: Record
    signed: bool
    keyids: tuple[str, ...]
    """Of those who say to have signed; proven only after `verify`."""
    model_sha256: str = ""
    """Of the model file that the report is about; empty when it is about predictions."""
    content: bytes = field(default=b"", repr=False)
    """The page, without the record behind it."""


def open_report(path: Path) -> Opened:
    """Read a report without asking who signed it; see `open_bytes`.

    Raises:
        InputError: the file cannot be read.
        InvalidReport: it is not an intact report, or contradicts itself.
    """
    return open_bytes(report_bytes(path))


def open_bytes(content: bytes) -> Opened:
    """What these very bytes say, without asking who signed them.

    Whoever shows a report reads it here or verifies it: signed or not, every status, every answer and the verdict are
    recomputed, so that no command shows a verdict that does not follow.

    Raises:
        InvalidReport: they are not an intact report, or it contradicts itself.
    """
    return _open(read_report(content))


def verify(path: Path, keys: Sequence[PublicKey], *, model: Path | None = None) -> Opened:
    """Prove that one of `keys` signed this very page, and recompute its verdict; `model` must be the reviewed file.

    What a report that holds is worth today is the question of `standing`.

    Raises:
        InputError: a file cannot be read.
        InvalidReport: anything does not hold.
        UnsignedReport: nobody has signed it.
    """
    opened = _open(verify_report(report_bytes(path), keys))
    if opened.record.only:
        raise InvalidReport("The report is partial: it does not ask all six questions, and nobody may sign it.")
    recorded = [artifact.sha256 for artifact in opened.record.gathered.model.files]
    if recorded != ([opened.model_sha256] if opened.model_sha256 else []):
        raise InvalidReport("The report is about another model file than its record.")
    if model is not None:
        _check_model(opened, model)
    return opened


def _check_model(opened: Opened, model: Path) -> None:
    if not opened.model_sha256:
        raise InvalidReport("No model file was reviewed: the report is about predictions, or a served model.")
    found = sha256_path(model)
    if found != opened.model_sha256:
        raise InvalidReport(
            f"{model} is not the model that was reviewed: its SHA-256 is {found}, the report names "
            f"{opened.model_sha256}."
        )


def _open(file: ReportFile) -> Opened:
    from readiness.verdict.checks import check  # loads libraries of numbers

    digests = {subject["name"]: subject["digest"]["sha256"] for subject in file.statement["subject"]}
    record = from_plain(file.statement["predicate"])
    check(record, counted=bool(record.tool_sha256))
    last_day(record)  # an end that cannot be told must not pass for none
    return Opened(record, file.signed, file.keyids, digests.get("model", ""), file.content)


def report_bytes(path: Path) -> bytes:
    """The bytes of a report file.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"The report {path} cannot be read: {error.strerror}.", remedy="Check the path.") from error


# ----------------------------------------------------------------------------------------------------
# What a report that was verified is worth now, and the exit code of `verify` for every state a report can be in.
#
# The first state that applies is the one that is said, in this order: it does not hold, nobody signed it, its time is
# over, it does not say what is required, or all is well. Later states will have numbers of their own between 10 and 14.

REQUIRABLE = (Verdict.READY.value,)
"""What `--require` accepts."""


class Standing(IntEnum):
    """States of a report; the number is the exit code of `verify`."""

    HOLDS = 0
    NOT_VALID = InvalidReport.exit_code
    """Raised as `InvalidReport`."""
    UNSIGNED = UnsignedReport.exit_code
    """Raised as `UnsignedReport`."""
    EXPIRED = 10
    OTHER_VERDICT = 15
    """It holds, and its verdict is not the required one."""


def required_verdict(word: str | None) -> Verdict | None:
    """The verdict that `--require` asks for; None when nothing is required.

    Raises:
        InputError: it cannot be required.
    """
    if word is None:
        return None
    if word not in REQUIRABLE:
        raise InputError(
            f"--require is {shown(word)}; it accepts only {', '.join(REQUIRABLE)}.",
            remedy="For other verdicts, read what verify prints first, or use: readiness show REPORT --json",
        )
    return Verdict(word)


def standing(
    record: Record, *, require: Verdict | None = None, vouched: bool = False, now: datetime | None = None
) -> Standing:
    """How a report that was verified stands.

    Args:
        record: Of the verified report.
        require: The only verdict that will do; None: any.
        vouched: Whether it will do on vouched evidence, too.
        now: A time with its zone; else the clock's.

    Raises:
        InvalidReport: its end cannot be told from it.
    """
    if has_ended(record, now or datetime.now(UTC)):
        return Standing.EXPIRED
    if require is not None and (record.verdict is not require or (record.decision.vouched and not vouched)):
        return Standing.OTHER_VERDICT
    return Standing.HOLDS
