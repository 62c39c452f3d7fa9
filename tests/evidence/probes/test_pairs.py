"""What the spec says of the answer as one column changes: which rows break it, and the one that shows it best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from readiness.core.counterexamples import Answered, Change, Cure
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.cache import cache as caching
from readiness.evidence.cache.cache import Cache
from readiness.evidence.cache.entries import cached_pairs
from readiness.evidence.cache.store import Store
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.pairs import Broken, measure_pairs, plan_of_pairs
from readiness.evidence.workers.in_process import InProcess
from readiness.spec.questions import Production
from readiness.statistics.sample_size import rows_without_slip

RNG = np.random.default_rng(0)
N = 400
ROWS = pd.DataFrame(
    {
        "income": RNG.normal(3000, 500, N),
        "age": RNG.integers(18, 90, N),
        "gender": RNG.choice(["female", "male"], N),
        "tier": pd.Categorical(RNG.choice(["a", "b", "c"], N)),
        "member": RNG.random(N) > 0.5,
        "note": "x",
    }
)
NUMBERS = ROWS[["income", "age"]]


class Rule:
    """A model by a plain function."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self.predict = predict


class Scored(Rule):
    """A classifier by a function that gives the probability of each class after the first."""

    def __init__(self, table: Callable[[Any], Any], classes: list[Any]) -> None:
        self.table, self.classes_ = table, np.array(classes)
        super().__init__(lambda rows: self.classes_[self.predict_proba(rows).argmax(axis=1)])

    def predict_proba(self, rows: Any) -> Any:
        others = np.column_stack([self.table(rows)])
        return np.column_stack([1 - others.sum(axis=1), others])


def measured(
    model: Any,
    *,
    monotonic: Mapping[str, Any] | None = None,
    invariant: Mapping[str, Any] | None = None,
    rows: pd.DataFrame = ROWS,
    task: Task = Task.REGRESSION,
    classes: tuple[Any, ...] = (),
    features: list[str] | None = None,
    alpha: float = 0.05,
) -> Broken | Missing:
    """What comes of one expectation."""
    given = {"monotonic": [monotonic] if monotonic else [], "invariant": [invariant] if invariant else []}
    candidate = Candidate.of(InProcess(model), features or list(rows.columns), task=task, classes=classes)
    (found,) = measure_pairs(candidate, rows, Production.model_validate(given), alpha=alpha).values()
    return found


def broken(model: Any, **more: Any) -> Broken:
    found = measured(model, **more)
    assert isinstance(found, Broken)
    return found


RISING = {"column": "income", "direction": "increasing"}
FALLING = {"column": "income", "direction": "decreasing"}


def test_the_direction_counts() -> None:
    """An answer that rises with the column is never broken one way, and in every row the other way."""
    model = Rule(lambda rows: rows["income"].to_numpy(float) / 1000)
    rising, falling = broken(model, monotonic=RISING), broken(model, monotonic=FALLING)
    assert (len(rising.rows), int(rising.broken.sum()), rising.example) == (N, 0, None)
    assert falling.broken.all()
    assert falling.example is not None
    assert (falling.example.change, falling.example.columns) == (Change.RAISED, ("income",))
    assert falling.example.cure is Cure.CONSTRAIN
    assert falling.example.before is not None
    assert falling.example.after is not None
    assert float(falling.example.instead_of) < float(falling.example.given)
    assert falling.example.before.score < falling.example.after.score


def test_only_the_rows_that_break_it_are_counted_and_the_worst_is_told() -> None:
    """Of people over 80 a large income lowers the answer, by more the older they are."""

    def predict(rows: pd.DataFrame) -> Any:
        high = rows["income"].to_numpy(float) > 3000
        return high * np.where(rows["age"] > 80, -rows["age"], 1).astype(float)

    found = broken(Rule(predict), monotonic=RISING)
    old = (ROWS["age"] > 80).to_numpy()
    np.testing.assert_array_equal(found.broken, old[found.rows])
    assert found.example is not None
    assert int(ROWS["age"].iloc[found.example.row - 1]) == int(ROWS["age"].max())
    assert (found.example.before, found.example.after) == (Answered(score=0.0), Answered(score=-89.0))


def test_a_break_between_the_row_itself_and_another_value_is_seen() -> None:
    """The answer to a row as it was belongs to its curve: it alone knows a value between those that are tried."""
    income = float(np.sort(ROWS["income"])[N // 2 + 7])
    model = Rule(lambda rows: (rows["income"].to_numpy(float) == income).astype(float))
    assert int(broken(model, monotonic=RISING).broken.sum()) == 1


def test_what_is_tolerated_does_not_count() -> None:
    """In the unit of the answer; the noise of adding in another order never does."""
    model = Rule(lambda rows: -0.2 * (rows["income"].to_numpy(float) > 3000))
    assert broken(model, monotonic=RISING).broken.all()
    assert not broken(model, monotonic={**RISING, "tolerance": 0.25}).broken.any()
    noise = np.random.default_rng(1)
    noisy = Rule(lambda rows: 1000.0 + 1e-5 * noise.random(len(rows)))
    assert not broken(noisy, monotonic=RISING).broken.any()
    assert not broken(noisy, invariant={"column": "income"}).broken.any()


def test_gaps_have_no_place_on_the_curve() -> None:
    """A row without a value is tried with those of others, and its own answer is compared with none."""
    rows = ROWS.assign(income=ROWS["income"].where(ROWS.index % 3 > 0))
    model = Rule(lambda rows: rows["income"].fillna(1e9).to_numpy(float))
    assert not broken(model, monotonic=RISING, rows=rows).broken.any()


def test_real_models_keep_what_they_are_told_to_keep() -> None:
    """Boosted trees with a constraint never break it; without one, on data that turn, they do."""
    target = -((NUMBERS["income"] - 3000) ** 2) + RNG.normal(0, 1e4, N)
    free = HistGradientBoostingRegressor(max_iter=30).fit(NUMBERS, target)
    held = HistGradientBoostingRegressor(max_iter=30, monotonic_cst={"income": 1}).fit(NUMBERS, target)
    assert broken(free, monotonic=RISING, rows=NUMBERS).broken.mean() > 0.9
    assert not broken(held, monotonic=RISING, rows=NUMBERS).broken.any()


def test_a_booster_that_breaks_it_is_mended_by_its_cure() -> None:
    """The code of the cure, run on the model that broke it."""
    target = NUMBERS["income"] + RNG.normal(0, 500, N)
    model = LGBMRegressor(n_estimators=20, n_jobs=1, verbose=-1).fit(NUMBERS, target)
    found = broken(model, monotonic=RISING, rows=NUMBERS)
    assert found.example is not None
    assert found.example.cure is Cure.CONSTRAIN_BOOSTER
    mended = eval(found.example.cure.code, {"model": clone(model)}).fit(NUMBERS, target)
    assert not broken(mended, monotonic=RISING, rows=NUMBERS).broken.any()


def test_of_two_classes_the_score_of_the_positive_one_follows_the_column() -> None:
    """The label stays, and yet the probability falls; the other class rises with it."""
    target = NUMBERS["income"] < 3000
    model = LogisticRegression().fit(NUMBERS, target)
    binary = {"rows": NUMBERS, "task": Task.BINARY, "classes": (False, True)}
    assert not broken(model, monotonic=FALLING, **binary).broken.any()
    found = broken(model, monotonic=RISING, **binary)
    assert found.broken.all()
    assert found.example is not None
    assert found.example.before is not None
    assert found.example.before.label == "true"
    assert not broken(model, monotonic={**RISING, "of_class": False}, **binary).broken.any()


def test_of_more_classes_the_spec_says_which() -> None:
    """One class rises with the column and another falls; without a class nothing can be said."""
    share = lambda rows: np.clip((rows["income"].to_numpy(float) - 1000) / 5000, 0, 1)  # noqa: E731
    model = Scored(lambda rows: np.column_stack([share(rows) / 2, (1 - share(rows)) / 2]), ["low", "mid", "high"])
    three = {"task": Task.MULTICLASS, "classes": ("low", "mid", "high")}
    assert not broken(model, monotonic={**RISING, "of_class": "mid"}, **three).broken.any()
    assert broken(model, monotonic={**RISING, "of_class": "high"}, **three).broken.all()
    unsaid = measured(model, monotonic=RISING, **three)
    assert isinstance(unsaid, Missing)
    assert unsaid.needs == "state of_class: the class whose score must follow the column"
    other = measured(model, monotonic={**RISING, "of_class": "none"}, **three)
    assert isinstance(other, Missing)
    assert other.reason == 'there is no class "none"'


def test_labels_alone_are_enough() -> None:
    """Where a model gives no scores, whether it is the class is what must not turn."""
    model = Rule(lambda rows: (rows["income"].to_numpy(float) > 3000).astype(int))
    binary = {"task": Task.BINARY, "classes": (0, 1)}
    assert not broken(model, monotonic=RISING, **binary).broken.any()
    assert broken(model, monotonic=FALLING, **binary).broken.all()


def test_rankings_follow_their_scores() -> None:
    model = Rule(lambda rows: -rows["income"].to_numpy(float))
    assert not broken(model, monotonic=FALLING, task=Task.RANKING).broken.any()
    assert broken(model, invariant={"column": "income"}, task=Task.RANKING).broken.all()


@pytest.mark.parametrize("column", ["gender", "tier", "member", "age"])
def test_a_column_that_must_not_matter_is_exchanged(column: str) -> None:
    """Text, categories, truth values and numbers; the answer is compared with that to the row as it was."""
    middle = sorted(ROWS[column])[N // 4]
    depends = Rule(lambda rows: (rows[column].astype(object) > middle).to_numpy(float))
    found = broken(depends, invariant={"column": column})
    assert found.broken.all()
    assert found.example is not None
    assert (found.example.change, found.example.cure) == (Change.REPLACED, Cure.LEAVE_OUT)
    assert found.example.given != found.example.instead_of
    assert not broken(Rule(lambda rows: rows["income"].to_numpy(float)), invariant={"column": column}).broken.any()


def test_of_classes_the_label_counts_and_the_score_where_a_tolerance_is_stated() -> None:
    """A score that moves within its class changes no answer, unless the spec says how far it may move."""
    model = Scored(lambda rows: 0.6 + 0.1 * (rows["gender"] == "male"), [0, 1])
    binary = {"task": Task.BINARY, "classes": (0, 1)}
    assert not broken(model, invariant={"column": "gender"}, **binary).broken.any()
    assert not broken(model, invariant={"column": "gender", "tolerance": 0.2}, **binary).broken.any()
    assert broken(model, invariant={"column": "gender", "tolerance": 0.05}, **binary).broken.all()
    flips = Scored(lambda rows: 0.45 + 0.1 * (rows["gender"] == "male"), [0, 1])
    assert broken(flips, invariant={"column": "gender", "tolerance": 0.2}, **binary).broken.all()


def test_named_values_are_exchanged_and_no_others() -> None:
    """A value of which no test row is known is said; a model that does not take the column is told of."""
    model = Rule(lambda rows: (rows["tier"] == "c").to_numpy(float))
    found = broken(model, invariant={"column": "tier", "values": ["a", "b"]}, features=["income", "tier"])
    assert set(found.values) == {"a", "b"}
    np.testing.assert_array_equal(found.broken, (ROWS["tier"] == "c").to_numpy())
    gone = measured(model, invariant={"column": "tier", "values": ["a", "z"]})
    assert isinstance(gone, Missing)
    assert gone.reason == 'no test row has "tier" = "z"'
    numbers = Rule(lambda rows: rows["income"].to_numpy(float))
    assert broken(numbers, invariant={"column": "gender"}, features=["income"]).is_feature is False


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"monotonic": {"column": "nowhere", "direction": "increasing"}}, 'the test table has no column "nowhere"'),
        ({"monotonic": {"column": "gender", "direction": "increasing"}}, 'the column "gender" holds no numbers'),
        ({"invariant": {"column": "note"}}, 'the test rows hold fewer than two values of "note"'),
    ],
)
def test_what_cannot_be_tried_is_said(given: dict[str, Any], reason: str) -> None:
    found = measured(Rule(lambda rows: np.zeros(len(rows))), **given)
    assert isinstance(found, Missing)
    assert found.reason.startswith(reason)


def test_a_model_that_fails_is_not_assessed_and_spares_the_rest() -> None:
    def predict(rows: pd.DataFrame) -> Any:
        if (rows["gender"] == "male").all():
            raise ValueError("men only")
        return np.zeros(len(rows))

    given = {"monotonic": [RISING], "invariant": [{"column": "gender"}]}
    candidate = Candidate.of(InProcess(Rule(predict)), list(ROWS), task=Task.REGRESSION)
    found = measure_pairs(candidate, ROWS, Production.model_validate(given), alpha=0.05)
    assert isinstance(found[Topic.MONOTONIC.key(1)], Broken)
    failed = found[Topic.INVARIANT.key(1)]
    assert isinstance(failed, Missing)
    assert "ValueError: men only" in failed.reason


def test_so_many_rows_are_tried_as_the_share_needs() -> None:
    """Two thousand, or as many as prove a smaller share without a break; the same rows every time."""
    rows = pd.concat([NUMBERS] * 20, ignore_index=True)
    model = Rule(lambda rows: np.zeros(len(rows)))
    usual = broken(model, monotonic=RISING, rows=rows)
    assert len(usual.rows) == 2000
    assert len(broken(model, monotonic={**RISING, "share": 0.001}, rows=rows).rows) == 2995
    np.testing.assert_array_equal(usual.rows, broken(model, monotonic=RISING, rows=rows).rows)
    assert (rows_without_slip(0.01), rows_without_slip(0.05), rows_without_slip(0.001)) == (299, 59, 2995)


def test_classifiers_of_real_libraries_are_asked_in_their_own_types() -> None:
    """Categories stay categories, and whole numbers whole."""
    given = ROWS[["income", "age", "tier"]]
    model = HistGradientBoostingClassifier(max_iter=10, categorical_features="from_dtype")
    model.fit(given, (ROWS["income"] > 3000).astype(int))
    binary = {"rows": given, "task": Task.BINARY, "classes": (0, 1)}
    assert not broken(model, invariant={"column": "tier"}, **binary).broken.any()
    assert broken(model, invariant={"column": "income"}, **binary).broken.any()


def test_results_are_kept_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their example; anew for another tolerance, or where labels end elsewhere; never where one could not be tried."""
    monkeypatch.setattr(caching, "list_code", dict)  # whether code was changed meanwhile is the cache's own affair
    candidate = Candidate.of(
        InProcess(Rule(lambda rows: rows["income"].to_numpy(float))), list(ROWS), task=Task.RANKING
    )
    known, made = Cache(Store.open(tmp_path / "cache")), []

    def kept(candidate: Candidate = candidate, alpha: float = 0.05, **given: Any) -> dict[Any, Any]:
        stated = Production.model_validate(given)

        def measure() -> dict[Any, Any]:
            made.append(1)
            return measure_pairs(candidate, ROWS, stated, alpha=alpha)

        return cached_pairs(known, measure, plan_of_pairs(candidate, stated, alpha=alpha))

    first, again = kept(monotonic=[FALLING]), kept(monotonic=[{**FALLING, "says": "in other words"}])
    (one,), (other,) = first.values(), again.values()
    assert made == [1]
    assert first.keys() == again.keys() == {Topic.MONOTONIC.key(1)}
    assert (one.example, one.values, one.is_feature) == (other.example, other.values, other.is_feature)
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.broken, other.broken)
    kept(monotonic=[{**FALLING, "tolerance": 1}])
    kept(monotonic=[FALLING], alpha=0.01)
    kept(replace(candidate, threshold=0.3), monotonic=[FALLING])
    assert len(made) == 4
    for _ in range(2):
        kept(monotonic=[FALLING, {"column": "gender", "direction": "increasing"}])
    assert len(made) == 6
    assert kept() == {}
