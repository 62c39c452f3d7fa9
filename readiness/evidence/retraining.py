"""Further refits: other seeds, and clones on fewer and fewer rows, asked about the same test rows.

What does not fit into the time is left out, and that is said.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.evidence.cache.cache import CURVE, Cache
from readiness.evidence.cache.entries import find_refits, store_refits
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import NOT_MADE, Copy, EqualRefits
from readiness.evidence.refit_jobs import Plan, fit_clones
from readiness.evidence.refits import NOTHING, PATIENCE, Holdout, RefitEstimate
from readiness.evidence.workers.worker import Outcome, Scores, Split

SHARES = (0.25, 0.50, 1.00)
"""Of the training rows, for the learning curve: two doublings."""
FEWEST_SEEDS = 2
_CURVE = 10_002
"""Takes the place of the number of the repeat in derived seeds, which no repeat reaches."""


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """One clone, and what it said about the common hold-out."""

    n_train: int
    said: Scores
    value: float
    """The primary metric on the hold-out; nan when it does not exist."""


@dataclass(frozen=True, slots=True, eq=False)
class Retraining:
    """Clones that were all asked about the same test rows."""

    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Positions of the hold-out among the test rows."""
    seeds: tuple[Retrained, ...] = ()
    """Of all training rows; they differ in their seed alone."""
    curve: tuple[Retrained, ...] = ()
    """Of a quarter, half and all of the training rows, as far as the time went."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""
    source: str = ""
    """Who supplied the seeds; empty when they were made here."""
    equal: EqualRefits | Missing = NOT_MADE
    """Clones of all training rows beside the candidate: had it seen the test rows?"""


def seeds_of(
    candidate: Candidate, copies: Sequence[Copy], *, seeds: int, n_train: int
) -> tuple[tuple[Retrained, ...], str]:
    """The first so many clones that differ in their seed alone, and a note; none for a candidate without any seed,
    and none that all say the same.
    """
    if seeds < FEWEST_SEEDS or not candidate.worker.about.seeded:
        return (), ""
    if len(copies) < FEWEST_SEEDS:
        return (), f"no time was left for {seeds} refits that differ in their seed alone"
    done = [Retrained(n_train, one.said, one.value) for one in copies[:seeds]]
    if _all_alike(done):
        return (), f"{len(done)} refits that differ in their seed alone say the same of every row"
    cut = f"{len(done)} of {seeds} seeds were tried before the time was used up" if len(done) < seeds else ""
    return tuple(done), cut


def learning_curve(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    holdout: Holdout,
    *,
    cost: RefitEstimate,
    seconds: float,
    cache: Cache = NOTHING,
) -> tuple[tuple[Retrained, ...], str]:
    """One clone each of a quarter, half and all rows, as long as the next one is expected to fit into the seconds,
    and a note.
    """
    end = time.perf_counter() + seconds
    # a fit on all rows, from one on a fold, if time grows with the rows; most learners take more, so patience is
    # several times as long
    each = cost.seconds_per_fit * plan.folds / (plan.folds - 1)
    order = _draw_rows(plan)
    found: list[Retrained] = []
    for number, share in enumerate(SHARES):
        rows = np.sort(order[: max(1, round(share * len(order)))])
        split = Split(_CURVE, number, rows, rows[:0])
        if one := _find_cached(cache, CURVE, candidate, plan, holdout, split):
            found.append(one)
            continue
        left = end - time.perf_counter()
        if each * share > left:
            return tuple(found), f"no time was left for a fit on {100 * share:g} % of the training rows"
        patience = PATIENCE * left
        done = _refit_on_parts(
            candidate, frame, plan, holdout, [split], workers=1, patience=patience, cache=cache, part=CURVE
        )
        if isinstance(done, Missing):
            return tuple(found), f"the fit on {100 * share:g} % of the training rows failed: {done.reason}"
        found += done
    return tuple(found), ""


def _draw_rows(plan: Plan) -> NDArray[np.int64]:
    """Rows in a random order, those of a group together, so that a part of them holds whole groups."""
    random = np.random.default_rng([plan.seed, _CURVE])
    if plan.groups is None:
        return random.permutation(len(plan.y)).astype(np.int64)
    codes = pd.factorize(plan.groups)[0]
    # one random place for each group; rows without a group are coded -1, which is the last of them
    place = random.permutation(int(codes.max(initial=0)) + 2)[codes]
    return np.argsort(place, kind="stable").astype(np.int64)


def _find_cached(
    cache: Cache, part: str, candidate: Candidate, plan: Plan, holdout: Holdout, split: Split
) -> Retrained | None:
    outcomes = find_refits(cache, part, candidate, [split], len(holdout.frame), **_key(plan, split))
    return None if outcomes is None else _summarize_outcome(outcomes[0], holdout)


def _key(plan: Plan, split: Split) -> dict[str, int]:
    return {"plan_seed": plan.seed, "number": split.fold}


def _refit_on_parts(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    holdout: Holdout,
    splits: Sequence[Split],
    *,
    workers: int,
    patience: float,
    cache: Cache,
    part: str,
) -> list[Retrained] | Missing:
    if not splits:
        return []
    try:
        outcomes = fit_clones(candidate, frame, plan, splits, workers=workers, patience=patience, held=holdout.frame)
    finally:
        candidate.worker.end_refits()
    if isinstance(outcomes, Missing):
        return outcomes
    if bad := next((outcome for outcome in outcomes if outcome.error), None):
        return Missing(bad.error.rstrip("."))
    for outcome in outcomes:
        held, key = len(holdout.frame), _key(plan, outcome.split)
        store_refits(cache, part, candidate, [outcome], held, workers=min(workers, len(outcomes)), **key)
    return [_summarize_outcome(outcome, holdout) for outcome in outcomes]


def _summarize_outcome(outcome: Outcome, holdout: Holdout) -> Retrained:
    assert outcome.held is not None
    return Retrained(len(outcome.split.train), outcome.held, float(holdout.value(outcome.held)))


def _all_alike(done: Sequence[Retrained]) -> bool:
    first = done[0]
    return all(
        np.array_equal(one.said.predicted, first.said.predicted)
        and (one.value == first.value or (math.isnan(one.value) and math.isnan(first.value)))
        for one in done[1:]
    )
