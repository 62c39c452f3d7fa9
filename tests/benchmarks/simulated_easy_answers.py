"""Answers that were too easy: classes one by one, limits of small rates, many rows in few moments."""

from __future__ import annotations

from functools import partial

import numpy as np

from readiness.core.findings import Answer, Status
from readiness.core.metrics import METRICS
from readiness.core.policy import Task
from readiness.questions import errors
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.intervals import Binomial, Mover
from readiness.statistics.means import mean_of
from readiness.statistics.rate_limits import scaled_limit
from tests.benchmarks.simulation import ALPHA, Coverage, Generator, Sample, Share
from tests.questions.conftest import evidence_of

LIMIT = 0.15
RIGHT = 0.9
FARTHEST = 0.9
"""Correlation of neighbours from which the method does not claim to work."""
UNITS = 200
"""Rows of a moment."""


def _wave(rng: Generator, moments: int, alike: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A first-order series of variance 1."""
    wave = rng.standard_normal(moments)
    for t in range(1, moments):
        wave[t] = alike * wave[t - 1] + np.sqrt(1 - alike**2) * wave[t]
    return wave


def panel(moments: int, shock: float, alike: float, metric: str, rng: Generator) -> Sample:
    """Moments whose share of right rows moves by `shock` times what chance alone moves it by; the mean is known."""
    chance = np.sqrt(RIGHT * (1 - RIGHT) / UNITS)
    time = np.repeat(np.arange(moments), UNITS)
    right = rng.random(len(time)) < np.clip(RIGHT + shock * chance * _wave(rng, moments, alike), 0, 1)[time]
    cases = Cases(Task.BINARY, np.zeros(len(time), dtype=np.int64), (~right).astype(np.int64), time=time)
    if metric == "accuracy":
        return Sample(measure(metric, cases), RIGHT, reason_to_withhold(metric, cases))
    costs = np.where(right, 0.0, 10.0)
    return Sample(mean_of(costs, cases.dependence, least=0, most=10), 10 * (1 - RIGHT))


COVERAGE = [
    Coverage(f"panel, {metric}", f"{moments} moments, waves {shock:g} × chance, alike {alike:g}", moments * UNITS,
             partial(panel, moments, shock, alike, metric), alike < FARTHEST)
    for metric in ("accuracy", "cost")
    for moments in (6, 12, 24)
    for shock, alike in ((0, 0), (1, 0.5), (1, 0.8), (1, 0.9), (5, 0.8), (5, 0.9))
]  # fmt: skip


def scaled(metric: str, rest: float, here: float, rows: int, status: str, rng: Generator) -> bool:
    """Whether a group of so many rows, among ten times as many others, is *met* or *not met* at the scaled limit."""
    known, inside = METRICS[metric], Binomial(int(rng.binomial(rows, here)), rows)
    outside = Binomial(int(rng.binomial(10 * rows, rest)), 10 * rows)
    gap = Mover(outside, inside) if known.greater_is_better else Mover(inside, outside)
    limit = scaled_limit(known, LIMIT, outside, alpha=ALPHA)
    return gap.upper(ALPHA) < limit if status == "met" else gap.lower(ALPHA) >= limit


def by_class(named: list[float], rows: list[int], rng: Generator, **given: object) -> Answer:
    """Question 4 where rows of class k are called k with chance named[k], else any of the other classes."""
    truth = np.repeat(np.arange(len(rows)), rows)
    others = (truth + rng.integers(1, len(rows), len(truth))) % len(rows)
    said = np.where(rng.random(len(truth)) < np.asarray(named)[truth], truth, others)
    names = tuple(f"k{k}" for k in range(len(rows)))
    matrix = {t: {s: float(t != s) for s in names} for t in names}
    evidence = evidence_of(
        truth, said, task=Task.MULTICLASS, classes=names, data={"classes": list(names)},
        errors={"costs": {"matrix": matrix}, **given},
    )  # fmt: skip
    return errors.ask(evidence, evidence.spec.errors)


def _statuses(answer: Answer) -> dict[str, Status]:
    codes = ("ERRO-APART-", "ERRO-FOUND-", "ERRO-CLASSES-")
    return {f.code: f.status for f in answer.findings if f.blocking and f.code.startswith(codes)}


def one_class(named: list[float], rows: list[int], code: str, status: Status, rng: Generator) -> bool:
    """Whether a finding has a status."""
    return _statuses(by_class(named, rows, rng)).get(code) is status


def any_class(named: list[float], rows: list[int], status: Status, rng: Generator) -> bool:
    """Whether any class has a status."""
    return status in _statuses(by_class(named, rows, rng)).values()


def unsure(named: list[float], rows: list[int], rng: Generator) -> bool:
    """Whether the first class is not shown to be told apart."""
    return _statuses(by_class(named, rows, rng))["ERRO-APART-1"] is not Status.MET


def _rates(
    metric: str, rest: float, here: float, status: str, most: float | None, sizes: tuple[int, ...]
) -> list[Share]:
    words = f"{METRICS[metric].title} {100 * here:g} % here, {100 * rest:g} % elsewhere, rows here"
    name = "3 small rates: met" if status == "met" else "3 small rates: not met"
    return [Share(name, words, n, partial(scaled, metric, rest, here, n, status), most) for n in sizes]


APPROVALS = [
    *_rates("recall", 0.1, 0.05, "met", ALPHA, (200, 1000)),
    *_rates("recall", 0.2, 0.1, "met", ALPHA, (200, 1000)),
    *_rates("false_positive_rate", 0.002, 0.022, "met", ALPHA, (200, 1000)),
    *(
        Share(f"4 class {what}: met", f"{len(rows)} classes, rows of this one", rows[0],
              partial(one_class, named, rows, code, Status.MET), cost=2)
        for n in (30, 100, 400)
        for what, named, rows, code in (
            ("found exactly at its floor", [0.2, 0.9, 0.9], [n, 400, 400], "ERRO-FOUND-1"),
            ("named by lot", [1 / 3] * 3, [n, 400, 400], "ERRO-APART-1"),
        )
    ),
]  # fmt: skip
ALARMS = [
    *_rates("false_positive_rate", 0.002, 0.002, "not met", 0.05, (200, 1000)),
    *_rates("recall", 0.1, 0.1, "not met", 0.05, (200, 1000)),
    *(
        Share(f"4 classes: {status.words}", f"{k} classes, 80 % of each are found, rows of each", n,
              partial(any_class, [0.8] * k, [n] * k, status), cost=4)
        for status in (Status.NOT_MET, Status.NOT_PROVEN)
        for k in (3, 10)
        for n in (30, 100)
    ),
]  # fmt: skip
POWER = [
    *_rates("false_positive_rate", 0.002, 0.002, "met", None, (200, 400, 1000)),
    *_rates("false_positive_rate", 0.002, 0.10, "not met", None, (200, 1000)),
    *_rates("recall", 0.1, 0.01, "not met", None, (200, 1000)),
    *(
        Share("4 class that next to nobody is rightly called: not met or not proven", "of 3 classes, rows of this one", n,
              partial(unsure, [0.02, 0.9, 0.9], [n, 400, 400]), None, cost=2)
        for n in (30, 400)
    ),
    *(
        Share("4 class found in 10 % of its rows: not met", "of 3 classes, rows of this one", n,
              partial(one_class, [0.1, 0.9, 0.9], [n, 400, 400], "ERRO-FOUND-1", Status.NOT_MET), None, cost=2)
        for n in (30, 100, 400)
    ),
]  # fmt: skip
