"""Cached times, memory and probes: as they were measured, with how long that took, on this machine.

Only what was measured to its end is kept: a process that died tells nothing for certain about the model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from numpy.typing import NDArray

from readiness.core.findings import Unavailable
from readiness.evidence.cache.cache import APART, LATENCY, THROUGHPUT, Kept
from readiness.evidence.cache.store import Entry
from readiness.evidence.environment import this_machine
from readiness.evidence.probes.latency import Latency, Throughput
from readiness.evidence.probes.memory import Memory
from readiness.evidence.probes.robustness import ProbeResult
from readiness.evidence.probes.subprocess import Apart

T = TypeVar("T")
Packed = tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]


def timed_calls(
    kept: Kept, measure: Callable[[], Latency | Unavailable], *, calls: int, seconds: float
) -> Latency | Unavailable:
    """Times of single calls, of which so many were asked for in so many seconds."""
    return _known(kept, LATENCY, measure, _packed_latency, _latency, calls=calls, call_seconds=seconds)


def timed_batches(
    kept: Kept, measure: Callable[[], tuple[Throughput, ...] | Unavailable], *, runs: int
) -> tuple[Throughput, ...] | Unavailable:
    """Rows per second of batches."""
    return _known(kept, THROUGHPUT, measure, _packed_speeds, _speeds, runs=runs)


def tried_apart(kept: Kept, measure: Callable[[], Apart]) -> Apart:
    """Memory and probes."""
    found = _known(kept, APART, measure, _packed_apart, _apart)
    assert isinstance(found, Apart)  # it is never unavailable as a whole
    return found


def _known(
    kept: Kept,
    part: str,
    measure: Callable[[], T | Unavailable],
    pack: Callable[[T], Packed | None],
    read: Callable[[Entry], T],
    **key: Any,
) -> T | Unavailable:
    key["machine"] = this_machine()
    if (found := kept.get(part, read, **key)) is not None:
        return found
    start = time.perf_counter()
    measured = measure()
    packed = None if isinstance(measured, Unavailable) else pack(measured)
    if packed is not None:
        arrays, facts = packed
        kept.put(part, arrays, {**facts, "seconds": time.perf_counter() - start}, **key)
    return measured


def _packed_latency(latency: Latency) -> Packed:
    facts = asdict(latency)
    return {"nanoseconds": facts.pop("nanoseconds")}, {"latency": facts}


def _latency(entry: Entry) -> Latency:
    return Latency(entry.arrays["nanoseconds"], **entry.facts["latency"])


def _packed_speeds(speeds: tuple[Throughput, ...]) -> Packed:
    return {f"{speed.batch}": speed.rows_per_second for speed in speeds}, {"batches": [one.batch for one in speeds]}


def _speeds(entry: Entry) -> tuple[Throughput, ...]:
    return tuple(Throughput(batch, entry.arrays[f"{batch}"]) for batch in entry.facts["batches"])


def _packed_apart(apart: Apart) -> Packed | None:
    memory, probes = apart.memory, apart.probes
    if not apart.whole or isinstance(memory, Unavailable) or isinstance(probes, Unavailable):
        return None
    if any(probe.outcome == "unavailable" for probe in probes):
        return None
    return {}, {"memory": asdict(memory), "probes": [asdict(probe) for probe in probes]}


def _apart(entry: Entry) -> Apart:
    probes = tuple(ProbeResult(**probe) for probe in entry.facts["probes"])
    return Apart(Memory(**entry.facts["memory"]), probes)
