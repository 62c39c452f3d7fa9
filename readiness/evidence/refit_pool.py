"""Where are the refits done? In worker processes of one thread each, else one after another in this process."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend.reduction import dumps
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError
from numpy.typing import NDArray

from readiness.digests import Artifact
from readiness.evidence.candidates import Candidate
from readiness.evidence.models.own_modules import add_served, serve, served, served_folder
from readiness.evidence.refit_work import Outcome, refit_once
from readiness.evidence.splits import Split
from readiness.unavailable import Unavailable


def refit_all(
    candidate: Candidate,
    frame: pd.DataFrame,
    labels: NDArray[Any],
    splits: Sequence[Split],
    *,
    workers: int,
    patience: float,
    holdout: pd.DataFrame | None = None,
) -> list[Outcome] | Unavailable:
    """The outcomes of `splits`, in their order; unavailable when a worker dies or is silent for `patience` seconds.

    A candidate that cannot be sent to another process is refitted here.
    """
    if workers > 1:
        try:
            packed, folder = _packed(candidate), served_folder()
            with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
                tasks = (
                    joblib.delayed(_refit_there)(packed, folder, frame, labels, split, holdout) for split in splits
                )
                done: list[tuple[Outcome, tuple[Artifact, ...]]] = joblib.Parallel(timeout=patience)(tasks)
            for _, modules in done:
                add_served(modules)
            return [outcome for outcome, _ in done]
        except TerminatedWorkerError:  # trying again here could take this process down as well
            return Unavailable("a refit ended its process: the machine ran out of memory, or the library crashed")
        except TimeoutError:
            return Unavailable(f"a refit did not end within {patience:,.0f} seconds")
        except (pickle.PicklingError, BrokenProcessPool, AttributeError, ImportError, TypeError):
            pass  # not to be pickled, or of a module that workers cannot import
    return [refit_once(candidate, frame, labels, split, holdout) for split in splits]


def _packed(candidate: Candidate) -> bytes:
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
    return refit_once(candidate, frame, labels, split, holdout), served()


def close_pool() -> None:
    """End the worker processes, which would else wait for more work, hold memory, and delay the end of the kernel."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
