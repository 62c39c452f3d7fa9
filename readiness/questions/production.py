"""Will it work in the real world?

Purpose: a file of clean rows is not production; this question looks at speed, size, odd values, drift and operations.
Method: what a program can measure is measured on this machine; the rest a named person attests with evidence.
Signs of risk: a slow tail behind a fast average, an attestation without evidence, drift in a leading feature.
Limits: times hold for this machine and one caller at a time; an attestation is as good as the person who gives it.
"""

from __future__ import annotations

import pandas as pd

from readiness.answers import Answer, Criterion, Finding, Question, not_assessed
from readiness.evidence.evidence import Evidence
from readiness.evidence.supplied.instead import SHARED_FACT, is_timed
from readiness.questions.attestations import attested_instead, box_findings
from readiness.questions.drift_claims import drift_claims
from readiness.questions.probe_findings import probe_findings
from readiness.questions.supplied import marked, unused_measures
from readiness.required import CODES
from readiness.spec import Production
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
_ON_SHARED = {
    f"{metric}{SHARED_FACT}": (
        f"{CODES[metric]}-SHARED",
        f"{METRICS[metric].title[:1].upper()}{METRICS[metric].title[1:]}, on this shared machine",
        METRICS[metric].unit,
    )
    for metric in CODES
    if is_timed(metric)
}
"""What was measured on a shared machine: shown, never judged."""


def ask(evidence: Evidence, criteria: Production) -> Answer:
    """Judge limits, probes, drift and the boxes of the checklist."""
    spec = evidence.spec
    claims = [*_limits(evidence, criteria), *drift_claims(evidence, criteria)]
    findings = settle(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    others = [*_without_limit(evidence, criteria), *probe_findings(evidence, criteria), *box_findings(evidence)]
    facts = settle(_facts(evidence), alpha=spec.alpha, level=spec.confidence)
    judged = attested_instead((*findings, *others), evidence)
    return Answer(Question.PRODUCTION, (*judged, *facts, *unused_measures(evidence)), _table(evidence))


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
    claim = Claim(
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
    return marked(claim, evidence.technical.sources.get(metric, ""))


def _title(metric: str) -> str:
    title = METRICS[metric].title
    return title[:1].upper() + title[1:]


def _how(evidence: Evidence, metric: str) -> str:
    if metric.startswith("latency"):
        return evidence.technical.note
    if metric in evidence.technical.sources:
        return ""
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
    limited = [metric for metric in CODES if _limit_of(evidence, evidence.spec.production, metric) is not None]
    told = {evidence.technical.note} if any(metric.startswith("latency") for metric in limited) else set()
    claims = []
    for metric, measured in evidence.technical.measures.items():
        if isinstance(measured, Unavailable) or metric in limited:
            continue
        how = _how(evidence, metric)
        fact = _fact(CODES[metric], _title(metric), metric, measured, METRICS[metric].unit, "" if how in told else how)
        claims.append(marked(fact, evidence.technical.sources.get(metric, "")))
        told.add(how)  # how all calls were timed is said once
    claims += [
        _fact(code, name, key, evidence.technical.facts[key], unit)
        for key, (code, name, unit) in {**FACTS, **_ON_SHARED}.items()
        if key in evidence.technical.facts
    ]
    return claims


def _fact(code: str, name: str, metric: str, measured: Inference, unit: str, reason: str = "") -> Claim:
    timed = metric != "size_mb"
    return Claim(code, name, metric, measured, None, unit=unit, blocking=False, reason=reason, measured_time=timed)


__all__ = ["TITLE", "ask"]
