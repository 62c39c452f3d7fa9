"""Rollout in stages: shares of the traffic, how long at least, how many cases show a fall, and who stops it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from readiness.core.findings import Finding, Question
from readiness.core.format import listed
from readiness.core.keys import Topic
from readiness.core.policy import ROLLOUT
from readiness.report.sentences.counts import hits_of_finding
from readiness.report.sentences.gains import class_of_requirement
from readiness.report.sentences.language import Language
from readiness.report.sentences.numbers import percent
from readiness.report.sentences.phrases import counting
from readiness.report.sentences.words import number, section
from readiness.verdict.record import Record

_MOST_LIMITS = 3
"""Limits that are named in a stage; the others stand in section 2."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, in words."""

    percent: str
    """Share of the traffic in per cent, as text: "5"."""
    least: str
    """How long and how many at least: "7 days and 130 frauds"; what nobody states is said."""
    stop_when: str
    who: str


@dataclass(frozen=True, slots=True)
class Fall:
    """A requirement, and how many cases would show that it no longer holds."""

    requirement: str
    cases: int
    noun: str
    fallen: str
    """The value to which it would have fallen: "72 %"."""


def stages(record: Record) -> tuple[Stage, ...]:
    """The stages of the spec, else the usual three; none for a partial review."""
    if record.only:
        return ()
    language = Language.of(record)
    rollout = section(section(record.gathered.spec, "production"), "rollout")
    given = [part for part in rollout.get("stages") or () if isinstance(part, Mapping)]
    planned = [(100 * (number(part.get("share")) or 0), number(part.get("days"))) for part in given]
    planned = planned or [(float(share), None) for share in ROLLOUT]
    who = str(rollout.get("stopped_by") or "") or "not named"
    stop = _stop_when(record, language, [str(alarm) for alarm in rollout.get("alarms") or ()])
    found = falls(record, language)
    last = len(planned) - 1
    return tuple(
        Stage(f"{share:g}", _least(days, found, is_last=i == last), stop if i == 0 else "as above", who)
        for i, (share, days) in enumerate(planned)
    )


def title(count: int) -> str:
    """What so many stages are called together: "release in three stages", "release at once" where there is one."""
    if count == 1:
        return "release at once"
    return f"release in {_COUNTS.get(count, str(count))} stages"


_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def note(record: Record) -> str:
    """What the numbers of cases mean; empty where there are none."""
    found = falls(record, Language.of(record))
    if not found:
        return ""
    told = " ".join(
        f"{fall.cases:,} {fall.noun} show a change to {fall.fallen} (required: {fall.requirement})." for fall in found
    )
    return (
        "These are the fewest cases that would show, 80 times in 100, that a requirement no longer holds. "
        f"The value is taken to go as far beyond the limit as it stands on its good side now. {told}"
    )


def falls(record: Record, language: Language) -> tuple[Fall, ...]:
    """For each requirement on a share of counted cases the fewest that would show a fall below it.

    The fall is as deep below the limit as the measured value lies on its good side, and is shown by an exact one-sided
    limit with the review's confidence, 80 times in 100; see `statistics.sample_size.proportion_rows`.
    """
    found = (_fall(f, language) for f in record.answer(Question.BUSINESS).findings if f.key.kind is Topic.REQUIREMENT)
    return tuple(fall for fall in found if fall is not None)


def _fall(finding: Finding, language: Language) -> Fall | None:
    from readiness.statistics.sample_size import proportion_rows  # loads what computes numbers

    criterion, bounds = finding.criterion, finding.bounds
    of_class = class_of_requirement(language.words, finding)
    hits, how = hits_of_finding(finding), counting(language.words, finding.metric, of_class)
    if criterion is None or bounds is None or finding.measured is None or hits is None or how is None:
        return None
    value, bar = finding.measured.value, criterion.threshold
    fallen = 2 * bar - value
    if not criterion.holds(value) or not 0 < bar < 1 or not 0 < fallen < 1 or fallen == bar:
        return None
    # a share that fell is shown by its failures, which then are more frequent than the limit allows
    truth, limit = (1 - fallen, 1 - bar) if criterion.wants_more else (fallen, bar)
    cases = proportion_rows(truth, limit, alpha=bounds.alpha)
    return None if cases is None else Fall(language.requirement(finding), cases, how.noun, percent(fallen, bar))


def _least(days: float | None, found: Sequence[Fall], *, is_last: bool) -> str:
    if is_last:
        return "until the next review"
    counts: dict[str, int] = {}
    for fall in found:
        counts[fall.noun] = max(fall.cases, counts.get(fall.noun, 0))
    time = "a time that is not stated" if days is None else f"{days:g} day{'' if days == 1 else 's'}"
    return listed([time, *(f"{cases:,} {noun}" for noun, cases in counts.items())], most=4)


def _stop_when(record: Record, language: Language, alarms: Sequence[str]) -> str:
    limits = [
        language.requirement(finding)
        for finding in record.answer(Question.BUSINESS).findings
        if finding.key.kind is Topic.REQUIREMENT
    ]
    held = "; ".join(limits[:_MOST_LIMITS])
    more = f"; {len(limits) - _MOST_LIMITS} more of question 2" if len(limits) > _MOST_LIMITS else ""
    return "; ".join(filter(None, (f"{held}{more}", *alarms))) or "not stated"


__all__ = ["Fall", "Stage", "falls", "note", "stages", "title"]
