"""A decline over time: the line through the rows, its error, and what is no trend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.stability import decline, places_in_time


def values(errors, time=None):
    """Regression cases with these errors, in the order given."""
    errors = np.asarray(errors, dtype=float)
    order = np.arange(len(errors)) if time is None else np.asarray(time)
    return Cases(Task.REGRESSION, np.zeros(len(errors)), errors, time=order)


def test_places_share_the_middle_of_a_moment():
    """Times 1, 2, 2, 3: places 0, 1.5, 1.5 and 3 of 3."""
    assert [0, 0.5, 0.5, 1] == places_in_time(np.array([1, 2, 2, 3])).tolist()


def test_the_slope_is_that_of_least_squares():
    """As statsmodels fits it to the absolute errors."""
    import statsmodels.api as sm

    errors = np.linspace(1, 2, 200) + np.random.default_rng(0).uniform(0, 0.3, 200)
    fitted = sm.OLS(errors, sm.add_constant(np.arange(200) / 199)).fit()

    assert fitted.params[1] == pytest.approx(decline("mae", values(errors)).value)
    assert fitted.params[1] / errors.mean() == pytest.approx(decline("mae", values(errors), relative=True).value)


def test_the_error_by_group_is_the_robust_one():
    """With every row its own group, HC0 of statsmodels times root n/(n-1)."""
    import statsmodels.api as sm

    errors = np.random.default_rng(0).uniform(0, 1, 200)
    fitted = sm.OLS(errors, sm.add_constant(np.arange(200) / 199)).fit(cov_type="HC0")
    found = decline("mae", replace(values(errors), groups=np.arange(200)))

    assert fitted.bse[1] * np.sqrt(200 / 199) == pytest.approx(found.se)
    assert "by group" in found.method


def test_a_falling_metric_is_a_positive_decline():
    """Accuracy from 1 to 0 along the rows falls by more than 1 on a straight line."""
    right = np.r_[np.ones(100), np.zeros(100)].astype(int)
    cases = Cases(Task.BINARY, np.ones(200, dtype=int), right, time=np.arange(200))

    assert decline("accuracy", cases).value == pytest.approx(1.5, abs=0.02)
    assert decline("accuracy", replace(cases, time=np.arange(200)[::-1])).value == pytest.approx(-1.5, abs=0.02)


def test_no_decline_is_seldom_proven():
    """In 200 series without a trend the one-sided 5 % limit is above 0 in at most 10 of 100, also in runs."""
    random = np.random.default_rng(0)
    alone = [decline("mae", values(random.uniform(0, 1, 400))).lower(0.05) > 0 for _ in range(200)]
    runs = [decline("mae", values(np.repeat(random.uniform(0, 1, 100), 4))).lower(0.05) > 0 for _ in range(200)]

    assert max(np.mean(alone), np.mean(runs)) <= 0.10


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        (values(np.arange(9)), "fewer than 10 different times"),
        (values(np.arange(50), np.zeros(50, dtype=int)), "fewer than 10 different times"),
        (values(np.ones(50)), "no trend can be told"),
        (replace(values(np.arange(50)), time=None), "fewer than 10 different times"),
    ],
    ids=["few rows", "one moment", "all alike", "no time"],
)
def test_what_is_no_trend(cases, words):
    """Too few times, or rows that are all alike."""
    found = decline("mae", cases)

    assert isinstance(found, Missing)
    assert words in found.reason


def test_an_error_of_zero_cannot_grow_by_a_share():
    """There is nothing to compare with."""
    assert isinstance(decline("mae", values(np.zeros(50)), relative=True), Missing)
