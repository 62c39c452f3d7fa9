"""A trial of the candidate: memory of its fresh process, and all probes, each of which it may fail to survive."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from readiness.core.missing import Missing
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.robustness import run_probes, sample_rows
from readiness.evidence.workers.worker import Footprint, WorkerLost

HALF = 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    memory: Footprint | Missing
    probes: tuple[ProbeResult, ...] | Missing
    completed: bool = True
    """Whether the candidate's process lived through all of it."""


def try_candidate(candidate: Candidate, frame: pd.DataFrame) -> Trial:
    """Memory and probes, on a few rows of `frame`; a probe that ends the candidate's process has failed."""
    # What is found does not hang on where a threshold lies, so it is found again when that is moved.
    candidate = replace(candidate, threshold=None if candidate.threshold is None else HALF)
    rows = sample_rows(frame[list(candidate.features)], candidate.seed)
    try:
        memory = candidate.worker.footprint(candidate.inputs(rows.iloc[:1]))
    except WorkerLost as error:
        lost = Missing(f"The model could not be tried: {error.message}")
        return Trial(lost, lost, completed=False)
    probes = run_probes(candidate, rows)
    return Trial(memory, probes, all(each.survived for each in probes))


__all__ = ["Trial", "try_candidate"]
