"""Which boxes of the checklist did a named person answer, and does that still hold?"""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

from readiness.answers import Finding, Outcome, Status
from readiness.checklist import BEFORE_ALL, BOXES, Box, Source, attested_outcome, expires_soon
from readiness.evidence.evidence import Evidence
from readiness.required import CODES
from readiness.spec import Attestation
from readiness.statistics.inference import Inference
from readiness.unavailable import Unavailable


def box_findings(evidence: Evidence) -> list[Finding]:
    """One finding for each box that only a person can answer."""
    return [
        _box(box, evidence.spec.checklist.get(box.key), evidence)
        for box in BOXES
        if box.source in (Source.ATTESTED, Source.APPROVAL)
    ]


def _is_known(measure: Inference | Unavailable | None) -> bool:
    return measure is not None and not isinstance(measure, Unavailable)


def attested_instead(findings: tuple[Finding, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """A measured box that could not be measured may be attested; a measurement always comes first."""
    return tuple(_instead(finding, evidence) for finding in findings)


def attested(attestation: Attestation | None, day: datetime.date = BEFORE_ALL) -> tuple[Outcome, str]:
    """What an attestation comes to on a day, in one sentence."""
    outcome = attested_outcome(attestation, day)
    if attestation is None:
        return outcome, "nobody has attested it"
    who = f"by {attestation.by or 'unnamed'}, {attestation.on or 'undated'}; evidence: {attestation.evidence or 'none'}"
    if outcome is Outcome.EXPIRED:
        said = f"does not apply: {attestation.not_applicable}" if attestation.not_applicable else f"attested {who}"
        return outcome, f"{said}; expired on {attestation.valid_until}"
    words = {
        Outcome.NOT_APPLICABLE: f"does not apply: {attestation.not_applicable}",
        Outcome.PENDING: "it is still pending",
        Outcome.FAILED: f"attested as not done: {who}",
    }
    return outcome, words.get(outcome, who)


def _box(box: Box, attestation: Attestation | None, evidence: Evidence) -> Finding:
    if box.source is Source.APPROVAL:
        reason = "answered by the approvals that are given on this report"
        return Finding(box.code, box.title, Status.NOT_ASSESSED, False, outcome=Outcome.PENDING, reason=reason)
    outcome, reason = attested(attestation, evidence.day)
    lacking = outcome is Outcome.ATTESTED and attestation and _names_no_file(attestation.evidence, evidence.folder)
    warnings = ("the evidence was not found" if lacking else "", _expiry(attestation, outcome, evidence.day))
    return Finding(
        box.code,
        box.title,
        outcome.status,
        outcome=outcome,
        reason=f"{reason} (no such file beside the spec)" if lacking else reason,
        needs="" if outcome.status is Status.MET else _needed(box, outcome),
        warning="; ".join(filter(None, warnings)),
    )


def _expiry(attestation: Attestation | None, outcome: Outcome, day: datetime.date) -> str:
    is_soon = outcome.status is Status.MET and attestation is not None and expires_soon(attestation, day)
    return f"holds only until {attestation.valid_until}" if is_soon and attestation else ""


def _needed(box: Box, outcome: Outcome) -> str:
    again = " anew" if outcome is Outcome.EXPIRED else ""
    return f"attest checklist.{box.key}{again}: who, when, and which evidence"


def _names_no_file(evidence: str, folder: Path) -> bool:
    """Whether the evidence reads like a path and leads nowhere; a web address or a sentence does not."""
    is_path = not re.search(r"\s|://", evidence) and re.search(r"[/\\]|\.[A-Za-z0-9]{1,5}$", evidence) is not None
    try:
        return is_path and not (folder / evidence).exists()
    except OSError:
        return False


def _instead(finding: Finding, evidence: Evidence) -> Finding:
    if finding.status is not Status.NOT_ASSESSED or not finding.blocking:
        return finding
    box = next((b for b in BOXES if b.source is Source.MEASURED and finding.code.startswith(b.code)), None)
    attestation = None if box is None else evidence.spec.checklist.get(box.key)
    stated = finding.criterion is not None and finding.code != "PROD-DRIFT-SUMMARY"
    if box is None or attestation is None or stated:  # a stated limit is met by a measurement only
        return finding
    measures, (outcome, reason) = evidence.technical.measures, attested(attestation, evidence.day)
    known = any(_is_known(measures.get(metric)) for metric, code in CODES.items() if code.startswith(box.code))
    if known and outcome is not Outcome.NOT_APPLICABLE:
        return finding  # there is a figure, and what lacks is its limit, which nobody can attest
    if outcome is Outcome.EXPIRED:
        return replace(finding, reason=f"{finding.reason}; {reason}", needs=finding.needs or _needed(box, outcome))
    if outcome.status is not Status.MET:
        return finding
    gap = measures.get(finding.metric)
    why = gap.reason if isinstance(gap, Unavailable) else finding.reason
    said = reason if outcome is Outcome.NOT_APPLICABLE else f"not measured here ({why}); attested {reason}"
    warning = _expiry(attestation, outcome, evidence.day)
    return Finding(finding.code, finding.name, outcome.status, outcome=outcome, reason=said, warning=warning)
