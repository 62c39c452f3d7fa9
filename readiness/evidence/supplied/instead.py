"""Measurements from elsewhere, where nothing could be measured here; one made here always comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from readiness.core.metrics import QUANTILES, RESPONSE_QUANTILES
from readiness.core.missing import Missing
from readiness.evidence.evidence import Evidence, SuppliedRepeat, Technical, Training
from readiness.evidence.fold_scores import fold_score, held_score
from readiness.evidence.probes.plans import told_quantiles
from readiness.evidence.refits import Fold, RefitEstimate, Refits
from readiness.evidence.retraining import Retrained, Retraining
from readiness.evidence.supplied.read import find_copied_labels
from readiness.evidence.workers.worker import Scores
from readiness.spec.schema import FIGURES
from readiness.statistics.call_times import SLOW_TOGETHER, slow_together
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import OrderStatistic

FOLDS = "supply fold predictions under supplied.folds"
CHOSEN = "a setting of the spec stands in the way, so supplied folds do not count"
SHARED = "measured on a shared machine, which says little about production"
CUT = Missing(
    "the supplied folds cut rows apart that belong together, so refits had seen rows like those they predict",
    "supply folds that keep the rows of a group or query together",
)
SHARED_FACT = "_shared"
"""End of the key of a fact that was measured on a shared machine: "latency_p99_ms_shared"."""


def with_supplied_refits(evidence: Evidence) -> Evidence:
    """The evidence with supplied folds and seeds in place of refits that were not possible here."""
    if not isinstance(evidence.refits, Missing):
        return evidence
    seeds = _with_seeds(evidence)
    training, repeats = evidence.training, evidence.elsewhere.repeats
    why = evidence.refits
    if training is None or not repeats:
        return replace(evidence, refits=_or_supplied(evidence), retraining=seeds)
    if why.chosen:
        return replace(evidence, refits=replace(why, reason=f"{why.reason}; {CHOSEN}"), retraining=seeds)
    return replace(evidence, refits=_refits(evidence, training, repeats, why), retraining=seeds)


def _or_supplied(evidence: Evidence) -> Refits | Missing:
    """What would settle it names the way out that always leads somewhere where there are training rows."""
    why = evidence.refits
    if not isinstance(why, Missing) or why.chosen or FOLDS in why.needs or evidence.training is None:
        return why
    return Missing(why.reason, f"{why.needs}; or {FOLDS}" if why.needs else FOLDS)


def _refits(
    evidence: Evidence, training: Training, repeats: tuple[SuppliedRepeat, ...], why: Missing
) -> Refits | Missing:
    given = evidence.spec.supplied.folds
    assert given is not None
    if any(_cut(training, repeat.fold) for repeat in repeats):
        return CUT
    score, n = fold_score(evidence, training), len(training.target)
    folds = []
    for number, repeat in enumerate(repeats):
        for fold in range(int(repeat.fold.max()) + 1):
            rows = np.flatnonzero(repeat.fold == fold)
            value = float(score(rows, _of_rows(repeat.said, rows)))
            folds.append(Fold(number, fold, n - len(rows), len(rows), value, 0.0))
    untimed = RefitEstimate(len(folds), 0.0, 1)
    predicted = np.stack([repeat.said.predicted for repeat in repeats])
    notes = () if training.time is None else (f"the supplied folds do not follow {evidence.spec.data.time}",)
    scheme = f"folds drawn elsewhere, not refitted here because {why.reason}"
    doubt = find_copied_labels(repeats)
    return Refits(tuple(folds), predicted, len(repeats), scheme, untimed, 0.0, notes, source=given.source, doubt=doubt)


def _cut(training: Training, folds: NDArray[np.int64]) -> bool:
    if training.whole is None:
        return False
    pairs = np.unique(np.stack([training.whole, folds]), axis=1)
    return bool(pairs.shape[1] > len(np.unique(training.whole)))


def _of_rows(said: Scores, rows: NDArray[np.int64]) -> Scores:
    return replace(said, predicted=said.predicted[rows], scores=None if said.scores is None else said.scores[rows])


def _with_seeds(evidence: Evidence) -> Retraining:
    given, retraining = evidence.spec.supplied.seeds, evidence.retraining
    if given is None or not evidence.elsewhere.seeds or retraining.seeds:
        return retraining
    rows = retraining.rows if retraining.curve else np.arange(evidence.cases.n, dtype=np.int64)
    score = held_score(evidence, rows)
    trained = evidence.gathered.data.train_rows or 0
    told = [_of_rows(said, rows) for said in evidence.elsewhere.seeds]
    seeds = tuple(Retrained(trained, said, float(score(said))) for said in told)
    return replace(retraining, rows=rows, seeds=seeds, source=given.source)


def with_supplied_measures(evidence: Evidence) -> Evidence:
    """The evidence with supplied calls and figures where nothing was measured here, or only on a shared machine."""
    here = evidence.technical
    if evidence.spec.production.measured_on == "shared":
        here = _facts_alone(here)
    missing = {name: found for name, found in here.measures.items() if isinstance(found, Missing)}
    filled = {name: found for name, found in _elsewhere(evidence).items() if name in missing}
    gaps = {name: or_supplied(why, name) for name, why in missing.items() if name not in filled}
    sources = {name: evidence.spec.supplied.source_of(name) for name in filled}
    told = replace(here, measures={**here.measures, **gaps, **filled}, sources=sources)
    calls = evidence.elsewhere.milliseconds
    if calls is not None and any(name in QUANTILES for name in filled):
        told = replace(told, milliseconds=np.sort(calls), note=_note(calls))
    return replace(evidence, technical=told)


def _facts_alone(here: Technical) -> Technical:
    """What the clock said on a shared machine, as facts; its limits have nothing to be judged by."""
    timed = {name: found for name, found in here.measures.items() if is_timed(name)}
    known = {name: found for name, found in timed.items() if not isinstance(found, Missing)}
    own = dict.fromkeys(known, Missing(SHARED, "measure on a machine of its own"))
    facts = {f"{name}{SHARED_FACT}": found for name, found in known.items()}
    return replace(here, measures={**here.measures, **own}, facts={**here.facts, **facts}, milliseconds=None)


def is_timed(metric: str) -> bool:
    """Whether a technical metric is read off a clock, and so depends on what else the machine does."""
    return metric in QUANTILES or metric == "throughput_per_second"


def or_supplied(why: Missing, metric: str) -> Missing:
    """The same gap, with the key that would fill it."""
    if metric in RESPONSE_QUANTILES:  # nothing of it can be supplied
        return why
    how = "supply a log of calls under supplied.latency" if metric in QUANTILES else f"state supplied.{metric}"
    return Missing(why.reason, f"{how}, or {why.needs}" if why.needs else how)


def _elsewhere(evidence: Evidence) -> Mapping[str, Inference]:
    given, calls = evidence.spec.supplied, evidence.elsewhere.milliseconds
    figures = {name: getattr(given, name) for name in FIGURES}
    found: dict[str, Inference] = {name: Exact(each.value) for name, each in figures.items() if each is not None}
    if calls is not None:
        ordered = np.sort(calls)
        found |= {name: OrderStatistic(ordered, q) for name, q in told_quantiles(evidence.spec, len(calls)).items()}
    return found


def _note(calls: NDArray[np.float64]) -> str:
    together = slow_together(calls) > SLOW_TOGETHER
    return f"{len(calls):,} calls{'; slow calls follow one another, so the true range is wider' if together else ''}"
