"""Refits, timed calls, rows of drift and rows for savings that the claims of questions 2, 5 and 6 need."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from readiness.core import policy
from readiness.core.findings import Claim
from readiness.core.format import format_threshold, with_unit
from readiness.core.metrics import QUANTILES, RESPONSE_QUANTILES
from readiness.core.policy import Task
from readiness.core.sanitize import shown
from readiness.planning.assumptions import (
    STATED,
    Assumed,
    Assumptions,
    Floats,
    candidate_table,
    known_table,
    level_of,
    row_spread,
)
from readiness.planning.rows_needed import (
    CALLS,
    NEVER,
    RECENT,
    RULED_OUT,
    TEST,
    TRAINING,
    Planned,
    RowsNeeded,
    by_normal_formula,
    planned,
    unplanned,
)
from readiness.spec.schema import Cost, CostColumn, label_text
from readiness.statistics.call_times import fewest_calls, planned_looks
from readiness.statistics.inference import student_quantile
from readiness.statistics.sample_size import contrast_rows, drift_rows, proportion_rows, rows_without_slip
from readiness.verdict.claims import TOPICS


def size_churn(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """Rows that refits predict, so that the share of labels that change is proven to be small."""
    limit = a.spec.stability.churn_met
    churn = a.number("churn", limit / 2, "half of the limit")
    rows = proportion_rows(1 - churn.value, 1 - limit, alpha=a.spec.alpha, power=power)
    hopeless = "cannot be proven: the assumed share is not below the limit"
    needed = hopeless if rows is None else RowsNeeded(rows, "rows that refits predict", 1.0)
    text = f"at most {100 * limit:.4g} % of labels change on refitting"
    yield planned(claim.source, text, needed, (churn.words("churn"),), kind=TRAINING)


def size_pair(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """Test rows that prove that few of all break what the spec says of one column."""
    bar, text = claim.criterion, shown(claim.name)
    assert bar is not None
    if bar.refuted_beyond == 0:  # one row that breaks it refutes it, so that what is assumed is that none does
        rows = rows_without_slip(bar.threshold, a.spec.alpha)
        yield planned(claim.source, f"{text}: in no row", RowsNeeded(rows, "rows", 1.0), ("no row breaks it",))
        return
    found = proportion_rows(1 - bar.threshold / 2, 1 - bar.threshold, alpha=a.spec.alpha, power=power)
    needed = NEVER if found is None else RowsNeeded(found, "rows", 1.0)
    text = f"{text}: broken in at most {100 * bar.threshold:.4g} % of rows"
    yield planned(claim.source, text, needed, ("half of that breaks it",))


def size_half_width(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """T · S · root(1/J + n_test / n_train) (Nadeau and Bengio 2003) with folds that differ by chance alone."""
    stability, metric = a.spec.stability, a.spec.primary_metric(a.task)
    key, text = claim.source, f"half the interval of the mean {metric.label} at most {stability.half_width:g}"
    level = level_of(a, metric.name)
    spread = None if level is None else row_spread(a, metric, level.value)
    if level is None or spread is None:
        yield unplanned(key, text, f"open: state --assume {metric.name}=…", TRAINING)
        return
    limit = stability.half_width * (level.value if a.task is policy.Task.REGRESSION else 1.0)
    scores = stability.folds * stability.repeats
    t = student_quantile((1 - a.spec.confidence) / 2, scores - 1)
    unlucky = float(chdtri(scores - 1, 1 - power)) / (scores - 1)
    per_fold = unlucky * (t * spread / limit) ** 2 * (1 / scores + 1 / (stability.folds - 1))
    needed = RowsNeeded(math.ceil(stability.folds * per_fold), "rows", 1.0, "folds that differ by chance alone")
    yield planned(key, text, needed, (level.words(metric.label, metric.unit),), kind=TRAINING)


def size_latency(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """Timed calls for a limit of a latency; one that only the business states is sized with its requirement."""
    name = next(metric for metric, topic in TOPICS.items() if topic is claim.key.kind)
    limit = getattr(a.spec.production, name)
    if limit is not None:
        text = f"{a.spec.metric(name).title} <= {format_threshold(limit)} ms"
        yield latency_calls(a, claim.source, text, name, power)


def latency_calls(a: Assumptions, key: str, text: str, name: str, power: float) -> Planned:
    """Calls that prove a quantile of latency, or requests that prove one of the response; sizes and the like are
    measured on the spot and need no rows.

    What is timed here is looked at a few planned times, each with its part of the error, so that it takes as many calls
    as the next look has.
    """
    production, quantiles = a.spec.production, {**QUANTILES, **RESPONSE_QUANTILES}
    if name not in quantiles:
        return Planned(key, text, 0, "measured on the spot, needs no rows", (), TEST)
    q, made, timed = quantiles[name], production.calls, a.spec.model.can_be_asked
    looks = planned_looks(made) if timed else (made,)
    alpha = a.spec.alpha / len(looks)
    within = a.number("within", (1 + q) / 2, "half-way between the quantile and 1; --assume within=…")
    calls = proportion_rows(within.value, q, alpha=alpha, power=power)
    if calls is None:
        return unplanned(key, text, "cannot be proven: too few calls within the limit are assumed", CALLS)
    needed = next((look for look in looks if look >= calls), calls) if timed else calls
    short = "" if made >= calls else f", so set production.calls to {calls:,}"
    often = f"after {', '.join(f'{look:,}' for look in looks)} calls" if len(looks) > 1 else f"after {made:,} calls"
    here = f"; the spec looks {often}{short}" if timed else " in a log under supplied.latency"
    rate = production.rate_per_second
    if name in RESPONSE_QUANTILES and rate is not None:
        slow = needed / rate > production.call_seconds
        late = f", so set production.call_seconds to {math.ceil(needed / rate):,}" if slow else ""
        here += f"; at {rate:g} requests in a second they take {needed / rate:,.3g} seconds{late}"
    own = RowsNeeded(needed, f"calls, at least {fewest_calls(q, alpha):,} even if none is slower{here}")
    return planned(key, text, own, (within.words("share of calls within the limit"),), kind=CALLS)


def size_drift(a: Assumptions, power: float) -> Iterator[Planned]:
    """Without drift the index is (bins - 1)(1/n + 1/m) on average; that and its chance error must fit the limit."""
    limit, bins = a.spec.production.drift_limit, policy.DRIFT_BINS
    rows = drift_rows(limit, bins, alpha=a.spec.alpha, power=power)
    by_chance = (bins - 1) * 2 / rows
    noun = f"rows on each side; by chance alone the index is then {by_chance:.2g} in {bins} bins"
    yield planned("production.drift_limit", f"drift of each feature at most {limit:g}", RowsNeeded(rows, noun),
                   ("no true drift",), kind=RECENT)  # fmt: skip


# ----------------------------------------------------------------------------------------------------
# Rows that prove that errors cost less than answers without a model, and less than a prediction is worth

VARIED = 2.0
"""Mean square of costs that differ from row to row, as a multiple of their squared mean: as for exponential costs."""


@dataclass(frozen=True, slots=True)
class _Priced:
    """What two costs of errors and the cells of the assumed candidate come to."""

    table: Floats
    """Shares of the cells [[TN, FP], [FN, TP]]."""
    own: Floats
    """What a row of each cell costs under the candidate, and likewise below."""
    nothing: Floats
    other: Floats
    """Under the other constant answer."""
    varied: Floats
    assumed: tuple[str, ...]


def size_savings(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """Savings above 0 against doing nothing; why nobody can tell is said here, for all that rests on costs."""
    if claim.lacking:
        yield unplanned(claim.source, "none is stated, so question 4 cannot be a yes", RULED_OUT)
        return
    text, priced = "savings against doing nothing above 0", _priced(a)
    if isinstance(priced, str):
        yield unplanned(claim.source, text, priced)
        return
    gains = priced.nothing - priced.own
    yield planned(claim.source, text, _rows(a, priced.table, gains, priced.varied, 0.0, power), priced.assumed)


def size_constant(a: Assumptions, _claim: Claim, power: float) -> Iterator[Planned]:
    """The same against the other constant answer."""
    priced = _priced(a)
    if isinstance(priced, str):
        return
    share, said = _capacity(a, priced.table)
    mixed = share * priced.other + (1 - share) * priced.nothing
    answer = "the other answer for every row" if share == 1 else "acting on rows drawn at random"
    needed = _rows(a, priced.table, mixed - priced.own, priced.varied, 0.0, power)
    yield planned("errors.costs, constant", f"savings against {answer} above 0", needed, (*priced.assumed, *said))


def size_cost(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    """The cost of a prediction below its value."""
    priced, value, costs = _priced(a), a.spec.errors.value_per_prediction, a.spec.errors.costs
    if isinstance(priced, str) or value is None or costs is None:
        return
    text = f"errors cost less than {with_unit(format_threshold(value), costs.currency)} per row"
    needed = _rows(a, priced.table, -priced.own, priced.varied, -value, power)
    yield planned(claim.source, text, needed, priced.assumed)


def _priced(a: Assumptions) -> _Priced | str:
    """The prices, or why nobody can tell what the errors would cost."""
    costs = a.spec.errors.costs
    if costs is None or costs.false_positive is None or costs.false_negative is None or a.task is not Task.BINARY:
        return "cannot be planned: it depends on how the errors spread"
    alarm, missed = _price(a, "false_positive", costs.false_positive), _price(a, "false_negative", costs.false_negative)
    table, assumed = _table(a)
    if table is None or alarm is None or missed is None:
        wanted = [word for word, price in (("false_positive", alarm), ("false_negative", missed)) if price is None]
        wanted += ["recall", "precision", "prevalence"] if table is None else []
        return "open: state " + " and ".join(f"--assume {word}=…" for word in wanted)
    named = (("a false alarm costs", alarm), ("a missed positive costs", missed))
    words = (*assumed, *(price.words(name, costs.currency) for name, price in named))
    own = np.array([[0.0, alarm.value], [missed.value, 0.0]])
    nothing, other = (own[:, [k, k]] for k in ((1, 0) if _idle_is_positive(a) else (0, 1)))
    return _Priced(table, own, nothing, other, _second_moments(costs.false_positive, costs.false_negative), words)


def _capacity(a: Assumptions, table: Floats) -> tuple[float, tuple[str, ...]]:
    """Which share of rows needs no model to be acted on: what can be carried out, or what the candidate acts on."""
    given = a.spec.errors.capacity
    if given is None or given > 1:  # a number of rows is no share before there are rows
        return 1.0, () if given is None else ("every row could be acted on",)
    own = float(table[:, 0 if _idle_is_positive(a) else 1].sum())
    return max(given, own), ()


def _rows(a: Assumptions, table: Floats, gains: Floats, varied: Floats, bar: float, power: float) -> RowsNeeded | str:
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
