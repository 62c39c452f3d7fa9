"""The candidate's answers to rows: one pass through the model, in the form it was fitted on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from readiness.core.errors import DataError, ModelError, ScoringError
from readiness.core.policy import Task
from readiness.core.sanitize import nearest, shown
from readiness.evidence import validation
from readiness.evidence.models.own_modules import lies_beside

# ----------------------------------------------------------------------------------------------------
# Models whose predicted class is always the most probable one, so that one pass gives both.
#
# Asking for probabilities and for labels costs twice as much. Of the classes listed here it is known from their
# source that `predict` is the argmax of `predict_proba`. Others decide in another way (SVC by its margin, tuned
# thresholds by their threshold, CatBoost by one that can be set), so those are asked for both.

KNOWN = frozenset(
    {
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._gb.GradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._logistic.LogisticRegressionCV",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "lightgbm.sklearn.LGBMClassifier",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRFClassifier",
    }
)
"""Exact classes; a subclass may have its own `predict`."""

SEARCHES = frozenset(
    {
        "sklearn.model_selection._search.GridSearchCV",
        "sklearn.model_selection._search.RandomizedSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    }
)
PIPELINE = "sklearn.pipeline.Pipeline"


def predicts_most_probable(estimator: Any) -> bool:
    """Whether `estimator.predict` is known to be the argmax of its `predict_proba`, up to ties."""
    name = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
    if name == PIPELINE:
        return predicts_most_probable(estimator.steps[-1][1])
    if name in SEARCHES:
        return predicts_most_probable(getattr(estimator, "best_estimator_", None))
    own = "predict" in getattr(estimator, "__dict__", {})  # replaced on the object itself
    return name in KNOWN and not own


# ----------------------------------------------------------------------------------------------------

CHECKED_ROWS = 2000
"""Rows on which labels and probabilities are compared before the second pass is saved."""
DECISIONS_AGREE = 0.9
"""Share of rows whose largest decision value must be that of the predicted class; one-against-one values are not."""
ONE_THREAD_ROWS = 20_000
"""Up to so many rows are scored on one thread: on a busy machine, threads wait longer for each other than they save."""
ONLY_CLASSES = (
    "The model tells classes apart, and predict puts rows of one class in no order; "
    "to rank by its probabilities, wrap it so that predict returns them."
)
TIE = 1e-6
"""Two largest probabilities nearer than this are left to the model's own `predict`."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a model says about n rows."""

    predicted: NDArray[Any]
    """(n,): positions in `classes` (int64); predicted values or scores (float64) where there are no classes."""
    scores: NDArray[np.float64] | None = None
    """Binary: (n,), of the positive class. Multiclass: (n, K), in the order of `classes`. None: there are none."""
    is_probability: bool = False
    """Whether the scores are probabilities that add up to one."""
    classes: tuple[Any, ...] = ()
    method: str = "predict"
    """The method of the model that gave the scores, else the labels."""
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> NDArray[Any]:
        """(n,): the predictions in the data's own words."""
        return np.array(self.classes, dtype=object)[self.predicted] if self.classes else self.predicted


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model together with the form in which it takes rows and the classes that the review knows."""

    estimator: Any
    features: tuple[str, ...]
    named: bool
    """True: takes a DataFrame; False: was fitted on arrays and takes one."""
    task: Task
    classes: tuple[Any, ...] = ()
    """Labels in the review's order; binary: negative, positive. Empty for regression."""
    threshold: float | None = None
    seed: int = 0
    query: str | None = None
    """Ranking: the column of the queries, which some libraries ask for when they fit."""

    @classmethod
    def of(
        cls,
        estimator: Any,
        columns: Sequence[str],
        *,
        task: Task,
        classes: Sequence[Any] = (),
        threshold: float | None = None,
        seed: int = 0,
        query: str | None = None,
    ) -> Candidate:
        """Wrap a fitted model; `columns` are the features if the model does not name its own.

        Raises:
            ModelError: another number of columns than the model was fitted on, or a threshold that has no meaning.
        """
        if threshold is not None and task is not Task.BINARY:
            raise ModelError(f"model.threshold is set, but the task is {task}.", remedy="Remove model.threshold.")
        features, named = _features(estimator, tuple(columns))
        return cls(estimator, features, named, task, tuple(classes), threshold, seed, query)

    @property
    def method(self) -> str:
        """The one method that is called: predict_proba, else decision_function, else predict."""
        if not self.task.has_classes:
            return "predict"
        offered = (name for name in ("predict_proba", "decision_function") if _offers(self.estimator, name))
        return next(offered, "predict")

    def inputs(self, frame: pd.DataFrame) -> pd.DataFrame | NDArray[Any]:
        """The features of `frame`, in the form the model takes; a copy that the model may change.

        Raises:
            DataError: a feature is missing.
        """
        missing = [name for name in self.features if name not in frame.columns]
        if missing:
            names = [str(name) for name in frame.columns]
            raise DataError(f"The model needs the column {shown(missing[0])}{nearest(missing[0], names)}")
        rows = frame[list(self.features)]
        return rows if self.named else np.array(rows.to_numpy())

    def call(self, inputs: pd.DataFrame | NDArray[Any]) -> Any:
        """The model's raw answer, in one call of `method`; its exceptions pass."""
        return getattr(self.estimator, self.method)(inputs)

    def score(self, frame: pd.DataFrame) -> Scores:
        """Labels and scores of n rows; the model sees each row once where that is sound.

        Raises:
            DataError: a feature is missing.
            ScoringError: the model failed, ended the program, or returned something unusable.
        """
        said = self._score_raw(frame)
        # In one piece of memory: libraries add up in another order where numbers lie apart, and so would a copy.
        return said if said.scores is None else replace(said, scores=np.ascontiguousarray(said.scores))

    def _score_raw(self, frame: pd.DataFrame) -> Scores:
        raw = self._call_guarded(self.method, frame)
        if not self.task.has_classes:
            tied = self.task is Task.RANKING and _offers(self.estimator, "predict_proba")
            return Scores(validation.numbers(raw, len(frame), "predict"), notes=(ONLY_CLASSES,) if tied else ())
        scored = {"predict_proba": self._from_probabilities, "decision_function": self._from_decisions}
        return scored.get(self.method, self._from_labels)(raw, frame)

    def _from_probabilities(self, raw: Any, frame: pd.DataFrame) -> Scores:
        table = validation.probabilities(raw, len(frame))
        order, note = validation.class_columns(self.estimator, table.shape[1], self.classes)
        ordered = np.zeros((len(frame), len(self.classes)))
        ordered[:, order] = table
        proper = bool(np.all(np.abs(ordered.sum(axis=1) - 1) < 1e-3))
        uneven = "" if proper else "The probabilities of a row do not add up to one; they are used as scores only."
        scores = ordered[:, 1] if self.task is Task.BINARY else ordered
        if self.threshold is not None:
            predicted = (scores >= self.threshold).astype(np.int64)
        else:
            predicted = self._labels(table, order, frame)
        notes = tuple(text for text in (note, uneven) if text)
        return Scores(predicted, scores, proper, self.classes, "predict_proba", notes)

    def _labels(self, table: NDArray[np.float64], order: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.int64]:
        """What `predict` says of every row, asking it about as few rows as is sound."""
        n = len(frame)
        if self._names_no_classes:
            return np.asarray(order[table.argmax(axis=1)])
        if n <= CHECKED_ROWS or table.shape[1] < 2 or not predicts_most_probable(self.estimator):
            return self._predict(frame)
        likeliest: NDArray[np.int64] = order[table.argmax(axis=1)]
        rows = np.random.default_rng(self.seed).choice(n, CHECKED_ROWS, replace=False)
        if not np.array_equal(self._predict(frame.iloc[rows]), likeliest[rows]):
            return self._predict(frame)
        top = np.partition(table, -2, axis=1)[:, -2:]
        ties = np.flatnonzero(top[:, 1] - top[:, 0] < TIE)
        if len(ties):
            likeliest[ties] = self._predict(frame.iloc[ties])
        return likeliest

    def _from_decisions(self, raw: Any, frame: pd.DataFrame) -> Scores:
        table = validation.table_of_numbers(raw, len(frame), "decision_function")
        scores, note = self._order_decisions(table)
        if self.threshold is not None and scores is not None:
            predicted = (scores >= self.threshold).astype(np.int64)
        elif self._names_no_classes:
            predicted = _decide(scores, note)
        else:
            predicted = self._predict(frame)
        if scores is not None and scores.ndim == 2 and np.mean(scores.argmax(axis=1) == predicted) < DECISIONS_AGREE:
            scores, note = None, "The columns of decision_function do not stand for the classes; they are not used."
        return Scores(predicted, scores, False, self.classes, "decision_function", (note,) if note else ())

    def _order_decisions(self, table: NDArray[np.float64]) -> tuple[NDArray[np.float64] | None, str]:
        single = table.ndim == 1 or table.shape[1] == 1
        width = 2 if single else table.shape[1]
        if width != len(self.classes):
            return None, f"decision_function returned {width} columns for {len(self.classes)} classes; not used."
        order, note = validation.class_columns(self.estimator, width, self.classes)
        if single:  # by convention the score of the second of the model's classes
            return (table.ravel() if order[1] == 1 else -table.ravel()), note
        ordered = table[:, np.argsort(order)]
        return (ordered[:, 1] if self.task is Task.BINARY else ordered), note

    @property
    def _names_no_classes(self) -> bool:
        """Whether it returns scores alone, so that its labels are the class with the highest."""
        return _attribute(self.estimator, "scores_only") is True

    def _from_labels(self, raw: Any, frame: pd.DataFrame) -> Scores:
        if self.threshold is None:
            return Scores(validation.codes(raw, len(frame), self.classes), classes=self.classes)
        scores = validation.numbers(raw, len(frame), "predict")
        return Scores((scores >= self.threshold).astype(np.int64), scores, False, self.classes)

    def _predict(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        return validation.codes(self._call_guarded("predict", frame), len(frame), self.classes)

    def _call_guarded(self, method: str, frame: pd.DataFrame) -> Any:
        given = self.inputs(frame)  # afresh for each call: the model may have changed the last ones in place
        try:
            with threadpool_limits(limits=1 if len(frame) <= ONE_THREAD_ROWS else None):
                return getattr(self.estimator, method)(given)
        except SystemExit as error:
            said = f"The model ended the program in {method} (SystemExit: {error.code})."
            raise ScoringError(said, remedy="A model must not do that.") from error
        except Exception as error:
            said = f"The model failed in {method}: {type(error).__name__}: {str(error)[:600]}"
            raise ScoringError(said, remedy=_advice(error, frame[list(self.features)])) from error

    def with_estimator(self, estimator: Any) -> Candidate:
        """The same form and classes around another fitted model, such as a refitted clone."""
        return replace(self, estimator=estimator)


def _decide(scores: NDArray[np.float64] | None, note: str) -> NDArray[np.int64]:
    if scores is None:
        raise ScoringError(note, remedy="Name all labels in data.classes, in the order of the model's columns.")
    return np.asarray(scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)).astype(np.int64)


def feature_names_of(estimator: Any) -> tuple[str, ...]:
    """The columns a model was fitted on, as far as it knows them."""
    names = _attribute(estimator, "feature_names_in_")
    if names is None and type(estimator).__module__.startswith("catboost"):
        names = _attribute(estimator, "feature_names_")
        if names is not None and list(names) == [str(place) for place in range(len(names))]:
            return ()  # fitted on an array: CatBoost counts its columns
    return () if names is None else tuple(str(name) for name in names)


def _features(estimator: Any, columns: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    names = feature_names_of(estimator)
    if names:
        if type(estimator).__module__.startswith("lightgbm"):  # it stores "my col" as "my_col"
            spelt = {re.sub(r"\s", "_", column): column for column in columns}
            names = tuple(name if name in columns else spelt.get(name, name) for name in names)
        return names, True
    expected = _attribute(estimator, "n_features_in_")
    if expected is None:
        return columns, True
    if int(expected) != len(columns):
        raise ModelError(
            f"The model was fitted on {int(expected)} columns without names; the data offers {len(columns)}: "
            f"{', '.join(columns[:12])}{' …' if len(columns) > 12 else ''}.",
            remedy="List the features in data.features, in the order of the training array.",
        )
    return columns, False


def _attribute(estimator: Any, name: str) -> Any:
    try:
        return getattr(estimator, name, None)
    except Exception:  # a property of a model that was never fitted may raise anything
        return None


def _offers(estimator: Any, name: str) -> bool:
    return callable(_attribute(estimator, name))


def _advice(error: Exception, frame: pd.DataFrame) -> str:
    if type(error).__name__ == "NotFittedError":
        return "The file holds a model that was never fitted: save it after fitting."
    if isinstance(error, ModuleNotFoundError) and lies_beside((error.name or "").partition(".")[0]):
        return (
            "It lies beside the spec, where only modules that the spec or the model file names look. Import it at the "
            "top of such a module, not first in a process that the model starts."
        )
    if isinstance(error, MemoryError):
        return "The machine has too little memory for so many rows at once."
    words = [
        str(name)
        for name in frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz", "category"]).columns
    ]
    if words and isinstance(error, TypeError | ValueError):
        return (
            f"The columns {', '.join(words[:6])} hold text here. If the model was fitted on categories, save the "
            "table as Parquet with categorical columns, or make the conversion part of the model's pipeline."
        )
    return "Score the same rows in a Python session to see where it comes from."


# ----------------------------------------------------------------------------------------------------
# The fitting of a clone: rankers learn which rows belong to one query, each by the name that its library uses.

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
