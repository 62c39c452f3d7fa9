"""A sound candidate with its tables and spec, open to be made unsound before it is reviewed in this process."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import yaml
from sklearn.linear_model import LogisticRegression

from readiness.core.checklist import BOXES, Source, this_day
from readiness.evidence.evidence import Technical
from readiness.evidence.probes.attempts import ProbeResult
from readiness.statistics.inference import Exact
from tests.walking import Walked, not_probed, walk

TRAIN_ROWS, TEST_ROWS, RECENT_ROWS = 3_000, 3_000, 2_000
REGIONS, AGES = ("north", "east", "south", "west"), ("under 30", "30 to 49", "50 to 64", "65 and over")
FEATURES = ("income", "balance", "term", "channel")
CHANNELS = (0, 1, 2)
TARGET = "default"
PERIODS = {
    "train": ("2025-01-01", "2025-12-31"), "test": ("2026-02-01", "2026-06-30"), "recent": ("2026-08-01", "2026-09-30")
}  # fmt: skip


def applicants(part: str, n: int, seed: int) -> pd.DataFrame:
    """Rows in the order of time; a straight line finds about 93 of 100 defaults, of which there are three in ten."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"applicant": [f"{part}-{seed}-{k}" for k in range(n)]})
    frame["income"], frame["balance"] = rng.normal(size=n), rng.normal(size=n)
    frame["term"] = rng.integers(6, 61, n)
    frame["channel"] = rng.choice(CHANNELS, n)
    frame["region"], frame["age"] = rng.choice(REGIONS, n), rng.choice(AGES, n)
    frame["applied"] = pd.date_range(*PERIODS[part], periods=n).floor("h")
    signal = frame["income"] + frame["balance"] + 0.01 * (frame["term"] - 33)
    frame[TARGET] = (signal + 0.15 * rng.normal(size=n) > 0.75).astype(int)
    return frame


def well_probed(evidence: Any) -> Any:
    """Stands in for `probe`: a model that is fast, small and copes with everything."""
    names = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "size_mb", "memory_mb")
    measures = {name: Exact(1.0, 1_000) for name in names} | {"throughput_per_second": Exact(1e5, 1_000)}
    probes = ("one_row", "column_order", "determinism", "missing_value", "unseen_category", "outlier", "empty_frame")
    passed = tuple(ProbeResult(name, "passed", "It was answered.") for name in probes)
    return replace(evidence, technical=Technical(measures), probes=passed)


def attested() -> dict[str, Any]:
    """Every box that a person answers, answered."""
    said = {"done": True, "by": "a reviewer", "on": str(this_day()), "evidence": "handbook.md"}
    return {box.key: said for box in BOXES if box.source is Source.ATTESTED}


def vouch(**more: Any) -> dict[str, Any]:
    """The word of somebody who did not prepare the review."""
    return {"by": "somebody else", "on": str(this_day()), "why": "the rows were drawn afterwards", **more}


SPEC: dict[str, Any] = {
    "about": {"prepared_by": ["the builder"]},
    "model": {"name": "credit", "version": "1"},
    "data": {
        "train": "train.parquet", "test": "test.parquet", "recent": "recent.parquet",
        "target": TARGET, "positive": 1, "id": "applicant", "time": "applied", "segments": ["region", "age"],
        "features": list(FEATURES),
    },
    "business": {"requirements": [{"says": "find most defaults", "metric": "recall", "at_least": 0.8}]},
    "errors": {"costs": {"false_positive": 20, "false_negative": 100, "currency": "EUR"}},
    "stability": {"repeats": 2, "windows": 4},
    "production": {
        "latency_p99_ms": 100, "throughput_per_second": 10, "size_mb": 10, "memory_mb": 2_000,
        "clean_error_accepted": ["missing_value", "column_order", "empty_frame"],
    },
}  # fmt: skip


class Workshop:
    """Tables, model and spec of one candidate; everything may be replaced before `reviewed` is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.train: pd.DataFrame | None = applicants("train", TRAIN_ROWS, 1)
        self.test = applicants("test", TEST_ROWS, 2)
        self.recent: pd.DataFrame | None = applicants("recent", RECENT_ROWS, 3).drop(columns=TARGET)
        self.learner: Any = LogisticRegression(max_iter=1_000)
        self.fitted_on: pd.DataFrame | None = None
        """The rows that the model really saw; None: the training table."""
        self.spec = copy.deepcopy(SPEC) | {"checklist": attested()}

    @property
    def features(self) -> list[str]:
        """The columns that the model is given."""
        return list(self.spec["data"]["features"])

    def add_feature(self, name: str, values_of: Any) -> None:
        """A further column of all tables, by a function of the table and a random generator, that the model uses."""
        for seed, part in enumerate(("train", "test", "recent")):
            table = getattr(self, part)
            if table is not None:
                table[name] = values_of(table, np.random.default_rng([7, seed]))
        self.spec["data"]["features"].append(name)

    def reviewed(self) -> Walked:
        """What the review says of it."""
        rows = self.train if self.fitted_on is None else self.fitted_on
        assert rows is not None
        for part in ("train", "test", "recent"):
            table = getattr(self, part)
            if table is None:
                self.spec["data"].pop(part, None)
            elif part in self.spec["data"]:
                table.to_parquet(self.folder / f"{part}.parquet")
        if "predictions" not in self.spec["model"]:
            target = self.spec["data"]["target"]
            model = self.learner.fit(rows[self.features], rows[target])
            joblib.dump(model, self.folder / "model.joblib")
            digest = hashlib.sha256((self.folder / "model.joblib").read_bytes()).hexdigest()
            self.spec["model"] |= {"path": "model.joblib", "sha256": digest}
        (self.folder / "handbook.md").write_text("How each box was looked at.")
        path = self.folder / "readiness.yaml"
        path.write_text(yaml.safe_dump(self.spec, sort_keys=False))
        return walk(path, figures=False, probe=well_probed if "path" in self.spec["model"] else not_probed)
