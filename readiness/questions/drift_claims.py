"""Do the rows that the candidate will meet look like those it was trained on? One claim for each feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.answers import Criterion
from readiness.evidence.evidence import DriftTables, Evidence
from readiness.evidence.tables import holds_many
from readiness.numbers import format_change, format_value
from readiness.spec import Production
from readiness.statistics.drift import Drift, categorical_drift, numeric_drift
from readiness.statistics.inference import Undefined
from readiness.statistics.judging import Claim
from readiness.unavailable import Unavailable
from readiness.visible import shorten


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
    return _drift(tables.reference[column], tables.current[column])


def _drift(reference: pd.Series[Any], current: pd.Series[Any]) -> Drift | Undefined:
    if holds_many(reference) or holds_many(current):
        return Undefined("the column holds lists or records, which cannot be compared")
    if all(pd.api.types.is_datetime64_any_dtype(side.dtype) for side in (reference, current)):
        return numeric_drift(_floats(reference), _floats(current), write=_dates)
    if _is_number(reference) and _is_number(current):
        return numeric_drift(_floats(reference), _floats(current))
    return categorical_drift(reference.astype(object), current.astype(object))


def _is_number(values: pd.Series[Any]) -> bool:
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return False
    return pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype)


def _floats(values: pd.Series[Any]) -> NDArray[np.float64]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        seconds = (values - pd.Timestamp(0, tz=getattr(values.dtype, "tz", None))).dt.total_seconds()
        return np.asarray(seconds, dtype=np.float64)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _dates(seconds: Sequence[float]) -> list[str]:
    """Moments, as seconds since 1970, with the time of day where days alone would not tell them apart."""
    moments = [pd.Timestamp(0) + pd.Timedelta(seconds=each) for each in seconds]
    written = ([moment.strftime(form) for moment in moments] for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"))
    return next((texts for texts in written if len(set(texts)) == len(moments)), [str(moment) for moment in moments])


def _reason(drift: Drift | Undefined, tables: DriftTables) -> str:
    if isinstance(drift, Undefined):
        return drift.reason
    changes = np.abs(np.subtract(drift.current_share, drift.reference_share))
    most = int(changes.argmax())
    before, now = drift.reference_share[most], drift.current_share[most]
    moved = f"the share of rows where it is {shorten(drift.bins[most])} {format_change(before, now)}"
    raw = f"PSI {format_value(drift.index.raw)} less {format_value(drift.index.by_chance)} that chance alone makes"
    sampled = f" ({tables.sampled})" if tables.sampled else ""
    return f"{raw}{sampled}; the largest change: {moved}"
