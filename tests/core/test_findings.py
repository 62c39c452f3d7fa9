"""The rule: what is met, not met, not proven, and what follows for a question."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.findings import (
    Answer,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Outcome,
    Question,
    Status,
    judge,
    not_assessed,
    overall,
    recompute,
)

limits = st.floats(-1e6, 1e6, allow_nan=False)
AT_LEAST = Criterion(">=", 0.95)


def finding(status: Status, *, blocking: bool = True) -> Finding:
    return Finding("BASE-1", "claim", status, blocking)


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (0.95, 0.99, Status.MET),
        (0.9499, 0.99, Status.NOT_PROVEN),
        (0.90, 0.95, Status.NOT_PROVEN),
        (0.90, 0.9499, Status.NOT_MET),
        (None, 0.99, Status.NOT_PROVEN),
        (None, 0.90, Status.NOT_MET),
        (0.96, None, Status.MET),
        (None, None, Status.NOT_PROVEN),
    ],
)
def test_at_least_is_judged_by_the_less_favourable_limit(lower, upper, expected):
    """At least 0.95: met by the lower limit, not met by the upper one, else not proven."""
    assert expected == judge(Bounds(lower, upper, 0.05), AT_LEAST)


@pytest.mark.parametrize(
    ("op", "bound", "expected"),
    [(">", 0.0, Status.NOT_MET), (">=", 0.0, Status.MET), ("<", 0.0, Status.NOT_MET), ("<=", 0.0, Status.MET)],
)
def test_a_value_on_the_limit_meets_only_the_inclusive_signs(op, bound, expected):
    """A model equal to its baseline has a gain of exactly 0, and "above 0" is not met by it."""
    assert expected == judge(Bounds(bound, bound, 0.05), Criterion(op, 0.0))


def test_met_can_be_withheld_and_not_met_cannot():
    """A reason not to trust a number turns met into not proven, and leaves not met alone."""
    assert Status.NOT_PROVEN == judge(Bounds(0.96, 0.99, 0.05), AT_LEAST, withheld="heavy tail")
    assert Status.NOT_MET == judge(Bounds(0.5, 0.6, 0.05), AT_LEAST, withheld="heavy tail")


def test_not_met_may_begin_beyond_another_limit():
    """Churn is met up to 10 % and not met above 20 %; between the two it is not proven."""
    churn = Criterion("<=", 0.10, refuted_beyond=0.20)

    assert Status.MET == judge(Bounds(0.05, 0.10, 0.05), churn)
    assert Status.NOT_PROVEN == judge(Bounds(0.15, 0.16, 0.05), churn)
    assert Status.NOT_MET == judge(Bounds(0.21, 0.30, 0.05), churn)


def test_a_criterion_that_cannot_be_refuted_is_never_not_met():
    """Too wide an interval is a lack of proof, not a proof of lack."""
    assert Status.NOT_PROVEN == judge(Bounds(0.4, 0.4, 0.05), Criterion("<=", 0.05, refutable=False))


def test_an_unknown_sign_is_refused():
    """A criterion without a known comparison cannot be made."""
    with pytest.raises(ValueError, match="'=>'"):
        Criterion("=>", 0.95)


@given(limits, limits, limits, st.floats(0, 1e3))
def test_judge_is_monotone(one, other, threshold, better):
    """Moving both limits in the good direction never makes the status worse."""
    order = [Status.NOT_MET, Status.NOT_PROVEN, Status.MET]
    low, high = sorted((one, other))
    for criterion, sign in ((Criterion(">=", threshold), 1), (Criterion("<", threshold), -1)):
        before = judge(Bounds.rounded(low, high, 0.05), criterion)
        after = judge(Bounds.rounded(low + sign * better, high + sign * better, 0.05), criterion)
        assert order.index(before) <= order.index(after)


@given(limits, limits)
def test_bounds_are_rounded_to_ten_digits_before_judging(low, high):
    """Rounding twice changes nothing, so that anyone recomputes the same status."""
    bounds = Bounds.rounded(low, high, 0.05)

    assert bounds == Bounds.rounded(bounds.lower, bounds.upper, 0.05)


def test_infinite_limits_are_no_limits():
    """An unbounded side is recorded as none."""
    bounds = Bounds.rounded(float("-inf"), float("inf"), 0.05)

    assert (None, None) == (bounds.lower, bounds.upper)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.NOT_ASSESSED),
        ([Status.MET], Status.MET),
        ([Status.MET, Status.NOT_PROVEN], Status.NOT_PROVEN),
        ([Status.MET, Status.NOT_PROVEN, Status.NOT_ASSESSED], Status.NOT_ASSESSED),
        ([Status.NOT_ASSESSED, Status.NOT_MET], Status.NOT_MET),
    ],
)
def test_a_question_is_as_good_as_its_worst_finding(statuses, expected):
    """Nothing asked is not assessed; one bad finding spoils the question."""
    assert expected == overall(tuple(finding(status) for status in statuses))


def test_facts_do_not_count():
    """A question with facts only has no answer."""
    assert Status.NOT_ASSESSED == overall((finding(Status.MET, blocking=False),))


@given(st.lists(st.sampled_from(Status), min_size=1), st.data())
def test_making_a_finding_worse_never_improves_a_question(statuses, data):
    """Turning any finding into not met leaves a question not met."""
    place = data.draw(st.integers(0, len(statuses) - 1))
    worse = [*statuses[:place], Status.NOT_MET, *statuses[place + 1 :]]

    assert Status.NOT_MET == overall(tuple(finding(status) for status in worse))


def test_recompute_follows_bounds_then_outcome_then_nothing():
    """A status rests on bounds and criterion, or on an outcome; without both it is not assessed."""
    judged = Finding("BASE-1", "x", Status.MET, bounds=Bounds(0.9, 0.99, 0.05), criterion=AT_LEAST)

    assert Status.NOT_PROVEN == recompute(judged)
    assert Status.MET == recompute(Finding("PROD-1", "x", Status.MET, outcome=Outcome.ATTESTED))
    assert Status.NOT_ASSESSED == recompute(Finding("PROD-1", "x", Status.MET))


@pytest.mark.parametrize("outcome", Outcome)
def test_only_four_outcomes_are_a_yes(outcome):
    """Pending, missing and unavailable are never green."""
    good = {Outcome.PASSED, Outcome.ACCEPTED_ERROR, Outcome.ATTESTED, Outcome.NOT_APPLICABLE}

    assert (outcome in good) == (outcome.status is Status.MET)


def test_the_point_rule_compares_the_measured_value():
    """0.96 measured against at least 0.95 is met by the point rule, whatever its interval."""
    measured = Finding(
        "BUSI-1", "x", Status.NOT_PROVEN, measured=Estimate(0.96, 0.9, 0.99, 0.95, 100), criterion=AT_LEAST
    )

    assert Status.MET == measured.point_status
    assert Status.NOT_MET == dataclasses.replace(measured, criterion=Criterion(">=", 0.97)).point_status


def test_plus_adds_findings_to_an_answer():
    """A user's own finding counts like any other."""
    answer = Answer(Question.BASELINE, (finding(Status.MET),)).plus(not_assessed("SHOP-1", "own", "nobody looked"))

    assert Status.NOT_ASSESSED == answer.status
    assert "SHOP-1" == answer.findings[-1].code
