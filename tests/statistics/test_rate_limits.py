"""Limits scaled to small rates: hand-worked, recorded and live alike, and never wider than stated."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from readiness.core.errors import InvalidReport
from readiness.core.metrics import METRICS
from readiness.core.missing import Missing
from readiness.statistics.basis import basis_of
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial, Mover, Normal
from readiness.statistics.rate_limits import LEAST, recorded_limit, scaled_limit, why_scaled

RECALL, FALSE_ALARMS, AUC, MAE = (METRICS[name] for name in ("recall", "false_positive_rate", "roc_auc", "mae"))


def limit(metric, rest, stated=0.15):
    return scaled_limit(metric, stated, rest, alpha=0.05)


@pytest.mark.parametrize(("rate", "expected"), [(0.9, 0.15), (0.3, 0.15), (0.2, 0.1), (0.002, 0.001), (0.0, 0.15)])
def test_a_large_rate_may_lose_half_of_what_it_has(rate, expected):
    """What has nothing to lose cannot lose anything, so that its limit does not matter."""
    assert expected == pytest.approx(limit(RECALL, Exact(rate)))


def test_what_a_guess_reaches_cannot_be_lost():
    """An area of 0.6 has 0.1 to lose, down to that of a guess; one of 0.45 has nothing."""
    assert 0.05 == pytest.approx(limit(AUC, Exact(0.6)))
    assert 0.15 == limit(AUC, Exact(0.45))


@pytest.mark.parametrize(
    ("hits", "rows", "expected"),
    [(10, 5000, LEAST), (0, 5000, LEAST), (50, 5000, None), (3, 179, 0.15), (0, 30, 0.15), (2000, 5000, 0.15)],
)
def test_a_small_rate_may_grow_to_five_times_the_most_that_it_may_be(hits, rows, expected):
    """Four times the upper limit of Clopper and Pearson, at least 0.02; few rows keep the stated limit."""
    most = 4 * beta.ppf(0.95, hits + 1, rows - hits)
    found = limit(FALSE_ALARMS, Binomial(hits, rows))
    assert (most if expected is None else expected) == pytest.approx(found)
    assert found <= 0.15


def test_other_metrics_and_unknown_rests_keep_the_stated_limit():
    assert 0.15 == limit(MAE, Exact(0.001))
    assert 0.15 == limit(FALSE_ALARMS, Missing("there are no such rows"))


def test_a_stated_limit_is_never_widened():
    assert 0.01 == limit(FALSE_ALARMS, Binomial(10, 5000), stated=0.01)


@pytest.mark.parametrize("metric", [RECALL, FALSE_ALARMS])
def test_the_record_gives_the_same_limit(metric):
    small, rest = Binomial(3, 100), Binomial(12, 1200)
    difference = Mover(rest, small) if metric.greater_is_better else Mover(small, rest)
    assert limit(metric, rest) == recorded_limit(basis_of(difference), metric, 0.15, alpha=0.05)
    assert 0.15 == recorded_limit(None, metric, 0.15, alpha=0.05)


def test_a_basis_of_impossible_numbers_is_refused():
    basis = basis_of(Mover(Binomial(1, 10), Normal(0.1, 0.01, 5, 10)))
    object.__setattr__(basis.parts[0], "numbers", {**basis.parts[0].numbers, "successes": 1e9})
    with pytest.raises(InvalidReport):
        recorded_limit(basis, RECALL, 0.15, alpha=0.05)


def test_a_narrower_limit_says_why():
    assert "" == why_scaled(RECALL, 0.15, 0.15)
    assert "half of what the others have to lose" in why_scaled(RECALL, 0.15, 0.05)
    assert "four times" in why_scaled(FALSE_ALARMS, 0.15, 0.06)
    assert "0.02 here, for theirs is so small, and not 0.15" in why_scaled(FALSE_ALARMS, 0.15, 0.02)
