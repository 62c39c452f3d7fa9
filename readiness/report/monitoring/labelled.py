"""Signals that need the truth: the primary metric, every requirement, the savings, and the gaps of groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from readiness.core.findings import Bounds, Criterion, Finding, Question, Status
from readiness.core.format import is_exact
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.report.sentences.counts import hits_of_finding
from readiness.report.sentences.gains import class_of_requirement, stated_requirement
from readiness.report.sentences.language import Language
from readiness.report.sentences.phrases import counting, upper
from readiness.report.sentences.words import number
from readiness.statistics.alarms import (
    FALSE_ALARM,
    Alarm,
    Measured,
    normal_alarm,
    normal_proof,
    share_alarm,
    share_proof,
    standard_error,
)
from readiness.statistics.basis import SHARES, inference_of
from readiness.statistics.intervals import Binomial
from readiness.verdict.record import Record

SAVINGS = (Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE)
MOST_GAPS = 200
"""Gaps of groups that are watched, those with the least room first; each costs all others a part of their power."""
CANDIDATE = "candidate"
METRIC, GAIN, GAP = "metric", "gain", "gap"
"""Statistics: the value of a metric, that less what another method reaches, that of a group held against all others."""


def performance(record: Record, language: Language) -> tuple[Signal, ...]:
    """The primary metric against the closest alternative, every requirement on answers, and the smallest saving."""
    asked = [_primary(record, language), *_requirements(record, language), _savings(record, language)]
    return _with_alarms(record, [signal for signal in asked if signal is not None], language)


def groups(record: Record, language: Language) -> tuple[tuple[Signal, ...], int]:
    """Every judged gap of a group, those with the least room first, and how many more there are than are watched."""
    gaps = [
        f
        for f in record.answer(Question.SEGMENTS).findings
        if f.blocking and f.key.kind in (Topic.DEFICIT, Topic.SMALL_DEFICIT)
    ]
    gaps.sort(key=lambda f: (_room(f), f.code))
    watched = [_of(f, Family.GROUPS, record, language) for f in gaps[:MOST_GAPS]]
    return _with_alarms(record, watched, language), max(0, len(gaps) - MOST_GAPS)


def _room(finding: Finding) -> float:
    """How far the compared limit is from the bar, in widths of what is not known; without limits none at all."""
    if finding.measured is None or finding.criterion is None or finding.bounds is None:
        return -math.inf
    bad = _bad(finding.bounds, finding.criterion)
    if bad is None:
        return -math.inf
    away = (bad - finding.criterion.threshold) * (1 if finding.criterion.wants_more else -1)
    return away / (abs(finding.measured.value - bad) or 1.0)


def _of(finding: Finding, family: Family, record: Record, language: Language) -> Signal:
    said = language.said(finding)
    return Signal(
        family,
        said.title,
        GAP if family is Family.GROUPS else GAIN if _is_gain(finding, language) else METRIC,
        (finding.code,),
        finding.metric,
        segment=finding.segment,
        unit="" if finding.measured is None else finding.measured.unit,
        measured=finding.measured,
        criterion=finding.criterion,
        finding=finding,
        noun=_noun(finding, record, language),
    )


def _is_gain(finding: Finding, language: Language) -> bool:
    """Whether what was measured is a difference to another method, not the value of the metric."""
    stated = stated_requirement(language.words, finding) if finding.key.kind is Topic.REQUIREMENT else {}
    return bool(stated.get("lift_over") or stated.get("gain_over"))


def _noun(finding: Finding, record: Record, language: Language) -> str:
    """What the cases of a metric are called."""
    how = counting(language.words, finding.metric, class_of_requirement(language.words, finding))
    known = METRICS.get(finding.metric)
    if record.gathered.data.queries is not None and known is not None and known.needs == "order":
        return "queries"
    return language.words.row.many if how is None else how.noun


def _requirements(record: Record, language: Language) -> Iterator[Signal]:
    """All but those on times and sizes, which are signals of the service."""
    for finding in record.answer(Question.BUSINESS).findings:
        known = METRICS.get(finding.metric)
        if finding.key.kind is Topic.REQUIREMENT and not (known is not None and known.needs == "measurement"):
            yield _of(finding, Family.PERFORMANCE, record, language)


def _savings(record: Record, language: Language) -> Signal | None:
    """The saving that is closest to nothing."""
    judged = [f for f in record.answer(Question.ERRORS).findings if f.blocking and f.key.kind in SAVINGS]
    if not judged:
        return None
    closest = min(judged, key=lambda f: (_room(f), f.code))
    return _of(closest, Family.PERFORMANCE, record, language)


def _primary(record: Record, language: Language) -> Signal | None:
    """The candidate in the metric of the gains, against the value at which its smallest gain is used up."""
    findings = record.answer(Question.BASELINE).findings
    values = {f.metric: f for f in findings if f.key.kind is Topic.METHOD_VALUE and f.key.part("method") == CANDIDATE}
    gains = [f for f in findings if f.blocking and f.key.kind is Topic.LIFT and f.metric in values]
    usual = next((f.metric for f in gains if f.key.part("method") not in ("human", "current")), "")
    gains = [f for f in gains if f.metric == (usual or f.metric) and f.measured is not None and f.criterion is not None]
    if not gains:
        return None
    closest = min(gains, key=_gain_left)
    value = values[closest.metric]
    if value.measured is None or closest.criterion is None:
        return None
    more, left = language.words.more_is_better(closest.metric), _gain_left(closest)
    bar = value.measured.value - left if more else value.measured.value + left
    source = f"the value at which the gain of {closest.code} is used up"
    made = replace(
        _of(value, Family.PERFORMANCE, record, language),
        watch=f"{upper(language.words.metric(closest.metric))} against {_other(closest, language)}",
        sources=(value.code, closest.code),
        criterion=Criterion(closest.criterion.op if more else "<=", bar, value.measured.unit, source),
    )
    if closest.status is not Status.MET:
        return replace(made, why_not=_unproven(closest))
    return made


def _gain_left(finding: Finding) -> float:
    assert finding.measured is not None
    assert finding.criterion is not None
    return finding.measured.value - finding.criterion.threshold


def _other(finding: Finding, language: Language) -> str:
    return language.words.method(finding.key.part("method"))


# ----------------------------------------------------------------------------------------------------
# Windows and limits


def _with_alarms(record: Record, signals: Sequence[Signal], language: Language) -> tuple[Signal, ...]:
    """Each signal with its window and limits; the chance of a false alarm is shared out among them.

    All of a family are looked at when its largest window is full, so that this window has to prove what is rolled back.
    """
    possible = sum(not (signal.why_not or _why_not(signal)) for signal in signals)
    shared = max(1, possible)
    found = [_with_alarm(record, signal, FALSE_ALARM / shared, language) for signal in signals]
    window = max((signal.rows for signal in found if signal.rows is not None), default=0)
    return tuple(_with_rollback(signal, window * _cases_per_row(record, signal, language), shared) for signal in found)


def _with_alarm(record: Record, signal: Signal, false_alarm: float, language: Language) -> Signal:
    if why := signal.why_not or _why_not(signal):
        return replace(signal, why_not=why)
    alarm = _alarm(signal, false_alarm)
    assert signal.criterion is not None
    if alarm is None:
        return replace(signal, why_not="no number of rows that anybody has shows a change to the limit")
    share, is_counted = _cases_per_row(record, signal, language), signal.noun != language.words.row.many
    rows = math.ceil(alarm.cases / share - 1e-9) if share > 0 else None
    return replace(
        signal,
        cases=alarm.cases if is_counted or rows is None else rows,
        rows=rows,
        alarms=(Limit(not signal.criterion.wants_more, alarm.limit, alarm.false_alarm),),
        at_worst=alarm.at_worst,
        sees=signal.criterion.threshold,
    )


def _with_rollback(signal: Signal, cases: float, shared: int) -> Signal:
    """The value that proves the bar missed in a window of so many cases, by the rule of the report."""
    criterion, share, alpha = signal.criterion, _independent(signal), _alpha(signal) / shared
    if signal.why_not or criterion is None or cases < 1:
        return signal
    bar, more = criterion.threshold, criterion.wants_more
    if share is not None:
        rows = math.floor(cases * share.effective_rows(_alpha(signal)) / share.n + 1e-9)
        value = share_proof(max(1, rows), bar, alpha, wants_more=more)
    else:
        value = _within(signal, normal_proof(_known(signal), math.floor(cases + 1e-9), bar, alpha, wants_more=more))
    return signal if value is None else replace(signal, roll_back=Limit(not more, value, alpha))


def _why_not(signal: Signal) -> str:
    """Why no limit can be drawn from what was measured; empty where one can."""
    measured, criterion, finding = signal.measured, signal.criterion, signal.finding
    if measured is None or criterion is None or finding is None:
        return "the report has not measured it"
    if finding.withheld_by:
        return "what was measured rests on rows that the report does not trust"
    if finding.status is Status.NOT_MET or not criterion.holds(measured.value):
        return _unproven(finding)
    if is_exact(measured) or _error(signal) is None:
        return "the report gives no interval for it"
    return ""


def _unproven(finding: Finding) -> str:
    return f"the report does not show that it holds: {finding.status.words} ({finding.code})"


def _alarm(signal: Signal, false_alarm: float) -> Alarm | None:
    criterion, share = signal.criterion, _independent(signal)
    assert criterion is not None
    if share is None:
        more = criterion.wants_more
        return normal_alarm(_known(signal), criterion.threshold, wants_more=more, false_alarm=false_alarm)
    independent, worst = share.effective_rows(_alpha(signal)), _worst(signal)
    found = share_alarm(
        share.value * independent,
        independent,
        criterion.threshold,
        criterion.threshold if worst is None else worst,
        wants_more=criterion.wants_more,
        false_alarm=false_alarm,
    )
    return None if found is None else replace(found, cases=math.ceil(found.cases * share.n / independent - 1e-9))


def _worst(signal: Signal) -> float | None:
    """The worse end of the interval."""
    assert signal.measured is not None
    assert signal.criterion is not None
    return signal.measured.low if signal.criterion.wants_more else signal.measured.high


def _known(signal: Signal) -> Measured:
    error, measured = _error(signal), signal.measured
    assert error is not None
    assert measured is not None
    return Measured(measured.value, error, measured.n, _worst(signal))


def _independent(signal: Signal) -> Binomial | None:
    """The share of rows that is watched, where its bar lies between 0 and 1."""
    bar = None if signal.criterion is None else signal.criterion.threshold
    return _share(signal) if bar is not None and 0 < bar < 1 else None


def _share(signal: Signal) -> Binomial | None:
    """The share of rows that a number is, by its basis or, of a fact, by its counts."""
    finding = signal.finding
    assert finding is not None
    basis = None if finding.bounds is None else finding.bounds.basis
    if basis is not None:
        found = inference_of(basis) if basis.form in SHARES else None
        return found if isinstance(found, Binomial) else None
    hits = hits_of_finding(finding) if finding.bounds is None else None
    known = METRICS.get(finding.metric)
    is_counted = known is not None and known.in_percent and hits is not None and signal.family is Family.PERFORMANCE
    return Binomial(hits.hits, hits.total) if is_counted and hits is not None else None


def _error(signal: Signal) -> float | None:
    """The standard error that the compared limit tells, else the worse end of the interval."""
    measured, criterion, finding = signal.measured, signal.criterion, signal.finding
    if measured is None or criterion is None or finding is None:
        return None
    if finding.bounds is not None:
        return standard_error(_bad(finding.bounds, criterion), measured.value, finding.bounds.alpha)
    end = measured.low if criterion.wants_more else measured.high
    return standard_error(end, measured.value, (1 - measured.level) / 2) if measured.level < 1 else None


def _bad(bounds: Bounds, criterion: Criterion) -> float | None:
    return bounds.lower if criterion.wants_more else bounds.upper


def _alpha(signal: Signal) -> float:
    bounds = None if signal.finding is None else signal.finding.bounds
    return 0.05 if bounds is None else bounds.alpha


def _within(signal: Signal, value: float) -> float | None:
    """The value where the metric can have it, else nothing: a share below 0 proves nothing."""
    known = METRICS.get(signal.metric)
    if known is None or signal.statistic != METRIC:
        return value
    low, high = known.ends
    return value if low < value < high else None


def _cases_per_row(record: Record, signal: Signal, language: Language) -> float:
    """Cases in a scored row: the declared share of positives where the cases are these, else as in the test rows."""
    data, measured = record.gathered.data, signal.measured
    if measured is None or data.rows_scored < 1:
        return 0.0
    if signal.noun == "queries":
        return (data.queries or 0) / data.rows_scored
    declared = declared_range(record)
    if declared is not None and signal.family is Family.PERFORMANCE and signal.noun == language.words.positives.many:
        return declared[0]
    return min(1.0, measured.n / data.rows_scored)


def declared_range(record: Record) -> tuple[float, float] | None:
    """From where to where the spec declares the share of positives in production; None where it does not."""
    given = record.about.get("production_prevalence")
    ends = [number(end) for end in (given if isinstance(given, list | tuple) else [given])]
    known = [end for end in ends if end is not None and 0 < end < 1]
    return (min(known), max(known)) if known and len(known) == len(ends) else None
