"""What one column tells of the target, on rows that it was not learnt from."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.leakage import (
    Target,
    area_inference,
    area_of,
    column_of_categories,
    column_of_numbers,
    infer_explained,
    measure_column,
    skill_of,
)
from readiness.statistics.scores import roc_auc

N = 4000
RNG = np.random.default_rng(0)
Y = (RNG.random(N) < 0.3).astype(np.int64)
HALF = RNG.integers(0, 2, N)
BINARY = Target.of(Task.BINARY, Y, HALF)


def number_target(y):
    return Target.of(Task.REGRESSION, np.asarray(y), HALF[: len(y)])


def test_an_area_is_that_of_scikit_learn():
    """Of scores with ties."""
    scores = np.round(Y + RNG.normal(size=N), 1)
    cells = np.unique(scores)
    place = np.searchsorted(cells, scores)
    p, q = (np.bincount(place, weights=each) for each in (Y, 1 - Y))

    assert roc_auc_score(Y, scores) == pytest.approx(area_of(cells, p, q).value)


def test_the_variance_of_an_area_is_that_of_placements():
    """DeLong's, as computed row by row elsewhere."""
    scores = np.round(Y + RNG.normal(size=N), 1)
    order = np.argsort(-scores)
    influence = roc_auc(scores, Y, None, order).influence
    cells = np.unique(scores)
    place = np.searchsorted(cells, scores)
    area = area_of(cells, *(np.bincount(place, weights=each) for each in (Y, 1 - Y)))

    assert float(np.mean(influence**2)) / N == pytest.approx(area.variance, rel=0.01)


def test_cells_in_any_order_and_of_one_score_are_alike():
    """Two cells of one score are one cell."""
    split = area_of(np.array([2.0, 1.0, 1.0]), np.array([5.0, 1.0, 1.0]), np.array([1.0, 3.0, 2.0]))
    whole = area_of(np.array([1.0, 2.0]), np.array([2.0, 5.0]), np.array([5.0, 1.0]))

    assert split == whole
    assert (2 * 5 / 2 + 5 * 5 + 5 / 2) / 42 == pytest.approx(whole.value)


def test_a_number_tells_by_its_order_either_way_round():
    """Within a hair of the area of the values themselves."""
    values = Y + RNG.normal(size=N)

    for sign in (1, -1):
        assert roc_auc_score(Y, values) == pytest.approx(
            measure_column(column_of_numbers(sign * values), BINARY).value, abs=0.002
        )


def test_the_middle_of_a_number_can_tell_all():
    """Neither high nor low: no order shows it, the bins do."""
    values = np.where(Y == 1, RNG.normal(size=N) * 0.1, np.sign(RNG.normal(size=N)) * (1 + RNG.random(N)))
    told = measure_column(column_of_numbers(values), BINARY)

    assert told.value > 0.99
    assert told.way == "value"
    assert told.unexplained < 0.05


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION, Task.RANKING])
@pytest.mark.parametrize("values", [np.arange(N), RNG.integers(0, N // 3, N), RNG.integers(0, 40, N)])
def test_a_category_by_chance_tells_nothing_however_many_values_it_has(task, values):
    """A name of its own for each row, of three rows, of a hundred."""
    y = {Task.MULTICLASS: RNG.integers(0, 5, N), Task.REGRESSION: RNG.normal(size=N)}.get(task, Y)
    target = Target.of(task, y, HALF)
    told = measure_column(column_of_categories(values), target)
    nothing = 0.0 if task is Task.REGRESSION else 0.5

    assert told.value == pytest.approx(nothing, abs=0.35 if task is Task.REGRESSION else 0.05)
    assert told.value < nothing + 0.05
    assert told.unexplained > 0.95


def test_what_is_missing_may_tell_all():
    """A number, or a text that is never the same twice, filled in only where the answer is yes."""
    number = np.where(Y == 1, RNG.normal(size=N), np.nan)
    text = np.where(Y == 1, np.arange(N), -1)

    for column in (column_of_numbers(number), column_of_categories(text)):
        told = measure_column(column, BINARY)
        assert told.value == 1.0
        assert told.way == "gap"
        assert told.unexplained < 0.001


def test_several_classes_are_told_as_scikit_learn_weighs_them():
    """Each against the rest, weighted by its rows."""
    y = RNG.choice(4, N, p=[0.5, 0.3, 0.15, 0.05])
    codes = np.where(RNG.random(N) < 0.8, y, RNG.integers(0, 4, N))
    target = Target.of(Task.MULTICLASS, y, HALF)
    said = np.array([[np.mean(y[codes == c] == k) for k in range(4)] for c in range(4)])[codes]
    areas = [roc_auc_score(y == k, said[:, k]) for k in range(4)]

    assert np.average(areas, weights=np.bincount(y)) == pytest.approx(
        measure_column(column_of_categories(codes), target).value, abs=0.01
    )


def test_rare_classes_are_no_fault():
    """Thirty classes, of which one has a single row."""
    y = np.append(RNG.integers(0, 29, N - 1), 29)

    assert measure_column(column_of_categories(y), Target.of(Task.MULTICLASS, y, HALF)).value > 0.99


@pytest.mark.parametrize(
    "change",
    [lambda y: y, lambda y: 3 - 2 * y, lambda y: np.exp(y), lambda y: y**3],
    ids=["copy", "line", "exp", "cube"],
)
def test_a_number_under_another_name_explains_all(change):
    """Whatever was done to it, lines within bins follow."""
    y = RNG.normal(size=N)

    assert measure_column(column_of_numbers(change(y)), number_target(y)).value > 0.99


def test_long_tails_are_followed():
    """Amounts over five orders of magnitude, known but for a factor."""
    y = np.exp(2 * RNG.normal(size=N))

    assert measure_column(column_of_numbers(1000 * y), number_target(y)).value > 0.99


def test_r2_is_one_less_what_is_left():
    """A number and noise as large: half is explained, and the limits hold the truth."""
    x = RNG.normal(size=N)
    y = x + RNG.normal(size=N)
    told = measure_column(column_of_numbers(x), number_target(y))

    assert told.value == pytest.approx(1 - told.unexplained)
    assert told.measured.lower(0.002) < 0.5 < told.measured.upper(0.002)
    assert told.measured.upper(0.002) - told.measured.lower(0.002) < 0.15


def test_limits_of_r2_are_wrong_as_seldom_as_they_say():
    """A thousand times 200 rows with R² 0.75: lower limits at 5 % lie above it in about 50 of them."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(1000):
        error, signal = rng.normal(size=200), 3**0.5 * rng.normal(size=200)
        missed += infer_explained(error**2, (error + signal) ** 2).lower(0.05) > 0.75

    assert 20 < missed < 85


def test_one_value_explains_nothing_and_breaks_nothing():
    """Missing everywhere, one value, all infinite."""
    for values in (np.full(N, np.nan), np.full(N, 3.0), np.full(N, np.inf)):
        assert measure_column(column_of_numbers(values), BINARY).value == pytest.approx(0.5, abs=0.01)
        assert measure_column(column_of_numbers(values), number_target(RNG.normal(size=N))).value == pytest.approx(
            0, abs=0.01
        )


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_numbers_of_any_size_are_told(size):
    """Squares of both ends of the range are beyond what floats hold."""
    y = RNG.uniform(1, 2, N)

    assert measure_column(column_of_numbers(y * size), number_target(y)).value > 0.99
    assert measure_column(column_of_numbers(y), number_target(y * size)).value > 0.99 or size < 1


def test_targets_that_do_not_vary_cannot_be_told():
    """One class, one number; or both, in one half alone."""
    half = np.arange(10) % 2

    assert not Target.of(Task.BINARY, np.ones(10, dtype=int), half).can_be_told
    assert not Target.of(Task.REGRESSION, np.full(10, 2.0), half).can_be_told
    assert not Target.of(Task.BINARY, half, half).can_be_told
    assert Target.of(Task.BINARY, np.arange(10) // 5, half).can_be_told
    assert isinstance(infer_explained(np.ones(10), np.zeros(10)), Missing)


def test_a_perfect_area_is_as_sure_as_its_smaller_side():
    """With 59 positives in order one in twenty may still be otherwise; with 619, one in a hundred at 0.002."""
    assert area_inference(1.0, 0.0, 59, 5000).lower(0.05) == pytest.approx(0.95, abs=0.001)
    assert area_inference(1.0, 0.0, 619, 5000).lower(0.002) == pytest.approx(0.99, abs=0.0005)


def test_skill_begins_at_nothing():
    """An area of 0.5 is none."""
    assert skill_of(0.5, Task.BINARY) == 0.0
    assert skill_of(0.99, Task.MULTICLASS) == pytest.approx(0.98)
    assert skill_of(0.7, Task.REGRESSION) == 0.7


def test_a_ranking_asks_for_relevant_rows():
    """Above 0, or above the median where every row is relevant."""
    assert Target.of(Task.RANKING, np.array([0.0, 1, 3, 0]), np.arange(4) % 2).codes.tolist() == [0, 1, 1, 0]
    assert Target.of(Task.RANKING, np.array([1.0, 2, 3, 4]), np.arange(4) % 2).codes.tolist() == [0, 0, 1, 1]
