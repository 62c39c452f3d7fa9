"""How often are sound rows taken for rows that belong together, and how often are real units found that nobody named?

    python tests/benchmarks/simulate_groups.py [--runs 1000] [--only sound unsound] [--jobs 2]

Every setting is seeded by its name, so that two runs print the same. Every sample is a new pair of tables, judged as in
a review. Prints Markdown tables, with the exact one-sided 95 % upper limit of every share.
"""

# ruff: noqa: T201, E402  # a script for people; paths and threads are set before numpy is imported
from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from readiness.statistics.intervals import Binomial
from tests.benchmarks import simulated_groups
from tests.benchmarks.simulation import Share, generator, percent, table

HEAD = ("setting", "rows of each table", "tables", "alarms", "share, %", "95 % upper limit, %")
PARTS = {
    "sound": ("Sound rows that could be taken for rows that belong together", simulated_groups.SOUND),
    "unsound": ("Units that nobody named", simulated_groups.POWER),
}


def line(setting: Share, runs: int) -> tuple[str, ...]:
    """Alarms among so many tables."""
    rng = generator(f"{setting.what} {setting.setting} {setting.n}")
    seen = Binomial(float(sum(bool(setting.draw(rng)) for _ in range(runs))), runs)
    upper = percent(seen.upper(0.05))
    return setting.setting, f"{setting.n:,}", f"{runs:,}", f"{seen.successes:,.0f}", percent(seen.value), upper


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000, help="tables of each setting")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.only:
            title, settings = PARTS[name]
            lines = list(pool.map(partial(line, runs=asked.runs), settings, chunksize=1))
            print(f"### {title}\n\n{table(HEAD, lines)}\n", flush=True)


if __name__ == "__main__":
    main()
