"""Small reviews of ready-made predictions, one for each task: binary, multiclass, regression, ranking."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from readiness.core.checklist import this_day
from readiness.verdict.record import Record
from tests.walking import walk

ROWS = 1200
VOUCHED = ("seen", "groups")
TASKS = ("binary", "multiclass", "regression", "ranking")
HOSTILE = "<b>=cmd|'x'</b>\u202e: [&*"


def columns(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Features of every kind: numbers with and without gaps, whole numbers, texts, flags, free text, a date."""
    rng = np.random.default_rng(seed)
    income = np.round(rng.lognormal(10, 0.6, rows), 2)
    income[rng.random(rows) < 0.05] = np.nan
    return pd.DataFrame({
        "income": income,
        "age": rng.integers(18, 95, rows),
        "channel": rng.choice(["web", "shop", "phone"], rows, p=[0.6, 0.3, 0.1]),
        "is_new": rng.random(rows) < 0.3,
        "note": [f"call {k} of {rng.integers(10**9)}" for k in range(rows)],
        HOSTILE: rng.normal(0, 1, rows),
    })  # fmt: skip


def _truth(task: str, frame: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Target and predictions of a candidate that is mostly right."""
    rng = np.random.default_rng(seed)
    signal = (frame["age"] - 55) / 20 + rng.normal(0, 0.3, len(frame))
    if task == "regression":
        return {"y": 10 * signal + 50, "said": 10 * signal + 50 + rng.normal(0, 2, len(frame))}
    if task == "ranking":
        return {"y": np.clip(np.round(signal + 1), 0, 3).astype(int), "said": signal + rng.normal(0, 0.2, len(frame))}
    if task == "multiclass":
        names, codes = np.array(["low", "middle", "high"]), np.digitize(signal, [-0.5, 0.5])
        wrong = rng.random(len(frame)) < 0.08
        return {"y": names[codes], "said": names[np.where(wrong, (codes + 1) % 3, codes)]}
    score = 1 / (1 + np.exp(-4 * (signal + rng.normal(0, 0.15, len(frame)))))
    return {"y": (signal > 0.6).astype(int), "said": np.round(score, 6)}


_SPECS: dict[str, dict[str, Any]] = {
    "binary": {
        "model": {"predictions": {"score": "said"}, "threshold": 0.9},
        "data": {"positive": 1},
        "business": {"requirements": [{"says": "find them", "metric": "recall", "at_least": 0.6}]},
    },
    "multiclass": {
        "model": {"predictions": {"label": "said"}},
        "business": {"requirements": [{"says": "be right", "metric": "accuracy", "at_least": 0.8}]},
    },
    "regression": {
        "model": {"predictions": {"label": "said"}},
        "business": {"requirements": [{"says": "be close", "metric": "mae", "at_most": 3}]},
    },
    "ranking": {
        "model": {"predictions": {"score": "said"}},
        "data": {"query": "query", "task": "ranking"},
        "business": {"requirements": [{"says": "order well", "metric": "ndcg_at_5", "at_least": 0.5}]},
    },
}


def write_spec(task: str, folder: Path, *, train: bool = True, **more: Any) -> Path:
    """A spec with its tables in `folder`."""
    tables = {"test": 1, **({"train": 2} if train else {})}
    for name, seed in tables.items():
        frame = columns(seed)
        frame = frame.assign(**_truth(task, frame, seed))
        if task == "ranking":
            frame["query"] = np.arange(len(frame)) // 8
        frame.to_parquet(folder / f"{name}.parquet")
    given = _SPECS[task]
    spec = {
        **given,
        "model": {"name": f"small {task}", "version": "1", **given["model"]},
        "data": {
            **{name: f"{name}.parquet" for name in tables},
            "target": "y",
            "segments": ["channel"],
            "features": [*columns(0, 2)],
            **given.get("data", {}),
        },
        "about": {"prepared_by": ["the builder"], "production_prevalence": 0.3 if task == "binary" else None},
        "soundness": {kind: {"by": "somebody else", "on": this_day(), "why": "an example"} for kind in VOUCHED},
        **more,
    }
    spec["about"] = {key: value for key, value in spec["about"].items() if value is not None}
    path = folder / "readiness.yaml"
    path.write_text(yaml.safe_dump(spec, allow_unicode=True), encoding="utf-8")
    return path


@functools.cache
def review_of(task: str, *, train: bool = True) -> Record:
    """The record of a review; made once."""
    with tempfile.TemporaryDirectory() as folder:
        return walk(write_spec(task, Path(folder), train=train), figures=False).record
