"""The language of one report: every finding in its title, requirement, measurement and sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from readiness.core.errors import InvalidReport
from readiness.core.findings import Criterion, Estimate, Finding, Flag, Origin, Status
from readiness.core.format import is_exact
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.core.provenance import DataFacts
from readiness.core.withholding import Kind, kind_of
from readiness.report.sentences import gains, groups, losses, steadiness
from readiness.report.sentences.counts import basis_of, flat
from readiness.report.sentences.numbers import Scale, write_alike, write_estimate
from readiness.report.sentences.phrases import Said, counting, direction_words, lower, plain, sentence, upper, with_unit
from readiness.report.sentences.words import Words
from readiness.verdict.record import Record

Teller = Callable[[Words, Finding], Said]
TELLERS: Mapping[Topic, Teller] = {**gains.TELLERS, **groups.TELLERS, **losses.TELLERS, **steadiness.TELLERS}
"""Who puts a finding into phrases, by what it is about; the others are put as a value against its limit."""


@dataclass(frozen=True, slots=True)
class Language:
    """What is said of findings, in the words of one spec."""

    words: Words = field(default_factory=Words)

    @classmethod
    def of(cls, record: Record) -> Language:
        """The language of a record."""
        return cls(Words.of(record))

    @classmethod
    def from_spec(
        cls, spec: Mapping[str, Any], task: Task | None, facts: DataFacts | None, findings: tuple[Finding, ...] = ()
    ) -> Language:
        """The language of a spec as plain values, where there is no record yet; `findings` are those at hand."""
        return cls(Words.from_spec(spec, task, facts, {finding.key: finding for finding in findings}))

    @classmethod
    def over(cls, findings: Sequence[Finding]) -> Language:
        """Plain words, where no spec is at hand; the findings may speak of one another."""
        return cls(Words(findings={finding.key: finding for finding in findings}))

    def said(self, finding: Finding) -> Said:
        """All phrases of a finding."""
        tell = TELLERS.get(finding.key.kind)
        if tell is not None:
            return tell(self.words, finding)
        kind = kind_of(finding.key)
        said = plain(self.words, finding, finding.name)
        return said if kind is None else _doubt(kind, said, finding)

    def title(self, finding: Finding) -> str:
        """What was asked, short: "Frauds found among people of 65 and over"."""
        return self.said(finding).title

    def requirement(self, finding: Finding) -> str:
        """What was required, as it was asked for: "F1 at least 5 % higher than today's model"; empty of a fact."""
        return self.said(finding).asked if _is_asked(finding) else ""

    def bar(self, finding: Finding) -> str:
        """The limit alone, for a column of a table: "at least 80 %"; empty of a fact."""
        return self.said(finding).bar if _is_asked(finding) else ""

    def measured(self, finding: Finding) -> str:
        """What was measured, with its range: "54 points behind (47 to 62)"."""
        return self.said(finding).measured or ("" if finding.measured is not None else finding.status.words)

    def sentence(self, finding: Finding) -> str:
        """One or a few full sentences: counts before rates, then the limit, then what is not proven or withheld."""
        said = self.said(finding)
        if finding.status is Status.NOT_ASSESSED and finding.measured is None:
            unknown = f"whether “{said.title}” holds" if finding.key.kind is Topic.REQUIREMENT else said.title
            fact = said.fact or f"{unknown} is not known"
            return sentence(fact) if finding.outcome is not None or said.fact else sentence(fact, finding.reason)
        opening = said.fact or (f"{said.title}: {said.measured}" if said.measured else said.title)
        return sentence(opening, self._against(finding, said), _supplied(finding))

    def _against(self, finding: Finding, said: Said) -> str:
        """The limit, and where the finding stands to it."""
        if finding.criterion is None:
            return said.against_bar
        bar = said.against_bar or f"{said.bar} is required"
        if not said.bar and not said.against_bar:
            bar = ""
        if not finding.blocking and finding.status is Status.NOT_PROVEN and finding.withheld:
            return f"{bar}. {upper(finding.withheld.rstrip('.'))}" if bar else finding.withheld
        if not finding.blocking or finding.status is not Status.NOT_PROVEN:
            return bar
        if finding.withheld_by:
            doubts = " and ".join(Kind(kind).doubt for kind in finding.withheld_by)
            return f"{bar}, but it does not count yet: {doubts}" if bar else f"it does not count yet: {doubts}"
        if finding.withheld:
            return f"{bar}. {upper(finding.withheld.rstrip('.'))}" if bar else finding.withheld
        if finding.measured is not None and is_exact(finding.measured) and bar:
            return bar
        return f"{bar}; {self._proven(finding, said)}" if bar else self._proven(finding, said)

    def _proven(self, finding: Finding, said: Said) -> str:
        """How far the proof reaches: "the data rule out only values above 50.9"."""
        bounds, criterion, measured = finding.bounds, finding.criterion, finding.measured
        assert criterion is not None
        if bounds is None or measured is None or is_exact(measured):
            return "that is not proven"
        limit = bounds.lower if criterion.wants_more else bounds.upper
        if limit is None or said.against_bar or said.is_directed:
            return "the margin of error reaches beyond it"
        end = 0.0 if criterion.wants_more else 1.0
        if said.scale in (Scale.PERCENT, Scale.POINTS) and (limit <= end if criterion.wants_more else limit >= end):
            return "the data rule nothing out"
        if measured.unit == "ratio" and criterion.wants_more and limit <= 0:
            return "the data rule nothing out"
        text = with_unit(write_alike([limit], said.scale, criterion.threshold)[0], said.scale, said.unit)
        return f"the data rule out only values {'below' if criterion.wants_more else 'above'} {text}"

    def change(self, before: Finding, now: Finding) -> str:
        """What became of a number since another report: "2 points better"; empty where that cannot be said."""
        gain = gain_between(before, now)
        if gain is None or before.measured is None or now.measured is None:
            return ""
        said = self.said(now)
        scale = {Scale.PERCENT: Scale.POINTS, Scale.TIMES: Scale.AMOUNT}.get(said.scale, said.scale)
        if now.key.kind is Topic.LIFT and said.scale is Scale.PERCENT:
            scale = Scale.AMOUNT  # an error less a share of another one: in the unit of the error
        size = Estimate(gain, gain, gain, 1.0, now.measured.n)
        forth, back = ("better", "worse") if now.criterion is not None else ("more", "less")
        return direction_words(size, scale, forth, back, unit=said.unit)

    def failing(self, finding: Finding) -> str:
        """A short sentence for a first line, of what is not met: "It misses most frauds among …"."""
        said = self.said(finding)
        return sentence(said.failing or f"{said.title} misses its limit")

    def to_settle(self, finding: Finding) -> str:
        """What would mend what is not met, or settle what is not proven or not assessed; empty of what is met."""
        if finding.status is Status.MET or not finding.blocking:
            return ""
        said = self.said(finding)
        if finding.withheld_by:
            return sentence(*(upper(Kind(kind).cure) for kind in finding.withheld_by))
        if finding.status is Status.NOT_PROVEN and not finding.withheld:
            return self._more_rows(finding, said)
        if finding.status is Status.NOT_PROVEN and finding.withheld:
            return sentence(*self._too_thin(finding))
        if finding.status is Status.NOT_ASSESSED and finding.key.kind is Topic.REQUIREMENT:
            return sentence(f"Find out whether “{said.title}” holds", finding.reason)
        if finding.status is Status.NOT_ASSESSED and groups.is_alone(self.words, finding):
            return sentence(said.remedy)
        if finding.status is Status.NOT_ASSESSED and finding.key.kind not in _SETTLED_BY_REMEDY:
            return sentence(f"Find out: {lower(said.title)}", finding.reason)
        return sentence(said.remedy or finding.needs or finding.reason)

    def _more_rows(self, finding: Finding, said: Said) -> str:
        """How many rows would have a good chance of proving it, if the true value is what was measured."""
        assert finding.criterion is not None or finding.needs
        measured, criterion = finding.measured, finding.criterion
        if measured is None or criterion is None or is_exact(measured):
            return sentence(said.remedy or finding.needs)
        likely = "Probably met" if criterion.holds(measured.value) else "Probably not met"
        rows = rows_to_settle(finding)
        if rows is None and basis_of(finding) is None and finding.needs:
            return sentence(finding.needs)
        if rows is not None and rows > _OUT_OF_REACH * measured.n:
            return sentence(f"{likely}, but so close to the limit that no number of {self._noun(finding)} within reach "
                            "would prove it")  # fmt: skip
        if rows is None or rows <= measured.n:
            return sentence(f"{likely}. It takes many more {self._noun(finding)} than {measured.n:,} to prove that")
        value = write_estimate(measured, said.scale, criterion.threshold).value if not said.measured else said.value
        return sentence(
            f"{likely}. If the true value is {value}, about {rows:,} {self._noun(finding)} (now {measured.n:,}) "
            "have an 80 % chance of proving it"
        )

    def _noun(self, finding: Finding) -> str:
        """What is counted: queries of a ranking, rows of a class, rows; of a study of people its cases with them."""
        if finding.key.kind is Topic.LIFT and finding.key.part("method") == "human":
            return f"{self._counted(finding)} and cases of the study together"
        return self._counted(finding)

    def _counted(self, finding: Finding) -> str:
        if finding.key.kind is Topic.FAIRNESS and finding.metric in _AMONG_POSITIVES:
            return self.words.positives.many
        if finding.key.kind in _COUNTED_AS:
            return _COUNTED_AS[finding.key.kind]
        known = self.words.known(finding.metric)
        if known is not None and known.denominator in ("queries", "calls", "runs", "requests"):
            return known.denominator
        if self.words.task is Task.MULTICLASS:
            return self.words.row.many
        how = counting(self.words, finding.metric)
        return self.words.row.many if how is None else how.noun

    def _too_thin(self, finding: Finding) -> tuple[str, ...]:
        """Why so few rows carry no yes, and how many would; read from the basis, not from words."""
        where, noun = groups.where_of(self.words, finding), self._noun(finding)
        spot = f"{noun} {where}".rstrip()
        if Flag.TOO_SMALL in finding.flags:
            return (f"Test on more {spot}: too few to tell",)
        basis = basis_of(finding)
        parts = () if basis is None else flat(basis)
        for part in parts:
            skewness, units = part.numbers.get("skewness"), part.numbers.get("units")
            if part.form in SKEWED and skewness is not None and units is not None:
                needed = math.ceil(ROWS_FOR_SKEWNESS * skewness * skewness)
                if units < needed:
                    return (f"Test on about {needed:,} {spot}: of {units:,.0f}, a few decide the average",)
        if any(part.form == IN_GROUPS for part in parts):
            return (f"Test on {spot} of more groups: those at hand come from too few",)
        return (finding.needs or finding.withheld,)


_COUNTED_AS = {Topic.LOAD_ERRORS: "requests", Topic.MEMORY_GROWTH: "calls"}
"""What is counted by numbers that are no metric."""
_AMONG_POSITIVES = frozenset({"equal_opportunity_difference", "equal_opportunity_ratio"})
"""Comparisons of what is found, which rest on rows of the class that is looked for."""
_OUT_OF_REACH = 1_000
"""So many times the rows at hand are not worth naming: the limit is as good as reached."""
SKEWED = frozenset({"t_hall", "t_resampled"})
IN_GROUPS = "share_in_groups"
ROWS_FOR_SKEWNESS = 25
"""Rows needed for each unit of squared skewness (Cochran 1977, section 2.15), as where claims are judged."""


_SETTLED_BY_REMEDY = frozenset({
    Topic.NO_REQUIREMENTS, Topic.NO_SEGMENTS, Topic.SAVINGS, Topic.REFITS, Topic.WINDOWS, Topic.BOX, Topic.FAILED,
    Topic.LEFT_OUT,
    Topic.LATENCY_LIMIT, Topic.THROUGHPUT_LIMIT, Topic.SIZE_LIMIT, Topic.MEMORY_LIMIT,
    Topic.SEGMENT_COVERAGE, Topic.CRITICAL_SEGMENTS, Topic.CLASS_COVERAGE, Topic.CLASS_COST_COVERAGE,
})  # fmt: skip
"""What is not assessed because something was not given, so that giving it settles it."""


def _doubt(kind: Kind, said: Said, finding: Finding) -> Said:
    """A doubt about the rows: what is asked of them, and what would settle it."""
    fact = kind.words.rstrip("?") if finding.status is Status.MET else kind.doubt
    return replace(said, title=kind.words, fact=fact if finding.status is not Status.MET else said.fact,
                   failing=kind.doubt, remedy=upper(kind.cure))  # fmt: skip


def _is_asked(finding: Finding) -> bool:
    return finding.criterion is not None or finding.outcome is not None


def _supplied(finding: Finding) -> str:
    return "this figure was supplied, not measured here" if finding.origin is Origin.SUPPLIED else ""


def gain_between(before: Finding, now: Finding) -> float | None:
    """How much better a number is than before, in its own unit; of a fact how much larger. None where their units or
    their limits' directions differ, or one was not measured.
    """
    if before.measured is None or now.measured is None or before.measured.unit != now.measured.unit:
        return None
    difference = now.measured.value - before.measured.value
    if before.criterion is None or now.criterion is None:
        return difference if before.criterion is now.criterion is None else None
    if before.criterion.wants_more is not now.criterion.wants_more:
        return None
    return difference if now.criterion.wants_more else -difference


def rows_to_settle(finding: Finding) -> int | None:
    """Rows that have an 80 % chance of a proof if the true value is the measured one; None where no number is known.

    The same inference as in the review is made again from its basis, so that plan, record and page say the same number.
    """
    basis, bounds, criterion = basis_of(finding), finding.bounds, finding.criterion
    if basis is None or bounds is None or criterion is None or finding.measured is None:
        return None
    from readiness.statistics.basis import inference_of  # loads what computes numbers
    from readiness.statistics.judge_claims import round_up
    from readiness.statistics.sample_size import rows_needed

    bar, alpha = _bar_and_alpha(criterion, finding.measured.value, bounds.alpha, bounds.claims)
    try:
        rows = rows_needed(inference_of(basis), bar, alpha=alpha)
    except (InvalidReport, ArithmeticError, ValueError):  # a record that nobody has verified may hold any numbers
        return None
    return None if rows is None else round_up(rows)


def _bar_and_alpha(criterion: Criterion, value: float, alpha: float, claims: int) -> tuple[float, float]:
    if criterion.holds(value):
        return criterion.threshold, alpha
    edge = criterion.threshold if criterion.refuted_beyond is None else criterion.refuted_beyond
    return edge, alpha / max(1, claims)
