"""Small, real tables from scikit-learn: breast cancer (569 rows) and diabetes (442 rows)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from readiness.demo.material import Material

SEED = 0
TEST_SHARE = 0.5
"""Half the rows: with so few, what is left to test on decides what can be proven."""


def breast_cancer() -> Material:
    """Malignant or benign, from measurements of cell nuclei (Street, Wolberg & Mangasarian 1993)."""
    data = load_breast_cancer(as_frame=True)
    diagnosis = data.target.map(dict(enumerate(data.target_names.tolist())))
    frame = data.data.assign(diagnosis=diagnosis)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return _fitted("breast-cancer.yaml", frame, "diagnosis", model, stratify=frame["diagnosis"])


def diabetes() -> Material:
    """Progression of diabetes within a year (Efron, Hastie, Johnstone & Tibshirani 2004), in the units measured."""
    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    # Whole numbers that stand for something else than an amount should not look like amounts.
    frame["sex"] = frame["sex"].astype("int64")
    model = make_pipeline(StandardScaler(), RidgeCV())
    return _fitted("diabetes.yaml", frame, "progression", model, stratify=frame["sex"])


def _fitted(spec: str, frame: pd.DataFrame, target: str, model: Pipeline, *, stratify: Any) -> Material:
    train, test = train_test_split(frame, test_size=TEST_SHARE, random_state=SEED, stratify=stratify)
    with threadpool_limits(limits=1):
        model.fit(train.drop(columns=target), train[target])
    return Material(spec, {"train": train, "test": test}, {"candidate": model})
