"""Do the rows that the candidate will meet look like those it was trained on? One claim for each feature."""

from __future__ import annotations

from dataclasses import replace

from readiness.answers import Criterion, Status
from readiness.evidence.drifting import column_drift, largest_change
from readiness.evidence.evidence import DriftTables, Evidence
from readiness.evidence.steadiness import DRIFT_OF_ANSWERS, steady_answers
from readiness.numbers import format_value
from readiness.spec import Production
from readiness.statistics.basis import inference_of
from readiness.statistics.drift import Drift
from readiness.statistics.inference import Undefined
from readiness.statistics.judging import Claim, settle
from readiness.unavailable import Unavailable
from readiness.visible import shorten


def drift_claims(evidence: Evidence, criteria: Production) -> list[Claim]:
    """Each feature's population stability index must be proven to be at most the limit, unless the spec exempts it, or
    the answers to recent rows are proven to be like those to test rows.
    """
    limit = Criterion("<=", criteria.drift_limit, "PSI", criteria.origin("drift_limit"))
    tables = evidence.drift
    if isinstance(tables, Unavailable):
        name = "Training distribution matches production"
        return [
            Claim(
                "PROD-DRIFT-SUMMARY", name, "psi", Undefined(tables.reason), limit, unit="PSI",
                reason=tables.reason, needs=tables.needs,
            )
        ]  # fmt: skip
    columns = [_claim(k, name, tables, limit, criteria.drift_warning) for k, name in enumerate(tables.features, 1)]
    judged = [_exempted(claim) if claim.segment["column"] in criteria.drift_exempt else claim for claim in columns]
    answers = _answers(evidence, criteria) if tables.against == "recent" else None
    if answers is None:
        return judged
    drifted = {claim.code for claim in judged if claim.blocking and not _is_settled(claim, evidence)}
    if not drifted or not _is_met(answers, evidence):
        return [*judged, replace(answers, blocking=False)]
    return [*(_by_answers(claim) if claim.code in drifted else claim for claim in judged), answers]


def _is_met(claim: Claim, evidence: Evidence) -> bool:
    spec = evidence.spec
    return settle([claim], alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)[0].status is Status.MET


def _is_settled(claim: Claim, evidence: Evidence) -> bool:
    """Whether no drift has to be explained: it is within the limit, or could not be looked at."""
    return isinstance(claim.inference, Undefined) or _is_met(claim, evidence)


def _answers(evidence: Evidence, criteria: Production) -> Claim | None:
    """How far the candidate's answers have moved; None where these are not known, or something speaks against them.

    What drift does is then known better than from the columns: see `steadiness`.
    """
    found = steady_answers(evidence.soundness)
    if found is None or found.bounds is None or found.bounds.basis is None:
        return None
    return Claim(
        DRIFT_OF_ANSWERS,
        "Drift of the answers, test against recent rows",
        "psi",
        inference_of(found.bounds.basis),
        Criterion("<=", criteria.drift_warning, "PSI", criteria.origin("drift_warning")),
        unit="PSI",
        reason=found.reason,
        denominator="rows on each side",
        from_scores=False,
    )


def _by_answers(claim: Claim) -> Claim:
    """A column that has drifted, or may have, while the answers stayed: shown with a warning, not judged."""
    assert claim.criterion is not None
    assert not isinstance(claim.inference, Undefined)
    moved = "may have drifted" if claim.criterion.holds(claim.inference.value) else "has drifted"
    words = "not judged by itself, as the answers to recent rows are like those to test rows"
    return replace(
        claim,
        blocking=False,
        reason=f"{claim.reason}; {words}",
        warning=f"{shorten(claim.segment['column'])} {moved}; the answers have not",
    )


def _exempted(claim: Claim) -> Claim:
    """A column that the spec says is meant to change: shown, without a bar."""
    measured, criterion = claim.inference, claim.criterion
    is_beyond = not isinstance(measured, Undefined) and criterion is not None and not criterion.holds(measured.value)
    return replace(
        claim,
        name=f"{claim.name} (exempt)",
        criterion=None,
        blocking=False,
        reason=f"the spec exempts it from the limit of drift; {claim.reason}",
        needs="",
        warning=f"{claim.warning}; the spec exempts {shorten(claim.segment['column'])}" if is_beyond else "",
    )


def _claim(k: int, column: str, tables: DriftTables, limit: Criterion, warning: float) -> Claim:
    drift = _compared(column, tables)
    against = f"training against {tables.against} rows"
    return Claim(
        f"PROD-DRIFT-{k}",
        f"Drift of {column}, {against}",
        "psi",
        drift if isinstance(drift, Undefined) else drift.index,
        limit,
        unit="PSI",
        segment={"column": column},
        reason=_reason(drift, tables),
        needs=f"give {column} in both tables" if isinstance(drift, Undefined) else "",
        warning="" if isinstance(drift, Undefined) or drift.index.value <= warning else f"drift above {warning:g}",
        denominator=f"rows on each side of {column}",
        from_scores=False,
    )


def _compared(column: str, tables: DriftTables) -> Drift | Undefined:
    sides = {"training": tables.reference, tables.against: tables.current}
    lacking = [f"the {name} table" for name, frame in sides.items() if column not in frame]
    if lacking:
        return Undefined(f"{' and '.join(lacking)} has no such column")
    return column_drift(tables.reference[column], tables.current[column])


def _reason(drift: Drift | Undefined, tables: DriftTables) -> str:
    if isinstance(drift, Undefined):
        return drift.reason
    raw = f"PSI {format_value(drift.index.raw)} less {format_value(drift.index.by_chance)} that chance alone makes"
    sampled = f" ({tables.sampled})" if tables.sampled else ""
    return f"{raw}{sampled}; the largest change: {largest_change(drift)}"
