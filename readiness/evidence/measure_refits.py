"""Refits on other draws of the training rows, and answers to slightly changed rows, added to the evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.findings import Question
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.cache.cache import Cache
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import EqualRefits, fit_equal_clones, sample_positions
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.fold_scores import asked_of_copies, fold_score, held_score
from readiness.evidence.perturb import MOST_ROWS, score_perturbed
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import Holdout, RefitEstimate, Refits, estimate, find_cached_repeats, refit, too_slow
from readiness.evidence.retraining import Retraining, learning_curve, seeds_of
from readiness.evidence.supplied.instead import FOLDS, with_supplied_refits

NO_MODEL = Missing("there is no model file, only predictions", f"{FOLDS}, or give the model file under model.path")
NO_QUERIES = Missing("the training table lacks the column of the queries", "add it to data.train")
NO_TRAINING = Missing("no training table is given", "name the training rows under data.train")
HOLDOUT_ROWS = 20_000
"""Test rows that every refit is asked about; a seeded sample above."""


def measure_refits(evidence: Evidence, told: Callable[[str], None] = lambda _: None) -> Evidence:
    """The same evidence with refits; `told` hears beforehand what they will cost."""
    if not evidence.asks(Question.STABILITY):
        return evidence
    cache = evidence.begin_cache()
    refits: Refits | Missing
    try:
        refits, retraining = _refits(evidence, told, cache)
    except Exception as error:  # the other questions stand
        refits = _describe_failure(error)
        retraining = Retraining(equal=refits)
    made = not isinstance(refits, Missing) or retraining.curve or not isinstance(retraining.equal, Missing)
    reused = (*evidence.reused, *(cache.summarize_hits() if made else ()))
    evidence = with_supplied_refits(replace(evidence, refits=refits, retraining=retraining, reused=reused))
    if evidence.candidate is None or not len(evidence.rows):
        return evidence
    rows, size = _sample(evidence, MOST_ROWS), evidence.spec.stability.perturbation
    cache = evidence.begin_cache()
    shaken = score_perturbed(evidence.candidate, evidence.rows, evidence.cases.y_pred, rows, size=size, cache=cache)
    return replace(evidence, perturbed=shaken, reused=(*evidence.reused, *cache.summarize_hits()))


def _refits(evidence: Evidence, told: Callable[[str], None], cache: Cache) -> tuple[Refits | Missing, Retraining]:
    candidate, training = evidence.candidate, evidence.training
    if candidate is None:
        return NO_MODEL, Retraining(equal=NO_MODEL)
    if training is None:
        return NO_TRAINING, Retraining(equal=NO_TRAINING)
    missing = [name for name in candidate.features if name not in training.frame]
    if missing:
        why = Missing(f"the training table lacks the feature {missing[0]}", "add it to data.train")
        return why, Retraining(equal=why)
    if evidence.task is Task.RANKING and training.queries is None:
        return NO_QUERIES, Retraining(equal=NO_QUERIES)
    return _fit_clones(evidence, candidate, training, told, cache)


def _fit_clones(
    evidence: Evidence, candidate: Candidate, training: Training, told: Callable[[str], None], cache: Cache
) -> tuple[Refits | Missing, Retraining]:
    """Clones on all rows first, which carry all six answers; then repeats, or a learning curve where the time is too
    short for them. What fails makes nothing but itself unavailable.
    """
    columns = dict.fromkeys((*candidate.features, *((candidate.query,) if candidate.query else ())))
    frame, plan = training.frame[list(columns)], _plan(evidence, training)
    rows = _sample(evidence, HOLDOUT_ROWS)
    held = Holdout(evidence.rows.iloc[rows][list(candidate.features)], held_score(evidence, rows))
    budget, seeds = evidence.spec.stability.budget_seconds, evidence.spec.stability.seeds
    equal: EqualRefits | Missing
    try:
        told("Copies of the candidate are fitted on all training rows.")
        asked = asked_of_copies(evidence, training, rows, held)
        equal, copies, each = fit_equal_clones(candidate, frame, plan, asked, seeds=seeds, seconds=budget, cache=cache)
    except Exception as error:  # a failing refit makes nothing else unavailable
        equal, copies, each = _describe_failure(error), (), None
    made, note = seeds_of(candidate, copies, seeds=seeds, n_train=len(plan.y)) if each else ((), "")
    retraining = Retraining(rows, made, notes=(note,) if note else (), equal=equal)
    try:
        return _repeats(evidence, candidate, training, told, cache, (frame, plan, held), retraining, each)
    except Exception as error:
        return _describe_failure(error), replace(retraining, seeds=(), notes=())


def _describe_failure(error: Exception) -> Missing:
    return Missing(f"refitting failed with {type(error).__name__}: {str(error)[:200]}")


def _repeats(
    evidence: Evidence,
    candidate: Candidate,
    training: Training,
    told: Callable[[str], None],
    cache: Cache,
    rows: tuple[pd.DataFrame, Plan, Holdout],
    retraining: Retraining,
    each: float | None,
) -> tuple[Refits | Missing, Retraining]:
    """Refits on parts of the training rows; `each` is the time in seconds of a fit on all of them, where known."""
    start, (frame, plan, held) = time.perf_counter(), rows
    without = replace(retraining, seeds=(), notes=())
    done = find_cached_repeats(cache, candidate, plan, held)
    cost = estimate(candidate, frame, plan, holdout=held, done=done, whole_fit=each)
    if isinstance(cost, Missing):
        return cost, without
    budget = evidence.spec.stability.budget_seconds
    told(_announcement(cost, budget, len(done) * plan.folds))
    if why := too_slow(cost, plan, budget, done):
        curve, note = learning_curve(candidate, frame, plan, held, cost=cost, seconds=budget, cache=cache)
        return why, replace(without, curve=curve, notes=(note,) if note else ())
    score = fold_score(evidence, training)
    refits = refit(
        candidate, frame, plan, score, budget_seconds=budget, estimated=cost, holdout=held, done=done, cache=cache
    )
    if isinstance(refits, Missing):
        return refits, without
    took = time.perf_counter() - start + cache.seconds  # with what the cache saved
    if not isinstance(retraining.equal, Missing):
        took += retraining.equal.made_in
    return replace(refits, seconds=took), retraining


def _sample(evidence: Evidence, most: int) -> NDArray[np.int64]:
    """Positions of at most so many test rows, in their order; queries stay whole, and the first one always comes."""
    return sample_positions(evidence.cases.n, most, evidence.spec.seed, evidence.cases.queries)


def _announcement(cost: RefitEstimate, budget: float, cached: int) -> str:
    before = f"{cached:,} refits are kept from an earlier review. " if cached else ""
    if not cost.fits:
        return before.rstrip()
    cut = "" if cost.seconds <= budget else f"; the budget of {budget:g} s will cut this"
    return f"{before}Refitting: {cost.words}{cut}."


def _plan(evidence: Evidence, training: Training) -> Plan:
    stability = evidence.spec.stability
    return Plan(
        training.target,
        evidence.task,
        stability.folds,
        stability.repeats,
        evidence.spec.seed,
        training.whole,
        training.time,
    )
