"""What many tests share: small tables, small models, and specs around them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, settings
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# A busy machine is no failure: nothing is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
os.environ["READINESS_CACHE"] = "off"  # tests neither fill nor believe the cache of whoever runs them


def make_rows(n: int, seed: int) -> pd.DataFrame:
    """Two features, a group column and a binary target y that follows the first feature."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    frame["group"] = rng.choice(["north", "south"], n)
    frame["y"] = (frame["a"] + 0.3 * rng.normal(size=n) > 0.8).astype(int)
    return frame


@pytest.fixture
def review_files(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes tables, a pinned logistic model and a spec; its arguments replace parts of the spec."""

    def write(changes: Mapping[str, Any] | None = None, *, test: pd.DataFrame | None = None, model: Any = None) -> Path:
        train = make_rows(600, 1)
        train.to_parquet(tmp_path / "train.parquet")
        (make_rows(800, 2) if test is None else test).to_parquet(tmp_path / "test.parquet")
        fitted = model or make_pipeline(StandardScaler(), LogisticRegression()).fit(train[["a", "b"]], train["y"])
        joblib.dump(fitted, tmp_path / "model.joblib")
        digest = hashlib.sha256((tmp_path / "model.joblib").read_bytes()).hexdigest()
        spec: dict[str, Any] = {
            "model": {"name": "small", "version": "1.0", "path": "model.joblib", "sha256": digest},
            "data": {
                "train": "train.parquet",
                "test": "test.parquet",
                "target": "y",
                "positive": 1,
                "segments": ["group"],
            },
            "business": {"requirements": [{"says": "find them", "metric": "recall", "at_least": 0.8}]},
            "errors": {"costs": {"false_positive": 1, "false_negative": 10, "currency": "EUR"}},
            "stability": {"repeats": 2, "budget_seconds": 60},
            "production": {"calls": 300, "call_seconds": 2},
        }
        for section, values in (changes or {}).items():
            both = isinstance(values, dict) and isinstance(spec.get(section), dict)
            spec[section] = {**spec[section], **values} if both else values
        path = tmp_path / "readiness.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in spec.items() if v is not None}, sort_keys=False))
        return path

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: exit code, what it said, what it complained."""
    from readiness import cli

    def command(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.app([str(word) for word in words], prog_name="readiness")
        captured = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    return command
