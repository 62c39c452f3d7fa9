"""A mean over classes claims no more than its rarest class can prove."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from readiness.statistics.intervals import Normal
from readiness.statistics.scores import class_mean


def test_the_ceiling_is_that_of_perfect_classes():
    """1 - root of the sum of ((1 - alpha^(1/m)) / K)²: 100 and 20 rows, five per cent."""
    sure = Normal(0.999, 1e-6, 50.0, 120, "logit", "m", 0.0, 1.0)
    unseen = (1 - 0.05 ** (1 / np.array([100, 20]))) / 2
    mean = class_mean(sure, np.array([100.0, 0.0, 20.0]), None, weighted=False)
    assert 1 - np.hypot(*unseen) == pytest.approx(mean.lower(0.05))
    assert sure.upper(0.05) == mean.upper(0.05)


def test_a_mean_far_from_one_keeps_its_limits():
    """The ceiling is above them."""
    usual = Normal(0.6, 0.05, 50.0, 120, "logit", "m", 0.0, 1.0)
    mean = class_mean(usual, np.array([100.0, 20.0]), None, weighted=True)
    assert usual.interval(0.95) == mean.interval(0.95)
    assert (0.6, 120) == (mean.value, mean.n)


def test_balanced_accuracy_near_one_is_seldom_overstated():
    """Three classes of 600, 300 and 100 rows, recall 0.9955 in each: lower limits above the truth in at most 5 %."""
    rng, classes = np.random.default_rng(0), np.repeat([0, 1, 2], [600, 300, 100])
    missed = 0
    for _ in range(300):
        wrong = rng.random(1000) > 0.9955
        cases = Cases(Task.MULTICLASS, classes, np.where(wrong, (classes + 1) % 3, classes), n_classes=3)
        found = measure("balanced_accuracy", cases)
        missed += found.lower(0.05) > 0.9955
    assert balanced_accuracy_score(cases.y_true, cases.y_pred) == pytest.approx(found.value)
    assert missed / 300 <= 0.075
