"""Probes of tables: which rows are asked together, which columns they have, and what follows from probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.counterexamples import Change, Counterexample, Cure
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import (
    Attempt,
    ProbeResult,
    answered,
    are_same,
    ask,
    differing,
    part_of,
    raw_answered,
    worst,
)
from readiness.evidence.probes.inside import TOLERANCE
from readiness.evidence.workers.worker import Scores

LONE = 10
"""Rows that are asked one by one: whoever answers ten of them alike does not look at their neighbours."""
SWAPS = 30
"""Pairs of columns that are tried in search of the smallest change of their order."""

# ----------------------------------------------------------------------------------------------------
# Which rows are asked together


def probe_one_row(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A single row must be answered like any number of rows."""
    for place in range(min(3, len(rows))):
        tried = ask(candidate, rows.iloc[[place]])
        if tried.outcome != "passed":
            example = Counterexample(Change.ALONE, error=tried.message, cure=Cure.KEEP_ROWS)
            said = f"A single row is not answered: {tried.message}."
            return ProbeResult("one_row", tried.outcome, said, example)
    return ProbeResult("one_row", "passed", "Single rows are answered.")


def probe_empty_frame(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """No rows: no answers, or a clean error."""
    tried = ask(candidate, rows.iloc[:0])
    if tried.outcome == "passed":
        return ProbeResult("empty_frame", "passed", "No rows give no predictions.")
    said = "is refused with a clear error" if tried.outcome == "clean_error" else "makes the model fail"
    example = Counterexample(Change.NONE, error=tried.message, cure=Cure.ANSWER_NONE)
    return ProbeResult("empty_frame", tried.outcome, f"An empty table {said}: {tried.message}.", example)


def probe_determinism(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """The same rows give the same answers: again, in another order, each twice, and one by one."""
    name, n = "determinism", len(rows)
    whole = ask(candidate, rows)
    if whole.scores is None:
        return ProbeResult(name, whole.outcome, f"The rows are not answered: {whole.message}.")
    twice, lone = np.repeat(np.arange(n), 2), min(n, LONE)
    ways: tuple[tuple[Change, str, list[pd.DataFrame], Any], ...] = (
        (Change.AGAIN, "asked again", [rows], np.arange(n)),
        (Change.BACKWARDS, "asked in another order", [rows.iloc[::-1]], np.arange(n)[::-1]),
        (Change.TWICE, "asked with each of them twice", [rows.iloc[twice]], np.arange(n) * 2),
        (Change.ALONE, "asked one by one", [rows.iloc[[place]] for place in range(lone)], np.arange(lone)),
    )
    for change, words, parts, order in ways:
        tries = [ask(candidate, part) for part in parts]
        if (bad := worst(tries)).outcome != "passed":
            example = Counterexample(change, error=bad.message, cure=Cure.KEEP_ROWS)
            said = f"The same rows, {words}, are not answered: {bad.message}."
            return ProbeResult(name, bad.outcome, said, example)
        told = _join(tries, order)
        if not are_same(part_of(whole.scores, slice(len(order))), told):
            cure = Cure.FIX_CHANCE if change is Change.AGAIN else Cure.FIT_BEFORE
            place = differing(whole.scores, told)
            example = Counterexample(
                change, before=answered(whole.scores, place), after=answered(told, place), cure=cure
            )
            return ProbeResult(name, "failed", f"The same rows, {words}, get other answers.", example)
    return ProbeResult(name, "passed", "The same rows get the same answers: again, in another order, and one by one.")


def _join(tries: Sequence[Attempt], order: Any) -> Scores:
    """The answers of several tries as one, in the order of the rows."""
    parts = [tried.scores for tried in tries if tried.scores is not None]
    predicted = np.concatenate([part.predicted for part in parts])
    scores = [part.scores for part in parts if part.scores is not None]
    classes = parts[0].classes if parts else ()
    if len(predicted) <= (int(np.max(order)) if len(order) else -1):
        return Scores(predicted, None, classes=classes)  # of another shape, so that it is not the same
    return Scores(predicted[order], np.concatenate(scores)[order] if scores else None, classes=classes)


def probe_probabilities(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """Probabilities lie in [0, 1], add up to one, and are those that the answers follow from."""
    name = "probabilities"
    if candidate.method != "predict_proba":
        return ProbeResult(name, "not_applicable", "The model gives no probabilities.")
    tried = ask(candidate, rows)
    if tried.scores is None:
        example = Counterexample(Change.PROBABILITIES, error=tried.message, cure=Cure.NORMALISE)
        return ProbeResult(name, tried.outcome, f"There are no usable probabilities: {tried.message}.", example)
    scores = tried.scores
    if not scores.is_probability:
        example = Counterexample(Change.PROBABILITIES, after=answered(scores), cure=Cure.NORMALISE)
        return ProbeResult(name, "failed", "The probabilities of a row do not add up to one.", example)
    place = -1 if candidate.threshold is not None or scores.scores is None else _contradiction(scores)
    if place >= 0:
        example = Counterexample(Change.PROBABILITIES, after=answered(scores, place), cure=Cure.NORMALISE)
        return ProbeResult(name, "failed", "Its answers do not follow from its probabilities.", example)
    return ProbeResult(name, "passed", "Probabilities add up to one, and its answers follow from them.")


def _contradiction(scores: Scores) -> int:
    """The place of a row whose label is not the likeliest, or, of two, not on its side of any threshold; -1: none."""
    assert scores.scores is not None
    if scores.scores.ndim == 2:
        own = scores.scores[np.arange(len(scores.predicted)), scores.predicted]
        wrong = np.flatnonzero(own < scores.scores.max(axis=1) - TOLERANCE)
        return int(wrong[0]) if len(wrong) else -1
    positive = scores.predicted == 1
    if not positive.any() or positive.all():
        return -1
    least = np.where(positive, scores.scores, np.inf)
    most = np.where(positive, -np.inf, scores.scores)
    return int(least.argmin()) if least.min() < most.max() - TOLERANCE else -1


# ----------------------------------------------------------------------------------------------------
# Which columns they have. What is handed over is made here, so that features that lack or move are not put back.


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
            example = _smallest_swap(candidate, given, usual.scores, tried.scores)
            return ProbeResult(name, "failed", "Columns in another order silently give other answers.", example)
    bad = worst(tries)
    if bad.outcome == "passed":
        return ProbeResult(name, "passed", "Columns in another order give the same answers.")
    example = Counterexample(Change.REORDERED, error=bad.message, cure=Cure.SELECT_BY_NAME)
    return ProbeResult(name, bad.outcome, f"Another order is refused: {bad.message}.", example)


def _smallest_swap(candidate: Candidate, given: pd.DataFrame, usual: Scores, other: Scores) -> Counterexample:
    """Two neighbours that change places, and a row whose answer that changes; else the whole order."""
    place = differing(usual, other)
    found = Counterexample(Change.REORDERED, (), before=raw_answered(candidate, usual, place),
                           after=raw_answered(candidate, other, place), cure=Cure.SELECT_BY_NAME)  # fmt: skip
    for first in range(min(given.shape[1] - 1, SWAPS)):
        order = list(range(given.shape[1]))
        order[first], order[first + 1] = first + 1, first
        tried = ask(candidate, given, given.iloc[:, order].copy())
        if tried.scores is not None and not are_same(usual, tried.scores):
            place = differing(usual, tried.scores)
            names = tuple(str(name) for name in given.columns[first : first + 2])
            return replace(found, change=Change.SWAPPED, columns=names, before=raw_answered(candidate, usual, place),
                           after=raw_answered(candidate, tried.scores, place))  # fmt: skip
    return found


def probe_other_columns(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    """A column more, one less, one renamed: the same answers, or a clean error, never other answers."""
    name = "other_columns"
    given = candidate.inputs(rows)
    usual = ask(candidate, rows, given)
    if usual.scores is None:
        return ProbeResult(name, "failed", f"The rows are not answered at all: {usual.message}.")
    cure = Cure.CHECK_COLUMNS if candidate.named else Cure.KEEP_TABLES
    tries: list[Attempt] = []
    for change, column, handed in _other_tables(given, candidate.features):
        tried = ask(candidate, rows, handed)
        tries.append(tried)
        is_other = tried.scores is not None and not are_same(usual.scores, tried.scores)
        if not is_other and tried.outcome != "failed":
            continue
        place = differing(usual.scores, tried.scores) if tried.scores is not None else 0
        example = Counterexample(
            change,
            (column,) if column else (),
            before=raw_answered(candidate, usual.scores, place),
            after=raw_answered(candidate, tried.scores, place),
            error=tried.message,
            cure=cure,
        )
        said = f"Handed {change.words}{f' ({column})' if column else ''}, "
        said += "the model silently gives other answers." if is_other else f"the model fails: {tried.message}."
        return ProbeResult(name, "failed", said, example)
    bad = worst(tries)
    if bad.outcome == "passed":
        return ProbeResult(name, "passed", "Extra, missing and renamed columns change no answer.")
    return ProbeResult(name, bad.outcome, f"Such tables are refused: {bad.message}.")


def _other_tables(given: Any, features: Sequence[str]) -> Iterator[tuple[Change, str, Any]]:
    if not isinstance(given, pd.DataFrame):
        yield Change.EXTRA, "", np.column_stack([given, given[:, -1:]])
        if given.shape[1] > 1:
            yield Change.LACKING, str(features[-1]), given[:, :-1].copy()
        return
    names = [str(name) for name in given.columns]
    other = next(f"another{k or ''}" for k in range(len(names) + 1) if f"another{k or ''}" not in names)
    extra = given.copy()
    extra.insert(0, other, 1.0)  # in front, where it moves all others by a place
    yield Change.EXTRA, other, extra
    yield Change.EXTRA, other, given.assign(**{other: 1.0})
    if len(names) > 1:
        yield Change.LACKING, names[0], given.drop(columns=given.columns[0])
        yield Change.LACKING, names[-1], given.drop(columns=given.columns[-1])
    yield Change.RENAMED, names[0], given.rename(columns={given.columns[0]: other})
