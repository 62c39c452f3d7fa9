"""How sure are the intervals, and how often are wrong things approved or refused? Everything simulated with known truth.

    python tests/benchmarks/simulate.py [--runs 600] [--only coverage approvals alarms power slices] [--jobs 2]

Every setting is seeded by its name, so that two runs print the same. Prints Markdown tables: share of samples without
a number or whose lower or upper bound is withheld from a *met*, coverage of the shown 95 % intervals of the others,
and how often the truth lies beyond the judged one-sided 5 % bounds (lower misses: more was promised than is true; as a
share of all samples, since a bound that is withheld approves nothing). A row is marked LOW below 92.5 % coverage where
at least half of the samples are left, and where a bound misses in more than 5 % of samples by over three simulation
errors, because hundreds of rows are looked at. Shares in groups and losses with tails take 2,000 samples each.
"""

# ruff: noqa: T201, E402  # a script for people; paths and threads are set before numpy is imported
from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import (
    simulated_decisions,
    simulated_dependence,
    simulated_easy_answers,
    simulated_errors,
    simulated_labels,
    simulated_slices,
)
from tests.benchmarks.simulation import run_coverage, run_share, table

COVERAGE = (
    "metric", "setting", "n", "without a lower bound or withheld, %", "without an upper one, %", "coverage, %",
    "lower bound misses, %", "upper bound misses, %", "simulation error of 5 %", "remark",
)  # fmt: skip
SHARE = ("what", "setting", "n", "how often, %", "simulation error", "remark")

Part = tuple[str, Sequence[str], Callable[[Any, int], tuple[str, ...]], Sequence[Any]]


def parts() -> dict[str, Part]:
    """Title, columns, function and settings of every part."""
    dependent = [*simulated_dependence.SETTINGS, *simulated_easy_answers.COVERAGE]
    covered = [*simulated_labels.SETTINGS, *simulated_errors.SETTINGS, *dependent]
    questions, easy = simulated_decisions, simulated_easy_answers
    return {
        "coverage": ("Coverage of intervals and misses of bounds", COVERAGE, run_coverage, covered),
        "approvals": (
            "Wrong approvals: *met* with the truth on the limit",
            SHARE,
            run_share,
            [*questions.APPROVALS, *easy.APPROVALS],
        ),
        "alarms": (
            "False alarms: *not met* where nothing is wrong",
            SHARE,
            run_share,
            [*questions.ALARMS, *easy.ALARMS],
        ),
        "power": ("What is found of real faults", SHARE, run_share, [*questions.POWER, *easy.POWER]),
        "slices": ("Weak slices that nobody named", SHARE, run_share, simulated_slices.SETTINGS),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=600, help="samples of each setting; costly settings take fewer")
    parser.add_argument("--only", nargs="+", choices=tuple(parts()), default=tuple(parts()))
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    started = time.perf_counter()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.only:
            title, head, run, settings = parts()[name]
            lines = pool.map(partial(run, runs=asked.runs), settings, chunksize=1)
            print(f"## {title}\n\n{table(head, list(lines))}\n", flush=True)
    print(f"{asked.runs:,} runs of each setting, fewer of costly ones; {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    main()
