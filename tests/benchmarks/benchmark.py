"""What does a review cost beside the least that a notebook can do with the same model and rows, and beside other tools?

    python -m tests.benchmarks.benchmark [--rows 10000 100000 1000000] [--runs 3] [--folder DIR] [--no-rivals] [--no-work]

The floor is a bare notebook, walked by papermill and exported by nbconvert as it comes: import pandas, scikit-learn,
matplotlib and seaborn, read the table, load the model, predict once, draw six figures. It stays as it is, so that
numbers of different days can be compared. The review is `readiness run` on the same rows and model without the cache,
without training rows (so no refits) and without stated limits. skore and MLflow run in environments of their own, which
this script installs.

All sides are whole processes from start to end, nothing is subtracted, and all are run in turn, so that whatever else
the machine does falls on all; of several runs the middle counts. Memory is the sum over all processes of a run of what
each holds, shared pages once (PSS, on Linux). Prints Markdown. Nothing here is judged: clocks differ from machine to
machine, ratios less so.
"""

# ruff: noqa: T201  # a script for people
from __future__ import annotations

import argparse
import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import nbformat
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.files import sha256_file
from tests.benchmarks.measuring import Reading, describe_machine, in_turn, timed
from tests.benchmarks.rivals import RIVALS

ROWS = (10_000, 100_000, 1_000_000)
TRAIN_ROWS, COLUMNS, TREES = 50_000, 30, 100
POSITIVES, GAPS = 0.10, 0.05
"""Share of positive rows, and of missing values in every column."""
SEGMENTS = {"region": 5, "channel": 4, "age_group": 6, "product": 8}
"""Segment columns and how many values they have; they are no features."""
REVIEWED = (0, 1, 3)
"""Exit codes of a review that was completed."""
OURS, FLOOR_NAME = "readiness", "floor"

SPEC = """\
model: {{name: benchmark, version: "1", path: {model}, sha256: {sha256}}}
data:
  test: test.parquet
  target: target
  positive: 1
  features: [{features}]
  segments: [{segments}]
baseline:
  rules:
    - {{name: two numbers, when: x0 > 1 and x1 > 0}}
business:
  requirements:
    - {{says: It finds at least half of the positives, metric: recall, at_least: 0.5}}
    - {{says: It ranks well, metric: roc_auc, at_least: 0.8}}
errors:
  costs: {{false_positive: 1, false_negative: 10, currency: EUR}}
"""
LIMITED = "production: {latency_p99_ms: 100}\n"
"""A limit that a model of about two milliseconds keeps with room to spare."""

FLOOR_CELLS = (
    "import joblib, numpy as np, pandas as pd, matplotlib.pyplot as plt, seaborn as sns\nimport sklearn.metrics as m",
    "frame = pd.read_parquet('test.parquet')\ny = frame['target'].to_numpy()",
    "model = joblib.load('model.joblib')",
    "score = model.predict_proba(frame[model.feature_names_in_])[:, 1]\nfound = score >= 0.5",
    "{'f1': m.f1_score(y, found), 'recall': m.recall_score(y, found), 'roc_auc': m.roc_auc_score(y, score)}",
    "plt.hist([score[y == 0], score[y == 1]], bins=40)\nplt.show()",
    "sns.heatmap(m.confusion_matrix(y, found), annot=True)\nplt.show()",
    "counts = frame['target'].value_counts()\nplt.bar(counts.index.astype(str), counts)\nplt.show()",
    "right = pd.Series(found == y).groupby(frame['region']).mean()\nplt.barh(right.index, right)\nplt.show()",
    "missing = frame.isna().mean()\nplt.barh(missing.index, missing)\nplt.show()",
    "bins = np.digitize(score, np.linspace(0, 1, 11))\nplt.plot(pd.Series(y).groupby(bins).mean(), 'o')\nplt.show()",
)
"""Frozen."""
FLOOR = """\
import sys, nbformat, papermill
from nbconvert import HTMLExporter
papermill.execute_notebook("floor.ipynb", "floor-done.ipynb", kernel_name="python3", progress_bar=False)
page, _ = HTMLExporter().from_notebook_node(nbformat.read("floor-done.ipynb", as_version=4))
open("floor.html", "w", encoding="utf-8").write(page)
"""


def table(rows: int, seed: int) -> pd.DataFrame:
    """Numeric columns x0, x1, … with gaps, four segment columns, and a target that the first ten columns explain."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, COLUMNS))
    signal = numbers[:, :10] @ np.linspace(1.5, 0.2, 10) + numbers[:, 0] * numbers[:, 1] + rng.normal(size=rows)
    numbers[rng.random(numbers.shape) < GAPS] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"x{k}" for k in range(COLUMNS)])
    for name, values in SEGMENTS.items():
        frame[name] = np.array([f"{name} {k}" for k in range(values)], dtype=object)[rng.integers(0, values, rows)]
    return frame.assign(target=(signal > np.quantile(signal, 1 - POSITIVES)).astype(np.int64))


def prepare(folder: Path, rows: Sequence[int]) -> None:
    """Write two models and, in a folder for each number of test rows, all that every side reads."""
    train = table(TRAIN_ROWS, seed=0)
    features = [f"x{k}" for k in range(COLUMNS)]
    trees = HistGradientBoostingClassifier(max_iter=TREES, random_state=0)
    models = {
        "model": make_pipeline(StandardScaler(), trees),
        "quick": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
    }
    for model in models.values():
        model.fit(train[features], train["target"])
    for n in rows:
        place = folder / str(n)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        table(n, seed=1).to_parquet(place / "test.parquet", index=False)
        for name, model in models.items():
            file = place / f"{name}.joblib"
            joblib.dump(model, file)
            named = {"features": ", ".join(features), "segments": ", ".join(SEGMENTS)}
            spec = SPEC.format(model=file.name, sha256=sha256_file(file), **named)
            (place / f"{name}.yaml").write_text(spec, encoding="utf-8")
            (place / f"{name}-limited.yaml").write_text(spec + LIMITED, encoding="utf-8")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in FLOOR_CELLS])
        nbformat.write(notebook, place / "floor.ipynb")


def readiness(*arguments: str) -> list[str]:
    """The command line of this interpreter's `readiness`."""
    return [sys.executable, "-m", "readiness", *arguments]


def review(folder: Path, spec: str, *options: str) -> Reading:
    """One review into a new folder."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    return timed(readiness("run", spec, "--out", "out", *options), folder, codes=REVIEWED)


# ----------------------------------------------------------------------------------------------------
# Whole runs of all sides, by the number of rows.


def sides(folder: Path, pythons: dict[str, Path]) -> dict[str, Callable[[], Reading]]:
    """What is run in turn in the folder of one number of rows."""
    works: dict[str, Callable[[], Reading]] = {
        FLOOR_NAME: lambda: timed([sys.executable, "-c", FLOOR], folder),
        OURS: lambda: review(folder, "model.yaml", "--no-cache"),
    }
    for rival in RIVALS:
        if rival.name in pythons:
            works[rival.name] = functools.partial(timed, [str(pythons[rival.name]), "-c", rival.script], folder)
    return works


def line_of(rows: int, found: dict[str, Reading]) -> str:
    """One row of the table: seconds by the clock, of the processor, megabytes; and the times as ratios to the floor."""
    floor = found[FLOOR_NAME]
    cells = [f"{rows:,}"]
    for name, reading in found.items():
        cells.append(f"{reading.seconds:.1f} / {reading.processor:.1f} ({reading.memory / 1e6:,.0f})")
        if name != FLOOR_NAME:
            cells.append(f"**{reading.seconds / floor.seconds:.2f}**, {reading.memory / floor.memory:.2f}")
    return "| " + " | ".join(cells) + " |"


def head_of(names: Sequence[str]) -> str:
    """The head of that table."""
    titles = ["test rows"]
    for name in names:
        titles += [name] if name == FLOOR_NAME else [name, "ratio of seconds, of memory"]
    return f"| {' | '.join(titles)} |\n|{'---:|' * len(titles)}"


# ----------------------------------------------------------------------------------------------------
# What a day's work is made of.


def daily_works(folder: Path) -> dict[str, Callable[[], Reading]]:
    """Commands that somebody waits for; `folder` is that of one number of rows."""
    cache = folder / "cache"

    def changed_cost() -> Reading:
        with_cache = {"READINESS_CACHE": str(cache)}
        os.environ |= with_cache
        try:
            review(folder, "model.yaml")
            return review(folder, "model.yaml", "--set", "errors.costs.false_negative=11")
        finally:
            del os.environ["READINESS_CACHE"]

    def demo(*cases: str) -> Reading:
        shutil.rmtree(folder / "demo", ignore_errors=True)
        runs = [timed(readiness("demo", "--case", case, "--out", f"demo/{case}"), folder) for case in cases]
        if len(cases) > 1:
            reports = [f"demo/{case}/report.html" for case in cases]
            runs.append(timed(readiness("compare", *reports), folder))
        return functools.reduce(Reading.__add__, runs)

    return {
        "a quick model, no limit": lambda: review(folder, "quick.yaml", "--no-cache"),
        "the same with a p99 of at most 100 ms": lambda: review(folder, "quick-limited.yaml", "--no-cache"),
        "another cost, with a warm cache": changed_cost,
        "`--only errors`": lambda: review(folder, "model.yaml", "--no-cache", "--only", "errors"),
        "the fraud demo": lambda: demo("fraud"),
        "both fraud demos and their comparison": lambda: demo("fraud", "fraud-fixed"),
        "`readiness --help`": lambda: timed(readiness("--help"), folder),
        "`readiness verify`": lambda: timed(readiness("verify", "signed/report.html", "--key", "key.pub"), folder),
    }


def sign_one(folder: Path) -> None:
    """A signed report, to be verified."""
    timed(readiness("keygen", "--out", "key.pem", "--no-passphrase"), folder)
    timed(readiness("run", "model.yaml", "--out", "signed", "--no-cache", "--key", "key.pem"), folder, codes=REVIEWED)


# ----------------------------------------------------------------------------------------------------


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="numbers of test rows")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side; the middle one counts")
    parser.add_argument("--folder", type=Path, help="where to work; kept afterwards. Else a temporary folder")
    parser.add_argument("--no-rivals", action="store_true", help="leave out the other tools")
    parser.add_argument("--no-work", action="store_true", help="leave out the table of a day's work")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readiness-benchmark-") as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        pythons = {} if given.no_rivals else {rival.name: rival.install(folder / "rivals") for rival in RIVALS}
        prepare(folder, given.rows)
        print(describe_machine())
        for rival in RIVALS[: len(pythons)]:
            print(f"{rival.words(pythons[rival.name])}: {rival.writes}")
        print("\nSeconds by the clock / of the processor (megabytes of all processes)\n")
        print(head_of([FLOOR_NAME, OURS, *pythons]), flush=True)
        for rows in given.rows:
            found = in_turn(given.runs, sides(folder / str(rows), pythons))
            print(line_of(rows, found), flush=True)
        if not given.no_work:
            place = folder / str(given.rows[0])
            sign_one(place)
            print(f"\n| {given.rows[0]:,} rows | seconds / of the processor (MB) |\n|---|---:|", flush=True)
            for name, work in daily_works(place).items():
                reading = in_turn(given.runs, {name: work})[name]
                print(
                    f"| {name} | {reading.seconds:.1f} / {reading.processor:.1f} ({reading.memory / 1e6:,.0f}) |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
