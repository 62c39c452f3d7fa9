"""Will it work in the real world?

Purpose: a file of clean rows is not production; this question looks at speed, size, odd values, drift and operations.
Method: what a program can measure is measured on this machine; the rest a named person attests with evidence.
Signs of risk: a slow tail behind a fast average, an attestation without evidence, drift in a leading feature.
Limits: times hold for this machine and one caller at a time; an attestation is as good as the person who gives it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from readiness.answers import Answer, Criterion, Finding, Outcome, Question, Status, not_assessed
from readiness.checklist import BOXES, Box, Source, attested_outcome
from readiness.criteria import MUST_PROBES
from readiness.evidence.evidence import Evidence
from readiness.evidence.probes.robustness import ProbeResult
from readiness.questions.drift_claims import drift_claims
from readiness.required import CODES
from readiness.spec import Attestation, Production
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.judging import Claim, settle
from readiness.statistics.metrics import METRICS
from readiness.unavailable import Unavailable

TITLE = Question.PRODUCTION.words

FACTS = {
    "latency_cold": ("PROD-LATENCY-COLD", "Latency of the very first call", "ms"),
    "throughput_1": ("PROD-THROUGHPUT-1", "Throughput one row at a time", "rows per second"),
    "throughput_32": ("PROD-THROUGHPUT-32", "Throughput in batches of 32", "rows per second"),
    "throughput_1024": ("PROD-THROUGHPUT-1024", "Throughput in batches of 1,024", "rows per second"),
    "seconds": ("PROD-SECONDS", "Time that all calls and probes of the model took", "s"),
    "memory_model": ("PROD-MEMORY-MODEL", "Memory that model and first prediction add to the libraries", "MB"),
}
PROBED_BOXES = {"missing_value": "missing_values", "unseen_category": "unexpected_categories", "outlier": "outliers"}
"""Probes whose result fills a box of the checklist."""


def ask(evidence: Evidence, criteria: Production) -> Answer:
    """Judge limits, probes, drift and the boxes of the checklist."""
    spec = evidence.spec
    claims = [*_limits(evidence, criteria), *drift_claims(evidence, criteria)]
    findings = settle(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    others = [*_without_limit(evidence, criteria), *_probes(evidence, criteria), *_boxes(evidence)]
    facts = settle(_facts(evidence), alpha=spec.alpha, level=spec.confidence)
    judged = _attested_instead((*findings, *others), evidence)
    return Answer(Question.PRODUCTION, (*judged, *facts), _table(evidence))


def _table(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """For the figure: the sorted single-row latencies."""
    milliseconds = evidence.technical.milliseconds
    return {} if milliseconds is None else {"latency": pd.DataFrame({"milliseconds": milliseconds})}


def _limit_of(evidence: Evidence, criteria: Production, metric: str) -> Criterion | None:
    """The limit in `production`, else the one of a business requirement on the same metric."""
    op = ">=" if METRICS[metric].greater_is_better else "<="
    given = getattr(criteria, metric)
    if given is not None:
        return Criterion(op, given, METRICS[metric].unit, f"set in the spec: production.{metric}")
    for k, requirement in enumerate(evidence.spec.business.requirements, 1):
        if requirement.metric == metric:
            source = f"set in the spec: business.requirements, number {k}"
            return Criterion(requirement.op, requirement.limit, METRICS[metric].unit, source)
    return None


def _limits(evidence: Evidence, criteria: Production) -> list[Claim]:
    return [
        _limit(evidence, metric, limit)
        for metric in CODES
        if (limit := _limit_of(evidence, criteria, metric)) is not None
    ]


def _limit(evidence: Evidence, metric: str, limit: Criterion) -> Claim:
    measured = evidence.technical.measures.get(metric, Unavailable("it was not measured"))
    missing = isinstance(measured, Unavailable)
    return Claim(
        CODES[metric],
        _title(metric),
        metric,
        Undefined(measured.reason) if isinstance(measured, Unavailable) else measured,
        limit,
        unit=METRICS[metric].unit,
        reason=measured.reason if isinstance(measured, Unavailable) else _how(evidence, metric),
        needs=measured.needs if isinstance(measured, Unavailable) else "",
        measured_time=not missing and metric != "size_mb",
        denominator="timed calls",
    )


def _title(metric: str) -> str:
    title = METRICS[metric].title
    return title[:1].upper() + title[1:]


def _how(evidence: Evidence, metric: str) -> str:
    if metric.startswith("latency"):
        return evidence.technical.note
    if metric == "throughput_per_second":
        return "the middle of nine runs in batches of 1,024 rows"
    if metric == "memory_mb":
        return "the most that a fresh process held while it loaded the model and predicted once, libraries included"
    return "the model file"


def _without_limit(evidence: Evidence, criteria: Production) -> list[Finding]:
    """A technical box for which nobody stated a limit is not assessed; what was measured stands as a fact."""
    boxes = {
        "LATENCY": "latency_p99_ms",
        "THROUGHPUT": "throughput_per_second",
        "SIZE": "size_mb",
        "MEMORY": "memory_mb",
    }
    return [
        not_assessed(
            f"PROD-{box}-LIMIT",
            f"Limit for {METRICS[metric].title}",
            "no limit is stated",
            needs=f"state production.{metric}",
            metric=metric,
        )
        for box, metric in boxes.items()
        if not any(_limit_of(evidence, criteria, m) for m in CODES if CODES[m].startswith(f"PROD-{box}"))
    ]


def _facts(evidence: Evidence) -> list[Claim]:
    claims = [
        _fact(CODES[metric], _title(metric), metric, measured, METRICS[metric].unit, _how(evidence, metric))
        for metric, measured in evidence.technical.measures.items()
        if not isinstance(measured, Unavailable) and _limit_of(evidence, evidence.spec.production, metric) is None
    ]
    claims += [
        _fact(code, name, key, evidence.technical.facts[key], unit)
        for key, (code, name, unit) in FACTS.items()
        if key in evidence.technical.facts
    ]
    return claims


def _fact(code: str, name: str, metric: str, measured: Inference, unit: str, reason: str = "") -> Claim:
    timed = metric != "size_mb"
    return Claim(code, name, metric, measured, None, unit=unit, blocking=False, reason=reason, measured_time=timed)


def _probes(evidence: Evidence, criteria: Production) -> list[Finding]:
    must = {*MUST_PROBES, *criteria.must_handle, *PROBED_BOXES}
    if isinstance(evidence.probes, Unavailable):
        why = evidence.probes
        return [
            not_assessed(_probe_code(name), _probe_name(name), why.reason, needs=why.needs) for name in sorted(must)
        ]
    return [_probe(result, criteria, blocking=result.name in must) for result in evidence.probes]


def _probe_code(name: str) -> str:
    return f"PROD-PROBE-{name.upper().replace('_', '-')}"


def _probe_name(name: str) -> str:
    return _PROBE_NAMES.get(name, name.replace("_", " "))


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
    )


def _boxes(evidence: Evidence) -> list[Finding]:
    return [
        _box(box, evidence.spec.checklist.get(box.key), evidence.folder)
        for box in BOXES
        if box.source in (Source.ATTESTED, Source.APPROVAL)
    ]


def _box(box: Box, attestation: Attestation | None, folder: Path) -> Finding:
    if box.source is Source.APPROVAL:
        reason = "answered by the approvals that are given on this report"
        return Finding(box.code, box.title, Status.NOT_ASSESSED, False, outcome=Outcome.PENDING, reason=reason)
    outcome, reason = attested(attestation)
    lacking = outcome is Outcome.ATTESTED and attestation is not None and _names_no_file(attestation.evidence, folder)
    if lacking:
        reason += " (no such file beside the spec)"
    warning = "the evidence was not found" if lacking else ""
    needs = "" if outcome.status is Status.MET else f"attest checklist.{box.key}: who, when, and which evidence"
    return Finding(box.code, box.title, outcome.status, outcome=outcome, reason=reason, needs=needs, warning=warning)


def _names_no_file(evidence: str, folder: Path) -> bool:
    """Whether the evidence reads like a path and leads nowhere; a web address or a sentence does not."""
    is_path = not re.search(r"\s|://", evidence) and re.search(r"[/\\]|\.[A-Za-z0-9]{1,5}$", evidence) is not None
    try:
        return is_path and not (folder / evidence).exists()
    except OSError:
        return False


def attested(attestation: Attestation | None) -> tuple[Outcome, str]:
    """What an attestation comes to, in one sentence."""
    outcome = attested_outcome(attestation)
    if attestation is None:
        return outcome, "nobody has attested it"
    who = f"{attestation.by or 'unnamed'}, {attestation.on or 'undated'}; evidence: {attestation.evidence or 'none'}"
    words = {
        Outcome.NOT_APPLICABLE: f"does not apply: {attestation.not_applicable}",
        Outcome.PENDING: "it is still pending",
        Outcome.FAILED: f"attested as not done: {who}",
    }
    return outcome, words.get(outcome, who)


def _attested_instead(findings: tuple[Finding, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """A measured box that could not be measured may be attested; a measurement always comes first."""
    return tuple(_instead(finding, evidence) for finding in findings)


def _instead(finding: Finding, evidence: Evidence) -> Finding:
    if finding.status is not Status.NOT_ASSESSED or not finding.blocking:
        return finding
    box = next((b for b in BOXES if b.source is Source.MEASURED and finding.code.startswith(b.code)), None)
    attestation = None if box is None else evidence.spec.checklist.get(box.key)
    if attestation is None:
        return finding
    outcome, reason = attested(attestation)
    stated = finding.criterion is not None and finding.code != "PROD-DRIFT-SUMMARY"
    if stated or outcome.status is not Status.MET:  # a stated limit is met by a measurement only
        return finding
    said = f"not measured here ({finding.reason}); attested by {reason}"
    return Finding(finding.code, finding.name, outcome.status, outcome=outcome, reason=said)


__all__ = ["TITLE", "ask", "attested"]
