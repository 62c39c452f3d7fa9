"""How often is a sound candidate doubted, by all rules together? And how often is each unsound one found out?

    python tests/benchmarks/simulate_soundness.py [--runs 100] [--only small grouped] [--jobs 2]

Every sample is a new pair of tables and a new model, fitted on the training rows and taken through a review up to the
first question, refits included. Seeded by family and number. Prints a Markdown table with exact one-sided 95 % limits.
"""

# ruff: noqa: T201, E402  # a script for people; paths and threads are set before numpy is imported
from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import hashlib
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import joblib
import numpy as np
import pandas as pd
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from readiness.core.findings import Finding, Status
from readiness.evidence.collect import gather
from readiness.evidence.measure_refits import measure_refits
from readiness.soundness.assessment import assess_soundness
from readiness.statistics.intervals import Binomial
from tests.benchmarks.simulation import percent, table

Tables = dict[str, pd.DataFrame]
HEAD = ("family", "candidates", "doubted", "95 % upper limit, %", "too few rows to tell", "doubted as")


@dataclass(frozen=True)
class Made:
    """One sound candidate."""

    tables: Tables
    model: Any
    features: list[str]
    data: dict[str, Any]
    target: str = "y"


def classes(rng: np.random.Generator, n: int, d: int, share: float, sharp: float = 2.0) -> pd.DataFrame:
    """Rows with d numbers of which the first two and their product tell of a class with about this share."""
    x = rng.normal(size=(n, d))
    signal = sharp * (x[:, 0] + x[:, 1] + 0.5 * x[:, 0] * x[:, 1])
    cut = sharp * 1.5 * float(np.quantile(np.random.default_rng(0).normal(size=10_000), 1 - share))
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(d)])
    return frame.assign(y=(rng.random(n) < 1 / (1 + np.exp(cut - signal))).astype(int))


def learner(rng: np.random.Generator) -> Any:
    """One of the usual ones."""
    seed = int(rng.integers(1_000))
    return [
        LogisticRegression(max_iter=500),
        DecisionTreeClassifier(min_samples_leaf=20, random_state=seed),
        HistGradientBoostingClassifier(max_iter=30, random_state=seed),
        RandomForestClassifier(30, min_samples_leaf=5, random_state=seed),
    ][int(rng.integers(4))]


def _pair(make: Callable[[int], pd.DataFrame], train: int, test: int, recent: int = 0) -> Tables:
    tables = {"train": make(train), "test": make(test)}
    return tables | ({"recent": make(recent).drop(columns="y")} if recent else {})


def plain(rng: np.random.Generator, n: int, share: float) -> Made:
    """Independent rows, with recent ones."""
    tables = _pair(lambda k: classes(rng, k, 6, share), n, n, n // 2)
    return Made(tables, learner(rng), [f"x{k}" for k in range(6)], {"positive": 1})


def grouped(rng: np.random.Generator) -> Made:
    """Units with some five rows each, whose truths go together; none on both sides."""

    def make(k: int) -> pd.DataFrame:
        frame = classes(rng, k, 4, 0.3)
        unit = rng.integers(0, k // 5, k)
        moved = rng.normal(size=k // 5)[unit]
        frame["x3"] = moved + 0.1 * rng.normal(size=k)
        side = f"u{rng.integers(1 << 40)}"
        return frame.assign(unit=[f"{side}-{each}" for each in unit])

    return Made(_pair(make, 1_000, 1_000), learner(rng), ["x0", "x1", "x2", "x3"], {"positive": 1, "group": "unit"})


def in_time(rng: np.random.Generator) -> Made:
    """Training rows, then test rows, then recent ones, with names."""
    tables = _pair(lambda k: classes(rng, k, 5, 0.2), 2_000, 2_000, 1_000)
    for (key, frame), start in zip(tables.items(), ("2025-01-01", "2025-07-01", "2025-10-01"), strict=True):
        frame["at"] = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.integers(0, 80 * 86_400, len(frame))), unit="s")
        frame["name"] = [f"{key}-{k}" for k in range(len(frame))]
    return Made(tables, learner(rng), [f"x{k}" for k in range(5)], {"positive": 1, "time": "at", "id": "name"})


def discrete(rng: np.random.Generator) -> Made:
    """Columns of few levels, so that chance alone repeats most rows; sometimes with a region that is no unit."""
    columns, levels = int(rng.integers(3, 9)), int(rng.integers(2, 6))

    def make(k: int) -> pd.DataFrame:
        x = rng.integers(0, levels, (k, columns))
        frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(columns)])
        frame["region"] = rng.integers(0, 20, k)
        return frame.assign(y=(rng.random(k) < 0.15 + 0.6 * (x[:, 0] + x[:, 1] > levels - 1)).astype(int))

    return Made(_pair(make, 2_000, 2_000), learner(rng), [f"x{j}" for j in range(columns)], {"positive": 1})


def strong(rng: np.random.Generator) -> Made:
    """Some columns that tell a great deal, as real ones do."""

    def make(k: int) -> pd.DataFrame:
        y = (rng.random(k) < 0.4).astype(int)
        frame = pd.DataFrame({f"x{j}": y * (2.6 - 0.1 * j) + rng.normal(size=k) for j in range(4)})
        return frame.assign(y=y)

    return Made(_pair(make, 800, 800, 400), learner(rng), [f"x{j}" for j in range(4)], {"positive": 1})


def regression(rng: np.random.Generator) -> Made:
    """Numbers with noise, some of it skewed."""

    def make(k: int) -> pd.DataFrame:
        x = rng.normal(size=(k, 6))
        frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(6)])
        return frame.assign(y=3 * x[:, 0] + x[:, 1] ** 2 + rng.normal(size=k) + rng.exponential(size=k))

    model = LinearRegression() if rng.random() < 0.5 else HistGradientBoostingRegressor(max_iter=30, random_state=1)
    return Made(_pair(make, 1_000, 1_000, 500), model, [f"x{j}" for j in range(6)], {"task": "regression"})


def multiclass(rng: np.random.Generator) -> Made:
    """Four classes of different size."""

    def make(k: int) -> pd.DataFrame:
        y = rng.choice(4, k, p=(0.4, 0.3, 0.2, 0.1))
        x = rng.normal(size=(k, 5)) + np.eye(4, 5)[y] * 2.0
        return pd.DataFrame(x, columns=[f"x{j}" for j in range(5)]).assign(y=[f"c{c}" for c in y])

    return Made(_pair(make, 1_200, 1_200, 600), learner(rng), [f"x{j}" for j in range(5)], {"task": "multiclass"})


def ranking(rng: np.random.Generator) -> Made:
    """Queries of ten rows with grades; those of the two tables are different ones."""
    start = iter((0, 10_000))

    def make(k: int) -> pd.DataFrame:
        x = rng.normal(size=(k, 4))
        grade = np.clip(np.round(x[:, 0] + 0.5 * rng.normal(size=k) + 1), 0, 3)
        return pd.DataFrame(x, columns=[f"x{j}" for j in range(4)]).assign(
            y=grade, query=np.arange(k) // 10 + next(start)
        )

    return Made(_pair(make, 1_500, 1_500), LinearRegression(), [f"x{j}" for j in range(4)], {"query": "query"})


FAMILIES: dict[str, Callable[[np.random.Generator], Made]] = {
    "small: 250 rows": partial(plain, n=250, share=0.4),
    "large: 10,000 rows": partial(plain, n=10_000, share=0.3),
    "rare: 2 %, 4,000 rows": partial(plain, n=4_000, share=0.02),
    "grouped": grouped,
    "in time, with names": in_time,
    "few levels": discrete,
    "strong predictors": strong,
    "regression": regression,
    "multiclass": multiclass,
    "ranking": ranking,
}  # fmt: skip


def findings_of(made: Made, folder: Path) -> tuple[Finding, ...]:
    """What a review finds of the rows."""
    train = made.tables["train"]
    model = made.model.fit(train[made.features], train[made.target])
    joblib.dump(model, folder / "model.joblib")
    for key, frame in made.tables.items():
        frame.to_parquet(folder / f"{key}.parquet")
    spec = {
        "model": {
            "name": "m", "version": "1", "path": "model.joblib",
            "sha256": hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest(),
        },
        "data": {key: f"{key}.parquet" for key in made.tables}
        | {"target": made.target, "features": made.features} | made.data,
        "stability": {"folds": 2, "repeats": 2, "budget_seconds": 60},
    }  # fmt: skip
    (folder / "readiness.yaml").write_text(yaml.safe_dump(spec))
    soundness = assess_soundness(measure_refits(gather(folder / "readiness.yaml"))).soundness
    assert soundness is not None
    return tuple(finding for finding in soundness.findings if finding.blocking)


def judged(family: str, number: int) -> tuple[list[str], list[str]]:
    """Codes of the alarms, and of what could not be told, in one sample."""
    rng = np.random.default_rng([zlib.crc32(family.encode()), number])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = findings_of(FAMILIES[family](rng), Path(folder))
    doubts = [finding for finding in found if finding.status is not Status.MET]
    is_open = [bool(f.withheld) or f.status is Status.NOT_ASSESSED for f in doubts]
    alarms = [f.code for f, left in zip(doubts, is_open, strict=True) if not left]
    return alarms, [f.code for f, left in zip(doubts, is_open, strict=True) if left]


def line(family: str, results: Sequence[tuple[list[str], list[str]]]) -> tuple[str, ...]:
    """One family in the table."""
    alarms = sum(bool(codes) for codes, _ in results)
    left = sum(bool(codes) and not sure for sure, codes in results)
    words = Counter(code for codes, _ in results for code in codes)
    told = ", ".join(f"{code} {count}" for code, count in words.most_common())
    limit = Binomial(float(alarms), len(results)).upper(0.05)
    return family, f"{len(results):,}", f"{alarms}", percent(limit), f"{left}", told


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of the names of families")
    given = parser.parse_args(arguments)
    chosen = [name for name in FAMILIES if not given.only or name.startswith(tuple(given.only))]
    every: list[tuple[list[str], list[str]]] = []
    rows = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for family in chosen:
            results = list(pool.map(partial(judged, family), range(given.runs)))
            every += results
            rows.append(line(family, results))
            print(rows[-1], file=sys.stderr, flush=True)
    print(table(HEAD, [*rows, line("all", every)]))


if __name__ == "__main__":
    main()
