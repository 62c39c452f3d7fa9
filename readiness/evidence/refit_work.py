"""What is done in one refit? A seeded clone is fitted with one thread, and asked about the rows it has not seen."""

from __future__ import annotations

import math
import re
import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from readiness.evidence.candidates import Candidate, Scores
from readiness.evidence.fitting import fit
from readiness.evidence.outputs import positions
from readiness.evidence.splits import Split, derived_seed
from readiness.exceptions import ScoringError
from readiness.unavailable import Unavailable

THREAD_KEYS = ("n_jobs", "nthread", "num_threads", "thread_count")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Where an object lay in memory, which is never twice the same."""
SEED_KEYS = ("random_state", "random_seed")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of one refit."""

    split: Split
    scores: Scores | None
    """Of the split's own test rows; None when it has none, or failed."""
    seconds: float
    converged: bool = True
    error: str = ""
    """Why it failed; empty when it did not."""
    held: Scores | None = None
    """Of the hold-out, the same rows for every refit; None when there is none."""
    held_value: float = math.nan
    """The primary metric on the hold-out."""


def unfit_for_cloning(estimator: Any) -> Unavailable | None:
    """Why clones of `estimator` cannot stand for it; None when they can."""
    if known := getattr(estimator, "refits_unavailable", None):
        return Unavailable(*known)
    try:
        clone(estimator)
        parts = estimator.get_params(deep=True)
    except Exception as error:
        said = " ".join(ADDRESS.sub("", str(error)).split())[:200]
        if not hasattr(estimator, "get_params"):
            said = f"{type(estimator).__name__} has no get_params"
        return Unavailable(
            f"the model cannot be cloned for refitting: {said}", "an estimator with get_params, as scikit-learn's"
        )
    frozen = [value for value in (estimator, *parts.values()) if type(value).__name__ == "FrozenEstimator"]
    if frozen or any(name.endswith("cv") and str(value) == "prefit" for name, value in parts.items()):
        return Unavailable("the model holds a frozen part that refitting leaves as it is", "a model without it")
    return None


def unfitted(candidate: Candidate, seed: int) -> Candidate:
    """The candidate around an unfitted clone: small enough to be sent to other processes."""
    return replace(candidate, estimator=clone(candidate.estimator), seed=seed)


def takes_seed(estimator: Any) -> bool:
    """Whether fitting may depend on a seed at all."""
    parts = {"": estimator, **estimator.get_params(deep=True)}
    return any(_last(name) in SEED_KEYS or _is_catboost(value) for name, value in parts.items())


def seeded_clone(estimator: Any, seed: int, *, reseeded: bool = False) -> Any:
    """An unfitted copy that uses one thread, with a seed wherever the author left `random_state` open.

    A seed that the author fixed stays unless `reseeded`; an open one differs between refits, so that churn includes
    the randomness of training.
    """
    copy = clone(estimator)
    settings: dict[str, Any] = {}
    for name, value in {"": copy, **copy.get_params(deep=True)}.items():
        if _last(name) in THREAD_KEYS:
            settings[name] = 1
        elif (_last(name) == "random_state" and value is None) or (_last(name) in SEED_KEYS and reseeded):
            settings[name] = seed
        if _is_catboost(value):  # lists only what was set, and writes files into the folder
            prefix = f"{name}__" if name else ""
            settings |= {f"{prefix}thread_count": 1, f"{prefix}allow_writing_files": False}
            if reseeded and not value.get_params().keys() & set(SEED_KEYS):
                settings[f"{prefix}random_seed"] = seed
    return copy.set_params(**settings) if settings else copy


def _last(name: str) -> str:
    return name.rpartition("__")[2]


def _is_catboost(value: Any) -> bool:
    return type(value).__module__.startswith("catboost")


def fitting_labels(candidate: Candidate, y: NDArray[Any]) -> NDArray[Any]:
    """The targets as the candidate itself was given them: its own class labels in place of codes."""
    if not candidate.task.has_classes:
        return y
    known = getattr(candidate.estimator, "classes_", None)  # CatBoost has it before fitting, as None
    own = list(candidate.classes if known is None else known)
    labels = list(candidate.classes)
    for label, code in zip(own, positions(own, labels), strict=True):
        if code >= 0:
            labels[code] = label
    return np.array(labels)[y.astype(np.int64)]


def refit_once(
    candidate: Candidate, frame: pd.DataFrame, labels: NDArray[Any], split: Split, holdout: pd.DataFrame | None = None
) -> Outcome:
    """Fit and predict one split, and the hold-out where there is one; failures come back as text."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(limits=1):
        warnings.simplefilter("always")
        try:
            seed = derived_seed(candidate.seed, split.repeat, split.fold, 1)
            model = seeded_clone(candidate.estimator, seed, reseeded=split.reseeded)
            fit(model, candidate, frame.iloc[split.train], labels[split.train])
            refitted = candidate.with_estimator(model)
            scores = refitted.score(frame.iloc[split.test]) if len(split.test) else None
            held = None if holdout is None else refitted.score(holdout)
        except (Exception, SystemExit) as error:
            said = error.message if isinstance(error, ScoringError) else f"{type(error).__name__}: {error}"
            return Outcome(split, None, time.perf_counter() - start, error=" ".join(said.split())[:300])
    converged = not any(issubclass(entry.category, ConvergenceWarning) for entry in caught)
    return Outcome(split, scores, time.perf_counter() - start, converged, held=held)
