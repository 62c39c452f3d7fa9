"""ROC AUC and average precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.scores import measure_ranking, ranking_metric
from tests.sampling import examples

BOTH = ("roc_auc", "average_precision")


def sample(n: int = 200, seed: int = 0, decimals: int = 1, prevalence: float = 0.4, **more) -> Cases:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < prevalence).astype(int)
    score = np.round(rng.normal(size=n) + y, decimals)
    return Cases(Task.BINARY, y, (score > 0.5).astype(int), score, **more)


@pytest.mark.parametrize("decimals", [0, 1, 8])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_those_of_scikit_learn(decimals, weighted):
    """Also with many ties and with weights."""
    weight = np.random.default_rng(5).random(200) if weighted else None
    cases = sample(decimals=decimals, weight=weight)
    auc = reference.roc_auc_score(cases.y_true, cases.y_score, sample_weight=weight)
    precision = reference.average_precision_score(cases.y_true, cases.y_score, sample_weight=weight)
    assert auc == pytest.approx(measure_ranking("roc_auc", cases).value)
    assert precision == pytest.approx(measure_ranking("average_precision", cases).value)


def test_delong_equals_the_brute_force_over_all_pairs():
    """Variance of the placements, each class with its own degrees of freedom."""
    cases = sample()
    positive, negative = cases.y_score[cases.y_true == 1], cases.y_score[cases.y_true == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    measured = measure_ranking("roc_auc", cases)
    assert isinstance(measured, Normal)
    assert (wins.mean(), math.sqrt(variance)) == pytest.approx((measured.value, measured.se))
    assert "DeLong" in measured.method


@pytest.mark.parametrize("metric", BOTH)
def test_errors_agree_with_the_jackknife(metric):
    """Leaving out one row at a time, within 4 %."""
    cases = sample(n=300)
    left_out = np.array([measure_ranking(metric, cases.subset(np.arange(300) != i)).value for i in range(300)])
    jackknife = math.sqrt(299 / 300 * float(((left_out - left_out.mean()) ** 2).sum()))
    assert jackknife == pytest.approx(measure_ranking(metric, cases).se, rel=0.04)


@pytest.mark.parametrize("metric", BOTH)
def test_influence_is_the_derivative_for_each_row(metric):
    """Raising the weight of one row by h changes the metric by h · influence / n."""
    cases, h = sample(50), 1e-6
    part = ranking_metric(metric, cases)
    for row in range(0, 50, 5):
        weight = np.ones(50)
        weight[row] += h
        slope = (ranking_metric(metric, sample(50, weight=weight)).value - part.value) / h
        assert slope == pytest.approx(part.influence[row] / 50, abs=1e-5)


@pytest.mark.parametrize("metric", BOTH)
@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10_000))
def test_only_the_order_of_scores_matters(metric, seed):
    """A rising transform of the scores and a shuffle of the rows leave the limits alone."""
    cases = sample(seed=seed)
    order = np.random.default_rng(seed).permutation(200)
    moved = Cases(Task.BINARY, cases.y_true[order], cases.y_pred[order], np.exp(3 * cases.y_score[order]))
    expected, found = measure_ranking(metric, cases), measure_ranking(metric, moved)
    assert expected.interval(0.95) == pytest.approx(found.interval(0.95))


@pytest.mark.parametrize("metric", BOTH)
def test_a_perfect_order_has_a_lower_limit_below_one(metric):
    """5 positives above 20 negatives prove no more than 0.05^(1/5)."""
    y = np.array([1] * 5 + [0] * 20)
    measured = measure_ranking(metric, Cases(Task.BINARY, y, y, -np.arange(25.0)))
    assert isinstance(measured, Unvaried)
    assert (1.0, 1.0) == (measured.value, measured.upper(0.05))
    assert 0.05 ** (1 / 5) == pytest.approx(measured.lower(0.05))


@pytest.mark.parametrize("metric", BOTH)
def test_constant_scores_rank_by_chance(metric):
    """AUC one half, average precision the share of positives, with a width."""
    y = np.array([1] * 30 + [0] * 70)
    measured = measure_ranking(metric, Cases(Task.BINARY, y, y, np.zeros(100)))
    assert {"roc_auc": 0.5, "average_precision": 0.3}[metric] == pytest.approx(measured.value)
    low, high = measured.interval(0.95)
    assert high - low > 0.1


@pytest.mark.parametrize("metric", BOTH)
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_cannot_be_ranked(metric, label):
    """A sentence instead of an exception."""
    y = np.full(10, label)
    assert isinstance(measure_ranking(metric, Cases(Task.BINARY, y, y, np.arange(10.0))), Missing)


def test_scores_must_be_there_and_finite():
    """Missing scores are said to be missing."""
    y = np.array([0, 1])
    assert isinstance(measure_ranking("roc_auc", Cases(Task.BINARY, y, y)), Missing)
    assert isinstance(measure_ranking("roc_auc", Cases(Task.BINARY, y, y, np.array([0.1, np.nan]))), Missing)


@pytest.mark.parametrize("metric", BOTH)
@given(st.integers(0, 10_000))
@settings(max_examples=examples(30), deadline=None)
def test_small_samples_stay_in_range_and_have_a_width(metric, seed):
    """Twelve rows, one or more positives, ties: limits lie between 0 and 1 around the value."""
    measured = measure_ranking(metric, sample(12, seed, decimals=0))
    if isinstance(measured, Missing):
        return
    low, high = measured.interval(0.95)
    assert 0 <= low <= measured.value <= high <= 1
    assert high > low


@pytest.mark.parametrize("metric", BOTH)
def test_copies_of_rows_count_once_when_grouped(metric):
    """Twice the same rows in pairs leave the limits nearly where they were."""
    twice = np.repeat(np.arange(400), 2)
    once, grouped = sample(400, 1, 8), sample(400, 1, 8, groups=np.arange(400)).subset(twice)
    expected, found = measure_ranking(metric, once).interval(0.95), measure_ranking(metric, grouped).interval(0.95)
    assert expected == pytest.approx(found, abs=0.01)


def test_delong_bounds_cover():
    """AUC 0.76, 40 % positive, n = 200: the one-sided 5 % lower bound is above the truth in at most 9 % of 400 samples."""
    truth = 0.7602
    above = sum(measure_ranking("roc_auc", sample(seed=s, decimals=8)).lower(0.05) > truth for s in range(400))
    assert 0.01 <= above / 400 <= 0.09


def test_a_hundred_thousand_rows_are_measured():
    """One sort and a few sums: pairs of rows would be 2,400 million numbers, more than the limit of a test allows."""
    cases = sample(100_000, decimals=8)
    for metric in BOTH:
        assert 0.6 < measure_ranking(metric, cases).value < 0.8


def test_average_precision_bounds_cover_although_it_is_too_high():
    """30 of 330 positive, AUC 0.76: a mean of 0.30 for a truth of 0.274, and the lower 5 % limit misses in at most 8 %."""
    rng, truth, misses, values = np.random.default_rng(0), 0.2735, np.zeros(2), []
    y = np.repeat([1, 0], [30, 300])
    for _ in range(300):
        measured = measure_ranking("average_precision", Cases(Task.BINARY, y, y, rng.normal(size=330) + 0.999 * y))
        values.append(measured.value)
        misses += measured.lower(0.05) > truth, measured.upper(0.05) < truth
    assert np.mean(values) > truth + 0.01
    assert misses.max() / 300 <= 0.08


@pytest.mark.parametrize("metric", BOTH)
def test_more_confidence_is_wider(metric):
    """99 % around 90 % around the value."""
    measured = measure_ranking(metric, sample())
    (a, b), (c, d) = measured.interval(0.99), measured.interval(0.90)
    assert a < c < measured.value < d < b


@pytest.mark.parametrize("metric", BOTH)
def test_one_positive_has_limits_that_say_little(metric):
    """A single positive among 50 in the middle: limits far from each other, and inside 0 and 1."""
    y = (np.arange(50) == 20).astype(int)
    low, high = measure_ranking(metric, Cases(Task.BINARY, y, y, -np.arange(50.0))).interval(0.95)
    assert 0 <= low < high <= 1
    assert high - low > 0.3
