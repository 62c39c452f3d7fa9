"""Refits: clones only, whole repeats only, and the same results however many workers there are."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence import refits
from readiness.evidence.candidate import Candidate
from readiness.evidence.refit_jobs import Plan, fitting_labels
from readiness.evidence.refits import RefitEstimate, Refits, estimate, refit
from readiness.evidence.workers.in_process import InProcess, clone_seeded
from readiness.evidence.workers.worker import Scores

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(120, 3)), columns=["a", "b", "c"])
CODES = (FRAME["a"] + RNG.normal(size=120) > 0).astype(np.int64).to_numpy()
PLAN = Plan(CODES, Task.BINARY, 4, 3, 0)


class Own(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier of our own; `how` says what it does when it is fitted."""

    def __init__(self, how: str = "") -> None:
        self.how = how

    def fit(self, rows: Any, y: Any) -> Own:
        self.classes_ = np.unique(y)
        if self.how == "fail":
            raise ValueError("cannot find a solution.")
        if self.how == "exit":
            sys.exit(3)
        if self.how == "slow":
            time.sleep(0.2)
        return self

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.classes_[1])


def candidate(model: Any, classes: tuple[Any, Any] = (0, 1)) -> Candidate:
    """The model fitted on all rows, wrapped."""
    labels = np.array(classes)[CODES]
    return Candidate.of(InProcess(model.fit(FRAME, labels)), list(FRAME.columns), task=Task.BINARY, classes=classes)


def with_model(wrapped: Candidate, model: Any) -> Candidate:
    """Another model in the same form."""
    return Candidate.in_form(InProcess(model), wrapped.form)


def accuracy(rows: np.ndarray[Any, Any], scores: Scores) -> float:
    return float(np.mean(scores.predicted == CODES[rows]))


def done(model: Candidate, plan: Plan = PLAN, **more: Any) -> Refits:
    result = refit(model, FRAME, plan, accuracy, **{"n_jobs": 1, **more})
    assert isinstance(result, Refits)
    return result


def refused(model: Candidate, plan: Plan = PLAN, **more: Any) -> Missing:
    result = refit(model, FRAME, plan, accuracy, **{"n_jobs": 1, **more})
    assert isinstance(result, Missing)
    return result


def test_scores_are_those_of_clones_on_rows_they_have_not_seen() -> None:
    """Each fold's score is that of a fresh fit on its training rows, worked out here by hand."""
    model = LogisticRegression()
    result = done(candidate(model))
    for record, split in zip(result.folds[:4], PLAN.repeat(0), strict=True):
        fresh = LogisticRegression().fit(FRAME.iloc[split.train], CODES[split.train])
        expected = fresh.score(FRAME.iloc[split.test], CODES[split.test])
        assert (record.score, record.n_train, record.n_test) == (expected, len(split.train), len(split.test))
        assert np.array_equal(result.predicted[0, split.test], fresh.predict(FRAME.iloc[split.test]))
    assert (result.repeats, result.scores.shape, result.notes) == (3, (3, 4), ())


def test_candidate_itself_is_not_touched() -> None:
    """The fitted artefact keeps its coefficients."""
    model = LogisticRegression()
    wrapped = candidate(model)
    before = model.coef_.copy()
    done(wrapped)
    assert np.array_equal(model.coef_, before)


@pytest.mark.parametrize("classes", [("no", "yes"), (False, True), ("yes", "no")])
def test_labels_of_any_kind(classes: tuple[Any, Any]) -> None:
    """Text and truth values give the same codes as 0 and 1 do."""
    expected = done(candidate(LogisticRegression())).predicted
    assert np.array_equal(done(candidate(LogisticRegression(), classes)).predicted, expected)


def test_clones_get_the_labels_that_the_model_itself_had() -> None:
    """A model of coded classes is refitted on its codes, though the data spells them as text."""
    model = LogisticRegression().fit(FRAME, CODES)
    wrapped = Candidate.of(InProcess(model), list(FRAME.columns), task=Task.BINARY, classes=("0", "1"))
    assert fitting_labels(wrapped, CODES).dtype == np.int64


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two worker processes give what one process gives, also for a model with random training."""
    monkeypatch.setattr(refits, "WORKERS_PAY", 0.0)
    wrapped = candidate(RandomForestClassifier(5, n_jobs=2))
    one, two = done(wrapped), done(wrapped, n_jobs=2)
    assert np.array_equal(one.predicted, two.predicted)
    assert np.array_equal(one.scores, two.scores)


def test_model_that_cannot_be_sent_to_workers_is_refitted_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock cannot be pickled; the refits then run in this process."""
    import threading

    class Locked(Own):
        def __deepcopy__(self, memo: Any) -> Any:
            return self

        def __reduce__(self) -> Any:
            raise TypeError("cannot pickle a lock")

        lock = threading.Lock()

    monkeypatch.setattr(refits, "WORKERS_PAY", 0.0)
    assert done(candidate(Locked()), n_jobs=2).repeats == 3


def test_open_seeds_differ_between_refits_and_fixed_ones_stay() -> None:
    """A random state left open becomes a seed; one that the author fixed, anywhere inside, is kept."""
    open_ = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    fixed = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=5, n_jobs=-1))
    assert clone_seeded(open_, 77).get_params()["decisiontreeclassifier__random_state"] == 77
    parameters = clone_seeded(fixed, 77).get_params()
    assert parameters["randomforestclassifier__random_state"] == 5
    assert parameters["randomforestclassifier__n_jobs"] == 1
    assert open_.get_params()["decisiontreeclassifier__random_state"] is None


def test_budget_cuts_at_whole_repeats_and_says_so() -> None:
    """When time is over, whole repeats remain, at least two, and a note says how many."""
    cheap = RefitEstimate(400, 0.001, 1)
    result = done(candidate(Own("slow")), Plan(CODES, Task.BINARY, 4, 100, 0), budget_seconds=1.0, estimated=cheap)
    assert 2 <= result.repeats < 10
    assert len(result.folds) == 4 * result.repeats
    assert result.notes == (f"{result.repeats} of 100 repeats were completed before the time was used up.",)


def test_model_too_slow_for_two_repeats_is_not_refitted() -> None:
    """If two repeats do not fit into the budget, none is begun, and the needed budget is named."""
    why = refused(candidate(Own()), budget_seconds=10, estimated=RefitEstimate(12, 4.0, 2))
    assert why.reason == "2 repeats need about 8 fits of 4 s on 2 cores: 16 s; the budget is 10 s"
    assert why.needs == "stability.budget_seconds of at least 16"


def test_estimate_is_there_before_the_refits() -> None:
    """One timed fit says what all will cost, in words."""
    cost = estimate(candidate(Own("slow")), FRAME, PLAN, n_jobs=2)
    assert isinstance(cost, RefitEstimate)
    assert (cost.fits, cost.workers) == (12, 2)
    assert 0.2 <= cost.seconds_per_fit < 2
    assert RefitEstimate(50, 0.8, 2).words == "about 50 fits of 0.8 s on 2 cores: 20 s"
    assert RefitEstimate(5, 1.0, 1).words == "about 5 fits of 1 s on 1 core: 5 s"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("fail", "refit 1 of repeat 1 failed: ValueError: cannot find a solution"),
        ("exit", "refit 1 of repeat 1 failed: SystemExit: 3"),
    ],
)
def test_one_failing_refit_is_the_reason(how: str, words: str) -> None:
    """A refit that fails is named with its message; there are no results of the others."""
    wrapped = candidate(Own())
    assert refused(with_model(wrapped, Own(how))).reason == words
    assert refused(with_model(wrapped, Own(how)), estimated=RefitEstimate(12, 0.01, 1)).reason == words


def test_models_that_clones_cannot_stand_for() -> None:
    """No parameters, or a frozen part that saw all rows: a refit would show nothing."""

    class Bare:
        def predict(self, rows: Any) -> Any:
            return np.zeros(len(rows))

    wrapped = candidate(Own())
    assert "cannot be cloned" in refused(with_model(wrapped, Bare())).reason
    frozen = CalibratedClassifierCV(FrozenEstimator(LogisticRegression().fit(FRAME, CODES)))
    assert "frozen part" in refused(with_model(wrapped, frozen)).reason


def test_rows_that_cannot_be_split_are_the_reason() -> None:
    """The plan's own words are passed on."""
    assert "too few" in refused(candidate(Own()), Plan(CODES[:6], Task.BINARY, 4, 3, 0)).reason


def test_fits_that_did_not_converge_are_counted() -> None:
    """Convergence warnings of clones become a note, not noise."""
    wrapped = with_model(candidate(Own()), MLPClassifier((2,), max_iter=1))
    assert done(wrapped).notes == ("12 of 12 refits stopped before they had converged.",)


def test_regression_and_time_leave_unpredicted_rows_open() -> None:
    """With time the first window is never predicted: nan for values, -1 for classes."""
    times = pd.Series(np.arange(120))
    y = FRAME["a"].to_numpy()
    model = Candidate.of(InProcess(DummyRegressor().fit(FRAME, y)), list(FRAME.columns), task=Task.REGRESSION)
    result = refit(model, FRAME, Plan(y, Task.REGRESSION, 4, 2, 0, time=times), lambda rows, scores: 0.0, n_jobs=1)
    assert isinstance(result, Refits)
    assert np.isnan(result.predicted).sum(axis=1).tolist() == [24, 24]
    codes = done(candidate(Own()), Plan(CODES, Task.BINARY, 4, 2, 0, time=times)).predicted
    assert (codes == -1).sum(axis=1).tolist() == [24, 24]


def test_catboost_is_refitted_in_a_pipeline_and_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CatBoost gets one thread and writes nothing into the working folder."""
    catboost = pytest.importorskip("catboost")
    monkeypatch.chdir(tmp_path)
    model = make_pipeline(
        StandardScaler(), catboost.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False)
    )
    wrapped = candidate(model)
    loud = make_pipeline(StandardScaler(), catboost.CatBoostClassifier(iterations=2, verbose=0))
    assert done(with_model(wrapped, loud)).repeats == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "name", "settings"),
    [
        ("xgboost", "XGBClassifier", {"n_estimators": 2}),
        ("lightgbm", "LGBMClassifier", {"n_estimators": 2, "verbose": -1}),
    ],
)
def test_boosters_are_refitted(module: str, name: str, settings: dict[str, Any]) -> None:
    """XGBoost and LightGBM clones fit and predict in their own form."""
    kind = getattr(pytest.importorskip(module), name)
    assert done(candidate(kind(**settings))).scores.min() > 0.2
