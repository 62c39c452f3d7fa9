"""Tables of question 4: what if, trust, and each class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.policy import Task
from readiness.questions import errors
from readiness.report.page.errors import tables
from readiness.report.sentences import Language
from tests.questions.conftest import evidence_of


def answered(sureness: float, threshold: float):
    rng = np.random.default_rng(0)
    odds = rng.normal(-2, 2, 1500)
    y, given = (rng.random(1500) < 1 / (1 + np.exp(-odds))).astype(int), 1 / (1 + np.exp(-sureness * odds))
    costs = {"false_positive": 1, "false_negative": 9, "currency": "EUR"}
    evidence = evidence_of(y, (given >= threshold).astype(int), score=given, errors={"costs": costs})
    return errors.ask(evidence, evidence.spec.errors).findings


LANGUAGE = Language.from_spec({"data": {"target": "y"}, "errors": {"costs": {"false_positive": 1, "false_negative": 9}}},
                              Task.BINARY, None)  # fmt: skip


def by_caption(findings) -> dict[str, object]:
    return {table.caption: table for table in tables(findings, LANGUAGE)}


WHAT_IF = "If prices or the threshold were others"
TRUST = "How far its probabilities can be trusted"


@pytest.mark.parametrize(("sureness", "threshold", "folds"), [(1.0, 0.1, True), (3.0, 0.9, False)])
def test_what_may_be_asked_next_is_folded(sureness, threshold, folds):
    """Warnings stand beside their numbers in the appendix, and on the decision edition."""
    found = by_caption(answered(sureness, threshold))

    assert found[TRUST].folds
    assert found[WHAT_IF].folds
    assert folds is not any(cell.warning for row in found[TRUST].rows for cell in row.cells)


def test_count_times_cost_is_the_sum():
    """Each kind of error with its price, and both together as the record's total."""
    table = by_caption(answered(1.0, 0.5))["What the errors cost"]
    missed, flagged, both = [[cell.text for cell in row.cells] for row in table.rows]
    counts, sums = (int(missed[1]), int(flagged[1])), (9 * int(missed[1]), int(flagged[1]))

    assert [f"{sums[0]:,} EUR", f"{sums[1]:,} EUR"] == [missed[3], flagged[3]]
    assert (f"{sum(counts):,}", f"{sum(sums):,} EUR") == (both[1], both[3])


def test_the_cost_of_a_column_is_what_is_left():
    """One price is a number, the other a column: its sum is the total less the first."""
    spec = {"data": {}, "errors": {"costs": {"false_positive": 1, "false_negative": {"column": "amount"}}}}
    findings = answered(1.0, 0.5)
    table = next(
        t for t in tables(findings, Language.from_spec(spec, Task.BINARY, None)) if t.caption == "What the errors cost"
    )

    assert "by the column amount" in table.rows[0].cells[2].text
    assert f"{9 * int(table.rows[0].cells[1].text):,} EUR" == table.rows[0].cells[3].text


def test_every_finding_stands_in_one_table():
    """None is lost, none is shown twice."""
    findings = answered(1.0, 0.5)
    shown = [code for table in tables(findings, LANGUAGE) for code in table.codes]

    assert sorted(finding.code for finding in findings) == sorted(shown)


def test_bins_are_written_for_people():
    """Ranges of probabilities, with the counts beside them."""
    found = by_caption(answered(1.0, 0.1))
    bins = next(table for caption, table in found.items() if caption.startswith("What was given"))

    assert all(" to " in row.cells[0].text for row in bins.rows)


def test_each_class_has_a_row():
    """Recall and precision side by side, the worst class first."""
    evidence = evidence_of(
        [0] * 9 + [1] * 9 + [2] * 9, [0] * 9 + [1] * 5 + [0] * 4 + [2] * 7 + [1] * 2,
        task=Task.MULTICLASS, classes=("a", "b", "c"), data={"classes": ["a", "b", "c"]},
    )  # fmt: skip
    table = by_caption(errors.ask(evidence, evidence.spec.errors).findings)["Each class by itself: 3 classes"]

    assert ["b", "c", "a"] == [row.cells[0].text for row in table.rows]
    assert [cell.text[:4] for cell in table.rows[0].cells[1:]] == ["56 %", "71 %"]


def test_a_coverage_that_is_judged_stands_with_the_claims():
    """A bar in the spec makes it a claim, else it is a rate among others."""
    evidence = evidence_of(
        np.arange(40.0), np.arange(40.0), task=Task.REGRESSION,
        errors={"interval": {"low": "l", "high": "h", "level": 0.9, "at_least": 0.8}},
    )  # fmt: skip
    evidence = replace(evidence, given_interval=(np.arange(40.0) - 1, np.arange(40.0) + 1))
    table = by_caption(errors.ask(evidence, evidence.spec.errors).findings)["What the errors may cost"]

    assert "ERRO-COVERAGE" in table.codes
