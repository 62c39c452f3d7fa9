"""How would clones of the candidate do, fitted on other draws of the training rows? Adds the refits to the evidence,
and what the candidate itself says of slightly changed rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.answers import Question
from readiness.criteria import Task
from readiness.evidence.candidates import Candidate
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.fold_scores import fold_score, held_score
from readiness.evidence.keeping.kept import Kept
from readiness.evidence.perturbing import MOST_ROWS, perturbed
from readiness.evidence.refits import Holdout, RefitEstimate, Refits, estimate, known_repeats, refit, too_slow
from readiness.evidence.retraining import Retraining, learning_curve, seed_refits
from readiness.evidence.splits import Plan
from readiness.evidence.supplied.instead import FOLDS, with_supplied_refits
from readiness.unavailable import Unavailable

NO_MODEL = Unavailable("there is no model file, only predictions", f"{FOLDS}, or give the model file under model.path")
NO_QUERIES = Unavailable("the training table lacks the column of the queries", "add it to data.train")
NO_TRAINING = Unavailable("no training table is given", "name the training rows under data.train")
HOLDOUT_ROWS = 20_000
"""Test rows that every refit is asked about; a seeded sample above."""


def refitted(evidence: Evidence, told: Callable[[str], None] = lambda _: None) -> Evidence:
    """The same evidence with refits; `told` hears beforehand what they will cost."""
    refits: Refits | Unavailable
    if not evidence.asks(Question.STABILITY):
        return evidence
    kept = evidence.known()
    try:
        refits, retraining = _refits(evidence, told, kept)
    except Exception as error:  # a failing refit makes only question 5 not assessed
        refits = Unavailable(f"refitting failed with {type(error).__name__}: {str(error)[:200]}")
        retraining = Retraining()
    reused = (*evidence.reused, *(() if isinstance(refits, Unavailable) and not retraining.curve else kept.reused()))
    evidence = with_supplied_refits(replace(evidence, refits=refits, retraining=retraining, reused=reused))
    if evidence.candidate is None or not len(evidence.rows):
        return evidence
    rows, size = _sample(evidence, MOST_ROWS), evidence.spec.stability.perturbation
    kept = evidence.known()
    shaken = perturbed(evidence.candidate, evidence.rows, evidence.cases.y_pred, rows, size=size, kept=kept)
    return replace(evidence, perturbed=shaken, reused=(*evidence.reused, *kept.reused()))


def _refits(evidence: Evidence, told: Callable[[str], None], kept: Kept) -> tuple[Refits | Unavailable, Retraining]:
    candidate, training = evidence.candidate, evidence.training
    if candidate is None:
        return NO_MODEL, Retraining()
    if training is None:
        return NO_TRAINING, Retraining()
    missing = [name for name in candidate.features if name not in training.frame]
    if missing:
        return Unavailable(f"the training table lacks the feature {missing[0]}", "add it to data.train"), Retraining()
    if evidence.task is Task.RANKING and training.queries is None:
        return NO_QUERIES, Retraining()
    return _fitted(evidence, candidate, training, told, kept)


def _fitted(
    evidence: Evidence, candidate: Candidate, training: Training, told: Callable[[str], None], kept: Kept
) -> tuple[Refits | Unavailable, Retraining]:
    """Repeats first; what time they leave goes to other seeds, and to a learning curve where it is too short for
    repeats.
    """
    start = time.perf_counter()
    columns = dict.fromkeys((*candidate.features, *((candidate.query,) if candidate.query else ())))
    frame, plan = training.frame[list(columns)], _plan(evidence, training)
    rows = _sample(evidence, HOLDOUT_ROWS)
    held = Holdout(evidence.rows.iloc[rows][list(candidate.features)], held_score(evidence, rows))
    done = known_repeats(kept, candidate, plan, held)
    cost = estimate(candidate, frame, plan, holdout=held, done=done)
    if isinstance(cost, Unavailable):
        return cost, Retraining()
    stability = evidence.spec.stability
    budget, began = stability.budget_seconds, time.perf_counter()
    told(_announcement(cost, budget, len(done) * plan.folds))
    if why := too_slow(cost, plan, budget, done):
        curve, note = learning_curve(candidate, frame, plan, held, cost=cost, seconds=budget, kept=kept)
        return why, Retraining(rows, curve=curve, notes=(note,) if note else ())
    score = fold_score(evidence, training)
    refits = refit(
        candidate, frame, plan, score, budget_seconds=budget, estimated=cost, holdout=held, done=done, kept=kept
    )
    if isinstance(refits, Unavailable):
        return refits, Retraining()
    left = budget - (time.perf_counter() - began)
    seeds, note = seed_refits(candidate, frame, plan, held, seeds=stability.seeds, cost=cost, seconds=left, kept=kept)
    took = time.perf_counter() - start + kept.seconds  # with the fit that was timed beforehand, and what is kept
    return replace(refits, seconds=took), Retraining(rows, seeds, notes=(note,) if note else ())


def _sample(evidence: Evidence, most: int) -> NDArray[np.int64]:
    """Positions of at most so many test rows, in their order; queries stay whole, and the first one always comes."""
    n, queries = evidence.cases.n, evidence.cases.queries
    if n <= most:
        return np.arange(n, dtype=np.int64)
    random = np.random.default_rng([evidence.spec.seed, most])
    if queries is None:
        return np.sort(random.choice(n, most, replace=False)).astype(np.int64)
    codes = pd.factorize(queries)[0]
    place = random.permutation(int(codes.max()) + 1)
    sizes = np.bincount(place[codes])
    taken = max(1, int(np.count_nonzero(np.cumsum(sizes) <= most)))
    return np.flatnonzero(place[codes] < taken).astype(np.int64)


def _announcement(cost: RefitEstimate, budget: float, kept: int) -> str:
    before = f"{kept:,} refits are kept from an earlier review. " if kept else ""
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
