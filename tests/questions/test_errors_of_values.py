"""Question 4 for numbers: spread, bands and given intervals."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import errors
from tests.questions.conftest import evidence_of


def answered(growing: bool = True, n: int = 400, ends=None, **settings):
    rng = np.random.default_rng(0)
    predicted = rng.uniform(10, 100, n)
    y = predicted + rng.normal(size=n) * (predicted * 0.2 if growing else 5)
    more = None if ends is None else {"given_interval": (predicted - ends, predicted + ends)}
    evidence = evidence_of(y, predicted, task=Task.REGRESSION, errors=settings, more=more)
    return errors.ask(evidence, evidence.spec.errors)


def interval(**more):
    return {"low": "low", "high": "high", "level": 0.9, **more}


def test_errors_that_grow_with_the_prediction_are_seen(found):
    """Their size is a fifth of the prediction."""
    finding = found(answered(), "ERRO-SPREAD")

    assert finding.measured.low > 0.3
    assert finding.reason.startswith("errors are larger for larger predictions: ")
    assert found(answered(growing=False), "ERRO-SPREAD").reason.startswith("no trend beyond chance: ")


def test_a_band_that_would_hold(found):
    """The 381st of 400 absolute errors at 95 %."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.arange(1.0, 401.0))
    evidence = evidence_of(y, np.zeros(400), task=Task.REGRESSION)

    assert 381 == found(errors.ask(evidence, evidence.spec.errors), "ERRO-CONFORMAL").measured.value


def test_given_intervals_are_counted_and_not_judged_by_themselves(found):
    """Without a bar the share of rows inside is a fact."""
    finding = found(answered(growing=False, ends=8.0, interval=interval()), "ERRO-COVERAGE")

    assert not finding.blocking
    assert 0.85 < finding.measured.value < 0.92
    assert finding.reason.endswith("of 400 true values lie inside the given intervals, which claim 90 %")


@pytest.mark.parametrize(("ends", "status"), [(15.0, Status.MET), (8.0, Status.NOT_PROVEN), (4.0, Status.NOT_MET)])
def test_given_intervals_are_judged_against_a_bar(found, ends, status):
    """Wide ones hold 90 of 100 rows for certain, narrow ones do not."""
    finding = found(answered(growing=False, ends=ends, interval=interval(at_least=0.9)), "ERRO-COVERAGE")

    assert finding.blocking
    assert status == finding.status
    assert (">=", 0.9, "set in the spec") == (
        finding.criterion.op, finding.criterion.threshold, finding.criterion.source
    )  # fmt: skip


def test_under_and_over_have_factors_of_their_own(found):
    """A model that always predicts 30 too high beats the median only while over is not too dear."""
    rng = np.random.default_rng(0)
    y = rng.normal(100, 40, 500)
    evidence = evidence_of(y, y + 20, task=Task.REGRESSION, errors={"costs": {"under": 3, "over": 1}})
    answer = errors.ask(evidence, evidence.spec.errors)
    over, under = found(answer, "ERRO-FLIP-OVER"), found(answer, "ERRO-FLIP-UNDER")

    assert over.measured.value > 1 > under.measured.value
    assert 1.0 == pytest.approx(over.measured.value * under.measured.value)
    assert "a unit predicted too high costs less than" in over.reason


def test_the_largest_errors_carry_their_share(found):
    """Ninety-nine errors of 1 to 99 and one of 901."""
    y = np.array([*range(1, 100), 901.0])
    evidence = evidence_of(y, np.zeros(100), task=Task.REGRESSION)

    answer = errors.ask(evidence, evidence.spec.errors)

    assert 901 / (4950 + 901) == pytest.approx(found(answer, "ERRO-CONCENTRATION").measured.value)


def test_no_errors_at_all_are_no_trouble(found):
    """A perfect prediction has no spread and a band without width."""
    evidence = evidence_of(np.arange(50.0), np.arange(50.0), task=Task.REGRESSION)
    answer = errors.ask(evidence, evidence.spec.errors)

    assert found(answer, "ERRO-SPREAD").measured is None
    assert 0 == found(answer, "ERRO-CONFORMAL").measured.value
