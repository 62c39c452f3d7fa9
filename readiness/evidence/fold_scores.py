"""What does a refit score? The primary metric on rows of the training table, or on rows that all refits share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.evidence.candidates import Scores
from readiness.evidence.evidence import Evidence, Training
from readiness.statistics.cases import Cases
from readiness.statistics.metrics import number


def held_score(evidence: Evidence, rows: NDArray[np.int64]) -> Callable[[Scores], float]:
    """A function that takes what was said about these test rows; nan where the metric does not exist."""
    metric, cases = evidence.spec.primary_metric(evidence.task).name, evidence.cases.subset(rows)

    def value(said: Scores) -> float:
        told = replace(cases, y_pred=said.predicted, y_score=said.scores, is_probability=said.is_probability)
        return number(metric, told)

    return value


def fold_score(evidence: Evidence, training: Training) -> Callable[[NDArray[Any], Scores], float]:
    """A function that takes positions of training rows and what was said about them."""
    metric = evidence.spec.primary_metric(evidence.task).name

    def score(rows: NDArray[Any], said: Scores) -> float:
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
