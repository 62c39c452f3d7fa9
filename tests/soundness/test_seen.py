"""Models beside copies of themselves: sound ones of many kinds, and such as have seen test rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from readiness.core.findings import Finding, Question, Status
from readiness.core.missing import Missing
from readiness.core.policy import SOUNDNESS_ALPHA, SOUNDNESS_LEVEL, Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import EqualRefits, fit_equal_clones
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.fold_scores import asked_of_copies, held_score
from readiness.evidence.measure_refits import measure_refits
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import Holdout
from readiness.evidence.retraining import Retraining
from readiness.evidence.row_hashes import hashes_of
from readiness.evidence.workers.in_process import InProcess
from readiness.soundness import seen
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import INDEPENDENT
from readiness.statistics.judge_claims import judge_claims
from readiness.statistics.refit_advantage import RefitLosses
from tests.questions.conftest import evidence_of, spec_of
from tests.sampling import exhaustive, sampled

pytestmark = pytest.mark.slow

COLUMNS = ["a", "b", "c", "d"]
TREES = 15


def world(n: int, *, task: Task = Task.BINARY, seed: int = 0, shift: float = 0.0) -> tuple[pd.DataFrame, Any]:
    """Rows with a target that is half noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 4))
    signal = x[:, 0] + x[:, 1] * x[:, 2] + random.normal(size=n) + shift
    frame = pd.DataFrame(x, columns=COLUMNS)
    if task is Task.REGRESSION:
        return frame, signal
    return frame, np.digitize(signal, [-1, 1] if task is Task.MULTICLASS else [0]).astype(np.int64)


def evidence(
    model: Any,
    *,
    n: int = 1_200,
    seen_rows: float = 0.0,
    task: Task = Task.BINARY,
    shift: float = 0.0,
    on: Any = None,
    fit: Any = None,
    change: Any = None,
    **parts: Any,
) -> Evidence:
    """Evidence of a model on half of n rows, fitted on the others and on a share of its test rows as well."""
    frame, y = world(n, task=task, shift=shift)
    half = n // 2
    train, test, known = frame.iloc[:half], frame.iloc[half:], half + round(seen_rows * half)
    rows = np.arange(known) if on is None else on
    model.fit(frame.iloc[rows], y[rows], **(fit or {}))
    if change:
        change(model)
    classes = tuple(range(int(y.max()) + 1)) if task.has_classes else ()
    candidate = Candidate.of(InProcess(model), COLUMNS, task=task, classes=classes)
    said = candidate.score(test)
    cases = Cases(task, y[half:], said.predicted, said.scores, max(2, len(classes)), said.is_probability)
    spec = spec_of(stability={"repeats": 2, **parts.pop("stability", {})}, **parts)
    bare = evidence_of([0, 1], [0, 1])
    training = Training(train, y[:half], tuple(COLUMNS))
    return replace(
        bare, spec=spec, cases=cases, candidate=candidate, rows=test.reset_index(drop=True), training=training
    )


def copied(given: Evidence) -> Evidence:
    """With copies of the candidate, and without the repeats of question 5."""
    assert given.candidate is not None
    assert given.training is not None
    rows = np.arange(given.cases.n)
    asked = asked_of_copies(given, given.training, rows, Holdout(given.rows[COLUMNS], held_score(given, rows)))
    plan = Plan(given.training.target, given.task, 5, 2, given.spec.seed, given.training.whole)
    columns = [*COLUMNS, *([given.candidate.query] if given.candidate.query else [])]
    frame = given.training.frame[columns]
    equal, _, _ = fit_equal_clones(given.candidate, frame, plan, asked, seeds=3, seconds=1e6)
    return replace(given, retraining=Retraining(rows, equal=equal))


def judged(given: Evidence) -> Finding:
    """The finding of a model beside its copies."""
    return finding_of(copied(given))


def finding_of(given: Evidence) -> Finding:
    """The one finding, settled as in a review."""
    finding = judge_claims(seen.examine(given), alpha=SOUNDNESS_ALPHA, level=SOUNDNESS_LEVEL)[0]
    assert "EVID-SEEN" == finding.code
    return finding


SOUND = {
    "forest": lambda: RandomForestClassifier(TREES),
    "forest with a seed": lambda: RandomForestClassifier(TREES, random_state=1),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=20),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=20),
    "neighbours": lambda: KNeighborsClassifier(3),
    "tree": lambda: DecisionTreeClassifier(),
    "line": lambda: LogisticRegression(),
    "bayes": lambda: GaussianNB(),
    "margin": lambda: LinearSVC(),
    "pipeline": lambda: make_pipeline(StandardScaler(), RandomForestClassifier(TREES)),
    "calibrated": lambda: CalibratedClassifierCV(RandomForestClassifier(5), cv=3),
    "tuned": lambda: GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [3, 8]}, cv=3),
    "network": lambda: make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=60, random_state=0)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sampled(SOUND, 2, always=["forest", "line", "tuned", "histograms"]))
def test_sound_models_are_met(name: str) -> None:
    """Fitted on the training table alone: with a seed, without one, tuned, calibrated, in a pipeline."""
    finding = judged(evidence(SOUND[name]()))
    assert Status.MET == finding.status, finding.reason
    assert "600 test rows" in finding.reason
    assert "" == finding.needs


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_a_forest_that_has_seen_test_rows(task: Task) -> None:
    """Half of them: not met, with how many of how many rows, at least how many, and the cure."""
    model = RandomForestRegressor(TREES) if task is Task.REGRESSION else RandomForestClassifier(TREES)
    finding = judged(evidence(model, seen_rows=0.5, task=task))
    assert Status.NOT_MET == finding.status
    assert finding.measured is not None
    assert 0.5 == pytest.approx(finding.measured.value, abs=0.12)
    assert finding.reason.startswith("the model does better on these 600 test rows than 8 copies of it that never saw")
    assert "as if it had seen about" in finding.reason
    assert "(at least" in finding.reason
    assert "soundness.seen" in finding.needs
    assert "supplied.training_rows" in finding.needs


@pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
def test_sound_models_of_other_tasks(task: Task) -> None:
    """Three classes and numbers."""
    model = RandomForestRegressor(TREES) if task is Task.REGRESSION else RandomForestClassifier(TREES)
    assert Status.MET == judged(evidence(model, task=task)).status


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("tree", 0.5),
        ("neighbours", 1.0),
        exhaustive(("histograms", 0.6)),
        ("boosting", 1.0),
        exhaustive(("calibrated", 0.6)),
        ("pipeline", 0.4),
    ],
)
def test_models_that_have_seen_test_rows_are_never_met(name: str, share: float) -> None:
    """Whatever it is, and whether or not it reproduces itself."""
    finding = judged(evidence(SOUND[name](), seen_rows=share))
    assert finding.status in (Status.NOT_MET, Status.NOT_PROVEN)
    assert finding.needs


def test_rare_positives_that_were_seen() -> None:
    """Of 4 % positives most are known by heart; the measure is what a guess loses, not all rows."""
    finding = judged(evidence(RandomForestClassifier(TREES), n=3_000, seen_rows=0.5, shift=-3.0))
    assert Status.NOT_MET == finding.status
    assert Status.MET == judged(evidence(RandomForestClassifier(TREES), n=3_000, shift=-3.0)).status


def test_fitted_on_the_test_rows_alone() -> None:
    """No training row at all."""
    finding = judged(evidence(RandomForestClassifier(TREES), on=np.arange(600, 1_200)))
    assert Status.NOT_MET == finding.status


@pytest.mark.parametrize("name", ["forest", exhaustive("histograms"), "tree"])
def test_fitted_on_part_of_the_training_rows(name: str) -> None:
    """It does worse than its copies, if anything."""
    part = np.random.default_rng(1).permutation(600)[:450]
    assert Status.NOT_MET != judged(evidence(SOUND[name](), on=part)).status


def test_fitted_with_weights() -> None:
    """A legitimate difference of which copies know nothing."""
    weights = np.random.default_rng(1).gamma(2.0, size=600)
    finding = judged(evidence(RandomForestClassifier(TREES), fit={"sample_weight": weights}))
    assert Status.MET == finding.status


def beside(own: Any, on_test: Any, on_train: Any) -> Finding:
    """The finding for these losses, where a guess loses a quarter."""
    equal = EqualRefits(
        RefitLosses(own, on_test, on_train, on_train.mean(axis=0), 0.25), INDEPENDENT, len(own), False, 0.0
    )
    return finding_of(replace(evidence_of([0, 1], [0, 1]), retraining=Retraining(equal=equal)))


@pytest.mark.parametrize(("unlike", "status"), [(0.0, Status.MET), (0.3, Status.NOT_PROVEN)])
def test_a_model_unlike_its_copies_must_be_told_from_one_that_has_seen(unlike: float, status: Status) -> None:
    """Copies that are alike, memory that gains little: the model is one of them, or nobody can tell."""
    random = np.random.default_rng(0)
    losses = random.uniform(0, 0.4, 100)
    finding = beside(losses + unlike * random.normal(size=100), losses[None], losses[None] - 0.01)
    assert status == finding.status
    if unlike:
        assert finding.reason.startswith(
            "the model may have seen up to all of these 100 test rows, by how a copy of it"
        )
        assert "its answers are unlike those of its copies" in finding.reason


def test_rows_that_cannot_have_gained_much_are_met() -> None:
    """Luck of the seed hides any share of seen rows, and all of them would gain 2.8 % of a guess's error."""
    random = np.random.default_rng(0)
    fits = random.uniform(0, 0.4, 100) + 0.02 * random.normal(size=(9, 1)) + 0.01 * random.normal(size=(9, 100))
    finding = beside(fits[0], fits[1:], fits[1:] - 0.007)
    assert Status.MET == finding.status
    assert "rows that it had seen can have gained no more than" in finding.reason
    assert finding.criterion is not None
    assert (0.05, True) == (finding.criterion.threshold, finding.criterion.presumed)


def test_a_lead_that_memory_cannot_explain_is_not_proven() -> None:
    """Copies do no better on their own rows, and the model does better than all of them."""
    losses = np.full((3, 100), 0.2)
    finding = beside(losses[0] - 0.02, losses, losses - 0.001)
    assert Status.NOT_PROVEN == finding.status
    assert "by more than memory gains" in finding.reason


def test_parameters_that_were_changed_after_fitting() -> None:
    """Copies that are stumps say nothing of a forest."""
    finding = judged(
        evidence(RandomForestClassifier(TREES), seen_rows=0.5, change=lambda model: model.set_params(max_depth=1))
    )
    assert Status.NOT_ASSESSED == finding.status
    assert "do not stand for the model" in finding.reason


def test_memory_that_gains_nothing_is_met() -> None:
    """Numbers that a line gets from many rows: a gain below 1 % of its error."""
    finding = judged(evidence(Ridge(), n=6_000, seen_rows=1.0, task=Task.REGRESSION))
    assert Status.MET == finding.status
    assert "could not have helped" in finding.reason
    assert finding.criterion is not None
    assert 0.01 == finding.criterion.threshold


def test_predictions_alone_are_not_assessed() -> None:
    """Neither without a model nor without its training rows; what would settle it names both ways out."""
    given = evidence(RandomForestClassifier(TREES))
    for less in (replace(given, candidate=None), replace(given, training=None)):
        finding = finding_of(measure_refits(less))
        assert Status.NOT_ASSESSED == finding.status
        assert "supplied.training_rows" in finding.needs
        assert "soundness.seen" in finding.needs


def test_supplied_rows_take_the_place_of_copies() -> None:
    """Predictions alone whose training rows are supplied as hashes are looked up among these instead."""
    given = replace(evidence(RandomForestClassifier(TREES)), candidate=None)
    assert given.training is not None
    for table, status in ((given.training.frame, Status.MET), (given.rows, Status.NOT_MET)):
        hashes = hashes_of(table, COLUMNS, names_rows=False)
        elsewhere = replace(given.elsewhere, training_rows=hashes)
        assert status == finding_of(replace(given, elsewhere=elsewhere)).status


def test_copies_are_made_where_repeats_do_not_fit() -> None:
    """A budget that holds single fits, and not the 100 of two repeats."""
    slow = {"budget_seconds": 3.0, "repeats": 2, "folds": 50}
    done = measure_refits(evidence(SlowTree(), n=400, stability=slow))
    assert isinstance(done.refits, Missing)
    assert Status.MET == finding_of(done).status


def test_a_partial_review_makes_no_copies() -> None:
    """Where question 5 is not asked."""
    given = replace(evidence(LogisticRegression()), only=(Question.BASELINE,))
    assert Status.NOT_ASSESSED == finding_of(measure_refits(given)).status


def test_the_same_evidence_twice() -> None:
    """Every digit."""
    given = evidence(DecisionTreeClassifier(random_state=0), seen_rows=0.2)
    assert judged(given) == judged(given)


class SlowTree(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """Takes a while to fit."""

    def fit(self, rows: Any, y: Any) -> SlowTree:
        time.sleep(0.3)
        return super().fit(rows, y)  # type: ignore[no-any-return]


class Order(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Ranks by a forest."""

    def fit(self, rows: Any, y: Any) -> Order:
        self.forest_ = RandomForestRegressor(TREES, random_state=0).fit(rows.to_numpy(), y)
        self.feature_names_in_ = np.array(rows.columns)
        return self

    def predict(self, rows: Any) -> Any:
        return self.forest_.predict(rows.to_numpy())


@pytest.mark.parametrize(("share", "statuses"), [(0.0, {Status.MET}), (1.0, {Status.NOT_MET, Status.NOT_PROVEN})])
def test_a_ranking_is_compared_query_by_query(share: float, statuses: set[Status]) -> None:
    """The primary metric of each query, and how many of them."""
    frame, y = world(2_400, task=Task.REGRESSION)
    relevance = np.digitize(y, [0.5, 1.5]).astype(float)
    queries = np.arange(1_200) // 6
    known = 1_200 + round(share * 1_200)
    model = Order().fit(frame.iloc[:known], relevance[:known])
    candidate = Candidate.of(InProcess(model), COLUMNS, task=Task.RANKING, query="q")
    train = frame.iloc[:1_200].assign(q=queries)
    test = frame.iloc[1_200:].reset_index(drop=True)
    cases = Cases(Task.RANKING, relevance[1_200:], candidate.score(test).predicted, queries=queries)
    training = Training(train, relevance[:1_200], tuple(COLUMNS), queries=queries)
    given = replace(
        evidence_of([0, 1], [0, 1]), cases=cases, candidate=candidate, rows=test, training=training,
        spec=spec_of(data={"query": "q", "task": "ranking"}, stability={"repeats": 2}),
    )  # fmt: skip
    finding = judged(given)
    assert finding.status in statuses
    assert "1,200 test rows in" in finding.reason
    assert "queries" in finding.reason
