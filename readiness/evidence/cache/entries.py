"""Entries of the cache, by what they hold: scores, refits, and times, memory and probes.

Each comes back bit by bit as it was measured, or not at all. Only what was measured to its end goes in: a process that
died tells nothing for certain about the model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.canonical import decode, encode
from readiness.core.counterexamples import Counterexample
from readiness.core.errors import InvalidReport
from readiness.core.findings import FindingKey
from readiness.core.missing import Missing
from readiness.evidence.cache.cache import (
    AT_ONCE,
    EXPECTATIONS,
    LATENCY,
    LOAD,
    MEMORY_AND_PROBES,
    REFITS,
    THROUGHPUT,
    Cache,
)
from readiness.evidence.cache.store import Entry
from readiness.evidence.candidate import Candidate
from readiness.evidence.environment import this_machine
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.latency import Latency
from readiness.evidence.probes.load import Load
from readiness.evidence.probes.pairs import Broken, PairResults
from readiness.evidence.probes.throughput import Throughput
from readiness.evidence.probes.trial import Trial
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.workers.worker import Footprint, Outcome, Scores, Split

T = TypeVar("T")
Packed = tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]

# ----------------------------------------------------------------------------------------------------
# Scores, such that they serve any threshold: with one, labels follow from the scores and are made anew; without one,
# the model's own stand beside them.


def cached_scores(cache: Cache, part: str, candidate: Candidate, frame: pd.DataFrame) -> Scores:
    """What the candidate says of n rows: as the cache holds it, else asked now and put there.

    Raises:
        ReadinessError: as `Candidate.score`.
    """
    found = cache.get(part, lambda entry: unpack_scores(entry, "", entry.facts, candidate, len(frame)))
    if found is not None:
        return found
    said = candidate.score(frame)
    arrays, facts = pack_scores(said, "", candidate)
    cache.put(part, arrays, facts)
    return said


def pack_scores(said: Scores, prefix: str, candidate: Candidate) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays, their names beginning with `prefix`, and plain values."""
    arrays = {} if said.scores is None else {f"{prefix}scores": said.scores}
    if said.scores is None or candidate.threshold is None:
        arrays[f"{prefix}labels"] = said.predicted
    return arrays, {"probability": said.is_probability, "method": said.method, "notes": list(said.notes)}


def unpack_scores(
    entry: Entry, prefix: str, facts: Mapping[str, Any], candidate: Candidate, rows: int
) -> Scores | None:
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


# ----------------------------------------------------------------------------------------------------
# Refits with all that they said, so that another metric or another threshold needs none of them again.


def find_repeats(
    cache: Cache, candidate: Candidate, plan: Plan, held: int | None
) -> Iterator[tuple[int, list[Outcome]]]:
    """The whole repeats of `plan` that are there, by their number; `held` counts the rows of the hold-out."""
    if cache.store is None or plan.problem():
        return
    for number in range(plan.repeats):
        try:
            splits = list(plan.repeat(number))
        except ValueError:  # the rows cannot be split so, which will be told
            return
        outcomes = find_refits(cache, REFITS, candidate, splits, held, **_key(plan, number))
        if outcomes is not None:
            yield number, outcomes


def store_repeats(
    cache: Cache, candidate: Candidate, plan: Plan, outcomes: Sequence[Outcome], held: int | None, *, workers: int
) -> None:
    """Put whole repeats into the cache, one entry for each."""
    for first in range(0, len(outcomes), plan.folds):
        whole = outcomes[first : first + plan.folds]
        store_refits(cache, REFITS, candidate, whole, held, workers=workers, **_key(plan, whole[0].split.repeat))


def _key(plan: Plan, number: int) -> dict[str, int]:
    return {"folds": plan.folds, "plan_seed": plan.seed, "repeat": number}


def find_refits(
    cache: Cache, part: str, candidate: Candidate, splits: Sequence[Split], held: int | None, **key: Any
) -> list[Outcome] | None:
    """What came of these splits; None unless all of them are there."""

    def read(entry: Entry) -> list[Outcome] | None:
        found = [_read_outcome(entry, place, candidate, split, held) for place, split in enumerate(splits)]
        complete = [outcome for outcome in found if outcome is not None]
        return complete if len(complete) == len(entry.facts["fits"]) == len(splits) else None

    return cache.get(part, read, fits=len(splits), held=held, **key)


def store_refits(
    cache: Cache,
    part: str,
    candidate: Candidate,
    outcomes: Sequence[Outcome],
    held: int | None,
    *,
    workers: int = 1,
    **key: Any,
) -> None:
    """Put refits that succeeded into the cache, of which so many were made at once."""
    if cache.store is None:
        return
    arrays: dict[str, NDArray[Any]] = {}
    fits = []
    for place, outcome in enumerate(outcomes):
        fit: dict[str, Any] = {"train": len(outcome.split.train), "seconds": outcome.seconds}
        fit["converged"] = outcome.converged
        for name, said in (("test", outcome.scores), ("held", outcome.held)):
            if said is not None:
                more, fit[name] = pack_scores(said, f"{name}{place}-", candidate)
                arrays |= more
        fits.append(fit)
    seconds = sum(outcome.seconds for outcome in outcomes) / workers
    cache.put(part, arrays, {"fits": fits, "seconds": seconds}, held=held, **key)


def _read_outcome(entry: Entry, place: int, candidate: Candidate, split: Split, held: int | None) -> Outcome | None:
    fit = entry.facts["fits"][place]
    scores = said = None
    if len(split.test):
        scores = unpack_scores(entry, f"test{place}-", fit["test"], candidate, len(split.test))
    if held is not None:
        said = unpack_scores(entry, f"held{place}-", fit["held"], candidate, held)
    if (
        fit["train"] != len(split.train)
        or (scores is None) == bool(len(split.test))
        or (said is None) != (held is None)
    ):
        return None
    return Outcome(split, scores, float(fit["seconds"]), bool(fit["converged"]), held=said)


# ----------------------------------------------------------------------------------------------------
# Times, memory and probes, each with how long it took to measure, on this machine.


def cached_latency(
    cache: Cache, measure: Callable[[], Latency | Missing], plan: Mapping[str, Any]
) -> Latency | Missing:
    """Times of single calls; `plan` is what decides how many are made."""
    return _load_or_measure(cache, LATENCY, measure, _pack_latency, _read_latency, **plan)


def cached_load(
    cache: Cache, measure: Callable[[], tuple[Load, ...] | Missing], plan: Mapping[str, Any]
) -> tuple[Load, ...] | Missing:
    """Response times at one rate or several; `plan` is what decides how many requests are sent."""
    return _load_or_measure(cache, LOAD, measure, _pack_loads, _read_loads, **plan)


def cached_throughput(
    cache: Cache, measure: Callable[[], tuple[Throughput, ...] | Missing], *, runs: int
) -> tuple[Throughput, ...] | Missing:
    """Rows per second of batches."""
    return _load_or_measure(cache, THROUGHPUT, measure, _pack_speeds, _read_speeds, runs=runs)


def cached_workers(
    cache: Cache, measure: Callable[[], tuple[Throughput, ...] | Missing], *, counts: Sequence[int]
) -> tuple[Throughput, ...] | Missing:
    """Rows per second of so many processes at once."""
    return _load_or_measure(cache, AT_ONCE, measure, _pack_speeds, _read_speeds, counts=list(counts))


def cached_probes(cache: Cache, measure: Callable[[], Trial]) -> Trial:
    """Memory and probes."""
    found = _load_or_measure(cache, MEMORY_AND_PROBES, measure, _pack_result, _read_result)
    assert isinstance(found, Trial)  # it is never unavailable as a whole
    return found


def cached_pairs(cache: Cache, measure: Callable[[], PairResults], plan: Mapping[str, Any]) -> PairResults:
    """Rows that break what the spec says of one column; `plan` is what it says, and what labels hang on."""
    if not plan["stated"]:
        return measure()
    found = _load_or_measure(cache, EXPECTATIONS, measure, _pack_pairs, _read_pairs, **plan)
    assert not isinstance(found, Missing)  # it is never unavailable as a whole
    return found


def _load_or_measure(
    cache: Cache,
    part: str,
    measure: Callable[[], T | Missing],
    pack: Callable[[T], Packed | None],
    read: Callable[[Entry], T],
    **key: Any,
) -> T | Missing:
    key["machine"] = this_machine()
    if (found := cache.get(part, read, **key)) is not None:
        return found
    start = time.perf_counter()
    measured = measure()
    pack_scores = None if isinstance(measured, Missing) else pack(measured)
    if pack_scores is not None:
        arrays, facts = pack_scores
        cache.put(part, arrays, {**facts, "seconds": time.perf_counter() - start}, **key)
    return measured


def _pack_latency(latency: Latency) -> Packed:
    facts = asdict(latency)
    return {name: facts.pop(name) for name in ("nanoseconds", "steps")}, {"latency": facts}


def _read_latency(entry: Entry) -> Latency:
    return Latency(nanoseconds=entry.arrays["nanoseconds"], steps=entry.arrays["steps"], **entry.facts["latency"])


def _pack_loads(loads: tuple[Load, ...]) -> Packed:
    facts = [asdict(load) for load in loads]
    return {f"response{k}": each.pop("response") for k, each in enumerate(facts)}, {"loads": facts}


def _read_loads(entry: Entry) -> tuple[Load, ...]:
    return tuple(Load(response=entry.arrays[f"response{k}"], **each) for k, each in enumerate(entry.facts["loads"]))


def _pack_speeds(speeds: tuple[Throughput, ...]) -> Packed:
    arrays = {f"{k}": speed.rows_per_second for k, speed in enumerate(speeds)}
    return arrays, {"speeds": [[speed.batch, speed.workers] for speed in speeds]}


def _read_speeds(entry: Entry) -> tuple[Throughput, ...]:
    return tuple(
        Throughput(batch, entry.arrays[f"{k}"], workers) for k, (batch, workers) in enumerate(entry.facts["speeds"])
    )


def _pack_pairs(found: PairResults) -> Packed | None:
    """Nothing where one could not be tried, so that it is tried again."""
    arrays: dict[str, NDArray[Any]] = {}
    facts = []
    for k, (key, broken) in enumerate(found.items()):
        if isinstance(broken, Missing):
            return None
        arrays |= {f"rows{k}": broken.rows, f"broken{k}": broken.broken}
        example = None if broken.example is None else encode(broken.example)
        facts.append([encode(key), list(broken.values), broken.is_feature, example])
    return arrays, {"pairs": facts}


def _read_pairs(entry: Entry) -> PairResults:
    found: PairResults = {}
    for k, (key, values, is_feature, example) in enumerate(entry.facts["pairs"]):
        rows, broken = entry.arrays[f"rows{k}"], entry.arrays[f"broken{k}"].astype(bool)
        try:
            told = None if example is None else decode(Counterexample, example)
            found[decode(FindingKey, key)] = Broken(rows, broken, tuple(values), is_feature, told)
        except InvalidReport as error:
            raise ValueError(error.message) from error
    return found


def _pack_result(result: Trial) -> Packed | None:
    memory, probes = result.memory, result.probes
    if not result.completed or isinstance(memory, Missing) or isinstance(probes, Missing):
        return None
    if any(probe.outcome == "unavailable" for probe in probes):
        return None
    return {}, {"memory": asdict(memory), "probes": [probe.to_plain() for probe in probes]}


def _read_result(entry: Entry) -> Trial:
    probes = tuple(map(ProbeResult.from_plain, entry.facts["probes"]))
    return Trial(Footprint(**entry.facts["memory"]), probes)
