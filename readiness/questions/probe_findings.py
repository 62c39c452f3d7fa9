"""What came of odd input? The probes as findings: made here, else supplied, else not assessed."""

from __future__ import annotations

from readiness.answers import Finding, Outcome, not_assessed
from readiness.criteria import MUST_PROBES
from readiness.evidence.evidence import Evidence
from readiness.evidence.probes.robustness import ProbeResult
from readiness.evidence.supplied.instead import or_supplied
from readiness.questions.supplied import supplied_probe
from readiness.spec import Production, Spec
from readiness.spec.supplied import NOT_HERE
from readiness.unavailable import Unavailable

PROBED_BOXES = {"missing_value": "missing_values", "unseen_category": "unexpected_categories", "outlier": "outliers"}
"""Probes whose result fills a box of the checklist."""
_PROBE_NAMES = {
    "one_row": "One row by itself",
    "column_order": "Columns in another order",
    "determinism": "The same rows again",
    "missing_value": "Missing values",
    "unseen_category": "Categories never seen before",
    "outlier": "Extreme numbers",
    "empty_frame": "No rows at all",
    "input_not_mutated": "The rows handed in stay unchanged",
}


def probe_findings(evidence: Evidence, criteria: Production) -> list[Finding]:
    """One finding for each probe; those that the policy, the spec or a box of the checklist asks for block."""
    must = {*MUST_PROBES, *criteria.must_handle, *PROBED_BOXES}
    if isinstance(evidence.probes, Unavailable):
        names = sorted({*must, *evidence.spec.supplied.probes})
        return [_unprobed(evidence, criteria, name, evidence.probes, blocking=name in must) for name in names]
    return [
        _probe(_or_supplied(result, evidence.spec), criteria, blocking=result.name in must)
        for result in evidence.probes
    ]


def _or_supplied(result: ProbeResult, spec: Spec) -> ProbeResult:
    given = supplied_probe(spec, result.name) if result.outcome == "unavailable" else None
    return result if given is None else given


def _unprobed(evidence: Evidence, criteria: Production, name: str, why: Unavailable, *, blocking: bool) -> Finding:
    """What is known of a probe that was not made here."""
    given = supplied_probe(evidence.spec, name)
    if given is not None:
        return _probe(given, criteria, blocking=blocking)
    needs = or_supplied(why, f"probes.{name}").needs
    return not_assessed(_probe_code(name), _probe_name(name), why.reason, needs=needs)


def _probe_code(name: str) -> str:
    return f"PROD-PROBE-{name.upper().replace('_', '-')}"


def _probe_name(name: str) -> str:
    return _PROBE_NAMES.get(name, name.replace("_", " "))


def _probe(result: ProbeResult, criteria: Production, *, blocking: bool) -> Finding:
    accepted = result.name in criteria.clean_error_accepted
    outcome = {
        "passed": Outcome.PASSED,
        "not_applicable": Outcome.NOT_APPLICABLE,
        "unavailable": Outcome.UNAVAILABLE,
        "clean_error": Outcome.ACCEPTED_ERROR if accepted else Outcome.FAILED,
    }.get(result.outcome, Outcome.FAILED)
    allowed = result.outcome == "clean_error" and not accepted and result.name != "determinism"
    hint = f"; if a clean error will do, say so in production.clean_error_accepted: [{result.name}]" if allowed else ""
    return Finding(
        _probe_code(result.name),
        _probe_name(result.name),
        outcome.status,
        blocking=blocking,
        outcome=outcome,
        reason=result.reason.rstrip(".") + hint,
        warning=NOT_HERE if result.reason.startswith(NOT_HERE) else "",
    )
