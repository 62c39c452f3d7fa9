"""When do the candidate's answers count as steady? Only where nothing found of the recent rows speaks against it."""

from __future__ import annotations

import pytest

from readiness.core.findings import Basis, Bounds, Criterion, Estimate, Finding, Outcome, Status
from readiness.core.withholding import Soundness, steady_answers

SCORES, OVERLAP = "EVID-RECENT-SCORES", "EVID-RECENT-OVERLAP"
WEIGHTED, KNOWN = "EVID-RECENT-WEIGHTED", "EVID-RECENT-KNOWN"
BASIS = Basis("psi", {"raw": 0.01, "bins": 10.0, "n_reference": 900.0, "n_current": 900.0})
ANSWERS = Finding(
    SCORES, "n", Status.MET, bounds=Bounds(0.0, 0.02, 0.002, basis=BASIS), criterion=Criterion("<=", 0.1, presumed=True)
)


def claim(code: str, value: float, *, status: Status = Status.MET, blocking: bool = True) -> Finding:
    """A claim on recent rows that should be at least .7."""
    measured = Estimate(value, value - 0.1, value + 0.1, 0.95, 100)
    return Finding(code, "n", status, blocking, measured=measured, criterion=Criterion(">=", 0.7, presumed=True))


def told(*findings: Finding) -> Finding | None:
    return steady_answers(Soundness(findings))


def test_answers_that_stayed() -> None:
    """Beside claims that hold."""
    assert ANSWERS is told(ANSWERS)
    assert ANSWERS is told(ANSWERS, claim(f"{WEIGHTED}-1", 0.75), claim(f"{KNOWN}-1", 0.7), claim(OVERLAP, 0.2))


@pytest.mark.parametrize(
    "other",
    [
        claim(f"{WEIGHTED}-1", 0.65),
        claim(f"{KNOWN}-2", 0.65),
        claim(OVERLAP, 0.05, status=Status.NOT_PROVEN),
        Finding("EVID-RECENT", "n", Status.NOT_ASSESSED),
    ],
)
def test_anything_against_them_counts(other: Finding) -> None:
    """A claim that misses its bar by its value alone, presumed or not, and every doubt."""
    assert told(ANSWERS, other) is None


def test_doubts_of_another_kind_are_not_about_recent_rows() -> None:
    """They withhold what they withhold."""
    assert ANSWERS is told(ANSWERS, Finding("EVID-SEEN", "n", Status.NOT_PROVEN))
    assert ANSWERS is told(ANSWERS, Finding("EVID-RECENT", "n", Status.MET, False, outcome=Outcome.NOT_APPLICABLE))


def test_what_is_not_known_is_not_steady() -> None:
    """Nobody looked, no answers to recent rows, or none that host and verifier could make again."""
    assert steady_answers(None) is None
    assert told() is None
    assert told(Finding("EVID-RECENT", "n", Status.MET)) is None
    assert told(Finding(SCORES, "n", Status.MET)) is None
