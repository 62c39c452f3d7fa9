"""How often is a sound model taken for one that has seen the test rows, and how often is one found that has?

    python tests/benchmarks/simulate_refits.py [--only sound otherwise unsound] [--jobs 2]

Every setting is seeded by its name, so that two runs print the same. Every sample is a new pair of tables, a model and
its copies, judged as in a review. Prints Markdown tables.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import simulated_refits
from tests.benchmarks.simulation import table

PARTS = {
    "sound": ("Sound models beside their copies", simulated_refits.SOUND),
    "otherwise": ("Sound models that were fitted on other rows or weights than their copies", simulated_refits.OTHERWISE),
    "unsound": ("Models that have seen test rows", simulated_refits.UNSOUND),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.only:
            title, settings = PARTS[name]
            print(f"### {title}\n\n{table(simulated_refits.HEAD, [])}", flush=True)
            for line in pool.map(simulated_refits.run_refitted, settings, chunksize=1):
                print("| " + " | ".join(line) + " |", flush=True)
            print()


if __name__ == "__main__":
    main()
