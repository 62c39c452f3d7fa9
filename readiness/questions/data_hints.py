"""What in the data itself makes the numbers look better or surer than they are? Warnings, never judged.

A column that gives the answer away, and test rows that the model was fitted on. Nothing is said where nothing stands
out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.row_hashes import row_hashes
from readiness.numbers import format_share, format_value
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.leaks import Telling, giveaways, known_rows, telling_category, telling_number
from readiness.statistics.metrics import number

MOST_FINDINGS = 3
LEAK_ROWS = 50_000
"""Rows on which each column is asked how well it tells the target; so many in all for each class beyond two."""
DUPLICATE_ROWS = 100_000
ROUGH_COLUMNS = 3
DUPLICATE_SHARE = 0.01
"""From this share of test rows on, duplicates of training rows are pointed out."""


def hints(evidence: Evidence) -> list[Claim]:
    """At most three warnings of leaks, one of duplicates."""
    if not len(evidence.rows) or evidence.task is Task.RANKING:
        return []
    return [*_leaks(evidence), *_duplicates(evidence)]


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


# Duplicates -----------------------------------------------------------------------------------------------------


def _duplicates(evidence: Evidence) -> list[Claim]:
    """Test rows with a twin in the training table, beyond the share of training rows that have a twin there, too."""
    training, cases = evidence.training, evidence.cases
    columns = [] if training is None else [name for name in _features(evidence) if name in training.frame]
    if training is None or not columns:
        return []
    asked, drawn = (_sample(evidence, n, DUPLICATE_ROWS) for n in (cases.n, len(training.target)))
    test = evidence.rows.iloc[asked]
    possible = _possible(test, cases.y_true[asked], training, drawn, columns)
    table = row_hashes(training.frame.iloc[possible], columns, training.target[possible])
    twins, _ = known_rows(row_hashes(test, columns, cases.y_true[asked]), table)
    natural = float(np.mean(known_rows(table[np.searchsorted(possible, drawn)], table)[1] > 1))
    share, alpha = Binomial(float(twins.sum()), len(asked)), evidence.spec.alpha
    if not twins.any() or share.lower(alpha) <= natural or share.upper(alpha) - natural <= DUPLICATE_SHARE:
        return []
    return [_duplicate(evidence, training, share, natural, asked, twins)]


def _possible(
    test: pd.DataFrame, y_true: NDArray[Any], training: Training, drawn: NDArray[np.int64], columns: list[str]
) -> NDArray[np.int64]:
    """Training rows that may have a twin, by a few columns, numbers first: they are hashed fast and tell most apart."""
    few = sorted(columns, key=lambda name: -pd.api.types.is_float_dtype(training.frame[name].dtype))[:ROUGH_COLUMNS]
    table = row_hashes(training.frame, few, training.target)
    looked_for = np.concatenate([row_hashes(test, few, y_true), table[drawn]])
    return np.flatnonzero(known_rows(table, looked_for)[0]).astype(np.int64)


def _duplicate(
    evidence: Evidence,
    training: Training,
    share: Binomial,
    natural: float,
    asked: NDArray[np.int64],
    twins: NDArray[np.bool_],
) -> Claim:
    metric = evidence.spec.primary_metric(evidence.task)
    with_them, without = (number(metric.name, evidence.cases.subset(rows)) for rows in (asked, asked[~twins]))
    of_rows, target = _of(asked, evidence.cases.n, "test rows"), evidence.gathered.data.target
    text = (
        f"{int(twins.sum()):,} of {of_rows} ({format_share(share.value)}) stand among the {len(training.target):,} "
        f"training rows, with the same features and the same {target}"
    )
    if natural:
        text += f"; by chance about {format_share(natural)} would, as so many training rows have a twin there, too"
    if math.isfinite(with_them) and math.isfinite(without):
        text += (
            f"; without these rows {metric.title} is {format_value(without, metric.unit, with_them)} instead of "
            f"{format_value(with_them, metric.unit, without)}"
        )
    warning = "the model was fitted on test rows"
    return _fact(
        "BASE-DUPLICATES", "Test rows that stand in the training table", "share", share, text, warning, "share"
    )
