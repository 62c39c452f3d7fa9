"""How are scores kept, so that they come back bit by bit and serve any threshold?

With a threshold, labels follow from the scores, so they are made anew; without one, the model's own are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.evidence.candidates import Candidate, Scores
from readiness.evidence.keeping.kept import Kept
from readiness.evidence.keeping.store import Entry


def scored(kept: Kept, part: str, candidate: Candidate, frame: pd.DataFrame) -> Scores:
    """What the candidate says of n rows: as it was kept, else asked now, and kept.

    Raises:
        ReadinessError: as `Candidate.score`.
    """
    found = kept.get(part, lambda entry: unpacked(entry, "", entry.facts, candidate, len(frame)))
    if found is not None:
        return found
    said = candidate.score(frame)
    arrays, facts = packed(said, "", candidate)
    kept.put(part, arrays, facts)
    return said


def packed(said: Scores, prefix: str, candidate: Candidate) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays, their names beginning with `prefix`, and plain values."""
    arrays = {} if said.scores is None else {f"{prefix}scores": said.scores}
    if said.scores is None or candidate.threshold is None:
        arrays[f"{prefix}labels"] = said.predicted
    return arrays, {"probability": said.is_probability, "method": said.method, "notes": list(said.notes)}


def unpacked(entry: Entry, prefix: str, facts: Mapping[str, Any], candidate: Candidate, rows: int) -> Scores | None:
    """The same again for `rows` rows; None where the arrays are of other rows or classes."""
    scores = entry.arrays.get(f"{prefix}scores")
    if scores is None or candidate.threshold is None:
        labels = entry.arrays[f"{prefix}labels"]
    else:
        labels = (scores >= candidate.threshold).astype(np.int64)
    width = () if scores is None or scores.ndim == 1 else (len(candidate.classes),)
    if labels.shape != (rows,) or (scores is not None and scores.shape != (rows, *width)):
        return None
    return Scores(
        labels,
        scores,
        bool(facts["probability"]),
        candidate.classes,
        str(facts["method"]),
        tuple(map(str, facts["notes"])),
    )
