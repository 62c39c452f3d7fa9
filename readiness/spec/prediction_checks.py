"""Do columns with ready-made predictions fit the task and the classes?"""

from __future__ import annotations

from collections.abc import Iterator

from readiness.criteria import Task
from readiness.hints import nearest, shown
from readiness.spec import PredictionColumns, Spec, label_text
from readiness.spec.yaml_reading import KeyPath

Fault = tuple[KeyPath, str]


def prediction_faults(where: KeyPath, columns: PredictionColumns, spec: Spec, task: Task | None) -> Iterator[Fault]:
    """What is wrong with these columns; `where` is their key, and `task` None when nobody states it."""
    score, key = columns.score, (*where, "score")
    if task is Task.REGRESSION and score is not None:
        yield key, "a regression has no scores; name the predicted value in label"
    if task is Task.MULTICLASS and isinstance(score, str):
        yield key, "more than two classes need one score column for each: {class: column}"
    if score is not None and not isinstance(score, str):
        yield from _each_class(key, list(score), spec)


def _each_class(key: KeyPath, scored: list[str], spec: Spec) -> Iterator[Fault]:
    labels, positive = [label_text(label) for label in spec.data.classes or ()], spec.data.positive
    if len(scored) < 2 and positive is None:
        yield key, "names fewer than two classes; name one column for each class"
    if positive is not None and label_text(positive) not in scored:
        yield key, f"has no column for the positive class {shown(positive)}"
    if len(labels) > 2 and (missing := [label for label in labels if label not in scored]):
        yield key, f"has no column for {', '.join(map(shown, missing))}"
    for label in scored:
        if labels and label not in labels:
            yield (*key, label), f"{shown(label)} is not in data.classes" + nearest(label, labels)
