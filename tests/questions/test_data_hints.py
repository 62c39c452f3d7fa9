"""Warnings about the data: planted and found, clean and silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readiness.criteria import Task
from readiness.evidence.evidence import Training
from readiness.questions.data_hints import hints
from tests.questions.conftest import evidence_of

N = 2000


def planted(frame, truth, said, *, train=None, features=("a", "b"), **more):
    """Evidence with these test rows, and training rows where they are given."""
    rows = pd.DataFrame(frame)
    training = None
    if train is not None:
        table, target = train
        training = Training(pd.DataFrame(table), np.asarray(target), features)
    return evidence_of(truth, said, more={"rows": rows, "training": training}, **more)


def numbers(n=N, seed=0):
    rng = np.random.default_rng([7, seed])
    return {"a": rng.normal(size=n), "b": rng.normal(size=n)}


def labels(n=N, seed=0, wrong=0.2):
    """A target and predictions, wrong in one of five rows."""
    rng = np.random.default_rng([8, seed])
    truth = (rng.random(n) < 0.4).astype(np.int64)
    return truth, np.where(rng.random(n) < wrong, 1 - truth, truth)


def by_code(evidence):
    return {claim.code: claim for claim in hints(evidence)}


def test_a_column_that_gives_the_answer_away_is_pointed_out():
    """A flag that is set with the answer, beside a column that tells little."""
    truth, said = labels()
    frame = {"a": truth + np.where(np.random.default_rng(1).random(N) < 0.01, 1, 0), "b": numbers()["b"] + 0.3 * truth}
    evidence = planted(frame, truth, said, train=(numbers(), truth))
    found = by_code(evidence)["BASE-LEAK-1"]

    assert found.inference.value > 0.98
    assert "a alone orders" in found.reason
    assert "the next column orders" in found.reason


@pytest.mark.parametrize("kind", ["text", "date", "true/false"])
def test_leaks_of_any_kind_are_found(kind):
    """A status, a date of the decision, a flag."""
    truth, said = labels()
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(truth * 40 + np.arange(N) % 30, unit="D")
    column = {"text": np.where(truth == 1, "closed", "open"), "date": days, "true/false": truth == 1}[kind]
    frame = {"a": column, "b": numbers()["b"]}

    assert "BASE-LEAK-1" in by_code(planted(frame, truth, said, train=(numbers(), truth)))


def test_a_leak_of_a_number_is_said_in_its_words():
    """The target with a little noise."""
    rng = np.random.default_rng(3)
    truth = rng.normal(size=N)
    evidence = planted({"a": truth + 0.01 * rng.normal(size=N), "b": rng.normal(size=N)}, truth, truth + 1,
                       train=(numbers(), truth), task=Task.REGRESSION)  # fmt: skip

    assert "rank correlation" in by_code(evidence)["BASE-LEAK-1"].reason


def test_good_columns_are_no_leak():
    """Two columns that both tell much."""
    truth, said = labels()
    rng = np.random.default_rng(4)
    frame = {name: 2.6 * truth + rng.normal(size=N) for name in ("a", "b")}

    assert {} == by_code(planted(frame, truth, said, train=(numbers(), truth)))


def test_nothing_is_said_without_rows():
    """Evidence of predictions alone."""
    assert [] == hints(evidence_of(*labels()))
