"""Accuracy within the first k classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Binomial
from readiness.statistics.scores import chance_in_top, measure_top, top_influence


def sample(decimals: int = 8, n: int = 200, **more) -> Cases:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 5, n)
    score = np.round(rng.dirichlet(np.ones(5), n) + 0.2 * np.eye(5)[y], decimals)
    return Cases(Task.MULTICLASS, y, score.argmax(axis=1), score, 5, True, **more)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_values_are_those_of_scikit_learn(k, decimals):
    """Also with many ties, and with weights."""
    weight = np.random.default_rng(1).random(200)
    for cases in (sample(decimals), sample(decimals, weight=weight)):
        expected = reference.top_k_accuracy_score(cases.y_true, cases.y_score, k=k, sample_weight=cases.weight)
        assert expected == pytest.approx(measure_top(f"top_{k}_accuracy", cases).value)


def test_it_is_a_share_of_rows():
    """Independent rows: exact limits of a share."""
    measured = measure_top("top_2_accuracy", sample())
    assert isinstance(measured, Binomial)
    assert (200, 1.0) == (measured.n, measured.deff)


def test_influence_is_the_indicator_less_its_mean():
    """Mean 0, and one apart between a hit and a miss."""
    pull = top_influence("top_2_accuracy", sample())
    assert 0 == pytest.approx(pull.mean(), abs=1e-12)
    assert 1 == pytest.approx(np.ptp(pull))
    assert 2 == len(np.unique(pull))


def test_as_many_places_as_classes_say_nothing():
    """The true class is always among all five; without scores nothing is first."""
    assert "only 5 classes" in measure_top("top_5_accuracy", sample()).reason
    assert isinstance(
        measure_top("top_2_accuracy", Cases(Task.MULTICLASS, np.arange(3), np.arange(3), n_classes=3)), Missing
    )


def test_a_guess_puts_its_likeliest_classes_first():
    """Of four classes two are tied for the second place: each of them has it half of the time."""
    assert [1.0, 0.5, 0.5, 0.0] == chance_in_top("top_2_accuracy", (0.4, 0.25, 0.25, 0.1)).tolist()
    assert [0.5] * 4 == chance_in_top("top_2_accuracy", (0.25,) * 4).tolist()
