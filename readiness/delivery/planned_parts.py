"""What does a plan say of one criterion?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from readiness.delivery.planned_rows import NEVER, Own
from readiness.numbers import format_count

NOT_POSSIBLE = "NOT POSSIBLE"
"""The word of plan and check for what no number of rows would do."""
RULED_OUT = "not possible"
"""The reason where the criterion's own text says why."""
HOPELESS = ("cannot be proven", RULED_OUT, NEVER)
"""How the reasons begin why no number of rows would do."""
TEST, TRAINING, RECENT, CALLS = "test rows", "training rows", "rows on each side of the drift", "timed calls"


@dataclass(frozen=True, slots=True)
class Planned:
    """What one criterion needs."""

    key: str
    text: str
    """The criterion in its own words."""
    rows: int | None
    """Of the kind below, in total; None: nobody can tell."""
    own: str
    """The rows of its own denominator, or why nobody can tell."""
    assumed: tuple[str, ...] = ()
    kind: str = TEST

    @property
    def is_hopeless(self) -> bool:
        """Whether no number of rows would do, as the spec and the assumptions are."""
        return self.rows is None and self.own.startswith(HOPELESS)


def planned(
    key: str, text: str, needed: Own | str, assumed: tuple[str, ...] = (), *, kind: str = TEST, times: int = 1
) -> Planned:
    """A criterion that needs so many rows of its own, `times` over; a text says why nobody can tell."""
    said = tuple(f"assumed {part}" if k == 0 else part for k, part in enumerate(assumed))
    if isinstance(needed, str):
        return Planned(key, text, None, needed, said, kind)
    total = None if needed.total is None else times * needed.total
    plain = needed.noun == "rows" and needed.share == 1 and times == 1
    own = "" if plain else f"{format_count(needed.rows)} {needed.noun}"
    unknown = "" if total is not None else "; in how many rows is not known"
    return Planned(key, text, total, own + unknown, (*said, *((needed.note,) if needed.note else ())), kind)


def unplanned(key: str, text: str, why: str, kind: str = TEST) -> Planned:
    """A criterion of which nobody can tell what it needs."""
    return Planned(key, text, None, why, (), kind)


def countable(key: str, entries: Iterable[Planned]) -> Iterator[Planned]:
    """The criteria of one part of the spec; where a number leaves what can be counted with, it ends by saying so."""
    try:
        yield from entries
    except (OverflowError, ZeroDivisionError):
        why = "cannot be planned: with a number so large or so small in the spec or under --assume, no count comes out"
        yield unplanned(key, "the rows that it needs", why)
