"""Question 6: response times at a rate, what happens under load, growth of memory, processes at once, two clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from readiness.core.findings import Answer, Finding, Outcome, Status
from readiness.core.missing import Missing
from readiness.evidence.evidence import Technical
from readiness.evidence.measure_runtime import growth_of
from readiness.evidence.probes.latency import MEMORY_EVERY
from readiness.evidence.probes.load import Load
from readiness.questions import business, production
from readiness.statistics.call_times import call_quantile
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import OrderStatistic
from tests.questions.conftest import evidence_of, of_cells

MS = 1_000_000
RATED = {"rate_per_second": 100, "response_p99_ms": 50, "load_errors": 0.01, "memory_growth_mb": 1.0}
TIMES = np.random.default_rng(0).uniform(5, 9, 1000)


def levels(errors: int = 0, n: int = 200) -> tuple[Load, ...]:
    response = np.linspace(2, 4, n) * MS
    return tuple(
        Load(rate, (response * rate / 10).astype(np.int64), rate * 0.98, 0, errors if rate == 200 else 0,
             "ValueError: too busy" if errors else "", percent=rate)
        for rate in (10, 50, 100, 200)
    )  # fmt: skip


def asked(
    limits: Mapping[str, Any] = RATED,
    measures: Mapping[str, Inference | Missing] | None = None,
    *,
    question: Any = production,
    parts: Mapping[str, Any] | None = None,
    **technical: Any,
) -> Answer:
    evidence = evidence_of(*of_cells(80, 20, 20, 880), production=limits, **(parts or {}))
    known = {"response_p99_ms": call_quantile(TIMES, 0.99)} if measures is None else measures
    told = {"loads": levels(), "facts": {"memory_growth": growth_of(np.zeros(40))}, **technical}
    evidence = replace(evidence, technical=Technical(known, **told), probes=())
    return question.ask(evidence, getattr(evidence.spec, question.__name__.rpartition(".")[2]))


def by_code(answer: Answer) -> dict[str, Finding]:
    return {finding.code: finding for finding in answer.findings}


def test_limits_at_a_rate_are_judged() -> None:
    """A response time, the share of requests without an answer, and growth of memory, each against its limit."""
    found = by_code(asked(load_note="1,000 requests"))
    assert [found[code].status for code in ("PROD-RESPONSE-P99", "PROD-LOAD-ERRORS", "PROD-MEMORY-GROWTH")] == (
        [Status.MET] * 3
    )
    assert found["PROD-RESPONSE-P99"].reason == "1,000 requests"
    assert found["PROD-LOAD-ERRORS"].measured is not None
    assert found["PROD-LOAD-ERRORS"].measured.n == 800
    assert all(found[code].blocking for code in ("PROD-RESPONSE-P99", "PROD-LOAD-ERRORS", "PROD-MEMORY-GROWTH"))


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("PROD-RESPONSE-P99", {"measures": {"response_p99_ms": call_quantile(TIMES * 10, 0.99)}}),
        ("PROD-LOAD-ERRORS", {"loads": levels(errors=60)}),
        ("PROD-MEMORY-GROWTH", {"facts": {"memory_growth": growth_of(np.full(40, 2**20))}}),
    ],
)
def test_what_is_beyond_its_limit_is_not_met(code: str, more: dict[str, Any]) -> None:
    """Slow answers, lost requests, a leak of a megabyte in 25 calls."""
    assert by_code(asked(**more))[code].status is Status.NOT_MET


@pytest.mark.parametrize(
    ("code", "more", "why"),
    [
        ("PROD-RESPONSE-P99", {"measures": {"response_p99_ms": Missing("the worker was lost")}}, "was lost"),
        ("PROD-RESPONSE-P99", {"measures": {}}, "not measured"),
        ("PROD-LOAD-ERRORS", {"loads": ()}, "no requests were sent"),
        ("PROD-LOAD-ERRORS", {"loads": Missing("too few arrive")}, "too few arrive"),
        ("PROD-MEMORY-GROWTH", {"facts": {}}, "no calls were timed"),
    ],
)
def test_what_was_not_measured_is_no_yes(code: str, more: dict[str, Any], why: str) -> None:
    """Missing evidence is not assessed, and blocks."""
    finding = by_code(asked(**more))[code]
    assert (finding.status, finding.blocking) == (Status.NOT_ASSESSED, True)
    assert why in finding.reason


def test_few_requests_prove_no_small_share_of_errors() -> None:
    """Of 80 requests none was lost, which leaves 3.7 % possible."""
    assert by_code(asked(loads=levels(n=20)))["PROD-LOAD-ERRORS"].status is Status.NOT_PROVEN


def test_without_limits_all_of_it_is_shown() -> None:
    """Facts never block; what was lost at a level is a warning there."""
    found = by_code(asked({"rate_per_second": 100}, loads=levels(errors=7), by_workers={2: Exact(150.0)}))
    shown = (
        "PROD-RESPONSE-P99",
        "PROD-LOAD-200",
        "PROD-LOAD-ERRORS",
        "PROD-MEMORY-GROWTH",
        "PROD-THROUGHPUT-WORKERS-2",
    )
    assert not any(found[code].blocking for code in shown)
    assert "7 of 200 requests had no answer" in found["PROD-LOAD-200"].warning
    assert not found["PROD-LOAD-100"].warning
    assert "too busy" in found["PROD-LOAD-ERRORS"].reason
    assert asked().tables["load"]["percent"].tolist() == [10, 50, 100, 200]


def test_a_response_limit_fills_the_box_of_latency() -> None:
    """Who limits the response time has limited the latency."""
    assert "PROD-LATENCY-LIMIT" not in by_code(asked())
    assert by_code(asked({"rate_per_second": 100}))["PROD-LATENCY-LIMIT"].status is Status.NOT_ASSESSED


def test_a_requirement_on_the_response_time_says_how_it_was_measured() -> None:
    """It is counted in requests, not in calls."""
    wanted = {"says": "answer at once", "metric": "response_p99_ms", "at_most": 8}
    answer = asked(question=business, parts={"business": {"requirements": [wanted]}}, load_note="as they came")
    assert answer.findings[0].reason == "as they came"
    assert answer.findings[0].status is Status.NOT_MET


def test_clocks_that_contradict_each_other_block() -> None:
    """The times are no evidence, and the page says why; silence where they agree."""
    finding = by_code(asked(contradiction="it counted 0.50 s of the 2.00 s"))["PROD-CLOCKS"]
    assert (finding.outcome, finding.status, finding.blocking) == (Outcome.FAILED, Status.NOT_MET, True)
    assert "0.50 s" in finding.reason
    assert "PROD-CLOCKS" not in by_code(asked())


def test_growth_of_memory_is_told_from_a_buffer_and_from_noise() -> None:
    """A leak of 4 kB in each call is proven; one buffer of 50 MB, or what is taken and given back, is not."""
    leak = growth_of(np.full(40, 4096 * MEMORY_EVERY) + np.random.default_rng(1).integers(-9, 9, 40) * 4096)
    assert leak.lower(0.05) > 0
    assert leak.value == pytest.approx(4.096, rel=0.05)
    buffer = np.zeros(40)
    buffer[3] = 50e6
    assert growth_of(buffer).lower(0.05) < 0
    waves = np.tile([8e6, -8e6], 20)
    assert growth_of(waves).lower(0.05) < 0 < growth_of(waves).upper(0.05)
    still = growth_of(np.zeros(40))
    assert still.lower(0.05) < 0 < still.upper(0.05) < 0.1
    assert still.n == 1000


def test_growth_that_is_proven_warns() -> None:
    """Also without a limit."""
    found = by_code(asked({}, facts={"memory_growth": growth_of(np.full(40, 2**20))}))
    assert found["PROD-MEMORY-GROWTH"].warning
    assert not by_code(asked({}))["PROD-MEMORY-GROWTH"].warning


def test_rare_percentiles_are_shown_with_their_number() -> None:
    """p99.9 has its own finding."""
    found = by_code(asked({"latency_p999_ms": 100}, {"latency_p999_ms": OrderStatistic(np.sort(TIMES), 0.999)}))
    assert found["PROD-LATENCY-P999"].status is Status.NOT_PROVEN
