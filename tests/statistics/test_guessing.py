"""Guesses with fixed class probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess, guess_influence, measure_guess
from readiness.statistics.inference import Exact

Y = np.repeat([0, 1], [70, 30])
CASES = Cases(Task.BINARY, Y, Y, Y.astype(float), 2, True)


def test_always_the_majority():
    """Accuracy 0.7, recall 0, F1 0, balanced accuracy one half; its precision counts as 0."""
    always = Guess((1.0, 0.0))
    expected = {"accuracy": 0.7, "recall": 0.0, "f1": 0.0, "balanced_accuracy": 0.5, "precision": 0.0}
    for metric, value in expected.items():
        assert value == pytest.approx(measure_guess(metric, CASES, always).value)


def test_a_coin_has_its_exact_expectation():
    """TP 15, FP 35, FN 15: F1 30/80; nothing is simulated."""
    coin = measure_guess("f1", CASES, Guess((0.5, 0.5)))
    assert isinstance(coin, Exact)
    assert (30 / 80, 100) == (coin.value, coin.n)


def test_the_expectation_is_what_many_guesses_average_to():
    """Macro F1 of 2,000 seeded stratified guesses over three classes, to 1 %."""
    y = np.repeat([0, 1, 2], [50, 30, 20])
    shares = (0.5, 0.3, 0.2)
    draws = np.random.default_rng(0).choice(3, (2000, 100), p=shares)
    simulated = np.mean([reference.f1_score(y, guess, average="macro") for guess in draws[:300]])
    cases = Cases(Task.MULTICLASS, y, y, n_classes=3)
    assert simulated == pytest.approx(measure_guess("f1_macro", cases, Guess(shares)).value, rel=0.02)


def test_ranking_and_losses_of_constant_probabilities():
    """AUC one half, average precision the share of positives, losses as of constant probabilities."""
    guess = Guess((0.6, 0.4))
    constant = np.full(100, 0.4)
    assert 0.5 == measure_guess("roc_auc", CASES, guess).value
    assert 0.3 == measure_guess("average_precision", CASES, guess).value
    assert reference.log_loss(Y, constant) == pytest.approx(measure_guess("log_loss", CASES, guess).value)
    assert reference.brier_score_loss(Y, constant) == pytest.approx(measure_guess("brier", CASES, guess).value)


def test_guesses_agree_with_nothing_but_chance():
    """Correlation and kappa 0; the negative predictive value of never saying "negative" counts as 0."""
    for metric in ("matthews_corrcoef", "cohen_kappa"):
        assert 0 == pytest.approx(measure_guess(metric, CASES, Guess((0.5, 0.5))).value)
    assert 0.0 == measure_guess("negative_predictive_value", CASES, Guess((0.0, 1.0))).value
    assert 0.7 == pytest.approx(measure_guess("negative_predictive_value", CASES, Guess((0.2, 0.8))).value)


def test_guesses_among_many_classes():
    """Shares 0.5, 0.3, 0.2: the two likeliest hold 0.8 of the rows, any two of three 2/3; every AUC is one half."""
    y = np.repeat([0, 1, 2], [50, 30, 20])
    cases = Cases(Task.MULTICLASS, y, y, np.eye(3)[y], 3)
    assert 0.8 == pytest.approx(measure_guess("top_2_accuracy", cases, Guess((0.5, 0.3, 0.2))).value)
    assert 2 / 3 == pytest.approx(measure_guess("top_2_accuracy", cases, Guess((1 / 3, 1 / 3, 1 / 3))).value)
    pull = guess_influence("top_2_accuracy", cases, Guess((0.5, 0.3, 0.2)))
    assert (0.2, -0.8) == pytest.approx((pull[0], pull[-1]))
    for metric in ("roc_auc_ovr", "roc_auc_ovo", "roc_auc_ovo_weighted"):
        assert 0.5 == measure_guess(metric, cases, Guess((0.5, 0.3, 0.2))).value


def test_losses_of_three_constant_probabilities():
    """The same for more than two classes."""
    y = np.repeat([0, 1, 2], [5, 3, 2])
    cases = Cases(Task.MULTICLASS, y, y, n_classes=3)
    expected = reference.log_loss(y, np.tile([0.5, 0.3, 0.2], (10, 1)))
    assert expected == pytest.approx(measure_guess("log_loss", cases, Guess((0.5, 0.3, 0.2))).value)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "precision", "balanced_accuracy", "average_precision", "brier"])
def test_influence_is_the_derivative_for_each_row(metric):
    """Raising the weight of one row by h changes the guess's metric by h · influence / n."""
    guess, h = Guess((0.4, 0.6)), 1e-6
    pull = guess_influence(metric, CASES, guess)
    for row in (0, 99):
        weight = np.ones(100)
        weight[row] += h
        more = Cases(Task.BINARY, Y, Y, Y.astype(float), 2, True, weight)
        slope = (measure_guess(metric, more, guess).value - measure_guess(metric, CASES, guess).value) / h
        assert slope == pytest.approx(pull[row] / 100, abs=1e-5)


@pytest.mark.parametrize("probabilities", [(0.5, 0.4), (1.5, -0.5)])
def test_shares_must_be_shares(probabilities):
    """0 or more, in total 1."""
    with pytest.raises(ValueError, match="sum to 1"):
        Guess(probabilities)


def test_no_rows_is_undefined():
    """Nothing to guess."""
    assert isinstance(measure_guess("f1", CASES.subset(Y == 5), Guess((0.5, 0.5))), Missing)
