"""What in the data itself makes the numbers look better or surer than they are? Warnings, never judged.

A column that gives the answer away. Nothing is said where nothing stands out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_share, format_value
from readiness.statistics.inference import Exact
from readiness.statistics.judging import Claim
from readiness.statistics.leaks import Telling, giveaways, telling_category, telling_number

MOST_FINDINGS = 3
LEAK_ROWS = 50_000
"""Rows on which each column is asked how well it tells the target; so many in all for each class beyond two."""


def hints(evidence: Evidence) -> list[Claim]:
    """At most three warnings of leaks."""
    if not len(evidence.rows) or evidence.task is Task.RANKING:
        return []
    return _leaks(evidence)


def _fact(code: str, name: str, metric: str, value: Any, reason: str, warning: str, unit: str = "") -> Claim:
    return Claim(code, name, metric, value, None, unit=unit, blocking=False, reason=reason, warning=warning)


def _sample(evidence: Evidence, n: int, most: int) -> NDArray[np.int64]:
    """Positions of at most so many of n rows, in their order."""
    if n <= most:
        return np.arange(n, dtype=np.int64)
    return np.sort(np.random.default_rng([evidence.spec.seed, most]).choice(n, most, replace=False)).astype(np.int64)


def _of(rows: NDArray[np.int64], n: int, what: str) -> str:
    return f"{n:,} {what}" if len(rows) == n else f"a random sample of {len(rows):,} of {n:,} {what}"


# Leaks ----------------------------------------------------------------------------------------------------------


def _leaks(evidence: Evidence) -> list[Claim]:
    cases = evidence.cases
    rows = _sample(evidence, cases.n, LEAK_ROWS // (cases.n_classes if evidence.task is Task.MULTICLASS else 1))
    told = {name: _telling(evidence, name, rows) for name in _features(evidence)}
    return [_leak(evidence, k, name, told, rows) for k, name in enumerate(giveaways(told)[:MOST_FINDINGS], 1)]


def _features(evidence: Evidence) -> list[str]:
    known = evidence.candidate or evidence.training
    return [name for name in known.features if name in evidence.rows] if known is not None else []


def _telling(evidence: Evidence, name: str, rows: NDArray[np.int64]) -> Telling:
    column, cases = evidence.rows[name].iloc[rows], evidence.cases
    kind, y_true = column.dtype, cases.y_true[rows]
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return telling_number(values, y_true, cases.task, cases.n_classes)
    if pd.api.types.is_datetime64_any_dtype(kind):
        values = np.where(column.isna(), np.nan, column.astype("int64").to_numpy(dtype=np.float64))
        return telling_number(values, y_true, cases.task, cases.n_classes)
    codes = pd.factorize(column.astype(str))[0].astype(np.int64)
    return telling_category(codes, y_true, cases.task, cases.n_classes)


def _leak(evidence: Evidence, k: int, name: str, told: dict[str, Telling], rows: NDArray[np.int64]) -> Claim:
    mine, n = told[name], evidence.cases.n
    rest = max((each.area for each in told.values() if not each.is_nearly_all), default=None)
    if evidence.task.has_classes:
        classes = f"{evidence.positive} and another one" if evidence.task is Task.BINARY else "two classes"
        text = f"{name} alone orders {format_share(mine.area)} of all pairs of a row of {classes} rightly"
        shown = "" if rest is None else f"; the next column orders {format_share(rest)}"
    else:
        text = f"{name} alone orders the rows almost as {evidence.gathered.data.target} does"
        text += f" (rank correlation {format_value(mine.area)}"
        text += ")" if rest is None else f"; the next column has {format_value(rest)})"
        shown = ""
    ask = "; ask whether it is known when a prediction is made, or only once the answer is"
    title = f"How much {name} alone tells of {evidence.gathered.data.target}"
    metric = "roc_auc" if evidence.task.has_classes else "rank_correlation"
    value = Exact(mine.area, len(rows))
    reason = f"{text}{shown}, on {_of(rows, n, 'rows')}{ask}"
    return _fact(f"BASE-LEAK-{k}", title, metric, value, reason, "does it give the answer away?")
