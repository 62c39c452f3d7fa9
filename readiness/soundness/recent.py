"""Recent rows that look unlike the test rows, and whether the candidate still answers and performs as it did.

A difference alone is a warning. It is a doubt where the candidate's answers have moved, where too few test rows are
like recent ones to say anything of them, where a claim fails once test rows are weighed like recent ones, or where it
fails on recent rows whose truth is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError
from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_share
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import DRIFT_BINS, DRIFT_ROWS, SOUNDNESS_ALPHA, Task
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence.columns import features_of
from readiness.evidence.drift import as_floats, column_drift, is_number, largest_change
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import moments
from readiness.evidence.tables import holds_many
from readiness.soundness.recent_rows import RecentScores, recent_scores, rejudge_on_recent_truth, rejudge_weighed
from readiness.soundness.tables import Examined, finding_not_asked
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.drift import (
    FEWEST,
    Drift,
    TwoSampleTest,
    compare_samples,
    detectable_area,
    drift_of_counts,
    effective_rows,
    importance_weights,
    numeric_drift,
    quantile_edges,
    related_columns,
    rows_worth,
)
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement

# The columns that test rows and recent rows share, in bins alike, and those of them that only tell the time

MOST_ROWS = 50_000
"""Rows of both tables together that are compared; of more, a random sample."""
MOST_CELLS, FEWEST_ROWS = 2_500_000, 4_000
"""Of tables with more than 50 columns fewer rows are compared, as each takes its time."""
BINS = 16
SALT = 0x636F6C
FEWEST_VALUES = 3
"""A column of fewer values rises with time too easily by chance: it may just have been switched on."""
SCREENED_ROWS, FEWEST_SCREENED = 2_000, 1
"""Rows by which a column is looked at first, and the fewest values among them."""
KEY_SHARE = 0.95
"""Distinct values from which a column without a role is a name of its row."""
CHANCE = 2.0
"""Standard errors within which a share of positives is the declared one."""
_CALENDAR = ("year", "quarter", "month", "day_of_year")


@dataclass(frozen=True, slots=True, eq=False)
class SharedColumns:
    """Rows of the two tables in the same bins; the n test rows come first, then the m recent rows."""

    test: pd.DataFrame
    recent: pd.DataFrame
    rows: Integers
    """(n,): positions of the test rows in the evidence."""
    names: tuple[str, ...]
    """p columns that are compared."""
    codes: NDArray[np.uint8]
    """(n + m, p)."""
    timely: tuple[str, ...]
    """Columns that are left out because they tell the time and no more."""
    exempt: tuple[str, ...]
    """Those that the spec exempts."""
    groups: Integers | None
    """(n + m,): codes of what rows belong to; None where either table does not tell."""
    totals: tuple[int, int]
    """Rows of either table before sampling."""
    is_mixed: bool = False
    """Whether test rows were left out, so that the others are mixed as in production."""

    @property
    def is_recent(self) -> NDArray[np.bool_]:
        """(n + m,): which rows are recent."""
        return np.arange(len(self.codes)) >= len(self.test)

    @property
    def sampled(self) -> str:
        """How many rows were looked at, when not all."""
        few = len(self.test) + len(self.recent) < sum(self.totals)
        return f" (random samples of {self.totals[0]:,} and {self.totals[1]:,})" if few else ""


def find_shared_columns(evidence: Evidence) -> SharedColumns:
    """The features, or else the columns without a role, that test rows and recent rows share."""
    assert evidence.recent is not None
    rng = np.random.default_rng([evidence.spec.seed, SALT])
    before, after = evidence.rows, evidence.recent.frame
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // max(1, len(after.columns)))) // 2
    typical = draw_like_production(evidence)
    rows, others = typical[draw_some(rng, len(typical), most)], draw_some(rng, len(after), most)
    test, recent = (frame.iloc[at].reset_index(drop=True) for frame, at in ((before, rows), (after, others)))
    exempt = set(evidence.spec.production.drift_exempt)
    times = _times(evidence, test, recent)
    names, codes, timely = [], [], []
    for name in _shared_columns(evidence, test, recent):
        if name in exempt:
            continue
        if times is not None and tells_time(pd.concat([test[name], recent[name]], ignore_index=True), times):
            timely.append(name)
        elif (binned := bin_alike(test[name], recent[name])) is not None:
            names.append(name)
            codes.append(binned)
    table = np.column_stack(codes) if codes else np.zeros((len(test) + len(recent), 0), dtype=np.uint8)
    used = tuple(name for name in _shared_columns(evidence, test, recent) if name in exempt)
    groups = _groups_of_columns(evidence, test, recent)
    return SharedColumns(test, recent, rows, tuple(names), table, tuple(timely), used, groups,
                    (len(typical), len(after)), len(typical) < len(before))  # fmt: skip


def draw_like_production(evidence: Evidence) -> Integers:
    """Positions of test rows that are mixed as the spec says that production is, to be held against recent rows.

    Each row is kept with a chance in proportion to its weight: what it stands for by `data.weight`, times the share of
    its class in production over that in the test rows. All rows where the spec declares neither.
    """
    cases = evidence.cases
    weight = cases.relative_weight * _class_weights(evidence)
    if not weight.any() or float(weight.min()) == float(weight.max()):
        return np.arange(cases.n)
    drawn = np.random.default_rng([evidence.spec.seed, SALT, 1]).random(cases.n)
    return np.flatnonzero(drawn < weight / weight.max()).astype(np.int64)


def _class_weights(evidence: Evidence) -> NDArray[np.float64]:
    """(n,): how much more often than here the class of a row is met in production, as far as the spec declares it."""
    cases, declared = evidence.cases, evidence.spec.about.prevalences
    share = float(cases.relative_weight @ (cases.y_true == 1)) / max(1, cases.n)
    if cases.task is not Task.BINARY or not declared or not 0 < share < 1:
        return np.ones(cases.n)
    there = min(max(share, declared[0]), declared[-1])
    if abs(there - share) <= CHANCE * math.sqrt(share * (1 - share) / cases.n):
        return np.ones(cases.n)
    return np.where(cases.y_true == 1, there / share, (1 - there) / (1 - share))


def draw_some(rng: np.random.Generator, n: int, most: int) -> Integers:
    """Positions of at most so many of n rows, rising, drawn without replacement."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _shared_columns(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> list[str]:
    named = () if evidence.candidate is None else evidence.candidate.features
    names = features_of(evidence.spec, list(test.columns), named)
    both = [name for name in names if name in test and name in recent]
    if named or evidence.spec.data.features is not None:
        return both
    return [name for name in both if not _names_rows(test[name])]


def _names_rows(values: pd.Series[Any]) -> bool:
    """Whether a column without a role is a name of its row, which no two tables share."""
    if holds_many(values) or pd.api.types.is_float_dtype(values.dtype):
        return False
    try:
        return values.nunique() >= KEY_SHARE * len(values)
    except TypeError:  # values that cannot be told apart name nothing
        return False


def _groups_of_columns(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> Integers | None:
    name = evidence.spec.data.group
    if name is None or name not in test or name not in recent:
        return None
    codes = pd.factorize(_as_objects(test[name], recent[name]))[0].astype(np.int64)
    return np.where(codes < 0, codes.max(initial=0) + 1, codes)


def _times(evidence: Evidence, test: pd.DataFrame, recent: pd.DataFrame) -> pd.Series[Any] | None:
    """When all these rows were; None where that is not known of every row."""
    name = evidence.spec.data.time
    if name is None or name not in test or name not in recent:
        return None
    try:
        both = [moments(frame[name], "data.time") for frame in (test, recent)]
        whole = pd.concat(both, ignore_index=True)
        pd.factorize(whole, sort=True)
    except (DataError, TypeError, ValueError):
        return None
    return None if whole.isna().any() else whole


def tells_time(values: pd.Series[Any], times: pd.Series[Any]) -> bool:
    """Whether a column says no more than when a row was: it never falls, or never rises, as time goes on, or it is a
    part of the date.
    """
    if holds_many(values):
        return False
    few = slice(None, None, max(1, len(values) // SCREENED_ROWS))
    return _may_tell(values.iloc[few], times.iloc[few], FEWEST_SCREENED) and _may_tell(values, times, FEWEST_VALUES)


def _may_tell(values: pd.Series[Any], times: pd.Series[Any], fewest: int) -> bool:
    """Whether so few rows as these do not speak against it; what holds of all rows holds of some."""
    known = values.notna().to_numpy()
    ranks = pd.factorize(times, sort=True)[0][known]
    try:
        levels = pd.factorize(values[known], sort=True)[0]
    except TypeError:  # values of several kinds have no order
        return False
    if _is_part_of_date(values[known], times[known]):
        return True
    if len(np.unique(levels)) < fewest:
        return False
    return any(bool((np.diff(each[np.lexsort((each, ranks))]) >= 0).all()) for each in (levels, -levels))


def _is_part_of_date(values: pd.Series[Any], times: pd.Series[Any]) -> bool:
    if not pd.api.types.is_datetime64_any_dtype(times.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return False
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    parts: Iterator[Any] = (getattr(times.dt, part).to_numpy() for part in _CALENDAR)
    weeks = times.dt.isocalendar().week.to_numpy(dtype=np.float64)
    return len(found) > 0 and any(np.array_equal(found, part) for part in (*parts, weeks))


def bin_alike(first: pd.Series[Any], second: pd.Series[Any]) -> NDArray[np.uint8] | None:
    """Two columns in bins alike, first the one and then the other: of numbers and dates between the quantiles of both
    together, of all else the commonest values and the rest; missing values have a bin of their own.

    None: the column holds lists or records.
    """
    if holds_many(first) or holds_many(second):
        return None
    if is_number(first) and is_number(second):
        values = np.concatenate([as_floats(first), as_floats(second)])
        finite = values[np.isfinite(values)]
        edges = np.unique(np.quantile(finite, np.arange(1, BINS) / BINS)) if len(finite) else np.zeros(0)
        return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right")).astype(np.uint8)
    codes = pd.factorize(_as_objects(first, second))[0]
    counts = np.bincount(codes[codes >= 0])
    places = np.full(len(counts) + 1, BINS - 1, dtype=np.uint8)
    places[np.argsort(-counts, kind="stable")[: BINS - 1]] = np.arange(min(len(counts), BINS - 1))
    places[-1] = BINS  # code -1: missing
    return places[codes]


def _as_objects(first: pd.Series[Any], second: pd.Series[Any]) -> NDArray[Any]:
    """Both columns as plain objects, missing ones as None; what cannot be told apart by value is by its text."""
    both = pd.concat([first.astype(object), second.astype(object)], ignore_index=True)
    values = both.where(both.notna(), None).to_numpy(dtype=object)
    try:
        pd.factorize(values)
    except TypeError:
        values = np.array([None if value is None else str(value) for value in values], dtype=object)
    return values


# ----------------------------------------------------------------------------------------------------

TOLD_APART = 0.65
"""Area under the ROC curve from which recent rows count as other rows: of two normal columns a shift of 0.54 SD."""
NO_BAR = 1.0
"""Where the answers themselves are looked at, no difference of columns alone is a doubt."""
MOST_MOVED = 0.10
"""Stability index of the answers, less what chance makes: the customary bar of a moderate shift (Siddiqi 2006)."""
LEAST_OVERLAP = 0.10
"""Test rows of equal weight that say as much of recent rows, as a share of all (Kish 1965)."""
MOST_NAMED, MOST_CLASSES = 3, 10


def examine(evidence: Evidence) -> list[Examined]:
    """How well recent rows are told from test rows by their columns, and what the candidate makes of it."""
    if evidence.recent is None:
        return [finding_not_asked(Kind.RECENT, "no recent rows are given")]
    scores, rows = recent_scores(evidence), find_shared_columns(evidence)
    known, words = rejudge_on_recent_truth(evidence, scores) if isinstance(scores, RecentScores) else ([], "")
    is_enough = isinstance(scores, RecentScores) and min(evidence.cases.n, len(scores.rows)) >= FEWEST
    answers = [_claim_answers(evidence, scores)] if isinstance(scores, RecentScores) and is_enough else []
    told = compare_samples(rows.codes, rows.is_recent, rows.groups, seed=evidence.spec.seed) if rows.names else None
    if not isinstance(told, TwoSampleTest):
        reason = told.reason if isinstance(told, Missing) else "they share no column that could be compared"
        return [
            finding_not_asked(Kind.RECENT, "; ".join(filter(None, (reason, *_describe_left_out(rows), words)))),
            *answers,
            *known,
        ]
    if told.area.lower(SOUNDNESS_ALPHA) <= TOLD_APART:
        return [_claim_alike(rows, told, words), *answers, *known]
    first = _other_rows(rows, told, scores, words)
    weighed = _judge_weighed(evidence, rows) if isinstance(scores, RecentScores) else []
    return [first, *answers, *weighed, *known]


def _first_claim(
    told: TwoSampleTest, bar: float, words: tuple[str, ...], *, needs: str = "", warning: str = ""
) -> Measurement:
    return Measurement(
        Claim(
            Kind.RECENT.key(),
            "Recent rows, told from test rows by their columns",
            Criterion("<=", bar, presumed=True, refutable=False),
        ),
        "roc_auc",
        told.area,
        reason="; ".join(filter(None, words)),
        needs=needs,
        warning=warning,
        from_scores=False,
    )


def _claim_alike(rows: SharedColumns, told: TwoSampleTest, labelled: str) -> Measurement:
    noticed = detectable_area(len(rows.test), len(rows.recent), TOLD_APART, SOUNDNESS_ALPHA)
    limit = (
        "so few rows would not show that they differ, however much they did"
        if noticed is None
        else f"{_write_pairs(noticed)} would be noticed as a difference"
    )
    return _first_claim(told, TOLD_APART, (_counts(rows, told), limit, *_describe_left_out(rows), labelled))


def _other_rows(rows: SharedColumns, told: TwoSampleTest, scores: RecentScores | Missing, labelled: str) -> Measurement:
    """Where the answers to recent rows are known, the difference alone is no doubt: what follows from it is judged."""
    telling = _most_telling(rows)
    words = (_counts(rows, told), telling, *_describe_left_out(rows), labelled)
    if isinstance(scores, Missing):
        needs = scores.needs or "test on rows like the recent ones"
        return _first_claim(told, TOLD_APART, (*words, scores.reason), needs=needs)
    return _first_claim(told, NO_BAR, words, warning=f"recent rows are not like the test rows: {telling}")


def _counts(rows: SharedColumns, told: TwoSampleTest) -> str:
    mixed = " mixed as in production" if rows.is_mixed else ""
    return (
        f"of {len(rows.test):,} test rows{mixed} and {len(rows.recent):,} recent rows{rows.sampled}, the recent row is "
        f"told from the test row in {_write_pairs(told.area.value)} (by chance in 50)"
    )


def _write_pairs(area: float) -> str:
    """An area of 1 is every pair, and no other area is written as one."""
    texts = [f"{100 * area:.{digits}g}" for digits in (3, 4, 6)]
    return f"{next((text for text in texts if text != '100' or area == 1), texts[-1])} of 100 pairs"


def _describe_left_out(rows: SharedColumns) -> list[str]:
    """Which columns were not looked at, and why."""
    exempted = "by the spec, which exempts it from drift"
    told = ((rows.timely, "for telling the time and no more"), (rows.exempt, exempted))
    return [f"left out is {_list_names(names)}, {why}" for names, why in told if names]


def _list_names(names: tuple[str, ...]) -> str:
    few = [shorten(name) for name in names[:MOST_NAMED]]
    more = len(names) - len(few)
    return ", ".join(few) + (f" and {more} more" if more else "")


def _most_telling(rows: SharedColumns) -> str:
    """The columns that moved most, each with its largest change."""
    n = len(rows.test)
    found: list[tuple[float, str]] = []
    for k, name in enumerate(rows.names):
        counts = [np.bincount(side, minlength=256).astype(float) for side in (rows.codes[:n, k], rows.codes[n:, k])]
        drift = drift_of_counts([""] * 256, counts[0], counts[1])
        if isinstance(drift, Drift) and drift.p_value < SOUNDNESS_ALPHA:
            found.append((-drift.index.value, name))
    said = []
    for _, name in sorted(found)[:MOST_NAMED]:
        drift = column_drift(rows.test[name], rows.recent[name])
        if isinstance(drift, Drift):
            said.append(f"{shorten(name)} ({largest_change(drift)})")
    if not said:
        return "no column has moved by itself, but how they go together has"
    return f"what has moved most is {', '.join(said)}"


def _claim_answers(evidence: Evidence, scores: RecentScores) -> Measurement:
    """How far what the candidate answers has moved from test rows to recent rows."""
    drift = _drift_of_answers(evidence, scores)
    n = evidence.cases.n
    few = f"a random sample of {DRIFT_ROWS:,} of {n:,} test rows" if n > DRIFT_ROWS else ""
    told = " and ".join(filter(None, (few, scores.sampled)))
    sampled = f" ({told})" if told else ""
    reason = (
        drift.reason
        if isinstance(drift, Missing)
        else largest_change(drift, _ANSWER.get(evidence.task, "the answer")) + sampled
    )
    return Measurement(
        Claim(
            Kind.RECENT.key(Topic.DOUBT_SCORES),
            "How far the answers have moved from test rows to recent rows",
            Criterion("<=", MOST_MOVED, "PSI", presumed=True, refutable=False),
        ),
        "psi",
        drift if isinstance(drift, Missing) else drift.index,
        unit="PSI",
        reason=reason,
        needs="test on rows like the recent ones; on the test rows the candidate seldom answered what it answers there",
        from_scores=False,
    )


_ANSWER = {Task.BINARY: "the score", Task.REGRESSION: "the number that is answered"}
"""What moves; of several classes the one that is answered."""


def _drift_of_answers(evidence: Evidence, scores: RecentScores) -> Drift | Missing:
    typical = draw_like_production(evidence)
    typical = typical[draw_some(np.random.default_rng([evidence.spec.seed, SALT]), len(typical), DRIFT_ROWS)]
    cases = evidence.cases if len(typical) == evidence.cases.n else evidence.cases.subset(typical)
    said, groups = scores.said, (cases.groups, _groups(evidence, scores))
    if evidence.task is Task.MULTICLASS or (cases.y_score is None and evidence.task.has_classes):
        bins = (cases.y_pred.astype(np.int64), said.predicted.astype(np.int64))
        counts = [np.bincount(side, minlength=cases.n_classes).astype(float) for side in bins]
        drift = drift_of_counts(evidence.classes or tuple(map(str, range(cases.n_classes))), counts[0], counts[1])
    else:
        before = np.asarray(cases.y_score if evidence.task is Task.BINARY else cases.y_pred, dtype=np.float64)
        now = np.asarray(said.scores if evidence.task is Task.BINARY else said.predicted, dtype=np.float64)
        edges = quantile_edges(before[~np.isnan(before)], DRIFT_BINS)
        bins = (np.searchsorted(edges, before), np.searchsorted(edges, now))
        drift = numeric_drift(before, now, write=lambda cuts: [f"{cut:.3g}" for cut in cuts])
    if isinstance(drift, Missing):
        return drift
    worth = [rows_worth(side, codes) for side, codes in zip(bins, groups, strict=True)]
    return replace(drift, index=replace(drift.index, n_reference=worth[0], n_current=worth[1]))


def _groups(evidence: Evidence, scores: RecentScores) -> Integers | None:
    """What the scored recent rows belong to."""
    assert evidence.recent is not None
    name, frame = evidence.spec.data.group, evidence.recent.frame
    if name is None or name not in frame:
        return None
    return pd.factorize(frame[name].iloc[scores.rows])[0].astype(np.int64) + 1


def _judge_weighed(evidence: Evidence, rows: SharedColumns) -> list[Examined]:
    """The claims once test rows are weighed like recent rows, by the columns that have to do with the answers."""
    n = len(rows.test)
    used = related_columns(rows.codes[:n], _outcomes(evidence, rows.rows))
    weights = np.ones(n)
    if len(used):
        told = compare_samples(rows.codes[:, used], rows.is_recent, rows.groups, seed=evidence.spec.seed)
        if isinstance(told, TwoSampleTest):
            weights = importance_weights(told.chance[:n], n, len(rows.recent))
    names = tuple(rows.names[k] for k in used.tolist())
    overlap = _claim_overlap(weights, names)
    return [overlap, *(rejudge_weighed(evidence, rows.rows, weights) if names else ())]


def _claim_overlap(weights: Floats, names: tuple[str, ...]) -> Measurement:
    worth, n = effective_rows(weights), len(weights)
    by = f"by {_list_names(names)}" if names else "none of the columns has to do with the answers, so all count alike"
    return Measurement(
        Claim(
            Kind.RECENT.key(Topic.DOUBT_OVERLAP),
            "Test rows that say something of recent rows",
            Criterion(">=", LEAST_OVERLAP, presumed=True, refutable=False),
        ),
        "share",
        Exact(worth / n, n),
        reason=f"weighed like them, {n:,} test rows say as much as {worth:,.0f} rows of equal weight would "
        f"({format_share(worth / n)}); {by}",
        needs="test on rows like the recent ones",
        from_scores=False,
    )


def _outcomes(evidence: Evidence, rows: Integers) -> Floats:
    """(n, q): what is true of the test rows, what is answered, and how wrong that is; of numbers their ranks."""
    cases = evidence.cases if len(rows) == evidence.cases.n else evidence.cases.subset(rows)
    if not cases.task.has_classes:
        true, said = cases.y_true.astype(float), cases.y_pred.astype(float)
        return np.column_stack([_ranks(values) for values in (true, said, np.abs(true - said))])
    largest = np.argsort(-np.bincount(cases.y_true.astype(np.int64), minlength=cases.n_classes), kind="stable")
    classes = [1] if cases.n_classes == 2 else largest[:MOST_CLASSES].tolist()
    parts = [codes == k for codes in (cases.y_true, cases.y_pred) for k in classes]
    parts.append(cases.y_true != cases.y_pred)
    if cases.y_score is not None and cases.y_score.ndim == 1:
        parts.append(_ranks(np.nan_to_num(cases.y_score)))
    return np.column_stack(parts).astype(np.float64)


def _ranks(values: Floats) -> Floats:
    return np.asarray(np.unique(values, return_inverse=True)[1].ravel(), dtype=np.float64)
