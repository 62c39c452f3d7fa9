"""Does a record claim as supplied only what the spec supplies, and as measured only what could be measured here?"""

from __future__ import annotations

from collections.abc import Sequence

from readiness.answers import Finding, Outcome, Status, rounded
from readiness.required import CODES
from readiness.spec import Spec
from readiness.spec.supplied import FIGURES, NOT_HERE
from readiness.verdict.record import RecordedAnswer

_METRICS = {code: metric for metric, code in CODES.items()}
_REFITS = ("STAB-HALF-WIDTH", "STAB-CHURN", "STAB-STD")
_PROBE = "PROD-PROBE-"


def false_supplies(answers: Sequence[RecordedAnswer], spec: Spec) -> tuple[str, ...]:
    """Codes of findings that are labelled as supplied without being so in the spec, or not as the spec has them; and
    of findings that are judged without the label although nothing could be measured here: there is no model file, or
    the clock of a shared machine says little.
    """
    found = [finding for answer in answers for finding in answer.findings]
    labelled = [f for f in found if NOT_HERE in f.warning]
    judged = [f for f in found if f.blocking and f.status is not Status.NOT_ASSESSED and f not in labelled]
    wrong = [f.code for f in labelled if not _agrees(f, spec)]
    return (*wrong, *(f.code for f in judged if _cannot_be_measured(f, spec)))


def _part(finding: Finding, spec: Spec) -> str:
    """What a finding rests on: "folds", "seeds", "probes.one_row", or a technical metric; empty for anything else."""
    code = finding.code
    if code.startswith("STAB-SEEDS"):
        return "seeds"
    if code.startswith("STAB-"):
        return "folds"
    if code.startswith(_PROBE):
        return f"probes.{code.removeprefix(_PROBE).lower().replace('-', '_')}"
    if code.startswith("BUSI-"):
        required = {f"BUSI-{k}": each.metric for k, each in enumerate(spec.business.requirements, 1)}
        return required.get(code, "") if required.get(code) in CODES else ""
    return _METRICS.get(code, "")


def _agrees(finding: Finding, spec: Spec) -> bool:
    given, part = spec.supplied, _part(finding, spec)
    if part in ("folds", "seeds"):
        return getattr(given, part) is not None
    if part.startswith("probes."):
        probes = {f"probes.{name}": probe.passed for name, probe in given.probes.items()}
        return part in probes and finding.outcome is (Outcome.PASSED if probes[part] else Outcome.FAILED)
    if not part or not given.source_of(part):
        return False
    if finding.measured is None or part not in FIGURES:
        return True
    return bool(finding.measured.value == rounded(getattr(given, part).value))


def _cannot_be_measured(finding: Finding, spec: Spec) -> bool:
    part = _part(finding, spec)
    if finding.outcome is Outcome.ATTESTED or (part == "folds" and finding.code not in _REFITS) or not part:
        return False
    on_the_clock = part.startswith("latency_") or part == "throughput_per_second"
    return spec.model.path is None or (spec.production.measured_on == "shared" and on_the_clock)
