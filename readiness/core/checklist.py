"""The 25 boxes that must be checked before go-live, and how each gets its answer."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from readiness.core.files import Artifact, Role
from readiness.core.findings import Outcome, Question
from readiness.core.keys import FindingKey, Topic


class Attested(Protocol):
    """What a named person says of a box, as the spec has it."""

    @property
    def done(self) -> bool | None:
        """True when it is done; None when nobody has said."""

    @property
    def by(self) -> str:
        """Who says so."""

    @property
    def on(self) -> datetime.date | None:
        """When it was said."""

    @property
    def evidence(self) -> str:
        """Where that can be seen: a path beside the spec, or a web address."""

    @property
    def valid_until(self) -> datetime.date | None:
        """The last day on which it holds."""

    @property
    def not_applicable(self) -> str:
        """Why the box does not apply, in place of `done`."""


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
    """One box, and which findings of question 6 belong to it."""

    key: str
    group: str
    title: str
    source: Source
    topics: tuple[Topic, ...] = ()
    """What its findings are about; none where another answer fills it in."""
    subject: str = ""
    """The one probe, or the box itself, that they are about."""
    question: Question | None = None

    def holds(self, key: FindingKey) -> bool:
        """Whether a finding belongs to the box."""
        return key.kind in self.topics and self.subject in ("", *key.subject)

    @property
    def finding(self) -> FindingKey | None:
        """The key of its one finding; None where there may be several."""
        return self.topics[0].key(self.subject) if self.subject else None

    @property
    def code(self) -> str:
        """The code of its one finding; empty where there may be several."""
        return "" if self.finding is None else self.finding.code


def _answer(key: str, title: str, question: Question) -> Box:
    return Box(key, "Performance", title, Source.ANSWER, question=question)


def _attested_box(key: str, group: str, title: str) -> Box:
    return Box(key, group, title, Source.ATTESTED, (Topic.BOX,), key)


def _probed_box(key: str, title: str, probe: str) -> Box:
    return Box(key, "Data", title, Source.MEASURED, (Topic.PROBE,), probe)


BOXES = (
    Box(
        "training_matches_production",
        "Data",
        "Training distribution matches production",
        Source.MEASURED,
        (Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS),
    ),
    _probed_box("missing_values", "Missing values are handled", "missing_value"),
    _probed_box("unexpected_categories", "Unexpected categories are handled", "unseen_category"),
    _probed_box("outliers", "Outliers do not crash it", "outlier"),
    _attested_box("real_pipeline", "Data", "Tested on the real data pipeline, not only on a clean file"),
    _answer("beats_baseline", "Beats the baselines", Question.BASELINE),
    _answer("meets_requirements", "Meets the business requirements", Question.BUSINESS),
    _answer("consistent_segments", "Consistent across segments", Question.SEGMENTS),
    _answer("stable_splits", "Stable across splits", Question.STABILITY),
    _answer("error_cost", "Cost of errors is acceptable", Question.ERRORS),
    Box(
        "latency",
        "Technical",
        "Latency",
        Source.MEASURED,
        (
            Topic.LATENCY_LIMIT,
            Topic.LATENCY_P50,
            Topic.LATENCY_P95,
            Topic.LATENCY_P99,
            Topic.LATENCY_P999,
            Topic.LATENCY_COLD,
            Topic.LATENCY_P50_SHARED,
            Topic.LATENCY_P95_SHARED,
            Topic.LATENCY_P99_SHARED,
            Topic.LATENCY_P999_SHARED,
            Topic.RESPONSE_P95,
            Topic.RESPONSE_P99,
            Topic.CLOCKS,
        ),
    ),
    Box(
        "model_size", "Technical", "Model size", Source.MEASURED, (Topic.SIZE_LIMIT, Topic.SIZE, Topic.SIZE_COMPRESSED)
    ),
    Box(
        "memory",
        "Technical",
        "Memory",
        Source.MEASURED,
        (Topic.MEMORY_LIMIT, Topic.MEMORY, Topic.MEMORY_OF_MODEL, Topic.MEMORY_TO_LOAD, Topic.MEMORY_GROWTH),
    ),
    Box(
        "throughput",
        "Technical",
        "Throughput",
        Source.MEASURED,
        (
            Topic.THROUGHPUT_LIMIT,
            Topic.THROUGHPUT,
            Topic.THROUGHPUT_OF_BATCH,
            Topic.THROUGHPUT_OF_WORKERS,
            Topic.THROUGHPUT_SHARED,
        ),
    ),
    _attested_box("graceful_degradation", "Technical", "Degrades gracefully under load"),
    _attested_box("monitoring", "Operational", "Monitoring is in place"),
    _attested_box("alert_thresholds", "Operational", "Alert thresholds are set"),
    _attested_box("rollback_plan", "Operational", "Rollback plan"),
    _attested_box("ab_test", "Operational", "A/B test is designed"),
    _attested_box("drift_detection", "Operational", "Drift detection is ready"),
    _attested_box("bias_audit", "Governance", "Bias and fairness audit"),
    _attested_box("documentation", "Governance", "Documentation"),
    Box(
        "stakeholder_sign_off",
        "Governance",
        "Stakeholder sign-off",
        Source.APPROVAL,
        (Topic.BOX,),
        "stakeholder_sign_off",
    ),
    _attested_box("legal_review", "Governance", "Legal and compliance review"),
    _attested_box("model_versioning", "Governance", "Model versioning"),
)
"""All 25, in the order of the report."""
NO_LIMIT = frozenset({Topic.LATENCY_LIMIT, Topic.THROUGHPUT_LIMIT, Topic.SIZE_LIMIT, Topic.MEMORY_LIMIT})
"""What the findings of technical boxes are about for which nobody stated a limit."""

ATTESTABLE = tuple(box.key for box in BOXES if box.source in (Source.MEASURED, Source.ATTESTED))
"""Keys that the spec's `checklist` may name."""


BEFORE_ALL = datetime.date.min
"""Stands for no day: nothing has expired yet, and no date is held against it."""
FIRST_DAY = datetime.date(2000, 1, 1)
"""An earlier date is a slip: no model that is reviewed here was attested before."""
EXPIRES_SOON = datetime.timedelta(days=30)
"""How long before its last day an attestation is marked as expiring soon."""
EARLIEST_ZONE = datetime.timedelta(days=1)
"""Where a day begins first, it is a day later than by UTC for most hours; its date lies in no future."""

NOT_SEEN = "not seen by us"
"""What is said of evidence at a web address: nothing is fetched."""
SHORT_DIGEST = 12

Proofs = Mapping[str, str]
"""SHA-256 of the evidence that is there and is a path, by that path as the spec writes it."""
NO_PROOFS: Proofs = MappingProxyType({})

_ADDRESS = re.compile(r"https?://[^\s/?#.:@][^\s/?#]*(?:[/?#]\S*)?", re.IGNORECASE)
_PATH = re.compile(r"\S*(?:[/\\]\S*|\.[A-Za-z0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an attestation comes to on a day."""

    outcome: Outcome
    reason: str
    """In words: who said so, when, on which evidence; or why that does not count."""
    warning: str = ""


def this_day() -> datetime.date:
    """The day it is, by UTC: the same for everybody who recomputes what had expired."""
    return datetime.datetime.now(datetime.UTC).date()


def is_address(evidence: str) -> bool:
    """Whether evidence is an address of the web, and not a path."""
    return _ADDRESS.fullmatch(evidence.strip()) is not None


def is_like_path(evidence: str) -> bool:
    """Whether evidence reads like the path of a file, and not like a sentence or the name of a ticket."""
    return "://" not in evidence and _PATH.fullmatch(evidence.strip()) is not None


def proofs_among(inputs: Iterable[Artifact]) -> Proofs:
    """The SHA-256 of the evidence among the inputs of a review, by its path as the spec writes it."""
    return {artifact.file: artifact.sha256 for artifact in inputs if artifact.role is Role.EVIDENCE}


def conclusion(attestation: Attested | None, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS) -> Conclusion:
    """What an attestation in the spec's `checklist` comes to on a day; it still holds on its last one.

    What is done counts only with a person, a plausible date, and evidence that is there: a file or folder among
    `proofs`, or a web address, which is marked as not seen. Anything less is missing, which is not a yes.
    """
    if attestation is None:
        return Conclusion(Outcome.MISSING, "nobody has attested it")
    if attestation.valid_until is not None and day > attestation.valid_until and _is_yes(attestation):
        given = _exemption_words(attestation) or f"attested {_by_whom_on_what(attestation, proofs)}"
        return Conclusion(Outcome.EXPIRED, f"{given}; expired on {attestation.valid_until}")
    soon = f"holds only until {last_day(attestation)}" if expires_soon(attestation, day) else ""
    if attestation.not_applicable.strip():
        return Conclusion(Outcome.NOT_APPLICABLE, _exemption_words(attestation), soon)
    if attestation.done is None:
        return Conclusion(Outcome.PENDING, "it is still pending")
    if not attestation.done:
        return Conclusion(Outcome.FAILED, f"attested as not done: {_by_whom_on_what(attestation, proofs)}")
    if faults := tuple(attestation_faults(attestation, day, evidence_fault(attestation.evidence, proofs))):
        return Conclusion(Outcome.MISSING, f"attested {_by_whom(attestation)}; it does not count: {'; '.join(faults)}")
    unseen = f"its evidence is at a web address, {NOT_SEEN}" if is_address(attestation.evidence) else ""
    return Conclusion(Outcome.ATTESTED, _by_whom_on_what(attestation, proofs), "; ".join(filter(None, (unseen, soon))))


def attested_outcome(
    attestation: Attested | None, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> Outcome:
    """The outcome of a box that somebody attested, or nobody; see `conclusion`."""
    return conclusion(attestation, day, proofs).outcome


def last_day(attestation: Attested) -> datetime.date | None:
    """The last day on which an attestation holds: the one it names, else, for what is done, a year after its date."""
    if attestation.valid_until is not None:
        return attestation.valid_until
    if not attestation.done or attestation.on is None or attestation.on.year == datetime.MAXYEAR:
        return None
    on = attestation.on
    leap = (on.month, on.day) == (2, 29)
    return datetime.date(on.year + 1, 3, 1) if leap else on.replace(year=on.year + 1)


def expires_soon(attestation: Attested, day: datetime.date) -> bool:
    """Whether an attestation that holds on `day` will not hold much longer."""
    last = last_day(attestation)
    return day > BEFORE_ALL and last is not None and _is_yes(attestation) and day <= last <= day + EXPIRES_SOON


def date_fault(attestation: Attested, day: datetime.date) -> str:
    """What is wrong with the date of what is attested as done; empty when nothing is."""
    on = attestation.on
    if on is None:
        return "it has no date"
    if on < FIRST_DAY:
        return f"its date {on} lies before {FIRST_DAY}"
    if day == BEFORE_ALL:
        return ""
    if on > day + EARLIEST_ZONE:
        return f"its date {on} lies in the future"
    last = last_day(attestation)
    if attestation.valid_until is None and last is not None and day > last:
        return f"its date {on} is more than a year ago, and it names no valid_until"
    return ""


def evidence_fault(evidence: str, proofs: Proofs) -> str:
    """What is wrong with the evidence of what is attested as done; empty when nothing is."""
    if not evidence.strip():
        return "it names no evidence"
    if is_address(evidence) or proofs.get(evidence):
        return ""
    if is_like_path(evidence):
        return "its evidence was not found beside the spec"
    return "its evidence is neither a file beside the spec nor a web address (https://…)"


def attestation_faults(attestation: Attested, day: datetime.date, of_evidence: str) -> Iterator[str]:
    """Why what is attested as done does not count; `of_evidence` is what is wrong with its evidence."""
    by = "" if attestation.by.strip() else "it names nobody under `by`"
    yield from filter(None, (by, date_fault(attestation, day), of_evidence))


def _is_yes(attestation: Attested) -> bool:
    """Whether it says something good, be it true or not."""
    return bool(attestation.not_applicable.strip()) or attestation.done is True


def _exemption_words(attestation: Attested) -> str:
    said = attestation.not_applicable.strip()
    return f"does not apply: {attestation.not_applicable}" if said else ""


def _by_whom(attestation: Attested) -> str:
    by, on, evidence = attestation.by or "unnamed", attestation.on or "undated", attestation.evidence or "none"
    return f"by {by}, {on}; evidence: {evidence}"


def _by_whom_on_what(attestation: Attested, proofs: Proofs) -> str:
    sha256 = proofs.get(attestation.evidence, "")
    seen = f" (SHA-256 {sha256[:SHORT_DIGEST]})" if sha256 else ""
    return f"{_by_whom(attestation)}{f' ({NOT_SEEN})' if is_address(attestation.evidence) else seen}"
