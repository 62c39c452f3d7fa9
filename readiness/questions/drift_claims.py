"""Do the rows that the candidate will meet look like those it was trained on? One claim for each feature."""

from __future__ import annotations

from readiness.answers import Criterion
from readiness.evidence.drifting import column_drift, largest_change
from readiness.evidence.evidence import DriftTables, Evidence
from readiness.numbers import format_value
from readiness.spec import Production
from readiness.statistics.drift import Drift
from readiness.statistics.inference import Undefined
from readiness.statistics.judging import Claim
from readiness.unavailable import Unavailable


def drift_claims(evidence: Evidence, criteria: Production) -> list[Claim]:
    """Each feature's population stability index must be proven to be at most the limit."""
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
    columns = enumerate(tables.features, 1)
    return [_claim(k, name, tables, limit, criteria.drift_warning) for k, name in columns]


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
