"""The served model beside the file that it was made of: whether both say the same of every test row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.counterexamples import Change, Counterexample, Cure
from readiness.core.errors import InputError, ScoringError
from readiness.core.missing import Missing
from readiness.core.probes import SERVED
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence
from readiness.evidence.probes.attempts import ProbeResult, answered
from readiness.evidence.workers.http import HttpWorker
from readiness.evidence.workers.worker import Form, ModelDescription, Scores, WorkerLost
from readiness.spec.schema import Model as ModelSpec

RELATIVE = 1e-5
"""Rows agree whose numbers differ by no more than this share of them: single precision, as servers compute, has an
epsilon of 1.2e-7 (IEEE 754), and sums of a hundred terms lose two digits of that."""
ABSOLUTE = 1e-6
"""The same near 0, as a share of what is usual: of 1 for probabilities, else of the median size of the answers."""


def with_served(evidence: Evidence, probes: tuple[ProbeResult, ...] | Missing) -> tuple[ProbeResult, ...] | Missing:
    """The probes, and whether the served model says what the file says, where the spec names both."""
    spec, candidate, cases = evidence.spec.model, evidence.candidate, evidence.cases
    if spec.url is None or spec.path is None or candidate is None or isinstance(probes, Missing):
        return probes
    said = Scores(cases.y_pred, cases.y_score, cases.is_probability, candidate.classes)
    return (*probes, compare_served(spec, candidate, evidence.rows, said))


def compare_served(spec: ModelSpec, candidate: Candidate, rows: pd.DataFrame, scores: Scores) -> ProbeResult:
    """Whether the served model says of n rows what the file said of them, which is in `scores`.

    Where nothing answers, nobody knows; answers that are no answers to these rows are other answers.
    """
    worker = None
    try:
        worker = HttpWorker(spec)
        said = Candidate.in_form(worker, _form_there(worker.about, candidate)).score(rows)
    except (WorkerLost, InputError) as error:
        return ProbeResult(SERVED, "unavailable", f"The served model was not asked: {error.message.rstrip('.')}.")
    except ScoringError as error:
        return ProbeResult(SERVED, "failed", f"The served model does not answer the rows: {error.message.rstrip('.')}.")
    finally:
        if worker is not None:
            worker.close()
    return _compared(said, scores, worker.tally.words)


def _form_there(about: ModelDescription, candidate: Candidate) -> Form:
    """How the served model takes rows: the same features, by name unless it takes one array."""
    return replace(candidate.form, named=not about.takes_arrays)


def _compared(served: Scores, file: Scores, asked: str) -> ProbeResult:
    """What comes of n answers beside n others; labels to the letter, numbers within rounding."""
    n = len(file.predicted)
    differs = _differing(served.predicted, file.predicted, is_probability=False)
    largest = "" if file.classes else _largest(served.predicted, file.predicted)
    beside = "labels alone, as one of both gives no scores" if file.classes else "values"
    if file.scores is not None and served.scores is not None:
        differs = differs | _differing(served.scores, file.scores, is_probability=file.is_probability)
        largest, beside = _largest(served.scores, file.scores), "labels and scores"
    much = f"; the largest difference is {largest}" if largest else ""
    count = int(differs.sum())
    if not count:
        return ProbeResult(SERVED, "passed", f"All {n:,} rows get the same {beside}{much} ({asked}).")
    place = int(np.argmax(differs))
    example = Counterexample(
        Change.SERVED,
        before=answered(file, place),
        after=answered(served, place),
        row=place + 1,
        cure=Cure.SERVE_THE_FILE,
    )
    return ProbeResult(SERVED, "failed", f"{count:,} of {n:,} rows get other {beside}{much} ({asked}).", example)


def _differing(first: NDArray[Any], second: NDArray[Any], *, is_probability: bool) -> NDArray[np.bool_]:
    """(n,): in which rows two answers differ."""
    if first.shape != second.shape:
        return np.ones(len(second), dtype=bool)
    if second.dtype.kind != "f":
        return np.asarray(first != second)
    usual = 1.0 if is_probability else float(np.median(np.abs(second))) if second.size else 0.0
    apart = np.abs(first - second) > RELATIVE * np.abs(second) + ABSOLUTE * usual
    return np.asarray(apart.reshape(len(second), -1).any(axis=1))


def _largest(first: NDArray[Any], second: NDArray[Any]) -> str:
    """The largest difference of numbers, in words; empty where the shapes differ."""
    if first.shape != second.shape or not second.size:
        return ""
    return f"{float(np.abs(first - second).max()):.3g}"
