"""ROC AUC of many classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Unvaried
from readiness.statistics.scores import CLASS_RANKING_METRICS, ClassMean, measure_ranking, rank_classes

EVERY = sorted(CLASS_RANKING_METRICS)


def sample(n: int = 150, decimals: int = 3, **more) -> Cases:
    rng = np.random.default_rng(0)
    y = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    score = np.round(rng.dirichlet(np.ones(3), n) * 0.7 + 0.3 * np.eye(3)[y] * rng.random((n, 1)), decimals)
    score /= score.sum(axis=1, keepdims=True)
    return Cases(Task.MULTICLASS, y, score.argmax(axis=1), score, 3, True, **more)


@pytest.mark.parametrize("decimals", [1, 8])
@pytest.mark.parametrize("metric", EVERY)
def test_values_are_those_of_scikit_learn(metric, decimals):
    """Each class against the rest and each pair, also with ties; scikit-learn knows weights only for the former."""
    way, average = metric.split("_")[2], "weighted" if metric.endswith("weighted") else "macro"
    weights = [None] if way == "ovo" else [None, np.random.default_rng(1).random(150)]
    for weight in weights:
        cases = sample(decimals=decimals, weight=weight)
        expected = reference.roc_auc_score(
            cases.y_true, cases.y_score, multi_class=way, average=average, sample_weight=weight
        )
        assert expected == pytest.approx(measure_ranking(metric, cases).value)


@pytest.mark.parametrize("metric", EVERY)
def test_influence_is_the_derivative_for_each_row(metric):
    """Raising the weight of one row by h changes the metric by h · influence / n."""
    cases, h = sample(60), 1e-6
    part = rank_classes(metric, cases)
    assert 0 == pytest.approx(part.influence.mean(), abs=1e-12)
    for row in range(0, 60, 7):
        weight = np.ones(60)
        weight[row] += h
        slope = (rank_classes(metric, sample(60, weight=weight)).value - part.value) / h
        assert slope == pytest.approx(part.influence[row] / 60, abs=1e-5)


@pytest.mark.parametrize("metric", EVERY)
def test_errors_agree_with_the_jackknife(metric):
    """Leaving out one row at a time, within 4 %."""
    cases = sample()
    left_out = np.array([measure_ranking(metric, cases.subset(np.arange(150) != i)).value for i in range(150)])
    jackknife = math.sqrt(149 / 150 * float(((left_out - left_out.mean()) ** 2).sum()))
    measured = measure_ranking(metric, cases)
    assert isinstance(measured, ClassMean)
    measured = measured.inner
    assert jackknife == pytest.approx(measured.se, rel=0.04)


@pytest.mark.parametrize("metric", EVERY)
def test_row_order_and_rising_scores_do_not_matter(metric):
    """A shuffle, and a rising transform of all scores."""
    cases = sample()
    order = np.random.default_rng(3).permutation(150)
    moved = Cases(Task.MULTICLASS, cases.y_true[order], cases.y_pred[order], np.exp(3 * cases.y_score[order]), 3)
    expected, found = measure_ranking(metric, cases), measure_ranking(metric, moved)
    assert expected.interval(0.95) == pytest.approx(found.interval(0.95))


@pytest.mark.parametrize("metric", EVERY)
def test_perfect_and_constant_scores_have_a_width(metric):
    """1 with a lower limit from the smallest class; one half with limits on both sides."""
    y = np.repeat([0, 1, 2], [30, 20, 6])
    perfect = measure_ranking(metric, Cases(Task.MULTICLASS, y, y, np.eye(3)[y], 3))
    assert (1.0, 0.05 ** (1 / 6)) == pytest.approx((perfect.value, perfect.lower(0.05)))
    constant = measure_ranking(metric, Cases(Task.MULTICLASS, y, y, np.full((56, 3), 1 / 3), 3))
    assert isinstance(constant, Unvaried)
    assert constant.lower(0.05) < 0.5 == pytest.approx(constant.value)
    assert constant.upper(0.05) > 0.5


@pytest.mark.parametrize("metric", EVERY)
def test_a_class_without_rows_leaves_it_undefined(metric):
    """A sentence, no exception."""
    cases = sample()
    assert isinstance(measure_ranking(metric, cases.subset(cases.y_true != 2)), Missing)
