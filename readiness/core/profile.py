"""The profile of the columns that a candidate takes, and of its answers: what a pipeline needs to check new rows.

It is a part of the record, so that monitoring plan and schema can be made from a verified report and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    WHOLE = "whole"
    """Whole numbers without a gap, as a table of integers has them."""
    BOOLEAN = "boolean"
    DATE = "date"
    CATEGORY = "category"
    """Texts of which most rows share theirs with others."""
    TEXT = "text"
    """Texts that hardly come twice."""
    OTHER = "other"
    """Values of several types, lists, records."""

    @property
    def is_number(self) -> bool:
        """Whether its bins lie between edges."""
        return self in (ColumnKind.NUMBER, ColumnKind.WHOLE)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column, or the answers of the candidate, in the rows that later ones are held against.

    Raises:
        ValueError: the counts are not those of the bins.
    """

    name: str
    kind: ColumnKind
    rows: int
    """Rows that were counted; of a very long table a random sample."""
    missing: int = 0
    """Those of them without a value."""
    is_gapless: bool = True
    """Whether no row that this review has read, of training or test, lacks a value."""
    low: float | None = None
    """No number of training or test rows lies below; rounded away from them, so that it is nobody's own value."""
    high: float | None = None
    edges: tuple[float, ...] = ()
    """Of numbers, the ascending inner edges of the bins; the right end belongs to a bin."""
    values: tuple[str, ...] = ()
    """Of categories, those with a bin of their own, the commonest first; of booleans "False" and "True"."""
    listed: tuple[str, ...] = ()
    """Every category of training and test rows, in the order of the alphabet; empty where they are not told."""
    counts: tuple[int, ...] = ()
    """Rows in each bin; of categories one more for any other value; missing values come last. Empty: no bins."""
    singles: int = 0
    """Values of a category that a single row has."""

    def __post_init__(self) -> None:
        bins = 0 if not self.counts else len(self.values) + 2
        bins = len(self.edges) + 2 if self.counts and self.kind.is_number else bins
        if len(self.counts) != bins or (bins and sum(self.counts) != self.rows):
            raise ValueError(f"the bins of {self.name[:60]!r} do not hold its rows")
        if any(count < 0 for count in (*self.counts, self.missing, self.singles)) or self.missing > self.rows:
            raise ValueError(f"a count of {self.name[:60]!r} is below 0 or above its rows")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"the edges of {self.name[:60]!r} do not ascend")


@dataclass(frozen=True, slots=True)
class Profile:
    """All columns that a candidate takes, and its answers to the test rows."""

    columns: tuple[ColumnProfile, ...] = ()
    columns_of: str = "train"
    """Which rows the bins of the columns count: "train", or "test" where no training rows are given."""
    answers: tuple[ColumnProfile, ...] = ()
    """Of the test rows: "answer" is what was decided or predicted, "score" what a decision was made from."""
