"""A worker whose calls take what a script says, by a clock that nobody's machine can disturb."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.workers.worker import ModelDescription, ModelRaised, TimeRequest, Times

MS = 1_000_000
FRAME = pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50.0)})


class Scripted:
    """Calls of `service` nanoseconds, by the number of the call and its rows; some of them fail."""

    def __init__(
        self,
        service: Callable[[int, int], int] = lambda _call, _rows: 2 * MS,
        *,
        failing: Collection[int] = (),
        between: int = 0,
        leak: int = 0,
        arrays: bool = False,
    ) -> None:
        """`between` passes between the two clocks with each request, `leak` bytes stay after each call."""
        self.service, self.failing, self.between, self.leak = service, failing, between, leak
        self.requests: list[TimeRequest] = []
        self.made = 0
        self.closed = False
        self.about = ModelDescription("a script", methods=("predict",), n_features=2 if arrays else None)

    def time(self, request: TimeRequest) -> Times | Missing:
        self.requests.append(request)
        began, ended, failed, resident = [], [], [], [10**8]
        now = 0
        for k in range(request.calls):
            now = now if request.arrivals is None else max(now, int(request.arrivals[k]))
            if now > request.seconds * 1e9:
                break
            began.append(now)
            now += self.service(self.made, request.batch)
            ended.append(now)
            if self.made in self.failing:
                failed.append(k)
            self.made += 1
            if request.memory_every and (k + 1) % request.memory_every == 0:
                resident.append(10**8 + self.made * self.leak)
        arrays = [np.array(each, dtype=np.int64) for each in (began, ended, resident, failed)]
        raised = tuple(ModelRaised("ValueError", "no such row") for _ in failed)
        return Times(arrays[0], arrays[1], now + self.between + 1000, raised, 0, arrays[2], arrays[3])

    def close(self) -> None:
        self.closed = True

    @property
    def calls(self) -> list[int]:
        """Calls of each request."""
        return [request.calls for request in self.requests]


def watched(worker: Any) -> tuple[WatchedClock, Candidate]:
    """The worker's clock, and the candidate that it runs."""
    return WatchedClock(worker), Candidate.of(worker, ["a", "b"], task=Task.REGRESSION)
