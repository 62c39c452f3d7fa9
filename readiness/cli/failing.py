"""When does a verdict end the command with a number that stops a pipeline? The choice of --fail-on."""

from __future__ import annotations

from readiness.exceptions import InputError
from readiness.hints import shown
from readiness.narrative import result_words
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record

DEFAULT = "not_proven"

_SEVERITY = (Verdict.READY, Verdict.READY_BY_POINT_ESTIMATE, Verdict.NOT_PROVEN, Verdict.NOT_READY)
_CODES = {Verdict.READY_BY_POINT_ESTIMATE: 3, Verdict.NOT_PROVEN: 3, Verdict.NOT_READY: 1}
_FIRST = {
    "not_ready": Verdict.NOT_READY,
    "not_proven": Verdict.NOT_PROVEN,
    "point_estimate": Verdict.READY_BY_POINT_ESTIMATE,
    "never": None,
}
"""The mildest verdict that fails; all that are worse do, too."""

CHOICES = tuple(_FIRST)


def check_choice(fail_on: str) -> None:
    """Say whether there is such a choice.

    Raises:
        InputError: there is not.
    """
    if fail_on not in _FIRST:
        raise InputError(
            f"--fail-on is {shown(fail_on)}, which is none of its choices.",
            remedy=f"Choose one of {', '.join(CHOICES)}.",
        )


def exit_code(verdict: Verdict, fail_on: str = DEFAULT) -> int:
    """0 when the verdict does not fail, else 1 for not ready and 3 for what is not proven."""
    first = _FIRST[fail_on]
    failed = first is not None and _SEVERITY.index(verdict) >= _SEVERITY.index(first)
    return _CODES[verdict] if failed else 0


def exit_words(record: Record, fail_on: str) -> str:
    """Why the number is not the usual one: "NOT PROVEN; exit code 0 because of --fail-on not_ready"; else empty."""
    code = exit_code(record.verdict, fail_on)
    if code == exit_code(record.verdict):
        return ""
    return f"{result_words(record)}; exit code {code} because of --fail-on {fail_on}"
