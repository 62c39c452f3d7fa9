"""Probes of values: gaps, strangers, extreme and infinite numbers in each column; the same values in other types."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.counterexamples import Change, Counterexample, Cure
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes import changes
from readiness.evidence.probes.attempts import (
    BOOSTERS,
    Attempt,
    ProbeResult,
    answered,
    are_same,
    ask,
    shrink,
    value_text,
    worst,
)
from readiness.evidence.probes.inside import are_close
from readiness.evidence.workers.worker import Scores, WorkerLost

SECONDS = 30.0
"""Time for the probes that change one column after another; what was not reached is said."""
NAMED = 5
ALONE = 30
"""Columns that are changed by themselves in search of the smallest change."""
SINGLE_TOLERANCE = 0.01
"""How far answers may move on average when numbers come in single precision: in probability, or as a share of the
spread of predicted numbers; labels may not change. A tree moves a row that lies on one of its splits."""

# ----------------------------------------------------------------------------------------------------
# Which values they hold


def probe_missing_value(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A gap in each feature in turn, and in all at once."""
    features = list(candidate.features)
    tables = [*([feature] for feature in features), features]
    changed = ((names, changes.insert_gaps(rows, names)) for names in tables)
    cure = Cure.TAKE_GAPS if candidate.worker.about.package in BOOSTERS else Cure.FILL_GAPS
    return _probe_columns(candidate, changed, rows, _Columns("missing_value", "A missing value", Change.GAP, cure))


def probe_unseen_category(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A value that was never seen, and an empty one, in each column of text or categories in turn."""
    words = [name for name in candidate.features if changes.holds_words(rows[name])]
    if not words:
        return ProbeResult("unseen_category", "not_applicable", "No feature holds text or categories.")
    changed = (([name], changes.insert_stranger(rows, name)) for name in words)
    cure = Cure.KNOWN_CATEGORIES if candidate.worker.about.package in BOOSTERS else Cure.IGNORE_UNKNOWN
    what = _Columns("unseen_category", "An unknown category", Change.UNKNOWN, cure)
    return _probe_columns(candidate, changed, rows, what, len(words))


def probe_outlier(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """Ten standard deviations either way, and 1e30 either way, in each numeric feature in turn."""
    numeric = [name for name in candidate.features if changes.holds_numbers(rows[name])]
    if not numeric:
        return ProbeResult("outlier", "not_applicable", "No feature holds numbers.")
    changed = (([name], changes.insert_extremes(rows, name)) for name in numeric)
    what = _Columns("outlier", "An extreme number", Change.EXTREME, Cure.CLIP_NUMBERS)
    return _probe_columns(candidate, changed, rows, what, len(numeric))


def probe_infinite_number(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """Infinity either way in all numeric features at once; where that fails, in each in turn."""
    numeric = [name for name in candidate.features if changes.holds_numbers(rows[name])]
    if not numeric:
        return ProbeResult("infinite_number", "not_applicable", "No feature holds numbers.")
    every = changes.insert_infinite(rows, numeric)
    what = _Columns("infinite_number", "An infinite number", Change.INFINITE, Cure.INFINITE_TO_GAP)
    at_once = _probe_columns(candidate, [(numeric, every)], rows, what, len(numeric))
    if at_once.outcome != "failed" or len(numeric) == 1:
        return at_once
    each = (([name], changes.insert_infinite(rows, [name])) for name in numeric)
    alone = _probe_columns(candidate, each, rows, what, len(numeric))
    return alone if alone.outcome == "failed" else at_once


@dataclass(frozen=True, slots=True)
class _Columns:
    """A probe that changes one column after another."""

    name: str
    what: str
    change: Change
    cure: Cure


def _probe_columns(
    candidate: Candidate,
    changed: Iterable[tuple[list[str], pd.DataFrame]],
    rows: pd.DataFrame,
    what: _Columns,
    features: int = 0,
) -> ProbeResult:
    features = features or len(candidate.features)
    end = time.perf_counter() + SECONDS
    tries: list[tuple[list[str], pd.DataFrame, Attempt]] = []
    in_time = True
    for columns, table in changed:
        in_time = time.perf_counter() < end
        if not in_time:
            break
        try:
            tries.append((columns, table, ask(candidate, table)))
        except WorkerLost as lost:
            return _lost(columns, table, lost, what)
    bad = worst([tried for *_, tried in tries])
    if bad.outcome != "passed":
        same = [(columns, table) for columns, table, tried in tries if tried.outcome == bad.outcome]
        where = [column for columns, _ in same for column in columns]
        verb = "is refused" if bad.outcome == "clean_error" else "makes the model fail"
        example = _smallest_change(candidate, rows, same[0], bad, what, len(set(where)))
        said = f"{what.what} {verb} in {_join_names(where)}: {bad.message}."
        return ProbeResult(what.name, bad.outcome, said, example)
    if not in_time:
        why = f"After {SECONDS:g} seconds only {len(tries):,} of {features:,} features had been tried."
        return ProbeResult(what.name, "unavailable", why)
    every = "the one feature" if features == 1 else f"all {features:,} features"
    return ProbeResult(what.name, "passed", f"{what.what} is answered in {every} that it was tried in.")


def _lost(columns: list[str], table: pd.DataFrame, lost: WorkerLost, what: _Columns) -> ProbeResult:
    """The result of a probe that the process of the model did not live through: nothing more is asked of it."""
    message = lost.message.rstrip(".")
    given = value_text(table[columns[0]].iloc[0]) if len(columns) == 1 and len(table) else ""
    shown = tuple(columns) if len(columns) == 1 else ()
    example = Counterexample(what.change, shown, given, error=message, cure=what.cure)
    said = f"{what.what} in {_join_names(columns)} ended the process of the model: {message}."
    return ProbeResult(what.name, "failed", said, example, survived=False)


def _smallest_change(
    candidate: Candidate,
    rows: pd.DataFrame,
    found: tuple[list[str], pd.DataFrame],
    bad: Attempt,
    what: _Columns,
    columns: int,
) -> Counterexample:
    """The first column and the fewest rows for which it comes out as badly."""
    names, table = found
    last = bad

    def fails(part: pd.DataFrame) -> bool:
        nonlocal last
        tried = ask(candidate, part)
        last = tried if tried.outcome == bad.outcome else last
        return tried.outcome == bad.outcome

    smallest = shrink(table, fails)
    place = rows.index.get_indexer(smallest.index[:1])[0] if rows.index.is_unique and len(smallest) else 0
    before = ask(candidate, rows.iloc[[max(0, int(place))]])
    shown = tuple(names[:1]) if len(names) == 1 else ()
    given = value_text(smallest[names[0]].iloc[0]) if len(smallest) else ""
    return Counterexample(
        what.change, shown, given, before=answered(before.scores), error=last.message,
        others=max(0, columns - len(shown)) if shown else 0, cure=what.cure,
    )  # fmt: skip


def _join_names(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - NAMED
    return ", ".join(distinct[:NAMED]) + (f" and {more} more" if more > 0 else "")


# ----------------------------------------------------------------------------------------------------
# In which type they come


def probe_value_types(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """The same values in another type: the same answers, or a clean error, never other answers."""
    name = "value_types"
    usual = ask(candidate, rows)
    if usual.scores is None:
        return ProbeResult(name, "failed", f"The rows are not answered at all: {usual.message}.")
    tries: list[Attempt] = []
    for change, columns, turn in _other_types(candidate, rows):
        tried = ask(candidate, turn(rows, columns))
        tries.append(tried)
        if tried.scores is None and tried.outcome != "failed":
            continue
        if tried.scores is not None and _agree(change, usual.scores, tried.scores):
            continue
        example = _smallest_type(candidate, rows, change, columns, turn, usual.scores, tried)
        said = "silently get other answers" if tried.scores is not None else f"make the model fail: {tried.message}"
        return ProbeResult(name, "failed", f"The same values, {change.words}, {said}.", example)
    if not tries:
        return ProbeResult(name, "not_applicable", "No feature holds values that come in another type, too.")
    bad = worst(tries)
    if bad.outcome == "passed":
        return ProbeResult(name, "passed", "The same values in another type get the same answers.")
    return ProbeResult(name, bad.outcome, f"Another type is refused: {bad.message}.")


Turn = Callable[[pd.DataFrame, Sequence[str]], pd.DataFrame]


def _other_types(candidate: Candidate, rows: pd.DataFrame) -> Iterator[tuple[Change, list[str], Turn]]:
    features = list(candidate.features)
    numbers = [name for name in features if changes.holds_numbers(rows[name])]
    whole = [name for name in numbers if pd.api.types.is_integer_dtype(rows[name].dtype)]
    double = [name for name in numbers if rows[name].dtype == np.float64]
    categories = [name for name in features if isinstance(rows[name].dtype, pd.CategoricalDtype)]
    words = [name for name in features if changes.holds_words(rows[name]) and name not in categories]
    dates = [name for name in features if changes.holds_dates(rows[name])]
    every: tuple[tuple[Change, list[str], Turn], ...] = (
        (Change.AS_DECIMAL, whole, changes.as_decimal),
        (Change.AS_SINGLE, double, changes.as_single),
        (Change.AS_TEXT, numbers, changes.as_text),
        (Change.AS_WORDS, categories, changes.as_words),
        (Change.AS_CATEGORY, words, changes.as_category),
        (Change.AS_DATE_TEXT, dates, changes.as_date_text),
        (Change.IN_UTC, dates, changes.in_utc),
    )
    yield from (entry for entry in every if entry[1])


def _agree(change: Change, usual: Scores, other: Scores) -> bool:
    """Whether two answers agree; numbers in single precision may move scores a little, and no label."""
    if change is not Change.AS_SINGLE or usual.predicted.shape != other.predicted.shape:
        return are_same(usual, other)
    if usual.classes and not are_close(usual.predicted, other.predicted):
        return False
    return float(np.mean(_moves(usual, other))) <= SINGLE_TOLERANCE


def _moves(usual: Scores, other: Scores) -> NDArray[np.float64]:
    """(n,): how far answers moved: 1 for another label, else by score, else as a share of the spread of numbers."""
    if not usual.classes:
        numbers = np.asarray(usual.predicted, float)
        far: NDArray[np.float64] = np.abs(numbers - np.asarray(other.predicted, float))
        return far / (float(numbers.std()) or 1.0)
    moved = np.asarray(usual.predicted != other.predicted, float)
    if usual.scores is not None and other.scores is not None and usual.scores.shape == other.scores.shape:
        apart = np.abs(usual.scores - other.scores)
        moved = np.maximum(moved, apart if apart.ndim == 1 else apart.max(axis=1))
    return moved


def _smallest_type(
    candidate: Candidate,
    rows: pd.DataFrame,
    change: Change,
    columns: Sequence[str],
    turn: Turn,
    usual: Scores,
    tried: Attempt,
) -> Counterexample:
    """The first single column that shows it, else all of them; and a row whose answer it changes."""
    shown: tuple[str, ...] = ()
    for column in columns[:ALONE]:
        alone = ask(candidate, turn(rows, [column]))
        is_other = alone.scores is not None and not _agree(change, usual, alone.scores)
        if is_other or (tried.scores is None and alone.outcome == "failed"):
            tried, shown = alone, (column,)
            break
    place = 0
    if tried.scores is not None:
        place = int(_moves(usual, tried.scores).argmax())
    given = value_text(rows[shown[0]].iloc[place]) if shown and change is not Change.AS_WORDS else ""
    is_text = bool(shown) and changes.holds_words(rows[shown[0]])  # may be a person's, and changes nothing here
    return Counterexample(
        change, shown, "" if is_text else given, before=answered(usual, place), after=answered(tried.scores, place),
        error=tried.message, cure=Cure.CAST_TYPES,
    )  # fmt: skip
