"""How is a clone fitted? Rankers are told which rows belong to one query, each by the name that its library uses."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.candidates import Candidate

QUERY_ARGUMENTS = ("qid", "group_id", "group")
"""As XGBoost, CatBoost and LightGBM call it; the last one takes numbers of rows instead of codes."""


def fit(model: Any, candidate: Candidate, frame: pd.DataFrame, labels: NDArray[Any]) -> None:
    """Fit `model` to n rows; `frame` holds the candidate's features, and its query column where it has one.

    Rankers ask for the rows of a query in one piece, so rows are sorted by query first; others get them as they are.
    """
    name = query_argument(model)
    if candidate.query is None or not name:
        model.fit(candidate.inputs(frame), labels)
        return
    codes = pd.factorize(frame[candidate.query])[0]
    rows = np.argsort(codes, kind="stable")
    is_sizes = name.rpartition("__")[2] == "group"
    given = np.bincount(codes) if is_sizes else codes[rows]
    model.fit(candidate.inputs(frame.iloc[rows]), labels[rows], **{name: given})


def query_argument(model: Any) -> str:
    """What the `fit` of an estimator, or of a pipeline's last step, calls the queries; empty when it asks for none."""
    if steps := getattr(model, "steps", None):
        last, step = steps[-1]
        name = query_argument(step)
        return f"{last}__{name}" if name else ""
    try:
        known = inspect.signature(model.fit).parameters
    except (AttributeError, TypeError, ValueError):  # "passthrough", or compiled code
        return ""
    return next((name for name in QUERY_ARGUMENTS if name in known), "")
