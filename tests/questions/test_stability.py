"""Question 5: refits of clones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.refits import Fold, RefitEstimate, Refits
from readiness.questions import stability
from tests.questions.conftest import evidence_of, of_cells


def refits(scores, predicted, n_train=800, n_test=200, asked=None):
    table = np.asarray(scores, dtype=float)
    folds = tuple(
        Fold(repeat, fold, n_train, n_test, float(score), 0.1)
        for repeat, row in enumerate(table)
        for fold, score in enumerate(row)
    )
    cost = RefitEstimate(table.size, 0.1, 2)
    return Refits(folds, np.asarray(predicted), asked or len(table), f"{table.shape[1]} shuffled folds", cost, 1.0)


def asked(scores, predicted, *, task=Task.BINARY, **parts):
    evidence = evidence_of(*of_cells(80, 20, 20, 880), task=task, **parts)
    evidence = replace(evidence, refits=refits(scores, predicted))
    return stability.ask(evidence, evidence.spec.stability)


STEADY = np.tile([0, 1] * 500, (10, 1))


def test_a_candidate_that_was_not_refitted_is_not_assessed():
    """The reason is kept."""
    evidence = replace(evidence_of([0, 1], [0, 1]), refits=Missing("there is no model file"))
    answer = stability.ask(evidence, evidence.spec.stability)

    assert Status.NOT_ASSESSED == answer.status
    assert "there is no model file" in answer.findings[0].reason


def test_steady_refits_are_met(found):
    """Scores within a point and no row that changes its answer."""
    scores = 0.9 + 0.01 * np.random.default_rng(0).standard_normal((10, 5))
    answer = asked(scores, STEADY)

    assert Status.MET == answer.status
    assert scores.std(ddof=1) == pytest.approx(found(answer, "STAB-STD").measured.value)
    assert "excellent" in found(answer, "STAB-STD").reason


def test_the_corrected_half_width_counts_the_shared_rows(found):
    """t · S · sqrt(1/50 + 200/800) with 49 degrees (Nadeau and Bengio 2003)."""
    from scipy.stats import t

    scores = 0.9 + 0.02 * np.random.default_rng(0).standard_normal((10, 5))
    expected = t.ppf(0.975, 49) * scores.std(ddof=1) * np.sqrt(1 / 50 + 200 / 800)

    assert expected == pytest.approx(found(asked(scores, STEADY), "STAB-HALF-WIDTH").measured.value)


def test_a_wide_interval_is_not_proven():
    """Scores that scatter by 10 points leave the mean unknown."""
    assert Status.NOT_PROVEN == asked(0.8 + 0.1 * np.random.default_rng(0).standard_normal((10, 5)), STEADY).status


def test_answers_that_change_from_refit_to_refit_are_not_met(found):
    """Half of all pairs of answers differ, above 20 %."""
    predicted = np.random.default_rng(0).integers(0, 2, (10, 1000))
    answer = asked(np.full((10, 5), 0.9) + 0.001 * np.arange(5), predicted)

    assert Status.NOT_MET == found(answer, "STAB-CHURN").status
    assert 0.5 == pytest.approx(found(answer, "STAB-CHURN").measured.value, abs=0.02)


def test_the_point_rule_judges_the_standard_deviation(found):
    """Under the point rule a spread of 0.06 is not met."""
    scores = 0.9 + np.tile([-0.06, -0.06, 0.0, 0.06, 0.06], (10, 1))
    answer = asked(scores, STEADY, evidence="point")

    assert (True, Status.NOT_MET) == (found(answer, "STAB-STD").blocking, found(answer, "STAB-STD").status)


def test_folds_without_the_metric_are_not_assessed():
    """A fold without positives has no recall."""
    scores = np.full((2, 5), 0.9)
    scores[0, 0] = np.nan

    assert Status.NOT_ASSESSED == asked(scores, STEADY[:2]).status


def test_the_known_example_prints_its_range(found):
    """Mean 0.9234, standard deviation 0.0187: 0.8868 to 0.9600, grade excellent below 0.02."""
    half = 0.0187 * np.sqrt(9 / 10)
    scores = np.array([[0.9234 - half, 0.9234 + half]] * 5)
    answer = asked(scores, STEADY[:5])

    assert 0.8867 == pytest.approx(found(answer, "STAB-FOLD-LOW").measured.value, abs=1e-4)
    assert 0.9601 == pytest.approx(found(answer, "STAB-FOLD-HIGH").measured.value, abs=1e-4)
    assert "excellent" in found(answer, "STAB-STD").reason


def test_scores_near_one_are_not_halved_by_the_limit_of_the_scale():
    """48 folds at 1 and two at 0.75: the arm downwards is above 0.05, though the interval ends at 1."""
    scores = np.ones((10, 5))
    scores[0, :2] = 0.75

    assert Status.NOT_PROVEN == asked(scores, STEADY).status


def test_churn_of_dependent_rows_is_less_certain(found):
    """One of ten groups that flips as a whole is one event, not a hundred."""
    from readiness.evidence.evidence import Training

    predicted = np.zeros((10, 1000), dtype=int)
    predicted[::2, :100] = 1
    evidence = evidence_of(*of_cells(80, 20, 20, 880))
    training = Training(None, None, (), np.repeat(np.arange(10), 100))
    scores = 0.9 + 0.01 * np.random.default_rng(0).standard_normal((10, 5))
    alone = replace(evidence, refits=refits(scores, predicted))
    grouped = replace(alone, training=training)

    widths = [found(stability.ask(one, one.spec.stability), "STAB-CHURN").bounds.upper for one in (alone, grouped)]

    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize("size", [0.01, 1, 1000])
def test_the_spread_of_an_error_is_graded_by_its_mean(size, found):
    """2 % of the mean is a good spread, whatever unit the target has."""
    scores = size * np.array([49, 50, 51, 50, 49, 51, 50, 50, 49, 51.0]).reshape(2, 5)
    answer = asked(scores, np.zeros((2, 20)), task=Task.REGRESSION)

    assert "grade of its share of the mean: excellent" in found(answer, "STAB-STD").reason


def test_no_error_is_expected_below_nothing(found):
    """Folds that lie far apart: neither the range of one nor the interval of the mean goes below 0."""
    answer = asked(
        np.array([1.0, 9, 0.5, 12, 1, 8, 0.2, 1, 3, 20]).reshape(2, 5), np.zeros((2, 20)), task=Task.REGRESSION
    )
    low = found(answer, "STAB-FOLD-LOW")

    assert 0.0 == low.measured.value
    assert "cut off where the metric ends" in low.name
    assert found(answer, "STAB-MEAN").measured.low >= 0
    assert "cut off" not in found(answer, "STAB-FOLD-HIGH").name


@pytest.mark.parametrize("size", [0.01, 1, 1000])
@pytest.mark.parametrize(("spread", "status"), [(0.02, Status.MET), (0.2, Status.NOT_MET)])
def test_the_point_rule_judges_the_spread_of_an_error_by_its_mean(size, spread, status, found):
    """5 % of the mean is the limit, whatever unit the target has: neither metres nor millimetres win a yes."""
    scores = size * (1 + spread * np.tile([-1, -1, 0, 1, 1], (2, 1)))
    answer = asked(scores, np.zeros((2, 20)), task=Task.REGRESSION, evidence="point")

    finding = found(answer, "STAB-STD")
    assert (True, status) == (finding.blocking, finding.status)
    assert finding.measured.value == pytest.approx(spread * np.std([-1, -1, 0, 1, 1] * 2, ddof=1))
    assert "share of the mean" == finding.criterion.unit


def test_of_a_mean_of_nothing_there_is_no_share(found):
    """An error of 0 in each fold is known beforehand."""
    answer = asked(np.zeros((2, 5)), np.zeros((2, 20)), task=Task.REGRESSION, evidence="point")

    assert Status.NOT_ASSESSED == found(answer, "STAB-STD").status
    assert "nothing is a share of that" in found(answer, "STAB-STD").reason
