"""Contrasts between two methods on the same rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess, compare, human_comparison, mcnemar
from readiness.statistics.estimators import METRICS, measure, metric_names
from readiness.statistics.intervals import Binomial, Draws, Normal
from tests.sampling import examples


def flip(y, share, seed):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(y)) < share, 1 - y, y)


def binary(error: float, n: int = 300, seed: int = 0, **more) -> Cases:
    """The same truths for every `error`; scores follow the labels with noise."""
    y = (np.random.default_rng(9).random(n) < 0.4).astype(int)
    predicted = flip(y, error, seed)
    score = np.clip(0.25 + 0.5 * predicted + np.random.default_rng(seed + 50).normal(0, 0.1, n), 0.01, 0.99)
    return Cases(Task.BINARY, y, predicted, score, 2, True, **more)


def regression(noise: float, n: int = 200, seed: int = 0, **more) -> Cases:
    y = np.random.default_rng(9).normal(50, 10, n)
    return Cases(Task.REGRESSION, y, y + np.random.default_rng(seed).normal(0, noise, n), **more)


def multiclass(error: float, n: int = 300, seed: int = 0) -> Cases:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    predicted = np.where(rng.random(n) < error, rng.integers(0, 3, n), y)
    p = np.full((n, 3), 0.1) + 0.7 * np.eye(3)[predicted] + rng.random((n, 3)) * 0.05
    return Cases(Task.MULTICLASS, y, predicted, p / p.sum(axis=1, keepdims=True), 3, True)


MAKE = {Task.BINARY: binary, Task.MULTICLASS: multiclass, Task.REGRESSION: regression}
TASKS = (Task.BINARY, Task.MULTICLASS, Task.REGRESSION)
EVERY = [(task, name) for task in TASKS for name in metric_names(task) if name != "bias"]
GUESSED = [(task, name) for task, name in EVERY if task is not Task.REGRESSION and name != "calibration_error"]
"""Always saying the share of positives is well calibrated, so no candidate need beat it there."""


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_better_is_positive_whatever_the_metric(task, metric):
    """A candidate with small errors against one with large: positive by the difference of both values."""
    good, poor = (0.05, 0.4) if task is not Task.REGRESSION else (1.0, 5.0)
    candidate, other = MAKE[task](good, seed=1), MAKE[task](poor, seed=2)
    gain = compare(metric, candidate, other)
    sign = 1 if METRICS[metric].greater_is_better else -1
    expected = sign * (measure(metric, candidate).value - measure(metric, other).value)
    assert expected == pytest.approx(gain.value)
    assert 0 < gain.lower(0.05) < gain.value < gain.upper(0.05)


@pytest.mark.parametrize(("task", "metric"), GUESSED)
def test_every_metric_can_be_compared_with_guessing(task, metric):
    """A good candidate beats a stratified guess."""
    candidate = MAKE[task](0.05)
    guess = Guess((0.6, 0.4) if task is Task.BINARY else (1 / 3, 1 / 3, 1 / 3))
    assert compare(metric, candidate, guess).lower(0.05) > 0


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_swapping_the_methods_negates_the_contrast(task, metric):
    """Limits of a over b are the negated limits of b over a, up to the Monte-Carlo error of draws."""
    a, b = (MAKE[task](level, seed=seed) for level, seed in ((0.2, 1), (0.3, 2)))
    ab, ba = compare(metric, a, b), compare(metric, b, a)
    assert ab.value == pytest.approx(-ba.value)
    assert ab.lower(0.05) == pytest.approx(-ba.upper(0.05), abs=0.004)


@pytest.mark.parametrize("metric", ["f1", "f2", "matthews_corrcoef", "cohen_kappa", "jaccard"])
def test_swapping_negates_draws_to_the_last_digit(metric):
    """The same draws are used whichever comes first."""
    a, b = binary(0.2, seed=1), binary(0.3, seed=2)
    (low, high), (other_low, other_high) = compare(metric, a, b).interval(0.95), compare(metric, b, a).interval(0.95)
    assert (-high, -low) == pytest.approx((other_low, other_high), abs=1e-12)


def test_a_mean_error_has_no_better_side():
    """-100 is lower than 0 and not better."""
    y = np.zeros(50)
    low, right = (Cases(Task.REGRESSION, y, np.linspace(-1, 1, 50) - far) for far in (100, 0))
    assert "best at 0" in compare("bias", low, right).reason


def test_the_median_error_is_compared_as_if_unpaired():
    """Both limits together (MOVER), since it has no row influences."""
    a, b = regression(1.0, seed=1), regression(5.0, seed=2)
    mine, theirs = (measure("median_absolute_error", cases) for cases in (a, b))
    gain = compare("median_absolute_error", a, b)
    below = math.hypot(theirs.value - theirs.lower(0.05), mine.upper(0.05) - mine.value)
    assert theirs.value - mine.value - below == pytest.approx(gain.lower(0.05))


def test_a_rival_that_never_says_negative_has_no_predictive_value_there():
    """Counted as 0, with weights, too."""
    mine = binary(0.1, weight=np.full(300, 2.0))
    rival = Cases(Task.BINARY, mine.y_true, np.ones(300, dtype=int), weight=mine.weight)
    value = measure("negative_predictive_value", mine).value
    assert value == pytest.approx(compare("negative_predictive_value", mine, rival).value)


def test_pairing_narrows():
    """Two methods that mostly agree: the paired interval is narrower than the unpaired one."""
    y = binary(0.1).y_true
    first = flip(y, 0.2, 1)
    second = flip(first, 0.05, 2)
    a, b = Cases(Task.BINARY, y, first), Cases(Task.BINARY, y, second)
    paired = compare("accuracy", a, b)
    unpaired = math.hypot(*(measure("accuracy", c).interval(0.95)[1] - c_value for c, c_value in
                            ((a, measure("accuracy", a).value), (b, measure("accuracy", b).value))))  # fmt: skip
    assert paired.interval(0.95)[1] - paired.value < 0.7 * unpaired


def test_a_relative_gain_is_a_contrast():
    """m - 1.1 · b by hand: accuracies 0.9 and 0.8 of 100 rows."""
    y = np.zeros(100, dtype=int)
    a, b = (Cases(Task.BINARY, y, (np.arange(100) < wrong).astype(int)) for wrong in (10, 20))
    assert 0.9 - 1.1 * 0.8 == pytest.approx(compare("accuracy", a, b, factor=1.1).value)


def test_errors_are_judged_against_a_share_of_the_others():
    """0.95 · baseline - model for the mean absolute error; a constant prediction is the baseline."""
    model = regression(2.0)
    constant = Cases(Task.REGRESSION, model.y_true, np.full(200, 50.0))
    gain = compare("mae", model, constant, factor=0.95)
    assert 0.95 * measure("mae", constant).value - measure("mae", model).value == pytest.approx(gain.value)
    assert gain.lower(0.05) > 0


def test_a_perfect_candidate_on_ten_rows_proves_little():
    """Ten rows, five positives, all right: F1 1 against 0 of the majority is not certain to beat it by 0.8."""
    y = np.array([0, 1] * 5)
    perfect = Cases(Task.BINARY, y, y, y.astype(float))
    f1 = compare("f1", perfect, Guess((1.0, 0.0)))
    assert (1.0, True) == (f1.value, 0.3 < f1.lower(0.05) < 0.9)
    other = Cases(Task.BINARY, y, np.array([0, 1, 1, 1, 0, 1, 0, 0, 0, 1]), np.linspace(0, 1, 10))
    for metric in ("f1", "accuracy", "recall", "precision", "balanced_accuracy", "roc_auc", "average_precision"):
        assert compare(metric, perfect, other).lower(0.05) < 0.6 * compare(metric, perfect, other).value


@pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
def test_a_perfect_candidate_keeps_its_own_uncertainty(task):
    """The limits are at least as far away as the candidate's own."""
    perfect, other = MAKE[task](0.0, n=30), MAKE[task](0.6, n=30, seed=3)
    metric = "f1_macro" if task is Task.MULTICLASS else "mae"
    gain, own = compare(metric, perfect, other), measure(metric, perfect)
    reach = own.value - own.lower(0.05) if task is Task.MULTICLASS else own.upper(0.05) - own.value
    assert gain.value - gain.lower(0.05) >= reach > 0


def test_the_same_method_twice_is_no_gain():
    """The contrast is 0 and neither proven positive nor negative."""
    for task, metric in ((Task.BINARY, "f1"), (Task.MULTICLASS, "f1_macro"), (Task.REGRESSION, "mae")):
        gain = compare(metric, MAKE[task](0.3), MAKE[task](0.3))
        assert 0 == pytest.approx(gain.value, abs=1e-12)
        assert gain.lower(0.05) < 0 < gain.upper(0.05)


def test_groups_widen_the_contrast():
    """Four copies of every row make narrower limits, unless they are said to belong together."""
    copies, groups = np.repeat(np.arange(300), 4), np.repeat(np.arange(300), 4)
    for metric in ("f1", "roc_auc", "brier"):
        a, b = binary(0.1, seed=1).subset(copies), binary(0.2, seed=2).subset(copies)
        told = compare(metric, binary(0.1, seed=1, groups=groups[::4]).subset(copies), b).interval(0.95)
        untold = compare(metric, a, b).interval(0.95)
        assert told[1] - told[0] > 1.7 * (untold[1] - untold[0])


def test_draws_and_influences_agree_in_large_samples():
    """F1 of 4,000 rows by paired cells and by row influences, which weights of 1 ask for."""
    ones = np.ones(4000)
    cells = compare("f1", binary(0.1, 4000, 1), binary(0.15, 4000, 2))
    rows = compare("f1", binary(0.1, 4000, 1, weight=ones), binary(0.15, 4000, 2, weight=ones))
    assert isinstance(cells, Draws)
    assert isinstance(rows, Normal)
    assert cells.interval(0.95) == pytest.approx(rows.interval(0.95), abs=0.002)


def test_a_rival_without_alarms_has_precision_zero():
    """Also where rows carry weights."""
    for more in ({}, {"weight": np.ones(300)}):
        rival = Cases(Task.BINARY, binary(0.1).y_true, np.zeros(300, dtype=int), **more)
        gain = compare("precision", binary(0.1, **more), rival)
        assert measure("precision", binary(0.1)).value == pytest.approx(gain.value)


def test_what_cannot_be_measured_cannot_be_compared():
    """A candidate without positives, a rival without scores."""
    y = np.zeros(5, dtype=int)
    assert isinstance(compare("recall", Cases(Task.BINARY, y, y), Guess((1.0, 0.0))), Missing)
    rival = Cases(Task.BINARY, binary(0.1).y_true, binary(0.2).y_pred)
    assert isinstance(compare("roc_auc", binary(0.1), rival), Missing)
    assert isinstance(compare("brier", binary(0.1), rival), Missing)


def test_other_rows_and_negative_factors_are_refused():
    """A programming error, said at once."""
    with pytest.raises(ValueError, match="same rows"):
        compare("f1", binary(0.1), binary(0.1, 100))
    with pytest.raises(ValueError, match="factor"):
        compare("f1", binary(0.1), Guess((0.5, 0.5)), factor=-1)


def test_a_human_share_is_binomial_and_unpaired():
    """MOVER by hand: candidate 90 of 100, people 0.8 of 50."""
    candidate = Binomial(90, 100)
    gain = human_comparison(candidate, 0.8, 50, greater_is_better=True)
    below = math.hypot(0.9 - candidate.lower(0.05), Binomial(40, 50).upper(0.05) - 0.8)
    assert (pytest.approx(0.1), pytest.approx(0.1 - below)) == (gain.value, gain.lower(0.05))


def test_a_human_figure_without_rows_proves_nothing():
    """Neither for a share without n, nor for an error whose spread nobody reported."""
    for gain in (
        human_comparison(Binomial(90, 100), 0.5, None, greater_is_better=True),
        human_comparison(measure("mae", regression(1.0)), 20.0, 50, greater_is_better=False),
    ):
        assert gain.value > 0
        assert (-math.inf, math.inf) == (gain.lower(0.05), gain.upper(0.05))


def test_a_human_error_rate_is_better_when_lower():
    """The candidate's 5 % against the people's 20 %."""
    gain = human_comparison(Binomial(5, 100), 0.2, 200, greater_is_better=False)
    assert 0.15 == pytest.approx(gain.value)
    assert gain.lower(0.05) > 0


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 10_000))
def test_mcnemar_agrees_with_statsmodels(seed):
    """Exact two-sided p-value from the discordant rows."""
    from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

    a, b = binary(0.1, 60, seed), binary(0.2, 60, seed + 1)
    ra, rb = a.y_pred == a.y_true, b.y_pred == b.y_true
    table = [[(ra & rb).sum(), (ra & ~rb).sum()], [(~ra & rb).sum(), (~ra & ~rb).sum()]]
    expected = reference_mcnemar(table, exact=True).pvalue if table[0][1] + table[1][0] else 1.0
    assert min(1.0, expected) == pytest.approx(mcnemar(a, b))


@pytest.mark.slow
def test_a_gain_on_the_margin_is_seldom_proven():
    """True gain in F1 exactly at the bar, n = 200: proven in at most 9 % of 100 samples."""
    rng = np.random.default_rng(0)
    truth = _f1(0.8, 0.9) - _f1(0.75, 0.9)
    proven = 0
    for seed in range(100):
        y = (rng.random(200) < 0.4).astype(int)
        u = rng.random(200)
        a, b = (np.where(y == 1, u < recall, u > 0.9).astype(int) for recall in (0.8, 0.75))
        proven += compare("f1", Cases(Task.BINARY, y, a), Cases(Task.BINARY, y, b), seed=seed).lower(0.05) > truth
    assert proven / 100 <= 0.09


def _f1(recall: float, specificity: float, prevalence: float = 0.4) -> float:
    tp, fp, fn = prevalence * recall, (1 - prevalence) * (1 - specificity), prevalence * (1 - recall)
    return 2 * tp / (2 * tp + fp + fn)
