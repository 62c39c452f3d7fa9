"""Question 4: how far the candidate's probabilities can be trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.policy import Task
from readiness.questions import errors
from readiness.questions.calibration import drawn_bins
from readiness.statistics.calibration import measure_calibration_error
from tests.questions.conftest import evidence_of


def answered(sureness: float = 1.0, n: int = 3000, base: float = 0.0, **settings):
    rng = np.random.default_rng(1)
    odds = rng.normal(base, 1.5, n)
    given = 1 / (1 + np.exp(-sureness * odds))
    y = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    evidence = evidence_of(y, (given >= 0.5).astype(int), score=given, errors=settings)
    return errors.ask(evidence, evidence.spec.errors), evidence


def warned(answer) -> dict[str, str]:
    return {finding.code: finding.warning for finding in answer.findings if finding.warning}


def test_a_model_that_is_right_bears_no_warning(found):
    """Error near 0, slope near 1, no excess."""
    answer, evidence = answered()

    assert {} == warned(answer)
    assert measure_calibration_error(evidence.cases).value == pytest.approx(
        found(answer, "ERRO-CALIBRATION").measured.value
    )
    assert found(answer, "ERRO-SLOPE").measured.low < 1 < found(answer, "ERRO-SLOPE").measured.high
    assert not any(finding.blocking for finding in answer.findings if finding.code != "ERRO-SAVINGS")


def test_a_model_that_is_too_sure_is_called_so(found):
    """Log odds twice as large as they should be."""
    answer, _ = answered(2.0)

    assert {
        "ERRO-CALIBRATION": "probabilities are off",
        "ERRO-SLOPE": "overconfident",
        "ERRO-CONFIDENT": "more than promised",
    } == warned(answer)
    assert "p < 0.001" in found(answer, "ERRO-SPIEGELHALTER").reason


def test_probabilities_that_are_too_high_are_called_so(found):
    """Half was given, a fifth came true: 0.3 too high."""
    evidence = evidence_of([1] * 40 + [0] * 160, [1] * 200, score=[0.5] * 200)
    answer = errors.ask(evidence, evidence.spec.errors)

    assert 0.3 == pytest.approx(found(answer, "ERRO-IN-THE-LARGE").measured.value)
    assert "too high" == found(answer, "ERRO-IN-THE-LARGE").warning
    assert "0.500 was given on average, 0.200 came true: 40 of 200 rows (20 %)" == (
        found(answer, "ERRO-IN-THE-LARGE").reason
    )
    assert found(answer, "ERRO-SLOPE").measured is None


def test_every_row_lies_in_one_bin_of_the_diagram():
    """Bins add up, are ascending, and the table that the figure reads knows their means."""
    answer, evidence = answered(base=-4)
    bins = [finding for finding in answer.findings if finding.code.startswith("ERRO-BIN-")]
    table = answer.tables["calibration"]

    assert [f"ERRO-BIN-{k}" for k in range(1, 7)] == [finding.code for finding in bins] == list(table["code"])
    assert 3000 == sum(finding.measured.n for finding in bins)
    assert int(evidence.cases.y_true.sum()) == round(sum(f.measured.n * f.measured.value for f in bins))
    assert sorted(table["predicted"]) == list(table["predicted"])
    assert bins[0].segment["predicted"].startswith("0 to ")


@pytest.mark.parametrize(
    ("given", "bins"),
    [(np.full(500, 0.2), 1), (np.zeros(500), 1), (np.linspace(0, 1, 40), 1), (np.linspace(0, 1, 1000), 6)],
)
def test_bins_of_the_diagram_cope_with_ties_and_few_rows(given, bins):
    """One bin where all are alike or few; never an empty one."""
    codes = drawn_bins(given, np.sort(given))

    assert bins == len(set(codes.tolist())) == codes.max() + 1


def test_confident_errors_are_counted(found):
    """Seven of ten errors were made with 0.95; of forty such answers 2 wrong ones were to be expected."""
    truth = [1] * 33 + [0] * 7 + [1] * 17 + [0] * 3
    evidence = evidence_of(truth, [1] * 60, score=[0.95] * 40 + [0.6] * 20)
    finding = found(errors.ask(evidence, evidence.spec.errors), "ERRO-CONFIDENT")

    assert 0.7 == finding.measured.value
    assert 10 == finding.measured.n
    assert finding.reason.startswith("7 of 10 errors; 40 rows were answered that firmly")
    assert "expect 2.00 wrong ones" in finding.reason


def test_the_bar_of_confidence_is_the_specs(found):
    """At 0.55 all ten errors are confident ones."""
    truth = [1] * 33 + [0] * 7 + [1] * 17 + [0] * 3
    evidence = evidence_of(truth, [1] * 60, score=[0.95] * 40 + [0.6] * 20, errors={"confident": 0.55})

    assert 1.0 == found(errors.ask(evidence, evidence.spec.errors), "ERRO-CONFIDENT").measured.value


def test_labels_alone_say_nothing_of_probabilities():
    """No finding, and no table for the figure."""
    evidence = evidence_of([0, 1] * 50, [0, 1] * 50)
    answer = errors.ask(evidence, evidence.spec.errors)

    assert not [f for f in answer.findings if f.code.startswith(("ERRO-CALIBRATION", "ERRO-BIN", "ERRO-CONFIDENT"))]
    assert {} == answer.tables


def test_more_classes_have_each_class_and_the_predicted_one(found):
    """Recall and precision by class, the worst first; calibration of the predicted class alone."""
    truth, said = [0] * 50 + [1] * 30 + [2] * 20, [0] * 50 + [1] * 15 + [0] * 15 + [2] * 18 + [1] * 2
    score = np.eye(3)[said] * 0.7 + 0.1
    evidence = evidence_of(
        truth, said, task=Task.MULTICLASS, classes=("a", "b", "c"), score=score, data={"classes": ["a", "b", "c"]}
    )
    answer = errors.ask(evidence, evidence.spec.errors)
    by_class = [finding for finding in answer.findings if finding.code.startswith("ERRO-CLASS-")]

    assert ["b", "b", "c", "c", "a", "a"] == [finding.segment["class"] for finding in by_class]
    assert 0.5 == found(answer, "ERRO-CLASS-2-RECALL").measured.value
    assert 50 / 65 == pytest.approx(found(answer, "ERRO-CLASS-1-PRECISION").measured.value)
    assert "15 of 30 rows of b were found" == found(answer, "ERRO-CLASS-2-RECALL").reason
    assert "predicted class" in found(answer, "ERRO-CALIBRATION").name
    assert not [f for f in answer.findings if f.code.startswith(("ERRO-BIN", "ERRO-SLOPE"))]


def test_forty_classes_list_the_twenty_worst():
    """Forty findings at most; the classes that are found best are left out."""
    truth = np.repeat(np.arange(40), 20)
    said = np.where(np.arange(800) % 20 < truth // 2, truth, (truth + 1) % 40)
    names = tuple(f"c{k:02}" for k in range(40))
    evidence = evidence_of(truth, said, task=Task.MULTICLASS, classes=names, data={"classes": list(names)})
    answer = errors.ask(evidence, evidence.spec.errors)
    shown = [finding.segment["class"] for finding in answer.findings if finding.code.startswith("ERRO-CLASS-")]

    assert 40 == len(shown)
    assert set(names[:20]) == set(shown)


@pytest.mark.parametrize("weight", [np.r_[1e9, np.zeros(599)], np.r_[1e300, np.full(599, 1e-300)]])
@pytest.mark.parametrize("heavy", [0, 1])
def test_one_row_that_weighs_all_is_no_trouble(weight, heavy, found):
    """Nothing divides by the weight of bins and errors that have none."""
    rng = np.random.default_rng(0)
    given = rng.random(600)
    truth = np.r_[heavy, (rng.random(599) < given[1:]).astype(int)]
    costs = {"false_positive": 1, "false_negative": 5}
    evidence = evidence_of(truth, (given > 0.5).astype(int), score=given, errors={"costs": costs})
    evidence = replace(evidence, cases=replace(evidence.cases, weight=weight))

    answer = errors.ask(evidence, evidence.spec.errors)

    error = found(answer, "ERRO-CALIBRATION").measured
    assert 0 <= error.low <= error.value <= error.high <= 1
    assert found(answer, "ERRO-SLOPE").measured is None
