"""How long the candidate is timed, by what the spec leaves open; how small its file gets."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from readiness.core.policy import Task
from readiness.evidence.measure_runtime import MOST_COMPRESSED, compressed_bytes
from readiness.evidence.measure_times import worker_counts
from readiness.evidence.probes.plans import response_plan, service_plan, told_quantiles
from readiness.spec.checks import misfits
from tests.questions.conftest import spec_of


def limits(plan: Any) -> list[tuple[float, float]]:
    return [(limit.q, limit.milliseconds) for limit in plan.limits]


def test_limits_of_production_and_of_the_business_are_open() -> None:
    """Both decide how long it is timed, each for its own kind of time."""
    wanted = [
        {"says": "quick", "metric": "latency_p95_ms", "at_most": 20},
        {"says": "at once", "metric": "response_p95_ms", "at_most": 30},
        {"says": "find", "metric": "recall", "at_least": 0.9},
    ]
    spec = spec_of(production={"latency_p99_ms": 50, "rate_per_second": 9}, business={"requirements": wanted})
    assert limits(service_plan(spec, Task.BINARY)) == [(0.99, 50), (0.95, 20)]
    assert limits(response_plan(spec, Task.BINARY)) == [(0.95, 30)]
    assert service_plan(spec, Task.BINARY).refuting < service_plan(spec, Task.BINARY).alpha == 0.05


def test_on_a_shared_machine_nothing_is_open() -> None:
    """Times are shown there, so a moment is enough."""
    assert not service_plan(spec_of(production={"latency_p99_ms": 50, "measured_on": "shared"}), Task.BINARY).limits


def test_calls_are_made_where_somebody_says_how_many() -> None:
    """The default is the most that may be made, no wish."""
    assert not service_plan(spec_of(), Task.BINARY).chosen
    assert service_plan(spec_of(production={"calls": 400}), Task.BINARY).looks(1e-6) == (400,)


def test_what_only_judges_elsewhere_changes_no_plan() -> None:
    """Another cost, or another requirement, takes no new times from the cache."""
    plain = service_plan(spec_of(), Task.BINARY)
    wanted = {"says": "find", "metric": "recall", "at_least": 0.9}
    other = service_plan(spec_of(business={"requirements": [wanted]}), Task.BINARY)
    assert plain.key == other.key
    limited = spec_of(production={"latency_p99_ms": 50})
    more = spec_of(production={"latency_p99_ms": 50}, business={"requirements": [wanted]})
    assert service_plan(limited, Task.BINARY).key == service_plan(more, Task.BINARY).key
    assert service_plan(limited, Task.BINARY).key != plain.key


@pytest.mark.parametrize(("calls", "told"), [(1000, False), (3688, True), (3687, False)])
def test_a_rare_percentile_is_told_where_calls_tell_of_it(calls: int, told: bool) -> None:
    """p99.9 has an interval from 3,688 calls on; a limit asks for it at any number."""
    assert ("latency_p999_ms" in told_quantiles(spec_of(), calls)) is told
    assert "latency_p999_ms" in told_quantiles(spec_of(production={"latency_p999_ms": 5}), 10)


@pytest.mark.parametrize(("most", "counts"), [(1, (1,)), (2, (1, 2)), (4, (1, 2, 4)), (6, (1, 2, 4, 6))])
def test_processes_are_doubled_up_to_the_most(most: int, counts: tuple[int, ...]) -> None:
    """1, 2, 4 … and as many as the spec says."""
    assert tuple(worker_counts(most)) == counts


@pytest.mark.parametrize("key", ["response_p95_ms", "response_p99_ms", "load_errors"])
def test_a_limit_at_a_rate_needs_the_rate(key: str) -> None:
    """Nobody can judge a response time without knowing how many come."""
    with pytest.raises(ValueError, match="without rate_per_second"):
        spec_of(production={key: 0.5})


def test_compressed_size_is_that_of_zlib(tmp_path: Path) -> None:
    """As gzip at level 6 makes it, less the frame; of a folder the files together; of what is too large nothing."""
    noise, zeros = random.Random(0).randbytes(3_000_000), bytes(3_000_000)
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.bin").write_bytes(noise)
    (folder / "inner" / "b.bin").write_bytes(zeros)
    for content, path in ((noise, folder / "a.bin"), (zeros, folder / "inner" / "b.bin")):
        assert compressed_bytes(path) == pytest.approx(len(gzip.compress(content, 6)), abs=64)
    assert compressed_bytes(folder) == pytest.approx(3_001_000 + 3_000, rel=0.01)
    assert compressed_bytes(tmp_path / "absent") is None
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MOST_COMPRESSED + 1)
    assert compressed_bytes(large) is None


def test_a_requirement_on_a_response_time_needs_the_rate_too() -> None:
    """The spec is refused before anything is run, with the key that is missing."""
    wanted = {"says": "at once", "metric": "response_p95_ms", "at_most": 30}
    (fault,) = misfits(spec_of(business={"requirements": [wanted]}))
    assert fault[0] == ("business", "requirements", 0, "metric")
    assert "state production.rate_per_second" in fault[1]
    assert not misfits(spec_of(business={"requirements": [wanted]}, production={"rate_per_second": 5}))
