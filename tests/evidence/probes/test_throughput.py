"""Throughput: batches of several sizes, runs, and several processes at once."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.evidence.probes.throughput import Throughput, measure_throughput, measure_workers
from tests.evidence.probes.scripted import FRAME, MS, Scripted, watched


def test_each_batch_has_its_runs() -> None:
    """Each batch size is run five times on that many rows, also beyond the rows there are."""
    worker = Scripted(lambda _call, _rows: MS)
    measured = measure_throughput(*watched(worker), FRAME, runs=5)
    assert not isinstance(measured, Missing)
    assert [each.batch for each in measured] == [1, 32, 1024]
    assert [len(each.rows_per_second) for each in measured] == [5, 5, 5]
    assert {len(request.inputs) for request in worker.requests} == {1, 32, 1024}
    assert [each.median for each in measured] == pytest.approx([each.batch / 0.001 for each in measured])


def test_short_calls_are_repeated_until_a_run_is_long_enough() -> None:
    """50 calls of a millisecond fill a run of 50; one of 100 is a run by itself."""
    quick, slow = Scripted(lambda _call, _rows: MS), Scripted(lambda _call, _rows: 100 * MS)
    for worker, calls in ((quick, 3 * 50), (slow, 3)):
        measure_throughput(*watched(worker), FRAME, runs=3, batches=(32,), run_seconds=0.05)
        assert worker.calls == [2, calls]


def test_median_is_the_middle_run() -> None:
    """Of five runs the third is the median."""
    assert Throughput(1, np.array([1.0, 2.0, 5.0, 8.0, 9.0])).median == 5


def test_a_model_that_is_too_slow_is_unavailable() -> None:
    """Five runs that do not fit into the time are no measurement, and are not begun."""
    worker = Scripted(lambda _call, _rows: 50 * MS)
    measured = measure_throughput(*watched(worker), FRAME, runs=5, seconds=0.1)
    assert measured == Missing("5 runs of 1 rows take more than 0.1 seconds")
    assert worker.calls == [2]


def test_a_failing_model_has_no_throughput() -> None:
    """Unavailable with its words."""
    measured = measure_throughput(*watched(Scripted(failing={1})), FRAME, runs=5)
    assert measured == Missing("The throughput could not be measured: ValueError: no such row")


def test_processes_at_once_add_up() -> None:
    """One, two and four of 10 ms for 32 rows; each has its own process, and all are ended."""
    _, candidate = watched(Scripted())
    started: list[Scripted] = []

    def start() -> Scripted:
        started.append(Scripted(lambda _call, _rows: 10 * MS))
        return started[-1]

    measured = measure_workers(start, candidate, FRAME, (1, 2, 4), runs=6)
    assert not isinstance(measured, Missing)
    assert [each.workers for each in measured] == [1, 2, 4]
    assert [each.median for each in measured] == pytest.approx([3200, 6400, 12800])
    assert len(started) == 4
    assert all(worker.closed for worker in started)


def test_processes_are_ended_also_when_one_fails() -> None:
    """A failing one makes the number unavailable."""
    _, candidate = watched(Scripted())
    started: list[Scripted] = []

    def start() -> Scripted:
        started.append(Scripted(failing={0} if started else ()))
        return started[-1]

    assert isinstance(measure_workers(start, candidate, FRAME, (1, 2), runs=6), Missing)
    assert [worker.closed for worker in started] == [True, True]
