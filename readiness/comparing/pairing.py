"""Are there rows to compare? The light way to `pairs`, which loads libraries of numbers only where rows are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from readiness.comparing.paired import Pairing
from readiness.comparing.reading import Report

HOW_TO = "run both reviews on this machine with data.id set, and without --no-cache"


def pairings(reports: Sequence[Report], folder: Path | None) -> tuple[Pairing, ...]:
    """Every report against the first one, row by row; `folder` is the cache, None for none."""
    if folder is not None and folder.is_dir():
        from readiness.evidence.keeping.store import Store

        store = Store.open(folder)
        if store is not None:
            from readiness.comparing.pairs import pairings as paired

            return paired(reports, store)
    problem = f"Nothing is kept on this machine; {HOW_TO}. So there is no comparison row by row."
    return tuple(Pairing((reports[0].letter, other.letter), problem=problem) for other in reports[1:])
