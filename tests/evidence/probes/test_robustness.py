"""Robustness: each probe tells a usable answer, a clean error and a failure apart, and names the columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from readiness.core.counterexamples import Answered, Change, Cure
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes import value_probes
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.changes import (
    STRANGER,
    holds_numbers,
    holds_words,
    insert_extremes,
    insert_gaps,
    insert_stranger,
)
from readiness.evidence.probes.robustness import PROBES, run_probes, sample_rows
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.worker import WorkerLost

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
    return Candidate.of(InProcess(model), list(FRAME.columns), task=Task.BINARY, classes=(0, 1))


class Rule:
    """A regression by a plain function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.predict = function


def probed(name: str, function: Callable[[Any], Any], frame: pd.DataFrame = FRAME) -> ProbeResult:
    """One probe of a plain function."""
    candidate = Candidate.of(InProcess(Rule(function)), list(frame.columns), task=Task.REGRESSION)
    return PROBES[name](candidate, frame.head(20))


def outcomes(candidate: Candidate, frame: pd.DataFrame = FRAME) -> dict[str, str]:
    results = [probe(candidate, sample_rows(frame, 0)) for probe in PROBES.values()]
    return {result.name: result.outcome for result in results}


def test_sturdy_pipeline_passes_all_but_the_empty_table() -> None:
    """A pipeline made for it answers everything; no rows it refuses cleanly."""
    expected = dict.fromkeys(PROBES, "passed") | dict.fromkeys(("empty_frame", "infinite_number"), "clean_error")
    expected["other_columns"] = "clean_error"  # one that lacks is refused
    assert outcomes(fitted("ignore")) == expected


def test_strict_encoder_refuses_strangers_cleanly() -> None:
    """An encoder that refuses unknown categories gives a clean error that names the columns."""
    result = PROBES["unseen_category"](fitted("error"), FRAME.head(20))
    assert result.outcome == "clean_error"
    assert result.reason.startswith("An unknown category is refused in region, kind: ValueError: Found unknown")
    assert result.example is not None
    assert (result.example.columns, result.example.given, result.example.others) == (("region",), STRANGER, 1)
    assert (result.example.change, result.example.cure) == (Change.UNKNOWN, Cure.IGNORE_UNKNOWN)


def test_array_model_without_words() -> None:
    """A model of arrays has no column order to keep and no categories; a gap it refuses cleanly."""
    model = LogisticRegression(max_iter=1000).fit(NUMBERS.to_numpy(), Y)
    candidate = Candidate.of(InProcess(model), ["age", "income"], task=Task.BINARY, classes=(0, 1))
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
    assert (centred.outcome, centred.reason) == ("failed", "The same rows, asked one by one, get other answers.")
    assert centred.example is not None
    assert (centred.example.change, centred.example.cure) == (Change.ALONE, Cure.FIT_BEFORE)
    assert centred.example.before != centred.example.after == Answered(score=0.0)
    placed = probed("determinism", lambda rows: np.arange(len(rows), dtype=float))
    assert "in another order" in placed.reason


def test_a_row_that_depends_on_its_copies_is_not_deterministic() -> None:
    """An answer that counts how often a row is asked with itself changes when every row is asked twice."""

    def counting(rows: pd.DataFrame) -> Any:
        return rows.groupby("income")["income"].transform("size").to_numpy(float)

    assert probed("determinism", counting).reason == "The same rows, asked with each of them twice, get other answers."


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
        candidate = Candidate.of(InProcess(model), list(FRAME.columns), task=task, classes=classes)
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
    monkeypatch.setattr(value_probes, "SECONDS", 0.0)
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
    assert (str(stranger.dtype), set(stranger)) == ("category", {STRANGER, ""})
    assert insert_stranger(rows, "region")["region"].tolist() == [STRANGER, "", STRANGER, ""]
    extreme = insert_extremes(pd.DataFrame({"a": [0.0, 2.0, 0.0, 2.0]}), "a")["a"].tolist()
    assert extreme == [1 - 10, 1 + 10, -1e30, 1e30]
    assert [holds_words(rows[name]) for name in rows] == [False, False, True, True, False, False]
    assert [holds_numbers(rows[name]) for name in rows] == [True, True, False, False, False, False]


# ----------------------------------------------------------------------------------------------------
# The smallest example, and what mends it


def test_bare_lightgbm_meets_the_order_of_columns_and_its_cure_mends_it() -> None:
    """Two neighbours that change places, an answer before and after; selected by name, the same model passes."""
    rows = FRAME[["age", "income", "kind"]]
    target = ((FRAME["income"] > 3000) ^ (FRAME["age"] > 60)).astype(int)
    bare = LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1)
    candidate = Candidate.of(InProcess(bare.fit(rows, target)), list(rows), task=Task.BINARY, classes=(0, 1))
    found = PROBES["column_order"](candidate, rows.head(20))
    assert (found.outcome, found.reason) == ("failed", "Columns in another order silently give other answers.")
    assert found.example is not None
    assert (found.example.change, found.example.columns) == (Change.SWAPPED, ("age", "income"))
    assert found.example.before is not None
    assert found.example.before != found.example.after
    assert found.example.before.label in ("0", "1")
    assert found.example.cure is Cure.SELECT_BY_NAME

    space = {"make_pipeline": make_pipeline, "make_column_transformer": make_column_transformer, "model": clone(bare)}
    mended = eval(found.example.cure.code, space | {"columns": list(rows)}).fit(rows, target)
    cured = Candidate.of(InProcess(mended), list(rows), task=Task.BINARY, classes=(0, 1))
    assert PROBES["column_order"](cured, rows.head(20)).outcome == "passed"


@pytest.mark.parametrize("model", [XGBClassifier(n_estimators=5, n_jobs=1), LogisticRegression(max_iter=1000)])
def test_models_that_check_names_refuse_another_order(model: Any) -> None:
    candidate = Candidate.of(InProcess(model.fit(NUMBERS, Y)), list(NUMBERS), task=Task.BINARY, classes=(0, 1))
    found = {result.name: result.outcome for result in run_probes(candidate, NUMBERS.head(20))}
    assert (found["column_order"], found["other_columns"]) == ("clean_error", "clean_error")
    assert "failed" not in found.values()


def test_smallest_rows_are_found_by_halves() -> None:
    """Of twenty rows the one that fails, and the first of two columns; how many more there are is said."""
    odd = float(FRAME["income"].iloc[13])

    def failing(rows: pd.DataFrame) -> Any:
        if (rows["age"].isna() & (rows["income"] == odd)).any():
            raise ValueError("a gap beside this income")
        return np.zeros(len(rows))

    found = probed("missing_value", failing)
    assert found.example is not None
    assert (found.example.change, found.example.columns, found.example.others) == (Change.GAP, ("age",), 0)
    assert found.example.error == "ValueError: a gap beside this income"
    assert found.example.before == Answered(score=0.0)


def test_columns_that_are_too_many_few_or_renamed() -> None:
    """Refusing will do; other answers in silence will not, whether by place or by filling in."""

    def by_place(rows: pd.DataFrame) -> Any:
        return rows.iloc[:, 0].to_numpy(float)

    def filling(rows: pd.DataFrame) -> Any:
        return rows.reindex(columns=["age", "income"], fill_value=0.0)["age"].to_numpy(float)

    def by_name(rows: pd.DataFrame) -> Any:
        return rows["age"].to_numpy(float)

    moved = probed("other_columns", by_place, NUMBERS)
    assert moved.outcome == "failed"
    assert moved.example is not None
    assert moved.example.change is Change.EXTRA
    assert moved.example.after == Answered(score=1.0)
    lacking = probed("other_columns", filling, NUMBERS)
    assert lacking.example is not None
    assert (lacking.example.change, lacking.example.columns) == (Change.LACKING, ("age",))
    assert probed("other_columns", by_name, NUMBERS).outcome == "clean_error"
    assert probed("other_columns", lambda rows: np.zeros(len(rows)), NUMBERS).outcome == "passed"


def test_values_in_other_types() -> None:
    """Text that is added up as text, and categories that are told by their codes, change answers in silence."""

    def lengths(rows: pd.DataFrame) -> Any:
        return np.array([len(str(value)) for value in rows["age"]], float)

    def by_codes(rows: pd.DataFrame) -> Any:
        return rows["kind"].astype("category").cat.codes.to_numpy(float) if len(rows) else np.zeros(0)

    def at_double(rows: pd.DataFrame) -> Any:
        return (np.asarray(rows["income"], float) * 1e7 % 1.0).astype(float)

    decimal = probed("value_types", lengths)
    assert decimal.example is not None
    assert (decimal.outcome, decimal.example.change) == ("failed", Change.AS_DECIMAL)
    assert decimal.example.columns == ("age",)
    single = probed("value_types", at_double)
    assert single.example is not None
    assert (single.example.change, single.example.columns) == (Change.AS_SINGLE, ("income",))
    assert single.example.cure is Cure.CAST_TYPES
    assert probed("value_types", by_codes, FRAME[FRAME["kind"] == "v"]).outcome == "failed"
    texts = FRAME[["region"]].assign(region=FRAME["region"].astype(object))
    assert probed("value_types", lambda rows: np.zeros(len(rows)), texts).outcome == "passed"
    assert probed("value_types", lambda rows: np.zeros(len(rows)), FRAME[["age"]] > 40).outcome == "not_applicable"


def test_infinite_numbers_name_the_column() -> None:
    """Refused or answered, both will do; an unusable answer will not."""
    with np.errstate(invalid="ignore"):
        failing = probed("infinite_number", lambda rows: rows["income"].to_numpy(float) * 0)
    assert failing.outcome == "failed"
    assert failing.example is not None
    assert (failing.example.columns, failing.example.given) == (("income",), "inf")
    assert probed("infinite_number", lambda rows: np.zeros(len(rows))).outcome == "passed"
    assert probed("infinite_number", lambda rows: np.zeros(len(rows)), FRAME[["region"]]).outcome == "not_applicable"


class Told:
    """A classifier by a table of probabilities and labels of its own."""

    def __init__(self, table: Callable[[Any], Any], labels: Callable[[Any], Any]) -> None:
        self.predict_proba, self.predict = table, labels
        self.classes_ = np.array([0, 1])


def test_probabilities_must_add_up_and_decide() -> None:
    """Rows that do not add up, and a label on the wrong side of another of the same model, are failures."""

    def table(rows: pd.DataFrame) -> Any:
        share = (rows["age"].to_numpy(float) - 18) / 80
        return np.column_stack([1 - share, share])

    def labels(rows: pd.DataFrame) -> Any:
        return (rows["age"].to_numpy(float) > 60).astype(int)

    def probe(model: Any) -> ProbeResult:
        candidate = Candidate.of(InProcess(model), list(FRAME), task=Task.BINARY, classes=(0, 1))
        return PROBES["probabilities"](candidate, FRAME.head(20))

    assert probe(Told(table, labels)).outcome == "passed"  # by a threshold of its own, not by the likeliest
    assert (
        probe(Told(lambda rows: table(rows) / 2, labels)).reason == "The probabilities of a row do not add up to one."
    )
    turned = probe(Told(table, lambda rows: 1 - labels(rows)))
    assert (turned.outcome, turned.reason) == ("failed", "Its answers do not follow from its probabilities.")
    assert turned.example is not None
    assert turned.example.cure is Cure.NORMALISE
    assert probe(Told(lambda rows: table(rows) + 1, labels)).outcome == "failed"
    plain = Candidate.of(InProcess(Rule(lambda rows: labels(rows))), list(FRAME), task=Task.BINARY, classes=(0, 1))
    assert PROBES["probabilities"](plain, FRAME.head(20)).outcome == "not_applicable"


# ----------------------------------------------------------------------------------------------------
# A model that does not live through a probe


class Mortal(InProcess):
    """A worker that is lost over a gap in a column, and stays so unless it is told to come back."""

    def __init__(self, *, comes_back: bool) -> None:
        super().__init__(Rule(lambda rows: np.zeros(len(rows))))
        self.comes_back, self.is_lost = comes_back, False

    def call(self, method: str, inputs: Any) -> Any:
        if self.is_lost or inputs["income"].isna().any():
            self.is_lost = not self.comes_back
            raise WorkerLost("its process was killed by SIGABRT.")
        return super().call(method, inputs)


def test_a_lost_process_fails_its_probe_and_names_the_column() -> None:
    """Those before stand; those after are not made where no process is left, and are where one comes back."""
    for comes_back in (False, True):
        worker = Mortal(comes_back=comes_back)
        candidate = Candidate.of(worker, list(FRAME.columns), task=Task.REGRESSION)
        found = {result.name: result for result in run_probes(candidate, FRAME.head(20))}
        lost = found["missing_value"]
        assert (lost.outcome, lost.survived) == ("failed", False)
        assert lost.reason.startswith(
            "A missing value in income ended the process of the model: its process was killed"
        )
        assert lost.example is not None
        assert (lost.example.columns, lost.example.change) == (("income",), Change.GAP)
        assert found["determinism"].outcome == "passed"
        assert found["outlier"].outcome == ("passed" if comes_back else "unavailable")


def test_results_are_plain_data_and_come_back() -> None:
    """What is kept in the cache is read back unchanged; what is none is refused."""
    for result in run_probes(fitted("error"), FRAME.head(20)):
        assert ProbeResult.from_plain(json.loads(json.dumps(result.to_plain()))) == result
    for plain in ({"name": "one_row", "outcome": "well", "reason": ""}, {"name": 1}, [], {"outcome": "passed"}):
        with pytest.raises(ValueError, match="record"):
            ProbeResult.from_plain(plain)
