"""What would the tests say that people usually report? One McNemar and one DeLong at most for each alternative."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.criteria import Task
from readiness.evidence.evidence import Alternative, Evidence
from readiness.numbers import format_count
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.judging import Claim
from readiness.statistics.reported import delong, delong_p, discordant

MCNEMAR = "exact two-sided McNemar test, 1947"
SMALLEST_P = 1e-4
"""Smaller p-values tell nobody more."""


def reported_tests(evidence: Evidence) -> list[Claim]:
    """Facts for rules and the current model; they need independent rows of equal weight, and labels or scores."""
    if not evidence.cases.is_plain:
        return []
    return [claim for other in evidence.alternatives for claim in _tests(evidence, other)]


def _tests(evidence: Evidence, other: Alternative) -> Iterator[Claim]:
    """Guesses have no rows of their own, so there is nothing to pair."""
    theirs = other.predictions
    if not isinstance(theirs, Cases) or not evidence.task.has_classes:
        return
    yield _mcnemar(evidence, other, theirs)
    if evidence.task is Task.BINARY and evidence.cases.y_score is not None and theirs.y_score is not None:
        yield from _delong(evidence, other, theirs)


def _mcnemar(evidence: Evidence, other: Alternative, theirs: Cases) -> Claim:
    split = discordant(evidence.cases, theirs)
    apart = split.only_candidate + split.only_other
    shown = (
        f"right where {other.name} is wrong: {format_count(split.only_candidate)} rows; "
        f"the other way round: {format_count(split.only_other)} rows ({MCNEMAR})"
    )
    return _fact(
        f"BASE-MCNEMAR-{other.key.upper()}",
        f"Right as often as {other.name}: p-value",
        "p_value",
        Exact(split.p_value, evidence.cases.n, MCNEMAR, MCNEMAR),
        shown if apart else f"both are right on the same rows and wrong on the same rows ({MCNEMAR})",
    )


def _delong(evidence: Evidence, other: Alternative, theirs: Cases) -> Iterator[Claim]:
    difference = delong(evidence.cases, theirs)
    if isinstance(difference, Undefined):
        return
    p = delong_p(difference)
    said = f"{p:.4f}" if p >= SMALLEST_P else f"below {SMALLEST_P:.4f}"
    yield _fact(
        f"BASE-DELONG-{other.key.upper()}",
        f"ROC AUC less that of {other.name}",
        "roc_auc",
        difference,
        f"p-value {said} (paired two-sided DeLong test, 1988)",
    )


def _fact(code: str, name: str, metric: str, inference: Inference, reason: str) -> Claim:
    return Claim(code, name, metric, inference, None, blocking=False, reason=reason)
