"""How are counts said in the data's own words? "54 of 60 rows with is_fraud = 1 were found"."""

from __future__ import annotations

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases

_COUNTED = {
    "recall": ("{tp:,} of {p:,} rows with {positive} were found", "rows with {positive}"),
    "false_negative_rate": ("{fn:,} of {p:,} rows with {positive} were missed", "rows with {positive}"),
    "precision": ("{tp:,} of {pp:,} alarms were right", "alarms"),
    "specificity": ("{tn:,} of {n:,} other rows were left alone", "rows without {positive}"),
    "false_positive_rate": ("{fp:,} of {n:,} other rows raised a false alarm", "rows without {positive}"),
}


def counted(metric: str, cases: Cases, positive: str) -> str:
    """The counts behind a metric, or the number of rows where no pair of counts stands behind it."""
    rows = len(cases.y_true)
    if metric == "accuracy":
        return f"{int(np.sum(cases.y_true == cases.y_pred)):,} of {rows:,} rows are right"
    if cases.task is not Task.BINARY or metric not in _COUNTED:
        return f"on {rows:,} rows"
    cells = np.bincount(2 * cases.y_true + cases.y_pred, minlength=4)
    tn, fp, fn, tp = (int(cell) for cell in cells)
    return _COUNTED[metric][0].format(tn=tn, fp=fp, fn=fn, tp=tp, p=tp + fn, pp=tp + fp, n=tn + fp, positive=positive)


def denominator(metric: str, positive: str) -> str:
    """What the rows of a metric's denominator are called."""
    return _COUNTED[metric][1].format(positive=positive) if metric in _COUNTED else "rows"
