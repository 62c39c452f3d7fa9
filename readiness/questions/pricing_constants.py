"""Constant answers in place of a model: what would it cost to answer the same for every row?

The best answer that needs no model may well be another one than doing nothing: where a miss costs fifty false alarms,
calling every row positive is cheaper, and a model that calls nine rows of ten positive has saved nobody anything. The
savings are judged against each of them, and every one must be beaten (intersection-union test, Berger 1982).

Not every constant answer can be carried out. Where only so many rows can be acted on (`errors.capacity`), and where a
ranking shows the first rows of each query, what needs no model is to act on as many rows, drawn at random; on as many
as the candidate itself acts on, if that is more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from readiness import criteria as policy
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_edge, format_share
from readiness.questions.pricing import Floats, Prices, cost_of_always, idle_class, median_value, savings_cells
from readiness.spec import Costs

OTHER = "CONSTANT"
"""Of two classes, the one that is not called doing nothing."""


@dataclass(frozen=True, slots=True)
class Constant:
    """An answer that needs no model, and what it would cost row by row."""

    code: str
    """Stable, the end of ERRO-SAVINGS-…: "CONSTANT", "CLASS-3", "QUANTILE", "MEDIAN"."""
    name: str
    """In the data's own words: "always is_fraud = 1"."""
    cost: Floats = field(compare=False)
    """(n,), before weighting; an expectation where rows are drawn at random."""
    pull: Floats | None = field(default=None, compare=False)
    """(n,): what each row adds to the mean cost through the share of rows that is acted on, where that is measured."""
    cells: tuple[float, ...] | None = None
    """Binary with constant costs: savings in the cells TN, FP, FN, TP."""
    range: tuple[float | None, float | None] = (None, None)
    """The least and the most that any of the rows could save."""
    note: str = ""
    warning: str = ""


def chance_to_be_shown(evidence: Evidence) -> Floats | None:
    """Ranking: with which probability a random order shows each row, shape (n,); None for other tasks."""
    queries = evidence.cases.queries
    if queries is None:
        return None
    rows = np.bincount(queries)[queries]
    return np.asarray(np.minimum(evidence.spec.errors.top_k, rows) / rows)


def constants(evidence: Evidence, priced: Prices, shown: Floats | None = None) -> tuple[Constant, ...]:
    """The constant answers besides doing nothing; `shown` are the chances that a random order gives each row."""
    costs = evidence.spec.errors.costs
    if costs is None:
        return ()
    if evidence.task is Task.REGRESSION:
        return tuple(_of_values(evidence, costs))
    found = [_of_class(evidence, priced, code, shown) for code in _classes(evidence)]
    return tuple(sorted(found, key=lambda each: float(each.cost @ evidence.cases.relative_weight)))[
        : policy.MOST_CONSTANTS
    ]


def _classes(evidence: Evidence) -> Iterator[int]:
    idle = idle_class(evidence)
    return (code for code in range(evidence.cases.n_classes) if code != idle)


def _of_class(evidence: Evidence, priced: Prices, answer: int, shown: Floats | None) -> Constant:
    code = OTHER if evidence.task is Task.BINARY else f"CLASS-{answer + 1}"
    cost, named = cost_of_always(evidence, answer), f"{evidence.gathered.data.target} = {evidence.classes[answer]}"
    if shown is not None:
        mixed = shown * cost + (1 - shown) * priced.nothing
        return Constant(code, "a random order that shows as many rows", mixed)
    acted = (evidence.cases.y_pred != idle_class(evidence)).astype(np.float64)
    weight, n = evidence.cases.relative_weight, evidence.cases.n
    own, most = float(weight @ acted) / n, _capacity(evidence)
    if most >= 1:
        cells, span = savings_cells(evidence, answer)
        return Constant(code, f"always {named}", cost, cells=cells, range=span)
    share = max(own, most)
    mixed, drawn = (
        share * cost + (1 - share) * priced.nothing,
        f"{named} for {format_share(share)} of the rows at random",
    )
    note, pull, warning = f"only {format_share(most)} of the rows can be acted on", None, ""
    if own > most:
        note += f", the candidate acts on {format_share(own)}, so that as many are drawn"
        pull = (acted - own) * float(weight @ (cost - priced.nothing)) / n
        warning = "acts on more rows than can be acted on"
    return Constant(code, drawn, mixed, pull, note=note, warning=warning)


def _capacity(evidence: Evidence) -> float:
    """The share of rows that can be acted on, 1 where nothing is said."""
    given = evidence.spec.errors.capacity
    if given is None:
        return 1.0
    return given if given <= 1 else min(1.0, given / evidence.cases.n)


def _of_values(evidence: Evidence, costs: Costs) -> Iterator[Constant]:
    """The median, unless it is called doing nothing, and the quantile that costs least on the training rows."""
    if costs.under is None or costs.over is None:
        return
    if evidence.spec.errors.do_nothing is not None:
        median = median_value(evidence)
        yield Constant("MEDIAN", f"always {format_edge(median)} (the median)", cost_of_always(evidence, median))
    if costs.under != costs.over:
        share = costs.under / (costs.under + costs.over)
        known, source = _known_values(evidence)
        best = float(np.quantile(known, share, method="inverted_cdf"))
        name = f"always {format_edge(best)} ({format_share(share)} of the {source} rows do not exceed it)"
        yield Constant("QUANTILE", name, cost_of_always(evidence, best))


def _known_values(evidence: Evidence) -> tuple[NDArray[np.float64], str]:
    if evidence.training is not None:
        return np.asarray(evidence.training.target, dtype=np.float64), "training"
    return np.asarray(evidence.cases.y_true, dtype=np.float64), "test"
