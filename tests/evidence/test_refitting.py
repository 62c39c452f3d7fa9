"""What a review adds to its evidence by refitting: repeats, other seeds or a learning curve, and small changes."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence import measure_refits as refitting
from readiness.evidence import refits
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.measure_refits import measure_refits
from readiness.evidence.perturb import Perturbed
from readiness.evidence.refits import Refits
from readiness.evidence.workers.in_process import InProcess
from readiness.questions import stability
from tests.questions.conftest import evidence_of

RANDOM = np.random.default_rng(0)
NAMES = ["a", "b", "c", "d"]
ROWS = pd.DataFrame(RANDOM.normal(size=(900, 4)), columns=NAMES)
CODES = (ROWS["a"] + RANDOM.normal(size=900) > 0).astype(np.int64).to_numpy()
TRAIN, TEST = ROWS.iloc[:600], ROWS.iloc[600:]


class Slow(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Takes a while to fit, and longer the more rows there are; always says the same."""

    def fit(self, rows: Any, y: Any) -> Slow:
        self.classes_ = np.unique(y)
        time.sleep(len(rows) / 2000)
        return self

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.classes_[1])


def evidence(model: Any, **settings: Any) -> Evidence:
    """Evidence of the model, fitted on 600 rows and asked about 300, judged by accuracy."""
    fitted = Candidate.of(InProcess(model.fit(TRAIN, CODES[:600])), NAMES, task=Task.BINARY, classes=(0, 1))
    spec = {"baseline": {"metric": "accuracy"}, "stability": {"repeats": 3, **settings}}
    bare = evidence_of(CODES[600:], fitted.score(TEST).predicted, **spec)
    training = Training(TRAIN, CODES[:600], tuple(NAMES))
    return replace(bare, candidate=fitted, rows=TEST, training=training)


def findings(found: Evidence) -> dict[str, Any]:
    return {f.code: f for f in stability.ask(found, found.spec.stability).findings}


def test_an_unpruned_tree_changes_its_mind() -> None:
    """On noise, far more than one answer in five changes from refit to refit: not met, whatever the average says."""
    found = findings(measure_refits(evidence(DecisionTreeClassifier())))
    assert Status.NOT_MET == found["STAB-CHURN"].status
    assert "answers hang" in found["STAB-SEEDS-CHURN"].warning or found["STAB-SEEDS-CHURN"].measured.value <= 0.2
    assert {"STAB-HOLDOUT", "STAB-SEEDS", "STAB-PERTURBED"} <= found.keys()
    assert found["STAB-PERTURBED"].measured.value > 0.02


def test_a_straight_line_keeps_its_mind() -> None:
    """Little churn, a narrow spread on the common rows, no findings about a seed that does nothing."""
    done = measure_refits(evidence(LogisticRegression()))
    found = findings(done)
    assert found["STAB-CHURN"].measured.value < 0.1
    assert found["STAB-HOLDOUT"].measured.value < 0.02
    assert not {"STAB-SEEDS", "STAB-SEEDS-CHURN"} & found.keys()
    assert np.array_equal(np.arange(300), done.retraining.rows)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_evidence() -> None:
    """Scores on the hold-out, other seeds and small changes, twice."""
    given = evidence(DecisionTreeClassifier())
    one, two = measure_refits(given), measure_refits(given)
    assert isinstance(one.refits, Refits)
    assert isinstance(two.refits, Refits)
    assert np.array_equal(one.refits.held, two.refits.held)
    assert [seed.value for seed in one.retraining.seeds] == [seed.value for seed in two.retraining.seeds]
    assert isinstance(one.perturbed, Perturbed)
    assert isinstance(two.perturbed, Perturbed)
    assert np.array_equal(one.perturbed.after, two.perturbed.after)


def test_too_expensive_a_fit_leaves_a_learning_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two repeats of 5 s do not fit into 3 s, three single fits do; question 5 stays not assessed."""
    monkeypatch.setattr(refits.joblib, "cpu_count", lambda: 1)
    done = measure_refits(evidence(Slow(), folds=10, budget_seconds=3))
    found = findings(done)
    assert isinstance(done.refits, Missing)
    assert Status.NOT_ASSESSED == found["STAB-REFITS"].status
    assert [150, 300, 600] == [one.n_train for one in done.retraining.curve]
    assert "STAB-CURVE-100" in found


def test_predictions_alone_are_not_changed() -> None:
    """Without a model there is nothing to ask about changed rows, and no finding about it."""
    alone = replace(evidence(LogisticRegression()), candidate=None)
    done = measure_refits(alone)
    assert done.perturbed is None
    assert done.refits == refitting.NO_MODEL
    assert "STAB-PERTURBED" not in findings(done)


def test_many_test_rows_are_sampled_from_the_seed() -> None:
    """At most so many, in their order, the same each time; queries stay whole."""
    found = evidence(LogisticRegression())
    rows = refitting._sample(found, 100)
    assert np.array_equal(rows, refitting._sample(found, 100))
    assert (100, True) == (len(rows), bool(np.all(np.diff(rows) > 0)))
    queries = np.arange(300) // 7
    asked = replace(found, cases=replace(found.cases, queries=queries))
    taken = refitting._sample(asked, 100)
    kept = queries[taken]
    assert 90 <= len(taken) <= 100
    assert [int((queries == query).sum()) for query in set(kept.tolist())] == [
        int((kept == query).sum()) for query in set(kept.tolist())
    ]
