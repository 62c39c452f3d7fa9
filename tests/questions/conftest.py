"""Evidence made of literal numbers, so that each question is tested as the pure function that it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.policy import Task
from readiness.core.provenance import DataFacts, Environment, Gathered, ModelFacts
from readiness.evidence.baselines import trivial
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import cut_segments
from readiness.spec.schema import Spec
from readiness.statistics.cases import Cases


def spec_of(**parts: Any) -> Spec:
    """A spec with a name, a test table and whatever is given."""
    data = {"test": "test.csv", "target": "y", **parts.pop("data", {})}
    return Spec.model_validate({"model": {"name": "m", "version": "1", "path": "m.joblib"}, "data": data, **parts})


def evidence_of(
    y_true: Any,
    y_pred: Any,
    *,
    task: Task = Task.BINARY,
    score: Any = None,
    classes: tuple[str, ...] = ("0", "1"),
    frame: pd.DataFrame | None = None,
    more: dict[str, Any] | None = None,
    **parts: Any,
) -> Evidence:
    """Evidence of a candidate that predicted `y_pred` where `y_true` holds; `parts` are sections of the spec."""
    spec = spec_of(**parts)
    kind = float if task is Task.REGRESSION else np.int64
    truth, predicted = np.asarray(y_true, dtype=kind), np.asarray(y_pred, dtype=kind)
    scores = None if score is None else np.asarray(score, dtype=float)
    cases = Cases(task, truth, predicted, scores, max(2, len(classes)), score is not None)
    counts = () if task is Task.REGRESSION else tuple(np.bincount(truth, minlength=len(classes)).tolist())
    facts = DataFacts(
        task.value, "y", len(truth), len(truth), (), classes if counts else (), counts, classes[1] if counts else "",
        counts[1] if counts else None,
    )  # fmt: skip
    gathered = Gathered(ModelFacts("m", "1"), (), facts, Environment("3.11", "Linux", {}), {})
    cuts = () if frame is None else tuple(cut_segments(frame, entry) for entry in spec.data.segments)
    return Evidence(spec, gathered, cases, trivial(cases, truth), cuts, **(more or {}))


def of_cells(tp: int, fn: int, fp: int, tn: int) -> tuple[list[int], list[int]]:
    """True and predicted labels with these counts, positives first."""
    return [1] * (tp + fn) + [0] * (fp + tn), [1] * tp + [0] * fn + [1] * fp + [0] * tn


@pytest.fixture
def found():
    """A function that gives the finding with a code."""

    def find(answer: Any, code: str) -> Any:
        (finding,) = [finding for finding in answer.findings if finding.code == code]
        return finding

    return find
