"""The monitoring plan of a report: every signal with its window, and the stages of the release with their samples.

It is made from the record alone, so that anybody can make it again from a report that was verified.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from readiness.report.monitoring.inputs import watched
from readiness.report.monitoring.labelled import declared_range, groups, performance
from readiness.report.monitoring.service import UNANSWERED, UNMEASURED, service
from readiness.report.monitoring.signals import Family, Signal
from readiness.report.monitoring.stages import stated_stages
from readiness.report.sentences.language import Language
from readiness.verdict.record import Record


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of the release: how many rows each family of signals takes before the next stage."""

    share: float
    """Of the traffic, above 0 and up to 1."""
    days: float | None
    """At least so long, by the spec; None where it does not say."""
    rows: Mapping[Family, int]
    """Scored rows of a full window."""

    def traffic(self, family: Family) -> int:
        """Rows of all traffic that pass until a window of the stage is full."""
        return math.ceil(self.rows[family] / self.share - 1e-9)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to watch."""

    signals: tuple[Signal, ...]
    stages: tuple[StagePlan, ...]
    is_released: bool
    """Whether the verdict lets the release begin, once it is approved."""
    unwatched: tuple[tuple[str, str], ...] = ()
    """What a plan would usually hold and this one cannot, each with the reason."""
    assumes: tuple[str, ...] = ()

    def of(self, family: Family) -> tuple[Signal, ...]:
        """The signals of one family."""
        return tuple(signal for signal in self.signals if signal.family is family)

    def with_limit(self, family: Family) -> tuple[Signal, ...]:
        """Those of them that have an alarm or a rollback."""
        return tuple(signal for signal in self.of(family) if not signal.why_not)

    def window(self, family: Family) -> int | None:
        """Scored rows that fill the window of every signal of a family; None where nothing of it can be watched."""
        return max((signal.rows for signal in self.with_limit(family) if signal.rows is not None), default=None)


def monitoring_plan(record: Record) -> Plan | None:
    """The plan that follows from a record; None for a partial review, from which nothing follows."""
    if record.only:
        return None
    language = Language.of(record)
    gaps, unlisted = groups(record, language)
    found = watched(record, language)
    signals = (
        *performance(record, language),
        *gaps,
        *(() if found is None else (*found.answers, *found.inputs)),
        *service(record, language),
    )
    rest = tuple(_unwatched(record, signals, unlisted, has_profile=found is not None))
    plan = Plan(signals, (), bool(record.decision.rollout), rest, tuple(_assumptions(record)))
    return replace(plan, stages=_stages(record, plan))


def _stages(record: Record, plan: Plan) -> tuple[StagePlan, ...]:
    windows = {family: rows for family in Family if (rows := plan.window(family)) is not None}
    return tuple(StagePlan(share, days, windows) for share, days in stated_stages(record) if share > 0)


def _unwatched(
    record: Record, signals: Sequence[Signal], unlisted: int, *, has_profile: bool
) -> Iterator[tuple[str, str]]:
    """What a plan would usually hold and this one cannot."""
    have = {signal.family for signal in signals}
    if Family.PERFORMANCE not in have:
        yield "The metric and the requirements", "the report holds none that was measured"
    if Family.GROUPS not in have:
        yield "Gaps of groups", "the report judges no groups"
    if unlisted:
        yield f"{unlisted:,} more gaps of groups", "those with the least room are watched"
    if not has_profile:
        yield "Answers and columns", "the record holds no profile of them"
    elif record.gathered.profile is not None and record.gathered.profile.columns_of == "test":
        yield "Drift since training", "no training rows are given; columns are held against the test rows"
    metrics = {signal.metric for signal in signals if signal.family is Family.SERVICE}
    for name, title in (("latency_p99_ms", "Response times"), ("throughput_per_second", "Throughput")):
        if name not in metrics:
            yield title, "the report has not measured them" if title.endswith("s") else "the report has not measured it"
    if not any(signal.statistic == UNANSWERED for signal in signals):
        yield UNMEASURED


def _assumptions(record: Record) -> Iterator[str]:
    """What the windows take for granted."""
    words = Language.of(record).words
    data, given = record.gathered.spec.get("data"), declared_range(record)
    yield f"{words.row.many} come like those of the report, and a window is looked at once, when it is full"
    yield "a stage is over when every window was full without an alarm"
    if isinstance(data, Mapping) and data.get("group"):
        yield "rows belong together as they do in the report; drift and counts of columns are taken as if none did"
    if record.gathered.data.positive and given is None:
        yield "the share of positives is that of the test rows: about.production_prevalence is not stated"


__all__ = ["Plan", "StagePlan", "monitoring_plan"]
