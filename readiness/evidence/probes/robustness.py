"""Robustness of the candidate to gaps, strangers, extremes, lone rows and shuffled columns.

Each probe changes a few real rows and tells whether the answer is still usable (after Chen, Cheung & Yiu 1998,
metamorphic testing). A clean error is told apart from a prediction: whether it will do is for the spec to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from readiness.core.errors import ScoringError
from readiness.core.policy import PERTURBATION_SCALE
from readiness.evidence.candidate import Candidate
from readiness.evidence.workers.worker import ModelRaised, Scores

# ----------------------------------------------------------------------------------------------------
# Changes to a few real rows, after which each is still a row that the model could be handed.

STRANGER = "a value never seen before"
EXTREME = 1e30
"""Beyond any measured quantity, and still within the range of single precision."""


def holds_words(values: pd.Series[Any]) -> bool:
    """Whether a column holds text or categories of any kind."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_object_dtype(dtype):
        return any(isinstance(value, str) for value in values)
    return bool(pd.api.types.is_string_dtype(dtype))


def holds_numbers(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers, truth values excepted."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype)) and not pd.api.types.is_bool_dtype(values.dtype)


def insert_gaps(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows with nothing in `columns`, in the form in which a table with gaps is read."""
    return rows.assign(**{name: _empty_column(rows[name]) for name in columns})


def insert_stranger(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with one value in `column` that no training row can have had."""
    values = rows[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = values.dtype.categories
        numeric = len(known) > 0 and pd.api.types.is_numeric_dtype(known.dtype)
        stranger = known.max() + 1 if numeric else STRANGER
        kind = pd.CategoricalDtype([*known, stranger], ordered=values.dtype.ordered)
        return rows.assign(**{column: pd.Series([stranger] * len(rows), index=rows.index, dtype=kind)})
    return rows.assign(**{column: pd.Series(STRANGER, index=rows.index, dtype=values.dtype)})


def insert_extremes(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with, in turn, ten standard deviations below and above the mean, -1e30 and 1e30 in `column`."""
    values = rows[column].astype(float)
    known = values[np.isfinite(values)]
    middle = float(known.mean()) if len(known) else 0.0
    spread = float(known.std(ddof=0)) if len(known) else 0.0
    reach = PERTURBATION_SCALE * (spread or abs(middle) or 1.0)
    extremes = np.resize([middle - reach, middle + reach, -EXTREME, EXTREME], len(rows))
    return rows.assign(**{column: np.asarray(extremes)})


def _empty_column(values: pd.Series[Any]) -> pd.Series[Any]:
    dtype: Any = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        dtype = object
    elif pd.api.types.is_integer_dtype(dtype):
        dtype = float
    gaps: pd.Series[Any] = pd.Series(np.nan, index=values.index, dtype=dtype)
    return gaps


# ----------------------------------------------------------------------------------------------------
# The outcome of one try: a usable prediction, a clean error, or a failure.

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


def ask(candidate: Candidate, rows: pd.DataFrame, given: Any = None) -> Attempt:
    """Ask the candidate about `rows`, or hand it `given` instead of its features in their order.

    A clean error is an exception that says something. Ending the program, running out of memory, an exception
    without a word, and scores that are missing or unusable are failures.
    """
    if given is not None:
        try:
            return Attempt("passed", scores=Scores(np.asarray(candidate.call(given))))
        except ModelRaised as error:
            return _classify_error(error)
    try:
        return Attempt("passed", scores=candidate.score(rows))
    except ScoringError as error:  # its cause is what the model raised; without one, what it returned is unusable
        if not isinstance(error.__cause__, ModelRaised):
            return Attempt("failed", error.message.rstrip("."))
        return _classify_error(error.__cause__)


def _classify_error(error: ModelRaised) -> Attempt:
    if error.ended:
        return Attempt("failed", "it ended the program")
    said = " ".join(error.words.split()).split(". ")[0][:200].rstrip(".")  # the first sentence says it
    return Attempt("clean_error" if error.is_clean else "failed", f"{error.kind}: {said or 'without a word'}")


def are_same(first: Scores, second: Scores) -> bool:
    """Whether two answers agree: equal labels, and scores equal within the tolerance."""
    pairs = [(first.predicted, second.predicted), (first.scores, second.scores)]
    return all(_are_close(a, b) for a, b in pairs)


def _are_close(first: object, second: object) -> bool:
    if first is None or second is None:
        return first is second
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))
    return bool(np.array_equal(a, b))


# ----------------------------------------------------------------------------------------------------

ROWS = 20
"""Rows that each probe looks at."""
SECONDS = 30.0
"""Time for the probes that change one column after another; what was not reached is said."""
NAMED = 5


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of one probe."""

    name: str
    outcome: ProbeOutcome
    reason: str
    """One sentence that names the columns concerned."""


Probe = Callable[[Candidate, pd.DataFrame], ProbeResult]


def sample_rows(frame: pd.DataFrame, seed: int, rows: int = ROWS) -> pd.DataFrame:
    """At most `rows` rows of `frame`, drawn at random."""
    places = np.random.default_rng(seed).permutation(len(frame))[:rows]
    return frame.iloc[np.sort(places)]


def probe_one_row(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A single row must be answered like any number of rows."""
    for place in range(min(3, len(rows))):
        tried = ask(candidate, rows.iloc[[place]])
        if tried.outcome != "passed":
            return ProbeResult("one_row", tried.outcome, f"A single row is not answered: {tried.message}.")
    return ProbeResult("one_row", "passed", "Single rows are answered.")


def probe_empty_frame(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """No rows: no answers, or a clean error."""
    tried = ask(candidate, rows.iloc[:0])
    if tried.outcome == "passed":
        return ProbeResult("empty_frame", "passed", "No rows give no predictions.")
    said = "is refused with a clear error" if tried.outcome == "clean_error" else "makes the model fail"
    return ProbeResult("empty_frame", tried.outcome, f"An empty table {said}: {tried.message}.")


def probe_column_order(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """Shuffled columns: the same answers, or a clean error, never other answers."""
    name = "column_order"
    if not candidate.named:
        why = "The model takes columns by their place, without names; whoever calls it must keep their order."
        return ProbeResult(name, "not_applicable", why)
    if len(candidate.features) < 2:
        return ProbeResult(name, "not_applicable", "There is only one feature.")
    given = candidate.inputs(rows)
    assert isinstance(given, pd.DataFrame)
    usual = ask(candidate, rows, given)
    if usual.scores is None:
        return ProbeResult(name, "failed", f"The rows are not answered at all: {usual.message}.")
    orders = [given.iloc[:, ::-1], given.iloc[:, np.roll(np.arange(given.shape[1]), 1)]]
    tries = [ask(candidate, rows, order.copy()) for order in orders]
    for tried in tries:
        if tried.scores is not None and not are_same(usual.scores, tried.scores):
            return ProbeResult(name, "failed", "Columns in another order silently give other answers.")
    worst = _worst(tries)
    words = {"passed": "Columns in another order give the same answers."}
    return ProbeResult(name, worst.outcome, words.get(worst.outcome, f"Another order is refused: {worst.message}."))


def probe_determinism(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """The same rows give the same answers: again, in another order, and one by one."""
    name = "determinism"
    whole = ask(candidate, rows)
    if whole.scores is None:
        return ProbeResult(name, whole.outcome, f"The rows are not answered: {whole.message}.")
    backwards = [rows.iloc[::-1]]
    ways = {
        "asked again": [rows],
        "asked in another order": backwards,
        "asked one by one": [rows.iloc[[place]] for place in range(len(rows))],
    }
    for words, parts in ways.items():
        tries = [ask(candidate, part) for part in parts]
        if (bad := _worst(tries)).outcome != "passed":
            return ProbeResult(name, bad.outcome, f"The same rows, {words}, are not answered: {bad.message}.")
        if not _parts_agree(whole.scores, tries, backwards=parts is backwards):
            return ProbeResult(name, "failed", f"The same rows, {words}, get other answers.")
    return ProbeResult(name, "passed", "The same rows get the same answers: again, in another order, and one by one.")


def probe_missing_value(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A gap in each feature in turn, and in all at once."""
    features = list(candidate.features)
    changes = [*([feature] for feature in features), features]
    changed = ((names, insert_gaps(rows, names)) for names in changes)
    return _probe_columns("missing_value", candidate, changed, "A missing value", len(features))


def probe_unseen_category(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A value that was never seen, in each column of text or categories in turn."""
    words = [name for name in candidate.features if holds_words(rows[name])]
    if not words:
        return ProbeResult("unseen_category", "not_applicable", "No feature holds text or categories.")
    changed = (([name], insert_stranger(rows, name)) for name in words)
    return _probe_columns("unseen_category", candidate, changed, "An unknown category", len(words))


def probe_outlier(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """Ten standard deviations either way, and 1e30 either way, in each numeric feature in turn."""
    numeric = [name for name in candidate.features if holds_numbers(rows[name])]
    if not numeric:
        return ProbeResult("outlier", "not_applicable", "No feature holds numbers.")
    changed = (([name], insert_extremes(rows, name)) for name in numeric)
    return _probe_columns("outlier", candidate, changed, "An extreme number", len(numeric))


def probe_input_not_mutated(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """What the model is handed must stay as it was."""
    name = "input_not_mutated"
    given, before = candidate.inputs(rows), candidate.inputs(rows)
    tried = ask(candidate, rows, given)
    if tried.outcome != "passed":
        return ProbeResult(name, tried.outcome, f"The rows are not answered: {tried.message}.")
    after = pd.DataFrame(given)
    if list(after.columns) == list(pd.DataFrame(before).columns) and after.equals(pd.DataFrame(before)):
        return ProbeResult(name, "passed", "The rows that are handed in stay as they were.")
    return ProbeResult(name, "failed", "The model changes the rows that it is handed.")


PROBES: dict[str, Probe] = {
    "one_row": probe_one_row,
    "column_order": probe_column_order,
    "determinism": probe_determinism,
    "missing_value": probe_missing_value,
    "unseen_category": probe_unseen_category,
    "outlier": probe_outlier,
    "empty_frame": probe_empty_frame,
    "input_not_mutated": probe_input_not_mutated,
}
"""By name, in the order in which they are run."""


def _probe_columns(
    name: str, candidate: Candidate, changed: Iterable[tuple[list[str], pd.DataFrame]], what: str, features: int
) -> ProbeResult:
    end = time.perf_counter() + SECONDS
    tries: list[tuple[list[str], Attempt]] = []
    in_time = True
    for columns, rows in changed:
        in_time = time.perf_counter() < end
        if not in_time:
            break
        tries.append((columns, ask(candidate, rows)))
    worst = _worst([tried for _, tried in tries])
    if worst.outcome != "passed":
        where = [column for columns, tried in tries if tried.outcome == worst.outcome for column in columns]
        verb = "is refused" if worst.outcome == "clean_error" else "makes the model fail"
        return ProbeResult(name, worst.outcome, f"{what} {verb} in {_join_names(where)}: {worst.message}.")
    if not in_time:
        why = f"After {SECONDS:g} seconds only {len(tries):,} of {features:,} features had been tried."
        return ProbeResult(name, "unavailable", why)
    every = "the one feature" if features == 1 else f"all {features:,} features"
    return ProbeResult(name, "passed", f"{what} is answered in {every} that it was tried in.")


def _worst(tries: Sequence[Attempt]) -> Attempt:
    return max(
        tries, key=lambda tried: ("passed", "clean_error", "failed").index(tried.outcome), default=Attempt("passed")
    )


def _parts_agree(whole: Scores, tries: Sequence[Attempt], *, backwards: bool) -> bool:
    parts = [tried.scores for tried in tries if tried.scores is not None]
    step = -1 if backwards else 1
    predicted = np.concatenate([part.predicted for part in parts])[::step]
    scores = [part.scores for part in parts if part.scores is not None]
    return are_same(whole, Scores(predicted, np.concatenate(scores)[::step] if scores else None))


def _join_names(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - NAMED
    return ", ".join(distinct[:NAMED]) + (f" and {more} more" if more > 0 else "")
