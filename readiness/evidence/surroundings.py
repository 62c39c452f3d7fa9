"""Where were the numbers computed? Versions and hardware, without names of machines or people."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

import psutil

from readiness.facts import Environment

OF_THE_PAGE = ("jinja2", "markupsafe", "mistune")
"""What makes the page of record and notebook; with other versions of them it may come out with other bytes."""
PACKAGES = (
    "readiness",
    *OF_THE_PAGE,
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "seaborn",
    "papermill",
    "nbconvert",
    "joblib",
    "skops",
    "xgboost",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
)
"""Those that a number or the page may depend on; named when installed."""
OF_MODELS = {
    "onnx": ("onnx",),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "mlflow": ("mlflow", "mlflow-skinny"),
    "keras": ("keras",),
    "jax": ("jax",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "torch": ("torch",),
}
"""By module, the packages that bring it; named when the model made this process import it."""


def environment() -> Environment:
    """Describe the interpreter that runs this."""
    used = (name for module, names in OF_MODELS.items() if module in sys.modules for name in names)
    memory = round(psutil.virtual_memory().total / 2**30)
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={name: version for name in (*PACKAGES, *used) if (version := _version(name))},
        hardware=f"{os.cpu_count() or 1} processors, {memory} GiB of memory",
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
