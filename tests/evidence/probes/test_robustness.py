"""Robustness: each probe tells a usable answer, a clean error and a failure apart, and names the columns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes import robustness
from readiness.evidence.probes.robustness import (
    PROBES,
    ProbeResult,
    holds_numbers,
    holds_words,
    insert_extremes,
    insert_gaps,
    insert_stranger,
    sample_rows,
)

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, 200),
        "income": RNG.normal(3000, 500, 200),
        "region": RNG.choice(["north", "south"], 200),
        "kind": pd.Categorical(RNG.choice(["u", "v"], 200)),
    }
)
Y = (FRAME["income"] > 3000).astype(int)
NUMBERS = FRAME[["age", "income"]]


def fitted(ignore: str) -> Candidate:
    """A pipeline that ignores unknown categories, or refuses them."""
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown=ignore, sparse_output=False), ["region", "kind"]), remainder="passthrough"
    )
    model = make_pipeline(encoder, DecisionTreeClassifier(max_depth=3)).fit(FRAME, Y)
    return Candidate.of(model, list(FRAME.columns), task=Task.BINARY, classes=(0, 1))


class Rule:
    """A regression by a plain function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.predict = function


def probed(name: str, function: Callable[[Any], Any], frame: pd.DataFrame = FRAME) -> ProbeResult:
    """One probe of a plain function."""
    candidate = Candidate.of(Rule(function), list(frame.columns), task=Task.REGRESSION)
    return PROBES[name](candidate, frame.head(20))


def outcomes(candidate: Candidate, frame: pd.DataFrame = FRAME) -> dict[str, str]:
    results = [probe(candidate, sample_rows(frame, 0)) for probe in PROBES.values()]
    return {result.name: result.outcome for result in results}


def test_sturdy_pipeline_passes_all_but_the_empty_table() -> None:
    """A pipeline made for it answers everything; no rows it refuses cleanly."""
    expected = dict.fromkeys(PROBES, "passed") | {"empty_frame": "clean_error"}
    assert outcomes(fitted("ignore")) == expected


def test_strict_encoder_refuses_strangers_cleanly() -> None:
    """An encoder that refuses unknown categories gives a clean error that names the columns."""
    result = PROBES["unseen_category"](fitted("error"), FRAME.head(20))
    assert result.outcome == "clean_error"
    assert result.reason.startswith("An unknown category is refused in region, kind: ValueError: Found unknown")


def test_array_model_without_words() -> None:
    """A model of arrays has no column order to keep and no categories; a gap it refuses cleanly."""
    model = LogisticRegression(max_iter=1000).fit(NUMBERS.to_numpy(), Y)
    candidate = Candidate.of(model, ["age", "income"], task=Task.BINARY, classes=(0, 1))
    found = outcomes(candidate, NUMBERS)
    assert (found["column_order"], found["unseen_category"]) == ("not_applicable", "not_applicable")
    assert (found["missing_value"], found["outlier"]) == ("clean_error", "passed")


def test_silently_other_answers_in_another_order_are_a_failure() -> None:
    """A model that takes columns by place and does not say so fails; one that checks names is clean."""

    def by_place(rows: pd.DataFrame) -> Any:
        return rows.iloc[:, 0].to_numpy(float)

    def checking(rows: pd.DataFrame) -> Any:
        if list(rows.columns) != ["age", "income"]:
            raise ValueError("the columns are in another order")
        return rows["age"].to_numpy(float)

    assert probed("column_order", by_place, NUMBERS).outcome == "failed"
    assert probed("column_order", checking, NUMBERS).outcome == "clean_error"
    assert probed("column_order", by_place, NUMBERS[["age"]]).outcome == "not_applicable"


def test_nan_answers_and_wordless_errors_and_exits_are_failures() -> None:
    """A missing score, an exception without a word, and the end of the program are failures, never clean."""

    def wordless(rows: pd.DataFrame) -> Any:
        if rows["age"].isna().any():
            raise AssertionError
        return np.zeros(len(rows))

    def ending(rows: pd.DataFrame) -> Any:
        return sys.exit(1) if rows["income"].isna().any() else np.zeros(len(rows))

    def nan(rows: pd.DataFrame) -> Any:
        return rows["income"].to_numpy(float)

    for function, column, words in (
        (wordless, "age", "AssertionError"),
        (ending, "income", "it ended the program"),
        (nan, "income", "missing or infinite values"),
    ):
        result = probed("missing_value", function)
        assert result.outcome == "failed"
        assert f"makes the model fail in {column}" in result.reason
        assert words in result.reason


def test_crash_over_extremes_names_the_column() -> None:
    """An overflow to infinity is a failure of the column that causes it."""
    with np.errstate(over="ignore"):
        result = probed("outlier", lambda rows: rows["income"].to_numpy(float) ** 20)
    assert (result.outcome, "fail in income" in result.reason) == ("failed", True)


def test_chance_and_dependence_on_the_other_rows_are_not_deterministic() -> None:
    """Noise, and answers that depend on the rows asked together, are failures."""
    noise = np.random.default_rng(0)
    assert probed("determinism", lambda rows: noise.normal(size=len(rows))).outcome == "failed"
    centred = probed("determinism", lambda rows: (rows["age"] - rows["age"].mean()).to_numpy(float))
    assert centred == ProbeResult("determinism", "failed", "The same rows, asked one by one, get other answers.")
    placed = probed("determinism", lambda rows: np.arange(len(rows), dtype=float))
    assert "in another order" in placed.reason


def test_one_row_must_be_answered() -> None:
    """A model that wants two rows at least refuses a single one."""

    def two(rows: pd.DataFrame) -> Any:
        if len(rows) < 2:
            raise ValueError("at least two rows")
        return np.zeros(len(rows))

    assert probed("one_row", two).outcome == "clean_error"


def test_empty_table_may_be_answered_by_nothing() -> None:
    """No rows in, no answers out is fine; one answer for no rows is not."""
    for task, classes in ((Task.BINARY, (0, 1)), (Task.MULTICLASS, (0, 1, 2)), (Task.REGRESSION, ())):
        model = Rule(lambda rows: np.zeros(len(rows), int))
        candidate = Candidate.of(model, list(FRAME.columns), task=task, classes=classes)
        assert PROBES["empty_frame"](candidate, FRAME).outcome == "passed"
    assert probed("empty_frame", lambda rows: np.zeros(max(1, len(rows)))).outcome == "failed"


def test_changed_input_is_a_failure() -> None:
    """A model must leave what it is handed as it was: values, columns, order."""

    def filling(rows: pd.DataFrame) -> Any:
        rows["age"] = 0
        return np.zeros(len(rows))

    def adding(rows: pd.DataFrame) -> Any:
        rows["new"] = 0
        return np.zeros(len(rows))

    assert [probed("input_not_mutated", f).outcome for f in (filling, adding)] == ["failed", "failed"]


def test_features_that_were_not_reached_are_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """When time is over before all features were tried, nothing is claimed."""
    monkeypatch.setattr(robustness, "SECONDS", 0.0)
    assert probed("missing_value", lambda rows: np.zeros(len(rows))).outcome == "unavailable"


def test_changes_keep_the_kind_of_column() -> None:
    """Gaps and strangers are put in the form in which a table would bring them; other columns stay."""
    rows = FRAME.head(4).assign(flag=True, day=pd.Timestamp("2026-01-01"))
    gaps = insert_gaps(rows, list(rows.columns))
    assert gaps.isna().all().all()
    assert [str(gaps[name].dtype).split("[")[0] for name in ("age", "income", "kind", "flag", "day")] == [
        "float64", "float64", "category", "object", "datetime64",
    ]  # fmt: skip
    stranger = insert_stranger(rows, "kind")["kind"]
    assert (str(stranger.dtype), set(stranger) & {"u", "v"}) == ("category", set())
    extreme = insert_extremes(pd.DataFrame({"a": [0.0, 2.0, 0.0, 2.0]}), "a")["a"].tolist()
    assert extreme == [1 - 10, 1 + 10, -1e30, 1e30]
    assert [holds_words(rows[name]) for name in rows] == [False, False, True, True, False, False]
    assert [holds_numbers(rows[name]) for name in rows] == [True, True, False, False, False, False]
