"""How many rows prove that errors cost less than answers without a model, and less than a prediction is worth?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from readiness.criteria import Task
from readiness.delivery.assumptions import STATED, Assumed, Assumptions
from readiness.delivery.planned_candidate import Floats, candidate_table, known_table, level_of
from readiness.delivery.planned_parts import RULED_OUT, Planned, planned, unplanned
from readiness.delivery.planned_rows import Own, by_normal_formula
from readiness.numbers import format_threshold, with_unit
from readiness.spec import Cost, CostColumn, label_text
from readiness.statistics.power import contrast_rows

VARIED = 2.0
"""Mean square of costs that differ from row to row, as a multiple of their squared mean: as for exponential costs."""


def planned_costs(a: Assumptions, power: float) -> Iterator[Planned]:
    """Savings above 0 against doing nothing and the other constant answer; the cost of a prediction below its value."""
    costs, key, text = a.spec.errors.costs, "errors.costs", "savings against doing nothing above 0"
    if costs is None:
        yield unplanned(key, "none is stated, so question 4 cannot be a yes", RULED_OUT)
        return
    if costs.false_positive is None or costs.false_negative is None or a.task is not Task.BINARY:
        yield unplanned(key, text, "cannot be planned: it depends on how the errors spread")
        return
    alarm, missed = _price(a, "false_positive", costs.false_positive), _price(a, "false_negative", costs.false_negative)
    table, assumed = _table(a)
    if table is None or alarm is None or missed is None:
        wanted = [word for word, price in (("false_positive", alarm), ("false_negative", missed)) if price is None]
        wanted += ["recall", "precision", "prevalence"] if table is None else []
        yield unplanned(key, text, "open: state " + " and ".join(f"--assume {word}=…" for word in wanted))
        return
    varied = _second_moments(costs.false_positive, costs.false_negative)
    words = (*assumed, *(price.words(name, costs.currency) for name, price in
                         (("a false alarm costs", alarm), ("a missed positive costs", missed))))  # fmt: skip
    own = np.array([[0.0, alarm.value], [missed.value, 0.0]])
    nothing, other = (own[:, [k, k]] for k in ((1, 0) if _idle_is_positive(a) else (0, 1)))
    yield planned(key, text, _rows(a, table, nothing - own, varied, 0.0, power), words)
    share, said = _capacity(a, table)
    mixed = share * other + (1 - share) * nothing
    answer = "the other answer for every row" if share == 1 else "acting on rows drawn at random"
    text = f"savings against {answer} above 0"
    yield planned("errors.costs, constant", text, _rows(a, table, mixed - own, varied, 0.0, power), (*words, *said))
    value = a.spec.errors.value_per_prediction
    if value is not None:
        limit = with_unit(format_threshold(value), costs.currency)
        yield planned("errors.value_per_prediction", f"errors cost less than {limit} per row",
                      _rows(a, table, -own, varied, -value, power), words)  # fmt: skip


def _capacity(a: Assumptions, table: Floats) -> tuple[float, tuple[str, ...]]:
    """Which share of rows needs no model to be acted on: what can be carried out, or what the candidate acts on."""
    given = a.spec.errors.capacity
    if given is None or given > 1:  # a number of rows is no share before there are rows
        return 1.0, () if given is None else ("every row could be acted on",)
    own = float(table[:, 0 if _idle_is_positive(a) else 1].sum())
    return max(given, own), ()


def _rows(a: Assumptions, table: Floats, gains: Floats, varied: Floats, bar: float, power: float) -> Own | str:
    """Normal formula for the mean gain of a row."""
    mean = float((table * gains).sum())
    if mean <= bar:
        return f"cannot be proven: {mean - bar:+.3g} per row under the assumptions"
    spread = float((table * gains**2 * varied).sum() - mean**2) ** 0.5
    rows = contrast_rows(mean - bar, spread, alpha=a.spec.alpha, power=power)
    return by_normal_formula(a, rows)


def _table(a: Assumptions) -> tuple[Floats | None, tuple[str, ...]]:
    """The cells that recall and precision make; where only one of them or F1 is assumed, both are taken as equal."""
    known = known_table(a)
    named = [(name, level_of(a, name)) for name in ("recall", "precision", "f1")]
    said = tuple(level.words(name) for name, level in named[:2] if level is not None)
    if known is not None:
        return known, said
    for name, level in named:
        if level is not None:
            return candidate_table(a, name, level.value), (level.words(name), "recall and precision alike")
    return None, ()


def _price(a: Assumptions, word: str, cost: Cost) -> Assumed | None:
    if word in a.stated:
        return Assumed(a.stated[word], STATED)
    return None if isinstance(cost, CostColumn) else Assumed(float(cost), "errors.costs")


def _second_moments(alarm: Cost, missed: Cost) -> Floats:
    """By true class: what a cost that differs from row to row adds to the mean square."""
    by_class = [VARIED if isinstance(cost, CostColumn) else 1.0 for cost in (alarm, missed)]
    return np.repeat(np.array(by_class)[:, None], 2, axis=1)


def _idle_is_positive(a: Assumptions) -> bool:
    idle, positive = a.spec.errors.do_nothing, a.spec.data.positive
    return idle is not None and positive is not None and label_text(idle) == label_text(positive)
