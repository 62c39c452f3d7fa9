"""Whole reviews of data with gaps, repeated rows and odd columns: every question is asked, and no NaN is said."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from readiness.core.metrics import METRICS
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.report.sentences import finding_sentence
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from tests.sampling import paired
from tests.walking import Walked, walk

ROWS = 240
KINDS = ("text", "category", "bool", "dates", "numbers", "all missing", "constant", "infinite")
TARGETS = ("binary", "multiclass", "regression")


def column(kind: str, code: Any, *, gaps: bool) -> Any:
    """A column of four values, some of which are missing."""
    missing = np.arange(len(code)) % 11 == 0 if gaps else np.zeros(len(code), dtype=bool)
    words = np.array(["w", "x", "y", "z"])[code]
    if kind in ("text", "category"):
        text = pd.Series(words, dtype=object).mask(missing, None)
        return text if kind == "text" else pd.Categorical(text, categories=["w", "x", "y", "z", "never"])
    if kind == "bool":
        return pd.Series(code > 1, dtype="boolean").mask(missing)
    if kind == "dates":
        return pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(30 * code, unit="D")).mask(missing)
    if kind in ("all missing", "constant"):
        return pd.Series([None if kind == "all missing" else "same"] * len(code), dtype=object)
    numbers = code.astype(float)
    return pd.Series(np.where(code == 3, np.inf, numbers) if kind == "infinite" else numbers).mask(missing)


def make_table(task: str, kind: str, seed: int, *, gaps: bool) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=ROWS)
    z = a + 0.6 * rng.normal(size=ROWS)
    targets = {
        "binary": (z > 0.3).astype(int),
        "multiclass": np.array(["low", "middle", "high"])[np.digitize(z, [-0.5, 0.7])],
        "regression": 100 + 20 * z,
    }
    c = column(kind, np.digitize(a, [-1, 0, 1]), gaps=gaps)
    when = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(ROWS), unit="h")
    return pd.DataFrame({"a": a, "c": c, "y": targets[task], "half": rng.choice(["n", "s"], ROWS), "when": when})


@pytest.fixture
def review(tmp_path: Path) -> Callable[..., Walked]:
    """A function that reviews a model of the columns a and c on these tables."""

    def run(task: str, train: pd.DataFrame, test: pd.DataFrame, **data: Any) -> Walked:
        learner = LinearRegression() if task == "regression" else LogisticRegression()
        model = make_pipeline(make_column_transformer(("passthrough", ["a"])), learner).fit(
            train[["a", "c"]], train["y"]
        )
        joblib.dump(model, tmp_path / "model.joblib")
        train.to_parquet(tmp_path / "train.parquet")
        test.to_parquet(tmp_path / "test.parquet")
        pin = hashlib.sha256((tmp_path / "model.joblib").read_bytes()).hexdigest()
        given: dict[str, Any] = {
            "train": "train.parquet",
            "test": "test.parquet",
            "target": "y",
            "features": ["a", "c"],
        }
        kinds: dict[str, dict[str, Any]] = {"binary": {"positive": 1}, "regression": {"task": "regression"}}
        spec: dict[str, Any] = {
            "model": {"name": "small", "version": "1", "path": "model.joblib", "sha256": pin},
            "data": given | {"segments": ["half"]} | kinds.get(task, {}) | data,
            "stability": {"repeats": 2, "budget_seconds": 60},
        }
        (tmp_path / "readiness.yaml").write_text(yaml.safe_dump(spec))
        return walk(tmp_path / "readiness.yaml", figures=False)

    return run


def is_sound(walked: Walked) -> None:
    """No analysis failed, nothing is called NaN, and every metric lies in its own range."""
    assert {} == walked.failed
    for finding in walked.findings.values():
        said = " ".join((finding_sentence(finding), finding.needs, finding.warning))
        assert not re.search(r"\b(nan|NaN|NaT|inf|<NA>)\b", said), said
        if "-VALUE-" in finding.code and finding.metric in METRICS and finding.measured is not None:
            low, high = METRICS[finding.metric].ends
            found = finding.measured
            assert low <= (low if found.low is None else found.low), finding.code
            assert high >= (high if found.high is None else found.high), finding.code


@pytest.mark.parametrize(("kind", "task"), paired(KINDS, TARGETS))
def test_a_feature_with_gaps_is_reviewed(review: Any, task: str, kind: str) -> None:
    """Whatever it holds: text, categories, dates, nothing at all."""
    train, test = (make_table(task, kind, seed, gaps=True) for seed in (1, 2))
    is_sound(review(task, train, test))


@pytest.mark.parametrize("size", [1e9, 1e-9, 1e40])
def test_targets_of_any_size_are_reviewed(review: Any, size: float) -> None:
    """Billions, billionths, and beyond all reason; billions are written with their zeros."""
    train, test = (make_table("regression", "numbers", seed, gaps=False) for seed in (1, 2))
    walked = review("regression", *(frame.assign(y=frame["y"] * size) for frame in (train, test)))
    is_sound(walked)
    assert size != 1e9 or not re.search(r"\de[+-]?\d", " ".join(map(finding_sentence, walked.findings.values())))


ROLES: list[dict[str, str]] = [{"time": "when"}, {"time": "when", "group": "half"}, {}]


@pytest.mark.parametrize(("task", "roles"), paired(TARGETS, ROLES))
def test_repeated_rows_are_reviewed(review: Any, task: str, roles: dict[str, str]) -> None:
    """Each row ten times, all at one moment: one half of the rows lacks what stood out in the other."""
    train, test = (make_table(task, "text", seed, gaps=True) for seed in (1, 2))
    again = test.iloc[np.arange(ROWS) // 10 * 10].reset_index(drop=True)
    is_sound(review(task, train, again, **roles))


def test_a_spike_is_one_value_in_words(review: Any) -> None:
    """Most values are 0: the bin that holds them alone is called so, and no bin ends beside a number."""
    train, test = (make_table("binary", "numbers", seed, gaps=False) for seed in (1, 2))
    for frame, share in ((train, 0.5), (test, 0.8)):
        rng = np.random.default_rng(5)
        frame["c"] = np.where(rng.random(ROWS) < share, 0.0, rng.exponential(size=ROWS))
    said = review("binary", train, test).findings["PROD-DRIFT-2"].reason
    assert re.search(r"the share of rows where it is exactly 0 rose from \d+ % to \d+ %", said), said
    assert "e-3" not in said


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_errors_beyond_all_powers_are_no_numbers(metric: str) -> None:
    """Errors of 10^200 cannot be squared; that is said instead of an overflow."""
    y = np.arange(30) * 1e200
    found = measure(metric, Cases(Task.REGRESSION, y, y[::-1]))
    assert isinstance(found, Missing)
    assert "larger than 10^50" in found.reason
