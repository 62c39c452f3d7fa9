"""Data that breaks other tools: each case ends in an answer or in plain words, never in a traceback or a false yes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from bs4 import BeautifulSoup
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from readiness.core.errors import DataError, InputError, ReviewError, ScoringError, SpecError
from readiness.core.findings import Question
from readiness.signing.reports import read_report
from readiness.verdict.decision import Verdict
from readiness.verdict.record import from_plain
from tests.conftest import make_rows
from tests.end_to_end.learners import Fixed, Raising
from tests.sampling import exhaustive, sampled
from tests.walking import Walked, vouched_for, walk

Frame = pd.DataFrame

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "comment": "--><b>",
    "end of style": "</style></script><!--",
    "quotes": "'\"both",
    "reading direction": "a\u202eb",
    "emoji": "🙂",
    "line end": "a\nb",
    "carriage return": "a\rb",
    "line separator": "a\u2028b",
    "10,000 characters": "x" * 10_000,
    "template": "{{ 7*7 }}",
    "braces": "{x}",
    "mathematics": "$x_1$",
    "broken mathematics": "\\frac{a$",
    "percent": "%s %(a)s",
    "blank": " ",
    "a word for nothing": "missing",
}
ACTING = tuple(HOSTILE[key] for key in ("script", "comment", "template", "10,000 characters"))
"""Those that do something of their own on a page; the others stand for signs that are only shown."""


def scored(n: int = 200, seed: int = 0) -> Frame:
    """Rows with ready-made predictions that are mostly right: y, pred, score, group and a feature a."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(int)
    score = np.clip(0.15 + 0.7 * y + 0.2 * rng.normal(size=n), 0, 1)
    group = rng.choice(["north", "south"], n)
    return Frame({"y": y, "pred": (score > 0.5).astype(int), "score": score, "group": group, "a": rng.normal(size=n)})


def sections(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with its sections completed; None removes a section or a key."""
    spec = dict(base)
    for name, values in changes.items():
        if values is None:
            spec.pop(name, None)
        elif isinstance(values, dict):
            both = {**spec.get(name, {}), **values}
            spec[name] = {key: value for key, value in both.items() if value is not None}
        else:
            spec[name] = values
    return spec


BASE: dict[str, Any] = {
    "model": {"name": "small", "version": "1.0"},
    "data": {"target": "y", "positive": 1, "segments": ["group"]},
    "business": {"requirements": [{"says": "find them", "metric": "recall", "at_least": 0.8}]},
    "errors": {"costs": {"false_positive": 1, "false_negative": 10, "currency": "EUR"}},
    "stability": {"repeats": 2, "budget_seconds": 30},
}
COLUMNS = {"predictions": {"label": "pred", "score": "score"}}


@pytest.fixture
def predictions(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a table with ready-made predictions and a spec around it."""

    def write(test: Frame, *, csv: bool = False, **changes: Any) -> Path:
        name = "test.csv" if csv else "test.parquet"
        test.to_csv(tmp_path / name, index=False) if csv else test.to_parquet(tmp_path / name)
        spec = sections(sections(BASE, {"model": COLUMNS, "data": {"test": name}}), changes)
        (tmp_path / "readiness.yaml").write_text(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True))
        return tmp_path / "readiness.yaml"

    return write


@pytest.fixture
def fitted(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes training and test rows, a pinned model, and a spec around them."""

    def write(train: Frame, test: Frame, model: Any = None, **changes: Any) -> Path:
        train.to_parquet(tmp_path / "train.parquet")
        test.to_parquet(tmp_path / "test.parquet")
        joblib.dump(logistic(train) if model is None else model, tmp_path / "model.joblib")
        digest = hashlib.sha256((tmp_path / "model.joblib").read_bytes()).hexdigest()
        files = {"model": {"path": "model.joblib", "sha256": digest}}
        spec = sections(BASE, {**files, "data": {"train": "train.parquet", "test": "test.parquet"}})
        (tmp_path / "readiness.yaml").write_text(yaml.safe_dump(sections(spec, changes), sort_keys=False))
        return tmp_path / "readiness.yaml"

    return write


def logistic(rows: Frame, features: tuple[str, ...] = ("a", "b")) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[list(features)], rows["y"])


def pair(n: int = 300, m: int = 300) -> tuple[Frame, Frame]:
    return make_rows(n, 1), make_rows(m, 2)


def answered(spec: Path, **options: Any) -> Walked:
    """Walk it; no question may have tripped over the data, and what was written reads back as what was reviewed."""
    walked = walk(spec, **{"figures": False, **options})
    assert ({}, []) == (walked.failed, walked.undrawn)
    assert Verdict.READY is not walked.record.verdict
    assert walked.record == from_plain(read_report(walked.report).statement["predicate"])
    return walked


def refused(spec: Path, kind: type[Exception], *words: str) -> None:
    """What was found, where, and what to do next."""
    with pytest.raises(kind) as caught:
        walk(spec, figures=False)
    said = str(caught.value)
    assert all(word in said for word in words), said
    assert getattr(caught.value, "problems", ()) or caught.value.remedy  # type: ignore[attr-defined]


def with_column(column: str, values: Any, rows: Frame | None = None) -> Frame:
    return (scored() if rows is None else rows).assign(**{column: values})


def where(rows: Frame, column: str, values: Any, count: int = 5) -> Frame:
    """The rows with other values in the first `count` of them."""
    changed = rows[column].astype(float)
    changed.iloc[:count] = values
    return rows.assign(**{column: changed})


class TestTarget:
    @pytest.mark.parametrize(
        ("rows", "changes", "words"),
        [
            (scored().drop(columns="y"), {}, ("no column", '"y"')),
            (with_column("y", np.nan), {}, ("no value in any row",)),
            (with_column("y", np.inf), {"data": {"positive": None, "task": "regression"}, "business": None,
                                        "errors": None, "model": {"predictions": {"label": "pred"}}},
             ("none of them can be used",)),
            (with_column("y", 1), {}, ("single value 1", "data.classes")),
            (where(scored(), "y", np.inf), {}, ("3 labels", "data.classes")),
            (where(scored(), "y", 2), {}, ("3 labels", "data.classes")),
            (with_column("y", [[1]] * 200), {}, ('"y"', "lists")),
            (with_column("y", pd.Timestamp("2026-11-22")), {}, ('"y"', "datetime64")),
            (with_column("y", [b"x", b"y"] * 100), {}, ('"y"', "bytes")),
            (with_column("y", "a"), {"data": {"task": "regression", "positive": None}, "business": None, "errors": None,
                                     "model": {"predictions": {"label": "pred"}}}, ("needs numbers",)),
        ],
        ids=["absent", "gaps only", "infinite only", "one class", "infinite label", "third label", "lists", "dates",
             "bytes", "text for regression"],
    )  # fmt: skip
    def test_what_is_no_target_is_named(self, predictions: Any, rows: Frame, changes: Any, words: Any) -> None:
        """The column, what it holds, and the key of the spec that mends it."""
        refused(predictions(rows, **changes), InputError, *words)

    @pytest.mark.parametrize("only", [0, 1])
    def test_one_class_in_the_test_rows_is_never_a_yes(self, predictions: Any, only: int) -> None:
        """Recall without positives, or a false positive rate without negatives, does not exist."""
        walked = answered(predictions(scored().assign(y=only), data={"classes": [0, 1]}))
        assert "met" != walked.answer(Question.SEGMENTS).status.value
        assert ("not_assessed" if only == 0 else "not_met") == walked.status("BUSI-1")

    def test_a_class_missing_in_a_segment_is_not_assessed_there(self, predictions: Any) -> None:
        """There is no recall of a group without positives, and the question cannot be a yes."""
        rows = scored()
        walked = answered(predictions(rows.assign(y=np.where(rows.group == "north", 0, rows.y))))
        assert "not_assessed" == walked.status("SEGM-1-1-RECALL")
        assert "met" != walked.answer(Question.SEGMENTS).status.value

    def test_rows_without_a_target_are_counted(self, predictions: Any) -> None:
        """They are left out, and the record says how many and why."""
        data = answered(predictions(where(scored(), "y", np.nan))).record.gathered.data
        assert (200, 195) == (data.rows_read, data.rows_scored)
        assert [5] == [drop.rows for drop in data.dropped]

    @pytest.mark.parametrize(
        ("labels", "positive"),
        sampled(
            [
                (("good", "bad"), "bad"),
                ((True, False), False),
                ((1, -1), -1),
                (("yes", "no"), "no"),
                ((False, True), True),
            ],
            2,
        ),
    )
    def test_the_positive_class_may_be_sorted_first(self, fitted: Any, labels: Any, positive: Any) -> None:
        """The same rows give the same findings whatever the classes are called."""
        train, test = pair()
        plain = answered(fitted(train, test))
        renamed = [rows.assign(y=np.where(rows.y == 1, labels[1], labels[0])) for rows in (train, test)]
        other = answered(fitted(*renamed, data={"positive": positive}))
        for code in ("BUSI-1", "BASE-LIFT-MAJORITY", "ERRO-SAVINGS", "SEGM-1-1-FALSE_POSITIVE_RATE"):
            assert plain.findings[code].measured == other.findings[code].measured, code

    def test_a_label_the_model_never_saw_is_refused(self, fitted: Any) -> None:
        """It is told before anything is scored."""
        train, test = pair()
        test.loc[3, "y"] = 2
        refused(fitted(train, test), DataError, "holds the label 2", "the classes are 0, 1")

    def test_a_category_that_never_occurs_is_no_class(self, fitted: Any) -> None:
        """An empty category is not a third class."""
        kinds = pd.CategoricalDtype(["good", "bad", "never"])
        train, test = (rows.assign(y=np.where(rows.y == 1, "bad", "good")) for rows in pair())
        spec = fitted(train.astype({"y": kinds}), test.astype({"y": kinds}), logistic(train), data={"positive": "bad"})
        assert ("good", "bad") == answered(spec).record.gathered.data.classes


class TestPredictions:
    @pytest.mark.parametrize(
        ("column", "values", "words"),
        [
            ("score", np.nan, "missing or infinite values for 5 of 200 rows, first row 1"),
            ("score", np.inf, "missing or infinite"),
            ("pred", np.nan, "lacks a prediction for 5"),
            ("pred", 7, "holds the label 7"),
        ],
    )
    def test_a_gap_in_them_is_bad_input(self, predictions: Any, column: str, values: Any, words: str) -> None:
        """No row is scored by guessing."""
        refused(predictions(where(scored(), column, values)), DataError, words)

    def test_scores_that_are_text(self, predictions: Any) -> None:
        """The column and an example are named."""
        refused(predictions(scored().assign(score="high")), DataError, "'score'", '"high"')

    @pytest.mark.parametrize("constant", [0, 1])
    def test_constant_predictions_do_not_pass(self, predictions: Any, constant: int) -> None:
        """A constant answer ranks nothing and is as good for every group only because it does nothing."""
        rows = scored().assign(pred=constant, score=float(constant))
        asked = [{"says": "rank them", "metric": "roc_auc", "at_least": 0.6}]
        walked = answered(predictions(rows, business={"requirements": asked}))
        assert "met" != walked.status("BUSI-1")
        assert constant == 1 or "met" != walked.answer(Question.BASELINE).status.value

    def test_perfect_predictions_on_ten_rows_prove_little(self, predictions: Any) -> None:
        """Three of three found is no proof of 80 %."""
        rows = scored(10)
        walked = answered(predictions(rows.assign(pred=rows.y, score=rows.y.astype(float))))
        assert "not_proven" == walked.status("BUSI-1")
        assert "met" != walked.answer(Question.SEGMENTS).status.value

    @pytest.mark.parametrize("n", [1, exhaustive(2), 10])
    def test_few_rows_give_an_answer_without_a_yes(self, predictions: Any, n: int) -> None:
        """Even one row is reviewed, and proves nothing."""
        rows = scored(n)
        rows.loc[rows.index[: n // 2], "y"] = 1
        walked = answered(predictions(rows, data={"classes": [0, 1]}))
        assert {"met"} != {walked.answer(question).status.value for question in Question}
        assert "met" != walked.status("BUSI-1")

    @pytest.mark.parametrize("csv", [False, True])
    def test_no_rows_at_all(self, predictions: Any, csv: bool) -> None:
        """A table of column names only is refused."""
        refused(predictions(scored().iloc[:0], csv=csv), DataError, "has column names but no rows")

    def test_a_column_for_a_class_that_does_not_exist(self, predictions: Any) -> None:
        """Its scores must not be taken for another class."""
        rows = scored().assign(y=np.resize(["x", "z", "w"], 200), s1=0.2, s2=0.3, s3=0.5)
        labels = {"x": "s1", "z": "s2", "q": "s3"}
        spec = predictions(
            rows, data={"positive": None, "classes": None}, model={"predictions": {"score": labels}}, business=None,
            errors=None,
        )  # fmt: skip
        rows.iloc[::-1].to_parquet(spec.parent / "train.parquet")
        spec.write_text(spec.read_text().replace("test: test.parquet", "test: test.parquet\n  train: train.parquet"))
        refused(spec, SpecError, '"q" is not in data.classes', 'has no column for "w"')


class TestTables:
    @pytest.mark.parametrize("csv", [False, True])
    def test_a_column_name_that_stands_there_twice(self, predictions: Any, csv: bool) -> None:
        """Nobody could tell which one is meant."""
        spec = predictions(scored(), csv=csv)
        table = pa.Table.from_pandas(scored()).rename_columns(["y", "pred", "score", "group", "y"])
        if csv:
            path = spec.parent / "test.csv"
            path.write_text(path.read_text().replace("group,a\n", "group,y\n", 1))
        else:
            pq.write_table(table, spec.parent / "test.parquet")
        refused(spec, SpecError, "more than one column named 'y'")

    def test_columns_that_are_called_like_ours(self, predictions: Any) -> None:
        """y_pred, y_true, missing, true and predicted are columns like any other, and none hides another."""
        rows = scored().rename(columns={"y": "y_true", "pred": "y_pred", "group": "missing"})
        walked = answered(
            predictions(
                rows.assign(true="mine", predicted="too"),
                data={"target": "y_true", "segments": ["missing", "score", "y_pred"], "id": "true"},
                model={"predictions": {"label": "y_pred", "score": "score"}},
                errors={"show": ["predicted", "missing"]},
            )
        )
        shown = walked.findings["ERRO-WORST-1"].segment
        assert {"true (column)", "predicted (column)", "missing", "true", "predicted"} == set(shown)
        assert "mine" == shown["true (column)"]
        assert {"0", "1"} == {shown["true"], shown["predicted"]}

    def test_only_wrong_rows_are_among_the_worst_errors(self, predictions: Any) -> None:
        """With fewer than ten errors the list is shorter, and an amount is the amount that was stated."""
        rows = scored()
        walked = answered(predictions(rows))
        worst = [finding for code, finding in walked.findings.items() if code.startswith("ERRO-WORST-")]
        assert int((rows.y != rows.pred).sum()) == len(worst)
        assert all(finding.segment["true"] != finding.segment["predicted"] for finding in worst)
        assert {1.0, 10.0} >= {finding.measured.value for finding in worst if finding.measured}

    def test_a_table_of_categories_only(self, fitted: Any) -> None:
        """Nothing here is a number."""
        level = {"c": lambda rows: pd.Categorical(np.where(rows.a > 0.8, "hi", np.where(rows.a > 0, "mid", "lo")))}
        train, test = (
            rows.assign(**level, group=rows.group.astype("category"))[["c", "group", "y"]] for rows in pair()
        )
        encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["c", "group"]))
        model = make_pipeline(encoder, LogisticRegression()).fit(train[["c", "group"]], train.y)
        answered(fitted(train, test, model, data={"segments": ["c", "group"]}))

    def test_one_feature(self, fitted: Any) -> None:
        """A single column is a table, too."""
        train, test = (rows[["a", "y"]] for rows in pair())
        walked = answered(fitted(train, test, logistic(train, ("a",)), data={"segments": None}))
        assert "not_assessed" == walked.answer(Question.SEGMENTS).status.value

    def test_nothing_but_the_target(self, fitted: Any) -> None:
        """The features that the model was fitted on are missed by name."""
        train, test = pair()
        spec = fitted(train[["y"]], test[["y"]], logistic(train), data={"segments": None})
        refused(spec, DataError, "lacks 2 of the needed columns", '"a"')

    def test_nullable_columns_and_categories_with_gaps(self, fitted: Any) -> None:
        """Gaps in a segment column are a segment, gaps in the target drop rows, and the types do not matter."""
        train, test = pair()
        model = logistic(train)
        kinds = {"y": "Int64", "a": "Float64", "group": "string"}
        train, test = train.astype(kinds), test.astype(kinds)
        test.loc[:9, "group"] = pd.NA
        test.loc[10:12, "y"] = pd.NA
        walked = answered(fitted(train, test, model))
        assert 297 == walked.record.gathered.data.rows_scored
        assert {"group": "missing"} == walked.findings["SEGM-1-3-ROWS"].segment

    @pytest.mark.parametrize("change", ["gap", "text"])
    def test_a_feature_the_model_cannot_take(self, fitted: Any, change: str) -> None:
        """The model's own words, and a remedy that speaks of its features only."""
        train, test = pair()
        spec = fitted(train, where(test, "a", np.nan) if change == "gap" else test.assign(a="high"))
        with pytest.raises(ScoringError) as caught:
            walk(spec)
        assert "The model failed in predict_proba: ValueError" in caught.value.message
        assert "group" not in caught.value.remedy

    def test_a_column_of_several_kinds(self, predictions: Any) -> None:
        """A CSV column of numbers and words is read as text, with a segment for each."""
        rows = scored().assign(group=np.resize(["1", "x", "2.5", ""], 200))
        walked = answered(predictions(rows, csv=True))
        names = {walked.findings[f"SEGM-1-{j}-ROWS"].segment["group"] for j in range(1, 5)}
        assert {"1", "x", "2.5", "missing"} == names

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda raw: raw.replace(b"north", b"n\xf6rd"), "not UTF-8"),
            (lambda raw: raw.decode().encode("utf-16"), "not UTF-8"),
            (lambda raw: raw.replace(b",", b";"), "semicolons"),
            (lambda raw: raw + b"1,2\n", "expected 5"),
            (lambda raw: b"", "is empty"),
        ],
        ids=["latin-1", "utf-16", "semicolons", "unequal lines", "empty file"],
    )
    def test_a_damaged_csv_file(self, predictions: Any, spoil: Any, words: str) -> None:
        """Told with the file and the line, before anything is computed."""
        spec = predictions(scored(), csv=True)
        path = spec.parent / "test.csv"
        path.write_bytes(spoil(path.read_bytes()))
        refused(spec, InputError, "test.csv", words)

    def test_a_damaged_parquet_file(self, predictions: Any) -> None:
        """A file that was cut off."""
        spec = predictions(scored())
        path = spec.parent / "test.parquet"
        path.write_bytes(path.read_bytes()[:-50])
        refused(spec, SpecError, "not a readable Parquet file")

    @pytest.mark.parametrize(
        ("role", "changes"),
        [
            ("group", {"data": {"group": "odd"}}),
            ("time", {"data": {"time": "odd"}}),
            ("segments", {"data": {"segments": ["odd"]}}),
        ],
    )
    def test_lists_have_no_role(self, predictions: Any, role: str, changes: Any) -> None:
        """A column of lists can neither be grouped nor sorted."""
        refused(
            predictions(scored().assign(odd=[[1, 2]] * 200), **changes), SpecError, f"data.{role}", '"odd"', "lists"
        )

    @pytest.mark.parametrize(
        "values",
        [["text"] * 300, *map(exhaustive, ([[1, 2]] * 300, pd.date_range("2026-01-01", periods=300)))],
    )
    def test_recent_rows_of_another_kind_are_no_proof(self, fitted: Any, values: Any) -> None:
        """A feature that has become something else is drift, or cannot be compared; the other features stand."""
        train, test = pair()
        spec = fitted(train, test, data={"recent": "recent.parquet"})
        test.assign(a=values).to_parquet(spec.parent / "recent.parquet")
        walked = answered(spec)
        assert walked.status("PROD-DRIFT-1") in ("not_met", "not_assessed")
        assert walked.findings["PROD-DRIFT-2"].measured


class TestSegments:
    def test_the_word_missing_is_not_a_gap(self, predictions: Any) -> None:
        """A value that reads "missing" stays apart from rows without a value."""
        rows = scored().assign(group=np.resize(["missing", None, "a"], 200))
        walked = answered(predictions(rows))
        named = [walked.findings[f"SEGM-1-{j}-ROWS"].segment["group"] for j in (1, 2, 3)]
        assert ["a", "“missing”", "missing"] == named

    def test_two_hundred_segments(self, predictions: Any) -> None:
        """All are listed, none is proven, and the counts sum to the whole."""
        rows = scored(5000).assign(group=[f"s{i % 200}" for i in range(5000)])
        walked = answered(predictions(rows, segments={"metrics": ["recall"]}))
        counts = [f.measured.value for code, f in walked.findings.items() if re.fullmatch(r"SEGM-1-\d+-ROWS", code)]
        assert (200, 5000) == (len(counts), sum(counts))
        assert "not_proven" == walked.answer(Question.SEGMENTS).status.value

    @pytest.mark.parametrize("value", ["x", None])
    def test_one_segment_is_nobody_to_compare_with(self, predictions: Any, value: Any) -> None:
        """All rows in one segment, or none with a value, is not assessed."""
        walked = answered(predictions(scored().assign(group=value)))
        assert "not_assessed" == walked.answer(Question.SEGMENTS).status.value

    def test_columns_of_every_type(self, predictions: Any) -> None:
        """Each gives segments that sum to the whole."""
        rows = scored()
        day = pd.date_range("2026-01-01", periods=200)
        odd = {
            "bool": [True, False] * 100,
            "category": pd.Categorical(["a", None] * 100, categories=["a", "never"]),
            "nullable": pd.array([1, None] * 100, dtype="Int64"),
            "dates": day,
            "zoned": day.tz_localize("Europe/Berlin"),
            "span": pd.to_timedelta(np.arange(200) % 3, unit="h"),
            "bytes": [b"x", b"\xff"] * 100,
            "infinite": [np.inf, -np.inf] * 100,
            "day": day.date,
        }
        walked = answered(predictions(rows.assign(**odd), data={"segments": list(odd)}))
        for i in range(1, len(odd) + 1):
            counts = [
                f.measured.value for code, f in walked.findings.items() if re.fullmatch(rf"SEGM-{i}-\d+-ROWS", code)
            ]
            assert 200 == sum(counts), list(odd)[i - 1]

    def test_training_rows_of_another_kind(self, fitted: Any) -> None:
        """Bins come from the training rows; where those hold text, it is said of which table."""
        train, test = pair()
        spec = fitted(train.assign(s="x"), test.assign(s=np.arange(300.0)), logistic(train), data={"segments": ["s"]})
        refused(spec, DataError, "'s'", "not numbers in data.train")

    def test_a_critical_group_that_nobody_belongs_to(self, predictions: Any) -> None:
        """It keeps the question from being a yes."""
        parts = [{"column": "group", "critical": ["west"]}]
        walked = answered(predictions(scored(), data={"segments": parts}))
        assert "not_proven" == walked.status("SEGM-1-CRITICAL-ACCURACY")


def on_one_line(text: str) -> str:
    """Names of models must be: a name that brings lines of its own is refused."""
    return " ".join(text.splitlines())


class TestHostileStrings:
    @pytest.mark.parametrize("text", sampled(HOSTILE.values(), 3, always=ACTING), ids=HOSTILE.keys())
    def test_everywhere_at_once(self, predictions: Any, text: str) -> None:
        """In a column, its values, the labels, the model's name and every sentence of the spec: nothing acts."""
        rows = scored().rename(columns={"group": text})
        rows[text] = np.resize([text, "plain"], 200)
        labels = {column: np.where(rows[column] == 1, text, "plain") for column in ("y", "pred")}
        walked = answered(
            predictions(
                rows.assign(**labels),
                data={"segments": [text], "id": text, "positive": text},
                model={"name": on_one_line(text)[:200], "version": on_one_line(text)[:100]},
                business={"requirements": [{"says": text, "metric": "recall", "at_least": 0.8}]},
                errors={"show": [text], "describe": {"false_positive": text}},
                about={"purpose": text, "owner": text, "prepared_by": [text], "limitations": [text]},
            )
        )
        page = BeautifulSoup(walked.page, "html.parser")
        assert [] == [tag for tag in page.find_all("script") if "alert" in tag.text]
        assert [] == [tag for tag in page.find_all("b") if not tag.text.strip()]
        assert "49" not in page.find("h1").text
        assert not any(sign in walked.page for sign in ("\u202e", "--><b>", "<script>alert"))
        assert 400_000 > len(walked.page)

    @pytest.mark.parametrize(
        "key", sampled(["script", "reading direction", "mathematics", "line end"], 0, always=["broken mathematics"])
    )
    def test_in_figures(self, predictions: Any, key: str) -> None:
        """Every figure is drawn, and what it holds is inert."""
        text = HOSTILE[key]
        rows = scored().rename(columns={"group": text})
        rows[text] = np.resize([text, "plain"], 200)
        walked = answered(predictions(rows, data={"segments": [text]}, model={"name": on_one_line(text)}), figures=True)
        assert not any("<script" in getattr(picture, "svg", "") for picture in walked.drawn)

    @pytest.mark.parametrize("key", ["name", "version"])
    def test_a_name_of_two_lines(self, predictions: Any, key: str) -> None:
        """It could pass its second line off as ours."""
        refused(predictions(scored(), model={key: "1\nVALID"}), SpecError, f"model.{key}", "on one line")

    def test_a_nul_character(self, predictions: Any) -> None:
        """In data it is a character like any other; a spec that holds one is refused."""
        rows = scored().assign(group=np.resize(["a\0b", "c\0"], 200))
        assert "\0" not in answered(predictions(rows, errors={"show": ["group"]})).page
        refused(predictions(rows, model={"name": "a\0b"}), SpecError, "model.name", "control character U+0000")

    def test_a_text_as_long_as_a_book(self, predictions: Any) -> None:
        """One endless value must not make the record too large to be written."""
        rows = scored()
        rows.loc[0, "group"] = "z" * 2_000_000
        walked = answered(predictions(rows, errors={"show": ["group"]}))
        assert 1_000_000 > len(walked.report)

    def test_files_and_folders(self, tmp_path: Path) -> None:
        """Braces, blanks, quotes and signs of HTML in every path."""
        folder = tmp_path / "{x} $y <b>'\"🙂"
        folder.mkdir()
        scored().to_parquet(folder / "te st{0}<i>.parquet")
        spec = sections(BASE, {"model": COLUMNS, "data": {"test": "te st{0}<i>.parquet"}})
        (folder / "readiness %s.yaml").write_text(yaml.safe_dump(spec))
        walked = answered(folder / "readiness %s.yaml")
        assert "&lt;i&gt;.parquet" in walked.page
        assert "<i>.parquet" not in walked.page

    def test_features_with_names_of_their_own(self, fitted: Any) -> None:
        """The model was fitted on them, so they are what they are."""
        names = {"a": "a\0\u202e<b>", "b": "b\n{x}"}
        train, test = (rows.rename(columns=names) for rows in pair())
        walked = answered(fitted(train, test, logistic(train, tuple(names.values()))))
        assert "<b>," not in walked.page


MULTICLASS: dict[str, Any] = {"data": {"positive": None}, "business": None, "errors": None}
REGRESSION: dict[str, Any] = {
    "data": {"positive": None},
    "business": {
        "requirements": [{"says": f"small {m}", "metric": m, "at_most": 1e-9} for m in ("mae", "mape", "rmse")]
        + [{"says": "explains", "metric": "r2", "at_least": 0.5}]
    },
    "errors": {"costs": {"under": 1, "over": 2, "false_positive": None, "false_negative": None, "currency": "EUR"}},
}


class TestTasks:
    def three(self, rows: Frame) -> Frame:
        return rows.assign(y=np.select([rows.a > 0.8, rows.a > 0], [2, 1], 0))

    def test_three_classes_of_which_one_is_missing(self, fitted: Any) -> None:
        """The class stays in the list, with no rows."""
        train, test = map(self.three, pair())
        walked = answered(fitted(train, test[test.y != 2].reset_index(drop=True), **MULTICLASS))
        assert (("0", "1", "2"), 0) == (walked.record.gathered.data.classes, walked.record.gathered.data.class_rows[2])

    def test_a_constant_model_of_three_classes(self, fitted: Any) -> None:
        """It beats nothing."""
        train, test = map(self.three, pair())
        model = DummyClassifier().fit(train[["a", "b"]], train.y)
        assert "not_met" == answered(fitted(train, test, model, **MULTICLASS)).answer(Question.BASELINE).status.value

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"errors": {"costs": {"false_positive": 1, "false_negative": 9}}}, "takes the costs as a matrix"),
            ({"errors": {"costs": {"matrix": {0: {0: 0, 1: 1}, 1: {0: 1, 1: 0}}}}}, 'has no costs for "2"'),
            ({"errors": {"do_nothing": "never"}}, '"never" is not in data.classes'),
            ({"business": {"requirements": [{"says": "x", "metric": "recall", "at_least": 0.5}]}}, '"recall" does not fit'),
            ({"segments": {"metrics": ["recall"]}}, "segments.metrics[0]"),
            ({"baseline": {"metric": "mae"}}, "baseline.metric"),
        ],
    )  # fmt: skip
    def test_a_spec_for_another_task_is_refused(self, fitted: Any, changes: Any, words: str) -> None:
        """Costs of two classes must not price a third one at nothing: that would be a false yes."""
        train, test = map(self.three, pair())
        refused(fitted(train, test, **{**MULTICLASS, **changes}), SpecError, "multiclass", words)

    def test_true_and_false_may_have_a_matrix(self, fitted: Any) -> None:
        """A spec spells them in small letters."""
        train, test = (rows.assign(y=rows.y == 1) for rows in pair())
        costs = {True: {True: 0, False: 10}, False: {True: 1, False: 0}}
        by_matrix = answered(fitted(train, test, data={"positive": True}, errors={"costs": {"matrix": costs}}))
        usual = answered(fitted(train, test, data={"positive": True}))
        totals = [walked.findings["ERRO-COST-TOTAL"].measured.value for walked in (by_matrix, usual)]
        assert totals[0] == totals[1]

    @pytest.mark.parametrize(
        ("values", "n"),
        [
            exhaustive((lambda rows: rows.a**2 - 5, 300)),
            exhaustive((lambda rows: rows.a, 300)),
            exhaustive((lambda rows: rows.a * 0.0, 300)),
            (lambda rows: rows.a * 0 + 3.5, 300),
            exhaustive((lambda rows: rows.a * 1e-200, 300)),
            (lambda rows: np.where(rows.index == 3, 1e12, rows.a), 300),
            exhaustive((lambda rows: rows.a + rows.b**2, 10)),
            (lambda rows: rows.a + rows.b**2, 1),
        ],
        ids=["negative", "without error", "zero", "constant", "tiny", "one outlier", "ten rows", "one row"],
    )
    def test_targets_of_a_regression(self, fitted: Any, values: Any, n: int) -> None:
        """Negative, zero, constant and hardly any: answered, and never a yes to a question that has none."""
        train, test = (rows.assign(y=values(rows)) for rows in pair(300, n))
        errors = {"errors": {"costs": {"under": 1, "over": 2}}}
        spec = fitted(train, test, LinearRegression().fit(train[["a", "b"]], train.y), **{**REGRESSION, **errors})
        walked = answered(spec)
        assert walked.status("BUSI-3") != "met" or np.ptp(test.y) > 0
        assert "met" != walked.status("BUSI-4") or n > 10

    def test_gaps_and_infinities_of_a_regression_are_counted(self, fitted: Any) -> None:
        """In training and in test rows."""
        train, test = (rows.assign(y=rows.a + rows.b**2) for rows in pair())
        model = LinearRegression().fit(train[["a", "b"]], train.y)
        test.loc[0, "y"], test.loc[1, "y"], train.loc[1, "y"] = np.nan, np.inf, -np.inf
        data = answered(fitted(train, test, model, **{**REGRESSION, "errors": None})).record.gathered.data
        assert (298, 299) == (data.rows_scored, data.train_rows)


class TestWeightsGroupsAndTime:
    @pytest.mark.parametrize(
        ("weight", "words"),
        [
            ("heavy", ("'w' of data.test", "numbers are needed")),
            (-1.0, ("200 with no w (missing, infinite or negative)",)),
            (np.nan, ("200 with no w",)),
            (0.0, ("weight 0",)),
        ],
    )
    def test_weights_that_weigh_nothing(self, predictions: Any, weight: Any, words: Any) -> None:
        """The column and its fault are named."""
        refused(predictions(scored().assign(w=weight), data={"weight": "w"}), DataError, *words)

    @pytest.mark.parametrize("amount", ["x", np.nan, -1.0])
    def test_costs_that_are_no_amounts(self, predictions: Any, amount: Any) -> None:
        """Not summed up in silence."""
        costs = {"costs": {"false_positive": 1, "false_negative": {"column": "amount"}}}
        refused(predictions(scored().assign(amount=amount), errors=costs), DataError, "errors.costs.false_negative")

    def test_weights_and_groups_of_faultless_rows(self, predictions: Any) -> None:
        """A sum of weights that misses 1 by a rounding is still all of them."""
        rows = scored().assign(g=np.arange(200) // 4, w=np.arange(200) % 5)
        walked = answered(predictions(rows, data={"group": "g", "weight": "w"}))
        assert walked.findings["BUSI-1"].measured
        assert walked.findings["BUSI-1"].bounds.lower is not None

    @pytest.mark.parametrize("weight", [[1e300] + [1e-300] * 199, [0.0] * 199 + [1.0]])
    def test_one_row_that_weighs_all(self, predictions: Any, weight: Any) -> None:
        """It is one row, and proves nothing."""
        walked = answered(predictions(scored().assign(w=weight), data={"weight": "w"}))
        assert "met" != walked.status("BUSI-1")
        assert "met" != walked.answer(Question.BASELINE).status.value

    def test_one_group(self, predictions: Any) -> None:
        """Rows that all depend on each other are one observation."""
        walked = answered(predictions(scored().assign(g=1), data={"group": "g"}))
        assert "met" != walked.status("BUSI-1")

    def test_everything_at_once(self, fitted: Any) -> None:
        """Weights, groups and time in training and test rows."""
        extra = {"g": lambda r: r.index // 5, "w": lambda r: 1.0 + r.index % 3}
        train, test = (rows.assign(**extra, t=pd.date_range("2026-01-01", periods=300, freq="h")) for rows in pair())
        parts = [{"column": "t", "by": "weekday"}, {"column": "t", "by": "month"}, "t"]
        data = {"group": "g", "weight": "w", "time": "t", "segments": parts}
        answered(fitted(train, test, logistic(train), data=data))

    @pytest.mark.parametrize("values", [pd.NaT, *map(exhaustive, (7, "2026-01-01T00:00:00+01:00"))])
    def test_times_that_tell_nothing(self, fitted: Any, values: Any) -> None:
        """Refits in time order are not assessed; the rest of the review stands."""
        train, test = (rows.assign(t=values) for rows in pair())
        walked = answered(fitted(train, test, logistic(train), data={"time": "t"}))
        assert "too few different times" in walked.findings["STAB-REFITS"].reason


class TestOneQuestionFails:
    """What goes wrong in one question leaves the other five standing."""

    def others(self, walked: Walked, question: Question) -> list[str]:
        return [f.code for each in Question if each is not question for f in walked.answer(each).findings]

    def test_an_analysis_that_raises(self, fitted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its question is not assessed and says why."""

        def broken(*_: Any) -> Any:
            raise RuntimeError("the moon is full")

        monkeypatch.setattr("readiness.questions.segments.ask", broken)
        walked = walk(fitted(*pair()), figures=False)
        assert {"SEGM-FAILED": "the analysis failed with RuntimeError: the moon is full"} == walked.failed
        assert ["SEGM-FAILED"] == [f.code for f in walked.answer(Question.SEGMENTS).findings]
        assert {"BASE-LIFT-MAJORITY", "BUSI-1", "ERRO-SAVINGS"} <= set(self.others(walked, Question.SEGMENTS))

    def test_a_training_table_that_lacks_a_feature(self, fitted: Any) -> None:
        """Nothing can be refitted, and drift is told for the others."""
        train, test = pair()
        walked = answered(fitted(train.drop(columns="b"), test, logistic(train)))
        assert "lacks the feature b" in walked.findings["STAB-REFITS"].reason
        assert {"column": "a"} == walked.findings["PROD-DRIFT-1"].segment

    def test_a_training_table_that_is_too_small(self, fitted: Any) -> None:
        """Ten rows cannot be cut into five folds of both classes."""
        train, test = pair()
        walked = answered(fitted(train.iloc[:10], test, logistic(train)))
        assert "not_assessed" == walked.answer(Question.STABILITY).status.value

    def test_a_model_that_cannot_be_cloned(self, fitted: Any) -> None:
        """Scored and judged, but not refitted."""
        walked = answered(fitted(*pair(), model=Fixed()))
        assert "not_assessed" == walked.answer(Question.STABILITY).status.value
        assert walked.findings["BUSI-1"].measured

    def test_a_figure_that_cannot_be_drawn(self, predictions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The findings stand without it."""

        def broken(_answer: Any, *, ax: Any = None) -> Any:
            raise RuntimeError("no ink")

        broken.__name__ = "requirements"  # figures are the functions of their module, found by name
        broken.__module__ = "readiness.report.plots.business"
        monkeypatch.setattr("readiness.report.plots.business.requirements", broken)
        walked = walk(predictions(scored()), figures=True)
        assert any("no ink" in words for words in walked.undrawn)
        assert walked.findings["BUSI-1"].measured


class TestRejectedModels:
    @pytest.mark.parametrize(
        ("model", "kind", "words"),
        [
            ({"no": "model"}, InputError, "expected an object with a method predict"),
            (LogisticRegression(), ScoringError, "never fitted"),
            (
                LinearRegression().fit(make_rows(50, 1)[["a", "b"]], make_rows(50, 1).y),
                ScoringError,
                "set model.threshold",
            ),
        ],
        ids=["no model", "not fitted", "regressor for classes"],
    )
    def test_what_is_no_candidate(self, fitted: Any, model: Any, kind: type[Exception], words: str) -> None:
        """Told with a remedy."""
        refused(fitted(*pair(50, 50), model), kind, words)

    @pytest.mark.parametrize("kind", [SystemExit, *map(exhaustive, (MemoryError, RecursionError)), ZeroDivisionError])
    def test_a_model_that_raises(self, fitted: Any, kind: type[BaseException]) -> None:
        """Whatever it raises, also the end of the program, is a failure to score."""
        with pytest.raises(ReviewError, match=kind.__name__):
            walk(fitted(*pair(50, 50), model=Raising(kind)), figures=False)


@pytest.mark.parametrize("library", sampled(["xgboost", "lightgbm", "catboost"], 1, always=["catboost"]))
def test_boosters_are_reviewed_like_any_model(library: str, fitted: Any, tmp_path: Path) -> None:
    """Scores, refits and every answer."""
    module = pytest.importorskip(library)
    quiet = {
        "xgboost": ("XGBClassifier", {"n_estimators": 20, "verbosity": 0, "n_jobs": 1}),
        "lightgbm": ("LGBMClassifier", {"n_estimators": 20, "verbose": -1, "n_jobs": 1}),
        "catboost": (
            "CatBoostClassifier",
            {"iterations": 20, "verbose": 0, "allow_writing_files": False, "thread_count": 1},
        ),
    }
    name, options = quiet[library]
    train, test = pair()
    model = getattr(module, name)(**options).fit(train[["a", "b"]], train.y)
    spec = fitted(train, test, model)
    spec.write_text(spec.read_text() + vouched_for("seen"))  # of 300 rows some could have been seen without a trace
    walked = answered(spec)
    assert walked.findings["STAB-CHURN"].measured
    assert "met" == walked.answer(Question.BASELINE).status.value
