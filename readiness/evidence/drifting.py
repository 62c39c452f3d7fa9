"""Which rows are held against which, to see whether the world has moved since the candidate was fitted?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from readiness.criteria import DRIFT_ROWS
from readiness.evidence.evidence import DriftTables
from readiness.unavailable import Unavailable


def drift_tables(
    seed: int,
    test: pd.DataFrame,
    reference: pd.DataFrame | None,
    features: tuple[str, ...],
    recent: pd.DataFrame | None,
) -> DriftTables | Unavailable:
    """The features of the training rows (`reference`) beside those of recent rows, else of the test rows.

    Of a table of very many rows, a random sample that follows from `seed`.
    """
    if reference is None:
        return Unavailable("no training table is given", "name the training rows under data.train")
    against, current = ("test", test) if recent is None else ("recent", recent)
    both = [name for name in features if name in reference and name in current]
    if not both:
        return Unavailable("the training table holds none of the features", "give the training rows with features")
    sizes = [f"{len(frame):,}" for frame in (reference, current) if len(frame) > DRIFT_ROWS]
    sampled = f"a random sample of {DRIFT_ROWS:,} of {' and '.join(sizes)} rows" if sizes else ""
    return DriftTables(_sample(reference, both, seed), _sample(current, both, seed), features, against, sampled)


def _sample(frame: pd.DataFrame, columns: list[str], seed: int) -> pd.DataFrame:
    if len(frame) <= DRIFT_ROWS:
        return frame[columns]
    rows = np.sort(np.random.default_rng(seed).choice(len(frame), DRIFT_ROWS, replace=False))
    return frame[columns].iloc[rows]
