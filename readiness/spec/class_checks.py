"""Do floors of classes fit the task and the classes?"""

from __future__ import annotations

from collections.abc import Iterator

from readiness.criteria import Task
from readiness.hints import nearest, shown
from readiness.spec import Spec, label_text
from readiness.spec.yaml_reading import KeyPath

Fault = tuple[KeyPath, str]


def class_misfits(spec: Spec, task: Task | None) -> Iterator[Fault]:
    """What is wrong with `errors.floors`; `task` is None when nobody states it."""
    floors, labels = spec.errors.floors, [label_text(label) for label in spec.data.classes or ()]
    if floors and task is not None and not task.has_classes:
        yield ("errors", "floors"), f"this task is {task}, which has no classes"
        return
    for label in floors:
        if labels and label not in labels:
            yield ("errors", "floors", label), f"{shown(label)} is not in data.classes" + nearest(label, labels)
