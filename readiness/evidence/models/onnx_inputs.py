"""Columns of a table as the inputs that an ONNX graph declares: exactly, or not at all.

A graph declares the type of each input. What cannot become it without loss or guessing (a gap where whole numbers
are taken, a number where text is taken) is refused in words: another library would have to refuse it, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pandas as pd
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

from readiness.core.errors import ModelError
from readiness.core.sanitize import shown

NUMBERS = {
    "float": "float32", "double": "float64", "float16": "float16", "int64": "int64", "int32": "int32",
    "int16": "int16", "int8": "int8", "uint64": "uint64", "uint32": "uint32", "uint16": "uint16", "uint8": "uint8",
    "bool": "bool",
}  # fmt: skip
"""NumPy's name of each type of numbers, by ONNX's."""
TEXT = "string"
LOADER = "Name a loader that prepares its inputs: model.loader: package.module:function."


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
        if not declared.startswith("tensor(") or (kind not in NUMBERS and kind != TEXT) or len(shape) not in (1, 2):
            raise ModelError(
                f"The ONNX model takes {shown(name)} as {declared} of the shape {_shape(shape)}; expected rows and "
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
        """(n,) or (n, k) in the type of this input, from k columns of n values.

        Raises:
            ValueError: a column that cannot become this type.
        """
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
            return _numbers(values, self.kind, "the table")
        names = [f"number {place + 1}" for place in range(values.shape[1])]
        return self.from_columns(list(values.T), names)


def convert(values: Any, kind: str, name: str) -> NDArray[Any]:
    """(n,) values of a column as `kind`, one of ONNX's type names.

    Raises:
        ValueError: naming the column, what it holds, and what the model takes.
    """
    where = f"the column {shown(name)}"
    series = pd.Series(values)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    if kind == TEXT:
        return _text(series, where)
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        raise ValueError(f"{where} holds dates; the ONNX model takes numbers ({kind}) there")
    if pd.api.types.is_numeric_dtype(series.dtype) and not isinstance(series.dtype, np.dtype):
        series = _plain(series)  # pandas' own types that know gaps
    array = series.to_numpy()
    if array.dtype.kind not in "fiub":
        array = _from_objects(array, where, kind)
    return _numbers(array, kind, where)


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    if series.isna().any():
        return pd.Series(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return pd.Series(series.to_numpy(dtype=series.dtype.numpy_dtype))  # type: ignore[union-attr]


def _text(series: pd.Series[Any], where: str) -> NDArray[Any]:
    array = series.to_numpy(dtype=object)
    if series.isna().any():
        raise ValueError(f"{where} holds missing values; the ONNX model takes text there, which knows none")
    if stranger := next((each for each in array if not isinstance(each, str)), None):
        raise ValueError(f"{where} holds {type(stranger).__name__} values; the ONNX model takes text there")
    if any(not isinstance(each, str) for each in array):  # zero and False, which the line above passes over
        raise ValueError(f"{where} holds values that are no text; the ONNX model takes text there")
    return array


def _from_objects(array: NDArray[Any], where: str, kind: str) -> NDArray[Any]:
    if any(isinstance(each, str | bytes) for each in array):
        raise ValueError(f"{where} holds text; the ONNX model takes numbers ({kind}) there")
    gaps = np.asarray(pd.isna(array))
    try:
        if not gaps.any() and all(isinstance(each, int | np.integer) for each in array):
            return np.array([int(each) for each in array], dtype=np.int64)  # floats would round large numbers
        return np.array([np.nan if gap else float(each) for each, gap in zip(array, gaps, strict=True)])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{where} holds values that are no numbers; the ONNX model takes {kind} there") from error


def _numbers(array: NDArray[Any], kind: str, where: str) -> NDArray[Any]:
    wanted = np.dtype(NUMBERS[kind])
    if wanted.kind == "f":
        with np.errstate(over="ignore"):  # what is too large for single precision is infinite to the model
            return array.astype(wanted)
    if array.dtype.kind == "f":
        if np.isnan(array).any():
            raise ValueError(f"{where} holds missing values; the ONNX model takes {kind} there, which knows none")
        if not (array == np.trunc(array)).all():
            raise ValueError(f"{where} holds fractions; the ONNX model takes {kind} there")
    low, high = (0, 1) if wanted.kind == "b" else (int(np.iinfo(wanted).min), int(np.iinfo(wanted).max))
    if array.size and not (low <= int_of(array.min()) and int_of(array.max()) <= high):
        raise ValueError(f"{where} holds values outside {low:,} to {high:,}; the ONNX model takes {kind} there")
    return array.astype(wanted)


def int_of(value: Any) -> float | int:
    """A number for comparing, without rounding whole ones; infinities stay."""
    return int(value) if np.isfinite(value) else float(value)


def _shape(shape: Sequence[Any]) -> str:
    return " × ".join("any" if each is None else str(each) for each in shape) or "none"


# ----------------------------------------------------------------------------------------------------
# What does an ONNX file say of itself: who made it, which classes it knows, and whether it returns probabilities?

PASSING = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "ZipMap", "Slice", "Normalizer"})
"""Operators that hand on what they get, in another form."""
CLASS_LABELS = frozenset({"classlabels_strings", "classlabels_int64s", "classlabels_ints"})
MARGINS = frozenset({"Gemm", "MatMul", "LinearClassifier", "SVMClassifier", "SVMRegressor", "LinearRegressor"})
"""Operators that return distances, unless they or another one turn them into probabilities."""
SQUASHING = frozenset(
    {"Softmax", "Sigmoid", "Exp", "Erf", "Clip", "TopK"}
    | {"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"}
)
"""Operators by which classifiers arrive at probabilities."""
NAMING = (TensorProto.INT32, TensorProto.INT64, TensorProto.STRING)
"""Types of constants that may name classes."""


@dataclass(frozen=True, slots=True, eq=False)
class OnnxFacts:
    """What the file says."""

    model: ModelProto

    @classmethod
    def of(cls, data: bytes) -> OnnxFacts:
        """Read the bytes of an ONNX file, and no other file.

        Raises:
            DecodeError: they are cut off, or something else.
        """
        model = onnx.load_model_from_string(data)
        if not model.HasField("graph"):
            raise DecodeError("it holds no graph")
        return cls(model)

    @property
    def made_by(self) -> str:
        """Producer and version, such as "skl2onnx 1.20.0"; empty when it does not say."""
        return f"{self.model.producer_name} {self.model.producer_version}".strip()

    @property
    def domains(self) -> set[str]:
        """Sets of operators that are used and that the file does not define itself."""
        used = {part.domain for part in _messages(self.model) if isinstance(part, NodeProto)}
        return used - {function.domain for function in self.model.functions}

    @property
    def external(self) -> list[str]:
        """Other files that hold parts of it; an empty name where none is given."""
        tensors = (part for part in _messages(self.model) if isinstance(part, TensorProto) and _is_elsewhere(part))
        return [{entry.key: entry.value for entry in each.external_data}.get("location", "") for each in tensors]

    def source(self, name: str) -> NodeProto | None:
        """The operator of the main graph that computes the value `name`, behind all that only hand it on."""
        makers = self._makers()
        for _ in range(len(makers)):
            node = makers.get(name)
            if node is None or node.op_type not in PASSING or not node.input:
                return node
            name = node.input[0]
        return None

    def classes(self, *outputs: str) -> list[Any]:
        """Class labels, in the order of the scores; empty when the file does not name them.

        They are looked for in the metadata ("classes", a JSON list), and at the operators that compute `outputs`.
        """
        if stated := self.listed("classes"):
            return stated
        makers = self._makers()
        for output in outputs:
            for node in (makers.get(output), self.source(output)):
                if node is not None and (labels := self._labels_of(node)):
                    return labels
        return []

    def listed(self, key: str) -> list[Any]:
        """The metadata `key`, when it is a JSON list of texts, integers or truth values; else empty."""
        try:
            found = json.loads({entry.key: entry.value for entry in self.model.metadata_props}.get(key, ""))
        except ValueError:
            return []
        plain = isinstance(found, list) and all(isinstance(each, str | int) for each in found)
        return found if plain else []

    def are_probabilities(self, output: str, *, with_labels: bool) -> bool:
        """Whether the scores `output` are probabilities, as far as the operators that compute them tell.

        Beside labels they are, unless they are mere distances; alone, only behind a softmax or sigmoid.
        """
        last = self.source(output)
        if last is not None and last.op_type in ("Softmax", "Sigmoid"):
            return True
        if not with_labels or (last is not None and last.op_type == "Gemm"):
            return False
        before = self._before(output)
        distances = any(node.op_type in MARGINS for node in before)
        return not distances or any(node.op_type in SQUASHING or _squashes(node) for node in before)

    def _before(self, output: str) -> Iterable[NodeProto]:
        """Every operator that the value `output` depends on."""
        makers, found, waiting = self._makers(), dict[str, NodeProto](), [output]
        while waiting:
            name = waiting.pop()
            if name in makers and name not in found:
                found[name] = makers[name]
                waiting += makers[name].input
        return found.values()

    def _makers(self) -> dict[str, NodeProto]:
        return {output: node for node in self.model.graph.node for output in node.output}

    def _labels_of(self, node: NodeProto) -> list[Any]:
        for each in node.attribute:
            texts = [text.decode("utf-8", "replace") for text in each.strings]
            if each.name in CLASS_LABELS and (texts or each.ints):
                return texts or list(each.ints)
        if node.op_type == "ArrayFeatureExtractor":
            for tensor in self.model.graph.initializer:
                if tensor.name == node.input[0] and tensor.data_type in NAMING and not _is_elsewhere(tensor):
                    return list(numpy_helper.to_array(tensor).ravel().tolist())
        return []


def _messages(message: Message) -> Iterator[Message]:
    """A message and all that it holds: graphs inside graphs, functions, training steps, sparse tensors."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in (value,) if isinstance(value, Message) else value:
                yield from _messages(part)


def _is_elsewhere(tensor: TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _squashes(node: NodeProto) -> bool:
    """Whether a linear or support vector classifier is told to return probabilities."""
    return any(
        each.name == "prob_a" or (each.name == "post_transform" and each.s != b"NONE") for each in node.attribute
    )
