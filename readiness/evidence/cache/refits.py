"""Cached refits: all that they said, so that another metric or another threshold needs none of them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from readiness.evidence.cache.cache import REFITS, Kept, packed, unpacked
from readiness.evidence.cache.store import Entry
from readiness.evidence.candidate import Candidate
from readiness.evidence.refit_jobs import Outcome, Plan, Split


def repeats_kept(kept: Kept, candidate: Candidate, plan: Plan, held: int | None) -> Iterator[tuple[int, list[Outcome]]]:
    """The whole repeats of `plan` that are there, by their number; `held` counts the rows of the hold-out."""
    if kept.store is None or plan.problem():
        return
    for number in range(plan.repeats):
        try:
            splits = list(plan.repeat(number))
        except ValueError:  # the rows cannot be split so, which will be told
            return
        outcomes = known(kept, REFITS, candidate, splits, held, **_key(plan, number))
        if outcomes is not None:
            yield number, outcomes


def keep_repeats(
    kept: Kept, candidate: Candidate, plan: Plan, outcomes: Sequence[Outcome], held: int | None, *, workers: int
) -> None:
    """Keep whole repeats, one entry for each."""
    for first in range(0, len(outcomes), plan.folds):
        whole = outcomes[first : first + plan.folds]
        keep(kept, REFITS, candidate, whole, held, workers=workers, **_key(plan, whole[0].split.repeat))


def _key(plan: Plan, number: int) -> dict[str, int]:
    return {"folds": plan.folds, "plan_seed": plan.seed, "repeat": number}


def known(
    kept: Kept, part: str, candidate: Candidate, splits: Sequence[Split], held: int | None, **key: Any
) -> list[Outcome] | None:
    """What came of these splits; None unless all of them are there."""

    def read(entry: Entry) -> list[Outcome] | None:
        found = [_outcome(entry, place, candidate, split, held) for place, split in enumerate(splits)]
        complete = [outcome for outcome in found if outcome is not None]
        return complete if len(complete) == len(entry.facts["fits"]) == len(splits) else None

    return kept.get(part, read, fits=len(splits), held=held, **key)


def keep(
    kept: Kept,
    part: str,
    candidate: Candidate,
    outcomes: Sequence[Outcome],
    held: int | None,
    *,
    workers: int = 1,
    **key: Any,
) -> None:
    """Keep refits that succeeded, of which so many were made at once."""
    if kept.store is None:
        return
    arrays: dict[str, NDArray[Any]] = {}
    fits = []
    for place, outcome in enumerate(outcomes):
        fit: dict[str, Any] = {"train": len(outcome.split.train), "seconds": outcome.seconds}
        fit["converged"] = outcome.converged
        for name, said in (("test", outcome.scores), ("held", outcome.held)):
            if said is not None:
                more, fit[name] = packed(said, f"{name}{place}-", candidate)
                arrays |= more
        fits.append(fit)
    seconds = sum(outcome.seconds for outcome in outcomes) / workers
    kept.put(part, arrays, {"fits": fits, "seconds": seconds}, held=held, **key)


def _outcome(entry: Entry, place: int, candidate: Candidate, split: Split, held: int | None) -> Outcome | None:
    fit = entry.facts["fits"][place]
    scores = said = None
    if len(split.test):
        scores = unpacked(entry, f"test{place}-", fit["test"], candidate, len(split.test))
    if held is not None:
        said = unpacked(entry, f"held{place}-", fit["held"], candidate, held)
    if (
        fit["train"] != len(split.train)
        or (scores is None) == bool(len(split.test))
        or (said is None) != (held is None)
    ):
        return None
    return Outcome(split, scores, float(fit["seconds"]), bool(fit["converged"]), held=said)
