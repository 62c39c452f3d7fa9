"""Signals to watch in production, and what each of them says: a window, an alarm, a rollback, and its finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from readiness.core.findings import Criterion, Estimate, Finding
from readiness.core.profile import ColumnProfile


class Family(StrEnum):
    """Signals that share a window, and the chance of a false alarm in it."""

    PERFORMANCE = "performance"
    """The primary metric, every requirement, the savings; they need the truth."""
    GROUPS = "groups"
    """How far groups are behind all other rows; they need the truth, too."""
    ANSWERS = "answers"
    """What the model says, as soon as it says it."""
    INPUTS = "inputs"
    """The columns that it takes."""
    SERVICE = "service"
    """How it answers: times, throughput, memory."""

    @property
    def needs_truth(self) -> bool:
        """Whether a window is full only when the truth of its rows is known."""
        return self in (Family.PERFORMANCE, Family.GROUPS)


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an alarm sounds, or where to roll back."""

    above: bool
    """Whether it is the larger values that are wrong."""
    value: float
    """At this value and beyond it."""
    chance: float | None = None
    """Of a false alarm; None where chance plays no part."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to watch."""

    family: Family
    watch: str
    """What it is, in the words of the report."""
    statistic: str
    """How it is computed, as the docs define it: "metric", "psi", "missing_share" …"""
    sources: tuple[str, ...] = ()
    """Codes of the findings that it follows from; empty where it follows from the profile of the record."""
    metric: str = ""
    column: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    measured: Estimate | None = None
    expected: tuple[float, float, float] | None = None
    """Of a share without a bar: from where, what the rows of the report show, and up to where it is usual."""
    criterion: Criterion | None = None
    finding: Finding | None = None
    """Whose words and scale it is told in."""
    cases: int | None = None
    """Of its own denominator in a window."""
    noun: str = ""
    """What these are: "frauds"."""
    rows: int | None = None
    """Scored rows that hold so many, at the mix of the test rows or, where it is declared, of production."""
    alarms: tuple[Limit, ...] = ()
    at_worst: float | None = None
    """Chance of a false alarm where the value is only the worse end of the interval of the report."""
    sees: float | None = None
    """The value that sounds the alarm with the chance that is planned for."""
    roll_back: Limit | None = None
    slower_than: tuple[float | None, float | None] = (None, None)
    """Of calls, the time beyond which a call counts for the alarm, and that for the rollback."""
    why_not: str = ""
    """Why no limit can be drawn; empty where one is."""
    profile: ColumnProfile | None = None
    """The bins that an index is computed over."""
