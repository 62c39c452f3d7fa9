"""Everything that must hold before a change is done: style, types, tests. Run as `python -m tests`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

CHECKS = (
    ("ruff", "format", "--check"),
    ("ruff", "check"),
    ("mypy",),
    ("pytest", "-n", "auto", "--dist", "worksteal"),
)


def main() -> int:
    """Run all checks, each to its end, and return the first exit code that is not 0."""
    parser = argparse.ArgumentParser(prog="python -m tests", description="Style, types and tests.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--fast", action="store_true", help="without whole reviews, fresh interpreters and browsers")
    size.add_argument("--all", action="store_true", help="everything: also what is exhaustive, new random examples")
    words = parser.parse_args()
    *checks, tests = CHECKS
    chosen = [f"--{name}" for name in ("fast", "all") if getattr(words, name)]
    codes = []
    for check in (*checks, (*tests, *chosen)):
        print("$", *check, flush=True)
        codes.append(subprocess.run([sys.executable, "-m", *check], cwd=Path(__file__).parent.parent).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
