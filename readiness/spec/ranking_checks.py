"""Does a spec say of a ranking what a ranking needs, and nothing that only other tasks have?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from readiness.criteria import Task
from readiness.spec import Spec
from readiness.spec.yaml_reading import KeyPath


def ranking_misfits(spec: Spec, task: Task | None) -> Iterator[tuple[KeyPath, str]]:
    """A key and what is wrong there, for the task as far as it is known."""
    data, errors = spec.data, spec.errors
    if task is not Task.RANKING:
        if data.query is not None:
            yield ("data", "query"), f"only a ranking has queries; this task is {task}"
        if task is not None and "top_k" in errors.model_fields_set:
            yield ("errors", "top_k"), f"only a ranking shows the first rows of a query; this task is {task}"
        return
    if data.query is None:
        yield ("data", "query"), "missing; a ranking names the column that says which rows are put in order together"
    if data.positive is not None:
        yield ("data", "positive"), "a ranking has no positive class; rows with a target above 0 are the relevant ones"
    if data.classes is not None:
        yield ("data", "classes"), "a ranking has no classes; its target is a relevance, a number from 0"
    yield from _errors(spec)
    current = spec.baseline.current
    for where, part in (("model",), spec.model), (("baseline", "current"), current):
        if part is not None and part.predictions is not None and isinstance(part.predictions.score, Mapping):
            yield (*where, "predictions", "score"), "a ranking has one score for each row; name one column"


def _errors(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    errors = spec.errors
    if errors.costs is not None and errors.costs.matrix is not None:
        yield ("errors", "costs"), "a ranking takes the costs false_positive (shown, not relevant) and false_negative"
    if errors.do_nothing is not None:
        yield ("errors", "do_nothing"), "doing nothing is showing nothing in a ranking; leave this out"
