from __future__ import annotations

import subprocess
import sys

import pytest

from readiness.core.metrics import METRICS, TECHNICAL
from readiness.spec.schema import Baseline
from readiness.verdict.claims import TOPICS
from readiness.verdict.margins import required_margin

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
    assert set(TOPICS) == TECHNICAL
    assert len(TOPICS) == len(set(TOPICS.values()))


@pytest.mark.slow
def test_the_host_does_not_load_what_computes_numbers() -> None:
    """`readiness run` leaves the numbers to the kernel, so it is spared the libraries that compute them."""
    code = f"import sys, readiness.run.runner; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("metric", "given", "key", "factor", "threshold"),
    [
        ("f1", {}, "current", 1.0, -0.02),
        ("f1", {"margin": 0}, "current", 1.0, 0.0),
        ("mae", {}, "rule-2", 1.05, 0.0),
        ("mae", {"margin": 1.5}, "rule-1", 0.0, 0.0),
        ("f1", {}, "rule-1", 1.0, 0.02),
        ("recall", {"margin": 0.1}, "human", 1.0, -0.1),
        ("f1", {}, "majority", 1.0, 0.02),
    ],
)
def test_each_baseline_is_held_to_the_test_that_the_spec_chose_for_it(
    metric: str, given: dict[str, float], key: str, factor: float, threshold: float
) -> None:
    """Not worse by the margin where the spec says so; better by the margin elsewhere."""
    as_good = {"test": "non_inferiority"}
    rules = [{"name": "a", "when": "x > 1"}, {"name": "b", "when": "x > 2", **as_good}]
    current = {"name": "old", "path": "old.joblib", **as_good}
    human = {"metric": "recall", "value": 0.5, **as_good}
    criteria = Baseline.model_validate({"rules": rules, "current": current, "human": human, **given})

    margin = required_margin(METRICS[metric], criteria, key)

    assert (factor, ">", threshold) == (margin.factor, margin.criterion.op, margin.criterion.threshold)
    assert "-0" != str(margin.criterion.threshold)[:2] or threshold < 0
