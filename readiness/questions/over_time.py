"""The metric from the first test row to the last: each window of time against all other rows, and the trend.

A window is judged as a segment is; Christmas is found because the finding names its dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.claims import Claims
from readiness.core.findings import Criterion, Finding, Status
from readiness.core.format import format_pair
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import FEWEST_WINDOWS, SEGMENT_COVERAGE, Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import Segmentation, as_dates
from readiness.questions.deficits import Measured, Split, difference, reason_to_withhold_apart, split_by
from readiness.questions.wording import as_clause, count_of
from readiness.spec.schema import Stability
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import Metric, measure
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.rate_limits import scaled_limit, why_scaled
from readiness.statistics.stability import (
    decline,
    ends_of,
    provable_windows,
    rows_for_two,
    rows_for_windows,
    widen,
    widening,
    windows,
    without_order,
)
from readiness.verdict.claims import claims_of

TREND = Topic.TREND.key()
WINDOWS = Topic.WINDOWS.key()
ENOUGH_DAYS = 20
"""From so many different days on, a window begins with a day and not in the middle of one."""


@dataclass(frozen=True, slots=True)
class OverTime:
    """What is claimed of the test rows in the order of time."""

    claims: tuple[Measurement, ...] = ()
    table: pd.DataFrame | None = None
    """One row for each window: code, words, value, low, high, rows, overall."""


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """The test rows whose time is known."""

    column: str
    cases: Cases
    times: pd.Series[Any]
    moments: NDArray[np.int64]
    """Ranks of what a window may begin with: days where there are many, else times."""
    unknown: int
    """Rows without a time, which are in no window."""
    compared: Cases
    """The rows as windows are compared with each other."""

    def span(self, rows: NDArray[np.int64]) -> tuple[object, object]:
        """The first and the last time of some rows."""
        assert self.cases.time is not None
        ranks = self.cases.time[rows]
        return self.times.iloc[rows[int(ranks.argmin())]], self.times.iloc[rows[int(ranks.argmax())]]


@dataclass(frozen=True, slots=True)
class _Ruler:
    metric: Metric
    demanded: Claims
    criterion: Criterion
    limit: float
    """In the unit of the metric, or as a share where errors are compared by ratio."""
    factor: float

    @property
    def by_ratio(self) -> bool:
        """Whether errors are compared as a share of each other."""
        return self.factor != 1

    def bar(self, rest: Measured, alpha: float) -> Criterion:
        """The limit, scaled to a small rate of all other rows."""
        if self.by_ratio:
            return self.criterion
        return replace(self.criterion, threshold=scaled_limit(self.metric, self.limit, rest, alpha=alpha))


def over_time(evidence: Evidence, criteria: Stability) -> OverTime:
    """The claims about windows and trend; none without a column of time."""
    series = _series(evidence)
    if series is None:
        return OverTime()
    ruler = _ruler(evidence, criteria)
    wider = widening(ruler.metric.name, series.compared)
    overall = widen(_measure_one(ruler, series), wider, ends=ends_of(ruler.metric))
    if isinstance(overall, Missing):
        return OverTime((_none(ruler, overall, ""),))
    cut, lack = _cut(evidence, criteria, series, ruler, overall)
    trend = _trend(evidence, series, ruler)
    if lack is not None:
        return OverTime((lack, *trend))
    judged = split_by(ruler.metric.name, series.compared, cut)
    claims = [_window(evidence, series, ruler, cut, code, split) for code, split in enumerate(judged)]
    return OverTime((*claims, *trend), _table(evidence, cut, judged, overall))


def _measure_one(ruler: _Ruler, series: _Series) -> Measured:
    """On all rows, as independent ones; undefined where it is for rows in the order of time."""
    ordered = measure(ruler.metric.name, series.cases)
    return ordered if isinstance(ordered, Missing) else measure(ruler.metric.name, without_order(series.cases))


def only_proven_decline(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """A trend blocks only where a decline beyond the limit is proven: windows already answer for the rest."""
    return tuple(
        replace(f, blocking=False, needs="") if f.key == TREND and f.status is not Status.NOT_MET else f
        for f in findings
    )


def _series(evidence: Evidence) -> _Series | None:
    column, cases = evidence.spec.data.time, evidence.cases
    if column is None or cases.time is None or column not in evidence.rows:
        return None
    times = evidence.rows[column]
    known = np.flatnonzero(times.notna().to_numpy())
    dates = as_dates(times.iloc[known])
    shown = times.iloc[known] if dates is None else dates
    dated = cases.subset(known)
    return _Series(column, dated, shown, _moments(shown), cases.n - len(known), rows_for_windows(dated))


def _moments(times: pd.Series[Any]) -> NDArray[np.int64]:
    ranks = pd.factorize(times, sort=True)[0].astype(np.int64)
    if not pd.api.types.is_datetime64_any_dtype(times.dtype):
        return ranks
    days = pd.factorize(times.dt.tz_localize(None).dt.normalize(), sort=True)[0].astype(np.int64)
    return days if days.max(initial=0) + 1 >= ENOUGH_DAYS else ranks


def _ruler(evidence: Evidence, criteria: Stability) -> _Ruler:
    metric, demanded = evidence.spec.primary_metric(evidence.task), claims_of(evidence.spec, evidence.task)
    stated, limit = demanded.claim(WINDOWS).criterion, criteria.window_limit
    assert stated is not None
    in_points = metric.is_share or metric.greater_is_better
    return _Ruler(metric, demanded, stated, limit, 1.0 if in_points else 1 + limit)


def _cut(
    evidence: Evidence, criteria: Stability, series: _Series, ruler: _Ruler, overall: Inference
) -> tuple[Segmentation, Measurement | None]:
    """The windows, or the claim that there are none and why."""
    alpha, factor = evidence.spec.alpha, ruler.factor
    limit = ruler.limit * overall.value if ruler.by_ratio else ruler.bar(overall, alpha).threshold
    count = criteria.windows or provable_windows(overall, limit, factor=factor, alpha=alpha)
    codes = windows(series.moments, max(count, FEWEST_WINDOWS))
    found = int(codes.max(initial=0)) + 1
    noun = ruler.metric.denominator
    nowhere = Segmentation(series.column, codes, ())
    if criteria.windows and FEWEST_WINDOWS <= found < criteria.windows:
        why = Missing(
            f"the column {series.column} holds so few different times that only {found} of {count} windows can be cut"
        )
        return nowhere, _none(ruler, why, "rows of more different times, or fewer windows")
    if found < FEWEST_WINDOWS:
        why = Missing(
            f"the column {series.column} holds too few different times to compare one part of the rows with another"
        )
        return nowhere, _none(ruler, why, "rows of at least two different times")
    if count == 0:
        rows = rows_for_two(overall, limit, factor=factor, alpha=alpha)
        counted = f"{count_of(overall.n, 'queries' if noun == 'queries' else 'rows')} count{'s' * (overall.n == 1)}"
        compare = "to compare the first half of the period with the second"
        why = Missing(f"{counted} for {ruler.metric.title}; that is too few {compare}")
        return nowhere, _none(ruler, why, f"about {rows:,} {noun} (now {overall.n:,})")
    spans = [series.span(np.flatnonzero(codes == code)) for code in range(found)]
    labels = tuple({series.column: words} for words in _in_words(spans))
    return Segmentation(series.column, codes, labels), None


def _none(ruler: _Ruler, why: Missing, needs: str) -> Measurement:
    claim = ruler.demanded.claim(WINDOWS)
    return Measurement(claim, ruler.metric.name, why, reason=why.reason, needs=needs)


def _window(
    evidence: Evidence, series: _Series, ruler: _Ruler, cut: Segmentation, code: int, split: Split
) -> Measurement:
    metric, inside = ruler.metric, cut.codes == code
    words = cut.labels[code][cut.name]
    cases, bar = series.compared, ruler.bar(split.outside, evidence.spec.alpha)
    scaled = "" if ruler.by_ratio else why_scaled(metric, ruler.limit, bar.threshold)
    both = _both(evidence, cases.subset(inside), split, ruler, series.unknown)
    name = f"Deficit in {metric.title} {'from' if ' to ' in words else 'on'} {words}"
    return Measurement(
        replace(ruler.demanded.claim(Topic.WINDOW.key(code + 1)), name=name, criterion=bar),
        metric.name,
        difference(split, greater_is_better=ruler.metric.greater_is_better, factor=ruler.factor),
        unit=bar.unit,
        segment=cut.labels[code],
        withheld=_reason_undated(evidence, series) or reason_to_withhold_apart(metric.name, cases, inside),
        reason=f"{both}; {scaled}" if scaled else both,
        denominator=f"{metric.denominator} in this window",
    )


def _reason_undated(evidence: Evidence, series: _Series) -> str:
    """Windows of the dated rows say nothing of the others."""
    if series.cases.n >= SEGMENT_COVERAGE * evidence.cases.n:
        return ""
    return f"only {series.cases.n:,} of {evidence.cases.n:,} rows have a time"


def _both(evidence: Evidence, inside: Cases, split: Split, ruler: _Ruler, unknown: int) -> str:
    parts = (split.inside, split.outside)
    if missing := next((part for part in parts if isinstance(part, Missing)), None):
        return as_clause(missing.reason)
    values = [part.value for part in parts if not isinstance(part, Missing)]
    here, rest = format_pair(values[0], values[1], ruler.metric.unit)
    counts = count_of(inside.n, "rows")
    if inside.task is Task.BINARY:
        counts += f", {int(inside.y_true.sum()):,} with {evidence.positive}"
    judged = f"; what is judged is the error here less {ruler.factor:.4g} of theirs" if ruler.by_ratio else ""
    left = f"; {count_of(unknown, 'rows')} without a time {'is' if unknown == 1 else 'are'} in no window"
    left = left if unknown else ""
    return f"{ruler.metric.title} is {here} here ({counts}) and {rest} among all other rows{judged}{left}"


def _trend(evidence: Evidence, series: _Series, ruler: _Ruler) -> tuple[Measurement, ...]:
    metric = ruler.metric
    slope = decline(metric.name, series.cases, relative=ruler.by_ratio)
    claim = ruler.demanded.claim(TREND)
    first, last = _in_words([series.span(np.arange(series.cases.n))])[0].partition(" to ")[::2]
    known = not isinstance(slope, Missing)
    worse = not isinstance(slope, Missing) and slope.interval(evidence.spec.confidence)[0] > 0
    warned = "it gets worse over time" if worse else ""
    counted = ", as a share of its value on all rows" if ruler.by_ratio else ", in points" if metric.is_share else ""
    return (
        Measurement(
            claim.with_name(f"{claim.name}{counted}"),
            metric.name,
            slope,
            unit="share" if ruler.by_ratio else ruler.criterion.unit,
            reason=f"on a straight line through {series.cases.n:,} rows from {first} to {last}; below 0 it gets better"
            if known
            else "",
            warning=warned,
        ),
    )


def _table(evidence: Evidence, cut: Segmentation, judged: tuple[Split, ...], overall: Inference) -> pd.DataFrame:
    rows = []
    for code, split in enumerate(judged):
        inside = split.inside
        nothing = (np.nan, np.nan, np.nan)
        value, low, high = (
            nothing if isinstance(inside, Missing) else (inside.value, *inside.interval(evidence.spec.confidence))
        )
        rows.append(
            {
                "code": Topic.WINDOW.key(code + 1).code,
                "words": cut.labels[code][cut.name],
                "value": value,
                "low": low,
                "high": high,
                "rows": int(cut.counts[code]),
                "overall": overall.value,
            }
        )
    return pd.DataFrame(rows)


def _in_words(spans: list[tuple[object, object]]) -> list[str]:
    """Each span as "2026-09-01 to 2026-09-30", with the time of day only where days alone would overlap."""
    if not all(isinstance(end, pd.Timestamp) for span in spans for end in span):
        return [_join(*(_plain(end) for end in span)) for span in spans]
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        texts = [(first.strftime(form), last.strftime(form)) for first, last in spans]  # type: ignore[attr-defined]
        if all(before[1] < after[0] for before, after in pairwise(texts)):
            break
    return [_join(*text) for text in texts]


def _join(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _plain(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
