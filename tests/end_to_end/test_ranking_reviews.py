"""Whole reviews of rankings: a regression, a ranker, ready-made scores, and faults that must be found."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LinearRegression, LogisticRegression

from readiness.core.checklist import this_day
from readiness.core.errors import DataError, SpecError
from readiness.core.findings import Question
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Training
from readiness.evidence.measure_refits import measure_refits
from readiness.planning.feasibility import feasible, provable
from readiness.spec.load import load_spec
from tests.walking import Walked, walk

SIZE = 12


def make_queries(queries: int, seed: int) -> pd.DataFrame:
    """Rows of `queries` searches in a random order; what is relevant follows a and half of b, with noise."""
    rng = np.random.default_rng(seed)
    n = queries * SIZE
    search = np.repeat(np.arange(queries), SIZE)
    a, b, noise = rng.normal(size=(3, n))
    frame = pd.DataFrame(
        {
            "search": [f"{seed}-{number}" for number in search],
            "a": a,
            "b": b,
            "device": np.where(rng.random(queries) < 0.5, "phone", "desk")[search],
            "relevance": np.digitize(a + 0.5 * b + 0.6 * noise, [0.8, 1.6]).astype(float),
        }
    )
    return frame.iloc[rng.permutation(n)].reset_index(drop=True)


def write(folder: Path, train: pd.DataFrame, test: pd.DataFrame, model: Any = None, **changes: Any) -> Path:
    """A spec beside its tables; without a model the column "points" holds the scores."""
    folder.mkdir(parents=True, exist_ok=True)
    train.to_parquet(folder / "train.parquet")
    test.to_parquet(folder / "test.parquet")
    candidate: dict[str, Any] = {"name": "search", "version": "1"}
    if model is None:
        candidate["predictions"] = {"label": "points"}
    else:
        joblib.dump(model, folder / "model.joblib")
        digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
        candidate |= {"path": "model.joblib", "sha256": digest}
    requirements = [
        {"says": "best first", "metric": "ndcg_at_5", "at_least": 0.8},
        {"says": "find it soon", "metric": "mrr", "lift_over": "random", "at_least": 0.5},
    ]
    data = {"train": "train.parquet", "test": "test.parquet", "target": "relevance", "query": "search"}
    spec: dict[str, Any] = {
        "model": candidate,
        "data": data | {"features": ["a", "b"], "segments": ["device"]},
        "baseline": {"rules": [{"name": "only b", "column": "b"}]},
        "business": {"requirements": requirements},
        "errors": {"costs": {"false_positive": 1, "false_negative": 5, "currency": "EUR"}, "top_k": 4},
        "stability": {"repeats": 2, "budget_seconds": 60},
    }
    (folder / "readiness.yaml").write_text(yaml.safe_dump(spec | changes, sort_keys=False))
    return folder / "readiness.yaml"


def linear(train: pd.DataFrame) -> LinearRegression:
    return LinearRegression().fit(train[["a", "b"]], train["relevance"])


@pytest.fixture(scope="module")
def pointwise(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """A regression of the relevance, asked for scores."""
    train, test = make_queries(150, 1), make_queries(150, 2)
    return walk(write(tmp_path_factory.mktemp("pointwise"), train, test, linear(train)))


class TestPointwise:
    """A good ranking is a yes to all that was measured."""

    def test_five_questions_are_answered_yes(self, tmp_path: Path) -> None:
        """The sixth was not probed here."""
        train, test = make_queries(150, 1), make_queries(900, 2)
        many = walk(write(tmp_path, train, test, linear(train)))
        statuses = [many.answer(question).status.value for question in Question]
        assert ["met"] * 5 == statuses[:5]
        assert many.failed == {}
        assert many.undrawn == []

    def test_few_queries_carry_no_yes_for_each_device(self, pointwise: Walked) -> None:
        """In 150 queries a few bad ones decide a mean that is nearly one."""
        assert "not_proven" == pointwise.answer(Question.SEGMENTS).status.value
        withheld = [f.withheld for f in pointwise.answer(Question.SEGMENTS).findings if f.withheld]
        assert withheld
        assert all("queries" in words for words in withheld)
        assert pointwise.failed == {}
        assert pointwise.undrawn == []

    def test_it_is_compared_with_a_random_order_and_the_rule(self, pointwise: Walked) -> None:
        """By NDCG at 10, paired by query."""
        gain = pointwise.findings["BASE-LIFT-RANDOM"]
        relevant = pointwise.evidence.rows.groupby("search")["relevance"].max() > 0
        assert gain.measured is not None
        assert int(relevant.sum()) == gain.measured.n
        assert gain.metric == "ndcg_at_10"
        assert gain.criterion is not None
        assert gain.criterion.threshold == 0.02
        assert f"{int(relevant.sum())} of 150 queries (the others have no relevant row)" in gain.reason
        assert "BASE-LIFT-RULE-1" in pointwise.findings

    def test_values_of_three_metrics_are_shown(self, pointwise: Walked) -> None:
        """For the candidate and for each alternative."""
        shown = [code for code in pointwise.findings if code.startswith("BASE-VALUE-RANDOM")]
        assert {f"BASE-VALUE-RANDOM-{metric}" for metric in ("NDCG_AT_10", "MAP", "MRR")} == set(shown)

    def test_the_page_counts_queries(self, pointwise: Walked) -> None:
        """On the first screen and in the record."""
        assert pointwise.record.gathered.data.task == "ranking"
        assert pointwise.record.gathered.data.queries == 150
        assert "150 queries with 1,800 rows" in pointwise.page
        assert "showing nothing" in pointwise.page

    def test_errors_are_rows_outside_and_inside_the_first_four(self, pointwise: Walked) -> None:
        """Counted once more with pandas; savings are 5 for each relevant row shown, less 1 for each other one shown."""
        rows = pointwise.evidence.rows.assign(score=pointwise.evidence.cases.y_pred)
        shown = rows.groupby("search")["score"].rank(ascending=False, method="first") <= 4
        relevant = rows["relevance"] > 0
        found = {code: pointwise.findings[f"ERRO-{code}"].measured for code in ("TP", "FP", "FN", "SHOWN")}
        counts = {code: None if measured is None else measured.value for code, measured in found.items()}
        hits, misses = int((shown & relevant).sum()), int((~shown & relevant).sum())
        false = int((shown & ~relevant).sum())
        assert {"TP": hits, "FP": false, "FN": misses, "SHOWN": 600} == counts
        savings = pointwise.findings["ERRO-SAVINGS"].measured
        assert savings is not None
        assert (5 * hits - false) / 1800 == pytest.approx(savings.value)

    def test_refits_keep_queries_whole_and_nothing_is_said_of_churn(self, pointwise: Walked) -> None:
        """Scores have no labels that could change."""
        width = pointwise.findings["STAB-HALF-WIDTH"]
        assert width.criterion is not None
        assert "queries kept whole" in width.reason
        assert width.criterion.unit == "points"
        assert "STAB-CHURN" not in pointwise.findings


def test_a_ranker_is_refitted_with_its_queries(tmp_path: Path) -> None:
    """LightGBM cannot be fitted without; the clones do as well as the candidate."""
    lightgbm = pytest.importorskip("lightgbm")
    train, test = make_queries(120, 3), make_queries(120, 4)
    ordered = train.sort_values("search")
    model = lightgbm.LGBMRanker(n_estimators=20, verbose=-1, n_jobs=1)
    model.fit(ordered[["a", "b"]], ordered["relevance"], group=[SIZE] * 120)
    walked = walk(write(tmp_path, train, test, model), figures=False)
    mean, own = (walked.findings[code].measured for code in ("STAB-MEAN", "BASE-VALUE-CANDIDATE-NDCG_AT_10"))
    assert walked.failed == {}
    assert mean is not None
    assert own is not None
    assert own.value == pytest.approx(mean.value, abs=0.05)


def test_ready_made_scores_are_reviewed_without_refits(tmp_path: Path) -> None:
    """Question 1 is a yes; question 5 says what is missing."""
    train, test = make_queries(100, 5), make_queries(100, 6)
    test["points"] = 7 * test["a"] + 3 * test["b"] - 100
    word = {"by": "somebody else", "on": this_day(), "why": "an example"}
    vouched: dict[str, Any] = {"about": {"prepared_by": ["the builder"]}, "soundness": {"seen": word}}
    walked = walk(write(tmp_path, train, test, **vouched), figures=False)
    assert walked.answer(Question.BASELINE).status.value == "met"
    assert walked.status("STAB-REFITS") == "not_assessed"
    assert walked.failed == {}


def test_random_scores_do_not_beat_a_random_order(tmp_path: Path) -> None:
    """1,000 queries are enough to exclude a gain of two points."""
    train, test = make_queries(10, 7), make_queries(1000, 8)
    test["points"] = np.random.default_rng(9).random(len(test))
    walked = walk(write(tmp_path, train, test), figures=False)
    assert walked.status("BASE-LIFT-RANDOM") == "not_met"
    assert walked.answer(Question.BASELINE).status.value == "not_met"
    assert walked.record.verdict.value == "not_ready"


def test_a_segment_whose_order_is_turned_is_found(tmp_path: Path) -> None:
    """On phones the worst stands first: question 3 is a no, and so is the requirement of the business."""
    train, test = make_queries(10, 10), make_queries(200, 11)
    test["points"] = (2 * test["a"] + test["b"]) * np.where(test["device"] == "phone", -1, 1)
    walked = walk(write(tmp_path, train, test), figures=False)
    assert walked.status("SEGM-1-2-NDCG_AT_10") == "not_met"
    assert walked.answer(Question.BUSINESS).status.value == "not_met"


def test_showing_too_much_costs_more_than_it_saves(tmp_path: Path) -> None:
    """With ten rows shown of twelve and dear false positives, showing nothing would be better."""
    train, test = make_queries(10, 12), make_queries(100, 13)
    test["points"] = test["a"]
    costs = {"false_positive": 5, "false_negative": 1, "currency": "EUR"}
    walked = walk(write(tmp_path, train, test, errors={"costs": costs}), figures=False)
    assert walked.status("ERRO-SAVINGS") == "not_met"
    assert walked.findings["ERRO-SHOWN"].name == "Rows among the first 10 of their query, which count as shown"


def test_training_rows_without_queries_make_only_question_5_not_assessed(tmp_path: Path) -> None:
    """The reason names the column's role."""
    train, test = make_queries(60, 14), make_queries(60, 15)
    spec = write(tmp_path, train.drop(columns="search"), test, linear(train))
    refits = measure_refits(gather(spec)).refits
    assert "column of the queries" in refits.reason


def test_true_and_false_are_a_relevance(tmp_path: Path) -> None:
    """Clicked or not is 1 or 0."""
    train, test = make_queries(30, 16), make_queries(30, 17)
    for frame in (train, test):
        frame["relevance"] = frame["relevance"] > 0
    test["points"] = test["a"]
    evidence = gather(write(tmp_path, train, test))
    assert test["relevance"].astype(float).tolist() == evidence.cases.y_true.tolist()


def test_rows_without_a_query_are_left_out_and_counted(tmp_path: Path) -> None:
    """As rows without a target are."""
    train, test = make_queries(20, 18), make_queries(20, 19)
    test["points"] = test["a"]
    test.loc[[0, 5], "search"] = None
    facts = gather(write(tmp_path, train, test)).gathered.data
    assert [("no search (missing)", 2)] == [(drop.reason, drop.rows) for drop in facts.dropped]


def test_a_query_is_no_feature(tmp_path: Path) -> None:
    """Nor is any other column with a role, where the features are not listed."""
    train, test = make_queries(20, 20), make_queries(20, 21)
    test["points"] = test["a"]
    data = {"train": "train.parquet", "test": "test.parquet", "target": "relevance", "query": "search"}
    evidence = gather(write(tmp_path, train, test, data=data))
    assert evidence.gathered.data.features == 2  # a and device; b is the column of a rule


def test_a_relevance_below_0_is_refused(tmp_path: Path) -> None:
    """The sentence says how many, and what a relevance is."""
    train, test = make_queries(20, 22), make_queries(20, 23)
    test["points"] = test["a"]
    test.loc[:2, "relevance"] = -1.0
    with pytest.raises(DataError, match="holds 3 values below 0, where a ranking has a relevance from 0"):
        gather(write(tmp_path, train, test))


def test_words_are_no_relevance(tmp_path: Path) -> None:
    """A ranking needs numbers."""
    train, test = make_queries(20, 24), make_queries(20, 25)
    for frame in (train, test):
        frame["relevance"] = np.where(frame["relevance"] > 0, "good", "bad")
    test["points"] = test["a"]
    with pytest.raises(DataError, match="a ranking needs numbers"):
        gather(write(tmp_path, train, test))


def test_a_metric_of_other_tasks_is_refused(tmp_path: Path) -> None:
    """Before any row is read by a model."""
    train, test = make_queries(20, 26), make_queries(20, 27)
    test["points"] = test["a"]
    spec = write(tmp_path, train, test, baseline={"metric": "f1"})
    with pytest.raises(SpecError) as caught:
        walk(spec, figures=False)
    assert "does not fit a ranking task" in "\n".join(caught.value.problems)


def test_a_classifier_is_told_that_classes_are_no_order(tmp_path: Path) -> None:
    """Its answers are ranked all the same, rows of one class as in a random order."""
    train, test = make_queries(40, 28), make_queries(40, 29)
    model = LogisticRegression().fit(train[["a", "b"]], train["relevance"] > 0)
    evidence = gather(write(tmp_path, train, test, model))
    assert set(np.unique(evidence.cases.y_pred)) == {0.0, 1.0}
    assert any("no order" in note for note in evidence.gathered.model.notes)


def test_check_counts_queries(tmp_path: Path) -> None:
    """Nine queries with a relevant row cannot prove anything."""
    train, test = make_queries(20, 30), make_queries(12, 31)
    test["points"] = test["a"]
    test.loc[test["search"].isin(["31-0", "31-1", "31-2"]), "relevance"] = 0.0
    lines = provable(feasible(load_spec(write(tmp_path, train, test))))
    (line,) = (line for line in lines if "data.query" in line)
    assert line.startswith("NOT POSSIBLE")
    assert "12 queries, of which 9 have a relevant row; 10 are needed" in line


def test_a_perfect_order_is_remarked(tmp_path: Path) -> None:
    """Any scores in the order of the relevance; a wonder, or a leak."""
    train, test = make_queries(20, 32), make_queries(20, 33)
    test["points"] = 10 - 3 / (1 + test["relevance"])
    walked = walk(write(tmp_path, train, test), figures=False)
    assert walked.findings["BASE-PERFECT"].reason.startswith("all 240 rows are where they belong")


def training_of(queries: list[int], groups: list[int] | None) -> Training:
    target, codes = np.zeros(len(queries)), np.array(queries, dtype=np.int64)
    return Training(pd.DataFrame(), target, (), None if groups is None else np.array(groups), queries=codes)


def test_refits_keep_whole_what_is_wider() -> None:
    """Groups of queries stay whole; where groups cut through queries, the queries do."""
    assert training_of([0, 0, 1, 2], [5, 5, 5, 6]).whole.tolist() == [5, 5, 5, 6]
    assert training_of([0, 0, 1, 2], [5, 6, 5, 6]).whole.tolist() == [0, 0, 1, 2]
    assert training_of([0, 0, 1, 2], None).whole.tolist() == [0, 0, 1, 2]
