"""The monitoring plan of reviews of every task: what it holds, where it comes from, and what it does not invent."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from scipy.stats import binom

from readiness.core.findings import Criterion, Estimate, Finding, Question, Status
from readiness.core.keys import key_of
from readiness.report.monitoring.plan import Plan, monitoring_plan
from readiness.report.monitoring.signals import Family, Signal
from readiness.verdict.record import Record, signed_form
from tests.report.monitoring.reviewed import TASKS, review_of
from tests.report.page import records


def plan_of(record: Record) -> Plan:
    plan = monitoring_plan(record)
    assert plan is not None
    return plan


def signal_from(plan: Plan, code: str) -> Signal:
    return next(signal for signal in plan.signals if code in signal.sources)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_its_signals(task: str) -> None:
    """Metric and requirement with window, alarm and rollback; answers; every column."""
    plan = plan_of(review_of(task))
    requirement = signal_from(plan, "BUSI-1")
    assert requirement.cases is not None
    assert requirement.rows is not None
    assert requirement.cases <= requirement.rows
    assert requirement.roll_back is not None
    assert requirement.criterion is not None
    (alarm,), back, bar = requirement.alarms, requirement.roll_back, requirement.criterion.threshold
    assert requirement.measured is not None
    order = [requirement.measured.value, alarm.value, bar, back.value]
    assert order == sorted(order, reverse=requirement.criterion.wants_more)
    assert alarm.chance is not None
    assert alarm.chance <= 0.01
    assert len(plan.with_limit(Family.PERFORMANCE)) >= 2
    assert plan.with_limit(Family.ANSWERS)
    assert len({signal.column for signal in plan.of(Family.INPUTS)}) == 6
    assert [stage.share for stage in plan.stages] == [0.05, 0.25, 1]
    assert all(stage.traffic(f) * stage.share >= stage.rows[f] for stage in plan.stages for f in stage.rows)


@pytest.mark.parametrize("task", TASKS)
def test_every_signal_names_findings_of_the_record(task: str) -> None:
    """Where it does not follow from the profile of the columns alone, its codes are those of findings."""
    record = review_of(task)
    codes = {finding.code for answer in record.answers for finding in answer.findings}
    for signal in plan_of(record).signals:
        assert set(signal.sources) <= codes
        assert signal.sources or signal.profile is not None or signal.column
        assert bool(signal.why_not) != bool(signal.alarms or signal.roll_back)


@pytest.mark.parametrize("task", TASKS)
def test_chances_are_shared_out_within_a_family(task: str) -> None:
    """All alarms of a family together sound falsely in one window of a hundred."""
    plan = plan_of(review_of(task))
    for family in Family:
        chances = [limit.chance or 0.0 for signal in plan.of(family) for limit in signal.alarms]
        assert sum(chances) <= 0.01 + 1e-12


def test_the_same_plan_follows_from_the_signed_form() -> None:
    """Whoever has verified a report makes the same plan from it."""
    record = review_of("binary")
    assert plan_of(signed_form(record)) == plan_of(signed_form(signed_form(record)))


def test_what_does_not_hold_today_has_no_limit() -> None:
    """A requirement that is missed or in doubt says so, in place of a limit that nobody can stand behind."""
    record = review_of("binary")
    business = record.answer(Question.BUSINESS)
    (finding,) = [f for f in business.findings if f.code == "BUSI-1"]
    for changed, word in (
        (dataclasses.replace(finding, status=Status.NOT_MET), "does not show"),
        (dataclasses.replace(finding, status=Status.NOT_PROVEN, withheld_by=("seen",)), "does not trust"),
        (dataclasses.replace(finding, status=Status.NOT_ASSESSED, measured=None, bounds=None), "has not measured"),
    ):
        answers = tuple(dataclasses.replace(a, findings=(changed,)) if a is business else a for a in record.answers)
        signal = signal_from(plan_of(dataclasses.replace(record, answers=answers)), "BUSI-1")
        assert word in signal.why_not
        assert signal.alarms == ()
        assert signal.roll_back is None


def test_a_column_that_is_exempt_is_not_watched_by_its_index() -> None:
    """The spec says that it is meant to change; its gaps are watched all the same."""
    record = review_of("binary")
    production = record.answer(Question.PRODUCTION)
    findings = tuple(
        dataclasses.replace(f, criterion=None, blocking=False) if f.segment.get("column") == "income" else f
        for f in production.findings
    )
    answers = tuple(dataclasses.replace(a, findings=findings) if a is production else a for a in record.answers)
    income = [s for s in plan_of(dataclasses.replace(record, answers=answers)).signals if s.column == "income"]
    (drift,) = [s for s in income if s.statistic == "psi"]
    assert "exempts" in drift.why_not
    assert all(s.alarms for s in income if s is not drift)


def test_at_the_declared_share_of_positives_fewer_rows_hold_the_cases() -> None:
    """Twice as many positives: half as many rows, and a higher share of positive answers."""
    record = review_of("binary")
    more = dataclasses.replace(record, about={**record.about, "production_prevalence": "0.6"})
    one, other = signal_from(plan_of(record), "BUSI-1"), signal_from(plan_of(more), "BUSI-1")
    assert one.cases == other.cases
    assert one.rows is not None
    assert other.rows is not None
    assert other.rows == pytest.approx(one.rows / 2, abs=1)
    shares = [next(s for s in plan_of(r).of(Family.ANSWERS) if s.statistic == "share") for r in (record, more)]
    assert shares[0].alarms[-1].value < shares[1].alarms[-1].value


def test_records_without_a_profile_say_what_is_not_watched() -> None:
    """As those of before there were any; nothing is made up."""
    plan = plan_of(records.ready())
    assert ("Answers and columns", "the record holds no profile of them") in plan.unwatched
    assert plan.of(Family.INPUTS) == ()
    assert any(what.startswith("Calls") for what, _why in plan.unwatched)


def test_a_partial_review_has_no_plan() -> None:
    """It cannot be approved, and nothing follows from it."""
    assert monitoring_plan(dataclasses.replace(records.ready(), only=("segments",))) is None


def test_without_training_rows_drift_since_training_is_not_watched() -> None:
    """The bins are those of the test rows, and the plan says so."""
    plan = plan_of(review_of("binary", train=False))
    assert "Drift since training" in dict(plan.unwatched)
    assert any(signal.statistic == "psi" and signal.alarms for signal in plan.of(Family.INPUTS))


# ----------------------------------------------------------------------------------------------------
# The service, whose figures are given here: none of these reviews has called a model


def figure(code: str, metric: str, measured: Estimate, **more: Any) -> Finding:
    return Finding(key_of(code), code, Status.NOT_ASSESSED, blocking=False, metric=metric, measured=measured, **more)


def with_figures(*findings: Finding) -> Plan:
    record = review_of("binary")
    production = record.answer(Question.PRODUCTION).plus(*findings)
    answers = tuple(production if a.question is Question.PRODUCTION else a for a in record.answers)
    return plan_of(dataclasses.replace(record, answers=answers))


@pytest.mark.parametrize(("limit", "alarm"), [(None, True), (100.0, True), (50.0, False)])
def test_slow_calls_are_counted_beyond_what_was_measured_and_what_is_required(limit: float | None, alarm: bool) -> None:
    """By the exact binomial: one window in a hundred where 1 % are slow, 80 where 2 % are. Where the measured limit is
    beyond what is required, only that is left."""
    bar = None if limit is None else Criterion("<=", limit, "ms", "production.latency_p99_ms")
    found = figure("PROD-LATENCY-P99", "latency_p99_ms", Estimate(50.0, 40.0, 70.0, 0.95, 2000, "ms"), criterion=bar)
    (signal,) = with_figures(found).of(Family.SERVICE)
    assert signal.cases is not None
    limits = [*signal.alarms, *([signal.roll_back] if signal.roll_back else [])]
    counts = {round(each.value * signal.cases) for each in limits}
    (count,) = counts
    assert binom.sf(count - 1, signal.cases, 0.01) <= 0.01
    assert binom.sf(count - 1, signal.cases, 0.02) >= 0.8
    assert bool(signal.alarms) is alarm
    assert signal.slower_than == (70.0 if alarm else None, limit)
    assert (signal.roll_back is None) is (limit is None)


def test_calls_without_an_answer_offered_load_and_memory() -> None:
    """As far as they were measured; then nothing says that they are not."""
    plan = with_figures(
        figure("PROD-LOAD-ERRORS", "load_errors", Estimate(0.002, 0.001, 0.004, 0.95, 4000, "share")),
        figure("PROD-THROUGHPUT", "throughput_per_second", Estimate(900.0, 800.0, 1000.0, 0.95, 9)),
        figure("PROD-MEMORY", "memory_mb", Estimate(220.0, 220.0, 220.0, 1.0, 1, "MB")),
    )
    errors, throughput, memory = plan.of(Family.SERVICE)
    assert errors.alarms[0].value > 0.002
    assert (True, 800.0) == (throughput.alarms[0].above, throughput.alarms[0].value)
    assert 220.0 == memory.alarms[0].value
    assert "Calls without an answer" not in dict(plan.unwatched)
    assert "Response times" in dict(plan.unwatched)
