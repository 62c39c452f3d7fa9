"""How many rows prove a gain over another method, if both truly have the assumed values?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readiness.catalogue import Metric
from readiness.criteria import Task
from readiness.delivery.assumptions import CORRELATION, STATED, Assumed, Assumptions
from readiness.delivery.planned_candidate import candidate_table, level_of, row_spread
from readiness.delivery.planned_rows import Own, by_normal_formula
from readiness.spec.checks import GUESSES
from readiness.statistics.inference import normal_quantile
from readiness.statistics.labels import BINARY_LABEL_METRICS, label_influence, label_metric_values
from readiness.statistics.power import contrast_rows, quantiles


@dataclass(frozen=True, slots=True)
class Gain:
    """The contrast s · (m - factor · b) > bar with s = +1 where more is better, else -1."""

    metric: Metric
    key: str
    """Key of the other method: "rule-1", "current", "human", "majority"."""
    factor: float
    bar: float

    @property
    def sign(self) -> float:
        """+1 where more of the metric is better."""
        return 1.0 if self.metric.greater_is_better else -1.0


@dataclass(frozen=True, slots=True)
class PlannedGain:
    """What a gain needs, or why nobody can tell; with what was assumed."""

    needed: Own | str
    assumed: tuple[str, ...] = ()


def gain_rows(a: Assumptions, gain: Gain, alpha: float, power: float) -> PlannedGain:
    """Rows that prove a gain, by the normal formula for the paired contrast of row influences."""
    metric, name = gain.metric, gain.metric.name
    mine, theirs = level_of(a, name), rival_level(a, metric, gain.key)
    lacking = [
        f"--assume {word}=…"
        for word, known in ((name, mine), (_rival_word(a, gain), theirs))
        if known is None
    ]  # fmt: skip
    if mine is None or theirs is None:
        return PlannedGain(f"open: state {' and '.join(dict.fromkeys(lacking))}")
    assumed = (mine.words(metric.label, metric.unit), theirs.words("the other's", metric.unit))
    distance = gain.sign * (mine.value - gain.factor * theirs.value) - gain.bar
    if distance <= 0:
        return PlannedGain("cannot be proven: the assumed values do not hold such a gain", assumed)
    if gain.key == "human":
        return PlannedGain(_over_people(a, gain, mine, distance, alpha, power), assumed)
    spread, note = _paired_spread(a, gain, mine.value, theirs.value)
    if spread is None:
        return PlannedGain(f"cannot be planned: {note}", assumed)
    rows = contrast_rows(distance, spread, alpha=alpha, power=power)
    return PlannedGain(by_normal_formula(a, rows), (*assumed, *([note] if note else [])))


def _rival_word(a: Assumptions, gain: Gain) -> str:
    needs_share = gain.key in GUESSES[Task.BINARY] and a.task is Task.BINARY and a.prevalence is None
    return "prevalence" if needs_share else f"{gain.key}.{gain.metric.name}"


def rival_level(a: Assumptions, metric: Metric, key: str) -> Assumed | None:
    """The other method's value: stated as KEY.METRIC, the human figure, or the exact expectation of a guess."""
    if f"{key}.{metric.name}" in a.stated:
        return Assumed(a.stated[f"{key}.{metric.name}"], STATED)
    human = a.spec.baseline.human
    if key == "human" and human is not None and human.metric == metric.name:
        return Assumed(human.value, "baseline.human")
    positive = guess_probability(a, key)
    if metric.name == "roc_auc" and key in GUESSES[Task.BINARY]:
        return Assumed(0.5, "any guess")
    if metric.name == "accuracy" and key == "uniform" and a.task is Task.MULTICLASS and a.spec.data.classes:
        return Assumed(1 / len(a.spec.data.classes), "one class in so many")
    if positive is None or a.prevalence is None:
        return None
    if metric.name == "average_precision":
        return Assumed(a.prevalence.value, "the share of positives")
    if metric.name not in BINARY_LABEL_METRICS:
        return None
    table = _guess_table(a.prevalence.value, positive)
    value = float(np.nan_to_num(label_metric_values(metric.name, table, binary=True)))
    return Assumed(value, "exact expectation of guessing")


def guess_probability(a: Assumptions, key: str) -> float | None:
    """With which probability a trivial baseline says "positive"; None for other methods and other tasks."""
    if a.task is not Task.BINARY or a.prevalence is None:
        return None
    share = a.prevalence.value
    guesses = {"uniform": 0.5, "majority": float(share > 0.5), "minority": float(share <= 0.5), "stratified": share}
    return guesses.get(key)


def _guess_table(share: float, positive: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.outer([1 - share, share], [1 - positive, positive])


def _paired_spread(a: Assumptions, gain: Gain, mine: float, theirs: float) -> tuple[float | None, str]:
    """Standard deviation of a row's part in the contrast, and the assumption about pairing; None with the reason."""
    metric = gain.metric
    own = row_spread(a, metric, mine)
    if own is None:
        return None, f"nobody knows how {metric.title} would spread from row to row"
    positive = guess_probability(a, gain.key)
    if gain.key in GUESSES[a.task] and a.task is Task.BINARY and metric.name in BINARY_LABEL_METRICS:
        spread = None if positive is None else _against_guess(a, gain, mine, positive)
        return spread, "" if spread is not None else "the share of positives is not known"
    if metric.needs == "scores" and gain.key in GUESSES[Task.BINARY]:
        return own, ""
    other = row_spread(a, metric, theirs)
    if other is None:
        return None, f"nobody knows how {metric.title} of the other method would spread from row to row"
    alike = a.number("correlation", CORRELATION, "a default; --assume correlation=…")
    joint = own**2 + (gain.factor * other) ** 2 - 2 * alike.value * own * gain.factor * other
    return math.sqrt(max(0.0, joint)), alike.words("errors of both correlate by")


def _against_guess(a: Assumptions, gain: Gain, mine: float, positive: float) -> float | None:
    """Exact: a guess's influence depends on nothing but the true class."""
    name, table = gain.metric.name, candidate_table(a, gain.metric.name, mine)
    if table is None or a.prevalence is None:
        return None
    guessed = _guess_table(a.prevalence.value, positive)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.nan_to_num(label_influence(name, guessed, binary=True)) @ np.array([1 - positive, positive])
    contrast = label_influence(name, table, binary=True) - gain.factor * pull[:, None]
    mean = float((table * contrast).sum())
    return math.sqrt(max(0.0, float((table * contrast**2).sum()) - mean**2))


def _over_people(a: Assumptions, gain: Gain, mine: Assumed, distance: float, alpha: float, power: float) -> Own | str:
    """Unpaired: the human figure's own chance error stays, however many rows the candidate is tested on."""
    human, spread = a.spec.baseline.human, row_spread(a, gain.metric, mine.value)
    if human is None or human.n is None or not 0 <= human.value <= 1:
        return "cannot be proven: state baseline.human.n, the number of cases of the human study"
    if spread is None:
        return f"cannot be planned: nobody knows how {gain.metric.title} would spread from row to row"
    theirs = gain.factor**2 * human.value * (1 - human.value) / human.n
    left = (distance / quantiles(alpha, power)) ** 2 - theirs
    if left <= 0:
        reach = normal_quantile(alpha) * math.sqrt(theirs)
        return f"cannot be planned: {human.n:,} human cases alone leave a chance error of {reach:.2g}, too much for it"
    rows = contrast_rows(math.sqrt(left) * quantiles(alpha, power), spread, alpha=alpha, power=power)
    return by_normal_formula(a, rows)
