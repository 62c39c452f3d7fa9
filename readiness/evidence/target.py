"""The task, the class list and the coded target, never guessed from test labels alone; and the rows that can be
scored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError
from readiness.core.policy import Task
from readiness.core.provenance import Dropped
from readiness.core.sanitize import shown
from readiness.evidence.copies import Copies
from readiness.evidence.tables import whole_numbers
from readiness.evidence.validation import positions
from readiness.spec.load import LoadedSpec
from readiness.spec.questions import GivenInterval
from readiness.spec.schema import Data

FEW_VALUES = 20
"""A target of whole numbers with at most so many distinct values is a class label unless the spec says otherwise."""
MOST_CLASSES = 200
LABEL_KINDS = frozenset(
    {
        "string",
        "boolean",
        "integer",
        "floating",
        "mixed-integer-float",
        "mixed-integer",
        "integer-na",
        "decimal",
        "empty",
    }
)
"""What a target may hold, in the words of `pandas.api.types.infer_dtype`."""


@dataclass(frozen=True, slots=True)
class Target:
    """How labels become codes."""

    task: Task
    classes: tuple[Any, ...] = ()
    """Labels in the order of the codes; binary: negative, positive. Empty where the target is a number."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The labels as text."""
        return tuple(str(label) for label in self.classes)

    def coded(self, values: pd.Series[Any], where: str) -> NDArray[Any]:
        """(n,) codes, -1 where the label is missing; floats where the target is a number, NaN where missing.

        Raises:
            DataError: labels that are not in the class list, or values that are not numbers.
        """
        if not self.task.has_classes:
            return _as_floats(values, where, self.task)
        places, uniques = pd.factorize(whole_numbers(values))
        known = positions(list(uniques), self.classes)
        unknown = [label for label, code in zip(uniques, known, strict=True) if code < 0]
        if unknown:
            raise DataError(
                f"{where} holds the label {shown(_plain(unknown[0]))}; the classes are {', '.join(self.texts[:12])}.",
                remedy="List every label in data.classes, or mend the labels.",
            )
        return np.append(np.asarray(known, dtype=np.int64), -1)[places]


def find_target(data: Data, test: pd.Series[Any], train: pd.Series[Any] | None, *, regressor: bool | None) -> Target:
    """Task and classes: from `data.classes`, else the training labels, else (binary) `positive` and the other value.

    `regressor` is what the model says of itself, None when it says nothing.

    Raises:
        DataError: when they cannot be known without guessing.
    """
    for values in (test, *(() if train is None else (train,))):
        _check_kind(data, values)
    task = _task(data, test if train is None else train, regressor)
    if task is Task.RANKING:
        for values in (test, *(() if train is None else (train,))):
            _check_relevance(data, values)
    if not task.has_classes:
        return Target(task)
    labels = _labels(data, test, train)
    if not labels:
        raise DataError(
            f"The target {shown(data.target)} has no value in any row of data.{'test' if train is None else 'train'}.",
            remedy="Give rows whose target is known.",
        )
    if len(labels) < 2:
        raise DataError(
            f"The target {shown(data.target)} has the single value {shown(labels[0])}.",
            remedy="Give a training table with both classes, or list the labels in data.classes.",
        )
    if task is Task.MULTICLASS:
        return Target(task, labels)
    return Target(task, _negative_first(data, labels))


def _check_kind(data: Data, values: pd.Series[Any]) -> None:
    """Dates, bytes and the like are no labels that a spec could name, and no numbers."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.cat.categories)
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind not in LABEL_KINDS:
        raise DataError(
            f"The target {shown(data.target)} holds {kind}; expected text, numbers or true/false.",
            remedy="Turn the target into one of these, or name another column in data.target.",
        )


def _check_relevance(data: Data, values: pd.Series[Any]) -> None:
    """How relevant a row is, is a number from 0; below it, no gain could be told from a loss."""
    below = int((values < 0).sum()) if pd.api.types.is_numeric_dtype(values.dtype) else 0
    if below:
        raise DataError(
            f"The target {shown(data.target)} holds {below:,} values below 0, where a ranking has a relevance from 0.",
            remedy="Give numbers from 0 (not relevant), larger for what should stand higher; or name another column.",
        )


def _task(data: Data, labels: pd.Series[Any], regressor: bool | None) -> Task:
    if data.task is not None:
        return data.task
    if data.query is not None:
        return Task.RANKING
    if data.positive is not None:
        return Task.BINARY
    if data.classes is not None:
        return Task.BINARY if len(data.classes) == 2 else Task.MULTICLASS
    known = whole_numbers(labels.dropna())
    if regressor is True or (regressor is None and _looks_continuous(known)):
        return Task.REGRESSION
    return Task.BINARY if known.nunique() <= 2 else Task.MULTICLASS


def _looks_continuous(known: pd.Series[Any]) -> bool:
    if not pd.api.types.is_numeric_dtype(known.dtype) or pd.api.types.is_bool_dtype(known.dtype):
        return False
    return pd.api.types.is_float_dtype(known.dtype) or known.nunique() > FEW_VALUES


def _labels(data: Data, test: pd.Series[Any], train: pd.Series[Any] | None) -> tuple[Any, ...]:
    if data.classes is not None:
        return data.classes
    source = test if train is None else train
    labels = [_plain(value) for value in pd.unique(whole_numbers(source.dropna()))]
    if train is None and len(labels) > 2:
        raise DataError(
            f"The target {shown(data.target)} has {len(labels)} labels in the test rows, and there is no other list.",
            remedy="Name data.train, or list all labels in data.classes: a class may be missing in the test rows.",
        )
    if labels and train is None and data.positive is not None and positions([data.positive], labels) == [-1]:
        labels.append(data.positive)
    if len(labels) > MOST_CLASSES:
        raise DataError(
            f"The target {shown(data.target)} has {len(labels):,} different labels; the most that are reviewed is "
            f"{MOST_CLASSES}.",
            remedy="If it is a number to be predicted, set data.task: regression.",
        )
    return tuple(
        sorted(labels, key=lambda label: (isinstance(label, str), label if not isinstance(label, str) else str(label)))
    )


def _negative_first(data: Data, labels: tuple[Any, ...]) -> tuple[Any, ...]:
    names = ", ".join(shown(label) for label in labels[:12])
    if len(labels) != 2:
        raise DataError(
            f"The task is binary, and the target {shown(data.target)} has {len(labels)} labels: {names}.",
            remedy="Set data.task: multiclass, or list the two labels in data.classes.",
        )
    if data.positive is None:
        raise DataError(
            f"The target {shown(data.target)} has the labels {names}; which of them is the positive one is not stated.",
            remedy="Set data.positive to the label that the model is to find.",
        )
    (place,) = positions([data.positive], labels)
    if place < 0:
        raise DataError(
            f"data.positive is {shown(data.positive)}; the labels of {shown(data.target)} are {names}.",
            remedy="Set data.positive to one of them.",
        )
    return labels[1 - place], labels[place]


def _as_floats(values: pd.Series[Any], where: str, task: Task) -> NDArray[np.float64]:
    if task is Task.RANKING and pd.api.types.is_bool_dtype(values.dtype):  # chosen or not is a relevance of 1 or 0
        return values.to_numpy(dtype=np.float64)
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        raise DataError(
            f"{where} holds {values.dtype}; a {task} needs numbers.",
            remedy="Mend the column, or set data.task.",
        )
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


# ----------------------------------------------------------------------------------------------------
# The rows of a table that can be used, and why the others cannot.

MISSING = {True: -1, False: np.nan}
"""What stands for a truth that is not known, of classes and of numbers."""

MOST_COPIES = 0.01
"""Copies up to this share of the test rows are left out of judging; above it the split itself is in doubt."""
IN_TRAINING, TWICE = "also stands in the training table", "stands in the test table twice"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that can be used, and an account of the others."""

    frame: pd.DataFrame
    target: NDArray[Any]
    read: int
    dropped: tuple[Dropped, ...]
    kept: NDArray[np.bool_] | None = None
    """(read,): which of the rows that were read can be used; None: all of them."""
    unused: tuple[pd.DataFrame, NDArray[Any]] | None = None
    """The rows that cannot be used, with their coded truth, -1 or nan where it is not known; None: there are none."""


def usable(loaded: LoadedSpec, key: str, frame: pd.DataFrame, target: Target) -> Rows:
    """Drop rows that cannot be used, and say how many and why."""
    data, n = loaded.spec.data, len(frame)
    coded = target.coded(frame[data.target], f"The target {data.target!r} of data.{key}")
    missing = coded < 0 if target.task.has_classes else ~np.isfinite(coded)
    reasons = {f"no {data.target} (missing or infinite)": missing}
    weight = None
    if data.weight is not None and data.weight in frame:
        weight = as_numbers(frame[data.weight], f"data.weight names {data.weight!r} of data.{key}, which")
        reasons[f"no {data.weight} (missing, infinite or negative)"] = ~missing & ~(np.isfinite(weight) & (weight >= 0))
    for name in (data.group, data.query):
        if name is not None and name in frame:
            reasons[f"no {name} (missing)"] = ~missing & frame[name].isna().to_numpy()
    dropped = tuple(Dropped(reason, int(rows.sum())) for reason, rows in reasons.items() if rows.any())
    keep = ~np.logical_or.reduce(list(reasons.values()))
    if not keep.any():
        raise DataError(
            f"data.{key} has {n:,} rows, and none of them can be used: "
            + "; ".join(f"{drop.rows:,} with {drop.reason}" for drop in dropped),
            remedy="Give rows that have what the spec names: a known target, and weight and group where it names them.",
        )
    if weight is not None and not weight[keep].any():
        raise DataError(
            f"data.weight names {data.weight!r} of data.{key}, and every row that can be used has the weight 0 there.",
            remedy="Mend the column, or leave data.weight out.",
        )
    if keep.all():
        return Rows(frame, coded, n, dropped)
    unused = frame.loc[~keep].reset_index(drop=True), np.where(missing, MISSING[target.task.has_classes], coded)[~keep]
    return Rows(frame.loc[keep].reset_index(drop=True), coded[keep], n, dropped, keep, unused)


def without_copies(rows: Rows, copies: Copies) -> tuple[Rows, Copies]:
    """Test rows that are judged once and by nothing but themselves: a few copies are left out, many are told instead.

    The rows of a query stay together, as a list without one of them is another list.
    """
    known, again = (bool(0 < each.mean() <= MOST_COPIES) for each in (copies.known, copies.again))
    if not (known or again):
        return rows, copies
    found = replace(copies, known_left_out=known, again_left_out=again)
    stay = found.stay
    reasons = {IN_TRAINING: copies.known, TWICE: copies.again}
    dropped = [Dropped(why, int((which & ~stay).sum())) for why, which in reasons.items() if (which & ~stay).any()]
    kept = np.ones(rows.read, dtype=bool) if rows.kept is None else rows.kept.copy()
    kept[kept] = stay
    frame = rows.frame.loc[stay].reset_index(drop=True)
    return replace(rows, frame=frame, target=rows.target[stay], dropped=(*rows.dropped, *dropped), kept=kept), found


def as_numbers(values: pd.Series[Any], where: str) -> NDArray[np.float64]:
    """Floats, NaN where missing.

    Raises:
        DataError: the column holds something else; `where` begins the sentence.
    """
    cause = None
    try:
        if values.dtype.kind not in "mM":  # as numbers, times would be counts of some unit since 1970
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        cause = error
    raise DataError(
        f"{where} holds {values.dtype}, and numbers are needed.", remedy="Mend the column, or name another one."
    ) from cause


def amounts(values: pd.Series[Any], key: str) -> NDArray[np.float64]:
    """What an error costs in each row; `key` is that of the spec. A gap or a negative amount would change the sum
    without a word.

    Raises:
        DataError: the column holds something else.
    """
    found = as_numbers(values, f"{key} names the column {str(values.name)!r}, which")
    bad = ~(np.isfinite(found) & (found >= 0))
    if bad.any():
        raise DataError(
            f"{key} takes its amounts from {str(values.name)!r}, and {int(bad.sum()):,} scored rows hold no amount "
            f"there (missing, infinite or negative), first in row {int(np.argmax(bad)) + 1:,}.",
            remedy="Mend the column, or state one amount for all rows.",
        )
    return found


# ----------------------------------------------------------------------------------------------------
# The interval that came with each prediction: two columns of the test table, refused where they hold none.

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]


def interval_columns(given: GivenInterval | None, frame: pd.DataFrame) -> Ends | None:
    """Lower and upper end for each row; None when the spec names no such columns. An end may be infinite.

    Raises:
        DataError: an end is missing or no number, or the lower one lies above the upper one.
    """
    if given is None:
        return None
    low, high = (
        as_numbers(frame[column], f"errors.interval.{key} names the column {column!r}, which")
        for key, column in (("low", given.low), ("high", given.high))
    )
    missing = np.isnan(low) | np.isnan(high)
    for bad, what in ((missing, "lack an end"), (~missing & (low > high), "have a low end above the high one")):
        if bad.any():
            raise DataError(
                f"errors.interval takes its ends from {given.low!r} and {given.high!r}, and {int(bad.sum()):,} scored "
                f"rows {what}, first in row {int(np.argmax(bad)) + 1:,}; expected low to be at most high in every row.",
                remedy="Mend the columns, or leave errors.interval out.",
            )
    return low, high
