"""How much of a record rests on what others measured?"""

from __future__ import annotations

from readiness.spec.supplied import NOT_HERE
from readiness.verdict.record import Record


def supplied_words(record: Record) -> str:
    """In words: "3 figures were supplied, not measured here"; empty when everything was measured here."""
    count = sum(NOT_HERE in finding.warning for answer in record.answers for finding in answer.findings)
    return f"{count} figure{'s were' if count > 1 else ' was'} {NOT_HERE}" if count else ""
