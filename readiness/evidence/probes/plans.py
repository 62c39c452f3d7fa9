"""How long the candidate is timed: as long as a stated limit is open, else for a moment."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.core.findings import Question
from readiness.core.metrics import QUANTILES, RESPONSE_QUANTILES
from readiness.core.policy import Task
from readiness.evidence.probes.latency import TimeLimit, TimingPlan
from readiness.spec.schema import Spec
from readiness.statistics.call_times import fewest_calls
from readiness.verdict.claims import claims_of


def service_plan(spec: Spec, task: Task) -> TimingPlan:
    """Calls of one caller who waits for each answer."""
    return _plan(spec, task, QUANTILES, chosen="calls" in spec.production.model_fields_set)


def response_plan(spec: Spec, task: Task) -> TimingPlan:
    """Requests at the stated rate."""
    return _plan(spec, task, RESPONSE_QUANTILES)


def told_quantiles(spec: Spec, calls: int) -> dict[str, float]:
    """The percentiles that are told of so many calls: a rare one where a limit asks for it, or it has an interval."""
    enough = fewest_calls(QUANTILES["latency_p999_ms"], (1 - spec.confidence) / 2) <= calls
    limited = {name for name in QUANTILES if getattr(spec.production, name) is not None}
    limited |= {wanted.metric for wanted in spec.business.requirements}
    return {name: q for name, q in QUANTILES.items() if q <= 0.99 or enough or name in limited}


def _plan(spec: Spec, task: Task, quantiles: Mapping[str, float], *, chosen: bool = False) -> TimingPlan:
    """Limits of question 6, and of requirements of the business, whose *not met* shares its error with other claims."""
    production = spec.production
    stated = [(name, getattr(production, name)) for name in quantiles]
    stated += [(wanted.metric, wanted.limit) for wanted in spec.business.requirements if wanted.metric in quantiles]
    limits = tuple(TimeLimit(quantiles[name], float(limit)) for name, limit in stated if limit is not None)
    if production.measured_on == "shared":  # times are shown there, and decide nothing
        limits = ()
    demanded = claims_of(spec, task)
    claims = max(len(demanded.of(question)) for question in (Question.BUSINESS, Question.PRODUCTION))
    return TimingPlan(
        production.calls,
        production.call_seconds,
        limits,
        spec.alpha,
        spec.alpha / max(1, claims),
        spec.confidence,
        chosen,
    )
