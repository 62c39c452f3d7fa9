"""What was measured elsewhere, and read here? Nothing of it is judged where the same could be measured here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readiness.evidence.candidates import Scores
from readiness.evidence.training_hashes import TrainingHashes


@dataclass(frozen=True, slots=True, eq=False)
class SuppliedRepeat:
    """What refits said about training rows that they had not seen; each usable row once."""

    fold: NDArray[np.int64]
    """(n,): codes of the folds, 0 to k - 1."""
    said: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Supplied rows and calls; single figures stand in the spec."""

    repeats: tuple[SuppliedRepeat, ...] = ()
    seeds: tuple[Scores, ...] = ()
    """Of all usable test rows, one for each refit."""
    milliseconds: NDArray[np.float64] | None = None
    """(calls,): times of single-row calls, in their order."""
    folds_sha256: str = ""
    """Of the very bytes that the table of the folds was parsed from; empty where they are columns of data.train."""
    training_rows: TrainingHashes | None = None
    """Hashes of the rows that the candidate was fitted on."""
