"""Service time of single rows: one caller who waits for each answer (single stream), stopped when limits are decided.

Under a steady stream of requests a slow answer also delays the ones behind it, which no closed loop shows (Tene 2013,
"coordinated omission"): see `load` for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import ReadinessError
from readiness.core.missing import Missing
from readiness.core.policy import LATENCY_QUICK_SECONDS, LATENCY_WARM_UP
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.workers.worker import TimeRequest, Times
from readiness.statistics.call_times import call_quantile, fewest_calls, planned_looks

PATIENCE = 6.0
"""A slow model gets this many times the allotted seconds to reach the first look; then its calls are too few."""
AT_ONCE = 1_000
"""Most calls of one request, so that the clock outside sees many sums."""
WATCHED_CALLS = 1_000
"""Calls without a limit where they are quickly made: over so many, the growth of memory is told."""
MEMORY_EVERY = 25
"""Calls after each of which memory is looked at."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A limit on a quantile of times."""

    q: float
    milliseconds: float

    def is_decided(self, nanoseconds: NDArray[np.int64], looks: int, alpha: float, refuting: float) -> bool:
        """Whether times in their order prove that it is kept, or that it is not.

        Args:
            nanoseconds: (n,), n >= 1.
            looks: how many looks are planned.
            alpha: one-sided error of a *met*, over all looks.
            refuting: the same of a *not met*.
        """
        found = call_quantile(nanoseconds / 1e6, self.q, looks=looks)
        return found.upper(alpha) <= self.milliseconds or found.lower(refuting) > self.milliseconds


@dataclass(frozen=True, slots=True)
class TimingPlan:
    """How many calls are to be made, and when it is looked at them."""

    most: int
    """Calls where a limit is to be decided."""
    seconds: float
    limits: tuple[TimeLimit, ...] = ()
    alpha: float = 0.05
    refuting: float = 0.05
    """Allowed chance of a wrong *not met* of one limit, which many claims share."""
    level: float = 0.95
    """Of the interval that is shown where there is no limit."""
    chosen: bool = False
    """Whether somebody asked for so many calls, limit or not."""

    def looks(self, each: float) -> tuple[int, ...]:
        """Numbers of calls at which limits are looked at, where a call takes about `each` seconds.

        With a limit: those of `planned_looks`, as far as the seconds reach; a model too slow for the first gets one
        look at as few calls as can prove it. Without one: as few calls as give an interval of the percentiles, the
        99th where that takes no longer than a moment, else the 95th, else the median.
        """
        affordable = self.seconds / each if each > 0 else np.inf
        if self.limits:
            q = max(limit.q for limit in self.limits)
            least = max(fewest_calls(q, self.alpha), fewest_calls(0.99, self.alpha))
            return planned_looks(int(min(self.most, max(affordable, least))))
        if self.chosen:
            return (int(min(self.most, max(affordable, fewest_calls(0.99, self.alpha)))),)
        tail = (1 - self.level) / 2
        quick = min(LATENCY_QUICK_SECONDS, self.seconds) / each if each > 0 else np.inf
        rungs = [max(WATCHED_CALLS, fewest_calls(0.99, tail)), *(fewest_calls(q, tail) for q in (0.99, 0.95, 0.5))]
        return (min(next((calls for calls in rungs if calls <= quick), rungs[-1]), self.most),)

    @property
    def key(self) -> dict[str, Any]:
        """What decides how many calls are made, as plain values."""
        plain: dict[str, Any] = {"calls": self.most, "call_seconds": self.seconds, "chosen": self.chosen}
        if not self.limits:
            return {**plain, "level": self.level}
        return {**plain, "alpha": self.alpha, "limits": [[limit.q, limit.milliseconds] for limit in self.limits]}

    def patience(self, looks: Sequence[int], each: float) -> float:
        """Seconds after which no call is begun before the first look, where a call takes about `each`.

        An open limit is worth waiting for; where there is none, twice as long as was foreseen is enough.
        """
        if self.limits:
            return self.seconds * PATIENCE
        return self.seconds if self.chosen else min(self.seconds, 2 * max(LATENCY_QUICK_SECONDS, looks[0] * each))

    def is_decided(self, nanoseconds: NDArray[np.int64], looks: int) -> bool:
        """Whether every limit is."""
        return all(limit.is_decided(nanoseconds, looks, self.alpha, self.refuting) for limit in self.limits)


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """Times of single-row calls on different real rows."""

    nanoseconds: NDArray[np.int64]
    """(calls,): in their order, without the warm-up."""
    form: str
    """What is passed in a call: "table of one row" or "array of one row"."""
    method: str
    """The method that is timed."""
    warm_up: int
    """Calls made first and not counted."""
    looks: int = 1
    """How many looks were planned."""
    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """(m,): bytes by which the worker's resident memory grew in each `MEMORY_EVERY` calls; may be negative."""

    @property
    def calls(self) -> int:
        """Number of timed calls."""
        return len(self.nanoseconds)


def measure_latency(
    clock: WatchedClock, candidate: Candidate, frame: pd.DataFrame, plan: TimingPlan, *, seed: int = 0
) -> Latency | Missing:
    """Time single-row calls, each on another row, until the plan's limits are decided at one of its looks.

    When the seconds are over, what was made until the look before counts; a model that is too slow for the first look
    gets six times the seconds.
    """
    try:
        warm = _warm_up(clock, candidate, frame, seed)
        if isinstance(warm, Missing):
            return warm
        each = usual_seconds(warm)
        looks = plan.looks(each)
        taken = _take(clock, candidate, frame, plan, looks, plan.patience(looks, each), seed)
    except ReadinessError as error:  # the worker is lost, or a feature is
        return Missing(f"The latency could not be measured: {error.message}"[:400])
    if isinstance(taken, Missing):
        return taken
    form = f"{'table' if candidate.named else 'array'} of one row"
    times = np.concatenate([each.service for each in taken])
    steps = np.concatenate([np.diff(each.resident) for each in taken])
    at_look = max((look for look in looks if look <= len(times)), default=len(times))
    return Latency(times[:at_look], form, candidate.method, len(warm.began), len(looks), steps)


def _take(
    clock: WatchedClock,
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: TimingPlan,
    looks: Sequence[int],
    patience: float,
    seed: int,
) -> list[Times] | Missing:
    rows = draw_places(len(frame), looks[-1], seed)
    taken: list[Times] = []
    made, spent = 0, 0.0
    for look in looks:
        allowed = patience if look == looks[0] else plan.seconds
        while made < look:
            here = rows[made : min(look, made + AT_ONCE)]
            request = TimeRequest(
                candidate.method,
                candidate.inputs(frame.iloc[here]),
                calls=len(here),
                seconds=max(0.0, allowed - spent),
                memory_every=MEMORY_EVERY,
            )
            times = clock.time(request)
            if isinstance(times, Missing):
                return times
            if failed := explain_failure("The latency", times):
                return failed
            taken.append(times)
            made += len(times.began)
            spent += (int(times.ended[-1]) if len(times.ended) else 0) / 1e9
            if len(times.began) < len(here):
                return taken if made else Missing(f"not one call ended within {allowed:,.0f} seconds")
        if plan.limits and plan.is_decided(np.concatenate([each.service for each in taken]), len(looks)):
            break
    return taken


def _warm_up(clock: WatchedClock, candidate: Candidate, frame: pd.DataFrame, seed: int) -> Times | Missing:
    """First calls, which fill caches; of a slow model as many as begin within a moment."""
    rows = draw_places(len(frame), LATENCY_WARM_UP, seed + 1)
    inputs = candidate.inputs(frame.iloc[rows])
    request = TimeRequest(candidate.method, inputs, calls=LATENCY_WARM_UP, seconds=LATENCY_QUICK_SECONDS / 2)
    times = clock.time(request)
    if isinstance(times, Missing):
        return times
    return explain_failure("The latency", times) or times


def usual_seconds(times: Times) -> float:
    """About how long a call takes: the median of the later half."""
    service = times.service
    return float(np.median(service[len(service) // 2 :])) / 1e9 if len(service) else 0.0


def draw_places(n: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """`wanted` rows in random order; each of the n rows once before any comes again."""
    return np.resize(np.random.default_rng(seed).permutation(n), wanted)


def explain_failure(what: str, times: Times) -> Missing | None:
    """Why there is no number where calls failed; None where none did."""
    if not len(times.failed):
        return None
    return Missing(f"{what} could not be measured: {first_words(times)}")


def first_words(times: Times) -> str:
    """The first exception with its words; empty where none was raised."""
    return f"{times.raised[0].kind}: {times.raised[0].words[:300]}".rstrip(": ") if times.raised else ""
