"""Versions and hardware that the numbers were computed with, without names of machines or people."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import psutil

from readiness.core.provenance import Environment

OF_THE_PAGE = ("jinja2", "markupsafe", "mistune", "numpy", "scipy")
"""What makes the page of record and notebook, the alarms of its monitoring among it; with other versions of them it may
come out with other bytes."""
PACKAGES = (
    "readiness",
    *OF_THE_PAGE,
    "pandas",
    "pyarrow",
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


# ----------------------------------------------------------------------------------------------------
# The machine on which times are measured: in words for people, and closely enough that no other one's are taken.
#
# Two nodes of one size that share a home folder are two machines, and so is one of which a job may use a part only.

GROUPS = Path("/sys/fs/cgroup")
LIMITS = ("cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")
"""How much processor time a control group may use, by its second and first version."""


@functools.cache
def machine() -> str:
    """Kind and size of this machine in words; no name of it."""
    here = environment()
    return "; ".join(filter(None, (here.hardware, here.platform)))


def this_machine() -> str:
    """A digest of what tells this machine, and the part of it that may be used, from another; it names none."""
    known = (machine(), platform.node(), _read(Path("/etc/machine-id")), _processor(), str(_usable()), *_limits())
    return hashlib.sha256("\n".join(known).encode("utf-8", "surrogateescape")).hexdigest()


def _processor() -> str:
    """The model of the processor, as far as the system tells."""
    lines = _read(Path("/proc/cpuinfo")).splitlines()
    return next((line for line in lines if line.startswith("model name")), platform.processor())


def _usable() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _limits() -> tuple[str, ...]:
    """Limits of processor time of this process's control group and those around it."""
    own = next((line[3:] for line in _read(Path("/proc/self/cgroup")).splitlines() if line.startswith("0::")), "/")
    folder = GROUPS / own.strip("/")
    around = [folder, *(above for above in folder.parents if above.is_relative_to(GROUPS))]
    return tuple(said for place in around for name in LIMITS if (said := _read(place / name).strip()))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system
        return ""
