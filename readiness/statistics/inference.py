"""An inference: a measured number that answers for its uncertainty at any level.

`interval(level)` is the two-sided interval that is shown; `lower(alpha)` and `upper(alpha)` are the one-sided limits
that are compared with a threshold. Limits that cannot be given are infinite.

Six forms are enough for nearly every number: `Exact` here, and `Binomial`, `Normal` on a scale, `Draws`, `Mover` for a
difference and `OrderStatistic` in `intervals`. `Mapped` is a monotone function of any of them. What is none of these
says why in its docstring.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from scipy.special import ndtri, stdtrit


class Inference(Protocol):
    """A measured number whose uncertainty can be asked for at any level."""

    @property
    def value(self) -> float:
        """The measured number."""

    @property
    def n(self) -> int:
        """Rows of the denominator that the number rests on."""

    @property
    def method(self) -> str:
        """Name of the shown interval."""

    @property
    def bound_method(self) -> str:
        """Name of the judged bounds."""

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided interval with confidence `level`, 0 < level < 1."""

    def lower(self, alpha: float) -> float:
        """One-sided lower limit, wrong with chance `alpha`, 0 < alpha < 0.5; -inf when there is none."""

    def upper(self, alpha: float) -> float:
        """One-sided upper limit; inf when there is none."""

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1 by its nature."""

    @property
    def is_difference(self) -> bool:
        """Whether it is put together from the limits of two others."""

    @property
    def at_end(self) -> bool:
        """Whether it is as good or bad as can be, so that its rows show no variation."""

    @property
    def is_exact(self) -> bool:
        """Whether it has no sampling error."""

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that its limits are kept between; infinite where nothing keeps them."""


def normal_quantile(alpha: float) -> float:
    """Upper `alpha` quantile of the normal distribution."""
    return -float(ndtri(alpha))


def student_quantile(alpha: float, df: float) -> float:
    """Upper `alpha` quantile of Student's distribution; infinite `df` is the normal one."""
    return -float(stdtrit(df, alpha)) if math.isfinite(df) else normal_quantile(alpha)


class _Named(Protocol):
    @property
    def method(self) -> str: ...


class _Valued(Protocol):
    @property
    def value(self) -> float: ...

    @property
    def is_share(self) -> bool: ...


class OneSided:
    """What the forms have in common: bounds and interval from the same pair of one-sided limits."""

    __slots__ = ()

    @property
    def bound_method(self: _Named) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    @property
    def is_share(self) -> bool:
        """No, if not said otherwise."""
        return False

    @property
    def is_difference(self) -> bool:
        """No, if not said otherwise."""
        return False

    @property
    def at_end(self: _Valued) -> bool:
        """Whether it is a share of 0 or 1."""
        return self.is_share and not 0 < self.value < 1

    @property
    def is_exact(self) -> bool:
        """No, if not said otherwise."""
        return False

    @property
    def ends(self) -> tuple[float, float]:
        """None, if not said otherwise."""
        return -math.inf, math.inf

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided interval: half of the error on each side."""
        tail = (1 - level) / 2
        return self.lower(tail), self.upper(tail)

    def lower(self, alpha: float) -> float:
        """One-sided lower limit."""
        raise NotImplementedError

    def upper(self, alpha: float) -> float:
        """One-sided upper limit."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Exact(OneSided):
    """A number without sampling error: a file size, a count of crashes."""

    value: float
    n: int = 1
    method: str = "exact"
    bound_method: str = "exact"

    @property
    def is_exact(self) -> bool:
        """Yes."""
        return True

    def lower(self, alpha: float) -> float:  # noqa: ARG002  the same at every level
        """The value."""
        return self.value

    def upper(self, alpha: float) -> float:  # noqa: ARG002  the same at every level
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Wrapped(OneSided):
    """Another inference, of which something is changed."""

    inner: Inference

    @property
    def value(self) -> float:
        """The inner value."""
        return self.inner.value

    @property
    def n(self) -> int:
        """Rows of the inner number."""
        return self.inner.n

    @property
    def method(self) -> str:
        """The inner method."""
        return self.inner.method

    @property
    def bound_method(self) -> str:
        """The inner method."""
        return self.inner.bound_method

    def lower(self, alpha: float) -> float:
        """The inner limit."""
        return self.inner.lower(alpha)

    def upper(self, alpha: float) -> float:
        """The inner limit."""
        return self.inner.upper(alpha)


OVER_QUERIES = ", over queries"
"""What is added to the method of a mean whose cases are queries."""


def within_0_and_1(share: float) -> float:
    """A share is a share, whatever a t-interval says."""
    return min(1.0, max(0.0, share))


@dataclass(frozen=True, slots=True)
class Mapped(Wrapped):
    """A monotone function of another inference, with mapped limits: lossless."""

    function: Callable[[float], float]
    increasing: bool = True
    note: str = ""
    """What is added to the names of the methods."""

    @property
    def value(self) -> float:
        """The function at the inner value."""
        return self.function(self.inner.value)

    @property
    def method(self) -> str:
        """The inner method with its note."""
        return self.inner.method + self.note

    @property
    def bound_method(self) -> str:
        """The inner method with its note."""
        return self.inner.bound_method + self.note

    @property
    def is_share(self) -> bool:
        """As the inner number; what is made of a difference, such as the mean of two shares, counts as one."""
        return self.inner.is_share or self.inner.is_difference or self.function is within_0_and_1

    @property
    def at_end(self) -> bool:
        """Whether it or the inner number is at an end."""
        return self.inner.at_end or (self.is_share and not 0 < self.value < 1)

    def interval(self, level: float) -> tuple[float, float]:
        """The inner interval, mapped."""
        low, high = self.inner.interval(level)
        return (
            (self.function(low), self.function(high)) if self.increasing else (self.function(high), self.function(low))
        )

    def lower(self, alpha: float) -> float:
        """The inner limit, mapped."""
        return self.function(self.inner.lower(alpha) if self.increasing else self.inner.upper(alpha))

    def upper(self, alpha: float) -> float:
        """The inner limit, mapped."""
        return self.function(self.inner.upper(alpha) if self.increasing else self.inner.lower(alpha))


@dataclass(frozen=True, slots=True)
class Linear(Mapped):
    """Scale · inner + shift."""

    scale: float = 1.0
    shift: float = 0.0


def linear(inner: Inference, *, scale: float = 1.0, shift: float = 0.0) -> Linear:
    """Scale · inner + shift, with scale ≠ 0."""
    return Linear(inner, lambda x: scale * x + shift, scale > 0, scale=scale, shift=shift)


def f1_of_jaccard(share: float) -> float:
    """F1 = 2J / (1 + J) of the Jaccard index J."""
    return 2 * share / (1 + share)
