"""One refit: a seeded clone, fitted with one thread and asked about rows it has not seen; and the pool that runs
many.
"""

from __future__ import annotations

import math
import pickle
import re
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend.reduction import dumps
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from readiness.core.errors import ScoringError
from readiness.core.files import Artifact
from readiness.core.missing import Missing
from readiness.core.policy import FOLDS, MINIMUM_REPEATS, Task
from readiness.evidence.candidate import Candidate, Scores, fit
from readiness.evidence.models.own_modules import add_served, serve, served_folder, served_modules
from readiness.evidence.validation import positions

# ----------------------------------------------------------------------------------------------------
# The rows that train and those that test in each refit: folds that respect classes, groups and time, from one seed.


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One refit: positions of its rows."""

    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    """May be empty: the clone is then asked only about the hold-out."""
    reseeded: bool = False
    """Whether seeds that the author fixed are replaced, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All refits that could be made; a repeat is computed when it is asked for.

    Without time: each repeat is a new shuffled k-fold split, stratified by class, groups kept whole.
    With time: rows in time order are cut into k + 1 windows; each window but the first is predicted by a model
    trained on rows before it. Windows are the same in each repeat, and each refit leaves out a random k-th of the
    past, as a k-fold refit leaves out a k-th of all rows, so that repeats differ as much as they do without time.
    Rows of a group that is in the window are left out of its past. The first window is never predicted.
    """

    y: NDArray[Any]
    """(n,): codes, or values where there are no classes."""
    task: Task
    folds: int
    repeats: int
    seed: int
    groups: NDArray[Any] | None = None
    time: pd.Series[Any] | None = None

    @property
    def scheme(self) -> str:
        """The way of splitting in words."""
        if self.time is not None:
            return f"{self.folds} windows in time order, each predicted from rows before it"
        stratified = ", classes spread evenly" if self.task.has_classes else ""
        kept = "queries" if self.task is Task.RANKING else "groups"
        return f"{self.folds} shuffled folds{stratified}{'' if self.groups is None else f', {kept} kept whole'}"

    def problem(self) -> Missing | None:
        """Why these rows cannot be split so; None when they can."""
        n = len(self.y)
        if self.repeats < MINIMUM_REPEATS:
            why = "one repeat shows no change between repeats"
            return Missing(why, "stability.repeats of at least 2", chosen=True)
        return self._too_few(n)

    def _too_few(self, n: int) -> Missing | None:
        """Why the rows do not fill the folds; of more folds than by default, the spec's choice is the cause."""
        chosen = self.folds > FOLDS
        if n < 2 * self.folds:
            return Missing(f"{n:,} rows are too few for {self.folds} folds", f"{2 * self.folds} rows", chosen=chosen)
        if self.task is Task.BINARY and self.time is None:
            rarest = int(np.bincount(self.y.astype(np.int64), minlength=2).min())
            if rarest < self.folds:
                return Missing(
                    f"the rarer class has {rarest:,} rows, fewer than the {self.folds} folds",
                    f"{self.folds} rows of each class",
                    chosen=chosen,
                )
        if self.time is not None and len(np.unique(_order_by_time(self.time)[1])) <= self.folds:
            return Missing(f"there are too few different times for {self.folds} windows", "more times", chosen=chosen)
        if self.groups is not None and self.time is None and (k := len(pd.unique(self.groups))) < self.folds:
            kept = "queries" if self.task is Task.RANKING else "groups"
            return Missing(f"{k:,} {kept} cannot fill {self.folds} folds", f"{self.folds} {kept}", chosen=chosen)
        return None

    def repeat(self, number: int) -> Iterator[Split]:
        """The splits of one repeat, `number` from 0.

        Raises:
            ValueError: the rows cannot be split so.
        """
        if self.time is not None:
            yield from self._windows(number, self.time)
            return
        strata = self.y if self.task.has_classes else np.zeros(len(self.y))
        with warnings.catch_warnings():
            # A class with fewer rows than folds cannot be in each; it is looked at in those where it is.
            warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
            parts = list(self._splitter(number).split(strata, strata, self.groups))
        for fold, (train, test) in enumerate(parts):
            yield Split(number, fold, train.astype(np.int64), test.astype(np.int64))

    def _splitter(self, number: int) -> Any:
        if self.groups is None:
            kind = StratifiedKFold if self.task.has_classes else KFold
        else:
            kind = StratifiedGroupKFold if self.task.has_classes else GroupKFold
        return kind(self.folds, shuffle=True, random_state=derive_seed(self.seed, number))

    def _windows(self, number: int, time: pd.Series[Any]) -> Iterator[Split]:
        order, times = _order_by_time(time)
        # Rows of one moment stay together: a window begins where a new moment does.
        marks = [np.searchsorted(times, times[len(times) * k // (self.folds + 1)]) for k in range(1, self.folds + 1)]
        edges = [*(int(mark) for mark in marks), len(times)]
        for fold in range(self.folds):
            past, test = order[: edges[fold]], order[edges[fold] : edges[fold + 1]]
            if self.groups is not None:
                past = past[~np.isin(self.groups[past], self.groups[test])]
            kept = len(past) - len(past) // self.folds
            drawn = np.random.default_rng([self.seed, number, fold]).permutation(len(past))[:kept]
            if not len(drawn) or not len(test):
                raise ValueError(f"window {fold + 1} of {self.folds} has no rows before it or in it")
            yield Split(number, fold, past[np.sort(drawn)], test)


def derive_seed(*parts: int) -> int:
    """A seed below 2**31 that follows from `parts` and differs between them."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)


def _order_by_time(time: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Positions of rows with a known time, in its order, and their ranks."""
    codes, _ = pd.factorize(time, sort=True)
    known = np.flatnonzero(codes >= 0)
    order = known[np.argsort(codes[known], kind="stable")].astype(np.int64)
    return order, codes[order]


# ----------------------------------------------------------------------------------------------------

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


def unfit_for_cloning(estimator: Any) -> Missing | None:
    """Why clones of `estimator` cannot stand for it; None when they can."""
    if known := getattr(estimator, "refits_unavailable", None):
        return Missing(*known)
    try:
        clone(estimator)
        parts = estimator.get_params(deep=True)
    except Exception as error:
        said = " ".join(ADDRESS.sub("", str(error)).split())[:200]
        if not hasattr(estimator, "get_params"):
            said = f"{type(estimator).__name__} has no get_params"
        return Missing(
            f"the model cannot be cloned for refitting: {said}", "an estimator with get_params, as scikit-learn's"
        )
    frozen = [value for value in (estimator, *parts.values()) if type(value).__name__ == "FrozenEstimator"]
    if frozen or any(name.endswith("cv") and str(value) == "prefit" for name, value in parts.items()):
        return Missing("the model holds a frozen part that refitting leaves as it is", "a model without it")
    return None


def clone_unfitted(candidate: Candidate, seed: int) -> Candidate:
    """The candidate around an unfitted clone: small enough to be sent to other processes."""
    return replace(candidate, estimator=clone(candidate.estimator), seed=seed)


def takes_seed(estimator: Any) -> bool:
    """Whether fitting may depend on a seed at all."""
    parts = {"": estimator, **estimator.get_params(deep=True)}
    return any(_last(name) in SEED_KEYS or _is_catboost(value) for name, value in parts.items())


def clone_seeded(estimator: Any, seed: int, *, reseeded: bool = False) -> Any:
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
            seed = derive_seed(candidate.seed, split.repeat, split.fold, 1)
            model = clone_seeded(candidate.estimator, seed, reseeded=split.reseeded)
            fit(model, candidate, frame.iloc[split.train], labels[split.train])
            refitted = candidate.with_estimator(model)
            scores = refitted.score(frame.iloc[split.test]) if len(split.test) else None
            held = None if holdout is None else refitted.score(holdout)
        except (Exception, SystemExit) as error:
            said = error.message if isinstance(error, ScoringError) else f"{type(error).__name__}: {error}"
            return Outcome(split, None, time.perf_counter() - start, error=" ".join(said.split())[:300])
    converged = not any(issubclass(entry.category, ConvergenceWarning) for entry in caught)
    return Outcome(split, scores, time.perf_counter() - start, converged, held=held)


# ----------------------------------------------------------------------------------------------------
# The place of the refits: worker processes of one thread each, else one after another in this process.


def refit_all(
    candidate: Candidate,
    frame: pd.DataFrame,
    labels: NDArray[Any],
    splits: Sequence[Split],
    *,
    workers: int,
    patience: float,
    holdout: pd.DataFrame | None = None,
) -> list[Outcome] | Missing:
    """The outcomes of `splits`, in their order; unavailable when a worker dies or is silent for `patience` seconds.

    A candidate that cannot be sent to another process is refitted here.
    """
    if workers > 1:
        try:
            packed, folder = _pack(candidate), served_folder()
            with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
                tasks = (
                    joblib.delayed(_refit_there)(packed, folder, frame, labels, split, holdout) for split in splits
                )
                done: list[tuple[Outcome, tuple[Artifact, ...]]] = joblib.Parallel(timeout=patience)(tasks)
            for _, modules in done:
                add_served(modules)
            return [outcome for outcome, _ in done]
        except TerminatedWorkerError:  # trying again here could take this process down as well
            return Missing("a refit ended its process: the machine ran out of memory, or the library crashed")
        except TimeoutError:
            return Missing(f"a refit did not end within {patience:,.0f} seconds")
        except (pickle.PicklingError, BrokenProcessPool, AttributeError, ImportError, TypeError):
            pass  # not to be pickled, or of a module that workers cannot import
    return [refit_once(candidate, frame, labels, split, holdout) for split in splits]


def _pack(candidate: Candidate) -> bytes:
    """By reference to its modules, which are served to workers; what has no name there travels as it is."""
    try:
        return pickle.dumps(candidate)
    except (pickle.PicklingError, AttributeError, TypeError):
        return bytes(dumps(candidate))


def _refit_there(
    packed: bytes,
    folder: Path | None,
    frame: pd.DataFrame,
    labels: NDArray[Any],
    split: Split,
    holdout: pd.DataFrame | None,
) -> tuple[Outcome, tuple[Artifact, ...]]:
    """One refit in a worker, and the modules of the user's own that it was served; these must be served before the
    candidate is unpacked.
    """
    if folder is not None:
        serve(folder)
    candidate: Candidate = pickle.loads(packed)  # noqa: S301  # from the process that started this one
    return refit_once(candidate, frame, labels, split, holdout), served_modules()


def close_pool() -> None:
    """End the worker processes, which would else wait for more work, hold memory, and delay the end of the kernel."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
