"""How does an ONNX graph predict, in the form in which every other model does?

Each call runs on one thread. Many rows are cut into pieces, one thread each, so the answers of a row are the same
whatever was asked beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.models.onnx_facts import OnnxFacts
from readiness.evidence.models.onnx_inputs import Input
from readiness.visible import shorten, visible

PIECE = 10_000
"""Rows that one thread is given at a time; fewer than two pieces stay on one thread."""
_ERRORS_ONLY = 3


class OnnxModel:
    """A graph that returns one number for each row, or labels alone."""

    refits_unavailable = (
        "an ONNX file holds the model as it was fitted, not how to fit it",
        "the estimator that it was exported from, as a file of its own",
    )
    """Why clones cannot stand for it, and what would do instead."""

    def __init__(self, session: Any, facts: OnnxFacts, inputs: Sequence[Input], answer: str) -> None:
        """`answer` is the name of the output that `predict` returns."""
        self._session, self._inputs, self._answer = session, tuple(inputs), answer
        self.description = f"ONNX model (producer {shorten(visible(facts.made_by), 60)})"
        if not facts.made_by:
            self.description = "ONNX model"
        self._names = _feature_names(self._inputs, facts)
        if self._names:
            self.feature_names_in_ = np.array(self._names, dtype=object)
        elif self._inputs[0].columns is not None:
            self.n_features_in_ = self._inputs[0].columns
        self.takes_arrays = not self._names
        """Whether columns count by their place."""

    def predict(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n,) labels or numbers; (n, k) where the graph returns several.

        Raises:
            ValueError: rows that cannot become the graph's inputs.
        """
        return np.asarray(self._run(rows, [self._answer])[0])

    def _run(self, rows: pd.DataFrame | NDArray[Any], outputs: list[str]) -> list[Any]:
        """The named outputs, each with n rows."""
        if len(rows) == 0:
            raise ValueError("an ONNX model is asked about one row at least, and was given none")
        given = self._given(rows)
        size = 1 if any(each.one_row for each in self._inputs) else len(rows)
        if len(rows) >= 2 * PIECE:
            return self._in_threads(given, outputs, len(rows), min(size, PIECE))
        return self._pieces(given, outputs, range(0, len(rows), size), size)

    def _pieces(self, given: dict[str, NDArray[Any]], outputs: list[str], starts: range, size: int) -> list[Any]:
        parts = [
            self._session.run(outputs, {name: values[start : start + size] for name, values in given.items()})
            for start in starts
        ]
        return [_joined([part[place] for part in parts]) for place in range(len(outputs))]

    def _in_threads(self, given: dict[str, NDArray[Any]], outputs: list[str], n: int, size: int) -> list[Any]:
        blocks = [range(start, min(start + PIECE, n), size) for start in range(0, n, PIECE)]
        with ThreadPoolExecutor(joblib.cpu_count()) as pool:
            parts = list(pool.map(lambda block: self._pieces(given, outputs, block, size), blocks))
        return [_joined([part[place] for part in parts]) for place in range(len(outputs))]

    def _given(self, rows: pd.DataFrame | NDArray[Any]) -> dict[str, NDArray[Any]]:
        first = self._inputs[0]
        if isinstance(rows, pd.DataFrame) and self._names:
            rows = rows[list(self._names)]
        elif not isinstance(rows, pd.DataFrame) and len(self._inputs) == 1:
            return {first.name: first.from_array(np.asarray(rows))}
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(np.asarray(rows), columns=self._names)
        columns, names = [frame.iloc[:, place] for place in range(frame.shape[1])], [str(n) for n in frame.columns]
        if len(self._inputs) == 1:
            return {first.name: first.from_columns(columns, names)}
        each = zip(self._inputs, columns, names, strict=True)
        return {one.name: one.from_columns([column], [name]) for one, column, name in each}


class OnnxScores(OnnxModel):
    """A graph that returns scores of classes which it does not name."""

    scores_only = True
    """Labels are for the caller to derive: `predict` returns the scores as they are."""


class OnnxProbabilities(OnnxScores):
    """Scores behind a softmax or sigmoid."""

    def predict_proba(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k); a single probability is that of the second of two classes."""
        return _two_columns(self.predict(rows))


class OnnxMargins(OnnxScores):
    """Scores as they come out of the last layer."""

    def decision_function(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k); (n,) for two classes, above 0 for the second."""
        return _one_margin(self.predict(rows))


class OnnxClassifier(OnnxModel):
    """A graph that returns labels and scores, or scores of classes which it names."""

    def __init__(
        self,
        session: Any,
        facts: OnnxFacts,
        inputs: Sequence[Input],
        label: str | None,
        scores: Sequence[str],
    ) -> None:
        """`label` and `scores` are names of outputs: one of them with all scores, or one for each class."""
        super().__init__(session, facts, inputs, label or scores[0])
        self._label, self._scores = label, list(scores)
        classes = facts.classes(*scores, *([label] if label else []))
        if classes:
            self.classes_ = np.array(classes, dtype=object if isinstance(classes[0], str) else None)

    def predict(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n,) labels."""
        if self._label is not None:
            return super().predict(rows)
        table = self._table(rows)
        places = (table > 0).astype(int) if table.ndim == 1 else table.argmax(axis=1)
        return np.asarray(self.classes_[places])

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        found = self._run(rows, self._scores)
        if len(found) > 1:  # one output for each class
            return np.column_stack([np.asarray(each).ravel() for each in found])
        if not isinstance(found[0], list):
            return np.asarray(found[0])
        if not hasattr(self, "classes_"):
            self.classes_ = np.array(list(found[0][0]))
        return np.array([[row[label] for label in self.classes_.tolist()] for row in found[0]])


class OnnxProbabilityClassifier(OnnxClassifier):
    """Its scores are probabilities."""

    def predict_proba(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the order of `classes_`."""
        return self._table(rows)

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        return _two_columns(super()._table(rows))


class OnnxMarginClassifier(OnnxClassifier):
    """Its scores are margins."""

    def decision_function(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the order of `classes_`; (n,) for two classes, above 0 for the second."""
        return self._table(rows)

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        return _one_margin(super()._table(rows))


def start(source: bytes | str) -> Any:
    """A session of onnxruntime for the bytes of a model, or for the path of its file; on one thread.

    Exceptions of onnxruntime pass, and a UnicodeDecodeError where names in the file are no text.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.load_model_format", "ONNX")  # its other format was not looked into
    processor = ["CPUExecutionProvider"]
    # Without its second attempt, which it announces on the screen.
    return onnxruntime.InferenceSession(source, options, providers=processor, enable_fallback=0)


def _feature_names(inputs: Sequence[Input], facts: OnnxFacts) -> tuple[str, ...]:
    if len(inputs) > 1:
        return tuple(each.name for each in inputs)
    named = facts.listed("feature_names")
    fits = inputs[0].columns in (None, len(named)) and all(isinstance(each, str) for each in named)
    return tuple(named) if named and fits else ()


def _two_columns(table: NDArray[Any]) -> NDArray[Any]:
    if table.ndim == 2 and table.shape[1] > 1:
        return table
    second = table.ravel()
    return np.column_stack([1 - second, second])


def _one_margin(table: NDArray[Any]) -> NDArray[Any]:
    if table.ndim == 2 and table.shape[1] == 2:
        return np.asarray(table[:, 1] - table[:, 0]) / 2  # converters store a margin as its negative and itself
    return table.ravel() if table.ndim == 2 and table.shape[1] == 1 else table


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return [row for part in parts for row in part] if isinstance(parts[0], list) else np.concatenate(parts)
