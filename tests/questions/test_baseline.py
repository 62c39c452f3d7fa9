"""Question 1: the gain over every alternative."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.answers import Status
from readiness.criteria import Task
from readiness.evidence.alternatives import with_predictions
from readiness.evidence.evidence import Alternative
from readiness.questions import baseline
from readiness.unavailable import Unavailable
from tests.questions.conftest import evidence_of, of_cells


def with_rule(evidence, y_pred, key="rule-1"):
    from dataclasses import replace

    rule = Alternative(key, "rule", with_predictions(evidence.cases, np.asarray(y_pred)))
    return replace(evidence, alternatives=(*evidence.alternatives, rule))


def test_a_model_equal_to_its_baseline_is_not_met(found):
    """The gain is exactly 0, and 0 is not above 0.02."""
    truth, predicted = of_cells(80, 20, 20, 880)
    evidence = with_rule(evidence_of(truth, predicted), predicted)

    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert 0 == pytest.approx(found(answer, "BASE-LIFT-RULE-1").measured.value)
    assert Status.NOT_MET == answer.status


def test_a_good_model_beats_every_guess(found):
    """F1 0.8 against 0, 0.17 and 0.1 on a thousand rows."""
    evidence = evidence_of(*of_cells(80, 20, 20, 880))

    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert Status.MET == answer.status
    assert ["BASE-LIFT-UNIFORM", "BASE-LIFT-MAJORITY", "BASE-LIFT-STRATIFIED"] == [
        f.code for f in answer.findings if f.blocking
    ]
    assert 0.8 == pytest.approx(found(answer, "BASE-VALUE-CANDIDATE-F1").measured.value)
    assert 0.9 == pytest.approx(found(answer, "BASE-VALUE-MAJORITY-ACCURACY").measured.value)


def test_ten_perfect_rows_prove_nothing_over_a_close_rule(found):
    """A perfect score on ten rows is no proof of a gain of 0.02 over a rule that is nearly as good."""
    truth, predicted = of_cells(5, 0, 0, 5)
    evidence = with_rule(evidence_of(truth, predicted), [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])

    assert Status.NOT_PROVEN == found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-RULE-1").status


def test_imbalance_is_pointed_out(found):
    """Nine in ten rows of one class: accuracy alone misleads, and the counts are said."""
    answer = baseline.ask(evidence := evidence_of(*of_cells(80, 20, 20, 880)), evidence.spec.baseline)

    assert "900 of 1,000 rows" in found(answer, "BASE-IMBALANCE").reason


def test_an_alternative_that_could_not_be_scored_is_not_assessed(found):
    """A current model that cannot be loaded leaves its own claim open, with the reason."""
    from dataclasses import replace

    evidence = evidence_of(*of_cells(80, 20, 20, 880))
    gone = Alternative("current", "old", Unavailable("the file is gone"))
    answer = baseline.ask(replace(evidence, alternatives=(*evidence.alternatives, gone)), evidence.spec.baseline)

    assert Status.NOT_ASSESSED == answer.status
    assert "the file is gone" == found(answer, "BASE-LIFT-CURRENT").reason


@pytest.mark.parametrize(("n", "expected"), [(None, Status.NOT_PROVEN), (2000, Status.MET)])
def test_a_human_figure_needs_its_number_of_cases(found, n, expected):
    """Without n the comparison with people is not proven, with enough cases it can be met."""
    human = {"metric": "recall", "value": 0.5, **({"n": n} if n else {})}
    evidence = evidence_of(*of_cells(80, 20, 20, 880), baseline={"human": human})

    assert expected == found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-HUMAN").status


def test_a_regression_must_be_below_95_per_cent_of_the_trivial_error(found):
    """0.95 · 1.0 - 0.5 = 0.45 for a model with half the error of the median."""
    rng = np.random.default_rng(0)
    truth = rng.choice([-1.0, 1.0], 500)
    evidence = evidence_of(truth, truth - 0.5 * np.sign(truth) * rng.uniform(0.9, 1.1, 500), task=Task.REGRESSION)

    answer = baseline.ask(evidence, evidence.spec.baseline)
    median = found(answer, "BASE-LIFT-MEDIAN")

    assert Status.MET == answer.status
    assert 0.45 == pytest.approx(median.measured.value, abs=0.1)


def test_costs_per_prediction_are_shown_and_not_judged(found):
    """A model that costs more to run is shown beside the rule that costs less."""
    costs = {"model": 0.02, "majority": 0.0}
    evidence = evidence_of(*of_cells(80, 20, 20, 880), baseline={"cost_per_prediction": costs})
    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert 0.02 == found(answer, "BASE-COST-CANDIDATE").measured.value
    assert not found(answer, "BASE-COST-MAJORITY").blocking


def test_a_perfect_score_is_pointed_out(found):
    """Not one error in a thousand rows is more often a leak than a wonder; one error is enough to be silent."""
    perfect, nearly = (evidence_of(*of_cells(100 - k, k, 0, 900)) for k in (0, 1))

    assert "gives the answer away" in found(baseline.ask(perfect, perfect.spec.baseline), "BASE-PERFECT").reason
    assert "BASE-PERFECT" not in [f.code for f in baseline.ask(nearly, nearly.spec.baseline).findings]
