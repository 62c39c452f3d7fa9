"""The candidate fitted once more: clones on all training rows, asked about rows of both tables.

They differ in their seed alone. Test rows they have not seen, training rows they have: what they lose on either tells
what memory gains, and a candidate that was fitted on the training rows alone does on the test rows as they do. Where
the candidate is unlike all of them, more are made on parts of the training rows, to see what other rows change.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.evidence.cache.cache import REDRAWN, SEEDS, TRAINING, Cache
from readiness.evidence.cache.entries import cached_scores, find_refits, store_refits
from readiness.evidence.candidate import Candidate
from readiness.evidence.refit_jobs import Plan, fit_clones
from readiness.evidence.refits import NOTHING, PATIENCE, WORKERS_PAY, Holdout
from readiness.evidence.workers.worker import Outcome, Scores, Split
from readiness.statistics.dependence import INDEPENDENT, Dependence
from readiness.statistics.refit_advantage import RefitLosses, refit_advantage

COPIES = 8
"""Clones that differ in their seed; their spread is that of the candidate's own luck, so a few are too few."""
FEW = 3
"""Clones after which it is believed that all are alike; as many are made even when they take the whole budget."""
WITHOUT_SEED = 2
ROWS = 20_000
"""Rows of either table that each clone is asked about; a seeded sample above."""
PART_OF_BUDGET = 1 / 3
"""Of the budget of refits, for clones beyond `FEW`, and again for those on parts of the rows."""
DRAWN = 0.80
"""Of the training rows, where it is looked at what other rows would change."""
SEED_REPEAT, DRAW_REPEAT = 10_001, 10_003
"""Take the place of the number of the repeat in derived seeds, which no repeat reaches."""
NOT_MADE = Missing("the candidate was not refitted")


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What every clone is asked about, and how its answers are counted."""

    test: NDArray[np.int64]
    """Positions among the test rows."""
    train: NDArray[np.int64]
    """Positions among the training rows."""
    holdout: Holdout
    """The features of `test`, and the primary metric of what is said about them."""
    test_losses: Callable[[Scores], NDArray[np.float64]]
    train_losses: Callable[[Scores], NDArray[np.float64]]
    """Loss of each row (ranking: query); raise ValueError where there is none."""
    own: NDArray[np.float32]
    """Losses of the candidate on `test`."""
    guess: float | None = None
    """Error of a guess, see `refit_advantage.guess_error`."""
    bounded: bool = False
    dependence: Dependence = INDEPENDENT


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """One clone of all training rows."""

    on_test: NDArray[np.float32]
    on_train: NDArray[np.float32]
    said: Scores
    """Of the test rows, without scores."""
    value: float
    """The primary metric on them; nan when it does not exist."""


@dataclass(frozen=True, slots=True, eq=False)
class EqualRefits:
    """What J clones of all training rows lose, and the candidate beside them."""

    losses: RefitLosses
    dependence: Dependence
    """Of the test rows (ranking: queries) that losses are of."""
    test_rows: int
    """Test rows that were asked about."""
    all_alike: bool
    """Whether the clones all say the same."""
    made_in: float
    """Seconds that it took to make those that were not kept from an earlier review."""


@dataclass(slots=True, eq=False)
class _Work:
    """Clones in the making."""

    candidate: Candidate
    frame: pd.DataFrame
    plan: Plan
    asked: Asked
    seconds: float
    cache: Cache
    copies: dict[int, Copy] = field(default_factory=dict)
    each: float = 0.0
    """Seconds that one takes."""
    took: float = 0.0
    began: float = field(default_factory=time.perf_counter)

    @property
    def in_order(self) -> list[Copy]:
        return [self.copies[number] for number in sorted(self.copies)]

    def split(self, number: int) -> Split:
        rows = np.arange(len(self.plan.y), dtype=np.int64)
        return Split(SEED_REPEAT, number, rows, self.asked.train, reseeded=True)


def fit_equal_clones(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    asked: Asked,
    *,
    seeds: int,
    seconds: float,
    cache: Cache = NOTHING,
) -> tuple[EqualRefits | Missing, tuple[Copy, ...], float | None]:
    """The clones, the first ones for question 5, and the seconds that a fit took (None: none succeeded).

    Args:
        candidate: is never touched.
        frame: (n,) training rows with the candidate's features.
        plan: whose `y`, `groups` and `seed` hold for all refits.
        asked: which rows, and how answers are counted.
        seeds: clones with other seeds that question 5 asks for.
        seconds: the budget of refits.
        cache: what an earlier review made.
    """
    if why := candidate.worker.about.refits:
        return why, (), None
    work = _Work(candidate, frame, plan, asked, seconds, cache)
    try:
        failed = _make_copies(work, seeds) or _too_few(work)
        if failed:
            return failed, tuple(work.in_order), work.each or None
        losses = _losses(work)
        redrawn = _redraw_losses(work) if _stands_out(losses, asked.dependence) else []
    finally:
        candidate.worker.end_refits()
    if redrawn:
        losses = replace(losses, redrawn=np.stack(redrawn))
    copies = tuple(work.in_order)
    found = EqualRefits(losses, asked.dependence, len(asked.test), _are_alike(copies), time.perf_counter() - work.began)
    return found, copies, work.each


def sample_positions(n: int, most: int, seed: int, queries: NDArray[Any] | None = None) -> NDArray[np.int64]:
    """Positions of at most so many of n rows, in their order; queries stay whole, and the first one always comes."""
    if n <= most:
        return np.arange(n, dtype=np.int64)
    random = np.random.default_rng([seed, most])
    if queries is None:
        return np.sort(random.choice(n, most, replace=False)).astype(np.int64)
    codes = pd.factorize(queries)[0]
    place = random.permutation(int(codes.max()) + 1)
    sizes = np.bincount(place[codes])
    taken = max(1, int(np.count_nonzero(np.cumsum(sizes) <= most)))
    return np.flatnonzero(place[codes] < taken).astype(np.int64)


def _make_copies(work: _Work, seeds: int) -> Missing | None:
    """One to see what it takes, a few to see whether they differ, and the others."""
    if failed := _make(work, range(1)):
        return failed
    wanted = max(COPIES, seeds) if work.candidate.worker.about.seeded else WITHOUT_SEED
    if failed := _make(work, range(_affordable_fits(work, min(wanted, max(FEW, seeds)), work.seconds))):
        return failed
    if len(work.copies) < FEW or _are_alike(work.in_order):
        return None
    return _make(work, range(_affordable_fits(work, wanted, work.seconds * PART_OF_BUDGET)))


def _affordable_fits(work: _Work, wanted: int, seconds: float) -> int:
    """How many there may be in all: those that are there, and what else fits into the time."""
    there = len(work.copies)
    return next((n for n in range(wanted, there, -1) if _expected_seconds(work, n - there) <= seconds), there)


def _expected_seconds(work: _Work, fits: int) -> float:
    return work.each * math.ceil(fits / _workers(work, fits))


def _workers(work: _Work, fits: int) -> int:
    return max(1, joblib.cpu_count()) if work.each * fits > WORKERS_PAY else 1


def _too_few(work: _Work) -> Missing | None:
    """One clone alone is enough where the candidate is the same as it is, for then nothing is left to chance."""
    copies = work.in_order
    if len(copies) > 1 or np.array_equal(copies[0].on_test, work.asked.own):
        return None
    return Missing(
        f"a fit takes about {work.each:.2g} s, and the budget of {work.seconds:g} s does not hold two more of them",
        f"stability.budget_seconds of at least {math.ceil(max(2.0, work.each * FEW))}",
    )


def _make(work: _Work, numbers: range) -> Missing | None:
    """Clones with these numbers, as far as they are not there."""
    splits = [work.split(number) for number in numbers if number not in work.copies]
    splits = [split for split in splits if not _recall(work, split)]
    return _fit(work, splits, SEEDS, lambda outcome: _add(work, outcome))


def _recall(work: _Work, split: Split) -> bool:
    held, key = len(work.asked.holdout.frame), _key(work.plan, split)
    found = find_refits(work.cache, SEEDS, work.candidate, [split], held, **key)
    if found is None:
        return False
    _add(work, found[0])
    return True


def _fit(work: _Work, splits: Sequence[Split], part: str, use: Callable[[Outcome], None]) -> Missing | None:
    """Make refits and keep them; `use` gets each."""
    if not splits:
        return None
    workers, held = _workers(work, len(splits)), work.asked.holdout.frame
    outcomes = fit_clones(
        work.candidate,
        work.frame,
        work.plan,
        splits,
        workers=workers,
        patience=PATIENCE * max(work.seconds, work.each),
        held=work.asked.holdout.frame,
    )
    if isinstance(outcomes, Missing):
        return outcomes
    if bad := next((outcome for outcome in outcomes if outcome.error), None):
        return Missing(f"a refit on all training rows failed: {bad.error.rstrip('.')}")
    for outcome in outcomes:
        key = _key(work.plan, outcome.split)
        store_refits(work.cache, part, work.candidate, [outcome], len(held), workers=min(workers, len(splits)), **key)
        use(outcome)
    return None


def _key(plan: Plan, split: Split) -> dict[str, int]:
    return {"plan_seed": plan.seed, "number": split.fold}


def _add(work: _Work, outcome: Outcome) -> None:
    """What a clone said, in few bytes."""
    assert outcome.held is not None
    assert outcome.scores is not None
    work.took += outcome.seconds
    on_test, on_train = work.asked.test_losses(outcome.held), work.asked.train_losses(outcome.scores)
    value = float(work.asked.holdout.value(outcome.held))
    said = _drop_scores(outcome.held)
    work.copies[outcome.split.fold] = Copy(on_test.astype(np.float32), on_train.astype(np.float32), said, value)
    work.each = work.took / len(work.copies)


def _drop_scores(said: Scores) -> Scores:
    whole = np.issubdtype(said.predicted.dtype, np.integer)
    return replace(said, predicted=said.predicted.astype(np.int32) if whole else said.predicted, scores=None)


def _are_alike(copies: Sequence[Copy]) -> bool:
    first = copies[0]
    return all(
        np.array_equal(one.on_test, first.on_test) and np.array_equal(one.on_train, first.on_train)
        for one in copies[1:]
    )


def _losses(work: _Work) -> RefitLosses:
    asked, copies = work.asked, work.in_order
    said = cached_scores(work.cache, TRAINING, work.candidate, work.frame.iloc[asked.train])
    # Without a seed all clones are one and the same; taken as several, their spread of zero would make every candidate
    # stand out from them.
    if _are_alike(copies):  # their number says nothing more
        copies = copies[:1]
    return RefitLosses(
        asked.own,
        np.stack([one.on_test for one in copies]),
        np.stack([one.on_train for one in copies]),
        asked.train_losses(said).astype(np.float32),
        asked.guess,
        bounded=asked.bounded,
    )


def _stands_out(losses: RefitLosses, dependence: Dependence) -> bool:
    found = refit_advantage(losses, dependence)
    return getattr(found, "stands_out", False)


def _redraw_losses(work: _Work) -> list[NDArray[np.float32]]:
    """Losses on the test rows of clones on parts of the training rows; none where the time does not hold them."""
    if _expected_seconds(work, COPIES) > work.seconds * PART_OF_BUDGET:
        return []
    found: dict[int, NDArray[np.float32]] = {}
    held, splits = len(work.asked.holdout.frame), []
    for split in _draws(work.plan):
        outcomes = find_refits(work.cache, REDRAWN, work.candidate, [split], held, **_key(work.plan, split))
        if outcomes is None:
            splits.append(split)
        # in the order of their numbers at the end, whether they came from the cache or were made now: the same bytes
        elif outcomes[0].held is not None:
            found[split.fold] = work.asked.test_losses(outcomes[0].held).astype(np.float32)

    def add(outcome: Outcome) -> None:
        assert outcome.held is not None
        found[outcome.split.fold] = work.asked.test_losses(outcome.held).astype(np.float32)

    failed = _fit(work, splits, REDRAWN, add)
    return [] if failed else [found[number] for number in sorted(found)]


def _draws(plan: Plan) -> Iterator[Split]:
    """Each leaves out a fifth: of the groups where there are any, else of the rows of each class."""
    n = len(plan.y)
    codes = plan.y if plan.task.has_classes else np.zeros(n)
    units = None if plan.groups is None else pd.factorize(plan.groups)[0]
    for number in range(COPIES):
        random = np.random.default_rng([plan.seed, DRAW_REPEAT, number])
        if units is not None:
            rows = np.flatnonzero(np.isin(units, _draw_share(random, np.unique(units))))
        else:
            rows = np.concatenate([_draw_share(random, np.flatnonzero(codes == code)) for code in np.unique(codes)])
        yield Split(DRAW_REPEAT, number, np.sort(rows).astype(np.int64), np.zeros(0, dtype=np.int64), reseeded=True)


def _draw_share(random: np.random.Generator, things: NDArray[Any]) -> NDArray[Any]:
    return random.choice(things, math.ceil(DRAWN * len(things)), replace=False)
