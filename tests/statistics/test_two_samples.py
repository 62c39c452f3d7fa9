"""Rows of two samples told apart: by one column, by two together, by groups that must not be torn, by nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readiness.core.missing import Missing
from readiness.statistics.drift import FOLDS, TwoSampleTest, area_error, compare_samples, detectable_area
from readiness.statistics.intervals import Normal, Unvaried


def sides(n, m):
    return np.arange(n + m) >= n


def told(codes, second, groups=None, seed=0):
    found = compare_samples(np.asarray(codes, dtype=np.uint8), second, groups, seed=seed)
    assert isinstance(found, TwoSampleTest)
    return found


def test_one_distribution_cannot_be_told_apart():
    """The area lies near a half, and its limit far below a bar of .65."""
    rng = np.random.default_rng(1)
    found = told(rng.integers(0, 16, (2_000, 6)), sides(1_000, 1_000))
    assert 0.45 < found.area.value < 0.55
    assert found.area.lower(0.002) < found.area.value < found.area.upper(0.002)


def test_a_column_that_moved_is_found():
    """P(a row of the second is above one of the first) is .70 for these shares; the trees come near it."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 16, (6_000, 5))
    codes[3_000:, 2] = np.where(rng.random(3_000) < 0.4, 15, codes[3_000:, 2])
    found = told(codes, sides(3_000, 3_000))
    true = 0.6 * 0.5 + 0.4 * (1 - 1 / 32)
    assert found.area.value == pytest.approx(true, abs=0.03)
    assert np.mean(found.chance[3_000:]) > np.mean(found.chance[:3_000])


def test_columns_that_hang_together_otherwise_are_found():
    """Each alone is as it was."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 2, (4_000, 4))
    codes[2_000:, 1] = codes[2_000:, 0]
    assert told(codes, sides(2_000, 2_000)).area.lower(0.002) > 0.6


def test_the_area_is_the_mean_over_folds_of_rows_that_were_not_fitted():
    """Pooled scores would give another number, as each fold has its own classifier."""
    rng = np.random.default_rng(4)
    second = sides(300, 300)
    codes = rng.integers(0, 16, (600, 3))
    found = told(codes, second)
    again = told(codes, second)
    np.testing.assert_array_equal(found.chance, again.chance)
    assert found.area.value != roc_auc_score(second, found.chance)
    assert told(codes, second, seed=5).area.value != found.area.value


def test_rows_of_a_group_stay_in_one_fold():
    """Customers who keep their columns are known again, which is no difference between the tables."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(80), 25)
    codes = rng.integers(0, 16, (80, 6))[groups]
    second = groups >= 40
    assert told(codes, second).area.lower(0.002) > 0.9
    assert told(codes, second, groups).area.lower(0.002) < 0.65


def test_wholly_other_rows_leave_no_spread():
    """The limit then comes from the number of rows."""
    found = told(np.repeat([[0], [9]], 50, axis=0), sides(50, 50))
    assert isinstance(found.area, Unvaried)
    assert found.area.value == 1
    assert 0.65 < found.area.lower(0.002) < 1


@pytest.mark.parametrize(("n", "m"), [(9, 500), (500, 9), (1, 1)])
def test_too_few_rows_tell_nothing(n, m):
    """It says how many there are."""
    found = compare_samples(np.zeros((n + m, 1)), sides(n, m), seed=0)
    assert isinstance(found, Missing)
    assert str(min(n, m)) in found.reason


def test_one_group_cannot_be_kept_apart():
    """There is no fold without it."""
    found = compare_samples(np.zeros((40, 1)), sides(20, 20), np.zeros(40, dtype=np.int64), seed=0)
    assert isinstance(found, Missing)


def test_the_error_of_an_area():
    """Hanley and McNeil (1982), worked by hand for A = .8 with 20 and 30 rows: Q1 = .66667, Q2 = .71111."""
    variance = (0.16 + 19 * (2 / 3 - 0.64) + 29 * (1.28 / 1.8 - 0.64)) / 600
    assert area_error(0.8, 20, 30) == pytest.approx(variance**0.5)


def test_the_detectable_area_is_the_one_that_is_found_four_times_in_five():
    """Simulated: areas of that size, on their logit scale, lie above the bar with their limit in 80 % of draws."""
    area = detectable_area(300, 300, 0.65, 0.002)
    assert area is not None
    error = area_error(area, 300, 300) / (area * (1 - area))
    drawn = np.log(area / (1 - area)) + error * np.random.default_rng(0).normal(size=20_000)
    limits = [Normal(1 / (1 + np.exp(-each)), area_error(area, 300, 300), np.inf, 600).value for each in drawn]
    above = np.mean(np.log(np.array(limits) / (1 - np.array(limits))) - 2.878 * error > np.log(0.65 / 0.35))
    assert above == pytest.approx(0.8, abs=0.02)


def test_more_rows_detect_less_and_few_rows_nothing():
    """None: not even rows that are wholly told apart would show it."""
    assert detectable_area(20, 20, 0.65, 0.002) is None
    found = [detectable_area(n, n, 0.65, 0.002) for n in (100, 1_000, 10_000)]
    assert found == sorted(found, reverse=True)
    assert FOLDS > 1
