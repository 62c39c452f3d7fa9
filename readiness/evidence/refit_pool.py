"""Where are the refits done? In worker processes of one thread each, else one after another in this process."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import joblib
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError
from numpy.typing import NDArray

from readiness.evidence.candidates import Candidate
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
            with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
                tasks = (joblib.delayed(refit_once)(candidate, frame, labels, split, holdout) for split in splits)
                outcomes: list[Outcome] = joblib.Parallel(timeout=patience)(tasks)
                return outcomes
        except TerminatedWorkerError:  # trying again here could take this process down as well
            return Unavailable("a refit ended its process: the machine ran out of memory, or the library crashed")
        except TimeoutError:
            return Unavailable(f"a refit did not end within {patience:,.0f} seconds")
        except (pickle.PicklingError, BrokenProcessPool, AttributeError, ImportError, TypeError):
            pass  # not to be pickled, or of a module that workers cannot import
    return [refit_once(candidate, frame, labels, split, holdout) for split in splits]


def close_pool() -> None:
    """End the worker processes, which would else wait for more work, hold memory, and delay the end of the kernel."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
