"""Scores of refits: the primary metric, or a loss for each row, of training rows or of rows that all share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.equal_refits import ROWS, Asked, sample_positions
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.refits import Holdout
from readiness.evidence.workers.worker import Scores
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import number
from readiness.statistics.refit_advantage import dependence_of_losses, guess_error, is_proper, row_losses


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
        return number(metric, _training_cases(evidence, training, rows, said))

    return score


def asked_of_copies(evidence: Evidence, training: Training, rows: NDArray[np.int64], held: Holdout) -> Asked:
    """What clones on all training rows are asked about: these test rows, and as many training rows.

    Raises:
        ValueError: the candidate's own answers have no losses.
    """
    metric = evidence.spec.primary_metric(evidence.task).name
    if evidence.task is not Task.RANKING or metric in evidence.cases.own:
        metric = "ndcg"
    cases, proper = evidence.cases.subset(rows), is_proper(evidence.cases)
    train = sample_positions(len(training.target), ROWS, evidence.spec.seed, training.queries)

    def losses(told: Cases) -> NDArray[np.float64]:
        if proper and not is_proper(told):
            raise ValueError("a copy of the candidate gives no probabilities where the candidate does")
        found = row_losses(told, proper=proper, metric=metric)
        if isinstance(found, Missing):
            raise ValueError(found.reason)
        return found

    def of_test(said: Scores) -> NDArray[np.float64]:
        return losses(replace(cases, y_pred=said.predicted, y_score=said.scores, is_probability=said.is_probability))

    return Asked(
        rows,
        train,
        held,
        of_test,
        lambda said: losses(_training_cases(evidence, training, train, said)),
        losses(cases).astype(np.float32),
        guess_error(cases, proper=proper),
        bounded=evidence.task is Task.REGRESSION,
        dependence=dependence_of_losses(cases, metric),
    )


def _training_cases(evidence: Evidence, training: Training, rows: NDArray[Any], said: Scores) -> Cases:
    return Cases(
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
