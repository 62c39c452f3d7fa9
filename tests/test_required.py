from __future__ import annotations

import subprocess
import sys

import pytest

from readiness.catalogue import METRICS, TECHNICAL
from readiness.required import CODES, required_margin
from readiness.spec import Baseline

SLOW = ("pandas", "scipy", "sklearn", "matplotlib", "joblib", "skops")


@pytest.mark.parametrize(
    ("metric", "given", "factor", "threshold", "source"),
    [
        ("f1", {}, 1.0, 0.02, "default"),
        ("f1", {"margin": 0.1}, 1.0, 0.1, "set in the spec"),
        ("mae", {}, 0.95, 0.0, "default"),
        ("mae", {"margin": 0.2}, 0.8, 0.0, "set in the spec"),
    ],
)
def test_a_margin_is_added_to_a_gain_and_taken_off_an_error(
    metric: str, given: dict[str, float], factor: float, threshold: float, source: str
) -> None:
    """A gain must exceed the margin; an error must stay below the baseline's less its share."""
    margin = required_margin(METRICS[metric], Baseline.model_validate(given))
    found = (margin.factor, margin.criterion.op, margin.criterion.threshold, margin.criterion.source)
    assert (factor, ">", threshold, source) == found


def test_every_technical_metric_has_a_code() -> None:
    """What is measured on the model stands under a code of its own."""
    assert set(CODES) == TECHNICAL
    assert len(CODES) == len(set(CODES.values()))


def test_the_host_does_not_load_what_computes_numbers() -> None:
    """`readiness run` leaves the numbers to the kernel, so it is spared the libraries that compute them."""
    code = f"import sys, readiness.delivery.runner; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
