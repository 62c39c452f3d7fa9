"""Metrics of the user's own: their numbers, their chance errors, and functions that misbehave."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from readiness.core.metrics import Metric
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics import custom as resampling
from readiness.statistics.cases import Cases, OwnFunction
from readiness.statistics.comparison import Guess, compare, measure_guess
from readiness.statistics.custom import adds_up, draw_of
from readiness.statistics.estimators import influence, measure, number, reason_to_withhold


def owning(function, *, classes=(), scores=False, greater=True):
    metric = Metric("profit", "profit", frozenset(Task), greater, "own", is_share=False, unit="EUR")
    return {"profit": OwnFunction(metric, function, classes, scores)}


def values(y, function=lambda y_true, y_pred: y_true.mean(), **more):
    y = np.asarray(y, dtype=float)
    return Cases(Task.REGRESSION, y, np.zeros(len(y)), own=owning(function), **more)


def profit(y_true, y_pred):
    """10 for each fraud that is found, -1 for each alarm."""
    alarms = y_pred == "fraud"
    return (10.0 * (alarms & (y_true == "fraud")) - alarms).mean()


def labelled(function=profit, n=400, **more):
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.3).astype(np.int64)
    said = np.where(rng.random(n) < 0.8, y, 1 - y)
    return Cases(Task.BINARY, y, said, own=owning(function, classes=("good", "fraud")), **more)


def test_labels_come_in_the_words_of_the_data():
    """Four rows: one fraud found (10 - 1), one false alarm (-1): 8 / 4."""
    cases = Cases(
        Task.BINARY, np.array([1, 0, 1, 0]), np.array([1, 1, 0, 0]), own=owning(profit, classes=("good", "fraud"))
    )

    assert 2.0 == number("profit", cases)
    assert 2.0 == measure("profit", cases).value


def test_a_mean_has_the_standard_error_of_a_mean():
    """Within a tenth of s / sqrt(n), and the same each time."""
    y = np.random.default_rng(1).normal(3, 2, 500)

    found, again = measure("profit", values(y)), measure("profit", values(y))

    assert y.std(ddof=1) / math.sqrt(500) == pytest.approx(found.se, rel=0.1)
    assert found == again
    assert "bootstrap of 200 resamples" in found.method
    assert found.lower(0.05) < found.value < found.upper(0.05)


def test_a_function_of_scikit_learn_serves_as_it_is():
    """F1 of 0 and 1, near the interval that is known for it."""
    cases = replace(labelled(), own=owning(f1_score, classes=(0, 1)))
    ours, known = measure("profit", cases), measure("f1", cases)

    assert known.value == pytest.approx(ours.value)
    assert known.upper(0.05) - known.lower(0.05) == pytest.approx(ours.upper(0.05) - ours.lower(0.05), rel=0.3)


def test_a_large_table_is_resampled_in_part(monkeypatch):
    """500 of 5,000 rows at a time give the same standard error, of a mean and of a sum; the method says so."""
    y = np.random.default_rng(2).normal(3, 2, 5000)
    whole = measure("profit", values(y)).se
    monkeypatch.setattr("readiness.statistics.custom.MOST_ROWS", 500)

    mean = measure("profit", values(y))
    total = measure("profit", values(y, lambda y_true, y_pred: y_true.sum()))

    assert whole == pytest.approx(mean.se, rel=0.25)
    assert 5000 * whole == pytest.approx(total.se, rel=0.25)
    assert "200 resamples of 500 rows, scaled to 5,000 rows" in mean.method


def test_a_number_that_neither_adds_up_nor_averages_is_never_scaled(monkeypatch):
    """The root of a sum is taken of all rows each time."""
    monkeypatch.setattr("readiness.statistics.custom.MOST_ROWS", 500)
    y = np.random.default_rng(2).lognormal(size=2000)

    found = measure("profit", values(y, lambda y_true, y_pred: math.sqrt(y_true.sum())))

    assert "scaled" not in found.method


def test_sums_are_told_from_means():
    """By giving the function the same rows twice."""
    y = np.arange(1, 101)

    assert adds_up("profit", values(y, lambda y_true, y_pred: y_true.sum()))
    assert not adds_up("profit", values(y))


def test_groups_are_drawn_whole():
    """Four copies of each row, said to belong together, tell no more than one."""
    y = np.random.default_rng(3).normal(size=200)
    once = measure("profit", values(y)).se
    told = measure("profit", values(np.repeat(y, 4), groups=np.repeat(np.arange(200), 4)))

    assert once == pytest.approx(told.se, rel=0.2)
    assert "whole groups" in told.method


def test_queries_are_drawn_whole():
    """Rows of one query stay together, as rows of a group do."""
    queries = np.repeat([7, 3, 5], [2, 3, 1])
    draw = draw_of(values(np.arange(6), queries=queries))

    rows = draw.rows(np.random.default_rng(0))

    assert 3 == draw.independent
    assert {0: 2, 2: 3, 5: 1}[int(rows[0])] == np.count_nonzero(queries[rows[:3]] == queries[rows[0]]) or len(rows) > 2
    for query, size in ((7, 2), (3, 3), (5, 1)):
        assert 0 == np.count_nonzero(queries[rows] == query) % size


def test_neighbours_in_time_are_drawn_together():
    """A series that wanders has a wider interval than the same numbers shuffled."""
    from scipy.signal import lfilter

    y = lfilter([1], [1, -0.8], np.random.default_rng(4).normal(size=1000))

    told = measure("profit", values(y, time=np.arange(1000)))

    assert told.se > 2 * measure("profit", values(y)).se
    assert "blocks of 25 rows" in told.method


def test_skewness_moves_the_limit_outwards():
    """The mean of lognormal values: the upper limit is further from the value than the lower one."""
    found = measure("profit", values(np.random.default_rng(5).lognormal(size=60)))

    assert found.upper(0.05) - found.value > 1.1 * (found.value - found.lower(0.05))


@pytest.mark.slow
def test_the_bounds_of_a_share_miss_about_as_often_as_they_say():
    """Recall 0.8 of about 50 positives, 120 samples: the lower 5 % limit lies above it in at most one in ten."""

    def recall(y_true, y_pred):
        return y_pred[y_true == 1].mean()

    missed = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        y = (rng.random(500) < 0.1).astype(np.int64)
        said = ((rng.random(500) < 0.8) & (y == 1)).astype(np.int64)
        missed += measure("profit", Cases(Task.BINARY, y, said, own=owning(recall))).lower(0.05) > 0.8

    assert missed <= 12


def fails(y_true, y_pred):
    raise RuntimeError("no prices\n for today")


def leaves(y_true, y_pred):
    raise SystemExit


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (fails, "failed with RuntimeError: no prices for today"),
        (leaves, "failed with SystemExit"),
        (lambda y_true, y_pred: math.nan, "returned nan"),
        (lambda y_true, y_pred: None, "returned NoneType"),
        (lambda y_true, y_pred: "much", "returned str"),
        (lambda y_true, y_pred: y_true, "returned ndarray"),
        (lambda y_true: 1.0, "failed with TypeError"),
    ],
)
def test_a_function_that_misbehaves_leaves_its_number_undefined(function, words):
    """A plain sentence and no crash; the number alone is NaN."""
    found = measure("profit", values([1, 2, 3], function))

    assert words in found.reason
    assert math.isnan(number("profit", values([1, 2, 3], function)))


def test_warnings_of_the_function_are_its_own_affair():
    """A division by zero that it recovers from stops nothing."""

    def ratio(y_true, y_pred):
        return float(np.nan_to_num(np.array([1.0]) / np.array([0.0]), posinf=0.0)[0] + y_true.mean())

    assert 2.0 == number("profit", values([1, 2, 3], ratio))


def test_a_function_cannot_change_the_rows():
    """It is given copies."""

    def spoils(y_true, y_pred):
        y_true[:] = 0
        return 1.0

    cases = values([1, 2, 3], spoils)
    number("profit", cases)

    assert [1, 2, 3] == cases.y_true.tolist()


def test_a_slow_function_is_withheld(monkeypatch):
    """The clock cuts only at 25, 50, 100 and 200 resamples; below 30 there are no limits and no *met*."""
    ticks = iter(np.arange(0, 1000, 0.3))
    monkeypatch.setattr(resampling.time, "perf_counter", lambda: float(next(ticks)))
    cases = values([1, 2, 3, 4])

    found = measure("profit", cases)

    assert 2.5 == found.value
    assert -math.inf == found.lower(0.05)
    assert "too slow: 25 resamples in 1" in reason_to_withhold("profit", cases)


def test_a_number_that_never_varies_has_no_limits():
    """A function that always says 1 proves nothing."""
    cases = values([1, 2, 3, 4], lambda y_true, y_pred: 1.0)

    assert math.inf == measure("profit", cases).upper(0.05)
    assert "the same number" in reason_to_withhold("profit", cases)


def test_resamples_without_a_number_are_not_hidden():
    """With one row of a kind, a third of the resamples lacks it."""
    cases = values([5, *([0] * 99)], lambda y_true, y_pred: y_true[y_true > 0].mean() if y_true.any() else math.nan)

    assert "gave no number" in reason_to_withhold("profit", cases)


def test_weights_are_passed_or_missed():
    """A function with sample_weight is given the weights; without it, nothing is *met*."""

    def weighted(y_true, y_pred, sample_weight=None):
        return np.average(y_true, weights=sample_weight)

    weight = np.array([3.0, 1.0, 0.0, 0.0])

    assert 1.25 == number("profit", values([1, 2, 3, 4], weighted, weight=weight))
    assert "takes no sample_weight" in reason_to_withhold("profit", values([1, 2, 3, 4], weight=weight))


def test_scores_are_given_on_demand_and_missed():
    """The scores in place of the labels; a rule without scores leaves the metric undefined."""
    cases = replace(labelled(), own=owning(lambda y_true, y_score: y_score.max(), scores=True))

    assert 0.75 == number("profit", replace(cases, y_score=np.linspace(0, 0.75, cases.n)))
    assert isinstance(measure("profit", cases), Missing)


def test_rows_have_no_influence():
    """Nothing is known of the function but its numbers."""
    assert isinstance(influence("profit", labelled()), Missing)


def test_a_paired_comparison_is_narrower_than_the_two_apart():
    """Two predictions that err together differ little; the candidate is better by 0.1 · the mean."""
    rng = np.random.default_rng(6)
    y = rng.lognormal(size=500)
    own = owning(lambda y_true, y_pred: -np.abs(y_true - y_pred).mean())
    candidate, other = (Cases(Task.REGRESSION, y, y * share, own=own) for share in (0.8, 0.7))

    gain = compare("profit", candidate, other)

    assert 0.1 * y.mean() == pytest.approx(gain.value)
    assert gain.se < 0.4 * measure("profit", other).se
    assert "both on the same rows" in gain.method


def test_where_less_is_better_a_fall_is_a_gain():
    """Costs of 2 against 3: better by 1."""
    own = owning(lambda y_true, y_pred: y_pred.mean(), greater=False)
    y = np.arange(50.0)
    candidate, other = (Cases(Task.REGRESSION, y, y % 3 + shift, own=own) for shift in (0, 1))

    assert 1.0 == pytest.approx(compare("profit", candidate, other).value)


def test_a_share_of_a_loss_means_nothing():
    """10 % more than minus 5 is refused."""
    candidate, other = values([1, 2, 3]), values([-4, -5, -6])
    other = replace(other, y_true=candidate.y_true, own=owning(lambda y_true, y_pred: -5.0))

    assert "gain_over" in compare("profit", candidate, other, factor=1.1).reason


def test_the_same_answers_gain_exactly_nothing():
    """0, and no limits: what they would do in other rows is not known, so not even *not worse* is proven by it."""
    gain = compare("profit", labelled(), labelled())
    assert (0.0, -math.inf, math.inf) == (gain.value, gain.lower(0.05), gain.upper(0.05))


def test_a_guess_is_drawn_and_said_to_be():
    """Always "fraud" earns 10 · share - 1; a coin half of that, nearly."""
    cases = labelled(n=4000)
    share = cases.y_true.mean()

    always, coin = (measure_guess("profit", cases, Guess(p)) for p in ((0.0, 1.0), (0.5, 0.5)))

    assert 10 * share - 1 == pytest.approx(always.value)
    assert (10 * share - 1) / 2 == pytest.approx(coin.value, abs=0.2)
    assert "drawn once" in coin.method
    assert cases.y_true.size == compare("profit", cases, Guess((0.5, 0.5))).n
