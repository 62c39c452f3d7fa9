"""How often are recent rows called a doubt that are none, and how often is harm found? Simulated with known truth.

    python tests/benchmarks/simulate_recent.py [--runs 210] [--only alarms power] [--jobs 2]

Every setting is seeded by its name, so that two runs print the same. Prints Markdown tables; a third of the runs is
drawn of each setting without harm, a sixth of each with it.
"""

# ruff: noqa: T201  # a script for people; paths and threads are set before numpy is imported
from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import simulated_recent
from tests.benchmarks.simulation import run_share, table

HEAD = ("what", "setting", "n", "how often, %", "simulation error", "remark")
PARTS = {
    "alarms": ("A doubt where nothing is wrong", simulated_recent.ALARMS),
    "power": ("A doubt where harm is done", simulated_recent.POWER),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=210, help="each setting takes a third or a sixth, 40 at least")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    started = time.perf_counter()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.only:
            title, settings = PARTS[name]
            lines = pool.map(partial(run_share, runs=asked.runs), settings, chunksize=1)
            print(f"## {title}\n\n{table(HEAD, list(lines))}\n", flush=True)
    print(f"{asked.runs:,} runs of each setting, fewer of costly ones; {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    main()
