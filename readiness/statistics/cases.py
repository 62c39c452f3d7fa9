"""What was predicted, and what was true? The rows of one scored table, coded as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from readiness.criteria import Task

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)  # no slots: cached properties need a place
class Cases:
    """Scored rows of one method; all arrays have n rows.

    Raises:
        ValueError: arrays of unequal length, class codes outside 0..n_classes-1, negative weights.
    """

    task: Task
    y_true: Array
    """Class codes 0..n_classes-1 (binary: 1 is the positive class); regression: floats."""
    y_pred: Array
    """Coded like y_true."""
    y_score: Floats | None = None
    """Binary (n,): larger is more positive; multiclass (n, n_classes)."""
    n_classes: int = 2
    is_probability: bool = False
    """Whether scores are probabilities."""
    weight: Floats | None = None
    groups: Integers | None = None
    """Codes of whatever makes rows depend on each other, such as users."""

    def __post_init__(self) -> None:
        for name in ("y_pred", "y_score", "weight", "groups"):
            array = getattr(self, name)
            if array is not None and len(array) != self.n:
                raise ValueError(f"{name} has {len(array)} rows; expected {self.n} like y_true")
        if self.task is not Task.REGRESSION:
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
        """Whether rows count alike and are independent: neither weights nor groups."""
        return self.weight is None and self.groups is None

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

    def subset(self, rows: Array) -> Cases:
        """The same for some rows, given as a mask or as positions."""

        def pick(array: Array | None) -> Any:
            return None if array is None else array[rows]

        return Cases(
            self.task, self.y_true[rows], self.y_pred[rows], pick(self.y_score), self.n_classes,
            self.is_probability, pick(self.weight), pick(self.groups),
        )  # fmt: skip
