"""Pairs of rows that the spec itself relates: a larger value must move the answer in one direction, or must not matter.

Directional expectation and invariance tests after Ribeiro, Wu, Guestrin and Singh (2020, CheckList). Each of a sample
of test rows is asked again with other values of one column, values that test rows hold, in place of its own. A row
breaks the expectation when any two of its answers do; the share of such rows is what is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.counterexamples import Answered, Change, Counterexample, Cure
from readiness.core.errors import ScoringError
from readiness.core.findings import FindingKey
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import PAIR_PROVEN, PAIR_ROWS, PAIR_VALUES
from readiness.core.sanitize import shorten, shown
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import BOOSTERS, answered, value_text
from readiness.evidence.probes.inside import TOLERANCE
from readiness.evidence.workers.worker import Scores
from readiness.spec.parts import label_text
from readiness.spec.questions import Invariant, Monotonic, Production
from readiness.statistics.sample_size import rows_without_slip

Floats = NDArray[np.float64]
Pair = Monotonic | Invariant


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """Which rows break an expectation."""

    rows: NDArray[np.int64]
    """(m,): places of the rows that were tried among all test rows."""
    broken: NDArray[np.bool_]
    """(m,): whether each of them breaks it."""
    values: tuple[str, ...]
    """The values that were tried, as text."""
    is_feature: bool
    """Whether the model takes the column at all."""
    example: Counterexample | None = None
    """The row that breaks it most; None where none does."""


PairResults = dict[FindingKey, Broken | Missing]


def measure_pairs(candidate: Candidate, rows: pd.DataFrame, production: Production, *, alpha: float) -> PairResults:
    """What comes of each expectation of the spec, by the key of its claim.

    Args:
        candidate: the model.
        rows: all test rows.
        production: the part of the spec that states the expectations.
        alpha: allowed chance of a wrong *met*, from which follows how many rows are tried at least.
    """
    stated: list[tuple[FindingKey, Pair]] = [
        *((Topic.MONOTONIC.key(k), rise) for k, rise in enumerate(production.monotonic, 1)),
        *((Topic.INVARIANT.key(k), same) for k, same in enumerate(production.invariant, 1)),
    ]
    return {key: _measure_or_missing(candidate, rows, pair, alpha) for key, pair in stated}


def plan_of_pairs(candidate: Candidate, production: Production, *, alpha: float) -> dict[str, Any]:
    """What decides the results, as plain values: what the spec says, how many rows are tried, and where labels end."""
    stated = [
        [kind, *([name, str(value)] for name, value in pair.model_dump(exclude={"says"}).items())]
        for kind, pairs in (("monotonic", production.monotonic), ("invariant", production.invariant))
        for pair in pairs
    ]
    threshold = None if candidate.threshold is None else str(candidate.threshold)
    return {"stated": stated, "alpha": str(alpha), "threshold": threshold}


def _measure_or_missing(candidate: Candidate, rows: pd.DataFrame, pair: Pair, alpha: float) -> Broken | Missing:
    try:
        return _measure(candidate, rows, pair, alpha)
    except ScoringError as error:
        said = shorten(error.message.rstrip("."))
        return Missing(f"the model does not answer rows with other values of {shown(pair.column)}: {said}")
    except Exception as error:  # a measurement that fails is not assessed; the other ones stand
        return Missing(f"trying it failed with {type(error).__name__}: {str(error)[:200]}")


def _measure(candidate: Candidate, frame: pd.DataFrame, pair: Pair, alpha: float) -> Broken | Missing:
    if pair.column not in frame.columns:
        return Missing(f"the test table has no column {shown(pair.column)}", "name a column of data.test")
    column = frame[pair.column]
    values = _values(column, pair)
    if isinstance(values, Missing):
        return values
    most = max(PAIR_ROWS, rows_without_slip(pair.share or PAIR_PROVEN, alpha))
    rows = np.sort(np.random.default_rng(candidate.seed).permutation(len(frame))[:most]).astype(np.int64)
    part = frame.iloc[rows]
    own = part[pair.column]
    usual = candidate.score(part)
    others = [candidate.score(part.assign(**{pair.column: _filled(own, value)})) for value in values]
    if isinstance(pair, Monotonic):
        code = _code(candidate, pair)
        if isinstance(code, Missing):
            return code
        broken, example = _find_turns(own, values, usual, others, pair, code)
    else:
        broken, example = _find_moves(own, values, usual, others, pair)
    cure = Cure.LEAVE_OUT
    if isinstance(pair, Monotonic):
        cure = Cure.CONSTRAIN_BOOSTER if candidate.worker.about.package in BOOSTERS else Cure.CONSTRAIN
    if example is not None:
        example = replace(example, row=int(rows[example.row]) + 1, columns=(pair.column,), cure=cure)
    texts = tuple(value_text(value) for value in values)
    return Broken(rows, broken, texts, pair.column in candidate.features, example)


# ----------------------------------------------------------------------------------------------------
# Values that are tried in place of a row's own


def _values(column: pd.Series[Any], pair: Pair) -> list[Any] | Missing:
    known = column.dropna()
    is_number = pd.api.types.is_numeric_dtype(column.dtype) and not isinstance(column.dtype, pd.CategoricalDtype)
    if isinstance(pair, Monotonic):
        if not is_number:
            why = f"the column {shown(pair.column)} holds no numbers, so that no value is larger than another"
            return Missing(why, "name a column of numbers, or state it under production.invariant")
        values: list[Any] | Missing = _spread(known)
    elif pair.values:
        values = _named(known, pair.values, pair.column)
    else:
        distinct = known.value_counts(sort=True)  # by number of rows, those of the table's order first among equals
        is_wide = is_number and len(distinct) > PAIR_VALUES
        values = _spread(known) if is_wide else list(distinct.index[:PAIR_VALUES])
    if isinstance(values, Missing) or len(values) > 1:
        return values
    why = f"the test rows hold fewer than two values of {shown(pair.column)}"
    return Missing(why, "test rows with more values of it")


def _spread(known: pd.Series[Any]) -> list[Any]:
    """Values that rows hold, at equal steps of their order, the least and the largest among them; ascending."""
    finite = known[np.isfinite(known.to_numpy(dtype=float, na_value=np.nan))]
    ordered = finite.sort_values(kind="stable").reset_index(drop=True)
    if not len(ordered):
        return []
    places = np.unique(np.round(np.linspace(0, len(ordered) - 1, PAIR_VALUES)).astype(int))
    return list(dict.fromkeys(ordered.iloc[places]))


def _named(known: pd.Series[Any], names: Sequence[Any], column: str) -> list[Any] | Missing:
    by_text = {label_text(value): value for value in known.unique()}
    found = [by_text[text] for name in names if (text := label_text(name)) in by_text]
    if len(found) < len(names):
        lacking = next(name for name in names if label_text(name) not in by_text)
        why = f"no test row has {shown(column)} = {shown(label_text(lacking))}"
        return Missing(why, "test rows with every value that is named")
    return found


def _filled(column: pd.Series[Any], value: Any) -> pd.Series[Any]:
    """The column with one value throughout, in its own type."""
    filled: pd.Series[Any] = pd.Series([value] * len(column), index=column.index, dtype=column.dtype)
    return filled


# ----------------------------------------------------------------------------------------------------
# Answers that turn, and answers that move


def _code(candidate: Candidate, pair: Monotonic) -> int | Missing:
    """The class whose score must follow the column; of two classes the positive one, of none 0."""
    classes = [label_text(each) for each in candidate.classes]
    if pair.of_class is None and len(classes) <= 2:
        return max(0, len(classes) - 1)
    if pair.of_class is not None and label_text(pair.of_class) in classes:
        return classes.index(label_text(pair.of_class))
    if pair.of_class is None:
        why = "the expectation does not say of which class"
        return Missing(why, "state of_class: the class whose score must follow the column")
    return Missing(f"there is no class {shown(label_text(pair.of_class))}", "state of_class as a class of the target")


def _levels(scores: Scores, code: int) -> Floats:
    """(n,): the score of a class, else whether it is the answer; the predicted number where there are no classes."""
    if not scores.classes:
        return np.asarray(scores.predicted, float)
    if scores.scores is None:
        return np.asarray(scores.predicted == code, float)
    if scores.scores.ndim == 2:
        return np.asarray(scores.scores[:, code], float)
    other = 1 - scores.scores if scores.is_probability else -scores.scores
    return np.asarray(scores.scores if code == 1 else other, float)


def _find_turns(
    own: pd.Series[Any], values: Sequence[Any], usual: Scores, others: Sequence[Scores], pair: Monotonic, code: int
) -> tuple[NDArray[np.bool_], Counterexample | None]:
    """Rows whose answers, in the order of the column, somewhere fall where they must rise by more than is tolerated."""
    sign = 1.0 if pair.direction == "increasing" else -1.0
    answers = np.column_stack([*(_levels(each, code) for each in others), _levels(usual, code)])
    at = np.tile(np.array([float(value) for value in (*values, values[-1])]), (len(own), 1))
    mine = own.to_numpy(dtype=float, na_value=np.nan)
    is_known = np.isfinite(mine)
    at[is_known, -1] = mine[is_known]
    answers[~is_known, -1] = answers[~is_known, -2]  # of a gap nobody knows where it lies
    order = np.argsort(at, axis=1, kind="stable")
    curve = np.take_along_axis(answers, order, axis=1) * sign
    fallen = np.maximum.accumulate(curve, axis=1) - curve
    depth = fallen.max(axis=1)
    noise = TOLERANCE * np.maximum(1.0, np.abs(answers).max(axis=1))
    broken = depth > pair.tolerance + noise
    if not broken.any():
        return broken, None
    row = int(np.where(broken, depth, -np.inf).argmax())
    low = int(fallen[row].argmax())
    high = int(curve[row, : low + 1].argmax())
    label = label_text(usual.classes[code]) if usual.classes else ""
    first, second = (int(order[row, place]) for place in (high, low))
    example = Counterexample(
        Change.RAISED,
        given=value_text(at[row, second]),
        instead_of=value_text(at[row, first]),
        before=Answered(label, float(answers[row, first])),
        after=Answered(label, float(answers[row, second])),
        row=row,
    )
    return broken, example


def _find_moves(
    own: pd.Series[Any], values: Sequence[Any], usual: Scores, others: Sequence[Scores], pair: Invariant
) -> tuple[NDArray[np.bool_], Counterexample | None]:
    """Rows whose label changes with the column, or whose score moves by more than is tolerated."""
    moves = np.column_stack([_moves(usual, each, pair.tolerance) for each in others])
    broken: NDArray[np.bool_] = np.any(moves > 0, axis=1)
    if not broken.any():
        return broken, None
    row, value = (int(place) for place in np.unravel_index(moves.argmax(), moves.shape))
    example = Counterexample(
        Change.REPLACED,
        given=value_text(values[value]),
        instead_of=value_text(own.iloc[row]),
        before=answered(usual, row),
        after=answered(others[value], row),
        row=row,
    )
    return broken, example


def _moves(usual: Scores, other: Scores, tolerance: float | None) -> Floats:
    """(n,): by how much more than is tolerated each answer moved, at most 0 where it did not; 1 more for a label."""
    if not usual.classes:
        numbers = np.asarray(usual.predicted, float)
        noise = TOLERANCE * np.maximum(1.0, np.abs(numbers))
        far: Floats = np.abs(numbers - np.asarray(other.predicted, float))
        return np.asarray(far - np.maximum(noise, tolerance or 0.0), float)
    moved = np.asarray(usual.predicted != other.predicted, float)
    if usual.scores is None or other.scores is None:
        return moved
    apart = np.abs(usual.scores - other.scores)
    apart = apart if apart.ndim == 1 else apart.max(axis=1)
    if tolerance is None:
        return np.where(moved > 0, moved + apart, 0.0)  # the label alone counts; the score says which moved most
    return np.where(moved > 0, moved + apart, apart - tolerance - TOLERANCE)
