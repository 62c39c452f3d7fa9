"""Which 25 boxes must be checked before go-live, and how does each get its answer?"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from readiness.answers import Outcome, Question, Status

if TYPE_CHECKING:
    from readiness.spec import Attestation


class Source(StrEnum):
    """Where the answer to a box comes from."""

    ANSWER = "answer"
    """From one of the other five answers, filled in when the decision is made."""
    MEASURED = "measured"
    """Measured here where possible, else attested by a named person."""
    ATTESTED = "attested"
    """A named person says so, with evidence."""
    APPROVAL = "approval"
    """Answered by approvals, after the report is signed."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box; `code` is the prefix of the findings of question 6 that belong to it."""

    key: str
    group: str
    title: str
    source: Source
    code: str
    question: Question | None = None


def _answer(key: str, title: str, question: Question) -> Box:
    return Box(key, "Performance", title, Source.ANSWER, "", question)


def _attested(key: str, group: str, title: str) -> Box:
    return Box(key, group, title, Source.ATTESTED, f"PROD-BOX-{key.upper().replace('_', '-')}")


BOXES = (
    Box(
        "training_matches_production", "Data", "Training distribution matches production", Source.MEASURED, "PROD-DRIFT"
    ),
    Box("missing_values", "Data", "Missing values are handled", Source.MEASURED, "PROD-PROBE-MISSING-VALUE"),
    Box(
        "unexpected_categories",
        "Data",
        "Unexpected categories are handled",
        Source.MEASURED,
        "PROD-PROBE-UNSEEN-CATEGORY",
    ),
    Box("outliers", "Data", "Outliers do not crash it", Source.MEASURED, "PROD-PROBE-OUTLIER"),
    _attested("real_pipeline", "Data", "Tested on the real data pipeline, not only on a clean file"),
    _answer("beats_baseline", "Beats the baselines", Question.BASELINE),
    _answer("meets_requirements", "Meets the business requirements", Question.BUSINESS),
    _answer("consistent_segments", "Consistent across segments", Question.SEGMENTS),
    _answer("stable_splits", "Stable across splits", Question.STABILITY),
    _answer("error_cost", "Cost of errors is acceptable", Question.ERRORS),
    Box("latency", "Technical", "Latency", Source.MEASURED, "PROD-LATENCY"),
    Box("model_size", "Technical", "Model size", Source.MEASURED, "PROD-SIZE"),
    Box("memory", "Technical", "Memory", Source.MEASURED, "PROD-MEMORY"),
    Box("throughput", "Technical", "Throughput", Source.MEASURED, "PROD-THROUGHPUT"),
    _attested("graceful_degradation", "Technical", "Degrades gracefully under load"),
    _attested("monitoring", "Operational", "Monitoring is in place"),
    _attested("alert_thresholds", "Operational", "Alert thresholds are set"),
    _attested("rollback_plan", "Operational", "Rollback plan"),
    _attested("ab_test", "Operational", "A/B test is designed"),
    _attested("drift_detection", "Operational", "Drift detection is ready"),
    _attested("bias_audit", "Governance", "Bias and fairness audit"),
    _attested("documentation", "Governance", "Documentation"),
    Box("stakeholder_sign_off", "Governance", "Stakeholder sign-off", Source.APPROVAL, "PROD-BOX-STAKEHOLDER-SIGN-OFF"),
    _attested("legal_review", "Governance", "Legal and compliance review"),
    _attested("model_versioning", "Governance", "Model versioning"),
)
"""All 25, in the order of the report."""

ATTESTABLE = tuple(box.key for box in BOXES if box.source in (Source.MEASURED, Source.ATTESTED))
"""Keys that the spec's `checklist` may name."""


BEFORE_ALL = datetime.date.min
"""A day on which nothing has expired yet."""
EXPIRES_SOON = datetime.timedelta(days=30)
"""How long before its last day an attestation is marked as expiring soon."""


def this_day() -> datetime.date:
    """The day it is, by UTC: the same for everybody who recomputes what had expired."""
    return datetime.datetime.now(datetime.UTC).date()


def attested_outcome(attestation: Attestation | None, day: datetime.date = BEFORE_ALL) -> Outcome:
    """What an attestation in the spec's `checklist` comes to on a day; it still holds on its last one.

    Without a day nothing has expired.
    """
    if attestation is None:
        return Outcome.MISSING
    outcome = _lasting_outcome(attestation)
    has_ended = attestation.valid_until is not None and day > attestation.valid_until
    return Outcome.EXPIRED if has_ended and outcome.status is Status.MET else outcome


def expires_soon(attestation: Attestation, day: datetime.date) -> bool:
    """Whether an attestation that holds on `day` will not hold much longer."""
    return attestation.valid_until is not None and day <= attestation.valid_until <= day + EXPIRES_SOON


def _lasting_outcome(attestation: Attestation) -> Outcome:
    if attestation.not_applicable:
        return Outcome.NOT_APPLICABLE
    if attestation.done is None:
        return Outcome.PENDING
    return Outcome.ATTESTED if attestation.done else Outcome.FAILED
