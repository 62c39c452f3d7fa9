"""Tables of question 4: what if, trust, and each class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.policy import Task
from readiness.questions import errors
from readiness.report.page.errors import tables
from tests.questions.conftest import evidence_of


def answered(sureness: float, threshold: float):
    rng = np.random.default_rng(0)
    odds = rng.normal(-2, 2, 1500)
    y, given = (rng.random(1500) < 1 / (1 + np.exp(-odds))).astype(int), 1 / (1 + np.exp(-sureness * odds))
    costs = {"false_positive": 1, "false_negative": 9, "currency": "EUR"}
    evidence = evidence_of(y, (given >= threshold).astype(int), score=given, errors={"costs": costs})
    return errors.ask(evidence, evidence.spec.errors).findings


def by_caption(findings) -> dict[str, object]:
    return {table.caption: table for table in tables(findings, "y = 1")}


WHAT_IF = "What if the costs or the threshold were different"
TRUST = "How far its probabilities can be trusted"


@pytest.mark.parametrize(("sureness", "threshold", "folds"), [(1.0, 0.1, True), (3.0, 0.9, False)])
def test_tables_fold_where_nothing_is_wrong(sureness, threshold, folds):
    """Warnings keep them open."""
    found = by_caption(answered(sureness, threshold))

    assert folds is found[TRUST].folds is found[WHAT_IF].folds
    assert folds is not any(cell.warning for row in found[TRUST].rows for cell in row.cells)
    assert found["What was given, and what came true"].folds


def test_every_finding_stands_in_one_table():
    """None is lost, none is shown twice."""
    findings = answered(1.0, 0.5)
    shown = [code for table in tables(findings, "y = 1") for code in table.codes]

    assert sorted(finding.code for finding in findings) == sorted(shown)


def test_factors_and_bins_are_written_for_people():
    """Times and shares, with the counts beside them."""
    found = by_caption(answered(1.0, 0.1))
    texts = [cell.text for row in found[WHAT_IF].rows for cell in row.cells]

    assert [text for text in texts if text.endswith(" times")]
    assert all(" to " in row.cells[0].text for row in found["What was given, and what came true"].rows)


def test_each_class_has_a_row():
    """Recall and precision side by side, the worst class first."""
    evidence = evidence_of(
        [0] * 9 + [1] * 9 + [2] * 9, [0] * 9 + [1] * 5 + [0] * 4 + [2] * 7 + [1] * 2,
        task=Task.MULTICLASS, classes=("a", "b", "c"), data={"classes": ["a", "b", "c"]},
    )  # fmt: skip
    table = by_caption(errors.ask(evidence, evidence.spec.errors).findings)["Each class by itself"]

    assert ["b", "c", "a"] == [row.cells[0].text for row in table.rows]
    assert ["0.556", "0.714"] == [cell.text for cell in table.rows[0].cells[1:]]
    assert table.rows[0].cells[1].note.endswith("5 of 9 rows of b were found")


def test_a_coverage_that_is_judged_stands_with_the_claims():
    """A bar in the spec makes it a claim, else it is a rate among others."""
    evidence = evidence_of(
        np.arange(40.0), np.arange(40.0), task=Task.REGRESSION,
        errors={"interval": {"low": "l", "high": "h", "level": 0.9, "at_least": 0.8}},
    )  # fmt: skip
    evidence = replace(evidence, given_interval=(np.arange(40.0) - 1, np.arange(40.0) + 1))
    table = by_caption(errors.ask(evidence, evidence.spec.errors).findings)["What the errors may cost"]

    assert "ERRO-COVERAGE" in table.codes
