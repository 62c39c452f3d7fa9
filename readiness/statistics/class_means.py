"""How sure is a mean over classes, when the rarest class decides?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from readiness.statistics.cases import Floats
from readiness.statistics.inference import Inference, OneSided


@dataclass(frozen=True, slots=True)
class ClassMean(OneSided):
    """A mean over classes whose lower limit claims no more than a perfect score of so few rows in each would prove.

    A class of m rows without an error proves a share of alpha^(1/m) (Clopper and Pearson 1934); classes are combined as
    by MOVER (Zou and Donner 2008). Simulated with three classes and a truth of 0.9955, row influences alone let the
    lower 5 % limit of balanced accuracy miss in 10 % of samples of 1,000 rows.
    """

    inner: Inference
    rows: Floats = field(repr=False, compare=False)
    """True rows of each class that occurs."""
    share: Floats = field(repr=False, compare=False)
    """What each of them counts, summing to 1."""

    @property
    def value(self) -> float:
        """The mean."""
        return self.inner.value

    @property
    def n(self) -> int:
        """Rows of all classes."""
        return self.inner.n

    @property
    def method(self) -> str:
        """Of the inner number."""
        return self.inner.method

    @property
    def bound_method(self) -> str:
        """Of the inner number, with its ceiling."""
        return f"{self.inner.bound_method}, at most what so few rows of a class prove"

    def lower(self, alpha: float) -> float:
        """The inner limit, or what the classes prove at best."""
        unseen = self.share * -np.expm1(np.log(alpha) / self.rows)
        return min(self.inner.lower(alpha), 1 - float(np.linalg.norm(unseen)))

    def upper(self, alpha: float) -> float:
        """The inner limit."""
        return self.inner.upper(alpha)


def class_mean(inner: Inference, true: Floats, units: int | None, *, weighted: bool) -> Inference:
    """`inner` with its ceiling; classes count alike, or as many as their rows where `weighted`.

    Args:
        inner: the mean over classes.
        true: true rows of each class.
        units: independent groups or moments, None for independent rows.
        weighted: whether the mean is weighted by class.
    """
    present = true[true > 0]
    share = present / present.sum() if weighted else np.full(len(present), 1 / len(present))
    return ClassMean(inner, present if units is None else np.minimum(present, units), share)
