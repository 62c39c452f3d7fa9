"""Question 6: latency, memory, robustness, drift, and what people attest.

Purpose: a file of clean rows is not production; this question looks at speed, size, odd values, drift and operations.
Method: what a program can measure is measured on this machine; the rest a named person attests with evidence.
Signs of risk: a slow tail behind a fast average, an attestation without evidence, drift in a leading feature.
Limits: times hold for this machine and one caller at a time; an attestation is as good as the person who gives it.
"""

from __future__ import annotations

from dataclasses import replace

from readiness.core.checklist import BOXES, Box, Proofs, Source, conclusion, proofs_among
from readiness.core.claims import Claims
from readiness.core.findings import Answer, Claim, Finding, Origin, Outcome, Question, Status, not_assessed
from readiness.core.format import format_value
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.probes import probe_kind
from readiness.core.sanitize import shorten
from readiness.core.withholding import steady_answers
from readiness.evidence.drift import column_drift, largest_change
from readiness.evidence.evidence import DriftTables, Evidence
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.supplied.instead import or_supplied
from readiness.questions.supplied import supplied_probe, unused_measures
from readiness.questions.technical import (
    clock_findings,
    measure_limits,
    technical_facts,
    technical_tables,
    without_limit,
)
from readiness.spec.schema import NOT_HERE, Attestation, Production, Spec
from readiness.statistics.basis import inference_of
from readiness.statistics.drift import Drift
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.means import share_of
from readiness.statistics.sample_size import rows_without_slip
from readiness.verdict.claims import TOPICS, claims_of

# ----------------------------------------------------------------------------------------------------
# Odd input: the probes as findings, made here, else supplied, else not assessed.


def probe_findings(evidence: Evidence, criteria: Production) -> list[Finding]:
    """One finding for each probe; those that the policy, the spec or a box of the checklist asks for block."""
    demanded = claims_of(evidence.spec, evidence.task)
    must = {claim.key.part("probe") for claim in demanded.of_kind(Topic.PROBE)}
    if isinstance(evidence.probes, Missing):
        names = sorted({*must, *evidence.spec.supplied.probes})
        return [_probe_missing(evidence, criteria, name, evidence.probes, blocking=name in must) for name in names]
    return [_probe_made(result, evidence.spec, criteria, blocking=result.name in must) for result in evidence.probes]


def _probe_made(result: ProbeResult, spec: Spec, criteria: Production, *, blocking: bool) -> Finding:
    """What came of a probe here, or elsewhere where it could not be made."""
    given = supplied_probe(spec, result.name) if result.outcome == "unavailable" else None
    if given is not None:
        return _probe(given, criteria, blocking=blocking, origin=Origin.SUPPLIED)
    return _probe(result, criteria, blocking=blocking)


def _probe_missing(evidence: Evidence, criteria: Production, name: str, why: Missing, *, blocking: bool) -> Finding:
    """What is known of a probe that was not made here."""
    given = supplied_probe(evidence.spec, name)
    if given is not None:
        return _probe(given, criteria, blocking=blocking, origin=Origin.SUPPLIED)
    needs = or_supplied(why, f"probes.{name}").needs
    return not_assessed(Topic.PROBE.key(name), probe_kind(name).title, why.reason, needs=needs)


def _probe(result: ProbeResult, criteria: Production, *, blocking: bool, origin: Origin = Origin.HERE) -> Finding:
    kind = probe_kind(result.name)
    accepted = kind.clean_error == "always" or result.name in criteria.clean_error_accepted
    outcome = {
        "passed": Outcome.PASSED,
        "not_applicable": Outcome.NOT_APPLICABLE,
        "unavailable": Outcome.UNAVAILABLE,
        "clean_error": Outcome.ACCEPTED_ERROR if accepted else Outcome.FAILED,
    }.get(result.outcome, Outcome.FAILED)
    allowed = result.outcome == "clean_error" and not accepted and kind.clean_error != "never"
    hint = f"; if a clean error will do, say so in production.clean_error_accepted: [{result.name}]" if allowed else ""
    return Finding(
        Topic.PROBE.key(result.name),
        kind.title,
        outcome.status,
        blocking=blocking,
        outcome=outcome,
        reason=result.reason.rstrip(".") + hint,
        warning=NOT_HERE if origin is Origin.SUPPLIED else "",
        origin=origin,
        example=result.example,
    )


# ----------------------------------------------------------------------------------------------------
# What the spec says of the answer as one column changes: the share of rows that break it.


def pair_measurements(evidence: Evidence, demanded: Claims) -> list[Measurement]:
    """One measurement for each expectation under `production.monotonic` and `production.invariant`."""
    return [_measure_pair(evidence, claim) for claim in demanded.of_kind(Topic.MONOTONIC, Topic.INVARIANT)]


def _measure_pair(evidence: Evidence, claim: Claim) -> Measurement:
    found = evidence.pairs.get(claim.key, Missing("the model was not asked", "give the model file under model.path"))
    if isinstance(found, Missing):
        return Measurement(claim, "broken_share", found, unit="share", reason=found.reason, needs=found.needs)
    cases = evidence.cases.subset(found.rows)
    share = share_of(found.broken, cases)
    bar = claim.criterion
    assert bar is not None
    alpha = evidence.spec.alpha
    few = not isinstance(share, Missing) and not bar.holds(share.upper(alpha))
    least = rows_without_slip(bar.threshold, alpha)
    tried = f"each of {len(found.rows):,} rows with {len(found.values)} values of the column in place of its own"
    beside = "" if found.is_feature else "; the model does not take this column, other columns may stand in for it"
    breaks = int(found.broken.sum())
    return Measurement(
        claim,
        "broken_share",
        share,
        unit="share",
        reason=f"{breaks:,} of {len(found.rows):,} rows break it; tried was {tried}{beside}",
        needs=f"{least:,} test rows without a break; tried were {len(found.rows):,}" if few and not breaks else "",
        warning="" if found.is_feature else "the model does not take this column",
        example=found.example,
    )


# ----------------------------------------------------------------------------------------------------
# Drift between the rows that the candidate will meet and those it was trained on: one claim for each feature.


def drift_claims(evidence: Evidence, criteria: Production) -> list[Measurement]:
    """Each feature's population stability index must be proven to be at most the limit, unless the spec exempts it, or
    the answers to recent rows are proven to be like those to test rows.
    """
    demanded, tables = claims_of(evidence.spec, evidence.task), evidence.drift
    if isinstance(tables, Missing):
        return [
            Measurement(
                demanded.claim(Topic.DRIFT_SUMMARY.key()),
                "psi",
                Missing(tables.reason),
                unit="PSI",
                reason=tables.reason,
                needs=tables.needs,
            )
        ]
    columns = [
        _measure_drift(demanded.claim(Topic.DRIFT.key(k), name), name, tables, criteria.drift_warning)
        for k, name in enumerate(tables.features, 1)
    ]
    judged = [_exempt(claim) if claim.segment["column"] in criteria.drift_exempt else claim for claim in columns]
    answers = _answers(evidence, demanded) if tables.against == "recent" else None
    if answers is None:
        return judged
    drifted = {claim.code for claim in judged if claim.claim.blocking and not _is_settled(claim, evidence)}
    if not drifted or not _is_met(answers, evidence):
        return [*judged, answers.with_claim(blocking=False)]
    return [*(_by_answers(claim) if claim.code in drifted else claim for claim in judged), answers]


def _is_met(claim: Measurement, evidence: Evidence) -> bool:
    spec = evidence.spec
    return judge_claims([claim], alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)[0].status is Status.MET


def _is_settled(claim: Measurement, evidence: Evidence) -> bool:
    """Whether no drift has to be explained: it is within the limit, or could not be looked at."""
    return isinstance(claim.inference, Missing) or _is_met(claim, evidence)


def _answers(evidence: Evidence, demanded: Claims) -> Measurement | None:
    """How far the candidate's answers have moved; None where these are not known, or something speaks against them.

    What drift does is then known better than from the columns: see `steadiness`.
    """
    found = steady_answers(evidence.soundness)
    if found is None or found.bounds is None or found.bounds.basis is None:
        return None
    return Measurement(
        demanded.claim(Topic.DRIFT_OF_ANSWERS.key()),
        "psi",
        inference_of(found.bounds.basis),
        unit="PSI",
        reason=found.reason,
        denominator="rows on each side",
        from_scores=False,
    )


def _by_answers(claim: Measurement) -> Measurement:
    """A column that has drifted, or may have, while the answers stayed: shown with a warning, not judged."""
    assert claim.criterion is not None
    assert not isinstance(claim.inference, Missing)
    moved = "may have drifted" if claim.criterion.holds(claim.inference.value) else "has drifted"
    words = "not judged by itself, as the answers to recent rows are like those to test rows"
    return replace(
        claim.with_claim(blocking=False),
        reason=f"{claim.reason}; {words}",
        warning=f"{shorten(claim.segment['column'])} {moved}; the answers have not",
    )


def _exempt(claim: Measurement) -> Measurement:
    """A column that the spec says is meant to change: shown, without a bar."""
    measured, criterion = claim.inference, claim.criterion
    is_beyond = not isinstance(measured, Missing) and criterion is not None and not criterion.holds(measured.value)
    shown = claim.with_claim(name=f"{claim.claim.name} (exempt)", criterion=None, blocking=False)
    return replace(
        shown,
        reason=f"the spec exempts it from the limit of drift; {claim.reason}",
        needs="",
        warning=f"{claim.warning}; the spec exempts {shorten(claim.segment['column'])}" if is_beyond else "",
    )


def _measure_drift(claim: Claim, column: str, tables: DriftTables, warning: float) -> Measurement:
    drift = _compared(column, tables)
    against = f"training against {tables.against} rows"
    return Measurement(
        claim.with_name(f"{claim.name}, {against}"),
        "psi",
        drift if isinstance(drift, Missing) else drift.index,
        unit="PSI",
        segment={"column": column},
        reason=_reason(drift, tables),
        needs=f"give {column} in both tables" if isinstance(drift, Missing) else "",
        warning="" if isinstance(drift, Missing) or drift.index.value <= warning else f"drift above {warning:g}",
        denominator=f"rows on each side of {column}",
        from_scores=False,
    )


def _compared(column: str, tables: DriftTables) -> Drift | Missing:
    sides = {"training": tables.reference, tables.against: tables.current}
    lacking = [f"the {name} table" for name, frame in sides.items() if column not in frame]
    if lacking:
        return Missing(f"{' and '.join(lacking)} has no such column")
    return column_drift(tables.reference[column], tables.current[column])


def _reason(drift: Drift | Missing, tables: DriftTables) -> str:
    if isinstance(drift, Missing):
        return drift.reason
    raw = f"PSI {format_value(drift.index.raw)} less {format_value(drift.index.by_chance)} that chance alone makes"
    sampled = f" ({tables.sampled})" if tables.sampled else ""
    return f"{raw}{sampled}; the largest change: {largest_change(drift)}"


# ----------------------------------------------------------------------------------------------------
# Attestations: boxes of the checklist that a named person answered, and whether that still holds


def box_findings(evidence: Evidence) -> list[Finding]:
    """One finding for each box that only a person can answer."""
    return [
        _box(box, evidence.spec.checklist.get(box.key), evidence)
        for box in BOXES
        if box.source in (Source.ATTESTED, Source.APPROVAL)
    ]


def _is_known(measure: Inference | Missing | None) -> bool:
    return measure is not None and not isinstance(measure, Missing)


def proofs(evidence: Evidence) -> Proofs:
    """The files that attestations name as evidence, as they were when they were read."""
    return proofs_among(evidence.gathered.inputs)


def attest_instead(findings: tuple[Finding, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """A measured box that could not be measured may be attested; a measurement always comes first."""
    return tuple(_instead(finding, evidence) for finding in findings)


def _box(box: Box, attestation: Attestation | None, evidence: Evidence) -> Finding:
    if box.source is Source.APPROVAL:
        reason = "answered by the approvals that are given on this report"
        return Finding(
            Topic.BOX.key(box.key), box.title, Status.NOT_ASSESSED, False, outcome=Outcome.PENDING, reason=reason
        )
    found = conclusion(attestation, evidence.day, proofs(evidence))
    return Finding(
        Topic.BOX.key(box.key),
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
    box = next((b for b in BOXES if b.source is Source.MEASURED and b.holds(finding.key)), None)
    attestation = None if box is None else evidence.spec.checklist.get(box.key)
    stated = finding.criterion is not None and finding.key.kind is not Topic.DRIFT_SUMMARY
    if box is None or attestation is None or stated:  # a stated limit is met by a measurement only
        return finding
    measures, found = evidence.technical.measures, conclusion(attestation, evidence.day, proofs(evidence))
    outcome, reason = found.outcome, found.reason
    known = any(_is_known(measures.get(metric)) for metric, topic in TOPICS.items() if topic in box.topics)
    if known and outcome is not Outcome.NOT_APPLICABLE:
        return finding  # there is a figure, and what lacks is its limit, which nobody can attest
    if outcome in (Outcome.EXPIRED, Outcome.MISSING):
        return replace(finding, reason=f"{finding.reason}; {reason}", needs=finding.needs or _needed(box, outcome))
    if outcome.status is not Status.MET:
        return finding
    gap = measures.get(finding.metric)
    why = gap.reason if isinstance(gap, Missing) else finding.reason
    said = reason if outcome is Outcome.NOT_APPLICABLE else f"not measured here ({why}); attested {reason}"
    return Finding(finding.key, finding.name, outcome.status, outcome=outcome, reason=said, warning=found.warning)


# ----------------------------------------------------------------------------------------------------

TITLE = Question.PRODUCTION.words


def ask(evidence: Evidence, criteria: Production) -> Answer:
    """Judge limits, probes, drift and the boxes of the checklist."""
    spec, demanded = evidence.spec, claims_of(evidence.spec, evidence.task)
    claims = [
        *measure_limits(evidence, demanded),
        *drift_claims(evidence, criteria),
        *pair_measurements(evidence, demanded),
    ]
    findings = judge_claims(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    others = [
        *without_limit(demanded),
        *clock_findings(evidence),
        *probe_findings(evidence, criteria),
        *box_findings(evidence),
    ]
    facts = judge_claims(technical_facts(evidence, demanded), alpha=spec.alpha, level=spec.confidence)
    judged = attest_instead((*findings, *others), evidence)
    return Answer(Question.PRODUCTION, (*judged, *facts, *unused_measures(evidence)), technical_tables(evidence))


__all__ = ["TITLE", "ask"]
