"""Speed, size and memory for question 6: what has a limit, what is only shown, and times that are no evidence.

Service times are of one caller who waits for each answer; response times are of requests that arrive at a rate, whether
the ones before are answered or not, and count from the arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from readiness.core.claims import Claims
from readiness.core.findings import Claim, Finding, Outcome, not_stated
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import METRICS, QUANTILES, RESPONSE_QUANTILES
from readiness.core.missing import Missing
from readiness.evidence.evidence import Evidence
from readiness.evidence.probes.load import Load
from readiness.evidence.probes.throughput import WORKERS_BATCH
from readiness.evidence.supplied.instead import SHARED_FACT
from readiness.questions.supplied import mark_supplied
from readiness.statistics.call_times import call_quantile
from readiness.statistics.inference import Inference
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.verdict.claims import CLOCKS_AGREE, LIMITED, SIDE_LIMITS, TOPICS

FACTS = {
    "latency_cold": (Topic.LATENCY_COLD.key(), "Latency of the very first call", "ms"),
    "throughput_1": (Topic.THROUGHPUT_OF_BATCH.key(1), "Throughput one row at a time", "rows per second"),
    "throughput_32": (Topic.THROUGHPUT_OF_BATCH.key(32), "Throughput in batches of 32", "rows per second"),
    "throughput_1024": (Topic.THROUGHPUT_OF_BATCH.key(1024), "Throughput in batches of 1,024", "rows per second"),
    "load_knee": (Topic.LOAD_KNEE.key(), "Requests per second at the knee", "per second"),
    "seconds": (Topic.PROBE_SECONDS.key(), "Time that all calls and probes of the model took", "s"),
    "size_compressed": (Topic.SIZE_COMPRESSED.key(), "Model size after compression (zlib)", "MB"),
    "memory_to_load": (Topic.MEMORY_TO_LOAD.key(), "Memory that loading the model adds to the libraries", "MB"),
    "memory_model": (Topic.MEMORY_OF_MODEL.key(), "Memory that model and first prediction add to the libraries", "MB"),
}
_ON_SHARED = {
    f"{metric}{SHARED_FACT}": (
        topic.key(),
        f"{METRICS[metric].title[:1].upper()}{METRICS[metric].title[1:]}, on this shared machine",
        METRICS[metric].unit,
    )
    for metric, topic in {
        "latency_p50_ms": Topic.LATENCY_P50_SHARED,
        "latency_p95_ms": Topic.LATENCY_P95_SHARED,
        "latency_p99_ms": Topic.LATENCY_P99_SHARED,
        "latency_p999_ms": Topic.LATENCY_P999_SHARED,
        "throughput_per_second": Topic.THROUGHPUT_SHARED,
    }.items()
}
"""What was measured on a shared machine: shown, never judged."""


METRICS_OF = {topic: metric for metric, topic in TOPICS.items()}
"""The technical metric that a stated limit is about."""


def technical_tables(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """For the figures: the sorted service times, and what came of requests at each level of load."""
    milliseconds, loads = evidence.technical.milliseconds, _loads(evidence)
    tables = {} if milliseconds is None else {"latency": pd.DataFrame({"milliseconds": milliseconds})}
    return {**tables, "load": _load_table(loads)} if loads else tables


def measure_limits(evidence: Evidence, demanded: Claims) -> list[Measurement]:
    """What was measured for every limit that is stated."""
    stated = [_measure_limit(evidence, METRICS_OF[claim.key.kind], claim) for claim in demanded.of_kind(*METRICS_OF)]
    errors = [_with_claim(_load_errors(evidence), claim) for claim in demanded.of_kind(Topic.LOAD_ERRORS)]
    growth = [_with_claim(_growth(evidence), claim) for claim in demanded.of_kind(Topic.MEMORY_GROWTH)]
    return [*stated, *errors, *growth]


def _with_claim(measured: Measurement, claim: Claim) -> Measurement:
    return replace(measured, claim=claim)


def _measure_limit(evidence: Evidence, metric: str, claim: Claim) -> Measurement:
    measured = evidence.technical.measures.get(metric, Missing("it was not measured"))
    missing = isinstance(measured, Missing)
    found = Measurement(
        claim,
        metric,
        Missing(measured.reason) if isinstance(measured, Missing) else measured,
        unit=METRICS[metric].unit,
        reason=measured.reason if isinstance(measured, Missing) else how_measured(evidence, metric),
        needs=measured.needs if isinstance(measured, Missing) else "",
        measured_time=not missing and metric != "size_mb",
        denominator="requests" if metric in RESPONSE_QUANTILES else "timed calls",
    )
    return mark_supplied(found, evidence.technical.sources.get(metric, ""))


def _title(metric: str) -> str:
    title = METRICS[metric].title
    return title[:1].upper() + title[1:]


def how_measured(evidence: Evidence, metric: str) -> str:
    """How a technical metric was measured, in words; empty where somebody supplied it."""
    if metric in QUANTILES:
        return evidence.technical.note
    if metric in RESPONSE_QUANTILES:
        return evidence.technical.load_note
    if metric in evidence.technical.sources:
        return ""
    measured = evidence.technical.measures.get(metric)
    runs = "several" if measured is None or isinstance(measured, Missing) else measured.n
    if metric == "throughput_per_second":
        return f"the middle of {runs} runs in batches of 1,024 rows"
    if metric == "memory_mb":
        return "the most that a fresh process held while it loaded the model and predicted once, libraries included"
    return "the model file"


def without_limit(demanded: Claims) -> list[Finding]:
    """A technical box for which nobody stated a limit is not assessed; what was measured stands as a fact."""
    return [not_stated(claim, metric=LIMITED[claim.key.kind]) for claim in demanded.of_kind(*LIMITED)]


def technical_facts(evidence: Evidence, demanded: Claims) -> list[Measurement]:
    """Whatever was measured and has no limit."""
    limited = [METRICS_OF[claim.key.kind] for claim in demanded.of_kind(*METRICS_OF)]
    told = {how_measured(evidence, metric) for metric in limited if metric in {**QUANTILES, **RESPONSE_QUANTILES}}
    claims = []
    for metric, measured in evidence.technical.measures.items():
        if isinstance(measured, Missing) or metric in limited:
            continue
        how = how_measured(evidence, metric)
        fact = _fact(
            TOPICS[metric].key(), _title(metric), metric, measured, METRICS[metric].unit, "" if how in told else how
        )
        claims.append(mark_supplied(fact, evidence.technical.sources.get(metric, "")))
        told.add(how)  # how all calls were timed is said once
    claims += [
        _fact(key, name, fact, evidence.technical.facts[fact], unit)
        for fact, (key, name, unit) in {**FACTS, **_ON_SHARED}.items()
        if fact in evidence.technical.facts
    ]
    if not demanded.of_kind(Topic.MEMORY_GROWTH) and "memory_growth" in evidence.technical.facts:
        claims.append(_growth(evidence))
    if not demanded.of_kind(Topic.LOAD_ERRORS) and _loads(evidence):
        claims.append(_load_errors(evidence))
    return [*claims, *_workers(evidence), *map(_load, _loads(evidence))]


def _fact(
    key: FindingKey,
    name: str,
    metric: str,
    measured: Inference | Missing,
    unit: str,
    reason: str = "",
    warning: str = "",
) -> Measurement:
    timed = metric != "size_mb"
    return Measurement.fact(key, name, metric, measured, unit=unit, reason=reason, warning=warning, measured_time=timed)


# ----------------------------------------------------------------------------------------------------
# Growth of memory, requests at a rate, several processes


def _growth(evidence: Evidence) -> Measurement:
    measured = evidence.technical.facts.get("memory_growth", Missing("no calls were timed in the model's process"))
    surely = not isinstance(measured, Missing) and measured.lower(evidence.spec.alpha) > 0
    return _fact(
        Topic.MEMORY_GROWTH.key(),
        SIDE_LIMITS["memory_growth_mb"][1],
        "memory_growth",
        measured,
        "MB",
        "" if isinstance(measured, Missing) else f"resident memory of the model's process over {measured.n:,} calls",
        warning="memory grows with every call" if surely else "",
    )


def _load(load: Load) -> Measurement:
    lost = f"; {load.errors:,} without an answer" if load.errors else ""
    return _fact(
        Topic.LOAD.key(load.percent),
        f"Response time of 95 % of requests at {load.percent} % of the stated rate",
        "response_p95_ms",
        call_quantile(load.response / 1e6, RESPONSE_QUANTILES["response_p95_ms"]),
        METRICS["response_p95_ms"].unit,
        f"{len(load.response):,} requests at {load.rate:,.4g} in a second, {load.answered:,.4g} answered{lost}",
        warning=f"{load.errors:,} of {len(load.response):,} requests had no answer" if load.errors else "",
    )


def _load_errors(evidence: Evidence) -> Measurement:
    """Requests without an answer at all levels together."""
    key, name = Topic.LOAD_ERRORS.key(), SIDE_LIMITS["load_errors"][1]
    told, loads = evidence.technical.loads, _loads(evidence)
    if not loads:
        gap = told if isinstance(told, Missing) else Missing("no requests were sent at a rate")
        return Measurement.fact(key, name, "load_errors", gap, reason=gap.reason, needs=gap.needs)
    sent, errors = sum(len(load.response) for load in loads), sum(load.errors for load in loads)
    words = next((f": {load.error}" for load in loads if load.error), "")
    levels = f"at {loads[0].percent} to {loads[-1].percent} % of the stated rate"
    how = f"{errors:,} of {sent:,} requests {levels}{words}"
    return _fact(key, name, "load_errors", Binomial(errors, sent), "share", how)


def _loads(evidence: Evidence) -> tuple[Load, ...]:
    """What is known of levels of load."""
    found = evidence.technical.loads
    return () if isinstance(found, Missing) else found


def _load_table(loads: Sequence[Load]) -> pd.DataFrame:
    rows = []
    for load in loads:
        milliseconds = load.response / 1e6
        p95 = call_quantile(milliseconds, 0.95)
        rows.append(
            {
                "percent": load.percent,
                "rate": load.rate,
                "answered": load.answered,
                "requests": len(milliseconds),
                "errors": load.errors,
                "p50": call_quantile(milliseconds, 0.5).value,
                "p95": p95.value,
                "low": p95.lower(0.025),
                "high": p95.upper(0.025),
            }
        )
    return pd.DataFrame(rows)


def _workers(evidence: Evidence) -> list[Measurement]:
    return [
        _fact(
            Topic.THROUGHPUT_OF_WORKERS.key(count),
            f"Throughput of {count} process{'es' if count > 1 else ''} at once, in batches of {WORKERS_BATCH}",
            "throughput_per_second",
            measured,
            "rows per second",
        )
        for count, measured in evidence.technical.by_workers.items()
    ]


def clock_findings(evidence: Evidence) -> list[Finding]:
    """That the clock beside the model and the one outside contradict each other, where they do."""
    why = evidence.technical.contradiction
    if not why:
        return []
    needs = "a model that leaves the clock of its process alone, or times from a load test under supplied.latency"
    return [
        Finding(
            Topic.CLOCKS.key(), CLOCKS_AGREE, Outcome.FAILED.status, outcome=Outcome.FAILED, reason=why, needs=needs
        )
    ]


__all__ = ["clock_findings", "how_measured", "measure_limits", "technical_facts", "technical_tables", "without_limit"]
