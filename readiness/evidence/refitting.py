"""How would clones of the candidate do, fitted on other draws of the training rows? Adds the refits to the evidence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import PRIMARY_METRIC
from readiness.evidence.candidates import Scores
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.refits import RefitEstimate, Refits, estimate, refit
from readiness.evidence.splits import Plan
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Undefined
from readiness.statistics.metrics import measure
from readiness.unavailable import Unavailable

NO_MODEL = Unavailable(
    "there is no model file, only predictions", "give the model file under model.path, so that clones can be fitted"
)
NO_TRAINING = Unavailable("no training table is given", "name the training rows under data.train")


def refitted(evidence: Evidence, told: Callable[[str], None] = lambda _: None) -> Evidence:
    """The same evidence with refits; `told` hears beforehand what they will cost."""
    try:
        refits = _refits(evidence, told)
    except Exception as error:  # a failing refit makes only question 5 not assessed
        refits = Unavailable(f"refitting failed with {type(error).__name__}: {str(error)[:200]}")
    return replace(evidence, refits=refits)


def _refits(evidence: Evidence, told: Callable[[str], None]) -> Refits | Unavailable:
    candidate, training = evidence.candidate, evidence.training
    if candidate is None:
        return NO_MODEL
    if training is None:
        return NO_TRAINING
    missing = [name for name in candidate.features if name not in training.frame]
    if missing:
        return Unavailable(f"the training table lacks the feature {missing[0]}", "add it to data.train")
    start = time.perf_counter()
    frame, plan = training.frame[list(candidate.features)], _plan(evidence, training)
    cost = estimate(candidate, frame, plan)
    if isinstance(cost, Unavailable):
        return cost
    told(_announcement(cost, evidence.spec.stability.budget_seconds))
    budget = evidence.spec.stability.budget_seconds
    score = _score(evidence, training)
    refits = refit(candidate, frame, plan, score, budget_seconds=budget, estimated=cost)
    if isinstance(refits, Unavailable):
        return refits
    return replace(refits, seconds=time.perf_counter() - start)  # with the one that was timed beforehand


def _announcement(cost: RefitEstimate, budget: float) -> str:
    cut = "" if cost.seconds <= budget else f"; the budget of {budget:g} s will cut this at whole repeats"
    return f"Refitting: {cost.words}{cut}."


def _plan(evidence: Evidence, training: Training) -> Plan:
    stability = evidence.spec.stability
    return Plan(
        training.target,
        evidence.task,
        stability.folds,
        stability.repeats,
        evidence.spec.seed,
        training.groups,
        training.time,
    )


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
        )
        value = measure(metric, cases)
        return math.nan if isinstance(value, Undefined) else value.value

    return score
