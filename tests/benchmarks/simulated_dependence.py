"""Simulated rows that depend on each other: groups, the order of time, weights."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy.special import ndtri

from readiness.core.policy import Task
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.estimators import measure, reason_to_withhold
from tests.benchmarks.simulated_labels import distance
from tests.benchmarks.simulation import EXACT_RUNS, Coverage, Generator, Sample

GROUPS = ((30, 10, 0.1), (30, 10, 0.3), (10, 30, 0.1), (9, 30, 0.1), (200, 5, 0.5))
"""Groups, rows of each, correlation within."""
SERIES = ((0.0, 0.5, 0.7, 0.9), (30, 100, 300, 1_000))
MEAN_SIZE = 20
"""Rows of a group, on average."""
CLAIMED_CORRELATION, CLAIMED_ROWS = 0.7, 300


def in_groups(rng: Generator, groups: int, rows: int, within: float) -> Floats:
    """Normal values with a part in common within each group."""
    own, common = rng.standard_normal(groups * rows), np.repeat(rng.standard_normal(groups), rows)
    return math.sqrt(within) * common + math.sqrt(1 - within) * own


def in_time(rng: Generator, n: int, phi: float) -> Floats:
    """A first-order series of variance 1."""
    shocks = rng.standard_normal(n)
    made = shocks.copy()
    for t in range(1, n):
        made[t] = phi * made[t - 1] + math.sqrt(1 - phi**2) * shocks[t]
    return made


def labelled(rng: Generator, right: Floats, **more: object) -> Cases:
    """Rows, half of them positive, whose prediction is right where `right` is."""
    y = rng.integers(0, 2, len(right))
    return Cases(Task.BINARY, y, np.where(right, y, 1 - y), **more)  # type: ignore[arg-type]


def _sample(metric: str, cases: Cases, truth: float) -> Sample:
    return Sample(measure(metric, cases), truth, reason_to_withhold(metric, cases))


def grouped(rng: Generator, metric: str, groups: int, rows: int, within: float) -> Sample:
    """80 % right, mean absolute normal errors, or AUC .76, each with a part in common within groups."""
    codes = np.repeat(np.arange(groups), rows)
    if metric in ("accuracy", "recall", "f1"):
        spread = 1 / within - 1
        right = rng.random(groups * rows) < np.repeat(rng.beta(0.8 * spread, 0.2 * spread, groups), rows)
        return _sample(metric, labelled(rng, right, groups=codes), 0.8)
    values = in_groups(rng, groups, rows, within)
    if metric == "mae":
        y = 3 * rng.standard_normal(len(values))
        return _sample(metric, Cases(Task.REGRESSION, y, y + values, groups=codes), math.sqrt(2 / math.pi))
    if metric == "balanced_accuracy":
        return _sample(metric, labelled(rng, values < ndtri(0.8), groups=codes), 0.8)
    y = (rng.random(len(values)) < 0.3).astype(np.int64)
    score = values + distance(0.76) * y
    return _sample(metric, Cases(Task.BINARY, y, (score > 1).astype(np.int64), score, groups=codes), 0.76)


def sizes_of(rng: Generator, groups: int, spread: float) -> Integers:
    """Rows of each group, 20 on average: all alike, or lognormal with this standard deviation of logarithms."""
    if not spread:
        return np.full(groups, MEAN_SIZE)
    drawn = np.exp(spread * rng.standard_normal(groups) - spread**2 / 2)
    return np.maximum(1, np.round(MEAN_SIZE * drawn)).astype(np.int64)


def in_uneven_groups(rng: Generator, metric: str, groups: int, spread: float, within: float, truth: float) -> Sample:
    """Rows that are right with a chance that is the same within a group; of the F1, TP among TP, FP and FN. Mean
    absolute errors have a lognormal factor in common.
    """
    codes = np.repeat(np.arange(groups), sizes_of(rng, groups, spread))
    if metric == "mae":
        own, common = rng.standard_normal(len(codes)), np.repeat(rng.standard_normal(groups), np.bincount(codes))
        errors = np.abs(own) * np.exp(math.sqrt(within) * common - within / 2)
        y = np.zeros(len(codes))
        return _sample(metric, Cases(Task.REGRESSION, y, errors, groups=codes), math.sqrt(2 / math.pi))
    freedom = 1 / within - 1
    chance = rng.beta(truth * freedom, (1 - truth) * freedom, groups)
    right = rng.random(len(codes)) < chance[codes]
    if metric == "false_positive_rate":
        return _sample(metric, labelled(rng, right, groups=codes), 1 - truth)
    if metric == "f1":
        y = np.where(right, 1, rng.integers(0, 2, len(codes)))
        cases = Cases(Task.BINARY, y, np.where(right, 1, 1 - y), groups=codes)
        return _sample(metric, cases, 2 * truth / (1 + truth))
    return _sample(metric, labelled(rng, right, groups=codes), truth)


def serial(rng: Generator, metric: str, phi: float, n: int) -> Sample:
    """90 % right, or mean absolute normal errors, in the order of time."""
    values, time = in_time(rng, n, phi), np.arange(n)
    if metric == "mae":
        y = 3 * rng.standard_normal(n)
        return _sample(metric, Cases(Task.REGRESSION, y, y + values, time=time), math.sqrt(2 / math.pi))
    return _sample(metric, labelled(rng, values < ndtri(0.9), time=time), 0.9)


def weighted(rng: Generator, metric: str, n: int) -> Sample:
    """Weights from 0.25 to 4 in most rows, of their own accord; or positives (10 %, 70 % right) weighing five times."""
    if metric == "accuracy, positives weigh 5":
        y = (rng.random(n) < 0.1).astype(np.int64)
        right = rng.random(n) < np.where(y == 1, 0.7, 0.95)
        cases = Cases(Task.BINARY, y, np.where(right, y, 1 - y), weight=np.where(y == 1, 5.0, 1.0))
        return _sample("accuracy", cases, (0.5 * 0.7 + 0.9 * 0.95) / 1.4)
    weight = np.exp(0.7 * rng.standard_normal(n))
    if metric == "mae":
        y, errors = rng.standard_normal((2, n))
        return _sample(metric, Cases(Task.REGRESSION, y, y + errors, weight=weight), math.sqrt(2 / math.pi))
    return _sample(metric, labelled(rng, rng.random(n) < 0.9, weight=weight), 0.9)


UNEVEN = 1.2
"""Standard deviation of the logarithms of group sizes: the largest of 100 groups has about 20 times the median."""
SETTINGS = [
    *(
        Coverage(
            metric, f"{groups} {'uneven' if spread else 'equal'} groups, correlation {within:g}, {truth:g} right",
            groups * MEAN_SIZE,
            partial(in_uneven_groups, metric=metric, groups=groups, spread=spread, within=within, truth=truth),
            runs=EXACT_RUNS,
        )
        for metric, few in (("accuracy", False), ("false_positive_rate", True), ("f1", True), ("balanced_accuracy", True))
        for spread in (0.0, UNEVEN)
        for groups in ((100,) if few else (10, 20, 50, 100))
        for truth in ((0.8, 0.95) if few else (0.8, 0.9, 0.95, 0.98))
        for within in ((0.05, 0.2) if few else (0.05, 0.2, 0.6))
    ),
    *(
        Coverage(
            "mae", f"{groups} {'uneven' if spread else 'equal'} groups, correlation {within:g}", groups * MEAN_SIZE,
            partial(in_uneven_groups, metric="mae", groups=groups, spread=spread, within=within, truth=0.0),
            runs=EXACT_RUNS,
        )
        for spread in (0.0, UNEVEN) for groups in (30, 100) for within in (0.05, 0.2)
    ),
    *(
        Coverage(
            metric, f"{groups} groups of {rows}, correlation {within:g}", groups * rows,
            partial(grouped, metric=metric, groups=groups, rows=rows, within=within), cost=2,
        )
        for metric in ("accuracy", "recall", "f1", "balanced_accuracy", "mae", "roc_auc")
        for groups, rows, within in GROUPS
    ),
    *(
        Coverage(
            metric, f"time order, correlation {phi:g}", n, partial(serial, metric=metric, phi=phi, n=n),
            claimed=phi <= CLAIMED_CORRELATION and n >= CLAIMED_ROWS,
        )
        for metric in ("accuracy", "mae") for phi in SERIES[0] for n in SERIES[1]
    ),
    *(
        Coverage(metric, "weights", n, partial(weighted, metric=metric, n=n))
        for metric in ("accuracy", "accuracy, positives weigh 5", "mae") for n in (30, 100, 300, 1_000, 10_000)
    ),
]  # fmt: skip
