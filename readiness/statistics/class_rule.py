"""The rule for classes: which must be told apart, how often each must be found, and which have too few rows to say.

A candidate may have a good accuracy and never name one of its classes. So each class must be named more often where it
is true than where it is not, and a class whose errors cost something, or for which a floor is stated, must be found at
least so often. Questions and whoever verifies a report ask this module, so that both apply the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from readiness.core.policy import CLASS_FOUND, SEGMENT_POWER, Task
from readiness.spec.schema import Spec
from readiness.statistics.sample_size import proportion_rows

Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class ClassRule:
    """What is asked of each class, in the order of the codes."""

    names: tuple[str, ...]
    floors: tuple[float | None, ...]
    """Least share of its rows that must be found; None where nothing is asked, as no error with it costs anything."""
    stated: tuple[bool, ...]
    """Whether the spec states the floor for this very class, which is then judged however few its rows are."""
    minimum: int
    """Fewest rows of a class that can be judged."""
    dearest: Floats | None = field(default=None)
    """What the dearest error with a row of the class costs, shape (K,); None where costs are not stated by class."""
    told_apart: bool = True
    """Whether classes must be told apart one by one: of two classes the savings answer for that."""

    def small_classes(self, rows: Sequence[float]) -> tuple[int, ...]:
        """Codes of the classes with too few rows to be judged by themselves."""
        return tuple(k for k, n in enumerate(rows) if n < self.minimum and not self.stated[k] and self.told_apart)

    def judges_together(self, rows: Sequence[float]) -> bool:
        """Whether the small classes are judged together: two or more, with enough rows in all."""
        small = self.small_classes(rows)
        return len(small) > 1 and sum(rows[k] for k in small) >= self.minimum

    def floor_of(self, codes: Sequence[int]) -> float | None:
        """The floor of several classes together: the lowest that is asked of any."""
        return min((floor for k in codes if (floor := self.floors[k]) is not None), default=None)

    def covered_share(self, rows: Sequence[float]) -> float:
        """Share of the rows that are of classes large enough to be judged."""
        return self._share(np.asarray(rows, dtype=np.float64), rows)

    def covered_cost_share(self, rows: Sequence[float]) -> float | None:
        """The same of what is at stake: rows times what the dearest error with one of them costs."""
        if self.dearest is None:
            return None
        return self._share(np.asarray(rows, dtype=np.float64) * self.dearest, rows)

    def _share(self, amounts: Floats, rows: Sequence[float]) -> float:
        total, small = float(amounts.sum()), list(self.small_classes(rows))
        return 1 - float(amounts[small].sum()) / total if total > 0 else 1.0


def class_rule(spec: Spec, task: Task, names: Sequence[str]) -> ClassRule:
    """What the spec asks of the classes, named in the order of their codes."""
    errors, matrix = spec.errors, None if spec.errors.costs is None else spec.errors.costs.matrix
    dearest = None
    if matrix is not None and task is Task.MULTICLASS:
        rows = [_entry_of(matrix, name) or {} for name in names]
        dearest = np.array([max((float(cost) for cost in row.values()), default=0.0) for row in rows])
    stated = [_entry_of(errors.floors, name) for name in names]
    floors = [
        given if given is not None else errors.class_floor if dearest is not None and dearest[k] > 0 else None
        for k, given in enumerate(stated)
    ]
    return ClassRule(
        tuple(names),
        tuple(floors),
        tuple(given is not None for given in stated),
        least_rows(spec),
        dearest,
        told_apart=task is Task.MULTICLASS,
    )


def least_rows(spec: Spec) -> int:
    """Fewest rows from which a class that is found in half of them is shown to be found at its floor, with chance 80 %
    (exact binomial search); 1 where the floor is higher than that.
    """
    return proportion_rows(CLASS_FOUND, spec.errors.class_floor, alpha=spec.alpha, power=SEGMENT_POWER) or 1


def _entry_of(table: Mapping[str, T], name: str) -> T | None:
    """What the table holds for a class; a spec spells true and false in small letters."""
    return table.get(name, table.get(name.lower()))


def table_against_rest(table: Floats, codes: Sequence[int]) -> Floats:
    """The confusion matrix (2, 2) of some classes together against all others, from one of shape (K, K).

    A row of these classes counts as found when its own class is named, not another one of them.
    """
    some = list(codes)
    hit, true, said = float(table[some, some].sum()), float(table[some].sum()), float(table[:, some].sum())
    wrongly = said - float(table[np.ix_(some, some)].sum())
    return np.array([[float(table.sum()) - true - wrongly, wrongly], [true - hit, hit]])
