"""Times, memory, size and probes of the candidate, added to the evidence."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from readiness.core.findings import Question
from readiness.core.metrics import METRICS, QUANTILES, RESPONSE_QUANTILES
from readiness.core.missing import Missing
from readiness.evidence.cache.entries import cached_pairs, cached_probes
from readiness.evidence.evidence import Evidence, Technical
from readiness.evidence.measure_times import LEFT_OUT, Timed, measure_times, wants_measure
from readiness.evidence.probes.latency import MEMORY_EVERY, Latency
from readiness.evidence.probes.load import Load, knee_of
from readiness.evidence.probes.pairs import measure_pairs, plan_of_pairs
from readiness.evidence.probes.plans import told_quantiles
from readiness.evidence.probes.served import with_served
from readiness.evidence.probes.throughput import Throughput
from readiness.evidence.probes.trial import Trial, try_candidate
from readiness.evidence.supplied.instead import with_supplied_measures
from readiness.evidence.workers.model import Model
from readiness.evidence.workers.process import ProcessWorker
from readiness.evidence.workers.worker import Footprint
from readiness.spec.schema import Production, Spec
from readiness.statistics.call_times import call_quantile
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import Normal, OrderStatistic

MEGABYTE = 1e6
MOST_COMPRESSED = 100_000_000
"""Bytes up to which a model file is compressed to see how small it gets."""
PAGE = 4096
"""Bytes in which memory is handed out, so that it is known no better."""
GROWTH_METHOD = "t-interval of the growth from look to look"
NO_MODEL = Missing("there is no model file, only predictions", "give the model file under model.path")


def probe(evidence: Evidence) -> Evidence:
    """The same evidence with times, size, memory and the robustness probes of the candidate."""
    if not _is_asked(evidence):
        return evidence
    if evidence.candidate is None or evidence.model is None:
        names = (*QUANTILES, *RESPONSE_QUANTILES, "throughput_per_second", "size_mb", "memory_mb")
        unmeasured = replace(evidence, technical=Technical(dict.fromkeys(names, NO_MODEL)), probes=NO_MODEL)
        return with_supplied_measures(unmeasured)
    spec, candidate, rows, model = evidence.spec, evidence.candidate, evidence.rows, evidence.model
    began, cache = time.perf_counter(), evidence.begin_cache()
    further = candidate.worker.another if isinstance(candidate.worker, ProcessWorker) else None
    timed = measure_times(spec, evidence.asks, candidate, rows, cache, further)
    no_file = model.no_file
    wanted = wants_measure(spec, evidence.asks, "memory")
    unloaded = None if model.is_served else no_file  # what is served has no file, and can be tried all the same
    why = unloaded if unloaded is not None or wanted else LEFT_OUT
    result = Trial(why, why) if why is not None else cached_probes(cache, lambda: try_candidate(candidate, rows))
    measures: dict[str, Inference | Missing] = {**_latencies(spec, timed.latency), **_responses(timed.response)}
    measures |= _speeds(timed.throughput)
    measures["size_mb"] = Exact(model.artifact.size / MEGABYTE) if no_file is None else no_file
    measures["memory_mb"] = _memory(result.memory)
    facts = {**_time_facts(timed), **_space_facts(model, result.memory, timed.latency)}
    facts["seconds"] = Exact(time.perf_counter() - began + cache.seconds)  # with what the cache saved
    technical = Technical(
        measures,
        facts,
        _milliseconds(timed.latency),
        _note(timed.latency),
        loads=timed.loads,
        by_workers=_by_workers(timed.workers),
        load_note=_load_note(timed.response),
        contradiction=timed.contradiction,
    )
    stated = spec.production if evidence.asks(Question.PRODUCTION) else Production()
    plan = plan_of_pairs(candidate, stated, alpha=spec.alpha)
    pairs = cached_pairs(cache, lambda: measure_pairs(candidate, rows, stated, alpha=spec.alpha), plan)
    reused = (*evidence.reused, *cache.summarize_hits())
    probes = with_served(evidence, result.probes)
    measured = replace(evidence, technical=technical, probes=probes, pairs=pairs, reused=reused)
    return with_supplied_measures(measured)


def _is_asked(evidence: Evidence) -> bool:
    """Whether a question is asked that looks at what is measured here."""
    return evidence.asks(Question.PRODUCTION) or (evidence.asks(Question.BUSINESS) and is_required(evidence.spec))


def is_required(spec: Spec) -> bool:
    """Whether a requirement of the business is about something that is measured here."""
    named = (requirement.metric for requirement in spec.business.requirements)
    return any(name in METRICS and METRICS[name].needs == "measurement" for name in named)


# ----------------------------------------------------------------------------------------------------
# Times


def _milliseconds(latency: Latency | Missing) -> np.ndarray | None:
    return None if isinstance(latency, Missing) else np.sort(latency.nanoseconds) / 1e6


def _latencies(spec: Spec, latency: Latency | Missing) -> Mapping[str, Inference | Missing]:
    if isinstance(latency, Missing):
        return dict.fromkeys(QUANTILES, latency)
    told = told_quantiles(spec, latency.calls)
    return {name: call_quantile(latency.nanoseconds / 1e6, q, looks=latency.looks) for name, q in told.items()}


def _responses(response: Load | Missing) -> Mapping[str, Inference | Missing]:
    if isinstance(response, Missing):
        return dict.fromkeys(RESPONSE_QUANTILES, response)
    milliseconds = response.response / 1e6
    return {name: call_quantile(milliseconds, q, looks=response.looks) for name, q in RESPONSE_QUANTILES.items()}


def _speeds(throughput: tuple[Throughput, ...] | Missing) -> Mapping[str, Inference | Missing]:
    if isinstance(throughput, Missing):
        return {"throughput_per_second": throughput}
    return {"throughput_per_second": OrderStatistic(throughput[-1].rows_per_second, 0.5)}


def _by_workers(found: tuple[Throughput, ...] | Missing) -> dict[int, Inference]:
    if isinstance(found, Missing):
        return {}
    return {each.workers: OrderStatistic(each.rows_per_second, 0.5) for each in found}


def _time_facts(timed: Timed) -> dict[str, Inference]:
    facts: dict[str, Inference] = {}
    if not isinstance(timed.throughput, Missing):
        facts |= {f"throughput_{each.batch}": OrderStatistic(each.rows_per_second, 0.5) for each in timed.throughput}
    if not isinstance(timed.loads, Missing) and (knee := knee_of(timed.loads)) is not None:
        facts["load_knee"] = Exact(knee.rate)
    return facts


def _note(latency: Latency | Missing) -> str:
    if isinstance(latency, Missing):
        return ""
    looks = "" if latency.looks == 1 else f", stopped at one of {latency.looks} planned looks"
    return (
        f"{latency.calls:,} calls of {latency.method} with a {latency.form}, one after the other, "
        f"on one thread, after {latency.warm_up} calls of warm-up{looks}"
    )


def _load_note(response: Load | Missing) -> str:
    if isinstance(response, Missing):
        return ""
    lost = f"; {response.unserved:,} were never served" if response.unserved else ""
    return (
        f"{len(response.response):,} requests that arrive at random, {response.rate:g} in a second on average, at one "
        f"process, first come, first served; counted from the arrival{lost}"
    )


# ----------------------------------------------------------------------------------------------------
# Memory and size


def _memory(memory: Footprint | Missing) -> Inference | Missing:
    return memory if isinstance(memory, Missing) else Exact(memory.peak / MEGABYTE)


def _space_facts(model: Model, memory: Footprint | Missing, latency: Latency | Missing) -> dict[str, Inference]:
    facts: dict[str, Inference] = {}
    if not isinstance(memory, Missing):
        if memory.first_call:
            facts["latency_cold"] = Exact(memory.first_call / 1e6)
        facts["memory_model"] = Exact(memory.model / MEGABYTE)
        facts["memory_to_load"] = Exact(max(0, memory.loaded - memory.libraries) / MEGABYTE)
    if not isinstance(latency, Missing) and len(latency.steps) > 1:
        facts["memory_growth"] = growth_of(latency.steps)
    compressed = None if model.no_file is not None else compressed_bytes(model.path)
    if compressed is not None:
        facts["size_compressed"] = Exact(compressed / MEGABYTE)
    return facts


def growth_of(steps: np.ndarray) -> Inference:
    """MB by which memory grows in a thousand calls, of bytes by which it grew in each `MEMORY_EVERY` calls, m > 1.

    The mean of the steps with a t-interval: a leak makes all of them positive, a buffer that is made once makes one
    that its own spread explains, and what is taken and given back makes them cancel out. Memory is handed out in pages,
    so that the growth over all steps is not known better than to a page.
    """
    per_thousand = 1000 / MEMORY_EVERY / MEGABYTE
    m = len(steps)
    se = max(float(steps.std(ddof=1)) / np.sqrt(m), PAGE / m)
    return Normal(
        float(steps.mean()) * per_thousand, float(se) * per_thousand, m - 1.0, m * MEMORY_EVERY, method=GROWTH_METHOD
    )


def compressed_bytes(path: Path) -> int | None:
    """Bytes of a model file, or of the files of a folder, after zlib at its usual level; None of what is too large."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    try:
        if sum(each.stat().st_size for each in files) > MOST_COMPRESSED:
            return None
        return sum(map(_compressed, files))
    except OSError:
        return None


def _compressed(path: Path) -> int:
    packer, size = zlib.compressobj(6), 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            size += len(packer.compress(piece))
    return size + len(packer.flush())


__all__ = ["compressed_bytes", "growth_of", "is_required", "probe"]
