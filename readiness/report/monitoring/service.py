"""Signals of the service: response times, throughput, memory, as far as the report has measured them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from readiness.core.findings import Finding, Question
from readiness.core.format import is_exact
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS, QUANTILES, RESPONSE_QUANTILES
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.report.sentences.language import Language
from readiness.statistics.alarms import FALSE_ALARM, least_count, rare_alarm, share_proof
from readiness.statistics.sample_size import proportion_rows
from readiness.verdict.record import Record

SLOW, RATE, LEVEL, UNANSWERED = "share_slower", "offered_rate", "level", "share_unanswered"
"""Statistics: calls slower than a time among all, what comes in a second, a reading, calls without an answer."""
TIMES = {name: round(1 - share, 9) for name, share in {**QUANTILES, **RESPONSE_QUANTILES}.items()}
"""The share of calls that may be slower than each of these times."""
TWICE = 2.0
"""So many times as many slow calls are to be seen; of half of the calls the middle between them and all."""
UNMEASURED = ("Calls without an answer", "the report has counted none: no rate of requests is stated")


def service(record: Record, language: Language) -> tuple[Signal, ...]:
    """One for each time, throughput and memory that was measured; of a limit that is stated twice the stricter."""
    found: dict[str, Signal] = {}
    for signal in (_signal(finding, language) for finding in _readings(record) if finding.measured is not None):
        other = found.get(signal.metric)
        if other is None or _is_stricter(signal, other):
            found[signal.metric] = signal
    shared = sum(signal.statistic in (SLOW, UNANSWERED) for signal in found.values())
    return tuple(_with_limits(signal, FALSE_ALARM / max(1, shared)) for signal in found.values())


def _readings(record: Record) -> Iterator[Finding]:
    """Figures of question 6, and requirements of question 2 on the same."""
    for finding in record.answer(Question.PRODUCTION).findings:
        if finding.key.kind in _STATISTICS:
            yield finding
    for finding in record.answer(Question.BUSINESS).findings:
        if finding.key.kind is Topic.REQUIREMENT and finding.metric in _REQUIRED:
            yield finding


_STATISTICS = {
    **dict.fromkeys((Topic.LATENCY_P50, Topic.LATENCY_P95, Topic.LATENCY_P99, Topic.LATENCY_P999), SLOW),
    **dict.fromkeys((Topic.RESPONSE_P95, Topic.RESPONSE_P99), SLOW),
    **dict.fromkeys((Topic.THROUGHPUT, Topic.LOAD_KNEE), RATE),
    Topic.LOAD_ERRORS: UNANSWERED,
    Topic.MEMORY: LEVEL,
}
_REQUIRED = {**dict.fromkeys(TIMES, SLOW), "throughput_per_second": RATE, "memory_mb": LEVEL}


def _signal(finding: Finding, language: Language) -> Signal:
    title = METRICS[finding.metric].title if finding.metric in METRICS else language.title(finding)
    return Signal(
        Family.SERVICE,
        title[:1].upper() + title[1:],
        _STATISTICS.get(finding.key.kind) or _REQUIRED[finding.metric],
        (finding.code,),
        finding.metric,
        unit="" if finding.measured is None else finding.measured.unit,
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
    if signal.statistic == UNANSWERED:
        return _of_errors(signal, false_alarm)
    if signal.statistic == RATE:  # what is offered may not exceed what is surely managed
        low = measured.value if is_exact(measured) else measured.low
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
    noun = "requests" if signal.metric in RESPONSE_QUANTILES else "calls"
    signal = replace(signal, cases=calls, noun=noun, sees=seen)
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


def _of_errors(signal: Signal, false_alarm: float) -> Signal:
    """Calls without an answer in a window of as many as the report has sent: more than their share lets expect."""
    measured, criterion = signal.measured, signal.criterion
    assert measured is not None
    found = rare_alarm(round(measured.value * measured.n), measured.n, measured.n, false_alarm=false_alarm)
    if found is None:
        return replace(signal, why_not="in the report it is as frequent as not")
    bar = None if criterion is None else share_proof(measured.n, criterion.threshold, false_alarm, wants_more=False)
    return replace(
        signal,
        unit="share",
        cases=measured.n,
        noun="requests",
        alarms=(Limit(above=True, value=found.count / measured.n, chance=false_alarm),),
        expected=(0.0, measured.value, found.at_most),
        sees=found.sees,
        roll_back=None if bar is None else Limit(above=True, value=bar, chance=false_alarm),
    )


def _highest(signal: Signal) -> float | None:
    """The upper limit of what was measured: that which was compared, else the end of its interval."""
    bounds = None if signal.finding is None else signal.finding.bounds
    if bounds is not None and bounds.upper is not None:
        return bounds.upper
    return None if signal.measured is None else signal.measured.high
