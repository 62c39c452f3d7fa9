"""Where were the numbers computed? Versions and hardware, without names of machines or people."""

from __future__ import annotations

import os
import platform
from importlib import metadata

import psutil

from readiness.facts import Environment

PACKAGES = (
    "readiness",
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


def environment() -> Environment:
    """Describe the interpreter that runs this."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={name: version for name in PACKAGES if (version := _version(name))},
        hardware=f"{os.cpu_count() or 1} processors, {memory} GiB of memory",
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
