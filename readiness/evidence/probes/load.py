"""Response time under load: requests arrive at a rate, whether the ones before are answered or not (server scenario).

As MLPerf's LoadGen does it: an open loop with Poisson arrivals (Reddi et al. 2020), one worker, first come, first
served. A response time is counted from the arrival, so that a slow answer shows in all that wait behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import ReadinessError
from readiness.core.missing import Missing
from readiness.core.policy import LOAD_LEVELS
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.probes.latency import AT_ONCE, PATIENCE, TimingPlan, draw_places, first_words
from readiness.evidence.workers.worker import TimeRequest, Times

FEWEST_REQUESTS = 5
"""Of fewer requests in its time a level of load tells nothing."""
MOST_REQUESTS = 200
"""Requests of one level of load."""
TOO_FEW = "at {:g} requests a second too few arrive in the time that there is"
DRAIN = 3.0
"""A queue gets so many times the time in which requests came to be worked off."""


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What came of requests that arrived at one rate."""

    rate: float
    """Requests per second that were sent, on average."""
    response: NDArray[np.int64]
    """(n,): nanoseconds from arrival to answer in the order of arrival; of requests that were never served the time
    until nobody waited any more, which they took at least."""
    answered: float
    """Requests per second that were answered, from the first arrival to the last answer."""
    failed: int = 0
    """Requests that ended in an exception."""
    unserved: int = 0
    """Requests that were never served."""
    error: str = ""
    """What the first exception said."""
    looks: int = 1
    percent: int = 100
    """Of the stated rate."""

    @property
    def errors(self) -> int:
        """Requests without an answer."""
        return self.failed + self.unserved

    @property
    def power(self) -> float:
        """Answers per second over the mean response in seconds, the measure whose peak is the knee (Kleinrock 1979)."""
        mean = float(self.response.mean()) / 1e9 if len(self.response) else 0.0
        return self.answered / mean if mean > 0 else 0.0


def poisson_arrivals(rate: float, n: int, seed: int) -> NDArray[np.int64]:
    """(n,): nanoseconds from the start at which requests arrive, independent of each other, `rate` in a second."""
    gaps = np.random.default_rng(seed).exponential(1e9 / rate, n)
    return np.cumsum(gaps).astype(np.int64)


def measure_response(
    clock: WatchedClock, candidate: Candidate, frame: pd.DataFrame, plan: TimingPlan, rate: float, *, seed: int = 0
) -> Load | Missing:
    """Response times at a rate, until the plan's limits, one or more, are decided at one of its looks.

    Each piece between two looks begins with an empty queue, and is served to its end. At a rate so low that in the
    plan's seconds fewer requests come than can decide anything, six times the seconds are waited for them.
    """
    bearable = int(plan.seconds * PATIENCE * rate)
    if bearable < FEWEST_REQUESTS:
        return Missing(TOO_FEW.format(rate), "a larger production.call_seconds")
    looks = tuple(look for look in plan.looks(1 / rate) if look <= bearable) or (bearable,)
    parts: list[Load] = []
    try:
        made, spent = 0, 0.0
        for look in looks:
            while made < look:
                n = min(look, made + AT_ONCE) - made
                part = _send(clock, candidate, frame, rate, n, seed + made)
                if isinstance(part, Missing):
                    return part
                if part.failed:
                    return Missing(f"{part.failed:,} of {n:,} requests failed: {part.error}")
                parts.append(part)
                made += n
                spent += n / rate
                if part.errors or spent > plan.seconds * PATIENCE:
                    return _together(parts, len(looks))
            if plan.is_decided(_together(parts, len(looks)).response, len(looks)):
                break
    except ReadinessError as error:
        return Missing(f"The response time could not be measured: {error.message}"[:400])
    return _together(parts, len(looks))


def measure_degradation(
    clock: WatchedClock,
    candidate: Candidate,
    frame: pd.DataFrame,
    rate: float,
    seconds: float,
    *,
    levels: Sequence[int] = LOAD_LEVELS,
    seed: int = 0,
) -> tuple[Load, ...] | Missing:
    """Response times and errors at shares of a rate, from far below to beyond it; each level for `seconds`.

    A level at which too few requests arrive in that time is left out.
    """
    found = []
    try:
        for k, percent in enumerate(levels):
            offered = rate * percent / 100
            n = int(min(MOST_REQUESTS, offered * seconds))
            if n < FEWEST_REQUESTS:
                continue
            part = _send(clock, candidate, frame, offered, n, seed + k, percent=percent)
            if isinstance(part, Missing):
                return part
            found.append(part)
    except ReadinessError as error:
        return Missing(f"What happens under load could not be measured: {error.message}"[:400])
    if not found:
        return Missing(TOO_FEW.format(rate), "a larger production.call_seconds")
    return tuple(found)


def knee_of(levels: Sequence[Load]) -> Load | None:
    """The level at which answers per second over their mean response time are highest (Kleinrock 1979); None where
    they still rise at the highest level, or there is but one.
    """
    if len(levels) < 2:
        return None
    best = max(levels, key=lambda level: level.power)
    return None if best is levels[-1] else best


def _send(
    clock: WatchedClock,
    candidate: Candidate,
    frame: pd.DataFrame,
    rate: float,
    n: int,
    seed: int,
    *,
    percent: int = 100,
) -> Load | Missing:
    """`n` requests at a rate, beginning with an empty queue, which gets a bounded time to be worked off."""
    arrivals = poisson_arrivals(rate, n, seed)
    limit = DRAIN * (float(arrivals[-1]) / 1e9 + 1)
    inputs = candidate.inputs(frame.iloc[draw_places(len(frame), n, seed)])
    times = clock.time(TimeRequest(candidate.method, inputs, calls=n, seconds=limit, arrivals=arrivals))
    return times if isinstance(times, Missing) else _load(arrivals, times, rate, limit, percent)


def _load(arrivals: NDArray[np.int64], times: Times, rate: float, limit: float, percent: int) -> Load:
    served = len(times.ended)
    end = max(int(times.ended[-1]) if served else 0, int(limit * 1e9) if served < len(arrivals) else 0)
    response = np.maximum(end - arrivals, 0)
    response[:served] = times.ended - arrivals[:served]
    failed = len(times.failed)
    answered = (served - failed) / (end / 1e9) if end else 0.0
    return Load(rate, response, answered, failed, len(arrivals) - served, first_words(times), percent=percent)


def _together(parts: Sequence[Load], looks: int) -> Load:
    """Pieces of one rate, one after another."""
    seconds = sum((len(part.response) - part.errors) / part.answered for part in parts if part.answered)
    answered = sum(len(part.response) - part.errors for part in parts)
    return Load(
        parts[0].rate,
        np.concatenate([part.response for part in parts]),
        answered / seconds if seconds else 0.0,
        sum(part.failed for part in parts),
        sum(part.unserved for part in parts),
        next((part.error for part in parts if part.error), ""),
        looks,
    )
