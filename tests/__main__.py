"""Everything that must hold before a change is done: style, types, tests. Run as `python -m tests`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

STYLE = (("ruff", "format", "--check"), ("ruff", "check"))
TYPES = ("mypy",)
TESTS = ("pytest", "-n", "auto", "--dist", "worksteal")
ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run all checks, each to its end, and return the first exit code that is not 0.

    mypy takes one processor for a minute where it has no cache; it runs beside the tests and is told after them.
    """
    parser = argparse.ArgumentParser(prog="python -m tests", description="Style, types and tests.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--fast",
        action="store_true",
        help="without whole reviews, fresh interpreters and browsers; few cases of each test",
    )
    size.add_argument("--all", action="store_true", help="everything: also what is exhaustive, new random examples")
    words = parser.parse_args()
    chosen = [f"--{name}" for name in ("fast", "all") if getattr(words, name)]
    with tempfile.TemporaryFile() as said, start(TYPES, said) as types:
        codes = [run(check) for check in STYLE]
        tested = run((*TESTS, *chosen))
        codes.append(types.wait())
        said.seek(0)
        print("$", *TYPES, said.read().decode(errors="replace"), sep="\n" if codes[-1] else " ", flush=True)
    return next((code for code in (*codes, tested) if code), 0)


def start(check: tuple[str, ...], output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """A check in a process of its own, in the folder of the project.

    It keeps compiled modules, whatever the environment says: many of the tests start interpreters, and reading all
    sources anew would take a third of their time.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen([sys.executable, "-m", *check], cwd=ROOT, env=environment, stdout=output, stderr=output)


def run(check: tuple[str, ...]) -> int:
    """Run a check that may be watched; its exit code."""
    print("$", *check, flush=True)
    return start(check).wait()


if __name__ == "__main__":
    sys.exit(main())
