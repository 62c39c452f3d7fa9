"""Claims that rest on what was measured elsewhere, judged by the same rules; every one says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from readiness.core.findings import Finding, Origin, Question, not_assessed
from readiness.core.format import format_value
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.evidence.evidence import Evidence
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.refits import Refits
from readiness.spec.schema import FIGURES, NOT_HERE, Spec, Stability
from readiness.statistics.estimators import Metric, measure
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import Measurement

NOT_OF_IT = "these are not refits of this candidate on nearly all rows, or their rows are out of order"
SEEN = "they predict rows that they had seen, or the training rows are of another kind than the test rows"
CHECK = "check that refits of this candidate predicted each training row without having seen it, in the table's order"


def mark_supplied(claim: Measurement, source: str) -> Measurement:
    """The claim with its label and its source; as it is when `source` is empty. The same log gives the same numbers
    in each run, so a supplied time is no clock reading of this one.
    """
    if not source:
        return claim
    said = [claim.reason.rstrip(". "), f"{NOT_HERE}: {source}"]
    label = [claim.warning, NOT_HERE]
    return replace(
        claim,
        reason="; ".join(filter(None, said)),
        warning="; ".join(filter(None, label)),
        measured_time=False,
        origin=Origin.SUPPLIED,
    )


def doubt_of(evidence: Evidence, criteria: Stability, metric: Metric, mean: Inference | Missing, refits: Refits) -> str:
    """Why supplied refits cannot carry a yes; empty when they can, or were made here.

    Refits learn from fewer rows, so an average somewhat below what the candidate scores on the test rows is normal.
    But the corrected interval of the average (Nadeau and Bengio 2003) and the interval of the test value must come
    within `stability.half_width` of each other: points for shares, else a share of the test value. Above the
    test value there may be little room, so shares must not be less than half as far from perfect either.
    """
    if not refits.source:
        return ""
    tested = measure(metric.name, evidence.cases)
    if isinstance(mean, Missing) or isinstance(tested, Missing):
        return refits.doubt
    cause = _too_far(mean, tested, metric, criteria.half_width, evidence.spec.confidence)
    told = f"the folds average {_in(metric, mean)}, and the candidate scores {_in(metric, tested)} on the test rows"
    return "; ".join(filter(None, [refits.doubt, f"{told}: {cause}" if cause else ""]))


def _too_far(mean: Inference, tested: Inference, metric: Metric, width: float, level: float) -> str:
    """What it means that the average lies where no refits of the candidate would; empty when it does not."""
    (low, high), (least, most) = mean.interval(level), tested.interval(level)
    if not metric.greater_is_better:  # so that more is better
        (low, high), (least, most) = (-high, -low), (-most, -least)
    tolerance = width if metric.is_share else width * abs(tested.value)
    beyond = f"the intervals lie more than {format_value(tolerance, metric.unit)} apart"
    if least - high > tolerance:
        return f"{NOT_OF_IT} ({beyond})"
    if low - most > tolerance:
        return f"{SEEN} ({beyond})"
    perfect = float(metric.greater_is_better)
    if metric.is_share and perfect - low < (perfect - most) / 2:
        return f"{SEEN} (the folds are less than half as far from perfect)"
    return ""


def _in(metric: Metric, found: Inference) -> str:
    return format_value(found.value, metric.unit)


def with_doubt(claim: Measurement, doubt: str) -> Measurement:
    """The claim, which a doubt keeps from being *met*; as it is without one."""
    if not doubt:
        return claim
    withheld, reason = ("; ".join(filter(None, (said.rstrip(". "), doubt))) for said in (claim.withheld, claim.reason))
    return replace(claim, withheld=withheld, reason=reason, needs=CHECK)


def supplied_probe(spec: Spec, name: str) -> ProbeResult | None:
    """What came of a probe elsewhere; None when the spec says nothing of it."""
    given = {str(key): probe for key, probe in spec.supplied.probes.items()}.get(name)
    if given is None:
        return None
    return ProbeResult(name, "passed" if given.passed else "failed", f"{NOT_HERE}: {given.source}")


def unused_refits(evidence: Evidence) -> tuple[Finding, ...]:
    """The note that supplied refits are not judged, as refits were made here."""
    given, refits = evidence.spec.supplied, evidence.refits
    if not isinstance(refits, Refits) or refits.source:
        return ()
    keys = [key for key in ("folds", "seeds") if getattr(given, key) is not None]
    return _unused(Question.STABILITY, keys)


def unused_measures(evidence: Evidence) -> tuple[Finding, ...]:
    """The note that supplied figures and probes are not judged, as the same was measured here."""
    given, measures = evidence.spec.supplied, evidence.technical.measures
    here = {name for name, found in measures.items() if not isinstance(found, Missing)}
    here -= set(evidence.technical.sources)
    keys = [name for name in FIGURES if getattr(given, name) is not None and name in here]
    if given.latency is not None and any(name.startswith("latency_") for name in here):
        keys.insert(0, "latency")
    if not isinstance(evidence.probes, Missing):
        tried = {result.name for result in evidence.probes if result.outcome != "unavailable"}
        keys += [f"probes.{name}" for name in given.probes if name in tried]
    return _unused(Question.PRODUCTION, keys)


def _unused(question: Question, keys: Sequence[str]) -> tuple[Finding, ...]:
    if not keys:
        return ()
    named = ", ".join(f"supplied.{key}" for key in keys)
    why = f"{named}: the same was measured here, and a measurement made here comes first"
    name = "Supplied figures that are not looked at"
    return (not_assessed(Topic.SUPPLIED_UNUSED.key(question=question), name, why, blocking=False),)
