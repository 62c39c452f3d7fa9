"""What does a comparison row by row say? Values only; how they come about is the matter of `pairs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.answers import Estimate
from readiness.numbers import format_count_of


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric of two candidates on the same rows."""

    title: str
    mine: Estimate | None
    """Of the first report; None where the metric is not defined on these rows."""
    theirs: Estimate | None
    gain: Estimate | None
    """How much better the other one is, in the good direction of the metric; below zero it is worse."""
    outcome: str
    """In words: "B is better", "not told apart"."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One report against the first one."""

    letters: tuple[str, str]
    rows: int = 0
    """Rows that both have scored."""
    notes: tuple[str, ...] = ()
    metrics: tuple[Paired, ...] = ()
    problem: str = ""
    """Why there is no comparison; empty when there is one."""


def matched_words(count: int, sizes: Sequence[tuple[str, int]]) -> str:
    """How many rows both have: "Matched by their id: 9,000 of 10,000 rows of A (90 %) and …"."""
    shares = " and ".join(format_count_of(count, n, f"rows of {name}") for name, n in sizes)
    return f"Matched by their id: {shares}."


def outcome_words(gain: Estimate | None, letters: tuple[str, str], caution: str = "") -> str:
    """Which of two is better; only said where the interval of the gain leaves zero out and no `caution` forbids it."""
    if gain is None:
        return "not measured"
    if caution:
        return "not told apart"
    if gain.low is not None and gain.low > 0:
        return f"{letters[1]} is better"
    if gain.high is not None and gain.high < 0:
        return f"{letters[0]} is better"
    return "not told apart"
