"""In which way probabilities are wrong, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from readiness.core.missing import Missing
from readiness.statistics.calibration import (
    brier_excess,
    brier_parts,
    calibration_in_the_large,
    probabilities_of,
    recalibrate,
)
from tests.statistics.test_calibration import binary, drawn


def test_the_line_is_that_of_scikit_learn():
    """Slope and intercept of an unpenalised logistic regression on the log odds."""
    rows = probabilities_of(drawn(800, 0, sureness=1.7, base=-1))
    weight = np.random.default_rng(0).random(800)
    weighted = probabilities_of(drawn(800, 0, sureness=1.7, base=-1, weight=weight))

    for part, w in ((rows, None), (weighted, weight)):
        model = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(part.given)[:, None], part.came_true, w)
        found = recalibrate(part)
        assert float(model.coef_[0, 0]) == pytest.approx(found.slope.value, rel=1e-4)
        assert float(model.intercept_[0]) == pytest.approx(found.intercept, rel=1e-3, abs=1e-4)


def test_the_slope_of_a_model_that_is_twice_too_sure_is_a_half():
    """Its interval holds a half and not 1; about 95 of 100 intervals do."""
    inside = 0
    for seed in range(60):
        low, high = recalibrate(probabilities_of(drawn(500, seed, sureness=2.0))).slope.interval(0.95)
        inside += low <= 0.5 <= high

    assert inside >= 52


@pytest.mark.parametrize(
    ("given", "true"),
    [([0.2, 0.8], [0, 0]), ([0.3, 0.3], [0, 1]), ([0.1, 0.2, 0.8, 0.9] * 5, [0, 0, 1, 1] * 5)],
)
def test_without_a_slope_the_reason_is_said(given, true):
    """One class, equal probabilities, classes fully apart."""
    assert isinstance(recalibrate(probabilities_of(binary(given, true))), Missing)


def test_probabilities_of_zero_and_one_are_counted():
    """They have no log odds and are moved."""
    found = recalibrate(probabilities_of(binary([0, 0, 1, 1, 0.4, 0.6], [0, 1, 1, 0, 0, 1])))

    assert 4 == found.extreme


def test_the_mean_is_compared_with_the_share():
    """0.3 on average was given and half came true."""
    gap = calibration_in_the_large(probabilities_of(binary([0.2, 0.4] * 20, [0, 1] * 20)))

    assert -0.2 == pytest.approx(gap.value)
    assert gap.upper(0.05) < 0


def test_spiegelhalter_by_hand():
    """p = 0.2, 0.6, 0.9 with 1, 1, 0: the excess is the sum of (y - p)(1 - 2p) over three."""
    found = brier_excess(probabilities_of(binary([0.2, 0.6, 0.9], [1, 1, 0])))
    total = 0.8 * 0.6 + 0.4 * -0.2 + -0.9 * -0.8
    variance = 0.36 * 0.16 + 0.04 * 0.24 + 0.64 * 0.09

    assert total / 3 == pytest.approx(found.excess.value)
    assert total / np.sqrt(variance) == pytest.approx(found.z)
    assert (0.64 + 0.16 + 0.81) / 3 == pytest.approx(found.score)


def test_spiegelhalter_seldom_refutes_a_perfect_model():
    """A p-value below 0.05 comes in about 5 of 100."""
    small = sum(brier_excess(probabilities_of(drawn(100, seed))).p_value < 0.05 for seed in range(400))

    assert small <= 0.05 * 400 + 2 * np.sqrt(0.05 * 0.95 * 400)


def test_spiegelhalter_hears_groups():
    """Copies of a row that belong together do not raise z."""
    copies = np.repeat(np.arange(100), 9)
    told = brier_excess(probabilities_of(drawn(100, 1, groups=np.arange(100)).subset(copies)))
    untold = brier_excess(probabilities_of(drawn(100, 1).subset(copies)))

    assert abs(told.z) < 0.5 * abs(untold.z)


@pytest.mark.parametrize("given", [0.0, 0.5, 1.0])
def test_without_room_for_chance_there_is_no_test(given):
    """Every probability is 0, 1 or a half."""
    assert isinstance(brier_excess(probabilities_of(binary([given] * 4, [0, 1, 0, 1]))), Missing)


def test_the_parts_of_the_brier_score_add_up():
    """With one probability in each bin the parts are exact (Murphy 1973)."""
    cases = binary([0.1] * 50 + [0.8] * 50, [1] * 10 + [0] * 40 + [1] * 30 + [0] * 20)
    rows = probabilities_of(cases)
    parts = brier_parts(rows)

    assert 0.24 == pytest.approx(parts.uncertainty)
    assert 0.025 == pytest.approx(parts.reliability)
    assert 0.04 == pytest.approx(parts.resolution)
    assert brier_excess(rows).score == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty)
