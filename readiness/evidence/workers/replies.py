"""Replies of a model's process, held against what was asked: rows, types, classes, times."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.core.canonical import decode
from readiness.core.errors import InvalidReport
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.workers.line import read_raised
from readiness.evidence.workers.wire import Message, WireError, names_of, part_of, unpack_array, unpack_value
from readiness.evidence.workers.worker import (
    METHODS,
    Form,
    ModelDescription,
    Outcome,
    RefitJob,
    Scores,
    Split,
    TimeRequest,
    Times,
)

UNREADABLE = (WireError, InvalidReport, KeyError, TypeError, ValueError, IndexError, ArithmeticError)
"""What reading a reply may end in, whatever came."""
MOST_CLASSES, MOST_FEATURES, MOST_WORDS = 100_000, 1_000_000, 500
MOST_NOTES, MOST_RAISED = 100, 20
UNEVEN = 1e-3
"""By which the probabilities of a row may miss one; as in `Candidate.score`."""


def read_description(reply: Message) -> ModelDescription:
    """What a model says of itself, its class labels as values.

    Raises:
        Exception: one of `UNREADABLE`, where it is of another form or endless.
    """
    about = decode(ModelDescription, reply.values["about"])
    packed = reply.values["classes"]
    classes = None if packed is None else tuple(unpack_value(label) for label in packed)
    told = (about.kind, about.package, about.query_argument, *about.methods)
    if len(classes or ()) > MOST_CLASSES or len(about.feature_names) > MOST_FEATURES or len(about.notes) > MOST_NOTES:
        raise WireError("a description without end")
    if max(map(len, told)) > MOST_WORDS or not set(about.methods) <= set(METHODS):
        raise WireError("a description of another form")
    return replace(about, classes=classes, notes=tuple(note[:MOST_WORDS] for note in about.notes))


def missing_of(reply: Message) -> Missing | None:
    """Why something could not be done there; None where it was."""
    told = reply.values.get("missing")
    if not isinstance(told, list) or not told or not all(isinstance(each, str) for each in told):
        return None
    return Missing(*(text[:500] for text in told[:2]))


def read_times(reply: Message, outside: int, request: TimeRequest) -> Times:
    """Times of calls; `outside` are the nanoseconds that the whole request took.

    Raises:
        Exception: one of `UNREADABLE`, where they are of another form, or contradict themselves or what was asked.
    """
    began, ended, resident, failed = (_read_integers(reply, name) for name in ("began", "ended", "resident", "failed"))
    made = len(began)  # none of no calls, and where the seconds were over at once
    if made != len(ended) or made > request.calls or len(resident) > made + 1 or len(failed) > made:
        raise WireError("times of other calls")
    if (ended < began).any() or (began[1:] < ended[:-1]).any():
        raise WireError("a call that ends before it begins, or begins before the one before has ended")
    if len(set(failed.tolist())) != len(failed) or (failed >= made).any():
        raise WireError("a failure of no call")
    told = reply.values["raised_in_calls"]
    raised = tuple(error for each in told[:MOST_RAISED] if (error := read_raised(each)) is not None)
    prepared = reply.values["numbers"]["prepared"]
    if type(prepared) is not int or not 0 <= prepared < 2**62:
        raise WireError("a time of another form")
    return Times(began, ended, outside, raised, prepared, resident, failed)


def _read_integers(reply: Message, name: str) -> NDArray[np.int64]:
    """(k,): numbers from 0; none where there is no such part.

    Raises:
        WireError: something else.
    """
    part = part_of(reply, name)
    found = np.empty(0, dtype=np.int64) if part is None else unpack_array(part)
    if found.ndim != 1 or found.dtype != np.int64 or isinstance(found, np.ma.MaskedArray) or (found < 0).any():
        raise WireError("times of another form")
    return found


def read_outcome(reply: Message, job: RefitJob, split: Split) -> Outcome:
    """What came of one refit, each number looked at.

    Raises:
        WireError: it is not of the form that was asked for.
    """
    values = reply.values
    seconds, converged, error = float(values["seconds"]), values["converged"], values["failure"]
    if not isinstance(error, str) or not isinstance(converged, bool) or not 0 <= seconds < math.inf:
        raise WireError("an outcome of another form")
    if error:
        return Outcome(split, None, seconds, error=error[:300])
    scores = _read_scores(reply, "scores", job.form, len(split.test)) if len(split.test) else None
    held = None if job.held is None else _read_scores(reply, "held", job.form, len(job.held))
    return Outcome(split, scores, seconds, converged, held=held)


def _read_scores(reply: Message, name: str, form: Form, n: int) -> Scores:
    """Scores as the form asks for them, each number looked at.

    Raises:
        WireError: other rows, classes or values.
    """
    about, predicted = reply.values["said"][name], part_of(reply, f"{name}.predicted")
    if predicted is None or not isinstance(about, dict):
        raise WireError("no predictions")
    labels = _check_predictions(unpack_array(predicted), form, n)
    part = part_of(reply, f"{name}.scores")
    scores = (
        None if part is None else _check_scores(unpack_array(part), form, n, proper=about["is_probability"] is True)
    )
    method, notes = names_of([about["method"]])[0], tuple(text[:500] for text in names_of(about["notes"])[:20])
    proper = about["is_probability"] is True and scores is not None
    classes = form.classes if form.task.has_classes else ()
    return Scores(labels, scores, proper, classes, method[:40], notes)


def _check_predictions(labels: NDArray[Any], form: Form, n: int) -> NDArray[Any]:
    wanted = "i" if form.task.has_classes else "f"
    if labels.shape != (n,) or labels.dtype.kind != wanted:
        raise WireError("predictions of another form")
    if wanted == "i" and n and (labels.min() < 0 or labels.max() >= len(form.classes)):
        raise WireError("a class that does not exist")
    if wanted == "f" and not np.isfinite(labels).all():
        raise WireError("a prediction that is no number")
    return labels.astype(np.int64 if wanted == "i" else np.float64)


def _check_scores(scores: NDArray[Any], form: Form, n: int, *, proper: bool) -> NDArray[np.float64]:
    shape = (n, len(form.classes)) if form.task is Task.MULTICLASS else (n,)
    if not form.task.has_classes or scores.shape != shape or scores.dtype.kind != "f" or not np.isfinite(scores).all():
        raise WireError("scores of another form")
    if proper and n and (scores.min() < 0 or scores.max() > 1):
        raise WireError("a probability outside of 0 and 1")
    if proper and scores.ndim == 2 and np.abs(scores.sum(axis=1) - 1).max(initial=0) > UNEVEN:
        raise WireError("probabilities of a row that do not add up to one")
    return np.ascontiguousarray(scores, dtype=np.float64)
