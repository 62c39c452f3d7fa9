"""Means of losses, RMSE and R²."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Unvaried
from readiness.statistics.losses import loss_influence, measure_losses

VALUES = {
    "mae": reference.mean_absolute_error,
    "mape": reference.mean_absolute_percentage_error,
    "rmse": reference.root_mean_squared_error,
    "r2": reference.r2_score,
    "explained_variance": reference.explained_variance_score,
    "mse": reference.mean_squared_error,
    "msle": reference.mean_squared_log_error,
    "rmsle": reference.root_mean_squared_log_error,
    "median_absolute_error": reference.median_absolute_error,
    "mean_poisson_deviance": reference.mean_poisson_deviance,
    "mean_gamma_deviance": reference.mean_gamma_deviance,
    "pinball_50": reference.mean_pinball_loss,
    "pinball_90": lambda y, p, **w: reference.mean_pinball_loss(y, p, alpha=0.9, **w),
    "pinball_5": lambda y, p, **w: reference.mean_pinball_loss(y, p, alpha=0.05, **w),
}
SMOOTH = sorted({*VALUES, "wmape", "bias"} - {"median_absolute_error"})


def values(n: int = 80, seed: int = 0, **more) -> Cases:
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 10, n)
    return Cases(Task.REGRESSION, y, y + rng.normal(1, 3, n), **more)


def probabilities(classes: int, n: int = 80, **more) -> Cases:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(classes), n)
    y = rng.integers(0, classes, n)
    task = Task.BINARY if classes == 2 else Task.MULTICLASS
    return Cases(task, y, p.argmax(axis=1), p[:, 1] if classes == 2 else p, classes, True, **more)


@pytest.mark.parametrize("metric", sorted(VALUES))
def test_values_are_those_of_scikit_learn(metric):
    """With and without weights."""
    weight = np.random.default_rng(2).random(80)
    for cases in (values(), values(weight=weight)):
        expected = VALUES[metric](cases.y_true, cases.y_pred, sample_weight=cases.weight)
        assert expected == pytest.approx(measure_losses(metric, cases).value)


@pytest.mark.parametrize("classes", [2, 3])
def test_probability_losses_are_those_of_scikit_learn(classes):
    """Log loss and Brier score, two classes and more."""
    cases = probabilities(classes)
    expected = reference.log_loss(cases.y_true, cases.y_score), reference.brier_score_loss(cases.y_true, cases.y_score)
    found = [measure_losses(metric, cases).value for metric in ("log_loss", "brier")]
    assert expected == pytest.approx(found)


def test_a_certain_mistake_costs_what_it_costs_in_scikit_learn():
    """Probability 0 of what happened is kept off 0 by the machine's precision."""
    cases = Cases(Task.BINARY, np.array([1, 0]), np.array([0, 0]), np.array([0.0, 0.0]), 2, True)
    assert reference.log_loss([1, 0], [0.0, 0.0]) == pytest.approx(measure_losses("log_loss", cases).value)


@pytest.mark.parametrize("outlier", [0.0, 30.0])
def test_mae_interval_is_a_t_interval_on_the_log_scale_or_wider(outlier):
    """value · exp(± t · se / value); Hall's mean - se · 3/a · ((1 + a (± t - a/6))^(1/3) - 1), a = g / root n, where
    that reaches out.
    """
    cases = values()
    cases.y_pred[0] += outlier
    errors = np.abs(cases.y_true - cases.y_pred)
    mean, t = errors.mean(), stats.t.isf(0.025, 79)
    se = errors.std(ddof=1) / math.sqrt(80)
    a = stats.skew(errors) / math.sqrt(80)
    hall = [mean - se * 3 / a * (np.cbrt(1 + a * (each - a / 6)) - 1) for each in (t, -t)]
    limits = np.array([[mean * math.exp(-t * se / mean), mean * math.exp(t * se / mean)], hall])
    assert (limits[:, 0].min(), limits[:, 1].max()) == pytest.approx(measure_losses("mae", cases).interval(0.95))
    assert bool(outlier) is bool(limits[1, 1] > limits[0, 1])


def test_rmse_limits_are_roots_of_those_of_the_squared_error():
    """On both sides."""
    cases = values()
    root, mean = measure_losses("rmse", cases), measure_losses("mse", cases)
    assert (math.sqrt(mean.lower(0.05)), math.sqrt(mean.upper(0.05))) == (root.lower(0.05), root.upper(0.05))


@pytest.mark.parametrize("metric", SMOOTH)
def test_influence_is_the_derivative_for_each_row(metric):
    """Raising the weight of one row by h changes the metric by h · influence / n."""
    cases, h = values(40), 1e-6
    pull = loss_influence(metric, cases)
    assert 0 == pytest.approx(pull.mean(), abs=1e-12)
    for row in range(0, 40, 5):
        weight = np.ones(40)
        weight[row] += h
        slope = (measure_losses(metric, values(40, weight=weight)).value - measure_losses(metric, cases).value) / h
        assert slope == pytest.approx(pull[row] / 40, rel=1e-3, abs=1e-5)


def test_r2_error_agrees_with_the_jackknife():
    """Leaving out one row at a time, within 10 %."""
    cases = values()
    left_out = np.array([measure_losses("r2", cases.subset(np.arange(80) != i)).value for i in range(80)])
    jackknife = math.sqrt(79 / 80 * float(((left_out - left_out.mean()) ** 2).sum()))
    assert jackknife == pytest.approx(measure_losses("r2", cases).corrected.se, rel=0.10)


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_a_perfect_regression_is_not_certain(metric):
    """No error in 20 rows over a range of 10: up to 1 - 0.05^(1/20) of rows may be off by as much as 10."""
    y = np.linspace(0, 10, 20)
    measured = measure_losses(metric, Cases(Task.REGRESSION, y, y))
    unseen = 1 - 0.05 ** (1 / 20)
    if metric == "r2":
        assert 1 - 100 * unseen / y.var() == pytest.approx(measured.lower(0.05))
    else:
        expected = 10 * unseen if metric == "mae" else 10 * math.sqrt(unseen)
        assert (0.0, expected) == pytest.approx((measured.value, measured.upper(0.05)))


def test_one_row_gives_no_upper_limit():
    """A single error says nothing about the largest."""
    measured = measure_losses("mae", Cases(Task.REGRESSION, np.array([5.0]), np.array([7.0])))
    assert isinstance(measured, Unvaried)
    assert (2.0, math.inf) == (measured.value, measured.upper(0.05))


@pytest.mark.parametrize(
    ("metric", "cases"),
    [
        ("r2", Cases(Task.REGRESSION, np.ones(5), np.arange(5.0))),
        ("mae", Cases(Task.REGRESSION, np.ones(2), np.array([1.0, np.nan]))),
        ("mae", Cases(Task.REGRESSION, np.ones(2), np.ones(2), weight=np.zeros(2))),
        ("mae", Cases(Task.REGRESSION, np.array([]), np.array([]))),
        ("brier", Cases(Task.BINARY, np.array([0, 1]), np.array([0, 1]), np.array([0.1, 0.9]))),
        ("log_loss", Cases(Task.BINARY, np.array([0, 1]), np.array([0, 1]))),
        ("explained_variance", Cases(Task.REGRESSION, np.ones(5), np.arange(5.0))),
        ("r2", Cases(Task.REGRESSION, np.array([1.0, 5.0]), np.ones(2), weight=np.array([0.0, 1.0]))),
        ("msle", Cases(Task.REGRESSION, np.array([-1.0, 2.0]), np.ones(2))),
        ("rmsle", Cases(Task.REGRESSION, np.ones(2), np.array([-1.5, 2.0]))),
        ("mean_poisson_deviance", Cases(Task.REGRESSION, np.array([0.0, 2.0]), np.array([0.0, 2.0]))),
        ("mean_poisson_deviance", Cases(Task.REGRESSION, np.array([-0.1, 2.0]), np.array([1.0, 2.0]))),
        ("mean_gamma_deviance", Cases(Task.REGRESSION, np.array([0.0, 2.0]), np.array([1.0, 2.0]))),
        ("wmape", Cases(Task.REGRESSION, np.zeros(3), np.ones(3))),
    ],
)
def test_what_cannot_be_computed_is_said(metric, cases):
    """A sentence, no exception and no nan."""
    result = measure_losses(metric, cases)
    assert isinstance(result, Missing)
    assert result.reason.endswith(".")


@pytest.mark.parametrize("metric", sorted({*SMOOTH, "median_absolute_error"}))
def test_copies_of_rows_count_once_when_grouped(metric):
    """Twice the same rows in pairs leave the limits nearly where they were."""
    twice = np.repeat(np.arange(80), 2)
    expected = measure_losses(metric, values()).interval(0.95)
    found = measure_losses(metric, values(groups=np.arange(80)).subset(twice)).interval(0.95)
    tolerance = 0.15 if metric == "median_absolute_error" else 1e-6  # its limits are neighbouring errors
    assert expected == pytest.approx(found, rel=tolerance)


def test_median_error_is_an_order_statistic():
    """Errors 1..9: the median is 5, its 95 % limits are the 2nd and the 8th."""
    cases = Cases(Task.REGRESSION, np.zeros(9), np.arange(1.0, 10.0))
    measured = measure_losses("median_absolute_error", cases)
    assert (5.0, (2.0, 8.0)) == (measured.value, measured.interval(0.95))


def test_an_even_number_of_errors_has_its_median_in_between():
    """Errors 1, 2, 3, 10: 2.5."""
    cases = Cases(Task.REGRESSION, np.zeros(4), np.array([1.0, 2.0, 3.0, 10.0]))
    assert 2.5 == measure_losses("median_absolute_error", cases).value


def test_the_median_error_of_groups_inverts_the_limits_of_a_share():
    """25 groups of 4 equal errors, 1 to 25: limits are the errors at the share limits of 25 rows, not of 100."""
    errors = np.repeat(np.arange(1.0, 26.0), 4)
    grouped = Cases(Task.REGRESSION, np.zeros(100), errors, groups=np.repeat(np.arange(25), 4))
    measured = measure_losses("median_absolute_error", grouped)
    once = measure_losses("median_absolute_error", Cases(Task.REGRESSION, np.zeros(25), np.arange(1.0, 26.0)))
    assert (13.0, 100) == (measured.value, measured.n)
    assert once.interval(0.95) == pytest.approx(measured.interval(0.95), abs=1)
    assert measured.lower(0.05) <= once.lower(0.05) < once.upper(0.05) <= measured.upper(0.05)


def test_the_median_error_of_few_groups_has_no_limits():
    """Four groups lie on one side of the median with chance 1/16, which is more than 5 %."""
    errors = np.repeat([1.0, 2.0, 3.0, 4.0], 10)
    measured = measure_losses(
        "median_absolute_error", Cases(Task.REGRESSION, np.zeros(40), errors, groups=np.repeat(np.arange(4), 10))
    )
    assert (-math.inf, math.inf) == (measured.lower(0.05), measured.upper(0.05))


def test_the_median_error_of_groups_covers():
    """Errors that groups of 5 share in part: one-sided 5 % limits miss the truth in at most 9 % of 300 samples."""
    rng, truth, misses = np.random.default_rng(0), stats.norm(0, math.sqrt(2)).ppf(0.75), np.zeros(2)
    for _ in range(300):
        error = np.repeat(rng.normal(size=40), 5) + rng.normal(size=200)
        cases = Cases(Task.REGRESSION, np.zeros(200), error, groups=np.repeat(np.arange(40), 5))
        measured = measure_losses("median_absolute_error", cases)
        misses += measured.lower(0.05) > truth, measured.upper(0.05) < truth
    assert misses.max() / 300 <= 0.09


def test_wmape_and_bias_by_hand():
    """Errors 1, -2, 3 of truths 10, 20, 30: 6/60, and 2/3 too much on average."""
    cases = Cases(Task.REGRESSION, np.array([10.0, 20.0, 30.0]), np.array([11.0, 18.0, 33.0]))
    assert 0.1 == pytest.approx(measure_losses("wmape", cases).value)
    assert 2 / 3 == pytest.approx(measure_losses("bias", cases).value)


def test_bias_may_be_below_zero_and_its_interval_may_hold_zero():
    """Errors of -1 and 1 in turn: mean 0, limits on both sides of it."""
    cases = Cases(Task.REGRESSION, np.zeros(40), np.tile([-1.0, 1.0], 20))
    low, high = measure_losses("bias", cases).interval(0.95)
    step = stats.t.isf(0.025, 39) * np.tile([-1.0, 1.0], 20).std(ddof=1) / math.sqrt(40)
    assert (-step, step) == pytest.approx((low, high))


def test_a_bias_never_seen_may_go_either_way():
    """20 rows without an error over a range of 10 are not certain to have none."""
    y = np.linspace(0, 10, 20)
    measured = measure_losses("bias", Cases(Task.REGRESSION, y, y))
    assert measured.lower(0.05) < 0 == measured.value < measured.upper(0.05)


@pytest.mark.parametrize("metric", SMOOTH)
def test_row_order_does_not_matter(metric):
    """Shuffled rows give the same limits."""
    order = np.random.default_rng(4).permutation(80)
    expected, found = (measure_losses(metric, cases).interval(0.9) for cases in (values(), values().subset(order)))
    assert expected == pytest.approx(found)


@pytest.mark.parametrize("metric", sorted({*SMOOTH, "median_absolute_error"}))
def test_more_confidence_is_wider(metric):
    """99 % around 90 % around the value."""
    measured = measure_losses(metric, values())
    (a, b), (c, d) = measured.interval(0.99), measured.interval(0.90)
    assert a < c < measured.value < d < b


def test_a_true_value_of_0_has_no_percentage_error():
    """One such row is named; scikit-learn would divide by almost nothing."""
    cases = values()
    cases.y_true[3] = 0.0
    assert measure_losses("mape", cases).reason.startswith("1 true value is 0")
