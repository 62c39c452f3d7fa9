"""How many rows does one metric need to clear its limit, if it truly has the assumed value?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from readiness.catalogue import Metric
from readiness.criteria import SEGMENT_ROWS, Task
from readiness.delivery.assumptions import Assumptions
from readiness.delivery.planned_candidate import (
    NORMAL_SQUARES,
    ROOTS,
    Floats,
    candidate_table,
    is_mean_loss,
    is_share_of_all,
    row_spread,
)
from readiness.spec import label_text
from readiness.statistics.labels import BINARY_LABEL_METRICS
from readiness.statistics.power import (
    auc_rows,
    average_precision_rows,
    contrast_rows,
    curved_rows,
    loss_rows,
    proportion_rows,
)

OF_POSITIVES = frozenset({"recall", "false_negative_rate"})
OF_NEGATIVES = frozenset({"specificity", "false_positive_rate"})
CORRELATIONS = frozenset({"matthews_corrcoef", "cohen_kappa"})
"""From -1 to 1."""
FEWEST, FEWEST_OF_A_CLASS = SEGMENT_ROWS, 10
"""Below these a normal formula is no guide."""
NEVER = "no number of rows proves it"


@dataclass(frozen=True, slots=True)
class Own:
    """Rows of a metric's own denominator."""

    rows: int
    noun: str
    share: float | None = 1.0
    """Of the test rows that are such rows; None when nobody knows."""
    note: str = ""
    """What else was assumed."""

    @property
    def total(self) -> int | None:
        """Test rows that hold so many; None when nobody knows."""
        return math.ceil(self.rows / self.share - 1e-9) if self.share else None


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be proven, and how surely."""

    truth: float
    bar: float
    alpha: float
    power: float

    def by(self, rows: Callable[..., int | None], *more: float) -> int | None:
        """The rows by a function of `statistics.power`."""
        return rows(self.truth, self.bar, *more, alpha=self.alpha, power=self.power)


def rows_of(a: Assumptions, metric: Metric, aim: Aim, *, wants_more: bool = True) -> Own | str:
    """The rows of its own denominator that a metric needs, or in a sentence why nobody can tell."""
    if aim.truth == aim.bar or (aim.truth > aim.bar) != wants_more:
        return f"cannot be proven: the assumed {metric.title} does not clear the limit"
    if metric.needs == "own":
        return "cannot be planned: only your own function knows how it spreads from row to row"
    found = _rows_of(a, metric, aim, wants_more)
    return NEVER if found is None else found


def _rows_of(a: Assumptions, metric: Metric, aim: Aim, wants_more: bool) -> Own | str | None:
    name = metric.name
    if name in ("roc_auc", "average_precision"):
        return _ranking(a, name, aim)
    if _is_share_of_rows(metric):
        return _share(a, metric, aim, wants_more)
    if name in ("f1", "jaccard"):
        return _through_jaccard(a, name, aim)
    if is_mean_loss(name):
        spread = a.spread(name, aim.truth)
        return _mean(aim.by(loss_rows, spread.value), f"spread {spread.value:.4g} ({spread.source})")
    if name in ROOTS:
        squares = Aim(aim.truth**2, aim.bar**2, aim.alpha, aim.power)
        return _mean(squares.by(loss_rows, NORMAL_SQUARES * squares.truth), "errors as of a normal law")
    sd = row_spread(a, metric, aim.truth)
    if sd is None:
        return _untold(a, metric)
    rows = _by_spread(metric, aim, sd)
    if metric.needs == "order":
        return _own(rows, "queries", None, f"spread {sd:.3g} per query")
    return by_normal_formula(a, rows)


def _own(rows: int | None, noun: str, share: float | None, note: str = "") -> Own | None:
    return None if rows is None else Own(rows, noun, share, note)


def _mean(rows: int | None, note: str) -> Own | None:
    return None if rows is None else Own(max(FEWEST, rows), "rows", 1.0, note)


def _by_spread(metric: Metric, aim: Aim, sd: float) -> int | None:
    """The plain normal formula; where the metric cannot exceed 1, on a scale that knows it."""
    if metric.greater_is_better and (metric.is_share or metric.name in CORRELATIONS):
        least = 0.0 if metric.is_share else -1.0
        return curved_rows(aim.truth, aim.bar, sd, least=least, alpha=aim.alpha, power=aim.power)
    return contrast_rows(abs(aim.truth - aim.bar), sd, alpha=aim.alpha, power=aim.power)


def by_normal_formula(a: Assumptions, rows: int | None) -> Own | str:
    """Rows of a normal formula, which speaks of nothing smaller than 30 rows with 10 of the rarer class."""
    if rows is None:
        return NEVER
    rarer = 1.0 if a.prevalence is None else min(a.prevalence.value, 1 - a.prevalence.value)
    fewest = max(FEWEST, math.ceil(FEWEST_OF_A_CLASS / rarer - 1e-9))
    note = f"the formula speaks of no fewer than {fewest:,} rows" if rows < fewest else ""
    return Own(max(rows, fewest), "rows", 1.0, note)


def _untold(a: Assumptions, metric: Metric) -> str:
    if metric.name in BINARY_LABEL_METRICS and a.prevalence is None:
        return "needs the share of positives: state it with --assume prevalence=…"
    why = "on how the errors spread over the classes" if a.task is Task.MULTICLASS else "on more than its value"
    return f"cannot be planned: its chance error depends {why}"


def _is_share_of_rows(metric: Metric) -> bool:
    parts = {"precision", "negative_predictive_value"} | OF_POSITIVES | OF_NEGATIVES
    return metric.name in parts or is_share_of_all(metric.name)


def _share(a: Assumptions, metric: Metric, aim: Aim, wants_more: bool) -> Own | None:
    rows = (
        proportion_rows(aim.truth, aim.bar, alpha=aim.alpha, power=aim.power)
        if wants_more
        else proportion_rows(1 - aim.truth, 1 - aim.bar, alpha=aim.alpha, power=aim.power)
    )
    noun, share = denominator(a, metric.name, aim.truth)
    return _own(rows, noun, share)


def denominator(a: Assumptions, metric: str, value: float) -> tuple[str, float | None]:
    """The rows that a metric counts in the data's words, and which share of all rows they are, if that is known."""
    positives = None if a.prevalence is None else a.prevalence.value
    if metric in OF_POSITIVES:
        return _rows_with(a), positives
    if metric in OF_NEGATIVES:
        return f"rows without {_rows_with(a).removeprefix('rows with ')}", None if positives is None else 1 - positives
    if metric in ("precision", "negative_predictive_value", "f1", "jaccard"):
        table = candidate_table(a, metric, value)
        shares = None if table is None else _predicted(metric, table)
        return _PREDICTED[metric], shares
    return "rows", 1.0


_PREDICTED = {
    "precision": "rows that are predicted positive",
    "negative_predictive_value": "rows that are predicted negative",
    "f1": "rows that are positive or predicted positive",
    "jaccard": "rows that are positive or predicted positive",
}


def _predicted(metric: str, table: Floats) -> float:
    (tn, fp), (fn, tp) = table.tolist()
    share = {"precision": tp + fp, "negative_predictive_value": tn + fn}.get(metric, tp + fp + fn)
    return float(share)


def _rows_with(a: Assumptions) -> str:
    positive = a.spec.data.positive
    return "rows with the class that is looked for" if positive is None else (
        f"rows with {a.spec.data.target} = {label_text(positive)}"
    )  # fmt: skip


def _through_jaccard(a: Assumptions, name: str, aim: Aim) -> Own | None:
    """F1 = 2J / (1 + J) with the share J = TP / (TP + FP + FN)."""
    truth, bar = (aim.truth, aim.bar) if name == "jaccard" else (_jaccard(aim.truth), _jaccard(aim.bar))
    noun, share = denominator(a, name, aim.truth)
    return _own(proportion_rows(truth, bar, alpha=aim.alpha, power=aim.power), noun, share)


def _jaccard(f1: float) -> float:
    return f1 / (2 - f1)


def _ranking(a: Assumptions, name: str, aim: Aim) -> Own | None:
    share = None if a.prevalence is None else a.prevalence.value
    if name == "average_precision":
        positives = aim.by(average_precision_rows)
        return None if positives is None else Own(max(FEWEST_OF_A_CLASS, positives), _rows_with(a), share)
    rows = aim.by(auc_rows, share or 0.5)
    if rows is None:
        return None
    rows = max(rows, math.ceil(FEWEST_OF_A_CLASS / min(share or 0.5, 1 - (share or 0.5)) - 1e-9))
    if share is None:
        return Own(math.ceil(rows / 2), f"{_rows_with(a)} and as many without", None)
    return Own(math.ceil(rows * share), f"{_rows_with(a)} and {math.ceil(rows * (1 - share)):,} without", share)
