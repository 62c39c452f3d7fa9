"""Signals that need no truth: the answers of the model, and the columns that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from readiness.core.findings import Criterion, Finding, Question
from readiness.core.format import format_count
from readiness.core.keys import Topic
from readiness.core.policy import DRIFT_LIMIT, DRIFT_WARNING
from readiness.core.profile import ColumnKind, ColumnProfile
from readiness.report.monitoring.labelled import declared_range
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.report.sentences.language import Language
from readiness.report.sentences.words import number, section
from readiness.statistics.alarms import (
    FALSE_ALARM,
    FEWEST,
    corridor,
    drift_limit,
    drift_rows_seen,
    lower_share,
    rare_alarm,
    upper_share,
)
from readiness.verdict.record import Record

PSI, MISSING, UNSEEN, BEYOND, SHARE = "psi", "missing_share", "unseen_share", "share_beyond_range", "share"
"""Statistics of the signals; docs/monitoring.md defines them."""
LARGEST_WINDOW = 100_000
"""Rows beyond which nothing is watched by its index: what takes so many comes too late."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The signals that need no truth, and the rows of their common window."""

    rows: int
    answers: tuple[Signal, ...]
    inputs: tuple[Signal, ...]


def watched(record: Record, language: Language) -> Watched | None:
    """All signals on answers and columns; None where the record has no profile of them."""
    profile = record.gathered.profile
    if profile is None:
        return None
    measured = _drift_findings(record)
    answers = _windows([_drift_of_answers(record, each, language) for each in profile.answers])
    columns = _windows([_drift_of_column(record, each, measured, language) for each in profile.columns])
    rows = max((signal.rows for signal in (*answers, *columns) if signal.rows is not None), default=None)
    rows = rows or max(FEWEST, record.gathered.data.rows_scored)
    shares = _shares_of_answers(record, profile.answers, rows, language)
    checks = _checks(profile.columns, rows, language)
    told = (*shares, *(_with_limit(signal, rows, answers) for signal in answers))
    found = (*(_with_limit(signal, rows, columns) for signal in columns), *checks)
    return Watched(rows, _called(told, language), _called(found, language))


def _called(signals: Sequence[Signal], language: Language) -> tuple[Signal, ...]:
    """With the word of the report for the rows of their windows."""
    return tuple(
        signal if signal.cases is None else replace(signal, noun=language.words.row.many) for signal in signals
    )


# ----------------------------------------------------------------------------------------------------
# Indices: how far the bins of a window are from those of the report


def _drift_findings(record: Record) -> Mapping[str, Finding]:
    found = record.answer(Question.PRODUCTION).findings
    return {f.segment["column"]: f for f in found if f.key.kind is Topic.DRIFT and "column" in f.segment}


def _drift_of_column(
    record: Record, profile: ColumnProfile, measured: Mapping[str, Finding], language: Language
) -> Signal:
    finding, title = measured.get(profile.name), language.words.vocabulary.column(profile.name)
    limit = number(section(record.gathered.spec, "production").get("drift_limit")) or DRIFT_LIMIT
    signal = Signal(
        Family.INPUTS,
        f"Drift of {title}",
        PSI,
        () if finding is None else (finding.code,),
        "psi",
        profile.name,
        unit="PSI",
        measured=None if finding is None else finding.measured,
        criterion=Criterion("<=", limit, "PSI", "production.drift_limit"),
        finding=finding,
        profile=profile,
    )
    if not profile.counts:
        return replace(signal, why_not=_without_bins(profile.kind))
    if finding is not None and finding.measured is not None and finding.criterion is None:
        return replace(signal, why_not="the spec exempts it: it is meant to change")
    return signal


def _without_bins(kind: ColumnKind) -> str:
    reasons = {ColumnKind.TEXT: "free text has no bins", ColumnKind.DATE: "dates move by their nature"}
    return reasons.get(kind, "its values cannot be put into bins")


def _drift_of_answers(record: Record, profile: ColumnProfile, language: Language) -> Signal:
    """The index of what is answered, or of the scores, against the test rows."""
    found = record.answer(Question.PRODUCTION).findings
    finding = next((f for f in found if f.key.kind is Topic.DRIFT_OF_ANSWERS), None)
    limit = number(section(record.gathered.spec, "production").get("drift_warning")) or DRIFT_WARNING
    return Signal(
        Family.ANSWERS,
        f"Drift of the {profile.name}s, against the test {language.words.row.many}",
        PSI,
        () if finding is None else (finding.code,),
        "psi",
        profile.name,
        unit="PSI",
        measured=None if finding is None else finding.measured,
        criterion=Criterion("<=", limit, "PSI", "production.drift_warning"),
        finding=finding,
        profile=profile,
    )


def _windows(signals: Sequence[Signal]) -> list[Signal]:
    """Each with the rows that show a rise to its limit; what cannot be watched says why."""
    possible = [signal for signal in signals if not signal.why_not]
    return [signal if signal.why_not else _with_window(signal, FALSE_ALARM / 2 / len(possible)) for signal in signals]


def _with_window(signal: Signal, false_alarm: float) -> Signal:
    assert signal.criterion is not None
    expected, limit, profile = _expected(signal), signal.criterion.threshold, signal.profile
    assert profile is not None
    if signal.finding is not None and signal.finding.withheld_by:
        return replace(signal, why_not="what was measured rests on rows that the report does not trust")
    if expected > limit:
        return replace(signal, why_not=f"it has moved beyond the limit already ({', '.join(signal.sources)})")
    rows = drift_rows_seen(expected, limit, _bins(profile), profile.rows, false_alarm=false_alarm)
    if rows is None or rows > LARGEST_WINDOW:
        needed = "no number of" if rows is None else format_count(rows)
        reason = f"{needed} rows would show it: the report has {format_count(profile.rows)} to hold them against"
        return replace(signal, why_not=reason)
    return replace(signal, rows=rows)


def _expected(signal: Signal) -> float:
    """What the report measured, less what chance adds; 0 where nothing was measured."""
    return 0.0 if signal.measured is None else max(0.0, signal.measured.value)


def _bins(profile: ColumnProfile) -> int:
    """Bins that hold rows of the report; bins that are empty on both sides do not count."""
    return max(2, sum(count > 0 for count in profile.counts))


def _with_limit(signal: Signal, rows: int, family: Sequence[Signal]) -> Signal:
    """The limit of the index in a window of so many rows, and the index that proves the limit of the report missed."""
    if signal.why_not or signal.profile is None or signal.criterion is None:
        return signal
    count = sum(not other.why_not for other in family)
    false_alarm, bins, reference = FALSE_ALARM / 2 / count, _bins(signal.profile), signal.profile.rows
    alarm = drift_limit(_expected(signal), bins, reference, rows, false_alarm)
    back = drift_limit(signal.criterion.threshold, bins, reference, rows, false_alarm)
    return replace(
        signal,
        cases=rows,
        rows=rows,
        alarms=(Limit(above=True, value=alarm, chance=false_alarm),),
        sees=signal.criterion.threshold,
        roll_back=Limit(above=True, value=back, chance=false_alarm),
    )


# ----------------------------------------------------------------------------------------------------
# Shares: of the answers, and of values that are missing, new or out of range


def _shares_of_answers(
    record: Record, answers: Sequence[ColumnProfile], rows: int, language: Language
) -> tuple[Signal, ...]:
    """The share of answers that are positive, of two classes."""
    positive = record.gathered.data.positive
    profile = next((each for each in answers if each.kind is ColumnKind.CATEGORY), None)
    if not positive or profile is None or positive not in profile.values:
        return ()
    hits, low, high, sources = _expected_share(record, profile, positive)
    found = corridor(low, high, rows, false_alarm=FALSE_ALARM / 2)
    ends = ((False, found.low), (True, found.high))
    limits = tuple(Limit(above, count / rows, FALSE_ALARM / 4) for above, count in ends if count is not None)
    return (
        Signal(
            Family.ANSWERS,
            f"Share of answers {language.words.answer(positive)}",
            SHARE,
            sources,
            column=profile.name,
            unit="share",
            cases=rows,
            rows=rows,
            alarms=limits,
            expected=(low, hits / profile.rows, high),
            why_not="" if limits else "a window of this size could hold any share",
        ),
    )


def _expected_share(
    record: Record, profile: ColumnProfile, positive: str
) -> tuple[float, float, float, tuple[str, ...]]:
    """Rows answered positive among the test rows, and from which to which share is usual: at the declared share of
    positives where there is one, else as in the test rows; with the codes of the findings that it follows from.
    """
    hits, n = profile.counts[profile.values.index(positive)], profile.rows
    declared, cells = declared_range(record), _cells(record)
    if declared is None or cells is None:
        return hits, lower_share(hits, n, FALSE_ALARM / 8), upper_share(hits, n, FALSE_ALARM / 8), ()
    (found, positives, false, negatives), sources = cells
    tail = FALSE_ALARM / 16
    ends = [
        share * bound(found, positives, tail) + (1 - share) * bound(false, negatives, tail)
        for share in declared
        for bound in (lower_share, upper_share)
    ]
    return hits, min(ends), max(ends), sources


def _cells(record: Record) -> tuple[tuple[int, int, int, int], tuple[str, ...]] | None:
    """Positives found, positives, false alarms and negatives, with the codes of their findings."""
    kinds = (Topic.TRUE_POSITIVES, Topic.FALSE_NEGATIVES, Topic.FALSE_POSITIVES, Topic.TRUE_NEGATIVES)
    found = {f.key.kind: f for f in record.answer(Question.ERRORS).findings if f.key.kind in kinds}
    if len(found) < len(kinds) or any(f.measured is None for f in found.values()):
        return None
    tp, fn, fp, tn = (round(f.measured.value) for kind in kinds if (f := found[kind]).measured is not None)
    if tp + fn < 1 or fp + tn < 1:
        return None
    return (tp, tp + fn, fp, fp + tn), tuple(found[kind].code for kind in kinds)


def _checks(columns: Sequence[ColumnProfile], rows: int, language: Language) -> tuple[Signal, ...]:
    """Missing values of each column, and those that are new or out of its range."""
    asked = [(each, *check) for each in columns for check in _checks_of(each)]
    return tuple(
        _check(each, statistic, hits, rows, FALSE_ALARM / 2 / len(asked), language) for each, statistic, hits in asked
    )


def _checks_of(profile: ColumnProfile) -> list[tuple[str, int]]:
    """What is checked, and how many rows of the report have it; see `statistics.alarms.rare_alarm`."""
    found = [(MISSING, profile.missing)] if profile.rows else []
    if profile.kind is ColumnKind.CATEGORY and profile.listed and profile.rows:
        found.append((UNSEEN, profile.singles))
    if profile.low is not None and profile.rows > 1:
        found.append((BEYOND, 1))
    return found


_WORDS = {
    MISSING: "Missing values of {}",
    UNSEEN: "Values of {} that neither training nor test rows have",
    BEYOND: "Values of {} out of the range of training and test rows",
}


def _check(
    profile: ColumnProfile, statistic: str, hits: int, rows: int, false_alarm: float, language: Language
) -> Signal:
    found = rare_alarm(hits, profile.rows, rows, false_alarm=false_alarm)
    title = _WORDS[statistic].format(language.words.vocabulary.column(profile.name))
    signal = Signal(Family.INPUTS, title, statistic, column=profile.name, unit="share", profile=profile)
    if found is None:
        return replace(signal, why_not="in the rows of the report it is as frequent as not")
    seen = hits / profile.rows if statistic == MISSING else 0.0
    return replace(
        signal,
        cases=rows,
        rows=rows,
        alarms=(Limit(above=True, value=found.count / rows, chance=false_alarm),),
        expected=(0.0, seen, found.at_most),
        sees=found.sees,
    )
