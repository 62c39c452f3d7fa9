"""Which boxes of the checklist did a named person answer, and does that still hold?"""

from __future__ import annotations

from dataclasses import replace

from readiness.answers import Finding, Outcome, Status
from readiness.checklist import BOXES, Box, Proofs, Source, conclusion, proofs_among
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


def proofs(evidence: Evidence) -> Proofs:
    """The files that attestations name as evidence, as they were when they were read."""
    return proofs_among((artifact.name, artifact.sha256) for artifact in evidence.gathered.inputs)


def attested_instead(findings: tuple[Finding, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """A measured box that could not be measured may be attested; a measurement always comes first."""
    return tuple(_instead(finding, evidence) for finding in findings)


def _box(box: Box, attestation: Attestation | None, evidence: Evidence) -> Finding:
    if box.source is Source.APPROVAL:
        reason = "answered by the approvals that are given on this report"
        return Finding(box.code, box.title, Status.NOT_ASSESSED, False, outcome=Outcome.PENDING, reason=reason)
    found = conclusion(attestation, evidence.day, proofs(evidence))
    return Finding(
        box.code,
        box.title,
        found.outcome.status,
        outcome=found.outcome,
        reason=found.reason,
        needs="" if found.outcome.status is Status.MET else _needed(box, found.outcome),
        warning=found.warning,
    )


def _needed(box: Box, outcome: Outcome) -> str:
    again = " anew" if outcome is Outcome.EXPIRED else ""
    return f"attest checklist.{box.key}{again}: who, when, and which evidence"


def _instead(finding: Finding, evidence: Evidence) -> Finding:
    if finding.status is not Status.NOT_ASSESSED or not finding.blocking:
        return finding
    box = next((b for b in BOXES if b.source is Source.MEASURED and finding.code.startswith(b.code)), None)
    attestation = None if box is None else evidence.spec.checklist.get(box.key)
    stated = finding.criterion is not None and finding.code != "PROD-DRIFT-SUMMARY"
    if box is None or attestation is None or stated:  # a stated limit is met by a measurement only
        return finding
    measures, found = evidence.technical.measures, conclusion(attestation, evidence.day, proofs(evidence))
    outcome, reason = found.outcome, found.reason
    known = any(_is_known(measures.get(metric)) for metric, code in CODES.items() if code.startswith(box.code))
    if known and outcome is not Outcome.NOT_APPLICABLE:
        return finding  # there is a figure, and what lacks is its limit, which nobody can attest
    if outcome in (Outcome.EXPIRED, Outcome.MISSING):
        return replace(finding, reason=f"{finding.reason}; {reason}", needs=finding.needs or _needed(box, outcome))
    if outcome.status is not Status.MET:
        return finding
    gap = measures.get(finding.metric)
    why = gap.reason if isinstance(gap, Unavailable) else finding.reason
    said = reason if outcome is Outcome.NOT_APPLICABLE else f"not measured here ({why}); attested {reason}"
    return Finding(finding.code, finding.name, outcome.status, outcome=outcome, reason=said, warning=found.warning)
