"""Candidates: one pass through the model, in its own form, with classes in the review's order."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from readiness.core.errors import DataError, ModelError, ScoringError
from readiness.core.policy import Task
from readiness.evidence.candidate import CHECKED_ROWS, Candidate
from readiness.evidence.models.description import feature_names_of, predicts_most_probable
from readiness.evidence.validation import numbers, positions
from readiness.evidence.workers.in_process import InProcess

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(300, 3)), columns=["a", "b c", "d"])
BINARY = (FRAME["a"] + RNG.normal(size=300) > 0).astype(int).to_numpy()
THREE = np.array(["x", "y", "z"])[np.digitize(FRAME["d"], [-0.5, 0.5])]
COLUMNS = list(FRAME.columns)


class Fake:
    """A model that answers what it is told to, and counts how often and for how many rows it is asked."""

    def __init__(self, predict: Any = None, proba: Any = None, classes: Any = None) -> None:
        self.answer, self.calls = predict, {"predict": 0, "predict_proba": 0}
        if proba is not None:
            self.predict_proba = lambda rows: self._count("predict_proba", proba, rows)
        if classes is not None:
            self.classes_ = classes

    def predict(self, rows: Any) -> Any:
        return self._count("predict", self.answer, rows)

    def _count(self, method: str, answer: Any, rows: Any) -> Any:
        self.calls[method] += len(rows)
        return answer(rows) if callable(answer) else answer


def binary(model: Any, **more: Any) -> Candidate:
    return Candidate.of(InProcess(model), COLUMNS, task=Task.BINARY, **{"classes": (0, 1), **more})


def failure(candidate: Candidate, frame: pd.DataFrame = FRAME) -> str:
    with pytest.raises(ScoringError) as caught:
        candidate.score(frame)
    return str(caught.value)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("classes", [(0, 1), (1, 0)])
def test_binary_score_is_that_of_the_review_s_positive_class(named: bool, classes: tuple[int, int]) -> None:
    """Whichever class is positive, its probability is the score, and the labels are the model's own."""
    model = LogisticRegression().fit(FRAME if named else FRAME.to_numpy(), BINARY)
    given_form = FRAME if named else FRAME.to_numpy()
    candidate = binary(model, classes=classes)
    scores = candidate.score(FRAME)
    assert candidate.named is named
    assert np.array_equal(scores.scores, model.predict_proba(given_form)[:, classes[1]])
    assert list(scores.labels) == list(model.predict(given_form))
    assert scores.is_probability


def test_multiclass_scores_follow_the_review_s_order() -> None:
    """Columns of scores are put into the order of the review's classes."""
    model = LogisticRegression().fit(FRAME, THREE)
    scores = Candidate.of(InProcess(model), COLUMNS, task=Task.MULTICLASS, classes=("z", "x", "y")).score(FRAME)
    assert np.array_equal(scores.scores, model.predict_proba(FRAME)[:, [2, 0, 1]])
    assert list(scores.labels) == list(model.predict(FRAME))


def test_class_that_the_model_never_saw_has_probability_zero() -> None:
    """A class of the data that the model does not know can never be predicted by it."""
    model = LogisticRegression().fit(FRAME, BINARY)
    scores = Candidate.of(InProcess(model), COLUMNS, task=Task.MULTICLASS, classes=(0, 1, 2)).score(FRAME)
    assert scores.scores is not None
    assert scores.scores[:, 2].max() == 0
    assert scores.is_probability


def test_extra_columns_and_order_do_not_matter_and_the_frame_stays() -> None:
    """The model gets its features in its order; the caller's frame stays as it was."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, BINARY)
    wide = FRAME.assign(more="text")[["more", "d", "b c", "a"]]
    before = wide.copy()
    assert np.array_equal(binary(model).score(wide).predicted, model.predict(FRAME))
    pd.testing.assert_frame_equal(before, wide)


def test_threshold_makes_the_labels() -> None:
    """With a threshold, a row is positive when its score reaches it."""
    model = LogisticRegression().fit(FRAME, BINARY)
    scores = binary(model, threshold=0.8).score(FRAME)
    assert np.array_equal(scores.predicted, (model.predict_proba(FRAME)[:, 1] >= 0.8).astype(int))


def test_threshold_without_two_classes_is_refused() -> None:
    """A threshold has no meaning for a regression."""
    with pytest.raises(ModelError, match="threshold"):
        Candidate.of(InProcess(LinearRegression()), COLUMNS, task=Task.REGRESSION, threshold=0.5)


def test_model_with_its_own_threshold_keeps_its_labels() -> None:
    """A tuned threshold inside the model decides, not the larger probability."""
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.9).fit(FRAME, BINARY)
    predicted = binary(model).score(FRAME).predicted
    assert np.array_equal(predicted, model.predict(FRAME))
    assert not np.array_equal(predicted, model.predict_proba(FRAME).argmax(axis=1))


def test_many_rows_are_scored_once_by_a_model_known_to_take_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the checked rows, a known model is asked for labels of the checked rows only."""
    many = pd.concat([FRAME] * 10, ignore_index=True)
    model = LogisticRegression().fit(FRAME, BINARY)
    expected, own, asked = model.predict(many), LogisticRegression.predict, []

    def counting(self: Any, rows: Any) -> Any:
        asked.append(len(rows))
        return own(self, rows)

    monkeypatch.setattr(LogisticRegression, "predict", counting)
    assert np.array_equal(binary(model).score(many).predicted, expected)
    assert asked == [CHECKED_ROWS]


class OwnLogistic(LogisticRegression):
    """A subclass, so not known to take the largest."""


def test_many_rows_of_an_unknown_model_are_asked_for_labels_too() -> None:
    """A model of unknown kind says its labels itself, however it scores."""
    many = pd.DataFrame({"a": np.zeros(CHECKED_ROWS + 1), "b c": 0.0, "d": 0.0})
    model = Fake(lambda rows: np.ones(len(rows), int), lambda rows: np.tile([0.9, 0.1], (len(rows), 1)), [0, 1])
    scores = binary(model).score(many)
    assert scores.predicted.min() == 1
    assert model.calls == {"predict": len(many), "predict_proba": len(many)}


def test_ties_are_left_to_the_model() -> None:
    """Where two probabilities are equal, the label is the model's own."""
    model = LogisticRegression().fit(FRAME, BINARY)
    model.coef_, model.intercept_ = np.zeros((1, 3)), np.array([1e-17])  # positive by its sign, 0.5 as probability
    many = pd.concat([FRAME] * 10, ignore_index=True)
    assert binary(model).score(many).predicted.min() == model.predict(many).min()


def test_which_models_are_known_to_take_the_largest() -> None:
    """Pipelines and searches are what ends them; subclasses, margins and replaced methods are not known."""
    known = LogisticRegression()
    assert predicts_most_probable(make_pipeline(StandardScaler(), known))
    search = GridSearchCV(known, {"C": [1.0]}, cv=2).fit(FRAME, BINARY)
    assert predicts_most_probable(search)
    assert not predicts_most_probable(OwnLogistic())
    assert not predicts_most_probable(SVC())
    known.predict = lambda rows: rows
    assert not predicts_most_probable(known)


def test_every_known_name_exists() -> None:
    """The names of known models are those of the installed libraries."""
    from sklearn.utils import all_estimators

    from readiness.evidence.models.description import KNOWN, SEARCHES

    listed = {f"{kind.__module__}.{kind.__qualname__}" for _, kind in all_estimators()}
    ours = {name for name in KNOWN | SEARCHES if name.startswith("sklearn.") and "Halving" not in name}
    assert ours - listed == set()


@pytest.mark.parametrize("shape", ["ovr", "ovo"])
def test_decisions_are_scores_but_no_probabilities(shape: str) -> None:
    """A margin is a score; one-against-one margins of three classes stand for no class and are not used."""
    two = binary(SVC(decision_function_shape=shape).fit(FRAME, BINARY), classes=(1, 0)).score(FRAME)
    assert two.scores is not None
    assert (two.method, two.is_probability) == ("decision_function", False)
    assert np.array_equal(two.predicted, (two.scores > 0).astype(int))
    model = SVC(decision_function_shape=shape).fit(FRAME, THREE)
    three = Candidate.of(InProcess(model), COLUMNS, task=Task.MULTICLASS, classes=("z", "y", "x")).score(FRAME)
    assert (three.scores is None) is (shape == "ovo")
    assert list(three.labels) == list(model.predict(FRAME))


def test_regression_gives_values() -> None:
    """A regression gives one finite value for each row."""
    model = LinearRegression().fit(FRAME, FRAME["a"] * 2)
    scores = Candidate.of(InProcess(model), COLUMNS, task=Task.REGRESSION).score(FRAME)
    np.testing.assert_allclose(scores.labels, FRAME["a"] * 2, atol=1e-9)
    assert scores.scores is None


def test_scores_from_predict_need_a_threshold() -> None:
    """A model that only predicts numbers is a score with a threshold, and an error without."""
    model = Fake(np.linspace(0, 1, 300))
    assert binary(model, threshold=0.5).score(FRAME).predicted.sum() == 150
    message = failure(binary(model))
    assert "If these are scores, set model.threshold" in message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Fake(np.zeros(299, int)), "predict returned 299 rows for 300 rows"),
        (Fake(1), "predict returned one value for 300 rows"),
        (Fake(np.zeros((300, 2), int)), "predict returned 2 values for each row; expected one"),
        (Fake(np.full(300, np.nan)), "no label for 300 rows, first row 1"),
        (Fake(np.full(300, 7)), "predict returned 7; the classes are 0, 1"),
        (Fake(0, np.full((300, 2), np.nan)), "missing or infinite values for 300 of 300 rows, first row 1"),
        (Fake(0, np.full((300, 2), 1.5)), "predict_proba returned 1.5 among its values"),
        (Fake(0, np.full((300, 3), 1 / 3)), "returns 3 scores for each row; the review knows 2 classes"),
        (Fake(0, np.full((300, 2), 0.5), ["no", "yes"]), 'knows the class "no", "yes", the data does not'),
        (Fake(0, [np.zeros((300, 2))] * 2), "predict_proba returned 2 tables"),
        (Fake(0, np.full((300, 2), "high")), 'predict_proba returned "high", which is no number'),
        (Fake(lambda rows: sys.exit(3)), "ended the program in predict (SystemExit: 3)"),
        (Fake(lambda rows: [][1]), "failed in predict: IndexError: list index out of range"),
        (LogisticRegression(), "never fitted"),
    ],
)
def test_unusable_answers_are_told_in_plain_words(model: Any, words: str) -> None:
    """Each unusable answer is a ScoringError that says what came and what was expected."""
    assert words in failure(binary(model))


def test_infinite_regression_value_is_refused() -> None:
    """A regression that overflows is told with the row."""
    answer = np.zeros(300)
    answer[4] = np.inf
    assert "first row 5" in failure(Candidate.of(InProcess(Fake(answer)), COLUMNS, task=Task.REGRESSION))


def test_column_vector_and_single_probability_column_are_taken() -> None:
    """(n, 1) labels are labels; one column of probabilities is that of the positive class."""
    scores = binary(Fake(np.ones((300, 1), int), np.full(300, 0.7))).score(FRAME)
    assert scores.predicted.sum() == 300
    assert scores.scores is not None
    assert set(scores.scores) == {0.7}


def test_probabilities_that_do_not_add_up_are_only_scores() -> None:
    """Rows that do not add up to one are told, and not taken for probabilities."""
    scores = binary(Fake(np.ones(300, int), np.full((300, 2), 0.7), [0, 1])).score(FRAME)
    assert not scores.is_probability
    assert len(scores.notes) == 1


def test_text_where_categories_are_wanted_is_explained() -> None:
    """A failure over text names the text columns and the way out."""
    model = HistGradientBoostingClassifier(max_iter=2).fit(FRAME, BINARY)
    message = failure(binary(model), FRAME.assign(d="word"))
    assert "The columns d hold text here." in message


def test_features_are_the_model_s_own_or_the_columns_given() -> None:
    """Names in the model win; arrays need the right number of columns; a missing feature names the near one."""
    named = LogisticRegression().fit(FRAME[["d", "a"]], BINARY)
    assert binary(named).features == ("d", "a")
    with pytest.raises(DataError, match='needs the column "a"; did you mean "A"'):
        binary(named).score(FRAME.rename(columns={"a": "A"}))
    unnamed = LogisticRegression().fit(FRAME.to_numpy()[:, :2], BINARY)
    with pytest.raises(ModelError, match="fitted on 2 columns without names; the data offers 3"):
        binary(unnamed)
    custom = binary(Fake(0))
    assert (custom.features, custom.named) == (tuple(COLUMNS), True)


def test_model_that_changes_its_input_is_asked_with_fresh_rows() -> None:
    """Rows that the model spoilt in the first call are not those of the second."""

    def spoiling(rows: Any) -> Any:
        rows["a"] = 0.0
        return np.tile([0.5, 0.5], (len(rows), 1))

    model = Fake(lambda rows: (rows["a"] > 0).astype(int), spoiling, [0, 1])
    assert np.array_equal(binary(model).score(FRAME).predicted, (FRAME["a"] > 0).astype(int))


@given(st.permutations([0, 1, 2, 3]))
def test_positions_follow_any_order(order: list[int]) -> None:
    """Labels find their class in any order, by value and by spelling."""
    assert positions(order, [0, 1, 2, 3]) == order
    assert positions([str(label) for label in order], [0.0, 1.0, 2.0, 3.0]) == order
    assert positions([np.int64(label) for label in order], ["0", "1", "2", "3"]) == order


def test_truth_values_are_classes_too() -> None:
    """True, 1 and "True" are the positive class of False and True."""
    assert positions([True, 1, "True", "yes"], [False, True]) == [1, 1, 1, -1]


def boosters() -> list[Any]:
    """One small model of each library that is installed."""
    models = []
    for module, name, settings in (
        ("xgboost", "XGBClassifier", {"n_estimators": 3, "n_jobs": 1}),
        ("lightgbm", "LGBMClassifier", {"n_estimators": 3, "verbose": -1, "n_jobs": 1}),
        ("catboost", "CatBoostClassifier", {"iterations": 3, "verbose": 0, "allow_writing_files": False}),
    ):
        models.append(pytest.param(module, name, settings, id=module))
    return models


@pytest.mark.parametrize(("module", "name", "settings"), boosters())
@pytest.mark.parametrize("form", ["named", "array"])
def test_boosters_answer_as_they_do_themselves(module: str, name: str, settings: dict[str, Any], form: str) -> None:
    """XGBoost, LightGBM and CatBoost give their own labels, with any order of classes, in both forms."""
    kind = getattr(pytest.importorskip(module), name)
    rows = FRAME if form == "named" else FRAME.to_numpy()
    for y, classes in ((BINARY, (1, 0)), (np.digitize(FRAME["d"], [-0.5, 0.5]), (2, 0, 1))):
        model = kind(**settings).fit(rows, y)
        task = Task.BINARY if len(classes) == 2 else Task.MULTICLASS
        candidate = Candidate.of(InProcess(model), COLUMNS, task=task, classes=classes)
        assert (candidate.features, candidate.named) == (tuple(COLUMNS), form == "named")
        scores = candidate.score(FRAME)
        assert list(scores.labels) == list(np.ravel(model.predict(rows)))
        expected = model.predict_proba(rows)[:, list(classes)]
        np.testing.assert_allclose(scores.scores, expected[:, 1] if task is Task.BINARY else expected, atol=1e-7)


def test_lightgbm_names_with_blanks_are_found_again() -> None:
    """LightGBM stores "b c" as "b_c"; the table's own name is used."""
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(FRAME, BINARY)
    assert feature_names_of(model) == ("a", "b_c", "d")
    assert binary(model).features == ("a", "b c", "d")


def test_lightgbm_takes_categories() -> None:
    """Columns of pandas categories reach the model as categories."""
    lightgbm = pytest.importorskip("lightgbm")
    frame = FRAME.assign(kind=pd.Categorical(np.where(FRAME["a"] > 0, "up", "down")))
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(frame, BINARY)
    candidate = Candidate.of(InProcess(model), list(frame.columns), task=Task.BINARY, classes=(0, 1))
    assert list(candidate.score(frame).labels) == list(model.predict(frame))


def test_masked_answers_are_missing_answers() -> None:
    """The number under a mask means nothing, so it is not taken."""
    masked = np.ma.array([0.1, 0.9], mask=[False, True])
    with pytest.raises(ScoringError, match="masked values for 1 of 2 rows, first row 2"):
        numbers(masked, 2, "predict")
    assert [0.1, 0.9] == numbers(np.ma.array([0.1, 0.9]), 2, "predict").tolist()
