"""Times and memory of models in processes of their own: honest ones, one that turns the clock, one that leaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.measure_runtime import growth_of
from readiness.evidence.probes.clocks import WatchedClock
from readiness.evidence.probes.latency import Latency, TimingPlan, measure_latency
from readiness.evidence.probes.load import Load, measure_response
from readiness.evidence.probes.throughput import measure_workers
from readiness.evidence.workers.process import ProcessWorker
from tests.evidence.workers.apart import lives, process_of, worker_of_code

pytestmark = pytest.mark.slow

FRAME = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0)})
SLEEPING = """
    import time
    import numpy as np

    class Model:
        def predict(self, rows):
            time.sleep(0.01)
            return np.zeros(len(rows))
"""
TURNED = f"""
    from readiness.evidence.workers import timing

    real = timing.perf_counter_ns
    timing.perf_counter_ns = lambda: real() // 10
{SLEEPING}
"""
LEAKING = """
    import numpy as np

    KEPT = []

    class Model:
        def predict(self, rows):
            KEPT.append(np.ones(5_000))
            return np.zeros(len(rows))
"""
CHOSEN = TimingPlan(300, 60.0, chosen=True)


@pytest.fixture
def started() -> Iterator[list[ProcessWorker]]:
    """Workers that are closed at the end."""
    workers: list[ProcessWorker] = []
    yield workers
    for worker in workers:
        worker.close()


def asked(folder: Path, code: str, started: list[ProcessWorker]) -> tuple[WatchedClock, Candidate]:
    worker = worker_of_code(folder, code)
    started.append(worker)
    return WatchedClock(worker), Candidate.of(worker, ["a", "b"], task=Task.REGRESSION)


def test_an_honest_model_is_timed_in_its_process(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """No call takes less than the model sleeps, and no response less than its service; the clocks agree."""
    clock, candidate = asked(tmp_path, SLEEPING, started)
    found = measure_latency(clock, candidate, FRAME, CHOSEN)
    assert isinstance(found, Latency)
    assert found.calls == 300
    assert found.nanoseconds.min() >= 10_000_000
    assert len(found.steps) == 12
    load = measure_response(clock, candidate, FRAME, TimingPlan(300, 3.0), 200.0)
    assert isinstance(load, Load)
    assert load.response.min() >= 10_000_000
    assert not clock.contradiction


def test_a_model_that_turns_its_clock_is_found_out(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """It patches the very function that takes the time: ten times as fast inside as outside is no evidence."""
    clock, candidate = asked(tmp_path, TURNED, started)
    found = measure_latency(clock, candidate, FRAME, CHOSEN)
    assert isinstance(found, Missing)
    assert "no evidence" in found.reason
    assert "outside" in clock.contradiction


def test_a_leak_shows_in_the_growth_of_the_process(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """40 kB that each call keeps are 40 MB in a thousand calls."""
    found = measure_latency(*asked(tmp_path, LEAKING, started), FRAME, CHOSEN)
    assert isinstance(found, Latency)
    growth = growth_of(found.steps)
    assert growth.lower(0.05) > 20
    assert growth.value == pytest.approx(40, rel=0.3)


def test_several_processes_answer_at_once_and_are_ended(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """Two that sleep answer more than one can, for each sleeps by itself."""
    _, candidate = asked(tmp_path, SLEEPING, started)
    further: list[ProcessWorker] = []

    def another() -> ProcessWorker:
        further.append(started[0].another())
        return further[-1]

    found = measure_workers(another, candidate, FRAME, (1, 2), runs=6)
    assert not isinstance(found, Missing)
    one, two = (each.rows_per_second for each in found)
    assert one.max() <= 32 / 0.01
    assert two.max() <= 2 * 32 / 0.01
    assert two.max() > one.max() / 2
    assert [worker._line is None or not lives(process_of(worker)) for worker in further] == [True, True]
