"""Claims become findings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from readiness.core.findings import Claim, Criterion, Status, recompute
from readiness.core.missing import Missing
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial, Normal, OrderStatistic
from readiness.statistics.judge_claims import Measurement, judge_claims, round_up
from readiness.statistics.sample_size import proportion_rows
from tests.sampling import examples


def claim(inference, op=">=", threshold=0.9, code="BUSI-1", **more) -> Measurement:
    criterion = Criterion(op, threshold, **more.pop("criterion", {}))
    made = Claim(code, "recall", criterion, blocking=more.pop("blocking", True))
    return Measurement(made, "recall", inference, **more)


def one(inference, op=">=", threshold=0.9, rule="interval", **more):
    (finding,) = judge_claims([claim(inference, op, threshold, **more)], alpha=0.05, level=0.95, rule=rule)
    return finding


def test_the_three_outcomes_of_a_share():
    """0.97 of 500 is met, 0.80 of 500 is not, 0.91 of 500 is not proven against 0.90."""
    expected = {485: Status.MET, 400: Status.NOT_MET, 455: Status.NOT_PROVEN}
    assert expected == {k: one(Binomial(k, 500)).status for k in expected}


def test_errors_are_judged_from_the_other_side():
    """A false alarm rate of 1 % is met against at most 5 %, 10 % is not."""
    assert Status.MET is one(Binomial(5, 500), "<=", 0.05).status
    assert Status.NOT_MET is one(Binomial(50, 500), "<=", 0.05).status


def test_the_finding_holds_the_shown_interval_and_the_judged_bounds():
    """Wilson two-sided beside Clopper-Pearson one-sided, each with its name."""
    share = Binomial(455, 500)
    finding = one(share, unit="")
    assert pytest.approx(share.interval(0.95), rel=1e-9) == (finding.measured.low, finding.measured.high)
    assert ("Wilson", 0.95, 500) == (finding.measured.method, finding.measured.level, finding.measured.n)
    assert (share.lower(0.05), share.upper(0.05)) == pytest.approx((finding.bounds.lower, finding.bounds.upper))
    assert ("Clopper-Pearson", "none") == (finding.bounds.method, finding.bounds.adjustment)


@pytest.mark.slow
@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from([">=", "<="])), min_size=1, max_size=12))
def test_not_met_follows_holm(pairs):
    """Exactly those claims are not met whose exact p-value Holm's procedure of statsmodels rejects."""
    from statsmodels.stats.multitest import multipletests

    threshold, n = 0.5, 60
    claims = [claim(Binomial(k, n), op, threshold, code=str(i)) for i, (k, op) in enumerate(pairs)]
    p_values = [binom.cdf(k, n, threshold) if op == ">=" else binom.sf(k - 1, n, threshold) for k, op in pairs]
    rejected = multipletests(p_values, 0.05, "holm")[0].tolist()
    findings = judge_claims(claims, alpha=0.05, level=0.95)
    assert rejected == [finding.status is Status.NOT_MET for finding in findings]
    assert all(finding.status is recompute(finding) for finding in findings)


def test_only_blocking_measured_refutable_claims_share_the_error():
    """Facts, exact numbers, undefined ones and claims that cannot be refuted leave the others unadjusted."""
    others = [
        claim(Exact(1.0), code="a"),
        claim(Missing("There are no rows."), code="b"),
        claim(Binomial(40, 60), code="c", blocking=False),
        claim(Binomial(40, 60), code="d", criterion={"refutable": False}),
    ]
    finding = judge_claims([claim(Binomial(50, 60)), *others], alpha=0.05, level=0.95)[0]
    assert Binomial(50, 60).upper(0.05) == pytest.approx(finding.bounds.upper)
    assert "none" == finding.bounds.adjustment


def test_the_met_side_is_not_adjusted():
    """Twenty claims of 59 of 59 all prove 0.95."""
    findings = judge_claims(
        [claim(Binomial(59, 59), threshold=0.95, code=str(i)) for i in range(20)], alpha=0.05, level=0.95
    )
    assert {Status.MET} == {finding.status for finding in findings}
    assert "Holm: upper limit at 0.0025, 20 claims" == findings[0].bounds.adjustment


@given(st.integers(0, 200), st.integers(0, 200))
def test_more_successes_never_make_it_worse(a, b):
    """Not met < not proven < met as successes rise."""
    order = [Status.NOT_MET, Status.NOT_PROVEN, Status.MET]
    few, many = sorted((a, b))
    ranks = [order.index(one(Binomial(k, 200)).status) for k in (few, many)]
    assert ranks == sorted(ranks)


@given(st.integers(0, 100), st.integers(2, 5))
def test_the_same_data_again_never_reverses_an_answer(k, times):
    """Met stays met and not met stays not met with the same rows several times over."""
    once, again = one(Binomial(k, 100)).status, one(Binomial(k * times, 100 * times)).status
    assert once is Status.NOT_PROVEN or once is again


def test_undefined_is_not_assessed():
    """With the sentence that says why, and without numbers."""
    finding = one(Missing("There are no positives in these rows."), needs="more rows")
    assert (Status.NOT_ASSESSED, "There are no positives in these rows.", "more rows") == (
        finding.status, finding.reason, finding.needs,
    )  # fmt: skip
    assert finding.measured is None
    assert finding.bounds is None


def test_what_is_withheld_is_never_met_but_can_be_refuted():
    """The bounds alone would do; the reason stands in its place."""
    finding = one(Binomial(500, 500), withheld="The rows come from 3 groups.")
    assert (Status.NOT_PROVEN, "The rows come from 3 groups.") == (finding.status, finding.needs)
    assert Status.NOT_MET is one(Binomial(100, 500), withheld="The rows come from 3 groups.").status


def test_exact_numbers_are_compared_as_they_are():
    """A file of 50 MB meets at most 50."""
    finding = one(Exact(50.0), "<=", 50.0, unit="MB")
    assert (Status.MET, 1.0, 50.0, 50.0) == (
        finding.status, finding.measured.level, finding.bounds.lower, finding.bounds.upper,
    )  # fmt: skip


def test_the_point_rule_ignores_chance():
    """0.91 of 100 meets 0.90 by the point rule alone; the bounds say which rule it was."""
    finding = one(Binomial(91, 100), rule="point")
    assert (Status.MET, 0.91, 0.91, "point estimate") == (
        finding.status, finding.bounds.lower, finding.bounds.upper, finding.bounds.method,
    )  # fmt: skip
    assert Status.NOT_PROVEN is one(Binomial(91, 100)).status


def test_missing_limits_are_none():
    """A p99 of 100 calls has no upper limit, so at most 100 ms is not proven; 299 calls could prove it."""
    finding = one(OrderStatistic(np.arange(100.0) / 100, 0.99), "<=", 100.0, denominator="calls")
    assert (Status.NOT_PROVEN, None, None) == (finding.status, finding.bounds.upper, finding.measured.high)
    assert "About 300 calls (now 100) would prove that" in finding.needs


def test_needs_say_how_many_rows_would_settle_it():
    """50 of 53 against 0.90: what 0.9434 needs, rounded up."""
    finding = one(Binomial(50, 53), denominator="positives")
    rows = round_up(proportion_rows(50 / 53, 0.9))
    assert f"Probably met. About {rows:,} positives (now 53) would prove that" in finding.needs


def test_needs_on_the_wrong_side_use_the_adjusted_bound():
    """Leaning towards not met, one of two claims: the refuting bound is at 0.025."""
    claims = [claim(Binomial(85, 100)), claim(Binomial(99, 100), code="BUSI-2")]
    finding = judge_claims(claims, alpha=0.05, level=0.95)[0]
    assert "Probably not met" in finding.needs
    rows = round_up(proportion_rows(0.15, 0.10, alpha=0.025))
    assert f"{rows:,} rows (now 100)" in finding.needs


def test_needs_on_the_limit_ask_for_no_rows():
    """90 of 100 against 0.90."""
    assert "More rows alone will not help: the measured value lies on the limit." == one(Binomial(90, 100)).needs


def test_needs_between_two_limits():
    """Churn of 15 % between met at 10 % and not met at 20 %."""
    finding = one(Binomial(15, 100), "<=", 0.10, criterion={"refuted_beyond": 0.20})
    assert (Status.NOT_PROVEN, True) == (finding.status, "between the two limits" in finding.needs)


def test_needs_without_any_limit():
    """Nothing can be planned from a number without limits."""
    assert "many more rows than 7" in one(Normal(0.95, math.inf, 1, 7)).needs


@given(st.integers(1, 10**9))
def test_rounded_rows_are_never_fewer(rows):
    """Up, by at most a tenth."""
    assert rows <= round_up(rows) <= 1.1 * rows + 1


def test_a_fact_needs_no_criterion_but_a_claim_does():
    """Shown with its interval, without status; a blocking claim without a bar is refused."""
    fact = Measurement.fact("ERRO-RATE", "share of errors", "error_rate", Binomial(3, 100))
    (finding,) = judge_claims([fact], alpha=0.05, level=0.95)
    assert (Status.NOT_ASSESSED, 0.03, None) == (finding.status, finding.measured.value, finding.bounds)
    with pytest.raises(ValueError, match="ERRO-RATE"):
        Measurement(Claim("ERRO-RATE", "share of errors"), "error_rate", Binomial(3, 100))


def test_limits_are_rounded_before_they_are_judged():
    """A limit that is 0.95 to ten digits meets 0.95."""
    assert Status.MET is one(Exact(0.95 - 1e-13), threshold=0.95).status
