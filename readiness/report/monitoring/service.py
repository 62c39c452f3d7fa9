"""Signals of the service: response times, throughput, memory, as far as the report has measured them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from readiness.core.findings import Finding, Question
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.report.sentences.language import Language
from readiness.statistics.alarms import FALSE_ALARM, least_count
from readiness.statistics.sample_size import proportion_rows
from readiness.verdict.record import Record

SLOW, RATE, LEVEL = "share_slower", "offered_rate", "level"
"""Statistics: the share of calls slower than a time, calls or rows that come in a second, a reading."""
TIMES = {"latency_p50_ms": 0.50, "latency_p95_ms": 0.05, "latency_p99_ms": 0.01}
"""The share of calls that may be slower than each of these times."""
TWICE = 2.0
"""So many times as many slow calls are to be seen; of half of the calls the middle between them and all."""
UNMEASURED = ("Errors and timeouts of calls", "the report looks at answers, not at calls that end without one")


def service(record: Record, language: Language) -> tuple[Signal, ...]:
    """One for each time, throughput and memory that was measured; of a limit that is stated twice the stricter."""
    found: dict[str, Signal] = {}
    readings = [signal for finding in _readings(record) if (signal := _signal(finding, language)) is not None]
    for signal in readings:
        other = found.get(signal.metric)
        if other is None or _is_stricter(signal, other):
            found[signal.metric] = signal
    calls = sum(signal.statistic == SLOW for signal in found.values())
    return tuple(_with_limits(signal, FALSE_ALARM / max(1, calls)) for signal in found.values())


def _readings(record: Record) -> Iterator[Finding]:
    """Measured figures of question 6, and requirements of question 2 on the same."""
    for finding in record.answer(Question.PRODUCTION).findings:
        if finding.key.kind in _TOPICS:
            yield finding
    for finding in record.answer(Question.BUSINESS).findings:
        if finding.key.kind is Topic.REQUIREMENT and finding.metric in _METRICS:
            yield finding


_TOPICS = (Topic.LATENCY_P50, Topic.LATENCY_P95, Topic.LATENCY_P99, Topic.THROUGHPUT, Topic.MEMORY)
_METRICS = (*TIMES, "throughput_per_second", "memory_mb")


def _signal(finding: Finding, language: Language) -> Signal | None:
    if finding.measured is None:
        return None
    title = METRICS[finding.metric].title if finding.metric in METRICS else language.title(finding)
    return Signal(
        Family.SERVICE,
        title[:1].upper() + title[1:],
        SLOW if finding.metric in TIMES else RATE if finding.metric == "throughput_per_second" else LEVEL,
        (finding.code,),
        finding.metric,
        unit=finding.measured.unit,
        measured=finding.measured,
        criterion=finding.criterion,
        finding=finding,
    )


def _is_stricter(one: Signal, other: Signal) -> bool:
    if one.criterion is None or other.criterion is None:
        return one.criterion is not None
    away = one.criterion.threshold - other.criterion.threshold
    return away > 0 if one.criterion.wants_more else away < 0


def _with_limits(signal: Signal, false_alarm: float) -> Signal:
    measured, criterion = signal.measured, signal.criterion
    assert measured is not None
    if signal.statistic == SLOW:
        return _of_calls(signal, false_alarm)
    if signal.statistic == RATE:  # what is offered may not exceed what is surely managed
        low = measured.low
        if low is None:
            return replace(signal, why_not="the report gives no lower limit for it")
        return replace(signal, alarms=(Limit(above=True, value=low),))
    bar = None if criterion is None else criterion.threshold
    reached = measured.high if measured.high is not None else measured.value
    if bar is not None and reached > bar:
        return replace(signal, why_not=f"the report does not show that it holds ({', '.join(signal.sources)})")
    back = None if bar is None else Limit(above=True, value=bar)
    return replace(signal, alarms=(Limit(above=True, value=reached),), roll_back=back)


def _of_calls(signal: Signal, false_alarm: float) -> Signal:
    """Calls slower than the upper limit of what was measured sound the alarm, calls slower than the limit that is
    required the rollback: from a count on that the allowed share of slow calls reaches with chance `false_alarm`.
    """
    criterion, slow, highest = signal.criterion, TIMES[signal.metric], _highest(signal)
    seen = min(TWICE * slow, (1 + slow) / 2)
    calls = proportion_rows(seen, slow, alpha=false_alarm)
    if calls is None:
        return replace(signal, why_not="no number of calls shows it")
    share = least_count(calls, slow, false_alarm) / calls
    limit = Limit(above=True, value=share, chance=false_alarm)
    signal = replace(signal, cases=calls, noun="calls", sees=seen)
    if criterion is None and highest is None:
        return replace(signal, why_not="the report gives no upper limit for it, and the spec requires none")
    if criterion is not None and highest is not None and highest > criterion.threshold:
        return replace(signal, slower_than=(None, criterion.threshold), roll_back=limit)
    end = None if criterion is None else criterion.threshold
    return replace(
        signal,
        slower_than=(highest, end),
        alarms=() if highest is None else (limit,),
        roll_back=None if end is None else limit,
    )


def _highest(signal: Signal) -> float | None:
    """The upper limit of what was measured: that which was compared, else the end of its interval."""
    bounds = None if signal.finding is None else signal.finding.bounds
    if bounds is not None and bounds.upper is not None:
        return bounds.upper
    return None if signal.measured is None else signal.measured.high
