"""What of a review was not measured for it, but taken from the cache? The words for page and terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from readiness.facts import Reuse
from readiness.numbers import listed

TITLE = "Taken from the cache"


def _plain_time(text: str) -> str:
    """An ISO 8601 time in UTC as "2026-11-23 02:28 UTC"."""
    return f"{text[:16].replace('T', ' ')} UTC"


def reused_words(reused: Sequence[Reuse], time: Callable[[str], str] = _plain_time) -> str:
    """What was taken, when and where it was measured, as `time` writes times; empty when nothing was."""
    groups: dict[tuple[str, str], list[str]] = {}
    for reuse in reused:
        groups.setdefault((time(reuse.measured), reuse.where), []).append(reuse.part)
    told = ((listed(parts, most=len(parts)), when, where) for (when, where), parts in groups.items())
    return "; ".join(f"{parts}, measured {when} on {where}" for parts, when, where in told)
