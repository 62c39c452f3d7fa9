"""Errors of a ranking: relevant and not shown, shown and not relevant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.policy import Task
from readiness.core.provenance import DataFacts, Environment, Gathered, ModelFacts
from readiness.evidence.baselines import trivial
from readiness.evidence.evidence import Alternative, Evidence
from readiness.questions import errors
from readiness.questions.classes import shown_facts, shown_or_not
from readiness.statistics.cases import Cases
from tests.questions.conftest import spec_of

COSTS = {"false_positive": 1, "false_negative": 10, "currency": "EUR"}


def ranked(relevance, scores, queries, *, groups=None, **more):
    """Evidence of a ranking; `more` are keys of `errors`."""
    spec = spec_of(data={"query": "q"}, errors={"costs": COSTS, **more})
    y, s, q = np.asarray(relevance, float), np.asarray(scores, float), np.asarray(queries, np.int64)
    cases = Cases(Task.RANKING, y, s, queries=q, groups=groups)
    facts = DataFacts("ranking", "y", len(y), len(y), queries=len(np.unique(q)))
    gathered = Gathered(ModelFacts("m", "1"), (), facts, Environment("3.11", "Linux", {}), {})
    return Evidence(spec, gathered, cases, trivial(cases, None))


def test_the_first_rows_of_each_query_are_shown():
    """Two are shown of the three of the first query, and both of the second; any relevance above 0 is relevant."""
    evidence = shown_or_not(ranked([0, 2, 0.5, 0, 0], [9, 8, 7, 1, 2], [4, 4, 4, 7, 7], top_k=2))
    assert [0, 1, 1, 0, 0] == evidence.cases.y_true.tolist()
    assert [1, 1, 0, 1, 1] == evidence.cases.y_pred.tolist()
    assert evidence.task is Task.BINARY
    assert evidence.gathered.data.class_rows == (3, 2)


def test_rows_of_one_query_depend_on_each_other():
    """Unless the spec names wider groups."""
    rows = ([1, 0, 1, 0], [2, 1, 1, 2], [0, 0, 1, 1])
    assert [0, 0, 1, 1] == shown_or_not(ranked(*rows)).cases.groups.tolist()
    assert [5, 5, 5, 5] == shown_or_not(ranked(*rows, groups=np.full(4, 5))).cases.groups.tolist()
    assert shown_or_not(ranked(*rows)).cases.queries is None


def test_a_random_order_is_left_out_and_the_current_model_is_compared():
    """It shows the first rows of its own order."""
    evidence = ranked([1, 0, 0, 1], [2, 1, 2, 1], [0, 0, 1, 1], top_k=1)
    other = replace(evidence.cases, y_pred=np.array([1.0, 2.0, 1.0, 2.0]))
    current = Alternative("current", "now", other)
    turned = shown_or_not(replace(evidence, alternatives=(*evidence.alternatives, current)))
    assert ["current"] == [each.key for each in turned.alternatives]
    assert [0, 1, 0, 1] == turned.alternatives[0].predictions.y_pred.tolist()


def test_savings_against_showing_nothing(found):
    """Forty queries, one row of each shown: 30 relevant ones found save 10 each, 10 others cost 1 each."""
    relevance = np.tile([1.0, 0.0], 40)
    scores = np.concatenate([np.tile([2.0, 1.0], 30), np.tile([1.0, 2.0], 10)])
    answer = errors.ask(
        evidence := ranked(relevance, scores, np.repeat(np.arange(40), 2), top_k=1), evidence.spec.errors
    )
    savings = found(answer, "ERRO-SAVINGS")
    assert (30 * 10 - 10) / 80 == pytest.approx(savings.measured.value)
    assert savings.status.value == "met"
    assert found(answer, "ERRO-COST-NOTHING").name == "Cost of doing nothing (showing nothing)"
    assert (30, 10, 10) == tuple(found(answer, f"ERRO-{code}").measured.value for code in ("TP", "FP", "FN"))
    assert found(answer, "ERRO-SHOWN").measured.value == 40


def test_shown_rows_are_counted(found):
    """A query with fewer rows shows all it has."""
    (fact,) = shown_facts(ranked([1, 0, 0, 1], [1, 2, 3, 4], [0, 0, 0, 1], top_k=2))
    assert fact.measured.value == 3
    assert not fact.blocking


def test_few_queries_prove_no_savings(found):
    """Six queries with many rows are six independent cases."""
    evidence = ranked(np.tile([1, 0, 0, 0], 6), np.tile([4, 3, 2, 1], 6), np.repeat(np.arange(6), 4), top_k=1)
    savings = found(errors.ask(evidence, evidence.spec.errors), "ERRO-SAVINGS")
    assert savings.measured.value == 2.5
    assert savings.status.value == "not_proven"
    assert "6 groups" in savings.withheld
