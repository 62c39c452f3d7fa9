"""What does a review cost beside the least that a notebook can do with the same model and rows?

    python tests/benchmarks/benchmark.py [--rows 10000 100000 1000000] [--runs 3] [--folder DIR]

The floor is a bare notebook, walked by papermill and exported by nbconvert as it comes: import pandas, scikit-learn,
matplotlib and seaborn, read the table, load the model, predict once, draw six figures. The review is `readiness run`
on the same rows and model, without the cache, less what its report says it spent on refits and on timed calls of the model, which have
budgets of their own in the spec. Both are run in turn, and the middle of the runs is compared, so that whatever else
the machine does falls on both. Memory is what all processes of a run hold together, and what the largest holds.
Prints Markdown tables. Nothing here is judged: clocks differ from machine to machine, ratios less so.
"""

# ruff: noqa: T201  # a script for people
from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import nbformat
import numpy as np
import pandas as pd
import psutil
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.core.files import sha256_file

ROWS = (10_000, 100_000, 1_000_000)
TRAIN_ROWS, COLUMNS, TREES = 50_000, 30, 100
POSITIVES, GAPS = 0.10, 0.05
"""Share of positive rows, and of missing values in every column."""
SEGMENTS = {"region": 5, "channel": 4, "age_group": 6, "product": 8}
"""Segment columns and how many values they have; they are no features."""
POLL_SECONDS = 0.02
STATED_APART = ("STAB-SECONDS", "PROD-SECONDS")
"""Findings in which a report says what refits and timed calls took."""

SPEC = """\
model: {{name: benchmark, version: "1", path: model.joblib, sha256: {sha256}}}
data:
  train: train.parquet
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
stability: {{repeats: 2}}
production: {{calls: 300, latency_p99_ms: 1000}}
"""

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
FLOOR = """\
import sys, nbformat, papermill
from nbconvert import HTMLExporter
papermill.execute_notebook("floor.ipynb", "floor-done.ipynb", kernel_name="python3", progress_bar=False)
page, _ = HTMLExporter().from_notebook_node(nbformat.read("floor-done.ipynb", as_version=4))
open("floor.html", "w", encoding="utf-8").write(page)
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of one command."""

    seconds: float
    together: int
    """The most bytes that all its processes held at one moment."""
    largest: int
    """The most bytes that one of them held."""


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
    """Write a model and, in a folder for each number of test rows, all that both sides read."""
    train = table(TRAIN_ROWS, seed=0)
    features = [f"x{k}" for k in range(COLUMNS)]
    model = make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=TREES, random_state=0))
    model.fit(train[features], train["target"])
    for n in rows:
        place = folder / str(n)
        place.mkdir(parents=True)
        joblib.dump(model, place / "model.joblib")
        train.to_parquet(place / "train.parquet", index=False)
        table(n, seed=1).to_parquet(place / "test.parquet", index=False)
        pin = sha256_file(place / "model.joblib")
        text = SPEC.format(sha256=pin, features=", ".join(features), segments=", ".join(SEGMENTS))
        (place / "readiness.yaml").write_text(text, encoding="utf-8")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in FLOOR_CELLS])
        nbformat.write(notebook, place / "floor.ipynb")


def timed(command: Sequence[str], folder: Path, *, codes: Sequence[int] = (0,)) -> Reading:
    """Run a command to its end and look on what it and its children hold.

    Raises:
        RuntimeError: it ended with another exit code than `codes`.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = psutil.Popen(list(command), cwd=folder, stdout=said, stderr=said)
        together = largest = 0
        while process.poll() is None:
            held = _held(process)
            together, largest = max(together, sum(held)), max(largest, *held, 0)
            time.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - start
        if process.returncode not in codes:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command[:4])} ended with {process.returncode}:\n{said.read().decode()}")
    return Reading(seconds, together, largest)


def _held(process: psutil.Process) -> list[int]:
    """Resident bytes of a process and of all below it."""
    held = [0]
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return held
    for member in family:
        try:
            held.append(member.memory_info().rss)
        except psutil.Error:  # it has ended meanwhile
            continue
    return held


def readiness(*arguments: str) -> list[str]:
    """The command line of this interpreter's `readiness`."""
    return [sys.executable, "-m", "readiness", *arguments]


def stated_apart(report: Path) -> float:
    """Seconds that a report says it spent on refits and timed calls."""
    shown = subprocess.run(readiness("show", "--json", str(report)), check=True, capture_output=True, text=True)
    findings = [finding for answer in json.loads(shown.stdout)["answers"] for finding in answer["findings"]]
    stated = {finding["code"]: finding["measured"]["value"] for finding in findings if finding.get("measured")}
    return sum(float(stated[code]) for code in STATED_APART)


def compare(folder: Path, runs: int) -> tuple[list[Reading], list[Reading], list[float]]:
    """Floor and review in turn, and for each review the seconds that it states apart."""
    floors, reviews, apart = [], [], []
    for _ in range(runs):
        shutil.rmtree(folder / "out", ignore_errors=True)
        floors.append(timed([sys.executable, "-c", FLOOR], folder))
        reviews.append(timed(readiness("run", "readiness.yaml", "--out", "out", "--no-cache"), folder, codes=(0, 1, 3)))
        apart.append(stated_apart(folder / "out" / "report.html"))
    return floors, reviews, apart


def line(rows: int, floors: list[Reading], reviews: list[Reading], apart: list[float]) -> str:
    """One row of the table of reviews."""
    middle = statistics.median
    floor, whole = middle(r.seconds for r in floors), middle(r.seconds for r in reviews)
    own = middle(review.seconds - stated for review, stated in zip(reviews, apart, strict=True))
    seconds = (f"{floor:.1f}", f"{own:.1f}", f"**{own / floor:.2f}**", f"{whole:.1f}", f"{middle(apart):.1f}")
    cells = [f"{rows:,}", *seconds]
    for held in ("largest", "together"):
        low, high = (middle(getattr(r, held) for r in side) / 1e6 for side in (floors, reviews))
        cells += [f"{low:,.0f}", f"{high:,.0f}", f"**{high / low:.2f}**"]
    return "| " + " | ".join(cells) + " |"


HEAD = """\
| test rows | floor, s | review, s | ratio | with refits and timed calls, s | these alone, s \
| largest process: floor, MB | review, MB | ratio | all processes: floor, MB | review, MB | ratio |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def small_commands(folder: Path, runs: int) -> list[str]:
    """Rows of the table of commands that must answer at once: the fastest of `runs`."""
    subprocess.run(
        readiness("keygen", "--out", "key.pem", "--no-passphrase"), cwd=folder, check=True, capture_output=True
    )
    run = readiness("run", "readiness.yaml", "--out", "signed", "--no-cache", "--key", "key.pem")
    timed(run, folder, codes=(0, 1, 3))
    commands = {"--help": ["--help"], "verify": ["verify", "signed/report.html", "--key", "key.pub"]}
    return [
        f"| `readiness {name}` | {min(timed(readiness(*arguments), folder).seconds for _ in range(runs)):.2f} |"
        for name, arguments in commands.items()
    ]


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="numbers of test rows")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side; the middle one counts")
    parser.add_argument("--folder", type=Path, help="where to work; kept afterwards. Else a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readiness-benchmark-") as temporary:
        folder = given.folder or Path(temporary)
        prepare(folder, given.rows)
        print(HEAD, flush=True)
        for rows in given.rows:
            print(line(rows, *compare(folder / str(rows), given.runs)), flush=True)
        print("\n| command | s |\n|---|---:|")
        print(*small_commands(folder / str(given.rows[0]), max(5, given.runs)), sep="\n")


if __name__ == "__main__":
    main()
