"""Alternatives to the candidate: trivial guesses, rules, and the model now in production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError, ReadinessError, ScoringError
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import Isolation
from readiness.evidence.cache.cache import CURRENT, Cache
from readiness.evidence.cache.entries import cached_scores
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Alternative
from readiness.evidence.limits import check_threshold
from readiness.evidence.target import Target
from readiness.evidence.validation import numbers, positions
from readiness.evidence.workers.model import start_model
from readiness.evidence.workers.worker import Scores
from readiness.spec.load import LoadedSpec
from readiness.spec.rules import parse_rule
from readiness.spec.schema import PredictionColumns, Rule, Spec
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess

SCORE_THRESHOLD = 0.5
"""Labels from scores alone, when the spec sets no threshold."""
NO_ANSWER = "A row without an answer is an error, and leaving such rows out would hide it."
FILL_IT = "Fill the column with what is done in production where there is no answer."


def trivial(cases: Cases, reference: NDArray[Any] | None) -> tuple[Alternative, ...]:
    """What needs no model: guesses by chance, the largest class or, of two, the smaller; mean and median; random order.

    Class shares, mean and median are those of the training rows (`reference`, coded), else of the test rows.
    """
    if cases.task is Task.RANKING:  # equal scores are in a random order, whose exact expectation is measured
        return (Alternative("random", "a random order", with_predictions(cases, np.zeros(cases.n))),)
    known = cases.y_true if reference is None else reference
    note = "" if reference is not None else "taken from the test rows, as no training table is given"
    if cases.task is Task.REGRESSION:
        values = (("mean", float(np.mean(known))), ("median", float(np.median(known))))
        return tuple(
            Alternative(key, f"always the {key} of the training rows" if not note else f"always the {key}",
                        with_predictions(cases, np.full(cases.n, value)), note)
            for key, value in values
        )  # fmt: skip
    counts = np.bincount(known, minlength=cases.n_classes).astype(float)
    shares = counts / counts.sum()
    largest = np.eye(cases.n_classes)[int(counts.argmax())]
    other = (("minority", "always the smaller class", 1 - largest),) if cases.task is Task.BINARY else ()
    guesses = (
        ("uniform", "a random guess", np.full(cases.n_classes, 1 / cases.n_classes)),
        ("majority", "always the largest class", largest),
        ("stratified", "a random guess in proportion to the classes", shares),
        *other,
    )
    return tuple(
        Alternative(key, name, Guess(tuple(map(float, probabilities))), note if key != "uniform" else "")
        for key, name, probabilities in guesses
    )


def with_predictions(cases: Cases, y_pred: NDArray[Any], scores: Scores | None = None) -> Cases:
    """The same rows with the predictions of another method."""
    proper = scores is not None and scores.is_probability
    return replace(cases, y_pred=y_pred, y_score=None if scores is None else scores.scores, is_probability=proper)


def rules(spec: Spec, frame: pd.DataFrame, cases: Cases, target: Target) -> tuple[Alternative, ...]:
    """The hand-written rules, applied to the same rows.

    Raises:
        DataError: a rule that does not fit the columns or the classes.
    """
    return tuple(
        Alternative(f"rule-{k}", rule.name, with_predictions(cases, _apply_rule(rule, frame, target)))
        for k, rule in enumerate(spec.baseline.rules, 1)
    )


def _apply_rule(rule: Rule, frame: pd.DataFrame, target: Target) -> NDArray[Any]:
    where = f"The rule {rule.name!r}"
    if rule.column is not None:
        return _code_labels(frame[rule.column], target, where)
    assert rule.when is not None
    condition = parse_rule(rule.when)
    holds = condition.evaluate({name: frame[name] for name in condition.columns})
    yes, no = _consequences(rule, target)
    return np.asarray(np.where(holds, yes, no))


def _consequences(rule: Rule, target: Target) -> tuple[Any, Any]:
    """Predictions where the rule holds and where it does not; binary: positive and negative unless it says else."""
    default: tuple[Any, Any] = (target.classes[1], target.classes[0]) if target.task is Task.BINARY else (None, None)
    labels = [
        rule.then if rule.then is not None else default[0],
        rule.otherwise if rule.otherwise is not None else default[1],
    ]
    series = pd.Series(labels, dtype=object if target.task.has_classes else np.float64)
    coded = target.coded(series, f"The rule {rule.name!r}")
    return coded[0], coded[1]


def _code_labels(column: pd.Series[Any], target: Target, where: str) -> NDArray[Any]:
    coded = target.coded(column, f"{where}, column {column.name!r},")
    missing = coded < 0 if target.task.has_classes else np.isnan(coded)
    if missing.any():
        raise DataError(
            f"{where}: the column {column.name!r} lacks a prediction for {int(missing.sum()):,} scored rows.",
            remedy=f"{NO_ANSWER} {FILL_IT}",
        )
    return coded


@dataclass(frozen=True, slots=True)
class Current:
    """The model in production."""

    alternatives: tuple[Alternative, ...] = ()
    """One, where the spec names one."""
    ran: tuple[Isolation, ...] = ()
    """How it was kept apart, where it was started."""


NO_MODEL = Current()


def current(
    loaded: LoadedSpec, frame: pd.DataFrame, features: Sequence[str], cases: Cases, target: Target, cache: Cache
) -> Current:
    """The model in production, scored on the same rows; what fails is *not assessed*, not fatal."""
    spec = loaded.spec.baseline.current
    if spec is None:
        return NO_MODEL
    ran: tuple[Isolation, ...] = ()
    try:
        if spec.predictions is not None:
            scores = from_columns(spec.predictions, frame, target, spec.threshold)
        else:
            model = start_model(loaded, spec)
            ran = (model.isolation,)
            candidate = Candidate.of(
                model.worker, features, task=target.task, classes=target.classes, threshold=spec.threshold,
                seed=loaded.spec.seed, query=loaded.spec.data.query,
            )  # fmt: skip
            scores = cached_scores(cache.for_model(spec, model, candidate), CURRENT, candidate, frame)
        check_threshold(spec.threshold, "baseline.current.threshold", is_probability=scores.is_probability)
    except ReadinessError as error:
        return Current((Alternative("current", spec.name, Missing(error.message, error.remedy)),), ran)
    return Current((Alternative("current", spec.name, with_predictions(cases, scores.predicted, scores)),), ran)


def from_columns(spec: PredictionColumns, frame: pd.DataFrame, target: Target, threshold: float | None) -> Scores:
    """Ready-made predictions from columns of the test table.

    Raises:
        DataError: labels that are not in the class list; scores that are missing, infinite or not numbers.
    """
    if not target.task.has_classes:
        column = spec.label or spec.score
        assert isinstance(column, str)
        return Scores(_column(frame, column), method="columns")
    scores, proper = _scores(spec, frame, target)
    if spec.label is not None and threshold is None:
        predicted = _code_labels(frame[spec.label], target, "model.predictions.label")
    elif target.task is Task.BINARY:
        assert scores is not None
        predicted = (scores >= (SCORE_THRESHOLD if threshold is None else threshold)).astype(np.int64)
    else:
        assert scores is not None
        predicted = scores.argmax(axis=1)
    return Scores(predicted, scores, proper, target.classes, "columns")


def _column(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """The numbers of a column that was made elsewhere; what is wrong with it is wrong with the table."""
    try:
        return numbers(frame[name].to_numpy(), len(frame), f"The column {name!r}")
    except ScoringError as error:
        raise DataError(
            error.message.replace(" returned ", " holds ", 1),
            remedy=f"Every scored row needs a prediction. {FILL_IT}",
        ) from None


def _scores(spec: PredictionColumns, frame: pd.DataFrame, target: Target) -> tuple[NDArray[np.float64] | None, bool]:
    if spec.score is None:
        return None, False
    if isinstance(spec.score, str):
        scores = _column(frame, spec.score)
        return scores, bool(scores.min() >= 0 and scores.max() <= 1)
    order = positions(list(spec.score), target.classes)
    table = np.zeros((len(frame), len(target.classes)))
    for place, column in zip(order, spec.score.values(), strict=True):
        table[:, place] = _column(frame, column)
    proper = bool(table.min() >= 0 and np.all(np.abs(table.sum(axis=1) - 1) < 1e-3))
    return (table[:, 1] if target.task is Task.BINARY else table), proper
