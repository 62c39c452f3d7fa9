"""Do the candidate's answers stay where its columns drift? Told from what was found of the recent rows."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.answers import Finding, Status
from readiness.withholding import Kind, Soundness

SCORES, OVERLAP = f"{Kind.RECENT.code}-SCORES", f"{Kind.RECENT.code}-OVERLAP"
"""How far the answers have moved, and how much the test rows say of recent ones."""
WEIGHTED, KNOWN = f"{Kind.RECENT.code}-WEIGHTED", f"{Kind.RECENT.code}-KNOWN"
"""Claims on test rows that are weighed like recent rows, and on recent rows whose truth is known; a number follows."""
DRIFT_OF_ANSWERS = "PROD-DRIFT-SCORES"
"""The finding of question 6 that columns which drift rest on."""
_NUMBERED = (f"{WEIGHTED}-", f"{KNOWN}-")


def steady_answers(soundness: Soundness | None) -> Finding | None:
    """The finding that tells how far the answers have moved, where no other speaks against them; else None.

    None where the answers to recent rows are not known, where something found of these rows is a doubt, or where a
    claim, weighed or on known truth, misses its bar by its value alone.
    """
    if soundness is None:
        return None
    found = soundness.of(Kind.RECENT)
    answers = next((finding for finding in found if finding.code == SCORES), None)
    is_doubted = any(finding.blocking and finding.status is not Status.MET for finding in found)
    if answers is None or answers.bounds is None or answers.bounds.basis is None or is_doubted:
        return None
    return None if any(_misses(found)) else answers


def _misses(found: tuple[Finding, ...]) -> Iterator[bool]:
    for finding in found:
        if finding.code.startswith(_NUMBERED) and finding.criterion is not None and finding.measured is not None:
            yield not finding.criterion.holds(finding.measured.value)
