"""Pairings of two reports, and their words: which of them is better on which metrics, and on how many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.findings import Estimate
from readiness.core.format import format_count, format_count_of, listed

HOW_TO = "run both reviews on this machine with data.id set, and without --no-cache"
SAME = "the same answer on all"
UNTOLD, UNMEASURED = "not told apart", "not measured"


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric of two candidates on the same rows."""

    title: str
    mine: Estimate | None
    """Of the first report; None where the metric is not defined on these rows."""
    theirs: Estimate | None
    gain: Estimate | None
    """How much better the other one is, in the good direction of the metric; below zero it is worse.

    Exactly zero, without an interval, where both say the same of every row.
    """
    outcome: str
    """In words: "B is better", "not told apart", "the same answer on all 500 rows"."""
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


def headline(pairing: Pairing) -> str:
    """On which metrics the second one is better, worse or not told apart, in one sentence."""
    first, second = pairing.letters
    if pairing.problem or not pairing.metrics:
        return f"Whether {second} is better than {first} is not known: there is no comparison row by row."
    rows = format_count(pairing.rows)
    if all(each.outcome.startswith(SAME) for each in pairing.metrics):
        return f"{second} gives {SAME.replace('answer', f'answer as {first}')} {rows} rows."
    ways = {
        f"{second} is better": f"better than {first} on",
        f"{first} is better": f"worse than {first} on",
        UNTOLD: f"not told apart from {first} on",
        SAME: f"the same as {first} on",
        UNMEASURED: "not measured on",
    }
    named = {words: _titles(pairing, outcome) for outcome, words in ways.items()}
    said = [f"{words} {listed(titles, most=6)}" for words, titles in named.items() if titles]
    return f"On the same {rows} rows, {second} is {'; '.join(said)}."


def _titles(pairing: Pairing, outcome: str) -> list[str]:
    return [each.title for each in pairing.metrics if each.outcome.startswith(outcome)]


def matched_words(count: int, sizes: Sequence[tuple[str, int]]) -> str:
    """How many rows both have: "Matched by their id: 9,000 of 10,000 rows of A (90 %) and …"."""
    shares = " and ".join(format_count_of(count, n, f"rows of {name}") for name, n in sizes)
    return f"Matched by their id: {shares}."


def outcome_words(gain: Estimate | None, letters: tuple[str, str], caution: str = "") -> str:
    """Which of two is better; only said where the interval of the gain leaves zero out and no `caution` forbids it."""
    if gain is None:
        return UNMEASURED
    if caution:
        return UNTOLD
    if gain.low is not None and gain.low > 0:
        return f"{letters[1]} is better"
    if gain.high is not None and gain.high < 0:
        return f"{letters[0]} is better"
    return UNTOLD
