"""Other tools that evaluate a model, each in an environment of its own, on the same model file and rows.

A script is what a user of the tool would write: read the table, load the model, evaluate, write what there is to read.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measuring import version_in

SHARED = ("scikit-learn", "joblib", "pyarrow")
"""In the same versions on all sides, or the model file could not be read."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another tool."""

    name: str
    package: str
    least: str
    """Its oldest version that will do: what an installer falls back to may not run."""
    script: str
    writes: str
    """What it leaves to read."""

    def install(self, place: Path) -> Path:
        """The interpreter of an environment below `place` that has the tool; made where it is not there yet."""
        folder = place / self.package
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        done = folder / "installed"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pinned = [f"{name}=={version(name)}" for name in SHARED]
            subprocess.run(
                [str(python), "-m", "pip", "install", "--quiet", f"{self.package}>={self.least}", *pinned], check=True
            )
            done.touch()
        return python

    def words(self, python: Path) -> str:
        """Its name with its version."""
        return f"{self.name} {version_in(python, self.package)}"


SKORE = """\
import joblib, pandas as pd
from skore import EstimatorReport
model = joblib.load("model.joblib")
frame = pd.read_parquet("test.parquet")
rows = frame[list(model.feature_names_in_)]
report = EstimatorReport(model, X_test=rows, y_test=frame["target"], pos_label=1)
open("skore.html", "w", encoding="utf-8").write(report._repr_html_())
"""
MLFLOW = """\
import pathlib, joblib, mlflow, pandas as pd
mlflow.set_tracking_uri(f"sqlite:///{pathlib.Path('mlflow.db').resolve()}")
model = joblib.load("model.joblib")
frame = pd.read_parquet("test.parquet")
columns = [*model.feature_names_in_, "target"]
with mlflow.start_run():
    found = mlflow.models.evaluate(
        model.predict, frame[columns], targets="target", model_type="classifier",
        evaluator_config={"log_model_explainability": False},
    )
pathlib.Path("mlflow.txt").write_text(str(found.metrics), encoding="utf-8")
"""

RIVALS = (
    Rival("skore", "skore", "0.28", SKORE, "a page"),
    Rival("MLflow", "mlflow", "3", MLFLOW, "metrics and plots as files, no page"),
)
