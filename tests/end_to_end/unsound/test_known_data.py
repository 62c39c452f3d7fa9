"""The data that scikit-learn ships: sound as they are split here, and each unsound in one way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.findings import Finding
from readiness.core.withholding import Kind, kind_of
from readiness.evidence.collect import gather
from readiness.evidence.measure_refits import measure_refits
from readiness.soundness.assessment import assess_soundness

LOADERS: dict[str, Callable[..., Any]] = {
    "breast-cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}


class Known:
    """One of the data sets, halved, with a straight line fitted on the first half."""

    def __init__(self, name: str) -> None:
        frame = LOADERS[name](as_frame=True).frame
        self.train, self.test = (
            part.reset_index(drop=True) for part in train_test_split(frame, test_size=0.5, random_state=0)
        )
        self.numbers = name == "diabetes"
        learner = Ridge(alpha=0.1) if self.numbers else LogisticRegression(max_iter=2_000)
        self.model: Any = make_pipeline(StandardScaler(), learner)
        self.fitted_on: pd.DataFrame | None = None

    def doubts(self, folder: Path) -> list[Finding]:
        """What a review finds of these rows."""
        features = [name for name in self.train if name != "target"]
        rows = self.train if self.fitted_on is None else self.fitted_on
        joblib.dump(self.model.fit(rows[features], rows["target"]), folder / "model.joblib")
        self.train.to_parquet(folder / "train.parquet")
        self.test.to_parquet(folder / "test.parquet")
        binary = self.train["target"].nunique() == 2
        digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
        spec = {
            "model": {"name": "known", "version": "1", "path": "model.joblib", "sha256": digest},
            "data": {"train": "train.parquet", "test": "test.parquet", "target": "target", "features": features}
            | ({"positive": 1} if binary else {"task": "regression" if self.numbers else "multiclass"}),
            "stability": {"folds": 3, "repeats": 2},
        }
        (folder / "readiness.yaml").write_text(yaml.safe_dump(spec))
        soundness = assess_soundness(measure_refits(gather(folder / "readiness.yaml"))).soundness
        assert soundness is not None
        return list(soundness.doubts)


def fitted_on_everything(known: Known) -> None:
    known.model = RandomForestClassifier(60, random_state=0)
    known.fitted_on = pd.concat([known.train, known.test])


def copied_into_training(known: Known) -> None:
    known.train = pd.concat([known.train, known.test.iloc[: len(known.test) // 4]], ignore_index=True)


def twice_in_the_test(known: Known) -> None:
    known.test = pd.concat([known.test, known.test.iloc[: len(known.test) // 3]], ignore_index=True)


def told_by_a_column(known: Known) -> None:
    for seed, table in enumerate((known.train, known.test)):
        scale = float(table["target"].std()) * 0.01
        table["follow_up"] = table["target"] + scale * np.random.default_rng(seed).normal(size=len(table))


def told_by_gaps(known: Known) -> None:
    known.model = make_pipeline(RandomForestClassifier(60, random_state=0))
    for seed, table in enumerate((known.train, known.test)):
        drawn = np.random.default_rng(seed).normal(size=len(table))
        table["examined"] = np.where(table["target"] == 1, drawn, np.nan)


FAULTS = [
    ("breast-cancer", fitted_on_everything, Kind.SEEN),
    pytest.param(*("digits", fitted_on_everything, Kind.SEEN), marks=pytest.mark.exhaustive),
    ("diabetes", copied_into_training, Kind.SEEN),
    pytest.param(*("digits", copied_into_training, Kind.SEEN), marks=pytest.mark.exhaustive),
    pytest.param(*("wine", copied_into_training, Kind.SEEN), marks=pytest.mark.exhaustive),
    ("breast-cancer", twice_in_the_test, Kind.REPEATS),
    ("diabetes", twice_in_the_test, Kind.REPEATS),
    ("diabetes", told_by_a_column, Kind.LEAK),
    ("digits", told_by_a_column, Kind.LEAK),
    ("breast-cancer", told_by_gaps, Kind.LEAK),
]


@pytest.mark.parametrize("name", LOADERS)
def test_known_data_are_sound(name: str, tmp_path: Path) -> None:
    """Halved at random, with a straight line: nothing is doubted, strong columns and few levels included."""
    assert [] == [(f.code, f.status, f.reason) for f in Known(name).doubts(tmp_path)]


@pytest.mark.parametrize(("name", "fault", "kind"), FAULTS, ids=lambda each: getattr(each, "__name__", str(each)))
def test_each_fault_is_found(name: str, fault: Callable[[Known], None], kind: Kind, tmp_path: Path) -> None:
    """As what it is."""
    known = Known(name)
    fault(known)
    found = known.doubts(tmp_path)
    assert kind in {kind_of(finding.key) for finding in found}, [(f.code, f.reason) for f in found]
