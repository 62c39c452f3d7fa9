"""Robustness of the candidate to odd rows, values, types and tables: every probe, and what comes of all of them.

Each probe changes a few real rows and tells whether the answer is still usable (after Chen, Cheung & Yiu 1998,
metamorphic testing). A clean error is told apart from a prediction: whether it will do is for the spec to say. What
fails comes with the smallest input that was found to show it, and with a cure.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from readiness.core.counterexamples import Change, Counterexample, Cure
from readiness.core.missing import Missing
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import ProbeOutcome, ProbeResult, ask, classify_error
from readiness.evidence.probes.inside import INSIDE, LONGEST
from readiness.evidence.probes.table_probes import (
    probe_column_order,
    probe_determinism,
    probe_empty_frame,
    probe_one_row,
    probe_other_columns,
    probe_probabilities,
)
from readiness.evidence.probes.value_probes import (
    probe_infinite_number,
    probe_missing_value,
    probe_outlier,
    probe_unseen_category,
    probe_value_types,
)
from readiness.evidence.workers.worker import InsideProbe, ModelRaised, WorkerLost

ROWS = 20
"""Rows that each probe looks at."""

Probe = Callable[[Candidate, pd.DataFrame], ProbeResult]


def sample_rows(frame: pd.DataFrame, seed: int, rows: int = ROWS) -> pd.DataFrame:
    """At most `rows` rows of `frame`, drawn at random."""
    places = np.random.default_rng(seed).permutation(len(frame))[:rows]
    return frame.iloc[np.sort(places)]


def run_probes(candidate: Candidate, rows: pd.DataFrame) -> tuple[ProbeResult, ...]:
    """What comes of every probe on a few rows, in their order. One that ends the model's process fails; where no
    further answer comes after it, those that follow are not made.
    """
    results: list[ProbeResult] = []
    ender = ""
    for name, probe in PROBES.items():
        if ender:
            why = f"Not tried, because {ender} ended the process."
            results.append(ProbeResult(name, "unavailable", why))
            continue
        results.append(_survive(name, probe, candidate, rows))
        if not results[-1].survived and not _answers(candidate, rows):
            ender = name
    return tuple(results)


def _survive(name: str, probe: Probe, candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
    try:
        return probe(candidate, rows)
    except WorkerLost as lost:
        said = f"The model did not survive this: {lost.message.rstrip('.')}."
        return ProbeResult(name, "failed", said, survived=False)


def _answers(candidate: Candidate, rows: pd.DataFrame) -> bool:
    """Whether the process of the model, or another in its place, is there."""
    try:
        ask(candidate, rows.iloc[:1])
    except WorkerLost:
        return False
    return True


# ----------------------------------------------------------------------------------------------------
# What only the model's own process shows

_LOOKS: dict[str, tuple[Change, Cure, str]] = {
    "table_forms": (Change.INDEX, Cure.DROP_INDEX, "Other forms of the same table change no answer."),
    "input_not_mutated": (Change.INPUT, Cure.WORK_ON_COPY, "The rows that are handed in stay as they were."),
    "global_state": (Change.STATE, Cure.RESTORE_STATE, "The program around the model stays as it was."),
    "threads": (Change.THREADS, Cure.KEEP_NO_STATE, "Four calls at once get the same answers as one after another."),
    "pickling": (Change.PICKLED, Cure.SAVE_ALL, "A pickled copy gives the same answers."),
}
"""What each look changes, what mends it, and what is said where it passed."""
_OF_MEMORY = frozenset({Change.READ_ONLY, Change.SCATTERED, Change.COLUMNWISE})


def _look(name: str) -> Probe:
    """The probe that asks for a look into the process of the model."""

    def look(candidate: Candidate, rows: pd.DataFrame) -> ProbeResult:
        try:
            found = candidate.worker.probe(name, candidate.inputs(rows))
        except ModelRaised as error:
            tried = classify_error(error)
            return ProbeResult(name, "failed", f"The rows are not answered: {tried.message}.")
        if isinstance(found, Missing):
            return ProbeResult(name, "unavailable", f"{found.reason[:1].upper()}{found.reason[1:]}.")
        return _told(name, found)

    return look


def _told(name: str, found: InsideProbe) -> ProbeResult:
    """The result of a look. What comes from another process is data of others: only what is expected is taken."""
    change, cure, good = _LOOKS[name]
    outcome = _OUTCOMES.get(found.outcome, "unavailable")
    words = found.words[:LONGEST].rstrip(".")
    if outcome == "passed":
        return ProbeResult(name, outcome, good)
    if outcome in ("not_applicable", "unavailable"):
        return ProbeResult(name, outcome, f"Not tried: {words or 'the process of the model did not say why'}.")
    named = found.facts.get("change", "")
    change = Change(named) if named in _FORMS else change
    cure = Cure.COPY_ARRAY if change in _OF_MEMORY else cure
    column = found.facts.get("column", "")[:LONGEST]
    error = found.facts.get("error", "")[:LONGEST]
    example = Counterexample(change, (column,) if column else (), error=error, cure=cure)
    where = f" in {column}" if column else ""
    said = f"{change.words[:1].upper()}{change.words[1:]}{where}: {words or 'not as it should be'}."
    return ProbeResult(name, outcome, said, example)


_FORMS = frozenset({"index", "repeated_index", "read_only", "scattered", "columnwise", "records"})
_OUTCOMES: dict[str, ProbeOutcome] = {
    "passed": "passed",
    "failed": "failed",
    "clean_error": "clean_error",
    "not_applicable": "not_applicable",
    "unavailable": "unavailable",
}

PROBES: dict[str, Probe] = {
    "one_row": probe_one_row,
    "column_order": probe_column_order,
    "determinism": probe_determinism,
    "missing_value": probe_missing_value,
    "unseen_category": probe_unseen_category,
    "outlier": probe_outlier,
    "empty_frame": probe_empty_frame,
    "other_columns": probe_other_columns,
    "value_types": probe_value_types,
    "infinite_number": probe_infinite_number,
    "probabilities": probe_probabilities,
    **{name: _look(name) for name in INSIDE},
}
"""By name, in the order in which they are run."""
