"""A worker's clock, held against one outside: times that the two do not agree on are no evidence.

The model shares the process of the inner clock and could turn it; the outer one belongs to whoever asked. It sees a
request and its reply, so it bounds the sum of the calls, not a single one. What passes between the two clocks without
any model, such as rows on their way, is measured by an empty request with the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from readiness.core.missing import Missing
from readiness.evidence.workers.worker import TimeRequest, Times, Worker

FLOOR_NS = 250_000_000
"""A busy machine wakes somebody who waits up to so much later; smaller gaps prove nothing. Judgement."""
SHARE = 0.25
"""Of the time outside that may be unexplained besides; judgement: a machine under load delays both clocks alike."""
BEYOND = 0.01
"""Of the time outside by which the time inside may exceed it: both read the clock of one machine."""
TRIES = 2
"""A request whose times contradict each other is made again: chance does not delay twice."""


@dataclass(slots=True)
class WatchedClock:
    """Asks a worker for times, and holds every reply against the request and the clock outside."""

    worker: Worker
    contradiction: str = ""
    """Why its times are no evidence; empty as long as they are."""

    def time(self, request: TimeRequest) -> Times | Missing:
        """The times of a request; unavailable where nobody can take them, or where they contradict each other twice.

        Raises:
            WorkerLost: its process ended, or did not answer.
        """
        fault = ""
        for _ in range(TRIES):
            times = self.worker.time(request)
            if isinstance(times, Missing):
                return times
            fault = contradiction(request, times, lambda: self._overhead(request))
            if not fault:
                return times
        self.contradiction = fault
        return Missing(f"the times are no evidence: {fault}", "a model that leaves the clock alone")

    def _overhead(self, request: TimeRequest) -> int:
        """Nanoseconds of the same request without a call."""
        arrivals = None if request.arrivals is None else request.arrivals[:0]
        start = time.perf_counter_ns()
        empty = self.worker.time(replace(request, calls=0, arrivals=arrivals))
        passed = time.perf_counter_ns() - start
        return passed if isinstance(empty, Missing) else max(empty.outside, passed)


def contradiction(request: TimeRequest, times: Times, overhead: Callable[[], int]) -> str:
    """What is wrong with times, in words that follow "the times are no evidence"; empty where nothing is.

    Args:
        request: what was asked.
        times: what came back.
        overhead: nanoseconds that the request costs without any call; asked only where it matters.
    """
    if fault := _fault(request, times):
        return fault
    if not times.outside:  # taken by the one clock there is
        return ""
    inside = times.prepared + (int(times.ended[-1]) if len(times.ended) else 0)
    if inside > times.outside * (1 + BEYOND) + FLOOR_NS / 100:
        return f"the clock beside the model counted {_seconds(inside)} where {_seconds(times.outside)} passed outside"
    unexplained = times.outside - inside
    allowed = FLOOR_NS + SHARE * times.outside
    if unexplained > allowed and unexplained > allowed + 2 * overhead():
        return (
            f"the clock beside the model counted {_seconds(inside)} of the {_seconds(times.outside)} that passed "
            "outside, twice"
        )
    return ""


def _fault(request: TimeRequest, times: Times) -> str:
    """What no clock can have said."""
    made = len(times.began)
    if len(times.ended) != made or made > request.calls or times.prepared < 0:
        return f"{made:,} begins and {len(times.ended):,} ends came back of {request.calls:,} calls"
    if made < request.calls and np.isinf(request.seconds):
        return f"{request.calls:,} calls were to be made, and {made:,} came back"
    if len(times.failed) and not 0 <= times.failed.min() <= times.failed.max() < made:
        return f"calls failed that were not among the {made:,}"
    if made == 0:
        return ""
    arrived = np.zeros(made, dtype=np.int64) if request.arrivals is None else request.arrivals[:made]
    if np.any(times.began < arrived):
        return "a call began before it was due"
    if np.any(times.ended < times.began) or np.any(times.began[1:] < times.ended[:-1]):
        return "a call ended before it began, or began before the one before had ended"
    return ""


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:,.2f} s"
