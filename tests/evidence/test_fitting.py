"""Rankers are told their queries by the name that their library uses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.models.description import query_argument
from readiness.evidence.workers.in_process import InProcess, fit

FRAME = pd.DataFrame({"search": ["b", "a", "b", "a", "b"], "x": [1.0, 2.0, 3.0, 4.0, 5.0]})
LABELS = np.array([10.0, 20.0, 30.0, 40.0, 50.0])


class Sizes(BaseEstimator):
    """Takes sizes, as LightGBM does."""

    def fit(self, rows, y, group=None):
        self.seen = (list(rows["x"]), list(y), None if group is None else list(group))
        return self


class Codes(BaseEstimator):
    """Takes codes, as XGBoost does, and sizes as well."""

    def fit(self, rows, y, *, group=None, qid=None):
        self.seen = (list(rows["x"]), list(y), group, None if qid is None else list(qid))
        return self


def fitted(model, query="search"):
    candidate = Candidate(InProcess(model), ("x",), True, Task.RANKING, query=query)
    fit(model, candidate.form, FRAME, LABELS)
    return model


def test_sizes_and_rows_sorted_by_query():
    """The three rows of b, then the two of a, in the order of the table within each."""
    assert fitted(Sizes()).seen == ([1, 3, 5, 2, 4], [10, 30, 50, 20, 40], [3, 2])


def test_codes_go_before_sizes():
    """Whoever takes both is given codes."""
    assert fitted(Codes()).seen == ([1, 3, 5, 2, 4], [10, 30, 50, 20, 40], None, [0, 0, 0, 1, 1])


def test_the_last_step_of_a_pipeline_is_told():
    """Under the name that the pipeline passes on."""
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), Sizes())
    assert query_argument(model) == "sizes__group"
    assert fitted(model)[-1].seen[2] == [3, 2]


def test_others_are_fitted_as_they_are():
    """A regression knows nothing of queries, and a task without queries tells nothing."""
    assert query_argument(LinearRegression()) == ""
    assert query_argument(make_pipeline(StandardScaler(), "passthrough")) == ""
    assert fitted(LinearRegression()).coef_ == pytest.approx([10.0])
    assert fitted(Sizes(), query=None).seen == ([1, 2, 3, 4, 5], [10, 20, 30, 40, 50], None)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_rankers_of_the_libraries_can_be_fitted(library):
    """Rows of a query that are scattered over the table; the score follows the only feature."""
    module = pytest.importorskip(library)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"search": rng.permutation(np.repeat(np.arange(40), 10)), "x": rng.normal(size=400)})
    quiet = {
        "lightgbm": lambda: module.LGBMRanker(n_estimators=5, verbose=-1, n_jobs=1),
        "xgboost": lambda: module.XGBRanker(n_estimators=5, n_jobs=1),
        "catboost": lambda: module.CatBoostRanker(
            iterations=5, verbose=False, thread_count=1, allow_writing_files=False
        ),
    }
    model = quiet[library]()
    candidate = Candidate(InProcess(model), ("x",), True, Task.RANKING, query="search")
    fit(model, candidate.form, frame, (frame["x"].to_numpy() > 0.5).astype(float))
    low, high = model.predict(pd.DataFrame({"x": [-1.0, 1.0]}))
    assert low < high
