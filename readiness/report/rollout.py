"""Rollout in stages: shares of the traffic, how long at least, how many cases show a fall, and who stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.findings import Question
from readiness.core.format import listed
from readiness.core.keys import Topic
from readiness.report.monitoring.stages import stated_stages
from readiness.report.sentences.language import Language
from readiness.report.sentences.words import section
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
    """A requirement, and how many cases show that what was measured has come down to it."""

    requirement: str
    cases: int
    noun: str


def stages(record: Record) -> tuple[Stage, ...]:
    """The stages of the spec, else the usual three; none for a partial review."""
    if record.only:
        return ()
    language = Language.of(record)
    rollout = section(section(record.gathered.spec, "production"), "rollout")
    planned = stated_stages(record)
    who = str(rollout.get("stopped_by") or "") or "not named"
    stop = _stop_when(record, language, [str(alarm) for alarm in rollout.get("alarms") or ()])
    found = falls(record, language)
    last = len(planned) - 1
    return tuple(
        Stage(f"{100 * share:g}", _least(days, found, is_last=i == last), stop if i == 0 else "as above", who)
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
    told = " ".join(f"{fall.cases:,} {fall.noun} show whether this still holds: {fall.requirement}." for fall in found)
    return f"{told} So many show, 80 times in 100, that what was measured has come down to its limit."


def falls(record: Record, language: Language) -> tuple[Fall, ...]:
    """For each requirement the fewest cases that show a fall to its limit, as the monitoring plan has them."""
    from readiness.report.monitoring.labelled import performance  # loads what computes numbers

    return tuple(
        Fall(language.requirement(signal.finding), signal.cases, signal.noun)
        for signal in performance(record, language)
        if signal.cases is not None and signal.finding is not None and signal.finding.key.kind is Topic.REQUIREMENT
    )


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
