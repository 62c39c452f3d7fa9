"""Which ONNX files are opened, and as what? Those whose digest covers all of them, as what their outputs say.

It is data, not code: a graph of operators from a fixed set that onnxruntime brings along. Nothing in the file can
name a function of Python or a library, and no library of custom operators is loaded for it. So it needs no pin,
unlike a pickle; what onnxruntime itself gets wrong about a hostile file happens in the kernel, which holds no key.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from readiness.evidence.models.onnx_facts import OnnxFacts
from readiness.evidence.models.onnx_inputs import LOADER, Input
from readiness.evidence.models.onnx_models import (
    OnnxMarginClassifier,
    OnnxMargins,
    OnnxModel,
    OnnxProbabilities,
    OnnxProbabilityClassifier,
    start,
)
from readiness.exceptions import ModelError
from readiness.hints import shown

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
