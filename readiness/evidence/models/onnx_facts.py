"""What does an ONNX file say of itself: who made it, which classes it knows, and whether it returns probabilities?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import onnx
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

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
