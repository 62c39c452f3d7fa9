"""Which errors does the candidate make, and how many of each? Counted, not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.statistics.costs import mean_of
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.intervals import OrderStatistic
from readiness.statistics.judging import Claim
from readiness.statistics.shares import share_of

DRAWN = 2000
"""Residuals that a figure draws; a seeded sample above."""

_CELLS = (
    ("TN", "Rows rightly left alone"),
    ("FP", "False positives (type I)"),
    ("FN", "False negatives (type II)"),
    ("TP", "Rows rightly found"),
)


def error_facts(evidence: Evidence) -> list[Claim]:
    """Counts and shares of the confusion matrix, or the distribution of the errors."""
    if evidence.task is Task.REGRESSION:
        return _regression(evidence)
    wrong = evidence.cases.y_true != evidence.cases.y_pred
    rate = _fact("RATE", "Share of rows that are wrong", "error_rate", _share(evidence, wrong), "share")
    return [rate, *(_binary(evidence) if evidence.task is Task.BINARY else _multiclass(evidence))]


def _fact(code: str, name: str, metric: str, inference: object, unit: str = "", **more: object) -> Claim:
    return Claim(f"ERRO-{code}", name, metric, inference, None, unit=unit, blocking=False, **more)  # type: ignore[arg-type]


def _share(evidence: Evidence, hit: NDArray[np.bool_]) -> Inference | Undefined:
    """A share of rows, each counted once; rows that depend on each other widen it."""
    return share_of(hit, replace(evidence.cases, weight=None))


def _quantile(evidence: Evidence, sizes: NDArray[np.float64], q: float) -> Inference:
    """A quantile of the rows, each counted once; limits only for independent ones."""
    found = OrderStatistic(sizes, q)
    return found if evidence.cases.dependence.codes is None else Exact(found.value, found.n)


def _binary(evidence: Evidence) -> list[Claim]:
    n = evidence.cases.n
    counts = [int(count) for count in evidence.cases.counts.ravel()]
    words = {str(key): text for key, text in evidence.spec.errors.describe.items()}
    names = evidence.classes
    said = {"FP": words.get("false_positive", ""), "FN": words.get("false_negative", "")}
    claims = [
        _fact(
            code,
            text,
            "rows",
            Exact(float(count), n),
            "rows",
            reason=said.get(code, ""),
            segment={"true": names[place // 2], "predicted": names[place % 2]},
        )
        for place, ((code, text), count) in enumerate(zip(_CELLS, counts, strict=True))
    ]
    for code, index, key in (("FP", 1, "false_positive"), ("FN", 2, "false_negative")):
        text = words.get(key) or key.replace("_", " ") + "s"
        share = _share(evidence, evidence.cases.cell_codes == index)
        claims.append(_fact(f"{code}-SHARE", f"Share of all rows: {text}", "share", share, "share"))
    return claims


def _multiclass(evidence: Evidence) -> list[Claim]:
    counts, names = evidence.cases.counts, evidence.classes
    return [
        _fact(
            f"CELL-{i + 1}-{j + 1}",
            "Rows by true and predicted class",
            "rows",
            Exact(float(counts[i, j]), evidence.cases.n),
            "rows",
            segment={"true": names[i], "predicted": names[j]},
        )
        for i in range(len(names))
        for j in range(len(names))
    ]


def _regression(evidence: Evidence) -> list[Claim]:
    error = evidence.cases.y_pred - evidence.cases.y_true
    size = np.sort(np.abs(error))
    return [
        _fact(
            "BIAS",
            "Mean error (positive: predicted too high)",
            "bias",
            mean_of(error, evidence.cases.dependence, weight=evidence.cases.weight),
        ),
        _fact("P50", "Error that half of the rows stay below", "absolute_error", _quantile(evidence, size, 0.50)),
        _fact("P95", "Error that 95 of 100 rows stay below", "absolute_error", _quantile(evidence, size, 0.95)),
        _fact("MAX", "Largest error", "absolute_error", Exact(float(size[-1]), len(size))),
    ]


def residuals(evidence: Evidence) -> pd.DataFrame:
    """Columns y_true and error, at most `DRAWN` rows, drawn with the spec's seed."""
    y, error = evidence.cases.y_true, evidence.cases.y_pred - evidence.cases.y_true
    rows = np.arange(len(y))
    if len(rows) > DRAWN:
        rows = np.sort(np.random.default_rng(evidence.spec.seed).choice(len(y), DRAWN, replace=False))
    return pd.DataFrame({"y_true": y[rows], "error": error[rows]})
