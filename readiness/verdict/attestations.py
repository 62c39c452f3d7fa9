"""Attestations in a record: boxes answered as the spec's `checklist` answers them, outcomes that the spec allows."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

from readiness.core.checklist import BEFORE_ALL, BOXES, NO_LIMIT, NO_PROOFS, Conclusion, Proofs, Source, conclusion
from readiness.core.findings import Answer, Finding, Outcome, Question, Status
from readiness.core.keys import Topic
from readiness.core.probes import probe_kind
from readiness.spec.schema import Spec
from readiness.verdict.claims import TOPICS


def false_attestations(
    answers: Sequence[Answer], spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> tuple[str, ...]:
    """Codes of the boxes that are answered otherwise than the spec's `checklist` answers them on the day.

    `proofs` is the evidence that is there. A yes must say on what grounds, and carry its warning.
    """
    found = [f for answer in answers if answer.question is Question.PRODUCTION for f in answer.findings]
    boxes = [box for box in BOXES if box.source is Source.ATTESTED]
    said = {box.finding: conclusion(spec.checklist.get(box.key), day, proofs) for box in boxes}
    said |= {box.finding: Conclusion(Outcome.PENDING, "") for box in BOXES if box.source is Source.APPROVAL}
    wrong = [f.code for f in found if f.key in said and not _says(f, said[f.key])]
    measured = {f.key.kind for f in found if f.measured is not None}
    others = [f for f in found if f.key not in said]
    return (*wrong, *(f.code for f in others if not _may_hold(f, spec, day, proofs, measured)))


def _says(finding: Finding, said: Conclusion) -> bool:
    """Whether the finding of a box says what its attestation comes to; where that is a yes, to the word."""
    if (finding.outcome, finding.status) != (said.outcome, said.outcome.status):
        return False
    return finding.status is not Status.MET or (finding.reason, finding.warning) == (said.reason, said.warning)


def _may_hold(finding: Finding, spec: Spec, day: datetime.date, proofs: Proofs, measured: Collection[Topic]) -> bool:
    """Whether a finding of question 6 that no person has to answer may hold its outcome."""
    if finding.outcome is Outcome.ACCEPTED_ERROR:
        name = finding.key.part("probe")
        return probe_kind(name).clean_error == "always" or name in spec.production.clean_error_accepted
    if (
        finding.outcome is Outcome.NOT_APPLICABLE
        and probe_kind(finding.key.part("probe")).may_not_apply
        and spec.model.can_be_asked
    ):
        return True
    if finding.outcome not in (Outcome.ATTESTED, Outcome.NOT_APPLICABLE):
        return True
    boxes = [box for box in BOXES if finding.key.kind in NO_LIMIT and box.holds(finding.key)]
    # what was measured lacks its limit, which nobody can attest
    is_measured = any(topic in measured for box in boxes for topic in TOPICS.values() if topic in box.topics)
    may = finding.outcome is Outcome.NOT_APPLICABLE or not is_measured
    return may and is_attested_instead(finding, spec, day, proofs)


def is_attested_instead(
    finding: Finding, spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> bool:
    """Whether a measured box holds the good outcome that the spec's `checklist` attests in place of a measurement."""
    boxes = [box for box in BOXES if box.source is Source.MEASURED and box.holds(finding.key)]
    said = conclusion(spec.checklist.get(boxes[0].key) if boxes else None, day, proofs)
    is_so = finding.outcome is said.outcome and finding.reason.endswith(said.reason) and finding.warning == said.warning
    return finding.bounds is None and is_so and said.outcome.status is Status.MET
