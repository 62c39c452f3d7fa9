"""The rows of one scored table, coded as numbers: what was predicted, and what was true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.statistics.dependence import Dependence

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A metric that the user brought."""

    metric: Metric
    function: Callable[..., float]
    """Takes y_true and y_pred (or y_score) of the rows, as scikit-learn's metrics do, and returns one number."""
    classes: tuple[Any, ...] = ()
    """Labels in the order of the codes, in which the function is given the rows; empty: numbers as they are."""
    takes_scores: bool = False
    """Whether it is given scores in place of predicted labels."""


@dataclass(frozen=True, eq=False)  # no slots: cached properties need a place
class Cases:
    """Scored rows of one method; all arrays have n rows.

    Raises:
        ValueError: arrays of unequal length, class codes outside 0..n_classes-1, negative weights.
    """

    task: Task
    y_true: Array
    """Class codes 0..n_classes-1 (binary: 1 is the positive class); regression: floats; ranking: a relevance >= 0."""
    y_pred: Array
    """Coded like y_true; ranking: scores, larger for what stands higher."""
    y_score: Floats | None = None
    """Binary (n,): larger is more positive; multiclass (n, n_classes)."""
    n_classes: int = 2
    is_probability: bool = False
    """Whether scores are probabilities."""
    weight: Floats | None = None
    groups: Integers | None = None
    """Codes of whatever makes rows depend on each other, such as users."""
    time: Integers | None = None
    """Ranks of the rows in time; equal for rows of one moment."""
    queries: Integers | None = None
    """Ranking: codes of the queries whose rows are put in order."""
    own: Mapping[str, OwnFunction] = field(default_factory=dict)
    """Metrics of the user, by name."""

    def __post_init__(self) -> None:
        for name in ("y_pred", "y_score", "weight", "groups", "time", "queries"):
            array = getattr(self, name)
            if array is not None and len(array) != self.n:
                raise ValueError(f"{name} has {len(array)} rows; expected {self.n} like y_true")
        if self.task.has_classes:
            for codes in (self.y_true, self.y_pred):
                if self.n and not (int(codes.min()) >= 0 and int(codes.max()) < self.n_classes):
                    raise ValueError(f"class codes must lie in 0..{self.n_classes - 1}")
        if self.weight is not None and self.n and not float(self.weight.min()) >= 0:
            raise ValueError("weights must be 0 or more")

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y_true)

    @property
    def is_plain(self) -> bool:
        """Whether rows count alike and are independent: no weights, groups, order in time or queries."""
        given = (self.weight, self.groups, self.time, self.queries)
        return all(array is None for array in given)

    @property
    def dependence(self) -> Dependence:
        """What makes the rows depend on each other."""
        return Dependence(self.groups, self.time)

    @cached_property
    def cell_codes(self) -> Integers:
        """For each row the cell of the confusion matrix: true class · n_classes + predicted class."""
        return self.y_true.astype(np.int64) * self.n_classes + self.y_pred.astype(np.int64)

    @cached_property
    def counts(self) -> Floats:
        """Confusion matrix in rows, shape (true, predicted)."""
        size = self.n_classes**2
        return np.bincount(self.cell_codes, minlength=size).astype(float).reshape(self.n_classes, self.n_classes)

    @cached_property
    def cells(self) -> Floats:
        """Confusion matrix in weights scaled to n rows in total; the counts when there are no weights."""
        if self.weight is None:
            return self.counts
        size = self.n_classes**2
        sums = np.bincount(self.cell_codes, weights=self.weight, minlength=size)
        total = sums.sum()
        return (sums * (self.n / total if total > 0 else 0.0)).reshape(self.n_classes, self.n_classes)

    @cached_property
    def relative_weight(self) -> Floats:
        """Weights with mean 1 (ones when there are none)."""
        if self.weight is None:
            return np.ones(self.n)
        total = float(self.weight.sum())
        return self.weight * (self.n / total) if total > 0 else np.zeros(self.n)

    @cached_property
    def descending(self) -> Integers:
        """Rows by descending binary score; sorted once for every ranking metric."""
        assert self.y_score is not None
        return np.argsort(-self.y_score).astype(np.int64, copy=False)

    @cached_property
    def remembered(self) -> dict[str, Any]:
        """Results worth keeping, by metric: several questions ask for the same ranking of these rows."""
        return {}

    def metric(self, name: str) -> Metric:
        """The metric of this name: one of the user's own, or of the catalogue.

        Raises:
            KeyError: there is none.
        """
        return self.own[name].metric if name in self.own else METRICS[name]

    def one_against_rest(self, code: int) -> Cases:
        """The same rows as a binary task: the class with this code against all others."""
        score = None if self.y_score is None else self.y_score[:, code]
        true, said = ((codes == code).astype(np.int64) for codes in (self.y_true, self.y_pred))
        return replace(self, task=Task.BINARY, y_true=true, y_pred=said, y_score=score, n_classes=2)

    def subset(self, rows: Array) -> Cases:
        """The same for some rows, given as a mask or as positions."""
        arrays = ("y_true", "y_pred", "y_score", "weight", "groups", "time", "queries")
        picked = {name: array[rows] for name in arrays if (array := getattr(self, name)) is not None}
        return replace(self, **picked)
