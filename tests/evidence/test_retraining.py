"""Other seeds, fewer rows, and the hold-out that all refits share; the clock alone decides what is left out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from readiness.core.policy import Task
from readiness.evidence import refits
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import Copy
from readiness.evidence.models.description import takes_seed
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import Holdout, RefitEstimate, Refits, refit
from readiness.evidence.retraining import Retrained, learning_curve, seeds_of
from readiness.evidence.workers.in_process import InProcess, clone_seeded
from readiness.evidence.workers.worker import Scores

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(RANDOM.normal(size=(400, 3)), columns=["a", "b", "c"])
CODES = (FRAME["a"] + RANDOM.normal(size=400) > 0).astype(np.int64).to_numpy()
TRAIN, TEST = FRAME.iloc[:200], FRAME.iloc[200:]
PLAN = Plan(CODES[:200], Task.BINARY, 4, 3, 0)
CHEAP = RefitEstimate(12, 0.01, 1)


def held(scores: Scores) -> float:
    """Accuracy on the common test rows."""
    return float(np.mean(scores.predicted == CODES[200:]))


HOLDOUT = Holdout(TEST, held)


def candidate(model: Any) -> Candidate:
    """The model fitted on the training rows, wrapped."""
    return Candidate.of(InProcess(model.fit(TRAIN, CODES[:200])), list(FRAME.columns), task=Task.BINARY, classes=(0, 1))


def curve(model: Any, **more: Any) -> tuple[tuple[Retrained, ...], str]:
    return learning_curve(candidate(model), TRAIN, PLAN, HOLDOUT, **{"cost": CHEAP, "seconds": 60.0, **more})


def test_every_refit_is_asked_about_the_same_rows() -> None:
    """One number each, that of a fresh fit on its rows, worked out here by hand."""
    wrapped = candidate(LogisticRegression())
    result = refit(wrapped, TRAIN, PLAN, lambda rows, scores: 0.5, n_jobs=1, holdout=HOLDOUT)
    assert isinstance(result, Refits)
    for record, split in zip(result.folds[:4], PLAN.repeat(0), strict=True):
        fresh = LogisticRegression().fit(TRAIN.iloc[split.train], CODES[split.train])
        assert fresh.score(TEST, CODES[200:]) == pytest.approx(record.held)
    assert (12,) == result.held.shape


def test_without_a_hold_out_there_is_no_number() -> None:
    """The refits themselves are the same."""
    result = refit(candidate(GaussianNB()), TRAIN, PLAN, lambda rows, scores: 0.5, n_jobs=1)
    assert isinstance(result, Refits)
    assert np.isnan(result.held).all()


def copies(*labels: Sequence[int]) -> list[Copy]:
    """Clones that said these labels of the test rows."""
    nothing = np.zeros(0, dtype=np.float32)
    return [Copy(nothing, nothing, Scores(np.array(said)), float(np.mean(said))) for said in labels]


def test_the_first_copies_are_the_seeds_of_question_five() -> None:
    """Three of four are asked for."""
    found, note = seeds_of(
        candidate(RandomForestClassifier(5)), copies([0, 1], [1, 1], [0, 0], [1, 0]), seeds=3, n_train=200
    )
    assert ([0.5, 1.0, 0.0], [200] * 3, "") == ([one.value for one in found], [one.n_train for one in found], note)


@pytest.mark.parametrize(
    ("model", "words"),
    [(GaussianNB(), ""), (LogisticRegression(), "3 refits that differ in their seed alone say the same of every row")],
    ids=["no seed", "a seed that does nothing"],
)
def test_a_deterministic_model_has_no_seeds(model: Any, words: str) -> None:
    """Without a random state nothing is told; with an idle one it is said that nothing changes."""
    assert ((), words) == seeds_of(candidate(model), copies([0, 1], [0, 1], [0, 1]), seeds=3, n_train=200)


def test_seeds_that_the_time_does_not_allow() -> None:
    """Two of three where two were made; none where only one was, for one seed has nothing to be compared with."""
    forest = candidate(RandomForestClassifier(5))
    found, note = seeds_of(forest, copies([0, 1], [1, 1]), seeds=3, n_train=200)
    assert (2, "2 of 3 seeds were tried before the time was used up") == (len(found), note)
    expected = "no time was left for 3 refits that differ in their seed alone"
    assert ((), expected) == seeds_of(forest, copies([0, 1]), seeds=3, n_train=200)
    assert ((), "") == seeds_of(forest, copies([0, 1], [1, 1]), seeds=1, n_train=200)


def test_where_a_seed_is() -> None:
    """Anywhere inside; and every one is replaced when all seeds are to change."""
    inside = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=5))
    assert takes_seed(inside)
    assert not takes_seed(make_pipeline(StandardScaler(), LinearRegression()))
    assert 77 == clone_seeded(inside, 77, reseeded=True).get_params()["decisiontreeclassifier__random_state"]
    assert 5 == clone_seeded(inside, 77).get_params()["decisiontreeclassifier__random_state"]


def test_catboost_lists_no_seed_and_gets_one() -> None:
    """It names only what was set; the seed reaches it all the same."""
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(iterations=2)
    assert takes_seed(model)
    assert 77 == clone_seeded(model, 77, reseeded=True).get_params()["random_seed"]


def test_the_curve_grows_by_whole_parts() -> None:
    """A quarter, half and all of the rows, each part inside the next, all asked about the same rows."""
    found, note = curve(LogisticRegression())
    assert ([50, 100, 200], "") == ([one.n_train for one in found], note)
    assert held(Scores(LogisticRegression().fit(TRAIN, CODES[:200]).predict(TEST))) == pytest.approx(found[-1].value)


def test_the_curve_stops_where_the_time_does() -> None:
    """A fit on all rows is expected to take 8 seconds: a quarter fits into 3, half does not."""
    found, note = curve(LogisticRegression(), cost=RefitEstimate(12, 6.0, 1), seconds=3.0)
    assert [50] == [one.n_train for one in found]
    assert "no time was left for a fit on 50 % of the training rows" == note


def test_the_curve_keeps_groups_together() -> None:
    """Of 20 groups of ten rows, half of the rows are ten whole groups."""
    from readiness.evidence.retraining import _draw_rows

    groups = np.arange(200) % 20
    order = _draw_rows(Plan(CODES[:200], Task.BINARY, 4, 3, 0, groups))
    assert 10 == len(set(groups[order[:100]].tolist()))
    assert list(range(200)) == sorted(order.tolist())


def test_a_failing_fit_is_a_note() -> None:
    """Rows of one class only cannot be fitted; the review goes on."""
    one_class = Plan(np.zeros(200, dtype=np.int64), Task.BINARY, 4, 3, 0)
    wrapped = candidate(LogisticRegression())
    found, note = learning_curve(wrapped, TRAIN, one_class, HOLDOUT, cost=CHEAP, seconds=60.0)
    assert () == found
    assert note.startswith("the fit on 25 % of the training rows failed: ValueError")


@pytest.mark.parametrize("verdict", ["good", "mixed", "missing"])
def test_the_clock_ends_the_repeats_and_no_score_does(monkeypatch: pytest.MonkeyPatch, verdict: str) -> None:
    """With a clock that moves one second each time it is read, the same repeats are made whatever the scores say."""
    ticks = itertools.count()
    monkeypatch.setattr(refits.time, "perf_counter", lambda: float(next(ticks)))
    random = np.random.default_rng(0)
    said = {"good": lambda: 1.0, "mixed": random.random, "missing": lambda: math.nan}[verdict]
    plan = Plan(CODES[:200], Task.BINARY, 4, 100, 0)
    result = refit(
        candidate(GaussianNB()),
        TRAIN,
        plan,
        lambda rows, scores: said(),
        budget_seconds=60.0,
        estimated=RefitEstimate(400, 1.0, 1),
        holdout=Holdout(TEST, lambda scores: said()),
    )
    assert isinstance(result, Refits)
    assert 7 == result.repeats
