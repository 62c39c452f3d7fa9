"""The candidate's answers to rows: one pass through the model, in the form it was fitted on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError, ModelError, ScoringError
from readiness.core.policy import Task
from readiness.core.sanitize import nearest, shown
from readiness.evidence import validation
from readiness.evidence.models.own_modules import lies_beside
from readiness.evidence.workers.worker import Form, ModelDescription, ModelRaised, Scores, Worker

CHECKED_ROWS = 2000
"""Rows on which labels and probabilities are compared before the second pass is saved."""
DECISIONS_AGREE = 0.9
"""Share of rows whose largest decision value must be that of the predicted class; one-against-one values are not."""
ONLY_CLASSES = (
    "The model tells classes apart, and predict puts rows of one class in no order; "
    "to rank by its probabilities, wrap it so that predict returns them."
)
TIE = 1e-6
"""Two largest probabilities nearer than this are left to the model's own `predict`."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model together with the form in which it takes rows and the classes that the review knows."""

    worker: Worker
    """Whoever runs it."""
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
        worker: Worker,
        columns: Sequence[str],
        *,
        task: Task,
        classes: Sequence[Any] = (),
        threshold: float | None = None,
        seed: int = 0,
        query: str | None = None,
    ) -> Candidate:
        """Put a fitted model into form; `columns` are the features if it does not name its own.

        Raises:
            ModelError: another number of columns than the model was fitted on, or a threshold that has no meaning.
        """
        if threshold is not None and task is not Task.BINARY:
            raise ModelError(f"model.threshold is set, but the task is {task}.", remedy="Remove model.threshold.")
        features, named = _features(worker.about, tuple(columns))
        named = named and not worker.about.takes_arrays
        return cls(worker, features, named, task, tuple(classes), threshold, seed, query)

    @classmethod
    def in_form(cls, worker: Worker, form: Form) -> Candidate:
        """Another model, such as a clone, that takes rows in the same form."""
        return cls(worker, form.features, form.named, form.task, form.classes, form.threshold, form.seed, form.query)

    @property
    def form(self) -> Form:
        """How it takes rows, and what its answers mean."""
        return Form(self.features, self.named, self.task, self.classes, self.threshold, self.seed, self.query)

    @property
    def method(self) -> str:
        """The one method that is called: predict_proba, else decision_function, else predict."""
        if not self.task.has_classes:
            return "predict"
        offered = (name for name in ("predict_proba", "decision_function") if name in self.worker.about.methods)
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
        """The model's raw answer, in one call of `method`.

        Raises:
            ModelRaised: what the model itself raised.
            WorkerLost: its process ended, or did not answer.
        """
        return self.worker.call(self.method, inputs)

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
            tied = self.task is Task.RANKING and "predict_proba" in self.worker.about.methods
            return Scores(validation.numbers(raw, len(frame), "predict"), notes=(ONLY_CLASSES,) if tied else ())
        scored = {"predict_proba": self._from_probabilities, "decision_function": self._from_decisions}
        return scored.get(self.method, self._from_labels)(raw, frame)

    def _from_probabilities(self, raw: Any, frame: pd.DataFrame) -> Scores:
        table = validation.probabilities(raw, len(frame))
        order, note = validation.class_columns(self.worker.about.classes, table.shape[1], self.classes)
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
        if n <= CHECKED_ROWS or table.shape[1] < 2 or not self.worker.about.most_probable:
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
        order, note = validation.class_columns(self.worker.about.classes, width, self.classes)
        if single:  # by convention the score of the second of the model's classes
            return (table.ravel() if order[1] == 1 else -table.ravel()), note
        ordered = table[:, np.argsort(order)]
        return (ordered[:, 1] if self.task is Task.BINARY else ordered), note

    @property
    def _names_no_classes(self) -> bool:
        """Whether it returns scores alone, so that its labels are the class with the highest."""
        return self.worker.about.scores_only

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
            return self.worker.call(method, given)
        except ModelRaised as error:
            if error.ended:
                said = f"The model ended the program in {method} (SystemExit: {error.words})."
                raise ScoringError(said, remedy="A model must not do that.") from error
            said = f"The model failed in {method}: {error.kind}: {error.words[:600]}"
            raise ScoringError(said, remedy=_advice(error, frame[list(self.features)])) from error


def _decide(scores: NDArray[np.float64] | None, note: str) -> NDArray[np.int64]:
    if scores is None:
        raise ScoringError(note, remedy="Name all labels in data.classes, in the order of the model's columns.")
    return np.asarray(scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)).astype(np.int64)


def _features(about: ModelDescription, columns: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    names = about.feature_names
    if names:
        if about.package == "lightgbm":  # it stores "my col" as "my_col"
            spelt = {re.sub(r"\s", "_", column): column for column in columns}
            names = tuple(name if name in columns else spelt.get(name, name) for name in names)
        return names, True
    if about.n_features is None:
        return columns, True
    if about.n_features != len(columns):
        raise ModelError(
            f"The model was fitted on {about.n_features} columns without names; the data offers {len(columns)}: "
            f"{', '.join(columns[:12])}{' …' if len(columns) > 12 else ''}.",
            remedy="List the features in data.features, in the order of the training array.",
        )
    return columns, False


def _advice(error: ModelRaised, frame: pd.DataFrame) -> str:
    if error.is_a("NotFittedError"):
        return "The file holds a model that was never fitted: save it after fitting."
    if error.is_a("ModuleNotFoundError") and lies_beside(error.module.partition(".")[0]):
        return (
            "It lies beside the spec, where only modules that the spec or the model file names look. Import it at the "
            "top of such a module, not first in a process that the model starts."
        )
    if error.is_a("MemoryError"):
        return "The machine has too little memory for so many rows at once."
    words = [
        str(name)
        for name in frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz", "category"]).columns
    ]
    if words and error.is_a("TypeError", "ValueError"):
        return (
            f"The columns {', '.join(words[:6])} hold text here. If the model was fitted on categories, save the "
            "table as Parquet with categorical columns, or make the conversion part of the model's pipeline."
        )
    return "Score the same rows in a Python session to see where it comes from."
