"""Simulated amounts: errors of numbers, costs, order within queries, calibration, latency."""

from __future__ import annotations

import math
from functools import lru_cache, partial

import numpy as np

from readiness.core.policy import Task
from readiness.statistics.calibration import measure_calibration_error
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.comparison import compare
from readiness.statistics.costs import mean_cost_from_cells
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.intervals import OrderStatistic
from readiness.statistics.means import mean_of
from tests.benchmarks.simulated_labels import SIZES
from tests.benchmarks.simulation import EXACT_RUNS, Coverage, Generator, Sample

MEAN_ERROR = {"normal": math.sqrt(2 / math.pi), "lognormal": math.exp(0.5), "t3": 2 * math.sqrt(3) / math.pi}
ROOT_MEAN_SQUARE = {"normal": 1.0, "lognormal": math.e, "t3": math.sqrt(3)}


DIFFERING = "amounts that differ"
KNOWN = "costs, largest known"
FEWEST_EVENTS = 10
"""With so few rare losses hidden among other amounts, all of them may happen to be small."""
MANY_SIZES = (100, 300, 1_000, 3_000, 10_000)


def errors(rng: Generator, kind: str, n: int) -> Floats:
    """Errors of predictions; lognormal ones are all above 0."""
    if kind == "t3":
        return rng.standard_t(3, n)
    normal = rng.standard_normal(n)
    return np.exp(normal) if kind == "lognormal" else normal


def of_numbers(rng: Generator, metric: str, kind: str, n: int) -> Sample:
    """MAE or RMSE."""
    y = 3 * rng.standard_normal(n)
    cases = Cases(Task.REGRESSION, y, y + errors(rng, kind, n))
    truth = (MEAN_ERROR if metric == "mae" else ROOT_MEAN_SQUARE)[kind]
    return Sample(measure(metric, cases), truth, reason_to_withhold(metric, cases))


def paired_numbers(rng: Generator, n: int) -> Sample:
    """MAE 1.1 of the other less MAE 1 of the candidate, errors correlated by one half."""
    y = 3 * rng.standard_normal(n)
    mine, own = rng.standard_normal((2, n))
    theirs = 1.1 * (0.5 * mine + math.sqrt(0.75) * own)
    gain = compare("mae", Cases(Task.REGRESSION, y, y + mine), Cases(Task.REGRESSION, y, y + theirs))
    return Sample(gain, 0.1 * MEAN_ERROR["normal"])


def rare_costs(rng: Generator, how: str, n: int) -> Sample:
    """2 % of rows cost 50 and 10 % cost 1: from four counts, from amounts, or with amounts that differ by row, of which
    the largest that a row could cost is known or not.
    """
    counts = rng.multinomial(n, (0.88, 0.10, 0.02, 0.0))
    if how == "counts":
        return Sample(mean_cost_from_cells(counts.astype(float), (0.0, 1.0, 50.0, 0.0), seed=0), 1.1)
    amounts = np.repeat((0.0, 1.0, 50.0, 0.0), counts)
    if how == "amounts":
        return Sample(mean_of(amounts, least=0.0, most=50.0), 1.1)
    sizes = np.exp(0.5 * rng.standard_normal(n) - 0.125)
    most = None if how == DIFFERING else 50 * float(sizes.max())
    return Sample(mean_of(amounts * sizes, least=0.0, most=most), 1.1)


def with_tail(rng: Generator, how: str, spread: float, share: float, n: int) -> Sample:
    """Lognormal losses with this standard deviation of logarithms in a share of the rows, 0 in all others: mean
    absolute errors, savings of which they are taken off, or costs whose largest is known.
    """
    would_be = np.exp(spread * rng.standard_normal(n))
    losses, truth = np.where(rng.random(n) < share, would_be, 0.0), share * math.exp(spread**2 / 2)
    if how == KNOWN:
        return Sample(mean_of(losses, least=0.0, most=float(would_be.max())), truth)
    if how == "savings":
        return Sample(mean_of(0.2 * rng.standard_normal(n) - losses), -truth)
    cases = Cases(Task.REGRESSION, np.zeros(n), losses)
    return Sample(measure("mae", cases), truth, reason_to_withhold("mae", cases))


def ranking(rng: Generator, queries: int) -> Cases:
    """Queries of ten rows, a fifth of them relevant, which score one standard deviation higher."""
    relevant = (rng.random(10 * queries) < 0.2).astype(float)
    score = rng.standard_normal(10 * queries) + relevant
    return Cases(Task.RANKING, relevant, score, queries=np.repeat(np.arange(queries), 10))


@lru_cache
def true_order(metric: str) -> float:
    """From 100,000 queries."""
    found = measure(metric, ranking(np.random.default_rng(99), 100_000))
    return found.value  # type: ignore[union-attr]


def of_queries(rng: Generator, metric: str, n: int) -> Sample:
    """NDCG or mean reciprocal rank of n queries."""
    cases = ranking(rng, n)
    return Sample(measure(metric, cases), true_order(metric), reason_to_withhold(metric, cases))


def calibration(rng: Generator, shift: float, n: int) -> Sample:
    """Probabilities from 0 to 0.9 that are too low by the same amount everywhere."""
    given = 0.9 * rng.random(n)
    y = (rng.random(n) < given + shift).astype(np.int64)
    cases = Cases(Task.BINARY, y, (given > 0.5).astype(np.int64), given, is_probability=True)
    return Sample(measure_calibration_error(cases), shift)


def latency(rng: Generator, n: int) -> Sample:
    """p99 of lognormal times."""
    return Sample(OrderStatistic(np.sort(np.exp(0.5 * rng.standard_normal(n))), 0.99), math.exp(0.5 * 2.3263478740))


SETTINGS = [
    *(
        Coverage(metric, f"{kind} errors", n, partial(of_numbers, metric=metric, kind=kind, n=n),
                 claimed=kind == "normal" or (metric == "mae" and n >= 100))
        for metric in ("mae", "rmse") for kind in MEAN_ERROR for n in SIZES
    ),
    *(
        Coverage(
            how, f"{share:.0%} of rows above 0, lognormal({spread:g})", n,
            partial(with_tail, how=how, spread=spread, share=share, n=n), runs=EXACT_RUNS,
            claimed=how != "savings" or n * share > FEWEST_EVENTS,
        )
        for how, shares in (("mae", (1.0, 0.3, 0.1, 0.05, 0.02)), ("savings", (0.3, 0.05)), (KNOWN, (0.3, 0.05, 0.02)))
        for share in shares for spread in (0.5, 1.0, 1.5) for n in MANY_SIZES
    ),
    *(Coverage("mae gain", "paired, 1 and 1.1", n, partial(paired_numbers, n=n)) for n in SIZES),
    *(
        Coverage("cost per row", f"rare and dear, {how}", n, partial(rare_costs, how=how, n=n),
                 claimed=how != DIFFERING, cost=5 if how == "counts" else 1)
        for how in ("counts", "amounts", DIFFERING, f"{DIFFERING}, largest known") for n in SIZES
    ),
    *(
        Coverage(metric, "10 rows a query", n, partial(of_queries, metric=metric, n=n), cost=5 if n > 1000 else 1)
        for metric in ("ndcg_at_10", "mrr") for n in SIZES
    ),
    *(
        Coverage("calibration error", f"{shift:g} too low", n, partial(calibration, shift=shift, n=n), cost=2)
        for shift in (0.0, 0.05, 0.10) for n in SIZES
    ),
    *(Coverage("latency p99", "lognormal times", n, partial(latency, n=n)) for n in SIZES),
]  # fmt: skip
