"""Specs that say of a ranking what does not fit."""

from __future__ import annotations

import pytest

from readiness.core.policy import Task
from readiness.spec.checks import misfits, stated_task
from readiness.spec.schema import Spec


def spec_of(data, **more):
    base = {"model": {"name": "r", "version": "1", "path": "model.skops"}}
    named = {"test": "test.parquet", "target": "relevance"}
    return Spec.model_validate(base | more | {"data": named | data})


def test_a_query_makes_a_ranking():
    """No other key is needed, and nothing is wrong with it."""
    spec = spec_of({"query": "search"}, errors={"costs": {"false_positive": 1, "false_negative": 5}, "top_k": 4})
    assert stated_task(spec) is Task.RANKING
    assert misfits(spec) == []


@pytest.mark.parametrize(
    ("data", "more", "key", "said"),
    [
        ({"query": "q", "task": "regression"}, {}, "data.query", "only a ranking has queries; this task is regression"),
        ({"task": "ranking"}, {}, "data.query", "missing; a ranking names the column"),
        ({"query": "q", "positive": 1}, {}, "data.positive", "a ranking has no positive class"),
        ({"query": "q", "classes": [0, 1]}, {}, "data.classes", "a ranking has no classes"),
        ({"query": "relevance"}, {}, "data.query", "is the target"),
        ({"positive": 1}, {"errors": {"top_k": 3}}, "errors.top_k", "only a ranking shows the first rows"),
        (
            {"query": "q"},
            {"errors": {"costs": {"under": 1, "over": 1}}},
            "errors.costs",
            "under and over are costs of a regression",
        ),
        ({"query": "q"}, {"errors": {"do_nothing": 0}}, "errors.do_nothing", "doing nothing is showing nothing"),
        (
            {"query": "q"},
            {"errors": {"costs": {"matrix": {"0": {"0": 0, "1": 1}, "1": {"0": 1, "1": 0}}}}},
            "errors.costs",
            "a ranking takes the costs false_positive",
        ),
        (
            {"query": "q"},
            {"model": {"name": "r", "version": "1", "path": "m.skops", "threshold": 0.5}},
            "model.threshold",
            "only a binary task has a threshold",
        ),
        (
            {"query": "q"},
            {"model": {"name": "r", "version": "1", "predictions": {"score": {"0": "a", "1": "b"}}}},
            "model.predictions.score",
            "a ranking has one score for each row",
        ),
        (
            {"query": "q"},
            {"baseline": {"rules": [{"name": "new first", "when": "age < 3", "then": 1}]}},
            "baseline.rules.0.otherwise",
            "missing",
        ),
        (
            {"query": "q"},
            {"baseline": {"rules": [{"name": "new first", "when": "age < 3", "then": "top", "otherwise": 0}]}},
            "baseline.rules.0.then",
            "expected a number; the task is a ranking",
        ),
    ],
)
def test_what_does_not_fit_is_said_where_it_stands(data, more, key, said):
    """One fault each, in a plain sentence."""
    faults = {".".join(map(str, path)): text for path, text in misfits(spec_of(data, **more))}
    assert key in faults
    assert said in faults[key]


def test_a_score_column_is_as_good_as_a_label_column():
    """Predictions of a ranking are scores, whichever name is used."""
    for role in ("label", "score"):
        model = {"name": "r", "version": "1", "predictions": {role: "points"}}
        assert misfits(spec_of({"query": "q"}, model=model)) == []
