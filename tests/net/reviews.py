"""Six small reviews, one of each kind, walked in this process. Nothing in them is cut short by a clock: budgets are
long, limits wide, and repeats few.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import yaml
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness import cli
from readiness.demo.cases import build
from tests.net.goldens import Golden, golden_of
from tests.walking import walk

SPEC = "readiness.yaml"
WIDE = {"latency_p99_ms": 60_000, "throughput_per_second": 0.1, "size_mb": 100, "memory_mb": 100_000}
"""Limits that no machine misses, so that no status hangs on the clock."""
PATIENT = {"repeats": 2, "budget_seconds": 3_600}
QUICK = {"calls": 300, "call_seconds": 600}
DEMO_LINES = {
    "latency_p99_ms, at_most: 1000}": "latency_p99_ms, at_most: 60000}",
    "stability:\n": "stability:\n  repeats: 2\n  budget_seconds: 3600\n",
    "  latency_p99_ms: 1000\n": "  latency_p99_ms: 60000\n",
    "  throughput_per_second: 10\n": "  throughput_per_second: 0.1\n",
    "  memory_mb: 1000\n": "  memory_mb: 100000\n",
    "  calls: 500\n": "  calls: 300\n  call_seconds: 600\n",
}
"""What the demo's spec says, and what it says here."""
PROBES = ("one_row", "column_order", "determinism", "missing_value", "unseen_category", "outlier")
BOXES = (
    *("real_pipeline", "graceful_degradation", "monitoring", "alert_thresholds", "rollback_plan", "ab_test"),
    *("drift_detection", "bias_audit", "documentation", "legal_review", "model_versioning"),
)


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def attested(folder: Path) -> dict[str, Any]:
    """Every box that a person answers, answered today by a handbook."""
    (folder / "handbook.md").write_text("How each box was looked at.")
    said = {"done": True, "by": "a reviewer", "on": today(), "evidence": "handbook.md"}
    return dict.fromkeys(BOXES, said)


def write(folder: Path, spec: dict[str, Any], model: Any = None, **tables: pd.DataFrame) -> Path:
    """The spec beside its tables, and its model if there is one."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
        spec["data"][name] = f"{name}.parquet"
    if model is not None:
        joblib.dump(model, folder / "model.joblib")
        digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
        spec["model"] |= {"path": "model.joblib", "sha256": digest}
    (folder / SPEC).write_text(yaml.safe_dump(spec, sort_keys=False))
    return folder / SPEC


def demo(case: str, folder: Path) -> Path:
    """A demo case with few repeats and with limits that no machine misses."""
    path = build(case, folder)
    text = path.read_text(encoding="utf-8")
    for line, instead in DEMO_LINES.items():
        assert text.count(line) == 1, f"the demo's spec has no longer exactly one {line.strip()!r}"
        text = text.replace(line, instead)
    path.write_text(text, encoding="utf-8")
    return path


def binary(folder: Path) -> Path:
    """The demo case whose candidate fails people of 65 and more."""
    return demo("fraud", folder)


def fixed(folder: Path) -> Path:
    """The same with complete labels."""
    return demo("fraud-fixed", folder)


def parcels(n: int, seed: int) -> pd.DataFrame:
    """Rows of three classes that lie on a line, with a column of levels and some gaps."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["weight", "length", "noise"])
    frame["depot"] = rng.choice(["north", "south", "west"], n, p=[0.5, 0.4, 0.1])
    line = frame["weight"] + 0.5 * frame["length"] + 0.3 * rng.normal(size=n)
    frame["size"] = np.array(["small", "medium", "large"])[np.digitize(line, [-0.4, 0.8])]
    frame["clerk"] = np.array(["small", "medium", "large"])[np.digitize(frame["weight"], [-0.4, 0.8])]
    frame["day"] = pd.Timestamp(2025 + (seed > 1), 1, 1) + pd.to_timedelta(np.arange(n) // 8, unit="D")
    return frame


def multiclass(folder: Path) -> Path:
    """Three sizes of parcels; a tenth of the test rows was among the training rows."""
    train, test, recent = parcels(1_200, 1), parcels(1_500, 2), parcels(800, 3)
    features = ["weight", "length", "noise"]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[features], train["size"])
    train = pd.concat([train, test.head(150)], ignore_index=True)
    recent["noise"] += 1.5
    costs = {true: {said: float(true != said) * (1 + (true == "large")) for said in test["size"].unique()}
             for true in ("small", "medium", "large")}  # fmt: skip
    spec = {
        "about": {"purpose": "Choose a van for each parcel.", "prepared_by": ["the builder"], "risk": "low"},
        "model": {"name": "parcels", "version": "2"},
        "data": {"target": "size", "task": "multiclass", "features": features, "time": "day", "segments": ["depot"]},
        "baseline": {"rules": [{"name": "the clerk", "column": "clerk"}]},
        "business": {"requirements": [{"says": "Be right", "metric": "accuracy", "at_least": 0.8}]},
        "errors": {"costs": {"matrix": costs, "currency": "EUR"}, "floors": {"large": 0.6}},
        "stability": PATIENT,
        "production": WIDE | QUICK | {"clean_error_accepted": ["column_order", "empty_frame", "missing_value"]},
        "checklist": attested(folder),
    }
    return write(folder, spec, model, train=train, test=test, recent=recent.drop(columns="size"))


def trips(n: int, seed: int) -> pd.DataFrame:
    """Minutes of trips by taxi, several trips a driver, some distances missing, worse known on one side of town."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"km": rng.gamma(4, 2, n), "lights": rng.poisson(6, n).astype(float)})
    frame["rain"] = rng.random(n) < 0.3
    frame["side"] = rng.choice(["left", "right"], n, p=[0.3, 0.7])
    frame["driver"] = [f"{seed}-{number}" for number in rng.integers(0, n // 5, n)]
    spread = np.where(frame["side"] == "left", 4.0, 2.0)
    frame["minutes"] = 3 + 2 * frame["km"] + 0.7 * frame["lights"] + 4 * frame["rain"] + spread * rng.normal(size=n)
    frame["meter"] = 2.4 * frame["km"] + 8
    return frame


def regression(folder: Path) -> Path:
    """Minutes of trips, with the boxes still open; a share of the test rows has no truth."""
    train, test, recent = trips(1_000, 1), trips(1_500, 2), trips(600, 3)
    features = ["km", "lights", "rain"]
    model = LinearRegression().fit(train[features], train["minutes"])
    test.loc[::50, "minutes"] = np.nan
    spec = {
        "model": {"name": "trips", "version": "0.3"},
        "data": {
            "target": "minutes",
            "task": "regression",
            "features": features,
            "group": "driver",
            "segments": ["side", {"column": "km", "bins": [5, 10]}],
        },
        "baseline": {"rules": [{"name": "the meter", "column": "meter"}]},
        "business": {
            "requirements": [
                {"says": "Be wrong by less than 3 minutes", "metric": "mae", "below": 3},
                {"says": "Explain what differs", "metric": "r2", "at_least": 0.5},
            ]
        },
        "errors": {"costs": {"under": 2, "over": 1}, "show": ["km", "side"]},
        "stability": PATIENT,
        "production": WIDE | QUICK | {"clean_error_accepted": ["column_order", "missing_value"]},
    }
    return write(folder, spec, model, train=train, test=test, recent=recent.drop(columns="minutes"))


def searches(queries: int, seed: int) -> pd.DataFrame:
    """Twelve rows a query; what is relevant follows a and half of b."""
    rng = np.random.default_rng(seed)
    n = queries * 12
    query = np.repeat(np.arange(queries), 12)
    a, b, noise = rng.normal(size=(3, n))
    frame = pd.DataFrame({"search": [f"{seed}-{number}" for number in query], "a": a, "b": b})
    frame["device"] = np.where(rng.random(queries) < 0.5, "phone", "desk")[query]
    frame["relevance"] = np.digitize(a + 0.5 * b + 0.6 * noise, [0.8, 1.6]).astype(float)
    return frame.iloc[rng.permutation(n)].reset_index(drop=True)


def ranking(folder: Path) -> Path:
    """A straight line that orders what was searched for."""
    train, test = searches(100, 1), searches(150, 2)
    spec = {
        "model": {"name": "search", "version": "1"},
        "data": {"target": "relevance", "query": "search", "features": ["a", "b"], "segments": ["device"]},
        "baseline": {"rules": [{"name": "only b", "column": "b"}]},
        "business": {
            "requirements": [
                {"says": "best first", "metric": "ndcg_at_5", "at_least": 0.8},
                {"says": "find it soon", "metric": "mrr", "lift_over": "random", "at_least": 0.5},
            ]
        },
        "errors": {"costs": {"false_positive": 1, "false_negative": 5, "currency": "EUR"}, "top_k": 4},
        "stability": PATIENT,
        "production": WIDE | QUICK,
    }
    model = LinearRegression().fit(train[["a", "b"]], train["relevance"])
    return write(folder, spec, model, train=train, test=test)


def loans(n: int, seed: int, letter: str) -> pd.DataFrame:
    """Rows with names, half of them defaults, of which a straight line finds about 95 in 100."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"number": [f"{letter}{k:05}" for k in range(n)]})
    frame["income"], frame["balance"] = rng.normal(size=(2, n))
    frame["region"] = rng.choice(["north", "east", "south", "west"], n)
    frame["default"] = (frame["income"] + frame["balance"] + 0.2 * rng.normal(size=n) > 0).astype(int)
    frame["expert"] = frame["default"].where(rng.random(n) < 0.7, 1 - frame["default"])
    return frame


def supplied(folder: Path) -> Path:
    """Predictions alone: refits, times, probes and hashes of the training rows come from elsewhere."""
    train, test, recent = loans(1_000, 1, "a"), loans(2_000, 2, "b"), loans(1_000, 3, "c")
    rng = np.random.default_rng(4)
    test["said"] = (test["income"] + test["balance"] > 0).astype(int)
    for k in (1, 2):
        train[f"said_{k}"] = (train["income"] + (0.98 + 0.02 * k) * train["balance"] > 0).astype(int)
        train[f"fold_{k}"] = rng.permutation(np.arange(len(train)) % 5)
        test[f"seed_{k}"] = test["said"].where(rng.random(len(test)) < 0.98, 1 - test["said"])
    (folder / "calls.txt").write_text("".join(f"{10 + k % 97 / 10:.3f}\n" for k in range(1_000)))
    train.to_parquet(folder / "train.parquet")
    words = ["hash-rows", str(folder / "train.parquet"), "--id", "number", "--out", str(folder / "training.hashes")]
    with contextlib.redirect_stdout(io.StringIO()):
        cli.app(words, prog_name="readiness", standalone_mode=False)
    sheet = {"source": "the vendor's data sheet, page 3"}
    repeats = [{"label": f"said_{k}", "fold": f"fold_{k}"} for k in (1, 2)]
    spec = {
        "model": {"name": "credit", "version": "1", "predictions": {"label": "said"}},
        "data": {"target": "default", "positive": 1, "id": "number", "segments": ["region"]},
        "baseline": {"rules": [{"name": "the expert", "column": "expert"}]},
        "business": {"requirements": [{"says": "miss few", "metric": "recall", "at_least": 0.8}]},
        "errors": {"costs": {"false_positive": 20, "false_negative": 100, "currency": "EUR"}},
        "production": {"latency_p99_ms": 50, "throughput_per_second": 100, "size_mb": 10, "memory_mb": 2_000},
        "supplied": {
            "folds": {"repeats": repeats, "source": "ticket 12, fitted by the vendor"},
            "seeds": {"refits": [{"label": "seed_1"}, {"label": "seed_2"}], "source": "ticket 13"},
            "latency": {"path": "calls.txt", "source": "load test of 3 November"},
            "throughput_per_second": {"value": 400, **sheet},
            "size_mb": {"value": 8.5, **sheet},
            "memory_mb": {"value": 900, **sheet},
            "training_rows": {"path": "training.hashes", "source": "the vendor, from the table of the fit"},
            "probes": {name: {"passed": True, "source": "test run 77"} for name in PROBES},
        },
        "checklist": attested(folder),
    }
    columns = ["income", "balance", "region"]
    return write(folder, spec, train=train, test=test, recent=recent[columns])


REVIEWS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each for each in (binary, fixed, multiclass, regression, ranking, supplied)
}


def golden(name: str, folder: Path) -> Golden:
    """Walk one of the six, with its files in an empty folder, and keep what is compared."""
    walked = walk(REVIEWS[name](folder), probes=True)
    assert walked.failed == {}, "an analysis tripped over the data"
    assert walked.undrawn == [], "a figure tripped over the data"
    return golden_of(walked.report, walked.page, folder)
