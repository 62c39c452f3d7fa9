"""A model in this very process, as an object; and its clones, in processes of one thread each or one after another.

So drafts in memory are reviewed; a worker's own process runs its model like this, too.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import sys
import time
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend.reduction import dumps
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController, threadpool_limits

from readiness.core.errors import ScoringError
from readiness.core.files import Artifact
from readiness.core.missing import Missing
from readiness.evidence.candidate import Candidate
from readiness.evidence.models.description import SEED_KEYS, describe_model, is_catboost, query_argument
from readiness.evidence.models.own_modules import add_served, serve, served_folder, served_modules
from readiness.evidence.workers.worker import (
    Footprint,
    Form,
    Inputs,
    InsideProbe,
    ModelDescription,
    ModelRaised,
    Outcome,
    RefitJob,
    Split,
    TimeRequest,
    Times,
)

ONE_THREAD_ROWS = 20_000
"""Up to so many rows are scored on one thread: on a busy machine, threads wait longer for each other than they save."""
NO_PROCESS = Missing("the model runs in the process of the review itself", "a model file under model.path")


def _threads(most: int | None) -> AbstractContextManager[Any]:
    """At most so many threads of libraries of numbers; None: as many as they like."""
    # which libraries there are takes longer to find out than a call of a few rows; new ones come with new modules
    return contextlib.nullcontext() if most is None else _libraries(len(sys.modules)).limit(limits=most)


@functools.lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:  # noqa: ARG001  # the key
    return ThreadpoolController()


class InProcess:
    """A model in this process."""

    def __init__(self, estimator: Any, about: ModelDescription | None = None) -> None:
        """`about` is read from the estimator where it is not given."""
        self.estimator = estimator
        self._about = about

    @property
    def about(self) -> ModelDescription:
        """What the model is."""
        if self._about is None:
            self._about = describe_model(self.estimator)
        return self._about

    def begin(self) -> None:
        """It is here already."""

    def call(self, method: str, inputs: Inputs) -> Any:
        """The raw answer of a method to n rows.

        Raises:
            ModelRaised: whatever the model raised.
        """
        try:
            with _threads(1 if len(inputs) <= ONE_THREAD_ROWS else None):
                return getattr(self.estimator, method)(inputs)
        except (Exception, SystemExit) as error:
            raise ModelRaised.of(error) from error

    def refit(self, job: RefitJob) -> list[Outcome] | Missing:
        """The outcomes of a job's splits, in their order."""
        return refit_all(self.estimator, job)

    def time(self, request: TimeRequest) -> Times | Missing:
        """Times of calls, on one thread, by the clock of this process."""
        from readiness.evidence.workers.timing import time_calls

        with threadpool_limits(limits=1):
            return time_calls(getattr(self.estimator, request.method), request)

    def footprint(self, row: Inputs) -> Footprint | Missing:  # noqa: ARG002  # the protocol's
        """Not told: this process holds much besides."""
        return NO_PROCESS

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:
        """What a look into this process shows while the model answers."""
        from readiness.evidence.probes.inside import INSIDE

        with threadpool_limits(limits=1):
            return INSIDE[name](self.estimator, inputs)

    def end_refits(self) -> None:
        """End the processes of clones, which would else wait for more work."""
        close_pool()

    def close(self) -> None:
        """Nothing was started but for refits."""


# ----------------------------------------------------------------------------------------------------
# One refit: a seeded clone, fitted with one thread and asked about rows that it has not seen.

THREAD_KEYS = ("n_jobs", "nthread", "num_threads", "thread_count")


def derive_seed(*parts: int) -> int:
    """A seed below 2**31 that follows from `parts` and differs between them."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)


def clone_seeded(estimator: Any, seed: int, *, reseeded: bool = False) -> Any:
    """An unfitted copy that uses one thread, with a seed wherever the author left `random_state` open.

    A seed that the author fixed stays unless `reseeded`; an open one differs between refits, so that churn includes
    the randomness of training.
    """
    from sklearn.base import clone  # takes longer to import than all else here; most processes never refit

    copy = clone(estimator)
    settings: dict[str, Any] = {}
    for name, value in {"": copy, **copy.get_params(deep=True)}.items():
        if name.rpartition("__")[2] in THREAD_KEYS:
            settings[name] = 1
        elif (name.rpartition("__")[2] == "random_state" and value is None) or (
            name.rpartition("__")[2] in SEED_KEYS and reseeded
        ):
            settings[name] = seed
        if is_catboost(value):  # lists only what was set, and writes files into the folder
            prefix = f"{name}__" if name else ""
            settings |= {f"{prefix}thread_count": 1, f"{prefix}allow_writing_files": False}
            if reseeded and not value.get_params().keys() & set(SEED_KEYS):
                settings[f"{prefix}random_seed"] = seed
    return copy.set_params(**settings) if settings else copy


# The fitting of a clone: rankers learn which rows belong to one query, each by the name that its library uses.


def fit(model: Any, form: Form, frame: pd.DataFrame, labels: NDArray[Any]) -> None:
    """Fit `model` to n rows; `frame` holds the form's features, and its query column where it has one.

    Rankers ask for the rows of a query in one piece, so rows are sorted by query first; others get them as they are.
    """
    name = query_argument(model)
    if form.query is None or not name:
        model.fit(_inputs(form, frame), labels)
        return
    codes = pd.factorize(frame[form.query])[0]
    rows = np.argsort(codes, kind="stable")
    is_sizes = name.rpartition("__")[2] == "group"
    given = np.bincount(codes) if is_sizes else codes[rows]
    model.fit(_inputs(form, frame.iloc[rows]), labels[rows], **{name: given})


def _inputs(form: Form, frame: pd.DataFrame) -> Inputs:
    rows = frame[list(form.features)]
    return rows if form.named else np.array(rows.to_numpy())


def refit_once(
    estimator: Any, form: Form, train: pd.DataFrame, labels: NDArray[Any], split: Split, asked: Asked
) -> Outcome:
    """Fit a clone of `estimator` to the rows of `train` with their `labels`, and ask it about the rows of `asked`.

    Those are the rows of the split, and those that are held out. Failures come back as text.
    """
    from sklearn.exceptions import ConvergenceWarning

    start = time.perf_counter()
    tested, held = asked
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(limits=1):
        warnings.simplefilter("always")
        try:
            seed = derive_seed(form.seed, split.repeat, split.fold, 1)
            model = clone_seeded(estimator, seed, reseeded=split.reseeded)
            fit(model, form, train, labels)
            refitted = Candidate.in_form(InProcess(model), form)
            scores = refitted.score(tested) if len(tested) else None
            others = None if held is None else refitted.score(held)
        except (Exception, SystemExit) as error:
            said = error.message if isinstance(error, ScoringError) else f"{type(error).__name__}: {error}"
            return Outcome(split, None, time.perf_counter() - start, error=" ".join(said.split())[:300])
    converged = not any(issubclass(entry.category, ConvergenceWarning) for entry in caught)
    return Outcome(split, scores, time.perf_counter() - start, converged, held=others)


Asked = tuple[pd.DataFrame, pd.DataFrame | None]
"""Rows of a split, and rows that are held out."""


# ----------------------------------------------------------------------------------------------------
# The place of the refits: worker processes of one thread each, else one after another in this process.


def refit_all(estimator: Any, job: RefitJob) -> list[Outcome] | Missing:
    """The outcomes of a job; unavailable when a process dies or is silent for too long.

    A model that cannot be sent to another process is refitted here.
    """
    from sklearn.base import clone

    if job.workers > 1:
        try:
            packed, folder = _pack(clone(estimator)), served_folder()
            with joblib.parallel_config(backend="loky", n_jobs=job.workers, inner_max_num_threads=1):
                tasks = (joblib.delayed(_refit_there)(packed, folder, *_part(job, split)) for split in job.splits)
                done: list[tuple[Outcome, tuple[Artifact, ...]]] = joblib.Parallel(timeout=job.patience)(tasks)
            for _, modules in done:
                add_served(modules)
            return [outcome for outcome, _ in done]
        except TerminatedWorkerError:  # trying again here could take this process down as well
            return Missing("a refit ended its process: the machine ran out of memory, or the library crashed")
        except TimeoutError:
            return Missing(f"a refit did not end within {job.patience:,.0f} seconds")
        except (pickle.PicklingError, BrokenProcessPool, AttributeError, ImportError, TypeError):
            pass  # not to be pickled, or of a module that workers cannot import
    return [refit_once(estimator, *_part(job, split)) for split in job.splits]


def _part(job: RefitJob, split: Split) -> tuple[Form, pd.DataFrame, NDArray[Any], Split, Asked]:
    """What one refit needs to know."""
    tested = job.frame.iloc[split.test]
    return job.form, job.frame.iloc[split.train], job.labels[split.train], split, (tested, job.held)


def _pack(estimator: Any) -> bytes:
    """By reference to its modules, which are served to workers; what has no name there travels as it is."""
    try:
        return pickle.dumps(estimator)
    except (pickle.PicklingError, AttributeError, TypeError):
        return bytes(dumps(estimator))


def _refit_there(
    packed: bytes,
    folder: Path | None,
    form: Form,
    train: pd.DataFrame,
    labels: NDArray[Any],
    split: Split,
    asked: Asked,
) -> tuple[Outcome, tuple[Artifact, ...]]:
    """One refit in a worker, and the modules of the user's own that it was served; these must be served before the
    model is unpacked.
    """
    if folder is not None:
        serve(folder)
    return refit_once(pickle.loads(packed), form, train, labels, split, asked), served_modules()  # noqa: S301


def close_pool() -> None:
    """End the worker processes, which would else wait for more work, hold memory, and delay the end of the kernel."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
