"""What the processes of a review import before they begin: what only some reviews need comes later."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = ("sklearn", "scipy.stats", "seaborn")
"""The slowest imports of all. The model's own process has them where the model does."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        (("readiness.run.kernel_manager",), (*LATER, "numpy", "pandas", "matplotlib", "papermill", "nbformat")),
        (("readiness.run.runner", "readiness.planning.feasibility", "readiness.soundness.beforehand"),
         (*LATER, "matplotlib")),
        (("readiness.reviews.opening",), (*LATER, "papermill", "nbconvert")),
    ],
)  # fmt: skip
def test_a_process_begins_without_what_few_reviews_need(modules: tuple[str, ...], absent: tuple[str, ...]) -> None:
    """The kernel's manager, the rest of the host, and the kernel itself, each in a fresh interpreter."""
    code = f"import sys, {', '.join(modules)}; print(*sorted({set(absent)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
