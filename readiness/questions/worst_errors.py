"""Which single rows went most wrong? Only ids and the columns that the spec names are shown."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.answers import Estimate, Finding, Status
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_edge
from readiness.statistics.cases import Cases
from readiness.visible import shorten

SHOWN = 8
ALIKE = "without costs or probabilities no error counts more than another; these are the first"


def worst_errors(evidence: Evidence, costs: NDArray[np.float64] | None) -> tuple[Finding, ...]:
    """The most expensive errors, or without costs the most confident or largest ones; ties in row order."""
    badness, what, unit = _badness(evidence, costs)
    wrong = np.flatnonzero(_wrong(evidence, badness))
    is_alike = what == "confidence" and not evidence.cases.is_probability
    if len(wrong) > SHOWN:
        bar = np.partition(badness[wrong], -SHOWN)[-SHOWN]
        wrong = wrong[badness[wrong] >= bar]
    # among equally expensive errors the surest ones first
    order = wrong[np.lexsort((-confidence(evidence.cases.subset(wrong)), -badness[wrong]))][:SHOWN]
    return tuple(
        Finding(
            f"ERRO-WORST-{rank}",
            f"Row {row + 1} of the scored rows",
            Status.NOT_ASSESSED,
            blocking=False,
            metric=what,
            segment=_described(evidence, int(row)),
            measured=None if is_alike else _exactly(float(badness[row]), unit),
            reason=ALIKE if is_alike else "",
        )
        for rank, row in enumerate(order, 1)
    )


def _exactly(value: float, unit: str) -> Estimate:
    return Estimate(value, value, value, 1.0, 1, unit, "exact")


def _badness(evidence: Evidence, costs: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], str, str]:
    cases = evidence.cases
    if costs is not None:
        currency = evidence.spec.errors.costs.currency if evidence.spec.errors.costs else ""
        return costs, "cost", currency
    if cases.task is Task.REGRESSION:
        return np.abs(cases.y_pred - cases.y_true), "absolute error", ""
    return np.where(cases.y_true != cases.y_pred, confidence(evidence.cases), 0.0), "confidence", ""


def _wrong(evidence: Evidence, badness: NDArray[np.float64]) -> NDArray[np.bool_]:
    cases = evidence.cases
    return np.asarray(badness > 0 if cases.task is Task.REGRESSION else cases.y_true != cases.y_pred)


def confidence(cases: Cases) -> NDArray[np.float64]:
    """How sure the candidate was of its label, shape (n,), 0 where it gives no probability."""
    if cases.y_score is None or not cases.is_probability or not cases.task.has_classes:
        return np.zeros(cases.n)
    if cases.task is Task.BINARY:
        return np.where(cases.y_pred == 1, cases.y_score, 1 - cases.y_score)
    return np.asarray(cases.y_score[np.arange(cases.n), cases.y_pred])


def _apart(column: str) -> str:
    """A column of the user's may be called like one of ours."""
    return f"{column} (column)" if column in ("true", "predicted") else column


def _is_gap(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _described(evidence: Evidence, row: int) -> dict[str, str]:
    values = {name: evidence.shown[name].iloc[row] for name in evidence.shown.columns}
    shown = {_apart(str(name)): shorten("missing" if _is_gap(value) else str(value)) for name, value in values.items()}
    cases = evidence.cases
    if cases.task is Task.REGRESSION:
        truth, predicted = (format_edge(float(values[row])) for values in (cases.y_true, cases.y_pred))
    else:
        truth, predicted = evidence.classes[int(cases.y_true[row])], evidence.classes[int(cases.y_pred[row])]
    return {**shown, "true": truth, "predicted": predicted}
