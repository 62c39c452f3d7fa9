"""What became of one try: a usable prediction, a clean error, or a failure?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from readiness.evidence.candidates import Candidate, Scores
from readiness.exceptions import ScoringError

ProbeOutcome = Literal["passed", "clean_error", "failed", "not_applicable", "unavailable"]
TOLERANCE = 1e-6
"""Two scores nearer than this, absolutely or relatively, are the same: libraries add in varying order."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One try with some rows."""

    outcome: ProbeOutcome
    """passed: there are usable scores."""
    message: str = ""
    scores: Scores | None = None


def attempt(candidate: Candidate, rows: pd.DataFrame, given: Any = None) -> Attempt:
    """Ask the candidate about `rows`, or hand it `given` instead of its features in their order.

    A clean error is an exception that says something. Ending the program, running out of memory, an exception
    without a word, and scores that are missing or unusable are failures.
    """
    if given is not None:
        try:
            return Attempt("passed", scores=Scores(np.asarray(candidate.call(given))))
        except (Exception, SystemExit) as error:
            return _after(error)
    try:
        return Attempt("passed", scores=candidate.score(rows))
    except ScoringError as error:  # its cause is what the model raised; without one, what it returned is unusable
        return Attempt("failed", error.message.rstrip(".")) if error.__cause__ is None else _after(error.__cause__)


def _after(error: BaseException) -> Attempt:
    if isinstance(error, SystemExit):
        return Attempt("failed", "it ended the program")
    said = " ".join(str(error).split()).split(". ")[0][:200].rstrip(".")  # the first sentence says it
    clean = bool(said) and not isinstance(error, MemoryError | RecursionError)
    return Attempt("clean_error" if clean else "failed", f"{type(error).__name__}: {said or 'without a word'}")


def same(first: Scores, second: Scores) -> bool:
    """Whether two answers agree: equal labels, and scores equal within the tolerance."""
    pairs = [(first.predicted, second.predicted), (first.scores, second.scores)]
    return all(_close(a, b) for a, b in pairs)


def _close(first: object, second: object) -> bool:
    if first is None or second is None:
        return first is second
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))
    return bool(np.array_equal(a, b))
