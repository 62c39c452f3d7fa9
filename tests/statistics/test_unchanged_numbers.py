"""Stored numbers of every metric and every way to compare: what a change of the code must leave as it is.

`python -m tests.statistics.test_unchanged_numbers` writes them anew; do so only for a change of numbers that is meant,
and say in the commit which ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readiness.core.findings import Basis
from readiness.core.metrics import METRICS, metric_names
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics import custom
from readiness.statistics.basis import basis_of, flatten
from readiness.statistics.cases import Cases, OwnFunction
from readiness.statistics.comparison import Guess, compare, human_comparison, measure_guess
from readiness.statistics.estimators import influence, measure, number, reason_to_withhold
from readiness.statistics.inference import Inference

STORED = Path(__file__).with_name("unchanged_numbers.json")
TOLERANCE = 1e-12
"""Of each number, or of 1 where it is smaller."""
LEVEL, ALPHAS = 0.95, (0.05, 0.001)
OWN = "mean_gap"


def mean_gap(y_true, y_pred) -> float:
    """A metric of one's own: how far apart the means of truths and predictions are."""
    return float(abs(np.mean(y_true) - np.mean(y_pred)))


# Tables of rows ------------------------------------------------------------------------------------


def binary(n: int, error: float = 0.2, seed: int = 0, positive: float = 0.3, **more: Any) -> Cases:
    """Truths depend on `n` and `positive` alone, so that two of them stand for two methods on the same rows."""
    y = (np.random.default_rng(n).random(n) < positive).astype(np.int64)
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(n) < error, 1 - y, y)
    score = np.round(np.clip(0.3 + 0.4 * said + rng.normal(0, 0.15, n), 0.01, 0.99), 3)
    return Cases(Task.BINARY, y, said, score, 2, True, **more)


def multiclass(classes: int, n: int, error: float = 0.3, seed: int = 0, **more: Any) -> Cases:
    y = np.random.default_rng(n).integers(0, classes, n)
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(n) < error, rng.integers(0, classes, n), y)
    p = rng.random((n, classes)) + 2 * np.eye(classes)[said]
    return Cases(Task.MULTICLASS, y, said, p / p.sum(axis=1, keepdims=True), classes, True, **more)


def regression(n: int, noise: float = 1.0, seed: int = 0, **more: Any) -> Cases:
    y = np.exp(np.random.default_rng(n).normal(2, 0.5, n))
    said = np.maximum(0.1, y + np.random.default_rng(seed).normal(0, noise, n))
    return Cases(Task.REGRESSION, y, said, **more)


def ranking(queries: int, seed: int = 0, noise: float = 1.0, size: int = 6, **more: Any) -> Cases:
    relevance = np.random.default_rng(queries).integers(0, 3, queries * size).astype(float)
    score = np.round(relevance + np.random.default_rng(seed).normal(0, noise, len(relevance)), 1)
    codes = np.repeat(np.arange(queries), size)
    return Cases(Task.RANKING, relevance, score, queries=codes, **more)


def weights(n: int) -> dict[str, Any]:
    return {"weight": np.random.default_rng(5).integers(0, 5, n).astype(float)}


def groups(n: int, size: int = 5) -> dict[str, Any]:
    return {"groups": np.random.default_rng(6).integers(0, max(2, n // size), n)}


def moments(n: int, size: int = 4) -> dict[str, Any]:
    return {"time": np.arange(n) // size}


def perfect(cases: Cases) -> Cases:
    score = cases.y_score
    if score is not None:
        score = (0.1 + 0.8 * cases.y_true) if score.ndim == 1 else np.eye(cases.n_classes)[cases.y_true]
    return replace(cases, y_pred=cases.y_true, y_score=score)


@cache
def tables() -> dict[str, Cases]:
    """Ordinary rows, rows that depend on each other, and rows at the ends of what there can be."""
    found = {
        "binary": binary(150),
        "binary, few": binary(12, positive=0.4),
        "binary, weights": binary(150, **weights(150)),
        "binary, groups": binary(150, **groups(150)),
        "binary, groups and weights": binary(150, **groups(150), **weights(150)),
        "binary, time": binary(240, **moments(240)),
        "binary, few moments": binary(240, **moments(240, 20)),
        "binary, perfect": perfect(binary(40)),
        "binary, perfect in groups": perfect(binary(60, **groups(60))),
        "binary, all positive": binary(30, positive=1.0),
        "binary, all negative": binary(30, positive=0.0),
        "binary, never said": replace(binary(50), y_pred=np.zeros(50, dtype=np.int64)),
        "binary, never said, weights": replace(binary(50, **weights(50)), y_pred=np.zeros(50, dtype=np.int64)),
        "binary, all wrong": binary(40, 1.0),
        "binary, no rows": binary(40).subset(np.zeros(40, dtype=bool)),
        "binary, no weight": binary(40, weight=np.zeros(40)),
        "3 classes": multiclass(3, 200),
        "3 classes, weights": multiclass(3, 200, **weights(200)),
        "3 classes, groups": multiclass(3, 200, **groups(200)),
        "3 classes, time": multiclass(3, 200, **moments(200)),
        "3 classes, perfect": perfect(multiclass(3, 60)),
        "3 classes, one empty": replace(multiclass(3, 60), n_classes=5, y_score=np.full((60, 5), 0.2)),
        "3 classes, one only said": replace(multiclass(3, 60), y_true=multiclass(3, 60).y_true % 2),
        "3 classes, one true": replace(multiclass(3, 60), y_true=np.ones(60, dtype=np.int64)),
        "3 classes, one said": replace(multiclass(3, 60), y_pred=np.ones(60, dtype=np.int64)),
        "10 classes": multiclass(10, 400),
        "10 classes, weights": multiclass(10, 400, **weights(400)),
        "30 classes": multiclass(30, 900),
        "30 classes, groups": multiclass(30, 900, **groups(900)),
        "values": regression(120),
        "values, weights": regression(120, **weights(120)),
        "values, groups": regression(120, **groups(120)),
        "values, time": regression(160, **moments(160)),
        "values, perfect": perfect(regression(40)),
        "values, rarely wrong": replace(regression(90), y_pred=regression(90).y_true + 3.0 * (np.arange(90) % 11 == 0)),
        "values, all the same": replace(regression(30), y_true=np.full(30, 2.0)),
        "queries": ranking(40),
        "queries, weights": ranking(40, **weights(240)),
        "queries, groups": ranking(40, groups=np.repeat(np.arange(20), 12)),
        "queries, time": ranking(40, time=np.repeat(np.arange(40), 6)),
        "queries, few": ranking(6),
        "queries, perfect": perfect(ranking(30)),
    }
    own = {
        task: OwnFunction(replace(METRICS["mae" if task is Task.REGRESSION else "log_loss"], name=OWN), mean_gap)
        for task in (Task.BINARY, Task.REGRESSION)
    }
    for name in ("binary", "binary, groups", "values", "values, time"):
        found[f"{name}, own metric"] = replace(found[name], own={OWN: own[found[name].task]})
    return found


def rivals(name: str, cases: Cases) -> dict[str, Cases | Guess]:
    """Other methods for the same rows."""
    if not cases.n:
        return {}
    others: dict[str, Cases | Guess] = {"itself": cases, "perfect": perfect(cases)}
    rng = np.random.default_rng(99)
    shuffled = np.where(rng.random(cases.n) < 0.4, cases.y_pred[::-1], cases.y_pred)
    score = None if cases.y_score is None else 0.7 * cases.y_score + 0.3 * cases.y_score[::-1]
    others["other"] = replace(cases, y_pred=shuffled, y_score=score)
    if cases.task.has_classes:
        shares = np.bincount(cases.y_true, minlength=cases.n_classes) + 1.0
        others["stratified"] = Guess(tuple(shares / shares.sum()))
        others["first class"] = Guess((1.0, *[0.0] * (cases.n_classes - 1)))
        others["one class"] = replace(cases, y_pred=np.zeros(cases.n, dtype=np.int64))
    if "," in name:
        del others["perfect"]
    return {key: others[key] for key in ("other", "stratified")} if cases.n_classes > 3 else others


# What is kept of a number ----------------------------------------------------------------------------


def told(found: Inference | Missing) -> Any:
    """An inference as plain data: its formula as in a record, and all that is asked of it."""
    if isinstance(found, Missing):
        return [found.reason, found.n]
    limits = [limit for alpha in ALPHAS for limit in (found.lower(alpha), found.upper(alpha))]
    numbers = [found.value, float(found.n), *found.interval(LEVEL), *limits]
    basis = basis_of(found)
    inside = [] if basis is None else [x for part in flatten(basis) for x in numbers_of(part)]
    form = "" if basis is None else shape(basis)
    return [found.method, found.bound_method, form, *numbers, sum(x for x in inside if math.isfinite(x))]


def shape(basis: Basis) -> str:
    return f"{basis.form}({' '.join((*basis.numbers, *(shape(part) for part in basis.parts)))})"


def numbers_of(basis: Basis) -> list[float]:
    return [math.inf if value is None else float(value) for value in basis.numbers.values()]


def pulled(found: Any) -> Any:
    """Influences of many rows as three sums of them."""
    if isinstance(found, Missing):
        return [found.reason, found.n]
    mixing = np.random.default_rng(3).normal(size=len(found))
    return [float(np.abs(found).sum()), float(found @ mixing), float(found @ found)]


def measured(name: str, cases: Cases) -> Iterator[tuple[str, Any]]:
    """All that is kept of one table of rows."""
    metrics = [OWN] if cases.own else metric_names(cases.task)
    for metric in metrics:
        yield f"{name} | {metric}", told(measure(metric, cases))
        if not cases.own:
            if cases.n:
                yield f"{name} | {metric} | influence", pulled(influence(metric, cases))
            yield f"{name} | {metric} | number", [number(metric, cases), reason_to_withhold(metric, cases)]
        for other, rival in rivals(name, cases).items():
            if cases.own and other == "itself":
                continue
            if isinstance(rival, Guess):
                yield f"{name} | {metric} | {other}", told(measure_guess(metric, cases, rival))
            for factor in (1.0, 1.1) if other == "other" else (1.0,):
                gain = compare(metric, cases, rival, factor=factor)
                yield f"{name} | {metric} | over {other}, {factor:g}", told(gain)
        candidate = measure(metric, cases)
        if not isinstance(candidate, Missing) and ("," not in name or "perfect" in name) and not cases.own:
            greater = METRICS[metric].greater_is_better
            yield f"{name} | {metric} | over people", told(human_comparison(candidate, 0.8, 50, greater))
            yield f"{name} | {metric} | over a number", told(human_comparison(candidate, 1.8, None, greater, 1.1))


def numbers_now(name: str, cases: Cases) -> dict[str, Any]:
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(custom, "OWN_SECONDS", math.inf)
        return dict(measured(name, cases))


# The test ------------------------------------------------------------------------------------------


def unlike(now: Any, then: Any) -> bool:
    """Whether two entries differ in words, or in numbers by more than the tolerance."""
    if len(now) != len(then):
        return True
    return any(differs(a, b) for a, b in zip(now, then, strict=True))


def differs(now: Any, then: Any) -> bool:
    if isinstance(now, str) or isinstance(then, str):
        return bool(now != then)
    if not (math.isfinite(now) and math.isfinite(then)):
        return bool(now != then) and not (math.isnan(now) and math.isnan(then))
    return abs(now - then) > TOLERANCE * max(1.0, abs(then))


def stored() -> dict[str, dict[str, Any]]:
    found = json.loads(STORED.read_text("utf-8"))
    words = found.pop("words")
    return {
        name: {key: [words[int(x[1:])] if isinstance(x, str) else x for x in row] for key, row in rows.items()}
        for name, rows in found.items()
    }


def write() -> None:
    """Every sentence once; numbers with 14 digits."""
    words: dict[str, int] = {}

    def packed(x: Any) -> Any:
        return f"#{words.setdefault(x, len(words))}" if isinstance(x, str) else float(f"{x:.14g}")

    found: dict[str, Any] = {}
    for name, cases in tables().items():
        rows = numbers_now(name, cases)
        found[name] = {key.removeprefix(f"{name} | "): [packed(x) for x in row] for key, row in rows.items()}
    found["words"] = list(words)
    STORED.write_text(json.dumps(found, separators=(",", ":")).replace("},", "},\n") + "\n", "utf-8")


@pytest.fixture(scope="module")
def then() -> dict[str, dict[str, Any]]:
    return stored()


@pytest.mark.slow
@pytest.mark.parametrize("name", tables())
def test_numbers_are_what_they_were(name, then):
    """Values, ends of intervals, limits at two levels, influences, recorded formulas, words."""
    now = numbers_now(name, tables()[name])
    before = {f"{name} | {key}": row for key, row in then[name].items()}
    assert before.keys() == now.keys()
    changed = {key: (row, before[key]) for key, row in now.items() if unlike(row, before[key])}
    assert {} == changed


def test_a_difference_beyond_roundings_is_seen():
    """Neither another word nor 1e-11 goes unnoticed, and 1e-13 does."""
    assert unlike([1.0], [1.0 + 1e-11])
    assert unlike(["a", 1.0], ["b", 1.0])
    assert unlike([1.0], [1.0, 2.0])
    assert unlike([math.nan], [1.0])
    assert not unlike([1.0, math.nan, math.inf, "a"], [1.0 + 1e-13, math.nan, math.inf, "a"])


if __name__ == "__main__":
    write()
