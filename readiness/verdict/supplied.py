"""Supplied and measured: a record claims as supplied only what the spec supplies, as measured only what could be."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Answer, Finding, Origin, Outcome, Question, Status, rounded
from readiness.core.keys import Topic
from readiness.core.metrics import QUANTILES
from readiness.spec.schema import FIGURES, NOT_HERE, Spec
from readiness.verdict.claims import TOPICS

_METRICS = {topic: metric for metric, topic in TOPICS.items()}
_WITHOUT_MODEL = frozenset({
    Topic.WINDOW, Topic.WINDOWS, Topic.TREND, Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS,
})  # fmt: skip
"""What rests on rows and their predictions alone in questions 5 and 6."""


def false_supplies(answers: Sequence[Answer], spec: Spec, calls: Sequence[float] | None = None) -> tuple[str, ...]:
    """Codes of findings that are labelled as supplied without being so in the spec, or not as the spec has them; and
    of findings that hold a measurement without the label although nothing could be measured here: there is no model
    file, or the clock of a shared machine says little. `calls` are the times of the supplied log, in milliseconds.
    """
    found = [finding for answer in answers for finding in answer.findings]
    labelled = [f for f in found if f.origin is Origin.SUPPLIED]
    unlabelled = [f.code for f in found if (NOT_HERE in f.warning) is not (f.origin is Origin.SUPPLIED)]
    others = [f for f in found if f not in labelled and (f.measured is not None or _is_judged(f))]
    wrong = [f.code for f in labelled if not _agrees(f, spec, calls)]
    unmeasured = [f.code for f in others if _cannot_be_measured(f, spec)]
    return tuple(dict.fromkeys((*unlabelled, *wrong, *unmeasured)))


def _is_judged(finding: Finding) -> bool:
    return finding.blocking and finding.status is not Status.NOT_ASSESSED


def _part(finding: Finding, spec: Spec) -> str:
    """What a finding rests on: "folds", "seeds", "probes.one_row", or a technical metric; empty for anything else."""
    key = finding.key
    if key.kind in (Topic.SEEDS, Topic.SEEDS_CHURN):
        return "seeds"
    if key.question is Question.STABILITY:
        return "folds"
    if key.kind is Topic.PROBE:
        return f"probes.{key.part('probe')}"
    if key.question is Question.BUSINESS:
        required = dict(enumerate((each.metric for each in spec.business.requirements), 1))
        metric = required.get(key.number("requirement"), "")
        return metric if metric in TOPICS else ""
    return _METRICS.get(key.kind, "")


def _agrees(finding: Finding, spec: Spec, calls: Sequence[float] | None) -> bool:
    given, part = spec.supplied, _part(finding, spec)
    if part in ("folds", "seeds"):
        return getattr(given, part) is not None
    if part.startswith("probes."):
        probes = {f"probes.{name}": probe.passed for name, probe in given.probes.items()}
        return part in probes and finding.outcome is (Outcome.PASSED if probes[part] else Outcome.FAILED)
    if not part or not given.source_of(part):
        return False
    if part in FIGURES:
        return _holds_figure(finding, rounded(getattr(given, part).value))
    return calls is not None and _holds_quantile(finding, part, spec, calls)


def _holds_figure(finding: Finding, value: float | None) -> bool:
    """Whether estimate and bounds are the one number that somebody vouches for."""
    told, bounds = finding.measured, finding.bounds
    if told is None or {told.value, told.low, told.high} != {value}:
        return False
    return finding.criterion is None if bounds is None else {bounds.lower, bounds.upper} == {value}


def _holds_quantile(finding: Finding, metric: str, spec: Spec, calls: Sequence[float]) -> bool:
    """Whether estimate and bounds follow from the log: those that decide on *met* exactly, and the other side as far
    as it must lie, for it depends on all claims of the question.
    """
    import numpy as np

    from readiness.statistics.intervals import OrderStatistic

    told, bounds, bar = finding.measured, finding.bounds, finding.criterion
    quantile = OrderStatistic(np.sort(np.asarray(calls, dtype=float)), QUANTILES[metric])
    low, high = (rounded(end) for end in quantile.interval(spec.confidence))
    value = rounded(quantile.value)
    if told is None or (told.value, told.low, told.high, told.n) != (value, low, high, quantile.n):
        return False
    if bounds is None or bar is None:
        return bounds is None and bar is None
    if spec.evidence == "point":
        return (bounds.lower, bounds.upper) == (value, value)
    lower, upper = rounded(quantile.lower(spec.alpha)), rounded(quantile.upper(spec.alpha))
    if bar.wants_more:
        return bounds.lower == lower and _reaches(upper, bounds.upper)
    return bounds.upper == upper and _reaches(bounds.lower, lower)


def _reaches(low: float | None, high: float | None) -> bool:
    """Whether `low` is no higher than `high`; a missing limit is as far out as can be."""
    return low is None or high is None or low <= high


def _cannot_be_measured(finding: Finding, spec: Spec) -> bool:
    part = _part(finding, spec)
    if finding.outcome is Outcome.ATTESTED:
        return part in {f"probes.{name}" for name in spec.supplied.probes} and not spec.model.can_be_asked
    if not spec.model.can_be_asked and (part or _rests_on_model(finding)):
        return finding.key.kind not in _WITHOUT_MODEL
    on_the_clock = part.startswith("latency_") or part == "throughput_per_second"
    return spec.production.measured_on == "shared" and on_the_clock


def _rests_on_model(finding: Finding) -> bool:
    return finding.measured is not None and finding.key.question in (Question.STABILITY, Question.PRODUCTION)
