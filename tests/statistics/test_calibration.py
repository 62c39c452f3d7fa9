"""Calibration error: freed of its chance part, with limits that hold."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.calibration import (
    calibration_influence,
    equal_bins,
    measure_calibration_error,
    probabilities_of,
)
from readiness.statistics.cases import Cases


def binary(given, true, **more) -> Cases:
    given, true = np.asarray(given, dtype=float), np.asarray(true, dtype=np.int64)
    return Cases(Task.BINARY, true, (given >= 0.5).astype(np.int64), given, 2, True, **more)


def drawn(n: int, seed: int, *, sureness: float = 1.0, base: float = 0.0, **more) -> Cases:
    """Rows whose true log odds are normal, and which a candidate gives `sureness` times as large."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(base, 1.5, n)
    came_true = rng.random(n) < 1 / (1 + np.exp(-odds))
    return binary(1 / (1 + np.exp(-sureness * odds)), came_true, **more)


def test_by_hand():
    """Two bins of 50: 10 of 50 where 0.1 was given and 30 of 50 where 0.8 was given.

    Squared: (0.1² + 0.2²) / 2 = 0.025; chance part: (0.2 · 0.8 + 0.6 · 0.4) / 49 / 2 = 0.0040816.
    """
    cases = binary([0.1] * 50 + [0.8] * 50, [1] * 10 + [0] * 40 + [1] * 30 + [0] * 20)

    error = measure_calibration_error(cases)

    assert 0.025 == pytest.approx(error.squared)
    assert (0.16 + 0.24) / 98 == pytest.approx(error.noise)
    assert np.sqrt(0.025 - 0.4 / 98) == pytest.approx(error.value)
    assert 100 == error.n


def test_bins_are_as_large_as_ties_allow():
    """Equal probabilities share a bin, and there are 15 at most, of 50 rows at least."""
    assert [50] * 4 == np.bincount(equal_bins(np.arange(200.0), 4, np.arange(200.0))).tolist()
    assert [150, 50] == np.bincount(
        equal_bins(np.array([0.1] * 150 + [0.9] * 50), 4, np.array([0.1] * 150 + [0.9] * 50))
    ).tolist()
    assert [7] == np.bincount(equal_bins(np.full(7, 0.3), 5, np.full(7, 0.3))).tolist()
    for n, bins in ((30, 1), (100, 2), (10_000, 15)):
        assert bins == int(probabilities_of(drawn(n, 0)).bins.max()) + 1


@pytest.mark.parametrize("n", [100, 300, 1000, 10_000])
@pytest.mark.parametrize("base", [0.0, -4.0])
def test_a_perfect_model_is_not_refuted(n, base):
    """At most 5 in 100 perfect models get a lower limit above 0, be the positive class frequent or rare."""
    runs = 150 if n < 5000 else 60
    errors = [measure_calibration_error(drawn(n, seed, base=base)) for seed in range(runs)]

    assert sum(error.lower(0.05) > 0 for error in errors) <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)
    assert all(error.lower(0.05) <= error.value <= error.upper(0.05) for error in errors)


def true_error(cases: Cases, sureness: float) -> float:
    rows = probabilities_of(cases)
    bins = rows.bins
    odds = np.log(rows.given / (1 - rows.given)) / sureness
    gap = np.bincount(bins, 1 / (1 + np.exp(-odds)) - rows.given) / np.bincount(bins)
    return float(np.sqrt((np.bincount(bins) * gap**2).sum() / rows.n))


@pytest.mark.parametrize("n", [300, 2000])
def test_limits_of_a_model_that_is_too_sure_hold(n):
    """Each one-sided 5 % limit misses the true error in about 5 of 100 samples."""
    runs = 200
    below = above = 0
    for seed in range(runs):
        cases = drawn(n, seed, sureness=2.0)
        error, truth = measure_calibration_error(cases), true_error(cases, 2.0)
        below += error.upper(0.05) < truth
        above += error.lower(0.05) > truth

    assert below <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)
    assert above <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)


def test_a_planted_fault_is_found():
    """A model that is twice too sure is refuted with 2,000 rows."""
    assert measure_calibration_error(drawn(2000, 1, sureness=2.0)).lower(0.05) > 0.05


def test_copies_that_belong_together_prove_no_more():
    """Ten copies of each row, told as one group each, have the limits of the single rows, nearly."""
    once = drawn(300, 3, sureness=1.5)
    copies = np.repeat(np.arange(300), 10)
    told = measure_calibration_error(drawn(300, 3, sureness=1.5, groups=np.arange(300)).subset(copies))
    untold = measure_calibration_error(once.subset(copies))
    alone = measure_calibration_error(once)

    assert told.upper(0.05) - told.lower(0.05) > 0.8 * (alone.upper(0.05) - alone.lower(0.05))
    assert untold.upper(0.05) - untold.lower(0.05) < 0.7 * (alone.upper(0.05) - alone.lower(0.05))


def test_weights_of_two_equal_a_second_row_in_value():
    """The plain error does not tell a weight from a repetition."""
    cases = drawn(400, 5, weight=np.repeat([1.0, 3.0], 200))

    assert 0 < measure_calibration_error(cases).upper(0.05) < 1
    assert measure_calibration_error(drawn(400, 5, weight=np.full(400, 7.0))) == measure_calibration_error(
        drawn(400, 5, weight=np.ones(400))
    )


def test_rows_in_time_order_are_heard():
    """A spell of luck that lasts is no proof of a wrong model."""
    rng = np.random.default_rng(0)
    runs = np.repeat(rng.random(40) < 0.5, 25)
    given, time = np.full(1000, 0.5), np.repeat(np.arange(40), 25)
    alone, ordered = (measure_calibration_error(binary(given, runs, **more)) for more in ({}, {"time": time}))

    assert ordered.upper(0.05) > 2 * alone.upper(0.05)


def test_influences_have_mean_zero_and_predict_the_change():
    """Leaving a row out moves the error by about minus its influence over n."""
    cases = drawn(1500, 2, sureness=2.5)
    pull, error = calibration_influence(cases), measure_calibration_error(cases)
    heavier = np.ones(1500)
    heavier[7] += 0.01
    moved = measure_calibration_error(drawn(1500, 2, sureness=2.5, weight=heavier))

    assert 0 == pytest.approx(pull.mean(), abs=1e-12)
    assert pull[7] * 0.01 / 1500 == pytest.approx(moved.value - error.value, rel=0.2, abs=1e-7)


@pytest.mark.parametrize(
    "cases",
    [
        binary([], []),
        binary([0.2], [1]),
        binary([np.nan, 0.1], [1, 0]),
        Cases(Task.BINARY, np.array([0, 1]), np.array([0, 1]), np.array([0.1, 3.0])),
        Cases(Task.REGRESSION, np.ones(3), np.ones(3)),
        binary([0.2, 0.4], [1, 0], groups=np.array([1, 1])),
        binary([0.2, 0.4], [1, 0], weight=np.zeros(2)),
    ],
)
def test_what_does_not_exist_says_so(cases):
    """No rows, one row, missing numbers, scores that are no probabilities, one group: a reason instead of a number."""
    found = measure_calibration_error(cases)

    assert isinstance(found, Missing)
    assert found.reason.endswith(".")


@pytest.mark.parametrize("given", [0.0, 0.3, 1.0])
def test_equal_scores_and_one_class_are_no_trouble(given):
    """All alike: one bin, whose difference is the whole of it."""
    error = measure_calibration_error(binary(np.full(200, given), np.zeros(200)))

    assert given == pytest.approx(error.value, abs=0.01)
    assert 0 <= error.lower(0.05) <= error.value <= error.upper(0.05) <= 1


def test_more_classes_are_judged_by_the_predicted_one():
    """The probability of the predicted class against whether it is right."""
    scores = np.array([[0.7, 0.2, 0.1]] * 60)
    cases = Cases(Task.MULTICLASS, np.array([0] * 42 + [1] * 18), np.zeros(60, dtype=np.int64), scores, 3, True)

    assert 0 == pytest.approx(measure_calibration_error(cases).squared, abs=1e-12)


def test_large_samples_stay_finite():
    """Far from perfect with very many rows: the limits close in on the value."""
    rng = np.random.default_rng(0)
    given = rng.random(300_000)
    error = measure_calibration_error(binary(given, rng.random(300_000) < 0.1))

    assert error.value - 0.01 < error.lower(0.05) < error.value < error.upper(0.05) < error.value + 0.01
