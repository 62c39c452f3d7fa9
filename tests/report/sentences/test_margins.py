"""Distances to limits, and the claim that decides a question."""

from __future__ import annotations

import pytest

from readiness.core.findings import Outcome
from readiness.core.keys import Topic
from readiness.report.sentences.margins import FAR, closeness, deciding, margin_of
from tests.report.sentences.cases import came, exact, fact, judged


def test_the_distance_is_counted_in_half_widths_towards_the_limit() -> None:
    """Hand-worked: 0.88 lies 0.08 above 0.8, and its interval reaches 0.02 down."""
    above = judged(Topic.REQUIREMENT.key(1), (0.88, 0.86, 0.93), (">=", 0.8))
    below = judged(Topic.REQUIREMENT.key(1), (0.70, 0.60, 0.75), (">=", 0.8))
    upper = judged(Topic.CHURN.key(), (0.04, 0.03, 0.06), ("<=", 0.1))
    assert pytest.approx(4.0) == margin_of(above)
    assert pytest.approx(-2.0) == margin_of(below)
    assert pytest.approx(3.0) == margin_of(upper)


def test_an_interval_that_touches_its_limit_is_one_half_width_away() -> None:
    assert pytest.approx(1.0) == margin_of(judged(Topic.CHURN.key(), (0.04, 0.02, 0.1), ("<=", 0.1)))


def test_what_has_no_interval_has_no_margin() -> None:
    assert margin_of(judged(Topic.SIZE.key(), exact(8.5), ("<=", 10.0))) is None
    assert margin_of(came(Topic.BOX.key("monitoring"), Outcome.ATTESTED)) is None
    assert margin_of(fact(Topic.FOLD_MEAN.key(), (0.9, 0.8, 1.0))) is None


def test_a_width_of_nothing_is_far_on_its_side() -> None:
    one_sided = judged(Topic.LATENCY_P99.key(), (8.0, 7.5, 8.0), ("<=", 100.0))
    assert FAR == margin_of(one_sided)


def test_two_per_cent_of_a_limit_do_not_stand_before_27() -> None:
    """An exact number is as close as the part of its limit that it uses up."""
    drift = judged(Topic.DRIFT.key(1), (0.0004, 0.0, 0.0058), ("<=", 0.25), metric="psi")
    memory = judged(Topic.MEMORY.key(), exact(270.0), ("<=", 1000.0), metric="memory_mb")
    assert closeness(memory) < closeness(drift)
    assert memory is deciding([drift, memory])


def test_throughput_counts_by_its_limit_not_by_the_width_of_its_clock() -> None:
    rate = judged(Topic.THROUGHPUT.key(), (100_000.0, 60_000.0, 140_000.0), (">=", 0.1), metric="throughput_per_second")
    memory = judged(Topic.MEMORY.key(), exact(270.0), ("<=", 1000.0), metric="memory_mb")
    assert memory is deciding([rate, memory])


def test_the_worst_status_decides_before_any_distance() -> None:
    failed = judged(Topic.REQUIREMENT.key(1), (0.70, 0.69, 0.71), (">=", 0.8))
    close = judged(Topic.REQUIREMENT.key(2), (0.81, 0.79, 0.83), (">=", 0.8))
    far = judged(Topic.REQUIREMENT.key(3), (0.5, 0.49, 0.51), (">=", 0.8))
    assert far is deciding([close, failed, far])


def test_rows_in_large_groups_are_not_the_closest_claim() -> None:
    """All of them being in such groups is no narrow escape."""
    rows = judged(Topic.SEGMENT_COVERAGE.key(1, metric="recall"), exact(1.0), (">=", 0.9), metric="coverage")
    group = judged(Topic.DEFICIT.key(1, 1, metric="recall"), (0.01, -0.01, 0.03), ("<", 0.15), metric="recall")
    assert group is deciding([rows, group])


def test_nothing_that_blocks_decides_nothing() -> None:
    assert deciding([fact(Topic.FOLD_MEAN.key(), (0.9, 0.8, 1.0))]) is None
