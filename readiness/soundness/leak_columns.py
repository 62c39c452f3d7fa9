"""Rows and columns that are asked whether they give the answer away: the features, as numbers or as categories.

Test rows, and training rows where the test rows are few: that a column holds the answer does not depend on a model, so
both tables show it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import Task
from readiness.evidence.columns import features_of
from readiness.soundness.leak_texts import read_texts
from readiness.soundness.tables import Tables
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.leakage import Column, Target, column_of_categories, column_of_numbers

MOST_ROWS = 50_000
"""Rows that columns are asked about; a seeded sample above."""
FEWEST_ROWS = 20
MANY_WORDS = 12
"""From more different texts on they are tried as numbers and as dates."""
OFTEN = 10
"""Rows of each value, on average, from which values as a whole say what there is to be said."""
LETTERS = 40_000_000
"""Read of all texts of a table together."""
PARSED = 0.95
"""Share of the different texts that must be numbers, or dates, to be read as such."""
_SAMPLE, _HALVES = 7101, 7102


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of the test table, and behind them rows of the training table."""

    test: Integers
    """Positions in the test table."""
    train: Integers
    """Positions in the training table."""
    target: Target
    n_test: int
    n_train: int

    @property
    def judged(self) -> Array:
        """(n,): the test rows."""
        return np.arange(self.target.n) < len(self.test)

    @property
    def words(self) -> str:
        """On which rows something was seen: "4,000 test and 4,000 training rows"."""
        n, drawn = self.n_test + self.n_train, self.target.n
        kinds = "test and training rows" if len(self.train) else "test rows"
        if len(self.train) and drawn == n:
            return f"{self.n_test:,} test and {self.n_train:,} training rows"
        return f"{drawn:,} {kinds}" if drawn == n else f"a random sample of {drawn:,} of {n:,} {kinds}"


def features_in(tables: Tables) -> tuple[str, ...]:
    """The features that stand in the test table; where no model names them, every column without a role."""
    known = features_of(tables.spec, [str(name) for name in tables.test.columns], tables.features)
    return tuple(name for name in dict.fromkeys(known) if name in tables.test.columns and name != tables.target)


def rows_of(tables: Tables, names: tuple[str, ...]) -> Rows:
    """The rows that are asked, all with a truth or a seeded sample; of the training table where it has all columns."""
    seed = tables.spec.seed
    test = _draw_rows(_rows_with_truth(tables.task, tables.y_test, len(tables.classes)), MOST_ROWS, seed)
    known = np.zeros(0, dtype=np.int64)
    train_rows = tables.train
    if train_rows is not None and tables.y_train is not None and all(name in train_rows.columns for name in names):
        known = _rows_with_truth(tables.task, tables.y_train, len(tables.classes))
    train = _draw_rows(known, MOST_ROWS - len(test), seed)
    y = np.asarray(tables.y_test)[test]
    if tables.y_train is not None:
        y = np.concatenate([y, np.asarray(tables.y_train)[train]])
    target = Target.of(tables.task, y, _split_in_halves(tables, test, train))
    return Rows(test, train, target, len(tables.y_test), len(known) if len(train) else 0)


def _rows_with_truth(task: Task, y: Array, n_classes: int) -> Integers:
    values = np.asarray(y, dtype=np.float64)
    is_known = np.isfinite(values)
    if task.has_classes:
        is_known &= (values >= 0) & (values < max(2, n_classes))
    return np.flatnonzero(is_known).astype(np.int64)


def _draw_rows(rows: Integers, most: int, seed: int) -> Integers:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng([seed, _SAMPLE]).choice(rows, most, replace=False))


def _split_in_halves(tables: Tables, test: Integers, train: Integers) -> Integers:
    """(n,): a half for each row; rows of one group or query lie in one, so that no name of a group tells anything."""
    rng = np.random.default_rng([tables.spec.seed, _HALVES])
    name = tables.spec.data.group or tables.spec.data.query
    if name is None or name not in tables.test.columns:
        return rng.integers(0, 2, len(test) + len(train))
    parts = [_pick_rows(tables.test, name, test)]
    if tables.train is not None and len(train):
        is_there = name in tables.train.columns
        parts.append(_pick_rows(tables.train, name, train) if is_there else pd.Series(train))
    codes = pd.factorize(np.concatenate([part.astype(str).to_numpy(dtype=object) for part in parts]))[0]
    return rng.integers(0, 2, int(codes.max(initial=0)) + 1)[codes]


def columns_of(tables: Tables, rows: Rows, names: tuple[str, ...]) -> dict[str, Column]:
    """The columns (n,) of those rows."""
    taken = [(tables.test, rows.test)]
    if tables.train is not None and len(rows.train):
        taken.append((tables.train, rows.train))
    each = LETTERS // max(1, len(names))
    return {name: column_of([_pick_rows(frame, name, at) for frame, at in taken], rows.target, each) for name in names}


def recent_column(frame: pd.DataFrame, name: str, rows: Integers, target: Target) -> Column:
    """The same of recent rows with their target; nothing but gaps where the table has no such column."""
    if name not in frame.columns:
        return column_of_numbers(np.full(len(rows), np.nan))
    return column_of([_pick_rows(frame, name, rows)], target)


def _pick_rows(frame: pd.DataFrame, name: str, rows: Integers) -> pd.Series[Any]:
    return frame[name].iloc[rows]


def column_of(parts: list[pd.Series[Any]], target: Target, letters: int = LETTERS) -> Column:
    """One column of the rows of several tables, whatever they hold; of texts what tells most of the target.

    `letters`: so many are read of all texts together.
    """
    numbers = [_numbers(part) for part in parts]
    if all(each is not None for each in numbers):
        return column_of_numbers(np.concatenate([each for each in numbers if each is not None]))
    codes, words = _factorize(np.concatenate([part.to_numpy(dtype=object) for part in parts]))
    if len(words) > MANY_WORDS:
        read = _read_numbers(words)
        if read is not None:
            return column_of_numbers(np.append(read, np.nan)[codes])
    whole = column_of_categories(codes)
    if len(words) <= MANY_WORDS or np.count_nonzero(codes >= 0) >= OFTEN * len(words):
        return whole
    if not all(isinstance(word, str) for word in words):
        return replace(whole, can_tell=False)
    return read_texts(whole, codes, [str(word) for word in words], target, letters)


def _numbers(values: pd.Series[Any]) -> Floats | None:
    """Numbers, true/false, dates and durations as floats, NaN where missing; None for anything else."""
    kind = values.dtype
    if isinstance(kind, pd.DatetimeTZDtype) or getattr(kind, "kind", "O") in "mM":
        moments = pd.Series(values.to_numpy(dtype="timedelta64[ns]" if kind.kind == "m" else "datetime64[ns]"))
        return np.where(moments.isna(), np.nan, moments.astype("int64").to_numpy(dtype=np.float64))
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return None
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _factorize(values: Array) -> tuple[Integers, Array]:
    try:
        codes, words = pd.factorize(values)
    except TypeError:  # lists and the like
        codes, words = pd.factorize(np.array([None if value is None else str(value) for value in values], dtype=object))
    return codes.astype(np.int64), np.asarray(words, dtype=object)


def _read_numbers(words: Array) -> Floats | None:
    """Texts that are numbers, or else dates, in disguise."""
    texts = pd.Series([word if isinstance(word, int | float) else str(word) for word in words], dtype=object)
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    if np.mean(np.isfinite(numbers)) >= PARSED:
        return np.asarray(numbers)
    moments = pd.to_datetime(texts.astype(str), errors="coerce", format="ISO8601", utc=True)
    if moments.notna().mean() < PARSED:
        return None
    return _numbers(moments)


def own_scores(scores: Floats | None, predicted: Array, task: Task, n_classes: int) -> Floats:
    """What the candidate says: its scores, else its labels as scores; of several classes (n, K)."""
    if scores is not None:
        return scores
    if task is not Task.MULTICLASS:
        return np.asarray(predicted, dtype=np.float64)
    return np.eye(n_classes)[predicted.astype(np.int64)]
