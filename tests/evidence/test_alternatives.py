"""The model now in production is given rows in the same form as the candidate would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from readiness import review
from readiness.core.files import sha256_file
from readiness.core.missing import Missing

rng = np.random.default_rng(13)
ROWS = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
LABELS = (ROWS["a"] + 0.3 * rng.normal(size=200) > 0).astype(int).rename("y")


class ByPlace:
    """Like a graph with columns without names: it says that it takes arrays, and nothing of its features."""

    takes_arrays = True

    def predict(self, rows: Any) -> Any:
        return (rows[:, 0] > 0).astype(int)


def test_a_current_model_that_takes_arrays_is_given_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts columns by their place; given a table it would fail, and question 1 would miss its rival."""
    monkeypatch.chdir(tmp_path)
    joblib.dump(ByPlace(), "old.joblib")
    current = {"name": "old", "path": "old.joblib", "sha256": sha256_file(Path("old.joblib"))}
    model = LogisticRegression().fit(ROWS[:100], LABELS[:100])
    draft = review(model, ROWS[100:], LABELS[100:], baseline={"current": current})
    (rival,) = (each for each in draft._answering.evidence.alternatives if each.key == "current")

    assert not isinstance(rival.predictions, Missing)
    assert (ROWS["a"][100:] > 0).astype(int).tolist() == rival.predictions.y_pred.tolist()
