"""Question 4: errors counted and priced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import errors
from tests.questions.conftest import evidence_of, of_cells

KNOWN = of_cells(138, 12, 45, 805)
"""A thousand rows: 150 positives, 12 missed, 45 false alarms."""


def asked(truth_and_predicted, costs, more=None, **settings):
    evidence = evidence_of(*truth_and_predicted, errors={"costs": costs, **settings}, more=more)
    return errors.ask(evidence, evidence.spec.errors)


def test_the_known_example_costs_1650_and_saves_89_per_cent(found):
    """45 · 10 + 12 · 100 = 1,650; 1.65 a prediction; doing nothing costs 15,000; savings 13,350."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100, "currency": "USD"})

    assert 1650 == found(answer, "ERRO-COST-TOTAL").measured.value
    assert 1.65 == pytest.approx(found(answer, "ERRO-COST").measured.value)
    assert 15000 == found(answer, "ERRO-COST-NOTHING").measured.value
    assert 13350 == found(answer, "ERRO-SAVINGS-TOTAL").measured.value
    assert 0.89 == pytest.approx(found(answer, "ERRO-SAVINGS-SHARE").measured.value)
    assert 13.35 == pytest.approx(found(answer, "ERRO-SAVINGS").measured.value)
    assert Status.MET == answer.status


def test_counts_add_up_to_the_rows(found):
    """TP + FP + FN + TN is the number of rows."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100})

    assert 1000 == sum(found(answer, f"ERRO-{cell}").measured.value for cell in ("TP", "FP", "FN", "TN"))


def test_without_costs_nothing_is_acceptable():
    """Nobody has said what an error costs."""
    evidence = evidence_of(*KNOWN)

    assert Status.NOT_ASSESSED == errors.ask(evidence, evidence.spec.errors).status


def test_savings_below_zero_are_not_met():
    """Many false alarms at 100 and few misses at 1."""
    assert Status.NOT_MET == asked(of_cells(50, 50, 400, 500), {"false_positive": 100, "false_negative": 1}).status


def test_five_rows_do_not_prove_savings():
    """One positive found among five rows proves nothing."""
    assert Status.NOT_PROVEN == asked(of_cells(1, 0, 1, 3), {"false_positive": 10, "false_negative": 12}).status


def test_a_cost_above_the_value_of_a_prediction_is_not_met(found):
    """1.65 a prediction is more than it is worth."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100}, value_per_prediction=0.5)

    assert Status.NOT_MET == found(answer, "ERRO-COST").status
    assert Status.NOT_MET == answer.status


def test_costs_may_differ_from_row_to_row(found):
    """The amount of each missed row is what it costs."""
    amounts = np.arange(1000.0)
    answer = asked(
        KNOWN,
        {"false_positive": 10, "false_negative": {"column": "amount"}},
        more={"costs": {"false_negative": amounts}},
    )

    assert amounts[138:150].sum() + 450 == found(answer, "ERRO-COST-TOTAL").measured.value
    assert amounts[:150].sum() == found(answer, "ERRO-COST-NOTHING").measured.value


def test_doing_nothing_may_mean_the_positive_class(found):
    """Where every case is handled by hand today, doing nothing is to call all of them positive."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100}, do_nothing=1)

    assert 8500 == found(answer, "ERRO-COST-NOTHING").measured.value


def test_a_multiclass_matrix_prices_every_cell(found):
    """Two cells off the diagonal: 3 · 5 + 1 · 7."""
    truth, predicted = [0] * 10 + [1] * 10 + [2] * 10, [1] * 3 + [0] * 7 + [1] * 10 + [0] * 1 + [2] * 9
    matrix = {"a": {"a": 0, "b": 5, "c": 9}, "b": {"a": 4, "b": 0, "c": 4}, "c": {"a": 7, "b": 2, "c": 0}}
    evidence = evidence_of(
        truth,
        predicted,
        task=Task.MULTICLASS,
        classes=("a", "b", "c"),
        data={"classes": ["a", "b", "c"]},
        errors={"costs": {"matrix": matrix}},
    )

    answer = errors.ask(evidence, evidence.spec.errors)

    assert 22 == found(answer, "ERRO-COST-TOTAL").measured.value
    assert 3 == found(answer, "ERRO-CELL-1-2").measured.value


def test_a_regression_prices_each_unit_by_its_side(found):
    """Under by 2 at 3 each, over by 1 at 1: 7."""
    evidence = evidence_of(
        [10.0, 10.0, 20.0], [8.0, 11.0, 20.0], task=Task.REGRESSION, errors={"costs": {"under": 3, "over": 1}}
    )

    answer = errors.ask(evidence, evidence.spec.errors)

    assert 7 == found(answer, "ERRO-COST-TOTAL").measured.value
    assert 30 == found(answer, "ERRO-COST-NOTHING").measured.value
    assert pytest.approx(-1 / 3) == found(answer, "ERRO-BIAS").measured.value


def test_the_worst_errors_show_only_named_columns(found):
    """The most expensive row first, with its id and nothing else of the table."""
    evidence = evidence_of(*KNOWN, errors={"costs": {"false_positive": 10, "false_negative": {"column": "amount"}}})
    evidence = replace(
        evidence, costs={"false_negative": np.arange(1000.0)}, shown=pd.DataFrame({"id": np.arange(1000)})
    )

    worst = found(errors.ask(evidence, evidence.spec.errors), "ERRO-WORST-1")

    assert {"id": "149", "true": "1", "predicted": "0"} == worst.segment
    assert 149 == pytest.approx(worst.measured.value)


def test_error_types_are_described_in_business_words(found):
    """What a missed case means stands beside its number."""
    answer = asked(
        KNOWN, {"false_positive": 10, "false_negative": 100}, describe={"false_negative": "a fraud is paid out"}
    )

    assert "a fraud is paid out" == found(answer, "ERRO-FN").reason


def test_without_costs_and_probabilities_no_error_is_the_worst():
    """The first ones are shown, and nobody is said to be sure to 0.000."""
    answer = errors.ask(evidence := evidence_of([0, 1] * 20, [1, 1, 0, 0] * 10), evidence.spec.errors)
    worst = [finding for finding in answer.findings if finding.code.startswith("ERRO-WORST-")]

    assert ["Row 1 of the scored rows", "Row 4 of the scored rows"] == [finding.name for finding in worst[:2]]
    assert {None} == {finding.measured for finding in worst}
    assert all("no error counts more than another" in finding.reason for finding in worst)
