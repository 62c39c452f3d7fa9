"""ONNX files whose digest covers all of them, opened as what their inputs and outputs say that they are.

Such a file is data, not code: a graph of operators from a fixed set that onnxruntime brings along. Nothing in it can
name a function of Python or a library, and no library of custom operators is loaded for it. So it needs no pin,
unlike a pickle; what onnxruntime itself gets wrong about a hostile file happens in the kernel, which holds no key.

onnxruntime tells the inputs, the outputs and their types. The file itself is read for what it does not tell: whether
parts lie in other files, whose operators are used, which classes there are, and whether scores are probabilities.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

from readiness.core.errors import ModelError
from readiness.core.sanitize import shorten, shown, visible
from readiness.evidence.models.kinds import Kind
from readiness.evidence.models.typed_columns import NUMBERS, TEXT, convert, convert_numbers

KNOWN_DOMAINS = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training"}
    | {"com.microsoft", "com.microsoft.experimental", "com.microsoft.nchwc", "com.ms.internal.nhwc"}
)
"""Sets of operators that onnxruntime may hold."""
FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
MAPS = ("seq(map(string,tensor(float)))", "seq(map(int64,tensor(float)))")
PIECE = 10_000
"""Rows that one thread is given at a time; fewer than two pieces stay on one thread."""
LOADER = "Name a loader that prepares its inputs: model.loader: package.module:function."
_ERRORS_ONLY = 3

# ----------------------------------------------------------------------------------------------------
# Opening a file: what it must not need, and as which of the models below.


def open_onnx(file: Path, data: bytes, *, folder: Path | None = None) -> OnnxModel:
    """The model in `data`, the bytes of `file`; with a `folder`, parts of it may lie in other files there.

    Raises:
        ModelError: it is cut off or something else, parts that its digest would not cover, operators that nobody
            knows, or inputs and outputs that are no table of rows.
    """
    try:
        graph = Graph(onnx.load_model_from_string(data))
        if not graph.model.HasField("graph"):
            raise DecodeError("it holds no graph")
        _check_external(file, graph.external_locations(), folder)
        _check_domains(file, graph.foreign_domains())
        session = start_session(data if folder is None else str(file))
        inputs = tuple(Input.of(each.name, each.type, each.shape) for each in session.get_inputs())
        _check_inputs(inputs)
        return _choose_model(session, graph, inputs)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{file} cannot be loaded: it is cut off, damaged, or no ONNX file ({error}).",
            remedy="Copy the file again, or export the model again.",
        ) from error


def start_session(source: bytes | str) -> Any:
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


def _check_external(file: Path, locations: Sequence[str], folder: Path | None) -> None:
    if locations and folder is None:
        raise ModelError(
            f"{file} keeps weights in another file ({_join_names(locations)}), which its digest does not cover.",
            remedy="Put both into a folder that holds nothing else and name the folder in model.path, or save the "
            "model with its weights inside.",
        )
    for location in locations:
        parts = PurePosixPath(location).parts
        target = Path(folder or "", location).resolve()
        inside = target.is_relative_to(Path(folder or "").resolve()) and target.is_file()
        if not parts or ".." in parts or "\\" in location or not inside:
            raise ModelError(
                f"{file} keeps weights in {shown(location)}, which is no file in its own folder.",
                remedy="Move that file into the folder and save the model again.",
            )


def _check_domains(file: Path, foreign: Sequence[str]) -> None:
    if foreign:
        raise ModelError(
            f"{file} needs the operators of {', '.join(map(shown, foreign))}, which onnxruntime does not hold.",
            remedy="Libraries of custom operators are not loaded, as they run code. Export the model without them.",
        )


def _check_inputs(inputs: Sequence[Input]) -> None:
    wide = [each for each in inputs if each.columns != 1]
    if not inputs or (len(inputs) > 1 and wide):
        what = f"{len(inputs)} inputs, of which {shown(wide[0].name)} holds several columns" if wide else "no input"
        raise ModelError(
            f"The ONNX model takes {what}; expected one table, or one input for each column.", remedy=LOADER
        )


def _choose_model(session: Any, graph: Graph, inputs: tuple[Input, ...]) -> OnnxModel:
    """The model by its outputs: labels, scores, or both.

    Scores alone, of which nothing says that they are probabilities, are the margins of classes where there are several
    for a row; a single one is a number, as of a regression.
    """
    outputs = session.get_outputs()
    scores = [each for each in outputs if each.type in FLOATS or each.type in MAPS]
    labels = [each for each in outputs if each not in scores and len(each.shape) <= 2]
    one_each = len(scores) > 1 and all(_is_single(each) for each in scores)
    odd = len(scores) + len(labels) < len(outputs)
    if odd or len(labels) > 1 or (len(scores) > 1 and not (labels and one_each)) or not outputs:
        names = _join_names([each.name for each in outputs])
        raise ModelError(
            f"The ONNX model returns {names}; expected a label, scores, or both.",
            remedy="Export it with these outputs only, or name a loader that picks them: model.loader.",
        )
    label = labels[0].name if labels else None
    names_of_scores = [each.name for each in scores]
    if not scores:
        return OnnxModel(session, graph, inputs, label, [])
    classes = graph.classes(*names_of_scores, *([label] if label else []))
    if one_each or graph.are_probabilities(names_of_scores[0], with_labels=label is not None):
        return OnnxProbabilities(session, graph, inputs, label, names_of_scores, classes)
    if not label and not classes and _is_single(scores[0]):
        return OnnxModel(session, graph, inputs, None, names_of_scores)
    return OnnxMargins(session, graph, inputs, label, names_of_scores, classes)


def _is_single(output: Any) -> bool:
    """Whether it holds one value for each row."""
    return len(output.shape) == 1 or (len(output.shape) == 2 and output.shape[1] == 1)


def _join_names(names: Sequence[str]) -> str:
    distinct = [shown(name) for name in dict.fromkeys(names)]
    return ", ".join(distinct[:4]) + (f" and {len(distinct) - 4} more" if len(distinct) > 4 else "")


# ----------------------------------------------------------------------------------------------------
# A graph that predicts in the form in which every other model does.


class OnnxModel:
    """A graph that returns one number for each row, or labels alone.

    Each call runs on one thread. Many rows are cut into pieces, one thread each, so the answers of a row are the same
    whatever was asked beside it.
    """

    refits_unavailable = Kind.ONNX.refits_unavailable
    """Why clones cannot stand for it, and what would do instead."""

    def __init__(
        self,
        session: Any,
        graph: Graph,
        inputs: tuple[Input, ...],
        label: str | None,
        scores: Sequence[str],
        classes: Sequence[Any] | None = None,
    ) -> None:
        """`label` and `scores` are names of outputs: one of all scores, or one for each class.

        `classes` are those that the scores stand for: empty where nothing names them, None where they are numbers.
        """
        self._session, self._inputs, self._label, self._scores = session, inputs, label, list(scores)
        producer = f"{graph.model.producer_name} {graph.model.producer_version}".strip()
        self.description = f"ONNX model (producer {shorten(visible(producer), 60)})" if producer else "ONNX model"
        self._names = _feature_names(inputs, graph)
        if self._names:
            self.feature_names_in_ = np.array(self._names, dtype=object)
        elif inputs[0].columns is not None:
            self.n_features_in_ = inputs[0].columns
        self.takes_arrays = not self._names
        """Whether columns count by their place."""
        self.scores_only = classes is not None and not classes and label is None
        """Whether labels are for the caller to derive, as `predict` returns the scores as they are."""
        if classes:
            self.classes_ = np.array(classes, dtype=object if isinstance(classes[0], str) else None)

    def predict(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n,) labels or numbers; (n, k) where the graph returns several.

        Raises:
            ValueError: rows that cannot become the graph's inputs.
        """
        if self._label is not None or not hasattr(self, "classes_"):
            return np.asarray(self._run(rows, [self._label or self._scores[0]])[0])
        table = self._table(rows)
        return np.asarray(self.classes_[(table > 0).astype(int) if table.ndim == 1 else table.argmax(axis=1)])

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """Scores (n,) or (n, k), as the graph returns them."""
        found = self._run(rows, self._scores)
        if len(found) > 1:  # one output for each class
            return np.column_stack([np.asarray(each).ravel() for each in found])
        if not isinstance(found[0], list):
            return np.asarray(found[0])
        if not hasattr(self, "classes_"):  # a list of dicts from class to score names them itself
            self.classes_ = np.array(list(found[0][0]))
        return np.array([[row[label] for label in self.classes_.tolist()] for row in found[0]])

    def _run(self, rows: pd.DataFrame | NDArray[Any], outputs: list[str]) -> list[Any]:
        """The named outputs, each with n rows."""
        n = len(rows)
        if n == 0:
            raise ValueError("an ONNX model is asked about one row at least, and was given none")
        given = self._prepare(rows)
        block = n if n < 2 * PIECE else PIECE
        step = 1 if any(each.one_row for each in self._inputs) else block

        def run_block(begin: int) -> list[Any]:
            starts = range(begin, min(begin + block, n), step)
            pieces = ({name: values[at : at + step] for name, values in given.items()} for at in starts)
            return _concatenate([self._session.run(outputs, piece) for piece in pieces])

        if block == n:
            return run_block(0)
        with ThreadPoolExecutor(joblib.cpu_count()) as pool:
            return _concatenate(list(pool.map(run_block, range(0, n, block))))

    def _prepare(self, rows: pd.DataFrame | NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The graph's inputs, by name."""
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


class OnnxProbabilities(OnnxModel):
    """A graph whose scores are probabilities of classes, with labels or without."""

    def predict_proba(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the order of `classes_`; a single probability is that of the second of two classes."""
        return self._table(rows)

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        table = super()._table(rows)
        if table.ndim == 2 and table.shape[1] > 1:
            return table
        return np.column_stack([1 - table.ravel(), table.ravel()])


class OnnxMargins(OnnxModel):
    """A graph whose scores are distances from what divides the classes, as they come out of its last layer."""

    def decision_function(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the order of `classes_`; (n,) for two classes, above 0 for the second."""
        return self._table(rows)

    def _table(self, rows: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        table = super()._table(rows)
        if table.ndim == 2 and table.shape[1] == 2:
            return np.asarray(table[:, 1] - table[:, 0]) / 2  # converters store a margin as its negative and itself
        return table.ravel() if table.ndim == 2 and table.shape[1] == 1 else table


def _feature_names(inputs: Sequence[Input], graph: Graph) -> tuple[str, ...]:
    if len(inputs) > 1:
        return tuple(each.name for each in inputs)
    named = graph.list_in_metadata("feature_names")
    fits = inputs[0].columns in (None, len(named)) and all(isinstance(each, str) for each in named)
    return tuple(named) if named and fits else ()


def _concatenate(parts: Sequence[list[Any]]) -> list[Any]:
    """The outputs of several runs as those of one; each is an array, or a list of one dict for each row."""
    if len(parts) == 1:
        return parts[0]
    outputs = zip(*parts, strict=True)
    return [
        [row for part in each for row in part] if isinstance(each[0], list) else np.concatenate(each)
        for each in outputs
    ]


# ----------------------------------------------------------------------------------------------------
# What the graph takes.


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a graph."""

    name: str
    kind: str
    """ONNX's name of its type, such as float or string."""
    rank: int
    """1: values of one column; 2: rows and columns."""
    columns: int | None
    """Values for each row; None: any number."""
    one_row: bool
    """Whether it takes one row at a time."""

    @classmethod
    def of(cls, name: str, declared: str, shape: Sequence[Any]) -> Input:
        """What onnxruntime tells of an input: its name, a type such as "tensor(float)", and a shape.

        Raises:
            ModelError: it takes something other than a table of numbers or text.
        """
        kind = declared.removeprefix("tensor(").removesuffix(")")
        if not declared.startswith("tensor(") or kind not in {*NUMBERS, TEXT} or len(shape) not in (1, 2):
            sides = " × ".join("any" if each is None else str(each) for each in shape) or "none"
            raise ModelError(
                f"The ONNX model takes {shown(name)} as {declared} of the shape {sides}; expected rows and "
                "columns of numbers or text.",
                remedy=LOADER,
            )
        rows, columns = shape[0], (1 if len(shape) == 1 else shape[1])
        if isinstance(rows, int) and rows > 1:
            raise ModelError(
                f"The ONNX model takes exactly {rows:,} rows at a time in {shown(name)}; expected any number, or one.",
                remedy="Export it with a first dimension that is not fixed.",
            )
        width = columns if isinstance(columns, int) and columns > 0 else None
        return cls(name, kind, len(shape), width, isinstance(rows, int) and rows == 1)

    def from_columns(self, values: Sequence[Any], names: Sequence[str]) -> NDArray[Any]:
        """(n,) or (n, k) in the type of this input, from k columns of n values. Raises as `convert` does."""
        parts = [convert(column, self.kind, name) for column, name in zip(values, names, strict=True)]
        return parts[0] if self.rank == 1 else np.column_stack(parts)

    def from_array(self, values: NDArray[Any]) -> NDArray[Any]:
        """(n, k) in the type of this input, from an array without names.

        Raises:
            ValueError: another number of columns, or one that cannot become this type.
        """
        if values.ndim != 2 or (self.columns is not None and values.shape[1] != self.columns):
            raise ValueError(f"the ONNX model takes {self.columns} columns, and was given the shape {values.shape}")
        if self.kind in NUMBERS and values.dtype.kind in "fiub":  # one pass for all columns
            return convert_numbers(values, self.kind, "the table")
        names = [f"number {place + 1}" for place in range(values.shape[1])]
        return self.from_columns(list(values.T), names)


# ----------------------------------------------------------------------------------------------------
# What the file says of itself.

PASSING = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "ZipMap", "Slice", "Normalizer"})
"""Operators that hand on what they get, in another form."""
CLASS_LABELS = frozenset({"classlabels_strings", "classlabels_int64s", "classlabels_ints"})
MARGINS = frozenset({"Gemm", "MatMul", "LinearClassifier", "SVMClassifier", "SVMRegressor", "LinearRegressor"})
"""Operators that return distances, unless they or another one turn them into probabilities."""
TREES = {"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"}
SQUASHING = frozenset({"Softmax", "Sigmoid", "Exp", "Erf", "Clip", "TopK", *TREES})
"""Operators by which classifiers arrive at probabilities."""
NAMING = (TensorProto.INT32, TensorProto.INT64, TensorProto.STRING)
"""Types of constants that may name classes."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A file's model, its main graph read from the outputs backwards."""

    model: ModelProto

    def foreign_domains(self) -> list[str]:
        """Sets of operators that are used, and that neither the file defines nor onnxruntime holds; sorted."""
        used = {part.domain for part in _walk(self.model) if isinstance(part, NodeProto)}
        return sorted(used - {function.domain for function in self.model.functions} - KNOWN_DOMAINS)

    def external_locations(self) -> list[str]:
        """Other files that hold parts of it; an empty name where none is given."""
        tensors = (part for part in _walk(self.model) if isinstance(part, TensorProto) and _is_external(part))
        return [{entry.key: entry.value for entry in each.external_data}.get("location", "") for each in tensors]

    def list_in_metadata(self, key: str) -> list[Any]:
        """What stands under `key`, when it is a JSON list of texts, integers or truth values; else empty."""
        try:
            found = json.loads({entry.key: entry.value for entry in self.model.metadata_props}.get(key, ""))
        except ValueError:
            return []
        plain = isinstance(found, list) and all(isinstance(each, str | int) for each in found)
        return found if plain else []

    def classes(self, *outputs: str) -> list[Any]:
        """Class labels, in the order of the scores; empty when the file does not name them.

        They are looked for in the metadata ("classes", a JSON list), and at the operators that compute `outputs`.
        """
        if stated := self.list_in_metadata("classes"):
            return stated
        nodes = (node for output in outputs for node in (self._makers.get(output), self._source(output)))
        return next((labels for node in nodes if node is not None and (labels := self._labels_of(node))), [])

    def are_probabilities(self, output: str, *, with_labels: bool) -> bool:
        """Whether the scores `output` are probabilities, as far as the operators that compute them tell.

        Beside labels they are, unless they are mere distances; alone, only behind a softmax or sigmoid.
        """
        last = self._source(output)
        if last is not None and last.op_type in ("Softmax", "Sigmoid"):
            return True
        if not with_labels or (last is not None and last.op_type == "Gemm"):
            return False
        before = self._before(output)
        distances = any(node.op_type in MARGINS for node in before)
        return not distances or any(node.op_type in SQUASHING or _squashes(node) for node in before)

    @cached_property
    def _makers(self) -> dict[str, NodeProto]:
        """The operator of the main graph that computes a value, by the value's name."""
        return {output: node for node in self.model.graph.node for output in node.output}

    def _source(self, name: str) -> NodeProto | None:
        """The operator that computes the value `name`, behind all that only hand it on."""
        for _ in range(len(self._makers)):  # a hostile graph may lead in a circle
            node = self._makers.get(name)
            if node is None or node.op_type not in PASSING or not node.input:
                return node
            name = node.input[0]
        return None

    def _before(self, output: str) -> Iterable[NodeProto]:
        """Every operator that the value `output` depends on."""
        found, waiting = dict[str, NodeProto](), [output]
        while waiting:
            name = waiting.pop()
            if name in self._makers and name not in found:
                found[name] = self._makers[name]
                waiting += found[name].input
        return found.values()

    def _labels_of(self, node: NodeProto) -> list[Any]:
        for each in node.attribute:
            texts = [text.decode("utf-8", "replace") for text in each.strings]
            if each.name in CLASS_LABELS and (texts or each.ints):
                return texts or list(each.ints)
        if node.op_type == "ArrayFeatureExtractor":  # picks the label of a class from a constant that lists them
            for tensor in self.model.graph.initializer:
                if tensor.name == node.input[0] and tensor.data_type in NAMING and not _is_external(tensor):
                    return list(numpy_helper.to_array(tensor).ravel().tolist())
        return []


def _walk(message: Message) -> Iterator[Message]:
    """A message and all that it holds: graphs inside graphs, functions, training steps, sparse tensors."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in (value,) if isinstance(value, Message) else value:
                yield from _walk(part)


def _is_external(tensor: TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _squashes(node: NodeProto) -> bool:
    """Whether a linear or support vector classifier is told to return probabilities."""
    return any(
        each.name == "prob_a" or (each.name == "post_transform" and each.s != b"NONE") for each in node.attribute
    )
