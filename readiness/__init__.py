"""Signed model-readiness reports: six questions, one verdict, one page.

The names below are what a review's notebook works with; each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "decide": "readiness.verdict.decision",
    "draw": "readiness.report.pictures",
    "gather": "readiness.evidence.collect",
    "judge": "readiness.core.findings",
    "load_spec": "readiness.spec.load",
    "open_review": "readiness.reviews.opening",
    "review": "readiness.reviews.from_arrays",
}
"""Where each public name lives."""

_MODULES = {"plots": "readiness.report.plots", "questions": "readiness.questions"}

__all__ = [*sorted(_HOMES), *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    elif name == "__version__":
        from importlib.metadata import version

        value = version("readiness")
    else:
        raise AttributeError(f"module 'readiness' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
