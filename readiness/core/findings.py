"""Estimates, criteria, findings and the one function that judges: what is a yes.

Four statuses and no more. Only *met* counts as a yes; a warning is a label on a finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from readiness.core.counterexamples import Counterexample
from readiness.core.keys import FindingKey as FindingKey
from readiness.core.keys import Question as Question
from readiness.core.keys import Topic, key_of

SIGNIFICANT_DIGITS = 10
"""Bounds are rounded to this many digits before judging, so that anyone recomputes the same status; estimates, too."""


class Status(StrEnum):
    """What is known about one claim."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_PROVEN = "not_proven"
    NOT_ASSESSED = "not_assessed"

    @property
    def words(self) -> str:
        """The status as people read it: "not met"."""
        return self.value.replace("_", " ")


class Outcome(StrEnum):
    """What came of something that is observed or attested rather than measured on a scale."""

    PASSED = "passed"
    ACCEPTED_ERROR = "accepted_error"
    """A clean error where the spec says that a clean error will do."""
    ATTESTED = "attested"
    NOT_APPLICABLE = "not_applicable"
    FAILED = "failed"
    PENDING = "pending"
    EXPIRED = "expired"
    MISSING = "missing"
    UNAVAILABLE = "unavailable"
    """It could not be looked at; the reason says why."""

    @property
    def status(self) -> Status:
        """The status that this outcome means."""
        if self in _GOOD_OUTCOMES:
            return Status.MET
        return Status.NOT_MET if self is Outcome.FAILED else Status.NOT_ASSESSED


_GOOD_OUTCOMES = frozenset({Outcome.PASSED, Outcome.ACCEPTED_ERROR, Outcome.ATTESTED, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with what is known of its uncertainty."""

    value: float
    low: float | None
    """Lower end of the two-sided interval; None is "no limit can be given"."""
    high: float | None
    level: float
    """Confidence of the interval, 0 < level < 1; 1 for exact quantities."""
    n: int
    """Size of the denominator that the number rests on."""
    unit: str = ""
    method: str = ""


class Recomputable(StrEnum):
    """From what anybody can compute bounds once more."""

    COUNTS = "counts"
    """From counts of rows that stand in the record."""
    EVIDENCE = "evidence"
    """From the kept scores of the test rows, not from the record alone."""
    NO = "no"
    """Only by measuring again: clock readings, refits, files, metrics of the user's own."""


@dataclass(frozen=True, slots=True)
class Basis:
    """From which numbers a measured value, its interval and its bounds follow, and by which formula."""

    form: str
    """One of the formulas of `statistics.basis`: "share"."""
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    """By name, such as successes and n of a share; None is "without end"."""
    parts: tuple[Basis, ...] = ()
    """The numbers that are put together: the shares inside and outside a segment."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is compared with a threshold: one-sided limits, already rounded."""

    lower: float | None
    """None is "no lower limit can be given"."""
    upper: float | None
    alpha: float
    """Allowed chance of a wrong *met*."""
    method: str = ""
    adjustment: str = "none"
    """How the side that says *not met* was adjusted for many claims."""
    claims: int = 0
    """By how many claims alpha is divided on that side; 0 where the claim takes no part in the adjustment."""
    recomputable: Recomputable = Recomputable.NO
    basis: Basis | None = None
    """None where no formula on a few numbers gives the bounds."""

    @classmethod
    def rounded(cls, lower: float, upper: float, alpha: float, *, method: str = "", **more: Any) -> Bounds:
        """Bounds from raw limits in [-inf, inf]."""
        return cls(rounded(lower), rounded(upper), alpha, method, **more)

    def alphas(self, criterion: Criterion) -> tuple[float, float]:
        """At which chance of error the lower and the upper limit stand."""
        favourable = self.alpha / max(1, self.claims)
        return (self.alpha, favourable) if criterion.wants_more else (favourable, self.alpha)


def rounded(limit: float) -> float | None:
    """To the digits that are recorded; None for what is not finite."""
    return float(f"{limit:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(limit) else None


@dataclass(frozen=True, slots=True)
class Criterion:
    """The bar, and who set it."""

    op: str
    """One of > >= < <=."""
    threshold: float
    unit: str = ""
    source: str = "default"
    """"default", or the spec key that set it."""
    refuted_beyond: float | None = None
    """Where *not met* begins, if that is another value than the threshold."""
    refutable: bool = True
    """False: falling short is *not proven*, never *not met*."""
    presumed: bool = False
    """True: holds unless the opposite is proven. Only for what is asked of the rows themselves (`EVID-…`), never of the
    candidate: there a yes takes proof."""

    def __post_init__(self) -> None:
        if self.op not in _COMPARE:
            raise ValueError(f"op is {self.op!r}; expected one of {', '.join(_COMPARE)}")

    @property
    def wants_more(self) -> bool:
        """Whether larger is better."""
        return self.op in (">", ">=")

    def holds(self, value: float) -> bool:
        """Whether a plain number satisfies the criterion."""
        return _COMPARE[self.op](value, self.threshold)

    def refuted_by(self, limit: float) -> bool:
        """Whether the most favourable limit is on the wrong side."""
        bar = self.threshold if self.refuted_beyond is None else self.refuted_beyond
        return not _COMPARE[self.op](limit, bar)


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is to be shown of the candidate, before anything is measured; or a fact, without a bar.

    What a spec demands is listed in one place: `verdict.claims`.
    """

    key: FindingKey
    name: str
    """In words, as the report calls it."""
    criterion: Criterion | None = None
    """The bar; None where an outcome decides, such as that of a probe, and for a fact."""
    blocking: bool = True
    """False: shown, not judged."""
    needs: str = ""
    """What would settle it, as far as the spec alone tells."""
    source: str = ""
    """The place in the spec that demands it, as people write it: "business.requirements, number 2"."""
    owner: str = ""
    """Who answers for the bar, by the spec; empty: nobody but the owner of the model."""
    instead: tuple[FindingKey, ...] = ()
    """What may stand in for it as *not assessed*: why it could not be measured at all."""
    lacking: str = ""
    """Why nothing can be shown: the spec states no bar; empty where it does."""

    def __post_init__(self) -> None:
        given: Any = self.key  # a cell of the user's own may give the text of its code
        if isinstance(given, str):
            object.__setattr__(self, "key", key_of(given))

    @property
    def code(self) -> str:
        """The code of the key."""
        return self.key.code

    def with_name(self, name: str) -> Claim:
        """The same claim in the words of the data."""
        return replace(self, name=name)


def adjustment_words(criterion: Criterion, alpha: float, claims: int) -> str:
    """How the side that says *not met* was adjusted: "Holm: upper limit at 0.0125, 4 claims"."""
    if claims < 2:
        return "none"
    side = "upper" if criterion.wants_more else "lower"
    return f"Holm: {side} limit at {alpha / claims:.3g}, {claims} claims"


class Origin(StrEnum):
    """Where a finding comes from."""

    HERE = "here"
    """Measured, or looked at, by this review."""
    SUPPLIED = "supplied"
    """Measured elsewhere; the spec states the number and its source."""
    OWN = "own"
    """From a cell of the user's own."""


class Flag(StrEnum):
    """What else is known of a finding."""

    TOO_SMALL = "too_small"
    """There are too few rows for a *met*."""
    UNCERTAIN = "uncertain"
    """A real difference that is not proven to exceed the limit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim with its evidence."""

    key: FindingKey = field(metadata={"hidden": True})
    name: str
    status: Status
    blocking: bool = True
    """False: shown, not judged."""
    metric: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    measured: Estimate | None = None
    bounds: Bounds | None = None
    criterion: Criterion | None = None
    outcome: Outcome | None = None
    withheld: str = ""
    """Why this finding cannot be *met*, whatever its bounds say; empty when it can."""
    reason: str = ""
    needs: str = ""
    """What would settle a finding that is *not proven* or *not assessed*."""
    warning: str = ""
    measured_time: bool = False
    """True: the number is a clock reading and differs from run to run."""
    origin: Origin = Origin.HERE
    flags: tuple[Flag, ...] = ()
    withheld_by: tuple[str, ...] = ()
    """Kinds of doubt about the rows that keep the finding from being *met*."""
    example: Counterexample | None = None
    """The smallest input that shows what is not as it should be; None where nothing is, or no single row shows it."""
    code: str = field(init=False)
    """How people quote it: the code of the key, stable between versions."""

    def __post_init__(self) -> None:
        given: Any = self.key  # a cell of the user's own may give the text of its code
        if isinstance(given, str):
            object.__setattr__(self, "key", key_of(given))
        if self.key.kind is Topic.OWN:
            object.__setattr__(self, "origin", Origin.OWN)
        object.__setattr__(self, "code", self.key.code)

    @property
    def point_status(self) -> Status:
        """What the point rule says: the measured value against the threshold, chance ignored."""
        if self.measured is None or self.criterion is None:
            return self.status
        return Status.MET if self.criterion.holds(self.measured.value) else Status.NOT_MET


def judge(bounds: Bounds, criterion: Criterion, *, withheld: str = "") -> Status:
    """Met when the less favourable limit satisfies the criterion, not met when even the more favourable
    one does not, else not proven. A missing limit proves nothing on its side. What is presumed is met unless its
    opposite is proven.
    """
    bad, good = (bounds.lower, bounds.upper) if criterion.wants_more else (bounds.upper, bounds.lower)
    if good is not None and criterion.refutable and criterion.refuted_by(good):
        return Status.NOT_MET
    if criterion.presumed:
        is_free = good is not None and not criterion.refuted_by(good) and not withheld
        return Status.MET if is_free else Status.NOT_PROVEN
    if bad is not None and criterion.holds(bad) and not withheld:
        return Status.MET
    return Status.NOT_PROVEN


def recompute(finding: Finding) -> Status:
    """The status that follows from what the finding holds; equal to its own, or the finding is false."""
    if finding.bounds is not None and finding.criterion is not None:
        return judge(finding.bounds, finding.criterion, withheld=finding.withheld)
    if finding.outcome is not None:
        return finding.outcome.status
    return Status.NOT_ASSESSED


def not_assessed(key: FindingKey, name: str, reason: str, *, needs: str = "", **more: Any) -> Finding:
    """A finding about something that nobody could look at."""
    return Finding(key, name, Status.NOT_ASSESSED, reason=reason, needs=needs, **more)


def not_stated(claim: Claim, **more: Any) -> Finding:
    """The finding about a claim for which the spec states no bar."""
    return not_assessed(claim.key, claim.name, claim.lacking, needs=claim.needs, **more)


def left_out_code(question: Question) -> str:
    """The code of the finding that says: a partial review does not ask this question."""
    return Topic.LEFT_OUT.key(question=question).code


def overall(findings: tuple[Finding, ...]) -> Status:
    """The status of a question: the worst of its blocking findings; none at all is *not assessed*."""
    statuses = {finding.status for finding in findings if finding.blocking}
    if Status.NOT_MET in statuses:
        return Status.NOT_MET
    if not statuses or Status.NOT_ASSESSED in statuses:
        return Status.NOT_ASSESSED
    return Status.NOT_PROVEN if Status.NOT_PROVEN in statuses else Status.MET


@dataclass(frozen=True, slots=True)
class Answer:
    """The findings of one question, as they are measured, shown, recorded and read back."""

    question: Question
    findings: tuple[Finding, ...]
    tables: Mapping[str, Any] = field(default_factory=dict, compare=False, metadata={"recorded": False})
    """What figures draw besides the findings: neither recorded nor signed."""
    status: Status = field(init=False)
    """*Met* only when every blocking finding is. It stands in the record for its readers, and reading one that says
    otherwise than its findings fails."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", overall(self.findings))

    def plus(self, *findings: Finding) -> Answer:
        """The same answer with more findings."""
        return replace(self, findings=(*self.findings, *findings))
