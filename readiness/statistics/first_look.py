"""What a first look at the rows sees: counts, shares and scores that nobody judges, for tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from readiness.core.policy import Task


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a table that sets test rows beside training rows."""

    name: str
    test: str
    train: str = ""
    """Empty without training rows."""


@dataclass(frozen=True, slots=True)
class Period:
    """The test rows of one stretch of time."""

    name: str
    rows: int
    level: float
    """Share of positive rows, mean number or mean relevance; nan where it says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """What there is to see of the rows; nothing of it is judged."""

    task: Task
    rows: int
    target: tuple[Part, ...]
    """Classes with their rows, or numbers by share of rows below."""
    gaps: tuple[Part, ...]
    """Columns of which values are missing, the most first."""
    more_gaps: int
    """Columns with gaps that are not listed."""
    columns: int
    """How many were looked at for gaps."""
    periods: tuple[Period, ...]
    """Empty without a column of time."""
    every: str
    """"month", "quarter", "year", or "tenth of the rows" where times are no dates."""
    level: str
    """What `Period.level` is, in words."""
    scores: Mapping[str, NDArray[np.float64]] = field(repr=False)
    """Finite scores by what the rows are; of numbers the two columns "true" and "predicted", (m,) each; empty where
    there are none."""
