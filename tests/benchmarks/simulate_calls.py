"""How often is a limit met that is exactly the true 99th percentile of calls, when timing stops at the planned looks?

    python tests/benchmarks/simulate_calls.py [--runs 600] [--jobs 2]

Every setting is seeded by its name, so that two runs print the same. A third column peeks after each 50 calls with the
whole error, as whoever stops when it looks good.
"""

# ruff: noqa: T201  # a script for people; paths and threads are set before numpy is imported
from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from readiness.statistics.call_times import call_quantile, planned_looks
from readiness.statistics.intervals import OrderStatistic
from tests.benchmarks.simulation import table

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

Q, ALPHA, CALLS = 0.99, 0.05, 10_000
PEEKS = range(300, CALLS + 1, 50)
TRUTH_CALLS = 2_000_000
HEAD = ("calls", "met, %", "not met, %", "open, %", "met when peeking, %", "simulation error of 5 %")


def series(correlation: float) -> Draw:
    """Lognormal times whose logarithms are a first-order series."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        steps = rng.normal(size=n + 300) * np.sqrt(1 - correlation**2)
        return np.exp(0.5 * np.asarray(lfilter([1], [1, -correlation], steps))[300:])

    return draw


def stalls(length: int, share: float = 0.02) -> Draw:
    """A share of calls lies in stalls of so many calls on average, which begin at random."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        gaps = rng.geometric(share / (length * (1 - share)), n)
        sizes = rng.geometric(1 / length, n)
        stalled = np.repeat(np.tile([False, True], n), np.stack([gaps, sizes], axis=1).ravel())[:n]
        times = rng.lognormal(0, 0.2, n)
        return times + stalled * (10 + rng.exponential(10, n))

    return draw


def queue(load: float, *, constant: bool) -> Draw:
    """Response times of one server at a share of its capacity, by Lindley's recursion, 1,000 at a time from empty."""

    def piece(rng: np.random.Generator, n: int) -> Floats:
        service = np.full(n, load) if constant else rng.exponential(load, n)
        steps = np.cumsum(service - rng.exponential(1.0, n))
        before = np.concatenate([[0.0], steps[:-1]])
        return before - np.minimum.accumulate(before) + service

    def draw(rng: np.random.Generator, n: int) -> Floats:
        return np.concatenate([piece(rng, min(1_000, n - start)) for start in range(0, n, 1_000)])

    return draw


SETTINGS: dict[str, Draw] = {
    "independent": series(0.0),
    **{f"first-order series, {part}": series(part) for part in (0.5, 0.8, 0.95)},
    **{f"queue, constant service, {part:.0%} of capacity": queue(part, constant=True) for part in (0.1, 0.3, 0.5, 0.8)},
    **{f"queue, exponential service, {part:.0%} of capacity": queue(part, constant=False) for part in (0.3, 0.8)},
    **{f"2 % of calls in stalls of {length} (known limit)": stalls(length) for length in (3, 10)},
}


def judge(times: Floats, limit: float, looks: Sequence[int]) -> str:
    """What comes out at the first look that decides."""
    for n in looks:
        found = call_quantile(times[:n], Q, looks=len(looks))
        if found.upper(ALPHA) <= limit:
            return "met"
        if found.lower(ALPHA) > limit:
            return "not met"
    return "open"


def peek(times: Floats, limit: float) -> bool:
    """Whether it is called met at any of many looks."""
    return any(OrderStatistic(np.sort(times[:n]), Q).upper(ALPHA) <= limit for n in PEEKS)


def simulate(name: str, runs: int) -> tuple[str, ...]:
    """A row of the table."""
    rng, draw, looks = np.random.default_rng(zlib.crc32(name.encode())), SETTINGS[name], planned_looks(CALLS)
    limit = float(np.quantile(draw(rng, TRUTH_CALLS), Q))
    drawn = [draw(rng, CALLS) for _ in range(runs)]
    said = [judge(times, limit, looks) for times in drawn]
    peeked = np.mean([peek(times, limit) for times in drawn[: runs // 3]])
    shares = [100 * said.count(word) / runs for word in ("met", "not met", "open")]
    error = 196 * np.sqrt(0.05 * 0.95 / runs)
    return name, *(f"{share:.1f}" for share in shares), f"{100 * peeked:.0f}", f"± {error:.1f}"


def rows(pool: ProcessPoolExecutor, runs: int) -> Iterator[tuple[str, ...]]:
    """All settings."""
    yield from pool.map(partial(simulate, runs=runs), SETTINGS, chunksize=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    with ProcessPoolExecutor(asked.jobs) as pool:
        print(table(HEAD, list(rows(pool, asked.runs))))


if __name__ == "__main__":
    main()
