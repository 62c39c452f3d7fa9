"""What does the candidate say of recent rows? Scored once for every rule that asks; of very many, a seeded sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.evidence.alternatives import from_columns
from readiness.evidence.candidates import Scores
from readiness.evidence.evidence import Evidence, Recent
from readiness.evidence.targets import Target
from readiness.exceptions import ReadinessError
from readiness.unavailable import Unavailable

MOST_ROWS = 20_000
"""Of more rows a random sample is scored: a share is then known to 0.7 percentage points."""
SALT = 0x726563
"""Keeps this sample apart from others that follow from the same seed."""
_KEY = "soundness: recent scores"


@dataclass(frozen=True, slots=True, eq=False)
class RecentScores:
    """m recent rows as the candidate sees them."""

    said: Scores
    """Labels and scores, (m,), coded like those of the test rows."""
    rows: NDArray[np.int64]
    """(m,): their positions in `Evidence.recent.frame`, rising."""
    total: int
    """How many recent rows there are."""
    target: NDArray[Any] | None = None
    """(m,): coded truth, -1 or nan where not known yet; None: the table has no truth."""

    @property
    def sampled(self) -> str:
        """How many rows were looked at, when not all."""
        few = len(self.rows) < self.total
        return f"a random sample of {len(self.rows):,} of {self.total:,} recent rows" if few else ""


def recent_scores(evidence: Evidence) -> RecentScores | Unavailable:
    """What the candidate says of the recent rows; computed once for the same scored test rows.

    At most `MOST_ROWS` rows, drawn without replacement by the seed of the spec.
    """
    memory = evidence.cases.remembered
    known = memory.get(_KEY)
    if known is None or known[0] is not evidence.recent:
        known = memory[_KEY] = (evidence.recent, _scored(evidence))
    found: RecentScores | Unavailable = known[1]
    return found


def _scored(evidence: Evidence) -> RecentScores | Unavailable:
    recent = evidence.recent
    if recent is None or not len(recent.frame):
        return Unavailable("no recent rows are given", "name recent production rows under data.recent")
    rows = _sample(recent, evidence.spec.seed)
    frame = recent.frame.iloc[rows].reset_index(drop=True)
    try:
        said = _said(evidence, frame)
    except ReadinessError as error:
        return Unavailable(f"the candidate could not score the recent rows: {error.message}", error.remedy)
    if isinstance(said, Unavailable):
        return said
    return RecentScores(said, rows, len(recent.frame), None if recent.target is None else recent.target[rows])


def _sample(recent: Recent, seed: int) -> NDArray[np.int64]:
    n = len(recent.frame)
    if n <= MOST_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, SALT]).choice(n, MOST_ROWS, replace=False))


def _said(evidence: Evidence, frame: Any) -> Scores | Unavailable:
    """From the model, else from the columns that hold ready-made predictions, where recent rows have them, too."""
    if evidence.candidate is not None:
        return evidence.candidate.score(frame)
    columns = evidence.spec.model.predictions
    if columns is None:
        return Unavailable("there is neither a model nor a column of predictions")
    of_classes = [columns.score] if isinstance(columns.score, str) else list((columns.score or {}).values())
    wanted = [name for name in (columns.label, *of_classes) if name is not None]
    lacking = [name for name in wanted if name not in frame]
    if lacking:
        return Unavailable(
            f"the recent rows have no column {lacking[0]!r} with predictions",
            "give the candidate's predictions of the recent rows in the same columns as those of the test rows",
        )
    return from_columns(columns, frame, Target(evidence.task, evidence.classes), evidence.spec.model.threshold)
