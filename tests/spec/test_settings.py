"""A setting that would change nothing is an error, not a silence."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.spec.checks import misfits
from readiness.spec.schema import Spec

INTERVAL = {"low": "l", "high": "h", "level": 0.9}


def faults(task: str | None, **parts: Any) -> list[str]:
    """Dotted keys of what is wrong."""
    data = {"test": "t.csv", "target": "y"} | ({} if task is None else {"task": task}) | parts.pop("data", {})
    spec = Spec.model_validate({"model": {"name": "m", "version": "1", "path": "m.joblib"}, "data": data, **parts})
    return [".".join(map(str, key)) for key, _ in misfits(spec)]


@pytest.mark.parametrize(
    ("task", "right", "parts", "key"),
    [
        ("multiclass", "regression", {"errors": {"interval": INTERVAL}}, "errors.interval"),
        ("regression", "binary", {"segments": {"fairness": {"demographic_parity_ratio": 0.8}}}, "segments.fairness"),
    ],
)
def test_settings_of_another_task_are_refused(task: str, right: str, parts: dict[str, Any], key: str) -> None:
    """Intervals belong to numbers, comparisons of groups to two classes; nothing is said before the task is known."""
    assert [key] == faults(task, **parts)
    assert [] == faults(right, **parts)
    assert [] == faults(None, **parts)


def test_windows_need_a_time() -> None:
    """Without a column of time there is nothing to cut."""
    assert ["stability.windows"] == faults(None, stability={"windows": 5})
    assert [] == faults(None, stability={"windows": 5}, data={"time": "day"})
