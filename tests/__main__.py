"""Everything that must hold before a change is done: style, types, tests. Run as `python -m tests`."""

from __future__ import annotations

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
    codes = []
    for check in CHECKS:
        print("$", *check, flush=True)
        codes.append(subprocess.run([sys.executable, "-m", *check], cwd=Path(__file__).parent.parent).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
