"""One try of a probe: a usable prediction, a clean error, or a failure; and the smallest input that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from readiness.core.canonical import decode, encode
from readiness.core.counterexamples import Answered, Counterexample
from readiness.core.errors import InvalidReport, ScoringError
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.inside import LONGEST, are_close
from readiness.evidence.workers.worker import ModelRaised, Scores, WorkerLost
from readiness.spec.parts import label_text

ProbeOutcome = Literal["passed", "clean_error", "failed", "not_applicable", "unavailable"]
BOOSTERS = frozenset({"lightgbm", "xgboost", "catboost"})
"""Packages whose bare models take gaps as they are, categories by their codes, and constraints on directions."""
OUTCOMES: tuple[ProbeOutcome, ...] = ("passed", "clean_error", "failed", "not_applicable", "unavailable")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of one probe."""

    name: str
    outcome: str
    """One of `OUTCOMES`."""
    reason: str
    """One sentence that names the columns concerned."""
    example: Counterexample | None = None
    """The smallest input that was found to show it; None where it passed, or no row shows it."""
    survived: bool = True
    """Whether the process of the model lived through it."""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"the outcome of a probe is {self.outcome[:60]!r}")

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        plain: dict[str, Any] = encode(self)
        return plain

    @classmethod
    def from_plain(cls, plain: object) -> ProbeResult:
        """The result of which this is the plain form.

        Raises:
            ValueError: it is of none.
        """
        try:
            return decode(cls, plain)
        except InvalidReport as error:
            raise ValueError(error.message) from error


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One try with some rows."""

    outcome: ProbeOutcome
    """passed: there are usable scores."""
    message: str = ""
    scores: Scores | None = None


def ask(candidate: Candidate, rows: pd.DataFrame, given: Any = None) -> Attempt:
    """Ask the candidate about `rows`, or hand it `given` instead of its features in their order.

    A clean error is an exception that says something. Ending the program, running out of memory, an exception
    without a word, and scores that are missing or unusable are failures.

    Raises:
        WorkerLost: the process of the model ended over it.
    """
    try:
        if given is not None:
            return Attempt("passed", scores=Scores(np.asarray(candidate.call(given))))
        return Attempt("passed", scores=candidate.score(rows))
    except WorkerLost:
        raise
    except ModelRaised as error:
        return classify_error(error)
    except ScoringError as error:  # its cause is what the model raised; without one, what it returned is unusable
        if isinstance(error.__cause__, ModelRaised):
            return classify_error(error.__cause__)
        return Attempt("failed", _trim(error.message))


def classify_error(error: ModelRaised) -> Attempt:
    """A clean error where somebody can act on its words, else a failure."""
    if error.ended:
        return Attempt("failed", "it ended the program")
    said = _trim(" ".join(error.words.split()).split(". ")[0])  # the first sentence says it
    return Attempt("clean_error" if error.is_clean else "failed", f"{error.kind}: {said or 'without a word'}")


def _trim(words: str) -> str:
    return words[:LONGEST].rstrip(".")


def worst(tries: Sequence[Attempt]) -> Attempt:
    """The try that went worst; one that passed where there is none."""
    return max(tries, key=lambda tried: OUTCOMES.index(tried.outcome), default=Attempt("passed"))


def are_same(first: Scores, second: Scores) -> bool:
    """Whether two answers agree: equal labels, and scores equal within the tolerance."""
    return are_close(first.predicted, second.predicted) and are_close(first.scores, second.scores)


# ----------------------------------------------------------------------------------------------------
# The smallest input that shows it


def answered(scores: Scores | None, place: int = 0) -> Answered | None:
    """What was said of the row at `place`; None where nothing was."""
    if scores is None or not 0 <= place < len(scores.predicted):
        return None
    said = scores.predicted[place]
    if not scores.classes:
        is_number = np.ndim(said) == 0 and np.asarray(said).dtype.kind in "fiub" and np.isfinite(said)
        return Answered(score=float(said)) if is_number else Answered(label=label_text(said)[:LONGEST])
    score = None
    if scores.scores is not None:
        own = scores.scores[place]
        of_positive = np.ndim(own) == 0
        score = float(own if of_positive else own[int(said)])
        if of_positive and scores.is_probability and said == 0:
            score = 1 - score
    return Answered(label_text(scores.classes[int(said)])[:LONGEST], score)


def raw_answered(candidate: Candidate, scores: Scores | None, place: int) -> Answered | None:
    """The same of a raw answer: of a table with a column for each class, the likeliest and its score."""
    if scores is None or np.ndim(scores.predicted) != 2 or not 0 <= place < len(scores.predicted):
        return answered(scores, place)
    own = np.asarray(scores.predicted[place])
    if own.dtype.kind != "f" or not len(own):
        return answered(scores, place)
    best, known = int(own.argmax()), candidate.worker.about.classes
    label = label_text(known[best])[:LONGEST] if known is not None and len(known) == len(own) else ""
    return Answered(label, float(own[best]) if np.isfinite(own[best]) else None)


def differing(first: Scores, second: Scores) -> int:
    """The place of the first row whose answers differ; -1 where no single row shows it."""
    for place in range(min(len(first.predicted), len(second.predicted))):
        one = slice(place, place + 1)
        if not are_same(part_of(first, one), part_of(second, one)):
            return place
    return -1


def part_of(scores: Scores, part: slice) -> Scores:
    """What was said of some of the rows."""
    said = None if scores.scores is None else scores.scores[part]
    return replace(scores, predicted=scores.predicted[part], scores=said)


def shrink(rows: pd.DataFrame, fails: Callable[[pd.DataFrame], bool]) -> pd.DataFrame:
    """The fewest rows that were found to fail, by halves (after Zeller and Hildebrandt 2002, delta debugging)."""
    while len(rows) > 1:
        middle = len(rows) // 2
        halves = (half for half in (rows.iloc[:middle], rows.iloc[middle:]) if fails(half))
        smaller = next(halves, None)
        if smaller is None:
            return rows
        rows = smaller
    return rows


def value_text(value: Any) -> str:
    """A cell of a table, short; empty where it holds nothing."""
    if value is None or value is pd.NaT or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(value)[:LONGEST]
