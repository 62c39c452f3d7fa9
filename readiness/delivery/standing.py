"""What a report that was verified is worth now, and the exit code of `verify` for every state a report can be in.

The first state that applies is the one that is said, in this order: it does not hold, nobody signed it, its time is
over, it does not say what is required, or all is well. Later states will have numbers of their own between 10 and 14.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum

from readiness.exceptions import InputError, InvalidReport, UnsignedReport
from readiness.hints import shown
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record
from readiness.verdict.validity import has_ended

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
