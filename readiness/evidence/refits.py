"""Refits on other draws of the training rows: how much the result depends on the draw.

The candidate itself is never touched. Results are the same for the same rows and seed, whatever the number of
worker processes; only how many repeats fit into the time may differ, and that is said.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.core.policy import BUDGET_SECONDS, MINIMUM_REPEATS
from readiness.evidence.cache.cache import Cache
from readiness.evidence.cache.entries import find_repeats, store_repeats
from readiness.evidence.candidate import Candidate
from readiness.evidence.refit_jobs import Plan, fit_clones
from readiness.evidence.workers.worker import Outcome, Scores

WORKERS_PAY = 15.0
"""Seconds of fitting below which starting worker processes costs more than it saves."""
PATIENCE = 3.0
"""A single refit that takes this many budgets is taken to hang."""

FIRST_FIT_SECONDS = 3600.0
"""How long the one fit that tells what the others will take may last."""

NOTHING = Cache()
Score = Callable[[NDArray[np.int64], Scores], float]
"""The primary metric of some predictions: takes the positions of the rows and what was said about them."""


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """Test rows that every refit is asked about, the same for all: there the fits alone make the difference."""

    frame: pd.DataFrame
    """Their features."""
    value: Callable[[Scores], float]
    """The primary metric of what was said about them; nan when it does not exist."""


CachedRepeats = Mapping[int, Sequence[Outcome]]
"""Whole repeats that were made by an earlier review, by their number from 0."""


@dataclass(frozen=True, slots=True)
class RefitEstimate:
    """What the refits that are still to be made will cost, from what others took."""

    fits: int
    seconds_per_fit: float
    workers: int

    @property
    def seconds(self) -> float:
        """Expected time of all fits."""
        return self.seconds_per_fit * math.ceil(self.fits / self.workers)

    @property
    def words(self) -> str:
        """As in "about 50 fits of 0.8 s on 2 cores: 20 s"."""
        cores = f"{self.workers} core{'s' * (self.workers > 1)}"
        return f"about {self.fits:,} fits of {self.seconds_per_fit:.2g} s on {cores}: {self.seconds:.3g} s"


@dataclass(frozen=True, slots=True)
class Fold:
    """One refit."""

    repeat: int
    fold: int
    n_train: int
    n_test: int
    score: float
    """The primary metric on the test rows of this fold; nan when it does not exist there."""
    seconds: float
    held: float = math.nan
    """The primary metric on the hold-out that is common to all refits; nan without one."""


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """All refits of whole repeats."""

    folds: tuple[Fold, ...]
    predicted: NDArray[Any]
    """(repeats, n): out-of-fold predictions: class codes, -1 where a row was not predicted; else values, nan."""
    asked: int
    """Repeats that were asked for."""
    scheme: str
    """How rows were split, in words."""
    estimate: RefitEstimate
    seconds: float
    """That all of it took."""
    notes: tuple[str, ...] = ()
    source: str = ""
    """Who supplied them; empty when they were made here."""
    doubt: str = ""
    """Why supplied ones cannot carry a yes; empty when they can."""

    @property
    def repeats(self) -> int:
        """Whole repeats that were completed."""
        return len(self.predicted)

    @property
    def scores(self) -> NDArray[np.float64]:
        """(repeats, folds): the primary metric of each refit."""
        return np.array([fold.score for fold in self.folds]).reshape(self.repeats, -1)

    @property
    def held(self) -> NDArray[np.float64]:
        """(repeats · folds,): the primary metric of each refit on the common hold-out."""
        return np.array([fold.held for fold in self.folds])


def find_cached_repeats(cache: Cache, candidate: Candidate, plan: Plan, holdout: Holdout | None) -> CachedRepeats:
    """The repeats of `plan` that the cache holds."""
    found = find_repeats(cache, candidate, plan, _rows(holdout))
    return {number: [_condense(outcome, holdout) for outcome in outcomes] for number, outcomes in found}


def _rows(holdout: Holdout | None) -> int | None:
    return None if holdout is None else len(holdout.frame)


def estimate(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    *,
    n_jobs: int | None = None,
    holdout: Holdout | None = None,
    done: CachedRepeats | None = None,
    whole_fit: float | None = None,
) -> RefitEstimate | Missing:
    """Say what the refits will cost before they start: from those that are `done`, else from the seconds that a fit on
    all rows took, else from one that is timed.
    """
    if reason := candidate.worker.about.refits or plan.problem():
        return reason
    workers = max(1, joblib.cpu_count() if n_jobs is None else n_jobs)
    if took := [outcome.seconds for repeat in (done or {}).values() for outcome in repeat]:
        return RefitEstimate(plan.folds * plan.repeats - len(took), sum(took) / len(took), workers)
    try:
        split = next(plan.repeat(0))
    except ValueError as error:
        return Missing(f"the rows cannot be split: {error}")
    if whole_fit is not None:  # a fold is fitted on fewer rows
        return RefitEstimate(plan.folds * plan.repeats, whole_fit * (plan.folds - 1) / plan.folds, workers)
    held = None if holdout is None else holdout.frame
    timed = fit_clones(candidate, frame, plan, [split], patience=FIRST_FIT_SECONDS, held=held)
    if isinstance(timed, Missing):
        return timed
    if timed[0].error:
        return _failure(timed[0])
    return RefitEstimate(plan.folds * plan.repeats, timed[0].seconds, workers)


def refit(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    score: Score,
    *,
    budget_seconds: float = BUDGET_SECONDS,
    estimated: RefitEstimate | None = None,
    n_jobs: int | None = None,
    holdout: Holdout | None = None,
    done: CachedRepeats | None = None,
    cache: Cache = NOTHING,
) -> Refits | Missing:
    """Refit clones of the candidate by `plan` until it is done, or until the next repeat would exceed the budget.

    Only the clock ends it early: no score is looked at before, for a stop at a welcome result would be a result of
    the stop. `frame` has n rows with the candidate's features; `plan.y` their targets as codes or values. `estimated`
    saves timing one fit again. Repeats that are `done` are not made again; those that are made, are kept.
    """
    start = time.perf_counter()
    done = done or {}
    cost = estimated or estimate(candidate, frame, plan, n_jobs=n_jobs, holdout=holdout, done=done)
    if isinstance(cost, Missing):
        return cost
    if why := too_slow(cost, plan, budget_seconds, done):
        return why
    try:
        outcomes = _whole_repeats(candidate, frame, plan, cost, start + budget_seconds, holdout, done, cache)
    finally:
        candidate.worker.end_refits()
    if isinstance(outcomes, Missing):
        return outcomes
    return _collect(outcomes, plan, score, cost, time.perf_counter() - start)


def _whole_repeats(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    cost: RefitEstimate,
    end: float,
    holdout: Holdout | None,
    known: CachedRepeats,
    cache: Cache,
) -> list[Outcome] | Missing:
    held = None if holdout is None else holdout.frame
    workers = cost.workers if cost.seconds_per_fit * cost.fits > WORKERS_PAY else 1
    done: list[Outcome] = []
    began = time.perf_counter()
    repeat = 0
    # whole repeats only: half of one would weigh some rows more than others, and its mean would be another quantity
    while repeat < plan.repeats:
        if repeat in known:
            done.extend(known[repeat])
            repeat += 1
            continue
        # By what fits took so far; as many repeats at once as keep all workers busy, and two at first.
        per_fit = sum(outcome.seconds for outcome in done) / len(done) if done else cost.seconds_per_fit
        each = per_fit * plan.folds / workers
        least = max(0, MINIMUM_REPEATS - repeat)
        # lcm(workers, folds) / folds repeats at once give each worker the same number of fits: none waits at the end of
        # a round. Two are made whatever they take: below two there is no spread, and nothing to say.
        wanted = max(workers // math.gcd(workers, plan.folds), least)
        affordable = int((end - time.perf_counter()) / max(each, 1e-9))
        # up to the next repeat that is known already; the numbers must not jump, each seed belongs to its number
        open_ = min((number for number in known if number > repeat), default=plan.repeats) - repeat
        count = min(wanted, open_, max(affordable, least))
        if count == 0:
            break
        try:
            repeats = [list(plan.repeat(number)) for number in range(repeat, repeat + count)]
        except ValueError as error:
            return Missing(f"the rows cannot be split: {error}")
        splits, patience = [split for each in repeats for split in each], PATIENCE * (end - began)
        outcomes = fit_clones(candidate, frame, plan, splits, workers=workers, patience=patience, held=held)
        if isinstance(outcomes, Missing):
            return outcomes
        if bad := next((outcome for outcome in outcomes if outcome.error), None):
            return _failure(bad)
        store_repeats(cache, candidate, plan, outcomes, _rows(holdout), workers=workers)
        done.extend(_condense(outcome, holdout) for outcome in outcomes)
        repeat += count
    return done


def _condense(outcome: Outcome, holdout: Holdout | None) -> Outcome:
    """One number in place of all that was said about the hold-out, to keep memory small."""
    if holdout is None or outcome.held is None:
        return outcome
    return replace(outcome, held=None, held_value=float(holdout.value(outcome.held)))


def _collect(outcomes: list[Outcome], plan: Plan, score: Score, cost: RefitEstimate, seconds: float) -> Refits:
    repeats = len(outcomes) // plan.folds
    codes = plan.task.has_classes
    predicted = np.full((repeats, len(plan.y)), -1 if codes else np.nan, dtype=np.int32 if codes else float)
    folds = []
    for outcome in outcomes:
        split, scores = outcome.split, outcome.scores
        assert scores is not None
        predicted[split.repeat, split.test] = scores.predicted
        value = float(score(split.test, scores))
        sizes = (len(split.train), len(split.test))
        folds.append(Fold(split.repeat, split.fold, *sizes, value, outcome.seconds, outcome.held_value))
    notes = []
    if repeats < plan.repeats:
        notes.append(f"{repeats} of {plan.repeats} repeats were completed before the time was used up.")
    if stuck := sum(not outcome.converged for outcome in outcomes):
        notes.append(f"{stuck} of {len(outcomes)} refits stopped before they had converged.")
    return Refits(tuple(folds), predicted, plan.repeats, plan.scheme, cost, seconds, tuple(notes))


def _failure(outcome: Outcome) -> Missing:
    split = outcome.split
    return Missing(f"refit {split.fold + 1} of repeat {split.repeat + 1} failed: {outcome.error.rstrip('.')}")


def too_slow(cost: RefitEstimate, plan: Plan, budget: float, done: CachedRepeats | None = None) -> Missing | None:
    """Why not even two repeats fit into `budget` seconds; None when they do, or are done."""
    if len(done or ()) >= MINIMUM_REPEATS:
        return None
    least = RefitEstimate(MINIMUM_REPEATS * plan.folds, cost.seconds_per_fit, cost.workers)
    if least.seconds <= budget:
        return None
    return Missing(
        f"{MINIMUM_REPEATS} repeats need {least.words}; the budget is {budget:g} s",
        f"stability.budget_seconds of at least {math.ceil(least.seconds)}",
        chosen=budget < BUDGET_SECONDS,
    )
