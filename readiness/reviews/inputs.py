"""Tables and roles of columns that follow from what was given: one table for test rows, one for training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.errors import DataError, InputError, ModelError
from readiness.core.sanitize import nearest, shown
from readiness.evidence.models.description import feature_names_of
from readiness.evidence.sources import FrameOrigin
from readiness.reviews.arrays import as_column, as_table, check_order, interval_places, row_labels
from readiness.reviews.settings import plain

TARGET_NAMES = ("target", "y", "y_true", "truth", "the target")
"""What a target without a name is called: the first that no column has."""


@dataclass(slots=True, eq=False)
class Rows:
    """The rows of one table while their columns come together."""

    name: str
    """What the caller calls it: "X_test"."""
    frame: pd.DataFrame
    added: dict[str, pd.Series[Any]] = field(default_factory=dict)
    intervals: frozenset[str] = frozenset()
    """Columns of the frame that held intervals, which are written out."""
    labels: dict[str, pd.Index[Any]] = field(default_factory=dict)
    """Every other order of index labels in which something was given, by who brought it."""

    @classmethod
    def of(cls, name: str, given: Any, names: Sequence[str]) -> Rows:
        """The rows of a table; columns without names get `names`.

        Raises:
            DataError: not a table, or its own columns are in different orders.
        """
        frame = as_table(given, name, names)
        rows = cls(name, frame, intervals=frozenset(frame.columns[interval_places(given)]))
        rows.check(given, name)
        return rows

    @property
    def columns(self) -> tuple[str, ...]:
        """All names."""
        return (*self.frame.columns, *self.added)

    def add(self, name: str, values: Any, role: str) -> str:
        """Add a column that is no feature; one that is there already must hold the same.

        Raises:
            DataError: not one value for each row, rows in another order, or another column of that name.
        """
        self.check(values, role)
        return self.put(name, values, role)

    def check(self, values: Any, role: str) -> None:
        """Refuse what holds the same rows in another order than anything that was given before.

        Raises:
            DataError: an index label that both have stands in different places.
        """
        for whose, labels in row_labels(values, role).items():
            for earlier, known in self.labels.items():
                check_order(known, labels, (earlier, whose))
            if not any(known.equals(labels) for known in self.labels.values()):
                self.labels[whose] = labels

    def put(self, name: str, values: Any, role: str) -> str:
        """The same where the order of the rows is known to be right.

        Raises:
            DataError: not one value for each row, or another column of that name.
        """
        column = as_column(values, role, len(self.frame), self.name)
        if name not in self.columns:
            self.added[name] = column.rename(name)
        elif not _same(self.column(name), column):
            raise DataError(
                f"{role} would be the column {shown(name)}, and {self.name} has a column of that name that holds "
                f"something else.",
                remedy="Rename one of them.",
            )
        return name

    def column(self, name: str) -> pd.Series[Any]:
        """The values of a column."""
        return self.added[name] if name in self.added else self.frame[name]

    def unused(self, *wanted: str) -> str:
        """The first of the names that is free, else the last one with a number."""
        free = (name for name in wanted if name not in self.columns)
        counted = (f"{wanted[-1]}_{number}" for number in range(2, len(self.columns) + 3))
        return next(free, None) or next(name for name in counted if name not in self.columns)

    def origin(self) -> FrameOrigin:
        """The table, complete."""
        if not self.added:
            return FrameOrigin(self.name, self.frame)
        return FrameOrigin(self.name, pd.concat([self.frame, *self.added.values()], axis=1))


def test_rows(model: Any, given: Any) -> Rows:
    """The table of the test rows.

    Raises:
        ModelError: not something that was fitted and predicts.
        DataError: not a table.
    """
    _check_model(model)
    return Rows.of("X_test", given, feature_names_of(model))


def train_rows(test: Rows, given: Any, y: Any, features: Sequence[str]) -> Rows | None:
    """The table of the training rows, if there is one.

    Raises:
        InputError: rows without truth, or truth without rows.
    """
    if given is None or y is None:
        if given is None and y is None:
            return None
        one, other = ("X_train", "y_train") if y is None else ("y_train", "X_train")
        raise InputError(f"{one} is given and {other} is not.", remedy="Give both, or neither.")
    names = features or tuple(test.frame.columns)
    return Rows.of("X_train", given, names)


def recent_rows(test: Rows, given: Any) -> Rows | None:
    """The table of recent rows, if there is one."""
    return None if given is None else Rows.of("X_recent", given, tuple(test.frame.columns))


def add_target(model: Any, test: Rows, y_test: Any, train: Rows | None, y_train: Any) -> str:
    """Add the truth to both tables; its name is that of the series, else one that no column has.

    Raises:
        DataError: missing values, a wrong length, rows in another order, or the name of another column.
    """
    given = [str(y.name) for y in (y_test, y_train) if isinstance(getattr(y, "name", None), str) and y.name]
    taken = {*test.columns, *(() if train is None else train.columns)}
    name = given[0] if given else next(name for name in (*TARGET_NAMES, test.unused("target")) if name not in taken)
    if name in feature_names_of(model):
        raise DataError(
            f"y_test is called {shown(name)}, and the model was fitted on a feature of that name.",
            remedy=f"If it is another column, rename it: y_test.rename({name + '_true'!r}). "
            "Else the model was fitted on the truth itself.",
        )
    for rows, y, role in ((test, y_test, "y_test"), (train, y_train, "y_train")):
        if rows is not None:
            column = as_column(y, role, len(rows.frame), rows.name)
            rows.check(y, role)
            _check_known(column, role)
            rows.put(name, column, role)
    return name


def add_role(test: Rows, given: Any, role: str, name: str) -> str | None:
    """The column that has a role: one that exists, named, or values that are added.

    Raises:
        InputError: there is no such column.
    """
    if given is None:
        return None
    if isinstance(given, str):
        if given not in test.columns:
            raise DataError(
                f"{role} names {shown(given)}, which is no column of X_test{nearest(given, map(str, test.frame))}"
            )
        return given
    own = getattr(given, "name", None)
    return test.add(own if isinstance(own, str) and own else test.unused(name), given, role)


def add_columns(rows: Rows | None, given: Any, role: str) -> tuple[str, ...]:
    """Add further columns that are no features; returns their names.

    Raises:
        InputError: there are no rows they could belong to.
        DataError: not one value for each row, rows in another order, or another column of that name.
    """
    if given is None:
        return ()
    if rows is None:
        raise InputError(f"{role} is given and X_train is not.", remedy="Give X_train and y_train, too.")
    frame = pd.DataFrame(given) if isinstance(given, pd.Series) else as_table(given, role)
    rows.check(given, role)
    return tuple(rows.put(str(name), frame[name], f"{role}[{str(name)!r:.60}]") for name in frame.columns)


def add_segments(test: Rows, given: Any) -> list[Any]:
    """Entries of `data.segments`: names, mappings in the spec's words, lists that cross; columns are added.

    Raises:
        DataError: a name that is no column.
    """
    if given is None or (isinstance(given, list | tuple) and not given):
        return []
    if isinstance(given, str) or (isinstance(given, Mapping) and isinstance(given.get("column"), str)):
        given = [given]
    if getattr(given, "ndim", 0) == 1:
        return [add_role(test, given, "segments", "segment")]
    if not isinstance(given, list | tuple):
        return list(add_columns(test, given, "segments"))
    entries: list[Any] = []
    for place, asked in enumerate(given):
        if isinstance(asked, pd.Series):
            entries.append(add_role(test, asked, f"segments[{place}]", f"segment_{place + 1}"))
            continue
        entry = str(asked) if isinstance(asked, int | np.integer) else plain(asked)  # a column that pandas numbered
        for name in _named_in(entry):
            add_role(test, name, f"segments[{place}]", "")
        entries.append(entry)
    return entries


def _named_in(entry: Any) -> Iterable[str]:
    parts = entry if isinstance(entry, list | tuple) else [entry]
    found = (part.get("column") if isinstance(part, Mapping) else part for part in parts)
    return (name for name in found if isinstance(name, str))


def features_of(model: Any, test: Rows, roles: Iterable[str | None]) -> list[str] | None:
    """The columns that are given to a model that does not name its own: all of X_test, as in `model.predict(X_test)`,
    less those with a role where that is how many it was fitted on. None: it names its own.

    Raises:
        DataError: another number of columns than it was fitted on, or one of them holds intervals.
    """
    given = _features_of(model, test, roles)
    for name in feature_names_of(model) if given is None else given:
        if name in test.intervals:
            raise DataError(
                f"The model takes the column {shown(name)}, which holds intervals of pandas; it is given rows as a "
                f"table file holds them, where an interval is text.",
                remedy="Put pandas.cut into the model's pipeline, or fit it on text: X[name] = X[name].astype(str).",
            )
    return given


def _features_of(model: Any, test: Rows, roles: Iterable[str | None]) -> list[str] | None:
    if feature_names_of(model):
        return None
    every = list(test.frame.columns)
    free = [name for name in every if name not in set(roles)]
    fitted = getattr(model, "n_features_in_", None)
    if fitted is None or int(fitted) == len(every):
        return every
    if int(fitted) == len(free):
        return free
    raise DataError(
        f"The model was fitted on {int(fitted):,} columns without names; X_test has {len(every):,}.",
        remedy="Give X_test the columns of the training array, in their order; others belong into `columns`.",
    )


def check_rows(test: Rows, train: Rows | None) -> None:
    """Refuse test rows that are the training rows.

    Raises:
        DataError: they are.
    """
    if train is not None and test.frame.shape == train.frame.shape and test.frame.equals(train.frame):
        raise DataError("X_test holds the very rows of X_train.", remedy="Give rows that the model never saw.")


def _check_model(model: Any) -> None:
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        found = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise ModelError(
            f"model is {found}; expected a fitted object with a method predict.",
            remedy="Fit it first: model = Class().fit(X_train, y_train)." if isinstance(model, type) else "",
        )


def _check_known(column: pd.Series[Any], role: str) -> None:
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"{role} holds no value in {int(missing.sum()):,} of {len(column):,} rows, first in row "
            f"{int(np.argmax(missing)):,} (counted from 0).",
            remedy=f"Drop the rows whose truth is not known: keep = ~pd.isna({role}).",
        )


def _same(first: pd.Series[Any], second: pd.Series[Any]) -> bool:
    return bool(first.reset_index(drop=True).rename(None).equals(second.reset_index(drop=True).rename(None)))
