"""A binary world whose recent rows may differ: evidence of a candidate that knows how the truth comes about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence, Recent
from readiness.evidence.workers.in_process import InProcess
from tests.questions.conftest import evidence_of

FEATURES = ("a", "b", "price", "kind")
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


class Logistic:
    """Answers by the true chance of the rows that the truth was drawn from."""

    classes_ = np.array([0, 1])

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        chance = chances(frame)
        return np.column_stack([1 - chance, chance])

    def predict(self, frame: pd.DataFrame) -> Any:
        return (chances(frame) >= 0.5).astype(int)


def chances(frame: pd.DataFrame) -> Any:
    """Of a positive, by a, b and kind; the price has nothing to do with it."""
    kind = frame["kind"].map({"x": 0.5, "y": 0.0, "z": -0.5}).fillna(0.0)
    return 1 / (1 + np.exp(-(2.0 * frame["a"].fillna(0.0) + 1.5 * frame["b"] + kind).to_numpy(dtype=float)))


def rows_of(n: int, rng: np.random.Generator, *, levels: int | None = None) -> pd.DataFrame:
    """n independent rows; with `levels`, numbers are rounded so that they take few values."""
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "b": rng.normal(size=n),
            "price": rng.normal(100.0, 10.0, n),
            "kind": rng.choice(["x", "y", "z"], n, p=[0.5, 0.3, 0.2]),
        }
    )
    if levels is not None:
        for name in ("a", "b", "price"):
            frame[name] = pd.qcut(frame[name].rank(method="first"), levels, labels=False).astype(float) - levels // 2
    return frame


def evidence_with(
    test: pd.DataFrame,
    recent: pd.DataFrame,
    rng: np.random.Generator,
    *,
    y_recent: Any = None,
    scored: bool = True,
    more: dict[str, Any] | None = None,
    **parts: Any,
) -> Evidence:
    """Evidence on these rows, whose truth is drawn by `chances`; `parts` are sections of the spec."""
    chance = chances(test)
    truth = (rng.random(len(test)) < chance).astype(np.int64)
    parts.setdefault("business", {"requirements": [{"says": "right", "metric": "accuracy", "at_least": 0.70}]})
    candidate = Candidate.of(InProcess(Logistic()), FEATURES, task=Task.BINARY, classes=(0, 1))
    frame = test if "y" in test else test.assign(y=truth)
    target = None if y_recent is None else np.asarray(y_recent)
    given = {"rows": frame, "recent": Recent(recent, target), **(more or {})}
    if scored:
        given["candidate"] = candidate
    return evidence_of(truth, chance >= 0.5, score=chance, more=given, **parts)
