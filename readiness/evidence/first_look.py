"""A first look at the rows before anything is asked: how many when, which classes or numbers, what is missing, and what
the candidate says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.format import format_count, format_value
from readiness.core.policy import Task
from readiness.core.sanitize import visible
from readiness.core.vocabulary import Vocabulary
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import as_dates
from readiness.spec.words import vocabulary_in
from readiness.statistics.first_look import FirstLook, Part, Period

MOST_PERIODS = 24
"""Months up to two years, quarters above; more of those are drawn as years."""
MOST_CLASSES, MOST_GAPS = 12, 8
MOST_POINTS = 2_000
"""Points of a scatter; more say no more, and weigh."""
TENTHS = 10
_QUANTILES = {"smallest": 0.0, "5 %": 0.05, "25 %": 0.25, "half": 0.5, "75 %": 0.75, "95 %": 0.95, "largest": 1.0}


def look_at(evidence: Evidence) -> FirstLook:
    """Look at test and training rows of the evidence; reads nothing and computes no result."""
    features = evidence.candidate.features if evidence.candidate is not None else tuple(evidence.rows.columns)
    gaps = _gaps(evidence, [name for name in features if name in evidence.rows])
    every, periods = _periods(evidence)
    return FirstLook(
        evidence.task,
        evidence.cases.n,
        _target(evidence),
        tuple(gaps[:MOST_GAPS]),
        max(0, len(gaps) - MOST_GAPS),
        len(features),
        periods,
        every,
        _level_words(evidence),
        _scores(evidence),
    )


def _target(evidence: Evidence) -> tuple[Part, ...]:
    train = None if evidence.training is None else evidence.training.target
    if evidence.task.has_classes:
        return _classes(evidence, train)
    values, others = _finite(evidence.cases.y_true), None if train is None else _finite(train)
    if not len(values):
        return ()
    return tuple(
        Part(name, format_value(float(np.quantile(values, share))), _quantile(others, share))
        for name, share in _QUANTILES.items()
    )


def _quantile(values: NDArray[np.float64] | None, share: float) -> str:
    return "" if values is None or not len(values) else format_value(float(np.quantile(values, share)))


def _classes(evidence: Evidence, train: NDArray[Any] | None) -> tuple[Part, ...]:
    names = _class_names(evidence)
    test_counts = np.bincount(evidence.cases.y_true.astype(np.int64), minlength=len(names))
    train_counts = None if train is None else np.bincount(train[train >= 0].astype(np.int64), minlength=len(names))
    order = np.argsort(-test_counts, kind="stable")[:MOST_CLASSES]
    return tuple(
        Part(
            visible(names[code]), _share(test_counts, code), "" if train_counts is None else _share(train_counts, code)
        )
        for code in order
    )


def words_of(evidence: Evidence) -> Vocabulary:
    """What the spec calls rows, classes and groups."""
    return vocabulary_in(evidence.gathered.spec.get("data"), evidence.gathered.data.positive)


def _class_names(evidence: Evidence) -> list[str]:
    """The classes in the order of their codes: in the words of the spec, with their value behind it, or as they are."""
    pairs = ((words_of(evidence).outcome(value), value) for value in evidence.classes)
    return [value if word == value else f"{word} ({value})" for word, value in pairs]


def _share(counts: NDArray[np.int64], code: int) -> str:
    total = int(counts.sum())
    return f"{format_count(int(counts[code]))} ({counts[code] / total:.1%})".replace("%", " %") if total else "0"


def _gaps(evidence: Evidence, features: list[str]) -> list[Part]:
    test = evidence.rows[features].isna().mean()
    train = None if evidence.training is None else evidence.training.frame
    found = []
    for name in test[test > 0].sort_values(ascending=False, kind="stable").index:
        there = "" if train is None or name not in train else _percent(float(train[name].isna().mean()))
        found.append(Part(visible(words_of(evidence).column(str(name))), _percent(float(test[name])), there))
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 or share == 0 else "below 0.1 %"


# ----------------------------------------------------------------------------------------------------


def _level(evidence: Evidence) -> NDArray[np.float64] | None:
    """For each test row what a period averages; None where classes have no order."""
    if evidence.task is Task.MULTICLASS:
        return None
    return np.asarray(evidence.cases.y_true, dtype=np.float64)


def _level_words(evidence: Evidence) -> str:
    words = words_of(evidence)
    said = {
        Task.BINARY: f"share of {visible(words.positive.many if words.positive else evidence.positive)}",
        Task.REGRESSION: f"mean {visible(words.column(evidence.gathered.data.target))}",
        Task.RANKING: "mean relevance",
    }
    return said.get(evidence.task, "")


def _periods(evidence: Evidence) -> tuple[str, tuple[Period, ...]]:
    name = evidence.spec.data.time
    if name is None or name not in evidence.rows or not len(evidence.rows):
        return "", ()
    times, level = evidence.rows[name], _level(evidence)
    dates = as_dates(times)
    if dates is None:
        return "tenth of the rows", _tenths(evidence, level)
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    for every, letter in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        stretches = dates.dt.to_period(letter)
        first, last = stretches.min(), stretches.max()
        if pd.isna(first):
            return "", ()
        if (last - first).n < MOST_PERIODS or every == "year":
            return every, _by_stretch(stretches, pd.period_range(first, last), level)
    raise AssertionError("years are the longest stretch")


def _by_stretch(
    stretches: pd.Series[Any], all_of_them: pd.PeriodIndex, level: NDArray[np.float64] | None
) -> tuple[Period, ...]:
    """With the stretches that have no rows, or a gap in time would not be seen; of ages, only the last ones."""
    shown = all_of_them[-10 * MOST_PERIODS :]
    groups = pd.Series(np.nan if level is None else level, index=stretches.to_numpy()).groupby(level=0)
    counts, means = groups.size().reindex(shown, fill_value=0).tolist(), groups.mean().reindex(shown).tolist()
    return tuple(Period(str(each), int(n), float(mean)) for each, n, mean in zip(shown, counts, means, strict=True))


def _tenths(evidence: Evidence, level: NDArray[np.float64] | None) -> tuple[Period, ...]:
    if evidence.cases.time is None:
        return ()
    places = np.array_split(np.argsort(evidence.cases.time, kind="stable"), TENTHS)
    return tuple(
        Period(f"{number}.", len(part), float("nan") if level is None else float(np.mean(level[part])))
        for number, part in enumerate(places, 1)
        if len(part)
    )


# ----------------------------------------------------------------------------------------------------


def _scores(evidence: Evidence) -> Mapping[str, NDArray[np.float64]]:
    by_task: Mapping[Task, Callable[[Evidence], dict[str, NDArray[np.float64]]]] = {
        Task.BINARY: _binary_scores,
        Task.MULTICLASS: _multiclass_scores,
        Task.REGRESSION: _numbers,
        Task.RANKING: _ranking_scores,
    }
    found = by_task[evidence.task](evidence)
    return found if all(map(len, found.values())) else {name: part for name, part in found.items() if len(part)}


def _binary_scores(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    scores, truth = evidence.cases.y_score, evidence.cases.y_true
    if scores is None:
        return {}
    return {visible(name): _finite(scores[truth == code]) for code, name in enumerate(_class_names(evidence))}


def _multiclass_scores(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    cases = evidence.cases
    if cases.y_score is None:
        return {}
    own = cases.y_score[np.arange(cases.n), cases.y_pred.astype(np.int64)]
    right = cases.y_pred == cases.y_true
    return {"right": _finite(own[right]), "wrong": _finite(own[~right])}


def _ranking_scores(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    cases = evidence.cases
    return {
        "relevant": _finite(cases.y_pred[cases.y_true > 0]),
        "not relevant": _finite(cases.y_pred[cases.y_true <= 0]),
    }


def _numbers(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    cases = evidence.cases
    true, predicted = np.asarray(cases.y_true, dtype=float), np.asarray(cases.y_pred, dtype=float)
    known = np.flatnonzero(np.isfinite(true) & np.isfinite(predicted))
    places = known[np.linspace(0, len(known) - 1, min(MOST_POINTS, len(known))).astype(int)] if len(known) else known
    return {"true": true[places], "predicted": predicted[places]}


def _finite(values: Any) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    return numbers[np.isfinite(numbers)]
