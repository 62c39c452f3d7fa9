"""What stands out among columns, pairs, sums and gaps, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.metrics import r2_score, roc_auc_score

from readiness.core.policy import Task
from readiness.statistics.leak_search import Asked, own_value, search, stands_out
from readiness.statistics.leakage import Target, column_of_categories, column_of_numbers

N = 3000


def asked_of(columns, y, task=Task.BINARY, own=float("nan")):
    """Numbers, or categories where they are whole."""
    half = np.random.default_rng(5).integers(0, 2, len(y))
    made = {
        name: column_of_categories(values) if np.asarray(values).dtype.kind in "iu" else column_of_numbers(values)
        for name, values in columns.items()
    }
    return Asked(made, Target.of(task, np.asarray(y), half), own)


def found(*args, **more):
    return [(each.kind, frozenset(each.names), each.why) for each in search(asked_of(*args, **more)).suspects]


def noise(n=N, columns=5, seed=0):
    rng = np.random.default_rng(seed)
    return {f"x{k}": rng.normal(size=n) for k in range(columns)}


def classes(n=N, seed=1, share=0.4):
    return (np.random.default_rng(seed).random(n) < share).astype(np.int64)


def test_noise_is_no_suspect():
    """Nothing tells anything."""
    assert found(noise(), classes()) == []


def test_the_class_itself_is_certain():
    """With enough rows."""
    y = classes()

    assert found(noise() | {"status": y}, y) == [("column", {"status"}, "certain")]


def test_a_slip_in_a_hundred_rows_is_nearly_all():
    """Its area is 0.99 and no more."""
    y, rng = classes(), np.random.default_rng(2)
    status = np.where(rng.random(N) < 0.012, 1 - y, y)

    assert found(noise() | {"status": status}, y) == [("column", {"status"}, "nearly")]


def test_few_rows_are_enough_for_what_stands_out():
    """150 rows make nothing certain."""
    y = classes(150)

    assert found(noise(150) | {"status": y}, y) == [("column", {"status"}, "nearly")]
    assert found({"status": y}, y) == [("column", {"status"}, "nearly")]


def test_a_flag_and_its_date_stand_out_together():
    """Neither hides the other."""
    y, rng = classes(300), np.random.default_rng(3)
    columns = noise(300) | {"status": y, "closed": 5.0 * y + rng.normal(size=300) * 0.2}

    assert {names for _, names, _ in found(columns, y)} == {frozenset({"status"}), frozenset({"closed"})}


def test_much_skill_is_suspicious_only_beside_a_candidate_that_has_no_more():
    """A column with an area of 0.99 and noise: as the model, or far behind it."""
    y, rng = classes(), np.random.default_rng(4)
    columns = noise() | {"letters": 3.2 * y + rng.normal(size=N)}

    assert found(columns, y, own=0.99) == [("column", {"letters"}, "as the model")]
    assert found(columns, y, own=0.9999) == []
    assert found(columns, y) == []


def test_strong_columns_in_company_are_no_suspects():
    """Five with an area of 0.97 each; the candidate has not much more."""
    y, rng = classes(), np.random.default_rng(5)
    columns = noise() | {f"strong{k}": 2.7 * y + rng.normal(size=N) for k in range(5)}

    assert found(columns, y, own=0.97) == []


def test_one_column_of_a_weak_problem_is_no_suspect():
    """It has all the skill that there is, and that is little."""
    y, rng = classes(), np.random.default_rng(6)

    assert found(noise() | {"only": y + rng.normal(size=N)}, y, own=0.76) == []


def test_lags_in_company_are_no_suspects():
    """One step back has R² 0.98, two 0.96."""
    rng = np.random.default_rng(7)
    series = np.zeros(N + 500)
    for k in range(1, len(series)):
        series[k] = 0.99 * series[k - 1] + 0.14 * rng.normal()
    columns = noise() | {f"lag{k}": series[500 - k : N + 500 - k] for k in (1, 2, 3)}

    assert found(columns, series[500:], task=Task.REGRESSION, own=0.982) == []


def test_a_number_with_noise_is_suspicious():
    """1 % is certain; 20 % is as the model where the others add nothing."""
    rng = np.random.default_rng(8)
    y, columns = rng.normal(size=N), noise(seed=9)

    for share, why in ((0.01, "certain"), (0.2, "as the model")):
        copy = y + share * rng.normal(size=N)
        own = 1 - share**2 / (1 + share**2)
        assert found(columns | {"copy": copy}, y, task=Task.REGRESSION, own=own) == [("column", {"copy"}, why)]


def test_others_that_add_much_clear_a_number():
    """One column has R² 0.98 and the candidate 0.99: half of what it leaves is told by another."""
    columns = noise()
    y = 10 * columns["x0"] + columns["x1"] + np.random.default_rng(9).normal(size=N)

    assert found(columns, y, task=Task.REGRESSION, own=0.99) == []


@pytest.mark.parametrize(("sign", "kind"), [(1, "sum"), (-1, "difference")])
def test_the_targets_own_formula_is_found(sign, kind):
    """Two parts of a number; and a class by which of two is larger."""
    columns = noise()
    total = columns["x2"] + sign * columns["x4"]

    assert found(columns, total, task=Task.REGRESSION) == [(kind, {"x2", "x4"}, "certain")]
    assert found(columns, (total > 0.5).astype(int)) == [(kind, {"x2", "x4"}, "certain")]


def test_a_sum_with_noise_that_the_world_could_make_is_no_formula():
    """Two columns that add up to most of the answer: R² 0.995, area 0.99."""
    columns, rng = noise(), np.random.default_rng(10)
    total = columns["x2"] + columns["x4"] + 0.1 * rng.normal(size=N)

    assert found(columns, total, task=Task.REGRESSION, own=0.995) == []
    assert found(columns, (total > 0.5).astype(int), own=0.999) == []


def test_a_difference_of_two_that_tell_nothing_is_found():
    """Due and paid: each alone says nothing, what is between them says all."""
    y, rng = classes(), np.random.default_rng(11)
    due = 50 * rng.normal(size=N)
    columns = noise() | {"due": due, "paid": due - y + 0.05 * rng.normal(size=N)}

    assert ("difference", {"due", "paid"}, "certain") in found(columns, y)


def amounts(seed, spread=1.5):
    return np.random.default_rng([12, seed]).lognormal(3, spread, N)


@pytest.mark.parametrize("spread", [0.5, 1.5])
def test_a_ratio_that_parts_the_classes_is_found(spread):
    """Less than three times as much is due as was paid exactly when the class is 1, in amounts of all sizes."""
    y, rng, paid = classes(), np.random.default_rng(13), amounts(0, spread)
    due = paid * np.where(y == 1, rng.uniform(0.5, 2.9, N), rng.uniform(3.1, 9, N))
    (suspect,) = search(asked_of(noise() | {"due": due, "paid": paid}, y)).suspects

    assert ({"due", "paid"}, "ratio", "certain") == (set(suspect.names), suspect.kind, suspect.why)


@pytest.mark.parametrize("kind", ["product", "ratio"])
def test_a_number_that_is_a_product_or_a_ratio_is_found(kind):
    """Quantity times price, cost by quantity: in whichever order the columns stand."""
    quantity, price = amounts(1, 0.7), amounts(2, 0.7)
    total = quantity * price * np.exp(0.01 * np.random.default_rng(14).normal(size=N))
    y, columns = (total, {"a": quantity, "b": price}) if kind == "product" else (price, {"a": quantity, "b": total})
    (suspect,) = search(asked_of(noise() | columns, y, Task.REGRESSION)).suspects

    assert ({"a", "b"}, kind) == (set(suspect.names), suspect.kind)
    assert kind == "product" or suspect.names == ("b", "a")


def test_a_ratio_that_tells_much_and_not_all_is_no_suspect():
    """Debt by income, with what nobody knows; columns of zeros and of one value are no harm."""
    debt, income, rng = amounts(3, 0.7), amounts(4, 0.7), np.random.default_rng(15)
    y = (np.log(debt / income) + 0.5 * rng.logistic(size=N) > 0).astype(int)
    columns = noise() | {"debt": debt * (rng.random(N) < 0.8), "income": income, "none": np.zeros(N), "one": np.ones(N)}

    assert found(columns, y, own=0.95) == []


def test_five_parts_of_a_number_are_found_with_their_signs():
    """y = x0 + x1 - x2 + x3 among others."""
    columns = noise(columns=7)
    y = columns["x0"] + columns["x1"] - columns["x2"] + columns["x3"] + 40
    (suspect,) = search(asked_of(columns, y, Task.REGRESSION)).suspects

    assert suspect.kind == "total"
    assert dict(zip(suspect.names, suspect.signs, strict=True)) == {"x0": 1, "x1": 1, "x2": -1, "x3": 1}


def test_two_flags_that_differ_are_found():
    """Neither tells anything alone."""
    y, rng = classes(), np.random.default_rng(12)
    flag = rng.integers(0, 2, N)

    assert found(noise() | {"one": flag, "other": flag ^ y}, y) == [("pair", {"one", "other"}, "certain")]


def test_which_columns_are_missing_can_tell_all():
    """One of three where the answer is yes, two of three where it is no: no column alone says it."""
    y, rng = classes(), np.random.default_rng(13)
    which = rng.integers(0, 3, N)
    parts = {f"p{k}": np.where((which == k) == (y == 1), rng.normal(size=N), np.nan) for k in range(3)}

    assert ("gaps", frozenset(parts), "certain") in found(noise() | parts, y)


def test_gaps_by_chance_are_no_suspects():
    """A tenth of every column, in no pattern."""
    rng = np.random.default_rng(14)
    columns = {name: np.where(rng.random(N) < 0.1, np.nan, values) for name, values in noise(columns=8).items()}

    assert found(columns, classes()) == []


@pytest.mark.parametrize(
    ("load", "task", "own"),
    [
        (load_breast_cancer, Task.BINARY, 0.99), (load_iris, Task.MULTICLASS, 0.99), (load_wine, Task.MULTICLASS, 0.99),
        (load_digits, Task.MULTICLASS, 0.995), (load_diabetes, Task.REGRESSION, 0.45),
    ],
)  # fmt: skip
def test_honest_data_are_not_suspected(load, task, own):
    """Truly strong columns exist; and the same data with the answer among the columns are."""
    x, y = load(return_X_y=True)
    columns = {f"c{k}": x[:, k].astype(float) for k in range(x.shape[1])}

    assert found(columns, y, task=task, own=own) == []
    (named,) = found(columns | {"answer": y.astype(float)}, y, task=task, own=1.0)
    assert named[1] == {"answer"}


def test_a_slip_in_a_hundred_rows_is_found_among_strong_columns():
    """569 rows of the breast cancer data."""
    x, y = load_breast_cancer(return_X_y=True)
    status = np.where(np.random.default_rng(15).random(len(y)) < 0.01, 1 - y, y)
    columns = {f"c{k}": x[:, k] for k in range(30)} | {"status": status}

    assert found(columns, y, own=0.999) == [("column", {"status"}, "nearly")]


def test_many_rows_are_looked_at_in_two_steps():
    """Twenty thousand rows: the leak is found among forty columns, and the pairs are those of thirty."""
    y = classes(20_000)
    seen = search(asked_of(noise(20_000, 40) | {"status": y}, y))

    assert [each.names for each in seen.suspects] == [("status",)]
    assert seen.paired == 30


def test_own_value_is_that_of_scikit_learn():
    """Area, area of each class against the rest, R²."""
    rng = np.random.default_rng(16)
    y, half = classes(), np.arange(N) % 2
    score = np.round(y + rng.normal(size=N), 1)
    assert own_value(Target.of(Task.BINARY, y, half), score) == pytest.approx(roc_auc_score(y, score))

    three = rng.integers(0, 3, N)
    said = np.eye(3)[three] + rng.random((N, 3))
    said /= said.sum(axis=1, keepdims=True)
    expected = roc_auc_score(three, said, multi_class="ovr", average="weighted")
    assert own_value(Target.of(Task.MULTICLASS, three, half), said) == pytest.approx(expected)

    number = rng.normal(size=N)
    told = number + rng.normal(size=N)
    assert own_value(Target.of(Task.REGRESSION, number, half), told) == pytest.approx(r2_score(number, told))


def test_standing_out_takes_a_factor_and_certainty():
    """Four times as much left by the other: of 400 rows it stands out, of 8 nobody knows."""
    rng = np.random.default_rng(17)

    for n, expected in ((400, True), (8, False)):
        mine, theirs = rng.exponential(size=n), 4 * rng.exponential(size=n)
        assert stands_out(mine, theirs) is expected
    assert not stands_out(np.ones(400), np.full(400, 2.9))
