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
from readiness.criteria import PRIMARY_METRIC, Task
from readiness.evidence.candidates import Candidate, Scores
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.perturbing import MOST_ROWS, perturbed
from readiness.evidence.refits import Holdout, RefitEstimate, Refits, estimate, refit, too_slow
from readiness.evidence.retraining import Retraining, learning_curve, seed_refits
from readiness.evidence.splits import Plan
from readiness.statistics.cases import Cases
from readiness.statistics.metrics import number
from readiness.unavailable import Unavailable

NO_MODEL = Unavailable(
    "there is no model file, only predictions", "give the model file under model.path, so that clones can be fitted"
)
NO_QUERIES = Unavailable("the training table lacks the column of the queries", "add it to data.train")
NO_TRAINING = Unavailable("no training table is given", "name the training rows under data.train")
HOLDOUT_ROWS = 20_000
"""Test rows that every refit is asked about; a seeded sample above."""


def refitted(evidence: Evidence, told: Callable[[str], None] = lambda _: None) -> Evidence:
    """The same evidence with refits; `told` hears beforehand what they will cost."""
    refits: Refits | Unavailable
    if not evidence.asks(Question.STABILITY):
        return evidence
    try:
        refits, retraining = _refits(evidence, told)
    except Exception as error:  # a failing refit makes only question 5 not assessed
        refits = Unavailable(f"refitting failed with {type(error).__name__}: {str(error)[:200]}")
        retraining = Retraining()
    evidence = replace(evidence, refits=refits, retraining=retraining)
    if evidence.candidate is None or not len(evidence.rows):
        return evidence
    rows, size = _sample(evidence, MOST_ROWS), evidence.spec.stability.perturbation
    shaken = perturbed(evidence.candidate, evidence.rows, evidence.cases.y_pred, rows, size=size)
    return replace(evidence, perturbed=shaken)


def _refits(evidence: Evidence, told: Callable[[str], None]) -> tuple[Refits | Unavailable, Retraining]:
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
    return _fitted(evidence, candidate, training, told)


def _fitted(
    evidence: Evidence, candidate: Candidate, training: Training, told: Callable[[str], None]
) -> tuple[Refits | Unavailable, Retraining]:
    """Repeats first; what time they leave goes to other seeds, and to a learning curve where it is too short for
    repeats.
    """
    start = time.perf_counter()
    columns = dict.fromkeys((*candidate.features, *((candidate.query,) if candidate.query else ())))
    frame, plan = training.frame[list(columns)], _plan(evidence, training)
    rows = _sample(evidence, HOLDOUT_ROWS)
    held = Holdout(evidence.rows.iloc[rows][list(candidate.features)], _held_value(evidence, rows))
    cost = estimate(candidate, frame, plan, holdout=held)
    if isinstance(cost, Unavailable):
        return cost, Retraining()
    stability = evidence.spec.stability
    budget, began = stability.budget_seconds, time.perf_counter()
    told(_announcement(cost, budget))
    if why := too_slow(cost, plan, budget):
        curve, note = learning_curve(candidate, frame, plan, held, cost=cost, seconds=budget)
        return why, Retraining(rows, curve=curve, notes=(note,) if note else ())
    score = _score(evidence, training)
    refits = refit(candidate, frame, plan, score, budget_seconds=budget, estimated=cost, holdout=held)
    if isinstance(refits, Unavailable):
        return refits, Retraining()
    left = budget - (time.perf_counter() - began)
    seeds, note = seed_refits(candidate, frame, plan, held, seeds=stability.seeds, cost=cost, seconds=left)
    took = time.perf_counter() - start  # with the fit that was timed beforehand
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


def _announcement(cost: RefitEstimate, budget: float) -> str:
    cut = "" if cost.seconds <= budget else f"; the budget of {budget:g} s will cut this"
    return f"Refitting: {cost.words}{cut}."


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


def _held_value(evidence: Evidence, rows: NDArray[np.int64]) -> Callable[[Scores], float]:
    metric = evidence.spec.baseline.metric or PRIMARY_METRIC[evidence.task]
    cases = evidence.cases.subset(rows)

    def value(said: Scores) -> float:
        told = replace(cases, y_pred=said.predicted, y_score=said.scores, is_probability=said.is_probability)
        return number(metric, told)

    return value


def _score(evidence: Evidence, training: Training) -> Callable[[NDArray[np.int64], Scores], float]:
    metric = evidence.spec.baseline.metric or PRIMARY_METRIC[evidence.task]

    def score(rows: NDArray[np.int64], said: Scores) -> float:
        cases = Cases(
            evidence.task,
            training.target[rows],
            said.predicted,
            said.scores,
            evidence.cases.n_classes,
            said.is_probability,
            None if training.weight is None else training.weight[rows],
            queries=None if training.queries is None else training.queries[rows],
            own=evidence.cases.own,
        )
        return number(metric, cases)

    return score
