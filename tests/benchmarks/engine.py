"""How long do the numbers themselves take? All intervals of all questions, the slice search, and naive bootstraps.

    python tests/benchmarks/engine.py [--rows 1000000] [--segments 50] [--resamples 3]

One candidate for a binary target is held in memory, scored beforehand; each question is asked for its answer as in a
review, on one thread. Scoring, refits, timed calls and reading files are not counted: they are the model's and the
disk's. Beside it, in the same run: row bootstraps as one would write them with scikit-learn's metrics, for the whole
and for every segment, a few resamples timed and scaled to 1,000. Prints Markdown. Nothing here is judged.
"""

# ruff: noqa: T201  a script for people
from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, recall_score, roc_auc_score

from readiness.core.findings import Answer, Question
from readiness.core.policy import Task
from readiness.core.provenance import DataFacts, Environment, Gathered, ModelFacts
from readiness.evidence.baselines import trivial, with_predictions
from readiness.evidence.evidence import Alternative, DriftTables, Evidence
from readiness.evidence.segments import cut_segments
from readiness.questions import baseline, business, errors, production, segments
from readiness.questions import thresholds as what_if
from readiness.spec.schema import Spec
from readiness.statistics.cases import Cases
from readiness.statistics.slices import assign_bins, quantile_edges, search

METRICS = ("accuracy", "recall", "precision", "f1", "roc_auc", "average_precision", "log_loss")
SLICED, LEVELS = 10, 10
"""Columns of the slice search and values of each."""
DRIFT_ROWS = 200_000
"""As many rows of each side as a review looks at."""


def frame_of(rows: int, groups: int, seed: int) -> pd.DataFrame:
    """A segment column with `groups` values, `SLICED` further columns, the truth and a score."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{k}": rng.integers(0, LEVELS, rows) for k in range(SLICED)})
    frame["segment"] = pd.Categorical.from_codes(rng.integers(0, groups, rows), [f"s{k}" for k in range(groups)])
    signal = rng.normal(size=rows)
    frame["y"] = (signal > 1.2).astype(np.int64)
    frame["score"] = 1 / (1 + np.exp(3.6 - 3 * (signal + 0.5 * rng.normal(size=rows))))
    return frame


def evidence_of(frame: pd.DataFrame) -> Evidence:
    """What a review knows after scoring."""
    requirements = [
        {"says": name, "metric": name, **({"at_most": 0.5} if name == "log_loss" else {"at_least": 0.5})}
        for name in METRICS
    ]
    spec = Spec.model_validate(
        {
            "model": {"name": "m", "version": "1", "path": "m.joblib"},
            "data": {"test": "t.parquet", "target": "y", "positive": 1, "segments": ["segment"]},
            "business": {"requirements": requirements},
            "errors": {"costs": {"false_positive": 1, "false_negative": 5}},
        }
    )
    y, score = frame["y"].to_numpy(), frame["score"].to_numpy()
    cases = Cases(Task.BINARY, y, (score >= 0.5).astype(np.int64), score, 2, is_probability=True)
    counts = tuple(np.bincount(y).tolist())
    facts = DataFacts("binary", "y", len(y), len(y), (), ("0", "1"), counts, "1", counts[1])
    gathered = Gathered(ModelFacts("m", "1"), (), facts, Environment("3", "here", {}), {})
    rule = with_predictions(cases, (frame["x0"] > LEVELS / 2).to_numpy().astype(np.int64))
    columns = [f"x{k}" for k in range(SLICED)]
    sample = frame[columns].iloc[:DRIFT_ROWS]
    return Evidence(
        spec,
        gathered,
        cases,
        (*trivial(cases, y), Alternative("rule-1", "a rule", rule)),
        (cut_segments(frame[["segment"]], "segment"),),
        drift=DriftTables(sample, sample.iloc[::-1], tuple(columns), "test"),
        rows=frame,
    )


class Watch:
    """Adds up what the calls of one function take, wherever a module has it under its name."""

    def __init__(self, module: Any, name: str) -> None:
        self.seconds, self._inner = 0.0, getattr(module, name)
        setattr(module, name, self)

    def __call__(self, *args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return self._inner(*args, **named)
        finally:
            self.seconds += time.perf_counter() - start


def seconds(work: Callable[[], Any]) -> float:
    """What one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bootstraps(frame: pd.DataFrame, resamples: int) -> float:
    """Seconds of one row bootstrap of the metrics of the whole and of the label metrics of each segment."""
    y, score = frame["y"].to_numpy(), frame["score"].to_numpy()
    found = (score >= 0.5).astype(np.int64)
    codes = frame["segment"].cat.codes.to_numpy()
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    rng = np.random.default_rng(0)

    def once() -> None:
        rows = rng.integers(0, len(y), len(y))
        for metric in (accuracy_score, recall_score, f1_score):
            metric(y[rows], found[rows])
        for metric in (roc_auc_score, average_precision_score):
            metric(y[rows], score[rows])
        for member in members:
            drawn = member[rng.integers(0, len(member), len(member))]
            for metric in (accuracy_score, recall_score, f1_score):
                metric(y[drawn], found[drawn])

    return float(np.median([seconds(once) for _ in range(resamples)]))


def main() -> None:
    """Time each question, the search and the bootstraps, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--resamples", type=int, default=3)
    given = parser.parse_args()
    frame = frame_of(given.rows, given.segments, seed=0)
    warm = evidence_of(frame_of(5_000, 3, seed=1))
    asked = (baseline, business, segments, errors, production)
    for module in asked:
        _ask(module, warm)
    searches = [
        Watch(module, name) for module, name in ((segments, "suspects"), (what_if, "cross_fit"), (baseline, "hints"))
    ]
    evidence = evidence_of(frame)
    spent: dict[str, float] = {}
    for module in asked:
        spent[module.__name__.rpartition(".")[2]] = seconds(lambda module=module: _ask(module, evidence))
    search = spent_on_search(frame)
    naive = 1000 * bootstraps(frame, given.resamples)
    print(
        f"{given.rows:,} rows, {given.segments} segments, one thread, {platform.machine()}, Python {platform.python_version()}\n"
    )
    print("| what | seconds |\n|---|---:|")
    for name, took in spent.items():
        print(f"| question {Question(name).number}, {name} | {took:.2f} |")
    total = sum(spent.values())
    print(f"| all of them | {total:.2f} |")
    looking = sum(watch.seconds for watch in searches)
    print(
        f"| of which searches: weak slices by three metrics, thresholds, columns that leak or repeat | {looking:.2f} |"
    )
    print(f"| of which intervals and findings | {total - looking:.2f} |")
    print(f"| one slice search by itself, {SLICED} columns of {LEVELS} values | {search:.2f} |")
    print(f"| 1,000 row bootstraps with scikit-learn, from {given.resamples} | {naive:,.0f} |")
    print(f"\nBootstraps take {naive / total:,.0f} times as long.")


def spent_on_search(frame: pd.DataFrame) -> float:
    """Seconds of one exhaustive search over all one- and two-way slices of the columns x0, x1, …"""
    wrong = ((frame["score"] >= 0.5).astype(np.int64) != frame["y"]).to_numpy()
    columns = [frame[f"x{k}"].to_numpy(dtype=np.float64) for k in range(SLICED)]

    def whole() -> None:
        codes = [assign_bins(column, quantile_edges(column, LEVELS)) for column in columns]
        search(codes, [int(code.max()) + 1 for code in codes], wrong, effect=0.1)

    return seconds(whole)


def _ask(module: Any, evidence: Evidence) -> Answer:
    answer: Answer = module.ask(evidence, getattr(evidence.spec, Question(module.__name__.rpartition(".")[2]).value))
    return answer


if __name__ == "__main__":
    main()
