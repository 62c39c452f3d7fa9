"""Counts in the data's own words: "54 of 60 rows with is_fraud = 1 were found"."""

from __future__ import annotations

import numpy as np

from readiness.core.metrics import METRICS, Metric
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.spec.schema import Human
from readiness.statistics.cases import Cases
from readiness.statistics.ranking import measure_each_query

_COUNTED = {
    "recall": ("{tp:,} of {p:,} rows with {positive} were found", "rows with {positive}"),
    "false_negative_rate": ("{fn:,} of {p:,} rows with {positive} were missed", "rows with {positive}"),
    "precision": ("{tp:,} of {pp:,} alarms were right", "alarms"),
    "specificity": ("{tn:,} of {n:,} other rows were left alone", "rows without {positive}"),
    "false_positive_rate": ("{fp:,} of {n:,} other rows raised a false alarm", "rows without {positive}"),
    "negative_predictive_value": ("{tn:,} of {pn:,} rows left alone were rightly so", "rows left alone"),
}
_OF_A_CLASS = {
    **_COUNTED,
    "precision": ("{tp:,} of {pp:,} rows predicted as {positive} are right", "rows predicted as {positive}"),
    "specificity": ("{tn:,} of {n:,} other rows were not taken for {positive}", "rows without {positive}"),
    "false_positive_rate": ("{fp:,} of {n:,} other rows were taken for {positive}", "rows without {positive}"),
    "negative_predictive_value": (
        "{tn:,} of {pn:,} rows not predicted as {positive} are right",
        "rows not predicted as {positive}",
    ),
}
"""Where one of many classes is looked for, nobody raises an alarm."""


def count_words(metric: str, cases: Cases, positive: str, *, of_class: bool = False) -> str:
    """The counts behind a metric, or the number of rows where no pair of counts stands behind it.

    Args:
        metric: its name.
        cases: scored rows.
        positive: the positive rows in the data's own words: "is_fraud = 1".
        of_class: whether the positive rows are those of one class among many.
    """
    rows, unweighted = len(cases.y_true), "" if cases.weight is None else ", before weighting"
    if metric == "accuracy":
        return f"{int(np.sum(cases.y_true == cases.y_pred)):,} of {rows:,} rows are right{unweighted}"
    if cases.task is not Task.BINARY or metric not in _COUNTED:
        return f"on {words_of_extent(metric, cases)}"
    cells = np.bincount(2 * cases.y_true + cases.y_pred, minlength=4)
    tn, fp, fn, tp = (int(cell) for cell in cells)
    sums = {"p": tp + fn, "n": tn + fp, "pp": tp + fp, "pn": tn + fn}
    words = (_OF_A_CLASS if of_class else _COUNTED)[metric][0]
    return words.format(tn=tn, fp=fp, fn=fn, tp=tp, **sums, positive=positive) + unweighted


def denominator(metric: str, positive: str, *, of_class: bool = False) -> str:
    """What the rows of a metric's denominator are called."""
    words = _OF_A_CLASS if of_class else _COUNTED
    return words[metric][1].format(positive=positive) if metric in words else independent_cases(metric)


def independent_cases(metric: str) -> str:
    """What is counted as one case: rows, or the queries of a ranking."""
    return "queries" if metric in METRICS and METRICS[metric].needs == "order" else "rows"


def count_of(count: int, noun: str) -> str:
    """A count with its noun: "28 rows with is_fraud = 1", "1 row with is_fraud = 1"."""
    first, _, rest = noun.partition(" ")
    single = f"{first[:-3]}y" if first.endswith("ies") else first.removesuffix("s")
    return f"{count:,} {noun if count != 1 else ' '.join(filter(None, (single, rest)))}"


def as_clause(sentence: str) -> str:
    """A sentence as a part of another one: "There are no rows." as "there are no rows"."""
    is_word = sentence[1:2].islower() or sentence[1:2] == " "
    return (f"{sentence[:1].lower()}{sentence[1:]}" if is_word else sentence).rstrip(". ")


def cases_of_study(metric: Metric, human: Human) -> int | None:
    """Cases that a human figure rests on, where they tell its chance error: a ranking of scores rests on pairs."""
    return None if metric.needs in ("scores", "probabilities") else human.n


def words_of_extent(metric: str, cases: Cases) -> str:
    """How much a metric rests on: "400 rows", or "147 of 150 queries (the others have no relevant row)"."""
    if independent_cases(metric) == "rows" or isinstance(found := measure_each_query(metric, cases), Missing):
        return f"{cases.n:,} rows"
    counted, queries = len(found.values), len(found.values) + found.left_out
    if not found.left_out:
        return f"{queries:,} quer{'y' if queries == 1 else 'ies'}"
    return f"{counted:,} of {queries:,} queries (the others have no relevant row)"
