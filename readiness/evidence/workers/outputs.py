"""Meaning of a served model's outputs: which holds labels or values, which probabilities, and of which classes.

Nothing is guessed but the one thing that cannot be mistaken: a single output with one value for each row is what
`predict` returns. Probabilities of several classes need the order of the classes, which no protocol tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.core.errors import ModelError
from readiness.core.sanitize import nearest, shown
from readiness.evidence.workers.protocols import BadReply, Metadata, Output
from readiness.spec.served import Outputs


def feature_tensor(metadata: Metadata) -> str:
    """The one input that takes all features; empty where each column has its own."""
    if len(metadata.inputs) != 1:
        return ""
    (only,) = metadata.inputs
    return only.name if len(only.shape) > 1 and only.width != 1 else ""


def only_output(metadata: Metadata, url: str) -> Outputs | None:
    """What a single output with one value for each row must mean; None where the server declares none.

    Raises:
        ModelError: several outputs, or several values for each row.
    """
    names = [output.name for output in metadata.outputs]
    if not names:
        return None
    if len(names) == 1 and metadata.outputs[0].width in (1, None) and len(metadata.outputs[0].shape) < 3:
        return Outputs(label=names[0])
    listed = ", ".join(f"{shown(t.name, 60)} of the shape {list(t.shape)}" for t in metadata.outputs[:6])
    raise ModelError(
        f"The model served at {url} has the output{'' if len(names) == 1 else 's'} {listed}; nobody named them.",
        remedy="Name them: model.outputs: {label: NAME, probability: NAME, classes: [in the order of its columns]}.",
    )


def classes_of(stated: Outputs) -> tuple[Any, ...] | None:
    """The classes in the order of the columns of probabilities; None where there is one, of the positive class."""
    if isinstance(stated.probability, Mapping):
        return tuple(stated.probability)
    return stated.classes


@dataclass(frozen=True, slots=True)
class Reading:
    """How outputs are read: as labels, values or probabilities."""

    stated: Outputs | None
    """None: there is one output, with one value for each row."""

    def select(self, method: str, outputs: Mapping[str, Output]) -> NDArray[Any]:
        """What `predict_proba` or `predict` returns.

        Raises:
            BadReply: no such output, or one of another shape.
        """
        return self._probabilities(outputs) if method == "predict_proba" else self._labels(outputs)

    def _probabilities(self, outputs: Mapping[str, Output]) -> NDArray[Any]:
        given = None if self.stated is None else self.stated.probability
        if given is None:
            raise BadReply("no output was named for probabilities")
        if not isinstance(given, str):
            columns = [_find(outputs, name).values for name in given.values()]
            if any(column.ndim != 1 for column in columns):
                raise BadReply("an output for the probability of one class has several values for each row")
            return np.column_stack(columns)
        values, classes = _find(outputs, given).values, self.stated.classes if self.stated else None
        if values.ndim == 2 and classes is None:
            raise BadReply(
                f"the output {shown(given)} has {values.shape[1]} values for each row, and nobody says which class "
                "each stands for; list them in model.outputs.classes"
            )
        if values.ndim == 2 and classes is not None and values.shape[1] != len(classes):
            raise BadReply(
                f"the output {shown(given)} has {values.shape[1]} values for each row; model.outputs.classes lists "
                f"{len(classes)} classes"
            )
        return values

    def _labels(self, outputs: Mapping[str, Output]) -> NDArray[Any]:
        name = None if self.stated is None else self.stated.label
        if name is None:
            if len(outputs) != 1:
                listed = ", ".join(shown(each, 60) for each in list(outputs)[:6])
                raise BadReply(f"the reply has the outputs {listed or 'of none'}; name one in model.outputs.label")
            (name,) = outputs
        values = _find(outputs, name).values
        if values.ndim == 2:
            raise BadReply(
                f"the output {shown(name)} has {values.shape[1]} values for each row; if these are probabilities, set "
                f"model.outputs: {{probability: {name}, classes: [in their order]}}"
            )
        return values


def _find(outputs: Mapping[str, Output], name: str) -> Output:
    if name not in outputs:
        raise BadReply(f"the reply has no output {shown(name)}{nearest(name, outputs)}")
    return outputs[name]


def joined(parts: Sequence[tuple[Output, ...]]) -> tuple[Output, ...]:
    """The outputs of several requests, one below the other.

    Raises:
        BadReply: they differ in their names or their columns.
    """
    if len(parts) == 1:
        return parts[0]
    first = {output.name: output.values for output in parts[0]}
    for part in parts[1:]:
        same = {output.name: output.values for output in part}
        if same.keys() != first.keys() or any(same[name].shape[1:] != first[name].shape[1:] for name in first):
            raise BadReply("the outputs differ between requests in their names or their number of columns")
    return tuple(Output(name, np.concatenate([_of(part, name) for part in parts])) for name in first)


def _of(part: tuple[Output, ...], name: str) -> NDArray[Any]:
    return next(output.values for output in part if output.name == name)
