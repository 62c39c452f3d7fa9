"""Do recent rows look like the test rows, and if not: does the candidate still answer and perform as it did?

A difference alone is a warning. It is a doubt where the candidate's answers have moved, where too few test rows are
like recent ones to say anything of them, where a claim fails once test rows are weighed like recent ones, or where it
fails on recent rows whose truth is known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from readiness.answers import Criterion
from readiness.criteria import DRIFT_BINS, DRIFT_ROWS, SOUNDNESS_ALPHA, Task
from readiness.evidence.drifting import column_drift, largest_change
from readiness.evidence.evidence import Evidence
from readiness.evidence.steadiness import OVERLAP, SCORES
from readiness.numbers import format_share
from readiness.soundness.recent_claims import on_recent_truth, weighed_like_recent
from readiness.soundness.recent_columns import SALT, Compared, compared, like_production, some_of
from readiness.soundness.recent_rows import RecentScores, recent_scores
from readiness.soundness.tables import Examined, not_asked
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.drift import Drift, drift_of_counts, numeric_drift, quantile_edges, rows_worth
from readiness.statistics.importance import effective_rows, importance_weights, related_columns
from readiness.statistics.inference import Exact, Undefined
from readiness.statistics.judging import Claim
from readiness.statistics.two_samples import FEWEST, ToldApart, detectable_area, tell_apart
from readiness.unavailable import Unavailable
from readiness.visible import shorten
from readiness.withholding import Kind

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
        return [not_asked(Kind.RECENT, "no recent rows are given")]
    scores, rows = recent_scores(evidence), compared(evidence)
    known, words = on_recent_truth(evidence, scores) if isinstance(scores, RecentScores) else ([], "")
    is_enough = isinstance(scores, RecentScores) and min(evidence.cases.n, len(scores.rows)) >= FEWEST
    answers = [_answers(evidence, scores)] if isinstance(scores, RecentScores) and is_enough else []
    told = tell_apart(rows.codes, rows.is_recent, rows.groups, seed=evidence.spec.seed) if rows.names else None
    if not isinstance(told, ToldApart):
        reason = told.reason if isinstance(told, Undefined) else "they share no column that could be compared"
        return [not_asked(Kind.RECENT, "; ".join(filter(None, (reason, *_left(rows), words)))), *answers, *known]
    if told.area.lower(SOUNDNESS_ALPHA) <= TOLD_APART:
        return [_alike(rows, told, words), *answers, *known]
    first = _other_rows(rows, told, scores, words)
    weighed = _weighed(evidence, rows) if isinstance(scores, RecentScores) else []
    return [first, *answers, *weighed, *known]


def _first(told: ToldApart, bar: float, words: tuple[str, ...], *, needs: str = "", warning: str = "") -> Claim:
    return Claim(
        Kind.RECENT.code,
        "Recent rows, told from test rows by their columns",
        "roc_auc",
        told.area,
        Criterion("<=", bar, presumed=True, refutable=False),
        reason="; ".join(filter(None, words)),
        needs=needs,
        warning=warning,
        from_scores=False,
    )


def _alike(rows: Compared, told: ToldApart, labelled: str) -> Claim:
    noticed = detectable_area(len(rows.test), len(rows.recent), TOLD_APART, SOUNDNESS_ALPHA)
    limit = (
        "so few rows would not show that they differ, however much they did"
        if noticed is None
        else f"{_pairs(noticed)} would be noticed as a difference"
    )
    return _first(told, TOLD_APART, (_counts(rows, told), limit, *_left(rows), labelled))


def _other_rows(rows: Compared, told: ToldApart, scores: RecentScores | Unavailable, labelled: str) -> Claim:
    """Where the answers to recent rows are known, the difference alone is no doubt: what follows from it is judged."""
    telling = _most_telling(rows)
    words = (_counts(rows, told), telling, *_left(rows), labelled)
    if isinstance(scores, Unavailable):
        needs = scores.needs or "test on rows like the recent ones"
        return _first(told, TOLD_APART, (*words, scores.reason), needs=needs)
    return _first(told, NO_BAR, words, warning=f"recent rows are not like the test rows: {telling}")


def _counts(rows: Compared, told: ToldApart) -> str:
    mixed = " mixed as in production" if rows.is_mixed else ""
    return (
        f"of {len(rows.test):,} test rows{mixed} and {len(rows.recent):,} recent rows{rows.sampled}, the recent row is "
        f"told from the test row in {_pairs(told.area.value)} (by chance in 50)"
    )


def _pairs(area: float) -> str:
    """An area of 1 is every pair, and no other area is written as one."""
    texts = [f"{100 * area:.{digits}g}" for digits in (3, 4, 6)]
    return f"{next((text for text in texts if text != '100' or area == 1), texts[-1])} of 100 pairs"


def _left(rows: Compared) -> list[str]:
    """Which columns were not looked at, and why."""
    exempted = "by the spec, which exempts it from drift"
    told = ((rows.timely, "for telling the time and no more"), (rows.exempt, exempted))
    return [f"left out is {_listed(names)}, {why}" for names, why in told if names]


def _listed(names: tuple[str, ...]) -> str:
    few = [shorten(name) for name in names[:MOST_NAMED]]
    more = len(names) - len(few)
    return ", ".join(few) + (f" and {more} more" if more else "")


def _most_telling(rows: Compared) -> str:
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


def _answers(evidence: Evidence, scores: RecentScores) -> Claim:
    """How far what the candidate answers has moved from test rows to recent rows."""
    drift = _drift_of_answers(evidence, scores)
    n = evidence.cases.n
    few = f"a random sample of {DRIFT_ROWS:,} of {n:,} test rows" if n > DRIFT_ROWS else ""
    told = " and ".join(filter(None, (few, scores.sampled)))
    sampled = f" ({told})" if told else ""
    reason = drift.reason if isinstance(drift, Undefined) else f"of the answers, {largest_change(drift)}{sampled}"
    return Claim(
        SCORES,
        "How far the answers have moved from test rows to recent rows",
        "psi",
        drift if isinstance(drift, Undefined) else drift.index,
        Criterion("<=", MOST_MOVED, "PSI", presumed=True, refutable=False),
        unit="PSI",
        reason=reason,
        needs="test on rows like the recent ones; on the test rows the candidate seldom answered what it answers there",
        from_scores=False,
    )


def _drift_of_answers(evidence: Evidence, scores: RecentScores) -> Drift | Undefined:
    typical = like_production(evidence)
    typical = typical[some_of(np.random.default_rng([evidence.spec.seed, SALT]), len(typical), DRIFT_ROWS)]
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
        drift = numeric_drift(before, now)
    if isinstance(drift, Undefined):
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


def _weighed(evidence: Evidence, rows: Compared) -> list[Examined]:
    """The claims once test rows are weighed like recent rows, by the columns that have to do with the answers."""
    n = len(rows.test)
    used = related_columns(rows.codes[:n], _outcomes(evidence, rows.rows))
    weights = np.ones(n)
    if len(used):
        told = tell_apart(rows.codes[:, used], rows.is_recent, rows.groups, seed=evidence.spec.seed)
        if isinstance(told, ToldApart):
            weights = importance_weights(told.chance[:n], n, len(rows.recent))
    names = tuple(rows.names[k] for k in used.tolist())
    overlap = _overlap(weights, names)
    return [overlap, *(weighed_like_recent(evidence, rows.rows, weights) if names else ())]


def _overlap(weights: Floats, names: tuple[str, ...]) -> Claim:
    worth, n = effective_rows(weights), len(weights)
    by = f"by {_listed(names)}" if names else "none of the columns has to do with the answers, so all count alike"
    return Claim(
        OVERLAP,
        "Test rows that say something of recent rows",
        "share",
        Exact(worth / n, n),
        Criterion(">=", LEAST_OVERLAP, presumed=True, refutable=False),
        reason=f"weighed like them, {n:,} test rows say as much as {worth:,.0f} ({format_share(worth / n)}); {by}",
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
