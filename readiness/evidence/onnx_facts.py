"""What does an ONNX file say of itself: who made it, which classes it knows, and whether it returns probabilities?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSING = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "ZipMap", "Slice", "Normalizer"})
"""Operators that hand on what they get, in another form."""
CLASS_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
MARGINS = frozenset({"Gemm", "MatMul", "LinearClassifier", "SVMClassifier", "SVMRegressor", "LinearRegressor"})
"""Operators that return distances, unless they or another one turn them into probabilities."""
SQUASHING = frozenset(
    {
        "Softmax",
        "Sigmoid",
        "Exp",
        "Erf",
        "Clip",
        "TopK",
        "TreeEnsemble",
        "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
    }
)
"""Operators by which classifiers arrive at probabilities."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of the main graph."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    """Texts (bytes), lists of texts and lists of integers; empty where something else is set."""


@dataclass(slots=True)
class OnnxFacts:
    """What the file says."""

    producer: str = ""
    version: str = ""
    nodes: list[Node] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    """Sets of operators that are used and that the file does not define itself."""
    external: list[str] = field(default_factory=list)
    """Other files that hold parts of it."""
    constants: dict[str, list[Any]] = field(default_factory=dict)
    """Small lists of texts and integers by their name, among them the names of classes."""
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def made_by(self) -> str:
        """Producer and version, such as "skl2onnx 1.20.0"; empty when it does not say."""
        return f"{self.producer} {self.version}".strip()

    def source(self, name: str) -> Node | None:
        """The operator that computes the value `name`, behind all that only hand it on."""
        makers = self._makers()
        for _ in range(len(self.nodes)):
            node = makers.get(name)
            if node is None or node.operator not in PASSING or not node.inputs:
                return node
            name = node.inputs[0]
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
            found = json.loads(self.metadata.get(key, ""))
        except ValueError:
            return []
        plain = isinstance(found, list) and all(isinstance(each, str | int) for each in found)
        return found if plain else []

    def are_probabilities(self, output: str, *, with_labels: bool) -> bool:
        """Whether the scores `output` are probabilities, as far as the operators that compute them tell.

        Beside labels they are, unless they are mere distances; alone, only behind a softmax or sigmoid.
        """
        last = self.source(output)
        if last is not None and last.operator in ("Softmax", "Sigmoid"):
            return True
        if not with_labels or (last is not None and last.operator == "Gemm"):
            return False
        before = self._before(output)
        distances = any(node.operator in MARGINS for node in before)
        return not distances or any(node.operator in SQUASHING or _squashes(node) for node in before)

    def _before(self, output: str) -> list[Node]:
        """Every operator that the value `output` depends on."""
        makers, found, waiting = self._makers(), dict[int, Node](), [output]
        while waiting:
            node = makers.get(waiting.pop())
            if node is not None and id(node) not in found:
                found[id(node)] = node
                waiting += node.inputs
        return list(found.values())

    def _makers(self) -> dict[str, Node]:
        return {output: node for node in self.nodes for output in node.outputs}

    def _labels_of(self, node: Node) -> list[Any]:
        for name in CLASS_LABELS:
            if found := node.attributes.get(name):
                return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in found]
        if node.operator == "ArrayFeatureExtractor" and node.inputs:
            return self.constants.get(node.inputs[0], [])
        return []


def _squashes(node: Node) -> bool:
    """Whether a linear or support vector classifier is told to return probabilities."""
    return node.attributes.get("post_transform", b"NONE") != b"NONE" or "prob_a" in node.attributes
