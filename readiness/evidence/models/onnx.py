"""ONNX files that are opened: those whose digest covers all of them, as what their outputs say.

It is data, not code: a graph of operators from a fixed set that onnxruntime brings along. Nothing in the file can
name a function of Python or a library, and no library of custom operators is loaded for it. So it needs no pin,
unlike a pickle; what onnxruntime itself gets wrong about a hostile file happens in the kernel, which holds no key.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray

from readiness.core.errors import ModelError
from readiness.core.sanitize import shorten, shown, visible
from readiness.evidence.models.onnx_inputs import LOADER, Input, OnnxFacts

# ----------------------------------------------------------------------------------------------------
# How does an ONNX graph predict, in the form in which every other model does?
#
# Each call runs on one thread. Many rows are cut into pieces, one thread each, so the answers of a row are the same
# whatever was asked beside it.

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


# ----------------------------------------------------------------------------------------------------

KNOWN_DOMAINS = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training"}
    | {"com.microsoft", "com.microsoft.experimental", "com.microsoft.nchwc", "com.ms.internal.nhwc"}
)
"""Sets of operators that onnxruntime may hold."""
FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
MAPS = ("seq(map(string,tensor(float)))", "seq(map(int64,tensor(float)))")


def open_onnx(file: Path, data: bytes, *, folder: Path | None = None) -> OnnxModel:
    """The model in `data`, the bytes of `file`; with a `folder`, parts of it may lie in other files there.

    Raises:
        ModelError: it is cut off or something else, parts that its digest would not cover, operators that nobody
            knows, or inputs and outputs that are no table of rows.
    """
    try:
        return _opened(file, data, folder)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{file} cannot be loaded: it is cut off, damaged, or no ONNX file ({error}).",
            remedy="Copy the file again, or export the model again.",
        ) from error


def _opened(file: Path, data: bytes, folder: Path | None) -> OnnxModel:
    facts = OnnxFacts.of(data)
    _check_external(file, facts.external, folder)
    if strange := sorted(facts.domains - KNOWN_DOMAINS):
        raise ModelError(
            f"{file} needs the operators of {', '.join(map(shown, strange))}, which onnxruntime does not hold.",
            remedy="Libraries of custom operators are not loaded, as they run code. Export the model without them.",
        )
    session = start(data if folder is None else str(file))
    inputs = [Input.of(each.name, each.type, each.shape) for each in session.get_inputs()]
    _check_inputs(inputs)
    return _adapter(session, facts, inputs)


def _check_external(file: Path, locations: Sequence[str], folder: Path | None) -> None:
    if locations and folder is None:
        raise ModelError(
            f"{file} keeps weights in another file ({_listed(locations)}), which its digest does not cover.",
            remedy="Put both into a folder that holds nothing else and name the folder in model.path, or save the "
            "model with its weights inside.",
        )
    for location in locations:
        parts = PurePosixPath(location).parts
        if not parts or ".." in parts or "\\" in location or not (folder and _inside(folder, location)):
            raise ModelError(
                f"{file} keeps weights in {shown(location)}, which is no file in its own folder.",
                remedy="Move that file into the folder and save the model again.",
            )


def _inside(folder: Path, location: str) -> bool:
    target = (folder / location).resolve()
    return target.is_relative_to(folder.resolve()) and target.is_file()


def _check_inputs(inputs: Sequence[Input]) -> None:
    wide = [each for each in inputs if each.columns != 1]
    if not inputs or (len(inputs) > 1 and wide):
        what = f"{len(inputs)} inputs, of which {shown(wide[0].name)} holds several columns" if wide else "no input"
        raise ModelError(
            f"The ONNX model takes {what}; expected one table, or one input for each column.", remedy=LOADER
        )


def _adapter(session: Any, facts: OnnxFacts, inputs: Sequence[Input]) -> OnnxModel:
    outputs = session.get_outputs()
    scores = [each for each in outputs if each.type in FLOATS or each.type in MAPS]
    labels = [each for each in outputs if each not in scores and len(each.shape) <= 2]
    one_each = len(scores) > 1 and all(_single(each) for each in scores)
    odd = len(scores) + len(labels) < len(outputs)
    if odd or len(labels) > 1 or (len(scores) > 1 and not (labels and one_each)) or not outputs:
        raise ModelError(
            f"The ONNX model returns {_listed([each.name for each in outputs])}; expected a label, scores, or both.",
            remedy="Export it with these outputs only, or name a loader that picks them: model.loader.",
        )
    if not scores:
        return OnnxModel(session, facts, inputs, labels[0].name)
    name = scores[0].name
    probable = one_each or facts.are_probabilities(name, with_labels=bool(labels))
    if labels or facts.classes(name):
        kind = OnnxProbabilityClassifier if probable else OnnxMarginClassifier
        return kind(session, facts, inputs, labels[0].name if labels else None, [each.name for each in scores])
    if probable:
        return OnnxProbabilities(session, facts, inputs, name)
    return (OnnxModel if _single(scores[0]) else OnnxMargins)(session, facts, inputs, name)


def _single(output: Any) -> bool:
    """Whether it holds one value for each row."""
    return len(output.shape) == 1 or (len(output.shape) == 2 and output.shape[1] == 1)


def _listed(names: Sequence[str]) -> str:
    distinct = [shown(name) for name in dict.fromkeys(names)]
    return ", ".join(distinct[:4]) + (f" and {len(distinct) - 4} more" if len(distinct) > 4 else "")
